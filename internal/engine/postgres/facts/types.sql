SELECT t.oid::int8 AS oid, n.nspname AS schema, t.typname AS name, t.typtype AS kind, t.typcategory AS category, t.typispreferred AS preferred,
  CASE WHEN t.typcategory = 'A' THEN t.typelem::int8 ELSE 0 END AS elem, t.typarray::int8 AS array,
  CASE WHEN t.typtype = 'e' THEN ARRAY(SELECT e.enumlabel FROM pg_enum e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder) END AS labels,
  t.typbasetype::int8 AS base, t.typtypmod AS mod, t.typnotnull AS notnull,
  CASE WHEN c.relkind <> 'c' THEN c.oid::int8 ELSE 0 END AS table, CASE WHEN c.relkind = 'c' THEN c.oid::int8 ELSE 0 END AS fields,
  coalesce(r.rngsubtype::int8, 0) AS range_of,
  pg_get_userbyid(t.typowner) AS owner, t.typacl::text[] AS acl, obj_description(t.oid, 'pg_type') AS comment
FROM pg_type t
JOIN pg_namespace n ON n.oid = t.typnamespace
LEFT JOIN pg_class c ON c.oid = t.typrelid
LEFT JOIN pg_range r ON r.rngtypid = t.oid
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
ORDER BY t.oid
