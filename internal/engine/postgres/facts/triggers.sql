SELECT g.oid::int8 AS oid, g.tgrelid::int8 AS rel, g.tgname AS name, g.tgtype AS bits, g.tgfoid::int8 AS func, encode(g.tgargs, 'hex') AS args,
  ARRAY(SELECT a.attname FROM unnest(g.tgattr::int2[]) WITH ORDINALITY AS u (num, pos) JOIN pg_attribute a ON a.attrelid = g.tgrelid AND a.attnum = u.num ORDER BY u.pos) AS columns,
  CASE WHEN g.tgqual IS NOT NULL THEN pg_get_triggerdef(g.oid) END AS definition,
  coalesce(g.tgoldtable, '') AS old_table, coalesce(g.tgnewtable, '') AS new_table,
  g.tgconstraint <> 0 AS constraint, g.tgdeferrable AS deferrable, g.tginitdeferred AS deferred, g.tgenabled AS enabled, obj_description(g.oid, 'pg_trigger') AS comment
FROM pg_trigger g
JOIN pg_class c ON c.oid = g.tgrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE NOT g.tgisinternal AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
ORDER BY g.tgrelid, g.tgname
