package exposure

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/mainstay-dev/mainstay/internal/catalog"
)

// Audit is everything that the roles of the API can reach, in a form that is kept and compared.
type Audit struct {
	Version   int        `json:"version"` // of this form
	Relations []Relation `json:"relations"`
	Functions []Function `json:"functions"`
	Findings  []Finding  `json:"findings"`
}

// auditVersion is the form that Audit has. A baseline of another one is refused.
const auditVersion = 1

// Relation is a table or view, and what each role can do with it.
type Relation struct {
	Name  string           `json:"name"`
	Kind  string           `json:"kind"` // table, view, materialized view, foreign table
	Reach map[string]Reach `json:"reach"`
}

// Reach is what a role can do, by command.
type Reach map[string]Way

// Way is how far a command goes.
type Way struct {
	Rows    string   `json:"rows"`              // not served, by policy, all rows
	Columns []string `json:"columns,omitempty"` // those that the role has the right to
	// Policies are the conditions that decide, each with its name; those that take rows away begin with "restrictive".
	Policies []string `json:"policies,omitempty"`
}

// Function is a function that the API serves, and who may call it.
type Function struct {
	Name    string   `json:"name"` // with the types of its parameters
	Definer bool     `json:"definer"`
	Callers []string `json:"callers"`
}

// Audit says what each role can reach of the exposed schemas, and what in it is probably a mistake.
func (r Rule) Audit(c *catalog.Catalog, schemas []string) *Audit {
	a := &Audit{Version: auditVersion, Relations: []Relation{}, Functions: []Function{}, Findings: []Finding{}}
	for _, line := range r.Report(c, schemas) {
		t := line.Table
		rel := Relation{Name: t.Schema + "." + t.Name, Kind: kindOf(t), Reach: map[string]Reach{}}
		for i, role := range Roles {
			reach := Reach{}
			for j, cmd := range Commands {
				if line.Access[i][j] != None {
					reach[cmd.Name] = r.way(c, t, role, cmd, line.Access[i][j])
				}
			}
			if len(reach) > 0 {
				rel.Reach[role] = reach
			}
		}
		a.Relations = append(a.Relations, rel)
	}
	for f := range c.AllFunctions() {
		if !served(f, schemas) {
			continue
		}
		line := Function{Name: signature(c, f), Definer: f.Definer, Callers: []string{}}
		for _, role := range Roles {
			if c.Role(role) != nil && c.CanSchema(role, f.Schema, catalog.PrivUsage) && c.CanExecute(role, f) {
				line.Callers = append(line.Callers, role)
			}
		}
		a.Functions = append(a.Functions, line)
	}
	slices.SortFunc(a.Functions, func(x, y Function) int { return cmp.Compare(x.Name, y.Name) })
	a.Findings = append(a.Findings, r.mistakes(c, schemas)...)
	return a
}

// served says whether clients can call a function by its name.
func served(f *catalog.Function, schemas []string) bool {
	return slices.Contains(schemas, f.Schema) && !f.Extension && f.Kind != catalog.AggregateFunction && f.Kind != catalog.WindowFunction && f.Returns.OID != catalog.TriggerOID
}

func (r Rule) way(c *catalog.Catalog, t *catalog.Table, role string, cmd Command, access Access) Way {
	w := Way{Rows: access.String()}
	if cmd.Name != "delete" {
		for _, col := range t.Columns {
			if c.CanColumn(role, t, col, cmd.Priv) {
				w.Columns = append(w.Columns, col.Name)
			}
		}
	}
	if access != Policied {
		return w
	}
	for _, p := range t.Policies {
		if (p.Command == "all" || p.Command == cmd.Name) && applies(c, p, role) {
			w.Policies = append(w.Policies, condition(p))
		}
	}
	slices.Sort(w.Policies)
	return w
}

// condition is a policy as a line of text.
func condition(p *catalog.Policy) string {
	s := p.Name + ":"
	if !p.Permissive {
		s = "restrictive " + s
	}
	if p.UsingText != "" {
		s += " using (" + oneLine(p.UsingText) + ")"
	}
	if p.CheckText != "" {
		s += " with check (" + oneLine(p.CheckText) + ")"
	}
	return s
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

func kindOf(t *catalog.Table) string {
	switch t.Kind {
	case catalog.View:
		return "view"
	case catalog.MatView:
		return "materialized view"
	case catalog.ForeignTable:
		return "foreign table"
	}
	return "table"
}

func signature(c *catalog.Catalog, f *catalog.Function) string {
	var args []string
	for _, a := range f.ArgTypes() {
		args = append(args, c.TypeString(catalog.TypeRef{OID: a, Mod: -1}))
	}
	return f.Schema + "." + f.Name + "(" + strings.Join(args, ", ") + ")"
}

// Worse lists what more can be reached than in a baseline, one sentence each. Where conditions of policies have changed it cannot be known whether more rows pass:
// then it is listed, too, and a person decides. A restriction more, or a permission less, is not.
func (a *Audit) Worse(base *Audit) ([]string, error) {
	if base.Version != a.Version {
		return nil, fmt.Errorf("the baseline has form %d, and this program writes form %d: make it anew", base.Version, a.Version)
	}
	var out []string
	before := map[string]Relation{}
	for _, rel := range base.Relations {
		before[rel.Name] = rel
	}
	for _, rel := range a.Relations {
		for _, role := range Roles {
			for _, cmd := range Commands {
				now, ok := rel.Reach[role][cmd.Name]
				if !ok {
					continue
				}
				was := before[rel.Name].Reach[role][cmd.Name] // none: the zero Way
				for _, what := range now.beyond(was) {
					out = append(out, fmt.Sprintf("%s can %s %s: %s", role, cmd.Name, rel.Name, what))
				}
			}
		}
	}
	callers := map[string]Function{}
	for _, f := range base.Functions {
		callers[f.Name] = f
	}
	for _, f := range a.Functions {
		was := callers[f.Name]
		for _, role := range f.Callers {
			switch {
			case !slices.Contains(was.Callers, role) && f.Definer:
				out = append(out, fmt.Sprintf("%s can call %s, with its owner's rights", role, f.Name))
			case !slices.Contains(was.Callers, role):
				out = append(out, fmt.Sprintf("%s can call %s", role, f.Name))
			case f.Definer && !was.Definer:
				out = append(out, fmt.Sprintf("%s calls %s with its owner's rights", role, f.Name))
			}
		}
	}
	return out, nil
}

// rank orders what Way.Rows says.
var rank = map[string]Access{"": None, NotServed.String(): NotServed, Policied.String(): Policied, All.String(): All}

func (w Way) beyond(was Way) []string {
	if rank[w.Rows] <= NotServed {
		return nil // nothing is reached
	}
	if rank[was.Rows] < rank[w.Rows] {
		before := was.Rows
		if rank[was.Rows] == None {
			before = "nothing"
		}
		return []string{w.Rows + ", before: " + before}
	}
	var out []string
	for _, c := range w.Columns {
		if !slices.Contains(was.Columns, c) {
			out = append(out, "column "+c)
		}
	}
	if w.Rows != was.Rows {
		return out // fewer rows
	}
	for _, p := range w.Policies {
		if !strings.HasPrefix(p, "restrictive ") && !slices.Contains(was.Policies, p) {
			out = append(out, "by a new condition, "+p)
		}
	}
	for _, p := range was.Policies {
		if strings.HasPrefix(p, "restrictive ") && !slices.Contains(w.Policies, p) {
			out = append(out, "without the condition, "+p)
		}
	}
	return out
}

// Text is the audit for people.
func (a *Audit) Text() string {
	var b strings.Builder
	for _, rel := range a.Relations {
		fmt.Fprintf(&b, "%s %s\n", rel.Kind, rel.Name)
		if len(rel.Reach) == 0 {
			b.WriteString("  nobody\n")
		}
		for _, role := range Roles {
			reach := rel.Reach[role]
			for _, cmd := range Commands {
				w, ok := reach[cmd.Name]
				if !ok {
					continue
				}
				fmt.Fprintf(&b, "  %-13s %-6s %s", role, cmd.Name, w.Rows)
				if some := len(w.Columns); some > 0 && some < a.most(rel) {
					fmt.Fprintf(&b, " (%s)", strings.Join(w.Columns, ", "))
				}
				b.WriteByte('\n')
				for _, p := range w.Policies {
					fmt.Fprintf(&b, "  %-20s   %s\n", "", p)
				}
			}
		}
	}
	for _, f := range a.Functions {
		rights := ""
		if f.Definer {
			rights = " (with its owner's rights)"
		}
		who := strings.Join(f.Callers, ", ")
		if who == "" {
			who = "nobody"
		}
		fmt.Fprintf(&b, "function %s%s\n  %s\n", f.Name, rights, who)
	}
	for _, f := range a.Findings {
		fmt.Fprintf(&b, "%s", f.text())
	}
	return b.String()
}

// most is the largest number of columns that anybody can reach of a relation: whoever reaches as many has no columns listed.
func (a *Audit) most(rel Relation) int {
	n := 0
	for reach := range maps.Values(rel.Reach) {
		for w := range maps.Values(reach) {
			n = max(n, len(w.Columns))
		}
	}
	return n
}
