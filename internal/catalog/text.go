package catalog

import (
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

// parseBody parses the body of a LANGUAGE sql function.
func parseBody(text string, at sql.Pos) []sql.Stmt {
	parsed := must(sql.Parse(text))
	out := make([]sql.Stmt, len(parsed))
	for i, s := range parsed {
		out[i] = s.Stmt
	}
	return out
}

// parsePL parses the body of a LANGUAGE plpgsql function.
func parsePL(s *sql.CreateFunction) *plpgsql.Function { return must(plpgsql.Parse(s)) }
