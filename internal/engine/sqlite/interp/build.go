package interp

import (
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/sql"
	"github.com/mainstay-dev/mainstay/internal/sql/plpgsql"
)

// statement joins a piece of SQL with the variables in its reach; nil for none.
func (c *compiler) statement(sc *scope, e *plpgsql.Expr) *statement {
	if e == nil {
		return nil
	}
	st := &statement{stmt: e.Query, text: e.Text, sc: sc}
	if c.r.fn.Returns.OID == catalog.TriggerOID && st.stmt != nil {
		st.stmt = sql.Rewrite(st.stmt, fromZero)
	}
	return st
}

// query is statement for a query whose columns may become the fields of a record.
func (c *compiler) query(sc *scope, e *plpgsql.Expr) *statement {
	st := c.statement(sc, e)
	if st != nil {
		st.named = true
	}
	return st
}

// fromZero makes tg_argv[i] what it means: the only array whose subscripts begin at 0.
func fromZero(n sql.Node) sql.Node {
	x, ok := n.(*sql.Indirection)
	if !ok || len(x.Steps) != 1 || x.Steps[0].Field != "" || x.Steps[0].Slice || x.Steps[0].Hi == nil {
		return n
	}
	if c, ok := x.X.(*sql.ColumnRef); !ok || c.Fields[len(c.Fields)-1] != "tg_argv" {
		return n
	}
	out := *x
	one := &sql.Const{Kind: sql.IntConst, Text: "1", Pos: sql.NoPos}
	out.Steps = []sql.Step{{Hi: &sql.Op{Name: "+", Left: x.Steps[0].Hi, Right: one, Pos: sql.NoPos}}}
	return &out
}

func (c *compiler) statements(sc *scope, list []*plpgsql.Expr) []*expr {
	var out []*expr
	for _, e := range list {
		out = append(out, c.statement(sc, e))
	}
	return out
}

func (c *compiler) block(outer *scope, b *plpgsql.Block) (*blockOp, error) {
	sc := &scope{outer: outer, label: b.Label, names: map[string]int{}}
	out := &blockOp{label: b.Label}
	for _, a := range b.Aliases {
		sc.names[a.Name] = a.Var
	}
	for _, slot := range b.Declared {
		v := &c.r.vars[slot]
		// A default sees what was declared before it, not itself.
		init := c.r.fn.PL.Vars[slot].Default
		before := &scope{outer: outer, label: b.Label, names: map[string]int{}}
		for name, s := range sc.names {
			before.names[name] = s
		}
		out.inits = append(out.inits, initOp{slot, c.statement(before, init)})
		if v.isCursor {
			args := &scope{outer: sc, names: map[string]int{}}
			if v.cursorArgs >= 0 {
				for _, f := range c.r.vars[v.cursorArgs].fields {
					args.names[c.r.vars[f].name] = f
				}
			}
			v.cursor = c.query(args, c.r.fn.PL.Vars[slot].Cursor)
		}
		sc.names[v.name] = slot
	}
	var err error
	if out.body, err = c.list(sc, b.Body); err != nil {
		return nil, err
	}
	if len(b.Handlers) == 0 {
		return out, nil
	}
	hs := &scope{outer: sc, names: map[string]int{}}
	for _, name := range []string{"sqlstate", "sqlerrm"} {
		slot := c.add(c.typed(name, textType))
		hs.names[name] = slot
		if name == "sqlstate" {
			out.sqlstate = append(out.sqlstate, slot)
		} else {
			out.sqlerrm = append(out.sqlerrm, slot)
		}
	}
	for _, h := range b.Handlers {
		body, err := c.list(hs, h.Body)
		if err != nil {
			return nil, err
		}
		var conditions []string
		for _, cond := range h.Conditions {
			if cond != "others" {
				if _, err := codeOf(cond); err != nil {
					return nil, err
				}
			}
			conditions = append(conditions, cond)
		}
		out.handlers = append(out.handlers, handler{conditions, body})
	}
	return out, nil
}

func (c *compiler) list(sc *scope, list []plpgsql.Stmt) ([]step, error) {
	var out []step
	for _, s := range list {
		o, err := c.stmt(sc, s)
		if err != nil {
			return nil, err
		}
		if o != nil {
			line, what := placeOf(s)
			out = append(out, step{o, line, what})
		}
	}
	return out, nil
}

func (c *compiler) stmt(sc *scope, s plpgsql.Stmt) (op, error) {
	switch s := s.(type) {
	case *plpgsql.Block:
		return c.block(sc, s)
	case *plpgsql.Assign:
		o := &assignOp{slot: s.Var, expr: c.statement(sc, s.Expr)}
		steps := s.Steps
		if len(steps) > 0 && steps[0].Field != "" {
			o.field, steps = steps[0].Field, steps[1:]
		}
		for _, step := range steps {
			if step.Star {
				return nil, fault.Unsupported("an assignment to this part of a variable", "Assign the whole value.")
			}
			bound := func(e sql.Expr) *expr {
				if e == nil {
					return nil
				}
				return &statement{stmt: &sql.Select{Targets: []sql.Target{{Expr: e}}}, sc: sc}
			}
			o.steps = append(o.steps, stepOp{field: step.Field, slice: step.Slice, lo: bound(step.Lo), index: bound(step.Hi)})
		}
		return o, nil
	case *plpgsql.If:
		return c.ifStmt(sc, s.Arms, s.Else)
	case *plpgsql.Case:
		inner := sc
		if s.Arg != nil && s.ArgVar >= 0 {
			inner = &scope{outer: sc, names: map[string]int{c.r.vars[s.ArgVar].name: s.ArgVar}}
		}
		o, err := c.ifStmt(inner, s.Arms, s.Else)
		if err != nil {
			return nil, err
		}
		return &caseOp{arg: c.statement(sc, s.Arg), argSlot: s.ArgVar, ifOp: *o, hasElse: s.HasElse}, nil
	case *plpgsql.Loop:
		body, err := c.list(&scope{outer: sc, label: s.Label}, s.Body)
		return &loopOp{s.Label, c.statement(sc, s.While), body}, err
	case *plpgsql.ForInt:
		c.r.vars[s.Var] = c.typed(c.r.vars[s.Var].name, intType)
		inner := &scope{outer: sc, label: s.Label, names: map[string]int{c.r.vars[s.Var].name: s.Var}}
		body, err := c.list(inner, s.Body)
		return &forIntOp{s.Label, s.Var, c.statement(sc, s.Lo), c.statement(sc, s.Hi), c.statement(sc, s.Step), s.Reverse, body}, err
	case *plpgsql.ForQuery:
		return c.forQuery(sc, s)
	case *plpgsql.ForEach:
		body, err := c.list(&scope{outer: sc, label: s.Label}, s.Body)
		return &forEachOp{s.Label, s.Var, s.Slice, c.statement(sc, s.Expr), body}, err
	case *plpgsql.Exit:
		kind := exited
		if s.Continue {
			kind = continued
		}
		return &exitOp{kind, s.Label, c.statement(sc, s.When)}, nil
	case *plpgsql.Return:
		return &returnOp{s.Var, c.statement(sc, s.Expr)}, nil
	case *plpgsql.ReturnNext:
		return &returnNextOp{s.Var, c.statement(sc, s.Expr)}, nil
	case *plpgsql.ReturnQuery:
		return &returnQueryOp{source{c.query(sc, s.Query), c.statement(sc, s.Dynamic), c.statements(sc, s.Using), sc}}, nil
	case *plpgsql.Raise:
		return c.raise(sc, s)
	case *plpgsql.Assert:
		return &assertOp{c.statement(sc, s.Cond), c.statement(sc, s.Message)}, nil
	case *plpgsql.Perform:
		return &performOp{c.statement(sc, s.Query)}, nil
	case *plpgsql.Exec:
		return &execOp{source: source{query: c.query(sc, s.SQL), sc: sc}, into: s.Into, strict: s.Strict, slot: s.Var}, nil
	case *plpgsql.DynExec:
		return &execOp{source: source{dynamic: c.statement(sc, s.SQL), using: c.statements(sc, s.Using), sc: sc}, into: s.Into, strict: s.Strict, slot: s.Var}, nil
	case *plpgsql.GetDiagnostics:
		return &diagnosticsOp{s.Stacked, s.Items}, nil
	case *plpgsql.Open:
		return &openOp{s.Cursor, source{c.query(sc, s.Query), c.statement(sc, s.Dynamic), c.statements(sc, s.Using), sc}, c.cursorArgs(sc, s.Args)}, nil
	case *plpgsql.Fetch:
		return &fetchOp{s.Cursor, s.Var, s.Direction, s.Count, c.statement(sc, s.CountExpr), s.Move}, nil
	case *plpgsql.Close:
		return &closeOp{s.Cursor}, nil
	case *plpgsql.Null:
		return nil, nil
	case *plpgsql.Call:
		return c.call(sc, s)
	case *plpgsql.Commit:
		return nil, fault.Unsupported("COMMIT and ROLLBACK inside a function", "Let the caller end the transaction.")
	case *plpgsql.Unsupported:
		return nil, fault.Unsupported(s.Feature, "")
	}
	panic("interp: unknown statement")
}

func (c *compiler) ifStmt(sc *scope, arms []plpgsql.Arm, els []plpgsql.Stmt) (*ifOp, error) {
	o := &ifOp{}
	for _, arm := range arms {
		body, err := c.list(sc, arm.Body)
		if err != nil {
			return nil, err
		}
		o.arms = append(o.arms, armOp{c.statement(sc, arm.Cond), body})
	}
	var err error
	o.els, err = c.list(sc, els)
	return o, err
}

func (c *compiler) forQuery(sc *scope, s *plpgsql.ForQuery) (op, error) {
	inner := &scope{outer: sc, label: s.Label}
	if s.Cursor >= 0 {
		inner.names = map[string]int{c.r.vars[s.Var].name: s.Var}
	}
	body, err := c.list(inner, s.Body)
	if err != nil {
		return nil, err
	}
	src := source{c.query(sc, s.Query), c.statement(sc, s.Dynamic), c.statements(sc, s.Using), sc}
	if s.Query == nil && s.Dynamic == nil && s.Cursor >= 0 {
		src.query = c.r.vars[s.Cursor].cursor
		if src.query == nil {
			return nil, fault.New("34000", `cursor FOR loop must use a bound cursor variable`)
		}
		return &forCursorOp{forQueryOp{s.Label, s.Var, src, body}, s.Cursor, c.cursorArgs(sc, s.CursorArgs)}, nil
	}
	return &forQueryOp{s.Label, s.Var, src, body}, nil
}

// cursorArg is an argument of a cursor; name is "" where it is given by position.
type cursorArg struct {
	name string
	expr *expr
}

// cursorArgs are the arguments of a cursor, which the parser gives as those of a call.
func (c *compiler) cursorArgs(sc *scope, e *plpgsql.Expr) []cursorArg {
	if e == nil {
		return nil
	}
	var out []cursorArg
	for _, a := range e.Query.(*sql.Select).Targets[0].Expr.(*sql.FuncCall).Args {
		out = append(out, cursorArg{a.Name, c.alone(sc, a.Value)})
	}
	return out
}

// alone makes a statement of an expression.
func (c *compiler) alone(sc *scope, e sql.Expr) *expr {
	return c.statement(sc, &plpgsql.Expr{Text: sql.PrintExpr(e), Query: &sql.Select{Targets: []sql.Target{{Expr: e}}}})
}

// sqlBody compiles LANGUAGE sql: every statement sees the arguments by name and number.
func (c *compiler) sqlBody() error {
	r := c.r
	sc := &scope{label: r.fn.Name, names: map[string]int{}}
	r.found = c.add(variable{kind: plpgsql.ScalarVar, name: "", typ: boolType, ops: c.env.Ops(boolType.OID)})
	c.params(sc)
	for _, s := range r.fn.SQL {
		r.sql = append(r.sql, &statement{stmt: s, text: r.fn.Source, sc: sc})
	}
	return nil
}

// signature names the function as messages do: f(integer,text).
func (r *routine) signature() string {
	if r.fn.Name == "inline_code_block" {
		return r.fn.Name
	}
	var args []string
	for _, slot := range r.args {
		args = append(args, r.cat.TypeString(r.vars[slot].typ))
	}
	return r.fn.Name + "(" + strings.Join(args, ",") + ")"
}
