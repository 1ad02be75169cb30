SELECT r.oid::int8 AS oid, r.rolname AS name, r.rolsuper AS super, r.rolinherit AS inherit, r.rolcreaterole AS create_role, r.rolcreatedb AS create_db,
  r.rolcanlogin AS login, r.rolbypassrls AS bypass_rls,
  ARRAY(SELECT g.rolname FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid WHERE m.member = r.oid ORDER BY g.rolname) AS member_of,
  ARRAY(SELECT g.rolname FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid WHERE m.member = r.oid AND m.admin_option ORDER BY g.rolname) AS admin_of
FROM pg_roles r
ORDER BY r.rolname
