package analyze

import (
	"fmt"
	"slices"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/tree"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// Place is where in a statement an expression stands. It decides what is allowed there and how messages name it.
type Place uint8

// The places.
const (
	InOther Place = iota
	InSelect
	InWhere
	InOn
	InFromFunction
	InHaving
	InFilter
	InPartition
	InWindowOrder
	InFrame
	InInsert
	InUpdate
	InMergeWhen
	InGroupBy
	InOrderBy
	InDistinctOn
	InLimit
	InOffset
	InReturning
	InValues
	InValuesSingle // VALUES with one row as the source of an INSERT
	InCheck
	InDomainCheck
	InDefault
	InIndexExpr
	InIndexPredicate
	InPolicy
	InTrigger
	InGenerated
	InArgument // a CALL's argument
	InExecute  // an EXECUTE's argument
	InPartitionBound
)

func (p Place) String() string {
	switch p {
	case InSelect, InInsert:
		return "SELECT"
	case InWhere:
		return "WHERE"
	case InOn:
		return "JOIN conditions"
	case InFromFunction:
		return "functions in FROM"
	case InHaving:
		return "HAVING"
	case InFilter:
		return "FILTER"
	case InPartition:
		return "window PARTITION BY"
	case InWindowOrder:
		return "window ORDER BY"
	case InFrame:
		return "window RANGE"
	case InUpdate:
		return "UPDATE"
	case InMergeWhen:
		return "MERGE WHEN conditions"
	case InGroupBy:
		return "GROUP BY"
	case InOrderBy:
		return "ORDER BY"
	case InDistinctOn:
		return "DISTINCT ON"
	case InLimit:
		return "LIMIT"
	case InOffset:
		return "OFFSET"
	case InReturning:
		return "RETURNING"
	case InValues, InValuesSingle:
		return "VALUES"
	case InCheck, InDomainCheck:
		return "check constraints"
	case InDefault:
		return "DEFAULT expressions"
	case InIndexExpr:
		return "index expressions"
	case InIndexPredicate:
		return "index predicates"
	case InPolicy:
		return "policy expressions"
	case InTrigger:
		return "trigger WHEN conditions"
	case InGenerated:
		return "column generation expressions"
	case InArgument:
		return "CALL arguments"
	case InExecute:
		return "EXECUTE parameters"
	case InPartitionBound:
		return "partition bound"
	}
	return "this place"
}

// scope is one query level while it is analysed.
type scope struct {
	parent *scope
	place  Place // of the expression that is being analysed
	query  *tree.Query
	items  []*item     // what names mean at this point of the level, in order
	rels   []*tree.Rel // every Rel of the level, visible or not, for hints
	ctes   []*cte
	// withNames are the names of the level's WITH items, also of those that are not in reach yet.
	withNames []string
	selfRef   bool // a recursive query's own name is in FROM

	lateral   bool // analysing something that may look sideways
	inFrom    bool // analysing a sub-query in FROM
	windows   []*pendingWindow
	aggs      []*tree.Agg // aggregates that belong to this level
	hasAgg    bool
	hasSRF    bool
	hasWin    bool
	noSRF     string
	unknowns  bool             // leave outputs of unknown type as they are (the source of an INSERT)
	groupings []*tree.Grouping // whose arguments have not been found among what is grouped by
	grouped   bool             // GROUP BY has been analysed
}

// cte is a WITH item in reach of a scope.
type cte struct {
	name string
	tree *tree.CTE
	// recursing is set while the item's own query is analysed: its columns are those of the non-recursive term, nil before it is known.
	recursing bool
	selfRefs  int // or notUnion or modifies: it cannot refer to itself
	pos       sql.Pos
}

// Why a WITH item cannot refer to itself.
const (
	notUnion = -1
	modifies = -2
)

// item is a name that columns can be qualified with.
type item struct {
	alias       string
	table       *catalog.Table // for schema-qualified references
	rel         *tree.Rel      // nil for a join's alias
	columns     []column
	relVisible  bool // can qualify
	colsVisible bool // its columns are found unqualified
	lateralOnly bool // only in reach of LATERAL
	lateralOK   bool
	hasAlias    bool
}

type column struct {
	name string
	expr tree.Expr
}

func (a *analyzer) itemOf(r *tree.Rel) *item {
	it := &item{alias: r.Alias, rel: r, table: r.Table, relVisible: true, colsVisible: true}
	for i, c := range r.Columns {
		it.columns = append(it.columns, column{c.Name, &tree.Var{Rel: r, Col: i, Typ: c.Type}})
	}
	return it
}

// use is a fresh reference to a column: its Rels note that they are read.
func (a *analyzer) use(c column, pos sql.Pos) tree.Expr {
	tree.Walk(c.expr, func(e tree.Expr) bool {
		if v, ok := e.(*tree.Var); ok {
			a.markRead(v.Rel, v.Col)
		}
		return true
	})
	switch e := c.expr.(type) {
	case *tree.Var:
		n := *e
		return a.at(&n, pos)
	case *tree.Const:
		n := *e
		return a.at(&n, pos)
	case *tree.Param:
		n := *e
		return a.at(&n, pos)
	}
	return a.at(tree.Map(c.expr, func(e tree.Expr) tree.Expr {
		if v, ok := e.(*tree.Var); ok {
			n := *v
			return &n
		}
		return e
	}), pos)
}

func (a *analyzer) markRead(r *tree.Rel, col int) {
	if r.Table == nil {
		return
	}
	r.NeedsSelect = true
	if col < len(r.Table.Columns) {
		r.Read.Add(col)
	} else {
		r.Read.WholeRow = true // a system column needs the right on the whole table
	}
}

// systemColumns are the columns that every table has beside its own.
var systemColumns = map[string]oid{
	"ctid": catalog.TIDOID, "tableoid": catalog.OIDOID, "xmin": catalog.XIDOID, "xmax": catalog.XIDOID, "cmin": catalog.CIDOID, "cmax": catalog.CIDOID,
}

// columnIn finds a column of an item by name, system columns of tables among them.
func (a *analyzer) columnIn(it *item, name string, pos sql.Pos) (column, bool) {
	var found *column
	for i := range it.columns {
		if it.columns[i].name == name {
			if found != nil {
				a.fail(pos, fault.AmbiguousColumn, `column reference "%s" is ambiguous`, name)
			}
			found = &it.columns[i]
		}
	}
	if found != nil {
		return *found, true
	}
	t, ok := systemColumns[name]
	r := it.rel
	if !ok || r == nil || r.Kind != tree.TableRel || r.Table == nil || r.Table.Kind == catalog.View {
		return column{}, false
	}
	i := slices.IndexFunc(r.Columns, func(c tree.RelColumn) bool { return c.Name == name })
	if i < 0 {
		i = len(r.Columns)
		r.Columns = append(r.Columns, tree.RelColumn{Name: name, Type: plain(t)})
	}
	return column{name, &tree.Var{Rel: r, Col: i, Typ: plain(t)}}, true
}

// findColumn finds an unqualified column in the scopes from sc outwards. ok is false when there is none.
func (a *analyzer) findColumn(sc *scope, name string, pos sql.Pos) (column, bool) {
	for s := sc; s != nil; s = s.parent {
		var found *column
		for _, it := range s.items {
			if !it.colsVisible || it.lateralOnly && !s.lateral {
				continue
			}
			c, ok := a.columnIn(it, name, pos)
			if !ok {
				continue
			}
			if found != nil {
				a.fail(pos, fault.AmbiguousColumn, `column reference "%s" is ambiguous`, name)
			}
			a.checkLateral(it, pos)
			found = &c
		}
		if found != nil {
			return *found, true
		}
	}
	return column{}, false
}

func (a *analyzer) checkLateral(it *item, pos sql.Pos) {
	if !it.lateralOnly || it.lateralOK {
		return
	}
	a.raise(pos, fault.New(fault.InvalidColumnReference, `invalid reference to FROM-clause entry for table "%s"`, it.alias).
		WithDetail("The combining JOIN type must be INNER or LEFT for a LATERAL reference."))
}

// findItem finds what a qualifier means.
func (a *analyzer) findItem(sc *scope, schema, name string, pos sql.Pos) *item {
	for s := sc; s != nil; s = s.parent {
		var found *item
		for _, it := range s.items {
			if !it.relVisible || it.lateralOnly && !s.lateral {
				continue
			}
			if schema != "" {
				if it.hasAlias || it.table == nil || it.table.Schema != schema || it.table.Name != name {
					continue
				}
			} else if it.alias != name {
				continue
			}
			if found != nil {
				a.fail(pos, "42P09", `table reference "%s" is ambiguous`, name)
			}
			a.checkLateral(it, pos)
			found = it
		}
		if found != nil {
			return found
		}
	}
	return nil
}

// wholeRow is an item used as a value.
func (a *analyzer) wholeRow(it *item, pos sql.Pos) tree.Expr {
	if it.rel == nil {
		row := &tree.Row{Typ: plain(catalog.RecordOID)}
		for _, c := range it.columns {
			row.Args = append(row.Args, a.use(c, pos))
			row.Names = append(row.Names, c.name)
		}
		return a.at(row, pos)
	}
	r := it.rel
	typ := catalog.RecordOID
	switch {
	case r.Table != nil && r.Table.RowType != 0:
		typ = r.Table.RowType
		r.Read.WholeRow, r.NeedsSelect = true, true
	case r.Kind == tree.FunctionRel && len(r.Funcs) == 1 && !r.Ordinality:
		if r.Funcs[0].Scalar {
			return a.use(it.columns[0], pos)
		}
		if t := r.Funcs[0].Call.Type().OID; a.complex(t) {
			typ = t
		}
	}
	return a.at(&tree.WholeRow{Rel: r, Typ: plain(typ)}, pos)
}

// columnRef resolves a, t.a, s.t.a.
func (a *analyzer) columnRef(sc *scope, e *sql.ColumnRef, place Place) tree.Expr {
	if place == InDefault || place == InPartitionBound {
		what := map[Place]string{InDefault: "DEFAULT expression", InPartitionBound: "partition bound expression"}[place]
		if x := a.outside(e.Fields); x != nil {
			return a.at(x, e.Pos)
		}
		a.fail(e.Pos, fault.FeatureNotSupported, "cannot use column reference in %s", what)
	}
	if a.env.Names != nil && a.env.Conflict == VariableWins {
		if x := a.outside(e.Fields); x != nil {
			return a.at(x, e.Pos)
		}
	}
	x := a.findRef(sc, e, place)
	if a.env.Names != nil && a.env.Conflict != VariableWins {
		if v := a.outside(e.Fields); v != nil {
			if x == nil {
				return a.at(v, e.Pos)
			}
			if a.env.Conflict == ConflictError {
				a.raise(e.Pos, fault.New(fault.AmbiguousColumn, `column reference "%s" is ambiguous`, joinName(e.Fields)).
					WithDetail("It could refer to either a PL/pgSQL variable or a table column."))
			}
		}
	}
	if x != nil {
		return x
	}
	a.missing(sc, e)
	return nil
}

func joinName(fields []string) string {
	s := fields[0]
	for _, f := range fields[1:] {
		s += "." + f
	}
	return s
}

func (a *analyzer) outside(fields []string) tree.Expr {
	if a.env.Names == nil {
		return nil
	}
	for n := len(fields); n > 0; n-- {
		x := a.env.Names(fields[:n])
		if x == nil {
			continue
		}
		// What follows the name are fields of a composite.
		for _, f := range fields[n:] {
			if x = a.field(x, f, sql.NoPos); x == nil {
				return nil
			}
		}
		return x
	}
	return nil
}

func (a *analyzer) findRef(sc *scope, e *sql.ColumnRef, place Place) tree.Expr {
	fields := e.Fields
	if len(fields) == 1 {
		if c, ok := a.findColumn(sc, fields[0], e.Pos); ok {
			return a.use(c, e.Pos)
		}
		if it := a.findItem(sc, "", fields[0], e.Pos); it != nil {
			return a.wholeRow(it, e.Pos)
		}
		return nil
	}
	schema := ""
	if len(fields) == 4 {
		fields = fields[1:] // the database's name
	}
	if len(fields) == 3 {
		schema, fields = fields[0], fields[1:]
	}
	it := a.findItem(sc, schema, fields[0], e.Pos)
	if it == nil {
		return nil
	}
	if c, ok := a.columnIn(it, fields[1], e.Pos); ok {
		return a.use(c, e.Pos)
	}
	// t.f may be f(t).
	return a.columnFunction(sc, fields[1], a.wholeRow(it, e.Pos), e.Pos, place)
}

// missing raises the error for a name that means nothing.
func (a *analyzer) missing(sc *scope, e *sql.ColumnRef) {
	fields := e.Fields
	if len(fields) == 4 {
		fields = fields[1:]
	}
	switch len(fields) {
	case 1:
		a.missingColumn(sc, "", fields[0], e.Pos)
	case 2:
		if a.findItem(sc, "", fields[0], e.Pos) == nil {
			a.missingTable(sc, "", fields[0], e.Pos)
		}
		a.missingColumn(sc, fields[0], fields[1], e.Pos)
	case 3:
		if a.findItem(sc, fields[0], fields[1], e.Pos) == nil {
			a.missingTable(sc, fields[0], fields[1], e.Pos)
		}
		a.missingColumn(sc, fields[1], fields[2], e.Pos)
	}
	a.fail(e.Pos, fault.SyntaxError, "improper qualified name (too many dotted names): %s", joinName(e.Fields))
}

const maxFuzzy = 3 // PostgreSQL's MAX_FUZZY_DISTANCE

// missingColumn raises 42703 with PostgreSQL's guess of what was meant.
func (a *analyzer) missingColumn(sc *scope, table, name string, pos sql.Pos) {
	type match struct {
		alias, col string
		valid      bool
	}
	var first, second match
	var exact string
	best := maxFuzzy + 1
search:
	for s := sc; s != nil; s = s.parent {
		for _, r := range s.rels {
			penalty := 0
			if table != "" {
				penalty = levenshtein(table, r.Alias)
			}
			for i, c := range r.Columns {
				if r.Table != nil && i >= len(r.Table.Columns) {
					break
				}
				if c.Name == name && penalty == 0 {
					exact = r.Alias
					break search
				}
				if penalty > best {
					continue
				}
				d := levenshtein(c.Name, name)
				if d > len(name)/2 {
					continue
				}
				d += penalty
				switch {
				case d < best:
					best, first, second = d, match{r.Alias, c.Name, true}, match{}
				case d == best:
					switch {
					case second.valid:
						first, second = match{}, match{}
						best = d - 1
					case first.valid:
						second = match{r.Alias, c.Name, true}
					case d <= maxFuzzy:
						first = match{r.Alias, c.Name, true}
					}
				}
			}
		}
	}
	msg := fmt.Sprintf(`column "%s" does not exist`, name)
	if table != "" {
		msg = fmt.Sprintf("column %s.%s does not exist", table, name)
	}
	err := fault.New(fault.UndefinedColumn, "%s", msg)
	switch {
	case exact != "":
		err = err.WithHint(`There is a column named "%s" in table "%s", but it cannot be referenced from this part of the query.`, name, exact)
	case second.valid:
		err = err.WithHint(`Perhaps you meant to reference the column "%s.%s" or the column "%s.%s".`, first.alias, first.col, second.alias, second.col)
	case first.valid:
		err = err.WithHint(`Perhaps you meant to reference the column "%s.%s".`, first.alias, first.col)
	}
	a.raise(pos, err)
}

// missingTable raises 42P01 for a qualifier that is not in reach.
func (a *analyzer) missingTable(sc *scope, schema, name string, pos sql.Pos) {
	var known *tree.Rel
	target := a.cat.FindTable(a.path, sql.Name{Schema: schema, Name: name})
	var targetCTE *tree.CTE
	if schema == "" {
		if c := a.findCTE(sc, name); c != nil {
			targetCTE, target = c.tree, nil
		}
	}
	for s := sc; s != nil && known == nil; s = s.parent {
		for _, r := range s.rels {
			if targetCTE != nil && r.Kind == tree.CTERel && r.CTE == targetCTE || target != nil && r.Kind == tree.TableRel && r.Table == target || r.Alias == name {
				known = r
				break
			}
		}
	}
	if known == nil {
		a.fail(pos, fault.UndefinedTable, `missing FROM-clause entry for table "%s"`, name)
	}
	err := fault.New(fault.UndefinedTable, `invalid reference to FROM-clause entry for table "%s"`, name)
	if known.Alias != name {
		for s := sc; s != nil; s = s.parent {
			for _, it := range s.items {
				if it.rel == known && it.relVisible && !(it.lateralOnly && !s.lateral) {
					a.raise(pos, err.WithHint(`Perhaps you meant to reference the table alias "%s".`, known.Alias))
				}
			}
		}
	}
	a.raise(pos, err.WithHint(`There is an entry for table "%s", but it cannot be referenced from this part of the query.`, known.Alias))
}

// levenshtein is the edit distance in bytes with unit costs.
func levenshtein(s, t string) int {
	row := make([]int, len(t)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(s) {
		diag := row[0]
		row[0] = i + 1
		for j := range len(t) {
			up := row[j+1]
			cost := diag
			if s[i] != t[j] {
				cost++
			}
			row[j+1] = min(cost, up+1, row[j]+1)
			diag = up
		}
	}
	return row[len(t)]
}

// findCTE finds the WITH item of a name that is in reach.
func (a *analyzer) findCTE(sc *scope, name string) *cte {
	for s := sc; s != nil; s = s.parent {
		for i := len(s.ctes) - 1; i >= 0; i-- {
			if s.ctes[i].name == name {
				return s.ctes[i]
			}
		}
	}
	return nil
}

// starColumns are the columns of *, or of t.* when an item is given.
func (a *analyzer) starColumns(it *item, pos sql.Pos) []tree.Target {
	var out []tree.Target
	if it.rel != nil && it.rel.Table != nil && len(it.columns) == 0 {
		it.rel.NeedsSelect = true
	}
	for _, c := range it.columns {
		out = append(out, a.target(c.name, a.use(c, pos)))
	}
	return out
}

// target is an output column; it knows the table column that it shows.
func (a *analyzer) target(name string, e tree.Expr) tree.Target {
	t := tree.Target{Name: name, Expr: e}
	if v, ok := e.(*tree.Var); ok {
		r, col := v.Rel, v.Col
		for r.Kind == tree.SubqueryRel && r.Query != nil && col < len(r.Query.Targets) && r.Table == nil {
			inner := visible(r.Query.Targets)[col]
			iv, ok := inner.Expr.(*tree.Var)
			if !ok {
				return t
			}
			r, col = iv.Rel, iv.Col
		}
		if r.Table != nil && col < len(r.Table.Columns) {
			t.Table, t.Column = r.Table, col
		}
	}
	return t
}

// visible are the targets that are not junk.
func visible(ts []tree.Target) []tree.Target {
	n := 0
	for n < len(ts) && !ts[n].Junk {
		n++
	}
	return ts[:n]
}
