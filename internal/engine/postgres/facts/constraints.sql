-- Constraints of tables and domains. Columns of catalogs that old servers lack are read through JSON, where they are null.
SELECT k.oid::int8 AS oid, k.conname AS name, k.contype AS kind, k.conrelid::int8 AS rel, k.contypid::int8 AS domain,
  ARRAY(SELECT a.attname FROM unnest(k.conkey) WITH ORDINALITY AS u (num, pos) JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.num ORDER BY u.pos) AS columns,
  pg_get_expr(k.conbin, k.conrelid) AS expr, k.conindid::int8 AS index, k.confrelid::int8 AS ref,
  ARRAY(SELECT a.attname FROM unnest(k.confkey) WITH ORDINALITY AS u (num, pos) JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.num ORDER BY u.pos) AS ref_columns,
  k.confupdtype AS on_update, k.confdeltype AS on_delete, k.confmatchtype = 'f' AS match_full,
  ARRAY(SELECT a.attname FROM jsonb_array_elements_text(CASE jsonb_typeof(to_jsonb(k) -> 'confdelsetcols') WHEN 'array' THEN to_jsonb(k) -> 'confdelsetcols' ELSE '[]' END) AS u (num)
    JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.num::int) AS on_delete_columns,
  coalesce((SELECT (to_jsonb(i) ->> 'indnullsnotdistinct')::bool FROM pg_index i WHERE i.indexrelid = k.conindid), false) AS nulls_not_distinct,
  k.condeferrable AS deferrable, k.condeferred AS deferred, NOT k.convalidated AS not_valid, obj_description(k.oid, 'pg_constraint') AS comment
FROM pg_constraint k
JOIN pg_namespace n ON n.oid = k.connamespace
WHERE k.contype IN ('p', 'u', 'f', 'c', 'x') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
ORDER BY k.oid
