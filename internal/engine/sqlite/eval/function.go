package eval

import (
	crand "crypto/rand"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/builtin"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/system"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/tree"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

func returnsSet(c *tree.Call) bool {
	return c.Fn != nil && (c.Fn.RetSet || c.Fn.Kind == builtin.SetReturning) || c.User != nil && c.User.ReturnsSet
}

// implementation is what computes a call, and whether it is NULL for a NULL argument.
func (c *compiler) implementation(e *tree.Call) (func(*Frame, []value.Datum) (value.Datum, error), bool, error) {
	if e.User != nil {
		return userImplementation(Instance(c.cat, e, nil)), e.User.Strict, nil
	}
	fn := e.Fn
	if fn.Go == nil {
		return nil, false, fault.Unsupported("the function "+fn.Name+" here", "").At(int(e.Pos))
	}
	p := NewPlace(c.cat, e.Args, e.Typ)
	call := fn.Go
	if e.Variadic {
		p.rest = c.env.ElemType(e.Args[len(e.Args)-1].Type().OID)
		call = fn.Spread
	}
	return func(f *Frame, args []value.Datum) (value.Datum, error) {
		ctx := p.Take(f.S)
		d, err := call(ctx, args)
		p.Give(ctx)
		return d, err
	}, fn.Strict, nil
}

// A family is what the polymorphic types of a function stand for in a call. Those of anycompatible are a family of their own.
type family struct{ elem, array, rng, multi catalog.OID }

// complete derives what no argument told.
func (f *family) complete(cat *catalog.Catalog) {
	if f.rng == 0 {
		f.rng = catalog.RangeOfMultirange(f.multi)
	}
	if f.multi == 0 {
		f.multi = catalog.MultirangeOf(f.rng)
	}
	if ty := cat.Type(f.array); ty != nil && f.elem == 0 {
		f.elem = ty.Elem
	}
	if ty := cat.Type(f.rng); ty != nil && f.elem == 0 {
		f.elem = ty.RangeOf
	}
	if f.array == 0 && f.elem != 0 {
		f.array = (&value.Env{Types: cat}).ArrayType(f.elem)
	}
}

// of is the part of a family that a declared type is, nil for a type that is not polymorphic.
func (f *families) of(declared catalog.OID) *catalog.OID {
	switch declared {
	case catalog.AnyElementOID, catalog.AnyNonArrayOID, catalog.AnyEnumOID, catalog.AnyOID:
		return &f.any.elem
	case catalog.AnyArrayOID:
		return &f.any.array
	case catalog.AnyRangeOID:
		return &f.any.rng
	case catalog.AnyMultirangeOID:
		return &f.any.multi
	case catalog.AnyCompatibleOID, catalog.AnyCompatibleNonArrayOID:
		return &f.compatible.elem
	case catalog.AnyCompatibleArrayOID:
		return &f.compatible.array
	case catalog.AnyCompatibleRangeOID:
		return &f.compatible.rng
	case catalog.AnyCompatibleMultirangeOID:
		return &f.compatible.multi
	}
	return nil
}

type families struct{ any, compatible family }

// Instance is the function of a call with the types of the call in the place of polymorphic ones, and with the columns of a column definition list,
// if any, after its parameters. It is the function itself where there is nothing to settle.
func Instance(cat *catalog.Catalog, call *tree.Call, columns []tree.RelColumn) *catalog.Function {
	fn := call.User
	n := 0
	var told families
	for _, p := range fn.Params {
		if p.Mode == sql.OutArg || p.Mode == sql.TableArg {
			continue
		}
		if n >= len(call.Args) {
			break
		}
		t := call.Args[n].Type().OID
		n++
		if part := told.of(p.Type.OID); part != nil {
			if part == &told.any.rng || part == &told.any.multi || part == &told.compatible.rng || part == &told.compatible.multi {
				t = cat.BaseType(catalog.TypeRef{OID: t, Mod: -1}).OID
			}
			*part = t
		}
	}
	told.any.complete(cat)
	told.compatible.complete(cat)
	if told == (families{}) && len(columns) == 0 {
		return fn
	}
	settle := func(t catalog.TypeRef) catalog.TypeRef {
		if part := told.of(t.OID); part != nil && *part != 0 {
			t.OID = *part
		}
		return t
	}
	c := *fn
	c.Params = slices.Clone(fn.Params)
	for i := range c.Params {
		c.Params[i].Type = settle(c.Params[i].Type)
	}
	c.Returns = settle(fn.Returns)
	for _, col := range columns {
		c.Params = append(c.Params, catalog.Param{Name: col.Name, Mode: sql.TableArg, Type: col.Type})
	}
	return &c
}

// Place is a place in a program where a built-in function is called. It keeps what the function wants to keep between calls. Safe for
// concurrent use.
type Place struct {
	args   []catalog.TypeRef
	ret    catalog.TypeRef
	fields [][]value.Field
	rest   catalog.OID
	ctx    atomic.Pointer[builtin.Ctx]
}

// NewPlace makes the place of a call with the given arguments.
func NewPlace(cat *catalog.Catalog, args []tree.Expr, ret tree.Type) *Place {
	p := &Place{ret: ret}
	env := &value.Env{Types: cat}
	for i, a := range args {
		t := a.Type()
		p.args = append(p.args, t)
		if t.OID == catalog.RecordOID {
			if f := recordFields(env, a); f != nil {
				for len(p.fields) <= i {
					p.fields = append(p.fields, nil)
				}
				p.fields[i] = f
			}
		}
	}
	return p
}

// recordFields are the fields of an anonymous record where its expression shows them.
func recordFields(env *value.Env, e tree.Expr) []value.Field {
	var out []value.Field
	add := func(name string, t tree.Type) bool {
		if t.OID == catalog.UnknownOID {
			t.OID = catalog.TextOID
		}
		o := env.Ops(t.OID)
		out = append(out, value.Field{Name: name, Type: t, Ops: o})
		return o != nil
	}
	switch e := e.(type) {
	case *tree.WholeRow:
		for _, c := range e.Rel.Columns {
			if !add(c.Name, c.Type) {
				return nil
			}
		}
	case *tree.Row:
		c := &compiler{env: env}
		f, err := c.rowFields(e)
		if err != nil {
			return nil
		}
		return f
	}
	return out
}

// Take gives the surroundings of one call; Give takes them back.
func (p *Place) Take(s *Session) *builtin.Ctx {
	b := s.Builtin()
	ctx := p.ctx.Swap(nil)
	if ctx == nil {
		return &builtin.Ctx{Session: b, Args: p.args, Ret: p.ret, Fields: p.fields, Rest: p.rest}
	}
	if ctx.Session != b {
		return &builtin.Ctx{Session: b, Args: p.args, Ret: p.ret, Fields: p.fields, Rest: p.rest, Cache: ctx.Cache}
	}
	return ctx
}

// Give ends what Take began.
func (p *Place) Give(ctx *builtin.Ctx) { p.ctx.Store(ctx) }

// Builtin is what built-in functions see of the session.
func (s *Session) Builtin() *builtin.Session {
	b := s.builtin
	if b == nil || b.Zone != s.Zone || b.Now != s.Now || b.Stmt != s.Statement || b.Types != value.Resolver(s.Cat) {
		b = s.newBuiltin()
		s.builtin = b
	}
	b.User, b.CurrentUser, b.SearchPath = s.SessionRole, s.Role, s.Path
	return b
}

func (s *Session) newBuiltin() *builtin.Session {
	unsteady := &s.Unsteady
	b := &builtin.Session{
		Now: s.Now, Stmt: s.Statement, Clock: time.Now, Zone: s.Zone, Random: crand.Reader, Rand: rand.Float64, Seed: func(float64) {}, Unsteady: unsteady,
		Database: "postgres", Types: s.Cat, Facts: s.Cat,
		Setting: s.Setting, SetSetting: func(name, v string, local bool) error { *unsteady = true; return s.SetSetting(name, v, local) }, Sealer: s.Sealer,
		RegIn: s.RegIn, RegOut: s.RegOut, TypeString: s.Cat.TypeString,
		Sleep: func(d time.Duration) error {
			*unsteady = true
			t := time.NewTimer(d)
			defer t.Stop()
			select {
			case <-t.C:
				return nil
			case <-s.Context().Done():
				return fault.New(fault.QueryCanceled, "canceling statement due to user request")
			}
		},
	}
	// What sequences say depends on numbers that were drawn and rolled back.
	if f := s.NextVal; f != nil {
		b.NextVal = func(seq catalog.OID) (int64, error) { *unsteady = true; return f(seq) }
	}
	if f := s.CurrVal; f != nil {
		b.CurrVal = func(seq catalog.OID) (int64, error) { *unsteady = true; return f(seq) }
	}
	if f := s.LastVal; f != nil {
		b.LastVal = func() (int64, error) { *unsteady = true; return f() }
	}
	if f := s.SetVal; f != nil {
		b.SetVal = func(seq catalog.OID, v int64, called bool) error { *unsteady = true; return f(seq, v, called) }
	}
	if f := s.SeqState; f != nil {
		b.SeqState = func(seq catalog.OID, rights ...catalog.Privilege) (int64, bool, bool, error) {
			*unsteady = true
			return f(seq, rights...)
		}
	}
	b.Catalog = system.Describe(b)
	b.Explode = func(acl value.Datum, yield func([]value.Datum) bool) { system.Explode(b, acl, yield) }
	b.TriggerDepth = func() int { return s.Triggers }
	b.Lock = func(int64, bool, bool, bool) (bool, error) { *unsteady = true; return true, nil } // transactions that write are alone
	b.Unlock = func(int64, bool) (bool, error) { *unsteady = true; return true, nil }
	b.UnlockAll = func() error { *unsteady = true; return nil }
	b.Notify = func(string, string) error { *unsteady = true; return nil } // nobody can listen: there is no connection of PostgreSQL's protocol
	return b
}

// Custom is the value that a name in lower case has by SET, set_config or the request.
func (s *Session) Custom(name string) (string, bool) {
	v, ok := s.Settings[name]
	if !ok && s.Request != nil {
		switch {
		case strings.HasPrefix(name, claimSettings): // auth.uid() asks for those of old versions, too, which nobody sets
			s.ReadClaims = true
		case strings.HasPrefix(name, "request."):
			s.Unsteady = true
		}
		v = s.Request(name)
		ok = v != ""
	}
	return v, ok
}

// Setting is current_setting's look-up; the names that the session keeps in fields of its own are served from there.
func (s *Session) Setting(name string) (string, bool) {
	name = strings.ToLower(name)
	if v, ok := s.Custom(name); ok {
		return v, true
	}
	switch name {
	case "timezone":
		if s.Zone == nil {
			return "UTC", true
		}
		return s.Zone.String(), true
	case "search_path":
		return strings.Join(s.Path, ", "), true
	case "role":
		role := s.Role
		if s.Definers > 0 {
			role = s.SetRole
		}
		if r := s.Cat.Role(role); r != nil && r.Super && role == s.LoginRole {
			role = "none" // nobody has set it
		}
		return role, true
	case "session_authorization":
		return s.SessionRole, true
	}
	v, ok := defaultSettings[name]
	return v, ok
}

// defaultSettings are the settings of PostgreSQL that programs ask for.
var defaultSettings = map[string]string{
	"server_version": "15.0", "server_version_num": "150000", "server_encoding": "UTF8", "client_encoding": "UTF8", "datestyle": "ISO, MDY", "intervalstyle": "postgres",
	"standard_conforming_strings": "on", "transaction_isolation": "read committed", "default_transaction_isolation": "read committed", "transaction_read_only": "off",
	"statement_timeout": "0", "lock_timeout": "0", "idle_in_transaction_session_timeout": "0", "row_security": "on", "check_function_bodies": "on", "client_min_messages": "notice",
	"application_name": "", "max_identifier_length": "63", "bytea_output": "hex", "extra_float_digits": "1", "lc_collate": "C", "lc_ctype": "C", "integer_datetimes": "on",
	"is_superuser": "off", "work_mem": "4MB", "session_replication_role": "origin", "default_transaction_read_only": "off", "xmloption": "content",
}

// Set keeps a setting under a name in lower case, and does nothing else.
func (s *Session) Set(name, v string) {
	if s.Settings == nil {
		s.Settings = map[string]string{}
	}
	s.Settings[name] = v
}

// SetSetting is set_config. Package interp undoes what is local.
func (s *Session) SetSetting(name, v string, local bool) error {
	name = strings.ToLower(name)
	if s.Apply != nil {
		return s.Apply(name, v, local)
	}
	s.Set(name, v)
	return nil
}
