package reason

import (
	"context"
	"fmt"
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/engine/plan"
	"github.com/mainstay-dev/mainstay/internal/engine/query"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// rows looks at the rows that the request's own conditions name: which of them the caller sees, and why.
func (x *Explainer) rows(ctx context.Context, in Request, rec *recorder, s statement, out *Result) error {
	if s.makes {
		out.Note = "the statement makes rows: the conditions say what they have to be"
		return nil
	}
	cat := x.Engine.Catalog()
	key := plan.PrimaryKey(cat, s.table)
	if key == nil {
		out.Note = "the table has no primary key to name its rows by"
		return nil
	}
	all, err := x.asked(ctx, query.Caller{}, in, rec, s, names(s.table))
	if err != nil {
		return err
	}
	mine, err := x.asked(ctx, in.Caller, in, rec, s, key)
	if err != nil {
		if f := fault.As(err); f != nil {
			out.Note = "nothing is seen: " + f.Message
			return nil
		}
		return err
	}
	seen := map[string]bool{}
	for _, r := range mine {
		seen[keyOf(r, key)] = true
	}
	verdicts, err := x.verdicts(ctx, in.Caller, s, all)
	if err != nil {
		return err
	}
	free := !s.table.RLS || cat.BypassesRLS(in.Caller.Role, s.table)
	for i, r := range all {
		k := keyOf(r, key)
		row := Row{Key: k, Seen: seen[k]}
		if free {
			row.Because = []string{"no policy is asked"}
		} else {
			passes := true
			row.Because, passes = because(verdicts[i], s.commands)
			if passes != row.Seen {
				row.Because = append(row.Because, "which is not the whole reason: see the tree")
			}
		}
		out.Rows = append(out.Rows, row)
	}
	if len(all) == 0 {
		out.Note = "no row is as asked, for anybody"
	}
	return nil
}

// A record is a row's values in text form; those that are missing are NULL.
type record map[string]string

func keyOf(r record, key []string) string {
	var parts []string
	for _, k := range key {
		parts = append(parts, k+"="+r[k])
	}
	return strings.Join(parts, ", ")
}

func names(t *catalog.Table) []string {
	var out []string
	for _, c := range t.Columns {
		out = append(out, c.Name)
	}
	return out
}

// asked selects columns of the rows that the statement's own conditions name, as a caller; as nobody, past all rules.
func (x *Explainer) asked(ctx context.Context, c query.Caller, in Request, rec *recorder, s statement, columns []string) ([]record, error) {
	t := s.table
	q := &sql.Select{
		From: []sql.TableExpr{&sql.Table{Name: sql.Name{Schema: t.Schema, Name: t.Name, Pos: sql.NoPos}, Pos: sql.NoPos}}, Where: s.where, OrderBy: s.order,
		Limit: &sql.Const{Kind: sql.IntConst, Text: fmt.Sprint(max(in.Rows, 1)), Pos: sql.NoPos}, Pos: sql.NoPos,
	}
	for _, name := range columns {
		q.Targets = append(q.Targets, sql.Target{Name: name, Expr: &sql.ColumnRef{Fields: []string{t.Name, name}, Pos: sql.NoPos}, Pos: sql.NoPos})
	}
	// A parameter that the conditions do not name has no type; as a column of its own it has.
	used := map[int]bool{}
	sql.Walk(q, func(n sql.Node) bool {
		if p, ok := n.(*sql.Param); ok {
			used[p.Number] = true
		}
		return true
	})
	script := engine.Script{Caller: c, DryRun: true}
	if len(used) > 0 {
		for i := range rec.plan.Params() {
			script.Args = append(script.Args, rec.plan.Bind(i, &rec.args).Text)
			if !used[i+1] {
				q.Targets = append(q.Targets, sql.Target{Expr: &sql.Cast{X: &sql.Param{Number: i + 1, Pos: sql.NoPos}, Type: typeName("text"), Pos: sql.NoPos}, Pos: sql.NoPos})
			}
		}
	}
	script.Parsed = []sql.Statement{{Stmt: q, Text: sql.Print(q)}}
	sink := &reader{}
	if err := x.Engine.Script(ctx, script, sink); err != nil {
		return nil, err
	}
	return sink.rows, nil
}

func typeName(name string) *sql.TypeName {
	return &sql.TypeName{Name: sql.Name{Schema: "pg_catalog", Name: name, Pos: sql.NoPos}, Pos: sql.NoPos}
}

// A reader keeps rows by the names of their columns.
type reader struct {
	engine.Discard
	cols    []engine.Column
	rows    []record
	refused []error // in place of the row of a statement that failed
	each    []record
}

// Begin starts a result.
func (r *reader) Begin(cols []engine.Column) error { r.cols = cols; return nil }

// Row keeps a row.
func (r *reader) Row(row engine.Row) error {
	out := record{}
	for i, c := range r.cols {
		if !row.IsNull(i) {
			out[c.Name] = string(row.AppendText(nil, i))
		}
	}
	r.rows = append(r.rows, out)
	return nil
}

// Done ends a statement.
func (r *reader) Done(string) error {
	var last record
	if len(r.rows) > 0 {
		last = r.rows[len(r.rows)-1]
	}
	r.each, r.refused = append(r.each, last), append(r.refused, nil)
	return nil
}

// Refused ends a statement that failed.
func (r *reader) Refused(err error) {
	r.each, r.refused = append(r.each, nil), append(r.refused, err)
}

// A verdict is what a policy says of a row.
type verdict struct {
	command    string
	policy     string
	permissive bool
	passes     bool
	text       string // true, false, null, or the error
}

// verdicts asks each policy of each row, as the caller: the row's values stand in the place of the table, and what else the policy reads is read by the caller's rights.
func (x *Explainer) verdicts(ctx context.Context, c query.Caller, s statement, rows []record) ([][]verdict, error) {
	cat := x.Engine.Catalog()
	var statements []sql.Statement
	out := make([][]verdict, len(rows))
	for i, r := range rows {
		stand, err := standIn(cat, s.table, r)
		if err != nil {
			return nil, err
		}
		for _, command := range s.commands {
			for _, k := range checksOf(cat, s.table, command, c.Role) {
				if k.using == "" {
					continue
				}
				cond, err := sql.ParseExpr(k.using)
				if err != nil {
					return nil, fmt.Errorf("policy %s: %w", k.policy.Name, err)
				}
				q := &sql.Select{Targets: []sql.Target{{Name: "passes", Expr: cond, Pos: sql.NoPos}}, From: []sql.TableExpr{stand}, Pos: sql.NoPos}
				statements = append(statements, sql.Statement{Stmt: q, Text: sql.Print(q)})
				out[i] = append(out[i], verdict{command: command, policy: k.policy.Name, permissive: k.policy.Permissive})
			}
		}
	}
	if statements == nil {
		return out, nil
	}
	sink := &reader{}
	if err := x.Engine.Script(ctx, engine.Script{Caller: c, Parsed: statements, Check: true, DryRun: true}, sink); err != nil {
		return nil, err
	}
	n := 0
	for i := range out {
		for j := range out[i] {
			if n >= len(sink.each) {
				return nil, fmt.Errorf("%d of %d conditions have an answer", len(sink.each), len(statements))
			}
			v := &out[i][j]
			switch value, ok := sink.each[n]["passes"]; {
			case sink.refused[n] != nil:
				v.text = sink.refused[n].Error()
			case !ok:
				v.text = "null"
			default:
				v.passes = value == "t"
				v.text = map[bool]string{true: "true", false: "false"}[v.passes]
			}
			n++
		}
	}
	return out, nil
}

// standIn is a row's values under the table's name.
func standIn(cat *catalog.Catalog, t *catalog.Table, r record) (sql.TableExpr, error) {
	q := &sql.Select{Pos: sql.NoPos}
	for _, c := range t.Columns {
		typ, err := sql.ParseType(cat.TypeString(c.Type))
		if err != nil {
			return nil, err
		}
		x := &sql.Const{Kind: sql.NullConst, Pos: sql.NoPos}
		if v, ok := r[c.Name]; ok {
			x = &sql.Const{Kind: sql.StringConst, Text: v, Pos: sql.NoPos}
		}
		q.Targets = append(q.Targets, sql.Target{Name: c.Name, Expr: &sql.Cast{X: x, Type: typ, Pos: sql.NoPos}, Pos: sql.NoPos})
	}
	return &sql.SubqueryTable{Query: q, Alias: &sql.Alias{Name: t.Name}, Pos: sql.NoPos}, nil
}

// because puts verdicts into words, by command. passes is for the first, which decides whether a row is seen.
func because(list []verdict, commands []string) (out []string, passes bool) {
	by := map[string][]verdict{}
	for _, v := range list {
		by[v.command] = append(by[v.command], v)
	}
	for i, c := range commands {
		open, closed := "", ""
		var idle []string
		for _, v := range by[c] {
			switch {
			case v.permissive && v.passes && open == "":
				open = v.policy
			case !v.permissive && !v.passes && closed == "":
				closed = fmt.Sprintf("restrictive policy %q is %s", v.policy, v.text)
			case v.permissive && !v.passes:
				idle = append(idle, fmt.Sprintf("policy %q is %s", v.policy, v.text))
			}
		}
		ok := open != "" && closed == ""
		switch {
		case ok:
			out = append(out, fmt.Sprintf("%s: policy %q lets it through", c, open))
		case closed != "":
			out = append(out, c+": "+closed)
		case len(idle) > 0:
			out = append(out, c+": "+strings.Join(idle, ", "))
		default:
			out = append(out, c+": no permissive policy holds for the role")
		}
		if i == 0 {
			passes = ok
		}
	}
	return out, passes
}

// Text is the result for people.
func (r *Result) Text() string {
	var b strings.Builder
	section := func(title, text string) {
		if text = strings.TrimRight(text, "\n"); text != "" {
			fmt.Fprintf(&b, "%s\n  %s\n\n", title, strings.ReplaceAll(text, "\n", "\n  "))
		}
	}
	section("Statement", r.Statement+"\n"+strings.Join(r.Parameters, "\n"))
	var lines []string
	for _, c := range r.Conditions {
		switch {
		case !c.Rule:
			lines = append(lines, "asked  "+c.Text)
		case c.Policy == "":
			lines = append(lines, "rule   "+c.Relation+": "+c.Text)
		default:
			lines = append(lines, fmt.Sprintf("rule   %s, policy %q (%s): %s", c.Relation, c.Policy, c.Kind, strings.Join(strings.Fields(c.Text), " ")))
		}
	}
	section("Conditions", strings.Join(lines, "\n"))
	section("Tree (! marks a rule)", r.Tree)
	section("The engine's own text", r.Native)
	lines = nil
	for _, x := range r.Rows {
		word := "hidden"
		if x.Seen {
			word = "seen  "
		}
		lines = append(lines, fmt.Sprintf("%s %s  %s", word, x.Key, strings.Join(x.Because, "; ")))
	}
	section("Rows of "+r.Relation+" that are as asked", strings.Join(lines, "\n"))
	section("Note", r.Note)
	answer := r.Answer
	if answer == "" {
		answer = "without a body"
	}
	section(fmt.Sprintf("Answer: %d", r.Status), answer)
	return strings.TrimRight(b.String(), "\n") + "\n"
}
