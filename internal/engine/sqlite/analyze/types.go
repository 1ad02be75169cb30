package analyze

import (
	"strconv"
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
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
	if t := a.cat.Type(o); t != nil && t.Category == 'A' {
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
	if n, err := strconv.ParseUint(name, 10, 32); err == nil {
		return oid(n), nil
	}
	if name == "-" {
		return 0, nil
	}
	n, ok := splitName(name)
	if !ok {
		return 0, fault.New(fault.InvalidName, "invalid name syntax")
	}
	shown := n.Name
	if n.Schema != "" {
		shown = n.Schema + "." + n.Name
	}
	switch kind {
	case catalog.RegclassOID:
		if t := a.cat.FindTable(a.path, n); t != nil {
			return t.OID, nil
		}
		if s := a.cat.FindSequence(a.path, n); s != nil {
			return s.OID, nil
		}
		schemas := a.path
		if n.Schema != "" {
			schemas = []string{n.Schema}
		}
		for _, s := range schemas {
			if _, x := a.cat.Index(s, n.Name); x != nil {
				return x.OID, nil
			}
		}
		return 0, fault.New(fault.UndefinedTable, `relation "%s" does not exist`, shown)
	case catalog.RegtypeOID:
		dims := 0
		for strings.HasSuffix(n.Name, "[]") {
			n.Name, dims = strings.TrimSuffix(n.Name, "[]"), dims+1
		}
		ref, err := a.cat.FindType(a.path, &sql.TypeName{Name: n, ArrayDims: dims, Pos: sql.NoPos})
		if err != nil {
			return 0, err
		}
		return ref.OID, nil
	case catalog.RegroleOID:
		if r := a.cat.Role(n.Name); r != nil {
			return r.OID, nil
		}
		return 0, fault.New(fault.UndefinedObject, `role "%s" does not exist`, n.Name)
	case catalog.RegnamespaceOID:
		if s := a.cat.Schema(n.Name); s != nil {
			return s.OID, nil
		}
		return 0, fault.New(fault.InvalidSchemaName, `schema "%s" does not exist`, n.Name)
	case catalog.RegprocOID, catalog.RegprocedureOID:
		bare, _, _ := strings.Cut(n.Name, "(")
		fs := a.cat.FindFunctions(a.path, sql.Name{Schema: n.Schema, Name: bare})
		if len(fs) == 1 {
			return fs[0].OID, nil
		}
		if len(fs) > 1 {
			return 0, fault.New(fault.AmbiguousFunction, `more than one function named "%s"`, shown)
		}
		return 0, fault.New(fault.UndefinedFunction, `function "%s" does not exist`, shown)
	case catalog.RegconfigOID, catalog.RegdictionaryOID:
		if o := textSearchConfigs[n.Name]; o != 0 {
			return o, nil
		}
		return 0, fault.New(fault.UndefinedObject, `text search configuration "%s" does not exist`, shown)
	case catalog.RegcollationOID:
		if o := map[string]oid{"default": 100, "C": 950, "POSIX": 951}[n.Name]; o != 0 {
			return o, nil
		}
		return 0, fault.New(fault.UndefinedObject, `collation "%s" does not exist`, shown)
	}
	return 0, fault.New(fault.UndefinedObject, `"%s" does not exist`, shown)
}

// textSearchConfigs are PostgreSQL 15's configurations.
var textSearchConfigs = map[string]oid{"simple": 3748, "arabic": 12918, "armenian": 12920, "basque": 12922, "catalan": 12924, "danish": 12926,
	"dutch": 12928, "english": 12930, "finnish": 12932, "french": 12934, "german": 12936, "greek": 12938, "hindi": 12940, "hungarian": 12942,
	"indonesian": 12944, "irish": 12946, "italian": 12948, "lithuanian": 12950, "nepali": 12952, "norwegian": 12954, "portuguese": 12956,
	"romanian": 12958, "russian": 12960, "serbian": 12962, "spanish": 12964, "swedish": 12966, "tamil": 12968, "turkish": 12970, "yiddish": 12972}

// splitName reads a possibly qualified and quoted identifier, folding to lower case as PostgreSQL does.
func splitName(s string) (sql.Name, bool) {
	var parts []string
	for s = strings.TrimSpace(s); s != ""; {
		var part string
		if s[0] == '"' {
			var b strings.Builder
			i, closed := 1, false
			for ; i < len(s); i++ {
				if s[i] == '"' {
					if i+1 < len(s) && s[i+1] == '"' {
						i++
					} else {
						closed = true
						break
					}
				}
				b.WriteByte(s[i])
			}
			if !closed {
				return sql.Name{}, false
			}
			part, s = b.String(), s[i+1:]
		} else {
			i := strings.IndexByte(s, '.')
			if i < 0 {
				i = len(s)
			}
			part, s = strings.ToLower(strings.TrimSpace(s[:i])), s[i:]
		}
		if part == "" {
			return sql.Name{}, false
		}
		parts = append(parts, part)
		if s != "" {
			if s[0] != '.' || len(s) == 1 {
				return sql.Name{}, false
			}
			s = s[1:]
		}
	}
	switch len(parts) {
	case 1:
		return sql.Name{Name: parts[0], Pos: sql.NoPos}, true
	case 2:
		return sql.Name{Schema: parts[0], Name: parts[1], Pos: sql.NoPos}, true
	}
	return sql.Name{}, false
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
