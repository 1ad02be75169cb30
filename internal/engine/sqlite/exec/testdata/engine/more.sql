CREATE TABLE a (id int PRIMARY KEY, v text, w numeric, f float8, ts timestamptz, d date, iv interval, u uuid, by bytea, e int[]);
INSERT INTO a VALUES (1, 'x', 1.10, 1.5, '2024-03-01 10:00:00+01', '2024-03-01', '1 day 2 hours', '00000000-0000-0000-0000-000000000001', '\x00ff', '{1,2}');
--| = 1
INSERT INTO a VALUES (2, 'y', 1.1, 0.1, '2024-03-01 09:30:00+00', '2023-03-01', '26 hours', NULL, NULL, '{}');
--| = 1
SELECT * FROM a;
--| 1|x|1.10|1.5|2024-03-01 09:00:00+00|2024-03-01|1 day 02:00:00|00000000-0000-0000-0000-000000000001|\x00ff|{1,2}
--| 2|y|1.1|0.1|2024-03-01 09:30:00+00|2023-03-01|26:00:00|\N|\N|{}
--| = 2
SELECT DISTINCT w FROM a;
--| 1.10
--| = 1
SELECT w, count(*) FROM a GROUP BY w;
--| 1.10|2
--| = 1
SELECT id FROM a WHERE w = 1.100 ORDER BY id;
--| 1
--| 2
--| = 2
SELECT id FROM a WHERE w IN (1.1000, 5) ORDER BY id;
--| 1
--| 2
--| = 2
SELECT id FROM a WHERE w = ANY ('{1.100,2}'::numeric[]) ORDER BY id;
--| 1
--| 2
--| = 2
SELECT iv, count(*) FROM a GROUP BY iv;
--| 1 day 02:00:00|2
--| = 1
SELECT count(DISTINCT iv), count(DISTINCT w) FROM a;
--| 1|1
--| = 1
SELECT a.id, b.id FROM a JOIN a b ON a.w = b.w AND a.id < b.id;
--| 1|2
--| = 1
SELECT l.* FROM a, LATERAL (SELECT a.f * 2 AS f2, a.by AS b2, a.ts AS t2, a.w AS w2, a.e AS e2 WHERE a.id = 1) l;
--| 3|\x00ff|2024-03-01 09:00:00+00|1.10|{1,2}
--| = 1
SELECT a.id, l.x FROM a LEFT JOIN LATERAL (SELECT a.w + g AS x FROM generate_series(1, 2) g WHERE a.id = 1) l ON l.x > 2.5 ORDER BY 1, 2;
--| 1|3.10
--| 2|\N
--| = 2
SELECT a.id, (SELECT string_agg(g::text, '-') FROM generate_series(1, a.id) g) FROM a ORDER BY id;
--| 1|1
--| 2|1-2
--| = 2
SELECT json_build_array(f, w, ts, d, iv, by, e, u) FROM a ORDER BY id;
--| [1.5, 1.10, "2024-03-01T09:00:00+00:00", "2024-03-01", "1 day 02:00:00", "\\x00ff", [1,2], "00000000-0000-0000-0000-000000000001"]
--| [0.1, 1.1, "2024-03-01T09:30:00+00:00", "2023-03-01", "26:00:00", null, [], null]
--| = 2
SELECT to_jsonb(a) FROM a WHERE id = 1;
--| {"d": "2024-03-01", "e": [1, 2], "f": 1.5, "u": "00000000-0000-0000-0000-000000000001", "v": "x", "w": 1.10, "by": "\\x00ff", "id": 1, "iv": "1 day 02:00:00", "ts": "2024-03-01T09:00:00+00:00"}
--| = 1
SELECT json_object_agg(id, v ORDER BY id), jsonb_object_agg(v, w) FROM a;
--| { "1" : "x", "2" : "y" }|{"x": 1.10, "y": 1.1}
--| = 1
SELECT max(ts), min(d), sum(f), avg(f), sum(iv) FROM a;
--| 2024-03-01 09:30:00+00|2023-03-01|1.6|0.8|1 day 28:00:00
--| = 1
SELECT ts AT TIME ZONE 'America/New_York', ts::date, to_char(ts, 'YYYY-MM-DD HH24:MI') FROM a ORDER BY id;
--| 2024-03-01 04:00:00|2024-03-01|2024-03-01 09:00
--| 2024-03-01 04:30:00|2024-03-01|2024-03-01 09:30
--| = 2
SELECT id FROM a WHERE ts BETWEEN '2024-03-01 08:00Z' AND '2024-03-01 09:15Z';
--| 1
--| = 1
SELECT id FROM a WHERE d > '2023-06-01'::date AND d < now();
--| 1
--| = 1
SELECT id FROM a WHERE e @> ARRAY[1] OR e = '{}' ORDER BY id;
--| 1
--| 2
--| = 2
SELECT id, e[1], array_append(e, 9), e || 7 FROM a ORDER BY id;
--| 1|1|{1,2,9}|{1,2,7}
--| 2|\N|{9}|{7}
--| = 2
SELECT encode(by, 'hex'), length(by), md5(v) FROM a ORDER BY id;
--| 00ff|2|9dd4e461268c8034f5c8564e155c67a6
--| \N|\N|415290769594460e2e485922904f345d
--| = 2
SELECT v || id || w FROM a ORDER BY id;
--| x11.10
--| y21.1
--| = 2
SELECT 'a' < 'B', 'a' = 'a ', 1 = 1.0, true > false, NULL = NULL, 'abc' ~ '^a.c$';
--| f|f|t|t|\N|t
--| = 1
SELECT round(2.5), round(-1.555, 2), 7 / 2, -7 / 2, 7 % -3, 2 ^ 10, 10.0 / 3, 1e3, mod(5, 3), power(2, 0.5);
--| 3|-1.56|3|-3|1|1024|3.3333333333333333|1000|2|1.4142135623730950
--| = 1
SELECT bool_or(id > 1), every(id > 0), bit_or(id), array_agg(v) FILTER (WHERE id > 1) FROM a;
--| t|t|3|{y}
--| = 1
SELECT id, ntile(2) OVER (ORDER BY id), percent_rank() OVER (ORDER BY id), string_agg(v, ',') OVER (ORDER BY id), sum(w) OVER (ORDER BY id ROWS UNBOUNDED PRECEDING), lead(v, 1, 'none') OVER (ORDER BY id) FROM a ORDER BY id;
--| 1|1|0|x|1.10|y
--| 2|2|1|x,y|2.20|none
--| = 2
SELECT v, sum(f) OVER (PARTITION BY w) FROM a ORDER BY id;
--| x|1.6
--| y|1.6
--| = 2
SELECT id, count(*) OVER (ORDER BY w RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) FROM a ORDER BY id;
--| 1|2
--| 2|2
--| = 2
SELECT array_agg(id) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM a;
--| {1}
--| {1,2}
--| = 2
WITH x AS MATERIALIZED (SELECT random() AS r) SELECT (SELECT r FROM x) = (SELECT r FROM x);
--| t
--| = 1
WITH RECURSIVE path(id, seen) AS (SELECT 1, ARRAY[1] UNION ALL SELECT p.id + 1, p.seen || (p.id + 1) FROM path p WHERE p.id < 3) SELECT * FROM path;
--| 1|{1}
--| 2|{1,2}
--| 3|{1,2,3}
--| = 3
WITH RECURSIVE dedup(n) AS (VALUES (1) UNION SELECT (n % 3) + 1 FROM dedup) SELECT n FROM dedup ORDER BY n;
--| 1
--| 2
--| 3
--| = 3
SELECT * FROM (SELECT 1 AS x UNION ALL SELECT 2 UNION ALL (SELECT 3 ORDER BY 1 LIMIT 1)) q ORDER BY x DESC;
--| 3
--| 2
--| 1
--| = 3
(SELECT 1 UNION SELECT 2) EXCEPT SELECT 1;
--| 2
--| = 1
SELECT 1 UNION (SELECT 2 EXCEPT SELECT 2) ORDER BY 1;
--| 1
--| = 1
SELECT * FROM a LEFT JOIN (a b JOIN a c ON b.id = c.id) ON a.id = b.id AND b.id = 5 WHERE a.id = 1;
--| 1|x|1.10|1.5|2024-03-01 09:00:00+00|2024-03-01|1 day 02:00:00|00000000-0000-0000-0000-000000000001|\x00ff|{1,2}|\N|\N|\N|\N|\N|\N|\N|\N|\N|\N|\N|\N|\N|\N|\N|\N|\N|\N|\N|\N
--| = 1
SELECT coalesce(x.id, y.id), x.v, y.v FROM (SELECT * FROM a WHERE id = 1) x FULL JOIN (SELECT * FROM a WHERE id = 2) y USING (id) ORDER BY 1;
--| 1|x|\N
--| 2|\N|y
--| = 2
SELECT id FROM a NATURAL JOIN (SELECT 1 AS id) n;
--| 1
--| = 1
SELECT x FROM (VALUES (1), (NULL), (3)) v(x) ORDER BY x DESC NULLS LAST;
--| 3
--| 1
--| \N
--| = 3
SELECT count(*) FROM a WHERE NOT (NULL AND id = 1);
--| 1
--| = 1
SELECT NOT NULL::bool, NULL OR true, NULL AND false, NULL IN (1), 1 IN (1, NULL), 2 NOT IN (1, NULL);
--| \N|t|f|\N|t|\N
--| = 1
SELECT (SELECT max(id) FROM a b WHERE b.id < a.id) FROM a ORDER BY id;
--| \N
--| 1
--| = 2
SELECT exists(SELECT FROM a WHERE id = 9), id > ALL (SELECT 0 WHERE false) FROM a ORDER BY id;
--| f|t
--| f|t
--| = 2
SELECT CASE WHEN id = 1 THEN 1 ELSE 1 / (id - 2) END FROM a WHERE id = 1;
--| 1
--| = 1
SELECT sum(id) FROM a HAVING sum(id) > 100;
--| = 0
SELECT 5 FROM a HAVING count(*) > 1;
--| 5
--| = 1
SELECT upper(v) AS v FROM a GROUP BY upper(v) ORDER BY upper(v) DESC;
--| Y
--| X
--| = 2
SELECT date_trunc('year', d) AS y, count(*) FROM a GROUP BY 1 ORDER BY 1;
--| 2023-01-01 00:00:00+00|1
--| 2024-01-01 00:00:00+00|1
--| = 2
SELECT id % 2, count(*) FROM a GROUP BY id % 2 ORDER BY id % 2;
--| 0|1
--| 1|1
--| = 2
SELECT a.*, row_number() OVER () FROM a WHERE false;
--| = 0
SELECT setof.x FROM (SELECT unnest(e) AS x FROM a) setof WHERE x > 1;
--| 2
--| = 1
SELECT jsonb_path_query('[1,2,3]', '$[*] ? (@ > 1)');
--| 2
--| 3
--| = 2
SELECT j.key FROM a, jsonb_each(jsonb_build_object('k' || a.id, 1)) j ORDER BY 1;
--| k1
--| k2
--| = 2
SELECT regexp_matches('a1b2', '[a-z]\d', 'g');
--| {a1}
--| {b2}
--| = 2
SELECT regexp_split_to_table('a,b,c', ',');
--| a
--| b
--| c
--| = 3
SELECT d + 1, d - '2024-01-01'::date, age('2024-03-01'::timestamp, '2023-01-15'), extract(epoch FROM iv) FROM a WHERE id = 1;
--| 2024-03-02|60|1 year 1 mon 17 days|93600.000000
--| = 1
SELECT currval('nope');
--| ! 42P01 relation "nope" does not exist
SELECT * FROM nope;
--| ! 42P01 relation "nope" does not exist
SELECT nope FROM a;
--| ! 42703 column "nope" does not exist
SELECT id FROM a LIMIT 'x';
--| ! 22P02 invalid input syntax for type bigint: "x"
UPDATE a SET w = w + 1, f = f * 2, e = e || 3 WHERE id = 1 RETURNING w, f, e;
--| 2.10|3|{1,2,3}
--| = 1
UPDATE a SET v = (SELECT 'n' || count(*) FROM a), id = id + 10 WHERE id = 2 RETURNING id, v;
--| 12|n2
--| = 1
UPDATE a SET v = b.v FROM a b WHERE b.id = a.id - 11 RETURNING a.id, b.id, a.v;
--| 12|1|x
--| = 1
INSERT INTO a (id, v) SELECT id + 100, v FROM a RETURNING id;
--| 101
--| 112
--| = 2
SELECT 5 FROM a WHERE false HAVING count(*) = 0;
--| 5
--| = 1
DELETE FROM a WHERE id IN (SELECT id FROM a ORDER BY id DESC LIMIT 2) RETURNING id;
--| 101
--| 112
--| = 2
INSERT INTO a (id, ts) VALUES (5, 'not a time');
--| ! 22007 invalid input syntax for type timestamp with time zone: "not a time"
INSERT INTO a (id, u) VALUES (5, 'not-a-uuid');
--| ! 22P02 invalid input syntax for type uuid: "not-a-uuid"
INSERT INTO a (id) VALUES (99999999999);
--| ! 22003 integer out of range
INSERT INTO a (id, e) VALUES (7, ARRAY[1, NULL]), (8, '{5,6}') RETURNING e;
--| {1,NULL}
--| {5,6}
--| = 2
SELECT p, q FROM json_populate_recordset(NULL::a, '[{"id":1, "v": "z"}]') AS x(p, q);
--| 1|z
--| = 1
SELECT * FROM json_to_record('{"a": [1, 2], "b": {"x": 1, "y": 2}, "c": null, "d": true}') AS x(a int[], b jsonb, c text, d bool);
--| {1,2}|{"x": 1, "y": 2}|\N|t
--| = 1
SELECT id, (a).v FROM a WHERE a IS NOT NULL ORDER BY id;
--| 1|x
--| = 1
SELECT id FROM a ORDER BY id OFFSET 1 ROWS FETCH NEXT 1 ROWS ONLY;
--| 7
--| = 1
SELECT min(id) FROM a GROUP BY GROUPING SETS ((), (v)) ORDER BY 1 LIMIT 3;
--| 1
--| 1
--| 7
--| = 3
SELECT GREATEST('2024-01-01'::date, NULL, '2025-01-01'), LEAST(w, 1) FROM a WHERE id = 1;
--| 2025-01-01|1
--| = 1
SELECT a.id FROM a WHERE (a.id, a.v) = ANY (SELECT id, v FROM a WHERE id < 3);
--| 1
--| = 1
SELECT a.id FROM a WHERE a.v = ANY (SELECT v FROM a WHERE id = 1) AND a.id <> ALL ('{8}');
--| 1
--| 12
--| = 2
SELECT string_agg(DISTINCT v, ',' ORDER BY v DESC) FROM a;
--| x
--| = 1
