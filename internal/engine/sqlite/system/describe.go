package system

import (
	"slices"
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/builtin"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// Describe answers the functions that describe the catalog, for builtin.Session.Catalog. An object is given by its number or by its name, which the
// kind of the datum tells.
func Describe(s *builtin.Session) func(name string, types []catalog.TypeRef, args []value.Datum) (value.Datum, error) {
	return func(name string, _ []catalog.TypeRef, args []value.Datum) (value.Datum, error) {
		x := newReader(s)
		if privilege, ok := strings.CutPrefix(name, "has_"); ok {
			return x.hasPrivilege(strings.TrimSuffix(privilege, "_privilege"), args)
		}
		f, ok := descriptionsOf[name]
		if !ok {
			return value.Null, fault.Unsupported("the function "+name, "")
		}
		return f(x, args)
	}
}

var descriptionsOf map[string]func(x *reader, a []value.Datum) (value.Datum, error)

func init() {
	// text is a function that gives a text, "" for NULL.
	text := func(f func(x *reader, a []value.Datum) string) func(*reader, []value.Datum) (value.Datum, error) {
		return func(x *reader, a []value.Datum) (value.Datum, error) {
			if s := f(x, a); s != "" {
				return value.Text(s), nil
			}
			return value.Null, nil
		}
	}
	yesNo := func(f func(x *reader, a []value.Datum) bool) func(*reader, []value.Datum) (value.Datum, error) {
		return func(x *reader, a []value.Datum) (value.Datum, error) { return value.Bool(f(x, a)), nil }
	}
	null := func(*reader, []value.Datum) (value.Datum, error) { return value.Null, nil }
	zeroSize := func(*reader, []value.Datum) (value.Datum, error) { return value.Int(0), nil }
	function := func(f func(x *reader, fn *catalog.Function) string) func(*reader, []value.Datum) (value.Datum, error) {
		return text(func(x *reader, a []value.Datum) string {
			if fn := x.cat.FunctionByOID(number(a[0])); fn != nil {
				return f(x, fn)
			}
			return ""
		})
	}
	descriptionsOf = map[string]func(*reader, []value.Datum) (value.Datum, error){
		"pg_get_constraintdef": text((*reader).constraintDefinition),
		"pg_get_indexdef":      text((*reader).indexDefinition),
		"pg_get_triggerdef":    text((*reader).triggerDefinition),
		"pg_get_viewdef":       (*reader).viewDefinition,
		"pg_get_expr": func(_ *reader, a []value.Datum) (value.Datum, error) {
			return a[0], nil // the expression is held as its text
		},
		"pg_get_functiondef": function((*reader).functionText),
		"pg_get_function_arguments": func(x *reader, a []value.Datum) (value.Datum, error) {
			return x.argumentList(a[0], true), nil
		},
		"pg_get_function_identity_arguments": func(x *reader, a []value.Datum) (value.Datum, error) {
			return x.argumentList(a[0], false), nil
		},
		"pg_get_function_result": function((*reader).resultText),
		"pg_get_userbyid":        text((*reader).userByID),
		"pg_get_serial_sequence": (*reader).serialSequence,
		"obj_description":        text((*reader).objectDescription),
		"col_description":        text((*reader).columnDescription),
		"shobj_description":      null,
		"pg_has_role":            (*reader).hasRole,
		"row_security_active": func(x *reader, a []value.Datum) (value.Datum, error) {
			t, err := x.tableOf(a[0])
			return value.Bool(t != nil && t.RLS && !x.cat.BypassesRLS(x.CurrentUser, t)), err
		},
		"pg_table_is_visible":      yesNo((*reader).tableVisible),
		"pg_type_is_visible":       yesNo((*reader).typeVisible),
		"pg_function_is_visible":   yesNo((*reader).functionVisible),
		"pg_relation_size":         zeroSize,
		"pg_total_relation_size":   zeroSize,
		"pg_table_size":            zeroSize,
		"pg_indexes_size":          zeroSize,
		"pg_database_size":         zeroSize,
		"pg_relation_is_updatable": (*reader).updatable,
		"oidvectortypes":           text((*reader).typeList),
		"acldefault":               (*reader).defaultACL,
		"pg_encoding_to_char":      text(func(*reader, []value.Datum) string { return "UTF8" }),
		"pg_is_other_temp_schema":  yesNo(func(*reader, []value.Datum) bool { return false }),
		"pg_get_partkeydef":        null,
	}
}

func number(d value.Datum) catalog.OID { return catalog.OID(d.Int64()) }

// constraintOf finds a constraint and its table, which is nil for a domain's.
func (x *reader) constraintOf(oid catalog.OID) (*catalog.Table, *catalog.Constraint) {
	for t := range x.tables() {
		for _, k := range t.Constraints {
			if k.OID == oid {
				return t, k
			}
		}
	}
	for d := range x.cat.Types() {
		for _, k := range d.Checks {
			if k.OID == oid {
				return nil, k
			}
		}
	}
	return nil, nil
}

func (x *reader) constraintDefinition(a []value.Datum) string {
	if t, k := x.constraintOf(number(a[0])); k != nil {
		return x.constraintText(t, k)
	}
	return ""
}

func (x *reader) indexOf(oid catalog.OID) (*catalog.Table, *catalog.Index) {
	for t := range x.tables() {
		for _, i := range t.Indexes {
			if i.OID == oid {
				return t, i
			}
		}
	}
	return nil, nil
}

func (x *reader) indexDefinition(a []value.Datum) string {
	t, i := x.indexOf(number(a[0]))
	if i == nil {
		return ""
	}
	if len(a) < 2 || a[1].Int64() == 0 {
		return x.indexText(t, i)
	}
	n := int(a[1].Int64())
	switch {
	case n < 1 || n > len(i.Keys)+len(i.Include):
		return ""
	case n > len(i.Keys):
		return sql.QuoteIdent(i.Include[n-len(i.Keys)-1])
	}
	return indexKey(i.Keys[n-1])
}

func (x *reader) triggerDefinition(a []value.Datum) string {
	for t := range x.tables() {
		for _, g := range t.Triggers {
			if g.OID == number(a[0]) {
				return x.triggerText(t, g)
			}
		}
	}
	return ""
}

func (x *reader) viewDefinition(a []value.Datum) (value.Datum, error) {
	t, err := x.tableOf(a[0])
	if err != nil || t == nil {
		return value.Null, err
	}
	if t.Kind != catalog.View && t.Kind != catalog.MatView {
		return value.Text("Not a view"), nil
	}
	return value.Text(x.viewText(t)), nil
}

// argumentList are a function's arguments as text, which may be empty.
func (x *reader) argumentList(oid value.Datum, defaults bool) value.Datum {
	if f := x.cat.FunctionByOID(number(oid)); f != nil {
		return value.Text(x.argumentsText(f, defaults))
	}
	if f := builtinByOID(number(oid)); f != nil {
		return value.Text(x.typeNames(f.Args))
	}
	return value.Null
}

func (x *reader) typeNames(oids []catalog.OID) string {
	out := make([]string, len(oids))
	for i, o := range oids {
		out[i] = x.cat.TypeString(catalog.TypeRef{OID: o, Mod: -1})
	}
	return strings.Join(out, ", ")
}

func (x *reader) typeList(a []value.Datum) string {
	var oids []catalog.OID
	for d := range value.ArrayElems(value.TypeOps(catalog.OIDOID), a[0]) {
		oids = append(oids, number(d))
	}
	return x.typeNames(oids)
}

func (x *reader) userByID(a []value.Datum) string {
	if r := x.roleByOID(number(a[0])); r != nil {
		return r.Name
	}
	return "unknown (OID=" + WriteName(x.cat, nil, 0, number(a[0])) + ")"
}

func (x *reader) roleByOID(oid catalog.OID) *catalog.Role {
	for r := range x.cat.Roles() {
		if r.OID == oid {
			return r
		}
	}
	return nil
}

func (x *reader) serialSequence(a []value.Datum) (value.Datum, error) {
	t, err := x.tableOf(a[0])
	if err != nil || t == nil {
		return value.Null, err
	}
	k := t.Column(a[1].Str())
	if k == nil {
		return value.Null, fault.New(fault.UndefinedColumn, `column "%s" of relation "%s" does not exist`, a[1].Str(), t.Name)
	}
	for q := range x.cat.Sequences() {
		if q.OwnerTable == t.OID && q.OwnerColumn == k.Name {
			return value.Text(sql.QuoteIdent(q.Schema) + "." + sql.QuoteIdent(q.Name)), nil
		}
	}
	return value.Null, nil
}

func (x *reader) objectDescription(a []value.Datum) string {
	found, class := "", ""
	if len(a) > 1 {
		class = a[1].Str()
	}
	x.comments(func(obj catalog.OID, in string, sub int16, text string) {
		if obj == number(a[0]) && sub == 0 && (class == "" || class == in) {
			found = text
		}
	})
	return found
}

func (x *reader) columnDescription(a []value.Datum) string {
	found := ""
	x.comments(func(obj catalog.OID, class string, sub int16, text string) {
		if class == "pg_class" && obj == number(a[0]) && sub != 0 && int64(sub) == a[1].Int64() {
			found = text
		}
	})
	return found
}

// roleNamed is a role by name or number; nil for a number that nobody has.
func (x *reader) roleNamed(d value.Datum) (*catalog.Role, error) {
	if d.Kind() == value.KindInt {
		return x.roleByOID(number(d)), nil
	}
	r := x.cat.Role(d.Str())
	if r == nil {
		return nil, fault.New(fault.UndefinedObject, `role "%s" does not exist`, d.Str())
	}
	return r, nil
}

func (x *reader) hasRole(a []value.Datum) (value.Datum, error) {
	who := x.cat.Role(x.CurrentUser)
	if len(a) == 3 {
		var err error
		if who, err = x.roleNamed(a[0]); err != nil {
			return value.Null, err
		}
		a = a[1:]
	}
	of, err := x.roleNamed(a[0])
	if err != nil || who == nil || of == nil {
		return value.Bool(false), err
	}
	has := false
	for p := range strings.SplitSeq(a[1].Str(), ",") {
		switch strings.ToUpper(strings.TrimSpace(p)) {
		case "MEMBER", "SET":
			has = has || x.cat.MemberOf(who.Name, of.Name)
		case "USAGE":
			has = has || who.Super || x.cat.Inherits(who.Name, of.Name)
		case "MEMBER WITH GRANT OPTION", "MEMBER WITH ADMIN OPTION", "USAGE WITH GRANT OPTION", "USAGE WITH ADMIN OPTION":
			has = has || x.cat.AdminOf(who.Name, of.Name)
		default:
			return value.Null, unrecognized(p)
		}
	}
	return value.Bool(has), nil
}

func unrecognized(privilege string) error {
	return fault.New(fault.InvalidParameterValue, `unrecognized privilege type: "%s"`, strings.TrimSpace(privilege))
}

// tableOf is the table or view that a number or a name means: nil for a number that is none's, an error for a name.
func (x *reader) tableOf(d value.Datum) (*catalog.Table, error) {
	id := number(d)
	if d.Kind() == value.KindText {
		var err error
		if id, err = ReadName(x.cat, x.path(), catalog.RegclassOID, d.Str()); err != nil {
			return nil, err
		}
	}
	return x.cat.TableByOID(id), nil
}

// hasPrivilege answers has_table_privilege and its kin: [role,] object [, column], privileges.
func (x *reader) hasPrivilege(kind string, a []value.Datum) (value.Datum, error) {
	who := x.CurrentUser
	want := 2
	if kind == "column" {
		want = 3
	}
	if len(a) > want {
		if a[0].Kind() == value.KindText && a[0].Str() == "public" {
			who = "" // what everybody may
		} else {
			r, err := x.roleNamed(a[0])
			if err != nil {
				return value.Null, err
			}
			if r == nil {
				return value.Bool(false), nil
			}
			who = r.Name
		}
		a = a[1:]
	}
	can, err := x.object(kind, who, a)
	if err != nil || can == nil {
		return value.Null, err
	}
	for word := range strings.SplitSeq(a[len(a)-1].Str(), ",") {
		name, option := strings.CutSuffix(strings.ToUpper(strings.TrimSpace(word)), " WITH GRANT OPTION")
		if name == "RULE" && kind == "table" {
			continue // a right of old that nobody has
		}
		p := catalog.Privilege(0)
		for _, l := range aclLetters {
			if l.name == name || l.name == "TEMPORARY" && name == "TEMP" {
				p = l.priv
			}
		}
		if p&privilegesOf[kind] == 0 {
			return value.Null, unrecognized(word)
		}
		if option {
			p |= catalog.GrantOption
		}
		if can(p) {
			return value.Bool(true), nil
		}
	}
	return value.Bool(false), nil
}

var privilegesOf = map[string]catalog.Privilege{"table": catalog.AllTablePrivs, "column": catalog.AllColumnPrivs, "any_column": catalog.AllColumnPrivs,
	"schema": catalog.AllSchemaPrivs, "function": catalog.PrivExecute, "sequence": catalog.AllSequencePrivs, "type": catalog.PrivUsage, "language": catalog.PrivUsage,
	"database": catalog.PrivCreate | catalog.PrivConnect | catalog.PrivTemp}

// closedRelations are the system relations that not everybody may read.
var closedRelations = map[string]bool{"pg_authid": true, "pg_shadow": true, "pg_statistic": true, "pg_largeobject": true, "pg_user_mapping": true, "pg_subscription": true,
	"pg_statistic_ext_data": true, "pg_backend_memory_contexts": true, "pg_shmem_allocations": true, "pg_file_settings": true, "pg_hba_file_rules": true,
	"pg_ident_file_mappings": true, "pg_config": true, "pg_replication_origin_status": true}

func noColumn(name, relation string) error {
	return fault.New(fault.UndefinedColumn, `column "%s" of relation "%s" does not exist`, name, relation)
}

// object finds the object whose privileges are asked for and gives who's rights on it; nil for a number that is no object's.
func (x *reader) object(kind, who string, a []value.Datum) (func(catalog.Privilege) bool, error) {
	cat := x.cat
	free := func(p catalog.Privilege) bool { return p&catalog.GrantOption == 0 || cat.MemberOf(who, systemOwner) }
	switch kind {
	case "table", "any_column", "column":
		id := number(a[0])
		if a[0].Kind() == value.KindText {
			var err error
			if id, err = ReadName(cat, x.path(), catalog.RegclassOID, a[0].Str()); err != nil {
				return nil, err
			}
		}
		t := cat.TableByOID(id)
		if t == nil {
			if r := byOID()[id]; r != nil {
				if kind == "column" {
					i := slices.IndexFunc(r.columns, func(k column) bool { return a[1].Kind() == value.KindText && k.name == a[1].Str() })
					if n := number(a[1]); a[1].Kind() != value.KindText && n >= 1 && int(n) <= len(r.columns) {
						i = int(n) - 1
					}
					switch {
					case i < 0 && a[1].Kind() == value.KindText:
						return nil, noColumn(a[1].Str(), r.name)
					case i < 0:
						return nil, nil
					}
				}
				return func(p catalog.Privilege) bool {
					return p == catalog.PrivSelect && !closedRelations[r.name] || cat.MemberOf(who, systemOwner)
				}, nil
			}
			if q := cat.SequenceByOID(id); q != nil {
				return func(p catalog.Privilege) bool { return cat.CanSequence(who, q, p) }, nil
			}
			return nil, nil
		}
		switch kind {
		case "table":
			return func(p catalog.Privilege) bool { return cat.Can(who, t, p) }, nil
		case "any_column":
			return func(p catalog.Privilege) bool { return cat.CanAnyColumn(who, t, p) }, nil
		}
		var k *catalog.Column
		if a[1].Kind() == value.KindText {
			if k = t.Column(a[1].Str()); k == nil {
				return nil, noColumn(a[1].Str(), t.Name)
			}
		} else if i := slices.IndexFunc(t.Columns, func(k *catalog.Column) bool { return int64(k.Num) == a[1].Int64() }); i >= 0 {
			k = t.Columns[i]
		} else {
			return nil, nil
		}
		return func(p catalog.Privilege) bool { return cat.CanColumn(who, t, k, p) }, nil
	case "schema":
		name := a[0].Str()
		if a[0].Kind() == value.KindInt {
			if name = x.schemaName(number(a[0])); name == "" {
				return nil, nil
			}
		} else if cat.Schema(name) == nil {
			return nil, fault.New(fault.InvalidSchemaName, `schema "%s" does not exist`, name)
		}
		return func(p catalog.Privilege) bool { return cat.CanSchema(who, name, p) }, nil
	case "function":
		id := number(a[0])
		if a[0].Kind() == value.KindText {
			var err error
			if id, err = ReadName(cat, x.path(), catalog.RegprocedureOID, a[0].Str()); err != nil {
				return nil, err
			}
		}
		f := cat.FunctionByOID(id)
		if f == nil {
			if builtinByOID(id) == nil {
				return nil, nil
			}
			return free, nil
		}
		return func(p catalog.Privilege) bool { return cat.CanFunction(who, f, p) }, nil
	case "sequence":
		id := number(a[0])
		if a[0].Kind() == value.KindText {
			var err error
			if id, err = ReadName(cat, x.path(), catalog.RegclassOID, a[0].Str()); err != nil {
				return nil, err
			}
		}
		q := cat.SequenceByOID(id)
		if q == nil {
			if a[0].Kind() == value.KindInt {
				return nil, nil
			}
			return nil, fault.New(fault.WrongObjectType, `"%s" is not a sequence`, a[0].Str())
		}
		return func(p catalog.Privilege) bool { return cat.CanSequence(who, q, p) }, nil
	case "type":
		id := number(a[0])
		if a[0].Kind() == value.KindText {
			var err error
			if id, err = ReadName(cat, x.path(), catalog.RegtypeOID, a[0].Str()); err != nil {
				return nil, err
			}
		}
		t := cat.Type(id)
		if t == nil {
			return nil, nil
		}
		return func(p catalog.Privilege) bool { return cat.CanType(who, t, p) }, nil
	case "database":
		if a[0].Kind() == value.KindText && a[0].Str() != x.Database {
			return nil, fault.New("3D000", `database "%s" does not exist`, a[0].Str())
		}
		return func(p catalog.Privilege) bool {
			return p&(catalog.PrivCreate|catalog.GrantOption) == 0 || cat.MemberOf(who, systemOwner)
		}, nil
	case "language":
		return free, nil
	}
	return nil, fault.Unsupported("the function has_"+kind+"_privilege", "")
}

func (x *reader) schemaName(oid catalog.OID) string {
	for s := range x.cat.Schemas() {
		if s.OID == oid {
			return s.Name
		}
	}
	return ""
}

func (x *reader) tableVisible(a []value.Datum) bool {
	id := number(a[0])
	if schema, name := Name(id); name != "" {
		return schema == pgCatalog
	}
	if t := x.cat.TableByOID(id); t != nil {
		return x.cat.FindTable(x.path(), sql.Name{Name: t.Name}) == t
	}
	if q := x.cat.SequenceByOID(id); q != nil {
		return x.cat.FindSequence(x.path(), sql.Name{Name: q.Name}) == q
	}
	if t, i := x.indexOf(id); i != nil {
		return slices.Contains(x.path(), t.Schema)
	}
	return false
}

func (x *reader) typeVisible(a []value.Datum) bool {
	t := x.cat.Type(number(a[0]))
	if t == nil {
		return false
	}
	found, err := x.cat.FindType(x.path(), &sql.TypeName{Name: sql.Name{Name: t.Name}, Pos: sql.NoPos})
	return err == nil && found.OID == t.OID
}

func (x *reader) functionVisible(a []value.Datum) bool {
	f := x.cat.FunctionByOID(number(a[0]))
	if f == nil {
		return builtinByOID(number(a[0])) != nil
	}
	for _, o := range x.cat.FindFunctions(x.path(), sql.Name{Name: f.Name}) {
		if slices.Equal(o.ArgTypes(), f.ArgTypes()) {
			return o == f
		}
	}
	return false
}

// updatable is the sum of 4 for UPDATE, 8 for INSERT and 16 for DELETE.
func (x *reader) updatable(a []value.Datum) (value.Datum, error) {
	t := x.cat.TableByOID(number(a[0]))
	n := int64(0)
	if t != nil && (t.Kind == catalog.OrdinaryTable || x.cat.WritesThrough(t) != nil) {
		n = 4 | 8 | 16
	} else if t != nil && a[1].IsTrue() { // by triggers, too
		for bit, can := range map[int64]bool{4: t.Updatable, 8: t.Insertable, 16: t.Deletable} {
			if can {
				n += bit
			}
		}
	}
	return value.Int(n), nil
}

func (x *reader) defaultACL(a []value.Datum) (value.Datum, error) {
	r := x.roleByOID(number(a[1]))
	if r == nil {
		return value.Null, nil
	}
	public := func(p catalog.Privilege) catalog.ACL { return catalog.ACL{{Grantor: r.Name, Privs: p}} }
	switch a[0].Str() {
	case "r":
		return aclItems(ownerACL(r.Name, catalog.AllTablePrivs)), nil
	case "s":
		return aclItems(ownerACL(r.Name, catalog.AllSequencePrivs)), nil
	case "n":
		return aclItems(ownerACL(r.Name, catalog.AllSchemaPrivs)), nil
	case "f":
		return aclItems(append(public(catalog.PrivExecute), ownerACL(r.Name, catalog.PrivExecute)...)), nil
	case "T", "l":
		return aclItems(append(public(catalog.PrivUsage), ownerACL(r.Name, catalog.PrivUsage)...)), nil
	}
	return aclItems(catalog.ACL{}), nil
}

// Explode gives the rights of an access list one by one, for aclexplode: grantor, grantee, privilege, whether it may be granted on.
func Explode(s *builtin.Session, acl value.Datum, yield func(row []value.Datum) bool) {
	x := newReader(s)
	for item := range value.ArrayElems(value.TypeOps(catalog.TextOID), acl) {
		who, rest, _ := strings.Cut(item.Str(), "=")
		letters, grantor, _ := strings.Cut(rest, "/")
		for i := 0; i < len(letters); i++ {
			grantable := i+1 < len(letters) && letters[i+1] == '*'
			for _, l := range aclLetters {
				if l.letter != letters[i] {
					continue
				}
				if !yield([]value.Datum{value.Int(int64(x.roleOID(unquoted(grantor)))), value.Int(int64(x.roleOID(unquoted(who)))), value.Text(l.name), value.Bool(grantable)}) {
					return
				}
			}
		}
	}
}

func unquoted(ident string) string {
	if n, ok := splitName(ident); ok {
		return n.Name
	}
	return ident
}
