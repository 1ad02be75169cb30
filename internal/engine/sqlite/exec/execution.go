package exec

import (
	"slices"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/builtin"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/eval"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/lower"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/tree"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// Session is the running transaction of a caller. See eval.Session.
type Session = eval.Session

// TriggerData is what a trigger function is told.
type TriggerData = eval.TriggerData

// execution is the executor's state in a Session.
type execution struct {
	s   *Session
	err error // what a callback failed with, for the statement that called it

	// fragments are those of the statements that are running, by handle. They come and go as a stack, except that a statement which ends before one that
	// began after it leaves a hole.
	fragments []*fragmentRun

	given    map[string][][]value.Datum // transition tables and row sets in reach, by name
	ctes     map[*tree.CTE][][]value.Datum
	queue    []event // AFTER ROW events of the statements under way, innermost last
	deferred []event // checks that wait for the end of the transaction
	// constraints holds SET CONSTRAINTS: true is deferred. Under "" what ALL was set to.
	constraints map[string]bool

	sequences map[catalog.OID]*sequenceState
	lastSeq   catalog.OID
	drawn     map[catalog.OID]int64 // by the session's transactions before
	parts     bool                  // the statement under way has several data-modifying parts
	depth     int                   // Program.Run calls under way
	inside    int                   // callbacks of SQLite that run inside each other
}

// executionOf is the executor's state of a session, made when there is none.
func executionOf(s *Session) *execution {
	if x, ok := s.Exec.(*execution); ok && x.s == s {
		return x
	}
	x := &execution{s: s}
	s.Exec = x
	s.NextVal, s.CurrVal, s.LastVal, s.SetVal, s.SeqState = x.askNextVal, x.currVal, x.lastVal, x.setVal, x.seqState
	if s.RegIn == nil {
		s.RegIn, s.RegOut = x.regIn, x.regOut
	}
	return x
}

// Clear forgets all that the executor keeps of a session, whose transaction has ended.
func Clear(s *Session) {
	if x, ok := s.Exec.(*execution); ok {
		*x = execution{s: s}
	}
}

func (x *execution) maxRows() int {
	if x.s.MaxRows > 0 {
		return x.s.MaxRows
	}
	return eval.DefaultMaxRows
}

// fragment is the one with that handle, nil if there is none.
func (x *execution) fragment(handle int64) *fragmentRun {
	if handle < 0 || handle >= int64(len(x.fragments)) {
		return nil
	}
	return x.fragments[handle]
}

// fragmentRun is a fragment of a running statement.
type fragmentRun struct {
	*fragment
	frame eval.Frame
}

// fragment is a compiled lower.Fragment.
type fragment struct {
	spec           lower.Fragment
	closure        eval.Closure    // ScalarFragment
	place          *eval.Place     // AggFragment, WindowFragment
	argOps, keyOps []*value.Ops    // AggFragment, where it sorts; WindowFragment: keyOps
	takes          []eval.Closure  // AggFragment, WindowFragment: what the function takes; nil for the arguments as they come
	inRange        builtin.InRange // WindowFragment, of a frame with offsets of values
	recursion      *recursion      // RecursionFragment
	sets           []setCall       // SetFragment
	own            *ownCode        // AggFragment, WindowFragment of an aggregate of the project
}

func compileFragment(cat *catalog.Catalog, spec lower.Fragment, o eval.Options) (*fragment, error) {
	f := &fragment{spec: spec}
	env := &value.Env{Types: cat}
	switch spec.Kind {
	case lower.ScalarFragment:
		var err error
		f.closure, err = eval.Compile(cat, spec.Expr, o)
		return f, err
	case lower.AggFragment:
		a := spec.Agg
		if err := runnable(a); err != nil {
			return nil, err
		}
		args := a.Args
		if len(args) == 0 {
			for _, k := range a.OrderBy {
				args = append(args, k.Expr)
			}
		}
		f.place = eval.NewPlace(cat, args, a.Typ)
		var err error
		if f.own, err = compileOwn(cat, a.Own, o); err != nil {
			return nil, err
		}
		if err := f.compileTakes(cat, o); err != nil {
			return nil, err
		}
		for _, e := range a.Args {
			o := env.Ops(e.Type().OID)
			if o == nil {
				return nil, fault.Unsupported("DISTINCT over the type "+cat.TypeString(e.Type()), "")
			}
			f.argOps = append(f.argOps, o)
		}
		for _, k := range a.OrderBy {
			o := env.Ops(k.Expr.Type().OID)
			if o == nil {
				return nil, fault.Unsupported("ORDER BY the type "+cat.TypeString(k.Expr.Type()), "")
			}
			f.keyOps = append(f.keyOps, o)
		}
	case lower.WindowFragment:
		return f, f.compileWindow(cat, o)
	case lower.SetFragment:
		for _, c := range spec.Calls {
			sc, err := compileSet(cat, c, spec.Rel, o)
			if err != nil {
				return nil, err
			}
			f.sets = append(f.sets, sc)
		}
	}
	return f, nil
}

// runnable refuses an aggregate that only PostgreSQL has.
func runnable(a *tree.Agg) error {
	switch {
	case a.Own != nil:
		return nil
	case a.Fn == nil:
		return fault.Unsupported("a user-defined aggregate", "").At(int(a.Pos))
	case a.Fn.Agg == nil:
		return fault.Unsupported("the aggregate "+a.Fn.Name, "").At(int(a.Pos))
	}
	return nil
}

// compileTakes compiles what the function takes of each row, unless that is what SQL gives.
func (f *fragment) compileTakes(cat *catalog.Catalog, o eval.Options) (err error) {
	for i, e := range f.spec.AggArgs {
		if p, ok := e.(*tree.Param); !ok || p.Number != -1-i {
			f.takes, err = eval.CompileAll(cat, f.spec.AggArgs, o)
			return err
		}
	}
	return nil
}

// setCall is one compiled function of a Rel.
type setCall struct {
	fn        *builtin.Func     // a set-returning built-in
	user      *catalog.Function // a set-returning function of the project
	args      []eval.Closure
	place     *eval.Place
	value     eval.Closure // a function that yields one value
	composite *value.Ops   // the value's fields are the columns
	count     int
	record    *recordset // json_to_recordset and its kin, which are told their columns by the Rel
	strict    bool
}

// hasOuts says whether a function has OUT or TABLE parameters.
func hasOuts(fn *catalog.Function) bool {
	return slices.ContainsFunc(fn.Params, func(p catalog.Param) bool {
		return p.Mode == sql.OutArg || p.Mode == sql.InOutArg || p.Mode == sql.TableArg
	})
}

func compileSet(cat *catalog.Catalog, c tree.FuncCallRel, r *tree.Rel, o eval.Options) (setCall, error) {
	sc := setCall{count: c.Count}
	e := c.Call
	for {
		if rl, ok := e.(*tree.Relabel); ok {
			e = rl.X
			continue
		}
		break
	}
	call, isCall := e.(*tree.Call)
	if isCall && call.User != nil {
		told := *call
		var columns []tree.RelColumn
		if r != nil && !c.Scalar && call.Typ.OID == catalog.RecordOID && !hasOuts(call.User) {
			columns = r.Columns[c.First : c.First+c.Count]
		}
		told.User = eval.Instance(cat, call, columns)
		call, e = &told, &told
	}
	env := &value.Env{Types: cat}
	if isCall && call.Fn != nil {
		rs, err := recordsetOf(cat, call, c, r)
		if err != nil {
			return sc, err
		}
		if rs != nil {
			sc.record = rs
			sc.args, err = eval.CompileAll(cat, call.Args, o)
			return sc, err
		}
	}
	if isCall && (call.Fn != nil && (call.Fn.Set != nil) || call.User != nil && call.User.ReturnsSet) {
		sc.fn, sc.user = call.Fn, call.User
		sc.strict = sc.fn != nil && sc.fn.Strict || sc.user != nil && sc.user.Strict
		var err error
		if sc.args, err = eval.CompileAll(cat, call.Args, o); err != nil {
			return sc, err
		}
		sc.place = eval.NewPlace(cat, call.Args, call.Typ)
		if sc.fn != nil && !c.Scalar && len(sc.fn.Cols) == 0 {
			if o := env.Ops(call.Typ.OID); o != nil && len(o.Fields) == c.Count {
				sc.composite = o // unnest of an array of rows
			}
		}
		return sc, nil
	}
	if !c.Scalar {
		fields := env.Ops(e.Type().OID)
		if (fields == nil || len(fields.Fields) == 0) && r != nil {
			var list []value.Field
			for _, col := range r.Columns[c.First : c.First+c.Count] {
				list = append(list, value.Field{Name: col.Name, Type: col.Type, Ops: env.Ops(col.Type.OID)})
			}
			fields = value.RecordOps(catalog.RecordOID, "record", list)
		}
		sc.composite = fields
	}
	var err error
	sc.value, err = eval.Compile(cat, e, o)
	return sc, err
}

// rows computes the function's rows.
func (sc *setCall) rows(x *execution, f *eval.Frame) ([][]value.Datum, error) {
	var out [][]value.Datum
	if sc.value != nil {
		d, err := sc.value(f)
		if err != nil {
			return nil, err
		}
		if sc.composite == nil {
			return [][]value.Datum{{d}}, nil
		}
		if d.IsNull() {
			return [][]value.Datum{make([]value.Datum, sc.count)}, nil
		}
		return [][]value.Datum{sc.composite.FieldValues(d)}, nil
	}
	args := make([]value.Datum, len(sc.args))
	for i, a := range sc.args {
		var err error
		if args[i], err = a(f); err != nil {
			return nil, err
		}
		if sc.strict && args[i].IsNull() {
			return nil, nil
		}
	}
	if sc.record != nil {
		return sc.record.rows(x, f, args)
	}
	limit := x.maxRows()
	if sc.user != nil {
		s := x.s
		if sc.user.Refused != "" {
			return nil, fault.New(fault.FeatureNotSupported, "%s", sc.user.Refused).WithHint("%s", sc.user.RefusedHint)
		}
		if s.CallSet == nil {
			return nil, fault.Unsupported("the function "+sc.user.Name, "")
		}
		if err := s.Enter(); err != nil {
			return nil, err
		}
		defer s.Leave()
		err := s.CallSet(s, sc.user, args, func(row []value.Datum) error {
			if len(out) >= limit {
				return tooManyRows()
			}
			out = append(out, row)
			return nil
		})
		return out, err
	}
	over := false
	ctx := sc.place.Take(x.s)
	err := sc.fn.Set(ctx, args, func(row []value.Datum) bool {
		over = len(out) >= limit
		if sc.composite != nil && len(row) == 1 {
			if row[0].IsNull() {
				row = make([]value.Datum, sc.count)
			} else {
				row = sc.composite.FieldValues(row[0])
			}
		}
		out = append(out, row)
		return !over
	})
	sc.place.Give(ctx)
	if over {
		return nil, tooManyRows()
	}
	return out, err
}

// setRows are the rows of a Rel of functions: side by side, the shorter ones padded with NULL, numbered where asked.
func (f *fragmentRun) setRows(x *execution) ([][]value.Datum, error) {
	return rowsOf(x, f.sets, &f.frame, f.spec.Rel != nil && f.spec.Rel.Ordinality)
}

func rowsOf(x *execution, sets []setCall, f *eval.Frame, ordinality bool) ([][]value.Datum, error) {
	if len(sets) == 1 && !ordinality {
		return sets[0].rows(x, f)
	}
	var all [][][]value.Datum
	longest := 0
	for i := range sets {
		rows, err := sets[i].rows(x, f)
		if err != nil {
			return nil, err
		}
		all = append(all, rows)
		longest = max(longest, len(rows))
	}
	out := make([][]value.Datum, longest)
	for n := range out {
		var row []value.Datum
		for i, rows := range all {
			if n < len(rows) {
				row = append(row, rows[n]...)
			} else {
				row = append(row, make([]value.Datum, sets[i].count)...)
			}
		}
		if ordinality {
			row = append(row, value.Int(int64(n+1)))
		}
		out[n] = row
	}
	return out, nil
}

// givenRows are the rows of a data-modifying CTE or of a transition table.
func (x *execution) givenRows(f *fragmentRun) ([][]value.Datum, error) {
	r := f.spec.Rel
	if r.Kind == tree.CTERel {
		rows, ok := x.ctes[r.CTE]
		if !ok {
			return nil, fault.Unsupported("reading the data-modifying WITH query "+r.CTE.Name+" here", "")
		}
		return rows, nil
	}
	rows, ok := x.given[r.Name]
	if !ok {
		return nil, fault.New(fault.UndefinedTable, "relation %q does not exist", r.Name)
	}
	return rows, nil
}

// WithRows runs f while the given row sets (transition tables, by name) can be read by statements.
func WithRows(s *Session, rows map[string][][]value.Datum, f func() error) error {
	x := executionOf(s)
	saved := x.given
	next := make(map[string][][]value.Datum, len(saved)+len(rows))
	for k, v := range saved {
		next[k] = v
	}
	for k, v := range rows {
		next[k] = v
	}
	x.given = next
	defer func() { x.given = saved }()
	return f()
}
