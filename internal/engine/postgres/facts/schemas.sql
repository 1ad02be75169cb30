-- Schemas of the project, and the rights on PostgreSQL's own two.
SELECT n.oid::int8 AS oid, n.nspname AS name, pg_get_userbyid(n.nspowner) AS owner, n.nspacl::text[] AS acl, obj_description(n.oid, 'pg_namespace') AS comment
FROM pg_namespace n
WHERE n.nspname !~ '^pg_' OR n.nspname = 'pg_catalog'
ORDER BY n.nspname
