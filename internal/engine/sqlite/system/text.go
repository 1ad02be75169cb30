package system

import (
	"strconv"
	"strings"

	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// Definitions as text, in the form of PostgreSQL's pg_get_…def functions. Expressions are printed from the syntax that was written, so their
// parentheses and implicit casts may differ from PostgreSQL's.

func exprText(e sql.Expr) string { return sql.PrintExpr(e) }

// aclLetters are the rights in the order of PostgreSQL's aclitem.
var aclLetters = []struct {
	priv   catalog.Privilege
	letter byte
	name   string
}{{catalog.PrivInsert, 'a', "INSERT"}, {catalog.PrivSelect, 'r', "SELECT"}, {catalog.PrivUpdate, 'w', "UPDATE"}, {catalog.PrivDelete, 'd', "DELETE"},
	{catalog.PrivTruncate, 'D', "TRUNCATE"}, {catalog.PrivReferences, 'x', "REFERENCES"}, {catalog.PrivTrigger, 't', "TRIGGER"}, {catalog.PrivExecute, 'X', "EXECUTE"},
	{catalog.PrivUsage, 'U', "USAGE"}, {catalog.PrivCreate, 'C', "CREATE"}, {catalog.PrivTemp, 'T', "TEMPORARY"}, {catalog.PrivConnect, 'c', "CONNECT"}}

// aclItems is an access list as aclitem[]; NULL for an object's default.
func aclItems(acl catalog.ACL) value.Datum {
	if acl == nil {
		return value.Null
	}
	items := []string{}
	for _, g := range acl {
		if g.Privs == 0 {
			continue
		}
		var b strings.Builder
		if g.Grantee != "" {
			b.WriteString(sql.QuoteIdent(g.Grantee))
		}
		b.WriteByte('=')
		for _, l := range aclLetters {
			if g.Privs&l.priv == 0 {
				continue
			}
			b.WriteByte(l.letter)
			if g.Option&l.priv != 0 {
				b.WriteByte('*')
			}
		}
		b.WriteString("/" + sql.QuoteIdent(g.Grantor))
		items = append(items, b.String())
	}
	return list(items, catalog.TextOID, value.Text)
}

// defaultText is a column's default or generation expression.
func (x *reader) defaultText(k *catalog.Column) string {
	if c, ok := k.Default.(*sql.Const); ok && c.Kind == sql.StringConst {
		return exprText(k.Default) + "::" + x.cat.TypeString(catalog.TypeRef{OID: k.Type.OID, Mod: -1})
	}
	if k.DefaultText != "" {
		return k.DefaultText
	}
	return exprText(k.Default)
}

func (x *reader) checkText(k *catalog.Constraint) string {
	if k.Expr != nil {
		return exprText(k.Expr)
	}
	return k.ExprText
}

func inParens(s string) string { return "(" + s + ")" }

func idents(names []string) string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = sql.QuoteIdent(n)
	}
	return strings.Join(out, ", ")
}

// qualified is a name as PostgreSQL prints it: with its schema where the search path does not find it.
func (x *reader) qualified(schema, name string, visible bool) string {
	if visible {
		return sql.QuoteIdent(name)
	}
	return sql.QuoteIdent(schema) + "." + sql.QuoteIdent(name)
}

func (x *reader) tableName(t *catalog.Table) string {
	return x.qualified(t.Schema, t.Name, x.cat.FindTable(x.path(), sql.Name{Name: t.Name}) == t)
}

func (x *reader) path() []string {
	if x.SearchPath == nil {
		return []string{"public"}
	}
	return x.SearchPath
}

var fkActions = map[sql.FKAction]string{sql.Restrict: "RESTRICT", sql.Cascade: "CASCADE", sql.SetNull: "SET NULL", sql.SetDefault: "SET DEFAULT"}

// constraintText is pg_get_constraintdef.
func (x *reader) constraintText(t *catalog.Table, k *catalog.Constraint) string {
	var s string
	switch k.Kind {
	case catalog.PrimaryKey, catalog.Unique:
		s = "PRIMARY KEY "
		if k.Kind == catalog.Unique {
			s = "UNIQUE "
			if k.NullsNotDistinct {
				s += "NULLS NOT DISTINCT "
			}
		}
		s += inParens(idents(k.Columns))
		for _, i := range t.Indexes {
			if i.OID == k.Index && len(i.Include) > 0 {
				s += " INCLUDE " + inParens(idents(i.Include))
			}
		}
	case catalog.ForeignKey:
		s = "FOREIGN KEY " + inParens(idents(k.Columns)) + " REFERENCES "
		if ref := x.cat.TableByOID(k.RefTable); ref != nil {
			s += x.tableName(ref)
		}
		s += inParens(idents(k.RefColumns))
		if k.MatchFull {
			s += " MATCH FULL"
		}
		if a := fkActions[k.OnUpdate]; a != "" {
			s += " ON UPDATE " + a
		}
		if a := fkActions[k.OnDelete]; a != "" {
			s += " ON DELETE " + a
			if len(k.OnDeleteColumns) > 0 {
				s += " " + inParens(idents(k.OnDeleteColumns))
			}
		}
	case catalog.Check:
		s = "CHECK " + inParens(x.checkText(k))
	case catalog.Exclusion:
		s = "EXCLUDE"
		for _, i := range t.Indexes {
			if i.OID == k.Index && len(i.Operators) == len(i.Keys) {
				s += " " + x.indexBody(i, i.Operators)
			}
		}
	}
	if k.Deferrable {
		s += " DEFERRABLE"
	}
	if k.Deferred {
		s += " INITIALLY DEFERRED"
	}
	if k.NotValid {
		s += " NOT VALID"
	}
	return s
}

// indexKey is a column or expression of an index.
func indexKey(k sql.IndexKey) string {
	s := sql.QuoteIdent(k.Column)
	if k.Column == "" {
		s = exprText(k.Expr)
		if _, call := k.Expr.(*sql.FuncCall); !call {
			s = inParens(s)
		}
	}
	return s
}

// indexText is pg_get_indexdef.
func (x *reader) indexText(t *catalog.Table, i *catalog.Index) string {
	var b strings.Builder
	b.WriteString("CREATE ")
	if i.Unique {
		b.WriteString("UNIQUE ")
	}
	return b.String() + "INDEX " + sql.QuoteIdent(i.Name) + " ON " + sql.QuoteIdent(t.Schema) + "." + sql.QuoteIdent(t.Name) + " " + x.indexBody(i, nil)
}

// indexBody is the definition of an index, or with its operators of an exclusion constraint, after its table.
func (x *reader) indexBody(i *catalog.Index, operators []string) string {
	var b strings.Builder
	method := i.Method
	if method == "" {
		method = "btree"
	}
	b.WriteString("USING " + method + " (")
	for n, k := range i.Keys {
		if n > 0 {
			b.WriteString(", ")
		}
		b.WriteString(indexKey(k))
		if k.Collation != "" {
			b.WriteString(" COLLATE " + sql.QuoteIdent(k.Collation))
		}
		if k.OpClass != "" {
			b.WriteString(" " + k.OpClass)
		}
		switch {
		case k.Desc && k.Nulls == sql.NullsLast:
			b.WriteString(" DESC NULLS LAST")
		case k.Desc:
			b.WriteString(" DESC")
		case k.Nulls == sql.NullsFirst:
			b.WriteString(" NULLS FIRST")
		}
		if operators != nil {
			b.WriteString(" WITH " + operators[n])
		}
	}
	b.WriteString(")")
	if len(i.Include) > 0 {
		b.WriteString(" INCLUDE " + inParens(idents(i.Include)))
	}
	if i.NullsNotDistinct {
		b.WriteString(" NULLS NOT DISTINCT")
	}
	switch {
	case i.Where != nil && operators != nil:
		b.WriteString(" WHERE " + inParens(exprText(i.Where)))
	case i.Where != nil:
		b.WriteString(" WHERE " + exprText(i.Where))
	}
	return b.String()
}

var triggerTimes = map[sql.TriggerTime]string{sql.BeforeEvent: "BEFORE", sql.AfterEvent: "AFTER", sql.InsteadOf: "INSTEAD OF"}

var triggerEvents = []struct {
	event sql.TriggerEvent
	name  string
}{{sql.OnInsert, "INSERT"}, {sql.OnDelete, "DELETE"}, {sql.OnUpdate, "UPDATE"}, {sql.OnTruncate, "TRUNCATE"}}

// triggerText is pg_get_triggerdef.
func (x *reader) triggerText(t *catalog.Table, g *catalog.Trigger) string {
	var b strings.Builder
	b.WriteString("CREATE ")
	if g.Constraint {
		b.WriteString("CONSTRAINT ")
	}
	b.WriteString("TRIGGER " + sql.QuoteIdent(g.Name) + " " + triggerTimes[g.Time])
	or := " "
	for _, e := range triggerEvents {
		if g.Events&e.event == 0 {
			continue
		}
		b.WriteString(or + e.name)
		or = " OR "
		if e.event == sql.OnUpdate && len(g.Columns) > 0 {
			b.WriteString(" OF " + idents(g.Columns))
		}
	}
	b.WriteString(" ON " + sql.QuoteIdent(t.Schema) + "." + sql.QuoteIdent(t.Name))
	if g.Constraint {
		b.WriteString(map[bool]string{true: " DEFERRABLE", false: " NOT DEFERRABLE"}[g.Deferrable] + map[bool]string{true: " INITIALLY DEFERRED", false: " INITIALLY IMMEDIATE"}[g.Deferred])
	}
	if g.OldTable != "" || g.NewTable != "" {
		b.WriteString(" REFERENCING")
		if g.OldTable != "" {
			b.WriteString(" OLD TABLE AS " + sql.QuoteIdent(g.OldTable))
		}
		if g.NewTable != "" {
			b.WriteString(" NEW TABLE AS " + sql.QuoteIdent(g.NewTable))
		}
	}
	b.WriteString(map[bool]string{true: " FOR EACH ROW", false: " FOR EACH STATEMENT"}[g.Row])
	if g.When != nil {
		b.WriteString(" WHEN " + inParens(exprText(g.When)))
	}
	b.WriteString(" " + x.triggerAction(g))
	return b.String()
}

// triggerAction is the EXECUTE FUNCTION of a trigger.
func (x *reader) triggerAction(g *catalog.Trigger) string {
	name := ""
	if f := x.cat.FunctionByOID(g.Func); f != nil {
		name = x.functionName(f)
	}
	args := make([]string, len(g.Args))
	for i, a := range g.Args {
		args[i] = sql.QuoteLiteral(a)
	}
	return "EXECUTE FUNCTION " + name + inParens(strings.Join(args, ", "))
}

// functionName is the name of a function, qualified where the search path does not find it.
func (x *reader) functionName(f *catalog.Function) string {
	found := x.cat.FindFunctions(x.path(), sql.Name{Name: f.Name})
	return x.qualified(f.Schema, f.Name, len(found) > 0 && found[0].Schema == f.Schema)
}

var argModes = map[sql.ArgMode]string{sql.OutArg: "OUT ", sql.InOutArg: "INOUT ", sql.VariadicArg: "VARIADIC ", sql.TableArg: ""}

// argumentsText is pg_get_function_arguments, without defaults pg_get_function_identity_arguments.
func (x *reader) argumentsText(f *catalog.Function, defaults bool) string {
	var out []string
	for _, p := range f.Params {
		if p.Mode == sql.TableArg {
			continue
		}
		s := argModes[p.Mode] + x.paramText(p)
		if f.Kind == catalog.Procedure && p.Mode == sql.InArg {
			s = "IN " + s
		}
		if defaults && (p.Default != nil || p.DefaultText != "") {
			s += " DEFAULT " + x.paramDefault(p)
		}
		out = append(out, s)
	}
	return strings.Join(out, ", ")
}

func (x *reader) paramText(p catalog.Param) string {
	t := x.cat.TypeString(catalog.TypeRef{OID: p.Type.OID, Mod: -1})
	if p.Name == "" {
		return t
	}
	return sql.QuoteIdent(p.Name) + " " + t
}

func (x *reader) paramDefault(p catalog.Param) string {
	if p.Default == nil {
		return p.DefaultText
	}
	s := exprText(p.Default)
	if c, ok := p.Default.(*sql.Const); ok && (c.Kind == sql.StringConst || c.Kind == sql.NullConst) {
		s += "::" + x.cat.TypeString(catalog.TypeRef{OID: p.Type.OID, Mod: -1})
	}
	return s
}

func (x *reader) defaultsText(f *catalog.Function) string {
	var out []string
	for _, p := range f.Params {
		if p.Default != nil || p.DefaultText != "" {
			out = append(out, x.paramDefault(p))
		}
	}
	return strings.Join(out, ", ")
}

// resultText is pg_get_function_result; "" for a procedure.
func (x *reader) resultText(f *catalog.Function) string {
	if f.Kind == catalog.Procedure {
		return ""
	}
	var columns []string
	for _, p := range f.Params {
		if p.Mode == sql.TableArg {
			columns = append(columns, x.paramText(p))
		}
	}
	if len(columns) > 0 {
		return "TABLE" + inParens(strings.Join(columns, ", "))
	}
	s := x.cat.TypeString(catalog.TypeRef{OID: f.Returns.OID, Mod: -1})
	if f.ReturnsSet {
		s = "SETOF " + s
	}
	return s
}

// functionText is pg_get_functiondef.
func (x *reader) functionText(f *catalog.Function) string {
	var b strings.Builder
	word := "FUNCTION"
	if f.Kind == catalog.Procedure {
		word = "PROCEDURE"
	}
	b.WriteString("CREATE OR REPLACE " + word + " " + sql.QuoteIdent(f.Schema) + "." + sql.QuoteIdent(f.Name) + inParens(x.argumentsText(f, true)) + "\n")
	if f.Kind != catalog.Procedure {
		b.WriteString(" RETURNS " + x.resultText(f) + "\n")
	}
	b.WriteString(" LANGUAGE " + f.Language + "\n")
	var options []string
	switch f.Volatility {
	case 'i':
		options = append(options, "IMMUTABLE")
	case 's':
		options = append(options, "STABLE")
	}
	if f.Strict {
		options = append(options, "STRICT")
	}
	if f.Definer {
		options = append(options, "SECURITY DEFINER")
	}
	if f.ReturnsSet && f.Rows != 0 && f.Rows != 1000 {
		options = append(options, "ROWS "+strconv.FormatFloat(f.Rows, 'g', -1, 64))
	}
	if len(options) > 0 {
		b.WriteString(" " + strings.Join(options, " ") + "\n")
	}
	for _, s := range f.Settings {
		b.WriteString(" SET " + s.Name + " TO " + settingLiteral(s) + "\n")
	}
	if f.Source == "" && f.Language == "sql" && len(f.SQL) > 0 {
		b.WriteString("BEGIN ATOMIC\n")
		for _, s := range f.SQL {
			b.WriteString(" " + strings.TrimSuffix(sql.Print(s), ";") + ";\n")
		}
		b.WriteString("END\n")
		return b.String()
	}
	tag := "$" + strings.ToLower(word)
	for strings.Contains(f.Source, tag+"$") {
		tag += "x"
	}
	b.WriteString("AS " + tag + "$" + f.Source + tag + "$\n")
	return b.String()
}

func settingLiteral(s sql.Setting) string {
	out := make([]string, len(s.Values))
	for i, v := range s.Values {
		out[i] = sql.QuoteLiteral(v)
	}
	return strings.Join(out, ", ")
}

// viewText is pg_get_viewdef.
func (x *reader) viewText(t *catalog.Table) string {
	s := t.QueryText
	if t.Query != nil {
		s = sql.Print(t.Query)
	}
	return " " + strings.TrimSuffix(strings.TrimSpace(s), ";") + ";"
}
