package system

import (
	"iter"
	"slices"
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/builtin"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// The relations of pg_catalog that hold objects.

const (
	heapAM      catalog.OID = 2
	btreeAM     catalog.OID = 403
	databaseOID catalog.OID = 5
	systemOwner             = "postgres" // of PostgreSQL's own objects
	noCollation catalog.OID = 0
	defaultColl catalog.OID = 100
	nameColl    catalog.OID = 950
)

var accessMethods = []struct {
	oid  catalog.OID
	name string
	kind byte
}{{2, "heap", 't'}, {403, "btree", 'i'}, {405, "hash", 'i'}, {783, "gist", 'i'}, {2742, "gin", 'i'}, {4000, "spgist", 'i'}, {3580, "brin", 'i'}}

func methodOID(name string) catalog.OID {
	for _, m := range accessMethods {
		if m.name == name {
			return m.oid
		}
	}
	return btreeAM
}

var languages = []struct {
	oid     catalog.OID
	name    string
	trusted bool
}{{12, "internal", false}, {13, "c", false}, {14, "sql", true}, {13539, "plpgsql", true}}

func languageOID(name string) catalog.OID {
	for _, l := range languages {
		if l.name == name {
			return l.oid
		}
	}
	return madeOID("language", name)
}

func namespaces(x *reader) error {
	for s := range x.cat.Schemas() {
		x.row("oid", s.OID, "nspname", s.Name, "nspowner", x.roleOID(s.Owner), "nspacl", aclItems(s.ACL))
	}
	return nil
}

// tables are the tables and views, temporary ones among them.
func (x *reader) tables() iter.Seq[*catalog.Table] { return x.cat.Tables() }

func persistence(t *catalog.Table) byte {
	if t.Temp {
		return 't'
	}
	return 'p'
}

func classes(x *reader) error {
	for t := range x.tables() {
		am := catalog.OID(0)
		if t.Kind == catalog.OrdinaryTable || t.Kind == catalog.MatView {
			am = heapAM
		}
		checks := 0
		for _, k := range t.Constraints {
			if k.Kind == catalog.Check {
				checks++
			}
		}
		var options []string
		if t.SecurityInvoker {
			options = append(options, "security_invoker=true")
		}
		if t.CheckOption != "" {
			options = append(options, "check_option="+t.CheckOption)
		}
		replica := t.ReplicaIdentity
		if replica == 0 || t.Kind == catalog.View {
			replica = map[bool]byte{true: 'n', false: 'd'}[t.Kind == catalog.View]
		}
		x.row("oid", t.OID, "relname", t.Name, "relnamespace", x.schemaOID(t.Schema), "reltype", t.RowType, "relowner", x.roleOID(t.Owner), "relam", am,
			"relfilenode", t.OID, "reltuples", -1.0, "relhasindex", len(t.Indexes) > 0, "relpersistence", persistence(t), "relkind", byte(t.Kind),
			"relnatts", len(t.Columns), "relchecks", checks, "relhasrules", t.Kind == catalog.View, "relhastriggers", len(t.Triggers) > 0 || x.referenced(t),
			"relrowsecurity", t.RLS, "relforcerowsecurity", t.ForceRLS, "relispopulated", true, "relreplident", replica, "relispartition", t.IsPartition,
			"relacl", aclItems(t.ACL), "reloptions", options)
		for _, i := range t.Indexes {
			x.row("oid", i.OID, "relname", i.Name, "relnamespace", x.schemaOID(t.Schema), "relowner", x.roleOID(t.Owner), "relam", methodOID(i.Method),
				"relfilenode", i.OID, "reltuples", 0.0, "relpersistence", persistence(t), "relkind", "i", "relnatts", len(i.Keys)+len(i.Include), "relispopulated", true, "relreplident", "n")
		}
	}
	for q := range x.cat.Sequences() {
		x.row("oid", q.OID, "relname", q.Name, "relnamespace", x.schemaOID(q.Schema), "relowner", x.roleOID(q.Owner), "relfilenode", q.OID, "reltuples", 1.0, "relpages", 1,
			"relpersistence", "p", "relkind", "S", "relnatts", 3, "relispopulated", true, "relreplident", "n", "relacl", aclItems(q.ACL))
	}
	for t := range x.cat.Types() {
		if t.Kind == catalog.CompositeType && t.Table == 0 && t.OID >= catalog.FirstUserOID {
			x.row("oid", compositeClass(t), "relname", t.Name, "relnamespace", x.schemaOID(t.Schema), "reltype", t.OID, "relowner", x.roleOID(t.Owner), "relpersistence", "p",
				"relkind", "c", "relnatts", len(t.Fields), "relispopulated", true, "relreplident", "n")
		}
	}
	for _, r := range sorted() {
		x.row("oid", r.oid, "relname", r.name, "relnamespace", x.schemaOID(r.schema), "relowner", x.roleOID(systemOwner), "relpersistence", "p", "relkind", r.kind,
			"relnatts", len(r.columns), "relispopulated", true, "relreplident", "n", "relhasrules", r.kind == 'v')
	}
	return nil
}

// compositeClass is the relation of a free-standing composite type.
func compositeClass(t *catalog.Type) catalog.OID { return madeOID("class", t.Schema+"."+t.Name) }

// referenced says whether a foreign key points at t: PostgreSQL checks it by triggers of t.
func (x *reader) referenced(t *catalog.Table) bool {
	for o := range x.tables() {
		for _, k := range o.Constraints {
			if k.Kind == catalog.ForeignKey && (k.RefTable == t.OID || o == t) {
				return true
			}
		}
	}
	return false
}

func (x *reader) attribute(rel catalog.OID, k *catalog.Column) {
	typ := x.cat.Type(k.Type.OID)
	dims := 0
	if typ != nil && typ.Category == 'A' {
		dims = 1
	}
	generated, identity := "", ""
	if k.Generated {
		generated = "s"
	}
	if k.Identity != 0 {
		identity = string(rune(k.Identity))
	}
	size, byVal, align, storage := physical(typ)
	x.row("attrelid", rel, "attname", k.Name, "atttypid", k.Type.OID, "attstattarget", -1, "attlen", size, "attnum", k.Num, "attndims", dims, "attcacheoff", -1, "atttypmod", k.Type.Mod,
		"attbyval", byVal, "attalign", align, "attstorage", storage, "attnotnull", k.NotNull, "atthasdef", hasDefault(k), "attidentity", identity, "attgenerated", generated,
		"attislocal", true, "attcollation", x.collation(k.Type.OID), "attacl", aclItems(k.ACL))
}

func hasDefault(k *catalog.Column) bool {
	return k.Identity == 0 && (k.Default != nil || k.DefaultText != "")
}

func (x *reader) collation(t catalog.OID) catalog.OID {
	typ := x.cat.Type(t)
	for typ != nil && typ.Elem != 0 && typ.Category == 'A' {
		typ = x.cat.Type(typ.Elem)
	}
	for typ != nil && typ.Kind == catalog.DomainType {
		typ = x.cat.Type(typ.Base.OID)
	}
	switch {
	case typ == nil || typ.Category != 'S':
		return noCollation
	case typ.OID == catalog.NameOID:
		return nameColl
	}
	return defaultColl
}

func attributes(x *reader) error {
	for t := range x.tables() {
		for _, k := range t.Columns {
			x.attribute(t.OID, k)
		}
		for _, i := range t.Indexes {
			for n, k := range i.Keys {
				c := &catalog.Column{Name: k.Column, Num: int16(n + 1), Type: catalog.TypeRef{OID: catalog.TextOID, Mod: -1}}
				if o := t.Column(k.Column); o != nil {
					c.Type = o.Type
				} else {
					c.Name = "expr"
				}
				x.attribute(i.OID, c)
			}
		}
	}
	for t := range x.cat.Types() {
		if t.Kind == catalog.CompositeType && t.Table == 0 {
			for _, k := range t.Fields {
				x.attribute(compositeClass(t), k)
			}
		}
	}
	for _, r := range sorted() {
		for i, c := range r.columns {
			x.attribute(r.oid, &catalog.Column{Name: c.name, Num: int16(i + 1), Type: catalog.TypeRef{OID: c.typ, Mod: -1}, NotNull: c.notNull})
		}
	}
	return nil
}

func attributeDefaults(x *reader) error {
	for t := range x.tables() {
		for _, k := range t.Columns {
			if hasDefault(k) {
				x.row("oid", madeOID("default", t.Schema+"."+t.Name+"."+k.Name), "adrelid", t.OID, "adnum", k.Num, "adbin", x.defaultText(k))
			}
		}
	}
	return nil
}

// physical is how PostgreSQL stores a type: its length, whether it is passed by value, its alignment and its storage.
func physical(t *catalog.Type) (size int, byVal bool, align, storage byte) {
	if t == nil {
		return -1, false, 'i', 'x'
	}
	switch t.OID {
	case catalog.BoolOID, catalog.CharOID:
		return 1, true, 'c', 'p'
	case catalog.Int2OID:
		return 2, true, 's', 'p'
	case catalog.Int4OID, catalog.OIDOID, catalog.Float4OID, catalog.DateOID, catalog.XIDOID, catalog.CIDOID, catalog.RegclassOID, catalog.RegtypeOID, catalog.RegprocOID,
		catalog.RegprocedureOID, catalog.RegoperOID, catalog.RegoperatorOID, catalog.RegconfigOID, catalog.RegdictionaryOID, catalog.RegnamespaceOID, catalog.RegroleOID,
		catalog.RegcollationOID, catalog.VoidOID, catalog.TriggerOID, catalog.AnyOID, catalog.AnyElementOID, catalog.AnyNonArrayOID, catalog.AnyEnumOID, catalog.EventTriggerOID:
		return 4, true, 'i', 'p'
	case catalog.Int8OID, catalog.Float8OID, catalog.TimestampOID, catalog.TimestamptzOID, catalog.TimeOID, catalog.MoneyOID, catalog.XID8OID, catalog.PgLSNOID, catalog.InternalOID:
		return 8, true, 'd', 'p'
	case catalog.TimetzOID:
		return 12, false, 'd', 'p'
	case catalog.IntervalOID:
		return 16, false, 'd', 'p'
	case catalog.UUIDOID:
		return 16, false, 'c', 'p'
	case catalog.NameOID:
		return 64, false, 'c', 'p'
	case catalog.NumericOID, catalog.InetOID, catalog.CidrOID:
		return -1, false, 'i', 'm'
	case catalog.TIDOID:
		return 6, false, 's', 'p'
	case catalog.CstringOID:
		return -2, false, 'c', 'p'
	}
	if t.Kind == catalog.EnumType {
		return 4, true, 'i', 'p'
	}
	return -1, false, 'i', 'x'
}

func types(x *reader) error {
	for t := range x.cat.Types() {
		size, byVal, align, storage := physical(t)
		base, mod, def := any(catalog.OID(0)), int32(-1), any(nil)
		kind, category := byte(t.Kind), t.Category
		rel := t.Table
		if t.Kind == catalog.DomainType {
			base, mod = t.Base.OID, t.Base.Mod
			size, byVal, align, storage = physical(x.cat.Type(x.cat.BaseType(t.Base).OID))
			if category == 0 {
				if b := x.cat.Type(x.cat.BaseType(t.Base).OID); b != nil {
					category = b.Category
				}
			}
			if t.Default != nil {
				def = exprText(t.Default)
			}
		}
		switch {
		case category != 0:
		case t.Kind == catalog.EnumType:
			category = 'E'
		case t.Kind == catalog.CompositeType:
			category = 'C'
		case t.Kind == catalog.RangeType || t.Kind == catalog.MultirangeType:
			category = 'R'
		default:
			category = 'U'
		}
		if t.Kind == catalog.CompositeType && rel == 0 {
			rel = compositeClass(t)
		}
		in, out := t.Name+"in", t.Name+"out"
		switch {
		case t.Category == 'A' && t.Elem != 0:
			in, out = "array_in", "array_out"
		case t.Kind == catalog.EnumType:
			in, out = "enum_in", "enum_out"
		case t.Kind == catalog.CompositeType:
			in, out = "record_in", "record_out"
		case t.Kind == catalog.DomainType:
			in, out = "domain_in", "domain_out"
		}
		x.row("oid", t.OID, "typname", t.Name, "typnamespace", x.schemaOID(t.Schema), "typowner", x.roleOID(t.Owner), "typlen", size, "typbyval", byVal, "typtype", kind,
			"typcategory", category, "typispreferred", t.Preferred, "typisdefined", true, "typdelim", ",", "typrelid", rel, "typelem", t.Elem, "typarray", t.Array,
			"typinput", builtinOID(in), "typoutput", builtinOID(out), "typalign", align, "typstorage", storage, "typnotnull", t.NotNull, "typbasetype", base, "typtypmod", mod,
			"typcollation", x.collation(t.OID), "typdefault", def, "typacl", aclItems(t.ACL))
	}
	return nil
}

// builtinOID is the number of a built-in function, 0 when it is not one of those that run here.
func builtinOID(name string) catalog.OID {
	for _, f := range builtin.Functions(name) {
		if f.OID != 0 {
			return f.OID
		}
	}
	return 0
}

func enums(x *reader) error {
	for t := range x.cat.Types() {
		for i, label := range t.Labels {
			x.row("oid", madeOID("label", t.Schema+"."+t.Name+"."+label), "enumtypid", t.OID, "enumsortorder", float64(i+1), "enumlabel", label)
		}
	}
	return nil
}

func ranges(x *reader) error {
	for t := range x.cat.Types() {
		if t.Kind == catalog.RangeType {
			multi := catalog.OID(0)
			if m := x.cat.TypeByName(t.Schema, strings.Replace(t.Name, "range", "multirange", 1)); m != nil && m.Kind == catalog.MultirangeType {
				multi = m.OID
			}
			x.row("rngtypid", t.OID, "rngsubtype", t.RangeOf, "rngmultitypid", multi)
		}
	}
	return nil
}

func actionLetter(a sql.FKAction) string { return string("arcnd"[a]) }

func numbers(t *catalog.Table, names []string) []int16 {
	if t == nil || len(names) == 0 {
		return nil
	}
	out := []int16{}
	for _, n := range names {
		if k := t.Column(n); k != nil {
			out = append(out, k.Num)
		}
	}
	return out
}

func constraints(x *reader) error {
	for t := range x.tables() {
		for _, k := range t.Constraints {
			index, upd, del, match := k.Index, " ", " ", " "
			var refNums, delCols []int16
			if k.Kind == catalog.ForeignKey {
				ref := x.cat.TableByOID(k.RefTable)
				refNums, delCols = numbers(ref, k.RefColumns), numbers(t, k.OnDeleteColumns)
				upd, del, match = actionLetter(k.OnUpdate), actionLetter(k.OnDelete), "s"
				if k.MatchFull {
					match = "f"
				}
				if ref != nil {
					for _, r := range ref.Constraints {
						if r.Index != 0 && slices.Equal(sortedCopy(r.Columns), sortedCopy(k.RefColumns)) {
							index = r.Index
							break
						}
					}
				}
			}
			var bin any
			if k.Kind == catalog.Check {
				bin = x.checkText(k)
			}
			x.row("oid", k.OID, "conname", k.Name, "connamespace", x.schemaOID(t.Schema), "contype", byte(k.Kind), "condeferrable", k.Deferrable, "condeferred", k.Deferred,
				"convalidated", !k.NotValid, "conrelid", t.OID, "conindid", index, "confrelid", k.RefTable, "confupdtype", upd, "confdeltype", del, "confmatchtype", match,
				"conislocal", true, "connoinherit", k.Kind != catalog.Check, "conkey", numbers(t, x.constraintColumns(t, k)), "confkey", refNums, "confdelsetcols", delCols, "conbin", bin)
		}
	}
	for d := range x.cat.Types() {
		for _, k := range d.Checks {
			x.row("oid", k.OID, "conname", k.Name, "connamespace", x.schemaOID(d.Schema), "contype", "c", "convalidated", !k.NotValid, "contypid", d.OID,
				"confupdtype", " ", "confdeltype", " ", "confmatchtype", " ", "conislocal", true, "conbin", x.checkText(k))
		}
	}
	return nil
}

// constraintColumns are the columns of a constraint: the key's, or those that a check mentions.
func (x *reader) constraintColumns(t *catalog.Table, k *catalog.Constraint) []string {
	if k.Kind != catalog.Check {
		return k.Columns
	}
	var out []string
	for _, c := range t.Columns {
		if slices.Contains(k.Columns, c.Name) {
			out = append(out, c.Name)
		}
	}
	return out
}

func sortedCopy(s []string) []string { return slices.Sorted(slices.Values(s)) }

func indexes(x *reader) error {
	for t := range x.tables() {
		for _, i := range t.Indexes {
			var nums, options []int16
			var coll, class []catalog.OID
			var exprs []string
			for _, k := range i.Keys {
				n, c := int16(0), noCollation
				if col := t.Column(k.Column); col != nil {
					n, c = col.Num, x.collation(col.Type.OID)
				} else {
					exprs = append(exprs, exprText(k.Expr))
				}
				o := int16(0)
				if k.Desc {
					o |= 1
				}
				if k.Nulls == sql.NullsFirst || k.Nulls == sql.NullsDefault && k.Desc {
					o |= 2
				}
				nums, options, coll, class = append(nums, n), append(options, o), append(coll, c), append(class, 0)
			}
			nums = append(nums, numbers(t, i.Include)...)
			primary, exclusion, deferrable := false, false, false
			for _, k := range t.Constraints {
				if k.OID == i.Constraint {
					primary, exclusion, deferrable = k.Kind == catalog.PrimaryKey, k.Kind == catalog.Exclusion, k.Deferrable
				}
			}
			var expr, where any
			if len(exprs) > 0 {
				expr = strings.Join(exprs, ", ")
			}
			if i.Where != nil {
				where = exprText(i.Where)
			}
			x.row("indexrelid", i.OID, "indrelid", t.OID, "indnatts", len(nums), "indnkeyatts", len(i.Keys), "indisunique", i.Unique, "indnullsnotdistinct", i.NullsNotDistinct,
				"indisprimary", primary, "indisexclusion", exclusion, "indimmediate", !deferrable, "indisvalid", true, "indisready", true, "indislive", true,
				"indkey", nums, "indcollation", coll, "indclass", class, "indoption", options, "indexprs", expr, "indpred", where)
		}
	}
	return nil
}

func functions(x *reader) error {
	for f := range x.cat.AllFunctions() {
		in, all, modes, names := x.arguments(f)
		var variadic catalog.OID
		defaults := 0
		for _, p := range f.Params {
			if p.Mode == sql.VariadicArg {
				if t := x.cat.Type(p.Type.OID); t != nil {
					variadic = t.Elem
				}
			}
			if p.Default != nil || p.DefaultText != "" {
				defaults++
			}
		}
		var def any
		if defaults > 0 {
			def = x.defaultsText(f)
		}
		rows := 0.0
		if f.ReturnsSet {
			if rows = f.Rows; rows == 0 {
				rows = 1000
			}
		}
		var config []string
		for _, s := range f.Settings {
			config = append(config, settingText(s))
		}
		x.row("oid", f.OID, "proname", f.Name, "pronamespace", x.schemaOID(f.Schema), "proowner", x.roleOID(f.Owner), "prolang", languageOID(f.Language), "procost", 100.0,
			"prorows", rows, "provariadic", variadic, "prokind", byte(f.Kind), "prosecdef", f.Definer, "proisstrict", f.Strict, "proretset", f.ReturnsSet,
			"provolatile", f.Volatility, "proparallel", "u", "pronargs", len(in), "pronargdefaults", defaults, "prorettype", f.Returns.OID, "proargtypes", in,
			"proallargtypes", all, "proargmodes", modes, "proargnames", names, "proargdefaults", def, "prosrc", f.Source, "proconfig", config, "proacl", aclItems(f.ACL))
	}
	for _, f := range builtin.All() {
		if f.OID == 0 {
			continue
		}
		kind := "f"
		switch f.Kind {
		case builtin.AggregateKind:
			kind = "a"
		case builtin.WindowKind:
			kind = "w"
		}
		args := f.Args
		if args == nil {
			args = []catalog.OID{}
		}
		x.row("oid", f.OID, "proname", f.Name, "pronamespace", x.schemaOID(pgCatalog), "proowner", x.roleOID(systemOwner), "prolang", languages[0].oid, "procost", 1.0, "prokind", kind,
			"proisstrict", f.Strict, "proretset", f.RetSet, "provolatile", f.Volatility, "proparallel", "s", "pronargs", len(args), "pronargdefaults", f.NDefaults,
			"prorettype", f.Ret, "proargtypes", args, "proargnames", f.ArgNames, "prosrc", f.Name)
	}
	return nil
}

// arguments are the columns of pg_proc about arguments: types of those that a call gives, then of all, with modes and names; nil where PostgreSQL has NULL.
func (x *reader) arguments(f *catalog.Function) (in, all []catalog.OID, modes value.Datum, names []string) {
	in = []catalog.OID{}
	plain, named := true, false
	var letters []string
	for _, p := range f.Params {
		letters = append(letters, string("iobvt"[p.Mode]))
		plain = plain && p.Mode == sql.InArg
		named = named || p.Name != ""
		all = append(all, p.Type.OID)
		if p.Mode != sql.OutArg && p.Mode != sql.TableArg {
			in = append(in, p.Type.OID)
		}
		names = append(names, p.Name)
	}
	if !named {
		names = nil
	}
	if plain {
		return in, nil, value.Null, names
	}
	return in, all, list(letters, catalog.CharOID, value.Text), names
}

// settingText is a setting of a function or role as pg_proc.proconfig shows it.
func settingText(s sql.Setting) string { return s.Name + "=" + settingValue(s) }

func settingValue(s sql.Setting) string {
	if s.Name == "search_path" {
		var out []string
		for _, v := range s.Values {
			if v == "" {
				out = append(out, `""`)
			} else {
				out = append(out, sql.QuoteIdent(v))
			}
		}
		return strings.Join(out, ", ")
	}
	return strings.Join(s.Values, ", ")
}

func triggers(x *reader) error {
	for t := range x.tables() {
		for _, g := range t.Triggers {
			kind := 0
			if g.Row {
				kind |= 1
			}
			if g.Time == sql.BeforeEvent {
				kind |= 2
			}
			for bit, e := range map[int]sql.TriggerEvent{4: sql.OnInsert, 8: sql.OnDelete, 16: sql.OnUpdate, 32: sql.OnTruncate} {
				if g.Events&e != 0 {
					kind |= bit
				}
			}
			if g.Time == sql.InsteadOf {
				kind |= 64
			}
			columns := numbers(t, g.Columns)
			if columns == nil {
				columns = []int16{}
			}
			var args []byte
			for _, a := range g.Args {
				args = append(append(args, a...), 0)
			}
			var when any
			if g.When != nil {
				when = exprText(g.When)
			}
			enabled := g.Enabled
			if enabled == 0 {
				enabled = 'O'
			}
			constraint := catalog.OID(0)
			if g.Constraint {
				constraint = madeOID("constraint trigger", g.Name)
			}
			x.row("oid", g.OID, "tgrelid", t.OID, "tgname", g.Name, "tgfoid", g.Func, "tgtype", kind, "tgenabled", enabled, "tgconstraint", constraint,
				"tgdeferrable", g.Deferrable, "tginitdeferred", g.Deferred, "tgnargs", len(g.Args), "tgattr", columns, "tgargs", value.Blob(args), "tgqual", when,
				"tgoldtable", some(g.OldTable), "tgnewtable", some(g.NewTable))
		}
	}
	return nil
}

func policyText(e sql.Expr, text string) any {
	if e != nil {
		return exprText(e)
	}
	return some(text)
}

func policies(x *reader) error {
	for t := range x.tables() {
		for _, p := range t.Policies {
			roles := []catalog.OID{}
			for _, r := range p.Roles {
				roles = append(roles, x.roleOID(r))
			}
			if len(roles) == 0 {
				roles = append(roles, 0)
			}
			slices.Sort(roles)
			x.row("oid", p.OID, "polname", p.Name, "polrelid", t.OID, "polcmd", policyLetter[p.Command], "polpermissive", p.Permissive, "polroles", roles,
				"polqual", policyText(p.Using, p.UsingText), "polwithcheck", policyText(p.Check, p.CheckText))
		}
	}
	return nil
}

var policyLetter = map[string]string{"all": "*", "select": "r", "insert": "a", "update": "w", "delete": "d"}

func sequenceFacts(x *reader) error {
	for q := range x.cat.Sequences() {
		x.row("seqrelid", q.OID, "seqtypid", q.Type, "seqstart", q.Start, "seqincrement", q.Increment, "seqmax", q.Max, "seqmin", q.Min, "seqcache", q.Cache, "seqcycle", q.Cycle)
	}
	return nil
}

func (x *reader) roleConfig(role string) []string {
	var out []string
	for _, s := range x.cat.Settings() {
		if s.Role == role {
			out = append(out, settingText(s.Setting))
		}
	}
	return out
}

func roles(x *reader) error {
	for r := range x.cat.Roles() {
		x.row("rolname", r.Name, "rolsuper", r.Super, "rolinherit", r.Inherit, "rolcreaterole", r.CreateRole, "rolcreatedb", r.CreateDB, "rolcanlogin", r.Login,
			"rolconnlimit", -1, "rolpassword", "********", "rolbypassrls", r.BypassRLS, "rolconfig", x.roleConfig(r.Name), "oid", r.OID)
	}
	return nil
}

// needSuper refuses what only superusers may read.
func (x *reader) needSuper() error {
	if r := x.cat.Role(x.CurrentUser); r == nil || !r.Super {
		return fault.New(fault.InsufficientPrivilege, "permission denied for %s %s", map[byte]string{'r': "table", 'v': "view"}[x.rel.kind], x.rel.name)
	}
	return nil
}

func authIDs(x *reader) error {
	for r := range x.cat.Roles() {
		x.row("oid", r.OID, "rolname", r.Name, "rolsuper", r.Super, "rolinherit", r.Inherit, "rolcreaterole", r.CreateRole, "rolcreatedb", r.CreateDB, "rolcanlogin", r.Login,
			"rolconnlimit", -1, "rolbypassrls", r.BypassRLS)
	}
	return nil
}

func users(x *reader) error {
	for r := range x.cat.Roles() {
		if !r.Login {
			continue
		}
		var passwd any
		if x.rel.name == "pg_user" {
			passwd = "********"
		}
		x.row("usename", r.Name, "usesysid", r.OID, "usecreatedb", r.CreateDB, "usesuper", r.Super, "userepl", false, "usebypassrls", r.BypassRLS, "passwd", passwd,
			"useconfig", x.roleConfig(r.Name))
	}
	return nil
}

func groups(x *reader) error {
	for r := range x.cat.Roles() {
		if r.Login {
			continue
		}
		members := []catalog.OID{}
		for m := range x.cat.Roles() {
			if slices.Contains(m.MemberOf, r.Name) {
				members = append(members, m.OID)
			}
		}
		x.row("groname", r.Name, "grosysid", r.OID, "grolist", members)
	}
	return nil
}

func memberships(x *reader) error {
	for r := range x.cat.Roles() {
		for _, of := range r.MemberOf {
			x.row("roleid", x.roleOID(of), "member", r.OID, "grantor", x.roleOID(systemOwner), "admin_option", slices.Contains(r.AdminOf, of))
		}
	}
	return nil
}

func extensionOID(name string) catalog.OID {
	if name == "plpgsql" {
		return 13536
	}
	return madeOID("extension", name)
}

func extensionVersion(name string) string {
	if v := map[string]string{"pgcrypto": "1.3", "uuid-ossp": "1.1", "citext": "1.6", "pg_trgm": "1.6", "unaccent": "1.1", "fuzzystrmatch": "1.1", "vector": "0.8.0",
		"pg_cron": "1.6", "pg_net": "0.14.0", "pgmq": "1.4.4", "supabase_vault": "0.3.1", "hstore": "1.8", "btree_gin": "1.3", "btree_gist": "1.7", "intarray": "1.5",
		"http": "1.6", "pgjwt": "0.2.0", "pg_stat_statements": "1.10", "pg_graphql": "1.5.11"}[name]; v != "" {
		return v
	}
	return "1.0"
}

func extensions(x *reader) error {
	has := false
	for e := range x.cat.Extensions() {
		has = has || e.Name == "plpgsql"
		x.row("oid", extensionOID(e.Name), "extname", e.Name, "extowner", x.roleOID(systemOwner), "extnamespace", x.schemaOID(e.Schema), "extrelocatable", e.Name != "plpgsql",
			"extversion", extensionVersion(e.Name))
	}
	if !has {
		x.row("oid", extensionOID("plpgsql"), "extname", "plpgsql", "extowner", x.roleOID(systemOwner), "extnamespace", x.schemaOID(pgCatalog), "extversion", "1.0")
	}
	return nil
}

func availableExtensions(x *reader) error {
	for _, name := range catalog.AvailableExtensions() {
		var installed any
		if name == "plpgsql" || x.cat.Extension(name) != nil {
			installed = extensionVersion(name)
		}
		x.row("name", name, "default_version", extensionVersion(name), "installed_version", installed)
	}
	return nil
}

func publicationOID(p *catalog.Publication) catalog.OID { return madeOID("publication", p.Name) }

func publishes(p *catalog.Publication, what string) bool {
	return len(p.Publish) == 0 || slices.Contains(p.Publish, what)
}

func publications(x *reader) error {
	for p := range x.cat.Publications() {
		x.row("oid", publicationOID(p), "pubname", p.Name, "pubowner", x.roleOID(p.Owner), "puballtables", p.AllTables, "pubinsert", publishes(p, "insert"),
			"pubupdate", publishes(p, "update"), "pubdelete", publishes(p, "delete"), "pubtruncate", publishes(p, "truncate"))
	}
	return nil
}

func publicationMembers(x *reader) error {
	for p := range x.cat.Publications() {
		for _, t := range p.Tables {
			x.row("oid", madeOID("publication table", p.Name+"."+x.relationName(t)), "prpubid", publicationOID(p), "prrelid", t)
		}
	}
	return nil
}

func (x *reader) relationName(oid catalog.OID) string {
	if t := x.cat.TableByOID(oid); t != nil {
		return t.Schema + "." + t.Name
	}
	return ""
}

func publicationSchemas(x *reader) error {
	for p := range x.cat.Publications() {
		for _, s := range p.Schemas {
			x.row("oid", madeOID("publication schema", p.Name+"."+s), "pnpubid", publicationOID(p), "pnnspid", x.schemaOID(s))
		}
	}
	return nil
}

func publishedTables(x *reader) error {
	for p := range x.cat.Publications() {
		for t := range x.tables() {
			if t.Kind != catalog.OrdinaryTable || t.Temp {
				continue
			}
			if !p.AllTables && !slices.Contains(p.Tables, t.OID) && !slices.Contains(p.Schemas, t.Schema) {
				continue
			}
			names := []string{}
			for _, k := range t.Columns {
				if !k.Generated {
					names = append(names, k.Name)
				}
			}
			x.row("pubname", p.Name, "schemaname", t.Schema, "tablename", t.Name, "attnames", names)
		}
	}
	return nil
}

func defaultPrivileges(x *reader) error {
	for _, d := range x.cat.DefaultACLs() {
		kind := map[sql.ObjectKind]string{sql.KindTable: "r", sql.KindSequence: "S", sql.KindFunction: "f", sql.KindType: "T", sql.KindSchema: "n"}[d.Kind]
		acl := d.ACL
		if acl == nil {
			acl = catalog.ACL{}
		}
		x.row("oid", madeOID("default privileges", d.Owner+"."+d.Schema+"."+kind), "defaclrole", x.roleOID(d.Owner), "defaclnamespace", x.schemaOID(d.Schema), "defaclobjtype", kind,
			"defaclacl", aclItems(acl))
	}
	return nil
}

// comments yields each comment with its object, the object's catalog and the number of the column, 0 for none.
func (x *reader) comments(yield func(obj catalog.OID, class string, sub int16, text string)) {
	say := func(obj catalog.OID, class string, sub int16, text string) {
		if text != "" {
			yield(obj, class, sub, text)
		}
	}
	for s := range x.cat.Schemas() {
		say(s.OID, "pg_namespace", 0, s.Comment)
	}
	for t := range x.tables() {
		say(t.OID, "pg_class", 0, t.Comment)
		for _, k := range t.Columns {
			say(t.OID, "pg_class", k.Num, k.Comment)
		}
		for _, k := range t.Constraints {
			say(k.OID, "pg_constraint", 0, k.Comment)
		}
		for _, i := range t.Indexes {
			say(i.OID, "pg_class", 0, i.Comment)
		}
		for _, g := range t.Triggers {
			say(g.OID, "pg_trigger", 0, g.Comment)
		}
		for _, p := range t.Policies {
			say(p.OID, "pg_policy", 0, p.Comment)
		}
	}
	for q := range x.cat.Sequences() {
		say(q.OID, "pg_class", 0, q.Comment)
	}
	for t := range x.cat.Types() {
		say(t.OID, "pg_type", 0, t.Comment)
		for _, k := range t.Fields {
			say(compositeClass(t), "pg_class", k.Num, k.Comment)
		}
		for _, k := range t.Checks {
			say(k.OID, "pg_constraint", 0, k.Comment)
		}
	}
	for f := range x.cat.AllFunctions() {
		say(f.OID, "pg_proc", 0, f.Comment)
	}
}

func descriptions(x *reader) error {
	x.comments(func(obj catalog.OID, class string, sub int16, text string) {
		x.row("objoid", obj, "classoid", OID("", class), "objsubid", int(sub), "description", text)
	})
	return nil
}

// dependencies are those that programs ask for: a sequence belongs to its column, an object to its extension.
func dependencies(x *reader) error {
	class := OID("", "pg_class")
	for q := range x.cat.Sequences() {
		t := x.cat.TableByOID(q.OwnerTable)
		if t == nil {
			continue
		}
		if k := t.Column(q.OwnerColumn); k != nil {
			kind := "a"
			if k.Identity != 0 {
				kind = "i"
			}
			x.row("classid", class, "objid", q.OID, "refclassid", class, "refobjid", t.OID, "refobjsubid", int(k.Num), "deptype", kind)
		}
	}
	for t := range x.tables() {
		for _, k := range t.Constraints {
			for _, n := range numbers(t, k.Columns) {
				x.row("classid", OID("", "pg_constraint"), "objid", k.OID, "refclassid", class, "refobjid", t.OID, "refobjsubid", int(n), "deptype", "a")
			}
			if k.Index != 0 {
				x.row("classid", class, "objid", k.Index, "refclassid", OID("", "pg_constraint"), "refobjid", k.OID, "deptype", "i")
			}
		}
	}
	return nil
}

func languagesRows(x *reader) error {
	for _, l := range languages {
		x.row("oid", l.oid, "lanname", l.name, "lanowner", x.roleOID(systemOwner), "lanispl", l.name == "plpgsql", "lanpltrusted", l.trusted)
	}
	return nil
}

func accessMethodRows(x *reader) error {
	for _, m := range accessMethods {
		x.row("oid", m.oid, "amname", m.name, "amtype", m.kind)
	}
	return nil
}

func operators(x *reader) error {
	for _, o := range builtin.AllOperators() {
		kind := "b"
		if o.Left == 0 {
			kind = "l"
		}
		id := o.OID
		if id == 0 {
			id = madeOID("operator", o.Name+o.Func.ID)
		}
		x.row("oid", id, "oprname", o.Name, "oprnamespace", x.schemaOID(pgCatalog), "oprowner", x.roleOID(systemOwner), "oprkind", kind, "oprcanmerge", o.MergeHash, "oprcanhash", o.MergeHash,
			"oprleft", o.Left, "oprright", o.Right, "oprresult", o.Ret, "oprcode", o.Func.OID)
	}
	return nil
}

func casts(x *reader) error {
	for _, c := range x.cat.Casts() {
		method := "f"
		if c.Func == 0 {
			method = "b"
		}
		x.row("oid", madeOID("cast", x.cat.TypeString(catalog.TypeRef{OID: c.From, Mod: -1})+" "+x.cat.TypeString(catalog.TypeRef{OID: c.To, Mod: -1})),
			"castsource", c.From, "casttarget", c.To, "castfunc", c.Func, "castcontext", c.Context, "castmethod", method)
	}
	return nil
}

func collations(x *reader) error {
	for _, c := range []struct {
		oid      catalog.OID
		name     string
		provider string
	}{{100, "default", "d"}, {950, "C", "c"}, {951, "POSIX", "c"}, {12355, "ucs_basic", "c"}} {
		x.row("oid", c.oid, "collname", c.name, "collnamespace", x.schemaOID(pgCatalog), "collowner", x.roleOID(systemOwner), "collprovider", c.provider, "collisdeterministic", true,
			"collencoding", -1)
	}
	return nil
}

func databases(x *reader) error {
	x.row("oid", databaseOID, "datname", x.Database, "datdba", x.roleOID(systemOwner), "encoding", 6, "datlocprovider", "c", "datistemplate", false, "datallowconn", true,
		"datconnlimit", -1, "dattablespace", 1663, "datcollate", "C", "datctype", "C")
	return nil
}

func tablespaces(x *reader) error {
	x.row("oid", 1663, "spcname", "pg_default", "spcowner", x.roleOID(systemOwner))
	x.row("oid", 1664, "spcname", "pg_global", "spcowner", x.roleOID(systemOwner))
	return nil
}

func roleSettings(x *reader) error {
	done := map[string]bool{}
	for _, s := range x.cat.Settings() {
		if done[s.Role] {
			continue
		}
		done[s.Role] = true
		db := databaseOID
		if s.Role != "" {
			db = 0
		}
		x.row("setdatabase", db, "setrole", x.roleOID(s.Role), "setconfig", x.roleConfig(s.Role))
	}
	return nil
}

func rewrites(x *reader) error {
	for t := range x.tables() {
		if t.Kind == catalog.View || t.Kind == catalog.MatView {
			x.row("oid", madeOID("rule", t.Schema+"."+t.Name), "rulename", "_RETURN", "ev_class", t.OID, "ev_type", "1", "ev_enabled", "O", "is_instead", true,
				"ev_qual", "<>", "ev_action", x.viewText(t))
		}
	}
	return nil
}
