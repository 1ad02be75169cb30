package catalog

import (
	"slices"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// A handover says what becomes of the roles that objects name: their owner, their access list (of an object that had that owner), the roles of a policy.
type handover struct {
	owner func(string) string
	acl   func(owner string, a ACL) ACL
	roles func([]string) []string
}

func mapped(list []string, f func(string) string) []string {
	out := make([]string, len(list))
	for i, x := range list {
		out[i] = f(x)
	}
	return out
}

// eachOwned gives every object its roles anew.
func (e *Edit) eachOwned(h handover) {
	same := func(owner string, a ACL) (string, ACL, bool) {
		o, n := h.owner(owner), h.acl(owner, a)
		return o, n, o == owner && slices.Equal(a, n) && (a == nil) == (n == nil)
	}
	for s := range e.schemas.values() {
		if o, a, ok := same(s.Owner, s.ACL); !ok {
			n := *s
			n.Owner, n.ACL = o, a
			e.schemas = e.schemas.set(n.Name, &n)
			e.view = nil
			e.st.steps = append(e.st.steps, ChangedSchema{s, &n})
		}
	}
	for t := range e.tables.values() {
		n, changed := t.edited(), false
		if o, a, ok := same(t.Owner, t.ACL); !ok {
			n.Owner, n.ACL, changed = o, a, true
		}
		for i, c := range t.Columns {
			if a := h.acl(t.Owner, c.ACL); !slices.Equal(a, c.ACL) {
				edit(n.Columns, i).ACL, changed = a, true
			}
		}
		for i, p := range t.Policies {
			if roles := h.roles(p.Roles); !slices.Equal(roles, p.Roles) {
				edit(n.Policies, i).Roles, changed = roles, true
			}
		}
		if changed {
			e.setTable(n)
		}
	}
	for q := range e.sequences.values() {
		if o, a, ok := same(q.Owner, q.ACL); !ok {
			n := *q
			n.Owner, n.ACL = o, a
			e.setSequence(&n)
		}
	}
	for f := range e.AllFunctions() {
		if o, a, ok := same(f.Owner, f.ACL); !ok {
			n := *f
			n.Owner, n.ACL = o, a
			e.setFunction(&n)
		}
	}
	for y := range e.types.values() {
		if o, a, ok := same(y.Owner, y.ACL); !ok && y.OID >= FirstUserOID {
			n := *y
			n.Owner, n.ACL = o, a
			e.setType(&n)
		}
	}
	for p := range e.publications.values() {
		if o := h.owner(p.Owner); o != p.Owner {
			n := *p
			n.Owner = o
			e.publications = e.publications.set(n.Name, &n)
			e.view = nil
		}
	}
	for i, d := range e.defaultACLs {
		if o, a, ok := same(d.Owner, d.ACL); !ok {
			e.defaultACLs = slices.Clone(e.defaultACLs)
			e.defaultACLs[i].Owner, e.defaultACLs[i].ACL = o, a
			e.view = nil
		}
	}
	for i, x := range e.settings {
		if o := h.owner(x.Role); x.Role != "" && o != x.Role {
			e.settings = slices.Clone(e.settings)
			e.settings[i].Role = o
			e.view = nil
		}
	}
}

// owned is DROP OWNED BY and REASSIGN OWNED BY.
func (e *Edit) owned(s *sql.Owned) {
	what := "REASSIGN OWNED"
	verb := "reassign"
	if s.To == "" {
		what, verb = "DROP OWNED", "drop"
	}
	e.st.tag = what
	var roles []string
	for _, r := range s.Roles {
		r = e.role(r, s.Pos)
		if !e.owns(e.st.env.Role, r) {
			e.fail(s.Pos, fault.InsufficientPrivilege, "permission denied to %s objects", verb)
		}
		if r == "postgres" {
			e.fail(s.Pos, fault.DependentObjects, "cannot %s objects owned by role %s because they are required by the database system",
				map[string]string{"drop": "drop", "reassign": "reassign ownership of"}[verb], r)
		}
		roles = append(roles, r)
	}
	of := func(role string) bool { return slices.Contains(roles, role) }
	if s.To == "" {
		e.dropOwned(of, s)
		return
	}
	to := e.role(s.To, s.Pos)
	if !e.owns(e.st.env.Role, to) {
		e.fail(s.Pos, fault.InsufficientPrivilege, "permission denied to reassign objects")
	}
	e.eachOwned(handover{
		owner: func(o string) string {
			if of(o) {
				return to
			}
			return o
		},
		acl: func(owner string, a ACL) ACL {
			if of(owner) {
				return a.newOwner(owner, to)
			}
			return a
		},
		roles: func(list []string) []string { return list },
	})
}

// dropOwned drops what roles own, and takes their rights on everything else.
func (e *Edit) dropOwned(of func(string) bool, s *sql.Owned) {
	var gone []addr
	for x := range e.schemas.values() {
		if of(x.Owner) {
			gone = append(gone, addr{oid: x.OID})
		}
	}
	for t := range e.tables.values() {
		if of(t.Owner) {
			gone = append(gone, addr{oid: t.OID})
		}
		for _, p := range t.Policies {
			if len(p.Roles) > 0 && !slices.ContainsFunc(p.Roles, func(r string) bool { return !of(r) }) {
				gone = append(gone, addr{oid: p.OID})
			}
		}
	}
	for q := range e.sequences.values() {
		if of(q.Owner) && q.OwnerTable == 0 {
			gone = append(gone, addr{oid: q.OID})
		}
	}
	for f := range e.AllFunctions() {
		if of(f.Owner) {
			gone = append(gone, addr{oid: f.OID})
		}
	}
	for y := range e.types.values() {
		if of(y.Owner) && y.OID >= FirstUserOID && y.Table == 0 && !(y.Category == 'A' && y.Elem != 0) {
			gone = append(gone, addr{oid: y.OID})
		}
	}
	e.drop(gone, s.Cascade, s.Pos)
	for p := range e.publications.values() {
		if of(p.Owner) {
			e.publications = e.publications.delete(p.Name)
			e.view = nil
		}
	}
	e.defaultACLs = slices.DeleteFunc(slices.Clone(e.defaultACLs), func(d DefaultACL) bool { return of(d.Owner) })
	e.eachOwned(handover{
		owner: func(o string) string { return o },
		acl: func(_ string, a ACL) ACL {
			if a == nil {
				return nil
			}
			return slices.DeleteFunc(slices.Clone(a), func(g Grant) bool { return g.Grantee != "" && of(g.Grantee) })
		},
		roles: func(list []string) []string { return slices.DeleteFunc(slices.Clone(list), of) },
	})
}
