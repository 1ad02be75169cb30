package sqlite

import (
	"encoding/json"
	"strings"

	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/engine/plan"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/exec"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/store"
)

// explained is a node of a plan in the form of PostgreSQL's EXPLAIN (FORMAT JSON). SQLite estimates no costs and no numbers of rows, so there are none.
type explained struct {
	Node  string       `json:"Node Type"`
	Plans []*explained `json:"Plans,omitempty"`
}

// explainPlan tells how SQLite would run the program. Nothing is run: SQLite has no measures of a statement, so Analyze adds nothing.
func explainPlan(c *store.Conn, prog *exec.Program, x *plan.Explain, sink engine.Sink) error {
	lines, err := prog.Explain(c)
	if err != nil {
		return err
	}
	rows := lines
	if x.JSON {
		text, err := json.MarshalIndent([]map[string]any{{"Plan": planTree(lines)}}, "", "  ")
		if err != nil {
			return err
		}
		rows = []string{string(text)}
	}
	for _, line := range rows {
		if err := sink.Row(textRow(line)); err != nil {
			return err
		}
	}
	return sink.End(engine.Outcome{Rows: int64(len(rows)), Total: -1, Estimate: -1, Inserted: -1})
}

// planTree makes a tree of indented lines.
func planTree(lines []string) *explained {
	root := &explained{Node: "Result"}
	path := []*explained{root}
	for _, line := range lines {
		text := strings.TrimLeft(line, " ")
		depth := min((len(line)-len(text))/2+1, len(path))
		n := &explained{Node: text}
		parent := path[depth-1]
		parent.Plans = append(parent.Plans, n)
		path = append(path[:depth], n)
	}
	return root
}
