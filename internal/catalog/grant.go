package catalog

import (
	"math/bits"
	"slices"
	"strconv"
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

var privilegeBits = map[string]Privilege{
	"select": PrivSelect, "insert": PrivInsert, "update": PrivUpdate, "delete": PrivDelete, "truncate": PrivTruncate, "references": PrivReferences,
	"trigger": PrivTrigger, "execute": PrivExecute, "usage": PrivUsage, "create": PrivCreate, "connect": PrivConnect, "temporary": PrivTemp, "temp": PrivTemp,
	"maintain": PrivMaintain,
}

// privilegeNames are the rights in the order of their bits.
var privilegeNames = []string{"select", "insert", "update", "delete", "truncate", "references", "trigger", "execute", "usage", "create", "connect", "temporary", "maintain"}

// allPrivs is what ALL means for a kind, and what its owner and PUBLIC have by default.
func allPrivs(kind sql.ObjectKind) (all, public Privilege) {
	switch kind {
	case sql.KindTable, sql.KindView, sql.KindMatView:
		return AllTablePrivs, 0
	case sql.KindSequence:
		return AllSequencePrivs, 0
	case sql.KindFunction, sql.KindProcedure, sql.KindRoutine, sql.KindAggregate:
		return PrivExecute, PrivExecute
	case sql.KindType, sql.KindDomain:
		return PrivUsage, PrivUsage
	case sql.KindSchema:
		return AllSchemaPrivs, 0
	case sql.KindColumn:
		return AllColumnPrivs, 0
	}
	return 0, 0
}

// initialACL is the access list that nil stands for.
func initialACL(kind sql.ObjectKind, owner string) ACL {
	all, public := allPrivs(kind)
	var a ACL
	if public != 0 {
		a = append(a, Grant{Grantor: owner, Privs: public})
	}
	if kind != sql.KindColumn {
		a = append(a, Grant{Grantee: owner, Grantor: owner, Privs: all})
	}
	return a
}

// with adds a grant to the list.
func (a ACL) with(g Grant) ACL {
	out := slices.Clone(a)
	for i := range out {
		if out[i].Grantee == g.Grantee && out[i].Grantor == g.Grantor {
			out[i].Privs |= g.Privs
			out[i].Option |= g.Option
			return out
		}
	}
	return append(out, g)
}

// without takes rights (or only the options to grant them) from a grantee, and with cascade from those who got them from it. It is
// false when others hold them from it and cascade was not said.
func (a ACL) without(g Grant, optionOnly, cascade bool) (ACL, bool) {
	out := make(ACL, 0, len(a))
	lostOption := Privilege(0)
	for _, x := range a {
		if x.Grantee == g.Grantee && x.Grantor == g.Grantor {
			lostOption |= x.Option & g.Privs
			x.Option &^= g.Privs
			if !optionOnly {
				x.Privs &^= g.Privs
			}
		}
		if x.Privs != 0 {
			out = append(out, x)
		}
	}
	lostOption &^= out.options(g.Grantee) // others may have given it, too
	for _, x := range out {
		if lostOption != 0 && x.Grantor == g.Grantee && x.Privs&lostOption != 0 {
			if !cascade {
				return nil, false
			}
			var ok bool
			if out, ok = out.without(Grant{Grantee: x.Grantee, Grantor: x.Grantor, Privs: lostOption}, false, true); !ok {
				return nil, false
			}
		}
	}
	return out, true
}

// granting is one GRANT or REVOKE with its names resolved.
type granting struct {
	e        *Edit
	s        *sql.Grant
	kind     sql.ObjectKind
	roles    []string // "" is PUBLIC
	privs    Privilege
	colPrivs map[string]Privilege
}

func (e *Edit) grant(s *sql.Grant) {
	e.st.tag = "GRANT"
	if s.Revoke {
		e.st.tag = "REVOKE"
	}
	g := &granting{e: e, s: s, kind: s.Kind}
	g.roles = e.grantees(s.Roles, s.Pos)
	if slices.Contains(g.roles, "") && s.GrantOption && !s.Revoke {
		e.fail(s.Pos, "0LP01", "grant options can only be granted to roles")
	}
	if s.GrantedBy != "" && e.role(s.GrantedBy, s.Pos) != e.st.env.Role {
		e.fail(s.Pos, fault.FeatureNotSupported, "grantor must be current user")
	}
	switch s.Kind {
	case sql.KindDatabase, sql.KindLanguage, sql.KindOther:
		return // rights on the database, on languages and on settings are the server's business
	}
	g.resolve()
	for _, o := range s.Objects {
		if s.AllInSchema {
			g.allIn(e.schema(o.Name.Name, o.Name.Pos).Name)
		} else {
			g.object(o)
		}
	}
}

func (e *Edit) grantees(names []string, pos sql.Pos) []string {
	out := make([]string, len(names))
	for i, r := range names {
		if r != "public" {
			out[i] = e.role(r, pos)
		}
	}
	return out
}

func (g *granting) resolve() {
	all, _ := allPrivs(g.kind)
	for _, p := range g.s.Privileges {
		var named Privilege
		if p.Name == "all" {
			named = all
			if len(p.Columns) > 0 {
				named = AllColumnPrivs
			}
		} else {
			named = privilegeBits[p.Name]
			allowed := all
			if len(p.Columns) > 0 {
				allowed = AllColumnPrivs
			}
			if named == PrivMaintain {
				named = 0 // PostgreSQL 17's right to run maintenance has nothing to allow
				allowed = 0
			} else if named == 0 {
				g.e.fail(g.s.Pos, fault.SyntaxError, "unrecognized privilege type %q", p.Name)
			}
			// GRANT … ON TABLE may name a sequence: USAGE is checked per object.
			if named&^allowed != 0 && !(g.kind == sql.KindTable && len(p.Columns) == 0 && named == PrivUsage) {
				if len(p.Columns) > 0 {
					g.e.fail(g.s.Pos, "0LP01", "invalid privilege type %s for column", strings.ToUpper(p.Name))
				}
				g.e.fail(g.s.Pos, "0LP01", "invalid privilege type %s for %s", strings.ToUpper(p.Name), kindForGrant(g.kind))
			}
		}
		if len(p.Columns) == 0 {
			g.privs |= named
			continue
		}
		if g.colPrivs == nil {
			g.colPrivs = map[string]Privilege{}
		}
		for _, c := range p.Columns {
			g.colPrivs[c] |= named
		}
	}
	if len(g.s.Privileges) == 0 {
		g.privs = all
	}
}

func kindForGrant(k sql.ObjectKind) string {
	if k == sql.KindTable {
		return "relation"
	}
	return string(k)
}

func (g *granting) allIn(schema string) {
	e := g.e
	for _, o := range e.membersOf(schema) {
		switch g.kind {
		case sql.KindTable:
			if t := e.TableByOID(o.oid); t != nil {
				g.table(t)
			}
		case sql.KindSequence:
			if q := e.SequenceByOID(o.oid); q != nil {
				g.sequence(q)
			}
		default:
			if f := e.FunctionByOID(o.oid); f != nil && (g.kind == sql.KindRoutine || (g.kind == sql.KindProcedure) == (f.Kind == Procedure)) {
				g.function(f)
			}
		}
	}
}

func (g *granting) object(o sql.DropObject) {
	e := g.e
	switch g.kind {
	case sql.KindTable, sql.KindView, sql.KindMatView:
		if q := e.FindSequence(e.st.env.SearchPath, o.Name); q != nil && e.FindTable(e.st.env.SearchPath, o.Name) == nil {
			g.sequence(q)
			return
		}
		g.table(e.relation(o.Name, false))
	case sql.KindSequence:
		q := e.FindSequence(e.st.env.SearchPath, o.Name)
		if q == nil {
			if t := e.relation(o.Name, false); t != nil {
				e.fail(o.Name.Pos, fault.WrongObjectType, "%q is not a sequence", t.Name)
			}
		}
		g.sequence(q)
	case sql.KindFunction, sql.KindProcedure, sql.KindRoutine, sql.KindAggregate:
		if !g.s.Revoke && e.ofExtension(o.Name) {
			return // everybody may call it anyhow; dumps are full of such grants
		}
		g.function(e.function(g.kind, o.Name, o.Args, false))
	case sql.KindSchema:
		s := e.schema(o.Name.Name, o.Name.Pos)
		n := *s
		n.ACL = g.change(sql.KindSchema, s.ACL, s.Owner, g.privs, "schema", s.Name)
		e.schemas = e.schemas.set(n.Name, &n)
		e.view = nil
		e.st.steps = append(e.st.steps, ChangedSchema{s, &n})
	case sql.KindType, sql.KindDomain:
		y := e.typeByName(o.Name)
		n := *y
		n.ACL = g.change(sql.KindType, y.ACL, y.Owner, g.privs, "type", y.Name)
		e.setType(&n)
	default:
		raise(fault.Unsupported("GRANT ON "+strings.ToUpper(string(g.kind)), ""), g.s.Pos)
	}
}

func (g *granting) table(t *Table) {
	e := g.e
	if g.privs&PrivUsage != 0 {
		e.fail(g.s.Pos, "0LP01", "invalid privilege type USAGE for table")
	}
	n := t.edited()
	if g.privs != 0 {
		n.ACL = g.change(sql.KindTable, t.ACL, t.Owner, g.privs, "table", t.Name)
		if g.s.Revoke { // a right revoked from the table goes from its columns too
			for i, c := range n.Columns {
				if c.ACL != nil && g.privs&AllColumnPrivs != 0 {
					edit(n.Columns, i).ACL = g.column(t, c, g.privs&AllColumnPrivs)
				}
			}
		}
	}
	for name, privs := range g.colPrivs {
		i := n.ColumnIndex(name)
		if i < 0 {
			e.fail(g.s.Pos, fault.UndefinedColumn, "column %q of relation %q does not exist", name, t.Name)
		}
		c := edit(n.Columns, i)
		if c.ACL = g.column(t, c, privs); len(c.ACL) == 0 {
			c.ACL = nil
		}
	}
	e.setTable(n)
}

// column gives a column's list after the grant. Who may grant a right on the table may grant it on the column.
func (g *granting) column(t *Table, c *Column, privs Privilege) ACL {
	table := t.ACL
	if table == nil {
		table = initialACL(sql.KindTable, t.Owner)
	}
	shown := "column " + strconv.Quote(c.Name) + " of relation " + strconv.Quote(t.Name)
	grantor, may := g.grantor(append(slices.Clip(table), c.ACL...), t.Owner, privs, shown, shown)
	return g.by(grantor, may, c.ACL, t.Owner)
}

func (g *granting) sequence(q *Sequence) {
	privs := g.privs
	if g.kind == sql.KindTable { // GRANT … ON TABLE of a sequence
		if privs == AllTablePrivs {
			privs = AllSequencePrivs
		}
		privs &= AllSequencePrivs
	}
	n := *q
	n.ACL = g.change(sql.KindSequence, q.ACL, q.Owner, privs, "sequence", q.Name)
	g.e.setSequence(&n)
}

func (g *granting) function(f *Function) {
	n := *f
	n.ACL = g.change(sql.KindFunction, f.ACL, f.Owner, g.privs, "function", f.Name)
	g.e.setFunction(&n)
}

// change gives the list after the grant.
func (g *granting) change(kind sql.ObjectKind, acl ACL, owner string, privs Privilege, word, name string) ACL {
	if acl == nil {
		acl = initialACL(kind, owner)
	}
	grantor, may := g.grantor(acl, owner, privs, word+" "+name, strconv.Quote(name))
	return g.by(grantor, may, acl, owner)
}

// grantor says as whom the rights are granted, and which of them. It is the owner for whoever has the owner's rights, else the role with the most of the
// options that are needed. A role that holds none may not; one that holds some of the rights grants those.
func (g *granting) grantor(acl ACL, owner string, privs Privilege, denied, shown string) (string, Privilege) {
	e := g.e
	if e.owns(e.st.env.Role, owner) {
		return owner, privs
	}
	grantor, may := e.bestGrantor(acl, privs)
	if may == 0 && !slices.ContainsFunc(acl, func(x Grant) bool { return x.Privs != 0 && (x.Grantee == "" || e.Inherits(e.st.env.Role, x.Grantee)) }) {
		e.fail(g.s.Pos, fault.InsufficientPrivilege, "permission denied for %s", denied)
	}
	all := len(g.s.Privileges) == 1 && g.s.Privileges[0].Name == "all"
	if may == 0 || may != privs && !all {
		share, verb, code := "no", "were granted", "01007"
		if g.s.Revoke {
			verb, code = "could be revoked", "01006"
		}
		if may != 0 {
			share = "not all"
		}
		e.st.notices = append(e.st.notices, Notice{Severity: "WARNING", Code: code, Message: share + " privileges " + verb + " for " + shown})
	}
	return grantor, may
}

// by gives the list after the grant of rights as grantor.
func (g *granting) by(grantor string, may Privilege, acl ACL, owner string) ACL {
	e := g.e
	if may == 0 {
		return acl
	}
	for _, r := range g.roles {
		x := Grant{Grantee: r, Grantor: grantor, Privs: may}
		if !g.s.Revoke {
			if g.s.GrantOption {
				x.Option = may
				if !acl.grantable(x, owner) {
					e.fail(g.s.Pos, "0LP01", "grant options cannot be granted back to your own grantor")
				}
			}
			acl = acl.with(x)
			continue
		}
		var ok bool
		if acl, ok = acl.without(x, g.s.GrantOption, g.s.Cascade); !ok {
			raise(fault.New(fault.DependentObjects, "dependent privileges exist").WithHint("Use CASCADE to revoke them too."), g.s.Pos)
		}
	}
	if acl == nil {
		acl = ACL{}
	}
	return acl
}

// bestGrantor is the role, among those whose rights the current one has, that may grant the most of privs, and what it may: itself where others have no more.
func (e *Edit) bestGrantor(acl ACL, privs Privilege) (string, Privilege) {
	grantor := e.st.env.Role
	best := acl.options(grantor) & privs
	for _, x := range acl {
		if x.Grantee == "" || !e.Inherits(e.st.env.Role, x.Grantee) {
			continue
		}
		if have := acl.options(x.Grantee) & privs; bits.OnesCount32(uint32(have)) > bits.OnesCount32(uint32(best)) {
			grantor, best = x.Grantee, have
		}
	}
	return grantor, best
}

// options are the rights that a role may grant by the list.
func (a ACL) options(role string) (p Privilege) {
	for _, x := range a {
		if x.Grantee == role {
			p |= x.Option
		}
	}
	return p
}

// grantable says that the grantor would have its options without the grantee, too: else both would hold them of each other.
func (a ACL) grantable(g Grant, owner string) bool {
	if g.Grantor == owner {
		return true
	}
	for _, x := range a {
		if x.Grantee == g.Grantee && x.Option != 0 {
			a, _ = a.without(Grant{Grantee: x.Grantee, Grantor: x.Grantor, Privs: x.Option}, false, true)
		}
	}
	return g.Option&^a.options(g.Grantor) == 0
}

// defaultACL is the access list of a new object: nil, or what ALTER DEFAULT PRIVILEGES says, those for the schema on top of those for all.
func (e *Edit) defaultACL(kind sql.ObjectKind, schema, owner string, acl ACL) ACL {
	if Temporary(schema) {
		return acl
	}
	for _, d := range e.defaultACLs {
		if d.Owner == owner && d.Kind == kind && d.Schema == "" {
			acl = slices.Clone(d.ACL)
			if acl == nil {
				acl = ACL{}
			}
		}
	}
	for _, d := range e.defaultACLs {
		if d.Owner == owner && d.Kind == kind && d.Schema == schema && schema != "" {
			if acl == nil {
				acl = initialACL(kind, owner)
			}
			for _, x := range d.ACL {
				acl = acl.with(x)
			}
		}
	}
	if all := initialACL(kind, owner); sameACL(acl, all) {
		return nil
	}
	return acl
}

func sameACL(a, b ACL) bool {
	if len(a) != len(b) {
		return false
	}
	for _, x := range a {
		if !slices.Contains(b, x) {
			return false
		}
	}
	return true
}

func (e *Edit) alterDefaultPrivileges(s *sql.AlterDefaultPrivileges) {
	e.st.tag = "ALTER DEFAULT PRIVILEGES"
	kind := s.Grant.Kind
	if kind == sql.KindRoutine || kind == sql.KindProcedure {
		kind = sql.KindFunction
	}
	owners := []string{e.st.env.Role}
	if len(s.ForRoles) > 0 {
		owners = e.grantees(s.ForRoles, s.Pos)
		for _, r := range owners {
			e.needMember(r, s.Pos)
		}
	}
	schemas := []string{""}
	if len(s.Schemas) > 0 {
		if kind == sql.KindSchema {
			e.fail(s.Pos, "0LP01", "cannot use IN SCHEMA clause when using GRANT/REVOKE ON SCHEMAS")
		}
		schemas = s.Schemas
		for _, n := range schemas {
			e.schema(n, s.Pos)
		}
	}
	outer := e.st.env.Role
	for _, owner := range owners {
		for _, schema := range schemas {
			g := &granting{e: e, s: &s.Grant, kind: kind, roles: e.grantees(s.Grant.Roles, s.Pos)}
			g.resolve()
			i := slices.IndexFunc(e.defaultACLs, func(d DefaultACL) bool { return d.Owner == owner && d.Schema == schema && d.Kind == kind })
			var have ACL
			switch {
			case i >= 0:
				have = e.defaultACLs[i].ACL
			case schema == "":
				have = initialACL(kind, owner)
			}
			if have == nil {
				have = ACL{}
			}
			e.st.env.Role = owner
			d := DefaultACL{Owner: owner, Schema: schema, Kind: kind, ACL: g.change(kind, have, owner, g.privs, string(kind), "")}
			e.st.env.Role = outer
			e.defaultACLs = slices.Clone(e.defaultACLs)
			nothing := schema == "" && sameACL(d.ACL, initialACL(kind, owner)) || schema != "" && len(d.ACL) == 0
			switch {
			case nothing && i >= 0:
				e.defaultACLs = slices.Delete(e.defaultACLs, i, i+1)
			case nothing:
			case i >= 0:
				e.defaultACLs[i] = d
			default:
				e.defaultACLs = append(e.defaultACLs, d)
			}
		}
	}
	e.view = nil
}

// ---- roles ----

func (e *Edit) grantRole(s *sql.GrantRole) {
	e.st.tag = "GRANT ROLE"
	if s.Revoke {
		e.st.tag = "REVOKE ROLE"
	}
	if s.Group {
		e.st.tag = "ALTER ROLE"
	}
	if s.By != "" && e.role(s.By, s.Pos) != e.st.env.Role && !e.Role(e.st.env.Role).Super {
		e.fail(s.Pos, fault.InsufficientPrivilege, "must be superuser to set grantor")
	}
	for _, r := range s.Roles {
		e.role(r, s.Pos)
		for _, to := range s.To {
			to = e.role(to, s.Pos)
			o := e.Role(to)
			n := *o
			i := slices.Index(o.MemberOf, r)
			switch {
			case s.Revoke && i < 0:
				e.st.notices = append(e.st.notices, Notice{Severity: "WARNING", Code: "01000", Message: "role " + strconv.Quote(to) + " is not a member of role " + strconv.Quote(r)})
				continue
			case s.Revoke && s.Admin:
				n.AdminOf = without(o.AdminOf, r)
			case s.Revoke:
				n.MemberOf, n.AdminOf = without(o.MemberOf, r), without(o.AdminOf, r)
			case i >= 0 && (!s.Admin || slices.Contains(o.AdminOf, r)):
				e.notice("00000", "role %q is already a member of role %q", to, r)
				continue
			case i < 0:
				e.mayJoin(r, to, s.Pos)
				n.MemberOf = append(slices.Clip(o.MemberOf), r)
			}
			if s.Admin && !s.Revoke {
				n.AdminOf = append(slices.Clip(o.AdminOf), r)
			}
			e.setRole(o, &n)
		}
	}
}

func without(list []string, s string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(x string) bool { return x == s })
}

func (e *Edit) setRole(o, n *Role) {
	e.roles = e.roles.set(n.Name, n)
	e.view = nil
	e.st.steps = append(e.st.steps, ChangedRole{o, n})
}

func (e *Edit) needCreateRole(pos sql.Pos) {
	if r := e.Role(e.st.env.Role); r == nil || !r.Super && !r.CreateRole {
		e.fail(pos, fault.InsufficientPrivilege, "permission denied to create role")
	}
}

func (e *Edit) createRole(s *sql.CreateRole) {
	e.st.tag = "CREATE ROLE"
	e.needCreateRole(s.Pos)
	if strings.HasPrefix(s.Name, "pg_") {
		raise(fault.New("42939", "role name %q is reserved", s.Name).WithDetail(`Role names starting with "pg_" are reserved.`), s.Pos)
	}
	if e.Role(s.Name) != nil {
		e.fail(s.Pos, fault.DuplicateObject, "role %q already exists", s.Name)
	}
	r := &Role{OID: e.newOID(), Name: s.Name, Inherit: true, Login: s.Login}
	e.mayAttributes(s.Options, map[string]string{"superuser": "must be superuser to create superusers", "isreplication": "must be superuser to create replication users",
		"bypassrls": "must be superuser to create bypassrls users"}, true, s.Pos)
	e.setRole(nil, r)
	e.roleOptions(r, s.Options, s.Pos)
}

// mayAttributes refuses the attributes that only a superuser may give; wanted says that they count only where they are switched on.
func (e *Edit) mayAttributes(opts []sql.Option, words map[string]string, wanted bool, pos sql.Pos) {
	if e.Role(e.st.env.Role).Super {
		return
	}
	for _, name := range []string{"superuser", "isreplication", "bypassrls"} {
		for _, o := range opts {
			if strings.EqualFold(o.Name, name) && (!wanted || optionBool(o)) {
				e.fail(pos, fault.InsufficientPrivilege, "%s", words[name])
			}
		}
	}
}

// mayJoin refuses a membership that the role may not give, or that would make a circle.
func (e *Edit) mayJoin(of, member string, pos sql.Pos) {
	switch r := e.Role(of); {
	case r.Super && !e.Role(e.st.env.Role).Super:
		e.fail(pos, fault.InsufficientPrivilege, "must be superuser to alter superusers")
	case of == databaseOwner:
		e.fail(pos, "XX000", "role %q cannot have explicit members", of)
	case member == databaseOwner:
		e.fail(pos, "XX000", "role %q cannot be a member of any role", member)
	case of == member || e.memberOf(r, member, nil):
		e.fail(pos, "0LP01", "role %q is a member of role %q", of, member)
	}
}

// roleOptions applies options to a role that is a private copy.
func (e *Edit) roleOptions(r *Role, opts []sql.Option, pos sql.Pos) {
	list := func(o sql.Option) []string {
		if o.List == nil && o.Value != "" {
			return []string{o.Value}
		}
		return o.List
	}
	for _, o := range opts {
		on := optionBool(o)
		switch strings.ToLower(o.Name) {
		case "sysid":
			e.notice("00000", "SYSID can no longer be specified")
		case "superuser":
			r.Super = on
		case "inherit":
			r.Inherit = on
		case "createrole":
			r.CreateRole = on
		case "createdb":
			r.CreateDB = on
		case "canlogin", "login":
			r.Login = on
		case "bypassrls":
			r.BypassRLS = on
		case "addroleto", "in role":
			for _, of := range list(o) {
				of = e.role(of, pos)
				e.mayJoin(of, r.Name, pos)
				r.MemberOf = append(slices.Clip(r.MemberOf), of)
			}
		case "rolemembers", "adminmembers", "role", "admin":
			for _, m := range list(o) {
				old := e.Role(e.role(m, pos))
				e.mayJoin(r.Name, old.Name, pos)
				n := *old
				n.MemberOf = append(slices.Clip(old.MemberOf), r.Name)
				if strings.HasPrefix(strings.ToLower(o.Name), "admin") {
					n.AdminOf = append(slices.Clip(old.AdminOf), r.Name)
				}
				e.setRole(old, &n)
			}
		}
	}
}

func (e *Edit) alterRole(s *sql.AlterRole) {
	e.st.tag = "ALTER ROLE"
	if s.Name == "all" && s.Setting != nil {
		e.set("", *s.Setting, s.Reset)
		return
	}
	o := e.Role(e.role(s.Name, s.Pos))
	if me := e.Role(e.st.env.Role); (s.Setting != nil || s.Reset) && o.Super && !me.Super {
		e.fail(s.Pos, fault.InsufficientPrivilege, "must be superuser to alter superusers")
	}
	if s.Setting == nil && s.Reset {
		n := *o
		n.Settings = nil
		e.setRole(o, &n)
		return
	}
	if s.Setting != nil {
		n := *o
		n.Settings = slices.DeleteFunc(slices.Clone(o.Settings), func(x sql.Setting) bool { return x.Name == s.Setting.Name })
		if !s.Reset && !s.Setting.Default {
			n.Settings = append(n.Settings, *s.Setting)
		}
		e.setRole(o, &n)
		return
	}
	if o.Super && !e.Role(e.st.env.Role).Super {
		e.fail(s.Pos, fault.InsufficientPrivilege, "must be superuser to alter superuser roles or change superuser attribute")
	}
	e.mayAttributes(s.Options, map[string]string{"superuser": "must be superuser to alter superuser roles or change superuser attribute",
		"isreplication": "must be superuser to alter replication roles or change replication attribute", "bypassrls": "must be superuser to change bypassrls attribute"}, false, s.Pos)
	if me := e.Role(e.st.env.Role); !me.Super && !me.CreateRole {
		e.fail(s.Pos, fault.InsufficientPrivilege, "permission denied")
	}
	n := *o
	e.roleOptions(&n, s.Options, s.Pos)
	e.setRole(o, &n)
}

// set stores a setting of the database.
func (e *Edit) set(role string, x sql.Setting, reset bool) {
	e.settings = slices.DeleteFunc(slices.Clone(e.settings), func(o RoleSetting) bool { return o.Role == role && o.Setting.Name == x.Name })
	if !reset && !x.Default {
		e.settings = append(e.settings, RoleSetting{role, x})
	}
	e.view = nil
}

func (e *Edit) dropRole(n sql.Name, ifExists bool) {
	if me := e.Role(e.st.env.Role); !me.Super && !me.CreateRole {
		e.fail(n.Pos, fault.InsufficientPrivilege, "permission denied to drop role")
	}
	r := e.Role(n.Name)
	if r == nil {
		if ifExists {
			e.notice("00000", "role %q does not exist, skipping", n.Name)
			return
		}
		e.fail(n.Pos, fault.UndefinedObject, "role %q does not exist", n.Name)
	}
	if r.Super && !e.Role(e.st.env.Role).Super {
		e.fail(n.Pos, fault.InsufficientPrivilege, "must be superuser to drop superusers")
	}
	if r.Name == e.st.env.Role {
		e.fail(n.Pos, "55006", "current user cannot be dropped")
	}
	if lines := e.roleUses(r.Name); len(lines) > 0 {
		err := fault.New(fault.DependentObjects, "role %q cannot be dropped because some objects depend on it", r.Name)
		err.Detail = strings.Join(lines, "\n")
		raise(err, n.Pos)
	}
	for o := range e.roles.values() {
		if slices.Contains(o.MemberOf, r.Name) {
			m := *o
			m.MemberOf, m.AdminOf = without(o.MemberOf, r.Name), without(o.AdminOf, r.Name)
			e.setRole(o, &m)
		}
	}
	e.roles = e.roles.delete(r.Name)
	e.view = nil
	e.st.steps = append(e.st.steps, ChangedRole{r, nil})
}

// roleUses tells what a role owns, has rights to, or is named in.
func (e *Edit) roleUses(role string) []string {
	var lines []string
	look := func(owner string, acl ACL, what string) {
		if owner == role {
			lines = append(lines, "owner of "+what)
		} else if slices.ContainsFunc(acl, func(g Grant) bool { return g.Grantee == role }) {
			lines = append(lines, "privileges for "+what)
		}
	}
	for s := range e.schemas.values() {
		look(s.Owner, s.ACL, "schema "+quoteIdent(s.Name))
	}
	for t := range e.tables.values() {
		what := e.describe(addr{oid: t.OID})
		look(t.Owner, t.ACL, what)
		for _, c := range t.Columns {
			look("", c.ACL, e.describe(addr{oid: t.OID, sub: c.Num}))
		}
		for _, p := range t.Policies {
			if slices.Contains(p.Roles, role) {
				lines = append(lines, "target of "+e.describe(addr{oid: p.OID}))
			}
		}
	}
	for q := range e.sequences.values() {
		look(q.Owner, q.ACL, e.describe(addr{oid: q.OID}))
	}
	for f := range e.AllFunctions() {
		look(f.Owner, f.ACL, e.describe(addr{oid: f.OID}))
	}
	for y := range e.types.values() {
		if y.OID >= FirstUserOID && y.Table == 0 && y.Category != 'A' {
			look(y.Owner, y.ACL, e.describe(addr{oid: y.OID}))
		}
	}
	for _, d := range e.defaultACLs {
		kind := string(d.Kind) + "s"
		if d.Kind == sql.KindTable {
			kind = "relations"
		}
		if d.Owner == role {
			in := ""
			if d.Schema != "" {
				in = " in schema " + d.Schema
			}
			lines = append(lines, "owner of default privileges on new "+kind+" belonging to role "+role+in)
		} else if slices.ContainsFunc(d.ACL, func(g Grant) bool { return g.Grantee == role }) {
			in := ""
			if d.Schema != "" {
				in = " in schema " + d.Schema
			}
			lines = append(lines, "privileges for default privileges on new "+kind+" belonging to role "+d.Owner+in)
		}
	}
	return lines
}
