package interp

import (
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
	"github.com/mainstay-dev/mainstay/internal/sql"
	"github.com/mainstay-dev/mainstay/internal/sql/plpgsql"
)

// statement joins a piece of SQL with the variables in its reach; nil for none.
func (c *compiler) statement(sc *scope, e *plpgsql.Expr) *statement {
	if e == nil {
		return nil
	}
	return &statement{stmt: e.Query, text: e.Text, sc: sc}
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
			v.cursor = c.statement(sc, c.r.fn.PL.Vars[slot].Cursor)
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

func (c *compiler) list(sc *scope, list []plpgsql.Stmt) ([]op, error) {
	var out []op
	for _, s := range list {
		o, err := c.stmt(sc, s)
		if err != nil {
			return nil, err
		}
		if o != nil {
			out = append(out, o)
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
			if step.Slice || step.Field != "" || step.Star {
				return nil, fault.Unsupported("an assignment to this part of a variable", "Assign the whole value.")
			}
			o.steps = append(o.steps, stepOp{&statement{stmt: &sql.Select{Targets: []sql.Target{{Expr: step.Hi}}}, sc: sc}})
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
		return &returnQueryOp{source{c.statement(sc, s.Query), c.statement(sc, s.Dynamic), c.statements(sc, s.Using), sc}}, nil
	case *plpgsql.Raise:
		return c.raise(sc, s)
	case *plpgsql.Assert:
		return &assertOp{c.statement(sc, s.Cond), c.statement(sc, s.Message)}, nil
	case *plpgsql.Perform:
		return &performOp{c.statement(sc, s.Query)}, nil
	case *plpgsql.Exec:
		return &execOp{source: source{query: c.statement(sc, s.SQL), sc: sc}, into: s.Into, strict: s.Strict, slot: s.Var}, nil
	case *plpgsql.DynExec:
		return &execOp{source: source{dynamic: c.statement(sc, s.SQL), using: c.statements(sc, s.Using), sc: sc}, into: s.Into, strict: s.Strict, slot: s.Var}, nil
	case *plpgsql.GetDiagnostics:
		return &diagnosticsOp{s.Stacked, s.Items}, nil
	case *plpgsql.Open:
		return &openOp{s.Cursor, source{c.statement(sc, s.Query), c.statement(sc, s.Dynamic), c.statements(sc, s.Using), sc}, c.statement(sc, s.Args)}, nil
	case *plpgsql.Fetch:
		return &fetchOp{s.Cursor, s.Var, s.Direction, s.Count, c.statement(sc, s.CountExpr), s.Move}, nil
	case *plpgsql.Close:
		return &closeOp{s.Cursor}, nil
	case *plpgsql.Null:
		return nil, nil
	case *plpgsql.Call:
		return nil, fault.Unsupported("CALL inside a function", "Make the procedure a function and use PERFORM.")
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
	body, err := c.list(&scope{outer: sc, label: s.Label}, s.Body)
	if err != nil {
		return nil, err
	}
	src := source{c.statement(sc, s.Query), c.statement(sc, s.Dynamic), c.statements(sc, s.Using), sc}
	if s.Query == nil && s.Dynamic == nil && s.Cursor >= 0 {
		src.query = c.r.vars[s.Cursor].cursor
		if src.query == nil {
			return nil, fault.New("34000", `cursor FOR loop must use a bound cursor variable`)
		}
		return &forCursorOp{forQueryOp{s.Label, s.Var, src, body}, s.Cursor, c.statement(sc, s.CursorArgs)}, nil
	}
	return &forQueryOp{s.Label, s.Var, src, body}, nil
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

// recordValues are the raw JSON values of a composite datum, in order.
func recordValues(d value.Datum) []string {
	var out []string
	for _, v := range value.Pairs(d.Str()) {
		out = append(out, v)
	}
	return out
}
