SELECT p.oid::int8 AS oid, p.polrelid::int8 AS rel, p.polname AS name, p.polcmd AS command, p.polpermissive AS permissive,
  ARRAY(SELECT r.rolname FROM unnest(p.polroles) WITH ORDINALITY AS u (oid, pos) JOIN pg_roles r ON r.oid = u.oid ORDER BY u.pos) AS roles,
  pg_get_expr(p.polqual, p.polrelid) AS using, pg_get_expr(p.polwithcheck, p.polrelid) AS check, obj_description(p.oid, 'pg_policy') AS comment
FROM pg_policy p
JOIN pg_class c ON c.oid = p.polrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
ORDER BY p.polrelid, p.polname
