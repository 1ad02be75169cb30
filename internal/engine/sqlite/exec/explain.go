package exec

import (
	"strings"

	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/store"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/tree"
)

// Explain is SQLite's plan for a query, indented as a tree; of a data modification it says only which it is. It ends with the SQLite statement.
func (p *Program) Explain(c *store.Conn) ([]string, error) {
	if p.text == nil {
		if p.command == tree.Select {
			return []string{"Result"}, nil
		}
		return []string{commandWord(p.writes())}, nil
	}
	st, err := c.Stmt("EXPLAIN QUERY PLAN " + p.text.sql)
	if err != nil {
		return nil, err
	}
	defer st.Close()
	depth := map[int64]int{0: -1}
	var lines []string
	for st.Step() {
		id, parent := st.ColumnInt64(0), st.ColumnInt64(1)
		depth[id] = depth[parent] + 1
		lines = append(lines, strings.Repeat("  ", depth[id])+st.ColumnText(3))
	}
	return append(lines, "SQLite: "+p.text.sql), st.Err()
}

// SQL is the text of the one SQLite statement that a query runs as; "" for what runs in Go alone or row by row.
func (p *Program) SQL() string {
	if p.text == nil {
		return ""
	}
	return p.text.sql
}
