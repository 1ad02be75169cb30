// Package transfer carries a whole database over: as PostgreSQL's SQL into a file (Dump), or into another engine (Mover).
//
// Both work from one plan: the statements that lead from a database which has only what Mainstay itself makes (package bootstrap) to the one at hand,
// cut in two around the rows, so that indexes, foreign keys, triggers and policies come after them. Main types in order of meeting them: Dump, Mover,
// Report, Progress.
//
// Invariants: the source is read in one snapshot and never written; rows travel in PostgreSQL's text forms, which are the same on both engines; a moved
// table counts as moved only when its rows, read back, have the number and the checksum of the source's; what is done of a move is recorded in the
// transaction that did it.
package transfer

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/bootstrap"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// vaultSchema holds secrets. They are encrypted with a key that never leaves its server, so that they are carried in clear or not at all.
const vaultSchema = "vault"

// plan is what is carried over, and how.
type plan struct {
	before    []string // statements ahead of the rows
	after     []string // and behind them
	tables    []*table // those referenced come before those that reference them
	sequences []*catalog.Sequence
	vault     bool // there can be secrets
	schemas   map[string]bool
	ours      map[string]bool // "schema.name" of what Mainstay itself makes
}

// table is a table whose rows are carried over.
type table struct {
	*catalog.Table
	own     bool     // the project made it
	columns []string // all that hold values
	loaded  []string // without those that are computed from others
	isIn    []bool   // for each of columns: it is among loaded
}

func (t *table) name() string { return t.Schema + "." + t.Name }

func (t *table) ident() string { return sql.QuoteIdent(t.Schema) + "." + sql.QuoteIdent(t.Name) }

// newPlan makes the plan of a database. base is what it would be if it held only what Mainstay makes.
func newPlan(base, cat *catalog.Catalog) (*plan, error) {
	p := &plan{schemas: map[string]bool{}, ours: map[string]bool{}}
	for s := range base.Schemas() {
		p.schemas[s.Name] = s.Name != "public"
	}
	p.noteOurs(base)
	if err := p.addTables(base, cat); err != nil {
		return nil, err
	}
	for q := range cat.Sequences() {
		if q.Schema != vaultSchema {
			p.sequences = append(p.sequences, q)
		}
	}
	var refresh []string
	for _, step := range catalog.Diff(base, cat) {
		text := stepText(step)
		if step.Late {
			p.after = append(p.after, text)
		} else {
			p.before = append(p.before, text)
		}
		if v, ok := step.Stmt.(*sql.CreateTableAs); ok {
			refresh = append(refresh, "REFRESH MATERIALIZED VIEW "+sql.QuoteIdent(v.Table.Name.Schema)+"."+sql.QuoteIdent(v.Table.Name.Name))
		}
	}
	p.after = append(p.after, refresh...)
	return p, nil
}

// noteOurs notes the names of what Mainstay itself makes.
func (p *plan) noteOurs(base *catalog.Catalog) {
	for t := range base.Tables() {
		p.ours[t.Schema+"."+t.Name] = true
	}
	for q := range base.Sequences() {
		p.ours[q.Schema+"."+q.Name] = true
	}
	for f := range base.AllFunctions() {
		p.ours[f.Schema+"."+f.Name] = true
	}
	for y := range base.Types() {
		p.ours[y.Schema+"."+y.Name] = true
	}
}

// addTables notes the tables in the order of their references, and refuses what could not be made again.
func (p *plan) addTables(base, cat *catalog.Catalog) error {
	byOID := map[catalog.OID]*table{}
	var all []*table
	for t := range cat.Tables() {
		switch {
		case t.Temp:
			continue
		case t.Schema == vaultSchema && base.Table(t.Schema, t.Name) != nil:
			p.vault = p.vault || t.Name == "secrets"
			continue
		case t.Kind == catalog.View || t.Kind == catalog.MatView:
			continue
		case t.Kind != catalog.OrdinaryTable || t.IsPartition:
			return unsupported(t, "partitioned and foreign tables")
		}
		for _, k := range t.Constraints {
			if k.Kind == catalog.Exclusion {
				return unsupported(t, "exclusion constraints")
			}
		}
		x := &table{Table: t, own: base.Table(t.Schema, t.Name) == nil}
		for _, c := range t.Columns {
			x.columns = append(x.columns, c.Name)
			x.isIn = append(x.isIn, !c.Generated)
			if !c.Generated {
				x.loaded = append(x.loaded, c.Name)
			}
		}
		if len(x.loaded) > 0 {
			byOID[t.OID] = x
			all = append(all, x)
		}
	}
	done := map[*table]bool{}
	var visit func(*table)
	visit = func(x *table) {
		if x == nil || done[x] {
			return // a circle of references is entered where it is met first
		}
		done[x] = true
		for _, k := range x.Constraints {
			if k.Kind == catalog.ForeignKey {
				visit(byOID[k.RefTable])
			}
		}
		p.tables = append(p.tables, x)
	}
	// The project's tables last: only Mainstay's own have their foreign keys before the rows come.
	for _, own := range []bool{false, true} {
		for _, x := range all {
			if x.own == own {
				visit(x)
			}
		}
	}
	return nil
}

func unsupported(t *catalog.Table, what string) error {
	return fault.New(fault.FeatureNotSupported, "%s.%s: %s cannot be carried over", t.Schema, t.Name, what).WithHint("pg_dump can, from one PostgreSQL to another.")
}

// ---- statements ----

// owner is the role that owns what projects make. Where they go it may have another name: it is whoever runs the statements.
const owner = "postgres"

// stepText is a step as text that runs in a database of another server: roles and extensions may be there already, or not be had at all.
func stepText(step catalog.DiffStatement) string {
	switch s := step.Stmt.(type) {
	case *sql.CreateRole:
		return block(step.Text, append(atOnce, "42710")...) // roles are of the whole server
	case *sql.CreateExtension:
		return extensionText(s)
	case *sql.AlterRole:
		if s.Name == "all" && s.Setting != nil && s.Database == "" {
			// A setting of the database that is being left.
			text := sql.Print(&sql.AlterDatabase{Name: "x", Setting: s.Setting})
			return block("EXECUTE pg_catalog.format(" + sql.QuoteLiteral(strings.Replace(strings.ReplaceAll(text, "%", "%%"), "DATABASE x", "DATABASE %I", 1)) + ", pg_catalog.current_database())")
		}
	case *sql.CreateTableAs:
		n := *s
		n.NoData = true // it is filled when its tables are
		return sql.Print(&n)
	case *sql.AlterOwner:
		n := *s
		n.Owner = here(n.Owner)
		return sql.Print(&n)
	case *sql.AlterDefaultPrivileges:
		n := *s
		n.ForRoles, n.Grant.Roles = heres(n.ForRoles), heres(n.Grant.Roles)
		return sql.Print(&n)
	case *sql.Grant:
		n := *s
		n.Roles = heres(n.Roles)
		return sql.Print(&n)
	case *sql.GrantRole:
		n := *s
		n.Roles, n.To = heres(n.Roles), heres(n.To)
		return sql.Print(&n)
	}
	return step.Text
}

func here(role string) string {
	if role == owner {
		return "current_user"
	}
	return role
}

func heres(roles []string) []string {
	out := slices.Clone(roles)
	for i, r := range out {
		out[i] = here(r)
	}
	return out
}

// extensionText makes an extension. One whose objects package bootstrap makes is needed only where the server has it.
func extensionText(s *sql.CreateExtension) string {
	if bootstrap.StandIn(s.Name) {
		return ifOffered(s.Name)
	}
	n := *s
	n.IfNotExists = true
	return sql.Print(&n)
}

// ifOffered makes an extension where the server has it to offer and the role may.
func ifOffered(name string) string {
	return block(fmt.Sprintf("IF EXISTS (SELECT FROM pg_catalog.pg_available_extensions WHERE name = %s) THEN CREATE EXTENSION IF NOT EXISTS %s; END IF",
		sql.QuoteLiteral(name), sql.QuoteIdent(name)), "others")
}

// block is a statement that forgives errors: SQLSTATEs, or "others".
func block(statement string, forgiven ...string) string {
	tag := "$mainstay$"
	for n := 1; strings.Contains(statement, tag); n++ {
		tag = fmt.Sprintf("$mainstay%d$", n)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "DO %s BEGIN %s;", tag, statement)
	for i, code := range forgiven {
		b.WriteString([]string{" EXCEPTION WHEN ", " OR "}[min(i, 1)])
		if code != "others" {
			code = "SQLSTATE " + sql.QuoteLiteral(code)
		}
		b.WriteString(code)
	}
	if len(forgiven) > 0 {
		b.WriteString(" THEN NULL;")
	}
	fmt.Fprintf(&b, " END %s", tag)
	return b.String()
}

// atOnce are the codes of those who make the same role at the same time for two databases of a server.
var atOnce = []string{"23505", "XX000"}

// bootstrapTexts are the statements of package bootstrap for a database that nothing has prepared.
func bootstrapTexts() []string {
	var out []string
	tried := map[string]bool{}
	for _, s := range bootstrap.Statements() {
		if s.Embedded {
			continue
		}
		text := s.Text
		if x := s.StandsInFor; x != "" {
			if !tried[x] {
				tried[x] = true
				out = append(out, ifOffered(x))
			}
			text = fmt.Sprintf("IF NOT EXISTS (SELECT FROM pg_catalog.pg_extension WHERE extname = %s) THEN\n%s;\nEND IF", sql.QuoteLiteral(x), text)
		}
		out = append(out, block(text, append(s.Forgiven(), atOnce...)...))
	}
	return out
}
