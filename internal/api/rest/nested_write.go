package rest

import (
	"bytes"
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/engine/plan"
	"github.com/mainstay-dev/mainstay/internal/engine/query"
)

// A nestedWrite is a nested write that is planned: a statement for each group, and one that reads what is answered.
type nestedWrite struct {
	*nest
	h      *Handler
	q      *request
	caller query.Caller
	key    []string   // the primary key of the parent, when the answer needs it
	read   *plan.Plan // nil when no rows are wanted

	alone   *group // to be written one row at a time, to find the row that fails
	failed  *group // that an error came from
	place   string // of that group, or of the row
	found   bool   // place is a row's: it was the only one of its statement
	written int64  // parents
	goes    bool   // a statement of the request has run in the transaction
	outcome engine.Outcome
}

// planNested resolves and plans a nested write, and gives the plan that the rows of its answer are of.
func (h *Handler) planNested(j *job) (*plan.Plan, error) {
	q, st := j.q, &j.q.statement
	w := st.Write
	if q.media.explain != nil {
		return nil, fault.New(fault.FeatureNotSupported, "a nested write is several statements and has no one plan")
	}
	if q.onlyNew() && w.Action == query.IgnoreDuplicates {
		return nil, fault.New(codeCondition, "If-None-Match: * and resolution=ignore-duplicates say different things of rows that are there").WithStatus(http.StatusBadRequest)
	}
	n := &nest{
		names: plan.NewNesting(j.cat, st.Schema, j.caller.Role, j.s.Plan), cat: j.cat, limits: &h.o.Limits, columns: q.columns, missing: q.prefer.missing, action: w.Action,
	}
	if err := n.read(w.Relation, st.Body, w.Select); err != nil {
		return nil, err
	}
	x := &nestedWrite{nest: n, h: h, q: q, caller: j.caller}
	if w.Returning || w.Keys {
		if x.key = plan.PrimaryKey(j.cat, n.root.table); x.key == nil {
			return nil, fault.New(fault.FeatureNotSupported, "the rows of '%s' have no primary key by which a nested write could return them", w.Relation).
				WithHint("Ask for return=minimal.")
		}
		n.root.keep = union(n.root.keep, x.key)
	}
	build := func(st *query.Statement) (*plan.Plan, error) { return h.cache.Plan(j.cat, st, j.caller.Role, j.s.Plan) }
	for _, g := range n.all {
		if err := n.plan(g, st, build); err != nil {
			return nil, at(g.path, err)
		}
		for _, b := range g.branches {
			if b.junction != nil {
				if err := n.plan(b.junction, st, build); err != nil {
					return nil, at(b.junction.path, err)
				}
			}
		}
	}
	j.nested = x
	if !w.Returning {
		return n.root.plan, nil
	}
	node := w.Node
	node.Where, node.Limit, node.Offset, node.MaxRows = nil, -1, -1, -1
	var err error
	x.read, err = build(&query.Statement{Schema: st.Schema, Read: &query.Read{Relation: w.Relation, Keys: x.key, Node: node}, Values: st.Values, MaxAffected: -1})
	return x.read, err
}

// plan makes the group's statement.
func (n *nest) plan(g *group, st *query.Statement, build func(*query.Statement) (*plan.Plan, error)) error {
	w := &query.Write{
		Action: n.action, Relation: g.table.Name, Columns: g.columns, Bulk: len(g.columns) > 0, Defaults: g.defaults, Keep: g.keep,
		Node: query.Node{Limit: -1, Offset: -1, MaxRows: -1},
	}
	s := &query.Statement{Schema: g.table.Schema, Write: w, MaxAffected: -1}
	switch {
	case g == n.root:
		w.OnConflict, s.Media = st.Write.OnConflict, st.Media
		if n.action == query.Put {
			w.Where, s.Values = st.Write.Where, st.Values
		}
	case n.action == query.Put:
		w.Action = query.Upsert
	}
	if g.up != nil && g.up.junction == g && n.action != query.Insert {
		w.Action = query.IgnoreDuplicates // a link has nothing to be merged
	}
	var err error
	g.plan, err = build(s)
	return err
}

// run does it and fills the answer.
func (x *nestedWrite) run(ctx context.Context, in scope, a *answer, goes bool) error {
	o := engine.TxOptions{Caller: x.caller, Rollback: x.q.statement.Rollback, Timeout: x.h.o.Timeout}
	began := time.Now()
	err := in.transact(ctx, o, func(tx engine.Tx) error {
		if err := x.writeAll(ctx, tx, goes); err != nil {
			return err
		}
		return x.answer(ctx, tx, a)
	})
	if err == nil || x.failed == nil {
		return err
	}
	if !x.found && in.tx == nil {
		if o.Timeout > 0 {
			o.Timeout -= time.Since(began)
		}
		if o.Timeout >= 0 {
			x.locate(ctx, o, err)
		}
	}
	return at(x.place, err)
}

// writeAll writes the groups. It may be called again, to begin anew.
func (x *nestedWrite) writeAll(ctx context.Context, tx engine.Tx, goes bool) error {
	x.reset()
	x.goes = goes
	return x.write(ctx, tx, x.root)
}

func (x *nestedWrite) reset() {
	x.failed, x.place, x.found, x.written = nil, "", false, 0
	x.outcome = engine.Outcome{Total: -1, Estimate: -1, Inserted: -1}
	for _, g := range x.all {
		for _, r := range g.rows {
			r.filled, r.kept = nil, nil
		}
	}
}

// write writes a group: first the rows whose keys it holds, then its own, then those that hold its keys.
func (x *nestedWrite) write(ctx context.Context, tx engine.Tx, g *group) error {
	for _, b := range g.branches {
		if !b.first() {
			continue
		}
		if err := x.write(ctx, tx, b.to); err != nil {
			return err
		}
		for _, r := range g.rows {
			list, there := r.beside[b]
			if !there {
				continue
			}
			var other *nestedRow
			if len(list) > 0 {
				other = list[0]
			}
			if err := r.fill(b.rel.FromCols, b.to, other, b.rel.ToCols); err != nil {
				return err
			}
		}
	}
	if err := x.insert(ctx, tx, g, g.written()); err != nil {
		return err
	}
	for _, b := range g.branches {
		if b.first() {
			continue
		}
		if b.junction == nil {
			for _, r := range b.to.rows {
				if err := r.fill(b.rel.ToCols, g, r.up, b.rel.FromCols); err != nil {
					return err
				}
			}
		}
		if err := x.write(ctx, tx, b.to); err != nil {
			return err
		}
		if b.junction == nil {
			continue
		}
		links := make([]*nestedRow, len(b.to.rows))
		for i, r := range b.to.rows {
			links[i] = &nestedRow{path: r.path}
			if err := links[i].fill(b.rel.JunctionFromCols, g, r.up, b.rel.FromCols); err != nil {
				return err
			}
			if err := links[i].fill(b.rel.JunctionToCols, b.to, r, b.rel.ToCols); err != nil {
				return err
			}
		}
		if err := x.insert(ctx, tx, b.junction, links); err != nil {
			return err
		}
	}
	return nil
}

// fill puts the key of another row, of group g, into columns of r; NULL when there is no other row. Two keys may share a column (a tenant), if they agree.
func (r *nestedRow) fill(columns []string, g *group, other *nestedRow, key []string) error {
	for i, c := range columns {
		v := []byte("null")
		if other != nil {
			v = other.key(g, key[i])
		}
		if old := r.value(c); old == nil {
			r.filled = append(r.filled, member{c, v})
		} else if !bytes.Equal(bytes.Trim(old, `"`), bytes.Trim(v, `"`)) {
			return at(r.path, badBody("The rows beside this one want different values of the column '"+c+"'"))
		}
	}
	return nil
}

// key is what the row has in a column that others need.
func (r *nestedRow) key(g *group, column string) []byte {
	if r.link {
		return r.value(column)
	}
	for i, c := range g.keep {
		if c == column {
			return r.kept[i]
		}
	}
	panic("a nested write kept no " + column)
}

// insert writes rows into the group's table: together where its plan can say which has which key, else one by one.
func (x *nestedWrite) insert(ctx context.Context, tx engine.Tx, g *group, rows []*nestedRow) error {
	if len(rows) == 0 {
		return nil
	}
	step := len(rows)
	if g.plan.Each() || len(g.columns) == 0 && g.keep == nil || x.alone == g {
		step = 1
	}
	for len(rows) > 0 {
		some := rows[:step]
		rows = rows[step:]
		sink := &keptRows{g: g, rows: some, put: g == x.root && x.action == query.Put}
		args := x.args(body(g.columns, some))
		if g == x.root {
			args.Values = x.q.statement.Values
		}
		if err := tx.Do(ctx, g.plan, args, sink); err != nil {
			x.failed, x.place, x.found = g, g.path, step == 1
			if x.found {
				x.place = some[0].path
			}
			return err
		}
		x.settings(&sink.outcome)
		if g != x.root {
			continue
		}
		x.written += sink.affected()
		if n := sink.outcome.Inserted; n >= 0 {
			x.outcome.Inserted = max(x.outcome.Inserted, 0) + n
		}
	}
	return nil
}

// args are those of the request's next statement.
func (x *nestedWrite) args(body []byte) plan.Args {
	goes := x.goes
	x.goes = true
	return plan.Args{Caller: x.caller, Body: body, TimeZone: x.q.statement.TimeZone, Goes: goes}
}

// settings takes over what SQL has set of the response; the last one counts.
func (x *nestedWrite) settings(o *engine.Outcome) {
	for k, v := range o.Settings {
		if x.outcome.Settings == nil {
			x.outcome.Settings = map[string]string{}
		}
		x.outcome.Settings[k] = v
	}
}

// body is the rows as JSON, numbered.
func body(columns []string, rows []*nestedRow) []byte {
	keys := make([][]byte, len(columns))
	for i, c := range columns {
		keys[i] = append(appendString([]byte{','}, c), ':')
	}
	b := []byte{'['}
	for i, r := range rows {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"`+query.Ordinal+`":`...)
		b = strconv.AppendInt(b, int64(i), 10)
		for j, c := range columns {
			if v := r.value(c); v != nil {
				b = append(append(b, keys[j]...), v...)
			}
		}
		b = append(b, '}')
	}
	return append(b, ']')
}

// keptRows is the Sink of a group's statement.
type keptRows struct {
	g       *group
	rows    []*nestedRow
	put     bool
	got     int
	outcome engine.Outcome
}

// Row keeps what other rows need of one.
func (k *keptRows) Row(row engine.Row) error {
	if k.g.keep == nil {
		return nil
	}
	i, from := 0, 0
	if !k.g.plan.Each() {
		var err error
		if i, err = strconv.Atoi(string(row.AppendText(nil, 0))); err != nil {
			return err
		}
		from = 1
	}
	r := k.rows[i]
	r.kept = make([][]byte, len(k.g.keep))
	for j := range r.kept {
		r.kept[j] = row.AppendJSON(nil, from+j)
	}
	k.got++
	return nil
}

// End checks that every row's key is known. Only a row that was there already, and was left alone, returns none; and that of a PUT whose URL names another.
func (k *keptRows) End(o engine.Outcome) error {
	k.outcome = o
	if k.g.keep == nil || k.got == len(k.rows) {
		return nil
	}
	if k.put {
		return fault.New("PGRST115", "Payload values do not match URL in primary key column(s)")
	}
	return badBody("A row was there already, and its key is not known").WithHint("Send the key with the row.")
}

func (k *keptRows) affected() int64 {
	if k.g.keep != nil {
		return int64(k.got)
	}
	return k.outcome.Rows
}

// answer reads the rows that the client wants to see, as a request after the write would show them, and completes the answer.
func (x *nestedWrite) answer(ctx context.Context, tx engine.Tx, a *answer) error {
	a.restart()
	a.merges = x.root.plan.OnConflict()
	if x.read == nil {
		x.outcome.Rows = x.written
		x.located(a)
		return a.End(x.outcome)
	}
	return tx.Do(ctx, x.read, x.args(x.keys()), &nestedAnswer{answer: a, x: x})
}

// keys are the primary keys of the parents, numbered.
func (x *nestedWrite) keys() []byte {
	rows := make([]*nestedRow, len(x.root.rows))
	for i, r := range x.root.rows {
		rows[i] = &nestedRow{}
		for _, c := range x.key {
			rows[i].filled = append(rows[i].filled, member{c, r.key(x.root, c)})
		}
	}
	return body(x.key, rows)
}

// located gives the key of the only parent to the Location header.
func (x *nestedWrite) located(a *answer) {
	if !x.q.statement.Write.Keys || len(x.root.rows) != 1 {
		return
	}
	a.rows = 1
	a.keys, a.cols = nil, nil
	for _, c := range x.key {
		v := x.root.rows[0].key(x.root, c)
		text := string(v)
		if v[0] == '"' {
			text = unquote(v)
		}
		a.keys, a.cols = append(a.keys, text), append(a.cols, plan.Column{Name: c})
	}
}

// nestedAnswer is the Sink of the statement that reads what is answered.
type nestedAnswer struct {
	*answer
	x *nestedWrite
}

// End refuses to leave out a row that was written and may not be read, as RETURNING does.
func (n *nestedAnswer) End(o engine.Outcome) error {
	x := n.x
	x.settings(&o)
	x.outcome.Rows = x.written
	if n.rows < x.written && n.p.Shape() == plan.Rows && !x.aggregated() {
		return fault.New(fault.InsufficientPrivilege, `new row violates row-level security policy for table "%s"`, x.root.table.Name)
	}
	return n.answer.End(x.outcome)
}

func (x *nestedWrite) aggregated() bool {
	for _, i := range x.q.statement.Write.Select {
		if i.Field != nil && i.Field.Aggregate != "" {
			return true
		}
	}
	return false
}

// errFound ends a transaction that was only to find something out.
var errFound = fault.New(fault.Internal, "a row was looked for")

// locate finds the row of the failed group that err came from, by trying again one by one in a transaction that is rolled back.
func (x *nestedWrite) locate(ctx context.Context, o engine.TxOptions, err error) {
	f := fault.As(err)
	if f == nil || ctx.Err() != nil {
		return
	}
	switch class := f.Code[:min(2, len(f.Code))]; class {
	case "22", "23", "42", "P0":
	default:
		return
	}
	failed, place := x.failed, x.place
	x.alone = failed
	again := x.h.engine.Transact(ctx, o, func(tx engine.Tx) error {
		if err := x.writeAll(ctx, tx, false); err != nil {
			return err
		}
		return errFound
	})
	if x.failed != failed || !x.found || fault.Code(again) != f.Code {
		x.place = place
	}
}

// nestable says whether a request may be a nested write.
func nestable(method string, call bool) bool {
	return !call && (method == http.MethodPost || method == http.MethodPut)
}
