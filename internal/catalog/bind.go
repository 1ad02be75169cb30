package catalog

import (
	"fmt"
	"slices"

	"github.com/mainstay-dev/mainstay/internal/sql"
)

// addr is an object or a part of one: a column (sub is its number) or a column's default.
type addr struct {
	oid       OID
	sub       int16
	isDefault bool
}

// binder copies a tree with the names in it fixed to what they mean now: relations, functions and types of the project become
// qualified and the stars of a view's query become lists, so that the stored tree means the same under any search path, as
// PostgreSQL's stored trees do. It records what the tree uses, and can rename an object on the way.
//
// It resolves names only. What it cannot resolve it leaves alone: the analyser is the one to complain.
type binder struct {
	c         *facts
	path      []string
	isBuiltin func(name string) bool // nil: PostgreSQL has no function of the name
	stars     bool                   // expand stars and name targets: for views
	uses      []addr
	// renamed gives the new name of an object or column, "" when it keeps its own.
	renamed func(a addr) string
	// schemaOf gives the schema that an object is to be named with; nil: its own.
	moved func(oid OID) string
}

type scope struct {
	parent *scope
	items  []*scopeItem
	ctes   map[string][]scopeCol
}

type scopeItem struct {
	name     string
	table    *Table
	cols     []scopeCol
	open     bool // more columns than are known
	implicit bool // the table of a policy, check, index…: not in a FROM list
}

type scopeCol struct {
	name  string
	table *Table
	col   *Column
}

func (b *binder) use(a addr) {
	if !slices.Contains(b.uses, a) {
		b.uses = append(b.uses, a)
	}
}

func tableCols(t *Table) []scopeCol {
	cols := make([]scopeCol, len(t.Columns))
	for i, c := range t.Columns {
		cols[i] = scopeCol{c.Name, t, c}
	}
	return cols
}

// tableScope is the scope of an expression of a table: a check, a policy, an index key….
func tableScope(t *Table, names ...string) *scope {
	s := &scope{}
	if len(names) == 0 {
		names = []string{t.Name}
	}
	for _, n := range names {
		s.items = append(s.items, &scopeItem{name: n, table: t, cols: tableCols(t), implicit: true})
	}
	return s
}

func (s *scope) cte(name string) ([]scopeCol, bool) {
	for ; s != nil; s = s.parent {
		if cols, ok := s.ctes[name]; ok {
			return cols, true
		}
	}
	return nil, false
}

func (b *binder) column(c *sql.ColumnRef, s *scope) sql.Expr {
	if c.Star {
		for l := s; l != nil && len(c.Fields) == 1; l = l.parent {
			for _, it := range l.items {
				if it.name == c.Fields[0] { // a whole row, as below: it depends on the table and not on each column
					if it.table != nil {
						b.use(addr{oid: it.table.OID})
					}
					return b.requalified(c, it)
				}
			}
		}
		return c
	}
	fields := c.Fields
	for l := s; l != nil; l = l.parent {
		for _, it := range l.items {
			at := 0
			switch {
			case len(fields) >= 2 && fields[0] == it.name:
				at = 1
			case len(fields) >= 3 && it.table != nil && fields[0] == it.table.Schema && fields[1] == it.name:
				at = 2
			case len(fields) == 1:
			default:
				continue
			}
			for _, k := range it.cols {
				if k.name != fields[at] {
					continue
				}
				b.useCol(k)
				out := c
				if at > 0 {
					out = b.requalified(c, it)
				}
				if n := b.newColumnName(k); n != "" {
					f := slices.Clone(out.Fields)
					f[at] = n
					out = &sql.ColumnRef{Fields: f, Pos: c.Pos}
				}
				return out
			}
			if at > 0 {
				return c
			}
		}
		if len(fields) == 1 {
			for _, it := range l.items { // a whole row
				if it.name == fields[0] {
					if it.table != nil {
						b.use(addr{oid: it.table.OID})
					}
					return b.requalified(c, it)
				}
			}
		}
	}
	return c
}

func (b *binder) useCol(k scopeCol) {
	if k.table != nil && k.col != nil {
		b.use(addr{oid: k.table.OID, sub: k.col.Num})
	}
}

func (b *binder) newColumnName(k scopeCol) string {
	if b.renamed == nil || k.table == nil || k.col == nil {
		return ""
	}
	return b.renamed(addr{oid: k.table.OID, sub: k.col.Num})
}

// requalified changes the table name of a reference to a table that is being renamed, where no alias keeps the old name alive.
func (b *binder) requalified(c *sql.ColumnRef, it *scopeItem) *sql.ColumnRef {
	if b.renamed == nil || !it.implicit || it.table == nil || it.name != it.table.Name {
		return c
	}
	n := b.renamed(addr{oid: it.table.OID})
	if n == "" {
		return c
	}
	f := slices.Clone(c.Fields)
	if len(f) >= 3 {
		f = f[1:]
	}
	f[0] = n
	return &sql.ColumnRef{Fields: f, Star: c.Star, Pos: c.Pos}
}

func (b *binder) qualify(oid OID, schema, name string, pos sql.Pos) sql.Name {
	if b.renamed != nil {
		if n := b.renamed(addr{oid: oid}); n != "" {
			name = n
		}
	}
	if b.moved != nil {
		if s := b.moved(oid); s != "" {
			schema = s
		}
	}
	return sql.Name{Schema: schema, Name: name, Pos: pos}
}

func (b *binder) typ(t *sql.TypeName) *sql.TypeName {
	if t == nil || t.PctType {
		return t
	}
	typ := b.c.lookupType(b.path, t.Name)
	if typ == nil || typ.Schema == "pg_catalog" {
		return t
	}
	if typ.Elem != 0 && typ.Category == 'A' {
		b.use(addr{oid: typ.OID})
		return t
	}
	b.use(addr{oid: typ.OID})
	n := *t
	n.Name = b.qualify(typ.OID, typ.Schema, typ.Name, t.Name.Pos)
	return &n
}

// function picks the one overload that the number of arguments allows.
func (b *binder) function(n sql.Name, args int) sql.Name {
	if n.Schema == "pg_catalog" || n.Schema == "" && b.isBuiltin != nil && b.isBuiltin(n.Name) {
		return n
	}
	var found []*Function
	for _, f := range b.c.FindFunctions(b.path, n) {
		required, most := f.arity()
		if args >= required && args <= most {
			found = append(found, f)
		}
	}
	if len(found) == 0 {
		return n
	}
	for _, f := range found[1:] {
		if f.Schema != found[0].Schema {
			return n
		}
	}
	if len(found) == 1 {
		b.use(addr{oid: found[0].OID})
	}
	return b.qualify(found[0].OID, found[0].Schema, found[0].Name, n.Pos)
}

// arity is how few and how many arguments a call may have.
func (f *Function) arity() (required, most int) {
	for _, p := range f.Params {
		switch p.Mode {
		case sql.OutArg, sql.TableArg:
			continue
		case sql.VariadicArg:
			return required, 1 << 20
		}
		most++
		if p.Default == nil {
			required++
		}
	}
	return required, most
}

// regConst follows 'name'::regclass: the sequence or table that a default or a query names in a string.
func (b *binder) regConst(x sql.Expr, t *sql.TypeName) sql.Expr {
	k, ok := x.(*sql.Const)
	if !ok || k.Kind != sql.StringConst || t.Name.Name != "regclass" || t.ArrayDims > 0 {
		return x
	}
	n, ok := parseQualifiedName(k.Text)
	if !ok {
		return x
	}
	oid, schema, name := OID(0), "", ""
	if q := b.c.FindSequence(b.path, n); q != nil {
		oid, schema, name = q.OID, q.Schema, q.Name
	} else if r := b.c.FindTable(b.path, n); r != nil {
		oid, schema, name = r.OID, r.Schema, r.Name
	} else {
		return x
	}
	b.use(addr{oid: oid})
	q := b.qualify(oid, schema, name, 0)
	return &sql.Const{Kind: sql.StringConst, Text: quoteIdent(q.Schema) + "." + quoteIdent(q.Name), Pos: k.Pos}
}

func (b *binder) expr(x sql.Expr, s *scope) sql.Expr {
	switch x := x.(type) {
	case nil:
		return nil
	case *sql.ColumnRef:
		return b.column(x, s)
	case *sql.Param, *sql.Const, *sql.SQLValue, *sql.Default, *sql.UnsupportedExpr:
		return x
	case *sql.Cast:
		return &sql.Cast{X: b.regConst(b.expr(x.X, s), x.Type), Type: b.typ(x.Type), Pos: x.Pos}
	case *sql.Op:
		n := *x
		n.Left, n.Right = b.expr(x.Left, s), b.expr(x.Right, s)
		return &n
	case *sql.Quantified:
		n := *x
		n.Left, n.Right = b.expr(x.Left, s), b.expr(x.Right, s)
		return &n
	case *sql.IsDistinct:
		n := *x
		n.Left, n.Right = b.expr(x.Left, s), b.expr(x.Right, s)
		return &n
	case *sql.NullIf:
		return &sql.NullIf{Left: b.expr(x.Left, s), Right: b.expr(x.Right, s), Pos: x.Pos}
	case *sql.In:
		return &sql.In{Not: x.Not, X: b.expr(x.X, s), List: b.exprs(x.List, s), Pos: x.Pos}
	case *sql.LikeExpr:
		n := *x
		n.X, n.Pattern, n.Escape = b.expr(x.X, s), b.expr(x.Pattern, s), b.expr(x.Escape, s)
		return &n
	case *sql.Between:
		n := *x
		n.X, n.Lo, n.Hi = b.expr(x.X, s), b.expr(x.Lo, s), b.expr(x.Hi, s)
		return &n
	case *sql.BoolExpr:
		return &sql.BoolExpr{Op: x.Op, Args: b.exprs(x.Args, s), Pos: x.Pos}
	case *sql.NullTest:
		return &sql.NullTest{Not: x.Not, X: b.expr(x.X, s), Pos: x.Pos}
	case *sql.BoolTest:
		n := *x
		n.X = b.expr(x.X, s)
		return &n
	case *sql.Case:
		n := *x
		n.Arg, n.Else = b.expr(x.Arg, s), b.expr(x.Else, s)
		n.Whens = make([]sql.When, len(x.Whens))
		for i, w := range x.Whens {
			n.Whens[i] = sql.When{Cond: b.expr(w.Cond, s), Result: b.expr(w.Result, s)}
		}
		return &n
	case *sql.Coalesce:
		return &sql.Coalesce{Args: b.exprs(x.Args, s), Pos: x.Pos}
	case *sql.MinMax:
		return &sql.MinMax{Least: x.Least, Args: b.exprs(x.Args, s), Pos: x.Pos}
	case *sql.FuncCall:
		return b.call(x, s)
	case *sql.SubLink:
		n := *x
		n.Test = b.expr(x.Test, s)
		inner := *b
		inner.stars = x.Kind != sql.Exists // EXISTS (select *) keeps its star: it has no columns that anybody sees
		n.Query = inner.query(x.Query, s)
		b.uses = inner.uses
		return &n
	case *sql.ArrayExpr:
		return &sql.ArrayExpr{Elems: b.exprs(x.Elems, s), Pos: x.Pos}
	case *sql.Row:
		return &sql.Row{Args: b.exprs(x.Args, s), Explicit: x.Explicit, Pos: x.Pos}
	case *sql.Indirection:
		return &sql.Indirection{X: b.expr(x.X, s), Steps: b.steps(x.Steps, s), Pos: x.Pos}
	case *sql.Collate:
		return &sql.Collate{X: b.expr(x.X, s), Name: x.Name, Pos: x.Pos}
	case *sql.Grouping:
		return &sql.Grouping{Args: b.exprs(x.Args, s), Pos: x.Pos}
	}
	panic(fmt.Sprintf("catalog: expression %T", x))
}

func (b *binder) exprs(xs []sql.Expr, s *scope) []sql.Expr {
	if xs == nil {
		return nil
	}
	out := make([]sql.Expr, len(xs))
	for i, x := range xs {
		out[i] = b.expr(x, s)
	}
	return out
}

func (b *binder) steps(in []sql.Step, s *scope) []sql.Step {
	out := slices.Clone(in)
	for i := range out {
		out[i].Lo, out[i].Hi = b.expr(in[i].Lo, s), b.expr(in[i].Hi, s)
	}
	return out
}

func (b *binder) call(x *sql.FuncCall, s *scope) *sql.FuncCall {
	n := *x
	n.Args = make([]sql.Arg, len(x.Args))
	for i, a := range x.Args {
		n.Args[i] = sql.Arg{Name: a.Name, Value: b.expr(a.Value, s)}
	}
	if x.Args == nil {
		n.Args = nil
	}
	if !x.SQLSyntax {
		n.Name = b.function(x.Name, len(x.Args))
	}
	if len(n.Args) > 0 && (x.Name.Name == "nextval" || x.Name.Name == "currval" || x.Name.Name == "setval") {
		n.Args[0].Value = b.regConst(n.Args[0].Value, &sql.TypeName{Name: sql.Name{Name: "regclass"}})
	}
	n.OrderBy = b.sorts(x.OrderBy, s)
	n.Filter = b.expr(x.Filter, s)
	n.Over = b.window(x.Over, s)
	return &n
}

func (b *binder) sorts(in []sql.SortBy, s *scope) []sql.SortBy {
	out := slices.Clone(in)
	for i := range out {
		out[i].Expr = b.expr(in[i].Expr, s)
	}
	return out
}

func (b *binder) window(w *sql.WindowDef, s *scope) *sql.WindowDef {
	if w == nil {
		return nil
	}
	n := *w
	n.PartitionBy, n.OrderBy = b.exprs(w.PartitionBy, s), b.sorts(w.OrderBy, s)
	if w.Frame != nil {
		f := *w.Frame
		f.StartOffset, f.EndOffset = b.expr(f.StartOffset, s), b.expr(f.EndOffset, s)
		n.Frame = &f
	}
	return &n
}

func (b *binder) query(q *sql.Select, outer *scope) *sql.Select {
	n, _ := b.queryCols(q, outer)
	return n
}

// queryCols binds a query and gives its output columns.
func (b *binder) queryCols(q *sql.Select, outer *scope) (*sql.Select, []scopeCol) {
	if q == nil {
		return nil, nil
	}
	n := *q
	s := &scope{parent: outer}
	n.With = b.with(q.With, s)
	var cols []scopeCol
	switch {
	case q.SetOp != sql.NoSetOp:
		n.Left, cols = b.queryCols(q.Left, s)
		n.Right, _ = b.queryCols(q.Right, s)
		for i := range cols {
			cols[i] = scopeCol{name: cols[i].name}
		}
	case q.Values != nil:
		n.Values = make([][]sql.Expr, len(q.Values))
		for i, row := range q.Values {
			n.Values[i] = b.exprs(row, s)
		}
		for i := range q.Values[0] {
			cols = append(cols, scopeCol{name: fmt.Sprintf("column%d", i+1)})
		}
	default:
		n.From = make([]sql.TableExpr, len(q.From))
		for i, f := range q.From {
			n.From[i] = b.from(f, s)
		}
		if q.From == nil {
			n.From = nil
		}
		n.Targets, cols = b.targets(q.Targets, s)
		n.Where = b.expr(q.Where, s)
		n.DistinctOn = b.exprs(q.DistinctOn, s)
		n.GroupBy = b.groups(q.GroupBy, s)
		n.Having = b.expr(q.Having, s)
		n.Windows = slices.Clone(q.Windows)
		for i := range n.Windows {
			n.Windows[i] = *b.window(&q.Windows[i], s)
		}
	}
	if q.SetOp == sql.NoSetOp {
		n.OrderBy = b.sorts(q.OrderBy, s)
	}
	n.Limit, n.Offset = b.expr(q.Limit, s), b.expr(q.Offset, s)
	return &n, cols
}

func (b *binder) groups(in []sql.GroupBy, s *scope) []sql.GroupBy {
	out := slices.Clone(in)
	for i := range out {
		out[i].Expr, out[i].Sets = b.expr(in[i].Expr, s), b.groups(in[i].Sets, s)
	}
	return out
}

func (b *binder) with(w *sql.With, s *scope) *sql.With {
	if w == nil {
		return nil
	}
	n := &sql.With{Recursive: w.Recursive, CTEs: slices.Clone(w.CTEs)}
	s.ctes = map[string][]scopeCol{}
	for i, c := range w.CTEs {
		if w.Recursive {
			s.ctes[c.Name] = namedCols(recursiveCols(c), c.Columns)
		}
		q, cols := b.statement(c.Query, s)
		n.CTEs[i].Query = q.(sql.Query)
		s.ctes[c.Name] = namedCols(cols, c.Columns)
	}
	return n
}

// recursiveCols is the columns of a recursive query as far as its first branch's targets tell.
func recursiveCols(c sql.CTE) []scopeCol {
	q, _ := c.Query.(*sql.Select)
	for q != nil && q.SetOp != sql.NoSetOp {
		q = q.Left
	}
	if q == nil {
		return nil
	}
	var cols []scopeCol
	for _, t := range q.Targets {
		cols = append(cols, scopeCol{name: targetName(t)})
	}
	return cols
}

func namedCols(cols []scopeCol, names []string) []scopeCol {
	cols = slices.Clone(cols)
	for i, n := range names {
		if i == len(cols) {
			cols = append(cols, scopeCol{})
		}
		cols[i].name = n
	}
	return cols
}

func targetName(t sql.Target) string {
	if t.Name != "" {
		return t.Name
	}
	return columnName(t.Expr)
}

func (b *binder) targets(in []sql.Target, s *scope) ([]sql.Target, []scopeCol) {
	var out []sql.Target
	var cols []scopeCol
	for _, t := range in {
		ref, isRef := t.Expr.(*sql.ColumnRef)
		if !isRef || !ref.Star {
			col := scopeCol{name: targetName(t)}
			if isRef {
				if k, ok := resolve(ref, s); ok {
					col.table, col.col = k.table, k.col
				}
			}
			n := t
			n.Expr = b.expr(t.Expr, s)
			if isRef && columnName(n.Expr) != col.name {
				n.Name = col.name
			}
			out, cols = append(out, n), append(cols, col)
			continue
		}
		known := true
		var expanded []sql.Target
		var expandedCols []scopeCol
		seen := map[string]bool{}
		for _, it := range s.items {
			if len(ref.Fields) > 0 && it.name != ref.Fields[len(ref.Fields)-1] {
				continue
			}
			known = known && !it.open
			for _, k := range it.cols {
				b.useCol(k)
				if merged := s.merged(k.name); merged && len(ref.Fields) == 0 {
					if seen[k.name] {
						continue
					}
					seen[k.name] = true
				}
				name := k.name
				if n := b.newColumnName(k); n != "" {
					name = n
				}
				e := &sql.ColumnRef{Fields: []string{it.name, name}, Pos: t.Pos}
				if it.name == "" {
					e.Fields = e.Fields[1:]
				}
				x := sql.Target{Expr: e, Pos: t.Pos}
				if name != k.name {
					x.Name = k.name
				}
				expanded = append(expanded, x)
				expandedCols = append(expandedCols, k)
			}
		}
		if len(ref.Fields) > 0 {
			b.column(ref, s)
		}
		if b.stars && known && len(expanded) > 0 {
			out = append(out, expanded...)
		} else {
			out = append(out, sql.Target{Name: t.Name, Expr: b.column(ref, s), Pos: t.Pos})
		}
		cols = append(cols, expandedCols...)
	}
	return out, cols
}

// merged says whether a name is a column that JOIN USING made one.
func (s *scope) merged(name string) bool {
	for _, it := range s.items {
		if it.name == "" && slices.ContainsFunc(it.cols, func(k scopeCol) bool { return k.name == name }) {
			return true
		}
	}
	return false
}

func resolve(c *sql.ColumnRef, s *scope) (scopeCol, bool) {
	for l := s; l != nil; l = l.parent {
		for _, it := range l.items {
			if len(c.Fields) > 1 && c.Fields[len(c.Fields)-2] != it.name {
				continue
			}
			for _, k := range it.cols {
				if k.name == c.Fields[len(c.Fields)-1] {
					return k, true
				}
			}
		}
	}
	return scopeCol{}, false
}

func (b *binder) from(f sql.TableExpr, s *scope) sql.TableExpr {
	add := func(it *scopeItem, a *sql.Alias) {
		if a != nil {
			it.name = a.Name
			it.cols = namedCols(it.cols, a.Columns)
		}
		s.items = append(s.items, it)
	}
	switch f := f.(type) {
	case *sql.Table:
		if cols, ok := s.cte(f.Name.Name); ok && f.Name.Schema == "" {
			add(&scopeItem{name: f.Name.Name, cols: cols}, f.Alias)
			return f
		}
		n, t := b.table(f)
		if t == nil {
			add(&scopeItem{name: f.Name.Name, open: true}, f.Alias)
			return f
		}
		add(&scopeItem{name: f.Name.Name, table: t, cols: tableCols(t)}, f.Alias)
		return n
	case *sql.SubqueryTable:
		n := *f
		outer := s
		if !f.Lateral {
			outer = &scope{parent: s.parent, ctes: s.ctes}
		}
		var cols []scopeCol
		n.Query, cols = b.queryCols(f.Query, outer)
		add(&scopeItem{cols: cols}, f.Alias)
		return &n
	case *sql.FuncTable:
		n := *f
		n.Funcs = slices.Clone(f.Funcs)
		it := &scopeItem{}
		for i, fn := range f.Funcs {
			n.Funcs[i].Call = b.expr(fn.Call, s)
			n.Funcs[i].Columns = b.columnDefs(fn.Columns)
			call, ok := n.Funcs[i].Call.(*sql.FuncCall)
			if !ok {
				it.open = true
				continue
			}
			it.name = call.Name.Name
			cols, known := b.functionCols(call, f.Alias)
			it.cols, it.open = append(it.cols, cols...), it.open || !known
		}
		n.Columns = b.columnDefs(f.Columns)
		for _, c := range f.Columns {
			it.cols, it.open = append(it.cols, scopeCol{name: c.Name}), false
		}
		if f.Ordinality {
			it.cols = append(it.cols, scopeCol{name: "ordinality"})
		}
		if f.Alias != nil && len(f.Alias.Columns) > 0 {
			it.open = false
		}
		add(it, f.Alias)
		return &n
	case *sql.Join:
		n := *f
		mark := len(s.items)
		n.Left = b.from(f.Left, s)
		right := len(s.items)
		n.Right = b.from(f.Right, s)
		if len(f.Using) > 0 || f.Natural {
			var merged []scopeCol
			for _, it := range s.items[mark:right] {
				for _, k := range it.cols {
					other := slices.ContainsFunc(s.items[right:], func(r *scopeItem) bool {
						return slices.ContainsFunc(r.cols, func(rk scopeCol) bool { return rk.name == k.name })
					})
					if other && (f.Natural || slices.Contains(f.Using, k.name)) {
						merged = append(merged, k)
					}
				}
			}
			// The merged columns come first and unqualified.
			s.items = slices.Insert(s.items, mark, &scopeItem{cols: merged})
		}
		n.On = b.expr(f.On, s)
		if f.Alias != nil {
			it := joinedItem(s.items[mark:])
			it.name, it.cols = f.Alias.Name, namedCols(it.cols, f.Alias.Columns)
			s.items = append(s.items[:mark], it)
		}
		return &n
	case *sql.UnsupportedTable:
		s.items = append(s.items, &scopeItem{open: true})
		return f
	}
	panic(fmt.Sprintf("catalog: FROM item %T", f))
}

// joinedItem is what a join is under its own name: its columns, those that it made one only once and first.
func joinedItem(items []*scopeItem) *scopeItem {
	merged := func(name string) bool {
		return slices.ContainsFunc(items, func(it *scopeItem) bool {
			return it.name == "" && slices.ContainsFunc(it.cols, func(k scopeCol) bool { return k.name == name })
		})
	}
	out := &scopeItem{}
	seen := map[string]bool{}
	for _, it := range items {
		out.open = out.open || it.open
		for _, k := range it.cols {
			if merged(k.name) {
				if seen[k.name] {
					continue
				}
				seen[k.name] = true
			}
			out.cols = append(out.cols, k)
		}
	}
	return out
}

func (b *binder) columnDefs(in []sql.ColumnDef) []sql.ColumnDef {
	out := slices.Clone(in)
	for i := range out {
		out[i].Type = b.typ(in[i].Type)
	}
	return out
}

// table binds the name of a relation. An alias keeps the name that references use when the relation is renamed.
func (b *binder) table(f *sql.Table) (*sql.Table, *Table) {
	t := b.c.FindTable(b.path, f.Name)
	if t == nil {
		return f, nil
	}
	b.use(addr{oid: t.OID})
	n := *f
	n.Name = b.qualify(t.OID, t.Schema, t.Name, f.Name.Pos)
	if n.Name.Name != t.Name && f.Alias == nil {
		n.Alias = &sql.Alias{Name: t.Name}
	}
	return &n, t
}

// functionCols is the columns of a function in FROM.
func (b *binder) functionCols(call *sql.FuncCall, a *sql.Alias) (cols []scopeCol, known bool) {
	name := call.Name.Name
	if a != nil {
		name = a.Name
	}
	if all := b.c.FindFunctions(b.path, call.Name); len(all) > 0 {
		f := all[0]
		for _, p := range f.Params {
			if p.Mode == sql.OutArg || p.Mode == sql.TableArg || p.Mode == sql.InOutArg {
				cols = append(cols, scopeCol{name: p.Name})
			}
		}
		if cols != nil {
			return cols, true
		}
		if t := b.c.Type(f.Returns.OID); t != nil && t.Kind == CompositeType {
			for _, c := range b.c.Fields(t) {
				cols = append(cols, scopeCol{name: c.Name})
			}
			return cols, true
		}
		return []scopeCol{{name: name}}, true
	}
	switch call.Name.Name {
	case "unnest", "generate_series", "jsonb_array_elements", "json_array_elements", "jsonb_array_elements_text", "json_array_elements_text", "regexp_split_to_table", "string_to_table", "jsonb_object_keys", "json_object_keys", "generate_subscripts":
		if call.Name.Name == "unnest" && len(call.Args) > 1 {
			return nil, false
		}
		if a == nil {
			if n, ok := map[string]string{"jsonb_array_elements": "value", "json_array_elements": "value", "jsonb_array_elements_text": "value", "json_array_elements_text": "value"}[name]; ok {
				name = n
			}
		}
		return []scopeCol{{name: name}}, true
	case "jsonb_each", "json_each", "jsonb_each_text", "json_each_text":
		return []scopeCol{{name: "key"}, {name: "value"}}, true
	}
	return nil, false
}

// Fields is the columns of a composite type: its own, or those of the table whose row type it is.
func (c *facts) Fields(t *Type) []*Column {
	if tab := c.TableByOID(t.Table); tab != nil {
		return tab.Columns
	}
	return t.Fields
}

// statement binds a query or a statement that changes data.
func (b *binder) statement(st sql.Stmt, outer *scope) (sql.Stmt, []scopeCol) {
	s := &scope{parent: outer}
	target := func(t *sql.Table) *sql.Table {
		n, tab := b.table(t)
		it := &scopeItem{name: t.Name.Name, open: tab == nil}
		if tab != nil {
			it.table, it.cols = tab, tableCols(tab)
		}
		if t.Alias != nil {
			it.name = t.Alias.Name
		}
		s.items = append(s.items, it)
		return n
	}
	assigns := func(in []sql.Assign) []sql.Assign {
		out := slices.Clone(in)
		for i := range out {
			out[i].Value = b.expr(in[i].Value, s)
			out[i].Columns = slices.Clone(in[i].Columns)
			for j := range out[i].Columns {
				out[i].Columns[j].Name = b.targetColumn(s, in[i].Columns[j].Name)
			}
		}
		return out
	}
	froms := func(in []sql.TableExpr) []sql.TableExpr {
		out := slices.Clone(in)
		for i := range out {
			out[i] = b.from(in[i], s)
		}
		return out
	}
	switch st := st.(type) {
	case *sql.Select:
		return b.queryCols(st, outer)
	case *sql.Insert:
		n := *st
		n.With = b.with(st.With, s)
		n.Source = b.query(st.Source, s)
		n.Table = target(st.Table)
		n.Columns = slices.Clone(st.Columns)
		for i := range n.Columns {
			n.Columns[i].Name = b.targetColumn(s, st.Columns[i].Name)
		}
		if st.OnConflict != nil {
			oc := *st.OnConflict
			s.items = append(s.items, &scopeItem{name: "excluded", table: s.items[0].table, cols: s.items[0].cols})
			oc.Set, oc.SetWhere, oc.Where = assigns(oc.Set), b.expr(oc.SetWhere, s), b.expr(oc.Where, s)
			oc.Keys = slices.Clone(oc.Keys)
			for i, k := range oc.Keys {
				oc.Keys[i].Expr = b.expr(k.Expr, s)
				if k.Column != "" {
					oc.Keys[i].Column = b.targetColumn(s, k.Column)
				}
			}
			n.OnConflict = &oc
		}
		var cols []scopeCol
		n.Returning, cols = b.targets(st.Returning, s)
		return &n, cols
	case *sql.Update:
		n := *st
		n.With = b.with(st.With, s)
		n.Table = target(st.Table)
		n.From = froms(st.From)
		n.Set, n.Where = assigns(st.Set), b.expr(st.Where, s)
		var cols []scopeCol
		n.Returning, cols = b.targets(st.Returning, s)
		return &n, cols
	case *sql.Delete:
		n := *st
		n.With = b.with(st.With, s)
		n.Table = target(st.Table)
		n.Using = froms(st.Using)
		n.Where = b.expr(st.Where, s)
		var cols []scopeCol
		n.Returning, cols = b.targets(st.Returning, s)
		return &n, cols
	}
	return st, nil
}

func (b *binder) targetColumn(s *scope, name string) string {
	for _, k := range s.items[0].cols {
		if k.name == name {
			b.useCol(k)
			if n := b.newColumnName(k); n != "" {
				return n
			}
		}
	}
	return name
}

// columnName is the name that PostgreSQL gives to an expression without AS (FigureColname).
func columnName(x sql.Expr) string {
	if n, strength := figureName(x); strength > 0 {
		return n
	}
	return "?column?"
}

// figureName gives a name and how good it is: 2 a name, 1 a type's or "case", 0 none.
func figureName(x sql.Expr) (string, int) {
	switch x := x.(type) {
	case *sql.ColumnRef:
		if !x.Star && len(x.Fields) > 0 {
			return x.Fields[len(x.Fields)-1], 2
		}
	case *sql.Indirection:
		for _, s := range slices.Backward(x.Steps) {
			if s.Field != "" {
				return s.Field, 2
			}
		}
		return figureName(x.X)
	case *sql.FuncCall:
		return x.Name.Name, 2
	case *sql.NullIf:
		return "nullif", 2
	case *sql.Cast:
		if n, s := figureName(x.X); s > 1 {
			return n, s
		}
		n := x.Type.Name.Name
		if internal, ok := typeAliases[n]; ok {
			n = internal
		}
		return n, 1
	case *sql.Collate:
		return figureName(x.X)
	case *sql.Grouping:
		return "grouping", 2
	case *sql.SubLink:
		switch x.Kind {
		case sql.Exists:
			return "exists", 2
		case sql.ArrayQ:
			return "array", 2
		case sql.ScalarQ:
			q := x.Query
			for q.SetOp != sql.NoSetOp {
				q = q.Left
			}
			if len(q.Targets) == 1 {
				if q.Targets[0].Name != "" {
					return q.Targets[0].Name, 2
				}
				return figureName(q.Targets[0].Expr)
			}
		}
	case *sql.Case:
		if n, s := figureName(x.Else); s > 1 {
			return n, s
		}
		return "case", 1
	case *sql.ArrayExpr:
		return "array", 2
	case *sql.Row:
		return "row", 2
	case *sql.Coalesce:
		return "coalesce", 2
	case *sql.MinMax:
		if x.Least {
			return "least", 2
		}
		return "greatest", 2
	case *sql.SQLValue:
		return x.Name, 2
	}
	return "", 0
}
