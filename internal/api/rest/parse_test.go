package rest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/query"
)

// describe writes a node for people: select, where, order, limits; values in place.
func describe(n *query.Node, values []string) string {
	var b strings.Builder
	path := func(p []query.PathStep) {
		for _, s := range p {
			b.WriteString("->")
			if s.Text {
				b.WriteString(">")
			}
			if s.Index {
				fmt.Fprintf(&b, "[%s]", s.Key)
			} else {
				b.WriteString(s.Key)
			}
		}
	}
	for i, it := range n.Select {
		if i > 0 {
			b.WriteString(" ")
		}
		switch {
		case it.Star:
			b.WriteString("*")
		case it.Field != nil:
			f := it.Field
			if f.Alias != "" {
				b.WriteString(f.Alias + "=")
			}
			b.WriteString("<" + f.Name)
			path(f.Path)
			b.WriteString(">")
			if f.Cast != "" {
				b.WriteString("::" + f.Cast)
			}
			if f.Aggregate != "" {
				b.WriteString("." + f.Aggregate)
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
				b.WriteString(e.Alias + "=")
			}
			b.WriteString(e.Relation)
			if e.Hint != "" {
				b.WriteString("!" + e.Hint)
			}
			b.WriteString([]string{"", "!inner", "!left"}[e.Join])
			b.WriteString("{" + describe(&e.Node, values) + "}")
		}
	}
	var logic func(l *query.Logic)
	logic = func(l *query.Logic) {
		if l.Not {
			b.WriteString("!")
		}
		if l.Op != query.Leaf {
			b.WriteString([]string{"", "and", "or"}[l.Op] + "(")
			for i, a := range l.Args {
				if i > 0 {
					b.WriteString(", ")
				}
				logic(a)
			}
			b.WriteString(")")
			return
		}
		f := l.Leaf
		if f.Not {
			b.WriteString("!")
		}
		b.WriteString("<" + f.Name)
		path(f.Path)
		b.WriteString("> " + f.Op)
		if f.Quant+f.Lang != "" {
			b.WriteString("(" + f.Quant + f.Lang + ")")
		}
		b.WriteString(" " + f.Is)
		if f.Value >= 0 {
			b.WriteString(values[f.Value])
		}
	}
	if n.Where != nil {
		b.WriteString(" where ")
		logic(n.Where)
	}
	for _, o := range n.Order {
		b.WriteString(" order ")
		if o.Embed != "" {
			b.WriteString(o.Embed + "/")
		}
		b.WriteString("<" + o.Name)
		path(o.Path)
		b.WriteString(">")
		if o.Desc {
			b.WriteString(" desc")
		}
		b.WriteString([]string{"", " first", " last"}[o.Nulls])
	}
	if n.Limit >= 0 {
		b.WriteString(" limit " + values[n.Limit])
	}
	if n.Offset >= 0 {
		b.WriteString(" offset " + values[n.Offset])
	}
	return strings.TrimSpace(b.String())
}

func readOf(t *testing.T, url string) (*request, error) {
	t.Helper()
	h := New(nil, Options{})
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	path, raw, _ := strings.Cut(url, "?")
	r.URL.Path, r.URL.RawQuery = path, strings.ReplaceAll(raw, " ", "%20")
	return h.parse(r, plainSettings(h))
}

func TestReadsAreUnderstood(t *testing.T) {
	t.Parallel()
	check := func(raw, want string) {
		t.Helper()
		q, err := readOf(t, "/t?"+raw)
		if err != nil {
			t.Errorf("%s: %v", raw, err)
			return
		}
		if got := describe(&q.statement.Read.Node, q.statement.Values); got != want {
			t.Errorf("%s\n got %s\nwant %s", raw, got, want)
		}
	}
	check("", "")
	check("select=", "")
	check("select=*", "*")
	check("select=id,name", "<id> <name>")
	check("select=id, name", "<id> <name>")
	check(`select="na,me",a b,field-with_sep`, "<na,me> <a b> <field-with_sep>")
	check("select=x:id::text", "x=<id>::text")
	check("select=data->a->>b", "<data->a->>b>")
	check("select=data->>0::int,data->-1->x", "<data->>[0]>::int <data->[-1]->x>")
	check("select=n:data->1a", "n=<data->1a>")
	check("select=count(),n:count()::text,a.sum(),b::int.avg()::text", "<>.count n=<>.count::text <a>.sum <b>::int.avg::text")
	check("select=id,clients(*)", "<id> clients{*}")
	check("select=c:clients!fk!inner(id,x:name),tasks!left()", "c=clients!fk!inner{<id> x=<name>} tasks!left{}")
	check("select=...clients(name),...o:tasks!inner(id)", "...clients{<name>} ...o=tasks!inner{<id>}")
	check("select=a(b(c(d)))", "a{b{c{<d>}}}")
	check("select=count", "<count>")
	check("هویت=eq.1", "where <هویت> eq 1")
	check("id=eq.5", "where <id> eq 5")
	check("id=not.eq.5&name=like.a*b", "where and(!<id> eq 5, <name> like a%b)")
	check("name=eq.", "where <name> eq")
	check("name=eq.a.b,c", "where <name> eq a.b,c")
	check("a=eq.x+y%2Bz", "where <a> eq x y+z")
	check("id=in.(1,2,3)", `where <id> in {"1","2","3"}`)
	check(`id=in.("a,b",c"d,"e\"f","g\\")`, `where <id> in {"a,b","c\"d","e\"f","g\\"}`)
	check(`id=in.("a"b,c)`, `where <id> in {"\"a\"b","c"}`)
	check("id=in.()", "where <id> in {}")
	check("id=not.in.(1)", `where !<id> in {"1"}`)
	check("id=is.NULL&b=is.not_null&c=not.is.true", "where and(<id> is null, <b> is not_null, !<c> is true)")
	check("id=eq(any).{1,2}&n=like(all).{a*,*b}", "where and(<id> eq(any) {1,2}, <n> like(all) {a%,%b})")
	check("t=fts(french).amusant&u=not.plfts.x y", "where and(<t> fts(french) amusant, !<u> plfts x y)")
	check("r=ov.[1,3)&a=cs.{1,2}", "where and(<r> ov [1,3), <a> cs {1,2})")
	check("data->a->>b=eq.1", "where <data->a->>b> eq 1")
	check("or=(a.eq.1,b.gt.2)", "where or(<a> eq 1, <b> gt 2)")
	check("not.or=(a.eq.1,and(b.gt.2,not.or(c.is.null,d.not.eq.x)))", "where !or(<a> eq 1, and(<b> gt 2, !or(<c> is null, !<d> eq x)))")
	check(`or=(a.eq."x,(y)",b.in.(1,"2)"),c.cs.{1,2})`, `where or(<a> eq x,(y), <b> in {"1","2)"}, <c> cs {1,2})`)
	check("and=( and ( id.in.( 1, 2 ) , id.eq.3 ) , or ( id.eq.2 ) )", `where and(and(<id> in {" 1"," 2 "}, <id> eq 3 ), or(<id> eq 2 ))`)
	check("or=(and_starting.eq.a,or_starting.eq.b)", "where or(<and_starting> eq a, <or_starting> eq b)")
	check("and=(r.cs.[1,3),s.cd.(1,4])", "where and(<r> cs [1,3), <s> cd (1,4])")
	check("or=(data->a->>b.eq.foo, x->>b.eq.bar)", "where or(<data->a->>b> eq foo, <x->>b> eq bar)")
	check("a=eq.1&and=(b.eq.2,c.eq.3)&d=eq.4", "where and(<a> eq 1, and(<b> eq 2, <c> eq 3), <d> eq 4)")
	check("order=id", "order <id>")
	check("order=a.desc.nullslast,b.asc,c.nullsfirst,d->>x.desc", "order <a> desc last order <b> order <c> first order <d->>x> desc")
	check("order=clients(name).desc", "order clients/<name> desc")
	check("limit=3&offset=2", "limit 3 offset 2")
	check("offset=-4", "")
	check("select=id,c(x)&c.y=eq.1&c.order=z.desc&c.limit=2&c.or=(a.eq.1,b.eq.2)",
		"<id> c{<x> where and(<y> eq 1, or(<a> eq 1, <b> eq 2)) order <z> desc limit 2}")
	check("select=id,k:c(x,d(y))&k.d.y=eq.1&c.d.limit=1", "<id> k=c{<x> d{<y> where <y> eq 1 limit 1}}")
	check("select=c(x)&c.not.and=(a.eq.1,b.eq.2)", "c{<x> where !and(<a> eq 1, <b> eq 2)}")
}

func TestBadReadsAreRefused(t *testing.T) {
	t.Parallel()
	check := func(raw, want string) {
		t.Helper()
		_, err := readOf(t, "/t?"+raw)
		f := fault.As(err)
		if f == nil {
			t.Errorf("%s: no error", raw)
			return
		}
		if got := f.Code + " " + f.Message; got != want {
			t.Errorf("%s\n got %s | %s\nwant %s", raw, got, f.Detail, want)
		}
	}
	check("select=a-->b", `PGRST100 "failed to parse select parameter (a-->b)" (line 1, column 3)`)
	check("select=a(b", `PGRST100 "failed to parse select parameter (a(b)" (line 1, column 4)`)
	check("select=data->>--34", `PGRST100 "failed to parse select parameter (data->>--34)" (line 1, column 9)`)
	check("select=a,", `PGRST100 "failed to parse select parameter (a,)" (line 1, column 3)`)
	check(`select=""`, `PGRST100 "failed to parse select parameter ("")" (line 1, column 2)`)
	check(`select="".sum()`, `PGRST100 "failed to parse select parameter ("".sum())" (line 1, column 2)`)
	check(`order=""`, `PGRST100 "failed to parse order ("")" (line 1, column 2)`)
	check(`""=eq.1`, `PGRST100 "failed to parse tree path ("")" (line 1, column 2)`)
	check("id=foo.1", `PGRST100 "failed to parse filter (foo.1)" (line 1, column 1)`)
	check("done=is.nil", `PGRST100 "failed to parse filter (is.nil)" (line 1, column 4)`)
	check("id=in.(1,2", `PGRST100 "failed to parse filter (in.(1,2)" (line 1, column 8)`)
	check("or=(a.eq.1", `PGRST100 "failed to parse logic tree ((a.eq.1)" (line 1, column 10)`)
	check("or=()", `PGRST100 "failed to parse logic tree (())" (line 1, column 4)`)
	check("order=id.asc.nullslasttt", `PGRST100 "failed to parse order (id.asc.nullslasttt)" (line 1, column 17)`)
	check("limit=abc", `PGRST100 "failed to parse limit parameter (abc)" (line 1, column 1)`)
	check("limit=-1", "PGRST103 Requested range not satisfiable")
	check("c.id=eq.1", "PGRST108 'c' is not an embedded resource in this request")
	check("id=eq.%00", `22021 invalid byte sequence for encoding "UTF8": 0x00`)
	check("id=eq.%ff", `22021 invalid byte sequence for encoding "UTF8": 0xff`)
}

// Each bound is a setting, and what is just within it passes.
func TestLimits(t *testing.T) {
	t.Parallel()
	check := func(l Limits, within, beyond, want string) {
		t.Helper()
		parse := func(raw string) error {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.URL.Path, r.URL.RawQuery = "/t", raw
			_, err := parseOn(New(nil, Options{Limits: l}), r)
			return err
		}
		if err := parse(within); err != nil {
			t.Errorf("%.80s: %v", within, err)
		}
		if f := fault.As(parse(beyond)); f == nil || f.Code != "PGRST100" || f.Message != want || f.Hint == "" {
			t.Errorf("%.80s: got %+v, want %s", beyond, f, want)
		}
	}
	filter := func(n int) string { return strings.Repeat("a=eq.1&", n) }
	tree := func(n int) string { return "or=(" + strings.Repeat("a.eq.1,", n-1) + "a.eq.1)" }
	check(Limits{Filters: 3}, tree(3), tree(4), "the logic tree has more than 3 conditions")
	check(Limits{Filters: 3}, filter(3), filter(4), "the query string has more than 3 conditions")
	check(Limits{Filters: 3}, tree(2)+"&"+filter(1), tree(2)+"&"+filter(2), "the query string has more than 3 conditions")
	check(Limits{Filters: 3}, "select=b(*)&b."+tree(2)+"&a=eq.1", "select=b(*)&b."+tree(3)+"&a=eq.1", "the query string has more than 3 conditions")
	check(Limits{Params: 3}, filter(3), filter(4), "the query string has more than 3 parameters")
	check(Limits{Items: 3}, "select=a,b,c", "select=a,b,c,d", "the select parameter has more than 3 fields in a list")
	check(Limits{Items: 3}, "order=a,b,c", "order=a,b,c,d", "the order has more than 3 fields in a list")
	check(Limits{Items: 3}, "columns=a,b,c", "columns=a,b,c,d", "the columns parameter has more than 3 fields in a list")
	check(Limits{Items: 3}, "on_conflict=a,b,c", "on_conflict=a,b,c,d", "the on_conflict parameter has more than 3 fields in a list")
	check(Limits{Values: 3}, "a=in.(1,2,3)", "a=in.(1,2,3,4)", "the filter has more than 3 values in a list")
	check(Limits{Depth: 3}, "select=a(b(c))", "select=a(b(c(d(e))))", "the select parameter has more than 3 levels of nesting")
	check(Limits{Depth: 3}, "or=(and(a.eq.1,b.eq.1),a.eq.1)", "or="+strings.Repeat("(and", 5), "the logic tree has more than 3 levels of nesting")
	check(Limits{Depth: 3}, "select=a->b->c->d", "select=a->b->c->d->e", "the select parameter has more than 3 steps in a JSON path")
	check(Limits{Embeds: 3}, "select=a(*),b(c(*))", "select=a(*),b(c(*),d(*))", "the select parameter has more than 3 embedded resources")
	check(Limits{}, "select="+strings.Repeat("a(id),", 99)+"a(id)", "select="+strings.Repeat("a(id),", 100)+"a(id)", "the select parameter has more than 100 embedded resources")
}

func TestLongURLsAreRefused(t *testing.T) {
	t.Parallel()
	h := New(nil, Options{Limits: Limits{URL: 100}})
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/t?a=eq."+strings.Repeat("x", 100), nil))
	if w.Code != http.StatusRequestURITooLong || !strings.Contains(w.Body.String(), `"code":"PGRST100"`) {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
}

func TestArgumentsAreToldFromFilters(t *testing.T) {
	t.Parallel()
	q, err := readOf(t, "/rpc/f?a=1&b=x.y&b=z&id=gt.3&select=id")
	if err != nil {
		t.Fatal(err)
	}
	v := q.statement.Invoke
	got := fmt.Sprintf("%v %v %s", v.Args, q.statement.Values, describe(&v.Node, q.statement.Values))
	if want := "[{a [0]} {b [1 2]}] [1 x.y z 3] <id> where <id> gt 3"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestRangesNarrowLimits(t *testing.T) {
	t.Parallel()
	check := func(raw, header, want string) {
		t.Helper()
		r := httptest.NewRequest(http.MethodGet, "/t?"+raw, nil)
		r.Header.Set("Range", header)
		q, err := parseOn(New(nil, Options{}), r)
		got := ""
		if err != nil {
			got = fault.Code(err)
		} else {
			got = describe(&q.statement.Read.Node, q.statement.Values)
		}
		if got != want {
			t.Errorf("%s with %s: got %q, want %q", raw, header, got, want)
		}
	}
	check("", "0-9", "limit 10")
	check("", "items=5-", "offset 5")
	check("", "5-3", "PGRST103")
	check("limit=3", "0-9", "limit 3")
	check("limit=30&offset=2", "5-9", "limit 5 offset 5")
	check("", "bytes=0-9", "")
	check("limit=30&offset=2", "7-9223372036854775807", "limit 25 offset 7")
	check("", "x", "")
}

func TestPayloads(t *testing.T) {
	t.Parallel()
	check := func(contentType, body string, columns []string, call bool, want string) {
		t.Helper()
		p, err := readPayload(contentType, []byte(body), columns, call, false)
		got := ""
		if err != nil {
			f := fault.As(err)
			got = f.Code + " " + f.Message
		} else {
			got = fmt.Sprintf("%s keys=%v fields=%q bulk=%v kind=%s", p.body, p.keys, p.fields, p.bulk, p.kind)
		}
		if got != want {
			t.Errorf("%s %s\n got %s\nwant %s", contentType, body, got, want)
		}
	}
	check("", `{"a":1, "b" : "x"}`, nil, false, `[{"a":1, "b" : "x"}] keys=[a b] fields=["1" "\"x\""] bulk=false kind=`)
	check("application/json; charset=utf-8", `{"a":{"b":[1,"]"]},"c":-1.5e3}`, nil, true, `{"a":{"b":[1,"]"]},"c":-1.5e3} keys=[a c] fields=["{\"b\":[1,\"]\"]}" "-1.5e3"] bulk=false kind=`)
	check("", `{"a":1,"a":2}`, nil, true, `{"a":1,"a":2} keys=[a] fields=["2"] bulk=false kind=`)
	check("", `{"\u0061\"b":true}`, nil, true, `{"\u0061\"b":true} keys=[a"b] fields=["true"] bulk=false kind=`)
	check("", `{"a":1,"z":2}`, []string{"a", "b"}, true, `{"a":1,"z":2} keys=[a b] fields=["1" ""] bulk=false kind=`)
	check("", `[{"a":1},{"a":2}]`, nil, false, `[{"a":1},{"a":2}] keys=[a] fields=[] bulk=true kind=`)
	check("", `[{"a":1,"b":2},{"b":2,"a":2}]`, nil, false, `[{"a":1,"b":2},{"b":2,"a":2}] keys=[a b] fields=[] bulk=true kind=`)
	check("", `[{"a":1},{"b":2}]`, nil, false, "PGRST102 All object keys must match")
	check("", `[{"a":1},{"b":2}]`, []string{"a", "b"}, false, `[{"a":1},{"b":2}] keys=[a b] fields=[] bulk=true kind=`)
	check("", `[1]`, nil, false, "PGRST102 All object keys must match")
	check("", `[]`, nil, false, `[] keys=[] fields=[] bulk=true kind=`)
	check("", `[{}]`, nil, false, `[{}] keys=[] fields=[] bulk=false kind=`)
	check("", `{}`, nil, false, `[{}] keys=[] fields=[] bulk=false kind=`)
	check("", ``, nil, false, "PGRST102 Empty or invalid json")
	check("", ``, nil, true, `{} keys=[] fields=[] bulk=false kind=`)
	check("", `{"a"`, nil, true, "PGRST102 Empty or invalid json")
	check("", `{"a":"\u0000"}`, nil, false, "22P05 unsupported Unicode escape sequence")
	check("", `{"a":"\\u0000"}`, nil, true, `{"a":"\\u0000"} keys=[a] fields=["\"\\\\u0000\""] bulk=false kind=`)
	check("", `[{"a":1,"b":2},{"b":2,"a":2,"a":3},{"a":1,"c":2}]`, nil, false, "PGRST102 All object keys must match")
	check("", `"x"`, nil, false, "PGRST102 Empty or invalid json")
	check("", `[1,2]`, nil, true, `[1,2] keys=[] fields=[] bulk=false kind=json`)
	check("text/plain", `hello`, nil, true, `hello keys=[] fields=[] bulk=false kind=text`)
	check("text/plain", `hello`, nil, false, "PGRST102 Content-Type not acceptable: text/plain")
	check("text/csv", "a,b\n1,NULL\n\"x,\"\"y\",\n", nil, false, `[{"a":"1","b":null},{"a":"x,\"y","b":""}] keys=[a b] fields=[] bulk=true kind=`)
	check("text/csv", "a,b\n1\n", nil, false, "PGRST102 All lines must have same number of fields")
	check("application/x-www-form-urlencoded", "a=1&b=x+y%21", nil, false, `[{"a":"1","b":"x y!"}] keys=[a b] fields=["\"1\"" "\"x y!\""] bulk=false kind=`)
	check("", "{\"a\":\"\xff\"}", nil, false, `22021 invalid byte sequence for encoding "UTF8": 0xff`)
}

func TestPreferences(t *testing.T) {
	t.Parallel()
	check := func(want string, headers ...string) {
		t.Helper()
		p, err := parsePrefer(headers)
		got := ""
		if err != nil {
			got = fault.Code(err) + " " + fault.As(err).Detail
		} else {
			q := &request{prefer: p, method: "POST", ends: true}
			q.statement.Write = &query.Write{}
			got = q.applied(true)
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", headers, got, want)
		}
	}
	check("")
	check("return=minimal, count=exact", "count=exact, return=minimal")
	check("return=representation", "return=representation", "return=minimal")
	check("resolution=merge-duplicates, missing=default, return=representation, count=exact, tx=rollback, handling=strict, timezone=America/Los_Angeles, max-affected=2",
		"max-affected=2,timezone=America/Los_Angeles,handling=strict,tx=rollback", "count=exact,return=representation,missing=default,resolution=merge-duplicates")
	check("PGRST122 Invalid preferences: anything, return=x", "handling=strict, anything, return=x")
	check("handling=lenient", "handling=lenient, anything, timezone=Jupiter/Red_Spot")
	check("", "max-affected=2")
}

func TestNegotiation(t *testing.T) {
	t.Parallel()
	check := func(accept, want string) {
		t.Helper()
		m, err := negotiate([]string{accept}, false)
		got := m.contentType()
		if err != nil {
			got = fault.As(err).Message
		}
		if got != want {
			t.Errorf("%s: got %s, want %s", accept, got, want)
		}
	}
	check("", "application/json; charset=utf-8")
	check("*/*", "application/json; charset=utf-8")
	check("text/html, application/xhtml+xml, */*;q=0.8", "application/json; charset=utf-8")
	check("application/vnd.pgrst.object+json", "application/vnd.pgrst.object+json; charset=utf-8")
	check("application/vnd.pgrst.object;nulls=stripped", "application/vnd.pgrst.object+json;nulls=stripped; charset=utf-8")
	check("application/vnd.pgrst.array+json;nulls=stripped", "application/vnd.pgrst.array+json;nulls=stripped; charset=utf-8")
	check("application/json;q=0.1, text/csv", "text/csv; charset=utf-8")
	check("application/vnd.pgrst.plan+json", "None of these media types are available: application/vnd.pgrst.plan+json")
	plans := func(accept, want string) {
		t.Helper()
		m, err := negotiate([]string{accept}, true)
		if got := m.contentType(); err != nil || got != want {
			t.Errorf("%s: got %s, %v, want %s", accept, got, err, want)
		}
	}
	plans("application/vnd.pgrst.plan", `application/vnd.pgrst.plan+text; for="application/json"; charset=utf-8`)
	plans(`application/vnd.pgrst.plan+json; for="application/vnd.pgrst.object"; options=analyze|nonsense|buffers`,
		`application/vnd.pgrst.plan+json; for="application/vnd.pgrst.object+json"; options=analyze|buffers; charset=utf-8`)
	check("unknown/unknown, image/png", "None of these media types are available: unknown/unknown, image/png")
}

// plainSettings are those of a catalog that says nothing.
func plainSettings(h *Handler) *settings { return newSettings(h.o, catalog.Empty()) }

func parseOn(h *Handler, r *http.Request) (*request, error) { return h.parse(r, plainSettings(h)) }

// Headers may hold bytes that are no UTF-8; an answer that tells them is text all the same.
func TestErrorsAreText(t *testing.T) {
	t.Parallel()
	for _, brief := range []bool{false, true} {
		h := New(oneRow{cat: catalog.Empty()}, Options{Brief: brief})
		for _, name := range []string{"Accept", "Accept-Profile"} {
			r := httptest.NewRequest(http.MethodGet, "/t", nil)
			r.Header.Set(name, "x/\xffy")
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if b := w.Body.Bytes(); w.Code != http.StatusNotAcceptable || !json.Valid(b) || !utf8.Valid(b) {
				t.Errorf("%s: %d %q", name, w.Code, b)
			}
		}
	}
}
