CREATE TABLE one (x int);
INSERT INTO one VALUES (1);
--| = 1
CREATE FUNCTION deepq(n int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN IF n = 0 THEN RETURN 0; END IF; RETURN (SELECT x + deepq(n - 1) FROM one); END $$;
SELECT deepq(10);
--| 10
--| = 1
SELECT deepq(20) FROM one;
--| 20
--| = 1
CREATE FUNCTION forever(n int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT x + forever(n + 1) FROM one); END $$;
CREATE TABLE loop (a int);
CREATE FUNCTION again() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO loop VALUES (NEW.a + 1); RETURN NEW; END $$;
CREATE TRIGGER again AFTER INSERT ON loop FOR EACH ROW EXECUTE FUNCTION again();
SELECT count(*) FROM loop;
--| 0
--| = 1
