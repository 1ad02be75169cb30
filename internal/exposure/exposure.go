// Package exposure says what of a database each role can reach through the API.
//
// Main types: Rule (which tables are served at all), Table (one line of the report that is printed at start) and Audit (everything, by column and function, with what is
// probably a mistake: Finding).
//
// Invariants: pure functions of a catalog; of a table, the report never claims less than what is reachable: where a policy is not trivially closed it
// is shown as open for the rows that the policy names. Functions may read what their caller or owner may: the report does not speak of them, and the audit says who may call them.
package exposure

import (
	"slices"
	"strings"

	"github.com/mainstay-dev/mainstay/internal/catalog"
)

// Rule decides which tables the API serves to callers who are bound by row-level security.
type Rule struct {
	// AllowWithoutRLS names tables ("name" for any exposed schema, "schema.name", or "*") that are served though they have none.
	AllowWithoutRLS []string
}

// Allows reports whether the project allows t by name although it has no row-level security.
func (r Rule) Allows(t *catalog.Table) bool {
	return slices.ContainsFunc(r.AllowWithoutRLS, func(name string) bool {
		return name == "*" || name == t.Name || name == t.Schema+"."+t.Name
	})
}

// Serves reports whether t may be reached by role. Tables need row-level security or the project's word, and so do the tables whose columns a view with
// security_invoker shows. Other views are the project's own word: they show what their owner may see. Roles that bypass row-level security reach
// everything that they have privileges for.
func (r Rule) Serves(c *catalog.Catalog, t *catalog.Table, role string) bool {
	switch {
	case t.Kind == catalog.View && t.SecurityInvoker && !r.Allows(t):
		for _, col := range t.ViewColumns {
			if base := c.TableByOID(col.Table); base != nil && base != t && !r.Serves(c, base, role) {
				return false
			}
		}
		return true
	case t.Kind == catalog.OrdinaryTable, t.Kind == catalog.PartitionedTable, t.Kind == catalog.ForeignTable:
	default:
		return true
	}
	return t.RLS || r.Allows(t) || c.BypassesRLS(role, t)
}

// Access is what a role can do with a command.
type Access uint8

// The accesses, from nothing to everything.
const (
	None      Access = iota // no privilege, or no policy lets any row through
	NotServed               // a privilege without row-level security, refused by Rule
	Policied                // the rows that policies let through
	All                     // every row
)

// Command is a table command.
type Command struct {
	Name string
	Priv catalog.Privilege
}

// Commands are those of the report, in its order.
var Commands = []Command{
	{"select", catalog.PrivSelect},
	{"insert", catalog.PrivInsert},
	{"update", catalog.PrivUpdate},
	{"delete", catalog.PrivDelete},
}

// Roles are those of the report, in its order.
var Roles = []string{"anon", "authenticated", "service_role"}

// Table is what each role can do with a table: Access[i][j] is for Roles[i] and Commands[j].
type Table struct {
	Table  *catalog.Table
	Access [][]Access
}

// Report lists the tables and views of the exposed schemas, by schema and name.
func (r Rule) Report(c *catalog.Catalog, schemas []string) []Table {
	var out []Table
	for t := range c.Tables() {
		if !slices.Contains(schemas, t.Schema) || t.Kind == catalog.SequenceRel {
			continue
		}
		line := Table{Table: t}
		for _, role := range Roles {
			access := make([]Access, len(Commands))
			for j, cmd := range Commands {
				access[j] = r.access(c, t, role, cmd)
			}
			line.Access = append(line.Access, access)
		}
		out = append(out, line)
	}
	return out
}

func (r Rule) access(c *catalog.Catalog, t *catalog.Table, role string, cmd Command) Access {
	if c.Role(role) == nil || !c.CanSchema(role, t.Schema, catalog.PrivUsage) || !canAny(c, t, role, cmd.Priv) {
		return None
	}
	switch {
	case cmd.Name != "select" && (t.Kind == catalog.MatView || t.Kind == catalog.View && !viewCan(t, cmd.Name)):
		return None
	case !r.Serves(c, t, role):
		return NotServed
	case t.Kind == catalog.View && t.SecurityInvoker && !r.underPolicies(c, t, role):
		return All
	case t.Kind == catalog.View && t.SecurityInvoker:
		return Policied // by the policies of what it reads
	case t.Kind == catalog.View || t.Kind == catalog.MatView:
		return All
	case !t.RLS || c.BypassesRLS(role, t):
		return All
	}
	for _, p := range t.Policies {
		if p.Permissive && (p.Command == "all" || p.Command == cmd.Name) && applies(c, p, role) {
			return Policied
		}
	}
	return None
}

// underPolicies says whether each table whose columns an invoker's view shows has row-level security that binds role.
func (r Rule) underPolicies(c *catalog.Catalog, t *catalog.Table, role string) bool {
	for _, col := range t.ViewColumns {
		base := c.TableByOID(col.Table)
		if base == nil || base == t {
			continue
		}
		if base.Kind == catalog.View && !(base.SecurityInvoker && r.underPolicies(c, base, role)) || base.Kind != catalog.View && (!base.RLS || c.BypassesRLS(role, base)) {
			return false
		}
	}
	return true
}

func viewCan(t *catalog.Table, cmd string) bool {
	switch cmd {
	case "insert":
		return t.Insertable
	case "update":
		return t.Updatable
	}
	return t.Deletable
}

// canAny reports a right on the table or on any column of it.
func canAny(c *catalog.Catalog, t *catalog.Table, role string, p catalog.Privilege) bool {
	if c.Can(role, t, p) {
		return true
	}
	return p != catalog.PrivDelete && slices.ContainsFunc(t.Columns, func(col *catalog.Column) bool { return c.CanColumn(role, t, col, p) })
}

func applies(c *catalog.Catalog, p *catalog.Policy, role string) bool {
	return len(p.Roles) == 0 || slices.ContainsFunc(p.Roles, func(of string) bool { return of == "public" || c.MemberOf(role, of) })
}

// String gives the report's word for an access.
func (a Access) String() string {
	return [...]string{"-", "not served", "by policy", "all rows"}[a]
}

// Summary joins what a role can do into one phrase: "read by policy, write by policy", "read all rows".
func Summary(access []Access) string {
	read, write := access[0], None
	for _, a := range access[1:] {
		write = max(write, a)
	}
	var parts []string
	if read != None {
		parts = append(parts, "read "+read.String())
	}
	if write != None {
		parts = append(parts, "write "+write.String())
	}
	if len(parts) == 0 {
		return "-"
	}
	return strings.Join(parts, ", ")
}
