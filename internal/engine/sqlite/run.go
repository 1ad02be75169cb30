package sqlite

import (
	"strconv"

	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/analyze"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/builtin"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/exec"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/tree"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// compile makes a program of a statement for a role. params are the types of $1 …, UnknownOID where they are to be inferred; nil for none.
func compile(cat *catalog.Catalog, role string, path []string, params []catalog.TypeRef, q sql.Query) (*exec.Program, error) {
	return exec.Compile(cat, &analyze.Env{Path: path, Params: params}, role, q)
}

// runQuery runs a query made by the engine itself, as role, and gives row each row.
func runQuery(s *exec.Session, role string, q sql.Query, args []value.Datum, row func([]value.Datum) error) error {
	prog, err := compile(s.Cat, role, s.Path, nil, q)
	if err != nil {
		return err
	}
	_, err = prog.Run(s, args, func(r exec.Row) error {
		values := make([]value.Datum, len(prog.Columns))
		for i := range values {
			values[i] = r.Datum(i)
		}
		return row(values)
	})
	return err
}

// tag is PostgreSQL's command tag.
func tag(o exec.Outcome) string {
	n := strconv.FormatInt(o.Rows, 10)
	switch o.Command {
	case tree.Insert:
		return "INSERT 0 " + n
	case tree.Update:
		return "UPDATE " + n
	case tree.Delete:
		return "DELETE " + n
	case tree.Merge:
		return "MERGE " + n
	}
	return "SELECT " + n
}

// textRow is a row of one text.
type textRow string

func (r textRow) AppendJSON(dst []byte, _ int) []byte { return value.AppendJSONString(dst, string(r)) }
func (r textRow) AppendText(dst []byte, _ int) []byte { return append(dst, r...) }
func (r textRow) IsNull(int) bool                     { return false }

// isBuiltin tells the catalog which names are also functions of PostgreSQL's own.
func isBuiltin(name string) bool { return len(builtin.Functions(name)) > 0 }

// columnType is the type of column i of VALUES or a set operation.
func columnType(q *tree.Query, i int) tree.Type {
	for q.Left != nil {
		q = q.Left
	}
	if len(q.Values) > 0 {
		return q.Values[0][i].Type()
	}
	return q.Targets[i].Expr.Type()
}
