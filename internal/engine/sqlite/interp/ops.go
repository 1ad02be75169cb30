package interp

import (
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/exec"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/tree"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
	"github.com/mainstay-dev/mainstay/internal/sql"
	"github.com/mainstay-dev/mainstay/internal/sql/plpgsql"
)

// op is a compiled statement.
type op interface {
	run(a *activation) (control, error)
}

// controlKind is how a statement ended.
type controlKind uint8

const (
	next controlKind = iota
	exited
	continued
	returned
)

// control says where to go on; label is that of an EXIT or CONTINUE, "" for the innermost loop.
type control struct {
	kind  controlKind
	label string
}

var goOn control

// step is a statement with its place for the context of errors.
type step struct {
	op
	line int
	what string // as PostgreSQL calls the statement
}

func runAll(a *activation, list []step) (control, error) {
	for i := range list {
		a.at = &list[i]
		ctl, err := list[i].run(a)
		if err != nil {
			return ctl, a.placed(&list[i], err)
		}
		if ctl.kind != next {
			return ctl, nil
		}
	}
	return goOn, nil
}

// leaves interprets what a loop's body ended with: whether the loop ends, and what the loop then ends with.
func (c control) leaves(label string) (bool, control) {
	mine := c.label == "" || c.label == label
	switch {
	case c.kind == exited && mine:
		return true, goOn
	case c.kind == continued && mine:
		return false, goOn
	case c.kind == next:
		return false, goOn
	}
	return true, c
}

// blockOp is a block: its variables are set anew each time it is entered.
type blockOp struct {
	label             string
	inits             []initOp
	body              []step
	handlers          []handler
	sqlstate, sqlerrm []int // the variables of those names
}

type initOp struct {
	slot int
	init *expr
}

type handler struct {
	conditions []string
	body       []step
}

func (b *blockOp) run(a *activation) (control, error) {
	for _, in := range b.inits {
		if err := a.initialise(in); err != nil {
			return goOn, err
		}
	}
	ctl, err := b.inner(a)
	if err == nil && ctl.kind == exited && ctl.label != "" && ctl.label == b.label {
		return goOn, nil
	}
	return ctl, err
}

func (a *activation) initialise(in initOp) error {
	v := &a.r.vars[in.slot]
	a.slots[in.slot] = slot{typed: v.shape}
	if in.init == nil {
		if v.notNull {
			return fault.New(fault.NullNotAllowed, `variable "%s" must have a default value, since it's declared NOT NULL`, v.name)
		}
		if v.domain {
			return a.assign(in.slot, value.Null, textType)
		}
		return nil
	}
	d, p, err := in.init.compute(a)
	if err != nil {
		return err
	}
	return a.assignShaped(in.slot, d, p)
}

// assignShaped is assign for what an expression gave.
func (a *activation) assignShaped(slot int, d value.Datum, p *prepared) error {
	if p.shape == nil || a.r.vars[slot].kind == plpgsql.ScalarVar {
		return a.assign(slot, d, p.typ)
	}
	if d.IsNull() {
		return a.assignRecord(slot, &a.r.vars[slot], d, p.typ)
	}
	return a.assignRow(slot, p.shape, value.RecordOps(catalog.RecordOID, "record", p.shape.fields).FieldValues(d))
}

func (b *blockOp) inner(a *activation) (control, error) {
	if len(b.handlers) == 0 {
		return runAll(a, b.body)
	}
	var ctl control
	err := exec.Savepoint(a.s, func() error {
		var err error
		ctl, err = runAll(a, b.body)
		return err
	})
	if err == nil {
		return ctl, nil
	}
	f := fault.As(err)
	if f == nil {
		return goOn, err // not an error of SQL: nothing that a function may swallow
	}
	if a.s.Context().Err() != nil {
		return goOn, a.s.Context().Err() // nor may it swallow the end of its request; whatever it failed with just then, this is why it ends
	}
	for _, h := range b.handlers {
		for _, cond := range h.conditions {
			if matches(cond, f.Code) {
				return b.handle(a, h, f)
			}
		}
	}
	return goOn, err
}

func (b *blockOp) handle(a *activation, h handler, f *fault.Error) (control, error) {
	for _, slot := range b.sqlstate {
		a.slots[slot].d = value.Text(f.Code)
	}
	for _, slot := range b.sqlerrm {
		a.slots[slot].d = value.Text(f.Message)
	}
	a.caught = append(a.caught, f)
	ctl, err := runAll(a, h.body)
	a.caught = a.caught[:len(a.caught)-1]
	return ctl, err
}

// assign puts a value of type t into any variable, by the rules of an assignment.
func (a *activation) assign(slot int, d value.Datum, t tree.Type) error {
	v := &a.r.vars[slot]
	if len(d.Str()) > maxValue {
		return tooLarge()
	}
	switch v.kind {
	case plpgsql.ScalarVar:
		if v.typ.OID != t.OID || v.typ.Mod != -1 && v.typ.Mod != t.Mod || v.domain {
			var err error
			if d, err = a.r.convert(a.s, d, t, v.typ); err != nil {
				return err
			}
		}
		if v.notNull && d.IsNull() {
			return fault.New(fault.NullNotAllowed, `null value cannot be assigned to variable "%s" declared NOT NULL`, v.name)
		}
		a.slots[slot].d = d
		return nil
	case plpgsql.FieldVar:
		return a.assignField(v, d, t)
	case plpgsql.RecordVar:
		return a.assignRecord(slot, v, d, t)
	}
	// A list of targets takes the fields of a composite.
	sh := a.shapeOfType(t)
	if sh == nil {
		return a.assignRow(slot, &shape{fields: []value.Field{{Type: t}}}, []value.Datum{d})
	}
	return a.assignRow(slot, sh, value.RecordOps(t.OID, "record", sh.fields).FieldValues(d))
}

func (a *activation) assignField(v *variable, d value.Datum, t tree.Type) error {
	parent := &a.slots[v.parent]
	sh := parent.shape()
	name := a.r.vars[v.parent].name
	if sh == nil {
		return notAssigned(name)
	}
	i, ok := sh.index[v.name]
	if !ok {
		return fault.New(fault.UndefinedColumn, `record "%s" has no field "%s"`, name, v.name)
	}
	d, err := a.r.convert(a.s, d, t, sh.fields[i].Type)
	if err != nil {
		return err
	}
	if parent.rec == nil {
		parent.rec = &record{sh, make([]value.Datum, len(sh.fields))}
	}
	parent.rec.vals[i] = d
	return nil
}

func (a *activation) assignRecord(slot int, v *variable, d value.Datum, t tree.Type) error {
	from := a.shapeOfType(t)
	if d.IsNull() {
		a.slots[slot].rec = nil
		if v.shape == nil && from != nil {
			a.slots[slot].rec = &record{from, make([]value.Datum, len(from.fields))}
		}
		return nil
	}
	if from == nil {
		return fault.New(fault.DatatypeMismatch, "cannot assign non-composite value to a record variable")
	}
	return a.assignRow(slot, from, value.RecordOps(t.OID, "record", from.fields).FieldValues(d))
}

// assignRow puts the row of a query into a variable: a record, a list of targets (by position; missing ones become NULL), or a scalar. vals nil is no row.
func (a *activation) assignRow(slot int, sh *shape, vals []value.Datum) error {
	v := &a.r.vars[slot]
	switch v.kind {
	case plpgsql.RecordVar:
		if v.shape == nil {
			if vals == nil {
				vals = make([]value.Datum, len(sh.fields))
			}
			a.slots[slot].rec = &record{a.r.settled(sh), append([]value.Datum(nil), vals...)}
			return nil
		}
		return a.fillTyped(slot, v, sh, vals)
	case plpgsql.RowVar:
		for i, target := range v.fields {
			d, t := value.Null, a.r.vars[target].typ
			if i < len(vals) {
				d, t = vals[i], sh.fields[i].Type
			}
			if err := a.assign(target, d, t); err != nil {
				return err
			}
		}
		return nil
	}
	if len(vals) == 0 {
		return a.assign(slot, value.Null, v.typ)
	}
	return a.assign(slot, vals[0], sh.fields[0].Type)
}

// settled is sh with text in the place of types that are still unknown.
func (r *routine) settled(sh *shape) *shape {
	for i := range sh.fields {
		if sh.fields[i].Type.OID != catalog.UnknownOID {
			continue
		}
		fields := append([]value.Field(nil), sh.fields...)
		for j := i; j < len(fields); j++ {
			if fields[j].Type.OID == catalog.UnknownOID {
				fields[j].Type = textType
			}
		}
		return r.internFields(fields)
	}
	return sh
}

// fillTyped converts a row to the structure of a typed record, by position. One composite column fills it whole.
func (a *activation) fillTyped(slot int, v *variable, sh *shape, vals []value.Datum) error {
	if vals == nil {
		a.slots[slot].rec = nil
		return nil
	}
	out := make([]value.Datum, len(v.shape.fields))
	for i := range out {
		if i >= len(vals) {
			break
		}
		var err error
		if out[i], err = a.r.convert(a.s, vals[i], sh.fields[i].Type, v.shape.fields[i].Type); err != nil {
			return err
		}
	}
	a.slots[slot].rec = &record{v.shape, out}
	return nil
}

// assignOp is target := expr: a variable, a field of a record, or an element of either.
type assignOp struct {
	slot  int
	field string // of a record, "" for the variable itself
	steps []stepOp
	expr  *expr
}

// stepOp is .field, [index] or [lo:index] of an assignment's target.
type stepOp struct {
	field     string
	slice     bool
	lo, index *expr
}

func (o *assignOp) run(a *activation) (control, error) {
	d, p, err := o.expr.compute(a)
	if err != nil {
		if f := fault.As(err); f != nil && f.Code == fault.SyntaxError && strings.HasPrefix(f.Message, "query returned ") {
			err = fault.New(fault.SyntaxError, "assignment source returned %s", strings.TrimPrefix(f.Message, "query returned "))
		}
		return goOn, err
	}
	if len(o.steps) > 0 {
		return goOn, o.element(a, d, p.typ)
	}
	if o.field == "" {
		if v := &a.r.vars[o.slot]; v.kind == plpgsql.ScalarVar && v.typ == p.typ && !v.notNull && !v.domain && len(d.Str()) <= maxValue {
			a.slots[o.slot].d = d
			return goOn, nil
		}
		return goOn, a.assignShaped(o.slot, d, p)
	}
	return goOn, o.set(a, d, p.typ)
}

func (o *assignOp) set(a *activation, d value.Datum, t tree.Type) error {
	if o.field == "" {
		return a.assign(o.slot, d, t)
	}
	return a.assignField(&variable{kind: plpgsql.FieldVar, name: o.field, parent: o.slot}, d, t)
}

// element sets what the steps of the target lead to.
func (o *assignOp) element(a *activation, d value.Datum, t tree.Type) error {
	target := &a.r.vars[o.slot]
	if o.field != "" {
		target = &variable{kind: plpgsql.FieldVar, name: o.field, parent: o.slot}
	}
	cur, typ := a.current(o.slot, target)
	if typ.OID == 0 {
		return o.set(a, d, t) // says what is wrong with the field
	}
	out, err := a.setIn(cur, typ, o.steps, d, t)
	if err != nil {
		return err
	}
	return o.set(a, out, typ)
}

// setIn is cur, of type typ, with d in the place that steps lead to.
func (a *activation) setIn(cur value.Datum, typ tree.Type, steps []stepOp, d value.Datum, t tree.Type) (value.Datum, error) {
	if len(steps) == 0 {
		return a.r.convert(a.s, d, t, typ)
	}
	if base := a.s.Cat.BaseType(typ); base.OID != typ.OID { // a domain has its say about the whole
		out, err := a.setIn(cur, base, steps, d, t)
		if err != nil {
			return cur, err
		}
		return a.r.convert(a.s, out, base, typ)
	}
	if steps[0].field != "" {
		return a.setField(cur, typ, steps, d, t)
	}
	ty := a.s.Cat.Type(typ.OID)
	switch {
	case typ.OID == catalog.JSONBOID:
		return a.setPath(cur, typ, steps, d, t)
	case ty == nil || ty.Elem == 0:
		return cur, fault.New(fault.DatatypeMismatch, "cannot subscript type %s because it does not support subscripting", a.s.Cat.TypeString(typ))
	}
	elem := tree.Type{OID: ty.Elem, Mod: typ.Mod}
	env := a.s.Env()
	ops := env.Ops(elem.OID)
	n := 0
	slice := false
	for n < len(steps) && steps[n].field == "" {
		slice = slice || steps[n].slice
		n++
	}
	if slice {
		bounds, err := a.bounds(steps[:n])
		if err != nil {
			return cur, err
		}
		v, err := a.setIn(value.Null, typ, steps[n:], d, t)
		if err != nil {
			return cur, err
		}
		return value.SetSlice(ops, cur, bounds, v)
	}
	at := make([]int64, n)
	for i, s := range steps[:n] {
		var err error
		if at[i], err = a.subscript(s.index); err != nil {
			return cur, err
		}
	}
	old := value.Null
	if n < len(steps) && !cur.IsNull() {
		var err error
		if old, err = value.Subscript(ops, cur, at...); err != nil {
			return cur, err
		}
	}
	v, err := a.setIn(old, elem, steps[n:], d, t)
	if err != nil {
		return cur, err
	}
	return value.SetElem(env, ops, cur, at, v)
}

// bounds are the subscripts of a slice.
func (a *activation) bounds(steps []stepOp) ([]value.Bound, error) {
	out := make([]value.Bound, len(steps))
	for i, s := range steps {
		b := &out[i]
		var err error
		switch {
		case !s.slice:
			b.Lo = 1
		case s.lo == nil:
			b.NoLo = true
		default:
			if b.Lo, err = a.subscript(s.lo); err != nil {
				return nil, err
			}
		}
		if b.NoHi = s.index == nil; !b.NoHi {
			if b.Hi, err = a.subscript(s.index); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

func (a *activation) subscript(e *expr) (int64, error) {
	i, err := e.as(a, intType)
	if err == nil && i.IsNull() {
		err = fault.New(fault.NullNotAllowed, "array subscript in assignment must not be null")
	}
	return i.Int64(), err
}

func (a *activation) setField(cur value.Datum, typ tree.Type, steps []stepOp, d value.Datum, t tree.Type) (value.Datum, error) {
	sh := a.shapeOfType(typ)
	if sh == nil {
		return cur, fault.New(fault.DatatypeMismatch, `cannot assign to field "%s" of column "%s" because its type %s is not a composite type`, steps[0].field, steps[0].field, a.s.Cat.TypeString(typ))
	}
	i, ok := sh.index[steps[0].field]
	if !ok {
		return cur, fault.New(fault.UndefinedColumn, `cannot assign to field "%s" of column "%s" because there is no such column in data type %s`, steps[0].field, steps[0].field, a.s.Cat.TypeString(typ))
	}
	vals := make([]value.Datum, len(sh.fields))
	if !cur.IsNull() {
		vals = value.RecordOps(typ.OID, "record", sh.fields).FieldValues(cur)
	}
	var err error
	if vals[i], err = a.setIn(vals[i], sh.fields[i].Type, steps[1:], d, t); err != nil {
		return cur, err
	}
	return value.MakeRecord(a.s.Env(), sh.fields, vals), nil
}

func (a *activation) setPath(cur value.Datum, typ tree.Type, steps []stepOp, d value.Datum, t tree.Type) (value.Datum, error) {
	path := make([]string, len(steps))
	base := "{}"
	for i, s := range steps {
		k, from, err := s.index.value(a)
		if err != nil {
			return cur, err
		}
		if k.IsNull() {
			return cur, fault.New(fault.NullNotAllowed, "jsonb subscript in assignment must not be null")
		}
		if i == 0 && from.OID == catalog.Int4OID {
			base = "[]"
		}
		path[i] = a.output(k, from)
	}
	v, err := a.r.convert(a.s, d, t, typ)
	if err != nil {
		return cur, err
	}
	if v.IsNull() {
		v = value.Text("null")
	}
	if !cur.IsNull() {
		base = cur.Str()
	}
	out, err := value.SetMember(base, path, v.Str())
	return value.Text(out), err
}

// current is the value and type of a scalar variable or field; type 0 if there is no such field.
func (a *activation) current(slot int, v *variable) (value.Datum, tree.Type) {
	if v.kind != plpgsql.FieldVar {
		return a.slots[slot].d, v.typ
	}
	parent := &a.slots[v.parent]
	sh := parent.shape()
	if sh == nil {
		return value.Null, tree.Type{}
	}
	i, ok := sh.index[v.name]
	if !ok {
		return value.Null, tree.Type{}
	}
	if parent.rec == nil {
		return value.Null, sh.fields[i].Type
	}
	return parent.rec.vals[i], sh.fields[i].Type
}

// ifOp is IF.
type ifOp struct {
	arms []armOp
	els  []step
}

type armOp struct {
	cond *expr
	body []step
}

func (o *ifOp) run(a *activation) (control, error) {
	for i := range o.arms {
		ok, err := o.arms[i].cond.truth(a)
		if err != nil {
			return goOn, err
		}
		if ok {
			return runAll(a, o.arms[i].body)
		}
	}
	return runAll(a, o.els)
}

// caseOp is CASE; arg, if any, is kept in a variable that the conditions compare with.
type caseOp struct {
	arg     *expr
	argSlot int
	ifOp
	hasElse bool
}

func (o *caseOp) run(a *activation) (control, error) {
	if o.arg != nil {
		d, t, err := o.arg.value(a)
		if err != nil {
			return goOn, err
		}
		if t.OID == catalog.UnknownOID {
			t = textType
		}
		// The variable has the type of what it holds now.
		a.slots[o.argSlot] = slot{d: d, typed: a.r.internFields([]value.Field{{Type: t}})}
	}
	for i := range o.arms {
		ok, err := o.arms[i].cond.truth(a)
		if err != nil {
			return goOn, err
		}
		if ok {
			return runAll(a, o.arms[i].body)
		}
	}
	if !o.hasElse {
		return goOn, fault.New(fault.CaseNotFound, "case not found").WithHint("CASE statement is missing ELSE part.")
	}
	return runAll(a, o.els)
}

// loopOp is LOOP and WHILE.
type loopOp struct {
	label string
	while *expr
	body  []step
}

func (o *loopOp) run(a *activation) (control, error) {
	for {
		if err := a.tick(); err != nil {
			return goOn, err
		}
		if o.while != nil {
			ok, err := o.while.truth(a)
			if err != nil || !ok {
				return goOn, err
			}
		}
		ctl, err := runAll(a, o.body)
		if err != nil {
			return goOn, err
		}
		if end, out := ctl.leaves(o.label); end {
			return out, nil
		}
	}
}

// forIntOp is FOR i IN lo..hi.
type forIntOp struct {
	label        string
	slot         int
	lo, hi, step *expr
	reverse      bool
	body         []step
}

func (o *forIntOp) run(a *activation) (control, error) {
	bound := func(e *expr, what string) (int64, error) {
		d, err := e.as(a, intType)
		if err == nil && d.IsNull() {
			err = fault.New(fault.NullNotAllowed, "%s of FOR loop cannot be null", what)
		}
		return d.Int64(), err
	}
	lo, err := bound(o.lo, "lower bound")
	if err != nil {
		return goOn, err
	}
	hi, err := bound(o.hi, "upper bound")
	if err != nil {
		return goOn, err
	}
	step := int64(1)
	if o.step != nil {
		if step, err = bound(o.step, "BY value"); err != nil {
			return goOn, err
		}
		if step <= 0 {
			return goOn, fault.New(fault.InvalidParameterValue, "BY value of FOR loop must be greater than zero")
		}
	}
	ran := false
	defer func() { a.setFound(ran) }()
	if o.reverse {
		step = -step
	}
	for i := lo; step > 0 && i <= hi || step < 0 && i >= hi; i += step {
		ran = true
		if err := a.tick(); err != nil {
			return goOn, err
		}
		a.slots[o.slot].d = value.Int(i)
		ctl, err := runAll(a, o.body)
		if err != nil {
			return goOn, err
		}
		if end, out := ctl.leaves(o.label); end {
			return out, nil
		}
	}
	return goOn, nil
}

func (a *activation) setFound(found bool) { a.slots[a.r.found].d = value.Bool(found) }

// forQueryOp is FOR target IN query. The rows are read before the body runs: it may change what they came from.
type forQueryOp struct {
	label  string
	slot   int
	source source
	body   []step
}

func (o *forQueryOp) run(a *activation) (control, error) {
	rs, err := o.source.rows(a, 0)
	if err != nil {
		return goOn, err
	}
	if len(rs.rows) == 0 {
		if err := a.assignRow(o.slot, rs.shape, nil); err != nil {
			return goOn, err
		}
	}
	defer func() { a.setFound(len(rs.rows) > 0) }()
	for _, row := range rs.rows {
		if err := a.tick(); err != nil {
			return goOn, err
		}
		if err := a.assignRow(o.slot, rs.shape, row); err != nil {
			return goOn, err
		}
		ctl, err := runAll(a, o.body)
		if err != nil {
			return goOn, err
		}
		if end, out := ctl.leaves(o.label); end {
			return out, nil
		}
	}
	return goOn, nil
}

// forEachOp is FOREACH.
type forEachOp struct {
	label string
	slot  int
	slice int
	expr  *expr
	body  []step
}

func (o *forEachOp) run(a *activation) (control, error) {
	d, t, err := o.expr.value(a)
	if err != nil {
		return goOn, err
	}
	if d.IsNull() {
		return goOn, fault.New(fault.NullNotAllowed, "FOREACH expression must not be null")
	}
	ty := a.s.Cat.Type(t.OID)
	if ty == nil || ty.Elem == 0 {
		return goOn, fault.New(fault.DatatypeMismatch, "FOREACH expression must yield an array, not type %s", a.s.Cat.TypeString(t))
	}
	env := a.s.Env()
	elemType := tree.Type{OID: ty.Elem, Mod: -1}
	dims := len(value.ArrayDims(env.Ops(ty.Elem), d))
	loop := &a.r.vars[o.slot]
	isArray := false
	if lt := a.s.Cat.Type(loop.typ.OID); loop.kind == plpgsql.ScalarVar && lt != nil {
		isArray = lt.Elem != 0
	}
	switch {
	case o.slice < 0 || o.slice > dims && o.slice > 0:
		return goOn, fault.New(fault.ArraySubscript, "slice dimension (%d) is out of the valid range 0..%d", o.slice, dims)
	case o.slice > 0 && !isArray:
		return goOn, fault.New(fault.DatatypeMismatch, "FOREACH ... SLICE loop variable must be of an array type")
	case o.slice == 0 && isArray:
		return goOn, fault.New(fault.DatatypeMismatch, "FOREACH loop variable must not be of an array type")
	}
	var elems []value.Datum
	if o.slice == 0 {
		if elems, err = value.ArraySlice(env.Ops(ty.Elem), d); err != nil {
			return goOn, err
		}
	} else {
		elemType = t
		raws := []string{d.Str()}
		for range dims - o.slice {
			var inner []string
			for _, raw := range raws {
				inner = append(inner, value.ElemsOf(raw)...)
			}
			raws = inner
		}
		for _, raw := range raws {
			elems = append(elems, value.Text(raw))
		}
	}
	defer func() { a.setFound(len(elems) > 0) }()
	for _, e := range elems {
		if err := a.tick(); err != nil {
			return goOn, err
		}
		if err := a.assign(o.slot, e, elemType); err != nil {
			return goOn, err
		}
		ctl, err := runAll(a, o.body)
		if err != nil {
			return goOn, err
		}
		if end, out := ctl.leaves(o.label); end {
			return out, nil
		}
	}
	return goOn, nil
}

// exitOp is EXIT and CONTINUE.
type exitOp struct {
	kind  controlKind
	label string
	when  *expr
}

func (o *exitOp) run(a *activation) (control, error) {
	if o.when != nil {
		ok, err := o.when.truth(a)
		if err != nil || !ok {
			return goOn, err
		}
	}
	return control{o.kind, o.label}, nil
}

// returnOp is RETURN. slot ≥ 0 is a plain variable.
type returnOp struct {
	slot int
	expr *expr
}

func (o *returnOp) run(a *activation) (control, error) {
	done := control{kind: returned}
	if a.trigger != nil {
		return done, o.row(a)
	}
	if o.slot < 0 && o.expr == nil || a.yield != nil || len(a.r.outs) > 0 {
		return done, nil
	}
	if a.r.ret.OID == catalog.VoidOID {
		return done, nil
	}
	if o.slot >= 0 {
		d, t := a.typedDatum(o.slot)
		var err error
		a.ret, err = a.convertResult(d, t, a.slots[o.slot].shape())
		return done, err
	}
	d, p, err := o.expr.compute(a)
	if err != nil {
		return done, err
	}
	a.ret, err = a.convertResult(d, p.typ, p.shape)
	return done, err
}

// typedDatum is a variable's value with its type; a record is composite.
func (a *activation) typedDatum(slot int) (value.Datum, tree.Type) {
	v := &a.r.vars[slot]
	switch v.kind {
	case plpgsql.RecordVar:
		sh := a.slots[slot].shape()
		if sh == nil {
			return value.Null, tree.Type{OID: catalog.RecordOID, Mod: -1}
		}
		return a.datum(slot), sh.typ
	case plpgsql.FieldVar:
		return a.current(slot, v)
	}
	return a.slots[slot].d, v.typ
}

// convertResult gives a value, of structure sh where it is a record, as the function's result type.
func (a *activation) convertResult(d value.Datum, t tree.Type, sh *shape) (value.Datum, error) {
	want := a.r.result.fields
	switch {
	case d.IsNull() || want == nil && !a.r.result.any || t.OID == a.r.ret.OID && t.OID != catalog.RecordOID:
		return a.r.convert(a.s, d, t, a.r.ret)
	case sh == nil:
		sh = a.shapeOfType(t)
	}
	if sh == nil && t.OID == catalog.RecordOID {
		return d, nil // of a function that returns record; its caller says what it expects
	}
	if sh == nil {
		return d, fault.New(fault.DatatypeMismatch, "cannot return non-composite value from function returning composite type")
	}
	if want == nil {
		return d, nil
	}
	if err := a.matchRecord(sh, want); err != nil {
		return d, err
	}
	return value.MakeRecord(a.s.Env(), want, value.RecordOps(t.OID, "record", sh.fields).FieldValues(d)), nil
}

// matchRecord says where a record that is returned has not the columns of the result; a mismatch of types comes before one of numbers.
func (a *activation) matchRecord(sh *shape, want []value.Field) error {
	const message = "returned record type does not match expected record type"
	for i := 0; i < len(want) && i < len(sh.fields); i++ {
		if sh.fields[i].Type.OID != want[i].Type.OID {
			return fault.New(fault.DatatypeMismatch, message).
				WithDetail("Returned type %s does not match expected type %s in column %d.", a.s.Cat.TypeString(sh.fields[i].Type), a.s.Cat.TypeString(want[i].Type), i+1)
		}
	}
	if len(sh.fields) != len(want) {
		return fault.New(fault.DatatypeMismatch, message).
			WithDetail("Number of returned columns (%d) does not match expected column count (%d).", len(sh.fields), len(want))
	}
	return nil
}

// row is RETURN of a trigger function.
func (o *returnOp) row(a *activation) error {
	slot := o.slot
	if slot < 0 && o.expr != nil {
		d, p, err := o.expr.compute(a)
		if err != nil {
			return err
		}
		if d.IsNull() {
			a.retRow = nil
			return nil
		}
		t, sh := p.typ, p.shape
		if sh == nil {
			sh = a.shapeOfType(t)
		}
		if sh == nil {
			return fault.New(fault.DatatypeMismatch, "cannot return non-composite value from function returning composite type")
		}
		a.retRow = value.RecordOps(t.OID, "record", sh.fields).FieldValues(d)
		return nil
	}
	if slot < 0 {
		return nil
	}
	rec := a.slots[slot].rec
	if rec == nil || slot == a.r.oldVar && a.trigger.Old == nil || slot == a.r.newVar && a.trigger.New == nil {
		a.retRow = nil
		return nil
	}
	if len(rec.vals) != len(a.trigger.Table.Columns) {
		return fault.New(fault.DatatypeMismatch, "returned row structure does not match the structure of the triggering table").
			WithDetail("Number of returned columns (%d) does not match expected column count (%d).", len(rec.vals), len(a.trigger.Table.Columns))
	}
	a.retRow = rec.vals
	return nil
}

// returnNextOp is RETURN NEXT.
type returnNextOp struct {
	slot int
	expr *expr
}

func (o *returnNextOp) run(a *activation) (control, error) {
	if a.yield == nil {
		return goOn, fault.New(fault.DatatypeMismatch, "cannot use RETURN NEXT in a non-SETOF function")
	}
	if o.slot < 0 && o.expr == nil {
		row, err := a.outRow()
		if err != nil {
			return goOn, err
		}
		return goOn, a.yield(row)
	}
	if o.slot >= 0 && a.r.vars[o.slot].kind == plpgsql.RecordVar && a.r.result.fields != nil {
		rec := a.slots[o.slot].rec
		if rec == nil {
			return goOn, a.yield(make([]value.Datum, len(a.r.result.fields)))
		}
		return goOn, a.yieldRow(rec.shape, rec.vals)
	}
	var d value.Datum
	var t tree.Type
	var err error
	var sh *shape
	if o.slot >= 0 {
		d, t = a.typedDatum(o.slot)
	} else {
		var p *prepared
		if d, p, err = o.expr.compute(a); err != nil {
			return goOn, err
		}
		t, sh = p.typ, p.shape
	}
	if a.r.result.fields != nil {
		if d.IsNull() {
			return goOn, a.yield(make([]value.Datum, len(a.r.result.fields)))
		}
		if sh == nil {
			sh = a.shapeOfType(t)
		}
		if sh == nil {
			return goOn, a.yieldRow(&shape{fields: []value.Field{{Type: t}}}, []value.Datum{d})
		}
		return goOn, a.yieldRow(sh, value.RecordOps(t.OID, "record", sh.fields).FieldValues(d))
	}
	if d, err = a.r.convert(a.s, d, t, a.r.ret); err != nil {
		return goOn, err
	}
	return goOn, a.yield([]value.Datum{d})
}

// yieldRow gives a row of another structure as a row of the result.
func (a *activation) yieldRow(sh *shape, vals []value.Datum) error {
	want := a.r.result.fields
	if want == nil {
		if len(vals) != 1 {
			return structureMismatch(len(vals), 1)
		}
		d, err := a.r.convert(a.s, vals[0], sh.fields[0].Type, a.r.ret)
		if err != nil {
			return err
		}
		return a.yield([]value.Datum{d})
	}
	if len(vals) != len(want) {
		return structureMismatch(len(vals), len(want))
	}
	out := make([]value.Datum, len(vals))
	for i := range vals {
		var err error
		if out[i], err = a.r.convert(a.s, vals[i], sh.fields[i].Type, want[i].Type); err != nil {
			return err
		}
	}
	return a.yield(out)
}

func structureMismatch(got, want int) error {
	return fault.New(fault.DatatypeMismatch, "structure of query does not match function result type").
		WithDetail("Number of returned columns (%d) does not match expected column count (%d).", got, want)
}

// checkStructure says where a query's columns are not those of the function's result, as PostgreSQL does: types must be the same.
func (a *activation) checkStructure(sh *shape) error {
	want := a.r.result.fields
	if want == nil {
		want = []value.Field{{Name: "", Type: a.r.ret}}
	}
	if len(sh.fields) != len(want) {
		return structureMismatch(len(sh.fields), len(want))
	}
	for i, f := range sh.fields {
		if f.Type.OID != want[i].Type.OID && want[i].Type.OID != catalog.RecordOID {
			return fault.New(fault.DatatypeMismatch, "structure of query does not match function result type").
				WithDetail("Returned type %s does not match expected type %s in column %d.", a.s.Cat.TypeString(f.Type), a.s.Cat.TypeString(want[i].Type), i+1)
		}
	}
	return nil
}

// returnQueryOp is RETURN QUERY.
type returnQueryOp struct{ source source }

func (o *returnQueryOp) run(a *activation) (control, error) {
	if a.yield == nil {
		return goOn, fault.New(fault.DatatypeMismatch, "cannot use RETURN QUERY in a non-SETOF function")
	}
	rs, err := o.source.rows(a, 0)
	if err != nil {
		return goOn, err
	}
	if err := a.checkStructure(rs.shape); err != nil {
		return goOn, err
	}
	for _, row := range rs.rows {
		if err := a.yieldRow(rs.shape, row); err != nil {
			return goOn, err
		}
	}
	a.rows = int64(len(rs.rows))
	a.setFound(len(rs.rows) > 0)
	return goOn, nil
}

// source is a query: static, or built as text (EXECUTE … USING).
type source struct {
	query   *statement
	dynamic *expr
	using   []*expr
	sc      *scope
}

func (q *source) rows(a *activation, limit int) (*rowset, error) {
	if q.query != nil {
		return q.query.rows(a, limit)
	}
	return a.execute(q, limit)
}

// context names the statement in the context of an error that has none yet.
func (q *source) context(err error) error {
	f := fault.As(err)
	if f == nil || f.Where != "" || q.query == nil {
		return err
	}
	c := *f
	c.Where = "SQL statement \"" + clip(q.query.text) + "\""
	return &c
}

// performOp is PERFORM.
type performOp struct{ query *statement }

func (o *performOp) run(a *activation) (control, error) {
	p, err := o.query.prepare(a)
	if err != nil {
		return goOn, err
	}
	n := int64(1)
	if p.closure != nil {
		a.frame.Params = p.args(a, a.frame.Params)
		_, err = p.closure(&a.frame)
	} else {
		var out exec.Outcome
		out, err = p.prog.Run(a.s, p.args(a, nil), func(exec.Row) error { return nil })
		n = out.Rows
	}
	a.rows = n
	a.setFound(n > 0)
	return goOn, err
}

// execOp is an SQL statement, with or without INTO.
type execOp struct {
	source source
	into   bool
	strict bool
	slot   int
}

func (o *execOp) run(a *activation) (control, error) {
	if o.source.query != nil {
		if done, err := a.utility(o.source.query); done {
			return goOn, err
		}
	}
	limit := 0
	if o.into {
		limit = 2
	}
	rs, err := o.source.rows(a, limit)
	if err != nil {
		return goOn, o.source.context(err)
	}
	if rs == nil { // a statement without rows, run as text
		return goOn, nil
	}
	a.rows = rs.outcome.Rows
	if !o.into {
		if o.source.query != nil {
			if _, isSelect := o.source.query.stmt.(*sql.Select); isSelect {
				return goOn, fault.New(fault.SyntaxError, "query has no destination for result data").
					WithHint("If you want to discard the results of a SELECT, use PERFORM instead.")
			}
			if len(rs.shape.fields) > 0 {
				return goOn, fault.New(fault.SyntaxError, "query has no destination for result data")
			}
			a.setFound(a.rows > 0)
		}
		return goOn, nil
	}
	if o.source.query == nil && len(rs.shape.fields) == 0 {
		return goOn, fault.New(fault.SyntaxError, "INTO used with a command that cannot return data")
	}
	switch {
	case len(rs.rows) == 0 && o.strict:
		return goOn, fault.New(fault.NoDataFound, "query returned no rows")
	case len(rs.rows) > 1 && (o.strict || a.modifies(o)):
		f := fault.New(fault.TooManyRows, "query returned more than one row")
		if o.source.query != nil {
			f = f.WithHint("Make sure the query returns a single row, or use LIMIT 1.")
		}
		return goOn, f
	}
	var row []value.Datum
	if len(rs.rows) > 0 {
		row = rs.rows[0]
		a.rows = 1
	}
	if o.source.query != nil {
		a.setFound(len(rs.rows) > 0)
	}
	return goOn, a.assignRow(o.slot, rs.shape, row)
}

// modifies reports a statement whose RETURNING must give at most one row.
func (a *activation) modifies(o *execOp) bool {
	if o.source.query == nil {
		return false
	}
	_, isSelect := o.source.query.stmt.(*sql.Select)
	return !isSelect
}
