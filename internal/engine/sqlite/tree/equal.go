package tree

import (
	"reflect"

	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/builtin"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// Equal reports whether two expressions are the same computation: same shape, functions, constants and Rels. Places in the text do not count.
// Sub-queries are equal only when they are one and the same.
func Equal(a, b Expr) bool { return same(reflect.ValueOf(&a).Elem(), reflect.ValueOf(&b).Elem()) }

var (
	posType    = reflect.TypeFor[sql.Pos]()
	byIdentity = map[reflect.Type]bool{
		reflect.TypeFor[*Rel](): true, reflect.TypeFor[*Query](): true, reflect.TypeFor[*builtin.Func](): true,
		reflect.TypeFor[*catalog.Function](): true, reflect.TypeFor[*catalog.Table](): true,
	}
)

func same(a, b reflect.Value) bool {
	if a.Kind() != b.Kind() || a.Type() != b.Type() {
		return false
	}
	switch a.Kind() {
	case reflect.Pointer:
		if byIdentity[a.Type()] || a.IsNil() || b.IsNil() {
			return a.Pointer() == b.Pointer()
		}
		return a.Pointer() == b.Pointer() || same(a.Elem(), b.Elem())
	case reflect.Interface:
		if a.IsNil() || b.IsNil() {
			return a.IsNil() && b.IsNil()
		}
		return same(a.Elem(), b.Elem())
	case reflect.Struct:
		for i := range a.NumField() {
			if a.Field(i).Type() != posType && !same(a.Field(i), b.Field(i)) {
				return false
			}
		}
		return true
	case reflect.Slice:
		if a.Len() != b.Len() {
			return false
		}
		for i := range a.Len() {
			if !same(a.Index(i), b.Index(i)) {
				return false
			}
		}
		return true
	case reflect.Func, reflect.Map, reflect.Chan:
		return a.Pointer() == b.Pointer()
	}
	return a.Equal(b)
}
