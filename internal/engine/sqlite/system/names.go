package system

import (
	"slices"
	"strconv"
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/builtin"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// ReadName is the number of the object that text names, as the input functions of regclass, regtype and their like (kind) read it.
func ReadName(cat *catalog.Catalog, path []string, kind catalog.OID, text string) (catalog.OID, error) {
	if n, err := strconv.ParseUint(text, 10, 32); err == nil {
		return catalog.OID(n), nil
	}
	if text == "-" {
		return 0, nil
	}
	if path == nil {
		path = []string{"public"}
	}
	switch kind {
	case catalog.RegtypeOID:
		return readType(cat, path, text)
	case catalog.RegprocOID, catalog.RegprocedureOID:
		return readFunction(cat, path, kind, text)
	}
	n, ok := splitName(text)
	if !ok {
		return 0, fault.New(fault.InvalidName, "invalid name syntax")
	}
	shown := n.Name
	if n.Schema != "" {
		shown = n.Schema + "." + n.Name
	}
	switch kind {
	case catalog.RegroleOID, catalog.RegnamespaceOID: // have no schema
		if n.Schema != "" {
			return 0, fault.New(fault.InvalidName, "invalid name syntax")
		}
	}
	if err := knownSchema(cat, n); err != nil {
		return 0, err
	}
	code, what, id := fault.UndefinedObject, "", catalog.OID(0)
	switch kind {
	case catalog.RegclassOID:
		code, what, id = fault.UndefinedTable, "relation ", relationNamed(cat, path, n)
	case catalog.RegroleOID:
		what = "role "
		if r := cat.Role(n.Name); r != nil {
			id = r.OID
		}
	case catalog.RegnamespaceOID:
		code, what = fault.InvalidSchemaName, "schema "
		if s := cat.Schema(n.Name); s != nil {
			id = s.OID
		}
	case catalog.RegconfigOID, catalog.RegdictionaryOID:
		what, id = "text search configuration ", textSearchConfigs[n.Name]
	case catalog.RegcollationOID:
		what, id = "collation ", map[string]catalog.OID{"default": 100, "C": 950, "POSIX": 951}[n.Name]
	}
	if id == 0 {
		return 0, fault.New(code, `%s"%s" does not exist`, what, shown)
	}
	return id, nil
}

// knownSchema refuses a name in a schema that is not there.
func knownSchema(cat *catalog.Catalog, n sql.Name) error {
	if n.Schema == "" || n.Schema == pgCatalog || n.Schema == informationSchema || n.Schema == "pg_temp" || catalog.Temporary(n.Schema) || cat.Schema(n.Schema) != nil {
		return nil
	}
	return fault.New(fault.InvalidSchemaName, `schema "%s" does not exist`, n.Schema)
}

// relationNamed is a table, view, sequence, index or system relation, 0 for none.
func relationNamed(cat *catalog.Catalog, path []string, n sql.Name) catalog.OID {
	if n.Schema == "" && !slices.Contains(path, pgCatalog) || n.Schema == pgCatalog || n.Schema == informationSchema {
		if id := OID(n.Schema, n.Name); id != 0 {
			return id
		}
	}
	if t := cat.FindTable(path, n); t != nil {
		return t.OID
	}
	if s := cat.FindSequence(path, n); s != nil {
		return s.OID
	}
	schemas := path
	if n.Schema != "" {
		schemas = []string{n.Schema}
	}
	for _, s := range schemas {
		if _, x := cat.Index(s, n.Name); x != nil {
			return x.OID
		}
		if t := cat.TypeByName(s, n.Name); t != nil && t.Kind == catalog.CompositeType && t.Table == 0 {
			return compositeClass(t)
		}
	}
	return 0
}

func readType(cat *catalog.Catalog, path []string, text string) (catalog.OID, error) {
	rest := strings.TrimSpace(text)
	dims := 0
	for strings.HasSuffix(rest, "[]") {
		rest, dims = strings.TrimSpace(strings.TrimSuffix(rest, "[]")), dims+1
	}
	if i := strings.IndexByte(rest, '('); i >= 0 && !strings.Contains(rest, `"`) { // a modifier says nothing about which type it is
		if j := strings.IndexByte(rest[i:], ')'); j >= 0 {
			rest = strings.TrimSpace(rest[:i]) + rest[i+j+1:]
		}
	}
	n, ok := splitName(rest)
	if !ok {
		return 0, fault.New(fault.InvalidName, "invalid name syntax")
	}
	if err := knownSchema(cat, n); err != nil {
		return 0, err
	}
	ref, err := cat.FindType(path, &sql.TypeName{Name: n, ArrayDims: dims, Pos: sql.NoPos})
	if err != nil {
		return 0, err
	}
	return ref.OID, nil
}

func readFunction(cat *catalog.Catalog, path []string, kind catalog.OID, text string) (catalog.OID, error) {
	bare, list, withArgs := strings.Cut(text, "(")
	n, ok := splitName(bare)
	if !ok {
		return 0, fault.New(fault.InvalidName, "invalid name syntax")
	}
	if err := knownSchema(cat, n); err != nil {
		return 0, err
	}
	var args []catalog.OID
	if kind == catalog.RegprocOID {
		withArgs = false
	} else if !withArgs {
		return 0, fault.New(fault.InvalidTextRepresentation, "expected a left parenthesis")
	}
	if withArgs {
		list, ok = strings.CutSuffix(strings.TrimSpace(list), ")")
		if !ok {
			return 0, fault.New(fault.InvalidTextRepresentation, "expected a right parenthesis")
		}
		for a := range strings.SplitSeq(list, ",") {
			if strings.TrimSpace(list) == "" {
				break
			}
			t, err := readType(cat, path, a)
			if err != nil {
				return 0, err
			}
			args = append(args, t)
		}
	}
	var found []catalog.OID
	if n.Schema == "" || n.Schema == pgCatalog {
		for _, f := range builtin.Functions(n.Name) {
			if f.Ext == "" && (!withArgs || slices.Equal(f.Args, args)) {
				found = append(found, f.OID)
			}
		}
	}
	for _, f := range cat.FindFunctions(path, n) {
		if !withArgs || slices.Equal(f.ArgTypes(), args) {
			found = append(found, f.OID)
		}
	}
	switch {
	case len(found) == 0:
		return 0, fault.New(fault.UndefinedFunction, `function "%s" does not exist`, text)
	case len(found) > 1 && !withArgs:
		return 0, fault.New(fault.AmbiguousFunction, `more than one function named "%s"`, text)
	}
	return found[0], nil
}

// WriteName is the name of an object, as the output functions of regclass and its like print it: qualified where the search path does not find it.
// The number stands for an object that does not exist.
func WriteName(cat *catalog.Catalog, path []string, kind, oid catalog.OID) string {
	if path == nil {
		path = []string{"public"}
	}
	qualified := func(schema, name string, visible bool) string {
		if visible {
			return sql.QuoteIdent(name)
		}
		return sql.QuoteIdent(schema) + "." + sql.QuoteIdent(name)
	}
	switch kind {
	case catalog.RegclassOID:
		if schema, name := Name(oid); name != "" {
			return qualified(schema, name, schema == pgCatalog)
		}
		if t := cat.TableByOID(oid); t != nil {
			return qualified(t.Schema, t.Name, cat.FindTable(path, sql.Name{Name: t.Name}) == t)
		}
		if s := cat.SequenceByOID(oid); s != nil {
			return qualified(s.Schema, s.Name, cat.FindSequence(path, sql.Name{Name: s.Name}) == s)
		}
		for t := range cat.Tables() {
			for _, i := range t.Indexes {
				if i.OID == oid {
					return qualified(t.Schema, i.Name, slices.Contains(path, t.Schema))
				}
			}
		}
	case catalog.RegtypeOID:
		if cat.Type(oid) != nil {
			return cat.TypeString(catalog.TypeRef{OID: oid, Mod: -1})
		}
	case catalog.RegroleOID:
		for r := range cat.Roles() {
			if r.OID == oid {
				return sql.QuoteIdent(r.Name)
			}
		}
	case catalog.RegnamespaceOID:
		for s := range cat.Schemas() {
			if s.OID == oid {
				return sql.QuoteIdent(s.Name)
			}
		}
	case catalog.RegconfigOID, catalog.RegdictionaryOID:
		for name, n := range textSearchConfigs {
			if n == oid {
				return name
			}
		}
	case catalog.RegprocOID, catalog.RegprocedureOID:
		name, args := "", []catalog.OID(nil)
		if f := cat.FunctionByOID(oid); f != nil {
			fs := cat.FindFunctions(path, sql.Name{Name: f.Name})
			name, args = qualified(f.Schema, f.Name, len(fs) > 0 && fs[0].Schema == f.Schema), f.ArgTypes()
		} else if f := builtinByOID(oid); f != nil {
			name, args = sql.QuoteIdent(f.Name), f.Args
		}
		if name != "" && kind == catalog.RegprocedureOID {
			types := make([]string, len(args))
			for i, a := range args {
				types[i] = cat.TypeString(catalog.TypeRef{OID: a, Mod: -1})
			}
			name += "(" + strings.Join(types, ",") + ")"
		}
		if name != "" {
			return name
		}
	}
	return strconv.FormatUint(uint64(oid), 10)
}

func builtinByOID(oid catalog.OID) *builtin.Func {
	if oid == 0 {
		return nil
	}
	for _, f := range builtin.All() {
		if f.OID == oid {
			return f
		}
	}
	return nil
}

// textSearchConfigs are PostgreSQL 15's configurations.
var textSearchConfigs = map[string]catalog.OID{"simple": 3748, "arabic": 12918, "armenian": 12920, "basque": 12922, "catalan": 12924, "danish": 12926,
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
