CREATE TABLE t (id int PRIMARY KEY, name text, price numeric(10,2), ok boolean NOT NULL DEFAULT true, tags text[], made timestamptz, doc jsonb, parent int REFERENCES t);
INSERT INTO t (id, name, price, tags, made, doc, parent) VALUES (1, 'one', 1.50, '{a,b}', '2024-01-02 03:04:05+00', '{"b": 1, "a": [1, 2]}', NULL), (2, 'two', 22, NULL, '2024-02-02 00:00:00+02', 'null', 1), (3, NULL, NULL, '{}', NULL, NULL, 1), (4, 'four', 3.25, '{b}', '2023-01-01', '{"a": null}', 2);
--| = 4
SELECT * FROM t;
--| 1|one|1.50|t|{a,b}|2024-01-02 03:04:05+00|{"a": [1, 2], "b": 1}|\N
--| 2|two|22.00|t|\N|2024-02-01 22:00:00+00|null|1
--| 3|\N|\N|t|{}|\N|\N|1
--| 4|four|3.25|t|{b}|2023-01-01 00:00:00+00|{"a": null}|2
--| = 4
SELECT id, name FROM t WHERE price > 2 ORDER BY price DESC;
--| 2|two
--| 4|four
--| = 2
SELECT name FROM t ORDER BY name;
--| four
--| one
--| two
--| \N
--| = 4
SELECT name FROM t ORDER BY name DESC;
--| \N
--| two
--| one
--| four
--| = 4
SELECT name FROM t ORDER BY name NULLS FIRST LIMIT 2;
--| \N
--| four
--| = 2
SELECT id + 1, id * 2, name || '!' FROM t WHERE id < 3;
--| 2|2|one!
--| 3|4|two!
--| = 2
SELECT count(*), count(name), sum(id), avg(id), min(price), max(name), sum(price) FROM t;
--| 4|3|10|2.5000000000000000|1.50|two|26.75
--| = 1
SELECT parent, count(*) FROM t GROUP BY parent ORDER BY parent;
--| 1|2
--| 2|1
--| \N|1
--| = 3
SELECT parent, count(*) AS n FROM t GROUP BY parent HAVING count(*) > 1 ORDER BY n;
--| 1|2
--| = 1
SELECT a.id, b.id FROM t a JOIN t b ON b.parent = a.id ORDER BY 1, 2;
--| 1|2
--| 1|3
--| 2|4
--| = 3
SELECT a.id, b.id FROM t a LEFT JOIN t b ON b.parent = a.id ORDER BY 1, 2;
--| 1|2
--| 1|3
--| 2|4
--| 3|\N
--| 4|\N
--| = 5
SELECT a.id, b.id FROM t a RIGHT JOIN t b ON b.parent = a.id AND a.ok ORDER BY 2;
--| \N|1
--| 1|2
--| 1|3
--| 2|4
--| = 4
SELECT a.id, b.id FROM t a FULL JOIN t b ON b.parent = a.id ORDER BY 1, 2;
--| 1|2
--| 1|3
--| 2|4
--| 3|\N
--| 4|\N
--| \N|1
--| = 6
SELECT id FROM t WHERE EXISTS (SELECT 1 FROM t c WHERE c.parent = t.id) ORDER BY id;
--| 1
--| 2
--| = 2
SELECT id FROM t WHERE id IN (SELECT parent FROM t) ORDER BY id;
--| 1
--| 2
--| = 2
SELECT id FROM t WHERE id NOT IN (SELECT parent FROM t);
--| = 0
SELECT id, (SELECT count(*) FROM t c WHERE c.parent = t.id) FROM t ORDER BY id;
--| 1|2
--| 2|1
--| 3|0
--| 4|0
--| = 4
SELECT (SELECT id FROM t);
--| ! 21000 more than one row returned by a subquery used as an expression
SELECT id FROM t WHERE id = ANY ('{1,3,9}') ORDER BY id;
--| 1
--| 3
--| = 2
SELECT id FROM t WHERE id <> ALL (ARRAY[1, 3]) ORDER BY id;
--| 2
--| 4
--| = 2
SELECT id FROM t WHERE 'b' = ANY (tags) ORDER BY id;
--| 1
--| 4
--| = 2
SELECT id = ANY (NULL::int[]), 1 = ANY ('{}'), NULL = ANY ('{}'::int[]), 1 = ANY ('{2,NULL}') FROM t WHERE id = 1;
--| \N|f|f|\N
--| = 1
SELECT id, CASE WHEN id = 1 THEN 'a' WHEN id = 2 THEN 'b' ELSE 'c' END, CASE id WHEN 1 THEN 10 WHEN 3 THEN 30 END FROM t ORDER BY id;
--| 1|a|10
--| 2|b|\N
--| 3|c|30
--| 4|c|\N
--| = 4
SELECT coalesce(name, 'none'), nullif(id, 2), greatest(id, 2, NULL), least(id, 2) FROM t ORDER BY id;
--| one|1|2|1
--| two|\N|2|2
--| none|3|3|2
--| four|4|4|2
--| = 4
SELECT id FROM t WHERE name IS DISTINCT FROM 'one' ORDER BY id;
--| 2
--| 3
--| 4
--| = 3
SELECT id FROM t WHERE name IS NULL OR price IS NOT NULL AND NOT ok;
--| 3
--| = 1
SELECT DISTINCT parent FROM t ORDER BY parent;
--| 1
--| 2
--| \N
--| = 3
SELECT DISTINCT ON (parent) parent, id FROM t ORDER BY parent, id DESC;
--| 1|3
--| 2|4
--| \N|1
--| = 3
SELECT id FROM t UNION SELECT parent FROM t ORDER BY 1;
--| 1
--| 2
--| 3
--| 4
--| \N
--| = 5
SELECT id FROM t UNION ALL SELECT parent FROM t ORDER BY 1;
--| 1
--| 1
--| 1
--| 2
--| 2
--| 3
--| 4
--| \N
--| = 8
SELECT id FROM t INTERSECT SELECT parent FROM t ORDER BY 1;
--| 1
--| 2
--| = 2
SELECT id FROM t EXCEPT SELECT parent FROM t ORDER BY 1;
--| 3
--| 4
--| = 2
SELECT * FROM (VALUES (1), (1), (2)) a(x) INTERSECT ALL SELECT * FROM (VALUES (1), (1), (1)) b(x);
--| 1
--| 1
--| = 2
SELECT * FROM (VALUES (1), (1), (2)) a(x) EXCEPT ALL SELECT 1 ORDER BY 1;
--| 1
--| 2
--| = 2
VALUES (1, 'a'), (2, 'b');
--| 1|a
--| 2|b
--| = 2
WITH RECURSIVE r(id, depth) AS (SELECT id, 0 FROM t WHERE parent IS NULL UNION ALL SELECT t.id, r.depth + 1 FROM t JOIN r ON t.parent = r.id) SELECT * FROM r ORDER BY id;
--| 1|0
--| 2|1
--| 3|1
--| 4|2
--| = 4
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5) SELECT sum(i) FROM n;
--| 15
--| = 1
WITH a AS (SELECT 1 AS x), b AS (SELECT x + 1 AS y FROM a) SELECT * FROM a, b;
--| 1|2
--| = 1
SELECT id, row_number() OVER (ORDER BY id DESC), sum(id) OVER (ORDER BY id), lag(id) OVER (ORDER BY id), count(*) OVER () FROM t ORDER BY id;
--| 1|4|1|\N|4
--| 2|3|3|1|4
--| 3|2|6|2|4
--| 4|1|10|3|4
--| = 4
SELECT id, rank() OVER (PARTITION BY parent ORDER BY id), first_value(id) OVER (PARTITION BY parent ORDER BY id), avg(price) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) FROM t ORDER BY id;
--| 1|1|1|11.7500000000000000
--| 2|1|2|11.7500000000000000
--| 3|2|2|12.6250000000000000
--| 4|1|4|3.2500000000000000
--| = 4
SELECT count(*) FILTER (WHERE price > 2), array_agg(id ORDER BY id DESC), string_agg(name, ',' ORDER BY name), array_agg(DISTINCT parent), bool_and(ok) FROM t;
--| 2|{4,3,2,1}|four,one,two|{1,2,NULL}|t
--| = 1
SELECT array_agg(id) FROM t WHERE id > 100;
--| \N
--| = 1
SELECT count(*), sum(id) FROM t WHERE id > 100;
--| 0|\N
--| = 1
SELECT ok, parent, count(*), grouping(ok, parent) FROM t GROUP BY ROLLUP (ok, parent) ORDER BY 4, 2;
--| t|1|2|0
--| t|2|1|0
--| t|\N|1|0
--| t|\N|4|1
--| \N|\N|4|3
--| = 5
SELECT parent, ok, count(*) FROM t GROUP BY GROUPING SETS ((parent), (ok), ()) ORDER BY 1, 2, 3;
--| 1|\N|2
--| 2|\N|1
--| \N|t|4
--| \N|\N|1
--| \N|\N|4
--| = 5
SELECT x FROM generate_series(1, 5) x WHERE x % 2 = 1;
--| 1
--| 3
--| 5
--| = 3
SELECT x, n FROM unnest(ARRAY['a', 'b']) WITH ORDINALITY AS u(x, n);
--| a|1
--| b|2
--| = 2
SELECT id, unnest(tags) FROM t ORDER BY id;
--| 1|a
--| 1|b
--| 4|b
--| = 3
SELECT t.id, u.x FROM t, unnest(t.tags) AS u(x) ORDER BY 1, 2;
--| 1|a
--| 1|b
--| 4|b
--| = 3
SELECT t.id, u.x FROM t LEFT JOIN LATERAL unnest(t.tags) AS u(x) ON true ORDER BY 1, 2;
--| 1|a
--| 1|b
--| 2|\N
--| 3|\N
--| 4|b
--| = 5
SELECT t.id, l.n, l.p FROM t CROSS JOIN LATERAL (SELECT count(*) AS n, max(price) AS p FROM t c WHERE c.parent = t.id) l ORDER BY 1;
--| 1|2|22.00
--| 2|1|3.25
--| 3|0|\N
--| 4|0|\N
--| = 4
SELECT t.id, l.id, l.made FROM t LEFT JOIN LATERAL (SELECT id, made FROM t c WHERE c.parent = t.id ORDER BY id DESC LIMIT 1) l ON true ORDER BY 1;
--| 1|3|\N
--| 2|4|2023-01-01 00:00:00+00
--| 3|\N|\N
--| 4|\N|\N
--| = 4
SELECT to_json(t) FROM t ORDER BY id;
--| {"id":1,"name":"one","price":1.50,"ok":true,"tags":["a","b"],"made":"2024-01-02T03:04:05+00:00","doc":{"a": [1, 2], "b": 1},"parent":null}
--| {"id":2,"name":"two","price":22.00,"ok":true,"tags":null,"made":"2024-02-01T22:00:00+00:00","doc":null,"parent":1}
--| {"id":3,"name":null,"price":null,"ok":true,"tags":[],"made":null,"doc":null,"parent":1}
--| {"id":4,"name":"four","price":3.25,"ok":true,"tags":["b"],"made":"2023-01-01T00:00:00+00:00","doc":{"a": null},"parent":2}
--| = 4
SELECT row_to_json(x) FROM (SELECT id, name, price FROM t) x ORDER BY x.id;
--| {"id":1,"name":"one","price":1.50}
--| {"id":2,"name":"two","price":22.00}
--| {"id":3,"name":null,"price":null}
--| {"id":4,"name":"four","price":3.25}
--| = 4
SELECT json_agg(x) FROM (SELECT id, name FROM t ORDER BY id) x;
--| [{"id":1,"name":"one"}, 
--|  {"id":2,"name":"two"}, 
--|  {"id":3,"name":null}, 
--|  {"id":4,"name":"four"}]
--| = 1
SELECT jsonb_agg(x ORDER BY x.id DESC) FROM (SELECT id, doc FROM t) x;
--| [{"id": 4, "doc": {"a": null}}, {"id": 3, "doc": null}, {"id": 2, "doc": null}, {"id": 1, "doc": {"a": [1, 2], "b": 1}}]
--| = 1
SELECT json_agg(t.name ORDER BY id) FROM t;
--| ["one", "two", null, "four"]
--| = 1
SELECT json_build_object('a', id, 'b', tags, 'c', made) FROM t ORDER BY id LIMIT 1;
--| {"a" : 1, "b" : ["a","b"], "c" : "2024-01-02T03:04:05+00:00"}
--| = 1
SELECT t FROM t WHERE id = 1;
--| (1,one,1.50,t,"{a,b}","2024-01-02 03:04:05+00","{""a"": [1, 2], ""b"": 1}",)
--| = 1
SELECT (t).name, t.* FROM t WHERE id = 1;
--| one|1|one|1.50|t|{a,b}|2024-01-02 03:04:05+00|{"a": [1, 2], "b": 1}|\N
--| = 1
SELECT b.parent, (b IS NULL) FROM t a LEFT JOIN t b ON b.id = a.parent ORDER BY a.id;
--| \N|t
--| \N|f
--| \N|f
--| 1|f
--| = 4
SELECT doc -> 'a', doc ->> 'b', doc #>> '{a,0}', doc ? 'a' FROM t ORDER BY id;
--| [1, 2]|1|1|t
--| \N|\N|\N|f
--| \N|\N|\N|\N
--| null|\N|\N|t
--| = 4
SELECT tags[1], tags[2:3], array_length(tags, 1), cardinality(tags) FROM t ORDER BY id;
--| a|{b}|2|2
--| \N|\N|\N|\N
--| \N|{}|\N|0
--| b|{}|1|1
--| = 4
SELECT ARRAY(SELECT id FROM t ORDER BY id), ARRAY[1, 2] || 3;
--| {1,2,3,4}|{1,2,3}
--| = 1
SELECT id FROM t WHERE (id, price) > (1, 20) ORDER BY id;
--| 2
--| 3
--| 4
--| = 3
SELECT id FROM t WHERE (id, parent) IN (SELECT 2, 1) ORDER BY id;
--| 2
--| = 1
SELECT id FROM t WHERE (parent, id) = (1, 3);
--| 3
--| = 1
SELECT id FROM t WHERE id > ALL (SELECT parent FROM t WHERE parent IS NOT NULL) ORDER BY id;
--| 3
--| 4
--| = 2
SELECT id FROM t WHERE id >= SOME (SELECT 3) ORDER BY id;
--| 3
--| 4
--| = 2
SELECT id FROM t ORDER BY id LIMIT 2 OFFSET 1;
--| 2
--| 3
--| = 2
SELECT id FROM t ORDER BY parent FETCH FIRST 1 ROW WITH TIES;
--| 2
--| 3
--| = 2
SELECT id FROM t LIMIT NULL;
--| 1
--| 2
--| 3
--| 4
--| = 4
SELECT id FROM t LIMIT -1;
--| ! 2201W LIMIT must not be negative
SELECT 1 / 0;
--| ! 22012 division by zero
SELECT id / 0 FROM t;
--| ! 22012 division by zero
SELECT 2147483647 + 1;
--| ! 22003 integer out of range
SELECT id FROM t WHERE name LIKE '%o%' ORDER BY id;
--| 1
--| 2
--| 4
--| = 3
SELECT id FROM t WHERE name ILIKE 'O%' AND name !~ 'x' ORDER BY id;
--| 1
--| = 1
SELECT id FROM t WHERE id BETWEEN 2 AND 3 ORDER BY id;
--| 2
--| 3
--| = 2
SELECT now() = now(), current_user;
--| t|postgres
--| = 1
SELECT made::date, extract(year FROM made), date_trunc('month', made) FROM t ORDER BY id;
--| 2024-01-02|2024|2024-01-01 00:00:00+00
--| 2024-02-01|2024|2024-02-01 00:00:00+00
--| \N|\N|\N
--| 2023-01-01|2023|2023-01-01 00:00:00+00
--| = 4
SELECT made + interval '1 day' FROM t WHERE id = 1;
--| 2024-01-03 03:04:05+00
--| = 1
SELECT price::text, price::int, id::text, ok::text, '12'::int, 1.5::float8 FROM t WHERE id = 1;
--| 1.50|2|1|true|12|1.5
--| = 1
SELECT 'x'::int;
--| ! 22P02 invalid input syntax for type integer: "x"
SELECT string_to_array('a,b', ','), 'abc' LIKE 'a%', upper('x'), length('äö'), position('b' IN 'abc'), substring('abcdef' FROM 2 FOR 3);
--| {a,b}|t|X|2|2|bcd
--| = 1
SELECT * FROM json_to_recordset('[{"a": 1, "b": "x"}, {"a": "2", "c": 1}]') AS x(a int, b text);
--| 1|x
--| 2|\N
--| = 2
SELECT * FROM json_populate_recordset(NULL::t, '[{"id": 1, "price": "2.5", "tags": ["x"], "doc": {"k": [1]}}]');
--| 1|\N|2.50|\N|{x}|\N|{"k": [1]}|\N
--| = 1
SELECT * FROM jsonb_array_elements('[1, "a", null]') WITH ORDINALITY;
--| 1|1
--| "a"|2
--| null|3
--| = 3
SELECT * FROM jsonb_each('{"a": 1, "b": {"c": 2}}');
--| a|1
--| b|{"c": 2}
--| = 2
SELECT key, value FROM json_each_text('{"a": 1, "b": "x"}');
--| a|1
--| b|x
--| = 2
SELECT t.id FROM t WHERE t.doc @> '{"b": 1}';
--| 1
--| = 1
SELECT count(DISTINCT parent), sum(DISTINCT parent) FROM t;
--| 2|3
--| = 1
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY id), mode() WITHIN GROUP (ORDER BY parent) FROM t;
--| 2.5|1
--| = 1
SELECT id, sum(id) OVER w, array_agg(id) OVER w FROM t WINDOW w AS (PARTITION BY ok ORDER BY id) ORDER BY id;
--| 1|1|{1}
--| 2|3|{1,2}
--| 3|6|{1,2,3}
--| 4|10|{1,2,3,4}
--| = 4
SELECT id, ctid, tableoid::regclass FROM t ORDER BY id LIMIT 1;
--| 1|(0,1)|t
--| = 1
SELECT x.id FROM (SELECT id FROM t WHERE id > 1 ORDER BY id DESC LIMIT 2) x;
--| 4
--| 3
--| = 2
SELECT a.n FROM (SELECT parent, count(*) AS n FROM t GROUP BY parent) a WHERE a.n > 1;
--| 2
--| = 1
SELECT id FROM t ORDER BY CASE WHEN id = 3 THEN 0 ELSE 1 END, id;
--| 3
--| 1
--| 2
--| 4
--| = 4
SELECT id FROM t ORDER BY price * -1 NULLS LAST;
--| 2
--| 4
--| 1
--| 3
--| = 4
SELECT name FROM t WHERE name COLLATE "C" > 'o' ORDER BY name COLLATE "C";
--| one
--| two
--| = 2
SELECT max(made), min(tags) FROM t;
--| 2024-02-01 22:00:00+00|{}
--| = 1
SELECT generate_series(1, 3), generate_series(1, 2);
--| 1|1
--| 2|2
--| 3|\N
--| = 3
SELECT a, count(*) FROM (SELECT unnest(tags) AS a FROM t) x GROUP BY a ORDER BY a;
--| a|1
--| b|2
--| = 2
SELECT id, exists(SELECT 1 FROM t c WHERE c.parent = t.id) FROM t ORDER BY id FOR UPDATE;
--| 1|t
--| 2|t
--| 3|f
--| 4|f
--| = 4
SELECT x, y FROM ROWS FROM (generate_series(1, 3), unnest(ARRAY['a', 'b'])) AS f(x, y);
--| 1|a
--| 2|b
--| 3|\N
--| = 3
