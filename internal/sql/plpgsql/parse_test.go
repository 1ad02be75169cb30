package plpgsql_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/sql"
	"github.com/mainstay-dev/mainstay/internal/sql/plpgsql"
)

// bodies are of the kinds that real projects have, between lines of ----.
var bodies = strings.Split(`
BEGIN RETURN NEW; END;
----
BEGIN NEW.updated_at = now(); RETURN NEW; END
----
begin
  insert into public.profiles (id, full_name, avatar_url)
  values (new.id, new.raw_user_meta_data->>'full_name', new.raw_user_meta_data->>'avatar_url');
  return new;
end;
----
DECLARE v_count integer := 0; v_row public.t%ROWTYPE; r record; v_name t.name%TYPE; c CONSTANT text NOT NULL DEFAULT 'x'; d text = 'a'; copy v_count%TYPE;
BEGIN
  v_row.f := 1; r.a := 2; v_count := v_count + 1;
  SELECT count(*) INTO v_count FROM t WHERE a = new.a;
  SELECT * INTO STRICT r FROM t;
  SELECT a, b INTO v_count, v_row.f FROM t;
  SELECT a INTO v_row.f FROM t;
  INSERT INTO t (a) VALUES (1) RETURNING id INTO v_count;
  UPDATE t SET a = 1 WHERE b RETURNING a, b INTO STRICT v_count, v_name;
  WITH x AS (DELETE FROM t RETURNING *) SELECT count(*) FROM x INTO v_count;
  IF NOT FOUND THEN RAISE EXCEPTION 'no % and %%', v_count USING ERRCODE = '23505', HINT = 'h' || 'i', DETAIL = 'd';
  ELSIF v_count > 1 THEN RAISE NOTICE 'x';
  ELSEIF v_count > 2 THEN NULL;
  ELSE RETURN NEW; END IF;
  RETURN NULL;
END
----
DECLARE a int[]; m text[][]; j jsonb; t public.comp[];
BEGIN
  a[1] := 5; a[1:2] := ARRAY[1, 2]; m[1][2] := 'x'; t[1].f := 3; j['a'] := '1'; a[array_length(a, 1) + 1] := 7; a[:2] := '{}';
END
----
DECLARE i int; BEGIN
  FOR i IN 1..10 LOOP CONTINUE WHEN i = 3; EXIT WHEN i > 5; END LOOP;
  FOR i IN REVERSE 10..1 BY 2 LOOP NULL; END LOOP;
  FOR k IN coalesce(1, 2)..(SELECT count(*) FROM t) LOOP PERFORM f(k); END LOOP;
  WHILE i < 10 LOOP i := i + 1; END LOOP;
  <<outer>> LOOP <<inner>> LOOP EXIT outer WHEN true; CONTINUE inner; END LOOP inner; END LOOP outer;
END
----
DECLARE r record; x int; y text; BEGIN
  FOR r IN SELECT * FROM t ORDER BY a LOOP RAISE NOTICE '%', r.a; END LOOP;
  FOR x, y IN SELECT a, b FROM t LOOP NULL; END LOOP;
  FOR r IN EXECUTE 'select * from ' || quote_ident('t') || ' where a = $1' USING x, y LOOP NULL; END LOOP;
  FOR r IN EXECUTE format('select 1') LOOP NULL; END LOOP;
  FOR r IN UPDATE t SET a = 1 RETURNING * LOOP NULL; END LOOP;
  FOREACH x IN ARRAY ARRAY[1, 2] LOOP NULL; END LOOP;
  FOREACH x SLICE 1 IN ARRAY a LOOP NULL; END LOOP;
END
----
DECLARE n int; BEGIN
  EXECUTE 'x'; EXECUTE format('INSERT INTO %I VALUES ($1, $2)', 't') USING 1, 2; EXECUTE 'select 1' INTO n; EXECUTE 'select $1' INTO STRICT n USING 3; EXECUTE 'select $1' USING 3 INTO n;
  GET DIAGNOSTICS n = ROW_COUNT; GET CURRENT DIAGNOSTICS n := row_count;
END
----
DECLARE v_state text; v_msg text; BEGIN
  BEGIN PERFORM 1 / 0;
  EXCEPTION WHEN division_by_zero OR SQLSTATE '22012' THEN GET STACKED DIAGNOSTICS v_state = RETURNED_SQLSTATE, v_msg = MESSAGE_TEXT; RAISE WARNING '% %', SQLERRM, SQLSTATE;
    WHEN unique_violation THEN NULL; WHEN OTHERS THEN RAISE; END;
EXCEPTION WHEN OTHERS THEN RETURN;
END
----
BEGIN RETURN QUERY SELECT * FROM t; RETURN QUERY EXECUTE 'select $1' USING 1; RETURN NEXT; RETURN; END
----
DECLARE r t%ROWTYPE; BEGIN FOR r IN SELECT * FROM t LOOP RETURN NEXT r; END LOOP; RETURN NEXT 1 + 2; END
----
DECLARE c CURSOR FOR SELECT * FROM t; d CURSOR (k int, l text) IS SELECT k; e refcursor; f SCROLL CURSOR FOR SELECT 1; g NO SCROLL CURSOR FOR SELECT 2; r record; n int; BEGIN
  OPEN c; OPEN d(1, 'x'); OPEN d(k := 1, l => 'y'); OPEN e FOR SELECT 1; OPEN e SCROLL FOR EXECUTE 'select $1' USING 1; OPEN e NO SCROLL FOR EXECUTE 'x';
  FETCH c INTO r; FETCH NEXT FROM c INTO r; FETCH LAST IN c INTO n; FETCH ABSOLUTE 5 FROM c INTO n, r.x; FETCH FORWARD 2 FROM c INTO r; FETCH BACKWARD FROM c INTO r; FETCH 3 FROM c INTO r;
  MOVE c; MOVE FORWARD 2 FROM c; MOVE RELATIVE -1 FROM c; CLOSE c;
  FOR x IN c LOOP NULL; END LOOP; FOR x IN d(1, 'a') LOOP RAISE INFO '%', x.k; END LOOP;
END
----
DECLARE x int; BEGIN
  CASE x WHEN 1 THEN NULL; WHEN 2, 3 THEN x := 1; ELSE NULL; END CASE;
  CASE WHEN x = 1 THEN NULL; WHEN x IS NULL THEN x := 2; END CASE;
  x := CASE WHEN x = 1 THEN 2 ELSE 3 END;
END
----
<<b>> DECLARE x int; BEGIN DECLARE x text; BEGIN b.x := 1; x := 'a'; END; ASSERT x > 0; ASSERT x > 1, 'm' || x; END b
----
BEGIN
  CREATE TEMP TABLE IF NOT EXISTS tt (a int) ON COMMIT DROP; ALTER TABLE t ENABLE ROW LEVEL SECURITY; TRUNCATE t; DROP TABLE IF EXISTS tt;
  CALL p(1); COMMIT; ROLLBACK AND CHAIN; DO $x$ BEGIN NULL; END $x$; SET LOCAL x TO 'y'; NOTIFY c, 'p'; LOCK TABLE t;
END
----
BEGIN
  IF TG_OP = 'INSERT' THEN NEW.a := TG_ARGV[0]; RETURN NEW; ELSIF (TG_OP = 'DELETE') THEN RETURN OLD; END IF;
  IF (OLD.a IS DISTINCT FROM NEW.a) THEN INSERT INTO audit (t, d) VALUES (TG_TABLE_NAME, row_to_json(NEW)); END IF;
  RETURN COALESCE(NEW, OLD);
END
----
DECLARE a ALIAS FOR $1; BEGIN RETURN a + $1; END
----
#variable_conflict use_column
BEGIN RETURN 1; END
----
BEGIN RAISE; RAISE unique_violation; RAISE SQLSTATE '22012'; RAISE division_by_zero USING MESSAGE = 'x'; RAISE 'a % b', 1; RAISE USING ERRCODE = 'P0001', MESSAGE = 'm'; RAISE DEBUG 'x' USING COLUMN = 'a', TABLE = 'b', SCHEMA = 'c', CONSTRAINT = 'd', DATATYPE = 'e'; RAISE LOG 'a''b'; END
----
DECLARE "My Var" int; BEGIN "My Var" := 1; RETURN "My Var"; END
----
DECLARE result json; BEGIN SELECT json_agg(row_to_json(x)) FROM (SELECT a, b FROM t) x INTO result; RETURN result; END
----
DECLARE x numeric(10, 2); y timestamp with time zone := now(); z varchar(5)[] := '{}'; w double precision; v character varying; u text COLLATE "C" := 'a'; BEGIN RETURN; END
----
-- comment ; with semicolon
BEGIN /* x /* nested */ END */ RETURN 'it''s; $$ ' || E'\'' || "a;b" /* t */; -- end
END;
----
DECLARE k text; BEGIN FOR k IN SELECT jsonb_object_keys('{}'::jsonb) LOOP NULL; END LOOP; END
----
DECLARE return_value int; query text; next int; BEGIN return_value := 1; query := 'x'; next := 2; RETURN query; END
----
BEGIN IF EXISTS (SELECT 1 FROM t WHERE a = 1) AND NOT (SELECT b FROM u LIMIT 1) THEN RETURN true; END IF; (SELECT 1) ; END
----
BEGIN MERGE INTO t USING u ON t.a = u.a WHEN NOT MATCHED THEN INSERT VALUES (1); IMPORT FOREIGN SCHEMA a FROM SERVER b INTO c; END
`, "----\n")

func params(t *testing.T, list string) *sql.CreateFunction {
	return function(t, list, "RETURNS trigger")
}

func function(t *testing.T, list, returns string) *sql.CreateFunction {
	t.Helper()
	s, err := sql.Parse("CREATE FUNCTION f(" + list + ") " + returns + " LANGUAGE plpgsql AS ''")
	if err != nil {
		t.Fatal(err)
	}
	return s[0].Stmt.(*sql.CreateFunction)
}

func TestBodiesOfRealProjects(t *testing.T) {
	for _, body := range bodies {
		fn := params(t, "a int, text")
		switch {
		case strings.Contains(body, "RETURN NEXT;"):
			fn = function(t, "a int, text, OUT b int", "RETURNS SETOF int")
		case strings.Contains(body, "RETURN NEXT"), strings.Contains(body, "RETURN QUERY"):
			fn = function(t, "a int, text", "RETURNS SETOF int")
		case strings.Contains(body, "RETURN;"):
			fn = function(t, "a int, text", "RETURNS void")
		}
		fn.Body = body
		fn.BodyPos = 100
		f, err := plpgsql.Parse(fn)
		if err != nil {
			t.Errorf("%s\n%v %+v", body, err, err)
			continue
		}
		if f.Body == nil {
			t.Errorf("%s\nno body", body)
		}
	}
}

func TestErrorsNameTheirPlace(t *testing.T) {
	check := func(body, want, at string) {
		t.Helper()
		_, err := plpgsql.ParseDo(body)
		var f *fault.Error
		if !errors.As(err, &f) {
			t.Errorf("%s\ngot %v, want %s", body, err, want)
			return
		}
		if f.Message != want || !strings.HasPrefix(body[min(f.Pos, len(body)):], at) {
			t.Errorf("%s\ngot  %s at %d\nwant %s at %d", body, f.Message, f.Pos, want, strings.Index(body, at))
		}
	}
	check("BEGIN\n foo; END", `syntax error at or near "foo"`, "foo")
	check("BEGIN x := 1; END", `"x" is not a known variable`, "x :=")
	check("BEGIN SELECT 1 INTO y; END", `"y" is not a known variable`, "y;")
	check("BEGIN SELECT 1 FRM x y; END", `syntax error at or near "x"`, "x y")
	check("BEGIN RAISE 'a %'; END", "too few parameters specified for RAISE", "RAISE")
	check("BEGIN RAISE 'a', 1; END", "too many parameters specified for RAISE", "RAISE")
	check("BEGIN EXIT; END", "EXIT cannot be used outside a loop, unless it has a label", "EXIT")
	check("BEGIN LOOP CONTINUE z; END LOOP; END", `there is no label "z" attached to any block or loop enclosing this statement`, "z;")
	check("BEGIN IF true THEN NULL; END; END", `syntax error at or near ";"`, "; END")
	check("BEGIN NULL;", "syntax error at end of input", "")
	check("DECLARE x int; x int; BEGIN END", `duplicate declaration at or near "x"`, "x int; B")
	check("DECLARE x int NOT NULL; BEGIN END", `variable "x" must have a default value, since it's declared NOT NULL`, "x int")
	check("DECLARE c CONSTANT int := 1; BEGIN c := 2; END", `variable "c" is declared CONSTANT`, "c := 2")
	check("BEGIN PERFORM f(; END", `mismatched parentheses at or near ";"`, "; END")
	check("BEGIN IF true NULL; END IF; END", `missing "THEN" at end of SQL expression`, "; END IF")
	check("BEGIN WHILE LOOP END LOOP; END", `missing expression at or near "LOOP"`, "LOOP END")
	check("DECLARE r record; BEGIN SELECT 1, 2 INTO r, r; END", "record variable cannot be part of multiple-item INTO list", "r, r")
	check("DECLARE x int; BEGIN GET DIAGNOSTICS x = foo; END", `unrecognized GET DIAGNOSTICS item at or near "foo"`, "foo")
	check("DECLARE x int; BEGIN GET DIAGNOSTICS x = message_text; END", "diagnostics item MESSAGE_TEXT is not allowed in GET CURRENT DIAGNOSTICS", "message_text")
	check("BEGIN RETURN; END foo", `end label "foo" specified for unlabeled block`, "foo")
	check("DECLARE x; BEGIN END", `missing data type declaration at or near ";"`, "; BEGIN")
	check("BEGIN NULL; END; SELECT", `syntax error at or near "SELECT"`, "SELECT")
	check("BEGIN f(1); END", `syntax error at or near "f"`, "f(1)")
	check("SELECT 1", `syntax error at or near "SELECT"`, "SELECT")
	check("BEGIN "+strings.Repeat("BEGIN ", 5000), "stack depth limit exceeded", "BEGIN")
	check("BEGIN PERFORM 1 +; END", `syntax error at end of input`, "; END")
	check("BEGIN RETURN 1; END", "RETURN cannot have a parameter in function returning void", "1; END")
	check("BEGIN RETURN NEXT 1; END", "cannot use RETURN NEXT in a non-SETOF function", "NEXT")
}

// TestTreeOfABody holds the parts of the tree that others rely on: the order of the variables, targets and positions.
func TestTreeOfABody(t *testing.T) {
	fn := params(t, "a int, text")
	fn.Body = "DECLARE r record; x a%TYPE; y t.c%TYPE; z s.t%ROWTYPE;\nBEGIN\n  NEW.f[1] := x + 1;\n  SELECT 1, 2 INTO STRICT x, r.g FROM t;\nEND"
	fn.BodyPos = 1000
	f, err := plpgsql.Parse(fn)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, v := range f.Vars {
		names = append(names, v.Name)
	}
	got := strings.Join(names, " ")
	want := "a $2 found new old tg_name tg_when tg_level tg_op tg_relid tg_relname tg_table_name tg_table_schema tg_nargs tg_argv r x y z g (unnamed row)"
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	byName := map[string]plpgsql.Var{}
	for _, v := range f.Vars {
		byName[v.Name] = v
	}
	if x, y, z := byName["x"], byName["y"], byName["z"]; sql.Print(x.Type) != "integer" || sql.Print(y.Type) != "t.c%TYPE" || sql.Print(z.Type) != "s.t" || z.Kind != plpgsql.RecordVar {
		t.Errorf("types %s, %s, %s", sql.Print(x.Type), sql.Print(y.Type), sql.Print(z.Type))
	}
	a := f.Body.Body[0].(*plpgsql.Assign)
	if a.Var != f.NewVar || len(a.Steps) != 2 || a.Steps[0].Field != "f" || sql.Print(a.Steps[1].Hi) != "1" || a.Line != 3 {
		t.Errorf("assignment %+v", a)
	}
	x := a.Expr.Query.(*sql.Select).Targets[0].Expr
	if at := int(sql.PosOf(x)) - 1000; !strings.HasPrefix(fn.Body[at:], "+ 1") {
		t.Errorf("x + 1 is at %d", at)
	}
	e := f.Body.Body[1].(*plpgsql.Exec)
	row := f.Vars[e.Var]
	if !e.Strict || row.Kind != plpgsql.RowVar || len(row.Fields) != 2 || f.Vars[row.Fields[1]].Kind != plpgsql.FieldVar || sql.Print(e.SQL.Query) != "SELECT 1, 2\nFROM t" {
		t.Errorf("statement %+v into %+v", e, row)
	}
}

func FuzzParse(f *testing.F) {
	for _, body := range bodies {
		f.Add(body)
	}
	sql.Warm() // starting the parser must not count as a hang of the first input
	f.Fuzz(func(t *testing.T, body string) {
		_, err := plpgsql.ParseDo(body)
		var e *fault.Error
		if err != nil && !errors.As(err, &e) {
			t.Fatalf("%q: %v", body, err)
		}
	})
}
