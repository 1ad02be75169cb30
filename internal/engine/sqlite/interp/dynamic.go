package interp

import (
	"slices"
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/analyze"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/exec"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/tree"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
	"github.com/mainstay-dev/mainstay/internal/sql"
	"github.com/mainstay-dev/mainstay/internal/sql/plpgsql"
)

// utility runs a static statement that is no query. The bool says that it was one.
func (a *activation) utility(st *statement) (bool, error) {
	if _, isQuery := st.stmt.(sql.Query); isQuery {
		return false, nil
	}
	stmt := st.stmt
	if c, ok := stmt.(*sql.CreateTableAs); ok {
		q, err := a.written(st, c.Query)
		if err != nil {
			return true, err
		}
		as := *c
		as.Query = q
		stmt = &as
	}
	return true, a.runUtility(sql.Statement{Stmt: stmt, Text: st.text})
}

// written is the query of a definition with the values of the variables that it names in their place: what defines a table knows no variables.
func (a *activation) written(st *statement, q sql.Query) (sql.Query, error) {
	s := a.s
	b := &binder{a: a, sc: st.sc, p: &prepared{}, seen: map[ref]int{}}
	q = sql.Rewrite(q, b.stars)
	// A name that is a column as well is an error here, so that one that is not means the variable wherever it stands.
	used := map[string]bool{}
	key := func(fields []string) string { return strings.Join(fields, "\x00") }
	env := &analyze.Env{Path: s.Path, Conflict: a.r.conflict(), Transition: a.transition(), FixedParams: true, Names: func(fields []string) tree.Expr {
		e := b.names(fields)
		if e != nil {
			used[key(fields)] = true
		}
		return e
	}}
	for _, slot := range a.r.args {
		env.Params = append(env.Params, b.param(ref{slot, -1}, a.r.vars[slot].typ).Type())
	}
	_, err := analyze.Query(s.Cat, env, q)
	if b.err != nil {
		err = b.err
	}
	if err != nil || len(used) == 0 {
		return q, err
	}
	isVariable := func(n sql.Node) (*sql.ColumnRef, bool) {
		c, ok := n.(*sql.ColumnRef)
		return c, ok && !c.Star && used[key(c.Fields)]
	}
	// A column that shows a variable is called like it, not like the type of a constant.
	q = sql.Rewrite(q, func(n sql.Node) sql.Node {
		s, ok := n.(*sql.Select)
		if !ok {
			return n
		}
		named := *s
		named.Targets = slices.Clone(s.Targets)
		for i, t := range named.Targets {
			e := t.Expr
			for cast, ok := e.(*sql.Cast); ok; cast, ok = e.(*sql.Cast) {
				e = cast.X
			}
			if c, ok := isVariable(e); ok && t.Name == "" {
				named.Targets[i].Name = c.Fields[len(c.Fields)-1]
			}
		}
		return &named
	})
	q = sql.Rewrite(q, func(n sql.Node) sql.Node {
		c, ok := isVariable(n)
		if !ok || err != nil {
			return n
		}
		var e sql.Expr
		if e, err = a.constant(st, c); err != nil {
			return n
		}
		return e
	})
	return q, err
}

// constant is the value of a variable as SQL.
func (a *activation) constant(st *statement, name *sql.ColumnRef) (sql.Expr, error) {
	p, err := (&statement{stmt: &sql.Select{Targets: []sql.Target{{Expr: name}}}, sc: st.sc}).prepare(a)
	if err != nil {
		return nil, err
	}
	rs, err := a.collect(p, 0)
	if err != nil {
		return nil, err
	}
	f, d := rs.shape.fields[0], rs.rows[0][0]
	k := &sql.Const{Kind: sql.NullConst, Pos: name.Pos}
	if !d.IsNull() {
		k.Kind, k.Text = sql.StringConst, string(f.Ops.Output(a.s.Env(), nil, d))
	}
	return &sql.Cast{X: k, Type: a.s.Cat.TypeName(f.Type), Pos: name.Pos}, nil
}

func (a *activation) runUtility(st sql.Statement) error {
	if _, isTx := st.Stmt.(*sql.Transaction); isTx {
		return fault.New(fault.FeatureNotSupported, "EXECUTE of transaction commands is not implemented")
	}
	if v := a.r.fn.Volatility; v != 'v' && v != 0 {
		if _, isSet := st.Stmt.(*sql.Set); !isSet {
			return fault.New(fault.FeatureNotSupported, "a statement of this kind is not allowed in a non-volatile function")
		}
	}
	if a.s.Utility == nil {
		return fault.Unsupported("a statement of this kind inside a function", "")
	}
	return a.s.Utility(a.s, st)
}

// execute runs EXECUTE: the text is parsed and compiled each time, with the USING values as its parameters.
func (a *activation) execute(q *source, limit int) (*rowset, error) {
	text, null, err := q.dynamic.string(a)
	if err != nil {
		return nil, err
	}
	if null {
		return nil, fault.New(fault.NullNotAllowed, "query string argument of EXECUTE is null")
	}
	var args []value.Datum
	var types []tree.Type
	for _, u := range q.using {
		d, t, err := u.value(a)
		if err != nil {
			return nil, err
		}
		if t.OID == catalog.UnknownOID {
			t = textType
		}
		args, types = append(args, d), append(types, t)
	}
	list, err := sql.Parse(text)
	if err != nil {
		return nil, dynamicPlace(err, text)
	}
	var last *rowset
	for _, st := range list {
		query, isQuery := st.Stmt.(sql.Query)
		if !isQuery {
			if err := a.runUtility(st); err != nil {
				return nil, dynamicPlace(err, text)
			}
			continue
		}
		env := &analyze.Env{Path: a.s.Path, Params: types, FixedParams: true, Transition: a.transition()}
		prog, err := exec.Compile(a.s.Cat, env, a.s.Role, query)
		if err != nil {
			return nil, dynamicPlace(err, text)
		}
		if last, err = a.collectDynamic(prog, args, limit); err != nil {
			return nil, dynamicPlace(err, text)
		}
	}
	if last == nil {
		last = &rowset{shape: newShape(nil, tree.Type{OID: catalog.RecordOID, Mod: -1})}
	}
	return last, nil
}

func (a *activation) collectDynamic(prog *exec.Program, args []value.Datum, limit int) (*rowset, error) {
	env := a.s.Env()
	var fields []value.Field
	for _, c := range prog.Columns {
		t := c.Type
		if t.OID == catalog.UnknownOID {
			t = textType
		}
		fields = append(fields, value.Field{Name: c.Name, Type: t, Ops: env.Ops(t.OID)})
	}
	rs := &rowset{shape: a.r.internFields(fields)}
	h := a.holder()
	var err error
	rs.outcome, err = prog.Run(a.s, args, func(row exec.Row) error {
		if limit > 0 && len(h.rows) >= limit {
			return nil
		}
		return h.add(row, len(fields))
	})
	rs.rows = h.rows
	return rs, err
}

// internFields gives one structure for the same columns, so that what depends on the record need not be prepared anew.
func (r *routine) internFields(fields []value.Field) *shape {
	var key strings.Builder
	for _, f := range fields {
		key.WriteString(f.Name)
		key.WriteByte(0)
		key.WriteString(r.cat.TypeString(f.Type))
		key.WriteByte(0)
	}
	v, _ := r.shapes.m.LoadOrStore(key.String(), newShape(fields, tree.Type{OID: catalog.RecordOID, Mod: -1}))
	return v.(*shape)
}

// dynamicPlace drops the place in a text that the person never wrote, and names the text instead.
func dynamicPlace(err error, text string) error {
	f := fault.As(err)
	if f == nil || f.Where != "" {
		return err
	}
	c := *f
	c.Pos, c.Text, c.File = -1, "", ""
	c.Where = "SQL statement \"" + clip(text) + "\""
	return &c
}

// clip bounds a text that is told in the context of an error.
func clip(text string) string {
	const most = 1000
	if len(text) > most {
		return strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}

// raiseOp is RAISE.
type raiseOp struct {
	level     plpgsql.RaiseLevel
	condition string
	message   string
	has       bool
	params    []*expr
	options   []raiseOption
}

type raiseOption struct {
	name string
	expr *expr
}

func (c *compiler) raise(sc *scope, s *plpgsql.Raise) (op, error) {
	o := &raiseOp{level: s.Level, condition: s.Condition, message: s.Message, has: s.HasMessage, params: c.statements(sc, s.Params)}
	for _, opt := range s.Options {
		o.options = append(o.options, raiseOption{opt.Name, c.statement(sc, opt.Expr)})
	}
	if s.HasMessage {
		holes := strings.Count(strings.ReplaceAll(s.Message, "%%", ""), "%")
		switch {
		case holes < len(s.Params):
			return nil, fault.New(fault.SyntaxError, "too many parameters specified for RAISE")
		case holes > len(s.Params):
			return nil, fault.New(fault.SyntaxError, "too few parameters specified for RAISE")
		}
	}
	return o, nil
}

var levelNames = map[plpgsql.RaiseLevel]string{
	plpgsql.RaiseDebug: "DEBUG", plpgsql.RaiseLog: "LOG", plpgsql.RaiseInfo: "INFO", plpgsql.RaiseNotice: "NOTICE", plpgsql.RaiseWarning: "WARNING",
}

func (o *raiseOp) run(a *activation) (control, error) {
	if !o.has && o.condition == "" && len(o.options) == 0 {
		if len(a.caught) == 0 {
			return goOn, fault.New("0Z002", "RAISE without parameters cannot be used outside an exception handler")
		}
		return goOn, a.caught[len(a.caught)-1]
	}
	f := fault.New(fault.RaiseException, "")
	message := ""
	if o.condition != "" {
		code, err := codeOf(o.condition)
		if err != nil {
			return goOn, err
		}
		f.Code, message = code, o.condition
	}
	if o.has {
		text, err := o.format(a)
		if err != nil {
			return goOn, err
		}
		message = text
	}
	set := map[string]bool{}
	for _, opt := range o.options {
		text, null, err := opt.expr.string(a)
		if err != nil {
			return goOn, err
		}
		if null {
			return goOn, fault.New(fault.NullNotAllowed, "RAISE statement option cannot be null")
		}
		if set[opt.name] || opt.name == "message" && o.has || opt.name == "errcode" && o.condition != "" {
			return goOn, fault.New(fault.SyntaxError, "RAISE option already specified: %s", strings.ToUpper(opt.name))
		}
		set[opt.name] = true
		if err := setOption(f, &message, opt.name, text); err != nil {
			return goOn, err
		}
	}
	if message == "" && !o.has {
		message = f.Code
	}
	f.Message = message
	if o.level == plpgsql.RaiseDebug || o.level == plpgsql.RaiseLog {
		return goOn, nil // below client_min_messages
	}
	if o.level != plpgsql.RaiseException {
		if a.s.Notice != nil {
			a.s.Notice(levelNames[o.level], f.Message)
		}
		return goOn, nil
	}
	return goOn, f
}

func setOption(f *fault.Error, message *string, name, text string) error {
	switch name {
	case "errcode":
		code, err := codeOf(text)
		if err != nil {
			return err
		}
		if code == "00000" {
			code = fault.RaiseException
		}
		f.Code = code
		if *message == "" {
			*message = text
		}
	case "message":
		*message = text
	case "detail":
		f.Detail = text
	case "hint":
		f.Hint = text
	case "column":
		f.Column = text
	case "constraint":
		f.Constraint = text
	case "datatype":
		f.Type = text
	case "table":
		f.Table = text
	case "schema":
		f.Schema = text
	}
	return nil
}

// format fills the % of the message with the parameters; %% is a percent sign, NULL is <NULL>.
func (o *raiseOp) format(a *activation) (string, error) {
	var b strings.Builder
	n := 0
	for i := 0; i < len(o.message); i++ {
		if o.message[i] != '%' {
			b.WriteByte(o.message[i])
			continue
		}
		if i+1 < len(o.message) && o.message[i+1] == '%' {
			b.WriteByte('%')
			i++
			continue
		}
		text, null, err := o.params[n].string(a)
		if err != nil {
			return "", err
		}
		n++
		if null {
			text = "<NULL>"
		}
		b.WriteString(text)
	}
	return b.String(), nil
}

// assertOp is ASSERT.
type assertOp struct{ cond, message *expr }

func (o *assertOp) run(a *activation) (control, error) {
	ok, err := o.cond.truth(a)
	if err != nil || ok {
		return goOn, err
	}
	if o.message != nil {
		text, null, err := o.message.string(a)
		if err != nil {
			return goOn, err
		}
		if !null {
			return goOn, fault.New(fault.AssertFailure, "%s", text)
		}
	}
	return goOn, fault.New(fault.AssertFailure, "assertion failed")
}

// diagnosticsOp is GET DIAGNOSTICS.
type diagnosticsOp struct {
	stacked bool
	items   []plpgsql.DiagItem
}

func (o *diagnosticsOp) run(a *activation) (control, error) {
	var f *fault.Error
	if o.stacked {
		if len(a.caught) == 0 {
			return goOn, fault.New("0Z002", "GET STACKED DIAGNOSTICS cannot be used outside an exception handler")
		}
		f = a.caught[len(a.caught)-1]
	}
	for _, item := range o.items {
		var d value.Datum
		t := textType
		switch item.Item {
		case "row_count":
			d, t = value.Int(a.rows), tree.Type{OID: catalog.Int8OID, Mod: -1}
		case "pg_context":
			d = value.Text(a.context())
		case "returned_sqlstate":
			d = value.Text(f.Code)
		case "message_text":
			d = value.Text(f.Message)
		case "pg_exception_detail":
			d = value.Text(f.Detail)
		case "pg_exception_hint":
			d = value.Text(f.Hint)
		case "pg_exception_context":
			d = value.Text(f.Where)
		case "column_name":
			d = value.Text(f.Column)
		case "constraint_name":
			d = value.Text(f.Constraint)
		case "pg_datatype_name":
			d = value.Text(f.Type)
		case "table_name":
			d = value.Text(f.Table)
		case "schema_name":
			d = value.Text(f.Schema)
		default:
			return goOn, fault.Unsupported("GET DIAGNOSTICS "+item.Item, "")
		}
		if err := a.assign(item.Var, d, t); err != nil {
			return goOn, err
		}
	}
	return goOn, nil
}

// portal is an open cursor: its rows were read when it was opened. pos is the number of rows passed; 0 is before the first.
type portal struct {
	rs  *rowset
	pos int64
}

// openOp is OPEN.
type openOp struct {
	cursor int
	source source
	args   []cursorArg
}

func (o *openOp) run(a *activation) (control, error) { return goOn, a.open(o.cursor, o.source, o.args) }

func (a *activation) open(cursor int, src source, args []cursorArg) error {
	v := &a.r.vars[cursor]
	if a.portals[cursor] != nil {
		return fault.New("42P03", `cursor "%s" already in use`, v.name)
	}
	if v.cursorArgs >= 0 {
		fields := a.r.vars[v.cursorArgs].fields
		for i, arg := range args {
			slot := -1
			switch {
			case arg.name == "" && i < len(fields):
				slot = fields[i]
			default:
				for _, f := range fields {
					if a.r.vars[f].name == arg.name {
						slot = f
					}
				}
			}
			if slot < 0 {
				return fault.New(fault.SyntaxError, `cursor "%s" has no argument named "%s"`, v.name, arg.name)
			}
			d, p, err := arg.expr.compute(a)
			if err != nil {
				return err
			}
			if err := a.assignShaped(slot, d, p); err != nil {
				return err
			}
		}
	}
	if src.query == nil && src.dynamic == nil {
		src.query = v.cursor
	}
	if src.query == nil && src.dynamic == nil {
		return fault.New("34000", `cursor "%s" has no query`, v.name)
	}
	rs, err := src.rows(a, 0)
	if err != nil {
		return err
	}
	if a.portals == nil {
		a.portals = map[int]*portal{}
	}
	a.portals[cursor] = &portal{rs: rs}
	a.slots[cursor].d = value.Text("<unnamed portal " + v.name + ">")
	return nil
}

// fetchOp is FETCH and MOVE.
type fetchOp struct {
	cursor, slot, direction int
	count                   int64
	countExpr               *expr
	move                    bool
}

// The directions of a fetch, as the parser numbers them.
const (
	fetchForward = iota
	fetchBackward
	fetchAbsolute
	fetchRelative
)

func (o *fetchOp) run(a *activation) (control, error) {
	p := a.portals[o.cursor]
	if v := &a.r.vars[o.cursor]; p == nil && v.cursor == nil && a.slots[o.cursor].d.IsNull() {
		return goOn, fault.New(fault.NullNotAllowed, `cursor variable "%s" is null`, v.name)
	}
	if p == nil {
		return goOn, fault.New("34000", `cursor "%s" does not exist`, a.r.vars[o.cursor].name)
	}
	n := o.count
	if o.countExpr != nil {
		d, err := o.countExpr.as(a, intType)
		if err != nil {
			return goOn, err
		}
		if d.IsNull() {
			return goOn, fault.New(fault.NullNotAllowed, "relative or absolute cursor position is null")
		}
		n = d.Int64()
	}
	total := int64(len(p.rs.rows))
	switch o.direction {
	case fetchForward, fetchRelative:
		p.pos += n
	case fetchBackward:
		p.pos -= n
	case fetchAbsolute:
		p.pos = n
		if n < 0 {
			p.pos = total + 1 + n
		}
	}
	p.pos = max(0, min(p.pos, total+1))
	var row []value.Datum
	if p.pos >= 1 && p.pos <= total {
		row = p.rs.rows[p.pos-1]
	}
	a.setFound(row != nil)
	a.rows = 0
	if row != nil {
		a.rows = 1
	}
	if o.move {
		return goOn, nil
	}
	return goOn, a.assignRow(o.slot, p.rs.shape, row)
}

// closeOp is CLOSE.
type closeOp struct{ cursor int }

func (o *closeOp) run(a *activation) (control, error) {
	if a.portals[o.cursor] == nil {
		return goOn, fault.New("34000", `cursor "%s" does not exist`, a.r.vars[o.cursor].name)
	}
	delete(a.portals, o.cursor)
	return goOn, nil
}

// forCursorOp is FOR target IN cursor LOOP.
type forCursorOp struct {
	forQueryOp
	cursor int
	args   []cursorArg
}

func (o *forCursorOp) run(a *activation) (control, error) {
	if err := a.open(o.cursor, o.source, o.args); err != nil {
		return goOn, err
	}
	delete(a.portals, o.cursor) // its rows are read by the loop itself
	return o.forQueryOp.run(a)
}

// runSQL runs a LANGUAGE sql function: every statement in turn, the last one gives the result.
func (r *routine) runSQL(s *exec.Session, args []value.Datum, yield func([]value.Datum) error) (value.Datum, error) {
	a := r.activate(s, args)
	a.yield = yield
	out := value.Null
	void := r.ret.OID == catalog.VoidOID
	for i, st := range r.sql {
		a.nth = i + 1
		if done, err := a.utility(st); done {
			if err != nil {
				return value.Null, a.where(err)
			}
			continue
		}
		last := i == len(r.sql)-1
		p, err := st.prepare(a)
		if err != nil {
			return value.Null, a.where(err)
		}
		rs, err := a.collect(p, 0)
		if err != nil {
			return value.Null, err
		}
		if !last || void {
			continue
		}
		if out, err = a.sqlResult(rs); err != nil {
			return value.Null, err
		}
	}
	return out, nil
}

// sqlResult turns the last statement's rows into the function's result.
func (a *activation) sqlResult(rs *rowset) (value.Datum, error) {
	want := a.r.result.fields
	// One composite column may stand for the whole row.
	whole := want != nil && len(rs.shape.fields) == 1 && (len(want) != 1 || rs.shape.fields[0].Type.OID == a.r.ret.OID)
	if a.yield != nil {
		for _, row := range rs.rows {
			var err error
			switch {
			case whole && row[0].IsNull():
				err = a.yield(make([]value.Datum, len(want)))
			case whole:
				sh := a.shapeOfType(rs.shape.fields[0].Type)
				if sh == nil {
					return value.Null, structureMismatch(1, len(want))
				}
				err = a.yieldRow(sh, value.RecordOps(sh.typ.OID, "record", sh.fields).FieldValues(row[0]))
			default:
				err = a.yieldRow(rs.shape, row)
			}
			if err != nil {
				return value.Null, err
			}
		}
		return value.Null, nil
	}
	if len(rs.rows) == 0 {
		return value.Null, nil
	}
	row := rs.rows[0]
	if want == nil || whole {
		return a.r.convert(a.s, row[0], rs.shape.fields[0].Type, a.r.ret)
	}
	if len(row) != len(want) {
		return value.Null, structureMismatch(len(row), len(want))
	}
	out := make([]value.Datum, len(row))
	for i := range row {
		var err error
		if out[i], err = a.r.convert(a.s, row[i], rs.shape.fields[i].Type, want[i].Type); err != nil {
			return value.Null, err
		}
	}
	return value.MakeRecord(a.s.Env(), want, out), nil
}
