SELECT k.castsource::int8 AS source, k.casttarget::int8 AS target, k.castfunc::int8 AS func, k.castcontext AS context,
  EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_cast'::regclass AND d.objid = k.oid AND d.deptype = 'e') AS extension
FROM pg_cast k
WHERE k.oid >= 16384
ORDER BY k.oid
