package catalog

import (
	"cmp"
	"slices"
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

func (e *Edit) createFunction(s *sql.CreateFunction) {
	word := "function"
	f := &Function{Name: s.Name.Name, Kind: PlainFunction, Owner: e.st.env.Role, Language: strings.ToLower(s.Language), Volatility: 'v', Strict: s.Strict,
		Definer: s.Definer, Settings: slices.Clone(s.Settings), Source: s.Body, SourcePos: s.BodyPos, Rows: s.Rows}
	e.st.tag = "CREATE FUNCTION"
	if s.Procedure {
		f.Kind, word, e.st.tag = Procedure, "procedure", "CREATE PROCEDURE"
	}
	if s.Window {
		f.Kind = WindowFunction
	}
	f.Schema = e.creationSchema(s.Name)
	switch s.Volatility {
	case "immutable":
		f.Volatility = 'i'
	case "stable":
		f.Volatility = 's'
	}
	if f.Language == "" {
		if s.Statements == nil && s.Return == nil {
			e.fail(s.Pos, fault.InvalidFunctionDefinition, "no language specified")
		}
		f.Language = "sql"
	}
	e.language(f, s.Pos)
	uses := e.signature(f, s, word)
	old := e.overload(f)
	if old != nil {
		if !s.Replace {
			e.fail(s.Name.Pos, fault.DuplicateFunction, "function %q already exists with same argument types", f.Name)
		}
		e.needOwner(old.Owner, "function", old.Name, s.Name.Pos)
		e.replaceable(old, f, s.Name.Pos)
		f.OID, f.Owner, f.ACL, f.Comment = old.OID, old.Owner, old.ACL, old.Comment
		e.forget(addr{oid: f.OID})
	} else {
		f.OID = e.newOID()
		f.ACL = e.defaultACL(sql.KindFunction, f.Schema, f.Owner, nil)
	}
	uses = append(uses, e.functionBody(f, s)...)
	e.setFunction(f)
	e.depend(addr{oid: f.OID}, false, uses...)
}

func (e *Edit) language(f *Function, pos sql.Pos) {
	switch f.Language {
	case "sql", "plpgsql", "internal":
	case "c":
		if e.Role(e.st.env.Role).Super {
			return // declared by an extension's script or a dump; it cannot run, see functionBody
		}
		e.fail(pos, fault.InsufficientPrivilege, "permission denied for language c")
	default:
		err := fault.New(fault.UndefinedObject, "language %q does not exist", f.Language)
		if slices.Contains([]string{"plv8", "plpython3u", "plperl", "pltcl", "plpython", "plperlu"}, f.Language) {
			err = err.WithHint("Use CREATE EXTENSION to load the language into the database.")
		}
		raise(err, pos)
	}
}

// signature fills parameters and result and gives the types that they need.
func (e *Edit) signature(f *Function, s *sql.CreateFunction, word string) (uses []addr) {
	var outs []TypeRef
	sawDefault := false
	names := map[string]bool{}
	for i, p := range s.Params {
		if p.Type.SetOf {
			e.fail(p.Type.Pos, fault.InvalidFunctionDefinition, "functions cannot accept set arguments")
		}
		typ := e.findType(p.Type)
		typ.Mod = -1 // PostgreSQL keeps none: varchar(5) is varchar here
		y := e.Type(typ.OID)
		in := p.Mode != sql.OutArg && p.Mode != sql.TableArg
		if y.OID == RecordOID && in && f.Language == "sql" || y.Kind == PseudoType && in && (y.OID == VoidOID || y.OID == TriggerOID) {
			e.fail(p.Type.Pos, fault.InvalidFunctionDefinition, "%s functions cannot accept type %s", languageTitle(f.Language), e.TypeString(typ))
		}
		if in {
			if p.Default != nil {
				sawDefault = true
			} else if sawDefault && p.Mode != sql.VariadicArg {
				e.fail(s.Name.Pos, fault.InvalidFunctionDefinition, "input parameters after one with a default value must also have defaults")
			}
			if p.Mode == sql.VariadicArg {
				if y.Category != 'A' && typ.OID != AnyOID && typ.OID != AnyArrayOID && typ.OID != AnyCompatibleArrayOID {
					e.fail(p.Type.Pos, fault.InvalidFunctionDefinition, "VARIADIC parameter must be an array")
				}
				for _, q := range s.Params[i+1:] {
					if q.Mode != sql.OutArg && q.Mode != sql.TableArg {
						e.fail(s.Name.Pos, fault.InvalidFunctionDefinition, "VARIADIC parameter must be the last input parameter")
					}
				}
			}
		} else if p.Default != nil {
			e.fail(s.Name.Pos, fault.InvalidFunctionDefinition, "only input parameters can have default values")
		}
		if p.Name != "" {
			key := p.Name
			if p.Mode == sql.OutArg || p.Mode == sql.TableArg {
				key = "\x00" + p.Name // PostgreSQL lets IN and OUT share a name only for languages that do not care; sql and plpgsql do
				if names[p.Name] {
					e.fail(s.Name.Pos, fault.InvalidFunctionDefinition, "parameter name %q used more than once", p.Name)
				}
			}
			if names[key] || names["\x00"+p.Name] {
				e.fail(s.Name.Pos, fault.InvalidFunctionDefinition, "parameter name %q used more than once", p.Name)
			}
			names[key] = true
		}
		if p.Mode == sql.OutArg || p.Mode == sql.TableArg || p.Mode == sql.InOutArg {
			outs = append(outs, typ)
		}
		uses = append(uses, e.useOfType(typ))
		e.needTypeRight(typ, s.Pos)
		n := Param{Name: p.Name, Mode: p.Mode, Type: typ}
		if p.Default != nil {
			bind := e.binder()
			n.Default = bind.expr(p.Default, nil)
			n.DefaultText = exprText(n.Default)
			uses = append(uses, bind.uses...)
		}
		f.Params = append(f.Params, n)
	}
	table := slices.ContainsFunc(f.Params, func(p Param) bool { return p.Mode == sql.TableArg })
	if s.Returns != nil {
		f.Returns = e.findType(s.Returns)
		f.Returns.Mod = -1
		e.needTypeRight(f.Returns, s.Returns.Pos)
		f.ReturnsSet = s.Returns.SetOf
		uses = append(uses, e.useOfType(f.Returns))
	}
	if table {
		f.ReturnsSet = true
	}
	switch {
	case len(outs) == 1 && (s.Returns == nil || table):
		if f.Returns.OID == 0 || table {
			f.Returns = outs[0]
		}
		if f.Kind == Procedure {
			f.Returns = TypeRef{RecordOID, -1}
		}
	case len(outs) > 1 && (s.Returns == nil || table), f.Kind == Procedure && len(outs) > 0:
		f.Returns = TypeRef{RecordOID, -1}
	case len(outs) == 1 && f.Returns != outs[0] && f.Returns.OID != outs[0].OID:
		e.fail(s.Pos, fault.InvalidFunctionDefinition, "function result type must be %s because of OUT parameters", e.TypeString(TypeRef{outs[0].OID, -1}))
	case len(outs) > 1 && f.Returns.OID != RecordOID:
		e.fail(s.Pos, fault.InvalidFunctionDefinition, "function result type must be record because of OUT parameters")
	case f.Kind == Procedure:
		f.Returns = TypeRef{VoidOID, -1}
	case s.Returns == nil:
		e.fail(s.Pos, fault.InvalidFunctionDefinition, "function result type must be specified")
	}
	f.Returns.Mod = -1
	if y := e.Type(f.Returns.OID); y.Kind == PseudoType && f.Language == "sql" && (y.OID == TriggerOID || y.OID == EventTriggerOID) {
		e.fail(s.Pos, fault.InvalidFunctionDefinition, "SQL functions cannot return type %s", e.TypeString(f.Returns))
	}
	if f.ReturnsSet && f.Rows == 0 {
		f.Rows = 1000
	} else if !f.ReturnsSet && s.Rows != 0 {
		e.fail(s.Pos, fault.InvalidParameterValue, "ROWS is not applicable when function does not return a set")
	}
	e.polymorphic(f, s.Pos)
	return uses
}

func languageTitle(l string) string {
	if l == "sql" {
		return "SQL"
	}
	return "PL/pgSQL"
}

// polymorphic fails when the result's type could not be told from the arguments'.
func (e *Edit) polymorphic(f *Function, pos sql.Pos) {
	results := []TypeRef{f.Returns}
	for _, p := range f.Params {
		if p.Mode == sql.OutArg || p.Mode == sql.TableArg {
			results = append(results, p.Type)
		}
	}
	for _, r := range results {
		enough, of := sources(r.OID)
		if len(enough) > 0 && !slices.ContainsFunc(f.ArgTypes(), func(o OID) bool { return slices.Contains(enough, o) }) {
			raise(fault.New(fault.InvalidFunctionDefinition, "cannot determine result data type").
				WithDetail("A result of type %s requires at least one input of type %s.", e.TypeString(r), of), pos)
		}
	}
}

// sources are the types of arguments that tell what a polymorphic result is, with their names; none for other types.
func sources(o OID) (enough []OID, names string) {
	switch o {
	case AnyRangeOID, AnyMultirangeOID:
		return []OID{AnyRangeOID, AnyMultirangeOID}, "anyrange or anymultirange"
	case AnyCompatibleRangeOID, AnyCompatibleMultirangeOID:
		return []OID{AnyCompatibleRangeOID, AnyCompatibleMultirangeOID}, "anycompatiblerange or anycompatiblemultirange"
	case AnyElementOID, AnyArrayOID, AnyNonArrayOID, AnyEnumOID:
		return []OID{AnyElementOID, AnyArrayOID, AnyNonArrayOID, AnyEnumOID, AnyRangeOID, AnyMultirangeOID}, "anyelement, anyarray, anynonarray, anyenum, anyrange, or anymultirange"
	case AnyCompatibleOID, AnyCompatibleArrayOID, AnyCompatibleNonArrayOID:
		return []OID{AnyCompatibleOID, AnyCompatibleArrayOID, AnyCompatibleNonArrayOID, AnyCompatibleRangeOID, AnyCompatibleMultirangeOID},
			"anycompatible, anycompatiblearray, anycompatiblenonarray, anycompatiblerange, or anycompatiblemultirange"
	}
	return nil, ""
}

func (e *Edit) overload(f *Function) *Function {
	args := f.ArgTypes()
	for _, g := range e.Functions(f.Schema, f.Name) {
		if slices.Equal(g.ArgTypes(), args) {
			return g
		}
	}
	return nil
}

// replaceable holds OR REPLACE to what PostgreSQL allows.
func (e *Edit) replaceable(old, f *Function, pos sql.Pos) {
	word := "function"
	if old.Kind == Procedure {
		word = "procedure"
	}
	hint := "Use DROP " + strings.ToUpper(word) + " " + old.signature(&e.facts) + " first."
	if old.Kind != f.Kind {
		kinds := map[FuncKind]string{PlainFunction: "a function", Procedure: "a procedure", AggregateFunction: "an aggregate function", WindowFunction: "a window function"}
		raise(fault.New(fault.WrongObjectType, "cannot change routine kind").WithDetail("%q is %s.", f.Name, kinds[old.Kind]), pos)
	}
	if old.Returns.OID != f.Returns.OID || old.ReturnsSet != f.ReturnsSet {
		text := "cannot change return type of existing function"
		if f.Kind == Procedure {
			text = "cannot change whether a procedure has output parameters"
		}
		raise(fault.New(fault.InvalidFunctionDefinition, "%s", text).WithHint("%s", hint), pos)
	}
	out := func(f *Function) (ps []Param) {
		for _, p := range f.Params {
			if p.Mode == sql.OutArg || p.Mode == sql.TableArg || p.Mode == sql.InOutArg {
				ps = append(ps, Param{Name: p.Name, Type: TypeRef{p.Type.OID, -1}})
			}
		}
		return ps
	}
	same := slices.EqualFunc(out(old), out(f), func(a, b Param) bool { return a.Name == b.Name && a.Type == b.Type })
	if f.Returns.OID == RecordOID && !same {
		raise(fault.New(fault.InvalidFunctionDefinition, "cannot change return type of existing function").
			WithDetail("Row type defined by OUT parameters is different.").WithHint("%s", hint), pos)
	}
	in := func(f *Function) (ps []Param) {
		for _, p := range f.Params {
			if p.Mode != sql.OutArg && p.Mode != sql.TableArg {
				ps = append(ps, p)
			}
		}
		return ps
	}
	news := in(f)
	for i, p := range in(old) {
		if p.Name != "" && p.Name != news[i].Name {
			raise(fault.New(fault.InvalidFunctionDefinition, "cannot change name of input parameter %q", p.Name).WithHint("%s", hint), pos)
		}
		if p.Default != nil && news[i].Default == nil {
			raise(fault.New(fault.InvalidFunctionDefinition, "cannot remove parameter defaults from existing function").WithHint("%s", hint), pos)
		}
	}
}

// functionBody parses the body and stores its trees. It gives what a body of the SQL standard's form depends on.
func (e *Edit) functionBody(f *Function, s *sql.CreateFunction) []addr {
	switch {
	case s.Return != nil || s.Statements != nil:
		bind := e.binder()
		params := &scope{}
		it := &scopeItem{name: f.Name}
		for _, p := range f.Params {
			it.cols = append(it.cols, scopeCol{name: p.Name})
		}
		params.items = append(params.items, it)
		if s.Return != nil {
			f.SQL = []sql.Stmt{&sql.Select{Targets: []sql.Target{{Expr: bind.expr(s.Return, params), Pos: s.Pos}}, Pos: s.Pos}}
		}
		for _, st := range s.Statements {
			n, _ := bind.statement(st, params)
			f.SQL = append(f.SQL, n)
		}
		return bind.uses
	case f.Language == "sql":
		f.SQL = parseBody(f.Source, s.BodyPos)
	case f.Language == "plpgsql":
		f.PL = parsePL(s)
	case f.Language == "c":
		f.Refused, f.RefusedHint = "functions in C cannot run here", "Declare the extension that brings the function instead."
	}
	return nil
}

func (e *Edit) alterFunction(s *sql.AlterFunction) {
	e.st.tag = "ALTER " + strings.ToUpper(string(cmp.Or(s.Kind, sql.KindFunction)))
	o := e.function(s.Kind, s.Name, s.Args, false)
	e.needOwner(o.Owner, "function", o.Name, s.Name.Pos)
	f := *o
	switch s.Volatility {
	case "immutable", "stable", "volatile":
		f.Volatility = s.Volatility[0]
	}
	if s.Strict != nil {
		f.Strict = *s.Strict
	}
	if s.Definer != nil {
		f.Definer = *s.Definer
	}
	f.Settings = slices.Clone(o.Settings)
	if s.ResetAll {
		f.Settings = nil
	}
	for _, n := range s.Reset {
		f.Settings = slices.DeleteFunc(f.Settings, func(x sql.Setting) bool { return x.Name == n })
	}
	for _, x := range s.Settings {
		f.Settings = slices.DeleteFunc(f.Settings, func(y sql.Setting) bool { return y.Name == x.Name })
		if !x.Default {
			f.Settings = append(f.Settings, x)
		}
	}
	e.setFunction(&f)
}

// ---- triggers ----

func (e *Edit) createTrigger(s *sql.CreateTrigger) {
	e.st.tag = "CREATE TRIGGER"
	t := e.relation(s.Table.Name, false)
	pos := s.Pos
	switch {
	case t.Kind == MatView:
		raise(fault.New(fault.WrongObjectType, "relation %q cannot have triggers", t.Name).WithDetail("This operation is not supported for materialized views."), s.Table.Name.Pos)
	case t.Kind == View && s.Row && s.Time != sql.InsteadOf:
		raise(fault.New(fault.WrongObjectType, "%q is a view", t.Name).WithDetail("Views cannot have row-level BEFORE or AFTER triggers."), s.Table.Name.Pos)
	case t.Kind == View && s.Events&sql.OnTruncate != 0:
		raise(fault.New(fault.WrongObjectType, "%q is a view", t.Name).WithDetail("Views cannot have TRUNCATE triggers."), s.Table.Name.Pos)
	case t.Kind != View && s.Time == sql.InsteadOf:
		raise(fault.New(fault.WrongObjectType, "%q is a table", t.Name).WithDetail("Tables cannot have INSTEAD OF triggers."), s.Table.Name.Pos)
	case s.Time == sql.InsteadOf && !s.Row:
		e.fail(pos, fault.FeatureNotSupported, "INSTEAD OF triggers must be FOR EACH ROW")
	case s.Time == sql.InsteadOf && s.When != nil:
		e.fail(pos, fault.FeatureNotSupported, "INSTEAD OF triggers cannot have WHEN conditions")
	case s.Time == sql.InsteadOf && len(s.Columns) > 0:
		e.fail(pos, fault.FeatureNotSupported, "INSTEAD OF triggers cannot have column lists")
	case s.Row && s.Events&sql.OnTruncate != 0:
		e.fail(pos, fault.FeatureNotSupported, "TRUNCATE FOR EACH ROW triggers are not supported")
	case (s.OldTable != "" || s.NewTable != "") && s.Time != sql.AfterEvent:
		e.fail(pos, fault.InvalidObjectDefinition, "transition table name can only be specified for an AFTER trigger")
	case (s.OldTable != "" || s.NewTable != "") && s.Events&sql.OnTruncate != 0:
		e.fail(pos, fault.InvalidObjectDefinition, "TRUNCATE triggers with transition tables are not supported")
	case (s.OldTable != "" || s.NewTable != "") && len(s.Columns) > 0:
		e.fail(pos, fault.FeatureNotSupported, "transition tables cannot be specified for triggers with column lists")
	case s.NewTable != "" && s.Events&(sql.OnInsert|sql.OnUpdate) == 0:
		e.fail(pos, fault.InvalidObjectDefinition, "NEW TABLE can only be specified for an INSERT or UPDATE trigger")
	case s.OldTable != "" && s.Events&(sql.OnDelete|sql.OnUpdate) == 0:
		e.fail(pos, fault.InvalidObjectDefinition, "OLD TABLE can only be specified for a DELETE or UPDATE trigger")
	case (s.OldTable != "" || s.NewTable != "") && s.Events&(s.Events-1) != 0:
		e.fail(pos, fault.FeatureNotSupported, "transition tables cannot be specified for triggers with more than one event")
	}
	if !e.Can(e.st.env.Role, t, PrivTrigger) {
		e.fail(s.Table.Name.Pos, fault.InsufficientPrivilege, "permission denied for %s %s", t.kindWord(), t.Name)
	}
	var f *Function
	for _, g := range e.FindFunctions(e.st.env.SearchPath, s.Func) {
		if len(g.ArgTypes()) == 0 {
			f = g
			break
		}
	}
	if f == nil {
		e.fail(s.Func.Pos, fault.UndefinedFunction, "function %s() does not exist", qualifiedText(s.Func))
	}
	if f.Returns.OID != TriggerOID {
		e.fail(s.Func.Pos, fault.InvalidObjectDefinition, "function %s must return type trigger", qualifiedText(s.Func))
	}
	if !e.CanExecute(e.st.env.Role, f) {
		e.fail(s.Func.Pos, fault.InsufficientPrivilege, "permission denied for function %s", f.Name)
	}
	n := t.edited()
	g := &Trigger{OID: e.newOID(), Name: s.Name, Time: s.Time, Events: s.Events, Row: s.Row, Func: f.OID, Args: slices.Clone(s.Args),
		OldTable: s.OldTable, NewTable: s.NewTable, Constraint: s.Constraint, Deferrable: s.Deferrable, Deferred: s.Deferred, Enabled: 'O'}
	if old := t.Trigger(s.Name); old != nil {
		if !s.Replace {
			e.fail(pos, fault.DuplicateObject, "trigger %q for relation %q already exists", s.Name, t.Name)
		}
		if old.Constraint || s.Constraint {
			e.fail(pos, fault.DuplicateObject, "trigger %q for relation %q is a constraint trigger", s.Name, t.Name)
		}
		g.OID, g.Comment = old.OID, old.Comment
		e.forget(addr{oid: g.OID})
		n.Triggers = slices.DeleteFunc(n.Triggers, func(o *Trigger) bool { return o.OID == g.OID })
	}
	for _, c := range s.Columns {
		col := t.Column(c)
		if col == nil {
			e.fail(pos, fault.UndefinedColumn, "column %q of relation %q does not exist", c, t.Name)
		}
		if slices.Contains(g.Columns, c) {
			e.fail(pos, fault.DuplicateColumn, "column %q specified more than once", c)
		}
		g.Columns = append(g.Columns, c)
		e.depend(addr{oid: g.OID}, false, addr{oid: t.OID, sub: col.Num})
	}
	if s.When != nil {
		bind := e.binder()
		g.When = bind.expr(s.When, tableScope(t, "new", "old"))
		e.depend(addr{oid: g.OID}, false, bind.uses...)
	}
	at, _ := slices.BinarySearchFunc(n.Triggers, g.Name, func(o *Trigger, name string) int { return strings.Compare(o.Name, name) })
	n.Triggers = slices.Insert(n.Triggers, at, g)
	e.setUpdatable(n)
	e.setTable(n)
	e.depend(addr{oid: g.OID}, false, addr{oid: f.OID})
	e.depend(addr{oid: g.OID}, true, addr{oid: t.OID})
}

// ---- policies ----

func (e *Edit) createPolicy(s *sql.CreatePolicy) {
	e.st.tag = "CREATE POLICY"
	t := e.policyTable(s.Table)
	if t.Policy(s.Name) != nil {
		e.fail(s.Pos, fault.DuplicateObject, "policy %q for table %q already exists", s.Name, t.Name)
	}
	p := &Policy{OID: e.newOID(), Name: s.Name, Command: strings.ToLower(cmp.Or(s.Command, "all")), Permissive: s.Permissive}
	switch {
	case (p.Command == "select" || p.Command == "delete") && s.Check != nil:
		e.fail(s.Pos, fault.SyntaxError, "WITH CHECK cannot be applied to SELECT or DELETE")
	case p.Command == "insert" && s.Using != nil:
		e.fail(s.Pos, fault.SyntaxError, "only WITH CHECK expression allowed for INSERT")
	}
	p.Roles = e.policyRoles(s.Roles, s.Pos)
	n := t.edited()
	e.policyExprs(t, p, s.Using, s.Check)
	n.Policies = append(n.Policies, p)
	e.setTable(n)
}

func (e *Edit) policyTable(r *sql.Table) *Table {
	t := e.relation(r.Name, false)
	if t.Kind != OrdinaryTable {
		e.fail(r.Name.Pos, fault.WrongObjectType, "%q is not a table", t.Name)
	}
	e.needOwner(t.Owner, "table", t.Name, r.Name.Pos)
	return t
}

func (e *Edit) policyRoles(names []string, pos sql.Pos) []string {
	var roles []string
	for _, r := range names {
		if r == "public" {
			return nil
		}
		if r = e.role(r, pos); !slices.Contains(roles, r) {
			roles = append(roles, r)
		}
	}
	return roles
}

func (e *Edit) policyExprs(t *Table, p *Policy, using, check sql.Expr) {
	bind := e.binder()
	bind.stars = true
	p.Using, p.Check = bind.expr(using, tableScope(t)), bind.expr(check, tableScope(t))
	p.UsingText, p.CheckText = exprText(p.Using), exprText(p.Check)
	e.forget(addr{oid: p.OID})
	e.depend(addr{oid: p.OID}, false, bind.uses...)
	e.depend(addr{oid: p.OID}, true, addr{oid: t.OID})
}

func (e *Edit) alterPolicy(s *sql.AlterPolicy) {
	e.st.tag = "ALTER POLICY"
	t := e.policyTable(s.Table)
	i := slices.IndexFunc(t.Policies, func(p *Policy) bool { return p.Name == s.Name })
	if i < 0 {
		e.fail(s.Pos, fault.UndefinedObject, "policy %q for table %q does not exist", s.Name, t.Name)
	}
	n := t.edited()
	p := edit(n.Policies, i)
	switch {
	case (p.Command == "select" || p.Command == "delete") && s.Check != nil:
		e.fail(s.Pos, fault.SyntaxError, "only USING expression allowed for SELECT, DELETE")
	case p.Command == "insert" && s.Using != nil:
		e.fail(s.Pos, fault.SyntaxError, "only WITH CHECK expression allowed for INSERT")
	}
	if len(s.Roles) > 0 {
		p.Roles = e.policyRoles(s.Roles, s.Pos)
	}
	using, check := p.Using, p.Check
	if s.Using != nil {
		using = s.Using
	}
	if s.Check != nil {
		check = s.Check
	}
	e.policyExprs(t, p, using, check)
	e.setTable(n)
}
