package sqlite

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/ncruces/go-sqlite3"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/analyze"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/eval"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/exec"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/layout"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/lower"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/store"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/tree"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// errNotIndexable says that SQLite could not use the index: its planner matches expressions by their text, and only what it computes itself is
// written in queries as text.
var errNotIndexable = errors.New("the index would not serve a query")

// predicate is the number of an index's WHERE beside those of its keys, which count from 0.
const predicate = -1

// lowerIndex writes an index's expressions for SQLite: as queries write them where that is possible, else for a unique index, which must hold whether
// queries use it or not, as a call of pg_index with the columns that the expression reads.
func (p *physical) lowerIndex(ix *catalog.Index) layout.Lower {
	return func(t *catalog.Table, e sql.Expr) (string, error) {
		x, err := analyze.Expr(p.cat, &analyze.Env{Path: p.s.Path}, e, rowRel(t))
		if err != nil {
			return "", err
		}
		collation := ""
		if c := layout.CollationOf(p.cat, x.Type()); c != "" && e != ix.Where {
			collation = " COLLATE " + c
		}
		if text, ok := native(p.cat, x); ok {
			return text + collation, nil
		}
		if !ix.Unique {
			return "", errNotIndexable
		}
		n := predicate
		for i, k := range ix.Keys {
			if k.Expr == e {
				n = i
			}
		}
		text := fmt.Sprintf("pg_index(%d, %d", ix.OID, n)
		for _, i := range columnsOf(x) {
			text += ", " + layout.Quote(t.Columns[i].Name)
		}
		return text + ")" + collation, nil
	}
}

// columnsOf are the columns that an expression over one row reads, in the order of first use.
func columnsOf(x tree.Expr) (cols []int) {
	seen := map[int]bool{}
	tree.Walk(x, func(e tree.Expr) bool {
		if v, ok := e.(*tree.Var); ok && !seen[v.Col] {
			seen[v.Col] = true
			cols = append(cols, v.Col)
		}
		return true
	})
	return cols
}

// native writes an expression over one row's columns in SQLite's terms.
func native(cat *catalog.Catalog, x tree.Expr) (string, bool) {
	switch x := x.(type) {
	case *tree.Var:
		return layout.Quote(x.Rel.Columns[x.Col].Name), true
	case *tree.Relabel:
		return native(cat, x.X)
	case *tree.Const:
		switch x.Value.Kind() {
		case value.KindInt:
			return strconv.FormatInt(x.Value.Int64(), 10), true
		case value.KindText:
			return layout.QuoteText(x.Value.Str()), !strings.ContainsRune(x.Value.Str(), 0)
		}
	case *tree.NullTest:
		if text, ok := native(cat, x.X); ok && !x.Row {
			if x.Not {
				return "(" + text + " IS NOT NULL)", true
			}
			return "(" + text + " IS NULL)", true
		}
	case *tree.Bool:
		var parts []string
		for _, a := range x.Args {
			text, ok := native(cat, a)
			if !ok {
				return "", false
			}
			parts = append(parts, text)
		}
		switch x.Op {
		case sql.And:
			return "(" + strings.Join(parts, " AND ") + ")", true
		case sql.Or:
			return "(" + strings.Join(parts, " OR ") + ")", true
		case sql.Not:
			return "(NOT " + parts[0] + ")", true
		}
	case *tree.Call:
		args := make([]string, len(x.Args))
		for i, a := range x.Args {
			var ok bool
			if args[i], ok = native(cat, a); !ok {
				return "", false
			}
		}
		text := lower.IndexCall(cat, x, args)
		return text, text != ""
	}
	return "", false
}

// registerIndex installs pg_index on a connection.
func (e *Engine) registerIndex(c *store.Conn) error {
	type key struct {
		index, n int64
	}
	type program struct {
		cols    []int
		width   int
		compute eval.Closure
	}
	var known *catalog.Catalog
	programs := map[key]*program{}
	return c.Raw().CreateFunction("pg_index", -1, sqlite3.DETERMINISTIC|sqlite3.INNOCUOUS, func(ctx sqlite3.Context, args ...sqlite3.Value) {
		cat, _ := c.Schema().(*catalog.Catalog)
		if cat != known {
			known = cat
			clear(programs)
		}
		k := key{args[0].Int64(), args[1].Int64()}
		prog := programs[k]
		if prog == nil {
			t, ix := indexOf(cat, catalog.OID(k.index))
			if ix == nil {
				ctx.ResultError(fmt.Errorf("index %d is not in the catalog", k.index))
				return
			}
			expr := ix.Where
			if k.n != predicate {
				expr = ix.Keys[k.n].Expr
			}
			rel := rowRel(t)
			x, err := analyze.Expr(cat, &analyze.Env{}, expr, rel)
			if err == nil {
				prog = &program{cols: columnsOf(x), width: len(t.Columns)}
				prog.compute, err = eval.Compile(cat, x, eval.Options{Rels: []*tree.Rel{rel}})
			}
			if err != nil {
				ctx.ResultError(err)
				return
			}
			programs[k] = prog
		}
		row := make([]value.Datum, prog.width)
		for i, col := range prog.cols {
			row[col] = argument(args[2+i])
		}
		v, err := prog.compute(&eval.Frame{S: e.ownerSession(c, cat), Rows: [][]value.Datum{row}})
		if err != nil {
			exec.Fail(c, ctx, err)
			return
		}
		result(ctx, v)
	})
}

func indexOf(cat *catalog.Catalog, oid catalog.OID) (*catalog.Table, *catalog.Index) {
	for t := range cat.Tables() {
		if ix := indexByOID(t, oid); ix != nil {
			return t, ix
		}
	}
	return nil, nil
}

func argument(v sqlite3.Value) value.Datum {
	switch v.Type() {
	case sqlite3.INTEGER:
		return value.Int(v.Int64())
	case sqlite3.FLOAT:
		return value.Float(v.Float())
	case sqlite3.TEXT:
		return value.Text(v.Text())
	case sqlite3.BLOB:
		return value.Blob(v.RawBlob())
	}
	return value.Null
}

func result(ctx sqlite3.Context, v value.Datum) {
	switch v.Kind() {
	case value.KindInt:
		ctx.ResultInt64(v.Int64())
	case value.KindFloat:
		ctx.ResultFloat(v.Float64())
	case value.KindText:
		ctx.ResultText(v.Str())
	case value.KindBlob:
		ctx.ResultBlob(v.Bytes())
	default:
		ctx.ResultNull()
	}
}

// duplicates says which key keeps a unique index from being made.
func (p *physical) duplicates(t *catalog.Table, ix *catalog.Index) error {
	err := fault.New(fault.UniqueViolation, "could not create unique index %q", ix.Name).WithConstraint(t.Schema, t.Name, ix.Name)
	var names []string
	q := &sql.Select{From: []sql.TableExpr{&sql.Table{Name: sql.Name{Schema: t.Schema, Name: t.Name, Pos: sql.NoPos}, Pos: sql.NoPos}}, Where: ix.Where, Pos: sql.NoPos}
	for _, k := range ix.Keys {
		e := k.Expr
		if e == nil {
			e = &sql.ColumnRef{Fields: []string{k.Column}, Pos: sql.NoPos}
			names = append(names, sql.QuoteIdent(k.Column))
		} else {
			names = append(names, sql.PrintExpr(e))
		}
		q.Targets = append(q.Targets, sql.Target{Expr: e})
		q.GroupBy = append(q.GroupBy, sql.GroupBy{Expr: e})
	}
	q.Having = &sql.Op{Name: ">", Left: &sql.FuncCall{Name: sql.Name{Name: "count"}, Star: true, Pos: sql.NoPos}, Right: &sql.Const{Kind: sql.IntConst, Text: "1", Pos: sql.NoPos}, Pos: sql.NoPos}
	found := errors.New("found")
	rerr := runQuery(p.s, "postgres", q, nil, func(row []value.Datum) error {
		for _, v := range row[:len(ix.Keys)] {
			if v.IsNull() && !ix.NullsNotDistinct {
				return nil
			}
		}
		err = err.WithDetail("%s", fmt.Sprintf("Key (%s)=(%s) is duplicated.", strings.Join(names, ", "), p.texts(t, ix, row)))
		return found
	})
	switch {
	case errors.Is(rerr, found):
		return err
	case rerr != nil || !layout.Unique(ix):
		return rerr
	}
	return err
}

// apart checks that no stored keys collide in an index that SQLite's own does not keep apart.
func (p *physical) apart(t *catalog.Table, ix *catalog.Index) error {
	switch {
	case ix.Operators != nil:
		return p.eachRow(layout.TableName(t.Schema, t.Name), t, func(ctid int64, row []value.Datum) error { return exec.Collides(p.s, t, ix, ctid, row) })
	case ix.Unique && !layout.Unique(ix):
		return p.duplicates(t, ix)
	}
	return nil
}

// texts are the text forms of an index's keys.
func (p *physical) texts(t *catalog.Table, ix *catalog.Index, row []value.Datum) string {
	env := p.s.Env()
	var parts []string
	for i, k := range ix.Keys {
		typ := catalog.TypeRef{OID: catalog.TextOID, Mod: -1}
		if k.Expr == nil {
			typ = t.Column(k.Column).Type
		} else if x, err := analyze.Expr(p.cat, &analyze.Env{Path: p.s.Path}, k.Expr, rowRel(t)); err == nil {
			typ = x.Type()
		}
		parts = append(parts, textOf(env, typ, row[i]))
	}
	return strings.Join(parts, ", ")
}

// textOf is a value's text form; null for NULL.
func textOf(env *value.Env, typ catalog.TypeRef, v value.Datum) string {
	if v.IsNull() {
		return "null"
	}
	return string(env.Ops(typ.OID).Output(env, nil, v))
}
