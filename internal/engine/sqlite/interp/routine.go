package interp

import (
	"fmt"
	"strings"
	"sync"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/analyze"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/eval"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/exec"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/tree"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
	"github.com/mainstay-dev/mainstay/internal/sql"
	"github.com/mainstay-dev/mainstay/internal/sql/plpgsql"
)

// routine is a compiled function. It is immutable but for the prepared SQL inside its operations, which is filled on first use.
type routine struct {
	fn             *catalog.Function
	cat            *catalog.Catalog
	trigger        *catalog.Table // of a trigger function
	vars           []variable
	body           *blockOp
	args           []int // variable of each input argument, in order; PL/pgSQL
	outs           []int // variables of OUT, INOUT and TABLE parameters
	ret            tree.Type
	result         result
	found          int // variable FOUND
	newVar, oldVar int
	sql            []*statement // LANGUAGE sql
	casts          sync.Map     // castKey → *cast
	shapes         shapes
}

// result says what the function yields: fields is nil for a single value; any is a record of any structure.
type result struct {
	fields []value.Field
	any    bool
}

// variable is a datum of a function.
type variable struct {
	kind              plpgsql.VarKind
	name              string
	typ               tree.Type // scalars; composites for typed records
	ops               *value.Ops
	shape             *shape // typed records
	parent            int
	fields            []int
	constant, notNull bool
	domain            bool
	cursor            *expr
	cursorArgs        int
	isCursor          bool
}

// shape is the structure of a record. Shapes are compared by identity: prepared SQL depends on it.
type shape struct {
	fields []value.Field
	index  map[string]int
	typ    tree.Type // the composite type, or record
}

func newShape(fields []value.Field, typ tree.Type) *shape {
	s := &shape{fields: fields, index: make(map[string]int, len(fields)), typ: typ}
	for i, f := range fields {
		if _, taken := s.index[f.Name]; !taken {
			s.index[f.Name] = i
		}
	}
	return s
}

// scope is the variables in reach at a place of the body, innermost first.
type scope struct {
	outer *scope
	label string
	names map[string]int
}

func (sc *scope) find(name string) (int, bool) {
	for ; sc != nil; sc = sc.outer {
		if v, ok := sc.names[name]; ok {
			return v, true
		}
	}
	return 0, false
}

// labelled finds a variable by the label of its block.
func (sc *scope) labelled(label, name string) (int, bool) {
	for ; sc != nil; sc = sc.outer {
		if sc.label == label {
			v, ok := sc.names[name]
			return v, ok
		}
	}
	return 0, false
}

// compiler makes a routine.
type compiler struct {
	r   *routine
	env *value.Env
}

var (
	textType  = tree.Type{OID: catalog.TextOID, Mod: -1}
	boolType  = tree.Type{OID: catalog.BoolOID, Mod: -1}
	anyRecord = tree.Type{OID: catalog.RecordOID, Mod: -1}
	intType   = tree.Type{OID: catalog.Int4OID, Mod: -1}
)

// compile makes the routine of fn. columns are those of a column definition list.
func compile(cat *catalog.Catalog, fn *catalog.Function, columns []catalog.Param, trigger *catalog.Table) (*routine, error) {
	if len(columns) > 0 {
		c := *fn
		c.Params = fn.Params[:len(fn.Params)-len(columns)]
		fn = &c
	}
	r := &routine{fn: fn, cat: cat, trigger: trigger, ret: fn.Returns, found: -1, newVar: -1, oldVar: -1}
	c := &compiler{r: r, env: &value.Env{Types: cat}}
	r.result.fields = c.resultFields(columns)
	if r.result.fields == nil && r.ret.OID == catalog.RecordOID {
		r.result.any = true
	}
	switch {
	case fn.Language == "sql":
		return r, c.sqlBody()
	case fn.PL == nil:
		return nil, fault.Unsupported("a function in language "+fn.Language, "")
	}
	return r, c.plBody()
}

// resultFields are the columns of what the function yields; nil for one value.
func (c *compiler) resultFields(columns []catalog.Param) []value.Field {
	fn := c.r.fn
	var outs []value.Field
	for _, p := range columns {
		outs = append(outs, value.Field{Name: p.Name, Type: p.Type, Ops: c.env.Ops(p.Type.OID)})
	}
	for _, p := range fn.Params {
		if p.Mode == sql.OutArg || p.Mode == sql.InOutArg || p.Mode == sql.TableArg {
			outs = append(outs, value.Field{Name: p.Name, Type: p.Type, Ops: c.env.Ops(p.Type.OID)})
		}
	}
	if len(outs) > 1 || len(outs) == 1 && fn.Returns.OID == catalog.RecordOID {
		return outs
	}
	if len(outs) == 1 {
		return nil
	}
	if ops := c.env.Ops(fn.Returns.OID); ops != nil && len(ops.Fields) > 0 {
		return ops.Fields
	}
	return nil
}

func (c *compiler) plBody() error {
	r, pl := c.r, c.r.fn.PL
	r.newVar, r.oldVar = pl.NewVar, pl.OldVar
	for i := range pl.Vars {
		if i < len(r.fn.Params) {
			r.vars = append(r.vars, c.typed(pl.Vars[i].Name, r.fn.Params[i].Type))
			continue
		}
		v, err := c.variable(i, &pl.Vars[i])
		if err != nil {
			return err
		}
		r.vars = append(r.vars, v)
	}
	sc := &scope{label: r.fn.Name, names: map[string]int{}}
	c.globals(sc)
	c.params(sc)
	if r.trigger != nil || r.fn.Returns.OID == catalog.TriggerOID {
		c.triggerVars(sc)
	}
	// Defaults and constants are compiled where their block declares them.
	body, err := c.block(sc, pl.Body)
	if err != nil {
		return err
	}
	r.body = body
	return nil
}

// variable resolves a datum's type.
func (c *compiler) variable(_ int, v *plpgsql.Var) (variable, error) {
	out := variable{kind: v.Kind, name: v.Name, parent: v.Parent, fields: v.Fields, constant: v.Const, notNull: v.NotNull, isCursor: v.IsCursor, cursorArgs: v.CursorArgs}
	if v.Type == nil || v.Kind == plpgsql.RowVar || v.Kind == plpgsql.FieldVar {
		return out, nil
	}
	t, err := c.typeOf(v.Type)
	if err != nil {
		if f := fault.As(err); f != nil && f.Code == fault.UndefinedObject && v.Kind == plpgsql.RecordVar {
			err = fault.New(fault.UndefinedTable, `relation "%s" does not exist`, v.Type.Name.Name).At(int(v.Type.Pos))
		}
		return out, err
	}
	if t.OID == refCursorOID {
		t = textType // the name of a portal
	}
	out.typ = t
	if t.OID == catalog.RecordOID {
		out.kind = plpgsql.RecordVar
		return out, nil
	}
	out.ops = c.env.Ops(t.OID)
	if out.ops == nil {
		return out, fault.Unsupported("a variable of type "+c.r.cat.TypeString(t), "")
	}
	if len(out.ops.Fields) > 0 {
		out.kind, out.shape = plpgsql.RecordVar, newShape(out.ops.Fields, t)
	}
	if ty := c.r.cat.Type(t.OID); ty != nil && ty.Kind == catalog.DomainType {
		out.domain = true
	}
	return out, nil
}

// typeOf resolves a declared type, t.col%TYPE and t%ROWTYPE among them.
func (c *compiler) typeOf(t *sql.TypeName) (tree.Type, error) {
	path := c.path()
	if !t.PctType {
		return c.r.cat.FindType(path, t)
	}
	name := sql.Name{Schema: t.PctSchema, Name: t.Name.Schema}
	table := c.r.cat.FindTable(path, name)
	if table == nil {
		return tree.Type{}, fault.New(fault.UndefinedTable, `relation "%s" does not exist`, t.Name.Schema)
	}
	col := table.Column(t.Name.Name)
	if col == nil {
		return tree.Type{}, fault.New(fault.UndefinedColumn, `column "%s" of relation "%s" does not exist`, t.Name.Name, table.Name)
	}
	return col.Type, nil
}

// path is the search path for the types of declarations: the function's own, else the default one.
func (c *compiler) path() []string {
	for _, s := range c.r.fn.Settings {
		if strings.EqualFold(s.Name, "search_path") {
			return nonEmpty(s.Values)
		}
	}
	return []string{"public", "extensions"}
}

// globals puts the variables that every function has into sc.
func (c *compiler) globals(sc *scope) {
	for i, v := range c.r.vars {
		switch v.name {
		case "found":
			if c.r.found < 0 {
				c.r.found = i
				sc.names["found"] = i
				c.r.vars[i].typ, c.r.vars[i].ops = boolType, c.env.Ops(catalog.BoolOID)
			}
		case "new":
			if i == c.r.newVar {
				sc.names["new"] = i
			}
		case "old":
			if i == c.r.oldVar {
				sc.names["old"] = i
			}
		}
	}
	if c.r.found < 0 {
		c.r.found = c.add(variable{kind: plpgsql.ScalarVar, name: "found", typ: boolType, ops: c.env.Ops(catalog.BoolOID)})
		sc.names["found"] = c.r.found
	}
}

func (c *compiler) add(v variable) int {
	c.r.vars = append(c.r.vars, v)
	return len(c.r.vars) - 1
}

// params joins the function's parameters with the data that the parser made for them, by name; unnamed ones get slots of their own.
func (c *compiler) params(sc *scope) {
	r := c.r
	n := 0
	for i, p := range r.fn.Params {
		slot := -1
		if p.Name != "" {
			for j, v := range r.vars {
				if v.name == p.Name && (v.kind == plpgsql.ScalarVar || v.kind == plpgsql.RecordVar) {
					slot = j
					break
				}
			}
		}
		if slot < 0 {
			for j, v := range r.vars {
				if v.name == fmt.Sprintf("$%d", i+1) {
					slot = j
				}
			}
		}
		v := c.typed(p.Name, p.Type)
		if slot < 0 {
			slot = c.add(v)
		} else {
			r.vars[slot] = v
		}
		if p.Name != "" {
			sc.names[p.Name] = slot
		}
		if p.Mode != sql.OutArg && p.Mode != sql.TableArg {
			n++
			sc.names[fmt.Sprintf("$%d", n)] = slot
			r.args = append(r.args, slot)
		}
		if p.Mode != sql.InArg && p.Mode != sql.VariadicArg {
			r.outs = append(r.outs, slot)
		}
	}
}

// typed makes a variable of a known type.
func (c *compiler) typed(name string, t tree.Type) variable {
	v := variable{kind: plpgsql.ScalarVar, name: name, typ: t, ops: c.env.Ops(t.OID)}
	if t.OID == catalog.RecordOID {
		v.kind = plpgsql.RecordVar
	} else if v.ops != nil && len(v.ops.Fields) > 0 {
		v.kind, v.shape = plpgsql.RecordVar, newShape(v.ops.Fields, t)
	}
	return v
}

// triggerNames are the variables that a trigger function is given (PostgreSQL, "Trigger Functions").
var triggerNames = []string{"tg_name", "tg_when", "tg_level", "tg_op", "tg_relid", "tg_relname", "tg_table_name", "tg_table_schema", "tg_nargs", "tg_argv"}

func (c *compiler) triggerVars(sc *scope) {
	r := c.r
	if r.trigger != nil {
		fields := make([]value.Field, len(r.trigger.Columns))
		for i, col := range r.trigger.Columns {
			fields[i] = value.Field{Name: col.Name, Type: col.Type, Ops: c.env.Ops(col.Type.OID)}
		}
		sh := newShape(fields, tree.Type{OID: r.trigger.RowType, Mod: -1})
		for _, slot := range []*int{&r.newVar, &r.oldVar} {
			name := "new"
			if slot == &r.oldVar {
				name = "old"
			}
			v := variable{kind: plpgsql.RecordVar, name: name, typ: sh.typ, shape: sh, ops: c.env.Ops(r.trigger.RowType)}
			if *slot < 0 {
				*slot = c.add(v)
			} else {
				r.vars[*slot] = v
			}
			sc.names[name] = *slot
		}
	}
	for _, name := range triggerNames {
		t := textType
		switch name {
		case "tg_nargs":
			t = intType
		case "tg_relid":
			t = tree.Type{OID: catalog.OIDOID, Mod: -1}
		case "tg_argv":
			t = tree.Type{OID: catalog.TextArrayOID, Mod: -1}
		}
		slot := -1
		for j, v := range r.vars {
			if v.name == name {
				slot = j
			}
		}
		if slot < 0 {
			slot = c.add(c.typed(name, t))
		} else {
			r.vars[slot] = c.typed(name, t)
		}
		sc.names[name] = slot
	}
}

// refCursorOID is type refcursor.
const refCursorOID = 1790

// castKey names an assignment conversion.
type castKey struct{ from, to tree.Type }

// cast is a compiled conversion; closure nil when the datum stays as it is.
type cast struct {
	closure eval.Closure
	err     error
}

// convert gives d, of type from, as to, by PostgreSQL's assignment rules; values that have no such cast go through their text, as PL/pgSQL does.
func (r *routine) convert(s *exec.Session, d value.Datum, from, to tree.Type) (value.Datum, error) {
	if from.OID == to.OID && (to.Mod == -1 || from.Mod == to.Mod) || to.OID == 0 || from.OID == 0 {
		return d, nil
	}
	if from.OID == catalog.UnknownOID {
		from = textType
	}
	if d.IsNull() && !isDomain(s.Cat, to) {
		return d, nil
	}
	key := castKey{from, to}
	v, ok := r.casts.Load(key)
	if !ok {
		v = r.makeCast(s.Cat, from, to)
		r.casts.Store(key, v)
	}
	c := v.(*cast)
	if c.err != nil || c.closure == nil {
		return d, c.err
	}
	return c.closure(&eval.Frame{S: s, Params: []value.Datum{d}})
}

func isDomain(cat *catalog.Catalog, t tree.Type) bool {
	ty := cat.Type(t.OID)
	return ty != nil && ty.Kind == catalog.DomainType
}

func (r *routine) makeCast(cat *catalog.Catalog, from, to tree.Type) *cast {
	var param tree.Expr = &tree.Param{Number: 1, Typ: from}
	e, err := analyze.Coerce(cat, param, to, 'a')
	if err != nil {
		e, err = &tree.IOCast{X: param, Typ: to}, nil
	}
	if e == param {
		return &cast{}
	}
	closure, err := eval.Compile(cat, e, eval.Options{})
	return &cast{closure, err}
}
