-- Settings of roles and of this database, and those among them that anyone may set; those of a role in this database come last and win.
SELECT coalesce(r.rolname, '') AS role, s.setconfig AS settings,
  ARRAY(SELECT c FROM unnest(s.setconfig) AS c WHERE split_part(c, '=', 1) ~ '\.' OR split_part(c, '=', 1) IN (SELECT p.name FROM pg_settings p WHERE p.context = 'user')) AS free
FROM pg_db_role_setting s
LEFT JOIN pg_roles r ON r.oid = s.setrole
WHERE s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
ORDER BY s.setdatabase, r.rolname
