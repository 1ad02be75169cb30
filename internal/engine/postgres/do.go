package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/engine/plan"
	"github.com/mainstay-dev/mainstay/internal/engine/query"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// A side is a statement beside the main one, in the same snapshot: what counts the rows, or tells how many there are likely to be.
type side struct {
	suffix string // of the prepared statement's name
	text   string
	oids   []uint32
	unused []bool // by parameter
	read   func(*pgconn.Pipeline, *engine.Outcome) error
}

func newSide(suffix, prefix string, q sql.Query, params int, read func(*pgconn.Pipeline, *engine.Outcome) error) side {
	s := side{suffix: suffix, text: prefix + sql.Print(q), read: read}
	s.oids, s.unused = parameterOIDs(q, params)
	return s
}

// values are the main statement's, without those that the side does not refer to.
func (s *side) values(main [][]byte) [][]byte {
	v := append([][]byte(nil), main...)
	for i, u := range s.unused {
		if u {
			v[i] = nil
		}
	}
	return v
}

// compiled is a plan as this engine runs it. It is kept in the plan's slot.
type compiled struct {
	name   string // of the prepared statement
	before string // what is run first; "" for nothing
	rows   bool   // the statement only selects rows
	text   string
	// The types of parameters that a text does not refer to; others are the server's to infer.
	oids      []uint32
	sides     []side
	columns   int        // of the result; what follows is ours
	inserted  insertedBy // whether a column follows that tells of an upsert's new rows
	path      string     // the setting search_path
	dialect   string     // the same as the REST dialect spells it, which the plan of a statement shows
	readsBack bool       // SQL of the project may have set response.status and response.headers
	snapshot  *snapshot
	encoders  atomic.Pointer[encoders]
}

var lastStatement atomic.Uint64 // names prepared statements within the process

func (e *Engine) compile(p *plan.Plan) *compiled {
	if c, ok := p.Slot().Load().(*compiled); ok {
		return c
	}
	main := p.Main()
	c := &compiled{name: "ms_" + strconv.FormatUint(lastStatement.Add(1), 36), columns: len(p.Columns()), snapshot: e.snap.Load()}
	c.path = e.path
	if schema := p.Schema(); schema != "" && !slices.Equal(e.o.SearchPath[:min(1, len(e.o.SearchPath))], []string{schema}) {
		c.path = pathSetting(append([]string{schema}, e.o.SearchPath...))
	}
	if schema := p.Schema(); schema != "" {
		c.dialect = dialectPath(append([]string{schema}, e.o.SearchPath...))
	}
	main, c.inserted = tellInserted(main)
	main = wrapHard(main, p.Columns(), c.snapshot)
	c.text = sql.Print(main)
	if s, ok := main.(*sql.Select); ok {
		c.rows = s.With == nil && p.Shape() == plan.Rows
	}
	c.oids, _ = parameterOIDs(main, len(p.Params()))
	if n := p.Count(); n != nil {
		c.sides = append(c.sides, newSide("n", "", n, len(p.Params()), readCount))
	}
	if n := p.Estimate(); n != nil {
		c.sides = append(c.sides, newSide("e", "EXPLAIN (FORMAT JSON) ", n, len(p.Params()), readEstimate))
	}
	if q := p.Before(); q != nil {
		c.before = sql.Print(q)
	}
	c.readsBack = p.Writes() || p.Shape() != plan.Rows || c.before != "" || calls(main)
	p.Slot().Store(c)
	return c
}

// parameterOIDs tells the server a type for the parameters that the statement does not refer to; it cannot infer one.
func parameterOIDs(q sql.Query, n int) (oids []uint32, unused []bool) {
	used := make([]bool, n)
	sql.Walk(q, func(x sql.Node) bool {
		if p, ok := x.(*sql.Param); ok && p.Number <= n {
			used[p.Number-1] = true
		}
		return true
	})
	oids, unused = make([]uint32, n), make([]bool, n)
	for i, u := range used {
		if !u {
			oids[i], unused[i] = uint32(catalog.TextOID), true
		}
	}
	return oids, unused
}

// calls says whether the statement takes rows from a function of the project.
func calls(q sql.Query) bool {
	found := false
	sql.Walk(q, func(x sql.Node) bool {
		if f, ok := x.(*sql.FuncCall); ok && f.Name.Schema != "" && f.Name.Schema != "pg_catalog" {
			found = true
		}
		return !found
	})
	return found
}

// tellInserted adds to what an upsert returns whether the row is new: the update leaves a mark in a setting of the transaction, which the row's RETURNING
// takes away. An update that a trigger suppresses returns nothing, so that each row of the payload takes away the mark of the one before it, too. (The
// row's xmax would tell, but a system column is for those alone who may read the whole table, and views have none.) Where the upsert is a CTE, what is added
// is how many are new.
func tellInserted(q sql.Query) (sql.Query, insertedBy) {
	const name = "pgrst_inserted"
	switch q := q.(type) {
	case *sql.Insert:
		if q.OnConflict == nil || !q.OnConflict.DoUpdate {
			return q, nothingInserted
		}
		c, do := *q, *q.OnConflict
		if do.SetWhere != nil {
			panic("an upsert that updates some rows only")
		}
		do.SetWhere = same(catalogCall("set_config", text(updatedMark), text("t"), yes()), text("t"))
		c.OnConflict, c.Source = &do, unmarked(q.Source)
		c.Returning = append(slices.Clip(q.Returning), sql.Target{Name: name, Pos: sql.NoPos, Expr: &sql.Case{
			Arg:   catalogCall("current_setting", text(updatedMark), yes()),
			Whens: []sql.When{{Cond: text("t"), Result: same(catalogCall("set_config", text(updatedMark), text("f"), yes()), text("t"))}},
			Else:  yes(), Pos: sql.NoPos,
		}})
		return &c, rowInserted
	case *sql.Select:
		if q.With == nil {
			return q, nothingInserted
		}
		ctes := slices.Clone(q.With.CTEs)
		last := len(ctes) - 1 // the one that writes
		inner, by := tellInserted(ctes[last].Query)
		if by != rowInserted {
			return q, nothingInserted
		}
		cte := &ctes[last]
		cte.Query = inner
		c := *q
		c.With = &sql.With{CTEs: ctes}
		count := &sql.FuncCall{Name: sql.Name{Schema: "pg_catalog", Name: "count", Pos: sql.NoPos}, Star: true, Pos: sql.NoPos}
		c.Targets = append(slices.Clip(q.Targets), sql.Target{Name: name, Pos: sql.NoPos, Expr: &sql.SubLink{Kind: sql.ScalarQ, Pos: sql.NoPos, Query: &sql.Select{
			Targets: []sql.Target{{Expr: count, Pos: sql.NoPos}},
			From:    []sql.TableExpr{&sql.Table{Name: sql.Name{Name: cte.Name, Pos: sql.NoPos}, Pos: sql.NoPos}},
			Where:   &sql.ColumnRef{Fields: []string{name}, Pos: sql.NoPos}, Pos: sql.NoPos,
		}}})
		return &c, allInserted
	}
	return q, nothingInserted
}

// unmarked is the source of an upsert that takes the mark away before each row. VALUES is one row and needs none of it: plans begin without the mark. What is
// sorted is read whole before its first row is written, so that what comes out of the sort is looked at.
func unmarked(s *sql.Select) *sql.Select {
	if s == nil || s.Values != nil {
		return s
	}
	c := *s
	if len(s.OrderBy) > 0 {
		c = sql.Select{
			Targets: []sql.Target{{Expr: &sql.ColumnRef{Star: true, Pos: sql.NoPos}, Pos: sql.NoPos}},
			From:    []sql.TableExpr{&sql.SubqueryTable{Query: s, Alias: &sql.Alias{Name: "pgrst_next"}, Pos: sql.NoPos}}, Pos: sql.NoPos,
		}
	}
	taken := same(catalogCall("set_config", text(updatedMark), text("f"), yes()), text("f"))
	if c.Where == nil {
		c.Where = taken
	} else {
		c.Where = &sql.BoolExpr{Op: sql.And, Args: []sql.Expr{c.Where, taken}, Pos: sql.NoPos}
	}
	return &c
}

// updatedMark is the setting that is t while an upsert has updated a row and not yet returned it.
const updatedMark = "pgrst.updated"

func text(s string) sql.Expr { return &sql.Const{Kind: sql.StringConst, Text: s, Pos: sql.NoPos} }
func yes() sql.Expr          { return &sql.Const{Kind: sql.BoolConst, Text: "true", Pos: sql.NoPos} }
func same(a, b sql.Expr) sql.Expr {
	return &sql.Op{Name: "=", Left: a, Right: b, Pos: sql.NoPos}
}

func catalogCall(name string, args ...sql.Expr) sql.Expr {
	f := &sql.FuncCall{Name: sql.Name{Schema: "pg_catalog", Name: name, Pos: sql.NoPos}, Pos: sql.NoPos}
	for _, a := range args {
		f.Args = append(f.Args, sql.Arg{Value: a})
	}
	return f
}

// insertedBy is what a result's last column says of the rows that an upsert made.
type insertedBy uint8

const (
	nothingInserted insertedBy = iota // there is no such column
	rowInserted                       // whether this row is new
	allInserted                       // how many rows are new
)

// wrapHard lets the server make JSON of columns whose types only it knows enough of: anonymous records, and types with a cast to json of their own.
func wrapHard(q sql.Query, columns []plan.Column, s *snapshot) sql.Query {
	list := func(ts []sql.Target) []sql.Target {
		out := append([]sql.Target(nil), ts...)
		for i := range columns {
			if i < len(out) && s.hard(columns[i].Type.OID) {
				out[i].Expr = &sql.FuncCall{Name: sql.Name{Schema: "pg_catalog", Name: "to_json", Pos: sql.NoPos}, Args: []sql.Arg{{Value: out[i].Expr}}, Pos: sql.NoPos}
			}
		}
		return out
	}
	switch q := q.(type) {
	case *sql.Select:
		c := *q
		c.Targets = list(q.Targets)
		return &c
	case *sql.Insert:
		c := *q
		c.Returning = list(q.Returning)
		return &c
	case *sql.Update:
		c := *q
		c.Returning = list(q.Returning)
		return &c
	case *sql.Delete:
		c := *q
		c.Returning = list(q.Returning)
		return &c
	}
	return q
}

func (s *snapshot) hard(o catalog.OID) bool {
	if o == catalog.RecordOID || o == catalog.RecordArrayOID {
		return true
	}
	for _, k := range s.cat.Casts() {
		if k.From == o && (k.To == catalog.JSONOID) {
			t := s.cat.Type(o)
			return t == nil || t.Kind != catalog.DomainType // the plan sees to domains
		}
	}
	return false
}

// Do runs a plan.
func (e *Engine) Do(ctx context.Context, p *plan.Plan, args plan.Args, sink engine.Sink) error {
	return within(ctx, args.Timeout, func(ctx context.Context) error { return e.do(ctx, p, &args, sink) })
}

// within ends f after a time; 0 is never.
func within(ctx context.Context, limit time.Duration, f func(context.Context) error) error {
	if limit <= 0 {
		return f(ctx)
	}
	ctx, done := context.WithTimeoutCause(ctx, limit, errTimeout)
	defer done()
	err := f(ctx)
	if fault.Code(err) == fault.QueryCanceled && context.Cause(ctx) == errTimeout {
		return errTimeout
	}
	return err
}

// errTimeout is PostgreSQL's error for a statement that ran longer than statement_timeout.
var errTimeout = fault.New(fault.QueryCanceled, "canceling statement due to statement timeout")

func (e *Engine) do(ctx context.Context, p *plan.Plan, args *plan.Args, sink engine.Sink) error {
	c := e.compile(p)
	if args.Explain != nil {
		c = c.explaining(args.Explain)
	}
	for tries := 0; ; tries++ {
		r := request{plan: p, c: c, args: args, sink: sink}
		err := e.attempt(ctx, &r)
		if err == nil {
			return nil
		}
		if r.sinkFailed {
			return err
		}
		if tries >= 2 || r.begun || ctx.Err() != nil || p.Writes() && r.committing {
			return faultOf(err)
		}
		switch {
		case outdated(err):
		case lost(err):
			e.pool.Reset() // where one connection is dead the others are likely to be
		default:
			return faultOf(err)
		}
	}
}

// explaining is the plan as a statement that tells how it would be run. It is prepared under no name.
func (c *compiled) explaining(x *plan.Explain) *compiled {
	options := "FORMAT TEXT"
	if x.JSON {
		options = "FORMAT JSON"
	}
	for _, o := range []struct {
		on   bool
		name string
	}{{x.Analyze, "ANALYZE"}, {x.Verbose, "VERBOSE"}, {x.Settings, "SETTINGS"}, {x.Buffers, "BUFFERS"}, {x.WAL, "WAL"}} {
		if o.on {
			options += ", " + o.name
		}
	}
	text := c.text
	if c.rows {
		// The dialect makes JSON of the rows in the statement, and its clients look for that step.
		text = "SELECT pg_catalog.json_agg(pgrst_rows) FROM (" + text + ") AS pgrst_rows"
	}
	out := &compiled{before: c.before, text: "EXPLAIN (" + options + ") " + text, oids: c.oids, columns: 1, path: c.path, snapshot: c.snapshot}
	if x.Settings && out.before == "" && c.dialect != "" {
		// The settings that are shown are those of the dialect's server: its spelling of the path, and no word of what only our sessions set.
		out.before, out.path = "SELECT set_config('jit', 'on', true)", c.dialect
	}
	return out
}

// dialectPath is a search path as PostgREST sets it: every name quoted, the request's schema first although it may come again.
func dialectPath(schemas []string) string {
	var b strings.Builder
	for i, s := range schemas {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(`"` + strings.ReplaceAll(s, `"`, `""`) + `"`)
	}
	return b.String()
}

// outdated says whether a prepared statement no longer fits the schema, or is not there because a pooler gave another connection.
func outdated(err error) bool {
	var p *pgconn.PgError
	return errors.As(err, &p) && (p.Code == "0A000" && p.Message == "cached plan must not change result type" || p.Code == "26000")
}

// lost says whether the connection failed and not the request.
func lost(err error) bool {
	var p *pgconn.PgError
	if errors.As(err, &p) {
		return p.Code == "57P01" || p.Code == "57P02" // the server was told to end the session, or crashed
	}
	var f *unreachable
	return !errors.As(err, &f) && !pgconn.Timeout(err)
}

// A request is one attempt at running a plan on a connection.
type request struct {
	conn    *pgconn.PgConn
	session *session
	plan    *plan.Plan
	c       *compiled
	args    *plan.Args
	sink    engine.Sink
	tx      *transaction // whose part it is; nil when it is a transaction of its own

	begun      bool // the sink has seen something
	sinkFailed bool
	committing bool // COMMIT was sent: whether it was carried out is unknown until the server says so
}

func (e *Engine) attempt(ctx context.Context, r *request) error {
	pooled, err := e.acquire(ctx)
	if err != nil {
		return err
	}
	defer pooled.Release()
	r.conn = pooled.Conn().PgConn()
	r.session = sessionOf(r.conn)
	if err = r.run(ctx, e.snap.Load()); err == nil {
		return nil
	}
	if outdated(err) {
		r.session.forget(r.c)
	}
	if r.conn.TxStatus() != 'I' && !r.conn.IsClosed() {
		// The client's context may be over; the rollback must happen all the same.
		_ = r.conn.ExecPrepared(context.WithoutCancel(ctx), "ms_rollback", nil, nil, nil).Read() // or else the pool drops the connection
	}
	return err
}

// acquireTimeout is how long a request waits for a free connection.
const acquireTimeout = 10 * time.Second

func (e *Engine) acquire(ctx context.Context) (*pgxpool.Conn, error) {
	wait, cancel := context.WithTimeout(ctx, acquireTimeout)
	defer cancel()
	c, err := e.pool.Acquire(wait)
	switch {
	case err == nil:
		return c, nil
	case ctx.Err() != nil:
		return nil, faultOf(ctx.Err())
	}
	return nil, connectionFault(err)
}

// forget drops what a session knows of a prepared plan, which may be out of date. The server's copy goes when the plan is prepared again.
func (s *session) forget(c *compiled) {
	if _, ok := s.kept[c]; ok {
		delete(s.kept, c)
		for i, q := range s.queue {
			if q == c {
				s.queue = append(s.queue[:i], s.queue[i+1:]...)
				break
			}
		}
	}
}

func (r *request) run(ctx context.Context, now *snapshot) error {
	writes := r.plan.Writes()
	waits := writes && !r.args.Rollback // for the sink's verdict
	p := r.conn.StartPipeline(ctx)
	head := r.sendBegin(p)
	if !r.goesOn() {
		r.sendCaller(p)
		head++
		if role := now.roles[r.args.Caller.Role]; role != "" {
			p.SendQueryParams(role, nil, nil, nil, nil)
			head++
		}
		if r.c.before != "" {
			p.SendQueryParams(r.c.before, nil, nil, nil, nil)
			head++
		}
	}
	pre := r.sendStatements(p)
	pre.head = head
	if r.c.readsBack {
		p.SendQueryPrepared("ms_settings", nil, nil, nil)
	}
	switch {
	case r.tx != nil:
		waits = false
		pre.tail = r.tx.sendNext(p, r)
	case waits:
	case r.args.Rollback:
		if writes {
			p.SendQueryPrepared("ms_check", nil, nil, nil)
			pre.tail++
		}
		p.SendQueryPrepared("ms_rollback", nil, nil, nil)
		pre.tail++
	default:
		p.SendQueryPrepared("ms_commit", nil, nil, nil)
		r.committing = true
		pre.tail++
	}
	err := p.Sync()
	if err == nil {
		err = r.read(p, pre)
	}
	if closeErr := p.Close(); err == nil {
		err = closeErr
	}
	if err != nil || !waits {
		return err
	}
	r.committing = true
	return r.conn.ExecPrepared(ctx, "ms_commit", nil, nil, nil).Read().Err
}

// goesOn says whether the session is as the project's check of the request has left it.
func (r *request) goesOn() bool {
	return r.tx != nil && r.tx.begun && r.args.Goes && r.plan.Before() != nil
}

// sendBegin begins the transaction, or the request's part of it, and gives the number of statements sent.
func (r *request) sendBegin(p *pgconn.Pipeline) int {
	if r.tx != nil {
		return r.tx.sendBegin(p, r)
	}
	begin := "ms_begin"
	if len(r.c.sides) > 0 {
		begin = "ms_begin_snap"
	}
	if r.args.ReadOnly {
		begin += "_ro"
	}
	p.SendQueryPrepared(begin, nil, nil, nil)
	return 1
}

func (r *request) sendCaller(p *pgconn.Pipeline) {
	c := &r.args.Caller
	values := make([][]byte, 0, len(callerSettings)+1)
	values = append(values, bytesOf(r.c.path), or(c.Claims, "{}"), bytesOf(c.Method), bytesOf(c.Path), or(c.Headers.Text(), "{}"), or(c.Cookies.Text(), "{}"), bytesOf(c.RequestID), roleSetting(c))
	if r.args.TimeZone == "" {
		p.SendQueryPrepared("ms_caller", values, nil, nil)
		return
	}
	p.SendQueryPrepared("ms_caller_tz", append(values, bytesOf(r.args.TimeZone)), nil, nil)
}

func roleSetting(c *query.Caller) []byte {
	if c.Role == "" {
		return []byte("none")
	}
	return bytesOf(c.Role)
}

func or(b []byte, none string) []byte {
	if len(b) == 0 {
		return []byte(none)
	}
	return b
}

// bytesOf is the bytes of s, which must not be changed; never nil, which would be NULL.
func bytesOf(s string) []byte {
	if s == "" {
		return []byte{}
	}
	return unsafe.Slice(unsafe.StringData(s), len(s))
}

// sending says what the pipeline has been asked for around the rows.
type sending struct {
	head, tail  int // statements without rows, before and after
	deallocated int
	prepares    bool
	kept        prepared
}

// sendStatements sends the statement and the count, and before them their preparation where the session has not got them.
func (r *request) sendStatements(p *pgconn.Pipeline) sending {
	params := r.plan.Params()
	values := make([][]byte, len(params))
	for i := range params {
		if v := r.plan.Bind(i, r.args); !v.Null {
			values[i] = bytesOf(v.Text)
		}
	}
	if r.c.name == "" {
		p.SendQueryParams(r.c.text, values, r.c.oids, nil, nil)
		return sending{}
	}
	kept, ok := r.session.kept[r.c]
	if ok {
		p.SendQueryStatement(kept.main, values, nil, nil)
		for i := range r.c.sides {
			p.SendQueryStatement(kept.sides[i], r.c.sides[i].values(values), nil, nil)
		}
		return sending{kept: kept}
	}
	s := sending{prepares: true}
	if q := r.session.queue; len(q) >= maxStatements {
		p.SendDeallocate(q[0].name)
		s.deallocated++
		for i := range q[0].sides {
			p.SendDeallocate(q[0].name + q[0].sides[i].suffix)
			s.deallocated++
		}
		r.session.forget(q[0])
	}
	// A statement of the name may be left from an attempt that failed.
	p.SendDeallocate(r.c.name)
	p.SendPrepare(r.c.name, r.c.text, r.c.oids)
	p.SendQueryPrepared(r.c.name, values, nil, nil)
	for i := range r.c.sides {
		x := &r.c.sides[i]
		p.SendDeallocate(r.c.name + x.suffix)
		p.SendPrepare(r.c.name+x.suffix, x.text, x.oids)
		p.SendQueryPrepared(r.c.name+x.suffix, x.values(values), nil, nil)
	}
	return s
}

// read reads the pipeline's results in the order of their requests.
func (r *request) read(p *pgconn.Pipeline, pre sending) error {
	for range pre.head {
		if _, err := finish(p); err != nil {
			return err
		}
	}
	for range pre.deallocated {
		if _, err := p.GetResults(); err != nil {
			return err
		}
	}
	kept := pre.kept
	var err error
	if pre.prepares {
		if kept.main, err = readPrepared(p, r.c.name); err != nil {
			return err
		}
	}
	out := engine.Outcome{Total: -1, Estimate: -1, Inserted: -1}
	if err := r.rows(p, &out); err != nil {
		return err
	}
	for i := range r.c.sides {
		x := &r.c.sides[i]
		if pre.prepares {
			sd, err := readPrepared(p, r.c.name+x.suffix)
			if err != nil {
				return err
			}
			kept.sides = append(kept.sides, sd)
		}
		if err := x.read(p, &out); err != nil {
			return err
		}
	}
	if pre.prepares {
		r.session.kept[r.c] = kept
		r.session.queue = append(r.session.queue, r.c)
	}
	if r.c.readsBack {
		if out.Settings, err = readSettings(p); err != nil {
			return err
		}
	}
	for range pre.tail {
		if _, err := finish(p); err != nil {
			return err
		}
	}
	r.begun = true
	if err := r.sink.End(out); err != nil {
		r.sinkFailed = true
		return err
	}
	return nil
}

func readPrepared(p *pgconn.Pipeline, name string) (*pgconn.StatementDescription, error) {
	if _, err := p.GetResults(); err != nil { // of the deallocation
		return nil, err
	}
	res, err := p.GetResults()
	if err != nil {
		return nil, err
	}
	sd, ok := res.(*pgconn.StatementDescription)
	if !ok {
		return nil, errNoResult
	}
	sd.Name = name
	return sd, nil
}

func readCount(p *pgconn.Pipeline, out *engine.Outcome) error {
	rr, err := next(p)
	if err != nil {
		return err
	}
	for rr.NextRow() {
		if out.Total, err = strconv.ParseInt(string(rr.Values()[0]), 10, 64); err != nil {
			return err
		}
	}
	_, err = rr.Close()
	return err
}

// readEstimate reads the planner's estimate from the plan of the statement that selects the rows.
func readEstimate(p *pgconn.Pipeline, out *engine.Outcome) error {
	rr, err := next(p)
	if err != nil {
		return err
	}
	for rr.NextRow() {
		var plans []struct {
			Plan struct {
				Rows float64 `json:"Plan Rows"`
			}
		}
		if err := json.Unmarshal(rr.Values()[0], &plans); err != nil || len(plans) != 1 {
			return fmt.Errorf("read the planner's estimate: %w", err)
		}
		out.Estimate = int64(plans[0].Plan.Rows)
	}
	_, err = rr.Close()
	return err
}

func readSettings(p *pgconn.Pipeline) (map[string]string, error) {
	rr, err := next(p)
	if err != nil {
		return nil, err
	}
	var set map[string]string
	for rr.NextRow() {
		for i, name := range []string{"response.status", "response.headers"} {
			if v := rr.Values()[i]; len(v) > 0 {
				if set == nil {
					set = map[string]string{}
				}
				set[name] = string(v)
			}
		}
	}
	_, err = rr.Close()
	return set, err
}

// rows passes the statement's rows to the sink.
func (r *request) rows(p *pgconn.Pipeline, out *engine.Outcome) error {
	rr, err := next(p)
	if err != nil {
		return err
	}
	if r.c.inserted == rowInserted {
		out.Inserted = 0
	}
	var w row
	for rr.NextRow() {
		w.values = rr.Values()
		out.Rows++
		if r.c.inserted != nothingInserted {
			if err := r.countInserted(string(w.values[len(w.values)-1]), out); err != nil {
				return err
			}
		}
		if r.c.columns == 0 {
			continue
		}
		if w.encoders == nil {
			w.encoders = r.c.encodersFor(rr.FieldDescriptions())
		}
		r.begun = true
		if err := r.sink.Row(&w); err != nil {
			r.sinkFailed = true
			return err
		}
	}
	tag, err := rr.Close()
	if err != nil {
		return err
	}
	if out.Rows == 0 {
		out.Rows = tag.RowsAffected()
	}
	if ins, ok := r.plan.Main().(*sql.Insert); ok && ins.OnConflict != nil && !ins.OnConflict.DoUpdate {
		out.Inserted = tag.RowsAffected()
	}
	return nil
}

// countInserted reads what the last column of a row says of an upsert's new rows.
func (r *request) countInserted(last string, out *engine.Outcome) (err error) {
	switch {
	case r.c.inserted == rowInserted && last == "t":
		out.Inserted++
	case r.c.inserted == allInserted && out.Inserted < 0:
		out.Inserted, err = strconv.ParseInt(last, 10, 64)
	}
	return err
}

// SQL is the statement that a plan becomes, for people to read.
func (e *Engine) SQL(p *plan.Plan) string { return e.compile(p).text }
