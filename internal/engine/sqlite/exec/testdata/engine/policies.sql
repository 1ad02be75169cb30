SET ROLE worker;
SET ROLE reader;
SET ROLE postgres;
CREATE TABLE team (id int PRIMARY KEY, name text);
CREATE TABLE member (team int REFERENCES team, who text, PRIMARY KEY (team, who));
CREATE TABLE doc (id serial PRIMARY KEY, team int NOT NULL REFERENCES team, owner text NOT NULL DEFAULT current_user, body text, secret text);
INSERT INTO team VALUES (1, 'one'), (2, 'two');
--| = 2
INSERT INTO member VALUES (1, 'worker'), (2, 'reader');
--| = 2
INSERT INTO doc (team, owner, body) VALUES (1, 'worker', 'a'), (1, 'boss', 'b'), (2, 'reader', 'c');
--| = 3
ALTER TABLE doc ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON doc, member TO worker;
GRANT SELECT (id, body) ON doc TO reader;
GRANT SELECT ON member TO reader;
GRANT USAGE ON SEQUENCE doc_id_seq TO worker;
CREATE POLICY see ON doc FOR SELECT USING (EXISTS (SELECT 1 FROM member m WHERE m.team = doc.team AND m.who = current_user));
CREATE POLICY own ON doc FOR ALL TO worker USING (owner = current_user) WITH CHECK (owner = current_user AND body <> 'bad');
SET ROLE worker;
SELECT id, body FROM doc ORDER BY id;
--| 1|a
--| 2|b
--| = 2
INSERT INTO doc (team, body) VALUES (1, 'mine') RETURNING owner, body;
--| worker|mine
--| = 1
INSERT INTO doc (team, owner, body) VALUES (1, 'boss', 'x');
--| ! 42501 new row violates row-level security policy for table "doc"
INSERT INTO doc (team, body) VALUES (1, 'bad');
--| ! 42501 new row violates row-level security policy for table "doc"
UPDATE doc SET body = 'changed' RETURNING id, body;
--| 1|changed
--| 4|changed
--| = 2
UPDATE doc SET owner = 'boss' WHERE id = 1;
--| ! 42501 new row violates row-level security policy for table "doc"
UPDATE doc SET body = 'bad' WHERE id = 1;
--| ! 42501 new row violates row-level security policy for table "doc"
DELETE FROM doc WHERE id = 2;
--| = 0
DELETE FROM doc WHERE id = 1 RETURNING id;
--| 1
--| = 1
INSERT INTO doc (team, body) VALUES (NULL, 'n');
--| ! 23502 null value in column "team" of relation "doc" violates not-null constraint
INSERT INTO doc (id, team, body) VALUES (2, 1, 'conflict') ON CONFLICT (id) DO UPDATE SET body = 'stolen';
--| ! 42501 new row violates row-level security policy (USING expression) for table "doc"
INSERT INTO doc (id, team, body) VALUES (2, 1, 'conflict');
--| ! 23505 duplicate key value violates unique constraint "doc_pkey"
SET ROLE reader;
SELECT id, body FROM doc;
--| 3|c
--| = 1
SELECT * FROM doc;
--| ! 42501 permission denied for table doc
SELECT secret FROM doc;
--| ! 42501 permission denied for table doc
INSERT INTO doc (team) VALUES (2);
--| ! 42501 permission denied for table doc
SELECT count(*) FROM doc;
--| 1
--| = 1
DELETE FROM team;
--| ! 42501 permission denied for table team
