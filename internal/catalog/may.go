package catalog

import (
	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// mayDefine refuses, for a role that is no superuser, every statement that does not itself check who owns what it changes. What is not listed is denied: a
// new kind of statement is closed until somebody decides who may use it. A function that runs text it was given (EXECUTE) makes any role that may call it
// a sender of these statements.
func (e *Edit) mayDefine(s sql.Stmt) {
	r := e.Role(e.st.env.Role)
	if r != nil && r.Super {
		return
	}
	creates := r != nil && r.CreateRole
	switch s := s.(type) {
	case *sql.CreateTable, *sql.CreateTableAs, *sql.AlterTable, *sql.CreateIndex, *sql.CreateView, *sql.RefreshMatView,
		*sql.CreateSequence, *sql.AlterSequence, *sql.CreateEnum, *sql.AlterEnum, *sql.CreateComposite, *sql.CreateDomain, *sql.AlterDomain,
		*sql.CreateFunction, *sql.AlterFunction, *sql.CreateAggregate, *sql.CreateTrigger, *sql.CreatePolicy, *sql.AlterPolicy,
		*sql.Grant, *sql.AlterDefaultPrivileges, *sql.UnsupportedStmt, *sql.CreateSchema:
		return // the owner, or rights on the schema, are checked where the object is found
	case *sql.Drop:
		if ownedKind(s.Kind) || s.Kind == sql.KindRole {
			return
		}
	case *sql.Owned:
		return
	case *sql.Comment:
		if ownedKind(s.Kind) || s.Kind == sql.KindColumn || s.Kind == sql.KindConstraint || s.Kind == sql.KindRole && creates {
			return
		}
	case *sql.Rename:
		if ownedKind(s.Kind) || s.Kind == sql.KindColumn || s.Kind == sql.KindConstraint || s.Kind == sql.KindRole {
			return
		}
	case *sql.AlterOwner:
		if ownedKind(s.Kind) {
			return
		}
	case *sql.AlterSchema:
		if ownedKind(s.Kind) {
			return
		}
	case *sql.CreateRole:
		if creates {
			return
		}
		e.fail(s.Pos, fault.InsufficientPrivilege, "permission denied to create role")
	case *sql.AlterRole:
		if s.Name == "all" {
			e.fail(s.Pos, fault.InsufficientPrivilege, "must be superuser to alter settings globally")
		}
		// A role may change its own settings, as in PostgreSQL, but none that many share: what one request of anon set would hold for all.
		if name := e.role(s.Name, s.Pos); creates || s.Setting == nil && !s.Reset || name == r.Name && r.Login {
			return
		}
		e.fail(s.Pos, fault.InsufficientPrivilege, "permission denied")
	case *sql.GrantRole:
		// As in PostgreSQL 15, CREATEROLE may grant any role that is no superuser.
		if creates {
			for _, name := range s.Roles {
				if of := e.Role(name); of != nil && of.Super {
					e.fail(s.Pos, fault.InsufficientPrivilege, "must be superuser to alter superusers")
				}
			}
			return
		}
		for _, name := range s.Roles {
			if of := e.Role(name); of != nil && !e.AdminOf(e.st.env.Role, name) {
				e.fail(s.Pos, fault.InsufficientPrivilege, "must have admin option on role %q", name)
			}
		}
		return
	}
	e.fail(sql.PosOf(s), fault.InsufficientPrivilege, "permission denied: this needs a superuser")
}

// ownedKind says that an object of the kind has an owner whom the statements on it ask for.
func ownedKind(k sql.ObjectKind) bool {
	switch k {
	case sql.KindTable, sql.KindView, sql.KindMatView, sql.KindSequence, sql.KindIndex, sql.KindFunction, sql.KindProcedure, sql.KindRoutine, sql.KindAggregate,
		sql.KindType, sql.KindDomain, sql.KindSchema, sql.KindTrigger, sql.KindPolicy:
		return true
	}
	return false
}
