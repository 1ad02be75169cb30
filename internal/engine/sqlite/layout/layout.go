// Package layout is the physical form of PostgreSQL's tables in SQLite: names, column types, collations, indexes, and the text of the
// statements that make them.
//
// A table public.products is the STRICT table "public.products". Its first column, "ctid" INTEGER PRIMARY KEY, is the position in the heap: rows are
// read in its order where a query names none, and an updated row moves to the end, as in PostgreSQL. Columns keep their names. NOT NULL, CHECK,
// defaults and generated columns are the executor's business; unique indexes and foreign keys exist physically too.
// Main functions in order of meeting them: TableName, ColumnDecl, CreateTable, CreateIndex.
//
// Invariants: names and types are functions of the catalog alone; nothing here runs SQL.
package layout

import (
	"fmt"
	"strings"

	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/builtin"
)

// Names of what is in the file beside the project's tables, ready for use in SQL.
const (
	CtidColumn     = `"ctid"`
	CatalogTable   = `"mainstay.catalog"`   // one row: facts BLOB, bootstrap INTEGER
	SequencesTable = `"mainstay.sequences"` // oid INTEGER PRIMARY KEY, last_value INTEGER, is_called INTEGER
)

// System is the SQL that makes the tables of CatalogTable and SequencesTable in a new file.
const System = `
CREATE TABLE "mainstay.catalog" (id INTEGER PRIMARY KEY CHECK (id = 1), facts BLOB NOT NULL, bootstrap INTEGER NOT NULL) STRICT;
CREATE TABLE "mainstay.sequences" (oid INTEGER PRIMARY KEY, last_value INTEGER NOT NULL, is_called INTEGER NOT NULL) STRICT;
`

// TableName is the quoted SQLite name of a table, materialised view or index. Different PostgreSQL names never meet, although SQLite ignores
// case: an upper-case letter is marked with a circumflex.
func TableName(schema, name string) string {
	if schema == "mainstay" {
		schema = "^mainstay"
	} else {
		schema = strings.ReplaceAll(escape(schema), ".", "^.")
	}
	return Quote(schema + "." + escape(name))
}

func escape(s string) string {
	plain := true
	for i := 0; i < len(s); i++ {
		if s[i] == '^' || 'A' <= s[i] && s[i] <= 'Z' {
			plain = false
			break
		}
	}
	if plain {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '^' || 'A' <= s[i] && s[i] <= 'Z' {
			b.WriteByte('^')
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// Quote makes an SQL identifier.
func Quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// QuoteText makes an SQL string literal.
func QuoteText(s string) string { return `'` + strings.ReplaceAll(s, `'`, `''`) + `'` }

// StorageOf is the type of a STRICT column that holds values of type t: INTEGER, REAL, TEXT or BLOB.
func StorageOf(cat *catalog.Catalog, t catalog.TypeRef) string {
	switch base := cat.BaseType(t); base.OID {
	case catalog.BoolOID, catalog.Int2OID, catalog.Int4OID, catalog.Int8OID, catalog.OIDOID, catalog.RegclassOID, catalog.RegtypeOID:
		return "INTEGER"
	case catalog.Float4OID, catalog.Float8OID:
		return "REAL"
	case catalog.ByteaOID, catalog.VectorOID, catalog.HalfvecOID:
		return "BLOB"
	default:
		return "TEXT"
	}
}

// CollationOf is the SQLite collation in which values of type t compare as PostgreSQL's operators do; "" for the binary one.
func CollationOf(cat *catalog.Catalog, t catalog.TypeRef) string {
	base := cat.BaseType(t).OID
	if ty := cat.Type(base); ty != nil && ty.Kind == catalog.EnumType {
		return fmt.Sprintf("pg_enum_%d", base)
	}
	switch base {
	case catalog.JSONOID, catalog.VoidOID, catalog.RecordOID:
		return ""
	}
	c, ok := builtin.CollationOf(base)
	if !ok {
		return fmt.Sprintf("pg_type_%d", base)
	}
	return c
}

// FuncName is the SQLite name under which an immutable built-in function is registered for indexes over expressions.
func FuncName(f *builtin.Func) string { return "pg_" + f.ID }

// ColumnDecl is the declaration of a column.
func ColumnDecl(cat *catalog.Catalog, col *catalog.Column) string {
	d := Quote(col.Name) + " " + StorageOf(cat, col.Type)
	if c := CollationOf(cat, col.Type); c != "" {
		d += " COLLATE " + c
	}
	return d
}
