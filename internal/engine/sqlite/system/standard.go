package system

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// The views of information_schema.

var standardViews = map[string]func(*reader) error{
	"schemata": schemata, "tables": standardTables, "columns": standardColumns, "views": standardViewRows, "table_constraints": tableConstraints,
	"key_column_usage": keyColumnUsage, "constraint_column_usage": constraintColumnUsage, "constraint_table_usage": constraintTableUsage,
	"referential_constraints": referentialConstraints, "check_constraints": checkConstraints, "routines": routines, "parameters": parameters,
	"triggers": standardTriggers, "triggered_update_columns": triggeredUpdateColumns, "sequences": standardSequences,
	"table_privileges": tablePrivileges, "role_table_grants": tablePrivileges, "column_privileges": columnPrivileges, "role_column_grants": columnPrivileges,
	"routine_privileges": routinePrivileges, "role_routine_grants": routinePrivileges, "enabled_roles": enabledRoles,
	"applicable_roles": applicableRoles, "administrable_role_authorizations": nil, "domains": domains, "domain_constraints": domainConstraints,
	"element_types": elementTypes, "user_defined_types": userDefinedTypes, "attributes": standardAttributes, "column_udt_usage": columnUDTUsage,
	"usage_privileges": usagePrivileges, "role_usage_grants": usagePrivileges, "information_schema_catalog_name": catalogName,
	"view_table_usage": viewTableUsage, "view_column_usage": viewColumnUsage, "foreign_tables": nil, "foreign_servers": nil, "foreign_data_wrappers": nil,
}

// owns says whether the session's role has the rights of an object's owner.
func (x *reader) owns(owner string) bool { return x.cat.MemberOf(x.CurrentUser, owner) }

const beyondSelect = catalog.AllTablePrivs &^ catalog.PrivSelect

// canAny says whether the role has at least one of the rights on the table.
func (x *reader) canAny(t *catalog.Table, privs catalog.Privilege) bool {
	for p := catalog.Privilege(1); p <= privs; p <<= 1 {
		if privs&p != 0 && x.cat.Can(x.CurrentUser, t, p) {
			return true
		}
	}
	return false
}

// canAnyColumn is canAny, with a right on a column being enough.
func (x *reader) canAnyColumn(t *catalog.Table, privs catalog.Privilege) bool {
	if x.owns(t.Owner) || x.canAny(t, privs) {
		return true
	}
	return slices.ContainsFunc(t.Columns, func(k *catalog.Column) bool { return x.canColumn(t, k, privs&catalog.AllColumnPrivs) })
}

func (x *reader) canColumn(t *catalog.Table, k *catalog.Column, privs catalog.Privilege) bool {
	for p := catalog.Privilege(1); p <= privs; p <<= 1 {
		if privs&p != 0 && x.cat.CanColumn(x.CurrentUser, t, k, p) {
			return true
		}
	}
	return false
}

func schemata(x *reader) error {
	for s := range x.cat.Schemas() {
		if x.owns(s.Owner) || x.cat.CanSchema(x.CurrentUser, s.Name, catalog.PrivUsage) || x.cat.CanSchema(x.CurrentUser, s.Name, catalog.PrivCreate) {
			x.row("catalog_name", x.Database, "schema_name", s.Name, "schema_owner", s.Owner)
		}
	}
	return nil
}

func standardTables(x *reader) error {
	for t := range x.tables() {
		if t.Kind == catalog.MatView || !x.canAnyColumn(t, catalog.AllTablePrivs) {
			continue
		}
		kind := "BASE TABLE"
		switch {
		case t.Temp:
			kind = "LOCAL TEMPORARY"
		case t.Kind == catalog.View:
			kind = "VIEW"
		case t.Kind == catalog.ForeignTable:
			kind = "FOREIGN"
		}
		x.row("table_catalog", x.Database, "table_schema", t.Schema, "table_name", t.Name, "table_type", kind, "is_insertable_into", yes(t.Kind == catalog.OrdinaryTable || x.cat.WritesThrough(t) != nil),
			"is_typed", "NO")
	}
	for _, r := range sorted() {
		x.row("table_catalog", x.Database, "table_schema", r.schema, "table_name", r.name, "table_type", map[byte]string{'r': "BASE TABLE", 'v': "VIEW"}[r.kind],
			"is_insertable_into", yes(r.kind == 'r'), "is_typed", "NO")
	}
	return nil
}

// typeFacts are the columns that describe a type: data_type to interval_precision. The names of the type itself are under udt_….
func (x *reader) typeFacts(ref catalog.TypeRef) []any {
	t := x.cat.Type(ref.OID)
	if t == nil {
		return nil
	}
	var out []any
	if t.Kind == catalog.DomainType {
		base := ref
		for t.Kind == catalog.DomainType {
			base = t.Base
			if t = x.cat.Type(base.OID); t == nil {
				return nil
			}
		}
		ref = base
	}
	name := "USER-DEFINED"
	switch {
	case t.Category == 'A' && t.Elem != 0:
		name = "ARRAY"
	case t.Schema == pgCatalog:
		name = x.cat.TypeString(catalog.TypeRef{OID: ref.OID, Mod: -1})
	}
	out = append(out, "data_type", name, "udt_catalog", x.Database, "udt_schema", t.Schema, "udt_name", t.Name)
	mod := ref.Mod
	switch ref.OID {
	case catalog.VarcharOID, catalog.BpcharOID:
		if mod >= 4 {
			out = append(out, "character_maximum_length", mod-4, "character_octet_length", min(int64(mod-4)*4, 1<<30))
		} else {
			out = append(out, "character_octet_length", 1<<30)
		}
	case catalog.TextOID:
		out = append(out, "character_octet_length", 1<<30)
	case catalog.BitOID, catalog.VarbitOID:
		if mod >= 0 {
			out = append(out, "character_maximum_length", mod)
		}
	case catalog.Int2OID:
		out = append(out, "numeric_precision", 16, "numeric_precision_radix", 2, "numeric_scale", 0)
	case catalog.Int4OID:
		out = append(out, "numeric_precision", 32, "numeric_precision_radix", 2, "numeric_scale", 0)
	case catalog.Int8OID:
		out = append(out, "numeric_precision", 64, "numeric_precision_radix", 2, "numeric_scale", 0)
	case catalog.Float4OID:
		out = append(out, "numeric_precision", 24, "numeric_precision_radix", 2)
	case catalog.Float8OID:
		out = append(out, "numeric_precision", 53, "numeric_precision_radix", 2)
	case catalog.NumericOID:
		out = append(out, "numeric_precision_radix", 10)
		if mod >= 4 {
			out = append(out, "numeric_precision", (mod-4)>>16&0xffff, "numeric_scale", (mod-4)&0xffff)
		}
	case catalog.DateOID:
		out = append(out, "datetime_precision", 0)
	case catalog.TimeOID, catalog.TimetzOID, catalog.TimestampOID, catalog.TimestamptzOID:
		if mod < 0 {
			mod = 6
		}
		out = append(out, "datetime_precision", mod)
	case catalog.IntervalOID:
		p := int32(6)
		if mod >= 0 && mod&0xffff != 0xffff {
			p = mod & 0xffff
		}
		out = append(out, "datetime_precision", p)
	}
	return out
}

// domainFacts name the domain of a column, if its type is one.
func (x *reader) domainFacts(ref catalog.TypeRef) []any {
	t := x.cat.Type(ref.OID)
	if t == nil || t.Kind != catalog.DomainType {
		return nil
	}
	return []any{"domain_catalog", x.Database, "domain_schema", t.Schema, "domain_name", t.Name}
}

func standardColumns(x *reader) error {
	for t := range x.tables() {
		if t.Kind == catalog.MatView {
			continue
		}
		for _, k := range t.Columns {
			if !x.owns(t.Owner) && !x.canColumn(t, k, catalog.AllColumnPrivs) {
				continue
			}
			var def, expr any
			generated := "NEVER"
			switch {
			case k.Generated:
				generated, expr = "ALWAYS", x.defaultText(k)
			case hasDefault(k) && x.owns(t.Owner):
				def = x.defaultText(k)
			}
			null := !k.NotNull
			if d := x.cat.Type(k.Type.OID); d != nil && d.Kind == catalog.DomainType && d.NotNull {
				null = false
			}
			updatable := x.cat.WritesColumn(t, t.ColumnIndex(k.Name))
			row := []any{"table_catalog", x.Database, "table_schema", t.Schema, "table_name", t.Name, "column_name", k.Name, "ordinal_position", k.Num, "column_default", def,
				"is_nullable", yes(null), "dtd_identifier", strconv.Itoa(int(k.Num)), "is_self_referencing", "NO", "is_identity", yes(k.Identity != 0), "is_generated", generated,
				"generation_expression", expr, "is_updatable", yes(updatable), "identity_cycle", "NO"}
			if k.Collation != "" {
				row = append(row, "collation_catalog", x.Database, "collation_schema", pgCatalog, "collation_name", k.Collation)
			}
			row = append(append(row, x.typeFacts(k.Type)...), x.domainFacts(k.Type)...)
			if q := x.cat.SequenceByOID(k.Sequence); k.Identity != 0 && q != nil {
				row = append(row, "identity_generation", map[byte]string{'a': "ALWAYS", 'd': "BY DEFAULT"}[k.Identity], "identity_start", strconv.FormatInt(q.Start, 10),
					"identity_increment", strconv.FormatInt(q.Increment, 10), "identity_maximum", strconv.FormatInt(q.Max, 10),
					"identity_minimum", strconv.FormatInt(q.Min, 10), "identity_cycle", yes(q.Cycle))
			}
			x.row(row...)
		}
	}
	for _, r := range sorted() {
		for i, c := range r.columns {
			x.row(append([]any{"table_catalog", x.Database, "table_schema", r.schema, "table_name", r.name, "column_name", c.name, "ordinal_position", i + 1,
				"is_nullable", yes(!c.notNull), "dtd_identifier", strconv.Itoa(i + 1), "is_self_referencing", "NO", "is_identity", "NO", "identity_cycle", "NO",
				"is_generated", "NEVER", "is_updatable", yes(r.kind == 'r')}, x.typeFacts(catalog.TypeRef{OID: c.typ, Mod: -1})...)...)
		}
	}
	return nil
}

func standardViewRows(x *reader) error {
	for t := range x.tables() {
		if t.Kind != catalog.View || !x.canAnyColumn(t, catalog.AllTablePrivs) {
			continue
		}
		var def any
		if x.owns(t.Owner) {
			def = x.viewText(t)
		}
		check := "NONE"
		switch t.CheckOption {
		case "local":
			check = "LOCAL"
		case "cascaded":
			check = "CASCADED"
		}
		by := func(e sql.TriggerEvent) bool {
			return slices.ContainsFunc(t.Triggers, func(g *catalog.Trigger) bool { return g.Time == sql.InsteadOf && g.Events&e != 0 })
		}
		x.row("table_catalog", x.Database, "table_schema", t.Schema, "table_name", t.Name, "view_definition", def, "check_option", check, "is_updatable", yes(x.cat.WritesThrough(t) != nil),
			"is_insertable_into", yes(x.cat.WritesThrough(t) != nil), "is_trigger_updatable", yes(by(sql.OnUpdate)), "is_trigger_deletable", yes(by(sql.OnDelete)),
			"is_trigger_insertable_into", yes(by(sql.OnInsert)))
	}
	return nil
}

var constraintKinds = map[catalog.ConstraintKind]string{catalog.PrimaryKey: "PRIMARY KEY", catalog.Unique: "UNIQUE", catalog.ForeignKey: "FOREIGN KEY", catalog.Check: "CHECK"}

// notNullName is the name that information_schema makes up for a NOT NULL.
func (x *reader) notNullName(t *catalog.Table, k *catalog.Column) string {
	return fmt.Sprintf("%d_%d_%d_not_null", x.schemaOID(t.Schema), t.OID, k.Num)
}

func tableConstraints(x *reader) error {
	for t := range x.tables() {
		if t.Kind != catalog.OrdinaryTable && t.Kind != catalog.PartitionedTable {
			continue
		}
		if !x.owns(t.Owner) && !x.canAnyColumn(t, beyondSelect) {
			continue
		}
		row := func(name, kind string, deferrable, deferred bool, distinct any) {
			x.row("constraint_catalog", x.Database, "constraint_schema", t.Schema, "constraint_name", name, "table_catalog", x.Database, "table_schema", t.Schema, "table_name", t.Name,
				"constraint_type", kind, "is_deferrable", yes(deferrable), "initially_deferred", yes(deferred), "enforced", "YES", "nulls_distinct", distinct)
		}
		for _, k := range t.Constraints {
			kind, ok := constraintKinds[k.Kind]
			if !ok {
				continue
			}
			var distinct any
			if k.Kind == catalog.Unique {
				distinct = yes(!k.NullsNotDistinct)
			}
			row(k.Name, kind, k.Deferrable, k.Deferred, distinct)
		}
		for _, k := range t.Columns {
			if k.NotNull {
				row(x.notNullName(t, k), "CHECK", false, false, nil)
			}
		}
	}
	return nil
}

func keyColumnUsage(x *reader) error {
	for t := range x.tables() {
		for _, k := range t.Constraints {
			if k.Kind == catalog.Check || k.Kind == catalog.Exclusion {
				continue
			}
			for i, name := range k.Columns {
				c := t.Column(name)
				if c == nil || !x.owns(t.Owner) && !x.canColumn(t, c, catalog.AllColumnPrivs) {
					continue
				}
				var at any
				if ref := x.cat.TableByOID(k.RefTable); k.Kind == catalog.ForeignKey && ref != nil && i < len(k.RefColumns) {
					at = i + 1
					if u := referencedKey(ref, k); u != nil {
						at = slices.Index(u.Columns, k.RefColumns[i]) + 1
					}
				}
				x.row("constraint_catalog", x.Database, "constraint_schema", t.Schema, "constraint_name", k.Name, "table_catalog", x.Database, "table_schema", t.Schema,
					"table_name", t.Name, "column_name", name, "ordinal_position", i+1, "position_in_unique_constraint", at)
			}
		}
	}
	return nil
}

// referencedKey is the key that a foreign key points at.
func referencedKey(ref *catalog.Table, k *catalog.Constraint) *catalog.Constraint {
	for _, u := range ref.Constraints {
		if (u.Kind == catalog.PrimaryKey || u.Kind == catalog.Unique) && slices.Equal(sortedCopy(u.Columns), sortedCopy(k.RefColumns)) {
			return u
		}
	}
	return nil
}

// usages yields each constraint with the table and the columns that it uses: those pointed at, for a foreign key.
func (x *reader) usages(yield func(t *catalog.Table, k *catalog.Constraint, used *catalog.Table, columns []string)) {
	for t := range x.tables() {
		for _, k := range t.Constraints {
			used, columns := t, x.constraintColumns(t, k)
			if k.Kind == catalog.ForeignKey {
				used, columns = x.cat.TableByOID(k.RefTable), k.RefColumns
			}
			if used != nil && x.owns(used.Owner) {
				yield(t, k, used, columns)
			}
		}
	}
}

func constraintColumnUsage(x *reader) error {
	x.usages(func(t *catalog.Table, k *catalog.Constraint, used *catalog.Table, columns []string) {
		for _, c := range columns {
			x.row("table_catalog", x.Database, "table_schema", used.Schema, "table_name", used.Name, "column_name", c,
				"constraint_catalog", x.Database, "constraint_schema", t.Schema, "constraint_name", k.Name)
		}
	})
	return nil
}

func constraintTableUsage(x *reader) error {
	x.usages(func(t *catalog.Table, k *catalog.Constraint, used *catalog.Table, _ []string) {
		if k.Kind != catalog.Check {
			x.row("table_catalog", x.Database, "table_schema", used.Schema, "table_name", used.Name,
				"constraint_catalog", x.Database, "constraint_schema", t.Schema, "constraint_name", k.Name)
		}
	})
	return nil
}

var ruleNames = map[sql.FKAction]string{sql.NoAction: "NO ACTION", sql.Restrict: "RESTRICT", sql.Cascade: "CASCADE", sql.SetNull: "SET NULL", sql.SetDefault: "SET DEFAULT"}

func referentialConstraints(x *reader) error {
	for t := range x.tables() {
		if !x.canAnyColumn(t, beyondSelect) {
			continue
		}
		for _, k := range t.Constraints {
			if k.Kind != catalog.ForeignKey {
				continue
			}
			match := "NONE"
			if k.MatchFull {
				match = "FULL"
			}
			row := []any{"constraint_catalog", x.Database, "constraint_schema", t.Schema, "constraint_name", k.Name, "match_option", match,
				"update_rule", ruleNames[k.OnUpdate], "delete_rule", ruleNames[k.OnDelete]}
			if ref := x.cat.TableByOID(k.RefTable); ref != nil {
				if u := referencedKey(ref, k); u != nil {
					row = append(row, "unique_constraint_catalog", x.Database, "unique_constraint_schema", ref.Schema, "unique_constraint_name", u.Name)
				}
			}
			x.row(row...)
		}
	}
	return nil
}

func checkConstraints(x *reader) error {
	row := func(schema, name, clause string) {
		x.row("constraint_catalog", x.Database, "constraint_schema", schema, "constraint_name", name, "check_clause", clause)
	}
	for t := range x.tables() {
		if !x.owns(t.Owner) {
			continue
		}
		for _, k := range t.Constraints {
			if k.Kind == catalog.Check {
				row(t.Schema, k.Name, inParens(x.checkText(k)))
			}
		}
		if t.Kind == catalog.OrdinaryTable {
			for _, k := range t.Columns {
				if k.NotNull {
					row(t.Schema, x.notNullName(t, k), k.Name+" IS NOT NULL")
				}
			}
		}
	}
	for d := range x.cat.Types() {
		for _, k := range d.Checks {
			if x.owns(d.Owner) {
				row(d.Schema, k.Name, inParens(x.checkText(k)))
			}
		}
	}
	return nil
}

func specificName(name string, oid catalog.OID) string { return name + "_" + strconv.Itoa(int(oid)) }

func (x *reader) canCall(f *catalog.Function) bool {
	return x.owns(f.Owner) || x.cat.CanExecute(x.CurrentUser, f)
}

func routines(x *reader) error {
	for f := range x.cat.AllFunctions() {
		if !x.canCall(f) {
			continue
		}
		kind := map[catalog.FuncKind]any{catalog.PlainFunction: "FUNCTION", catalog.Procedure: "PROCEDURE"}[f.Kind]
		body, language := "EXTERNAL", "INTERNAL"
		if f.Language == "sql" {
			body = "SQL"
		}
		language = upper(f.Language)
		var source any
		if x.owns(f.Owner) {
			source = f.Source
		}
		security := "INVOKER"
		if f.Definer {
			security = "DEFINER"
		}
		row := []any{"specific_catalog", x.Database, "specific_schema", f.Schema, "specific_name", specificName(f.Name, f.OID), "routine_catalog", x.Database,
			"routine_schema", f.Schema, "routine_name", f.Name, "routine_type", kind, "routine_body", body, "routine_definition", source, "external_language", language,
			"parameter_style", "GENERAL", "is_deterministic", yes(f.Volatility == 'i'), "sql_data_access", "MODIFIES", "schema_level_routine", "YES", "max_dynamic_result_sets", 0,
			"security_type", security, "as_locator", "NO", "is_udt_dependent", "NO"}
		if f.Kind != catalog.Procedure {
			row = append(row, "is_null_call", yes(f.Strict), "type_udt_catalog", x.Database, "dtd_identifier", "0")
			if t := x.cat.Type(f.Returns.OID); t != nil {
				name := "USER-DEFINED"
				switch {
				case t.Category == 'A' && t.Elem != 0:
					name = "ARRAY"
				case t.Schema == pgCatalog:
					name = x.cat.TypeString(catalog.TypeRef{OID: t.OID, Mod: -1})
				}
				row = append(row, "data_type", name, "type_udt_schema", t.Schema, "type_udt_name", t.Name)
			}
		}
		x.row(row...)
	}
	return nil
}

func upper(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'a' && c <= 'z' {
			b[i] = c - 'a' + 'A'
		}
	}
	return string(b)
}

var parameterModes = map[sql.ArgMode]string{sql.InArg: "IN", sql.VariadicArg: "IN", sql.OutArg: "OUT", sql.TableArg: "OUT", sql.InOutArg: "INOUT"}

func parameters(x *reader) error {
	for f := range x.cat.AllFunctions() {
		if !x.canCall(f) {
			continue
		}
		for i, p := range f.Params {
			var def any
			if x.owns(f.Owner) && (p.Default != nil || p.DefaultText != "") {
				def = x.paramDefault(p)
			}
			row := []any{"specific_catalog", x.Database, "specific_schema", f.Schema, "specific_name", specificName(f.Name, f.OID), "ordinal_position", i + 1,
				"parameter_mode", parameterModes[p.Mode], "is_result", "NO", "as_locator", "NO", "parameter_name", some(p.Name), "dtd_identifier", strconv.Itoa(i + 1), "parameter_default", def}
			if t := x.cat.Type(p.Type.OID); t != nil {
				name := "USER-DEFINED"
				switch {
				case t.Category == 'A' && t.Elem != 0:
					name = "ARRAY"
				case t.Schema == pgCatalog:
					name = x.cat.TypeString(catalog.TypeRef{OID: t.OID, Mod: -1})
				}
				row = append(row, "data_type", name, "udt_catalog", x.Database, "udt_schema", t.Schema, "udt_name", t.Name)
			}
			x.row(row...)
		}
	}
	return nil
}

func standardTriggers(x *reader) error {
	for t := range x.tables() {
		if !x.canAnyColumn(t, beyondSelect) {
			continue
		}
		order := map[string]int{}
		for _, g := range t.Triggers {
			for _, e := range triggerEvents {
				if e.event == sql.OnTruncate || g.Events&e.event == 0 {
					continue
				}
				orientation := map[bool]string{true: "ROW", false: "STATEMENT"}[g.Row]
				key := e.name + orientation + triggerTimes[g.Time]
				order[key]++
				var when any
				if g.When != nil && x.owns(t.Owner) {
					when = exprText(g.When)
				}
				x.row("trigger_catalog", x.Database, "trigger_schema", t.Schema, "trigger_name", g.Name, "event_manipulation", e.name, "event_object_catalog", x.Database,
					"event_object_schema", t.Schema, "event_object_table", t.Name, "action_order", order[key], "action_condition", when, "action_statement", x.triggerAction(g),
					"action_orientation", orientation, "action_timing", triggerTimes[g.Time], "action_reference_old_table", some(g.OldTable), "action_reference_new_table", some(g.NewTable))
			}
		}
	}
	return nil
}

func triggeredUpdateColumns(x *reader) error {
	for t := range x.tables() {
		if !x.canAnyColumn(t, beyondSelect) {
			continue
		}
		for _, g := range t.Triggers {
			for _, c := range g.Columns {
				x.row("trigger_catalog", x.Database, "trigger_schema", t.Schema, "trigger_name", g.Name, "event_object_catalog", x.Database, "event_object_schema", t.Schema,
					"event_object_table", t.Name, "event_object_column", c)
			}
		}
	}
	return nil
}

func standardSequences(x *reader) error {
	for q := range x.cat.Sequences() {
		if t := x.cat.TableByOID(q.OwnerTable); t != nil {
			if k := t.Column(q.OwnerColumn); k != nil && k.Identity != 0 {
				continue
			}
		}
		if !x.owns(q.Owner) && !x.cat.CanSequence(x.CurrentUser, q, catalog.PrivSelect) && !x.cat.CanSequence(x.CurrentUser, q, catalog.PrivUpdate) &&
			!x.cat.CanSequence(x.CurrentUser, q, catalog.PrivUsage) {
			continue
		}
		bits := map[catalog.OID]int{catalog.Int2OID: 16, catalog.Int4OID: 32, catalog.Int8OID: 64}[q.Type]
		n := func(v int64) string { return strconv.FormatInt(v, 10) }
		x.row("sequence_catalog", x.Database, "sequence_schema", q.Schema, "sequence_name", q.Name, "data_type", x.cat.TypeString(catalog.TypeRef{OID: q.Type, Mod: -1}),
			"numeric_precision", bits, "numeric_precision_radix", 2, "numeric_scale", 0, "start_value", n(q.Start), "minimum_value", n(q.Min), "maximum_value", n(q.Max),
			"increment", n(q.Increment), "cycle_option", yes(q.Cycle))
	}
	return nil
}

// grants yields each right of an access list that the session's role may know of: what it granted, was granted or everybody has. def is the list
// of an object that has none.
func (x *reader) grants(acl, def catalog.ACL, owner string, yield func(grantor, grantee, privilege string, grantable bool)) {
	if acl == nil {
		acl = def
	}
	for _, g := range acl {
		if g.Grantee != "" && !x.owns(g.Grantee) && !x.owns(g.Grantor) {
			continue
		}
		who := g.Grantee
		if who == "" {
			if x.rel.name[:5] == "role_" {
				continue
			}
			who = "PUBLIC"
		}
		for _, l := range aclLetters {
			if g.Privs&l.priv != 0 {
				yield(g.Grantor, who, l.name, g.Option&l.priv != 0 || g.Grantee == owner)
			}
		}
	}
}

func ownerACL(owner string, privs catalog.Privilege) catalog.ACL {
	return catalog.ACL{{Grantee: owner, Grantor: owner, Privs: privs}}
}

func tablePrivileges(x *reader) error {
	for t := range x.tables() {
		if t.Kind == catalog.MatView {
			continue
		}
		x.grants(t.ACL, ownerACL(t.Owner, catalog.AllTablePrivs), t.Owner, func(grantor, grantee, privilege string, grantable bool) {
			x.row("grantor", grantor, "grantee", grantee, "table_catalog", x.Database, "table_schema", t.Schema, "table_name", t.Name, "privilege_type", privilege,
				"is_grantable", yes(grantable), "with_hierarchy", yes(privilege == "SELECT"))
		})
	}
	return nil
}

func columnPrivileges(x *reader) error {
	for t := range x.tables() {
		if t.Kind == catalog.MatView {
			continue
		}
		for _, k := range t.Columns {
			seen := map[string]bool{}
			add := func(grantor, grantee, privilege string, grantable bool) {
				if !slices.Contains([]string{"SELECT", "INSERT", "UPDATE", "REFERENCES"}, privilege) || seen[grantor+"\x00"+grantee+"\x00"+privilege] {
					return
				}
				seen[grantor+"\x00"+grantee+"\x00"+privilege] = true
				x.row("grantor", grantor, "grantee", grantee, "table_catalog", x.Database, "table_schema", t.Schema, "table_name", t.Name, "column_name", k.Name,
					"privilege_type", privilege, "is_grantable", yes(grantable))
			}
			x.grants(t.ACL, ownerACL(t.Owner, catalog.AllTablePrivs), t.Owner, add)
			x.grants(k.ACL, nil, t.Owner, add)
		}
	}
	return nil
}

func routinePrivileges(x *reader) error {
	for f := range x.cat.AllFunctions() {
		def := append(ownerACL(f.Owner, catalog.PrivExecute), catalog.Grant{Grantor: f.Owner, Privs: catalog.PrivExecute})
		x.grants(f.ACL, def, f.Owner, func(grantor, grantee, privilege string, grantable bool) {
			x.row("grantor", grantor, "grantee", grantee, "specific_catalog", x.Database, "specific_schema", f.Schema, "specific_name", specificName(f.Name, f.OID),
				"routine_catalog", x.Database, "routine_schema", f.Schema, "routine_name", f.Name, "privilege_type", privilege, "is_grantable", yes(grantable))
		})
	}
	return nil
}

func usagePrivileges(x *reader) error {
	for q := range x.cat.Sequences() {
		x.grants(q.ACL, ownerACL(q.Owner, catalog.AllSequencePrivs), q.Owner, func(grantor, grantee, privilege string, grantable bool) {
			if privilege == "USAGE" {
				x.row("grantor", grantor, "grantee", grantee, "object_catalog", x.Database, "object_schema", q.Schema, "object_name", q.Name, "object_type", "SEQUENCE",
					"privilege_type", privilege, "is_grantable", yes(grantable))
			}
		})
	}
	return nil
}

func enabledRoles(x *reader) error {
	for r := range x.cat.Roles() {
		if x.owns(r.Name) {
			x.row("role_name", r.Name)
		}
	}
	return nil
}

func applicableRoles(x *reader) error {
	for r := range x.cat.Roles() {
		if !x.owns(r.Name) {
			continue
		}
		for _, of := range r.MemberOf {
			x.row("grantee", r.Name, "role_name", of, "is_grantable", yes(slices.Contains(r.AdminOf, of)))
		}
	}
	return nil
}

func (x *reader) canUse(t *catalog.Type) bool {
	return x.owns(t.Owner) || x.cat.CanType(x.CurrentUser, t, catalog.PrivUsage)
}

func domains(x *reader) error {
	for t := range x.cat.Types() {
		if t.Kind != catalog.DomainType || !x.canUse(t) {
			continue
		}
		var def any
		if t.Default != nil {
			def = exprText(t.Default)
		}
		x.row(append([]any{"domain_catalog", x.Database, "domain_schema", t.Schema, "domain_name", t.Name, "domain_default", def, "dtd_identifier", "1"},
			x.typeFacts(t.Base)...)...)
	}
	return nil
}

func domainConstraints(x *reader) error {
	for t := range x.cat.Types() {
		for _, k := range t.Checks {
			if x.canUse(t) {
				x.row("constraint_catalog", x.Database, "constraint_schema", t.Schema, "constraint_name", k.Name, "domain_catalog", x.Database, "domain_schema", t.Schema,
					"domain_name", t.Name, "is_deferrable", "NO", "initially_deferred", "NO")
			}
		}
	}
	return nil
}

func elementTypes(x *reader) error {
	for t := range x.tables() {
		for _, k := range t.Columns {
			if y := x.cat.Type(k.Type.OID); y != nil && y.Category == 'A' && y.Elem != 0 && (x.owns(t.Owner) || x.canColumn(t, k, catalog.AllColumnPrivs)) {
				kind := "TABLE"
				if t.Kind == catalog.View {
					kind = "VIEW"
				}
				var row []any
				for i, f := 0, x.typeFacts(catalog.TypeRef{OID: y.Elem, Mod: -1}); i < len(f); i += 2 {
					if n := f[i].(string); n == "data_type" || n[:4] == "udt_" {
						row = append(row, f[i], f[i+1])
					}
				}
				id := strconv.Itoa(int(k.Num))
				x.row(append(row, "object_catalog", x.Database, "object_schema", t.Schema, "object_name", t.Name, "object_type", kind, "collection_type_identifier", id,
					"dtd_identifier", "a"+id)...)
			}
		}
	}
	return nil
}

func userDefinedTypes(x *reader) error {
	for t := range x.cat.Types() {
		if t.Kind == catalog.CompositeType && t.Table == 0 && t.OID >= catalog.FirstUserOID && x.canUse(t) {
			x.row("user_defined_type_catalog", x.Database, "user_defined_type_schema", t.Schema, "user_defined_type_name", t.Name, "user_defined_type_category", "STRUCTURED",
				"is_instantiable", "YES")
		}
	}
	return nil
}

func standardAttributes(x *reader) error {
	for t := range x.cat.Types() {
		if t.Kind != catalog.CompositeType || t.Table != 0 || !x.canUse(t) {
			continue
		}
		for _, k := range t.Fields {
			row := []any{"udt_catalog", x.Database, "udt_schema", t.Schema, "udt_name", t.Name, "attribute_name", k.Name, "ordinal_position", k.Num, "is_nullable", yes(!k.NotNull),
				"dtd_identifier", strconv.Itoa(int(k.Num)), "is_derived_reference_attribute", "NO"}
			for i, f := 0, x.typeFacts(k.Type); i < len(f); i += 2 {
				name := f[i].(string)
				if name[:4] == "udt_" {
					name = "attribute_" + name
				}
				row = append(row, name, f[i+1])
			}
			x.row(row...)
		}
	}
	return nil
}

func columnUDTUsage(x *reader) error {
	for t := range x.tables() {
		for _, k := range t.Columns {
			y := x.cat.Type(x.cat.BaseType(k.Type).OID)
			if y != nil && x.owns(y.Owner) {
				x.row("udt_catalog", x.Database, "udt_schema", y.Schema, "udt_name", y.Name, "table_catalog", x.Database, "table_schema", t.Schema, "table_name", t.Name, "column_name", k.Name)
			}
		}
	}
	return nil
}

func catalogName(x *reader) error {
	x.row("catalog_name", x.Database)
	return nil
}

// viewBases yields the base columns of views that the role owns.
func (x *reader) viewBases(yield func(v, base *catalog.Table, column string)) {
	for v := range x.tables() {
		if v.Kind != catalog.View {
			continue
		}
		for _, c := range v.ViewColumns {
			if base := x.cat.TableByOID(c.Table); base != nil && x.owns(base.Owner) {
				yield(v, base, c.Column)
			}
		}
	}
}

func viewTableUsage(x *reader) error {
	seen := map[[2]catalog.OID]bool{}
	x.viewBases(func(v, base *catalog.Table, _ string) {
		if key := [2]catalog.OID{v.OID, base.OID}; !seen[key] {
			seen[key] = true
			x.row("view_catalog", x.Database, "view_schema", v.Schema, "view_name", v.Name, "table_catalog", x.Database, "table_schema", base.Schema, "table_name", base.Name)
		}
	})
	return nil
}

func viewColumnUsage(x *reader) error {
	seen := map[string]bool{}
	x.viewBases(func(v, base *catalog.Table, column string) {
		if key := fmt.Sprint(v.OID, base.OID, column); !seen[key] {
			seen[key] = true
			x.row("view_catalog", x.Database, "view_schema", v.Schema, "view_name", v.Name, "table_catalog", x.Database, "table_schema", base.Schema, "table_name", base.Name,
				"column_name", column)
		}
	})
	return nil
}
