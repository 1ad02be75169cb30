CREATE TABLE log (n serial, what text);
CREATE TABLE t (id int PRIMARY KEY, a int, b text);
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO log (what) VALUES (TG_NAME || ' ' || TG_WHEN || ' ' || TG_LEVEL || ' ' || TG_OP || ' ' || coalesce((CASE WHEN TG_OP <> 'INSERT' AND TG_LEVEL = 'ROW' THEN OLD.a END)::text, '-') || ' ' || coalesce((CASE WHEN TG_OP <> 'DELETE' AND TG_LEVEL = 'ROW' THEN NEW.a END)::text, '-'));
  RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER z_before BEFORE INSERT OR UPDATE OR DELETE ON t FOR EACH ROW EXECUTE FUNCTION note();
CREATE TRIGGER a_after AFTER INSERT OR UPDATE OR DELETE ON t FOR EACH ROW EXECUTE FUNCTION note();
CREATE TRIGGER s_before BEFORE INSERT OR UPDATE OR DELETE ON t FOR EACH STATEMENT EXECUTE FUNCTION note();
CREATE TRIGGER s_after AFTER INSERT OR UPDATE OR DELETE ON t FOR EACH STATEMENT EXECUTE FUNCTION note();
CREATE TRIGGER only_a AFTER UPDATE OF a ON t FOR EACH ROW WHEN (OLD.a IS DISTINCT FROM NEW.a) EXECUTE FUNCTION note();
INSERT INTO t VALUES (1, 10, 'x'), (2, 20, 'y');
--| = 2
UPDATE t SET a = a + 1 WHERE id = 1;
--| = 1
UPDATE t SET b = 'q' WHERE id = 2;
--| = 1
DELETE FROM t WHERE id = 2;
--| = 1
INSERT INTO t VALUES (1, 5, 'c') ON CONFLICT (id) DO UPDATE SET a = excluded.a;
--| = 1
INSERT INTO t VALUES (1, 5, 'c') ON CONFLICT DO NOTHING;
--| = 0
UPDATE t SET a = 1 WHERE id = 99;
--| = 0
SELECT what FROM log ORDER BY n;
--| s_before BEFORE STATEMENT INSERT - -
--| z_before BEFORE ROW INSERT - 10
--| z_before BEFORE ROW INSERT - 20
--| a_after AFTER ROW INSERT - 10
--| a_after AFTER ROW INSERT - 20
--| s_after AFTER STATEMENT INSERT - -
--| s_before BEFORE STATEMENT UPDATE - -
--| z_before BEFORE ROW UPDATE 10 11
--| a_after AFTER ROW UPDATE 10 11
--| only_a AFTER ROW UPDATE 10 11
--| s_after AFTER STATEMENT UPDATE - -
--| s_before BEFORE STATEMENT UPDATE - -
--| z_before BEFORE ROW UPDATE 20 20
--| a_after AFTER ROW UPDATE 20 20
--| s_after AFTER STATEMENT UPDATE - -
--| s_before BEFORE STATEMENT DELETE - -
--| z_before BEFORE ROW DELETE 20 -
--| a_after AFTER ROW DELETE 20 -
--| s_after AFTER STATEMENT DELETE - -
--| s_before BEFORE STATEMENT INSERT - -
--| s_before BEFORE STATEMENT UPDATE - -
--| z_before BEFORE ROW INSERT - 5
--| z_before BEFORE ROW UPDATE 11 5
--| a_after AFTER ROW UPDATE 11 5
--| only_a AFTER ROW UPDATE 11 5
--| s_after AFTER STATEMENT UPDATE - -
--| s_after AFTER STATEMENT INSERT - -
--| s_before BEFORE STATEMENT INSERT - -
--| z_before BEFORE ROW INSERT - 5
--| s_after AFTER STATEMENT INSERT - -
--| s_before BEFORE STATEMENT UPDATE - -
--| s_after AFTER STATEMENT UPDATE - -
--| = 32
CREATE FUNCTION change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.a < 0 THEN RETURN NULL; END IF;
  NEW.b := upper(NEW.b) || array_to_string(TG_ARGV, '');
  IF NEW.a = 13 THEN RAISE EXCEPTION 'unlucky %', NEW.a USING ERRCODE = 'P0099', HINT = 'take another'; END IF;
  RETURN NEW;
END $$;
CREATE TABLE u (id int PRIMARY KEY, a int, b text NOT NULL);
CREATE TRIGGER c BEFORE INSERT OR UPDATE ON u FOR EACH ROW EXECUTE FUNCTION change('!');
INSERT INTO u VALUES (1, 1, 'x'), (2, -1, 'y') RETURNING *;
--| 1|1|X!
--| = 1
INSERT INTO u VALUES (3, 13, 'x');
--| ! P0099 unlucky 13
--| ! hint: take another
INSERT INTO u VALUES (4, 1, NULL);
--| ! 23502 null value in column "b" of relation "u" violates not-null constraint
--| ! detail: Failing row contains (4, 1, null).
UPDATE u SET a = -5;
--| = 0
UPDATE u SET a = 2 RETURNING b;
--| X!!
--| = 1
CREATE TABLE parent (id int PRIMARY KEY);
CREATE TABLE child (id int PRIMARY KEY, p int REFERENCES parent ON DELETE CASCADE);
CREATE FUNCTION gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO log (what) VALUES ('gone ' || TG_TABLE_NAME || ' ' || OLD.id);
  RETURN NULL;
END $$;
CREATE TRIGGER g AFTER DELETE ON child FOR EACH ROW EXECUTE FUNCTION gone();
CREATE TRIGGER g AFTER DELETE ON parent FOR EACH ROW EXECUTE FUNCTION gone();
INSERT INTO parent VALUES (1), (2);
--| = 2
INSERT INTO child VALUES (10, 1), (11, 1), (20, 2);
--| = 3
DELETE FROM log;
--| = 32
DELETE FROM parent;
--| = 2
SELECT what FROM log ORDER BY n;
--| gone parent 1
--| gone parent 2
--| gone child 10
--| gone child 11
--| gone child 20
--| = 5
CREATE FUNCTION counts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO log (what) SELECT 'rows ' || count(*) || ' sum ' || coalesce(sum(a), 0) FROM new_rows;
  RETURN NULL;
END $$;
CREATE TABLE w (a int);
CREATE TRIGGER w AFTER INSERT ON w REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION counts();
DELETE FROM log;
--| = 5
INSERT INTO w VALUES (1), (2), (3);
--| = 3
INSERT INTO w SELECT 5 WHERE false;
--| = 0
SELECT what FROM log ORDER BY n;
--| rows 3 sum 6
--| rows 0 sum 0
--| = 2
CREATE VIEW vw AS SELECT a, a * 2 AS twice FROM w;
CREATE FUNCTION through() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN INSERT INTO w VALUES (NEW.twice / 2); NEW.a := NEW.twice / 2; RETURN NEW; END IF;
  IF TG_OP = 'DELETE' THEN DELETE FROM w WHERE a = OLD.a; RETURN OLD; END IF;
  UPDATE w SET a = NEW.twice / 2 WHERE a = OLD.a; RETURN NEW;
END $$;
CREATE TRIGGER i INSTEAD OF INSERT OR UPDATE OR DELETE ON vw FOR EACH ROW EXECUTE FUNCTION through();
INSERT INTO vw (twice) VALUES (14) RETURNING *;
--| 7|14
--| = 1
UPDATE vw SET twice = 16 WHERE a = 7 RETURNING twice;
--| 16
--| = 1
DELETE FROM vw WHERE twice = 16;
--| = 1
SELECT * FROM w ORDER BY a;
--| 1
--| 2
--| 3
--| = 3
CREATE TABLE loop (a int);
CREATE FUNCTION again() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO loop VALUES (NEW.a + 1); RETURN NEW; END $$;
CREATE TRIGGER again AFTER INSERT ON loop FOR EACH ROW WHEN (NEW.a < 5) EXECUTE FUNCTION again();
INSERT INTO loop VALUES (1);
--| = 1
SELECT count(*) FROM loop;
--| 5
--| = 1
