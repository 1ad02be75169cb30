package sql

import (
	"fmt"
	"strconv"
	"strings"
)

// stmt writes a statement.
func (p *printer) stmt(s Stmt) {
	switch s := s.(type) {
	case *Select:
		p.selectStmt(s)
	case *Insert:
		p.insert(s)
	case *Update:
		p.update(s)
	case *Delete:
		p.delete(s)
	case *Merge:
		p.merge(s)
	case *CreateTable:
		p.createTable(s)
	case *CreateTableAs:
		p.put("CREATE ")
		p.flag(s.Temp, "TEMPORARY ")
		p.flag(s.Materialized, "MATERIALIZED VIEW ")
		p.flag(!s.Materialized, "TABLE ")
		p.flag(s.IfNotExists, "IF NOT EXISTS ")
		p.name(s.Table.Name)
		p.columnList(s.Columns)
		p.put(" AS")
		p.clause()
		p.stmt(s.Query)
		if s.NoData {
			p.clause()
			p.put("WITH NO DATA")
		}
	case *AlterTable:
		p.alterTable(s)
	case *Rename:
		p.rename(s)
	case *AlterOwner:
		p.put("ALTER ", upper(s.Kind), " ")
		p.object(s.Kind, DropObject{Name: s.Name, Args: s.Args})
		p.put(" OWNER TO ", role(s.Owner))
	case *AlterSchema:
		p.put("ALTER ", upper(s.Kind), " ")
		p.flag(s.IfExists, "IF EXISTS ")
		p.object(s.Kind, DropObject{Name: s.Name, Args: s.Args})
		p.put(" SET SCHEMA ", QuoteIdent(s.Schema))
	case *CreateIndex:
		p.createIndex(s)
	case *CreateView:
		p.put("CREATE ")
		p.flag(s.Replace, "OR REPLACE ")
		p.flag(s.Temp, "TEMPORARY ")
		p.put("VIEW ")
		p.name(s.View.Name)
		p.columnList(s.Columns)
		p.withOptions(s.Options)
		p.put(" AS")
		p.clause()
		p.stmt(s.Query)
		if s.Check != "" {
			p.clause()
			p.put("WITH ", strings.ToUpper(s.Check), " CHECK OPTION")
		}
	case *RefreshMatView:
		p.put("REFRESH MATERIALIZED VIEW ")
		p.flag(s.Concurrently, "CONCURRENTLY ")
		p.name(s.Name)
		p.flag(s.NoData, " WITH NO DATA")
	case *CreateSequence:
		p.put("CREATE ")
		p.flag(s.Temp, "TEMPORARY ")
		p.put("SEQUENCE ")
		p.flag(s.IfNotExists, "IF NOT EXISTS ")
		p.name(s.Name)
		p.sequenceOptions(s.Options)
	case *AlterSequence:
		p.put("ALTER SEQUENCE ")
		p.flag(s.IfExists, "IF EXISTS ")
		p.name(s.Name)
		p.sequenceOptions(s.Options)
	case *CreateSchema:
		p.put("CREATE SCHEMA")
		p.flag(s.IfNotExists, " IF NOT EXISTS")
		if s.Name != "" {
			p.put(" ", QuoteIdent(s.Name))
		}
		if s.Owner != "" {
			p.put(" AUTHORIZATION ", role(s.Owner))
		}
		for _, e := range s.Elements {
			p.put(" ")
			p.stmt(e)
		}
	case *CreateExtension:
		p.put("CREATE EXTENSION ")
		p.flag(s.IfNotExists, "IF NOT EXISTS ")
		p.put(QuoteIdent(s.Name))
		if s.Schema != "" {
			p.put(" SCHEMA ", QuoteIdent(s.Schema))
		}
		p.flag(s.Cascade, " CASCADE")
	case *CreateEnum:
		p.put("CREATE TYPE ")
		p.name(s.Name)
		p.put(" AS ENUM (")
		p.list(len(s.Labels), func(i int) { p.put(QuoteLiteral(s.Labels[i])) })
		p.put(")")
	case *AlterEnum:
		p.put("ALTER TYPE ")
		p.name(s.Name)
		if s.OldLabel != "" {
			p.put(" RENAME VALUE ", QuoteLiteral(s.OldLabel), " TO ", QuoteLiteral(s.Label))
			break
		}
		p.put(" ADD VALUE ")
		p.flag(s.IfNotExists, "IF NOT EXISTS ")
		p.put(QuoteLiteral(s.Label))
		if s.Neighbour != "" {
			p.put(map[bool]string{true: " AFTER ", false: " BEFORE "}[s.After], QuoteLiteral(s.Neighbour))
		}
	case *CreateComposite:
		p.put("CREATE TYPE ")
		p.name(s.Name)
		p.put(" AS (")
		p.columnDefs(s.Columns)
		p.put(")")
	case *CreateDomain:
		p.put("CREATE DOMAIN ")
		p.name(s.Name)
		p.put(" AS ")
		p.typeName(s.Type)
		p.collation(s.Collation)
		for i := range s.Constraints {
			p.put(" ")
			p.constraint(&s.Constraints[i])
		}
	case *AlterDomain:
		p.alterDomain(s)
	case *CreateFunction:
		p.createFunction(s)
	case *AlterFunction:
		p.alterFunction(s)
	case *Do:
		p.put("DO ")
		if s.Language != "plpgsql" && s.Language != "" {
			p.put("LANGUAGE ", QuoteIdent(s.Language), " ")
		}
		p.put(dollarQuote(s.Body))
	case *Call:
		p.put("CALL ")
		p.call(s.Call)
	case *CreateTrigger:
		p.createTrigger(s)
	case *CreatePolicy:
		p.put("CREATE POLICY ", QuoteIdent(s.Name), " ON ")
		p.name(s.Table.Name)
		p.flag(!s.Permissive, " AS RESTRICTIVE")
		if s.Command != "" && s.Command != "all" {
			p.put(" FOR ", strings.ToUpper(s.Command))
		}
		p.policyRest(s.Roles, s.Using, s.Check)
	case *AlterPolicy:
		p.put("ALTER POLICY ", QuoteIdent(s.Name), " ON ")
		p.name(s.Table.Name)
		p.policyRest(s.Roles, s.Using, s.Check)
	case *Drop:
		p.drop(s)
	case *Truncate:
		p.put("TRUNCATE ")
		p.list(len(s.Tables), func(i int) { p.table(&s.Tables[i]) })
		p.flag(s.RestartIdentity, " RESTART IDENTITY")
		p.flag(s.Cascade, " CASCADE")
	case *Comment:
		p.put("COMMENT ON ", upper(s.Kind), " ")
		p.object(s.Kind, DropObject{Name: s.Name, Sub: s.Sub, Args: s.Args, OnDomain: s.OnDomain})
		p.put(" IS ")
		if s.Null {
			p.put("NULL")
		} else {
			p.put(QuoteLiteral(s.Text))
		}
	case *Grant:
		p.grant(s, false)
	case *GrantRole:
		p.grantRole(s)
	case *AlterDefaultPrivileges:
		p.put("ALTER DEFAULT PRIVILEGES ")
		if len(s.ForRoles) > 0 {
			p.put("FOR ROLE ", roleList(s.ForRoles), " ")
		}
		if len(s.Schemas) > 0 {
			p.put("IN SCHEMA ")
			p.idents(s.Schemas)
			p.put(" ")
		}
		p.grant(&s.Grant, true)
	case *CreateRole:
		p.put("CREATE ", map[bool]string{true: "USER ", false: "ROLE "}[s.Login], QuoteIdent(s.Name))
		p.roleOptions(s.Options)
	case *AlterRole:
		p.put("ALTER ROLE ", map[bool]string{true: "ALL", false: role(s.Name)}[s.Name == "all"])
		if s.Database != "" {
			p.put(" IN DATABASE ", QuoteIdent(s.Database))
		}
		p.roleOptions(s.Options)
		p.roleSetting(s.Setting, s.Reset)
	case *AlterDatabase:
		p.put("ALTER DATABASE ", QuoteIdent(s.Name))
		p.roleSetting(s.Setting, s.Reset)
	case *Set:
		switch {
		case s.All:
			p.put("RESET ALL")
		case s.Reset:
			p.put("RESET ", settingName(s.Setting.Name))
		default:
			p.put("SET ")
			p.flag(s.Local, "LOCAL ")
			p.setting(&s.Setting)
		}
	case *Show:
		p.put("SHOW ", settingName(s.Name))
	case *Transaction:
		p.transaction(s)
	case *SetConstraints:
		p.put("SET CONSTRAINTS ")
		if len(s.Names) == 0 {
			p.put("ALL")
		}
		p.names(s.Names)
		p.put(map[bool]string{true: " DEFERRED", false: " IMMEDIATE"}[s.Deferred])
	case *Lock:
		p.put("LOCK TABLE ")
		p.list(len(s.Tables), func(i int) { p.table(&s.Tables[i]) })
		if s.Mode != "" {
			p.put(" IN ", strings.ToUpper(s.Mode), " MODE")
		}
		p.flag(s.NoWait, " NOWAIT")
	case *Notify:
		p.put("NOTIFY ", QuoteIdent(s.Channel))
		if s.Payload != "" {
			p.put(", ", QuoteLiteral(s.Payload))
		}
	case *Explain:
		p.put("EXPLAIN ")
		if len(s.Options) > 0 {
			p.put("(")
			p.list(len(s.Options), func(i int) {
				o := s.Options[i]
				p.put(strings.ToUpper(o.Name))
				if o.Value != "" {
					p.put(" ", optionWord(o.Value))
				}
			})
			p.put(") ")
		}
		p.stmt(s.Stmt)
	case *CreatePublication:
		p.put("CREATE PUBLICATION ", QuoteIdent(s.Name))
		p.flag(s.AllTables, " FOR ALL TABLES")
		if len(s.Tables)+len(s.Schemas) > 0 {
			p.put(" FOR ")
			p.publicationObjects(s.Tables, s.Schemas)
		}
		p.withOptions(s.Options)
	case *AlterPublication:
		p.put("ALTER PUBLICATION ", QuoteIdent(s.Name))
		switch {
		case len(s.Options) > 0:
			p.put(" SET (")
			p.options(s.Options)
			p.put(")")
		default:
			p.put(" ", strings.ToUpper(s.Action), " ")
			p.publicationObjects(s.Tables, s.Schemas)
		}
	case *CreateCast:
		p.put("CREATE CAST (")
		p.typeName(s.From)
		p.put(" AS ")
		p.typeName(s.To)
		p.put(")")
		switch {
		case s.Func != nil:
			p.put(" WITH FUNCTION ")
			p.object(KindFunction, DropObject{Name: *s.Func, Args: s.FuncArgs})
		case s.InOut:
			p.put(" WITH INOUT")
		default:
			p.put(" WITHOUT FUNCTION")
		}
		if s.Context != "explicit" && s.Context != "" {
			p.put(" AS ", strings.ToUpper(s.Context))
		}
	case *CreateAggregate:
		p.put("CREATE ")
		p.flag(s.Replace, "OR REPLACE ")
		p.put("AGGREGATE ")
		p.name(s.Name)
		p.put("(")
		p.params(s.Params)
		if len(s.Params) == 0 {
			p.put("*")
		}
		p.put(") (")
		p.list(len(s.Options), func(i int) {
			o := s.Options[i]
			p.put(strings.ToUpper(o.Name))
			switch {
			case o.Type != nil:
				p.put(" = ")
				p.typeName(o.Type)
			case o.List != nil:
				p.put(" = ", operator("", o.List[len(o.List)-1]))
			case o.Value != "", strings.EqualFold(o.Name, "initcond"):
				p.put(" = ", optionValue(o.Value))
			}
		})
		p.put(")")
	case *Owned:
		p.put(map[bool]string{true: "DROP OWNED BY ", false: "REASSIGN OWNED BY "}[s.To == ""])
		p.list(len(s.Roles), func(i int) { p.put(QuoteIdent(s.Roles[i])) })
		if s.To != "" {
			p.put(" TO ", QuoteIdent(s.To))
		}
		p.flag(s.Cascade, " CASCADE")
	case *Discard:
		p.put("DISCARD ", strings.ToUpper(s.What))
	case *NoOp:
		p.put(noOpText(s.What))
	case *UnsupportedStmt:
		p.put("/* unsupported: ", s.Feature, " */")
	default:
		if !p.session(s) {
			panic(fmt.Sprintf("sql: statement %T has no printed form", s))
		}
	}
}

// noOpText is a statement of the kind that parses; the details of such statements are not kept.
func noOpText(what string) string {
	switch what {
	case "VACUUM", "ANALYZE", "CHECKPOINT", "CLUSTER", "UNLISTEN":
		if what == "UNLISTEN" {
			return "UNLISTEN *"
		}
		return what
	case "DISCARD":
		return "DISCARD ALL"
	}
	return "/* ignored: " + what + " */"
}

func (p *printer) flag(yes bool, text string) {
	if yes {
		p.put(text)
	}
}

func upper(k ObjectKind) string { return strings.ToUpper(string(k)) }

// role is a role's name as written: the words for the caller and the public stand unquoted.
func role(name string) string {
	switch name {
	case "public", "current_user", "session_user", "current_role":
		return strings.ToUpper(name)
	}
	return QuoteIdent(name)
}

func roleList(names []string) string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = role(n)
	}
	return strings.Join(out, ", ")
}

// dottedIdent writes a name that the tree keeps as one string: qualified ones are quoted already.
func dottedIdent(name string) string {
	if strings.ContainsRune(name, '.') {
		return name
	}
	return QuoteIdent(name)
}

func (p *printer) columnList(cols []string) {
	if len(cols) > 0 {
		p.put(" (")
		p.idents(cols)
		p.put(")")
	}
}

func (p *printer) collation(n *Name) {
	if n != nil {
		p.put(" COLLATE ")
		p.name(*n)
	}
}

func (p *printer) columnDefs(cols []ColumnDef) {
	p.list(len(cols), func(i int) { p.columnDef(&cols[i]) })
}

func (p *printer) columnDef(c *ColumnDef) {
	p.put(QuoteIdent(c.Name))
	if c.Type != nil {
		p.put(" ")
		p.typeName(c.Type)
	}
	p.collation(c.Collation)
	for i := range c.Constraints {
		p.put(" ")
		p.constraint(&c.Constraints[i])
	}
}

// constraint writes a constraint: a column's when it has no key columns of its own.
func (p *printer) constraint(k *Constraint) {
	if k.Name != "" {
		p.put("CONSTRAINT ", QuoteIdent(k.Name), " ")
	}
	switch k.Kind {
	case NullConstraint:
		p.put("NULL")
	case NotNullConstraint:
		p.put("NOT NULL")
	case DefaultConstraint:
		p.put("DEFAULT ")
		// A default is a b_expr: what is not an operand stands in parentheses.
		p.expr(k.Expr, precCast)
	case IdentityConstraint:
		p.put("GENERATED ", map[bool]string{true: "ALWAYS", false: "BY DEFAULT"}[k.Always], " AS IDENTITY")
		if len(k.Options) > 0 {
			q := &printer{}
			q.sequenceOptions(k.Options)
			p.put(" (", strings.TrimSpace(q.String()), ")")
		}
	case GeneratedConstraint:
		p.put("GENERATED ALWAYS AS (")
		p.expr(k.Expr, precLowest)
		p.put(")")
		p.flag(!k.Virtual, " STORED")
	case CheckConstraint:
		p.put("CHECK (")
		p.expr(k.Expr, precLowest)
		p.put(")")
		p.flag(k.NoInherit, " NO INHERIT")
	case PrimaryConstraint:
		p.put("PRIMARY KEY")
		p.keyRest(k)
	case UniqueConstraint:
		p.put("UNIQUE")
		p.flag(k.NullsNotDistinct, " NULLS NOT DISTINCT")
		p.keyRest(k)
	case ForeignConstraint:
		p.foreignKey(k)
	case ExclusionConstraint:
		p.put("EXCLUDE ")
		if k.Method != "" {
			p.put("USING ", QuoteIdent(k.Method), " ")
		}
		p.put("(")
		p.list(len(k.Exclusions), func(i int) {
			e := &k.Exclusions[i]
			p.indexKey(&e.Key)
			p.put(" WITH ")
			p.put(usingOp(e.Op))
		})
		p.put(")")
		if len(k.Include) > 0 {
			p.put(" INCLUDE")
			p.columnList(k.Include)
		}
		p.withOptions(k.Options)
		if k.Where != nil {
			p.put(" WHERE (")
			p.expr(k.Where, precLowest)
			p.put(")")
		}
	}
	p.flag(k.Deferrable, " DEFERRABLE")
	p.flag(k.Deferred, " INITIALLY DEFERRED")
	p.flag(k.NotValid, " NOT VALID")
}

func (p *printer) keyRest(k *Constraint) {
	if k.UsingIndex != "" {
		p.put(" USING INDEX ", QuoteIdent(k.UsingIndex))
		return
	}
	p.columnList(k.Columns)
	if len(k.Include) > 0 {
		p.put(" INCLUDE")
		p.columnList(k.Include)
	}
	p.withOptions(k.Options)
}

func (p *printer) foreignKey(k *Constraint) {
	if len(k.Columns) > 0 {
		p.put("FOREIGN KEY")
		p.columnList(k.Columns)
		p.put(" ")
	}
	p.put("REFERENCES ")
	p.name(k.RefTable.Name)
	p.columnList(k.RefColumns)
	p.flag(k.MatchFull, " MATCH FULL")
	actions := []string{"", "RESTRICT", "CASCADE", "SET NULL", "SET DEFAULT"}
	if k.OnDelete != NoAction {
		p.put(" ON DELETE ", actions[k.OnDelete])
		p.columnList(k.OnDeleteColumns)
	}
	if k.OnUpdate != NoAction {
		p.put(" ON UPDATE ", actions[k.OnUpdate])
	}
}

func (p *printer) createTable(s *CreateTable) {
	p.put("CREATE ")
	p.flag(s.Temp, "TEMPORARY ")
	p.flag(s.Unlogged, "UNLOGGED ")
	p.put("TABLE ")
	p.flag(s.IfNotExists, "IF NOT EXISTS ")
	p.name(s.Table.Name)
	if s.OfType != nil {
		p.put(" OF ")
		p.name(*s.OfType)
	}
	if s.PartitionOf != nil {
		p.put(" PARTITION OF ")
		p.name(*s.PartitionOf)
	}
	p.elements(s)
	if s.Bound != nil {
		p.put(" ")
		p.partitionBound(s.Bound)
	}
	if len(s.Inherits) > 0 {
		p.put(" INHERITS (")
		p.names(s.Inherits)
		p.put(")")
	}
	if s.PartitionBy != "" {
		p.put(" PARTITION BY ", strings.ToUpper(s.PartitionBy), " (")
		p.indexKeys(s.PartitionKeys)
		p.put(")")
	}
	p.withOptions(s.Options)
	if s.OnCommit != "" {
		p.put(" ON COMMIT ", strings.ToUpper(s.OnCommit))
	}
}

// elements writes the columns, LIKE clauses and constraints of a table.
func (p *printer) elements(s *CreateTable) {
	var items []func()
	like := s.Like
	likes := func(at int) {
		for len(like) > 0 && like[0].At <= at {
			l := like[0]
			like = like[1:]
			items = append(items, func() { p.like(l) })
		}
	}
	for i := range s.Columns {
		likes(i)
		items = append(items, func() { p.columnDef(&s.Columns[i]) })
	}
	likes(len(s.Columns))
	for i := range s.Constraints {
		items = append(items, func() { p.constraint(&s.Constraints[i]) })
	}
	if len(items) == 0 {
		if s.OfType == nil && s.PartitionOf == nil {
			p.put(" ()")
		}
		return
	}
	p.put(" (")
	for i, item := range items {
		if i > 0 {
			p.put(",")
		}
		if p.pretty {
			p.put("\n    ")
		} else if i > 0 {
			p.put(" ")
		}
		item()
	}
	if p.pretty {
		p.put("\n")
	}
	p.put(")")
}

// likeOptions are the names of the bits of a LIKE clause's options.
var likeOptions = []string{"COMMENTS", "COMPRESSION", "CONSTRAINTS", "DEFAULTS", "GENERATED", "IDENTITY", "INDEXES", "STATISTICS", "STORAGE"}

func (p *printer) like(l LikeClause) {
	p.put("LIKE ")
	p.name(l.Table)
	if l.Options == 0x7fffffff {
		p.put(" INCLUDING ALL")
		return
	}
	missing := uint32(1<<len(likeOptions)-1) &^ l.Options
	if l.Options > 1<<len(likeOptions) {
		p.put(" INCLUDING ALL")
		for i, o := range likeOptions {
			p.flag(missing&(1<<i) != 0, " EXCLUDING "+o)
		}
		return
	}
	for i, o := range likeOptions {
		p.flag(l.Options&(1<<i) != 0, " INCLUDING "+o)
	}
}

func (p *printer) partitionBound(b *PartitionBound) {
	switch {
	case b.Default:
		p.put("DEFAULT")
	case b.Modulus > 0:
		fmt.Fprintf(p, "FOR VALUES WITH (MODULUS %d, REMAINDER %d)", b.Modulus, b.Remainder)
	case b.In != nil:
		p.put("FOR VALUES IN (")
		p.exprs(b.In)
		p.put(")")
	default:
		p.put("FOR VALUES FROM (")
		p.exprs(b.From)
		p.put(") TO (")
		p.exprs(b.To)
		p.put(")")
	}
}

// withOptions writes WITH (options), if there are any.
func (p *printer) withOptions(os []Option) {
	if len(os) > 0 {
		p.put(" WITH (")
		p.options(os)
		p.put(")")
	}
}

func (p *printer) options(os []Option) {
	p.list(len(os), func(i int) {
		o := os[i]
		if ns, name, ok := strings.Cut(o.Name, "."); ok {
			p.put(QuoteIdent(ns), ".", label(name))
		} else {
			p.put(label(o.Name))
		}
		if o.Value != "" {
			p.put(" = ", optionValue(o.Value))
		}
	})
}

// optionValue is a word or number bare, and else a string.
func optionValue(v string) string {
	if _, err := strconv.ParseFloat(v, 64); err == nil && !plainIdent(v) {
		return v
	}
	if plainIdent(v) && (QuoteIdent(v) == v || v == "true" || v == "false" || v == "on") {
		return v
	}
	return QuoteLiteral(v)
}

// optionWord is the value of an option of EXPLAIN.
func optionWord(v string) string { return optionValue(v) }

func (p *printer) sequenceOptions(os []Option) {
	for _, o := range os {
		switch o.Name {
		case "increment":
			p.put(" INCREMENT BY ", o.Value)
		case "minvalue", "maxvalue":
			if o.Value == "" {
				p.put(" NO ", strings.ToUpper(o.Name))
			} else {
				p.put(" ", strings.ToUpper(o.Name), " ", o.Value)
			}
		case "start":
			p.put(" START WITH ", o.Value)
		case "restart":
			p.put(" RESTART")
			if o.Value != "" {
				p.put(" WITH ", o.Value)
			}
		case "cycle":
			p.put(map[bool]string{true: " CYCLE", false: " NO CYCLE"}[o.Value != "false"])
		case "owned_by":
			p.put(" OWNED BY ")
			if len(o.List) == 1 && o.List[0] == "none" {
				p.put("NONE")
			} else {
				p.put(dotted(append([]string(nil), o.List...)))
			}
		case "sequence_name":
			p.put(" SEQUENCE NAME ", dotted(append([]string(nil), o.List...)))
		case "as":
			if o.Type != nil {
				p.put(" AS ")
				p.typeName(o.Type)
			}
		case "logged", "unlogged":
			p.put(" ", strings.ToUpper(o.Name))
		default:
			p.put(" ", strings.ToUpper(o.Name), " ", o.Value)
		}
	}
}

// ident writes a name that is one word, such as a role's.
func alterWord(k ObjectKind) string {
	switch k {
	case KindTable, KindView, KindMatView, KindIndex, KindSequence:
		return upper(k)
	case KindType:
		return "TYPE"
	}
	return "TABLE"
}

func (p *printer) alterTable(s *AlterTable) {
	p.put("ALTER ", alterWord(s.Kind), " ")
	p.flag(s.IfExists, "IF EXISTS ")
	p.table(s.Table)
	p.put(" ")
	p.list(len(s.Cmds), func(i int) { p.alterCmd(&s.Cmds[i], s.Kind) })
}

func (p *printer) alterCmd(c *AlterCmd, kind ObjectKind) {
	column := "COLUMN "
	if kind == KindType {
		column = "ATTRIBUTE "
	}
	ifExists := func() { p.flag(c.IfExists, "IF EXISTS ") }
	alter := func(rest ...string) {
		p.put("ALTER ", column, QuoteIdent(c.Name), " ")
		p.put(rest...)
	}
	switch c.Kind {
	case AddColumn:
		p.put("ADD ", column)
		p.flag(c.IfExists, "IF NOT EXISTS ")
		p.columnDef(c.Column)
	case DropColumn:
		p.put("DROP ", column)
		ifExists()
		p.put(QuoteIdent(c.Name))
	case AlterColumnType:
		alter("TYPE ")
		p.typeName(c.Type)
		p.collation(c.Collation)
		if c.Expr != nil {
			p.put(" USING ")
			p.expr(c.Expr, precLowest)
		}
	case SetColumnDefault:
		if c.Expr == nil {
			alter("DROP DEFAULT")
			break
		}
		alter("SET DEFAULT ")
		p.expr(c.Expr, precLowest)
	case SetNotNull:
		alter("SET NOT NULL")
	case DropNotNull:
		alter("DROP NOT NULL")
	case DropExpression:
		alter("DROP EXPRESSION")
		p.flag(c.IfExists, " IF EXISTS")
	case AddIdentity:
		alter("ADD ")
		p.constraint(c.Constraint)
	case SetIdentity:
		alter("")
		for i, o := range c.Options {
			p.flag(i > 0, " ")
			switch o.Name {
			case "generated":
				// The value is the character code of a (always) or d (by default).
				p.put("SET GENERATED ", map[bool]string{true: "ALWAYS", false: "BY DEFAULT"}[o.Value == "97"])
			case "restart":
				q := &printer{}
				q.sequenceOptions(c.Options[i : i+1])
				p.put(strings.TrimSpace(q.String()))
			default:
				p.put("SET")
				p.sequenceOptions(c.Options[i : i+1])
			}
		}
	case DropIdentity:
		alter("DROP IDENTITY")
		p.flag(c.IfExists, " IF EXISTS")
	case AddConstraint:
		p.put("ADD ")
		p.constraint(c.Constraint)
	case AlterConstraint:
		p.put("ALTER CONSTRAINT ", QuoteIdent(c.Name))
		p.put(map[bool]string{true: " DEFERRABLE", false: " NOT DEFERRABLE"}[c.Constraint.Deferrable])
		p.flag(c.Constraint.Deferred, " INITIALLY DEFERRED")
	case ValidateConstraint:
		p.put("VALIDATE CONSTRAINT ", QuoteIdent(c.Name))
	case DropConstraint:
		p.put("DROP CONSTRAINT ")
		ifExists()
		p.put(QuoteIdent(c.Name))
	case EnableRLS:
		p.put("ENABLE ROW LEVEL SECURITY")
	case DisableRLS:
		p.put("DISABLE ROW LEVEL SECURITY")
	case ForceRLS:
		p.put("FORCE ROW LEVEL SECURITY")
	case NoForceRLS:
		p.put("NO FORCE ROW LEVEL SECURITY")
	case ChangeOwner:
		p.put("OWNER TO ", role(c.Name))
	case EnableTrigger, DisableTrigger:
		p.put(map[bool]string{true: "ENABLE ", false: "DISABLE "}[c.Kind == EnableTrigger])
		if c.Mode != "" {
			p.put(strings.ToUpper(c.Mode), " ")
		}
		p.put("TRIGGER ")
		if c.Name == "all" || c.Name == "user" {
			p.put(strings.ToUpper(c.Name))
		} else {
			p.put(QuoteIdent(c.Name))
		}
	case ReplicaIdentity:
		p.put("REPLICA IDENTITY ")
		if c.Mode == "index" {
			p.put("USING INDEX ", QuoteIdent(c.Name))
		} else {
			p.put(strings.ToUpper(c.Mode))
		}
	case SetOptions, ResetOptions:
		if c.Name != "" {
			alter("")
		}
		p.put(map[bool]string{true: "SET (", false: "RESET ("}[c.Kind == SetOptions])
		p.options(c.Options)
		p.put(")")
	case SetStatistics:
		alter("SET STATISTICS ", c.Mode)
	case SetStorage:
		alter("SET STORAGE ", c.Mode)
	case ClusterOn:
		p.put("CLUSTER ON ", QuoteIdent(c.Name))
	case AttachPartition:
		p.put("ATTACH PARTITION ")
		p.name(*c.Partition)
		if c.Bound != nil {
			p.put(" ")
			p.partitionBound(c.Bound)
		}
	case DetachPartition:
		p.put("DETACH PARTITION ")
		p.name(*c.Partition)
	default:
		p.put("/* unsupported: ", c.Mode, " */")
	}
	p.flag(c.Cascade, " CASCADE")
}

func (p *printer) rename(s *Rename) {
	kind := s.Kind
	if s.Sub != "" && (kind == KindColumn || kind == KindConstraint) {
		p.put("ALTER ", map[bool]string{true: "DOMAIN", false: alterWord(s.On)}[s.On == KindDomain], " ")
		p.flag(s.IfExists, "IF EXISTS ")
		p.name(s.Name)
		word := "COLUMN "
		switch {
		case kind == KindConstraint:
			word = "CONSTRAINT "
		case s.On == KindType:
			word = "ATTRIBUTE "
		}
		p.put(" RENAME ", word, QuoteIdent(s.Sub), " TO ", QuoteIdent(s.NewName))
		return
	}
	p.put("ALTER ", upper(kind), " ")
	p.flag(s.IfExists, "IF EXISTS ")
	p.object(kind, DropObject{Name: s.Name, Sub: s.Sub, Args: s.Args})
	p.put(" RENAME TO ", QuoteIdent(s.NewName))
}

// object writes the name of an object of a kind.
func (p *printer) object(kind ObjectKind, o DropObject) {
	switch kind {
	case KindFunction, KindProcedure, KindRoutine, KindAggregate:
		p.name(o.Name)
		if o.Args != nil {
			p.put("(")
			if kind == KindAggregate && len(o.Args) == 0 {
				p.put("*")
			}
			p.list(len(o.Args), func(i int) { p.typeName(o.Args[i]) })
			p.put(")")
		}
	case KindCast:
		p.put("(")
		if len(o.Args) == 2 {
			p.typeName(o.Args[0])
			p.put(" AS ")
			p.typeName(o.Args[1])
		}
		p.put(")")
	case KindColumn:
		p.name(o.Name)
		p.put(".", QuoteIdent(o.Sub))
	case KindTrigger, KindPolicy, KindRule, KindConstraint:
		p.put(QuoteIdent(o.Sub), " ON ")
		p.flag(o.OnDomain, "DOMAIN ")
		p.name(o.Name)
	case KindRole:
		p.put(role(o.Name.Name))
	case KindType, KindDomain:
		p.typeName(&TypeName{Name: o.Name})
	default:
		p.name(o.Name)
	}
}

func (p *printer) createIndex(s *CreateIndex) {
	p.put("CREATE ")
	p.flag(s.Unique, "UNIQUE ")
	p.put("INDEX ")
	p.flag(s.Concurrently, "CONCURRENTLY ")
	p.flag(s.IfNotExists, "IF NOT EXISTS ")
	if s.Name != "" {
		p.put(QuoteIdent(s.Name), " ")
	}
	p.put("ON ")
	p.table(s.Table)
	if s.Method != "" && s.Method != "btree" {
		p.put(" USING ", QuoteIdent(s.Method))
	}
	p.put(" (")
	p.indexKeys(s.Keys)
	p.put(")")
	if len(s.Include) > 0 {
		p.put(" INCLUDE")
		p.columnList(s.Include)
	}
	p.flag(s.NullsNotDistinct, " NULLS NOT DISTINCT")
	p.withOptions(s.Options)
	p.where(s.Where)
}

func (p *printer) alterDomain(s *AlterDomain) {
	p.put("ALTER DOMAIN ")
	p.name(s.Name)
	switch s.Cmd {
	case SetColumnDefault:
		if s.Expr == nil {
			p.put(" DROP DEFAULT")
			break
		}
		p.put(" SET DEFAULT ")
		p.expr(s.Expr, precLowest)
	case SetNotNull:
		p.put(" SET NOT NULL")
	case DropNotNull:
		p.put(" DROP NOT NULL")
	case AddConstraint:
		p.put(" ADD ")
		p.constraint(s.Constraint)
	case DropConstraint:
		p.put(" DROP CONSTRAINT ")
		p.flag(s.IfExists, "IF EXISTS ")
		p.put(QuoteIdent(s.Sub))
		p.flag(s.Cascade, " CASCADE")
	case ValidateConstraint:
		p.put(" VALIDATE CONSTRAINT ", QuoteIdent(s.Sub))
	}
}

func (p *printer) params(ps []FuncParam) {
	p.list(len(ps), func(i int) {
		f := &ps[i]
		p.put([]string{"", "OUT ", "INOUT ", "VARIADIC ", ""}[f.Mode])
		if f.Name != "" {
			p.put(QuoteIdent(f.Name), " ")
		}
		p.typeName(f.Type)
		if f.Default != nil {
			p.put(" DEFAULT ")
			p.expr(f.Default, precLowest)
		}
	})
}

func (p *printer) createFunction(s *CreateFunction) {
	p.put("CREATE ")
	p.flag(s.Replace, "OR REPLACE ")
	p.put(map[bool]string{true: "PROCEDURE ", false: "FUNCTION "}[s.Procedure])
	p.name(s.Name)
	var in, table []FuncParam
	for _, f := range s.Params {
		if f.Mode == TableArg {
			table = append(table, f)
		} else {
			in = append(in, f)
		}
	}
	p.put("(")
	p.params(in)
	p.put(")")
	if table != nil {
		p.clause()
		p.put("RETURNS TABLE (")
		p.params(table)
		p.put(")")
	} else if s.Returns != nil {
		p.clause()
		p.put("RETURNS ")
		p.typeName(s.Returns)
	}
	if s.Language != "" {
		p.clause()
		p.put("LANGUAGE ", QuoteIdent(s.Language))
	}
	if s.Volatility != "" {
		p.clause()
		p.put(strings.ToUpper(s.Volatility))
	}
	for _, f := range []struct {
		yes  bool
		text string
	}{{s.Window, "WINDOW"}, {s.Strict, "STRICT"}, {s.Definer, "SECURITY DEFINER"}, {s.Leakproof, "LEAKPROOF"}} {
		if f.yes {
			p.clause()
			p.put(f.text)
		}
	}
	if s.Parallel != "" {
		p.clause()
		p.put("PARALLEL ", strings.ToUpper(s.Parallel))
	}
	if s.Cost != 0 {
		p.clause()
		p.put("COST ", number(s.Cost))
	}
	if s.Rows != 0 {
		p.clause()
		p.put("ROWS ", number(s.Rows))
	}
	for i := range s.Settings {
		p.clause()
		p.put("SET ")
		p.setting(&s.Settings[i])
	}
	p.clause()
	switch {
	case s.Return != nil:
		p.put("RETURN ")
		p.expr(s.Return, precLowest)
	case s.Statements != nil:
		p.put("BEGIN ATOMIC")
		for _, st := range s.Statements {
			p.clause()
			q := &printer{}
			q.stmt(st)
			p.put(q.String(), ";")
		}
		p.clause()
		p.put("END")
	default:
		p.put("AS ", dollarQuote(s.Body))
		if s.Symbol != "" {
			p.put(", ", QuoteLiteral(s.Symbol))
		}
	}
}

func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// dollarQuote is text between dollar quotes that do not occur in it.
func dollarQuote(text string) string {
	tag := "$$"
	for i := 0; strings.Contains(text, tag) || strings.HasSuffix(text, tag[:len(tag)-1]); i++ {
		tag = "$body" + strings.Repeat("_", i) + "$"
	}
	return tag + text + tag
}

func (p *printer) alterFunction(s *AlterFunction) {
	p.put("ALTER ", upper(s.Kind), " ")
	p.object(s.Kind, DropObject{Name: s.Name, Args: s.Args})
	if s.Volatility != "" {
		p.put(" ", strings.ToUpper(s.Volatility))
	}
	if s.Strict != nil {
		p.put(map[bool]string{true: " STRICT", false: " CALLED ON NULL INPUT"}[*s.Strict])
	}
	if s.Definer != nil {
		p.put(map[bool]string{true: " SECURITY DEFINER", false: " SECURITY INVOKER"}[*s.Definer])
	}
	for _, o := range s.Options {
		switch o.Name {
		case "leakproof":
			p.put(map[bool]string{true: " LEAKPROOF", false: " NOT LEAKPROOF"}[o.Value == "true"])
		case "support":
			p.put(" SUPPORT ", dotted(append([]string(nil), o.List...)))
		case "parallel":
			p.put(" PARALLEL ", strings.ToUpper(o.Value))
		default:
			p.put(" ", strings.ToUpper(o.Name), " ", o.Value)
		}
	}
	for i := range s.Settings {
		p.put(" SET ")
		p.setting(&s.Settings[i])
	}
	for _, r := range s.Reset {
		p.put(" RESET ", settingName(r))
	}
	p.flag(s.ResetAll, " RESET ALL")
}

func (p *printer) createTrigger(s *CreateTrigger) {
	p.put("CREATE ")
	p.flag(s.Replace, "OR REPLACE ")
	p.flag(s.Constraint, "CONSTRAINT ")
	p.put("TRIGGER ", QuoteIdent(s.Name))
	p.clause()
	p.put([]string{"BEFORE ", "AFTER ", "INSTEAD OF "}[s.Time])
	sep := ""
	for _, e := range []struct {
		event TriggerEvent
		word  string
	}{{OnInsert, "INSERT"}, {OnUpdate, "UPDATE"}, {OnDelete, "DELETE"}, {OnTruncate, "TRUNCATE"}} {
		if s.Events&e.event == 0 {
			continue
		}
		p.put(sep, e.word)
		sep = " OR "
		if e.event == OnUpdate && len(s.Columns) > 0 {
			p.put(" OF ")
			p.idents(s.Columns)
		}
	}
	p.put(" ON ")
	p.name(s.Table.Name)
	p.flag(s.Deferrable, " DEFERRABLE")
	p.flag(s.Deferred, " INITIALLY DEFERRED")
	if s.OldTable+s.NewTable != "" {
		p.clause()
		p.put("REFERENCING")
		if s.OldTable != "" {
			p.put(" OLD TABLE AS ", QuoteIdent(s.OldTable))
		}
		if s.NewTable != "" {
			p.put(" NEW TABLE AS ", QuoteIdent(s.NewTable))
		}
	}
	p.clause()
	p.put("FOR EACH ", map[bool]string{true: "ROW", false: "STATEMENT"}[s.Row])
	if s.When != nil {
		p.clause()
		p.put("WHEN (")
		p.expr(s.When, precLowest)
		p.put(")")
	}
	p.clause()
	p.put("EXECUTE FUNCTION ")
	p.name(s.Func)
	p.put("(")
	p.list(len(s.Args), func(i int) { p.put(QuoteLiteral(s.Args[i])) })
	p.put(")")
}

func (p *printer) policyRest(roles []string, using, check Expr) {
	if len(roles) > 0 {
		p.put(" TO ", roleList(roles))
	}
	if using != nil {
		p.clause()
		p.put("USING (")
		p.expr(using, precLowest)
		p.put(")")
	}
	if check != nil {
		p.clause()
		p.put("WITH CHECK (")
		p.expr(check, precLowest)
		p.put(")")
	}
}

func (p *printer) drop(s *Drop) {
	p.put("DROP ", upper(s.Kind), " ")
	p.flag(s.Concurrently, "CONCURRENTLY ")
	p.flag(s.IfExists, "IF EXISTS ")
	p.list(len(s.Objects), func(i int) { p.object(s.Kind, s.Objects[i]) })
	p.flag(s.Cascade, " CASCADE")
}

func (p *printer) grant(s *Grant, defaults bool) {
	p.put(map[bool]string{true: "REVOKE ", false: "GRANT "}[s.Revoke])
	p.flag(s.Revoke && s.GrantOption, "GRANT OPTION FOR ")
	p.list(len(s.Privileges), func(i int) {
		v := s.Privileges[i]
		p.put(privilege(v.Name))
		p.columnList(v.Columns)
	})
	p.put(" ON ")
	switch {
	case defaults || s.AllInSchema:
		p.flag(s.AllInSchema, "ALL ")
		p.put(upper(s.Kind), "S")
		if s.AllInSchema {
			p.put(" IN SCHEMA ")
			p.list(len(s.Objects), func(i int) { p.name(s.Objects[i].Name) })
		}
	default:
		if s.Kind != KindTable {
			p.put(upper(s.Kind), " ")
		}
		p.list(len(s.Objects), func(i int) { p.object(s.Kind, s.Objects[i]) })
	}
	p.put(map[bool]string{true: " FROM ", false: " TO "}[s.Revoke], roleList(s.Roles))
	p.flag(!s.Revoke && s.GrantOption, " WITH GRANT OPTION")
	p.grantedBy(s.GrantedBy)
	p.flag(s.Cascade, " CASCADE")
}

// privilege is the word of a privilege; a name that is none of PostgreSQL's words is quoted.
func privilege(name string) string {
	switch name {
	case "all":
		return "ALL"
	case "select", "references", "create":
		return strings.ToUpper(name)
	}
	if QuoteIdent(name) == name {
		return strings.ToUpper(name)
	}
	if parts := strings.Fields(name); len(parts) == 2 && parts[0] == "alter" && parts[1] == "system" {
		return "ALTER SYSTEM"
	}
	return QuoteIdent(name)
}

func (p *printer) grantRole(s *GrantRole) {
	if s.Revoke {
		p.put("REVOKE ")
		for _, o := range s.Options {
			p.put(strings.ToUpper(o.Name), " OPTION FOR ")
		}
		p.idents(s.Roles)
		p.put(" FROM ", roleList(s.To))
		p.grantedBy(s.By)
		return
	}
	p.put("GRANT ")
	p.idents(s.Roles)
	p.put(" TO ", roleList(s.To))
	defer p.grantedBy(s.By)
	if s.Admin && len(s.Options) == 1 {
		p.put(" WITH ADMIN OPTION") // PostgreSQL 15 knows only this one
		return
	}
	for i, o := range s.Options {
		p.put(map[bool]string{true: " WITH ", false: ", "}[i == 0], strings.ToUpper(o.Name), " ")
		p.put(map[bool]string{true: "FALSE", false: "TRUE"}[o.Value == "false"])
	}
	p.flag(s.Admin && len(s.Options) == 0, " WITH ADMIN TRUE")
}

func (p *printer) grantedBy(name string) {
	if name != "" {
		p.put(" GRANTED BY ", role(name))
	}
}

func (p *printer) roleOptions(os []Option) {
	for _, o := range os {
		p.put(" ")
		no := map[bool]string{true: "NO", false: ""}[o.Value == "false"]
		switch o.Name {
		case "canlogin":
			p.put(no, "LOGIN")
		case "isreplication":
			p.put(no, "REPLICATION")
		case "superuser", "createrole", "inherit", "createdb", "bypassrls":
			p.put(no, strings.ToUpper(o.Name))
		case "password":
			if o.Value == "" {
				p.put("PASSWORD NULL")
			} else {
				p.put("PASSWORD ", QuoteLiteral(o.Value))
			}
		case "connectionlimit":
			p.put("CONNECTION LIMIT ", o.Value)
		case "validUntil":
			p.put("VALID UNTIL ", QuoteLiteral(o.Value))
		case "addroleto":
			p.put("IN ROLE ", roleList(o.List))
		case "rolemembers":
			p.put("ROLE ", roleList(o.List))
		case "adminmembers":
			p.put("ADMIN ", roleList(o.List))
		default:
			p.put(strings.ToUpper(o.Name), " ", o.Value)
		}
	}
}

func (p *printer) roleSetting(s *Setting, reset bool) {
	switch {
	case reset && s == nil:
		p.put(" RESET ALL")
	case reset:
		p.put(" RESET ", settingName(s.Name))
	case s != nil:
		p.put(" SET ")
		p.setting(s)
	}
}

func settingName(name string) string {
	parts := strings.Split(name, ".")
	for i := range parts {
		parts[i] = QuoteIdent(parts[i])
	}
	return strings.Join(parts, ".")
}

func (p *printer) setting(s *Setting) {
	switch s.Name {
	case "TRANSACTION", "SESSION CHARACTERISTICS":
		p.put(s.Name)
		p.flag(s.Name != "TRANSACTION", " AS TRANSACTION")
		for i, v := range s.Values {
			name, value, _ := strings.Cut(v, "=")
			p.flag(i > 0, ",")
			p.put(" ", transactionMode(name, value))
		}
		return
	}
	p.put(settingName(s.Name))
	switch {
	case s.FromCurrent:
		p.put(" FROM CURRENT")
	case s.Default:
		p.put(" TO DEFAULT")
	default:
		p.put(" TO ")
		p.list(len(s.Values), func(i int) { p.put(settingValue(s.Values[i])) })
	}
}

func settingValue(v string) string {
	if _, err := strconv.ParseFloat(v, 64); err == nil && !plainIdent(v) {
		return v
	}
	return QuoteLiteral(v)
}

func transactionMode(name, value string) string {
	yes := value == "true" || value == "1"
	switch name {
	case "transaction_isolation":
		return "ISOLATION LEVEL " + strings.ToUpper(value)
	case "transaction_read_only":
		return map[bool]string{true: "READ ONLY", false: "READ WRITE"}[yes]
	case "transaction_deferrable":
		return map[bool]string{true: "DEFERRABLE", false: "NOT DEFERRABLE"}[yes]
	}
	return strings.ToUpper(name)
}

func (p *printer) transaction(s *Transaction) {
	switch s.Kind {
	case TxBegin:
		p.put(map[bool]string{false: "BEGIN", true: "START TRANSACTION"}[s.Start])
		for i, o := range s.Options {
			p.flag(i > 0, ",")
			p.put(" ", transactionMode(o.Name, o.Value))
		}
	case TxCommit:
		p.put("COMMIT")
		p.flag(s.Chain, " AND CHAIN")
	case TxRollback:
		p.put("ROLLBACK")
		p.flag(s.Chain, " AND CHAIN")
	case TxSavepoint:
		p.put("SAVEPOINT ", QuoteIdent(s.Name))
	case TxRelease:
		p.put("RELEASE SAVEPOINT ", QuoteIdent(s.Name))
	case TxRollbackTo:
		p.put("ROLLBACK TO SAVEPOINT ", QuoteIdent(s.Name))
	default:
		p.put("/* unsupported: two-phase commit */")
	}
}

func (p *printer) publicationObjects(tables []Name, schemas []string) {
	if len(tables) > 0 {
		p.put("TABLE ")
		p.names(tables)
	}
	if len(schemas) > 0 {
		p.flag(len(tables) > 0, ", ")
		p.put("TABLES IN SCHEMA ")
		p.list(len(schemas), func(i int) {
			if schemas[i] == "current_schema" {
				p.put("CURRENT_SCHEMA")
			} else {
				p.put(QuoteIdent(schemas[i]))
			}
		})
	}
}
