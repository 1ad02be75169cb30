// Package analyze is PostgreSQL's parse analysis: it turns syntax (package sql) into a resolved, typed query (package tree).
//
// Query does a statement, Expr a lone expression (a default, a check, a policy, a trigger's WHEN), Coerce a conversion. Env says in whose
// session: search path, parameters, names from outside. Inside, an analyzer walks the syntax with a scope per query level: scope.go finds
// names, resolve.go functions and operators, coerce.go conversions, expr.go, from.go, select.go and modify.go do the rest.
//
// Invariants: privileges and policies are not looked at, only noted as used (package rights decides); errors are PostgreSQL's in code, message,
// hint and place; nothing here reads a clock, a setting or data, so a tree may be kept for as long as its catalog.
package analyze

import (
	"fmt"
	"time"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/tree"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// Env is what a statement's names and parameters mean besides the catalog. The zero value is a session with search path public.
type Env struct {
	Path []string // search path; nil is public
	Role string   // as whom Rels are read; "" is the caller. See tree.Rel.
	// CallRole is as whom functions are called; "" is the caller. It differs from Role inside a view, whose owner reads but does not call.
	CallRole string

	// Params are the types of $1…; UnknownOID where it is to be inferred. Query fills in and appends what it infers unless FixedParams.
	Params      []tree.Type
	FixedParams bool

	// Names gives the meaning of a name from outside: a PL/pgSQL variable, an argument of an SQL function. It returns nil for what it does
	// not know; name.field of a composite need not be known. When a column of the same name is in reach, Conflict decides.
	Names    func(name []string) tree.Expr
	Conflict Conflict

	// Stored says that the text was resolved before, when it was stored (a view's query): a call that has become ambiguous by functions made
	// since means the older one, as it does in PostgreSQL's stored trees. Lone expressions are always taken so.
	Stored bool

	// Keys are filled in: the primary keys by which columns that are not grouped are allowed beside grouped ones.
	Keys []catalog.OID

	// Transition are the transition tables and row sets that a statement may read, by name.
	Transition map[string]*tree.Rel
}

// Conflict says what a name means that is both a column and known to Env.Names.
type Conflict uint8

// The resolutions.
const (
	ColumnWins Conflict = iota // an SQL function's argument
	ConflictError
	VariableWins
)

// Query resolves a statement. The error is a *fault.Error with PostgreSQL's code and message.
func Query(cat *catalog.Catalog, env *Env, q sql.Query) (out *tree.Query, err error) {
	a := newAnalyzer(cat, env)
	defer a.recover(&err)
	out = a.statement(nil, q)
	a.checkParams()
	return out, nil
}

// Expr resolves a lone expression whose columns are those of the Rels in scope, all of them visible without qualification.
func Expr(cat *catalog.Catalog, env *Env, e sql.Expr, scope ...*tree.Rel) (out tree.Expr, err error) {
	return ExprAs(cat, env, e, InOther, scope...)
}

// ExprAs is Expr with the place where the expression stands, for messages about what is not allowed there.
func ExprAs(cat *catalog.Catalog, env *Env, e sql.Expr, place Place, scope ...*tree.Rel) (out tree.Expr, err error) {
	a := newAnalyzer(cat, env)
	defer a.recover(&err)
	a.stored = true
	sc := a.relScope(scope)
	out = a.expr(sc, e, place)
	a.checkParams()
	return out, nil
}

// Condition is ExprAs for a boolean condition; what names it in messages: "argument of WHERE must be type boolean, not type integer".
func Condition(cat *catalog.Catalog, env *Env, e sql.Expr, place Place, what string, scope ...*tree.Rel) (out tree.Expr, err error) {
	a := newAnalyzer(cat, env)
	defer a.recover(&err)
	a.stored = true
	out = a.condition(a.relScope(scope), e, place, what)
	a.checkParams()
	return out, nil
}

// Assigned is ExprAs for a value that is stored in a column of type to, as a default is.
func Assigned(cat *catalog.Catalog, env *Env, e sql.Expr, place Place, column string, to tree.Type, scope ...*tree.Rel) (out tree.Expr, err error) {
	a := newAnalyzer(cat, env)
	defer a.recover(&err)
	a.stored = true
	out = a.assignTo(a.expr(a.relScope(scope), e, place), column, to, sql.NoPos)
	a.checkParams()
	return out, nil
}

// Coerce converts e. context is 'i' implicit, 'a' assignment, 'e' explicit cast, as pg_cast.castcontext. The error is 42846 when there is no way.
func Coerce(cat *catalog.Catalog, e tree.Expr, to tree.Type, context byte) (out tree.Expr, err error) {
	a := newAnalyzer(cat, nil)
	defer a.recover(&err)
	if out = a.coerce(e, to, context); out == nil {
		a.fail(sql.NoPos, fault.CannotCoerce, "cannot cast type %s to %s", a.typeName(e.Type().OID), a.typeName(to.OID))
	}
	return out, nil
}

// Operator is the call of the operator with that name on two expressions.
func Operator(cat *catalog.Catalog, env *Env, name string, l, r tree.Expr) (out tree.Expr, err error) {
	a := newAnalyzer(cat, env)
	defer a.recover(&err)
	return a.applyOperator("", name, []tree.Expr{l, r}, sql.NoPos), nil
}

// relScope is a scope in which the columns of rels are visible.
func (a *analyzer) relScope(rels []*tree.Rel) *scope {
	sc := &scope{query: &tree.Query{}}
	for _, r := range rels {
		sc.items = append(sc.items, a.itemOf(r))
		sc.rels = append(sc.rels, r)
		a.levels[r] = sc
	}
	return sc
}

// analyzer is one call of Query or Expr.
type analyzer struct {
	cat    *catalog.Catalog
	env    *Env
	path   []string
	stored bool                  // see Env.Stored
	pos    map[tree.Expr]sql.Pos // where an expression begins in the text
	levels map[*tree.Rel]*scope  // the level that a Rel belongs to
	depth  int
	// recursion is where a recursive query's name must not appear and the analysis now is: "an outer join"; "" elsewhere.
	recursion string
	params    []int // the numbers of the parameters used
	// consts are two sessions that differ in all that a constant's meaning may depend on: what both read alike is a constant.
	consts [2]*value.Env
}

func newAnalyzer(cat *catalog.Catalog, env *Env) *analyzer {
	if env == nil {
		env = &Env{}
	}
	a := &analyzer{cat: cat, env: env, path: env.Path, pos: map[tree.Expr]sql.Pos{}, levels: map[*tree.Rel]*scope{}}
	a.stored = env.Stored
	if a.path == nil {
		a.path = []string{"public"}
	}
	a.consts[0] = &value.Env{Types: cat, Now: time.Date(2001, 2, 3, 4, 5, 6, 7000, time.UTC), RegIn: a.regIn}
	a.consts[1] = &value.Env{Types: cat, Zone: time.FixedZone("", 5*3600+17*60), Now: time.Date(2007, 8, 9, 10, 11, 12, 13000, time.UTC), RegIn: a.regIn}
	return a
}

// abort unwinds the analysis of a statement; only fail raises it and only recover catches it. It keeps the many small steps of the analysis
// free of error plumbing.
type abort struct{ err error }

func (a *analyzer) recover(err *error) {
	if r := recover(); r != nil {
		x, ok := r.(abort)
		if !ok {
			panic(r)
		}
		*err = x.err
	}
}

func (a *analyzer) fail(pos sql.Pos, code, format string, args ...any) {
	a.raise(pos, fault.New(code, "%s", fmt.Sprintf(format, args...)))
}

func (a *analyzer) failHint(pos sql.Pos, code, hint, format string, args ...any) {
	a.raise(pos, fault.New(code, "%s", fmt.Sprintf(format, args...)).WithHint("%s", hint))
}

func (a *analyzer) raise(pos sql.Pos, err error) {
	if f := fault.As(err); f != nil {
		err = f.At(int(pos))
	}
	panic(abort{err})
}

// maxDepth bounds the nesting of expressions and queries, as PostgreSQL's stack limit does.
const maxDepth = 2000

func (a *analyzer) enter() {
	if a.depth++; a.depth > maxDepth {
		a.raise(sql.NoPos, fault.New(fault.StatementTooComplex, "stack depth limit exceeded").
			WithHint("The statement is nested too deeply."))
	}
}

func (a *analyzer) leave() { a.depth-- }

// at notes where e stands and returns it.
func (a *analyzer) at(e tree.Expr, pos sql.Pos) tree.Expr {
	if _, ok := a.pos[e]; !ok && pos >= 0 {
		a.pos[e] = pos
	}
	return e
}

// where is the place of e, NoPos when unknown.
func (a *analyzer) where(e tree.Expr) sql.Pos {
	if p, ok := a.pos[e]; ok {
		return p
	}
	return sql.NoPos
}

// checkParams refuses parameters whose type nothing has told.
func (a *analyzer) checkParams() {
	for _, p := range a.params {
		if a.env.Params[p-1].OID == catalog.UnknownOID {
			a.fail(sql.NoPos, fault.IndeterminateDatatype, "could not determine data type of parameter $%d", p)
		}
	}
}

// ViewColumns tells the columns of a view's query, for catalog.Env.ViewColumns.
func ViewColumns(cat *catalog.Catalog, s *sql.Select, path []string) ([]catalog.ViewColumnInfo, []catalog.OID, error) {
	env := &Env{Path: path, FixedParams: true}
	q, err := Query(cat, env, s)
	if err != nil {
		return nil, nil, err
	}
	var out []catalog.ViewColumnInfo
	for i, t := range visible(q.Targets) {
		c := catalog.ViewColumnInfo{Name: t.Name, Type: targetType(q, i)}
		if t.Table != nil {
			c.Table, c.Column = t.Table.OID, t.Table.Columns[t.Column].Name
		}
		out = append(out, c)
	}
	return out, env.Keys, nil
}
