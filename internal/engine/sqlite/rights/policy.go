package rights

import (
	"slices"
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/analyze"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/tree"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// police attaches to r, a table of q, the policies that hold for how q uses it.
func (a *attacher) police(q *tree.Query, r *tree.Rel) error {
	r.Policed = true
	t := r.Table
	role := a.as(r.Role)
	if !t.RLS || t.Kind == catalog.MatView || a.cat.BypassesRLS(role, t) {
		return nil
	}
	p := &policing{a: a, q: q, r: r, role: role}
	command := tree.Select
	if q.Target == r {
		command = q.Command
	}
	switch command {
	case tree.Select:
		if r.Locked {
			p.quals("update")
		}
		p.quals("select")
	case tree.Update, tree.Delete:
		name := "update"
		if command == tree.Delete {
			name = "delete"
		}
		if r.NeedsSelect {
			p.quals("select")
		}
		p.quals(name)
		if command == tree.Update {
			p.checks("update", tree.OnUpdated, false)
			if r.NeedsSelect {
				p.checks("select", tree.OnUpdated, true)
			}
		}
	case tree.Insert:
		p.checks("insert", tree.OnInserted, false)
		if r.NeedsSelect {
			p.checks("select", tree.OnInserted, true)
		}
		if c := q.Conflict; c != nil && c.DoUpdate {
			p.checks("update", tree.OnConflictExisting, true)
			if r.NeedsSelect {
				p.checks("select", tree.OnConflictExisting, true)
			}
			p.checks("update", tree.OnUpdated, false)
			if r.NeedsSelect {
				p.checks("select", tree.OnUpdated, true)
			}
		}
	case tree.Merge:
		if r.NeedsSelect {
			p.quals("select")
		}
		// Those of all actions, though the statement may have some only.
		p.checks("update", tree.OnMergeUpdateExisting, true)
		p.checks("update", tree.OnUpdated, false)
		if r.NeedsSelect {
			p.checks("select", tree.OnUpdated, true)
		}
		p.checks("delete", tree.OnMergeDeleteExisting, true)
		p.checks("insert", tree.OnInserted, false)
		if r.NeedsSelect && len(q.Targets) > 0 {
			p.checks("select", tree.OnInserted, true)
		}
	}
	if p.err != nil {
		return p.err
	}
	return p.open()
}

// policing is the attaching of policies to one Rel.
type policing struct {
	leaner
	a         *attacher
	q         *tree.Query
	r         *tree.Rel
	role      string
	newChecks []tree.Check
	queries   bool // one of the policies that hold has a query in it, in USING or in WITH CHECK
	err       error
}

// applicable are the policies of the table for a command and the role; restrictive ones by name.
func (p *policing) applicable(command string) (permissive, restrictive []*catalog.Policy) {
	for _, x := range p.r.Table.Policies {
		if x.Command != "all" && x.Command != command {
			continue
		}
		if len(x.Roles) > 0 && !slices.ContainsFunc(x.Roles, func(role string) bool { return role == "public" || p.a.cat.MemberOf(p.role, role) }) {
			continue
		}
		if x.Permissive {
			permissive = append(permissive, x)
		} else {
			restrictive = append(restrictive, x)
		}
	}
	slices.SortStableFunc(restrictive, func(x, y *catalog.Policy) int { return strings.Compare(x.Name, y.Name) })
	return permissive, restrictive
}

// quals adds the USING conditions of a command's policies to what may be read.
func (p *policing) quals(command string) {
	permissive, restrictive := p.applicable(command)
	open := p.resolveAll(permissive, false)
	if len(open) == 0 {
		p.addQual(falseExpr())
		return
	}
	for _, x := range restrictive {
		if x.Using != nil {
			p.addQual(p.lean(p.resolve(x, x.Using)))
		}
	}
	p.addQual(p.lean(or(open)))
}

func (p *policing) addQual(e tree.Expr) {
	if e != nil && !slices.ContainsFunc(p.r.Quals, func(x tree.Expr) bool { return tree.Equal(x, e) }) {
		p.r.Quals = append(p.r.Quals, e)
	}
}

// checks adds the WITH CHECK conditions of a command's policies; using takes USING even where there is a WITH CHECK.
func (p *policing) checks(command string, on tree.CheckOn, using bool) {
	permissive, restrictive := p.applicable(command)
	table := p.r.Table.Name
	say := func(policy string) error {
		subject, where := "new row", ""
		switch on {
		case tree.OnConflictExisting:
			where = " (USING expression)"
		case tree.OnMergeUpdateExisting, tree.OnMergeDeleteExisting:
			subject, where = "target row", " (USING expression)"
		}
		if policy != "" {
			return fault.New(fault.InsufficientPrivilege, `%s violates row-level security policy "%s"%s for table "%s"`, subject, policy, where, table)
		}
		return fault.New(fault.InsufficientPrivilege, `%s violates row-level security policy%s for table "%s"`, subject, where, table)
	}
	open := p.resolveAll(permissive, !using)
	if len(open) == 0 {
		p.addCheck(tree.Check{Expr: falseExpr(), On: on, Err: say("")})
		return
	}
	p.addCheck(tree.Check{Expr: p.lean(or(open)), On: on, Err: say("")})
	for _, x := range restrictive {
		e := x.Using
		if !using && x.Check != nil {
			e = x.Check
		}
		if e != nil {
			p.addCheck(tree.Check{Expr: p.lean(p.resolve(x, e)), On: on, Err: say(x.Name)})
		}
	}
}

func (p *policing) addCheck(c tree.Check) {
	if c.Expr == nil {
		return
	}
	for i, x := range p.newChecks {
		// What comes first decides which policy is named: c cannot go before one that stands for the same rows.
		later := slices.ContainsFunc(p.newChecks[i+1:], func(y tree.Check) bool { return y.On&c.On != 0 })
		if x.Err.Error() == c.Err.Error() && tree.Equal(x.Expr, c.Expr) && (x.On&c.On == c.On || !later) {
			p.newChecks[i].On |= c.On
			return
		}
	}
	p.newChecks = append(p.newChecks, c)
}

// resolveAll resolves the USING or, where check is set and there is one, the WITH CHECK of policies.
func (p *policing) resolveAll(list []*catalog.Policy, check bool) []tree.Expr {
	var out []tree.Expr
	for _, x := range list {
		e := x.Using
		if check && x.Check != nil {
			e = x.Check
		}
		if e == nil {
			continue
		}
		if y := p.resolve(x, e); y != nil {
			out = append(out, y)
		}
	}
	return out
}

// resolve analyses e, an expression of policy x, over the policed Rel.
func (p *policing) resolve(x *catalog.Policy, e sql.Expr) tree.Expr {
	if p.err != nil {
		return nil
	}
	p.queries = p.queries || holdsQuery(x.Using) || holdsQuery(x.Check)
	// Reading a column in a policy needs no privilege: the marks go to a stand-in.
	stand := *p.r
	stand.Quals, stand.Read = nil, tree.ColumnSet{}
	stand.Alias = p.r.Table.Name
	stand.Columns = nil
	for _, c := range p.r.Table.Columns {
		stand.Columns = append(stand.Columns, tree.RelColumn{Name: c.Name, Type: c.Type})
	}
	env := &analyze.Env{Path: storedPath, Role: p.r.Role, CallRole: p.a.caller, FixedParams: true}
	cond, err := analyze.Condition(p.a.cat, env, e, analyze.InPolicy, "POLICY", &stand)
	if err != nil {
		p.err = err
		return nil
	}
	return tree.CloneExpr(cond, map[*tree.Rel]*tree.Rel{&stand: p.r})
}

// holdsQuery says whether an expression has a query in it.
func holdsQuery(e sql.Expr) bool {
	found := false
	if e != nil {
		sql.Walk(e, func(n sql.Node) bool {
			if _, ok := n.(*sql.SubLink); ok {
				found = true
			}
			return !found
		})
	}
	return found
}

// open treats the queries inside the attached policies. A table whose policies are being opened may not come up again with policies that hold queries: PostgreSQL
// looks at the whole of each policy, both its conditions, though one alone may hold for the command.
func (p *policing) open() error {
	a, r := p.a, p.r
	each := func(f func(*tree.Expr) error) error {
		for i := range r.Quals {
			if err := f(&r.Quals[i]); err != nil {
				return err
			}
		}
		for i := range p.newChecks {
			if err := f(&p.newChecks[i].Expr); err != nil {
				return err
			}
		}
		return nil
	}
	if p.queries && slices.Contains(a.policed, r.Table) {
		return fault.New(fault.InvalidObjectDefinition, `infinite recursion detected in policy for relation "%s"`, r.Table.Name)
	}
	a.policed = append(a.policed, r.Table)
	defer func() { a.policed = a.policed[:len(a.policed)-1] }()
	// What is not looked at needs no rights, but may not refer to itself.
	refused := a.refused
	for _, e := range p.dropped {
		if _, err := a.expr(e); fault.Code(err) == fault.InvalidObjectDefinition {
			return err
		}
	}
	a.refused = refused
	err := each(func(e *tree.Expr) error {
		x, err := a.expr(*e)
		if err == nil {
			*e = x
		}
		return err
	})
	p.q.Checks = append(p.newChecks, p.q.Checks...) // before the check options of views
	return err
}

func or(list []tree.Expr) tree.Expr {
	if len(list) == 1 {
		return list[0]
	}
	return &tree.Bool{Op: sql.Or, Args: list}
}

func falseExpr() tree.Expr {
	return &tree.Const{Value: value.Bool(false), Typ: tree.Type{OID: catalog.BoolOID, Mod: -1}}
}
