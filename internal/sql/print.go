package sql

import "fmt"

// Print is n as PostgreSQL text, without a final semicolon. Keywords are upper case; an outermost query has one clause a line.
// n is a Stmt, Expr, TableExpr or *TypeName. Parsing the text gives a tree that prints the same. Unsupported nodes print as
// a comment that names them: keep the statement's source if it must survive.
func Print(n any) string {
	p := &printer{}
	switch n := n.(type) {
	case nil:
		return ""
	case Stmt:
		p.pretty = true
		p.stmt(n)
	case Expr:
		p.expr(n, precLowest)
	case TableExpr:
		p.tableExpr(n)
	case *TypeName:
		p.typeName(n)
	default:
		panic(fmt.Sprintf("sql: %T has no printed form", n))
	}
	return p.String()
}

// PrintExpr is Print for an expression inside parentheses of its own where it needs them as an operand: a + b gives (a + b), f(x) f(x).
func PrintExpr(e Expr) string {
	p := &printer{}
	p.expr(e, precPrimary)
	return p.String()
}
