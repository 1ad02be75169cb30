package builtin

import (
	"math"
	"strings"
	"time"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
)

// registerCatalog registers the functions that read the catalog. They are answered by Session.Catalog, by name.
func registerCatalog(r registry) {
	for sig := range strings.FieldsSeq(`
		pg_get_constraintdef(oid) pg_get_constraintdef(oid,bool) pg_get_indexdef(oid) pg_get_indexdef(oid,int4,bool) pg_get_viewdef(oid) pg_get_viewdef(oid,bool)
		pg_get_viewdef(text) pg_get_viewdef(text,bool) pg_get_functiondef(oid) pg_get_function_arguments(oid) pg_get_function_identity_arguments(oid)
		pg_get_function_result(oid) pg_get_triggerdef(oid) pg_get_triggerdef(oid,bool) pg_get_expr(pg_node_tree,oid) pg_get_userbyid(oid) pg_get_serial_sequence(text,text)
		obj_description(oid) obj_description(oid,name) col_description(oid,int4) shobj_description(oid,name)
		pg_table_is_visible(oid) pg_type_is_visible(oid) pg_function_is_visible(oid) pg_has_role(name,text) pg_has_role(oid,text)
		row_security_active(text) row_security_active(oid) pg_get_expr(pg_node_tree,oid,bool) pg_get_viewdef(oid,int4) acldefault(char,oid) oidvectortypes(_oid)
		pg_encoding_to_char(int4) pg_is_other_temp_schema(oid) pg_get_partkeydef(oid)
		pg_relation_size(regclass) pg_total_relation_size(regclass) pg_table_size(regclass) pg_indexes_size(regclass) pg_database_size(name) pg_relation_is_updatable(regclass,bool)
		pg_terminate_backend(int4,int8) pg_cancel_backend(int4) current_query()`) {
		r.describing(sig)
	}
	// The role may be left out, and role, object and column may be names or numbers.
	for _, f := range []struct{ name, objects string }{{"has_table_privilege", "text oid"}, {"has_any_column_privilege", "text oid"},
		{"has_column_privilege", "text,text text,int2 oid,text oid,int2"}, {"has_schema_privilege", "text oid"}, {"has_function_privilege", "text oid"},
		{"has_sequence_privilege", "text oid"}, {"has_type_privilege", "text oid"}, {"has_database_privilege", "text oid"}, {"has_language_privilege", "text oid"}} {
		for object := range strings.FieldsSeq(f.objects) {
			for _, role := range []string{"", "name,", "oid,"} {
				r.describing(f.name + "(" + role + object + ",text)")
			}
		}
	}
	for _, role := range []string{"name,name", "name,oid", "oid,name", "oid,oid"} {
		r.describing("pg_has_role(" + role + ",text)")
	}
	r.set("aclexplode(_aclitem)", func(c *Ctx, a []datum, yield func([]datum) bool) error {
		if c.Explode == nil {
			return unsupported("aclexplode() cannot be used here")
		}
		c.Explode(a[0], yield)
		return nil
	})
	r.fn("pg_trigger_depth()", func(c *Ctx, _ []datum) (datum, error) {
		if c.TriggerDepth == nil {
			return value.Int(0), nil
		}
		return value.Int(int64(c.TriggerDepth())), nil
	})
	r.fn("num_nulls(any)", func(_ *Ctx, a []datum) (datum, error) { return countNulls(a, true), nil })
	r.fn("num_nonnulls(any)", func(_ *Ctx, a []datum) (datum, error) { return countNulls(a, false), nil })
	r.pure("pg_client_encoding() getdatabaseencoding()", func([]datum) datum { return text("UTF8") })
	r.fn("pg_size_bytes(text)", func(_ *Ctx, a []datum) (datum, error) { return sizeBytes(a[0].Str()) })
	r.fn("pg_sleep_for(interval)", func(c *Ctx, a []datum) (datum, error) {
		if c.Sleep == nil {
			return value.Null, unsupported("pg_sleep_for() cannot be used here")
		}
		return text(""), c.Sleep(time.Duration(interval(a[0]).Micros) * time.Microsecond)
	})
	r.fn("pg_advisory_unlock_all()", func(c *Ctx, _ []datum) (datum, error) {
		if c.UnlockAll == nil {
			return value.Null, unsupported("advisory locks cannot be used here")
		}
		return text(""), c.UnlockAll()
	})
	r.fn("parse_ident(text,bool)", func(_ *Ctx, a []datum) (datum, error) {
		parts, err := parseIdent(a[0].Str(), a[1].IsTrue())
		return value.MakeArray(nil, opsOf(catalog.TextOID), parts), err
	})
	// Of later releases of PostgreSQL; their signatures are in extra.txt.
	r.fn("uuidv4()", func(c *Ctx, _ []datum) (datum, error) {
		b, err := c.random(16)
		if err != nil {
			return value.Null, err
		}
		return uuidText(b, 4), nil
	})
	r.fn("uuidv7()", func(c *Ctx, _ []datum) (datum, error) {
		b, err := c.random(16)
		if err != nil {
			return value.Null, err
		}
		// Milliseconds since 1970, then the fraction of the millisecond in 12 bits, then random bits.
		now := c.clock().Time()
		ms := now.UnixMilli()
		sub := uint32(now.Nanosecond()%1e6) * 4096 / 1e6
		for i := range 6 {
			b[i] = byte(ms >> (40 - 8*i))
		}
		b[6], b[7] = byte(sub>>8), byte(sub)
		return uuidText(b, 7), nil
	})
	r.fn("random(int4,int4) random(int8,int8)", func(c *Ctx, a []datum) (datum, error) {
		lo, hi := a[0].Int64(), a[1].Int64()
		if lo > hi {
			return value.Null, fault.New(fault.InvalidParameterValue, "lower bound must be less than or equal to upper bound")
		}
		c.unsteady()
		if c.Rand == nil {
			return value.Null, unsupported("random() cannot be used here")
		}
		n := float64(hi) - float64(lo) + 1
		return value.Int(lo + int64(math.Floor(c.Rand()*n))), nil
	})
	r.agg("any_value(anyelement)", func(*Ctx) Aggregate {
		v := value.Null
		return &fold{notNull(func(d datum) error {
			if v.IsNull() {
				v = d
			}
			return nil
		}), func() (datum, error) { return v, nil }}
	})
	r.fn("pg_input_is_valid(text,text)", func(c *Ctx, a []datum) (datum, error) {
		t := catalog.OID(0)
		if c.RegIn != nil {
			t, _ = c.RegIn(catalog.RegtypeOID, a[1].Str())
		} else {
			t = value.BuiltinNamed(a[1].Str())
		}
		o := c.Env().Ops(t)
		if o == nil {
			return value.Null, fault.New(fault.UndefinedObject, `type "%s" does not exist`, a[1].Str())
		}
		_, err := o.Input(c.Env(), a[0].Str(), -1)
		return value.Bool(err == nil), nil
	})
}

// describing registers a function that Session.Catalog answers.
func (r registry) describing(sig string) {
	name, _, _ := strings.Cut(sig, "(")
	r.fn(sig, func(c *Ctx, a []datum) (datum, error) {
		if c.Catalog == nil {
			return value.Null, unsupported("%s() cannot be used here", name)
		}
		return c.Catalog(name, c.Args, a)
	})
}

func countNulls(a []datum, nulls bool) datum {
	n := int64(0)
	for _, d := range a {
		if d.IsNull() == nulls {
			n++
		}
	}
	return value.Int(n)
}

func sizeBytes(s string) (datum, error) {
	t := strings.TrimSpace(s)
	i := 0
	for i < len(t) && strings.IndexByte("0123456789.+-", t[i]) >= 0 {
		i++
	}
	d, err := value.ParseDec(t[:i])
	if err != nil || i == 0 {
		return value.Null, fault.New(fault.InvalidParameterValue, `invalid size: "%s"`, s)
	}
	unit := strings.ToLower(strings.TrimSpace(t[i:]))
	shift, ok := map[string]uint{"": 0, "b": 0, "bytes": 0, "kb": 10, "mb": 20, "gb": 30, "tb": 40, "pb": 50}[unit]
	if !ok {
		return value.Null, fault.New(fault.InvalidParameterValue, `invalid size: "%s"`, s).WithDetail(`Invalid size unit: "%s".`, strings.TrimSpace(t[i:])).
			WithHint(`Valid units are "bytes", "kB", "MB", "GB", "TB", and "PB".`)
	}
	n, ok := d.Mul(value.DecInt(1 << shift)).Int64()
	if !ok {
		return value.Null, rangeError("bigint")
	}
	return value.Int(n), nil
}

// parseIdent splits a qualified identifier; unquoted parts are folded to lower case.
func parseIdent(s string, strict bool) ([]datum, error) {
	bad := fault.New(fault.InvalidParameterValue, `string is not a valid identifier: "%s"`, s)
	var out []datum
	i := 0
	space := func() {
		for i < len(s) && strings.IndexByte(" \t\n\r", s[i]) >= 0 {
			i++
		}
	}
	for {
		space()
		switch {
		case i < len(s) && s[i] == '"':
			var b strings.Builder
			closed := false
			for i++; i < len(s); i++ {
				if s[i] == '"' {
					if i+1 < len(s) && s[i+1] == '"' {
						i++
					} else {
						closed = true
						i++
						break
					}
				}
				b.WriteByte(s[i])
			}
			if !closed {
				return nil, bad.WithDetail("String has unclosed double quotes.")
			}
			if b.Len() == 0 {
				return nil, bad.WithDetail("Quoted identifier must not be empty.")
			}
			out = append(out, text(b.String()))
		case i < len(s) && (s[i] == '_' || s[i] >= 0x80 || s[i]|32 >= 'a' && s[i]|32 <= 'z'):
			j := i
			for j < len(s) && (s[j] == '_' || s[j] == '$' || s[j] >= 0x80 || s[j] >= '0' && s[j] <= '9' || s[j]|32 >= 'a' && s[j]|32 <= 'z') {
				j++
			}
			out = append(out, text(value.Lower(s[i:j])))
			i = j
		case i < len(s) && s[i] == '.':
			return nil, bad.WithDetail(`No valid identifier before ".".`)
		case len(out) > 0:
			return nil, bad.WithDetail(`No valid identifier after ".".`)
		default:
			return nil, bad
		}
		space()
		switch {
		case i < len(s) && s[i] == '.':
			i++
			continue
		case i < len(s) && strict:
			return nil, bad
		}
		return out, nil
	}
}
