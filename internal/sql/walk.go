package sql

import (
	"reflect"
	"sync"
)

// PosOf is the position of a node; NoPos when it has none.
func PosOf(n Node) Pos {
	v := reflect.ValueOf(n)
	if v.Kind() == reflect.Pointer && !v.IsNil() && v.Elem().Kind() == reflect.Struct {
		if f := v.Elem().FieldByName("Pos"); f.IsValid() {
			return Pos(f.Int())
		}
	}
	return NoPos
}

// Walk calls visit for n and for each node under it, parents first, in the order of the fields (which is the order of the text but
// for WITH and FROM, which come where their structs have them). When visit gives false the node's parts are left out.
// Parts that are no nodes of their own (SortBy, When, ColumnDef …) are walked through.
func Walk(n Node, visit func(Node) bool) {
	if n == nil {
		return
	}
	walk(reflect.ValueOf(n), visit)
}

func walk(v reflect.Value, visit func(Node) bool) {
	switch v.Kind() {
	case reflect.Interface:
		if !v.IsNil() {
			walk(v.Elem(), visit)
		}
	case reflect.Pointer:
		if v.IsNil() {
			return
		}
		if n, ok := v.Interface().(Node); ok && !visit(n) {
			return
		}
		walk(v.Elem(), visit)
	case reflect.Slice:
		if holdsNodes(v.Type().Elem()) {
			for i := range v.Len() {
				walk(v.Index(i), visit)
			}
		}
	case reflect.Struct:
		for _, i := range nodeFields(v.Type()) {
			walk(v.Field(i), visit)
		}
	}
}

// Conjuncts are the conditions that AND holds together, in order; none for nil.
func Conjuncts(e Expr) []Expr {
	if e == nil {
		return nil
	}
	if b, ok := e.(*BoolExpr); ok && b.Op == And {
		var out []Expr
		for _, a := range b.Args {
			out = append(out, Conjuncts(a)...)
		}
		return out
	}
	return []Expr{e}
}

// Rewrite gives a copy of n in which each node was replaced by f's answer, children first; what f leaves alone and has nothing replaced under
// it is shared with n. f gets a node whose parts are rewritten already and must not change it: it returns the same node or another one that fits its
// place (an Expr for an Expr, a Query for a Query, and the same type where a field has a concrete type).
func Rewrite[T Node](n T, f func(Node) Node) T {
	v := reflect.ValueOf(n)
	if !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil() {
		return n
	}
	if out, changed := rewrite(v, f); changed {
		return out.Interface().(T)
	}
	return n
}

// rewrite gives the new value of v and true, or v and false.
func rewrite(v reflect.Value, f func(Node) Node) (reflect.Value, bool) {
	switch v.Kind() {
	case reflect.Interface:
		if v.IsNil() {
			return v, false
		}
		return rewrite(v.Elem(), f)
	case reflect.Pointer:
		if v.IsNil() {
			return v, false
		}
		in, changed := rewrite(v.Elem(), f)
		if changed {
			c := reflect.New(in.Type())
			c.Elem().Set(in)
			v = c
		}
		if n, ok := v.Interface().(Node); ok {
			if out := f(n); out != n {
				return reflect.ValueOf(out), true
			}
		}
		return v, changed
	case reflect.Slice:
		if !holdsNodes(v.Type().Elem()) {
			return v, false
		}
		out, changed := v, false
		for i := range v.Len() {
			item, ok := rewrite(v.Index(i), f)
			if !ok {
				continue
			}
			if !changed {
				out = reflect.MakeSlice(v.Type(), v.Len(), v.Len())
				reflect.Copy(out, v)
				changed = true
			}
			set(out.Index(i), item)
		}
		return out, changed
	case reflect.Struct:
		out, changed := v, false
		for _, i := range nodeFields(v.Type()) {
			field, ok := rewrite(v.Field(i), f)
			if !ok {
				continue
			}
			if !changed {
				out = reflect.New(v.Type()).Elem()
				out.Set(v)
				changed = true
			}
			set(out.Field(i), field)
		}
		return out, changed
	}
	return v, false
}

// set stores a new value; a nil node clears the place.
func set(place, v reflect.Value) {
	if !v.IsValid() {
		v = reflect.Zero(place.Type())
	}
	place.Set(v)
}

var fieldCache sync.Map // reflect.Type → []int

// nodeFields is the indexes of a struct's fields that can hold nodes.
func nodeFields(t reflect.Type) []int {
	if c, ok := fieldCache.Load(t); ok {
		return c.([]int)
	}
	var out []int
	for i := range t.NumField() {
		if f := t.Field(i); f.IsExported() && holdsNodes(f.Type) {
			out = append(out, i)
		}
	}
	fieldCache.Store(t, out)
	return out
}

func holdsNodes(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Interface, reflect.Struct:
		return true
	case reflect.Pointer, reflect.Slice:
		return holdsNodes(t.Elem())
	}
	return false
}
