-- Settings of roles and of this database; those of a role in this database come last and win.
SELECT coalesce(r.rolname, '') AS role, s.setconfig AS settings
FROM pg_db_role_setting s
LEFT JOIN pg_roles r ON r.oid = s.setrole
WHERE s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
ORDER BY s.setdatabase, r.rolname
