// Package reason says of one request what it becomes and why: the statement, its conditions, each marked as asked for or as a rule, the engine's own text, and for each row that
// was asked for whether the caller sees it, and which policy decides that.
//
// Main types: Explainer, Request, Result. A request goes through the door as ever; what it writes is rolled back.
//
// Invariants: nothing is kept of what a request does; whether a row is seen is asked of the engine, as the caller, and policies are then asked why, each by itself, over the row's
// values: where they do not agree with what is seen, the result says so.
package reason

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"

	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/engine/plan"
	"github.com/mainstay-dev/mainstay/internal/engine/query"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// Explainer explains requests to one database.
type Explainer struct {
	Engine engine.Engine
	// Door makes the REST door over an engine, for one caller.
	Door func(e engine.Engine, c query.Caller) http.Handler
}

// Request is what is to be explained.
type Request struct {
	Method, Target string // the target is that of the door: /notes?id=eq.1
	Header         http.Header
	Body           string
	Caller         query.Caller
	Rows           int // most rows that are looked at
}

// Result is what became of a request.
type Result struct {
	Statement  string      `json:"statement"` // in PostgreSQL's SQL
	Parameters []string    `json:"parameters,omitempty"`
	Conditions []Condition `json:"conditions,omitempty"`
	Tree       string      `json:"tree,omitempty"`   // resolved and with its rights; lines of rules begin with !
	Native     string      `json:"native,omitempty"` // the engine's own text
	Status     int         `json:"status"`
	Answer     string      `json:"answer"`
	Relation   string      `json:"relation,omitempty"` // that the rows are of
	Rows       []Row       `json:"rows,omitempty"`
	Note       string      `json:"note,omitempty"` // why there are no rows
}

// Condition is one that decides what is answered: asked for by the request, or a rule.
type Condition struct {
	Rule     bool   `json:"rule"`
	Relation string `json:"relation,omitempty"`
	Policy   string `json:"policy,omitempty"`
	Kind     string `json:"kind,omitempty"` // of a rule: using or with check, permissive or restrictive
	Text     string `json:"text"`
}

// Row is a row that the request's own conditions name.
type Row struct {
	Key     string   `json:"key"`
	Seen    bool     `json:"seen"`
	Because []string `json:"because"`
}

// Explain sends a request and says why its answer is what it is.
func (x *Explainer) Explain(ctx context.Context, in Request) (*Result, error) {
	rec := &recorder{Engine: x.Engine}
	r := httptest.NewRequestWithContext(ctx, in.Method, in.Target, strings.NewReader(in.Body))
	for k, v := range in.Header {
		r.Header[k] = v
	}
	if in.Body != "" && r.Header.Get("Content-Type") == "" {
		r.Header.Set("Content-Type", "application/json")
	}
	w := httptest.NewRecorder()
	x.Door(rec, in.Caller).ServeHTTP(w, r)
	out := &Result{Status: w.Code, Answer: w.Body.String()}
	if rec.plan == nil {
		out.Note = "the request is refused before it becomes a statement"
		return out, nil
	}
	p := rec.plan
	out.Statement = sql.Print(p.Main())
	for i := range p.Params() {
		out.Parameters = append(out.Parameters, fmt.Sprintf("$%d = %s", i+1, shown(p.Bind(i, &rec.args))))
	}
	if e, ok := x.Engine.(interface{ SQL(*plan.Plan) string }); ok {
		out.Native = e.SQL(p)
	}
	if e, ok := x.Engine.(interface {
		Tree(p *plan.Plan, role string) (string, error)
	}); ok {
		text, err := e.Tree(p, in.Caller.Role)
		if err != nil {
			text = "" // the answer says it
		}
		out.Tree = text
	}
	cat := x.Engine.Catalog()
	s := statementOf(cat, p.Main())
	out.Conditions = s.conditions(cat, in.Caller.Role)
	if s.table == nil {
		out.Note = "the statement's rows are not those of one table"
		return out, nil
	}
	out.Relation = s.table.Schema + "." + s.table.Name
	return out, x.rows(ctx, in, rec, s, out)
}

// recorder is an engine that keeps the first plan that it runs, and nothing of what the plan does.
type recorder struct {
	engine.Engine
	plan *plan.Plan
	args plan.Args
}

func (r *recorder) keep(p *plan.Plan, args *plan.Args) {
	if r.plan == nil {
		r.plan, r.args = p, *args
	}
}

// Do runs a plan and rolls it back.
func (r *recorder) Do(ctx context.Context, p *plan.Plan, args plan.Args, sink engine.Sink) error {
	r.keep(p, &args)
	args.Rollback = args.Rollback || !args.ReadOnly
	return r.Engine.Do(ctx, p, args, sink)
}

// Transact runs plans and rolls them back.
func (r *recorder) Transact(ctx context.Context, o engine.TxOptions, f func(engine.Tx) error) error {
	o.Rollback, o.Once = o.Rollback || !o.ReadOnly, nil
	return r.Engine.Transact(ctx, o, func(tx engine.Tx) error { return f(recordedTx{tx, r}) })
}

type recordedTx struct {
	engine.Tx
	r *recorder
}

// Do runs a plan in the transaction.
func (t recordedTx) Do(ctx context.Context, p *plan.Plan, args plan.Args, sink engine.Sink) error {
	t.r.keep(p, &args)
	return t.Tx.Do(ctx, p, args, sink)
}

func shown(v plan.Value) string {
	if v.Null {
		return "NULL"
	}
	const most = 200
	if len(v.Text) > most {
		return "'" + strings.ToValidUTF8(v.Text[:most], "") + "'…"
	}
	return "'" + v.Text + "'"
}

// A statement is what of a planned one is looked at.
type statement struct {
	main     sql.Query
	table    *catalog.Table // whose rows it reads or changes; nil when it is not one
	where    sql.Expr
	order    []sql.SortBy
	commands []string // that its policies are asked for
	makes    bool     // it makes rows: none are there to be looked at
}

func statementOf(cat *catalog.Catalog, q sql.Query) statement {
	s := statement{main: q}
	at := func(t *sql.Table) {
		if found := cat.Table(t.Name.Schema, t.Name.Name); found != nil && found.Kind != catalog.View && found.Kind != catalog.MatView {
			s.table = found
		}
	}
	// A write that is answered with rows of other tables is the last WITH item.
	if sel, ok := q.(*sql.Select); ok && sel.With != nil {
		if last := sel.With.CTEs[len(sel.With.CTEs)-1].Query; writes(last) {
			q = last
		}
	}
	switch q := q.(type) {
	case *sql.Select:
		s.where, s.order, s.commands = q.Where, q.OrderBy, []string{"select"}
		if len(q.From) == 1 && q.With == nil && len(q.GroupBy) == 0 {
			if t, ok := q.From[0].(*sql.Table); ok {
				at(t)
			}
		}
	case *sql.Insert:
		at(q.Table)
		s.commands, s.makes = []string{"insert"}, true
		if q.OnConflict != nil && q.OnConflict.DoUpdate {
			s.commands = append(s.commands, "update")
		}
	case *sql.Update:
		at(q.Table)
		s.where, s.commands = q.Where, []string{"select", "update"}
	case *sql.Delete:
		at(q.Table)
		s.where, s.commands = q.Where, []string{"select", "delete"}
	}
	return s
}

func writes(q sql.Query) bool {
	switch q.(type) {
	case *sql.Insert, *sql.Update, *sql.Delete:
		return true
	}
	return false
}

// conditions are those of the request and, for each table that the statement names, those of the policies that hold for the role.
func (s *statement) conditions(cat *catalog.Catalog, role string) []Condition {
	var out []Condition
	for _, e := range sql.Conjuncts(s.where) {
		out = append(out, Condition{Text: sql.PrintExpr(e)})
	}
	done := map[*catalog.Table]bool{}
	add := func(t *catalog.Table, commands []string) {
		if t == nil || done[t] {
			return
		}
		done[t] = true
		name := t.Schema + "." + t.Name
		switch {
		case t.Kind == catalog.View && !t.SecurityInvoker:
			out = append(out, Condition{Rule: true, Relation: name, Text: "the view reads with the rights of " + t.Owner})
			return
		case t.Kind == catalog.View || t.Kind == catalog.MatView:
			return
		case !t.RLS:
			out = append(out, Condition{Rule: true, Relation: name, Text: "no row-level security: every row"})
			return
		case cat.BypassesRLS(role, t):
			out = append(out, Condition{Rule: true, Relation: name, Text: role + " is above its policies: every row"})
			return
		}
		before := len(out)
		for _, c := range commands {
			for _, k := range checksOf(cat, t, c, role) {
				kind := "restrictive"
				if k.policy.Permissive {
					kind = "permissive"
				}
				text := k.using
				word := "using"
				if text == "" {
					text, word = k.check, "with check"
				}
				out = append(out, Condition{Rule: true, Relation: name, Policy: k.policy.Name, Kind: c + ", " + kind + ", " + word, Text: text})
				if k.using != "" && k.check != "" {
					out = append(out, Condition{Rule: true, Relation: name, Policy: k.policy.Name, Kind: c + ", " + kind + ", with check", Text: k.check})
				}
			}
		}
		if len(out) == before {
			out = append(out, Condition{Rule: true, Relation: name, Text: "no policy holds for " + role + ": no row"})
		}
	}
	add(s.table, s.commands)
	sql.Walk(s.main, func(n sql.Node) bool {
		if t, ok := n.(*sql.Table); ok && t.Name.Schema != "" {
			add(cat.Table(t.Name.Schema, t.Name.Name), []string{"select"})
		}
		return true
	})
	return out
}

// A check is what a policy says of a command: of rows that are there, and of new ones.
type check struct {
	policy       *catalog.Policy
	using, check string
}

// checksOf are the policies of a table that hold for a command and a role, by name.
func checksOf(cat *catalog.Catalog, t *catalog.Table, command, role string) []check {
	var out []check
	for _, p := range t.Policies {
		if p.Command != "all" && p.Command != command || !holds(cat, p, role) {
			continue
		}
		k := check{policy: p}
		if command != "insert" {
			k.using = p.UsingText
		}
		if command == "insert" || command == "update" {
			if k.check = p.CheckText; k.check == "" {
				k.check = p.UsingText
			}
		}
		out = append(out, k)
	}
	slices.SortStableFunc(out, func(a, b check) int { return strings.Compare(a.policy.Name, b.policy.Name) })
	return out
}

func holds(cat *catalog.Catalog, p *catalog.Policy, role string) bool {
	for _, of := range p.Roles {
		if of == "public" || cat.MemberOf(role, of) {
			return true
		}
	}
	return len(p.Roles) == 0
}
