CREATE TABLE t (id int PRIMARY KEY, name text, n int);
INSERT INTO t VALUES (1, 'a', 10), (2, 'b', 20), (3, 'c', NULL);
--| = 3
CREATE FUNCTION twice(x int) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT x * 2 $$;
CREATE FUNCTION addn(x int, y int DEFAULT 5) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN x + y; END $$;
CREATE FUNCTION safe(x int) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO t VALUES (x, 'dup', 0);
  RETURN 'inserted';
EXCEPTION WHEN unique_violation THEN
  RETURN 'exists: ' || SQLERRM;
END $$;
CREATE FUNCTION rows_of(lim int) RETURNS SETOF t LANGUAGE sql STABLE AS $$ SELECT * FROM t WHERE id <= lim ORDER BY id $$;
CREATE FUNCTION pairs(OUT a int, OUT b text) RETURNS SETOF record LANGUAGE plpgsql AS $$
BEGIN
  FOR a, b IN SELECT id, name FROM t ORDER BY id LOOP RETURN NEXT; END LOOP;
END $$;
CREATE FUNCTION tab() RETURNS TABLE (k int, v text) LANGUAGE plpgsql AS $$ BEGIN RETURN QUERY SELECT id, name FROM t WHERE id > 1 ORDER BY id; END $$;
CREATE FUNCTION deep(n int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN IF n = 0 THEN RETURN 0; END IF; RETURN 1 + deep(n - 1); END $$;
SELECT twice(4), addn(1), addn(1, 2), addn(y => 1, x => 3);
--| 8|6|3|4
--| = 1
SELECT id, twice(n), addn(id, n) FROM t ORDER BY id;
--| 1|20|11
--| 2|40|22
--| 3|\N|\N
--| = 3
SELECT id FROM t WHERE twice(n) > 20;
--| 2
--| = 1
SELECT safe(1);
--| exists: duplicate key value violates unique constraint "t_pkey"
--| = 1
SELECT id, safe(id) FROM t WHERE id < 3 ORDER BY id;
--| 1|exists: duplicate key value violates unique constraint "t_pkey"
--| 2|exists: duplicate key value violates unique constraint "t_pkey"
--| = 2
SELECT safe(50);
--| inserted
--| = 1
SELECT safe(id + 100) FROM t WHERE id = 1;
--| inserted
--| = 1
SELECT count(*) FROM t;
--| 5
--| = 1
SELECT * FROM rows_of(2);
--| 1|a|10
--| 2|b|20
--| = 2
SELECT r.name, t.id FROM t, rows_of(t.id) r WHERE t.id < 4 ORDER BY t.id, r.id;
--| a|1
--| a|2
--| b|2
--| a|3
--| b|3
--| c|3
--| = 6
SELECT (rows_of(2)).name;
--| a
--| b
--| = 2
SELECT rows_of(1);
--| (1,a,10)
--| = 1
SELECT * FROM pairs();
--| 1|a
--| 2|b
--| 3|c
--| 50|dup
--| 101|dup
--| = 5
SELECT a, b FROM pairs() WHERE a > 1;
--| 2|b
--| 3|c
--| 50|dup
--| 101|dup
--| = 4
SELECT * FROM tab() AS x(kk, vv);
--| 2|b
--| 3|c
--| 50|dup
--| 101|dup
--| = 4
SELECT k, count(*) FROM tab(), generate_series(1, k) GROUP BY k ORDER BY k;
--| 2|2
--| 3|3
--| 50|50
--| 101|101
--| = 4
SELECT deep(40);
--| 40
--| = 1
SELECT to_json(x) FROM rows_of(2) x;
--| {"id":1,"name":"a","n":10}
--| {"id":2,"name":"b","n":20}
--| = 2
SELECT json_agg(x) FROM tab() x;
--| [{"k":2,"v":"b"}, 
--|  {"k":3,"v":"c"}, 
--|  {"k":50,"v":"dup"}, 
--|  {"k":101,"v":"dup"}]
--| = 1
SELECT array(SELECT twice(i) FROM generate_series(1, 3) i);
--| {2,4,6}
--| = 1
SELECT sum(twice(n)) FROM t;
--| 60
--| = 1
UPDATE t SET n = addn(n) WHERE id = 1 RETURNING n;
--| 15
--| = 1
INSERT INTO t SELECT k + 10, v, 1 FROM tab() WHERE k < 10 RETURNING *;
--| 12|b|1
--| 13|c|1
--| = 2
CREATE TABLE part (a int, b text, del bool DEFAULT false);
CREATE UNIQUE INDEX part_live ON part (a) WHERE NOT del;
CREATE UNIQUE INDEX part_lower ON part (lower(b));
INSERT INTO part VALUES (1, 'X'), (1, 'y', true);
--| ! 42601 VALUES lists must all be the same length
INSERT INTO part VALUES (1, 'z');
--| = 1
INSERT INTO part VALUES (2, 'x');
--| = 1
INSERT INTO part VALUES (1, 'w') ON CONFLICT (a) WHERE NOT del DO UPDATE SET b = excluded.b RETURNING *;
--| 1|w|f
--| = 1
INSERT INTO part VALUES (9, 'W') ON CONFLICT (lower(b)) DO NOTHING;
--| = 0
SELECT * FROM part ORDER BY b;
--| 1|w|f
--| 2|x|f
--| = 2
SELECT a FROM part WHERE lower(b) = 'w';
--| 1
--| = 1
CREATE TABLE o (id int PRIMARY KEY, up int, CONSTRAINT o_up FOREIGN KEY (up) REFERENCES o DEFERRABLE);
INSERT INTO o VALUES (1, 2);
--| ! 23503 insert or update on table "o" violates foreign key constraint "o_up"
--| ! detail: Key (up)=(2) is not present in table "o".
BEGIN; SET CONSTRAINTS o_up DEFERRED; INSERT INTO o VALUES (1, 2); INSERT INTO o VALUES (2, 1); COMMIT;
--| = 1
--| = 1
BEGIN; SET CONSTRAINTS ALL DEFERRED; INSERT INTO o VALUES (3, 4); COMMIT;
--| ! 23503 insert or update on table "o" violates foreign key constraint "o_up"
--| ! detail: Key (up)=(4) is not present in table "o".
SELECT count(*) FROM o;
--| 2
--| = 1
CREATE FUNCTION total() RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER AS $$ SELECT count(*) FROM o $$;
SET ROLE reader;
SELECT total();
--| 2
--| = 1
SELECT count(*) FROM o;
--| ! 42501 permission denied for table o
SET ROLE postgres;
CREATE FUNCTION boom() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '22012', DETAIL = 'd', HINT = 'h'; END $$;
SELECT boom();
--| ! 22012 no
--| ! detail: d
--| ! hint: h
SELECT id FROM t WHERE id = boom();
--| ! 22012 no
--| ! detail: d
--| ! hint: h
SELECT * FROM generate_series(1, 3) g WHERE g > (SELECT boom());
--| ! 22012 no
--| ! detail: d
--| ! hint: h
CREATE TYPE pt AS (x int, y int);
CREATE TABLE shapes (id int, p pt, ps pt[]);
INSERT INTO shapes VALUES (1, (1, 2), ARRAY[(3, 4)::pt, (5, 6)::pt]), (2, NULL, '{}');
--| = 2
SELECT id, (p).x, ps[2], (ps[1]).y, p IS NULL FROM shapes ORDER BY id;
--| 1|1|(5,6)|4|f
--| 2|\N|\N|\N|t
--| = 2
UPDATE shapes SET p = ROW(7, 8) WHERE id = 2 RETURNING *;
--| 2|(7,8)|{}
--| = 1
SELECT to_json(shapes) FROM shapes ORDER BY id;
--| {"id":1,"p":{"x":1,"y":2},"ps":[{"x":3,"y":4},{"x":5,"y":6}]}
--| {"id":2,"p":{"x":7,"y":8},"ps":[]}
--| = 2
SELECT p FROM shapes WHERE p = (1, 2)::pt;
--| (1,2)
--| = 1
SELECT p FROM shapes ORDER BY p DESC;
--| (7,8)
--| (1,2)
--| = 2
SELECT x.* FROM shapes, unnest(ps) x ORDER BY 1;
--| 3|4
--| 5|6
--| = 2
