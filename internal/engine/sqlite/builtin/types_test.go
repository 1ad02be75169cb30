package builtin

import (
	"strings"
	"testing"

	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
)

// world is a small catalog: an enum mood, a domain short over varchar(3), a composite pair(n int4, at timestamptz, tags text[]), arrays of them.
type world map[catalog.OID]*catalog.Type

func (w world) Type(o catalog.OID) *catalog.Type      { return w[o] }
func (w world) TableByOID(catalog.OID) *catalog.Table { return nil }
func ref(o catalog.OID) catalog.TypeRef               { return catalog.TypeRef{OID: o, Mod: -1} }
func field(name string, o catalog.OID) *catalog.Column {
	return &catalog.Column{Name: name, Type: ref(o)}
}
func array(o, elem catalog.OID) *catalog.Type {
	return &catalog.Type{OID: o, Elem: elem, Category: 'A', Kind: catalog.BaseType}
}

const moodOID, moodsOID, shortOID, pairOID, pairsOID catalog.OID = 20000, 20001, 20002, 20004, 20005

var small = world{
	moodOID:  {OID: moodOID, Name: "mood", Kind: catalog.EnumType, Labels: []string{"sad", "ok", "happy"}, Array: moodsOID},
	moodsOID: array(moodsOID, moodOID),
	shortOID: {OID: shortOID, Name: "short", Kind: catalog.DomainType, Base: catalog.TypeRef{OID: catalog.VarcharOID, Mod: 7}},
	pairOID: {OID: pairOID, Name: "pair", Kind: catalog.CompositeType, Array: pairsOID,
		Fields: []*catalog.Column{field("n", catalog.Int4OID), field("at", catalog.TimestamptzOID), field("tags", catalog.TextArrayOID)}},
	pairsOID: array(pairsOID, pairOID),
}

// TestUserTypes reads and writes values of user-defined types, with the zone on the outside only. Expectations are PostgreSQL's for the
// same types.
func TestUserTypes(t *testing.T) {
	s := testSession(t, "America/New_York")
	s.Types = small
	e := (&Ctx{Session: s}).Env()
	for _, c := range []struct {
		oid                   catalog.OID
		in, stored, out, json string
	}{
		{moodOID, "ok", "ok", "ok", `"ok"`},
		{moodOID, "angry", "", `ERROR invalid input value for enum mood: "angry" (22P02)`, ""},
		{moodsOID, "{happy,NULL}", `["happy",null]`, "{happy,NULL}", `["happy",null]`},
		{shortOID, "abc", "abc", "abc", `"abc"`},
		{shortOID, "abcd", "", "ERROR value too long for type character varying(3) (22001)", ""},
		{pairOID, `(1,"2024-01-31 12:00+00","{a,""b c""}")`, `{"n":1,"at":"2024-01-31T12:00:00+00:00","tags":["a","b c"]}`,
			`(1,"2024-01-31 07:00:00-05","{a,""b c""}")`, `{"n":1,"at":"2024-01-31T07:00:00-05:00","tags":["a","b c"]}`},
		{pairOID, "(,,)", `{"n":null,"at":null,"tags":null}`, "(,,)", `{"n":null,"at":null,"tags":null}`},
		{pairOID, "(1,)", "", `ERROR malformed record literal: "(1,)" (22P02)`, ""},
		{pairsOID, `{"(1,,{})","(2,,)"}`, `[{"n":1,"at":null,"tags":[]},{"n":2,"at":null,"tags":null}]`, `{"(1,,{})","(2,,)"}`, `[{"n":1,"at":null,"tags":[]},{"n":2,"at":null,"tags":null}]`},
	} {
		o := e.Ops(c.oid)
		d, err := o.Input(e, c.in, -1)
		if err != nil {
			if got := "ERROR " + err.Error(); got != c.out {
				t.Errorf("%s: got %s, want %s", c.in, got, c.out)
			}
			continue
		}
		if got := d.Str(); got != c.stored {
			t.Errorf("%s is stored as %s, want %s", c.in, got, c.stored)
		}
		if got := o.Text(e, d); got != c.out {
			t.Errorf("%s is printed as %s, want %s", c.in, got, c.out)
		}
		if got := string(o.AppendJSON(e, nil, d)); got != c.json {
			t.Errorf("%s is %s in JSON, want %s", c.in, got, c.json)
		}
	}
	mood := e.Ops(moodOID)
	if mood.Compare(value.Text("sad"), value.Text("happy")) >= 0 {
		t.Error("enum values are not in the order of their labels")
	}
}

func call(t *testing.T, c *Ctx, id string, args ...datum) string {
	t.Helper()
	f := ByID(id)
	if f == nil {
		t.Fatalf("no function %s", id)
	}
	d, err := f.Call(c, args)
	if err != nil {
		return "ERROR " + err.Error()
	}
	if d.IsNull() {
		return "NULL"
	}
	return d.Str()
}

func TestPopulateRecord(t *testing.T) {
	s := testSession(t, "UTC")
	s.Types = small
	check := func(base, js, want string) {
		t.Helper()
		c := &Ctx{Session: s, Args: []catalog.TypeRef{ref(pairOID), ref(catalog.JSONBOID)}}
		b := value.Null
		if base != "" {
			b = value.Text(base)
		}
		if got := call(t, c, "jsonb_populate_record", b, value.Text(js)); got != want {
			t.Errorf("%s: got %s, want %s", js, got, want)
		}
	}
	check("", `{"n": 5, "tags": ["x", null]}`, `{"n":5,"at":null,"tags":["x",null]}`)
	check(`{"n":1,"at":null,"tags":["k"]}`, `{"n": "7"}`, `{"n":7,"at":null,"tags":["k"]}`)
	check("", `{"n": "x"}`, `ERROR invalid input syntax for type integer: "x" (22P02)`)
	check("", `{"tags": "{a,b}", "at": "2024-01-31"}`, `{"n":null,"at":"2024-01-31T00:00:00+00:00","tags":["a","b"]}`)
}

func TestAnyIsThreeValued(t *testing.T) {
	eq := ByID("int4eq")
	o := opsOf(catalog.Int4OID)
	check := func(x datum, array string, all bool, want string) {
		t.Helper()
		arr := value.Null
		if array != "" {
			arr = value.Text(array)
		}
		d, err := Any(eq, &Ctx{Session: &Session{}}, x, o, arr, all)
		got := "NULL"
		if err != nil {
			got = err.Error()
		} else if !d.IsNull() {
			got = map[bool]string{true: "t", false: "f"}[d.IsTrue()]
		}
		if got != want {
			t.Errorf("%v any %s (all %v): got %s, want %s", x, array, all, got, want)
		}
	}
	check(value.Int(1), "[1,2]", false, "t")
	check(value.Int(3), "[1,2]", false, "f")
	check(value.Int(3), "[1,null]", false, "NULL")
	check(value.Int(1), "[1,null]", false, "t")
	check(value.Int(1), "[]", false, "f")
	check(value.Int(1), "[]", true, "t")
	check(value.Int(1), "[1,1]", true, "t")
	check(value.Int(1), "[1,null]", true, "NULL")
	check(value.Int(1), "[1,2,null]", true, "f")
	check(value.Null, "[1]", false, "NULL")
	check(value.Int(1), "", false, "NULL")
}

func TestGreatestLeavesNullsOut(t *testing.T) {
	o := opsOf(catalog.NumericOID)
	vals := []datum{value.Text("1.5"), value.Null, value.Text("10"), value.Text("9")}
	if got := Greatest(o, false, vals).Str(); got != "10" {
		t.Error("greatest is", got)
	}
	if got := Greatest(o, true, vals).Str(); got != "1.5" {
		t.Error("least is", got)
	}
	if !Greatest(o, false, []datum{value.Null}).IsNull() {
		t.Error("greatest of NULL is not NULL")
	}
}

func TestCollationsOrderAsPostgreSQL(t *testing.T) {
	check := func(name string, sorted ...string) {
		t.Helper()
		f := Collations()[name]
		for i := range sorted {
			for j := range sorted {
				if got := f([]byte(sorted[i]), []byte(sorted[j])); (got < 0) != (i < j) || (got > 0) != (i > j) {
					t.Errorf("%s: %s against %s is %d", name, sorted[i], sorted[j], got)
				}
			}
		}
	}
	check(NumericCollation, "-Infinity", "-10", "-9.5", "0", "0.001", "9", "10.0", "123456789012345678901234567890", "Infinity", "NaN")
	check(IntervalCollation, "-1 days", "00:00:00", "23:59:59", "1 day", "29 days", "1 mon", "1 year")
	check(JSONBCollation, "[]", "null", `"a"`, `"b"`, "1", "2.5", "false", "true", "[1]", "[1, 2]", "{}", `{"a": 1}`, `{"a": 2}`)
	check(CitextCollation, "A", "b", "C")
	check(InetCollation, "10.0.0.0/8", "10.0.0.1", "10.0.0.10", "::1")
}

func TestKeyIsEquality(t *testing.T) {
	check := func(oid catalog.OID, a, b string, want bool) {
		t.Helper()
		o := opsOf(oid)
		if got := o.Key(value.Text(a)) == o.Key(value.Text(b)); got != want || (o.Compare(value.Text(a), value.Text(b)) == 0) != want {
			t.Errorf("%s: %s and %s have the same key: %v, want %v", o.Title, a, b, got, want)
		}
	}
	check(catalog.NumericOID, "1.0", "1.00", true)
	check(catalog.NumericOID, "1.0", "1.01", false)
	check(catalog.IntervalOID, "1 mon", "30 days", true)
	check(catalog.IntervalOID, "24:00:00", "1 day", true)
	check(catalog.CitextOID, "Abc", "aBC", true)
	check(catalog.BpcharOID, "a  ", "a", true)
	check(catalog.JSONBOID, `{"a": 1.0}`, `{"a": 1.00}`, true)
	check(catalog.TextArrayOID, `["a","b"]`, `["a,b"]`, false)
	check(catalog.NumericArrayOID, "[1.0,2]", "[1,2.00]", true)
}

func TestVectors(t *testing.T) {
	c := &Ctx{Session: &Session{}}
	v := func(s string) datum {
		d, err := opsOf(catalog.VectorOID).Input(nil, s, -1)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	check := func(id, a, b, want string) {
		t.Helper()
		f := ByID(id)
		if f == nil {
			t.Fatal("no function ", id)
		}
		d, err := f.Call(c, []datum{v(a), v(b)})
		got := ""
		if err != nil {
			got = "ERROR " + err.Error()
		} else {
			got = opsOf(f.Ret).Text(nil, d)
		}
		if got != want {
			t.Errorf("%s(%s, %s): got %s, want %s", id, a, b, got, want)
		}
	}
	// The documented examples of pgvector.
	check("l2_distance_vector_vector", "[0,0]", "[3,4]", "5")
	check("inner_product_vector_vector", "[1,2]", "[3,4]", "11")
	check("vector_negative_inner_product", "[1,2]", "[3,4]", "-11")
	check("cosine_distance_vector_vector", "[1,1]", "[1,1]", "0")
	check("cosine_distance_vector_vector", "[1,0]", "[0,2]", "1")
	check("l1_distance_vector_vector", "[0,0]", "[3,4]", "7")
	check("vector_add", "[1,2]", "[3,4]", "[4,6]")
	check("l2_distance_vector_vector", "[1]", "[1,2]", "ERROR different vector dimensions 1 and 2 (22000)")
	for _, in := range []string{"1,2", "[]", "[a]", "[1,]", "[NaN]"} {
		if _, err := opsOf(catalog.VectorOID).Input(nil, in, -1); err == nil {
			t.Errorf("%s is a vector", in)
		}
	}
	if _, err := opsOf(catalog.VectorOID).Input(nil, "[1,2]", 3); err == nil || !strings.Contains(err.Error(), "expected 3 dimensions, not 2") {
		t.Error("dimensions are not checked: ", err)
	}
}

func TestRandomValues(t *testing.T) {
	s := testSession(t, "UTC")
	s.Random = strings.NewReader(strings.Repeat("0123456789abcdef", 8))
	c := &Ctx{Session: s}
	if got := call(t, c, "gen_random_uuid"); got != "30313233-3435-4637-b839-616263646566" {
		t.Error("gen_random_uuid gave", got)
	}
	if got := call(t, c, "uuidv7"); got[14] != '7' || !strings.HasPrefix(got, "018df4dc-5495") {
		t.Error("uuidv7 gave", got)
	}
	salt := call(t, c, "gen_salt_text_int4", value.Text("bf"), value.Int(4))
	hash := call(t, c, "crypt", value.Text("secret"), value.Text(salt))
	if again := call(t, c, "crypt", value.Text("secret"), value.Text(hash)); again != hash || !strings.HasPrefix(hash, "$2a$04$") {
		t.Error("a password does not match its hash", hash, again)
	}
	if got := call(t, &Ctx{Session: &Session{}}, "gen_random_uuid"); got != "ERROR random values cannot be made here (0A000)" {
		t.Error("without a source:", got)
	}
}
