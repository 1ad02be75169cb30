// Package advise says what would make a project's statements cheaper: indexes that are missing, indexes that serve nothing, policies that are evaluated row by row, and
// statements that are asked for one by one. Each piece of advice has the statement that follows it and, where there is a copy of the data to try it on, what it was measured to gain.
//
// Main types in order of meeting them: Advisor, Report, Advice.
//
// Invariants: nothing is advised for a table with less than Advisor.MinRows rows; with a copy, an index is advised only when the database then takes it and the statement takes
// a MinGain-th of its time at most; an index that is advised stays on the copy, so that what it serves as well is not advised again. Only the copy is changed.
package advise

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/engine/observed"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// The codes of advice. They are stable.
const (
	ForeignKey = "foreign-key-without-index"
	Policy     = "policy-scans"
	PerRow     = "policy-per-row"
	Scan       = "statement-scans"
	Same       = "same-index"
	Unused     = "unused-index"
	Repeated   = "repeated-statement"
)

// Advice is one thing to do.
type Advice struct {
	Code  string `json:"code"`
	Table string `json:"table"`
	Rows  int64  `json:"rows"` // of the table
	What  string `json:"what"`
	// Fix is SQL, or for statements that are asked for one by one the request that takes their place.
	Fix string `json:"fix"`
	// Probe is what was run before and after the fix; "" when nothing could be measured.
	Probe  string        `json:"probe,omitempty"`
	Before time.Duration `json:"before_ns,omitempty"` // median
	After  time.Duration `json:"after_ns,omitempty"`  // median
	// Gain is how many times less: of time, or of requests for statements that are asked for one by one. 0 is unknown.
	Gain float64 `json:"gain,omitempty"`
}

// Report is what an Advisor says.
type Report struct {
	Advice     []Advice `json:"advice"`
	Measured   bool     `json:"measured"`   // on a copy
	Statements uint64   `json:"statements"` // that were counted, of which it is known what they ask for
	Small      int      `json:"small"`      // tables with too few rows for advice
}

// Advisor looks at a database. The zero value of a number is its default.
type Advisor struct {
	Engine engine.Engine
	// Copy says that Engine is a copy that nobody else uses: fixes are tried.
	Copy       bool
	Statements []observed.Shape
	MinRows    int64   // of a table (1000)
	MinGain    float64 // (2)
	// MinStatements must be counted, since MinAge, before an index is called unused (1000, 24 h).
	MinStatements uint64
	MinAge        time.Duration
	Now           time.Time
	// Progress, if set, is told what is looked at.
	Progress func(done, all int, what string)
}

// reason is why a table is asked in some way.
type reason struct {
	want
	code, what string
	weight     time.Duration // of the statements behind it
}

// Run looks at everything and gives its advice, the largest gain first.
func (a *Advisor) Run(ctx context.Context) (*Report, error) {
	a.MinRows = cmp.Or(a.MinRows, 1000)
	a.MinGain = cmp.Or(a.MinGain, 2)
	a.MinStatements = cmp.Or(a.MinStatements, 1000)
	a.MinAge = cmp.Or(a.MinAge, 24*time.Hour)
	x := &examination{Advisor: a, ctx: ctx, cat: a.Engine.Catalog(), rows: map[catalog.OID]int64{}, report: &Report{Advice: []Advice{}, Measured: a.Copy}}
	reasons := slices.Concat(x.foreignKeys(), x.policies(), x.statements())
	small := map[catalog.OID]bool{}
	for i, r := range reasons {
		if a.Progress != nil {
			a.Progress(i, len(reasons), label(r.table))
		}
		rows, err := x.count(r.table)
		if err != nil {
			return nil, err
		}
		if rows < a.MinRows {
			small[r.table.OID] = true
			continue
		}
		if err := x.missing(r, rows); err != nil {
			return nil, err
		}
	}
	x.report.Small = len(small)
	for _, f := range []func() error{x.perRow, func() error { return x.indexes(reasons) }, x.repeated} {
		if err := f(); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(x.report.Advice, func(a, b Advice) int { return cmp.Compare(b.Gain, a.Gain) })
	return x.report, nil
}

// examination is one run of an Advisor.
type examination struct {
	*Advisor
	ctx    context.Context
	cat    *catalog.Catalog // as it was at the start
	rows   map[catalog.OID]int64
	report *Report
}

// made are the schemas that Mainstay makes: their indexes are its own concern.
var made = map[string]bool{
	"auth": true, "storage": true, "realtime": true, "extensions": true, "vault": true, "cron": true, "net": true, "pgmq": true, "supabase_migrations": true, "mainstay": true,
	"graphql": true, "graphql_public": true, "pg_catalog": true, "information_schema": true,
}

// own reports whether a table is the project's.
func own(t *catalog.Table) bool {
	return !made[t.Schema] && !t.Temp && (t.Kind == catalog.OrdinaryTable || t.Kind == catalog.MatView)
}

func (x *examination) tables() []*catalog.Table {
	var out []*catalog.Table
	for t := range x.cat.Tables() {
		if own(t) {
			out = append(out, t)
		}
	}
	slices.SortFunc(out, func(a, b *catalog.Table) int { return cmp.Compare(label(a), label(b)) })
	return out
}

func label(t *catalog.Table) string { return sql.QuoteIdent(t.Schema) + "." + sql.QuoteIdent(t.Name) }

func (x *examination) count(t *catalog.Table) (int64, error) {
	if n, ok := x.rows[t.OID]; ok {
		return n, nil
	}
	var n int64
	out, err := x.ask("select count(*) from "+label(t), false)
	if err == nil {
		_, err = fmt.Sscan(out[0][0], &n)
	}
	x.rows[t.OID] = n
	return n, err
}

// foreignKeys are the ways into tables that deleting what is referred to takes, and embedding from there.
func (x *examination) foreignKeys() (out []reason) {
	for _, t := range x.tables() {
		for _, c := range t.Constraints {
			if c.Kind != catalog.ForeignKey {
				continue
			}
			w := want{table: t}
			for _, name := range c.Columns {
				w.equal = append(w.equal, key{text: sql.QuoteIdent(name)})
			}
			to := "another table"
			if r := x.cat.TableByOID(c.RefTable); r != nil {
				to = label(r)
			}
			out = append(out, reason{want: w, code: ForeignKey, what: fmt.Sprintf("%s refers to %s, which looks here when a row of it is deleted or embeds these", c.Name, to)})
		}
	}
	return out
}

// policies are the ways into tables that policies take, those of the functions in SQL that they call among them.
func (x *examination) policies() (out []reason) {
	for _, t := range x.tables() {
		for _, p := range t.Policies {
			r := &reader{cat: x.cat}
			using, check := expression(p.Using, p.UsingText), expression(p.Check, p.CheckText)
			around := &sql.Select{From: []sql.TableExpr{&sql.Table{Name: sql.Name{Schema: t.Schema, Name: t.Name}}}}
			s := scopeOf(x.cat, around, nil)
			if using != nil {
				around.Where = using
				r.query(around, nil)
			}
			r.inside(check, s)
			for _, e := range []sql.Expr{using, check} {
				for _, f := range x.called(e) {
					for _, q := range f.SQL {
						if q, ok := q.(*sql.Select); ok {
							r.query(q, nil)
						}
					}
				}
			}
			for _, w := range r.found {
				if own(w.table) {
					out = append(out, reason{want: *w, code: Policy, what: fmt.Sprintf("policy %q of %s looks here", p.Name, label(t))})
				}
			}
		}
	}
	return out
}

// expression is a parsed expression, or the text of one; nil when there is none.
func expression(e sql.Expr, text string) sql.Expr {
	if e == nil && text != "" {
		if parsed, err := sql.ParseExpr(text); err == nil {
			return parsed
		}
	}
	return e
}

// called are the functions that an expression calls.
func (x *examination) called(e sql.Expr) (out []*catalog.Function) {
	if e == nil {
		return nil
	}
	sql.Walk(e, func(n sql.Node) bool {
		if f, ok := n.(*sql.FuncCall); ok {
			out = append(out, x.cat.FindFunctions([]string{"public"}, f.Name)...)
		}
		return true
	})
	return out
}

// statements are the ways into tables that the counted statements take, those that took the most time first.
func (x *examination) statements() (out []reason) {
	list := slices.Clone(x.Statements)
	slices.SortStableFunc(list, func(a, b observed.Shape) int { return cmp.Compare(b.Total, a.Total) })
	for _, s := range list {
		found := wants(x.cat, s.SQL)
		if len(found) > 0 {
			x.report.Statements += s.Count
		}
		for _, w := range found {
			if own(w.table) {
				out = append(out, reason{want: *w, code: Scan, what: fmt.Sprintf("%d statements of %s, %s in all: %s", s.Count, s.Role, s.Total.Round(time.Millisecond), short(s.SQL)), weight: s.Total})
			}
		}
	}
	return out
}

// wants are the ways into tables that a statement takes; none when it cannot be read.
func wants(cat *catalog.Catalog, text string) []*want {
	r := &reader{cat: cat}
	list, err := sql.Parse(text)
	if text == "" || err != nil {
		return nil
	}
	for _, s := range list {
		var t *sql.Table
		var where sql.Expr
		switch s := s.Stmt.(type) {
		case *sql.Select:
			r.query(s, nil)
			continue
		case *sql.Update:
			t, where = s.Table, s.Where
		case *sql.Delete:
			t, where = s.Table, s.Where
		default:
			continue
		}
		r.query(&sql.Select{From: []sql.TableExpr{t}, Where: where}, nil)
	}
	return r.found
}

// short is the beginning of a statement, on one line.
func short(text string) string {
	const most = 160
	if text = strings.Join(strings.Fields(text), " "); len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + " …"
	}
	return text
}

// repeated advises on statements that one user asks for again and again.
func (x *examination) repeated() error {
	for _, s := range x.Statements {
		if s.Bursts == 0 || s.Writes {
			continue
		}
		found := wants(x.cat, s.SQL)
		if len(found) == 0 || len(found[0].equal) == 0 || !own(found[0].table) {
			continue
		}
		child, k := found[0].table, found[0].equal[0]
		if k.expr {
			continue
		}
		rows, err := x.count(child)
		if err != nil {
			return err
		}
		each := float64(s.Repeated) / float64(s.Bursts)
		fix := fmt.Sprintf("GET /rest/v1/%s?%s=in.(…)", child.Name, strings.Trim(k.text, `"`))
		if parent := x.parent(s.Before, child); parent != nil {
			fix = fmt.Sprintf("GET /rest/v1/%s?select=*,%s(*)", parent.Name, child.Name)
		}
		x.report.Advice = append(x.report.Advice, Advice{
			Code: Repeated, Table: label(child), Rows: rows, Fix: fix, Gain: each,
			What: fmt.Sprintf("%d times a user of %s asked for this %.0f times one after another: %s", s.Bursts, s.Role, each, short(s.SQL)),
		})
	}
	return nil
}

// parent is the table that a statement reads, if it and child refer to one another; nil otherwise.
func (x *examination) parent(before string, child *catalog.Table) *catalog.Table {
	list, err := sql.Parse(before)
	if before == "" || err != nil || len(list) == 0 {
		return nil
	}
	q, ok := list[0].Stmt.(*sql.Select)
	if !ok {
		return nil
	}
	for _, t := range scopeOf(x.cat, q, nil).tables {
		if t.table == nil || !own(t.table) {
			continue
		}
		for _, pair := range [][2]*catalog.Table{{child, t.table}, {t.table, child}} {
			for _, c := range pair[0].Constraints {
				if c.Kind == catalog.ForeignKey && c.RefTable == pair[1].OID {
					return t.table
				}
			}
		}
	}
	return nil
}

// perRow advises on policies that call for each row what is the same for all: PostgreSQL does, the embedded engine does not.
func (x *examination) perRow() error {
	if !x.Engine.Has(engine.AllSQL) {
		return nil
	}
	for _, t := range x.tables() {
		rows, err := x.count(t)
		if err != nil {
			return err
		}
		if rows < x.MinRows {
			continue
		}
		for _, p := range t.Policies {
			clauses := ""
			for _, c := range []struct {
				word string
				e    sql.Expr
			}{{"using", expression(p.Using, p.UsingText)}, {"with check", expression(p.Check, p.CheckText)}} {
				if c.e != nil && callsPerRow(c.e) {
					clauses += " " + c.word + " (" + sql.PrintExpr(once(c.e)) + ")"
				}
			}
			if clauses == "" {
				continue
			}
			x.report.Advice = append(x.report.Advice, Advice{
				Code: PerRow, Table: label(t), Rows: rows, What: fmt.Sprintf("policy %q asks for each row who the caller is", p.Name),
				Fix: fmt.Sprintf("alter policy %s on %s%s;", sql.QuoteIdent(p.Name), label(t), clauses),
			})
		}
	}
	return nil
}

// ofCaller reports whether a call says something of the caller, the same for all rows.
func ofCaller(f *sql.FuncCall) bool {
	return f.Name.Schema == "auth" && slices.Contains([]string{"uid", "jwt", "role", "email"}, f.Name.Name) || f.Name.Name == "current_setting"
}

func callsPerRow(e sql.Expr) bool {
	found := false
	sql.Walk(e, func(n sql.Node) bool {
		switch n := n.(type) {
		case *sql.SubLink:
			return false
		case *sql.FuncCall:
			found = found || ofCaller(n)
		}
		return true
	})
	return found
}

// once puts each call that says something of the caller into a query of its own, which runs once.
func once(e sql.Expr) sql.Expr {
	return sql.Rewrite(e, func(n sql.Node) sql.Node {
		switch n := n.(type) {
		case *sql.FuncCall:
			if ofCaller(n) {
				return &sql.SubLink{Kind: sql.ScalarQ, Query: &sql.Select{Targets: []sql.Target{{Expr: n}}}}
			}
		case *sql.SubLink:
			if n.Kind == sql.ScalarQ && len(n.Query.Targets) == 1 && len(n.Query.From) == 0 {
				if in, ok := n.Query.Targets[0].Expr.(*sql.SubLink); ok && in.Kind == sql.ScalarQ {
					return in
				}
			}
		}
		return n
	})
}
