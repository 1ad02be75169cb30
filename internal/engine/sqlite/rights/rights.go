// Package rights is the one place where privileges and row-level security meet a query.
//
// Attach takes what analyze made and gives a Query, the sealed type that lower and exec work from: nobody can lower a statement whose
// tables have not been checked and policed for the role that runs it. On the way it inlines views (read with their owner's rights), rewrites
// changes of simple views to their tables, and inlines SQL functions, so that policies end up as plain conditions that indexes serve.
//
// Main types: Query. The order of work for each level of a query: views and functions are opened, privileges checked, policies attached, and
// then the queries inside it are treated alike, those that policies brought in among them.
//
// Invariants: a Query can only be made by Attach; a Rel is policed once and for one role; what a policy reads is read with the rights of
// whoever reads the policed table (PostgreSQL's rewrite/rowsecurity.c); error texts are PostgreSQL's.
package rights

import (
	"slices"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/analyze"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/tree"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// Query is a query with its rights attached. The zero value holds nothing and runs nothing.
type Query struct {
	tree *tree.Query
}

// Tree is the query. It is not to be changed.
func (q Query) Tree() *tree.Query { return q.tree }

// Attach checks that role may run q and attaches the policies that hold for it. q is used up. The result is valid for that role and catalog only.
// Errors are *fault.Error: 42501 for what is denied, 42P17 for policies or views that refer to themselves, 55000 and 0A000 for views that
// cannot be changed.
func Attach(cat *catalog.Catalog, role string, q *tree.Query) (Query, error) {
	a := &attacher{cat: cat, role: role, done: map[*tree.Query]bool{}}
	if err := a.names(q); err != nil {
		return Query{}, err
	}
	if err := a.first(a.query(q)); err != nil {
		return Query{}, err
	}
	return Query{q}, nil
}

// Expr is an expression with its rights attached: an argument of CALL, a default, a check, a trigger's condition.
type Expr struct {
	tree tree.Expr
}

// Tree is the expression. It is not to be changed.
func (e Expr) Tree() tree.Expr { return e.tree }

// AttachExpr is Attach for an expression outside a query.
func AttachExpr(cat *catalog.Catalog, role string, e tree.Expr) (Expr, error) {
	a := &attacher{cat: cat, role: role, done: map[*tree.Query]bool{}}
	if err := a.namesIn(e); err != nil {
		return Expr{}, err
	}
	e, err := a.expr(e)
	if err = a.first(err); err != nil {
		return Expr{}, err
	}
	return Expr{e}, nil
}

// AttachStored is AttachExpr for an expression that the catalog holds (a default, a check, a trigger's condition): the names in it were checked when it was made, the
// functions are called as role.
func AttachStored(cat *catalog.Catalog, role string, e tree.Expr) (Expr, error) {
	a := &attacher{cat: cat, role: role, done: map[*tree.Query]bool{}}
	e, err := a.expr(e)
	if err = a.first(err); err != nil {
		return Expr{}, err
	}
	return Expr{e}, nil
}

type attacher struct {
	cat       *catalog.Catalog
	role      string
	done      map[*tree.Query]bool // queries that have been treated: parts of expressions may be shared
	policed   []*catalog.Table     // tables whose policies' sub-queries are being opened
	views     []*catalog.Table     // views that are being opened
	inlined   []*catalog.Function  // functions that are being opened
	caller    string               // as whom functions are called here: the owner of the definer function that is being opened, "" the caller
	opened    int                  // how many views and functions were opened
	cascading bool                 // the view above has WITH CASCADED CHECK OPTION
	refused   error                // the first use of a table that its role has no right to
}

// first is the error of a statement that ended with err. PostgreSQL opens all views and policies before it looks at the rights to tables, so that one that refers to
// itself matters more than a right that lacks, and a right that lacks more than what comes later.
func (a *attacher) first(err error) error {
	if f := fault.As(err); a.refused == nil || f != nil && f.Code == fault.InvalidObjectDefinition {
		return err
	}
	return a.refused
}

// maxOpened bounds the views and functions that one statement may open: views that use each other twice double it at each level. More functions stay calls.
const maxOpened = 2000

// storedPath is the search path of stored expressions, whose names are qualified already save those of extensions.
var storedPath = []string{"public", "extensions"}

func denied(kind, name string) *fault.Error {
	return fault.New(fault.InsufficientPrivilege, "permission denied for %s %s", kind, name)
}

// as is the role that a Rel or a call is used as.
func (a *attacher) as(role string) string {
	if role == "" {
		return a.role
	}
	return role
}

// ---- what the statement itself names ----

// names checks the schemas of what the statement names. What views, policies and functions name was checked when they were made.
func (a *attacher) names(q *tree.Query) error {
	var err error
	tree.EachQuery(q, func(q *tree.Query) {
		rels := q.Rels
		if q.Target != nil {
			rels = append(slices.Clone(rels), q.Target)
		}
		for _, r := range rels {
			if err == nil && r.Kind == tree.TableRel && r.Table != nil && r.Role == "" {
				err = a.schema(r.Table.Schema, r.At-1)
			}
		}
		q.EachSlot(func(s *tree.Expr) {
			if err == nil {
				err = a.calls(*s)
			}
		})
	})
	return err
}

// namesIn is names for an expression outside a query.
func (a *attacher) namesIn(e tree.Expr) error {
	err := a.calls(e)
	tree.EachSubQuery(e, func(q *tree.Query) {
		if err == nil {
			err = a.names(q)
		}
	})
	return err
}

// calls checks the schemas of the functions that e calls, outside its sub-queries.
func (a *attacher) calls(e tree.Expr) error {
	var err error
	tree.Walk(e, func(e tree.Expr) bool {
		c, ok := e.(*tree.Call)
		switch {
		case !ok || c.Role != "" || err != nil:
		case c.User != nil:
			err = a.schema(c.User.Schema, int(c.Pos))
		case c.Fn != nil && c.Fn.Ext == vaultExtension:
			if x := a.cat.Extension(c.Fn.Ext); x != nil {
				err = a.schema(x.Schema, int(c.Pos))
			}
		}
		return err == nil
	})
	return err
}

// Named checks the schemas of the types that a statement names as the caller wrote it, and with all those of its tables and functions too: PostgreSQL looks names up
// before anything else, so that what cannot be resolved matters less than where it was looked for.
func Named(cat *catalog.Catalog, role string, stmt sql.Query, all bool) error {
	if r := cat.Role(role); r == nil || r.Super {
		return nil
	}
	a := &attacher{cat: cat, role: role}
	var err error
	sql.Walk(stmt, func(n sql.Node) bool {
		var name sql.Name
		switch n := n.(type) {
		case *sql.Cast:
			name = n.Type.Name
		case *sql.Table:
			name = n.Name
		case *sql.FuncCall:
			name = n.Name
		}
		if _, isType := n.(*sql.Cast); name.Schema != "" && err == nil && (isType || all) && cat.Schema(name.Schema) != nil {
			err = a.schema(name.Schema, int(name.Pos))
		}
		return err == nil
	})
	return err
}

// vaultExtension brings functions that decrypt: they are the only built-in ones that are kept from those who may not use their schema.
const vaultExtension = "supabase_vault"

// schema checks the right to look into a schema; pos is where it is named, -1 when that is not known.
func (a *attacher) schema(name string, pos int) error {
	if !a.cat.CanSchema(a.role, name, catalog.PrivUsage) {
		return denied("schema", name).At(pos)
	}
	return nil
}

// ---- one level of a query ----

func (a *attacher) query(q *tree.Query) error {
	if q == nil || a.done[q] {
		return nil
	}
	a.done[q] = true
	if q.Conflict != nil && q.Conflict.Excluded != nil {
		// Reading the proposed row needs the right to read the table's columns, but no policy.
		a.privileges(q.Conflict.Excluded)
	}
	if q.Target != nil {
		if err := a.target(q); err != nil {
			return err
		}
	}
	var tables []*tree.Rel
	for _, r := range q.Rels {
		policed, err := a.rel(r)
		if err != nil {
			return err
		}
		if policed {
			tables = append(tables, r)
		}
	}
	// In PostgreSQL's order, which decides what an endless recursion is told of: views and sub-queries, WITH, queries in expressions, policies.
	for _, r := range q.Rels {
		if r.Query == nil {
			continue
		}
		if err := a.relQuery(r); err != nil {
			return err
		}
	}
	for _, sub := range []*tree.Query{q.Source, q.Left, q.Right} {
		if err := a.query(sub); err != nil {
			return err
		}
	}
	for _, c := range q.CTEs {
		if err := a.query(c.Query); err != nil {
			return err
		}
	}
	if err := a.slots(q); err != nil {
		return err
	}
	for _, r := range tables {
		if err := a.police(q, r); err != nil {
			return err
		}
	}
	return nil
}

// relQuery treats the query of a Rel, knowing the view that it may be.
func (a *attacher) relQuery(r *tree.Rel) error {
	if r.Table != nil && r.Table.Kind == catalog.View {
		a.views = append(a.views, r.Table)
		defer func() { a.views = a.views[:len(a.views)-1] }()
	}
	return a.query(r.Query)
}

// slots treats every expression of the level: functions are opened and queries inside are attached to.
func (a *attacher) slots(q *tree.Query) error {
	// Policies were opened when they were attached.
	opened := map[*tree.Expr]bool{}
	for _, r := range q.Rels {
		for i := range r.Quals {
			opened[&r.Quals[i]] = true
		}
	}
	for i := range q.Checks {
		opened[&q.Checks[i].Expr] = true
	}
	var err error
	q.EachSlot(func(s *tree.Expr) {
		if err == nil && !opened[s] {
			*s, err = a.expr(*s)
		}
	})
	return err
}

// expr opens functions in e, checks the others, and treats the queries in it.
func (a *attacher) expr(e tree.Expr) (tree.Expr, error) {
	var err error
	out := tree.Map(e, func(x tree.Expr) tree.Expr {
		if err != nil {
			return x
		}
		switch c := x.(type) {
		case *tree.Call:
			var y tree.Expr
			if y, err = a.call(c); err == nil {
				return y
			}
		case *tree.Agg:
			if c.User != nil && !a.cat.CanExecute(a.role, c.User) {
				err = denied("aggregate", c.User.Name)
			}
		case *tree.SubLink:
			if err = a.query(c.Query); err == nil {
				return unwrap(c)
			}
		}
		return x
	})
	return out, err
}

// unwrap is what (select expression) without FROM amounts to.
func unwrap(l *tree.SubLink) tree.Expr {
	q := l.Query
	if l.Kind != sql.ScalarQ || len(q.Rels) > 0 || len(q.CTEs) > 0 || q.Where != nil || q.Aggregated || q.SetOp != sql.NoSetOp || q.Values != nil ||
		q.Limit != nil || q.Offset != nil || q.Command != tree.Select || len(q.Targets) != 1 || len(q.Windows) > 0 || q.GroupingSets != nil {
		return l
	}
	x := q.Targets[0].Expr
	if tree.Any(x, volatile) {
		return l // evaluated once, not once a row
	}
	return x
}

// volatile says whether an expression by itself may give another value each time.
func volatile(e tree.Expr) bool {
	switch e := e.(type) {
	case *tree.Call:
		return e.Fn != nil && e.Fn.Volatility == 'v' || e.User != nil && e.User.Volatility == 'v'
	case *tree.SubLink:
		found := false
		tree.WalkQuery(e.Query, func(x tree.Expr) bool {
			if c, ok := x.(*tree.Call); ok && volatile(c) {
				found = true
			}
			return !found
		})
		return found
	}
	return false
}

// ---- privileges ----

// rel checks the rights to a Rel and opens it; table says that it is one, whose policies are to be attached.
func (a *attacher) rel(r *tree.Rel) (table bool, err error) {
	switch {
	case r.Policed:
		return false, nil
	case r.Kind == tree.FunctionRel:
		return false, a.openFunctionRel(r)
	case r.Kind != tree.TableRel || r.Table == nil:
		return false, nil
	}
	a.privileges(r)
	if r.Table.Kind == catalog.View {
		return false, a.openView(r)
	}
	return true, nil
}

// privileges checks the noted uses of a table or view, in PostgreSQL's order, and notes the first that is refused.
func (a *attacher) privileges(r *tree.Rel) {
	role, t := a.as(r.Role), r.Table
	if t.Schema == "pg_catalog" || t.Schema == "information_schema" || a.refused != nil {
		return
	}
	refuse := func() {
		kind := "table"
		switch t.Kind {
		case catalog.View:
			kind = "view"
		case catalog.MatView:
			kind = "materialized view"
		case catalog.SequenceRel:
			kind = "sequence"
		}
		a.refused = denied(kind, t.Name)
	}
	if r.NeedsDelete && !a.cat.Can(role, t, catalog.PrivDelete) {
		refuse()
		return
	}
	// With nothing named, a right on any column will do.
	columns := func(set tree.ColumnSet, p catalog.Privilege) bool {
		if a.cat.Can(role, t, p) {
			return true
		}
		if set.WholeRow {
			for _, c := range t.Columns {
				if !a.cat.CanColumn(role, t, c, p) {
					return false
				}
			}
			return len(t.Columns) > 0
		}
		none := true
		for i, c := range t.Columns {
			if set.Has(i) {
				none = false
				if !a.cat.CanColumn(role, t, c, p) {
					return false
				}
			}
		}
		return !none || a.cat.CanAnyColumn(role, t, p)
	}
	if r.NeedsSelect && !columns(r.Read, catalog.PrivSelect) ||
		r.NeedsInsert && !columns(r.Inserted, catalog.PrivInsert) ||
		r.NeedsUpdate && !columns(r.Updated, catalog.PrivUpdate) ||
		r.Locked && !a.cat.CanAnyColumn(role, t, catalog.PrivUpdate) {
		refuse()
	}
}

// ---- views ----

// viewQuery is the query of a view with its owner's rights, or the reader's when the view says so.
func (a *attacher) viewQuery(r *tree.Rel) (*tree.Query, error) {
	v := r.Table
	if slices.Contains(a.views, v) {
		return nil, fault.New(fault.InvalidObjectDefinition, `infinite recursion detected in rules for relation "%s"`, v.Name)
	}
	if v.Query == nil {
		return nil, fault.Unsupported("view "+v.Name+" without a query", "")
	}
	if a.opened++; a.opened > maxOpened {
		return nil, fault.New(fault.StatementTooComplex, "stack depth limit exceeded").WithHint("The statement uses views %d times, those inside views included.", maxOpened)
	}
	env := &analyze.Env{Path: storedPath, Role: v.Owner, CallRole: a.caller, FixedParams: true, Stored: true}
	if v.SecurityInvoker {
		env.Role = r.Role // a view under a view is read as that view is
	}
	return analyze.Query(a.cat, env, v.Query)
}

func (a *attacher) openView(r *tree.Rel) error {
	q, err := a.viewQuery(r)
	if err != nil {
		return err
	}
	r.Kind, r.Query, r.Policed = tree.SubqueryRel, q, true
	return nil
}
