package catalog

import "slices"

// databaseOwner is the predefined role whose one member is the owner of the database: the role postgres.
const databaseOwner = "pg_database_owner"

// MemberOf says whether role has the rights of another: it is itself, a superuser, or a member directly or through others.
func (c *facts) MemberOf(role, of string) bool {
	r := c.Role(role)
	return role == of || r != nil && (r.Super || c.memberOf(r, of, nil))
}

func (c *facts) memberOf(r *Role, of string, seen []string) bool {
	if of == databaseOwner && r.Name == "postgres" {
		return true
	}
	for _, m := range r.MemberOf {
		if m == of {
			return true
		}
		if slices.Contains(seen, m) {
			continue
		}
		seen = append(seen, m)
		if up := c.Role(m); up != nil && c.memberOf(up, of, seen) {
			return true
		}
	}
	return false
}

// AdminOf says whether role may give another to others: it is a superuser, or it has the admin option itself or by a role that it is a member of.
func (c *facts) AdminOf(role, of string) bool {
	r := c.Role(role)
	if r == nil || r.Super {
		return r != nil
	}
	for x := range c.roles.values() {
		if slices.Contains(x.AdminOf, of) && c.MemberOf(role, x.Name) {
			return true
		}
	}
	return false
}

// Inherits is MemberOf through roles that inherit, which is what privileges flow along; NOINHERIT stops at the role that has it.
func (c *facts) Inherits(role, of string) bool {
	if role == of {
		return true
	}
	if of == databaseOwner {
		return c.Inherits(role, "postgres")
	}
	r := c.Role(role)
	if r == nil || !r.Inherit {
		return false
	}
	for _, m := range r.MemberOf {
		if m == of || m != role && c.Inherits(m, of) {
			return true
		}
	}
	return false
}

// can says whether role holds all of want, by acl or as owner or superuser. An object's default when acl is nil: its owner may do
// everything, PUBLIC has public. An owner may always grant.
func (c *facts) can(role, owner string, acl ACL, public, want Privilege) bool {
	if r := c.Role(role); r != nil && r.Super {
		return true
	}
	if want&GrantOption != 0 {
		var may Privilege
		for _, g := range acl {
			if g.Grantee == "" || c.Inherits(role, g.Grantee) {
				may |= g.Option
			}
		}
		return want&^GrantOption&^may == 0 || c.Inherits(role, owner)
	}
	var have Privilege
	if acl == nil {
		have = public
		if c.Inherits(role, owner) {
			return true
		}
	}
	for _, g := range acl {
		if g.Grantee == "" || c.Inherits(role, g.Grantee) {
			have |= g.Privs
		}
	}
	return want&^have == 0
}

// Can says whether role has the right on the whole table (all of them when p has several).
func (c *facts) Can(role string, t *Table, p Privilege) bool {
	if c.can(role, t.Owner, t.ACL, 0, p) {
		return true
	}
	const written = PrivInsert | PrivUpdate | PrivDelete
	return p&^PrivSelect == 0 && c.Inherits(role, "pg_read_all_data") || p&^written == 0 && c.Inherits(role, "pg_write_all_data")
}

// CanColumn says whether role has the right on the column, by itself or through the whole table.
func (c *facts) CanColumn(role string, t *Table, col *Column, p Privilege) bool {
	return c.Can(role, t, p) || col.ACL != nil && c.can(role, t.Owner, append(slices.Clip(t.ACL), col.ACL...), 0, p)
}

// CanAnyColumn says whether role has the right on the table or on at least one column.
func (c *facts) CanAnyColumn(role string, t *Table, p Privilege) bool {
	return c.Can(role, t, p) || slices.ContainsFunc(t.Columns, func(col *Column) bool { return c.CanColumn(role, t, col, p) })
}

// CanSchema says whether role has the right on the schema; false when there is none.
func (c *facts) CanSchema(role, schema string, p Privilege) bool {
	s := c.Schema(schema)
	if s == nil {
		return Temporary(schema)
	}
	return c.can(role, s.Owner, s.ACL, 0, p) ||
		p == PrivUsage && (c.Inherits(role, "pg_read_all_data") || c.Inherits(role, "pg_write_all_data"))
}

// CanExecute says whether role may call the function.
func (c *facts) CanExecute(role string, f *Function) bool { return c.CanFunction(role, f, PrivExecute) }

// CanFunction says whether role has the right on the function.
func (c *facts) CanFunction(role string, f *Function, p Privilege) bool {
	return c.can(role, f.Owner, f.ACL, PrivExecute, p)
}

// CanSequence says whether role has the right on the sequence.
func (c *facts) CanSequence(role string, s *Sequence, p Privilege) bool {
	return c.can(role, s.Owner, s.ACL, 0, p)
}

// CanType says whether role has the right on the type.
func (c *facts) CanType(role string, t *Type, p Privilege) bool {
	if t.Elem != 0 && t.Category == 'A' {
		t = c.Type(t.Elem)
	}
	return c.can(role, t.Owner, t.ACL, PrivUsage, p)
}

// BypassesRLS says whether the policies of t do not hold for role: a superuser, a role with BYPASSRLS, or the owner of a table that
// does not force them.
func (c *facts) BypassesRLS(role string, t *Table) bool {
	r := c.Role(role)
	if r != nil && (r.Super || r.BypassRLS) {
		return true
	}
	return !t.ForceRLS && c.Inherits(role, t.Owner)
}

// owns says whether role may alter an object of owner.
func (c *facts) owns(role, owner string) bool {
	r := c.Role(role)
	return r != nil && r.Super || c.Inherits(role, owner)
}
