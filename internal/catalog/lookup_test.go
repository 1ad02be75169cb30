package catalog_test

import (
	"testing"

	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

func TestTypeNames(t *testing.T) {
	c := catalog.Empty()
	num := func(s string) sql.Expr { return &sql.Const{Kind: sql.IntConst, Text: s} }
	check := func(name string, dims int, mods []sql.Expr, want string) {
		t.Helper()
		r, err := c.FindType([]string{"public"}, &sql.TypeName{Name: sql.Name{Name: name}, Mods: mods, ArrayDims: dims})
		got := c.TypeString(r)
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	check("int4", 0, nil, "integer")
	check("integer", 1, nil, "integer[]")
	check("varchar", 0, []sql.Expr{num("10")}, "character varying(10)")
	check("numeric", 0, []sql.Expr{num("10"), num("2")}, "numeric(10,2)")
	check("numeric", 2, []sql.Expr{num("3"), num("-2")}, "numeric(3,-2)[]")
	check("timestamptz", 0, []sql.Expr{num("3")}, "timestamp(3) with time zone")
	check("interval", 0, []sql.Expr{num("32767"), num("2")}, "interval(2)")
	check("interval", 0, []sql.Expr{num("4")}, "interval year")
	check("text", 0, []sql.Expr{num("3")}, `type modifier is not allowed for type "text" (42601)`)
	check("varchar", 0, []sql.Expr{num("0")}, `length for type varchar must be at least 1 (22023)`)
	check("nope", 1, nil, `type "nope[]" does not exist (42704)`)
	check("char", 0, nil, `"char"`)
	check("regclass", 0, nil, "regclass")
}
