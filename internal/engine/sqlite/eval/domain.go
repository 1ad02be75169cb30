package eval

import (
	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/analyze"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/tree"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
)

// domainCheck compiles a coercion to a domain.
func (c *compiler) domainCheck(e *tree.DomainCheck) (Closure, error) {
	x, err := c.expr(e.X)
	if err != nil {
		return nil, err
	}
	check, err := c.domain(e.Typ.OID)
	if err != nil {
		return nil, err
	}
	return func(f *Frame) (value.Datum, error) {
		d, err := x(f)
		if err != nil {
			return value.Null, err
		}
		return d, check(f, d)
	}, nil
}

// domain compiles the constraints of a domain and those of the domains below it.
func (c *compiler) domain(oid catalog.OID) (func(f *Frame, d value.Datum) error, error) {
	type rule struct {
		test Closure
		err  error
	}
	var rules []rule
	var notNull error
	top := c.cat.Type(oid) // errors are told of it, not of the domain below that has the constraint
	if top == nil {
		return nil, fault.New(fault.Internal, "no type %d", oid)
	}
	name := c.cat.TypeString(catalog.TypeRef{OID: oid, Mod: -1})
	for t := c.cat.Type(oid); t != nil && t.Kind == catalog.DomainType; t = c.cat.Type(t.Base.OID) {
		if t.NotNull && notNull == nil {
			notNull = &fault.Error{Code: fault.NotNullViolation, Message: "domain " + name + " does not allow null values", Schema: top.Schema, Type: top.Name, Pos: -1}
		}
		base := c.cat.BaseType(t.Base)
		var own []rule
		for _, k := range t.Checks {
			env := &analyze.Env{Names: func(name []string) tree.Expr {
				if len(name) == 1 && name[0] == "value" {
					return &tree.Param{Number: tree.DomainValue, Typ: base}
				}
				return nil
			}}
			x, err := analyze.Condition(c.cat, env, k.Expr, analyze.InDomainCheck, "CHECK")
			if err != nil {
				return nil, err
			}
			test, err := c.expr(x)
			if err != nil {
				return nil, err
			}
			own = append(own, rule{test, (&fault.Error{Code: fault.CheckViolation, Message: "value for domain " + name + ` violates check constraint "` + k.Name + `"`,
				Type: top.Name, Pos: -1}).WithConstraint(top.Schema, "", k.Name)})
		}
		rules = append(own, rules...)
	}
	return func(f *Frame, d value.Datum) error {
		if notNull != nil && d.IsNull() {
			return notNull
		}
		saved := f.domain
		defer func() { f.domain = saved }()
		f.domain = d
		for _, r := range rules {
			ok, err := r.test(f)
			if err != nil {
				return err
			}
			if !ok.IsNull() && !ok.IsTrue() {
				return r.err
			}
		}
		return nil
	}, nil
}

// Nested is the test of the domains within the values of a type: those of an array's elements and of a composite's fields, which come in as text or JSON as a whole. Nil
// for a type without any.
func Nested(cat *catalog.Catalog, oid catalog.OID) (func(f *Frame, d value.Datum) error, error) {
	c := &compiler{cat: cat, env: &value.Env{Types: cat}}
	return c.nested(oid)
}

func (c *compiler) nested(oid catalog.OID) (func(f *Frame, d value.Datum) error, error) {
	base := c.cat.BaseType(catalog.TypeRef{OID: oid, Mod: -1}).OID
	t := c.cat.Type(base)
	switch {
	case t != nil && t.Elem != 0 && t.Category == 'A':
		test, err := c.inside(t.Elem)
		if test == nil || err != nil {
			return nil, err
		}
		elem := c.env.Ops(t.Elem)
		return func(f *Frame, d value.Datum) error {
			for x, err := range value.ArrayElems(elem, d) {
				if err != nil {
					return err
				}
				if err := test(f, x); err != nil {
					return err
				}
			}
			return nil
		}, nil
	case t != nil && t.Kind == catalog.CompositeType:
		ops := c.env.Ops(base)
		if ops == nil {
			return nil, nil
		}
		tests := make([]func(f *Frame, d value.Datum) error, len(ops.Fields))
		some := false
		for i, x := range ops.Fields {
			var err error
			if tests[i], err = c.inside(x.Type.OID); err != nil {
				return nil, err
			}
			some = some || tests[i] != nil
		}
		if !some {
			return nil, nil
		}
		return func(f *Frame, d value.Datum) error {
			for i, v := range ops.FieldValues(d) {
				if i < len(tests) && tests[i] != nil {
					if err := tests[i](f, v); err != nil {
						return err
					}
				}
			}
			return nil
		}, nil
	}
	return nil, nil
}

// inside is the test of a value within another: its own domain's, and what lies within it.
func (c *compiler) inside(oid catalog.OID) (func(f *Frame, d value.Datum) error, error) {
	deeper, err := c.nested(oid)
	if err != nil {
		return nil, err
	}
	t := c.cat.Type(oid)
	if t == nil || t.Kind != catalog.DomainType {
		if deeper == nil {
			return nil, nil
		}
		return func(f *Frame, d value.Datum) error {
			if d.IsNull() {
				return nil
			}
			return deeper(f, d)
		}, nil
	}
	own, err := c.domain(oid)
	if err != nil {
		return nil, err
	}
	return func(f *Frame, d value.Datum) error {
		if err := own(f, d); err != nil || deeper == nil || d.IsNull() {
			return err
		}
		return deeper(f, d)
	}, nil
}
