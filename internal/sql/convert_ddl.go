package sql

import (
	"slices"
	"strconv"
	"strings"
)

// stmt converts a statement.
func (c *conv) stmt(v *value) Stmt {
	tag, n := v.Node()
	p := c.start
	switch tag {
	case "SelectStmt":
		s := c.selectOf(v)
		s.Pos = p
		return s
	case "InsertStmt":
		s := c.insert(n)
		s.Pos = p
		return s
	case "UpdateStmt":
		s := c.update(n)
		s.Pos = p
		return s
	case "DeleteStmt":
		s := c.delete(n)
		s.Pos = p
		return s
	case "MergeStmt":
		s := c.merge(n)
		s.Pos = p
		return s
	case "CreateStmt":
		return c.createTable(n)
	case "CreateTableAsStmt":
		into := n.Get("into")
		_, into = into.Node()
		if tag, _ := n.Get("query").Node(); tag == "ExecuteStmt" {
			return &UnsupportedStmt{Feature: "CREATE TABLE AS EXECUTE", Pos: p}
		}
		return &CreateTableAs{
			Table: c.table(into.Get("rel")), Columns: texts(into.List("colNames")), Query: c.query(n.Get("query")),
			Materialized: n.Text("objtype") == "OBJECT_MATVIEW", Temp: persistence(into.Get("rel")) == "t", IfNotExists: n.Bool("if_not_exists"),
			NoData: into.Bool("skipData"), OnCommit: onCommit(into.Text("onCommit")), Pos: p,
		}
	case "AlterTableStmt":
		a := &AlterTable{
			Kind: objectKind(n.Text("objtype")), Table: c.table(n.Get("relation")), IfExists: n.Bool("missing_ok"),
			Cmds: mapped(n.List("cmds"), c.alterCmd), Pos: p,
		}
		if a.Kind == KindType {
			a.Table.Only = false // the grammar leaves it unset for types
		}
		return a
	case "RenameStmt":
		return c.rename(n)
	case "AlterOwnerStmt":
		k := objectKind(n.Text("objectType"))
		o := c.object(n.Get("object"), k)
		return &AlterOwner{Kind: k, Name: o.Name, Args: o.Args, Owner: roleName(n.Get("newowner")), Pos: p}
	case "AlterObjectSchemaStmt":
		k := objectKind(n.Text("objectType"))
		a := &AlterSchema{Kind: k, Schema: n.Text("newschema"), IfExists: n.Bool("missing_ok"), Pos: p}
		if rel := n.Get("relation"); rel != nil {
			a.Name = c.rangeName(rel)
		} else {
			o := c.object(n.Get("object"), k)
			a.Name, a.Args = o.Name, o.Args
		}
		return a
	case "IndexStmt":
		return &CreateIndex{
			Name: n.Text("idxname"), Table: c.table(n.Get("relation")), Method: n.Text("accessMethod"), Unique: n.Bool("unique"),
			NullsNotDistinct: n.Bool("nulls_not_distinct"), IfNotExists: n.Bool("if_not_exists"), Concurrently: n.Bool("concurrent"),
			Keys:    mapped(n.List("indexParams"), c.indexKey),
			Include: mapped(n.List("indexIncludingParams"), func(v *value) string { return c.indexKey(v).Column }),
			Where:   c.expr(n.Get("whereClause")), Options: c.options(n.List("options")), Pos: p,
		}
	case "ViewStmt":
		if n.Get("query") == nil {
			break
		}
		w := &CreateView{
			View: c.table(n.Get("view")), Columns: texts(n.List("aliases")), Query: c.selectOf(n.Get("query")), Replace: n.Bool("replace"),
			Temp: persistence(n.Get("view")) == "t", Options: c.options(n.List("options")), Pos: p,
		}
		switch n.Text("withCheckOption") {
		case "LOCAL_CHECK_OPTION":
			w.Check = "local"
		case "CASCADED_CHECK_OPTION":
			w.Check = "cascaded"
		}
		return w
	case "RefreshMatViewStmt":
		return &RefreshMatView{Name: c.rangeName(n.Get("relation")), Concurrently: n.Bool("concurrent"), NoData: n.Bool("skipData"), Pos: p}
	case "CreateSeqStmt":
		return &CreateSequence{
			Name: c.rangeName(n.Get("sequence")), IfNotExists: n.Bool("if_not_exists"), Temp: persistence(n.Get("sequence")) == "t",
			Options: c.options(n.List("options")), Pos: p,
		}
	case "AlterSeqStmt":
		return &AlterSequence{Name: c.rangeName(n.Get("sequence")), IfExists: n.Bool("missing_ok"), Options: c.options(n.List("options")), Pos: p}
	case "CreateSchemaStmt":
		s := &CreateSchema{
			Name: n.Text("schemaname"), IfNotExists: n.Bool("if_not_exists"), Elements: mapped(n.List("schemaElts"), c.stmt), Pos: p,
		}
		if o := n.Get("authrole"); o != nil {
			s.Owner = roleName(o)
		}
		return s
	case "CreateExtensionStmt":
		e := &CreateExtension{Name: n.Text("extname"), IfNotExists: n.Bool("if_not_exists"), Pos: p}
		for _, o := range c.options(n.List("options")) {
			switch o.Name {
			case "schema":
				e.Schema = o.Value
			case "cascade":
				e.Cascade = o.Value != "false"
			}
		}
		return e
	case "CreateEnumStmt":
		return &CreateEnum{Name: c.name(n.List("typeName"), NoPos), Labels: texts(n.List("vals")), Pos: p}
	case "AlterEnumStmt":
		return &AlterEnum{
			Name: c.name(n.List("typeName"), NoPos), OldLabel: n.Text("oldVal"), Label: n.Text("newVal"), IfNotExists: n.Bool("skipIfNewValExists"),
			Neighbour: n.Text("newValNeighbor"), After: n.Bool("newValIsAfter"), Pos: p,
		}
	case "CompositeTypeStmt":
		return &CreateComposite{Name: c.rangeName(n.Get("typevar")), Columns: mapped(n.List("coldeflist"), c.columnDef), Pos: p}
	case "CreateDomainStmt":
		return &CreateDomain{
			Name: c.name(n.List("domainname"), NoPos), Type: c.typeName(n.Get("typeName")), Collation: c.collation(n.Get("collClause")),
			Constraints: c.constraints(n.List("constraints")), Pos: p,
		}
	case "AlterDomainStmt":
		return c.alterDomain(n)
	case "CreateFunctionStmt":
		return c.createFunction(n)
	case "AlterFunctionStmt":
		return c.alterFunction(n)
	case "DoStmt":
		d := &Do{Language: "plpgsql", Pos: p, BodyPos: NoPos}
		args := n.List("args")
		for i := range args {
			_, o := args[i].Node()
			switch o.Text("defname") {
			case "language":
				d.Language = o.Text("arg")
			case "as":
				d.Body = o.Text("arg")
				d.BodyPos = c.bodyPos(c.pos(o))
			}
		}
		return d
	case "CallStmt":
		if _, f := n.Get("funccall").Node(); f != nil {
			return &Call{Call: c.call(f, c.pos(f)), Pos: p}
		}
	case "CreateTrigStmt":
		return c.createTrigger(n)
	case "CreatePolicyStmt":
		return &CreatePolicy{
			Name: n.Text("policy_name"), Table: c.table(n.Get("table")), Command: n.Text("cmd_name"), Permissive: n.Bool("permissive"),
			Roles: roles(n.List("roles")), Using: c.expr(n.Get("qual")), Check: c.expr(n.Get("with_check")), Pos: p,
		}
	case "AlterPolicyStmt":
		return &AlterPolicy{
			Name: n.Text("policy_name"), Table: c.table(n.Get("table")), Roles: roles(n.List("roles")), Using: c.expr(n.Get("qual")),
			Check: c.expr(n.Get("with_check")), Pos: p,
		}
	case "DropStmt":
		k := objectKind(n.Text("removeType"))
		if k == KindOther {
			return &UnsupportedStmt{Feature: "DROP " + objectWords(n.Text("removeType")), Pos: p}
		}
		return &Drop{
			Kind: k, Objects: mapped(n.List("objects"), func(v *value) DropObject { return c.object(v, k) }), IfExists: n.Bool("missing_ok"),
			Cascade: n.Text("behavior") == "DROP_CASCADE", Concurrently: n.Bool("concurrent"), Pos: p,
		}
	case "DropRoleStmt":
		return &Drop{
			Kind: KindRole, Objects: mapped(n.List("roles"), func(v *value) DropObject { return DropObject{Name: Name{Name: roleName(v), Pos: NoPos}, Pos: NoPos} }),
			IfExists: n.Bool("missing_ok"), Pos: p,
		}
	case "DropdbStmt":
		return &Drop{Kind: KindDatabase, Objects: []DropObject{{Name: Name{Name: n.Text("dbname"), Pos: NoPos}, Pos: NoPos}}, IfExists: n.Bool("missing_ok"), Pos: p}
	case "TruncateStmt":
		return &Truncate{
			Tables: mapped(n.List("relations"), func(v *value) Table { return *c.table(v) }), RestartIdentity: n.Bool("restart_seqs"),
			Cascade: n.Text("behavior") == "DROP_CASCADE", Pos: p,
		}
	case "CommentStmt":
		k := objectKind(n.Text("objtype"))
		if k == KindOther {
			return &NoOp{What: "COMMENT ON " + objectWords(n.Text("objtype")), Pos: p}
		}
		o := c.object(n.Get("object"), k)
		return &Comment{Kind: k, Name: o.Name, Sub: o.Sub, OnDomain: o.OnDomain, Args: o.Args, Text: n.Text("comment"), Null: !n.Has("comment"), Pos: p}
	case "GrantStmt":
		g := c.grant(n)
		if g.Kind == KindOther {
			return &UnsupportedStmt{Feature: "GRANT ON " + objectWords(n.Text("objtype")), Pos: p}
		}
		return &g
	case "GrantRoleStmt":
		g := &GrantRole{
			Revoke: !n.Bool("is_grant"), Roles: mapped(n.List("granted_roles"), func(v *value) string { _, p := v.Node(); return p.Text("priv_name") }),
			To: roles(n.List("grantee_roles")), Options: c.options(n.List("opt")), By: grantor(n), Pos: p,
		}
		for _, o := range g.Options {
			if o.Name == "admin" && (g.Revoke || o.Value != "false") {
				g.Admin = true
			}
		}
		return g
	case "AlterDefaultPrivilegesStmt":
		a := &AlterDefaultPrivileges{Pos: p}
		opts := n.List("options")
		for i := range opts {
			_, o := opts[i].Node()
			switch o.Text("defname") {
			case "roles":
				a.ForRoles = roles(o.Get("arg").Items())
			case "schemas":
				a.Schemas = texts(o.Get("arg").Items())
			}
		}
		_, g := n.Get("action").Node()
		a.Grant = c.grant(g)
		return a
	case "CreateRoleStmt":
		return &CreateRole{
			Name: n.Text("role"), Login: n.Text("stmt_type") == "ROLESTMT_USER", Options: c.options(n.List("options")), Pos: p,
		}
	case "AlterRoleStmt":
		name := roleName(n.Get("role"))
		opts := c.options(n.List("options"))
		for _, o := range opts {
			if o.Name == "rolemembers" { // ALTER GROUP … ADD USER
				g := &GrantRole{Revoke: n.Int("action") < 0, Roles: []string{name}, To: o.List, Group: true, Pos: p}
				return g
			}
		}
		return &AlterRole{Name: name, Options: opts, Pos: p}
	case "AlterRoleSetStmt":
		a := &AlterRole{Name: "all", Database: n.Text("database"), Pos: p}
		if r := n.Get("role"); r != nil {
			a.Name = roleName(r)
		}
		a.Setting, a.Reset = c.roleSetting(n.Get("setstmt"))
		return a
	case "AlterDatabaseSetStmt":
		a := &AlterDatabase{Name: n.Text("dbname"), Pos: p}
		a.Setting, a.Reset = c.roleSetting(n.Get("setstmt"))
		return a
	case "VariableSetStmt":
		s := &Set{Setting: c.setting(n), Local: n.Bool("is_local"), Pos: p}
		switch n.Text("kind") {
		case "VAR_RESET":
			s.Reset = true
		case "VAR_RESET_ALL":
			s.Reset, s.All = true, true
		}
		return s
	case "VariableShowStmt":
		return &Show{Name: n.Text("name"), Pos: p}
	case "TransactionStmt":
		return c.transaction(n)
	case "ConstraintsSetStmt":
		return &SetConstraints{Names: mapped(n.List("constraints"), c.rangeName), Deferred: n.Bool("deferred"), Pos: p}
	case "LockStmt":
		modes := []string{
			"", "access share", "row share", "row exclusive", "share update exclusive", "share", "share row exclusive", "exclusive", "access exclusive",
		}
		l := &Lock{Tables: mapped(n.List("relations"), func(v *value) Table { return *c.table(v) }), NoWait: n.Bool("nowait"), Pos: p}
		if m := n.Int("mode"); m > 0 && m < len(modes) {
			l.Mode = modes[m]
		}
		return l
	case "NotifyStmt":
		return &Notify{Channel: n.Text("conditionname"), Payload: n.Text("payload"), Pos: p}
	case "ExplainStmt":
		return &Explain{Stmt: c.stmt(n.Get("query")), Options: c.options(n.List("options")), Pos: p}
	case "CreatePublicationStmt":
		pub := &CreatePublication{Name: n.Text("pubname"), AllTables: n.Bool("for_all_tables"), Options: c.options(n.List("options")), Pos: p}
		if !c.publication(n.List("pubobjects"), &pub.Tables, &pub.Schemas) {
			return &UnsupportedStmt{Feature: "CREATE PUBLICATION with columns or WHERE", Pos: p}
		}
		return pub
	case "AlterPublicationStmt":
		pub := &AlterPublication{Name: n.Text("pubname"), Options: c.options(n.List("options")), Pos: p}
		switch n.Text("action") {
		case "AP_AddObjects":
			pub.Action = "add"
		case "AP_DropObjects":
			pub.Action = "drop"
		default:
			pub.Action = "set"
		}
		if !c.publication(n.List("pubobjects"), &pub.Tables, &pub.Schemas) {
			return &UnsupportedStmt{Feature: "ALTER PUBLICATION with columns or WHERE", Pos: p}
		}
		return pub
	case "CreateCastStmt":
		k := &CreateCast{From: c.typeName(n.Get("sourcetype")), To: c.typeName(n.Get("targettype")), InOut: n.Bool("inout"), Context: "explicit", Pos: p}
		switch n.Text("context") {
		case "COERCION_IMPLICIT":
			k.Context = "implicit"
		case "COERCION_ASSIGNMENT":
			k.Context = "assignment"
		}
		if f := n.Get("func"); f != nil {
			o := c.object(f, KindFunction)
			k.Func, k.FuncArgs = &o.Name, o.Args
		}
		return k
	case "DefineStmt":
		if n.Text("kind") == "OBJECT_AGGREGATE" {
			return c.createAggregate(n)
		}
		return &UnsupportedStmt{Feature: "CREATE " + objectWords(n.Text("kind")), Pos: p}
	case "VacuumStmt":
		s := &NoOp{What: "ANALYZE", Pos: p}
		if n.Bool("is_vacuumcmd") {
			s.What = "VACUUM"
		}
		for _, r := range n.List("rels") {
			_, r := r.Node()
			if t := r.Get("relation"); t != nil {
				s.Tables = append(s.Tables, NoOpTable{Name: c.table(t).Name, Columns: texts(r.List("va_cols"))})
			}
		}
		return s
	case "CheckPointStmt":
		return &NoOp{What: "CHECKPOINT", Pos: p}
	case "DropOwnedStmt":
		return &Owned{Roles: roles(n.List("roles")), Cascade: n.Text("behavior") == "DROP_CASCADE", Pos: p}
	case "ReassignOwnedStmt":
		return &Owned{Roles: roles(n.List("roles")), To: roleName(n.Get("newrole")), Pos: p}
	case "DiscardStmt":
		return &Discard{What: strings.ToLower(strings.TrimPrefix(n.Text("target"), "DISCARD_")), Pos: p}
	case "ClusterStmt":
		return &NoOp{What: "CLUSTER", Pos: p}
	case "ReindexStmt":
		return &NoOp{What: "REINDEX", Pos: p}
	case "SecLabelStmt":
		return &NoOp{What: "SECURITY LABEL", Pos: p}
	case "LoadStmt":
		return &NoOp{What: "LOAD", Pos: p}
	case "ListenStmt":
		return &NoOp{What: "LISTEN", Pos: p}
	case "UnlistenStmt":
		return &NoOp{What: "UNLISTEN", Pos: p}
	case "CreateStatsStmt":
		return &NoOp{What: "CREATE STATISTICS", Pos: p}
	case "AlterStatsStmt":
		return &NoOp{What: "ALTER STATISTICS", Pos: p}
	case "AlterExtensionStmt":
		return &NoOp{What: "ALTER EXTENSION", Pos: p}
	}
	if s := c.sessionStmt(tag, n); s != nil {
		return s
	}
	return &UnsupportedStmt{Feature: stmtFeature(tag), Pos: p}
}

// stmtFeature is how a user would name a statement that the tree does not know.
func stmtFeature(tag string) string {
	if f, ok := map[string]string{
		"CreateEventTrigStmt": "CREATE EVENT TRIGGER", "AlterEventTrigStmt": "ALTER EVENT TRIGGER", "RuleStmt": "CREATE RULE",
		"CreatedbStmt": "CREATE DATABASE", "AlterDatabaseStmt": "ALTER DATABASE", "CreateFdwStmt": "CREATE FOREIGN DATA WRAPPER",
		"CreateForeignServerStmt": "CREATE SERVER", "CreateForeignTableStmt": "CREATE FOREIGN TABLE", "CreateUserMappingStmt": "CREATE USER MAPPING",
		"ImportForeignSchemaStmt": "IMPORT FOREIGN SCHEMA", "CreatePLangStmt": "CREATE LANGUAGE", "CreateOpClassStmt": "CREATE OPERATOR CLASS",
		"CreateOpFamilyStmt": "CREATE OPERATOR FAMILY", "AlterOpFamilyStmt": "ALTER OPERATOR FAMILY", "AlterOperatorStmt": "ALTER OPERATOR",
		"CreateRangeStmt": "CREATE TYPE AS RANGE", "AlterTypeStmt": "ALTER TYPE", "CreateConversionStmt": "CREATE CONVERSION",
		"CreateTransformStmt": "CREATE TRANSFORM", "CreateTableSpaceStmt": "CREATE TABLESPACE", "DropTableSpaceStmt": "DROP TABLESPACE",
		"CreateSubscriptionStmt": "CREATE SUBSCRIPTION", "AlterSubscriptionStmt": "ALTER SUBSCRIPTION", "DropSubscriptionStmt": "DROP SUBSCRIPTION",
		"CreateAmStmt": "CREATE ACCESS METHOD", "AlterTSDictionaryStmt": "ALTER TEXT SEARCH DICTIONARY",
		"AlterTSConfigurationStmt": "ALTER TEXT SEARCH CONFIGURATION", "AlterSystemStmt": "ALTER SYSTEM", "CopyStmt": "COPY",
		"ViewStmt":              "CREATE VIEW",
		"AlterTableMoveAllStmt": "ALTER TABLE ALL IN TABLESPACE", "AlterObjectDependsStmt": "ALTER DEPENDS ON EXTENSION",
		"AlterExtensionContentsStmt": "ALTER EXTENSION ADD", "AlterCollationStmt": "ALTER COLLATION",
		"AlterDatabaseRefreshCollStmt": "ALTER DATABASE REFRESH COLLATION VERSION", "DropUserMappingStmt": "DROP USER MAPPING", "CallStmt": "CALL",
	}[tag]; ok {
		return f
	}
	return words(tag)
}

func objectKind(t string) ObjectKind {
	switch t {
	case "OBJECT_TABLE", "OBJECT_FOREIGN_TABLE":
		return KindTable
	case "OBJECT_VIEW":
		return KindView
	case "OBJECT_MATVIEW":
		return KindMatView
	case "OBJECT_SEQUENCE":
		return KindSequence
	case "OBJECT_INDEX":
		return KindIndex
	case "OBJECT_FUNCTION":
		return KindFunction
	case "OBJECT_PROCEDURE":
		return KindProcedure
	case "OBJECT_ROUTINE":
		return KindRoutine
	case "OBJECT_AGGREGATE":
		return KindAggregate
	case "OBJECT_TYPE":
		return KindType
	case "OBJECT_DOMAIN":
		return KindDomain
	case "OBJECT_SCHEMA":
		return KindSchema
	case "OBJECT_EXTENSION":
		return KindExtension
	case "OBJECT_TRIGGER":
		return KindTrigger
	case "OBJECT_POLICY":
		return KindPolicy
	case "OBJECT_RULE":
		return KindRule
	case "OBJECT_COLUMN", "OBJECT_ATTRIBUTE":
		return KindColumn
	case "OBJECT_TABCONSTRAINT", "OBJECT_DOMCONSTRAINT":
		return KindConstraint
	case "OBJECT_ROLE":
		return KindRole
	case "OBJECT_DATABASE":
		return KindDatabase
	case "OBJECT_PUBLICATION":
		return KindPublication
	case "OBJECT_CAST":
		return KindCast
	case "OBJECT_LANGUAGE":
		return KindLanguage
	}
	return KindOther
}

func objectWords(t string) string {
	switch t = strings.TrimPrefix(t, "OBJECT_"); t {
	case "TSCONFIGURATION":
		return "TEXT SEARCH CONFIGURATION"
	case "TSDICTIONARY":
		return "TEXT SEARCH DICTIONARY"
	case "TSPARSER":
		return "TEXT SEARCH PARSER"
	case "TSTEMPLATE":
		return "TEXT SEARCH TEMPLATE"
	case "LARGEOBJECT":
		return "LARGE OBJECT"
	case "FDW":
		return "FOREIGN DATA WRAPPER"
	case "FOREIGN_SERVER":
		return "SERVER"
	case "OPCLASS":
		return "OPERATOR CLASS"
	case "OPFAMILY":
		return "OPERATOR FAMILY"
	case "STATISTIC_EXT":
		return "STATISTICS"
	}
	return strings.ReplaceAll(t, "_", " ")
}

func persistence(v *value) string {
	_, v = v.Node()
	return v.Text("relpersistence")
}

func roleName(v *value) string {
	_, v = v.Node()
	switch v.Text("roletype") {
	case "ROLESPEC_PUBLIC":
		return "public"
	case "ROLESPEC_CURRENT_USER":
		return "current_user"
	case "ROLESPEC_SESSION_USER":
		return "session_user"
	case "ROLESPEC_CURRENT_ROLE":
		return "current_role"
	}
	return v.Text("rolename")
}

// grantor is who GRANTED BY names, "" for nobody.
func grantor(n *value) string {
	if v := n.Get("grantor"); v != nil {
		return roleName(v)
	}
	return ""
}

func roles(items []value) []string { return mapped(items, roleName) }

// object reads the name of an object of a kind, in the parser's several forms.
func (c *conv) object(v *value, kind ObjectKind) DropObject {
	o := DropObject{Pos: NoPos}
	tag, n := v.Node()
	if tag == "" && n.Has("objname") {
		tag = "ObjectWithArgs"
	}
	switch tag {
	case "String":
		o.Name = Name{Name: n.Text("sval"), Pos: NoPos}
		return o
	case "RangeVar":
		o.Name = c.rangeName(v)
		o.Pos = o.Name.Pos
		return o
	case "TypeName":
		t := c.typeName(v)
		o.Name, o.Pos = t.Name, t.Pos
		return o
	case "RoleSpec":
		o.Name = Name{Name: roleName(v), Pos: NoPos}
		return o
	case "ObjectWithArgs":
		o.Name = c.name(n.List("objname"), NoPos)
		if params := n.List("objfuncargs"); params != nil {
			o.Args = []*TypeName{}
			for i := range params {
				_, p := params[i].Node()
				if m := argMode(p.Text("mode")); m != OutArg && m != TableArg {
					o.Args = append(o.Args, c.typeName(p.Get("argType")))
				}
			}
		} else if args := n.List("objargs"); args != nil {
			o.Args = c.typeNames(args)
		} else if !n.Bool("args_unspecified") {
			o.Args = []*TypeName{}
		}
		return o
	}
	items := v.Items()
	switch kind {
	case KindCast:
		// From and to, as two arguments.
		o.Args = c.typeNames(items)
		return o
	case KindTrigger, KindPolicy, KindRule, KindConstraint, KindColumn:
		if k := len(items); k > 0 {
			o.Sub = items[k-1].String()
			if tag, _ := items[0].Node(); tag == "TypeName" { // a domain's constraint
				t := c.typeName(&items[0])
				o.Name, o.Pos = t.Name, t.Pos
				o.OnDomain = true
				return o
			}
			o.Name = c.name(items[:k-1], NoPos)
		}
		return o
	}
	o.Name = c.name(items, NoPos)
	return o
}

func (c *conv) createTable(n *value) *CreateTable {
	t := &CreateTable{
		Table: c.table(n.Get("relation")), IfNotExists: n.Bool("if_not_exists"), Constraints: c.constraints(n.List("constraints")),
		Options: c.options(n.List("options")), Pos: c.start,
	}
	switch persistence(n.Get("relation")) {
	case "t":
		t.Temp = true
	case "u":
		t.Unlogged = true
	}
	elts := n.List("tableElts")
	for i := range elts {
		tag, e := elts[i].Node()
		switch tag {
		case "ColumnDef":
			t.Columns = append(t.Columns, c.columnDef(&elts[i]))
		case "Constraint":
			t.Constraints = append(t.Constraints, c.constraint(&elts[i]))
		case "TableLikeClause":
			t.Like = append(t.Like, LikeClause{Table: c.rangeName(e.Get("relation")), Options: uint32(e.Int("options")), At: len(t.Columns)})
		}
	}
	t.Constraints = attachAttributes(t.Constraints)
	inh := mapped(n.List("inhRelations"), c.rangeName)
	if bound := n.Get("partbound"); bound != nil && len(inh) > 0 {
		t.PartitionOf = &inh[0]
		t.Bound = c.partitionBound(bound)
	} else {
		t.Inherits = inh
	}
	if of := c.typeName(n.Get("ofTypename")); of != nil {
		t.OfType = &of.Name
	}
	if spec := n.Get("partspec"); spec != nil {
		_, spec = spec.Node()
		t.PartitionBy = strings.ToLower(strings.TrimPrefix(spec.Text("strategy"), "PARTITION_STRATEGY_"))
		t.PartitionKeys = mapped(spec.List("partParams"), c.indexKey)
	}
	t.OnCommit = onCommit(n.Text("oncommit"))
	return t
}

func onCommit(action string) string {
	switch action {
	case "ONCOMMIT_DROP":
		return "drop"
	case "ONCOMMIT_DELETE_ROWS":
		return "delete rows"
	case "ONCOMMIT_PRESERVE_ROWS":
		return "preserve rows"
	}
	return ""
}

func (c *conv) partitionBound(v *value) *PartitionBound {
	_, v = v.Node()
	b := &PartitionBound{
		Default: v.Bool("is_default"), Modulus: v.Int("modulus"), Remainder: v.Int("remainder"), In: c.exprs(v.List("listdatums")),
		From: c.exprs(v.List("lowerdatums")), To: c.exprs(v.List("upperdatums")),
	}
	return b
}

func (c *conv) collation(v *value) *Name {
	if v == nil {
		return nil
	}
	_, v = v.Node()
	n := c.name(v.List("collname"), c.pos(v))
	return &n
}

func (c *conv) columnDef(v *value) ColumnDef {
	_, n := v.Node()
	d := ColumnDef{
		Name: n.Text("colname"), Type: c.typeName(n.Get("typeName")), Collation: c.collation(n.Get("collClause")),
		Constraints: c.constraints(n.List("constraints")), Pos: c.pos(n),
	}
	return d
}

func (c *conv) constraints(items []value) []Constraint {
	if len(items) == 0 {
		return nil
	}
	return attachAttributes(mapped(items, c.constraint))
}

// attributes are the pseudo constraints DEFERRABLE, INITIALLY DEFERRED and their kin: they belong to the constraint before them.
const (
	attrDeferrable ConstraintKind = 200 + iota
	attrNotDeferrable
	attrDeferred
	attrImmediate
)

func attachAttributes(in []Constraint) []Constraint {
	out := in[:0]
	for _, k := range in {
		if k.Kind < attrDeferrable {
			out = append(out, k)
			continue
		}
		if len(out) == 0 {
			continue
		}
		last := &out[len(out)-1]
		switch k.Kind {
		case attrDeferrable:
			last.Deferrable = true
		case attrDeferred:
			last.Deferrable, last.Deferred = true, true
		}
	}
	return out
}

func (c *conv) constraint(v *value) Constraint {
	_, n := v.Node()
	k := Constraint{
		Name: n.Text("conname"), Expr: c.expr(n.Get("raw_expr")), Always: n.Text("generated_when") == "a", Options: c.options(n.List("options")),
		Columns: texts(n.List("keys")), Include: texts(n.List("including")), NullsNotDistinct: n.Bool("nulls_not_distinct"),
		UsingIndex: n.Text("indexname"), RefTable: c.table(n.Get("pktable")), RefColumns: texts(n.List("pk_attrs")),
		MatchFull: n.Text("fk_matchtype") == "f", OnDelete: fkAction(n.Text("fk_del_action")), OnUpdate: fkAction(n.Text("fk_upd_action")),
		OnDeleteColumns: texts(n.List("fk_del_set_cols")), Deferrable: n.Bool("deferrable"), Deferred: n.Bool("initdeferred"),
		NotValid: n.Bool("skip_validation"), NoInherit: n.Bool("is_no_inherit"), Pos: c.pos(n),
	}
	switch n.Text("contype") {
	case "CONSTR_NULL":
		k.Kind = NullConstraint
	case "CONSTR_NOTNULL":
		k.Kind = NotNullConstraint
	case "CONSTR_DEFAULT":
		k.Kind = DefaultConstraint
	case "CONSTR_IDENTITY":
		k.Kind = IdentityConstraint
	case "CONSTR_GENERATED":
		k.Kind = GeneratedConstraint
	case "CONSTR_CHECK":
		k.Kind = CheckConstraint
	case "CONSTR_PRIMARY":
		k.Kind = PrimaryConstraint
	case "CONSTR_UNIQUE":
		k.Kind = UniqueConstraint
	case "CONSTR_FOREIGN":
		k.Kind = ForeignConstraint
		k.Columns = texts(n.List("fk_attrs"))
	case "CONSTR_EXCLUSION":
		k.Kind = ExclusionConstraint
		k.Method = n.Text("access_method")
		k.Where = c.expr(n.Get("where_clause"))
		ex := n.List("exclusions")
		for i := range ex {
			pair := ex[i].Items()
			if len(pair) == 2 {
				k.Exclusions = append(k.Exclusions, Exclusion{Key: c.indexKey(&pair[0]), Op: opName(pair[1].Items())})
			}
		}
	case "CONSTR_ATTR_DEFERRABLE":
		k.Kind = attrDeferrable
	case "CONSTR_ATTR_NOT_DEFERRABLE":
		k.Kind = attrNotDeferrable
	case "CONSTR_ATTR_DEFERRED":
		k.Kind = attrDeferred
	case "CONSTR_ATTR_IMMEDIATE":
		k.Kind = attrImmediate
	}
	return k
}

func fkAction(t string) FKAction {
	switch t {
	case "r":
		return Restrict
	case "c":
		return Cascade
	case "n":
		return SetNull
	case "d":
		return SetDefault
	}
	return NoAction
}

func (c *conv) options(items []value) []Option { return mapped(items, c.option) }

func (c *conv) option(v *value) Option {
	_, n := v.Node()
	o := Option{Name: n.Text("defname"), Pos: c.pos(n)}
	if ns := n.Text("defnamespace"); ns != "" {
		o.Name = ns + "." + o.Name
	}
	arg := n.Get("arg")
	tag, in := arg.Node()
	switch tag {
	case "":
	case "List":
		items := arg.Items()
		for i := range items {
			if t, _ := items[i].Node(); t == "RoleSpec" {
				o.List = append(o.List, roleName(&items[i]))
			} else {
				o.List = append(o.List, items[i].String())
			}
		}
	case "TypeName":
		t := c.typeName(in)
		o.Type = t
		o.Value = dotted(fieldsOf(t.Name))
	case "RoleSpec":
		o.Value = roleName(arg)
	case "Integer", "Float", "String", "Boolean", "BitString":
		o.Value = arg.String()
	case "A_Const":
		if k, ok := c.constant(in, c.pos(in)).(*Const); ok {
			o.Value = k.Text
		}
	default:
		o.Expr = c.expr(arg)
	}
	return o
}

func (c *conv) alterCmd(v *value) AlterCmd {
	_, n := v.Node()
	a := AlterCmd{Name: n.Text("name"), IfExists: n.Bool("missing_ok"), Cascade: n.Text("behavior") == "DROP_CASCADE", Pos: NoPos}
	def := n.Get("def")
	tag, in := def.Node()
	if tag == "ColumnDef" || tag == "Constraint" {
		a.Pos = c.pos(in)
	}
	switch t := strings.TrimPrefix(n.Text("subtype"), "AT_"); t {
	case "AddColumn":
		a.Kind = AddColumn
		d := c.columnDef(def)
		a.Column, a.Name = &d, d.Name
	case "DropColumn":
		a.Kind = DropColumn
	case "AlterColumnType":
		a.Kind = AlterColumnType
		d := c.columnDef(def)
		a.Type = d.Type
		a.Collation = d.Collation
		a.Expr = c.expr(in.Get("raw_default"))
	case "ColumnDefault":
		a.Kind = SetColumnDefault
		a.Expr = c.expr(def)
	case "SetNotNull":
		a.Kind = SetNotNull
	case "DropNotNull":
		a.Kind = DropNotNull
	case "DropExpression":
		a.Kind = DropExpression
	case "AddIdentity":
		a.Kind = AddIdentity
		k := c.constraint(def)
		a.Constraint = &k
	case "SetIdentity":
		a.Kind = SetIdentity
		a.Options = c.options(def.Items())
	case "DropIdentity":
		a.Kind = DropIdentity
	case "AddConstraint":
		a.Kind = AddConstraint
		k := c.constraint(def)
		a.Constraint, a.Name = &k, k.Name
	case "AlterConstraint":
		a.Kind = AlterConstraint
		k := c.constraint(def)
		a.Constraint, a.Name = &k, k.Name
	case "ValidateConstraint":
		a.Kind = ValidateConstraint
	case "DropConstraint":
		a.Kind = DropConstraint
	case "EnableRowSecurity":
		a.Kind = EnableRLS
	case "DisableRowSecurity":
		a.Kind = DisableRLS
	case "ForceRowSecurity":
		a.Kind = ForceRLS
	case "NoForceRowSecurity":
		a.Kind = NoForceRLS
	case "ChangeOwner":
		a.Kind = ChangeOwner
		a.Name = roleName(n.Get("newowner"))
	case "EnableTrig":
		a.Kind = EnableTrigger
	case "EnableAlwaysTrig":
		a.Kind = EnableTrigger
		a.Mode = "always"
	case "EnableReplicaTrig":
		a.Kind = EnableTrigger
		a.Mode = "replica"
	case "EnableTrigAll":
		a.Kind, a.Name = EnableTrigger, "all"
	case "EnableTrigUser":
		a.Kind, a.Name = EnableTrigger, "user"
	case "DisableTrig":
		a.Kind = DisableTrigger
	case "DisableTrigAll":
		a.Kind, a.Name = DisableTrigger, "all"
	case "DisableTrigUser":
		a.Kind, a.Name = DisableTrigger, "user"
	case "ReplicaIdentity":
		a.Kind = ReplicaIdentity
		switch in.Text("identity_type") {
		case "f":
			a.Mode = "full"
		case "n":
			a.Mode = "nothing"
		case "i":
			a.Mode = "index"
			a.Name = in.Text("name")
		default:
			a.Mode = "default"
		}
	case "SetRelOptions", "SetOptions":
		a.Kind = SetOptions
		a.Options = c.options(def.Items())
	case "ResetRelOptions", "ResetOptions":
		a.Kind = ResetOptions
		a.Options = c.options(def.Items())
	case "SetStatistics":
		a.Kind = SetStatistics
		a.Mode = def.String()
		if n.Has("num") {
			a.Name = strconv.Itoa(n.Int("num"))
		}
	case "SetStorage":
		a.Kind = SetStorage
		a.Mode = def.String()
	case "ClusterOn":
		a.Kind = ClusterOn
	case "AttachPartition", "DetachPartition":
		a.Kind = AttachPartition
		if t == "DetachPartition" {
			a.Kind = DetachPartition
		}
		name := c.rangeName(in.Get("name"))
		a.Partition = &name
		if b := in.Get("bound"); b != nil {
			a.Bound = c.partitionBound(b)
		}
	default:
		a.Kind = OtherAlter
		a.Mode = words(t)
	}
	return a
}

func (c *conv) rename(n *value) Stmt {
	k := objectKind(n.Text("renameType"))
	r := &Rename{Kind: k, Sub: n.Text("subname"), NewName: n.Text("newname"), IfExists: n.Bool("missing_ok"), Pos: c.start}
	if k == KindOther {
		return &UnsupportedStmt{Feature: "ALTER " + objectWords(n.Text("renameType")) + " RENAME", Pos: c.start}
	}
	switch {
	case n.Has("relation"):
		r.Name = c.rangeName(n.Get("relation"))
		r.On = objectKind(n.Text("relationType"))
		if k == KindColumn && n.Text("renameType") == "OBJECT_ATTRIBUTE" {
			r.On = KindType
		}
	case n.Has("object"):
		o := c.object(n.Get("object"), k)
		r.Name, r.Args = o.Name, o.Args
		if k == KindConstraint {
			// The domain is the whole list, not the list without its last part.
			r.Name = c.name(n.Get("object").Items(), NoPos)
			r.On = KindDomain
		}
	default:
		// Roles, schemas and databases: subname is the object.
		r.Name = Name{Name: r.Sub, Pos: NoPos}
		r.Sub = ""
	}
	return r
}

func (c *conv) alterDomain(n *value) Stmt {
	a := &AlterDomain{
		Name: c.name(n.List("typeName"), NoPos), Sub: n.Text("name"), IfExists: n.Bool("missing_ok"), Cascade: n.Text("behavior") == "DROP_CASCADE", Pos: c.start,
	}
	switch n.Text("subtype") {
	case "T":
		a.Cmd = SetColumnDefault
		a.Expr = c.expr(n.Get("def"))
	case "N":
		a.Cmd = DropNotNull
	case "O":
		a.Cmd = SetNotNull
	case "C":
		a.Cmd = AddConstraint
		k := c.constraint(n.Get("def"))
		a.Constraint = &k
		a.Sub = k.Name
	case "X":
		a.Cmd = DropConstraint
	case "V":
		a.Cmd = ValidateConstraint
	}
	return a
}

func argMode(t string) ArgMode {
	switch t {
	case "FUNC_PARAM_OUT":
		return OutArg
	case "FUNC_PARAM_INOUT":
		return InOutArg
	case "FUNC_PARAM_VARIADIC":
		return VariadicArg
	case "FUNC_PARAM_TABLE":
		return TableArg
	}
	return InArg
}

func (c *conv) funcParam(v *value) FuncParam {
	_, n := v.Node()
	return FuncParam{Name: n.Text("name"), Mode: argMode(n.Text("mode")), Type: c.typeName(n.Get("argType")), Default: c.expr(n.Get("defexpr"))}
}

func (c *conv) createFunction(n *value) *CreateFunction {
	f := &CreateFunction{
		Name: c.name(n.List("funcname"), NoPos), Replace: n.Bool("replace"), Procedure: n.Bool("is_procedure"), Params: mapped(n.List("parameters"), c.funcParam),
		Returns: c.typeName(n.Get("returnType")), BodyPos: NoPos, Pos: c.start,
	}
	// RETURNS TABLE comes as a type too: record or the only column's, which the parameters say already.
	for _, p := range f.Params {
		if p.Mode == TableArg {
			f.Returns = nil
		}
	}
	items := n.List("options")
	for i := range items {
		_, o := items[i].Node()
		arg := o.Get("arg")
		switch o.Text("defname") {
		case "language":
			f.Language = strings.ToLower(arg.String())
		case "as":
			parts := arg.Items()
			if len(parts) > 0 {
				f.Body = parts[0].String()
			}
			if len(parts) > 1 {
				f.Symbol = parts[1].String()
			}
			f.BodyPos = c.bodyPos(c.pos(o))
		case "volatility":
			f.Volatility = arg.String()
		case "strict":
			f.Strict = arg.String() == "true"
		case "security":
			f.Definer = arg.String() == "true"
		case "leakproof":
			f.Leakproof = arg.String() == "true"
		case "parallel":
			f.Parallel = arg.String()
		case "window":
			f.Window = arg.String() == "true"
		case "cost":
			f.Cost, _ = strconv.ParseFloat(arg.String(), 64)
		case "rows":
			f.Rows, _ = strconv.ParseFloat(arg.String(), 64)
		case "set":
			_, s := arg.Node()
			f.Settings = append(f.Settings, c.setting(s))
		}
	}
	body := n.Get("sql_body")
	switch tag, b := body.Node(); tag {
	case "ReturnStmt":
		f.Return = c.expr(b.Get("returnval"))
	case "List":
		// A list with one list: the statements of BEGIN ATOMIC.
		f.Statements = []Stmt{}
		for _, outer := range body.Items() {
			items := outer.Items()
			for i := range items {
				f.Statements = append(f.Statements, c.stmt(&items[i]))
			}
		}
	}
	if f.Language == "" && (f.Return != nil || f.Statements != nil) {
		f.Language = "sql"
	}
	return f
}

// bodyPos is where the text of a function's body begins, when AS or the literal itself is at p.
func (c *conv) bodyPos(p Pos) Pos {
	if p < 0 || int(p) >= len(c.src) {
		return NoPos
	}
	i := int(p)
	if len(c.src) >= i+2 && strings.EqualFold(c.src[i:i+2], "as") {
		i += 2
	}
	i += blank(c.src[i:])
	rest := c.src[i:]
	switch {
	case strings.HasPrefix(rest, "$"):
		if end := strings.IndexByte(rest[1:], '$'); end >= 0 {
			return Pos(i + end + 2)
		}
	case strings.HasPrefix(rest, "'"):
		return Pos(i + 1)
	case len(rest) > 1 && rest[1] == '\'':
		return Pos(i + 2)
	}
	return NoPos
}

func (c *conv) setting(n *value) Setting {
	s := Setting{Name: n.Text("name")}
	switch n.Text("kind") {
	case "VAR_SET_DEFAULT":
		s.Default = true
	case "VAR_SET_CURRENT":
		s.FromCurrent = true
	}
	args := n.List("args")
	for i := range args {
		tag, in := args[i].Node()
		switch tag {
		case "A_Const":
			if k, ok := c.constant(in, NoPos).(*Const); ok {
				s.Values = append(s.Values, k.Text)
			}
		case "TypeCast": // SET TIME ZONE INTERVAL '…'
			if k, ok := c.expr(in.Get("arg")).(*Const); ok {
				s.Values = append(s.Values, k.Text)
			}
		case "DefElem": // SET TRANSACTION …
			if k, ok := c.expr(in.Get("arg")).(*Const); ok {
				s.Values = append(s.Values, in.Text("defname")+"="+k.Text)
			}
		default:
			s.Values = append(s.Values, args[i].String())
		}
	}
	return s
}

// roleSetting is the setting of ALTER ROLE and ALTER DATABASE; RESET ALL gives a nil setting.
func (c *conv) roleSetting(v *value) (*Setting, bool) {
	_, n := v.Node()
	s := c.setting(n)
	switch n.Text("kind") {
	case "VAR_RESET":
		return &s, true
	case "VAR_RESET_ALL":
		return nil, true
	}
	return &s, false
}

func (c *conv) alterFunction(n *value) *AlterFunction {
	k := objectKind(n.Text("objtype"))
	o := c.object(n.Get("func"), k)
	a := &AlterFunction{Kind: k, Name: o.Name, Args: o.Args, Pos: c.start}
	items := n.List("actions")
	for i := range items {
		_, d := items[i].Node()
		arg := d.Get("arg")
		is := arg.String() == "true"
		switch d.Text("defname") {
		case "volatility":
			a.Volatility = arg.String()
		case "strict":
			a.Strict = &is
		case "security":
			a.Definer = &is
		case "set":
			_, s := arg.Node()
			switch s.Text("kind") {
			case "VAR_RESET_ALL":
				a.ResetAll = true
			case "VAR_RESET":
				a.Reset = append(a.Reset, s.Text("name"))
			default:
				a.Settings = append(a.Settings, c.setting(s))
			}
		default:
			a.Options = append(a.Options, c.option(&items[i]))
		}
	}
	return a
}

func (c *conv) createTrigger(n *value) *CreateTrigger {
	t := &CreateTrigger{
		Name: n.Text("trigname"), Replace: n.Bool("replace"), Constraint: n.Bool("isconstraint"), Table: c.table(n.Get("relation")),
		Columns: texts(n.List("columns")), Row: n.Bool("row"), When: c.expr(n.Get("whenClause")), Func: c.name(n.List("funcname"), NoPos),
		Args: texts(n.List("args")), Deferrable: n.Bool("deferrable"), Deferred: n.Bool("initdeferred"), Pos: c.start,
	}
	switch timing := n.Int("timing"); {
	case timing&2 != 0:
		t.Time = BeforeEvent
	case timing&64 != 0:
		t.Time = InsteadOf
	default:
		t.Time = AfterEvent
	}
	for _, e := range []struct {
		bit   int
		event TriggerEvent
	}{{4, OnInsert}, {16, OnUpdate}, {8, OnDelete}, {32, OnTruncate}} {
		if n.Int("events")&e.bit != 0 {
			t.Events |= e.event
		}
	}
	trans := n.List("transitionRels")
	for i := range trans {
		_, r := trans[i].Node()
		if r.Bool("isNew") {
			t.NewTable = r.Text("name")
		} else {
			t.OldTable = r.Text("name")
		}
	}
	return t
}

func (c *conv) grant(n *value) Grant {
	g := Grant{
		Revoke: !n.Bool("is_grant"), Kind: objectKind(n.Text("objtype")), AllInSchema: n.Text("targtype") == "ACL_TARGET_ALL_IN_SCHEMA",
		Roles: roles(n.List("grantees")), GrantOption: n.Bool("grant_option"), GrantedBy: grantor(n), Cascade: n.Text("behavior") == "DROP_CASCADE", Pos: c.start,
	}
	g.Privileges = mapped(n.List("privileges"), func(v *value) Privilege {
		_, p := v.Node()
		name := p.Text("priv_name")
		if name == "" {
			name = "all"
		}
		return Privilege{Name: name, Columns: texts(p.List("cols"))}
	})
	if g.Privileges == nil {
		g.Privileges = []Privilege{{Name: "all"}}
	}
	g.Objects = mapped(n.List("objects"), func(v *value) DropObject { return c.object(v, g.Kind) })
	return g
}

func (c *conv) transaction(n *value) *Transaction {
	t := &Transaction{Name: n.Text("savepoint_name"), Kind: TxOther, Start: n.Text("kind") == "TRANS_STMT_START", Chain: n.Bool("chain"), Pos: c.start}
	switch n.Text("kind") {
	case "TRANS_STMT_BEGIN", "TRANS_STMT_START":
		t.Kind = TxBegin
	case "TRANS_STMT_COMMIT":
		t.Kind = TxCommit
	case "TRANS_STMT_ROLLBACK":
		t.Kind = TxRollback
	case "TRANS_STMT_SAVEPOINT":
		t.Kind = TxSavepoint
	case "TRANS_STMT_RELEASE":
		t.Kind = TxRelease
	case "TRANS_STMT_ROLLBACK_TO":
		t.Kind = TxRollbackTo
	default:
		t.Name = n.Text("gid")
	}
	t.Options = c.options(n.List("options"))
	return t
}

// publication reads the objects of a publication; false when it has a column list or a WHERE.
func (c *conv) publication(items []value, tables *[]Name, schemas *[]string) bool {
	for i := range items {
		_, o := items[i].Node()
		switch o.Text("pubobjtype") {
		case "PUBLICATIONOBJ_TABLE":
			_, t := o.Get("pubtable").Node()
			if t.Has("columns") || t.Has("whereClause") {
				return false
			}
			*tables = append(*tables, c.rangeName(t.Get("relation")))
		case "PUBLICATIONOBJ_TABLES_IN_CUR_SCHEMA":
			*schemas = append(*schemas, "current_schema")
		default:
			*schemas = append(*schemas, o.Text("name"))
		}
	}
	return true
}

func (c *conv) createAggregate(n *value) Stmt {
	a := &CreateAggregate{Name: c.name(n.List("defnames"), NoPos), Options: c.options(n.List("definition")), Replace: n.Bool("replace"), Pos: c.start}
	if n.Bool("oldstyle") { // the input is an option
		for i, o := range a.Options {
			if strings.EqualFold(o.Name, "basetype") && o.Type != nil {
				if !strings.EqualFold(o.Type.Name.Name, "any") {
					a.Params = []FuncParam{{Type: o.Type}}
				}
				a.Options = slices.Delete(a.Options, i, i+1)
				break
			}
		}
		return a
	}
	// args is the parameters and the number of direct arguments, -1 when not an ordered-set aggregate.
	args := n.List("args")
	if len(args) > 0 {
		a.Params = mapped(args[0].Items(), c.funcParam)
	}
	if len(args) > 1 && args[1].String() != "-1" {
		return &UnsupportedStmt{Feature: "CREATE AGGREGATE for ordered sets", Pos: c.start}
	}
	return a
}
