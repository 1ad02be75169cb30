SELECT k.castsource::int8 AS source, k.casttarget::int8 AS target, k.castfunc::int8 AS func, k.castcontext AS context
FROM pg_cast k
WHERE k.oid >= 16384
ORDER BY k.oid
