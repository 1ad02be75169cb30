SELECT c.oid::int8 AS oid, n.nspname AS schema, c.relname AS name, q.seqtypid::int8 AS type, q.seqstart AS start, q.seqincrement AS increment,
  q.seqmin AS min, q.seqmax AS max, q.seqcache AS cache, q.seqcycle AS cycle,
  coalesce(d.refobjid::int8, 0) AS owner_table, (SELECT a.attname FROM pg_attribute a WHERE a.attrelid = d.refobjid AND a.attnum = d.refobjsubid) AS owner_column,
  pg_get_userbyid(c.relowner) AS owner, c.relacl::text[] AS acl, obj_description(c.oid, 'pg_class') AS comment
FROM pg_sequence q
JOIN pg_class c ON c.oid = q.seqrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
ORDER BY n.nspname, c.relname
