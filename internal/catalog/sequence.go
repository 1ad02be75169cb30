package catalog

import (
	"math"
	"slices"
	"strconv"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

func (e *Edit) createSequence(s *sql.CreateSequence) {
	e.st.tag = "CREATE SEQUENCE"
	schema, _ := e.relationSchema(s.Name, s.Temp)
	if e.relationExists(schema, s.Name.Name) {
		if s.IfNotExists {
			e.notice(fault.DuplicateTable, "relation %q already exists, skipping", s.Name.Name)
			return
		}
		e.fail(s.Name.Pos, fault.DuplicateTable, "relation %q already exists", s.Name.Name)
	}
	q := &Sequence{OID: e.newOID(), Schema: schema, Name: s.Name.Name, Owner: e.st.env.Role}
	e.sequenceOptions(q, s.Options, true)
	q.ACL = e.defaultACL(sql.KindSequence, schema, q.Owner, nil)
	e.setSequence(q)
	e.sequenceOwner(q, s.Options)
}

func (e *Edit) alterSequence(s *sql.AlterSequence) {
	e.st.tag = "ALTER SEQUENCE"
	q := e.FindSequence(e.st.env.SearchPath, s.Name)
	if q == nil {
		if s.IfExists {
			e.notice("00000", "relation %q does not exist, skipping", s.Name.Name)
			return
		}
		if e.FindTable(e.st.env.SearchPath, s.Name) != nil {
			e.fail(s.Name.Pos, fault.WrongObjectType, "%q is not a sequence", s.Name.Name)
		}
		e.fail(s.Name.Pos, fault.UndefinedTable, "relation %q does not exist", qualifiedText(s.Name))
	}
	e.needOwner(q.Owner, "sequence", q.Name, s.Name.Pos)
	n := *q
	e.st.restart[q.OID] = e.sequenceOptions(&n, s.Options, false)
	e.setSequence(&n)
	e.sequenceOwner(&n, s.Options)
}

func optionInt(o sql.Option) (int64, bool) {
	n, err := strconv.ParseInt(o.Value, 10, 64)
	return n, err == nil
}

func optionBool(o sql.Option) bool {
	switch o.Value {
	case "false", "off", "0", "no":
		return false
	}
	return true
}

// sequenceOptions applies options; those not given get their defaults when isNew. It gives the value of RESTART.
func (e *Edit) sequenceOptions(q *Sequence, opts []sql.Option, isNew bool) (restart *int64) {
	find := func(name string) (sql.Option, bool) {
		i := slices.IndexFunc(opts, func(o sql.Option) bool { return o.Name == name })
		if i < 0 {
			return sql.Option{}, false
		}
		return opts[i], true
	}
	bad := func(format string, args ...any) {
		e.fail(sql.NoPos, fault.InvalidParameterValue, format, args...)
	}
	if isNew {
		q.Type, q.Increment, q.Cache = cmpOr(q.Type, Int8OID), 1, 1
	}
	oldType := q.Type
	if o, ok := find("as"); ok {
		if q.Type = e.findType(o.Type).OID; q.Type != Int2OID && q.Type != Int4OID && q.Type != Int8OID {
			bad("sequence type must be smallint, integer, or bigint")
		}
	}
	if o, ok := find("increment"); ok {
		if q.Increment, _ = optionInt(o); q.Increment == 0 {
			bad("INCREMENT must not be zero")
		}
	}
	if o, ok := find("cycle"); ok {
		q.Cycle = optionBool(o)
	}
	lo, hi := typeRange(q.Type)
	oldLo, oldHi := typeRange(oldType)
	limit := func(name string, v *int64, typeLimit, oldLimit, other int64, ascending bool) {
		o, ok := find(name)
		switch n, isInt := optionInt(o); {
		case ok && isInt:
			*v = n
		case ok || isNew || oldType != q.Type && *v == oldLimit:
			*v = other
			if (q.Increment > 0) == ascending {
				*v = typeLimit
			}
		}
	}
	limit("maxvalue", &q.Max, hi, oldHi, -1, true)
	limit("minvalue", &q.Min, lo, oldLo, 1, false)
	if q.Max > hi || q.Max < lo {
		bad("MAXVALUE (%d) is out of range for sequence data type %s", q.Max, e.TypeString(TypeRef{q.Type, -1}))
	}
	if q.Min > hi || q.Min < lo {
		bad("MINVALUE (%d) is out of range for sequence data type %s", q.Min, e.TypeString(TypeRef{q.Type, -1}))
	}
	if q.Min >= q.Max {
		bad("MINVALUE (%d) must be less than MAXVALUE (%d)", q.Min, q.Max)
	}
	if o, ok := find("start"); ok {
		q.Start, _ = optionInt(o)
	} else if isNew {
		if q.Start = q.Min; q.Increment < 0 {
			q.Start = q.Max
		}
	}
	if q.Start < q.Min {
		bad("START value (%d) cannot be less than MINVALUE (%d)", q.Start, q.Min)
	}
	if q.Start > q.Max {
		bad("START value (%d) cannot be greater than MAXVALUE (%d)", q.Start, q.Max)
	}
	if o, ok := find("restart"); ok {
		n, isInt := optionInt(o)
		if !isInt {
			n = q.Start
		}
		if n < q.Min {
			bad("RESTART value (%d) cannot be less than MINVALUE (%d)", n, q.Min)
		}
		if n > q.Max {
			bad("RESTART value (%d) cannot be greater than MAXVALUE (%d)", n, q.Max)
		}
		restart = &n
	}
	if o, ok := find("cache"); ok {
		if q.Cache, _ = optionInt(o); q.Cache <= 0 {
			bad("CACHE (%d) must be greater than zero", q.Cache)
		}
	}
	return restart
}

func typeRange(t OID) (lo, hi int64) {
	switch t {
	case Int2OID:
		return math.MinInt16, math.MaxInt16
	case Int4OID:
		return math.MinInt32, math.MaxInt32
	}
	return math.MinInt64, math.MaxInt64
}

func cmpOr(a, b OID) OID {
	if a != 0 {
		return a
	}
	return b
}

// sequenceOwner does OWNED BY.
func (e *Edit) sequenceOwner(q *Sequence, opts []sql.Option) {
	i := slices.IndexFunc(opts, func(o sql.Option) bool { return o.Name == "owned_by" })
	if i < 0 {
		return
	}
	list := opts[i].List
	if list == nil && opts[i].Value != "" {
		list = []string{opts[i].Value}
	}
	if t := e.TableByOID(q.OwnerTable); t != nil && identityOf(&e.facts, q) != nil {
		raise(fault.New(fault.FeatureNotSupported, "cannot change ownership of identity sequence").
			WithDetail("Sequence %q is linked to table %q.", q.Name, t.Name), opts[i].Pos)
	}
	n := *q
	n.OwnerTable, n.OwnerColumn = 0, ""
	switch {
	case len(list) == 1 && (list[0] == "none" || list[0] == "NONE"):
	case len(list) < 2:
		raise(fault.New(fault.SyntaxError, "invalid OWNED BY option").WithHint("Specify OWNED BY table.column or OWNED BY NONE."), opts[i].Pos)
	default:
		name := sql.Name{Name: list[len(list)-2], Pos: opts[i].Pos}
		if len(list) > 2 {
			name.Schema = list[len(list)-3]
		}
		t := e.relation(name, false)
		col := list[len(list)-1]
		if t.Owner != q.Owner {
			e.fail(opts[i].Pos, fault.ObjectNotInState, "sequence must have same owner as table it is linked to")
		}
		if t.Schema != q.Schema {
			e.fail(opts[i].Pos, fault.ObjectNotInState, "sequence must be in same schema as table it is linked to")
		}
		c := t.Column(col)
		if c == nil {
			e.fail(opts[i].Pos, fault.UndefinedColumn, "column %q of relation %q does not exist", col, t.Name)
		}
		n.OwnerTable, n.OwnerColumn = t.OID, col
		e.ownSequence(&n, t, c)
		return
	}
	e.forget(addr{oid: q.OID})
	e.setSequence(&n)
	if t := e.TableByOID(q.OwnerTable); t != nil {
		m := t.edited()
		for i, c := range m.Columns {
			if c.Sequence == q.OID {
				edit(m.Columns, i).Sequence = 0
			}
		}
		e.setTable(m)
	}
}

// ownSequence makes a sequence go with its column.
func (e *Edit) ownSequence(q *Sequence, t *Table, c *Column) {
	q.OwnerTable, q.OwnerColumn = t.OID, c.Name
	e.forget(addr{oid: q.OID})
	e.depend(addr{oid: q.OID}, true, addr{oid: t.OID, sub: c.Num})
	e.setSequence(q)
	for k := range e.usedBy.at(q.OID).all() {
		if k.by() == (addr{t.OID, c.Num, true}) && c.Sequence != q.OID {
			n := e.TableByOID(t.OID).edited()
			m := edit(n.Columns, n.ColumnIndex(c.Name))
			m.Sequence = q.OID
			_, m.DefaultText = nextval(q)
			e.setTable(n)
			return
		}
	}
}

// newColumnSequence makes the sequence of a serial or identity column, whose owner is set when the table exists.
func (e *Edit) newColumnSequence(t *Table, column string, typ OID, opts []sql.Option) *Sequence {
	q := &Sequence{OID: e.newOID(), Schema: t.Schema, Name: "", Owner: t.Owner, Type: typ}
	for _, o := range opts {
		if o.Name == "sequence_name" {
			q.Name = o.Value
			if len(o.List) > 0 {
				q.Name = o.List[len(o.List)-1]
			}
			if e.relationExists(t.Schema, q.Name) {
				e.fail(o.Pos, fault.DuplicateTable, "relation %q already exists", q.Name)
			}
		}
	}
	if q.Name == "" {
		q.Name = e.relationName(t.Schema, t.Name, column, "seq", false)
	}
	e.sequenceOptions(q, opts, true)
	q.ACL = e.defaultACL(sql.KindSequence, t.Schema, q.Owner, nil)
	e.setSequence(q)
	return q
}

// nextval is the default of a serial column.
func nextval(q *Sequence) (sql.Expr, string) {
	full := quoteIdent(q.Schema) + "." + quoteIdent(q.Name)
	x := &sql.FuncCall{Name: sql.Name{Name: "nextval", Pos: sql.NoPos}, Pos: sql.NoPos, Args: []sql.Arg{{Value: &sql.Cast{
		X:    &sql.Const{Kind: sql.StringConst, Text: full, Pos: sql.NoPos},
		Type: &sql.TypeName{Name: sql.Name{Name: "regclass", Pos: sql.NoPos}, Pos: sql.NoPos}, Pos: sql.NoPos}}}}
	return x, "nextval('" + visibleName(q.Schema, q.Name) + "'::regclass)"
}
