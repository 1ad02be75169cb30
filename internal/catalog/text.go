package catalog

import (
	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/sql"
	"github.com/mainstay-dev/mainstay/internal/sql/plpgsql"
)

// exprText is an expression as PostgreSQL text, "" for nil.
func exprText(x sql.Expr) string {
	if x == nil {
		return ""
	}
	return sql.PrintExpr(x)
}

func stmtText(s sql.Stmt) string { return sql.Print(s) }

// parseBody parses the body of a LANGUAGE sql function. The places in the trees count from the start of the body, that of an error from the
// start of the script, where the body begins at at.
func parseBody(text string, at sql.Pos) []sql.Stmt {
	parsed, err := sql.Parse(text)
	if f := fault.As(err); f != nil && f.Pos >= 0 && at >= 0 {
		n := *f
		n.Pos, n.Text = f.Pos+int(at), ""
		err = &n
	}
	parsed = must(parsed, err)
	out := make([]sql.Stmt, len(parsed))
	for i, s := range parsed {
		out[i] = s.Stmt
	}
	return out
}

// parsePL parses the body of a LANGUAGE plpgsql function.
func parsePL(s *sql.CreateFunction) *plpgsql.Function { return must(plpgsql.Parse(s)) }
