SELECT c.oid::int8 AS oid, n.nspname AS schema, c.relname AS name, c.relkind AS kind, pg_get_userbyid(c.relowner) AS owner,
  c.relrowsecurity AS rls, c.relforcerowsecurity AS force_rls, c.reltype::int8 AS row_type, c.relacl::text[] AS acl,
  obj_description(c.oid, 'pg_class') AS comment, c.relreplident AS replica_identity, c.relispartition AS is_partition, c.reloptions AS options,
  CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END AS query,
  CASE WHEN c.relkind IN ('v', 'm') THEN (SELECT r.ev_action::text FROM pg_rewrite r WHERE r.ev_class = c.oid AND r.rulename = '_RETURN') END AS rule,
  c.relkind <> 'p' AND EXISTS (SELECT FROM pg_inherits h WHERE h.inhparent = c.oid) AS inherited,
  c.relkind = 'v' AND EXISTS (
    SELECT FROM (VALUES (4, '2'), (16, '4')) AS e (bit, event)
    WHERE pg_relation_is_updatable(c.oid, false) & e.bit <> 0
      AND NOT EXISTS (SELECT FROM pg_rewrite r WHERE r.ev_class = c.oid AND r.ev_type::text = e.event AND r.is_instead)) AS plain,
  CASE WHEN c.relkind = 'm' THEN 0 ELSE pg_relation_is_updatable(c.oid, true) END AS updatable
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'v', 'm', 'p', 'f') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
ORDER BY n.nspname, c.relname
