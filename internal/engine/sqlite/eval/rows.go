package eval

import (
	"strings"

	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/tree"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
)

// Rows as values: composites that are made, taken apart and compared.

func (c *compiler) wholeRow(e *tree.WholeRow) (Closure, error) {
	i, err := c.slot(e.Rel)
	if err != nil {
		return nil, err
	}
	n := len(e.Rel.Columns)
	if t := e.Rel.Table; t != nil {
		n = min(n, len(t.Columns))
	}
	fields := make([]value.Field, n)
	for j, col := range e.Rel.Columns[:n] {
		o, err := c.ops(col.Type)
		if err != nil {
			return nil, err
		}
		fields[j] = value.Field{Name: col.Name, Type: col.Type, Ops: o}
	}
	return func(f *Frame) (value.Datum, error) {
		if f.Rows[i] == nil {
			return value.Null, nil
		}
		return value.MakeRecord(f.Env(), fields, f.Rows[i][:n]), nil
	}, nil
}

func (c *compiler) nullTest(e *tree.NullTest) (Closure, error) {
	if fields := c.fields(e.X); e.Row && len(fields) > 0 {
		return c.allNull(fields, e.Not)
	}
	x, err := c.expr(e.X)
	if err != nil {
		return nil, err
	}
	not, row := e.Not, e.Row
	return func(f *Frame) (value.Datum, error) {
		d, err := x(f)
		if err != nil {
			return value.Null, err
		}
		if !row || d.IsNull() {
			return value.Bool(d.IsNull() != not), nil
		}
		for _, raw := range value.Pairs(d.Str()) {
			if (raw == "null") == not {
				return value.Bool(false), nil
			}
		}
		return value.Bool(true), nil
	}, nil
}

func (c *compiler) fields(e tree.Expr) []tree.Expr {
	switch x := e.(type) {
	case *tree.Row:
		return x.Args
	case *tree.WholeRow:
		if _, err := c.slot(x.Rel); err != nil {
			return nil
		}
		cols := x.Rel.Columns
		if t := x.Rel.Table; t != nil {
			cols = cols[:min(len(cols), len(t.Columns))]
		}
		var out []tree.Expr
		for i, col := range cols {
			out = append(out, &tree.Var{Rel: x.Rel, Col: i, Typ: col.Type})
		}
		return out
	}
	return nil
}

func (c *compiler) allNull(list []tree.Expr, not bool) (Closure, error) {
	all, err := c.list(list)
	if err != nil {
		return nil, err
	}
	return func(f *Frame) (value.Datum, error) {
		for _, x := range all {
			if d, err := x(f); err != nil || d.IsNull() == not {
				return value.Bool(false), err
			}
		}
		return value.Bool(true), nil
	}, nil
}

func (c *compiler) row(e *tree.Row) (Closure, error) {
	args, err := c.list(e.Args)
	if err != nil {
		return nil, err
	}
	fields, err := c.rowFields(e)
	if err != nil {
		return nil, err
	}
	return func(f *Frame) (value.Datum, error) {
		base := len(f.stack)
		defer func() { f.stack = f.stack[:base] }()
		for _, a := range args {
			d, err := a(f)
			if err != nil {
				return value.Null, err
			}
			f.stack = append(f.stack, d)
		}
		return value.MakeRecord(f.Env(), fields, f.stack[base:]), nil
	}, nil
}

func (c *compiler) rowCompare(e *tree.RowCompare) (Closure, error) {
	lt, err := c.calls(e.Lt)
	if err != nil {
		return nil, err
	}
	gt, err := c.calls(e.Gt)
	if err != nil {
		return nil, err
	}
	eq, err := c.calls(e.Eq)
	if err != nil {
		return nil, err
	}
	op := e.Op
	less := strings.HasPrefix(op, "<")
	orEqual := strings.HasSuffix(op, "=")
	return func(f *Frame) (value.Datum, error) {
		for i := range eq {
			d, err := eq[i](f)
			if err != nil || d.IsNull() {
				return value.Null, err
			}
			if d.IsTrue() {
				continue
			}
			if less {
				return lt[i](f)
			}
			return gt[i](f)
		}
		return value.Bool(orEqual), nil
	}, nil
}

func (c *compiler) fieldOf(e *tree.FieldOf) (Closure, error) {
	switch x := e.X.(type) {
	case *tree.Row:
		if e.Index < len(x.Args) {
			return c.expr(x.Args[e.Index])
		}
	case *tree.WholeRow:
		if _, err := c.slot(x.Rel); err == nil && e.Index < len(x.Rel.Columns) {
			return c.variable(&tree.Var{Rel: x.Rel, Col: e.Index, Typ: e.Typ})
		}
	}
	x, err := c.expr(e.X)
	if err != nil {
		return nil, err
	}
	o, err := c.ops(e.Typ)
	if err != nil {
		return nil, err
	}
	index, name := e.Index, e.Name
	byName := e.X.Type().OID != catalog.RecordOID && name != ""
	return func(f *Frame) (value.Datum, error) {
		d, err := x(f)
		if err != nil || d.IsNull() {
			return value.Null, err
		}
		i := 0
		for k, raw := range value.Pairs(d.Str()) {
			if byName && k == name || !byName && i == index {
				if raw == "null" {
					return value.Null, nil
				}
				return o.FromJSON(f.Env(), raw)
			}
			i++
		}
		return value.Null, nil
	}, nil
}
