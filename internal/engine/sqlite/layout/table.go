package layout

import (
	"slices"
	"strings"

	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// CreateTable is the statement that makes t's table under its own name; its indexes come separately.
func CreateTable(cat *catalog.Catalog, t *catalog.Table) string {
	return CreateTableAs(cat, t, TableName(t.Schema, t.Name))
}

// CreateTableAs makes t's table under the quoted name given, for rebuilding it.
func CreateTableAs(cat *catalog.Catalog, t *catalog.Table, name string) string {
	var b strings.Builder
	b.WriteString("CREATE TABLE " + name + " (\n  " + CtidColumn + " INTEGER PRIMARY KEY")
	for _, col := range t.Columns {
		b.WriteString(",\n  " + ColumnDecl(cat, col))
	}
	for _, con := range t.Constraints {
		if fk := foreignKey(cat, t, con); fk != "" {
			b.WriteString(",\n  " + fk)
		}
	}
	b.WriteString("\n) STRICT")
	return b.String()
}

// foreignKey is a constraint's physical declaration, a safety net below the executor's own checks; "" where SQLite cannot hold it as it is meant.
func foreignKey(cat *catalog.Catalog, t *catalog.Table, con *catalog.Constraint) string {
	if con.Kind != catalog.ForeignKey || con.NotValid {
		return ""
	}
	ref := cat.TableByOID(con.RefTable)
	if con.RefTable == t.OID {
		ref = t
	}
	if ref == nil || !parentKey(ref, con.RefColumns) {
		return ""
	}
	for i, name := range con.Columns {
		// SQLite compares with the parent's collation and storage class; where those differ it would see other values than PostgreSQL.
		from, to := t.Column(name), ref.Column(con.RefColumns[i])
		if from == nil || to == nil || StorageOf(cat, from.Type) != StorageOf(cat, to.Type) || CollationOf(cat, from.Type) != CollationOf(cat, to.Type) {
			return ""
		}
	}
	return "FOREIGN KEY (" + columnList(con.Columns) + ") REFERENCES " + TableName(ref.Schema, ref.Name) + " (" + columnList(con.RefColumns) + ") DEFERRABLE INITIALLY DEFERRED"
}

// parentKey reports whether SQLite accepts the columns as a parent key: there must be a plain unique index over exactly them.
func parentKey(t *catalog.Table, columns []string) bool {
	for _, ix := range t.Indexes {
		if !ix.Unique || ix.NullsNotDistinct || ix.Where != nil || len(ix.Keys) != len(columns) {
			continue
		}
		match := true
		for _, k := range ix.Keys {
			found := false
			for _, c := range columns {
				found = found || k.Expr == nil && k.Column == c
			}
			match = match && found
		}
		if match {
			return true
		}
	}
	return false
}

func columnList(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = Quote(n)
	}
	return strings.Join(quoted, ", ")
}

// Lower makes SQLite text of an expression over a table's columns, for an index. It fails where SQLite could not keep the index by itself: a
// function that is not deterministic or a sub-query.
type Lower func(t *catalog.Table, e sql.Expr) (string, error)

// Physical reports whether an index exists in SQLite. Those of other access methods than btree and hash are kept as facts only: they would not serve SQLite.
func Physical(ix *catalog.Index) bool {
	if ix.Operators != nil {
		return slices.Contains(ix.Operators, "=") // the others are compared row by row
	}
	return ix.Unique || ix.Method == "" || ix.Method == "btree" || ix.Method == "hash"
}

// Unique reports whether SQLite's own index keeps the keys apart.
func Unique(ix *catalog.Index) bool { return ix.Unique && !ix.Deferrable }

// IndexName is the quoted SQLite name of an index.
func IndexName(t *catalog.Table, ix *catalog.Index) string { return TableName(t.Schema, ix.Name) }

// CreateIndex is the statement that makes an index of t's table, for which Physical holds, under its own name.
func CreateIndex(cat *catalog.Catalog, t *catalog.Table, ix *catalog.Index, lower Lower) (string, error) {
	return CreateIndexAs(cat, t, ix, IndexName(t, ix), lower)
}

// CreateIndexAs makes the index under the quoted name given.
func CreateIndexAs(cat *catalog.Catalog, t *catalog.Table, ix *catalog.Index, name string, lower Lower) (string, error) {
	var b strings.Builder
	b.WriteString("CREATE ")
	if Unique(ix) {
		b.WriteString("UNIQUE ")
	}
	b.WriteString("INDEX " + name + " ON " + TableName(t.Schema, t.Name) + " (")
	first := true
	for i, k := range ix.Keys {
		if ix.Operators != nil && ix.Operators[i] != "=" {
			continue
		}
		if !first {
			b.WriteString(", ")
		}
		first = false
		key, err := indexKey(cat, t, ix, k, lower)
		if err != nil {
			return "", err
		}
		b.WriteString(key)
		if k.Desc {
			b.WriteString(" DESC")
		}
	}
	if !ix.Unique {
		for _, c := range ix.Include {
			b.WriteString(", " + Quote(c))
		}
	}
	b.WriteString(")")
	if ix.Where != nil {
		where, err := lower(t, ix.Where)
		if err != nil {
			return "", err
		}
		b.WriteString(" WHERE " + where)
	}
	return b.String(), nil
}

func indexKey(cat *catalog.Catalog, t *catalog.Table, ix *catalog.Index, k sql.IndexKey, lower Lower) (string, error) {
	if k.Expr != nil {
		text, err := lower(t, k.Expr)
		if err != nil {
			return "", err
		}
		return text, nil
	}
	col := Quote(k.Column)
	if !ix.NullsNotDistinct {
		return col, nil
	}
	// SQLite takes every NULL for different. A value of a storage class that the column cannot hold stands for NULL.
	if c := t.Column(k.Column); c != nil && StorageOf(cat, c.Type) == "BLOB" {
		return "(ifnull(" + col + ", 0))", nil
	}
	return "(ifnull(" + col + ", x''))", nil
}
