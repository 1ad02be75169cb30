SELECT i.indexrelid::int8 AS oid, i.indrelid::int8 AS rel, c.relname AS name, i.indisunique AS unique,
  coalesce((to_jsonb(i) ->> 'indnullsnotdistinct')::bool, false) AS nulls_not_distinct, m.amname AS method,
  ARRAY(SELECT CASE WHEN u.num = 0 THEN NULL ELSE a.attname END FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS u (num, pos)
    LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = u.num ORDER BY u.pos) AS columns,
  ARRAY(SELECT pg_get_indexdef(i.indexrelid, u.pos::int, false) FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS u (num, pos) ORDER BY u.pos) AS keys,
  i.indnkeyatts AS nkeys, i.indoption::int2[] AS options, pg_get_expr(i.indpred, i.indrelid) AS where,
  coalesce((SELECT k.oid::int8 FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x') LIMIT 1), 0) AS constraint,
  obj_description(i.indexrelid, 'pg_class') AS comment
FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_am m ON m.oid = c.relam
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
ORDER BY i.indexrelid
