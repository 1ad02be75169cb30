package exec

import (
	"github.com/ncruces/go-sqlite3"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/builtin"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/eval"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/lower"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/store"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/tree"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// compileWindow compiles a WindowFragment.
func (f *fragment) compileWindow(cat *catalog.Catalog, o eval.Options) error {
	spec := &f.spec
	if a := spec.Agg; a != nil {
		if err := runnable(a); err != nil {
			return err
		}
		f.place = eval.NewPlace(cat, a.Args, a.Typ)
		var err error
		if f.own, err = compileOwn(cat, a.Own, o); err != nil {
			return err
		}
	}
	if w := spec.Over; w.Frame != nil && w.Frame.Mode == sql.RangeFrame && (spec.StartAt >= 0 || spec.EndAt >= 0) {
		key := w.OrderBy[0].Expr.Type()
		f.inRange = builtin.RangeOf(cat.BaseType(key).OID)
		if f.place == nil {
			f.place = eval.NewPlace(cat, nil, key)
		}
	}
	env := &value.Env{Types: cat}
	for _, k := range spec.Over.OrderBy {
		ops := env.Ops(k.Expr.Type().OID)
		if ops == nil {
			return fault.Unsupported("ORDER BY the type "+cat.TypeString(k.Expr.Type()), "")
		}
		f.keyOps = append(f.keyOps, ops)
	}
	return f.compileTakes(cat, o)
}

// frameOffset checks an offset of a frame that SQLite finds.
func frameOffset(kind lower.BindKind, d value.Datum) error {
	start := kind == lower.StartBind || kind == lower.RangeStartBind
	if !start && kind != lower.EndBind && kind != lower.RangeEndBind {
		return nil
	}
	values := kind == lower.RangeStartBind || kind == lower.RangeEndBind
	name := "ending"
	if start {
		name = "starting"
	}
	switch {
	case d.IsNull():
		return fault.New("22004", "frame %s offset must not be null", name)
	case values && d.Int64() < 0:
		return fault.New("22013", "invalid preceding or following size in window function")
	case d.Int64() < 0:
		return fault.New("22013", "frame %s offset must not be negative", name)
	}
	return nil
}

// windowed is pg_win(handle, what the function takes…): a window function over frames that it finds itself. Step is called for all rows of the partition first, then Value and
// Inverse in turns: the number of rows taken back is that of the current row.
type windowed struct {
	conn *store.Conn
	x    *execution
	f    *fragmentRun
	ctx  *builtin.Ctx
	rows [][]value.Datum
	at   int // the current row
	err  error

	// The current row's peers are the rows from peers to peersEnd; group counts the groups of peers before them.
	peers, peersEnd, group int
	groups                 []int // where each group begins; filled where the frame counts groups
	start, end             int   // the frame, without what it excludes
	// What the aggregate has been given: rows from fed to fedEnd.
	agg         builtin.Aggregate
	fed, fedEnd int
	last        value.Datum // what it gave for them
	hasLast     bool
	ntile       ntile
}

func (w *windowed) Step(ctx sqlite3.Context, args ...sqlite3.Value) {
	if w.err != nil {
		return
	}
	if w.f == nil {
		if w.x = state(w.conn); w.x != nil {
			w.f = w.x.fragment(args[0].Int64())
		}
		if w.f == nil {
			w.fail(ctx, errNoSession)
			return
		}
		if w.f.place != nil {
			w.ctx = w.f.place.Take(w.f.frame.S)
		}
	}
	if err := w.x.enter(); err != nil {
		w.fail(ctx, err)
		return
	}
	row, err := w.f.row(args[1:])
	w.x.inside--
	if err != nil {
		w.fail(ctx, err)
		return
	}
	w.rows = append(w.rows, row)
	if len(w.rows) > w.x.maxRows() {
		w.fail(ctx, tooManyRows())
	}
}

func (w *windowed) Inverse(sqlite3.Context, ...sqlite3.Value) { w.at++ }

func (w *windowed) Value(ctx sqlite3.Context) {
	if w.err != nil {
		ctx.ResultError(w.err)
		return
	}
	if w.f == nil || w.at >= len(w.rows) {
		return
	}
	d, err := w.value()
	if err != nil {
		w.fail(ctx, err)
		return
	}
	result(w.x, ctx, d)
}

func (w *windowed) fail(ctx sqlite3.Context, err error) {
	w.err = err
	raise(w.x, ctx, err)
}

// value is the function's value for the current row.
func (w *windowed) value() (value.Datum, error) {
	spec, row := &w.f.spec, w.rows[w.at]
	if spec.Win != nil && spec.Win.Fn.Name == "ntile" {
		return w.ntile.next(row[0], len(w.rows))
	}
	if err := w.findFrame(); err != nil {
		return value.Null, err
	}
	if spec.Agg != nil {
		return w.aggregate()
	}
	switch spec.Win.Fn.Name {
	case "first_value":
		for i := w.start; i < w.end; i++ {
			if !w.excluded(i) {
				return w.rows[i][0], nil
			}
		}
	case "last_value":
		for i := w.end - 1; i >= w.start; i-- {
			if !w.excluded(i) {
				return w.rows[i][0], nil
			}
		}
	case "nth_value":
		if row[1].IsNull() {
			return value.Null, nil
		}
		n := row[1].Int64()
		if n <= 0 {
			return value.Null, fault.New("22016", "argument of nth_value must be greater than zero")
		}
		for i := w.start; i < w.end; i++ {
			if w.excluded(i) {
				continue
			}
			if n--; n == 0 {
				return w.rows[i][0], nil
			}
		}
	}
	return value.Null, nil
}

// excluded says whether the frame leaves row i out.
func (w *windowed) excluded(i int) bool {
	f := w.f.spec.Over.Frame
	if f == nil {
		return false
	}
	switch f.Exclude {
	case sql.ExcludeCurrentRow:
		return i == w.at
	case sql.ExcludeGroup:
		return i >= w.peers && i < w.peersEnd
	case sql.ExcludeTies:
		return i != w.at && i >= w.peers && i < w.peersEnd
	}
	return false
}

// aggregate is the aggregate over the frame. As long as frames only grow it goes on with what it has.
func (w *windowed) aggregate() (value.Datum, error) {
	spec := &w.f.spec
	partly := spec.Over.Frame != nil && spec.Over.Frame.Exclude != sql.ExcludeNone
	if w.agg == nil || partly || w.fed != w.start || w.fedEnd > w.end {
		w.agg, w.fed, w.fedEnd, w.hasLast = w.f.newAggregate(w.x), w.start, w.start, false
	}
	if w.hasLast && w.fedEnd == w.end {
		return w.last, nil
	}
	for i := w.fedEnd; i < w.end; i++ {
		row := w.rows[i]
		if partly && w.excluded(i) || spec.FilterAt >= 0 && !row[spec.FilterAt].IsTrue() {
			continue
		}
		if err := w.agg.Step(row[:len(spec.Agg.Args)]); err != nil {
			return value.Null, err
		}
	}
	w.fedEnd = max(w.fedEnd, w.end)
	var err error
	w.last, err = w.agg.Final(nil)
	w.hasLast = err == nil && !partly
	return w.last, err
}

// findFrame finds the current row's peers and frame.
func (w *windowed) findFrame() error {
	if w.at == 0 {
		if err := w.checkOffsets(); err != nil {
			return err
		}
	}
	if w.at >= w.peersEnd {
		if w.at > 0 {
			w.group++
		}
		w.peers = w.at
		w.peersEnd = w.groupEnd(w.at)
	}
	f := w.f.spec.Over.Frame
	if f == nil {
		f = &tree.Frame{Mode: sql.RangeFrame, Start: sql.UnboundedPreceding, End: sql.CurrentRow}
	}
	if err := w.findStart(f); err != nil {
		return err
	}
	if err := w.findEnd(f); err != nil {
		return err
	}
	w.end = max(w.end, w.start)
	return nil
}

// groupEnd is where the peers of row i, and of those after it, end.
func (w *windowed) groupEnd(i int) int {
	at := w.f.spec.KeysAt
	for j := i + 1; j < len(w.rows); j++ {
		for k, ops := range w.f.keyOps {
			if ops.CompareNullsLast(w.rows[i][at+k], w.rows[j][at+k]) != 0 {
				return j
			}
		}
	}
	return len(w.rows)
}

func (w *windowed) checkOffsets() error {
	f := w.f.spec.Over.Frame
	if f == nil {
		return nil
	}
	kinds := [2]lower.BindKind{lower.StartBind, lower.EndBind}
	for i, at := range []int{w.f.spec.StartAt, w.f.spec.EndAt} {
		if at < 0 {
			continue
		}
		d := w.rows[0][at]
		if f.Mode == sql.RangeFrame && !d.IsNull() {
			continue // InRange looks at the sign
		}
		if err := frameOffset(kinds[i], d); err != nil {
			return err
		}
	}
	return nil
}

// moved is the number of the row or group that is offset away from n, within what there is: -1 for before the first.
func moved(n int, by int64, back bool, count int) int {
	by = min(by, int64(count)+1)
	if back {
		return max(n-int(by), -1)
	}
	return min(n+int(by), count)
}

func (w *windowed) findStart(f *tree.Frame) error {
	n := len(w.rows)
	switch f.Start {
	case sql.UnboundedPreceding:
		w.start = 0
		return nil
	case sql.CurrentRow:
		if w.start = w.peers; f.Mode == sql.RowsFrame {
			w.start = w.at
		}
		return nil
	case sql.UnboundedFollowing:
		w.start = n
		return nil
	}
	back, offset := f.Start == sql.OffsetPreceding, w.rows[0][w.f.spec.StartAt]
	switch f.Mode {
	case sql.RowsFrame:
		w.start = max(0, moved(w.at, offset.Int64(), back, n))
	case sql.GroupsFrame:
		w.start = w.groupStart(max(0, moved(w.group, offset.Int64(), back, n)))
	default:
		key := w.f.spec.Over.OrderBy[0]
		sub, less := back != key.Desc, key.Desc
		for ; w.start < n; w.start++ {
			in, done, err := w.reaches(w.start, offset, sub, less, key.NullsFirst, true)
			if err != nil {
				return err
			}
			if done || in {
				break
			}
		}
	}
	return nil
}

func (w *windowed) findEnd(f *tree.Frame) error {
	n := len(w.rows)
	switch f.End {
	case sql.UnboundedFollowing:
		w.end = n
		return nil
	case sql.CurrentRow:
		if w.end = w.peersEnd; f.Mode == sql.RowsFrame {
			w.end = w.at + 1
		}
		return nil
	case sql.UnboundedPreceding:
		w.end = 0
		return nil
	}
	back, offset := f.End == sql.OffsetPreceding, w.rows[0][w.f.spec.EndAt]
	switch f.Mode {
	case sql.RowsFrame:
		w.end = min(n, moved(w.at, offset.Int64(), back, n)+1)
	case sql.GroupsFrame:
		w.end = w.groupStart(moved(w.group, offset.Int64(), back, n) + 1)
	default:
		key := w.f.spec.Over.OrderBy[0]
		sub, less := back != key.Desc, !key.Desc
		for w.end = max(w.end, 0); w.end < n; w.end++ {
			in, done, err := w.reaches(w.end, offset, sub, less, key.NullsFirst, false)
			if err != nil {
				return err
			}
			if done || !in {
				break
			}
		}
	}
	return nil
}

// groupStart is where the group of peers of that number begins: the number of rows for what is beyond the last.
func (w *windowed) groupStart(g int) int {
	if w.groups == nil {
		for i := 0; i < len(w.rows); i = w.groupEnd(i) {
			w.groups = append(w.groups, i)
		}
	}
	if g < len(w.groups) {
		return w.groups[max(g, 0)]
	}
	return len(w.rows)
}

// reaches asks InRange of row i against the current one. NULLs are within reach of each other only, and before or after everything else: done then says that the search ends
// at i. first says that the search is for the frame's first row.
func (w *windowed) reaches(i int, offset value.Datum, sub, less, nullsFirst, first bool) (in, done bool, err error) {
	at := w.f.spec.KeysAt
	v, base := w.rows[i][at], w.rows[w.at][at]
	if v.IsNull() || base.IsNull() {
		same, before := v.IsNull() == base.IsNull(), v.IsNull() == nullsFirst // before: row i comes before the current one
		if first {
			return false, same || !before, nil
		}
		return true, !same && !before, nil
	}
	in, err = w.f.inRange(w.ctx, v, base, offset, sub, less)
	return in, false, err
}

// ntile deals the rows of a partition out to buckets.
type ntile struct {
	bucket, inBucket, size, rest int64
}

// next is the bucket of the next row. n is looked at until it is not NULL.
func (t *ntile) next(n value.Datum, rows int) (value.Datum, error) {
	if t.bucket == 0 {
		if n.IsNull() {
			return value.Null, nil
		}
		buckets := n.Int64()
		if buckets <= 0 {
			return value.Null, fault.New("22014", "argument of ntile must be greater than zero")
		}
		t.bucket, t.size = 1, max(1, int64(rows)/buckets)
		if int64(rows) >= buckets {
			if t.rest = int64(rows) % buckets; t.rest > 0 {
				t.size++
			}
		}
	}
	if t.inBucket++; t.inBucket > t.size {
		if t.rest > 0 && t.bucket == t.rest {
			t.rest, t.size = 0, t.size-1
		}
		t.bucket, t.inBucket = t.bucket+1, 1
	}
	return value.Int(t.bucket), nil
}
