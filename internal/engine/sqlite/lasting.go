package sqlite

import (
	"slices"
	"strconv"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/analyze"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/eval"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/exec"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/rights"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/tree"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// lasting is what a session keeps beside its settings: prepared statements, which no rollback takes back, and open cursors.
type lasting struct {
	prepared map[string]*prepared
	cursors  map[string]*cursor
}

// prepared is a statement of PREPARE. It is compiled again for each EXECUTE, which sees the catalog, role and path of its time.
type prepared struct {
	query   sql.Query
	params  []catalog.TypeRef
	columns []engine.Column // as they were when it was prepared
}

// kept is what the transaction's session keeps.
func (t *txn) kept() *lasting {
	if t.lasting == nil {
		t.lasting = &lasting{}
	}
	return t.lasting
}

func (t *txn) prepare(s *sql.Prepare) error {
	k := t.kept()
	env := &analyze.Env{Path: t.s.Path}
	for _, n := range s.Types {
		typ, err := t.s.Cat.FindType(t.s.Path, n)
		if err != nil {
			return err
		}
		env.Params = append(env.Params, typ)
	}
	q, err := analyze.Query(t.s.Cat, env, s.Query)
	if err != nil {
		return err
	}
	for i, p := range env.Params {
		if p.OID == catalog.UnknownOID || p.OID == 0 {
			return fault.New("42P18", "could not determine data type of parameter $%d", i+1)
		}
	}
	if k.prepared[s.Name] != nil {
		return fault.New("42P05", "prepared statement %q already exists", s.Name)
	}
	var columns exec.Program
	p := &prepared{query: s.Query, params: env.Params}
	for _, target := range q.Targets {
		if target.Junk {
			continue
		}
		c := exec.Column{Name: target.Name}
		if target.Expr != nil {
			c.Type = target.Expr.Type()
		} else {
			c.Type = columnType(q, len(columns.Columns))
		}
		columns.Columns = append(columns.Columns, c)
	}
	p.columns = t.columns(&columns)
	if k.prepared == nil {
		k.prepared = map[string]*prepared{}
	}
	k.prepared[s.Name] = p
	return t.sink.Done("PREPARE")
}

func (t *txn) execute(s *sql.Execute) error {
	p := t.kept().prepared[s.Name]
	if p == nil {
		return fault.New("26000", "prepared statement %q does not exist", s.Name)
	}
	if len(s.Args) != len(p.params) {
		return fault.New(fault.SyntaxError, "wrong number of parameters for prepared statement %q", s.Name).WithDetail("Expected %d parameters but got %d.", len(p.params), len(s.Args))
	}
	args := make([]value.Datum, len(s.Args))
	for i, e := range s.Args {
		var err error
		if args[i], err = t.argument(e, p.params[i], i); err != nil {
			return err
		}
	}
	prog, err := compile(t.s.Cat, t.s.Role, t.s.Path, slices.Clone(p.params), p.query)
	if err != nil {
		return err
	}
	if now := t.columns(prog); !slices.Equal(now, p.columns) {
		return fault.New(fault.FeatureNotSupported, "cached plan must not change result type")
	}
	return t.program(prog, args)
}

// argument computes argument i of an EXECUTE.
func (t *txn) argument(e sql.Expr, typ catalog.TypeRef, i int) (value.Datum, error) {
	x, err := analyze.ExprAs(t.s.Cat, &analyze.Env{Path: t.s.Path}, e, analyze.InExecute)
	if err != nil {
		return value.Null, err
	}
	to, err := analyze.Coerce(t.s.Cat, x, typ, 'a')
	if f := fault.As(err); f != nil && (f.Code == fault.CannotCoerce || f.Code == fault.DatatypeMismatch) {
		return value.Null, fault.New(fault.DatatypeMismatch, "parameter $%d of type %s cannot be coerced to the expected type %s", i+1, t.s.Cat.TypeString(x.Type()), t.s.Cat.TypeString(typ)).
			WithHint("You will need to rewrite or cast the expression.").At(int(sql.PosOf(e)))
	}
	if err != nil {
		return value.Null, err
	}
	attached, err := rights.AttachExpr(t.s.Cat, t.s.Role, to)
	if err != nil {
		return value.Null, err
	}
	compute, err := eval.Compile(t.s.Cat, attached.Tree(), eval.Options{})
	if err != nil {
		return value.Null, err
	}
	return compute(&eval.Frame{S: t.s})
}

func (t *txn) deallocate(s *sql.Deallocate) error {
	k := t.kept()
	if s.Name == "" {
		k.prepared = nil
		return t.sink.Done("DEALLOCATE ALL")
	}
	if k.prepared[s.Name] == nil {
		return fault.New("26000", "prepared statement %q does not exist", s.Name)
	}
	delete(k.prepared, s.Name)
	return t.sink.Done("DEALLOCATE")
}

// maxCursorRows is how many rows a cursor may hold, as any other statement that keeps rows.
const maxCursorRows = 5_000_000

// cursor is an open cursor. Its rows were computed when it was declared, so that it sees nothing of what is changed later.
type cursor struct {
	columns []engine.Column
	fields  []value.Field
	rows    [][]value.Datum
	err     error // what came after the rows
	pos     int64 // of the row that was fetched last, 0 before the first
	atEnd   bool  // behind the last row, which is the one at pos
	scroll  bool
	hold    bool
	stays   bool // the transaction that declared it is committed
	broken  bool // an error ended it
}

func (t *txn) declare(s *sql.DeclareCursor) error {
	k := t.kept()
	switch {
	case s.Scroll && s.NoScroll:
		return fault.New("42P11", "cannot specify both SCROLL and NO SCROLL")
	case s.Asensitive && s.Insensitive:
		return fault.New("42P11", "cannot specify both INSENSITIVE and ASENSITIVE")
	case s.Binary:
		return fault.Unsupported("DECLARE BINARY CURSOR", "")
	case s.Query.Into != nil:
		return fault.New("42P11", "SELECT INTO is not allowed here")
	case s.Query.With != nil && slices.ContainsFunc(s.Query.With.CTEs, func(c sql.CTE) bool { _, ok := c.Query.(*sql.Select); return !ok }):
		return fault.New(fault.FeatureNotSupported, "DECLARE CURSOR must not contain data-modifying statements in WITH")
	}
	if len(s.Query.Locking) > 0 {
		switch strength := s.Query.Locking[0].Strength; {
		case s.Hold:
			return fault.New(fault.FeatureNotSupported, "DECLARE CURSOR WITH HOLD ... %s is not supported", strength).WithDetail("Holdable cursors must be READ ONLY.")
		case s.Scroll:
			return fault.New(fault.FeatureNotSupported, "DECLARE SCROLL CURSOR ... %s is not supported", strength).WithDetail("Scrollable cursors must be READ ONLY.")
		case s.Insensitive:
			return fault.New("42P11", "DECLARE INSENSITIVE CURSOR ... %s is not valid", strength).WithDetail("Insensitive cursors must be READ ONLY.")
		}
	}
	prog, err := compile(t.s.Cat, t.s.Role, t.s.Path, nil, s.Query)
	if err != nil {
		return err
	}
	q, err := analyze.Query(t.s.Cat, &analyze.Env{Path: t.s.Path}, s.Query)
	if err != nil {
		return err
	}
	if !s.Hold && !t.block {
		return fault.New("25P01", "DECLARE CURSOR can only be used in transaction blocks")
	}
	if k.cursors[s.Name] != nil {
		return fault.New("42P03", "cursor %q already exists", s.Name)
	}
	c := &cursor{columns: t.columns(prog), scroll: s.Scroll || !s.NoScroll && goesBack(q), hold: s.Hold}
	env := t.s.Env()
	for _, col := range prog.Columns {
		c.fields = append(c.fields, value.Field{Name: col.Name, Type: col.Type, Ops: env.Ops(col.Type.OID)})
	}
	_, c.err = prog.Run(t.s, nil, func(r exec.Row) error {
		if len(c.rows) >= maxCursorRows {
			return fault.New(fault.ProgramLimit, "a cursor holds more than %d rows", maxCursorRows)
		}
		row := make([]value.Datum, len(c.fields))
		for i := range row {
			row[i] = r.Datum(i)
		}
		c.rows = append(c.rows, row)
		return nil
	})
	if c.err != nil && fault.As(c.err) == nil {
		return c.err
	}
	if k.cursors == nil {
		k.cursors = map[string]*cursor{}
	}
	k.cursors[s.Name] = c
	return t.sink.Done("DECLARE CURSOR")
}

// goesBack says whether PostgreSQL's plan of a query can be read backwards where nothing is said of SCROLL: what is sorted can, and the scan of one thing.
func goesBack(q *tree.Query) bool {
	switch {
	case len(q.Locking) > 0 || q.Distinct:
		return false
	case len(q.OrderBy) > 0 || len(q.Values) > 1:
		return true
	case q.SetOp == sql.Union && q.All:
		return goesBack(q.Left) && goesBack(q.Right)
	case q.SetOp != sql.NoSetOp || q.Aggregated || len(q.Windows) > 0 || len(q.From) != 1:
		return false
	}
	it, ok := q.From[0].(*tree.RelItem)
	return ok && (it.Rel.Query == nil || it.Rel.Kind != tree.SubqueryRel || goesBack(it.Rel.Query))
}

func (t *txn) fetch(s *sql.Fetch) error {
	c := t.kept().cursors[s.Cursor]
	if c == nil {
		return fault.New("34000", "cursor %q does not exist", s.Cursor)
	}
	if c.broken {
		return fault.New("55000", "portal %q cannot be run", s.Cursor)
	}
	rows, err := c.fetch(s)
	if err != nil {
		c.broken = true
		return err
	}
	if !s.Move {
		if err := t.sink.Begin(c.columns); err != nil {
			return err
		}
		for _, row := range rows {
			if err := t.sink.Row(&datumRow{env: t.s.Env(), fields: c.fields, values: row}); err != nil {
				return err
			}
		}
	}
	return t.sink.Done(s.Verb() + " " + strconv.Itoa(len(rows)))
}

// fetch moves the cursor, and gives the rows that a FETCH tells.
func (c *cursor) fetch(s *sql.Fetch) ([][]value.Datum, error) {
	n, all := s.Count, s.Count == sql.FetchAll
	switch s.Direction {
	case sql.FetchForward, sql.FetchBackward:
		forward := s.Direction == sql.FetchForward
		if n < 0 {
			forward, n = !forward, -n
		}
		switch {
		case n == 0:
			return c.again(s.Move)
		case forward:
			return c.ahead(n, all)
		}
		return c.back(n, all)
	case sql.FetchAbsolute:
		if n < 0 {
			if _, err := c.ahead(0, true); err != nil {
				return nil, err
			}
			return c.backTo(-n)
		}
		// Where the cursor is, a row behind the last one counts.
		if at := c.pos + map[bool]int64{true: 1}[c.atEnd]; n <= at && at > 0 {
			if !c.scroll {
				return nil, errForward()
			}
			c.pos, c.atEnd = max(0, n-1), false
		} else if n > at+1 {
			if _, err := c.ahead(n-at-1, false); err != nil {
				return nil, err
			}
		}
		if n == 0 {
			return nil, nil
		}
		return c.ahead(1, false)
	}
	switch { // RELATIVE
	case n == 0:
		return c.again(s.Move)
	case n < 0:
		return c.backTo(-n)
	case n > 1:
		if _, err := c.ahead(n-1, false); err != nil {
			return nil, err
		}
	}
	return c.ahead(1, false)
}

func errForward() error {
	return fault.New("55000", "cursor can only scan forward").WithHint("Declare it with SCROLL option to enable backward scan.")
}

// ahead passes n rows, or all.
func (c *cursor) ahead(n int64, all bool) ([][]value.Datum, error) {
	if c.atEnd {
		return nil, nil
	}
	from, left := c.pos, int64(len(c.rows))-c.pos
	if all || n > left {
		if c.err != nil {
			return nil, c.err
		}
		c.pos, c.atEnd = from+left, true
	} else {
		c.pos += n
	}
	return c.rows[from:c.pos], nil
}

// back passes n rows, or all, backwards.
func (c *cursor) back(n int64, all bool) ([][]value.Datum, error) {
	if !c.scroll {
		return nil, errForward()
	}
	end := c.pos // the first row that is passed is the one before this
	if !c.atEnd {
		end--
	}
	if end < 0 {
		return nil, nil
	}
	first := max(0, end-n)
	if all {
		first = 0
	}
	out := slices.Clone(c.rows[first:end])
	slices.Reverse(out)
	c.pos, c.atEnd = first+1, false
	if all || n > end {
		c.pos = 0
	}
	return out, nil
}

// backTo passes n rows backwards and gives the last of them.
func (c *cursor) backTo(n int64) ([][]value.Datum, error) {
	if n > 1 {
		if _, err := c.back(n-1, false); err != nil {
			return nil, err
		}
	}
	return c.back(1, false)
}

// again gives the row that the cursor is on.
func (c *cursor) again(move bool) ([][]value.Datum, error) {
	if c.pos == 0 || c.atEnd {
		return nil, nil
	}
	if !c.scroll && !move {
		return nil, errForward()
	}
	return c.rows[c.pos-1 : c.pos], nil
}

func (t *txn) closeCursor(s *sql.CloseCursor) error {
	k := t.kept()
	if s.Name == "" {
		k.cursors = nil
		return t.sink.Done("CLOSE CURSOR ALL")
	}
	if k.cursors[s.Name] == nil {
		return fault.New("34000", "cursor %q does not exist", s.Name)
	}
	delete(k.cursors, s.Name)
	return t.sink.Done("CLOSE CURSOR")
}

// ended closes the cursors that end with a transaction: all without WITH HOLD, and those that it declared if it was rolled back.
func (k *lasting) ended(committed bool) {
	for name, c := range k.cursors {
		c.stays = c.stays || committed && c.hold
		if !c.stays {
			delete(k.cursors, name)
		}
	}
}

// marked gives what closes the cursors that are declared from now on.
func (k *lasting) marked() (undo func()) {
	if k == nil {
		return func() {}
	}
	open := map[*cursor]bool{}
	for _, c := range k.cursors {
		open[c] = true
	}
	return func() {
		for name, c := range k.cursors {
			if !open[c] {
				delete(k.cursors, name)
			}
		}
	}
}
