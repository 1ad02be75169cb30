SELECT p.oid::int8 AS oid, n.nspname AS schema, p.proname AS name, p.prokind AS kind,
  coalesce(p.proallargtypes, p.proargtypes::oid[])::int8[] AS types, p.proargmodes AS modes, p.proargnames AS names,
  CASE WHEN p.pronargdefaults > 0 THEN ARRAY(SELECT pg_get_function_arg_default(p.oid, i) FROM generate_series(1, coalesce(array_length(p.proallargtypes, 1), p.pronargs)) AS i) END AS defaults,
  p.prorettype::int8 AS returns, p.proretset AS returns_set, l.lanname AS language, p.provolatile AS volatility, p.proisstrict AS strict, p.prosecdef AS definer,
  p.proconfig AS settings, p.prorows AS rows, pg_get_userbyid(p.proowner) AS owner, p.proacl::text[] AS acl, obj_description(p.oid, 'pg_proc') AS comment, p.prosrc AS source,
  EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e') AS extension
FROM pg_proc p
JOIN pg_namespace n ON n.oid = p.pronamespace
JOIN pg_language l ON l.oid = p.prolang
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
ORDER BY p.oid
