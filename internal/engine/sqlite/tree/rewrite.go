package tree

// Rewrite rebuilds e from the outside in: where f gives an expression and true, that stands in the place of its argument, whose parts are
// then not visited. Like Walk it does not enter the queries of sub-links.
func Rewrite(e Expr, f func(Expr) (Expr, bool)) Expr {
	if e == nil {
		return nil
	}
	if n, ok := f(e); ok {
		return n
	}
	return withParts(e, func(part Expr) Expr { return Rewrite(part, f) })
}
