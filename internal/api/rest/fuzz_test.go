package rest

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"math/big"
	"mime"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/plan"
	"github.com/mainstay-dev/mainstay/internal/engine/query"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// The targets hold each parser to what it says: what it takes can be written down again and means the same, what it refuses is told with a code and a status of
// the client's, and nothing passes a limit.

// few are limits so low that random texts meet them.
var few = Limits{Params: 6, Items: 4, Filters: 5, Values: 4, Depth: 3, Embeds: 3}

func fuzzLimits() *Limits {
	l := few
	l.defaults()
	return &l
}

// refused holds an error of a parser to the form of all: a code, a message that is text, and a status of the client's.
func refused(t *testing.T, err error, codes ...string) {
	t.Helper()
	f := fault.As(err)
	if f == nil {
		t.Fatalf("%v is no fault", err)
	}
	if !slices.Contains(codes, f.Code) {
		t.Fatalf("%v: the code is %s, want one of %v", err, f.Code, codes)
	}
	if s := statusOf(f, true); s < 400 || s > 499 {
		t.Fatalf("%v: status %d", err, s)
	}
	if body := appendFault(nil, f); f.Message == "" || !json.Valid(body) || !utf8.Valid(body) {
		t.Fatalf("the error is told as %q", body)
	}
}

// ---- what was read, written down again ----

func writeName(b *strings.Builder, s string) {
	b.WriteString(`"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`)
}

func writePath(b *strings.Builder, path []query.PathStep) {
	for _, s := range path {
		b.WriteString("->")
		if s.Text {
			b.WriteString(">")
		}
		if s.Index {
			b.WriteString(s.Key)
		} else {
			writeName(b, s.Key)
		}
	}
}

func writeItems(b *strings.Builder, items []query.Item) {
	for i, it := range items {
		if i > 0 {
			b.WriteString(",")
		}
		switch {
		case it.Star:
			b.WriteString("*")
		case it.Field != nil:
			f := it.Field
			if f.Alias != "" {
				writeName(b, f.Alias)
				b.WriteString(":")
			}
			if f.Name != "" {
				writeName(b, f.Name)
				writePath(b, f.Path)
				if f.Cast != "" {
					b.WriteString("::" + f.Cast)
				}
				if f.Aggregate != "" {
					b.WriteString(".")
				}
			}
			if f.Aggregate != "" {
				b.WriteString(f.Aggregate + "()")
			}
			if f.AggregateCast != "" {
				b.WriteString("::" + f.AggregateCast)
			}
		default:
			e := it.Embed
			if e.Spread {
				b.WriteString("...")
			}
			if e.Alias != "" {
				writeName(b, e.Alias)
				b.WriteString(":")
			}
			writeName(b, e.Relation)
			b.WriteString([]string{"", "!inner", "!left"}[e.Join])
			if e.Hint != "" {
				b.WriteString("!")
				writeName(b, e.Hint)
			}
			b.WriteString("(")
			writeItems(b, e.Select)
			b.WriteString(")")
		}
	}
}

func writeOrder(b *strings.Builder, list []query.Order) {
	for i, o := range list {
		if i > 0 {
			b.WriteString(",")
		}
		if o.Embed != "" {
			writeName(b, o.Embed)
			b.WriteString("(")
		}
		writeName(b, o.Name)
		writePath(b, o.Path)
		if o.Embed != "" {
			b.WriteString(")")
		}
		b.WriteString([]string{".asc", ".desc"}[btoi(o.Desc)])
		b.WriteString([]string{"", ".nullsfirst", ".nullslast"}[o.Nulls])
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// writeCondition writes [not.]operator.value; values in a tree are quoted.
func writeCondition(b *strings.Builder, f *query.Filter, values []string, inTree bool) {
	if f.Not {
		b.WriteString("not.")
	}
	b.WriteString(f.Op)
	if f.Quant+f.Lang != "" {
		b.WriteString("(" + f.Quant + f.Lang + ")")
	}
	b.WriteString(".")
	switch {
	case f.Op == "is":
		b.WriteString(f.Is)
	case f.Op == "in":
		b.WriteString("(" + strings.TrimSuffix(strings.TrimPrefix(values[f.Value], "{"), "}") + ")") // the elements of an array are quoted as those of a list
	case inTree:
		writeName(b, values[f.Value])
	default:
		b.WriteString(values[f.Value])
	}
}

func writeLogic(b *strings.Builder, l *query.Logic, values []string) {
	if l.Op == query.Leaf {
		writeName(b, l.Leaf.Name)
		writePath(b, l.Leaf.Path)
		b.WriteString(".")
		writeCondition(b, l.Leaf, values, true)
		return
	}
	if l.Not {
		b.WriteString("not.")
	}
	b.WriteString([]string{"", "and", "or"}[l.Op])
	writeArgs(b, l, values)
}

func writeArgs(b *strings.Builder, l *query.Logic, values []string) {
	b.WriteString("(")
	for i, a := range l.Args {
		if i > 0 {
			b.WriteString(",")
		}
		writeLogic(b, a, values)
	}
	b.WriteString(")")
}

// written writes a text down with a function.
func written(f func(*strings.Builder)) string {
	var b strings.Builder
	f(&b)
	return b.String()
}

// ---- the parameters, each alone ----

func FuzzSelect(f *testing.F) {
	for _, s := range []string{
		"*", "id,name", `"na,me",a b,field-with_sep`, "x:id::text", "data->a->>b", "data->>0::int,data->-1->x", "n:data->1a", "count()", "n:count()::text,a.sum(),b::int.avg()::text", "clients(*)",
		"c:clients!fk!inner(id,x:name),tasks!left()", "...clients(name),...o:tasks!inner(id)", "a(b(c(d)))", "a!inner!b!left(c)", `"a\"b":"c\\d"->"e,f"`, "هویت", "a-b-c", "count", " a , b ", `""`, `"":a`,
		`data->"a b"->>"c->d"`, "a.max()::numeric", "*,a(*)", "a!b(c),...d!e!left()", "a::b::c", "...count()", "x:count", `"count()"`, "a->>b.sum()", "a->0->-0", `a(`, `a->`, `a::`, `a.`, `a:`, `"`, `\`,
		"a,b,c,d,e", "a(b(c(d(e))))", "a(),b(),c(),d()", "a->b->c->d->e",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if wellFormed(s) != nil { // refused before
			return
		}
		l := fuzzLimits()
		items, err := (&reader{s: s, what: "select parameter", limits: l}).selection()
		if err != nil {
			refused(t, err, "PGRST100")
			return
		}
		embeds := 0
		boundItems(t, l, items, 0, &embeds)
		again := written(func(b *strings.Builder) { writeItems(b, items) })
		back, err := (&reader{s: again, what: "select parameter", limits: l}).selection()
		if err != nil {
			t.Fatalf("%q is read, but not as it is written: %q: %v", s, again, err)
		}
		if !reflect.DeepEqual(items, back) {
			t.Fatalf("%q is read as %s, which is read as %s", s, show(items), show(back))
		}
	})
}

func boundItems(t *testing.T, l *Limits, items []query.Item, depth int, embeds *int) {
	t.Helper()
	if len(items) > l.Items {
		t.Fatalf("%d items", len(items))
	}
	if depth > l.Depth {
		t.Fatalf("%d levels", depth)
	}
	for _, it := range items {
		if it.Field != nil && len(it.Field.Path) > l.Depth {
			t.Fatalf("%d steps", len(it.Field.Path))
		}
		if it.Embed != nil {
			if *embeds++; *embeds > l.Embeds {
				t.Fatalf("%d embeds", *embeds)
			}
			boundItems(t, l, it.Embed.Select, depth+1, embeds)
		}
	}
}

func show(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func FuzzOrder(f *testing.F) {
	for _, s := range []string{
		"id", "a.desc.nullslast,b.asc,c.nullsfirst,d->>x.desc", "clients(name).desc", "a->b->0.asc", `"a.desc".desc`, "a(b->>c).nullslast", " a , b.desc ", "a.asc.asc", "a.nullsfirst.desc", `""`, `a("b")`, "a-b.desc", "a(", "a.", "a,b,c,d,e", "a->b->c->d->e",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if wellFormed(s) != nil { // refused before
			return
		}
		l := fuzzLimits()
		list, err := (&reader{s: s, what: "order", limits: l}).order()
		if err != nil {
			refused(t, err, "PGRST100")
			return
		}
		if len(list) > l.Items {
			t.Fatalf("%d items", len(list))
		}
		for _, o := range list {
			if len(o.Path) > l.Depth {
				t.Fatalf("%d steps", len(o.Path))
			}
		}
		again := written(func(b *strings.Builder) { writeOrder(b, list) })
		back, err := (&reader{s: again, what: "order", limits: l}).order()
		if err != nil || !reflect.DeepEqual(list, back) {
			t.Fatalf("%q is read as %s, which is read as %s, %v", s, show(list), show(back), err)
		}
	})
}

func FuzzNames(f *testing.F) {
	for _, s := range []string{"a", "a,b", `"a,b",c`, " a , b ", "a-b,c$", `""`, `"a\"b"`, "a,", ",", "a,,b", "a.b", "a,b,c,d,e"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if wellFormed(s) != nil { // refused before
			return
		}
		l := fuzzLimits()
		for _, what := range []string{"columns", "on_conflict"} {
			p, err := l.parameters([]pair{{what, s}}, false)
			if err != nil {
				refused(t, err, "PGRST100")
				continue
			}
			list := p.columns
			if what == "on_conflict" {
				list = p.onConflict
			}
			if len(list) > l.Items {
				t.Fatalf("%d names", len(list))
			}
			if list == nil {
				continue
			}
			again := written(func(b *strings.Builder) {
				for i, n := range list {
					b.WriteString([]string{"", ","}[btoi(i > 0)])
					writeName(b, n)
				}
			})
			back, err := (&reader{s: again, what: what, limits: l}).names()
			if err != nil || !slices.Equal(list, back) {
				t.Fatalf("%q is read as %q, which is read as %q, %v", s, list, back, err)
			}
		}
	})
}

func FuzzFilter(f *testing.F) {
	for _, s := range [][2]string{
		{"id", "eq.5"}, {"id", "not.eq.5"}, {"name", "like.a*b"}, {"name", "eq."}, {"id", "in.(1,2,3)"}, {"id", `in.("a,b",c"d,"e\"f","g\\")`}, {"id", "in.()"}, {"id", "not.in.(1)"}, {"id", "is.NULL"}, {"b", "is.not_null"},
		{"id", "eq(any).{1,2}"}, {"n", "like(all).{a*,*b}"}, {"t", "fts(french).amusant"}, {"u", "not.plfts.x y"}, {"r", "ov.[1,3)"}, {"a", "cs.{1,2}"}, {"data->a->>b", "eq.1"}, {`"a.b"`, "eq.1"}, {"a->0", "isdistinct.1"},
		{"a", "imatch.^x"}, {"a", "in.(,)"}, {"a", `in.("")`}, {"a", `in.( "a" )`}, {"a", "is.unknown "}, {"a", "fts().x"}, {"a", "eq(any)(all).1"}, {"a", "not.not.eq.1"}, {"a", "in.("}, {"a", "eq"}, {"a", `in.("a"b)`}, {"a b", "nxl.(1,2]"}, {"a", "in.(1,2,3,4,5)"}, {"a->b->c->d->e", "eq.1"}, {"n", "1"}, {"select", "a"}, {"b.a", "eq.1"}, {"limit", "-1"},
	} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, key, value string) {
		if wellFormed(key) != nil || wellFormed(value) != nil { // refused before
			return
		}
		l := fuzzLimits()
		argument(t, l, key, value)
		p, err := l.parameters([]pair{{key, value}}, false)
		if err != nil {
			refused(t, err, "PGRST100", "PGRST103", "PGRST108")
			return
		}
		if key == "select" || key == "columns" || key == "on_conflict" || p.node.Where == nil {
			return
		}
		w := p.node.Where
		if w.Op != query.Leaf { // and=(…), which has a target of its own
			return
		}
		leaf := w.Leaf
		if len(leaf.Path) > l.Depth {
			t.Fatalf("%d steps", len(leaf.Path))
		}
		if leaf.Op == "is" != (leaf.Is != "") || leaf.Op == "is" != (leaf.Value < 0) {
			t.Fatalf("%s=%s: %s", key, value, show(leaf))
		}
		if !slices.Contains(operatorNames, leaf.Op) {
			t.Fatalf("the operator %q", leaf.Op)
		}
		again := pair{
			written(func(b *strings.Builder) { writeName(b, leaf.Name); writePath(b, leaf.Path) }),
			written(func(b *strings.Builder) { writeCondition(b, leaf, p.values, false) }),
		}
		back, err := l.parameters([]pair{again}, false)
		if err != nil || !reflect.DeepEqual(p, back) {
			t.Fatalf("%s=%s is read as %s with %q, which is read as %v, %v", key, value, show(leaf), p.values, back, err)
		}
	})
}

// argument holds what a call by GET makes of a parameter: a filter of its rows as elsewhere, or an argument with the value as it is.
func argument(t *testing.T, l *Limits, key, value string) {
	t.Helper()
	p, err := l.parameters([]pair{{key, value}}, true)
	if err != nil {
		refused(t, err, "PGRST100", "PGRST103", "PGRST108")
		return
	}
	if p.args == nil {
		return
	}
	if len(p.args) != 1 || p.args[0].Name != key || len(p.args[0].Values) != 1 || p.values[p.args[0].Values[0]] != value || p.node.Where != nil {
		t.Fatalf("%s=%s is the argument %s of %q", key, value, show(p.args), p.values)
	}
	if q, err := l.parameters([]pair{{key, value}}, false); err == nil {
		t.Fatalf("%s=%s is the filter %s, and of a call an argument", key, value, show(q.node))
	}
}

func FuzzLogic(f *testing.F) {
	for _, s := range []string{
		"(a.eq.1,b.gt.2)", "(a.eq.1,and(b.gt.2,not.or(c.is.null,d.not.eq.x)))", `(a.eq."x,(y)",b.in.(1,"2)"),c.cs.{1,2})`, "( and ( id.in.( 1, 2 ) , id.eq.3 ) , or ( id.eq.2 ) )", "(and_starting.eq.a,or_starting.eq.b)",
		"(r.cs.[1,3),s.cd.(1,4])", "(data->a->>b.eq.foo, x->>b.eq.bar)", `("a.b".eq.1)`, "(a.like(any).{x*,y})", `(a.cs.{"x}",y})`, "(a.fts(english).b)", "(not.and(a.eq.1))", "(a.is.null )", "(a.eq.)", "()", "(a.eq.1", "(a.eq.1))", "(not.eq.1)",
		"(and.eq.1)", `(a.eq."")`, `(a.eq."\")")`, "(a.eq.1,b.eq.1,c.eq.1,d.eq.1,e.eq.1,f.eq.1)", "(and(or(and(or(a.eq.1)))))", "(a.in.(1,2,3,4,5))",
	} {
		f.Add("or", s)
		f.Add("not.and", s)
	}
	f.Fuzz(func(t *testing.T, key, value string) {
		if wellFormed(key) != nil || wellFormed(value) != nil { // refused before
			return
		}
		l := fuzzLimits()
		if word := strings.TrimPrefix(key, "not."); word != "and" && word != "or" {
			return
		}
		p, err := l.parameters([]pair{{key, value}}, false)
		if err != nil {
			refused(t, err, "PGRST100")
			return
		}
		tree := p.node.Where
		boundLogic(t, l, tree, 1)
		if n := countLogic(tree); n > l.Filters {
			t.Fatalf("%d conditions", n)
		}
		again := written(func(b *strings.Builder) { writeArgs(b, tree, p.values) })
		back, err := l.parameters([]pair{{key, again}}, false)
		if err != nil || !reflect.DeepEqual(p, back) {
			t.Fatalf("%s=%s is read as %s with %q, written as %s and read as %+v, %v", key, value, show(tree), p.values, again, back, err)
		}
	})
}

func boundLogic(t *testing.T, l *Limits, tree *query.Logic, depth int) {
	t.Helper()
	if depth > l.Depth {
		t.Fatalf("%d levels", depth)
	}
	for _, a := range tree.Args {
		if a.Op != query.Leaf {
			boundLogic(t, l, a, depth+1)
		}
	}
}

// ---- the headers ----

func FuzzPrefer(f *testing.F) {
	for _, s := range []string{
		"return=minimal, count=exact", "return=representation,return=minimal", "resolution=merge-duplicates, missing=default, tx=rollback, handling=strict, timezone=America/Los_Angeles, max-affected=2",
		"handling=strict, anything, return=x", "handling=lenient, timezone=Jupiter/Red_Spot", "max-affected=-1", "max-affected=99999999999999999999", "timezone=+05:30", "timezone=-15:60", "timezone=../../etc/passwd", "count=planned,,", "=", "return",
	} {
		f.Add(s, "")
		f.Add("handling=strict", s)
	}
	f.Fuzz(func(t *testing.T, one, two string) {
		p, err := parsePrefer([]string{one, two})
		if err != nil {
			refused(t, err, "PGRST122")
			if !p.strict {
				t.Fatalf("%q, %q are refused without handling=strict", one, two)
			}
			return
		}
		q := &request{prefer: p, method: http.MethodPost, ends: true}
		q.statement.Write = &query.Write{}
		applied := q.applied(true)
		if strings.ContainsAny(applied, "\r\n\x00") {
			t.Fatalf("the header %q", applied)
		}
		back, err := parsePrefer([]string{applied})
		if !p.strict {
			back.maxAffected = p.maxAffected // told only where it is honoured
		}
		if err != nil || back != p {
			t.Fatalf("%q, %q are read as %+v, told as %q and read as %+v, %v", one, two, p, applied, back, err)
		}
	})
}

func FuzzAccept(f *testing.F) {
	for _, s := range []string{
		"", "*/*", "text/html, application/xhtml+xml, */*;q=0.8", "application/vnd.pgrst.object+json", "application/vnd.pgrst.object;nulls=stripped", "application/vnd.pgrst.array+json;nulls=stripped", "application/json;q=0.1, text/csv",
		"application/vnd.pgrst.plan+json", `application/vnd.pgrst.plan+json; for="application/vnd.pgrst.object"; options=analyze|nonsense|buffers`, `application/vnd.pgrst.plan+text; for="text/plain"`,
		`application/vnd.pgrst.plan; for="application/vnd.pgrst.plan"`, "unknown/unknown, image/png", "text/plain", "text/xml, application/json", "application/octet-stream;q=NaN, text/csv;q=Inf", ";;;,,,q=1",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, plans := range []bool{false, true} {
			m, err := negotiate([]string{s}, plans)
			if err == nil && m.other != nil { // a form of single values: what is answered when the value is none
				if m.err != nil {
					refused(t, m.err, "PGRST107")
				} else {
					settled(t, s, *m.other, plans)
				}
			}
			if err != nil {
				refused(t, err, "PGRST107")
				if statusOf(fault.As(err), true) != http.StatusNotAcceptable {
					t.Fatalf("%v", err)
				}
				continue
			}
			settled(t, s, m, plans)
		}
		for _, n := range acceptedNames([]string{s}) {
			if n == "" || n != strings.ToLower(n) {
				t.Fatalf("the name %q", n)
			}
		}
	})
}

// settled holds a form to its Content-Type: a header, and as Accept the same form again.
func settled(t *testing.T, s string, m media, plans bool) {
	t.Helper()
	ct := m.contentType()
	if _, _, err := mime.ParseMediaType(ct); err != nil {
		t.Fatalf("%q is answered with %q: %v", s, ct, err)
	}
	if (m.explain != nil) && !plans {
		t.Fatalf("%q is answered with a plan", s)
	}
	back, err := negotiate([]string{strings.TrimSuffix(ct, "; charset=utf-8")}, plans)
	if err != nil || back.contentType() != ct {
		t.Fatalf("%q is answered with %q, which asks for %q, %v", s, ct, back.contentType(), err)
	}
}

// A condition is a list of entity tags, each as it is written; written again it is the same.
func FuzzTags(f *testing.F) {
	for _, s := range []string{`*`, `"a"`, `W/"a"`, `"a", W/"b"`, `"a"  ,,"b"`, `"a`, `a`, ``, `W/`, `*, "a"`, `"a""b"`, `"a" b`, ", \"a\" ,", `"*"`, `""`} {
		f.Add(s, "")
		f.Add(`"x"`, s)
	}
	f.Fuzz(func(t *testing.T, one, two string) {
		tags, ok := readTags([]string{one, two})
		if !ok {
			return
		}
		if tags.any != (tags.list == nil) {
			t.Fatalf("%q, %q are read as %+v", one, two, tags)
		}
		if tags.any {
			return
		}
		for _, tag := range tags.list {
			if inner := strings.TrimPrefix(tag, "W/"); len(inner) < 2 || inner[0] != '"' || strings.IndexByte(inner[1:], '"') != len(inner)-2 {
				t.Fatalf("%q, %q have the tag %q", one, two, tag)
			}
			if !tags.weak(strings.TrimPrefix(tag, "W/")) || !tags.strong(tag) && !strings.HasPrefix(tag, "W/") {
				t.Fatalf("%q is not found in itself", tag)
			}
		}
		if back, ok := readTags(tags.list); !ok || !reflect.DeepEqual(back, tags) {
			t.Fatalf("%q, %q are read as %q, which is read as %+v", one, two, tags.list, back)
		}
	})
}

// The key of a repeatable write is printable text within its bound, and the same in quotes and without.
func FuzzKey(f *testing.F) {
	for _, s := range []string{`"8e03978e-40d5-43dd-bc93-6894a57f9324"`, `bare`, `"a\"b"`, `"a\\b"`, `"a";x=1`, `""`, `"`, `"a`, "a b", "\"a\tb\"", "\x7f", strings.Repeat("x", 41), `"a" `, `"a\`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		const most = 40
		key, err := readKey([]string{s}, most)
		if err != nil {
			refused(t, err, codeKey)
			return
		}
		if key == "" || len(key) > most || strings.ContainsFunc(key, func(c rune) bool { return c < ' ' || c > '~' }) {
			t.Fatalf("%q is the key %q", s, key)
		}
		back, err := readKey([]string{written(func(b *strings.Builder) { writeName(b, key) })}, 2*most)
		if err != nil || back != key {
			t.Fatalf("%q is the key %q, which is read as %q, %v", s, key, back, err)
		}
	})
}

// A Range narrows what limit and offset leave: the rows are those of both.
func FuzzRange(f *testing.F) {
	for _, s := range []string{"0-9", "items=5-", "5-3", "bytes=0-9", "x", "", "0-9223372036854775807", "9223372036854775807-", "-5", "1-2-3", "+1-2", "00-01"} {
		f.Add(s, int64(-1), int64(0))
		f.Add(s, int64(30), int64(2))
		f.Add(s, int64(9223372036854775807), int64(9223372036854775807))
	}
	f.Fuzz(func(t *testing.T, header string, limit, offset int64) {
		if limit < -1 || offset < 0 {
			return
		}
		q := &request{method: http.MethodGet, limit: limit, offset: offset}
		if err := q.rangeHeader(header); err != nil {
			refused(t, err, "PGRST103")
			return
		}
		if q.limit < -1 || q.offset < 0 {
			t.Fatalf("Range: %s with limit %d, offset %d gives limit %d, offset %d", header, limit, offset, q.limit, q.offset)
		}
		from, to := interval(limit, offset)
		if a, b, ok := strings.Cut(strings.TrimPrefix(header, "items="), "-"); ok {
			first, err1 := strconv.ParseInt(a, 10, 64)
			last, err2 := strconv.ParseInt(b, 10, 64)
			if err1 == nil && first >= 0 && (b == "" || err2 == nil && last >= 0) {
				from = larger(from, big.NewInt(first))
				if b != "" {
					if end := new(big.Int).Add(big.NewInt(last), big.NewInt(1)); to == nil || end.Cmp(to) < 0 {
						to = end
					}
				}
			}
		}
		gotFrom, gotTo := interval(q.limit, q.offset)
		empty := func(a, b *big.Int) bool { return b != nil && a.Cmp(b) >= 0 }
		never := big.NewInt(1<<62 + (1<<62 - 1)) // no table has so many rows: an end there is none
		same := (to == nil || to.Cmp(never) >= 0) == (gotTo == nil || gotTo.Cmp(never) >= 0) && (to == nil || gotTo == nil || to.Cmp(never) >= 0 || to.Cmp(gotTo) == 0)
		if empty(from, to) != empty(gotFrom, gotTo) || !empty(from, to) && (gotFrom.Cmp(from) != 0 || !same) {
			t.Fatalf("Range: %s with limit %d, offset %d gives limit %d, offset %d", header, limit, offset, q.limit, q.offset)
		}
	})
}

// interval is the rows of a limit and an offset: from the first to before the last, nil for no end.
func interval(limit, offset int64) (from, to *big.Int) {
	from = big.NewInt(offset)
	if limit >= 0 {
		to = new(big.Int).Add(from, big.NewInt(limit))
	}
	return from, to
}

func larger(a, b *big.Int) *big.Int {
	if a.Cmp(b) > 0 {
		return a
	}
	return b
}

// ---- the payload ----

// What a payload says is what it becomes: JSON with the same values, whose keys are told once each.
func FuzzPayload(f *testing.F) {
	for _, s := range [][2]string{
		{"application/json", `[{"a":1},{"a":null}]`}, {"application/json", `{"a":"\ud83d\ude00","b":{"c":[1]}}`}, {"text/csv", "a,b\n1,NULL\n\"x\"\"y\",\n"}, {"application/x-www-form-urlencoded", "a=1&b=%20&a=2"},
		{"text/plain", "x"}, {"application/octet-stream", "\xff"}, {"application/json", `[[[[`}, {"application/json", "{}"}, {"application/json", "[]"}, {"text/csv", "a\n"}, {"a/b;c", ""}, {"application/json", `{"a":1,"a":2}`},
		{"application/json", `[{"a":1,"b":2},{"b":2,"a":2,"a":3}]`}, {"application/json", `[{}]`}, {"application/json", `[1]`}, {"application/json", `{"a":"\u0000"}`}, {"application/json", `{"a":"\\u0000"}`}, {"application/json", "{\"a\":\"\xff\"}"},
		{"application/json; charset=utf-8", ` { "a" : [ 1 , "]" ] } `}, {"text/csv", "\xef\xbb\xbfa,a\r\n\"1\n2\",3\r\n"}, {"text/csv", "a,b\n1\n"}, {"text/csv", ""}, {"application/x-www-form-urlencoded", "a=%zz&=1&b&c=\x00"},
		{"application/json", `{"\u0061":1,"a":2}`}, {"application/json", `{"a":1e999}`}, {"text/xml", "<a/>"}, {"application/vnd.pgrst.array+json", `[{"a":1}]`},
	} {
		f.Add(s[0], s[1], true)
		f.Add(s[0], s[1], false)
	}
	f.Fuzz(func(t *testing.T, kind, body string, call bool) {
		for _, one := range []bool{false, true} {
			p, err := readPayload(kind, []byte(body), nil, call, one)
			if err != nil {
				refused(t, err, "PGRST102", "22P05", fault.InvalidEncoding)
				continue
			}
			if p.kind == "text" || p.kind == "xml" || p.kind == "octet" {
				if string(p.body) != body {
					t.Fatalf("%q became %q", body, p.body)
				}
				continue
			}
			if !json.Valid(p.body) || !utf8.Valid(p.body) {
				t.Fatalf("the body is no JSON: %q", p.body)
			}
			samePayload(t, kind, body, p, call)
			if p.fields != nil && len(p.fields) != len(p.keys) {
				t.Fatalf("%d fields of %d keys", len(p.fields), len(p.keys))
			}
			if !call && p.kind == "" && p.body[0] != '[' {
				t.Fatalf("an insert's body is no array: %q", p.body)
			}
			seen := map[string]bool{}
			for _, k := range p.keys {
				if seen[k] {
					t.Fatalf("key %q is told twice", k)
				}
				seen[k] = true
			}
			sameKeys(t, p, one)
			again, err := readPayload("application/json", p.body, nil, call, one)
			if err != nil || !slices.Equal(again.keys, p.keys) {
				t.Fatalf("%q became %q with keys %q, which has keys %v, %v", body, p.body, p.keys, again, err)
			}
			columns := append(slices.Clone(p.keys), "no such key")
			with, err := readPayload(kind, []byte(body), columns, call, one)
			if err != nil {
				t.Fatalf("%q is refused with columns: %v", body, err)
			}
			if with.fields != nil && (p.fields == nil || !reflect.DeepEqual(with.fields[:len(p.fields)], p.fields) || with.fields[len(p.fields)] != nil) {
				t.Fatalf("%q has the fields %q, with columns %q", body, p.fields, with.fields)
			}
		}
	})
}

// samePayload compares what a body became with what the standard library reads in it.
func samePayload(t *testing.T, kind, body string, p *payload, call bool) {
	t.Helper()
	got := decoded(t, p.body)
	mediaType, _, err := mime.ParseMediaType(kind)
	if err != nil {
		return
	}
	var want any
	switch mediaType {
	case "text/csv":
		lines := csv.NewReader(strings.NewReader(body))
		head, err := lines.Read()
		if err != nil {
			t.Fatalf("no header in %q", body)
		}
		rows := []any{}
		for {
			rec, err := lines.Read()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%q became %q: %v", body, p.body, err)
			}
			row := map[string]any{}
			for i, v := range rec {
				if row[head[i]] = v; v == "NULL" {
					row[head[i]] = nil
				}
			}
			rows = append(rows, row)
		}
		want = rows
	case "application/x-www-form-urlencoded":
		row := map[string]any{}
		for part := range strings.SplitSeq(strings.TrimSpace(body), "&") {
			k, v, _ := strings.Cut(part, "=")
			if part != "" {
				row[plusPercent(k)] = plusPercent(v)
			}
		}
		want = row
		if !call {
			want = []any{row}
		}
	case "application/json":
		text := bytes.TrimSpace([]byte(body))
		if len(text) == 0 {
			text = []byte("{}")
		}
		want = decoded(t, text)
		if !call && text[0] == '{' {
			want = []any{want}
		}
	default:
		return
	}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("%s %q became %q, not %v", kind, body, p.body, want)
	}
}

// plusPercent decodes a word of a form; what is no encoding stands for itself.
func plusPercent(s string) string {
	if u, err := url.QueryUnescape(s); err == nil {
		return u
	}
	return s
}

// decoded is a JSON text with its numbers as they are written.
func decoded(t *testing.T, text []byte) any {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return v
}

// sameKeys compares keys and fields with the object that they are of.
func sameKeys(t *testing.T, p *payload, one bool) {
	t.Helper()
	if p.kind != "" || p.fields == nil {
		return
	}
	v := decoded(t, p.body)
	if list, ok := v.([]any); ok {
		if len(list) != 1 && !one && len(list) == 0 {
			t.Fatalf("fields of %q", p.body)
		}
		v = list[0]
	}
	object, ok := v.(map[string]any)
	if !ok {
		t.Fatalf("fields of %q", p.body)
	}
	if len(object) != len(p.keys) {
		t.Fatalf("%q has the keys %q", p.body, p.keys)
	}
	for i, k := range p.keys {
		if !reflect.DeepEqual(decoded(t, p.fields[i]), object[k]) {
			t.Fatalf("%q has %q of key %q", p.body, p.fields[i], k)
		}
	}
}

// Without nulls, JSON is the same JSON without its null keys.
func FuzzStripped(f *testing.F) {
	for _, s := range []string{`{"a":null,"b":[null,{"c":null}]}`, `[1, "x", null]`, `null`, `"\u0041"`, ` { "a" : 1 } `, `{"a":null,"a":1}`, `{"\"":{"x":null}}`, `-0.1e5`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !json.Valid([]byte(s)) || !utf8.ValidString(s) || len(s) > 1<<16 {
			return
		}
		got := appendStripped(nil, s)
		if !json.Valid(got) {
			t.Fatalf("%q became %q", s, got)
		}
		if again := appendStripped(nil, string(got)); !bytes.Equal(again, got) {
			t.Fatalf("%q became %q, then %q", s, got, again)
		}
		if !twice(s) && !reflect.DeepEqual(decoded(t, got), withoutNulls(decoded(t, []byte(s)))) {
			t.Fatalf("%q became %q", s, got)
		}
	})
}

func withoutNulls(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			if x == nil {
				delete(v, k)
			} else {
				v[k] = withoutNulls(x)
			}
		}
	case []any:
		for i, x := range v {
			v[i] = withoutNulls(x)
		}
	}
	return v
}

// twice says whether some object of a JSON text has a key twice.
func twice(s string) bool {
	found := false
	var walk func(raw []byte)
	walk = func(raw []byte) {
		switch raw[0] {
		case '{':
			seen := map[string]bool{}
			walkObject(raw, func(key string, v []byte) {
				found = found || seen[key]
				seen[key] = true
				walk(v)
			})
		case '[':
			elements(raw, walk)
		}
	}
	walk(bytes.TrimSpace([]byte(s)))
	return found
}

// ---- whole requests ----

// fuzzCatalog has tables, relationships and functions for whole requests to be planned against.
func fuzzCatalog(f *testing.F) *catalog.Catalog {
	f.Helper()
	stmts, err := sql.Parse(`create table clients (id int primary key, name text, data jsonb); create table projects (id int primary key, name text, price numeric, client_id int references clients (id));
		create table tasks (id int primary key, project_id int references projects (id), parent int references tasks (id), words tsvector, r int4range, list int[]);
		create function f(a int, b text default 'x') returns int language sql as 'select a'; create function rows(a int) returns setof projects language sql stable as 'select * from projects';
		create function j(json) returns json language sql as 'select $1'; create function many(variadic n int[]) returns int language sql as 'select 1'`)
	if err != nil {
		f.Fatal(err)
	}
	e := catalog.Empty().Edit()
	for _, s := range stmts {
		if _, err := e.Apply(s.Stmt, catalog.Env{}); err != nil {
			f.Fatal(err)
		}
	}
	return e.Done()
}

// A whole request is refused with an error of the client's, or read twice alike and planned; what the client sent as a value is in no statement.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"select=id,c:clients!inner(*)&c.name=eq.1", "or=(id.eq.1,name.in.(1,2))&order=name.desc", "data->>a=like.*x*&limit=1", "select=price.sum()::int,...clients(name)", "and=(list.cs.{1,2},r.ov.[1,3))", `name=in.("x\"",y)`,
		"select=count()&id=is.null", "columns=id,name&on_conflict=id", "a=1&b=2", "n=1&n=2", "select=id,tasks(*,tasks(id))&tasks.limit=1&tasks.order=id", "words=fts(english).x", "limit=0&offset=9223372036854775807", "order=clients(name)&select=clients()",
		"a=eq.1&select=name", "select=...tasks(id)&tasks.id=gt.1", "select=id,clients(projects(clients(id)))&clients=not.is.null", "id=eq(any).{1,2}",
	} {
		for _, body := range []string{`{"a":1}`, `[{"id":1,"name":"x"},{"id":2,"name":null}]`} {
			f.Add("projects", s, body, "return=representation,count=exact", "0-9")
			f.Add("rpc/f", s, body, "handling=strict,max-affected=1", "")
		}
	}
	f.Add("rpc/rows", "a=1&name=eq.x&select=id&limit=2", "", "", "1-")
	f.Add("rpc/many", "n=1&n=2", `{"n":[1]}`, "", "")
	f.Add("tasks", "select=*,tasks(*),projects(name)", `[{"id":1}]`, "resolution=merge-duplicates", "")
	cat := fuzzCatalog(f)
	l := few
	h := New(nil, Options{Limits: l, Plan: plan.Options{Aggregates: true}})
	s := newSettings(h.o, cat)
	f.Fuzz(func(t *testing.T, path, raw, body, prefer, rang string) {
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPatch, http.MethodPut, http.MethodDelete} {
			parse := func() (*request, error) {
				r := httptest.NewRequest(method, "/", strings.NewReader(body))
				r.URL.Path, r.URL.RawQuery = "/"+path, raw
				r.Header.Set("Prefer", prefer)
				r.Header.Set("Range", rang)
				return h.parse(r, s)
			}
			q, err := parse()
			if err != nil {
				if f := fault.As(err); f == nil || f.Code == "" || statusOf(f, true) < 400 || statusOf(f, true) > 499 {
					t.Fatalf("%s %s?%s: %v", method, path, raw, err)
				}
				continue
			}
			again, err := parse()
			if err != nil || !reflect.DeepEqual(q, again) {
				t.Fatalf("%s %s?%s is read in two ways: %s, %s, %v", method, path, raw, show(q.statement), show(again), err)
			}
			list, err := pairs(raw, &h.o.Limits)
			if err != nil || len(list) > l.Params {
				t.Fatalf("%d parameters, %v", len(list), err)
			}
			canonicalAgain(t, list)
			p, err := plan.Build(cat, &q.statement, "postgres", s.Plan)
			if err != nil {
				if f := fault.As(err); f == nil || statusOf(f, true) < 400 || statusOf(f, true) > 499 {
					t.Fatalf("%s %s?%s: %v", method, path, raw, err)
				}
				continue
			}
			if p == nil {
				t.Fatalf("%s %s?%s: no plan", method, path, raw)
			}
		}
	})
}

// canonicalAgain holds Content-Location's query string to what was asked: the same parameters, sorted.
func canonicalAgain(t *testing.T, list []pair) {
	t.Helper()
	text := canonical(list)
	if strings.Trim(text, "?&=-_.~%abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") != "" {
		t.Fatalf("the query string %q", text)
	}
	l := Limits{Params: len(list)}
	l.defaults()
	back, err := pairs(strings.TrimPrefix(text, "?"), &l)
	if err != nil || canonical(back) != text || len(back) != len(list) {
		t.Fatalf("%q is read as %q, %v", text, back, err)
	}
}

// Two requests of one shape are one statement with other values: the cache of plans must not take one for the other.
func FuzzShape(f *testing.F) {
	list := []string{
		"select=a,b", `select="a,b"`, "select=a:b", `select="a:b"`, "a=eq.1", "a=neq.1", "a=not.eq.1", "or=(a.eq.1,b.eq.2)", "and=(a.eq.1,b.eq.2)", "order=a,b", "order=a.desc", "limit=1", "offset=1", "select=a->b", "select=a->>b", "select=a->0",
		`select=a->"0"`, "select=a(b)", "select=a!b(c)", "select=a!inner(c)", "select=...a(c)", "select=a()", "select=a::int", "select=a.sum()", "a=is.null", "a=is.true", "a=in.(1)", "a=fts(x).y", "a=eq(any).{1}", "select=a(b)&a.c=eq.1", "select=a(b)&c=eq.1",
	}
	for i, a := range list {
		f.Add("t", a, "t", list[(i+1)%len(list)])
		f.Add("t", a, "t", a)
	}
	f.Add("rpc/f", "a=1&b=2", "rpc/f", "a=1&a=2")
	f.Add("rpc/f", "a=1", "f", "a=eq.1")
	h := New(nil, Options{})
	s := plainSettings(h)
	f.Fuzz(func(t *testing.T, path1, raw1, path2, raw2 string) {
		parse := func(path, raw string) *query.Statement {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.URL.Path, r.URL.RawQuery = "/"+path, raw
			q, err := h.parse(r, s)
			if err != nil {
				return nil
			}
			return &q.statement
		}
		a, b := parse(path1, raw1), parse(path2, raw2)
		if a == nil || b == nil {
			return
		}
		same := bytes.Equal(a.AppendShape(nil), b.AppendShape(nil))
		a.Values, b.Values = nil, nil
		if alike := show(a) == show(b); same != alike {
			t.Fatalf("%s?%s and %s?%s: one shape %v, one statement %v: %s, %s", path1, raw1, path2, raw2, same, alike, show(a), show(b))
		}
	})
}
