package lower

import (
	"strconv"
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/layout"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/tree"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// from lowers the FROM clause. It also returns the conditions that must hold for every row: the security quals that no outer join keeps inside.
func (l *lowerer) from(q *tree.Query) (string, []string) {
	inner := map[*tree.Rel]bool{}
	for _, r := range q.Rels {
		inner[r] = true
	}
	f := fromClause{l: l, q: q}
	var items []string
	var quals []*tree.Rel
	for _, it := range q.From {
		s, up := f.item(it, false)
		quals = append(quals, up...)
		if s == "" {
			continue // inlined
		}
		if j, ok := it.(*tree.Join); ok && len(items) > 0 && f.outer(j) {
			s = "(" + s + ")"
		}
		items = append(items, s)
	}
	var where []string
	wide := l.wide(q)
	for _, r := range quals {
		one := r.Kind == tree.TableRel && keyFixed(r, q.Where)
		for _, e := range r.Quals {
			switch {
			case one:
				e = asExists(e)
			case wide:
				e = l.asIn(q, e)
			}
			where = append(where, l.expr(e))
		}
	}
	where = append(where, f.where...)
	if len(items) == 0 {
		return "", where
	}
	return " FROM " + strings.Join(items, " JOIN "), where
}

type fromClause struct {
	l     *lowerer
	q     *tree.Query
	where []string
}

// outer says whether a RIGHT or FULL join is in j: it may not be mixed with the joins before it without parentheses.
func (f *fromClause) outer(i tree.FromItem) bool {
	j, ok := i.(*tree.Join)
	return ok && (j.Kind == sql.RightJoin || j.Kind == sql.FullJoin || f.outer(j.Left) || f.outer(j.Right))
}

// item lowers an item of FROM; nullable says that a join around it may make its rows NULL. It returns the Rels whose quals the surrounding must
// apply, and "" when nothing is left to read.
func (f *fromClause) item(it tree.FromItem, nullable bool) (string, []*tree.Rel) {
	switch it := it.(type) {
	case *tree.RelItem:
		return f.rel(it.Rel, nullable, nil)
	case *tree.Join:
		return f.join(it, nullable)
	}
	panic("lower: unknown item of FROM")
}

func (f *fromClause) join(j *tree.Join, nullable bool) (string, []*tree.Rel) {
	l := f.l
	leftNull := nullable || j.Kind == sql.RightJoin || j.Kind == sql.FullJoin
	rightNull := nullable || j.Kind == sql.LeftJoin || j.Kind == sql.FullJoin
	left, leftQuals := f.item(j.Left, leftNull)
	var right string
	var rightQuals []*tree.Rel
	if r, ok := j.Right.(*tree.RelItem); ok {
		right, rightQuals = f.rel(r.Rel, rightNull, j)
	} else {
		right, rightQuals = f.item(j.Right, rightNull)
	}
	if _, ok := j.Right.(*tree.Join); ok && right != "" {
		right = "(" + right + ")"
	}
	var on []string
	var up []*tree.Rel
	switch j.Kind {
	case sql.InnerJoin:
		up = append(leftQuals, rightQuals...)
	case sql.LeftJoin:
		up = leftQuals
		for _, r := range rightQuals {
			on = append(on, l.quals(r)...)
		}
	case sql.RightJoin:
		up = rightQuals
		for _, r := range leftQuals {
			on = append(on, l.quals(r)...)
		}
	case sql.FullJoin:
		// Neither side's quals may stand in the condition: a row that fails them would still come out alone. They are inside already.
		if len(leftQuals)+len(rightQuals) > 0 {
			l.fail(fault.Unsupported("FULL JOIN of joined tables with row-level security", ""))
		}
	}
	if right == "" {
		// A one-row sub-query that became part of the expressions; its condition is TRUE.
		return left, up
	}
	if j.On != nil {
		on = append(on, l.guarded(j.On, f.readers(j))...)
	}
	if left == "" {
		f.where = append(f.where, on...)
		return right, up
	}
	word := map[sql.JoinKind]string{sql.InnerJoin: " JOIN ", sql.LeftJoin: " LEFT JOIN ", sql.RightJoin: " RIGHT JOIN ", sql.FullJoin: " FULL JOIN "}[j.Kind]
	s := left + word + right
	if len(on) > 0 {
		s += " ON " + strings.Join(on, " AND ")
	} else if j.Kind != sql.InnerJoin {
		s += " ON 1"
	}
	return s, up
}

// readers are the Rels below j that have quals.
func (f *fromClause) readers(it tree.FromItem) []*tree.Rel {
	switch it := it.(type) {
	case *tree.RelItem:
		if len(it.Rel.Quals) > 0 {
			return []*tree.Rel{it.Rel}
		}
	case *tree.Join:
		return append(f.readers(it.Left), f.readers(it.Right)...)
	}
	return nil
}

// quals lowers the security quals of a Rel.
func (l *lowerer) quals(r *tree.Rel) []string {
	var out []string
	for _, e := range r.Quals {
		out = append(out, l.expr(e))
	}
	return out
}

// rel lowers a Rel. join is the join whose right side it is, nil for none.
func (f *fromClause) rel(r *tree.Rel, nullable bool, join *tree.Join) (string, []*tree.Rel) {
	l := f.l
	ref := &relRef{alias: l.name("t"), nullable: nullable}
	as := " AS " + quote(ref.alias)
	var quals []*tree.Rel
	if len(r.Quals) > 0 {
		quals = []*tree.Rel{r}
	}
	switch r.Kind {
	case tree.TableRel:
		ref.table = r.Table
		l.rels[r] = ref
		name := layout.TableName(r.Table.Schema, r.Table.Name)
		if len(r.Quals) > 0 && f.insideFull(r) {
			return "(SELECT * FROM " + name + as + " WHERE " + strings.Join(l.quals(r), " AND ") + ")" + as, nil
		}
		return name + as, quals
	case tree.SubqueryRel, tree.ValuesRel:
		if f.dependsOnSiblings(r) {
			if onlyRow(r.Query) && (join == nil || trueOn(join) && (join.Kind == sql.InnerJoin || join.Kind == sql.LeftJoin)) && f.usedOnce(r) {
				ref.inline = r.Query
				l.rels[r] = ref
				return "", nil
			}
			// SQLite has no LATERAL: the rows are packed by an aggregate and unpacked by a table-valued function, types and all.
			n := len(r.Columns)
			k := l.fragmentBind(Fragment{Kind: UnpackFragment, Rel: r})
			s := "pg_set(" + k + ", (SELECT pg_pack(" + columns(n) + ") FROM (" + l.query(r.Query, false) + ")))" + as
			l.rels[r] = ref
			return s, quals
		}
		s := "(" + l.query(r.Query, false) + ")"
		if volatileQuery(r.Query) {
			s = "(WITH once AS MATERIALIZED " + s + " SELECT * FROM once)" // one value per row, used or not, as PostgreSQL does
		}
		s += as
		l.rels[r] = ref
		return s, quals
	case tree.FunctionRel:
		s := l.setCall(r.Funcs, r)
		switch {
		case !r.Lateral:
			// A system relation: as a sub-query that SQLite keeps as a table of its own, which joins can index. LIMIT stops it from dissolving the sub-query.
			s = "(SELECT " + columns(len(r.Columns)) + " FROM " + s + " LIMIT -1)"
		case (len(f.q.Rels) > 1 || l.depth > 1) && f.calledOnce(r):
			// PostgreSQL keeps the rows of a function, however often the join or the query around it reads them.
			s = "(WITH once AS MATERIALIZED (SELECT " + columns(max(1, len(r.Columns))) + " FROM " + s + ") SELECT * FROM once)"
		}
		l.rels[r] = ref
		return s + as, quals
	case tree.CTERel:
		l.rels[r] = ref
		if name, ok := l.ctes[r.CTE]; ok {
			return quote(name) + as, quals
		}
		return "pg_set(" + l.fragmentBind(Fragment{Kind: GivenFragment, Rel: r}) + ")" + as, quals
	case tree.TransitionRel:
		l.rels[r] = ref
		return "pg_set(" + l.fragmentBind(Fragment{Kind: GivenFragment, Rel: r}) + ")" + as, quals
	}
	return l.fail(fault.New(fault.Internal, "lower: Rel kind %d in FROM", r.Kind)), nil
}

func trueOn(j *tree.Join) bool {
	if j.On == nil {
		return true
	}
	c, ok := j.On.(*tree.Const)
	return ok && c.Value.IsTrue()
}

// insideFull says whether a FULL JOIN of the query's FROM has r below it.
func (f *fromClause) insideFull(r *tree.Rel) bool {
	var in func(it tree.FromItem, full bool) bool
	in = func(it tree.FromItem, full bool) bool {
		switch it := it.(type) {
		case *tree.RelItem:
			return full && it.Rel == r
		case *tree.Join:
			full = full || it.Kind == sql.FullJoin
			return in(it.Left, full) || in(it.Right, full)
		}
		return false
	}
	for _, it := range f.q.From {
		if in(it, false) {
			return true
		}
	}
	return false
}

// dependsOnSiblings says whether the sub-query of r refers to Rels of the same FROM.
func (f *fromClause) dependsOnSiblings(r *tree.Rel) bool {
	siblings := map[*tree.Rel]bool{}
	for _, s := range f.q.Rels {
		siblings[s] = true
	}
	found := false
	tree.WalkQuery(r.Query, func(e tree.Expr) bool {
		switch e := e.(type) {
		case *tree.Var:
			found = found || siblings[e.Rel]
		case *tree.WholeRow:
			found = found || siblings[e.Rel]
		}
		return !found
	})
	return found
}

// calledOnce says whether the functions of r are worth keeping the rows of and have the same arguments for all rows of the rest.
func (f *fromClause) calledOnce(r *tree.Rel) bool {
	costly := false
	for _, c := range r.Funcs {
		costly = costly || isVolatile(c.Call) || tree.Any(c.Call, func(e tree.Expr) bool { c, ok := e.(*tree.Call); return ok && c.User != nil })
		for _, s := range f.q.Rels {
			if uses(c.Call, s) {
				return false
			}
		}
	}
	return costly
}

// onlyRow says whether q surely yields exactly one row: an aggregate without grouping.
func onlyRow(q *tree.Query) bool {
	return q.Command == tree.Select && q.SetOp == sql.NoSetOp && q.Values == nil && len(q.CTEs) == 0 && q.Aggregated && len(q.GroupBy) == 0 && q.GroupingSets == nil &&
		q.Having == nil && q.Limit == nil && q.Offset == nil && !volatileQuery(q)
}

// usedOnce says whether at most one column of r is used, and in one place: the sub-query can then stand there.
func (f *fromClause) usedOnce(r *tree.Rel) bool {
	n := 0
	tree.WalkQuery(f.q, func(e tree.Expr) bool {
		switch e := e.(type) {
		case *tree.Var:
			if e.Rel == r {
				n++
			}
		case *tree.WholeRow:
			if e.Rel == r {
				n += 2
			}
		}
		return true
	})
	return n <= 1
}

// setCall calls functions as rows of FROM.
func (l *lowerer) setCall(funcs []tree.FuncCallRel, r *tree.Rel) string {
	var args []tree.Expr
	calls := make([]tree.FuncCallRel, len(funcs))
	volatile := false
	for i, fn := range funcs {
		calls[i] = fn
		volatile = volatile || isVolatile(fn.Call)
		if branchReads(fn.Call) { // as everywhere: SQL's own form computes the branch that is taken
			args = append(args, fn.Call)
			calls[i].Call = ArgParam(len(args)-1, fn.Call.Type())
			continue
		}
		calls[i].Call = l.cutArgs(fn.Call, &args)
	}
	var b strings.Builder
	b.WriteString("pg_set(" + l.fragmentBind(Fragment{Kind: SetFragment, Rel: r, Calls: calls, Volatile: volatile}))
	for _, a := range args {
		b.WriteString(", " + l.expr(a))
	}
	if len(args) > MaxSetArgs {
		l.fail(fault.New(fault.StatementTooComplex, "too many values are used in a function in FROM"))
	}
	return b.String() + ")"
}

// MaxSetArgs is how many arguments pg_set takes beside the handle, and MaxSetColumns how many columns it has.
const (
	MaxSetArgs    = 40
	MaxSetColumns = 400
)

// relColumn writes a column of a Rel.
func (l *lowerer) relColumn(ref *relRef, r *tree.Rel, col int) string {
	switch {
	case ref.inline != nil:
		q := *ref.inline
		q.Targets = []tree.Target{visible(ref.inline)[col]}
		q.OrderBy = nil
		return "(" + l.query(&q, false) + ")"
	case ref.subst != nil:
		return l.expr(ref.subst[col])
	case ref.table != nil:
		if col == CtidColumn {
			return quote(ref.alias) + `."ctid"`
		}
		if col >= len(ref.table.Columns) {
			switch r.Columns[col].Name {
			case "ctid":
				return "('(0,' || " + quote(ref.alias) + `."ctid" || ')')`
			case "tableoid":
				return strconv.Itoa(int(ref.table.OID))
			}
			return "0" // transactions have no numbers here
		}
		return quote(ref.alias) + "." + quote(ref.table.Columns[col].Name)
	}
	return quote(ref.alias) + "." + column(col)
}
