package catalog

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/mainstay-dev/mainstay/internal/sql"
)

// The facts as the statements that make them. Names are qualified.

func made(schema, name string) sql.Name { return sql.Name{Schema: schema, Name: name, Pos: sql.NoPos} }

func (t *Table) ref() *sql.Table { return &sql.Table{Name: made(t.Schema, t.Name), Pos: sql.NoPos} }

// grammarTypes are the types whose name the grammar gives in pg_catalog.
var grammarTypes = map[string]bool{"bool": true, "bit": true, "varbit": true, "bpchar": true, "varchar": true, "int2": true, "int4": true, "int8": true, "float4": true,
	"float8": true, "numeric": true, "time": true, "timetz": true, "timestamp": true, "timestamptz": true, "interval": true}

// TypeName is a type as a tree, qualified unless it is PostgreSQL's own.
func (c *facts) TypeName(r TypeRef) *sql.TypeName {
	y := c.Type(r.OID)
	if y == nil {
		return &sql.TypeName{Name: made("", "unknown"), Pos: sql.NoPos}
	}
	if y.Category == 'A' && y.Elem != 0 {
		n := c.TypeName(TypeRef{y.Elem, r.Mod})
		n.ArrayDims = 1
		return n
	}
	n := &sql.TypeName{Name: made(y.Schema, y.Name), Pos: sql.NoPos}
	if y.Schema == "pg_catalog" && !grammarTypes[y.Name] {
		n.Name.Schema = ""
	}
	if r.Mod < 0 {
		return n
	}
	num := func(v int32) {
		x := sql.Expr(&sql.Const{Kind: sql.IntConst, Text: strconv.Itoa(int(v)), Pos: sql.NoPos})
		n.Mods = append(n.Mods, x)
	}
	switch r.OID {
	case VarcharOID, BpcharOID:
		num(r.Mod - 4)
	case NumericOID:
		num((r.Mod - 4) >> 16)
		scale := (r.Mod - 4) & 0x7ff
		if scale > 1000 {
			scale -= 0x800
		}
		num(scale)
	case IntervalOID:
		num(r.Mod >> 16)
		if p := r.Mod & 0xffff; p != 0xffff {
			num(p)
		}
	default:
		num(r.Mod)
	}
	return n
}

func constraint(kind sql.ConstraintKind) sql.Constraint {
	return sql.Constraint{Kind: kind, Pos: sql.NoPos}
}

// columnTree is a column with its own constraints: NOT NULL, default, generation, identity.
func (c *facts) columnTree(t *Table, k *Column) sql.ColumnDef {
	d := sql.ColumnDef{Name: k.Name, Type: c.TypeName(k.Type), Pos: sql.NoPos}
	if k.Collation != "" {
		d.Collation = &sql.Name{Name: k.Collation, Pos: sql.NoPos}
	}
	if k.Default != nil {
		x := constraint(sql.DefaultConstraint)
		if k.Generated {
			x.Kind = sql.GeneratedConstraint
			x.Always = true
		}
		x.Expr = k.Default
		d.Constraints = append(d.Constraints, x)
	}
	if k.Identity != 0 {
		d.Constraints = append(d.Constraints, c.identityTree(k))
	}
	if k.NotNull && k.Identity == 0 {
		d.Constraints = append(d.Constraints, constraint(sql.NotNullConstraint))
	}
	return d
}

func (c *facts) identityTree(k *Column) sql.Constraint {
	x := constraint(sql.IdentityConstraint)
	x.Always = k.Identity == 'a'
	if q := c.SequenceByOID(k.Sequence); q != nil {
		x.Options = append([]sql.Option{{Name: "sequence_name", List: []string{q.Schema, q.Name}, Pos: sql.NoPos}}, sequenceOptions(q, false)...)
	}
	return x
}

// sequenceOptions are the options of a sequence that differ from the defaults of its type, or all.
func sequenceOptions(q *Sequence, all bool) []sql.Option {
	var out []sql.Option
	add := func(name string, v, byDefault int64) {
		if all || v != byDefault {
			out = append(out, sql.Option{Name: name, Value: strconv.FormatInt(v, 10), Pos: sql.NoPos})
		}
	}
	lo, hi := typeRange(q.Type)
	lowest, highest := int64(1), hi
	if q.Increment < 0 {
		lowest, highest = lo, -1
	}
	start := q.Min
	if q.Increment < 0 {
		start = q.Max
	}
	add("increment", q.Increment, 1)
	add("minvalue", q.Min, lowest)
	add("maxvalue", q.Max, highest)
	add("start", q.Start, start)
	add("cache", q.Cache, 1)
	if q.Cycle || all {
		out = append(out, sql.Option{Name: "cycle", Value: strconv.FormatBool(q.Cycle), Pos: sql.NoPos})
	}
	return out
}

func (c *facts) constraintTree(t *Table, k *Constraint) *sql.Constraint {
	x := sql.Constraint{Name: k.Name, Expr: k.Expr, Columns: k.Columns, NullsNotDistinct: k.NullsNotDistinct, MatchFull: k.MatchFull, OnDelete: k.OnDelete,
		OnUpdate: k.OnUpdate, OnDeleteColumns: k.OnDeleteColumns, Deferrable: k.Deferrable, Deferred: k.Deferred, NotValid: k.NotValid, Pos: sql.NoPos}
	switch k.Kind {
	case PrimaryKey, Unique:
		x.Kind = sql.UniqueConstraint
		if k.Kind == PrimaryKey {
			x.Kind = sql.PrimaryConstraint
		}
		for _, i := range t.Indexes {
			if i.OID == k.Index {
				x.Include = i.Include
			}
		}
	case Check:
		x.Kind, x.Columns = sql.CheckConstraint, nil
	case ForeignKey:
		x.Kind = sql.ForeignConstraint
		x.RefTable, x.RefColumns = c.TableByOID(k.RefTable).ref(), k.RefColumns
	case Exclusion:
		x.Kind, x.Columns = sql.ExclusionConstraint, nil
		for _, i := range t.Indexes {
			if i.OID != k.Index {
				continue
			}
			x.Method, x.Include, x.Where = i.Method, i.Include, i.Where
			for n, op := range i.Operators {
				x.Exclusions = append(x.Exclusions, sql.Exclusion{Key: i.Keys[n], Op: op})
			}
		}
	}
	return &x
}

func (x *Index) tree(t *Table) *sql.CreateIndex {
	return &sql.CreateIndex{Name: x.Name, Table: t.ref(), Method: x.Method, Unique: x.Unique, NullsNotDistinct: x.NullsNotDistinct, Keys: x.Keys, Include: x.Include,
		Where: x.Where, Options: x.Options, Pos: sql.NoPos}
}

func (c *facts) triggerTree(t *Table, g *Trigger) *sql.CreateTrigger {
	s := &sql.CreateTrigger{Name: g.Name, Constraint: g.Constraint, Table: t.ref(), Time: g.Time, Events: g.Events, Columns: g.Columns, Row: g.Row, When: g.When,
		Args: g.Args, OldTable: g.OldTable, NewTable: g.NewTable, Deferrable: g.Deferrable, Deferred: g.Deferred, Pos: sql.NoPos}
	if f := c.FunctionByOID(g.Func); f != nil {
		s.Func = made(f.Schema, f.Name)
	}
	return s
}

func (p *Policy) tree(t *Table) *sql.CreatePolicy {
	return &sql.CreatePolicy{Name: p.Name, Table: t.ref(), Command: p.Command, Permissive: p.Permissive, Roles: slices.Sorted(slices.Values(p.Roles)), Using: p.Using,
		Check: p.Check, Pos: sql.NoPos}
}

func (c *facts) viewTree(t *Table) sql.Stmt {
	var names []string
	for _, k := range t.Columns {
		names = append(names, k.Name)
	}
	if t.Kind == MatView {
		return &sql.CreateTableAs{Table: t.ref(), Columns: names, Query: t.Query, Materialized: true, Pos: sql.NoPos}
	}
	s := &sql.CreateView{View: t.ref(), Columns: names, Query: t.Query, Check: t.CheckOption, Pos: sql.NoPos}
	if t.SecurityInvoker {
		s.Options = []sql.Option{{Name: "security_invoker", Value: "true", Pos: sql.NoPos}}
	}
	return s
}

func (c *facts) functionTree(f *Function) *sql.CreateFunction {
	s := &sql.CreateFunction{Name: made(f.Schema, f.Name), Procedure: f.Kind == Procedure, Language: f.Language, Body: f.Source, BodyPos: sql.NoPos, Strict: f.Strict,
		Definer: f.Definer, Settings: f.Settings, Pos: sql.NoPos, Window: f.Kind == WindowFunction}
	switch f.Volatility {
	case 'i':
		s.Volatility = "immutable"
	case 's':
		s.Volatility = "stable"
	}
	if f.ReturnsSet && f.Rows != 1000 {
		s.Rows = f.Rows
	}
	table := false
	for _, p := range f.Params {
		s.Params = append(s.Params, sql.FuncParam{Name: p.Name, Mode: p.Mode, Type: c.TypeName(p.Type), Default: p.Default})
		table = table || p.Mode == sql.TableArg
	}
	if !table && f.Kind != Procedure {
		s.Returns = c.TypeName(f.Returns)
		s.Returns.SetOf = f.ReturnsSet
	}
	if f.Source == "" && f.Language == "sql" {
		s.Statements = f.SQL
	}
	return s
}

func (c *facts) typeTree(y *Type) sql.Stmt {
	n := made(y.Schema, y.Name)
	switch y.Kind {
	case EnumType:
		return &sql.CreateEnum{Name: n, Labels: y.Labels, Pos: sql.NoPos}
	case CompositeType:
		s := &sql.CreateComposite{Name: n, Pos: sql.NoPos}
		for _, f := range y.Fields {
			s.Columns = append(s.Columns, c.columnTree(nil, f))
		}
		return s
	}
	s := &sql.CreateDomain{Name: n, Type: c.TypeName(y.Base), Pos: sql.NoPos}
	if y.Default != nil {
		k := constraint(sql.DefaultConstraint)
		k.Expr = y.Default
		s.Constraints = append(s.Constraints, k)
	}
	if y.NotNull {
		s.Constraints = append(s.Constraints, constraint(sql.NotNullConstraint))
	}
	for _, k := range y.Checks {
		s.Constraints = append(s.Constraints, sql.Constraint{Kind: sql.CheckConstraint, Name: k.Name, Expr: k.Expr, NotValid: k.NotValid, Pos: sql.NoPos})
	}
	return s
}

func (c *facts) argTrees(f *Function) []*sql.TypeName {
	out := []*sql.TypeName{}
	for _, a := range f.ArgTypes() {
		out = append(out, c.TypeName(TypeRef{a, -1}))
	}
	return out
}

func (f *Function) objectKind() sql.ObjectKind {
	if f.Kind == Procedure {
		return sql.KindProcedure
	}
	return sql.KindFunction
}

func (t *Table) objectKind() sql.ObjectKind {
	switch t.Kind {
	case View:
		return sql.KindView
	case MatView:
		return sql.KindMatView
	}
	return sql.KindTable
}

func (y *Type) objectKind() sql.ObjectKind {
	if y.Kind == DomainType {
		return sql.KindDomain
	}
	return sql.KindType
}

func roleOptions(r *Role) []sql.Option {
	var out []sql.Option
	for _, o := range []struct {
		name string
		on   bool
	}{{"superuser", r.Super}, {"inherit", r.Inherit}, {"createrole", r.CreateRole}, {"createdb", r.CreateDB}, {"canlogin", r.Login}, {"bypassrls", r.BypassRLS}} {
		out = append(out, sql.Option{Name: o.name, Value: strconv.FormatBool(o.on), Pos: sql.NoPos})
	}
	return out
}

// privilegeList is a set of rights as the list of a GRANT.
func privilegeList(p Privilege, columns []string) []sql.Privilege {
	var out []sql.Privilege
	for i, name := range privilegeNames {
		if p&(1<<i) != 0 {
			out = append(out, sql.Privilege{Name: name, Columns: columns})
		}
	}
	return out
}

func grantee(name string) string { return cmp.Or(name, "public") }
