package exec

import (
	"strconv"
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// regIn reads the name of an object as regclass and its like do.
func (x *execution) regIn(kind catalog.OID, text string) (catalog.OID, error) {
	cat, path := x.s.Cat, x.s.Path
	if path == nil {
		path = []string{"public"}
	}
	n, ok := splitName(text)
	if !ok {
		return 0, fault.New(fault.InvalidName, "invalid name syntax")
	}
	switch kind {
	case catalog.RegclassOID:
		if t := cat.FindTable(path, n); t != nil {
			return t.OID, nil
		}
		if s := cat.FindSequence(path, n); s != nil {
			return s.OID, nil
		}
		for _, schema := range append([]string{n.Schema}, path...) {
			if _, ix := cat.Index(schema, n.Name); ix != nil {
				return ix.OID, nil
			}
		}
		return 0, fault.New(fault.UndefinedTable, `relation "%s" does not exist`, text)
	case catalog.RegtypeOID:
		t, err := cat.FindType(path, typeName(text))
		if err != nil {
			return 0, fault.New(fault.UndefinedObject, `type "%s" does not exist`, text)
		}
		return t.OID, nil
	case catalog.RegroleOID:
		if r := cat.Role(n.Name); r != nil {
			return r.OID, nil
		}
		return 0, fault.New(fault.UndefinedObject, `role "%s" does not exist`, text)
	case catalog.RegnamespaceOID:
		if s := cat.Schema(n.Name); s != nil {
			return s.OID, nil
		}
		return 0, fault.New(fault.InvalidSchemaName, `schema "%s" does not exist`, text)
	}
	if fs := cat.FindFunctions(path, sql.Name{Schema: n.Schema, Name: strings.SplitN(n.Name, "(", 2)[0]}); len(fs) > 0 {
		return fs[0].OID, nil
	}
	return 0, fault.New(fault.UndefinedFunction, `function "%s" does not exist`, text)
}

// typeName is a type as written, without modifiers.
func typeName(text string) *sql.TypeName {
	t := &sql.TypeName{Pos: sql.NoPos}
	for strings.HasSuffix(text, "[]") {
		text = strings.TrimSuffix(text, "[]")
		t.ArrayDims++
	}
	t.Name, _ = splitName(text)
	return t
}

// regOut is the name of an object: qualified where the search path does not find it.
func (x *execution) regOut(kind, oid catalog.OID) string {
	cat, path := x.s.Cat, x.s.Path
	if path == nil {
		path = []string{"public"}
	}
	qualify := func(schema, name string, visible bool) string {
		if visible {
			return quoteName(name)
		}
		return quoteName(schema) + "." + quoteName(name)
	}
	switch kind {
	case catalog.RegclassOID:
		if t := cat.TableByOID(oid); t != nil {
			return qualify(t.Schema, t.Name, cat.FindTable(path, sql.Name{Name: t.Name}) == t)
		}
		if s := cat.SequenceByOID(oid); s != nil {
			return qualify(s.Schema, s.Name, cat.FindSequence(path, sql.Name{Name: s.Name}) == s)
		}
	case catalog.RegtypeOID:
		if cat.Type(oid) != nil {
			return cat.TypeString(catalog.TypeRef{OID: oid, Mod: -1})
		}
	case catalog.RegroleOID:
		for r := range cat.Roles() {
			if r.OID == oid {
				return quoteName(r.Name)
			}
		}
	case catalog.RegnamespaceOID:
		for s := range cat.Schemas() {
			if s.OID == oid {
				return quoteName(s.Name)
			}
		}
	default:
		if f := cat.FunctionByOID(oid); f != nil {
			fs := cat.FindFunctions(path, sql.Name{Name: f.Name})
			return qualify(f.Schema, f.Name, len(fs) > 0 && fs[0].Schema == f.Schema)
		}
	}
	return strconv.FormatUint(uint64(oid), 10)
}

// splitName reads a possibly qualified, possibly quoted name.
func splitName(text string) (sql.Name, bool) {
	var parts []string
	s := strings.TrimSpace(text)
	for {
		if strings.HasPrefix(s, `"`) {
			var b strings.Builder
			i := 1
			for ; i < len(s); i++ {
				if s[i] == '"' {
					if i+1 < len(s) && s[i+1] == '"' {
						i++
					} else {
						break
					}
				}
				b.WriteByte(s[i])
			}
			if i >= len(s) {
				return sql.Name{}, false
			}
			parts, s = append(parts, b.String()), s[i+1:]
		} else {
			i := strings.IndexByte(s, '.')
			if i < 0 {
				i = len(s)
			}
			parts, s = append(parts, strings.ToLower(strings.TrimSpace(s[:i]))), s[i:]
		}
		if s == "" {
			break
		}
		if s[0] != '.' {
			return sql.Name{}, false
		}
		s = s[1:]
	}
	switch len(parts) {
	case 1:
		return sql.Name{Name: parts[0], Pos: sql.NoPos}, parts[0] != ""
	case 2:
		return sql.Name{Schema: parts[0], Name: parts[1], Pos: sql.NoPos}, true
	}
	return sql.Name{}, false
}

func quoteName(s string) string { return sql.QuoteIdent(s) }
