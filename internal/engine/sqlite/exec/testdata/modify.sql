CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE DOMAIN positive AS int CHECK (value > 0);
CREATE TABLE p (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name varchar(5) NOT NULL, m mood DEFAULT 'ok', n positive, twice int GENERATED ALWAYS AS (n * 2) STORED, UNIQUE (name), CONSTRAINT p_short CHECK (length(name) > 1));
CREATE TABLE c (id serial PRIMARY KEY, p_id int REFERENCES p ON DELETE CASCADE ON UPDATE CASCADE, note text DEFAULT 'none', UNIQUE (p_id, note));
CREATE TABLE d (id int PRIMARY KEY, c_id int REFERENCES c, c2 int REFERENCES c ON DELETE SET NULL);
INSERT INTO p (name, n) VALUES ('aa', 1), ('bb', 2) RETURNING *;
--| 1|aa|ok|1|2
--| 2|bb|ok|2|4
--| = 2
INSERT INTO p (id, name) OVERRIDING SYSTEM VALUE VALUES (3, NULL);
--| ! 23502 null value in column "name" of relation "p" violates not-null constraint
--| ! detail: Failing row contains (3, null, ok, null, null).
INSERT INTO p (id, name) OVERRIDING SYSTEM VALUE VALUES (3, 'x');
--| ! 23514 new row for relation "p" violates check constraint "p_short"
--| ! detail: Failing row contains (3, x, ok, null, null).
INSERT INTO p (name) VALUES ('toolong');
--| ! 22001 value too long for type character varying(5)
INSERT INTO p (name, n) VALUES ('cc', -1);
--| ! 23514 value for domain positive violates check constraint "positive_check"
INSERT INTO p (name) VALUES ('aa');
--| ! 23505 duplicate key value violates unique constraint "p_name_key"
--| ! detail: Key (name)=(aa) already exists.
INSERT INTO p (id, name) VALUES (1, 'cc');
--| ! 428C9 cannot insert a non-DEFAULT value into column "id"
--| ! detail: Column "id" is an identity column defined as GENERATED ALWAYS.
--| ! hint: Use OVERRIDING SYSTEM VALUE to override.
INSERT INTO p (id, name) OVERRIDING SYSTEM VALUE VALUES (100, 'cc') RETURNING id;
--| 100
--| = 1
INSERT INTO p (name, m) VALUES ('dd', 'angry');
--| ! 22P02 invalid input value for enum mood: "angry"
SELECT setval('p_id_seq', 10);
--| 10
--| = 1
INSERT INTO p (name, m, n) VALUES ('dd', 'happy', DEFAULT) RETURNING id, m, twice, name || '!' AS x;
--| 11|happy|\N|dd!
--| = 1
SELECT * FROM p ORDER BY m DESC, id;
--| 11|dd|happy|\N|\N
--| 1|aa|ok|1|2
--| 2|bb|ok|2|4
--| 100|cc|ok|\N|\N
--| = 4
INSERT INTO c (p_id) VALUES (1), (2), (NULL) RETURNING id, p_id, note;
--| 1|1|none
--| 2|2|none
--| 3|\N|none
--| = 3
INSERT INTO c (p_id) VALUES (99);
--| ! 23503 insert or update on table "c" violates foreign key constraint "c_p_id_fkey"
--| ! detail: Key (p_id)=(99) is not present in table "p".
INSERT INTO c (p_id, note) VALUES (1, 'none');
--| ! 23505 duplicate key value violates unique constraint "c_p_id_note_key"
--| ! detail: Key (p_id, note)=(1, none) already exists.
SELECT setval('c_id_seq', 10);
--| 10
--| = 1
INSERT INTO c (p_id, note) SELECT id, name FROM p WHERE id < 3 RETURNING *;
--| 11|1|aa
--| 12|2|bb
--| = 2
INSERT INTO c (p_id, note) VALUES (1, 'none') ON CONFLICT DO NOTHING;
--| = 0
INSERT INTO c (p_id, note) VALUES (1, 'none') ON CONFLICT (p_id, note) DO UPDATE SET note = excluded.note || '+' || c.id RETURNING *;
--| 1|1|none+1
--| = 1
INSERT INTO c (p_id, note) VALUES (1, 'z'), (1, 'z') ON CONFLICT (p_id, note) DO UPDATE SET note = 'z';
--| ! 21000 ON CONFLICT DO UPDATE command cannot affect row a second time
--| ! hint: Ensure that no rows proposed for insertion within the same command have duplicate constrained values.
INSERT INTO c (id, p_id, note) VALUES (1, 2, 'q') ON CONFLICT (id) DO UPDATE SET p_id = excluded.p_id WHERE c.p_id > 5;
--| = 0
INSERT INTO c (id, p_id, note) VALUES (1, 2, 'none') ON CONFLICT (id) DO UPDATE SET p_id = 2, note = 'none';
--| ! 23505 duplicate key value violates unique constraint "c_p_id_note_key"
--| ! detail: Key (p_id, note)=(2, none) already exists.
SELECT * FROM c;
--| 2|2|none
--| 3|\N|none
--| 11|1|aa
--| 12|2|bb
--| 1|1|none+1
--| = 5
UPDATE p SET n = n + 10 WHERE id = 1 RETURNING *;
--| 1|aa|ok|11|22
--| = 1
SELECT id FROM p;
--| 2
--| 100
--| 11
--| 1
--| = 4
UPDATE p SET name = 'bb' WHERE id = 1;
--| ! 23505 duplicate key value violates unique constraint "p_name_key"
--| ! detail: Key (name)=(bb) already exists.
UPDATE p SET n = 0 WHERE id = 1;
--| ! 23514 value for domain positive violates check constraint "positive_check"
UPDATE p SET name = NULL WHERE id = 1;
--| ! 23502 null value in column "name" of relation "p" violates not-null constraint
--| ! detail: Failing row contains (1, null, ok, 11, 22).
UPDATE p SET twice = 1;
--| ! 428C9 column "twice" can only be updated to DEFAULT
--| ! detail: Column "twice" is a generated column.
UPDATE c SET note = p.name FROM p WHERE p.id = c.p_id AND c.id > 1 RETURNING c.id, c.note, p.name, p.n;
--| ! 23505 duplicate key value violates unique constraint "c_p_id_note_key"
--| ! detail: Key (p_id, note)=(2, bb) already exists.
UPDATE c SET (p_id, note) = (SELECT id, 'multi' FROM p WHERE name = 'dd') WHERE id = 2 RETURNING *;
--| 2|11|multi
--| = 1
UPDATE c SET p_id = DEFAULT, note = DEFAULT WHERE id = 2 RETURNING *;
--| 2|\N|none
--| = 1
UPDATE c SET p_id = 55 WHERE id = 2;
--| ! 23503 insert or update on table "c" violates foreign key constraint "c_p_id_fkey"
--| ! detail: Key (p_id)=(55) is not present in table "p".
SELECT setval('p_id_seq', 20);
--| 20
--| = 1
UPDATE p SET id = DEFAULT WHERE name = 'bb' RETURNING id;
--| 21
--| = 1
SELECT * FROM c ORDER BY id;
--| 1|1|none+1
--| 2|\N|none
--| 3|\N|none
--| 11|1|aa
--| 12|21|bb
--| = 5
INSERT INTO d VALUES (1, 2, 3), (2, NULL, 2);
--| = 2
DELETE FROM c WHERE id = 2;
--| ! 23503 update or delete on table "c" violates foreign key constraint "d_c_id_fkey" on table "d"
--| ! detail: Key (id)=(2) is still referenced from table "d".
DELETE FROM c WHERE id = 3 RETURNING id;
--| 3
--| = 1
SELECT * FROM d;
--| 2|\N|2
--| 1|2|\N
--| = 2
DELETE FROM p WHERE id = 1 RETURNING *;
--| 1|aa|ok|11|22
--| = 1
SELECT * FROM c ORDER BY id;
--| 2|\N|none
--| 12|21|bb
--| = 2
DELETE FROM c USING p WHERE p.id = c.p_id RETURNING c.id, p.name;
--| 12|bb
--| = 1
WITH gone AS (DELETE FROM d RETURNING *) INSERT INTO c (note) SELECT 'was ' || id FROM gone RETURNING note;
--| was 2
--| was 1
--| = 2
WITH n AS (INSERT INTO p (name) VALUES ('ee') RETURNING id, name) SELECT name FROM n;
--| ee
--| = 1
WITH a AS (UPDATE c SET note = 'upd' WHERE note LIKE 'was%' RETURNING id), b AS (DELETE FROM p WHERE name = 'ee' RETURNING name) SELECT (SELECT count(*) FROM a), name FROM b;
--| 2|ee
--| = 1
MERGE INTO p USING (VALUES ('cc', 5), ('new', 6)) AS s(name, n) ON p.name = s.name WHEN MATCHED THEN UPDATE SET n = s.n WHEN NOT MATCHED THEN INSERT (name, n) VALUES (s.name, s.n);
--| = 2
SELECT name, n, twice FROM p ORDER BY name;
--| bb|2|4
--| cc|5|10
--| dd|\N|\N
--| new|6|12
--| = 4
MERGE INTO p USING (SELECT 'cc' AS name UNION ALL SELECT 'cc') s ON p.name = s.name WHEN MATCHED THEN DELETE;
--| ! 21000 MERGE command cannot affect row a second time
--| ! hint: Ensure that not more than one source row matches any one target row.
CREATE TABLE self (id int PRIMARY KEY, up int REFERENCES self ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED);
INSERT INTO self VALUES (1, 2), (2, 1);
--| = 2
DELETE FROM self WHERE id = 1;
--| = 1
SELECT count(*) FROM self;
--| 0
--| = 1
INSERT INTO self VALUES (1, 3);
--| ! 23503 insert or update on table "self" violates foreign key constraint "self_up_fkey"
--| ! detail: Key (up)=(3) is not present in table "self".
CREATE TABLE r (a int, b int, PRIMARY KEY (a, b));
CREATE TABLE rr (a int, b int, x text, FOREIGN KEY (a, b) REFERENCES r ON DELETE RESTRICT ON UPDATE SET NULL);
INSERT INTO r VALUES (1, 1), (1, 2), (2, 1);
--| = 3
INSERT INTO rr VALUES (1, 1, 'q'), (1, 2, 'r'), (5, NULL, 's');
--| = 3
DELETE FROM r WHERE b = 1;
--| ! 23503 update or delete on table "r" violates foreign key constraint "rr_a_b_fkey" on table "rr"
--| ! detail: Key (a, b)=(1, 1) is still referenced from table "rr".
UPDATE r SET a = 7 WHERE b = 2;
--| = 1
SELECT * FROM rr;
--| 1|1|q
--| 5|\N|s
--| \N|\N|r
--| = 3
INSERT INTO rr VALUES (9, 9);
--| ! 23503 insert or update on table "rr" violates foreign key constraint "rr_a_b_fkey"
--| ! detail: Key (a, b)=(9, 9) is not present in table "r".
CREATE TABLE nn (a int, b int, UNIQUE NULLS NOT DISTINCT (a));
INSERT INTO nn VALUES (NULL, 1);
--| = 1
INSERT INTO nn VALUES (NULL, 2);
--| ! 23505 duplicate key value violates unique constraint "nn_a_key"
--| ! detail: Key (a)=(null) already exists.
INSERT INTO nn SELECT * FROM json_to_recordset('[{"a": 1, "b": "2"}, {"a": 2}]') AS x(a int, b int) RETURNING *;
--| 1|2
--| 2|\N
--| = 2
INSERT INTO nn SELECT * FROM json_to_recordset('[{"a": "x"}]') AS x(a int, b int);
--| ! 22P02 invalid input syntax for type integer: "x"
INSERT INTO nn (a) SELECT a FROM json_populate_recordset(NULL::nn, '[{"a": 7}]') RETURNING a;
--| 7
--| = 1
CREATE VIEW v AS SELECT id, name, n FROM p WHERE n > 5;
SELECT setval('p_id_seq', 40);
--| 40
--| = 1
INSERT INTO v (name, n) VALUES ('vv', 9) RETURNING *;
--| 41|vv|9
--| = 1
UPDATE v SET n = n + 1 WHERE name = 'vv' RETURNING n;
--| 10
--| = 1
DELETE FROM v WHERE name = 'vv' RETURNING name;
--| vv
--| = 1
UPDATE p SET name = 'zz' FROM (SELECT 1 UNION ALL SELECT 2) x WHERE p.name = 'dd' RETURNING name;
--| zz
--| = 1
CREATE TABLE many (i int, t text);
INSERT INTO many SELECT g, 'row ' || g FROM generate_series(1, 500) g;
--| = 500
UPDATE many SET t = t || '!' WHERE i % 100 = 0;
--| = 5
SELECT count(*), min(t), max(t) FROM many;
--| 500|row 1|row 99
--| = 1
SELECT * FROM many ORDER BY ctid DESC LIMIT 2;
--| 500|row 500!
--| 400|row 400!
--| = 2
DELETE FROM many WHERE i > 2;
--| = 498
SELECT * FROM many;
--| 1|row 1
--| 2|row 2
--| = 2
WITH u AS (UPDATE many SET i = i + 100) SELECT sum(i) FROM many;
--| 3
--| = 1
WITH u AS (UPDATE many SET i = i + 100 RETURNING i) SELECT sum(i) FROM u;
--| 403
--| = 1
SELECT sum(i) FROM many;
--| 403
--| = 1
