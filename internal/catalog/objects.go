package catalog

import (
	"slices"
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

func (e *Edit) newOID() OID {
	oid := e.nextOID
	e.nextOID++
	return oid
}

func (e *Edit) binder() *binder {
	return &binder{c: &e.facts, path: e.st.env.SearchPath, isBuiltin: e.st.env.IsBuiltin}
}

// ---- tables ----

// edited is a copy of a table whose slices may be changed; the things in them may not, see edit.
func (t *Table) edited() *Table {
	n := *t
	n.Columns, n.Constraints, n.Indexes = slices.Clone(t.Columns), slices.Clone(t.Constraints), slices.Clone(t.Indexes)
	n.Triggers, n.Policies, n.ViewColumns = slices.Clone(t.Triggers), slices.Clone(t.Policies), slices.Clone(t.ViewColumns)
	return &n
}

// edit replaces s[i] by a copy and gives the copy.
func edit[T any](s []*T, i int) *T {
	n := *s[i]
	s[i] = &n
	return &n
}

// setTable stores a table and keeps the other maps in step: names of indexes and constraints, and what belongs to what.
func (e *Edit) setTable(t *Table) {
	o := e.TableByOID(t.OID)
	if o != nil {
		e.forgetTableParts(o)
		e.tables = e.tables.delete(nameKey(o.Schema, o.Name))
	}
	for _, x := range t.Indexes {
		e.indexes = e.indexes.set(nameKey(t.Schema, x.Name), t.OID)
		e.partOf = e.partOf.set(x.OID, t.OID)
	}
	for _, k := range t.Constraints {
		e.addConstraintName(t.Schema, k.Name, 1)
		e.partOf = e.partOf.set(k.OID, t.OID)
	}
	for _, g := range t.Triggers {
		e.partOf = e.partOf.set(g.OID, t.OID)
	}
	for _, p := range t.Policies {
		e.partOf = e.partOf.set(p.OID, t.OID)
	}
	e.tables = e.tables.set(nameKey(t.Schema, t.Name), t)
	e.tableByOID = e.tableByOID.set(t.OID, t)
	e.touch(t.OID)
}

func (e *Edit) forgetTableParts(o *Table) {
	for _, x := range o.Indexes {
		e.indexes = e.indexes.delete(nameKey(o.Schema, x.Name))
		e.partOf = e.partOf.delete(x.OID)
	}
	for _, k := range o.Constraints {
		e.addConstraintName(o.Schema, k.Name, -1)
		e.partOf = e.partOf.delete(k.OID)
	}
	for _, g := range o.Triggers {
		e.partOf = e.partOf.delete(g.OID)
	}
	for _, p := range o.Policies {
		e.partOf = e.partOf.delete(p.OID)
	}
}

func (e *Edit) addConstraintName(schema, name string, by int32) {
	k := nameKey(schema, name)
	if n := e.constraintNames.at(k) + by; n > 0 {
		e.constraintNames = e.constraintNames.set(k, n)
	} else {
		e.constraintNames = e.constraintNames.delete(k)
	}
}

func (e *Edit) removeTable(t *Table) {
	e.forgetTableParts(t)
	e.tables = e.tables.delete(nameKey(t.Schema, t.Name))
	e.tableByOID = e.tableByOID.delete(t.OID)
	e.touch(t.OID)
}

// ---- types, sequences, functions ----

func (e *Edit) setType(t *Type) {
	if o := e.Type(t.OID); o != nil {
		e.types = e.types.delete(nameKey(o.Schema, o.Name))
		for _, k := range o.Checks {
			e.addConstraintName(o.Schema, k.Name, -1)
			e.partOf = e.partOf.delete(k.OID)
		}
	}
	for _, k := range t.Checks {
		e.addConstraintName(t.Schema, k.Name, 1)
		e.partOf = e.partOf.set(k.OID, t.OID)
	}
	e.addType(t)
	e.view = nil
	if t.Table == 0 && !(t.Category == 'A' && t.Elem != 0) {
		e.touch(t.OID)
	}
}

func (e *Edit) removeType(t *Type) {
	for _, k := range t.Checks {
		e.addConstraintName(t.Schema, k.Name, -1)
		e.partOf = e.partOf.delete(k.OID)
	}
	e.types = e.types.delete(nameKey(t.Schema, t.Name))
	e.typeByOID = e.typeByOID.delete(t.OID)
	e.view = nil
	if t.Table == 0 && !(t.Category == 'A' && t.Elem != 0) {
		e.touch(t.OID)
	}
}

// newType stores a type and its array type, and moves an array type out of the way that has the name by chance.
func (e *Edit) newType(t *Type, pos sql.Pos) {
	e.freeTypeName(t.Schema, t.Name, pos)
	if t.OID == 0 {
		t.OID = e.newOID()
	}
	if t.Array == 0 {
		t.Array = e.newOID()
	}
	e.setType(t)
	e.setType(&Type{OID: t.Array, Schema: t.Schema, Name: e.arrayName(t.Schema, t.Name), Kind: BaseType, Category: 'A', Elem: t.OID,
		Base: TypeRef{Mod: -1}, Owner: t.Owner})
}

// freeTypeName fails when a type has the name, unless it is an array type that was named by us and can be named anew.
func (e *Edit) freeTypeName(schema, name string, pos sql.Pos) {
	o := e.TypeByName(schema, name)
	if o == nil {
		return
	}
	if o.Category == 'A' && o.Elem != 0 && o.Schema != "pg_catalog" {
		n := *o
		n.Name = e.arrayName(schema, name)
		e.setType(&n)
		return
	}
	err := fault.New(fault.DuplicateObject, "type %q already exists", name)
	raise(err, pos)
}

func (e *Edit) arrayName(schema, name string) string {
	for n := clip("_"+name, maxName); ; n = clip("_"+n, maxName) {
		if e.TypeByName(schema, n) == nil {
			return n
		}
	}
}

func (e *Edit) setSequence(s *Sequence) {
	if o := e.SequenceByOID(s.OID); o != nil {
		e.sequences = e.sequences.delete(nameKey(o.Schema, o.Name))
	}
	e.sequences = e.sequences.set(nameKey(s.Schema, s.Name), s)
	e.seqByOID = e.seqByOID.set(s.OID, s)
	e.touch(s.OID)
}

func (e *Edit) removeSequence(s *Sequence) {
	e.sequences = e.sequences.delete(nameKey(s.Schema, s.Name))
	e.seqByOID = e.seqByOID.delete(s.OID)
	e.touch(s.OID)
}

func (e *Edit) setFunction(f *Function) {
	e.unlistFunction(e.FunctionByOID(f.OID), f)
	k := nameKey(f.Schema, f.Name)
	fs := e.functions.at(k)
	if i := slices.IndexFunc(fs, func(g *Function) bool { return g.OID == f.OID }); i >= 0 {
		fs = slices.Clone(fs)
		fs[i] = f
	} else {
		fs = append(slices.Clip(fs), f)
	}
	e.functions = e.functions.set(k, fs)
	e.funcByOID = e.funcByOID.set(f.OID, f)
	e.touch(f.OID)
}

// unlistFunction takes o out of the overloads of its name unless n stays there.
func (e *Edit) unlistFunction(o, n *Function) {
	if o == nil || n != nil && n.Schema == o.Schema && n.Name == o.Name {
		return
	}
	k := nameKey(o.Schema, o.Name)
	fs := slices.DeleteFunc(slices.Clone(e.functions.at(k)), func(g *Function) bool { return g.OID == o.OID })
	if len(fs) == 0 {
		e.functions = e.functions.delete(k)
	} else {
		e.functions = e.functions.set(k, fs)
	}
}

func (e *Edit) removeFunction(f *Function) {
	e.unlistFunction(f, nil)
	e.funcByOID = e.funcByOID.delete(f.OID)
	e.touch(f.OID)
}

// ---- finding what a statement names ----

func qualifiedText(n sql.Name) string {
	if n.Schema != "" {
		return n.Schema + "." + n.Name
	}
	return n.Name
}

// relationSchema is where a new relation goes, and whether it is a temporary one.
func (e *Edit) relationSchema(n sql.Name, temp bool) (schema string, isTemp bool) {
	if !temp {
		schema = e.creationSchema(n)
		return schema, Temporary(schema)
	}
	if n.Schema != "" && !Temporary(n.Schema) {
		e.schema(n.Schema, n.Pos)
		e.fail(n.Pos, fault.InvalidTableDefinition, "cannot create temporary relation in non-temporary schema")
	}
	return e.tempSchema(), true
}

// creationSchema is where a new object goes, with the right to create checked.
func (e *Edit) creationSchema(n sql.Name) string {
	schema := n.Schema
	if schema == "" {
		for _, s := range e.st.env.SearchPath {
			if s == TempSchema || e.Schema(s) != nil {
				schema = s
				break
			}
		}
		if schema == "" {
			e.fail(n.Pos, fault.InvalidSchemaName, "no schema has been selected to create in")
		}
	}
	if Temporary(schema) {
		return e.tempSchema()
	}
	e.schema(schema, n.Pos)
	e.needSchemaRight(schema, PrivCreate, n.Pos)
	return schema
}

func (e *Edit) schema(name string, pos sql.Pos) *Schema {
	s := e.Schema(name)
	if s == nil {
		e.fail(pos, fault.InvalidSchemaName, "schema %q does not exist", name)
	}
	return s
}

func (e *Edit) needSchemaRight(schema string, p Privilege, pos sql.Pos) {
	if !e.CanSchema(e.st.env.Role, schema, p) {
		e.fail(pos, fault.InsufficientPrivilege, "permission denied for schema %s", schema)
	}
}

// relation finds a table, view or materialised view; nil when missing is allowed and it is not there.
func (e *Edit) relation(n sql.Name, missingOK bool) *Table {
	if n.Schema != "" && !Temporary(n.Schema) && e.Schema(n.Schema) == nil {
		if missingOK {
			e.notice("00000", "relation %q does not exist, skipping", n.Name)
			return nil
		}
		e.fail(n.Pos, fault.InvalidSchemaName, "schema %q does not exist", n.Schema)
	}
	t := e.FindTable(e.st.env.SearchPath, n)
	if t == nil {
		if missingOK {
			e.notice("00000", "relation %q does not exist, skipping", n.Name)
			return nil
		}
		e.fail(n.Pos, fault.UndefinedTable, "relation %q does not exist", qualifiedText(n))
	}
	return t
}

func (e *Edit) needOwner(owner, kind, name string, pos sql.Pos) {
	if !e.owns(e.st.env.Role, owner) {
		e.fail(pos, fault.InsufficientPrivilege, "must be owner of %s %s", kind, name)
	}
}

// kindWord is what messages call a relation.
func (t *Table) kindWord() string {
	switch t.Kind {
	case View:
		return "view"
	case MatView:
		return "materialized view"
	case ForeignTable:
		return "foreign table"
	}
	return "table"
}

func (e *Edit) role(name string, pos sql.Pos) string {
	switch name {
	case "current_user", "current_role", "session_user":
		return e.st.env.Role
	}
	if e.Role(name) == nil {
		e.fail(pos, fault.UndefinedObject, "role %q does not exist", name)
	}
	return name
}

func (e *Edit) findType(t *sql.TypeName) TypeRef {
	ref := must(e.FindType(e.st.env.SearchPath, t))
	if t.PctType {
		e.notice("00000", "type reference %s%%TYPE converted to %s", strings.TrimPrefix(t.PctSchema+"."+qualifiedText(t.Name), "."), e.TypeString(ref))
	}
	return ref
}

// useOfType is the dependency that a column, parameter… has on its type.
func (e *Edit) useOfType(r TypeRef) addr { return addr{oid: r.OID} }

// typeByName finds a free-standing name of a type for ALTER, DROP, COMMENT….
func (e *Edit) typeByName(n sql.Name) *Type {
	if n.Schema != "" && e.Schema(n.Schema) == nil {
		e.fail(n.Pos, fault.InvalidSchemaName, "schema %q does not exist", n.Schema)
	}
	t := e.lookupType(e.st.env.SearchPath, n)
	if t == nil {
		e.fail(n.Pos, fault.UndefinedObject, "type %q does not exist", qualifiedText(n))
	}
	return t
}

func (e *Edit) argTypes(args []*sql.TypeName) ([]OID, []string) {
	oids, names := make([]OID, len(args)), make([]string, len(args))
	for i, a := range args {
		r := must(e.FindType(e.st.env.SearchPath, a))
		oids[i], names[i] = r.OID, e.TypeString(TypeRef{r.OID, -1})
	}
	return oids, names
}

// function finds the one function that a statement names. Nil when missing is allowed: the caller has its own words for it.
func (e *Edit) function(kind sql.ObjectKind, n sql.Name, args []*sql.TypeName, missingOK bool) *Function {
	if n.Schema != "" && e.Schema(n.Schema) == nil {
		if missingOK {
			return nil
		}
		e.fail(n.Pos, fault.InvalidSchemaName, "schema %q does not exist", n.Schema)
	}
	word := "function"
	if kind == sql.KindProcedure || kind == sql.KindAggregate {
		word = string(kind)
	}
	if args == nil {
		var found []*Function
		for _, f := range e.FindFunctions(e.st.env.SearchPath, n) {
			if kindMatches(kind, f) {
				found = append(found, f)
			}
		}
		switch {
		case len(found) == 1:
			return found[0]
		case len(found) > 1:
			raise(fault.New(fault.AmbiguousFunction, "%s name %q is not unique", word, qualifiedText(n)).
				WithHint("Specify the argument list to select the %s unambiguously.", word), n.Pos)
		case missingOK:
			return nil
		}
		e.fail(n.Pos, fault.UndefinedFunction, "could not find a %s named %q", word, qualifiedText(n))
	}
	oids, names := e.argTypes(args)
	for _, f := range e.FindFunctions(e.st.env.SearchPath, n) {
		if slices.Equal(f.ArgTypes(), oids) {
			if !kindMatches(kind, f) {
				e.fail(n.Pos, fault.WrongObjectType, "%s is not a %s", f.signature(&e.facts), word)
			}
			return f
		}
	}
	if missingOK {
		return nil
	}
	e.fail(n.Pos, fault.UndefinedFunction, "%s %s(%s) does not exist", word, qualifiedText(n), strings.Join(names, ", "))
	return nil
}

func kindMatches(kind sql.ObjectKind, f *Function) bool {
	switch kind {
	case sql.KindProcedure:
		return f.Kind == Procedure
	case sql.KindAggregate:
		return f.Kind == AggregateFunction
	case sql.KindFunction:
		return f.Kind == PlainFunction || f.Kind == WindowFunction || f.Kind == AggregateFunction
	}
	return true
}

// signature is name(argument types), qualified outside public and pg_catalog.
func (f *Function) signature(c *facts) string {
	var args []string
	for _, a := range f.ArgTypes() {
		args = append(args, c.TypeString(TypeRef{a, -1}))
	}
	return visibleName(f.Schema, f.Name) + "(" + strings.Join(args, ",") + ")"
}

// visibleName qualifies a name outside public and pg_catalog, quoted where needed.
func visibleName(schema, name string) string {
	if schema == "public" || schema == "pg_catalog" || Temporary(schema) {
		return quoteIdent(name)
	}
	return quoteIdent(schema) + "." + quoteIdent(name)
}
