package analyze

import (
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/system"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/tree"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

type oid = catalog.OID

func plain(o oid) tree.Type { return tree.Type{OID: o, Mod: -1} }

func (a *analyzer) typeName(o oid) string { return a.cat.TypeString(plain(o)) }

// base is the type under a domain.
func (a *analyzer) base(o oid) oid { return a.cat.BaseType(plain(o)).OID }

func (a *analyzer) kind(o oid) catalog.TypeKind {
	if t := a.cat.Type(o); t != nil {
		return t.Kind
	}
	return catalog.BaseType
}

// category is the type's category and whether it is preferred in it.
func (a *analyzer) category(o oid) (byte, bool) {
	if t := a.cat.Type(o); t != nil {
		if t.Kind == catalog.DomainType {
			// A domain has its base type's category and is never preferred.
			c, _ := a.category(t.Base.OID)
			return c, false
		}
		return t.Category, t.Preferred
	}
	return 'X', false
}

func (a *analyzer) isPreferred(category byte, o oid) bool {
	c, p := a.category(o)
	return p && c == category
}

// elem is the element type of a true array type, 0 for others.
func (a *analyzer) elem(o oid) oid {
	if t := a.cat.Type(o); t != nil && (t.Category == 'A' || o == catalog.RecordArrayOID) {
		return t.Elem
	}
	return 0
}

// arrayOf is the array type over o, 0 if there is none.
func (a *analyzer) arrayOf(o oid) oid {
	if t := a.cat.Type(o); t != nil {
		return t.Array
	}
	return 0
}

func (a *analyzer) rangeSubtype(o oid) oid {
	if t := a.cat.Type(o); t != nil && t.Kind == catalog.RangeType {
		return t.RangeOf
	}
	return 0
}

// complex says whether o is a named composite type or a domain over one.
func (a *analyzer) complex(o oid) bool { return a.kind(a.base(o)) == catalog.CompositeType }

// fields are the fields of a named composite type (or a domain over one), nil for others.
func (a *analyzer) fields(o oid) []tree.RelColumn {
	t := a.cat.Type(a.base(o))
	if t == nil || t.Kind != catalog.CompositeType {
		return nil
	}
	cols := t.Fields
	if t.Table != 0 {
		if tab := a.cat.TableByOID(t.Table); tab != nil {
			cols = tab.Columns
		}
	}
	out := make([]tree.RelColumn, len(cols))
	for i, c := range cols {
		out[i] = tree.RelColumn{Name: c.Name, Type: c.Type}
	}
	return out
}

func (a *analyzer) findType(t *sql.TypeName) tree.Type {
	ref, err := a.cat.FindType(a.path, t)
	if err != nil {
		a.raise(t.Pos, err)
	}
	return ref
}

func isPolymorphic(o oid) bool {
	switch o {
	case catalog.AnyElementOID, catalog.AnyArrayOID, catalog.AnyNonArrayOID, catalog.AnyEnumOID, catalog.AnyRangeOID, catalog.AnyMultirangeOID,
		catalog.AnyCompatibleOID, catalog.AnyCompatibleArrayOID, catalog.AnyCompatibleNonArrayOID, catalog.AnyCompatibleRangeOID,
		catalog.AnyCompatibleMultirangeOID:
		return true
	}
	return false
}

// regIn turns names into OIDs for constants of the reg… types.
func (a *analyzer) regIn(kind oid, name string) (oid, error) {
	return system.ReadName(a.cat, a.path, kind, name)
}

// readConst reads the text of a literal as a value of type to. When what it means depends on the session (a time zone, the word "now"), the result
// is a conversion at run time.
func (a *analyzer) readConst(text string, to tree.Type, pos sql.Pos) tree.Expr {
	ops := a.consts[0].Ops(to.OID)
	if ops == nil || ops.Input == nil {
		return a.at(&tree.IOCast{X: &tree.Const{Value: value.Text(text), Typ: plain(catalog.TextOID)}, Typ: to}, pos)
	}
	d, err := ops.Input(a.consts[0], text, to.Mod)
	if err != nil {
		a.raise(pos, err)
	}
	if a.sessionBound(to.OID) {
		if other, err := a.consts[1].Ops(to.OID).Input(a.consts[1], text, to.Mod); err != nil || other != d {
			return a.at(&tree.IOCast{X: &tree.Const{Value: value.Text(text), Typ: plain(catalog.TextOID)}, Typ: to}, pos)
		}
	}
	return a.at(&tree.Const{Value: d, Typ: to}, pos)
}

// sessionBound says whether reading a value of the type may depend on the session.
func (a *analyzer) sessionBound(o oid) bool {
	t := a.cat.Type(o)
	switch {
	case t == nil:
		return false
	case t.Kind == catalog.DomainType:
		return a.sessionBound(t.Base.OID)
	case t.Elem != 0 && t.Category == 'A':
		return a.sessionBound(t.Elem)
	case t.Category == 'D' || t.Kind == catalog.RangeType || t.Kind == catalog.CompositeType || t.Kind == catalog.MultirangeType:
		return true
	}
	return false
}
