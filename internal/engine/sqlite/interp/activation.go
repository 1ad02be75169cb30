package interp

import (
	"strconv"
	"strings"
	"sync"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/eval"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/exec"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/tree"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
	"github.com/mainstay-dev/mainstay/internal/sql"
	"github.com/mainstay-dev/mainstay/internal/sql/plpgsql"
)

// activation is one running call of a routine. It belongs to the goroutine of the session.
type activation struct {
	s       *exec.Session
	r       *routine
	slots   []slot
	frame   eval.Frame // for local expressions
	trigger *eval.TriggerData
	yield   func([]value.Datum) error // of a set-returning function
	ret     value.Datum
	retRow  []value.Datum   // trigger functions: the row returned
	caught  []*fault.Error  // exceptions being handled, innermost last
	rows    int64           // ROW_COUNT
	portals map[int]*portal // open cursors, by variable
	ticks   int
	at      *step        // the statement that runs
	nth     int          // of a LANGUAGE sql function: the number of the statement that runs
	caller  *activation  // nil for a statement of the client
	seen    *fault.Error // the error that last got its place
}

// slot holds a variable: a scalar, or a record.
type slot struct {
	d     value.Datum
	rec   *record
	typed *shape // of a typed record, which has a structure before it has a value
}

// record is the value of a record variable.
type record struct {
	shape *shape
	vals  []value.Datum
}

func (s *slot) shape() *shape {
	if s.rec != nil {
		return s.rec.shape
	}
	return s.typed
}

func (r *routine) activate(s *exec.Session, args []value.Datum) *activation {
	a := &activation{s: s, r: r, slots: make([]slot, len(r.vars))}
	a.frame.S = s
	a.caller, _ = s.Running.(*activation)
	s.Running = a
	for i := range r.vars {
		a.slots[i].typed = r.vars[i].shape
	}
	a.slots[r.found].d = value.Bool(false)
	for i, slot := range r.args {
		if i < len(args) {
			a.store(slot, args[i], r.vars[slot].typ)
		}
	}
	return a
}

// store puts a datum of type t, already converted, into a variable; a composite is taken apart.
func (a *activation) store(slot int, d value.Datum, t tree.Type) {
	v := &a.r.vars[slot]
	if v.kind != plpgsql.RecordVar {
		a.slots[slot].d = d
		return
	}
	sh := v.shape
	if sh == nil {
		sh = a.shapeOfType(t)
	}
	if sh == nil || d.IsNull() {
		a.slots[slot].rec = nil
		return
	}
	vals := value.RecordOps(sh.typ.OID, "record", sh.fields).FieldValues(d)
	a.slots[slot].rec = &record{sh, vals}
}

// shapeOfType is the structure of a composite type, nil for others.
func (a *activation) shapeOfType(t tree.Type) *shape {
	ops := a.s.Env().Ops(t.OID)
	if ops == nil || len(ops.Fields) == 0 {
		return nil
	}
	return internShape(a.r, t, ops.Fields)
}

// shapes keeps structures so that the same query gives the same one, and prepared SQL that depends on it stays good.
type shapes struct{ m sync.Map }

func internShape(r *routine, t tree.Type, fields []value.Field) *shape {
	if v, ok := r.shapes.m.Load(t); ok {
		return v.(*shape)
	}
	v, _ := r.shapes.m.LoadOrStore(t, newShape(fields, t))
	return v.(*shape)
}

// rowShape is the structure of the rows that a prepared form yields.
func (r *routine) rowShape(env *value.Env, p *prepared) *shape {
	var fields []value.Field
	add := func(name string, t tree.Type) {
		if t.OID == catalog.UnknownOID {
			t = textType
		}
		fields = append(fields, value.Field{Name: name, Type: t, Ops: env.Ops(t.OID)})
	}
	if p.prog == nil {
		add(p.name, p.typ)
	} else {
		for _, c := range p.prog.Columns {
			add(c.Name, c.Type)
		}
	}
	return r.internFields(fields)
}

func (a *activation) maxRows() int {
	if a.s.MaxRows > 0 {
		return a.s.MaxRows
	}
	return eval.DefaultMaxRows
}

// tick notices that the context has ended, every so many steps.
func (a *activation) tick() error {
	if a.ticks++; a.ticks&1023 != 0 {
		return nil
	}
	return a.alive()
}

// alive says whether the context has ended.
func (a *activation) alive() error {
	if err := a.s.Context().Err(); err != nil {
		return fault.New(fault.QueryCanceled, "canceling statement due to user request")
	}
	return nil
}

// maxValue bounds a value that a variable holds, and maxHeld the values of a set of rows that a function holds. PostgreSQL's bound for a value
// is 1 GB.
const (
	maxValue = 256 << 20
	maxHeld  = 1 << 30
)

func tooLarge() error {
	return fault.New("54000", "a value in a function may have at most %d bytes", maxValue)
}

// holder collects the rows of a query within the session's bounds.
type holder struct {
	rows     [][]value.Datum
	max      int
	bytes    int
	maxBytes int
}

func (a *activation) holder() *holder { return &holder{max: a.maxRows(), maxBytes: maxHeld} }

func (h *holder) add(row exec.Row, width int) error {
	if len(h.rows) >= h.max {
		return fault.New("54000", "a query in a function may hold at most %d rows", h.max)
	}
	vals := make([]value.Datum, width)
	for i := range vals {
		vals[i] = row.Datum(i)
		h.bytes += len(vals[i].Str())
	}
	if h.bytes > h.maxBytes {
		return fault.New("54000", "a query in a function may hold at most %d bytes of values", h.maxBytes)
	}
	h.rows = append(h.rows, vals)
	return nil
}

// transition are the relations that only this call can read.
func (a *activation) transition() map[string]*tree.Rel {
	if a.trigger == nil || a.trigger.Trigger.OldTable == "" && a.trigger.Trigger.NewTable == "" {
		return nil
	}
	out := map[string]*tree.Rel{}
	for _, name := range []string{a.trigger.Trigger.OldTable, a.trigger.Trigger.NewTable} {
		if name == "" {
			continue
		}
		rel := &tree.Rel{Kind: tree.TransitionRel, Alias: name, Name: name, Table: a.trigger.Table}
		for _, c := range a.trigger.Table.Columns {
			rel.Columns = append(rel.Columns, tree.RelColumn{Name: c.Name, Type: c.Type})
		}
		out[name] = rel
	}
	return out
}

// bindTrigger fills NEW, OLD and the TG_ variables.
func (a *activation) bindTrigger(d *eval.TriggerData) {
	set := func(slot int, row []value.Datum) {
		if slot < 0 {
			return
		}
		if row == nil {
			a.slots[slot].rec = nil
			return
		}
		a.slots[slot].rec = &record{a.r.vars[slot].shape, append([]value.Datum(nil), row...)}
	}
	set(a.r.newVar, d.New)
	set(a.r.oldVar, d.Old)
	for i, v := range a.r.vars {
		switch v.name {
		case "tg_name":
			a.slots[i].d = value.Text(d.Trigger.Name)
		case "tg_when":
			a.slots[i].d = value.Text(map[sql.TriggerTime]string{sql.BeforeEvent: "BEFORE", sql.AfterEvent: "AFTER", sql.InsteadOf: "INSTEAD OF"}[d.Trigger.Time])
		case "tg_level":
			level := "STATEMENT"
			if d.Trigger.Row {
				level = "ROW"
			}
			a.slots[i].d = value.Text(level)
		case "tg_op":
			a.slots[i].d = value.Text(d.Op)
		case "tg_relid":
			a.slots[i].d = value.Int(int64(d.Table.OID))
		case "tg_relname", "tg_table_name":
			a.slots[i].d = value.Text(d.Table.Name)
		case "tg_table_schema":
			a.slots[i].d = value.Text(d.Table.Schema)
		case "tg_nargs":
			a.slots[i].d = value.Int(int64(len(d.Trigger.Args)))
		case "tg_argv":
			if len(d.Trigger.Args) == 0 {
				a.slots[i].d = value.Null
				continue
			}
			env := a.s.Env()
			args := make([]value.Datum, len(d.Trigger.Args))
			for j, arg := range d.Trigger.Args {
				args[j] = value.Text(arg)
			}
			a.slots[i].d = value.MakeArray(env, env.Ops(catalog.TextOID), args)
		}
	}
}

// call runs the body and gives the function's value.
func (a *activation) call() (value.Datum, error) {
	if err := a.alive(); err != nil {
		return value.Null, err
	}
	ctl, err := a.r.body.run(a)
	if err != nil {
		return value.Null, a.where(err)
	}
	fn := a.r.fn
	switch {
	case a.yield != nil:
		return value.Null, nil
	case fn.Returns.OID == catalog.VoidOID && len(a.r.outs) == 0:
		return value.Text(""), nil
	case len(a.r.outs) > 0:
		return a.outValue()
	case ctl.kind != returned && fn.Name != "inline_code_block":
		return value.Null, fault.New("2F005", "control reached end of function without RETURN")
	}
	return a.ret, nil
}

// outValue is the value of the OUT parameters.
func (a *activation) outValue() (value.Datum, error) {
	row, err := a.outRow()
	if err != nil {
		return value.Null, err
	}
	if a.r.result.fields == nil {
		return row[0], nil
	}
	return value.MakeRecord(a.s.Env(), a.r.result.fields, row), nil
}

func (a *activation) outRow() ([]value.Datum, error) {
	row := make([]value.Datum, len(a.r.outs))
	for i, slot := range a.r.outs {
		row[i] = a.datum(slot)
	}
	return row, nil
}

// datum is the value of a variable as one datum; a record is joined.
func (a *activation) datum(slot int) value.Datum {
	if a.r.vars[slot].kind != plpgsql.RecordVar {
		return a.slots[slot].d
	}
	rec := a.slots[slot].rec
	if rec == nil {
		return value.Null
	}
	return value.MakeRecord(a.s.Env(), rec.shape.fields, rec.vals)
}

// callTrigger runs a trigger function: the row to go on with, nil when it returned NULL.
func (a *activation) callTrigger() ([]value.Datum, error) {
	ctl, err := a.r.body.run(a)
	if err != nil {
		return nil, a.where(err)
	}
	if ctl.kind != returned {
		return nil, fault.New("2F005", "control reached end of trigger procedure without RETURN")
	}
	return a.retRow, nil
}

// maxContext bounds the context of an error that comes up through many functions.
const maxContext = 4 << 10

// placed adds the function and the statement to the context of an error, the first time that it passes here.
func (a *activation) placed(s *step, err error) error {
	f := fault.As(err)
	if f == nil || f == a.seen {
		return err
	}
	c := *f
	if len(c.Where) < maxContext {
		if c.Where != "" {
			c.Where += "\n"
		}
		c.Where += a.line(s.line, s.what)
	}
	c.Pos, c.Text, c.File = -1, "", "" // a place in the body is none in the statement that called it
	a.seen = &c
	return &c
}

// context tells where the activation is, and where those are that called it.
func (a *activation) context() string {
	var lines []string
	for size := 0; a != nil && size < maxContext; a = a.caller {
		line := `SQL function "` + a.r.fn.Name + `" statement ` + strconv.Itoa(a.nth)
		if a.at != nil {
			line = a.line(a.at.line, a.at.what)
			if text := a.at.sent(); text != "" && lines != nil {
				line = `SQL statement "` + clip(text) + "\"\n" + line
			}
		}
		size += len(line)
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// sent is the text of the statement that a step gives to the database as it is, "" where there is none.
func (s *step) sent() string {
	var q *statement
	switch o := s.op.(type) {
	case *performOp:
		q = o.query
	case *execOp:
		q = o.source.query
	case *returnQueryOp:
		q = o.source.query
	}
	if q == nil {
		return ""
	}
	return q.text
}

func (a *activation) line(line int, what string) string {
	return "PL/pgSQL function " + a.r.signature() + " line " + strconv.Itoa(line) + " at " + what
}

// where adds the function to an error's context that has none: one of an SQL function, or of no statement.
func (a *activation) where(err error) error {
	f := fault.As(err)
	if f == nil || f.Where != "" {
		return err
	}
	c := *f
	c.Where = "PL/pgSQL function " + a.r.signature()
	if a.r.fn.Language == "sql" {
		c.Where = `SQL function "` + a.r.fn.Name + `"`
	}
	c.Pos, c.Text, c.File = -1, "", "" // a place in the body is none in the statement that called it
	return &c
}
