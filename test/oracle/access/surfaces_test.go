package access_test

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"flag"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/openapi"
	"github.com/mainstay-dev/mainstay/test/campaign"
)

var shows = flag.Int("shows", 120, "tables whose rows are looked for in every way of asking")

// A look is a caller at a table, with what they may see of it by the interpreter.
type look struct {
	s    *side
	who  *caller
	t    *table
	w    *world
	cols []string // that they may read
	rows []row    // that they may see, by id; only cols
	all  []row    // that are there
	ok   bool     // they may read the table
}

// ways of asking for the rows of a table. Each gives what it shows, as rows of cols; skip says that it cannot show these.
var surfaces = map[string]func(l *look) (shown []row, refused, skip bool){
	"read":     func(l *look) ([]row, bool, bool) { return l.list("/" + l.t.name + l.selected("order=id")) },
	"filters":  (*look).filtered,
	"one row":  (*look).oneByOne,
	"lines":    (*look).asLines,
	"csv":      (*look).asCSV,
	"cursor":   (*look).paged,
	"batch":    (*look).batched,
	"embedded": (*look).embedded,
	"spread":   (*look).spread,
	"function": func(l *look) ([]row, bool, bool) {
		return l.whole("/rpc/access_rows_" + l.t.name + l.selected("order=id"))
	},
	"value":     func(l *look) ([]row, bool, bool) { return l.whole("/rpc/access_json_" + l.t.name) },
	"view":      func(l *look) ([]row, bool, bool) { return l.whole("/access_view_" + l.t.name + l.selected("order=id")) },
	"count":     (*look).counted,
	"aggregate": (*look).aggregated,
	"document":  (*look).documented,
}

// routes are what the server answers, and in which way of asking it is looked at; in brackets why it shows no rows of tables. A route that is not here fails TestEveryRouteIsLookedAt.
var routes = map[string]string{
	"door /rest/v1":            "read",
	"door /auth/v1":            "(users and what is theirs: test/signin TestTheDoorOfSignInShowsOneself)",
	"door /openapi.json":       "document",
	"door /docs":               "(a page over /openapi.json)",
	"door /auth/ui":            "(a page, a client of /auth/v1)",
	"door /inbox":              "(mails, in development)",
	"door /metrics":            "(counts, for operators)",
	"door /metrics/statements": "(texts of statements without values, for operators)",

	"form */*":                               "read",
	"form application/*":                     "read",
	"form application/json":                  "read",
	"form application/vnd.pgrst.object+json": "one row",
	"form application/vnd.pgrst.object":      "one row",
	"form application/vnd.pgrst.array+json":  "read",
	"form application/vnd.pgrst.array":       "read",
	"form text/csv":                          "csv",
	"form application/x-ndjson":              "lines",
	"form application/ndjson":                "lines",
	"form application/jsonl":                 "lines",
	"form text/plain":                        "(one value of a function, as in JSON)",
	"form text/xml":                          "(one value of a function, as in JSON)",
	"form application/octet-stream":          "(one value of a function, as in JSON)",
	"form application/geo+json":              "(PostGIS only)",
	"statement Read":                         "read",
	"statement Call":                         "function",
	"statement Invoke":                       "function",
	"statement Write":                        "(what is written comes back by the rules of reading: O1)",
	"statement Multi":                        "batch",
}

var (
	doorOf      = regexp.MustCompile(`Prefix: "([^"]+)"`)
	formOf      = regexp.MustCompile(`"((?:application|text|\*)/[^";]+)"`)
	statementOf = regexp.MustCompile(`(?m)^\t([A-Z]\w+) +\*(?:Read|Call|Invoke|Write)\b`)
)

// TestEveryRouteIsLookedAt holds that every door, form of an answer and kind of statement is in routes.
func TestEveryRouteIsLookedAt(t *testing.T) {
	found := map[string]bool{}
	look := func(file, kind string, form *regexp.Regexp, least int) {
		text, err := os.ReadFile("../../../" + file)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, m := range form.FindAllStringSubmatch(string(text), -1) {
			name := m[1]
			if name == "application/vnd.pgrst.plan" { // the statement and its plan, no rows: O2 compares their bytes
				continue
			}
			n++
			found[kind+" "+name] = true
		}
		if n < least {
			t.Errorf("%s has %d of %s, want %d at least", file, n, kind, least)
		}
	}
	look("wire.go", "door", doorOf, 6)
	look("internal/api/rest/media.go", "form", formOf, 10)
	look("internal/engine/query/query.go", "statement", statementOf, 2)
	for name := range found {
		how, ok := routes[name]
		if !ok {
			t.Errorf("%s has no way of asking in surfaces_test.go", name)
			continue
		}
		if _, ok := surfaces[how]; !ok && !strings.HasPrefix(how, "(") {
			t.Errorf("%s is looked at as %q, which is no way of asking", name, how)
		}
	}
}

// TestSurfaces holds that every way of asking shows the same: what the interpreter says that the caller may see.
func TestSurfaces(t *testing.T) {
	for _, s := range []*side{embedded(t), server(t)} {
		n := *shows
		if s.name == "postgres" {
			n /= 5
		}
		t.Run(s.name, func(t *testing.T) { c := &showing{t: t, s: s}; c.run(n) })
	}
}

type showing struct {
	t                     *testing.T
	s                     *side
	looks, asked, wrong   int
	shown                 map[string]int
	found, sought, worlds int // of the control: looks as somebody else
}

func (c *showing) run(n int) {
	c.shown = map[string]int{}
	start, last := time.Now(), uint64(0)
	x := &trial{sides: []*side{c.s}}
	for at := *seed; c.looks < n && !overdue(start) && c.wrong < *reports; at++ {
		g := newMaker(at)
		g.world()
		last = at
		for round := range *roundsFlag {
			if err := x.begin(g, round); err != nil {
				c.t.Fatalf("seed %d: %v", at, err)
			}
			if round%4 == 0 {
				if err := c.s.engine.Script(context.Background(), engine.Script{Text: strings.Join(g.w.shows(round > 0), ";\n"), File: "shows.sql", Atomic: true}, engine.Discard{}); err != nil {
					c.t.Fatalf("seed %d: %v", at, err)
				}
			}
			c.worlds++
			m := newModel(g.w)
			for _, who := range g.w.callers {
				for _, tab := range g.w.tables {
					c.look(m, who, tab, at, round)
				}
			}
			progress(fmt.Sprintf("%s: %d looks at tables in %d ways from seed %d", c.s.name, c.looks, len(surfaces), *seed))
		}
	}
	c.t.Logf("%d looks, %d ways that showed rows or refused: %v; as somebody else %d of %d are found", c.looks, c.asked, c.shown, c.found, c.sought)
	for name := range surfaces {
		if c.shown[name] == 0 {
			c.t.Errorf("nothing was shown: %s", name)
		}
	}
	if c.found < c.sought || c.sought == 0 {
		c.t.Errorf("of %d looks with another's eyes, %d are found", c.sought, c.found)
	}
	if os.Getenv(campaign.Variable) != "" {
		campaign.Record(c.t, campaign.Result{
			Name: "O4-" + c.s.name, Case: "a way of asking for the rows of a table, as a caller, which must show what every other way shows and the interpreter says",
			Cases: c.asked, Violations: c.wrong, Seeds: fmt.Sprintf("%d to %d", *seed, last), Counts: c.shown,
			Controls: []campaign.Control{{Name: "one way asks as somebody else", Found: c.found == c.sought && c.sought > 0}},
		}, start)
	}
}

// look compares the ways of asking.
func (c *showing) look(m *model, who *caller, t *table, seed uint64, round int) {
	c.looks++
	l := c.s.seen(m, who, t)
	for name, f := range surfaces {
		got, refused, skip := f(l)
		if skip {
			continue
		}
		c.asked++
		if !refused {
			c.shown[name]++
		}
		if d := l.differs(got, refused); d != "" {
			c.wrong++
			c.t.Errorf("seed %d, round %d: %s of %s as %s: %s\n%s", seed, round, name, t.name, who.name, d, strings.Join(m.w.sql(), ";\n"))
			return
		}
	}
	if other := c.s.seen(m, &caller{role: service}, t); l.ok && len(l.cols) > 1 && len(other.rows) > len(l.rows) { // the control
		l.who = &caller{name: who.name, role: service}
		c.sought++
		if got, refused, _ := surfaces["read"](l); l.differs(got, refused) != "" {
			c.found++
		}
	}
}

func (l *look) differs(got []row, refused bool) string {
	switch {
	case refused && l.ok:
		return "it is refused, and the rules let it be"
	case !refused && !l.ok:
		return fmt.Sprintf("it is answered, and the rules refuse it: %v", got)
	case refused:
		return ""
	}
	return differ(got, l.rows)
}

// seen says what a caller may see of a table.
func (s *side) seen(m *model, who *caller, t *table) *look {
	l := &look{s: s, who: who, t: t, w: m.w}
	e := &env{m: m, who: who, user: who.role, as: who.role}
	for _, c := range t.columns {
		if m.may(who.role, t.name, "select", c.name) {
			l.cols = append(l.cols, c.name)
		}
	}
	l.ok = slices.Contains(l.cols, "id") && m.policed(who.role, t, "select")
	if !slices.Contains(l.cols, "id") { // asking for it is refused
		l.cols = append([]string{"id"}, l.cols...)
	}
	for _, r := range m.rows[t.name] {
		if l.ok && m.passes(e, t, "select", false, r) {
			l.rows = append(l.rows, l.of(r))
		}
		l.all = append(l.all, r)
	}
	slices.SortFunc(l.rows, func(a, b row) int { return order(a["id"], b["id"]) })
	return l
}

// of is a row with the columns that are asked for.
func (l *look) of(r row) row {
	out := row{}
	for _, c := range l.cols {
		out[c] = r[c]
	}
	return out
}

func (l *look) selected(more string) string {
	return "?" + url.Values{"select": {strings.Join(l.cols, ",")}}.Encode() + "&" + more
}

func (l *look) ask(method, target, body string, head ...string) reply {
	return l.s.send(l.who.query(), method, target, body, head...)
}

// list reads the rows of an answer. A refusal is one for want of rights; any other error is shown as a row, which nobody expects.
func (l *look) list(target string) (rows []row, refused, skip bool) {
	return l.read(l.ask("GET", target, ""))
}

func (l *look) read(got reply) (rows []row, refused, skip bool) {
	if got.code() == denied {
		return nil, true, false
	}
	if got.status > 206 || json.Unmarshal(got.body, &rows) != nil {
		return []row{{"error": got.String()}}, false, false
	}
	return rows, false, false
}

// whole is a way that needs all columns.
func (l *look) whole(target string) ([]row, bool, bool) {
	if len(l.cols) < len(l.t.columns) || !l.ok {
		return nil, false, true
	}
	return l.list(target)
}

// filtered finds each row by its id, those that are hidden too.
func (l *look) filtered() (out []row, refused, skip bool) {
	for _, r := range l.all {
		got, refused, _ := l.list("/" + l.t.name + l.selected("id=eq."+fmt.Sprint(r["id"])))
		if refused {
			return nil, true, false
		}
		out = append(out, got...)
	}
	return out, false, len(l.all) == 0
}

func (l *look) oneByOne() (out []row, refused, skip bool) {
	for _, r := range l.all {
		got := l.ask("GET", "/"+l.t.name+l.selected("id=eq."+fmt.Sprint(r["id"])), "", "Accept: application/vnd.pgrst.object+json")
		switch got.code() {
		case denied:
			return nil, true, false
		case "PGRST116": // there is none
		default:
			var x row
			if json.Unmarshal(got.body, &x) != nil || got.status != 200 {
				x = row{"error": got.String()}
			}
			out = append(out, x)
		}
	}
	return out, false, len(l.all) == 0
}

func (l *look) asLines() (out []row, refused, skip bool) {
	got := l.ask("GET", "/"+l.t.name+l.selected("order=id"), "", "Accept: application/x-ndjson")
	if got.code() == denied {
		return nil, true, false
	}
	for line := range strings.Lines(string(got.body)) {
		var x row
		if err := json.Unmarshal([]byte(line), &x); err != nil {
			x = row{"error": got.String()}
		}
		out = append(out, x)
	}
	return out, false, false
}

// asCSV compares the columns whose text is their value.
func (l *look) asCSV() (out []row, refused, skip bool) {
	got := l.ask("GET", "/"+l.t.name+l.selected("order=id"), "", "Accept: text/csv")
	if got.code() == denied {
		return nil, true, false
	}
	lines, err := csv.NewReader(strings.NewReader(string(got.body))).ReadAll()
	if err != nil || len(lines) != len(l.rows)+1 && len(l.rows) > 0 {
		return []row{{"error": got.String()}}, false, false
	}
	for i, r := range l.rows { // what has another text in CSV is taken as it is
		x := row{}
		for j, name := range lines[0] {
			x[name] = r[name]
			switch l.t.column(name).typ {
			case "bigint", "text", "uuid":
				if text := lines[i+1][j]; r[name] == nil && text != "" || r[name] != nil && text != fmt.Sprint(r[name]) {
					x[name] = text
				}
			}
		}
		out = append(out, x)
	}
	return out, false, false
}

func (l *look) paged() (out []row, refused, skip bool) {
	target := "/" + l.t.name + l.selected("order=id.desc&limit=2")
	for cursor, n := "", 0; n < 100; n++ {
		at := target
		if cursor != "" {
			at += "&" + url.Values{"~cursor": {cursor}}.Encode()
		}
		got := l.ask("GET", at, "", "Prefer: cursor")
		rows, refused, _ := l.read(got)
		if refused {
			return nil, true, false
		}
		out = append(out, rows...)
		if cursor = got.head.Get("Next-Cursor"); cursor == "" {
			break
		}
	}
	return out, false, false
}

func (l *look) batched() (out []row, refused, skip bool) {
	got := l.ask("POST", "/batch", `[{"method":"GET","path":`+asJSON("/"+l.t.name+l.selected("order=id"))+`}]`)
	if got.code() == denied {
		return nil, true, false
	}
	var answers []struct{ Body []row }
	if json.Unmarshal(got.body, &answers) != nil || len(answers) != 1 {
		return []row{{"error": got.String()}}, false, false
	}
	return answers[0].Body, false, false
}

// from gives a table with a foreign key to the look's table of which the caller may see the whole; nil for none.
func (l *look) from() (*table, *column) {
	m := newModel(l.w)
	for _, o := range l.w.tables {
		for _, c := range o.columns {
			if c.ref == l.t && o != l.t && m.bypasses(o, l.who.role) && m.may(l.who.role, o.name, "select", names(o.columns)...) {
				return o, c
			}
		}
	}
	return nil, nil
}

// embedded looks for the rows through another table's. Those that nothing refers to are added as they are.
func (l *look) embedded() (out []row, refused, skip bool) {
	return l.through("parent:", func(x row) []row {
		if p, ok := x["parent"].(map[string]any); ok {
			return []row{p}
		}
		return nil
	})
}

// spread has the other table's columns beside the row's own.
func (l *look) spread() (out []row, refused, skip bool) {
	return l.through("...", func(x row) []row {
		delete(x, "child")
		if x["id"] == nil {
			return nil
		}
		return []row{x}
	})
}

func (l *look) through(how string, shown func(row) []row) (out []row, refused, skip bool) {
	o, c := l.from()
	if o == nil {
		return nil, false, true
	}
	target := "/" + o.name + "?" + url.Values{"select": {"child:id," + how + l.t.name + "!" + o.name + "_" + c.name + "_fkey(" + strings.Join(l.cols, ",") + ")"}}.Encode()
	rows, refused, _ := l.list(target)
	if refused || len(rows) == 1 && rows[0]["error"] != nil {
		return rows, refused, false
	}
	have := map[any]bool{}
	for _, x := range rows {
		for _, p := range shown(x) {
			if !have[p["id"]] {
				have[p["id"]] = true
				out = append(out, p)
			}
		}
	}
	for _, r := range l.rows {
		if !slices.ContainsFunc(o.rows, func(x row) bool { return x[c.name] == r["id"] }) {
			out = append(out, r)
		}
	}
	return out, false, false
}

// counted takes the rows for shown when their number is right.
func (l *look) counted() (out []row, refused, skip bool) {
	got := l.ask("HEAD", "/"+l.t.name+"?select=id&limit=1", "", "Prefer: count=exact")
	if got.status == 401 || got.status == 403 {
		return nil, true, false
	}
	return l.number(got.total())
}

func (l *look) aggregated() (out []row, refused, skip bool) {
	rows, refused, _ := l.list("/" + l.t.name + "?select=n:id.count()")
	if refused || len(rows) != 1 || rows[0]["n"] == nil {
		return rows, refused, false
	}
	return l.number(int(rows[0]["n"].(float64)))
}

func (l *look) number(n int) ([]row, bool, bool) {
	if n == len(l.rows) {
		return l.rows, false, false
	}
	return []row{{"count": n}}, false, false
}

// documented takes the rows for shown when the description of what the role may do names the table's columns that they may read, and no others.
func (l *look) documented() (out []row, refused, skip bool) {
	text, err := openapi.Document(l.s.engine.Catalog(), openapi.Options{Schema: "public", Schemas: []string{"public"}, Role: l.who.role})
	if err != nil {
		return []row{{"error": err.Error()}}, false, false
	}
	var d struct {
		Paths      map[string]map[string]json.RawMessage
		Components struct {
			Schemas map[string]struct{ Properties map[string]any }
		}
	}
	if err := json.Unmarshal(text, &d); err != nil {
		return []row{{"error": err.Error()}}, false, false
	}
	m := newModel(l.w)
	_, told := d.Paths["/rest/v1/"+l.t.name]["get"]
	if may := m.may(l.who.role, l.t.name, "select"); told != may {
		return []row{{"a GET is described": told, "the role may read": may}}, false, false
	}
	if told {
		for _, c := range l.t.columns {
			_, there := d.Components.Schemas[l.t.name].Properties[c.name]
			if may := m.may(l.who.role, l.t.name, "select", c.name); there != may {
				return []row{{"column": c.name, "described": there, "may": may}}, false, false
			}
		}
	}
	return l.rows, !l.ok, false
}

// shows are functions and views of the look: other ways to the rows of each table, with the caller's rights. They are taken away first where they are there.
func (w *world) shows(there bool) []string {
	var out []string
	for _, t := range w.tables {
		if there {
			out = append(out, "drop function public.access_rows_"+t.name+"(), public.access_json_"+t.name+"()", "drop view public.access_view_"+t.name)
		}
		out = append(out,
			"create function public.access_rows_"+t.name+"() returns setof public."+t.name+" language sql stable as $f$ select * from public."+t.name+" $f$",
			"create function public.access_json_"+t.name+"() returns json language sql stable as $f$ select coalesce(json_agg(x order by x.id), '[]') from public."+t.name+" x $f$",
			"create view public.access_view_"+t.name+" with (security_invoker = true) as select * from public."+t.name,
			"grant select on public.access_view_"+t.name+" to anon, authenticated, service_role")
	}
	return out
}
