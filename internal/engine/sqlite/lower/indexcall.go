package lower

import (
	"strings"

	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/builtin"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/layout"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/tree"
)

// IndexCall writes a call of an immutable function over arguments that are SQLite text, as queries that an index may serve write it:
// the text of an index's expression must be theirs. "" for a call that SQLite cannot make by itself.
func IndexCall(cat *catalog.Catalog, c *tree.Call, args []string) string {
	if c.Fn == nil || c.Fn.Volatility != 'i' || c.Fn.Kind != builtin.Scalar || c.Fn.SQLite == "" && !concrete(c.Fn) {
		return ""
	}
	if op := comparison(c); op != "" {
		collate := layout.CollationOf(cat, c.Args[0].Type())
		if collate != "" {
			collate = " COLLATE " + collate
		}
		return "(" + args[0] + collate + " " + op + " " + args[1] + ")"
	}
	if c.Fn.SQLite != "" {
		return "(" + substitute(c.Fn.SQLite, args) + ")"
	}
	return layout.FuncName(c.Fn) + "(" + strings.Join(args, ", ") + ")"
}
