package access_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mainstay-dev/mainstay/test/campaign"
)

// TestRelations holds what must be true between answers, whatever they are: no interpreter says what is right, the door's own answers do.
func TestRelations(t *testing.T) {
	for _, s := range []*side{embedded(t), server(t)} {
		n := *pairs / 4
		if s.name == "postgres" {
			n /= 5
		}
		t.Run(s.name, func(t *testing.T) {
			held := map[string]int{}
			r := &relations{t: t, s: s, held: held}
			start, last := time.Now(), uint64(0)
			for at, done := *seed, 0; done < n && !overdue(start); at++ {
				g := newMaker(at)
				g.world()
				r.g, r.seed, last = g, at, at
				x := &trial{sides: []*side{s}}
				for round := range *roundsFlag {
					if err := x.begin(g, round); err != nil {
						t.Fatalf("seed %d, round %d: %v", at, round, err)
					}
					for range each / 3 {
						done++
						r.who = pick(g, g.w.callers...)
						r.tab = pick(g, g.w.tables...)
						r.check()
					}
					progress(fmt.Sprintf("%s: relations of %d queries from seed %d", s.name, done, *seed))
				}
			}
			t.Log(held)
			if os.Getenv(campaign.Variable) != "" {
				r.record(start, last)
			}
			for _, name := range []string{"partition", "either", "pages", "columns", "embedding", "inner", "by hand", "forms", "counts"} {
				if held[name] == 0 {
					t.Errorf("nothing was looked at: %s", name)
				}
			}
		})
	}
}

// record keeps the figures of a long run. Its negative control is one that counts a row too many.
func (r *relations) record(start time.Time, last uint64) {
	total := 0
	for _, n := range r.held {
		total += n
	}
	campaign.Record(r.t, campaign.Result{
		Name: "O3-" + r.s.name, Case: "a relation between answers to one caller: a condition, its opposite and the rest make up the whole; pages, columns, forms, counts and embedded rows are those of the whole",
		Cases: total, Violations: r.broken, Seeds: fmt.Sprintf("%d to %d", *seed, last), Counts: r.held,
		Controls: []campaign.Control{{Name: "a row is missing from an answer", Found: differ([]row{{"id": 1}, {"id": 2}}, []row{{"id": 1}}) != ""}},
	}, start)
}

type relations struct {
	t    *testing.T
	s    *side
	g    *maker
	who  *caller
	tab  *table
	seed uint64
	held map[string]int
	// broken counts the relations that did not hold.
	broken int
}

// rows reads; ok is false where the caller may not.
func (r *relations) rows(rel string, params ...string) (out []row, ok bool) {
	q := url.Values{}
	for i := 0; i < len(params); i += 2 {
		q.Add(params[i], params[i+1])
	}
	got := r.s.send(r.who.query(), "GET", "/"+rel+"?"+q.Encode(), "")
	if got.status != 200 {
		if c := got.code(); c != denied {
			r.t.Errorf("seed %d: /%s?%s: %s", r.seed, rel, q.Encode(), got)
		}
		return nil, false
	}
	if err := json.Unmarshal(got.body, &out); err != nil {
		r.t.Fatal(err)
	}
	return out, true
}

// holds says that two sets of rows are the same.
func (r *relations) holds(name string, a, b []row) {
	r.held[name]++
	if d := differ(a, b); d != "" {
		r.broken++
		r.t.Errorf("seed %d, %s of %s as %s:\n%s\n%s", r.seed, name, r.tab.name, r.who.name, d, strings.Join(r.g.w.sql(), ";\n"))
	}
}

// differ says how two sets of rows differ.
func differ(a, b []row) string {
	text := func(list []row) string {
		var out []string
		for _, x := range list {
			out = append(out, asJSON(x))
		}
		slices.Sort(out)
		return strings.Join(out, "\n")
	}
	if x, y := text(a), text(b); x != y {
		return x + "\nis not\n" + y
	}
	return ""
}

func (r *relations) check() {
	g, t := r.g, r.tab.name
	all, ok := r.rows(t, "select", "id", "order", "id")
	if !ok {
		return
	}
	p, q := g.comparison("row", r.tab.columns), g.comparison("row", r.tab.columns)
	p.form, q.form = 0, 0
	pk, pv := p.parameter()
	qk, qv := q.parameter()
	yes, ok1 := r.rows(t, "select", "id", pk, pv)
	no, ok2 := r.rows(t, "select", "id", "not.and", "("+p.logic()+")")
	unknown := []row{}
	col := p
	for len(col.kids) > 0 && col.op != "path" {
		col = col.kids[0]
	}
	certain := p.op == "null" || p.op == "true" || p.op == "distinct"
	if !certain {
		unknown, _ = r.rows(t, "select", "id", col.key(), "is.null")
	}
	if ok1 && ok2 { // whoever may filter by the column may see where it is NULL
		r.holds("partition", all, slices.Concat(yes, no, unknown))
	}
	also, ok3 := r.rows(t, "select", "id", qk, qv)
	either, ok4 := r.rows(t, "select", "id", "or", "("+p.logic()+","+q.logic()+")")
	both, ok5 := r.rows(t, "select", "id", pk, pv, qk, qv)
	if ok1 && ok3 && ok4 && ok5 {
		r.holds("either", slices.Concat(yes, also), slices.Concat(either, both))
	}
	var paged []row
	for i := range len(all)/2 + 1 {
		page, _ := r.rows(t, "select", "id", "order", "id", "limit", "2", "offset", fmt.Sprint(2*i))
		paged = append(paged, page...)
	}
	r.holds("pages", all, paged)
	if wide, ok := r.rows(t, "select", "*", "order", "id"); ok {
		var ids []row
		for _, x := range wide {
			ids = append(ids, row{"id": x["id"]})
		}
		r.holds("columns", all, ids)
	}
	r.forms(all)
	r.related(all)
}

// forms are the same rows in other forms.
func (r *relations) forms(all []row) {
	target := "/" + r.tab.name + "?select=id&order=id"
	lines := r.s.send(r.who.query(), "GET", target, "", "Accept: application/x-ndjson")
	csv := r.s.send(r.who.query(), "GET", target, "", "Accept: text/csv")
	head := r.s.send(r.who.query(), "HEAD", target, "", "Prefer: count=exact")
	var a, b []row
	for line := range strings.Lines(string(lines.body)) {
		var x row
		if err := json.Unmarshal([]byte(line), &x); err != nil {
			r.t.Errorf("seed %d: %s: %v", r.seed, line, err)
		}
		a = append(a, x)
	}
	for i, line := range strings.Split(strings.TrimSpace(string(csv.body)), "\n") {
		if i > 0 {
			var id float64
			if _, err := fmt.Sscan(line, &id); err != nil {
				r.t.Errorf("seed %d: %q: %v", r.seed, line, err)
			}
			b = append(b, row{"id": id})
		}
	}
	r.holds("forms", all, a)
	r.holds("forms", all, b)
	r.held["counts"]++
	if n := head.total(); n != len(all) || len(head.body) > 0 {
		r.t.Errorf("seed %d: %s has %d rows for %s, and counts %d", r.seed, r.tab.name, len(all), r.who.name, n)
	}
}

// related compares embedded rows with those that a client would put together.
func (r *relations) related(all []row) {
	for _, o := range r.g.w.tables {
		for _, c := range o.columns {
			if c.ref != r.tab {
				continue
			}
			name := "kids:" + o.name + "!" + o.name + "_" + c.name + "_fkey"
			with, ok := r.rows(r.tab.name, "select", "id,"+name+"(id)", "order", "id", "kids.order", "id")
			if !ok {
				continue
			}
			var parents, inner, apart []row
			for _, x := range with {
				parents = append(parents, row{"id": x["id"]})
				if len(x["kids"].([]any)) > 0 {
					inner = append(inner, row{"id": x["id"]})
				}
				kids, _ := r.rows(o.name, "select", "id", c.name, "eq."+fmt.Sprint(x["id"]), "order", "id")
				list := []any{}
				for _, k := range kids {
					list = append(list, map[string]any(k))
				}
				apart = append(apart, row{"id": x["id"], "kids": list})
			}
			r.holds("embedding", all, parents)
			r.holds("by hand", with, apart)
			if has, ok := r.rows(r.tab.name, "select", "id,"+name+"!inner()"); ok {
				r.holds("inner", inner, has)
			}
		}
	}
}
