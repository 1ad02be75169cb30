package builtin

import (
	"io"
	"time"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
)

// Session is what functions may know and change of the world. Functions that are nil make the SQL functions that need them fail with 0A000.
type Session struct {
	Now    time.Time        // of the transaction
	Stmt   time.Time        // of the statement; zero: Now
	Clock  func() time.Time // nil: Stmt
	Zone   *time.Location   // nil: UTC
	Random io.Reader        // for UUIDs and keys
	Rand   func() float64   // random(), in [0, 1)
	Seed   func(float64)

	User, CurrentUser string
	Database          string
	SearchPath        []string

	Setting    func(name string) (string, bool)
	SetSetting func(name, v string, local bool) error
	NextVal    func(seq catalog.OID) (int64, error)
	CurrVal    func(seq catalog.OID) (int64, error)
	LastVal    func() (int64, error)
	SetVal     func(seq catalog.OID, v int64, called bool) error
	// SeqState is where a sequence stands: its last value, and whether it has been given out. ok is false for who has none of the rights.
	SeqState  func(seq catalog.OID, rights ...catalog.Privilege) (last int64, called, ok bool, err error)
	Lock      func(key int64, shared, wait, xact bool) (bool, error) // advisory locks; unlocking is Unlock
	Unlock    func(key int64, shared bool) (bool, error)
	UnlockAll func() error
	// Facts is what the database holds, for the relations that show it; nil where there is none.
	Facts *catalog.Catalog
	// Catalog answers the functions that describe the catalog (pg_get_constraintdef, has_table_privilege, obj_description …), by name; types are the
	// arguments' types.
	Catalog func(name string, types []catalog.TypeRef, args []value.Datum) (value.Datum, error)
	// Explode gives the rights of an aclitem[] one by one, for aclexplode.
	Explode func(acl value.Datum, yield func(row []value.Datum) bool)
	Sleep   func(time.Duration) error
	// TriggerDepth is how many triggers are under way, one inside the other; nil: none.
	TriggerDepth func() int
	Notify       func(channel, payload string) error
	Sealer       Sealer // of schema vault's secrets; nil: there are none

	// Unsteady, if not nil, is set when a function asks for what may be another the next time though the data are the same: the clock first of all. Whoever fills in the other
	// fields sees to what they are asked for.
	Unsteady *bool

	Types  value.Resolver
	RegIn  func(kind catalog.OID, name string) (catalog.OID, error)
	RegOut func(kind, oid catalog.OID) string
	// TypeString prints a type as format_type does, for types that are not built in.
	TypeString func(catalog.TypeRef) string
}

// Sealer encrypts secrets with a key that SQL does not see. What was sealed with additional data opens only with the same.
type Sealer interface {
	Seal(message, additional []byte) ([]byte, error)
	Open(sealed, additional []byte) ([]byte, error)
}

// Ctx is one call's surroundings: the session, and the types at the call, which polymorphic functions need.
// It belongs to one goroutine and one call place.
type Ctx struct {
	*Session
	Args []catalog.TypeRef // the arguments' actual types
	Ret  catalog.TypeRef
	// Fields are the fields of an argument that is an anonymous record, by position in Args; nil where not known.
	Fields [][]value.Field
	// Rest is the type of the arguments from the last of Args on, which came as an array in the place of a VARIADIC "any"; 0 for other calls.
	Rest catalog.OID

	// Cache is one slot per call place for what a function wants to keep between calls (a compiled pattern); it starts nil.
	Cache any
	ops   []*value.Ops
	env   *value.Env
}

// Env is the session's text environment.
func (c *Ctx) Env() *value.Env {
	if c.env == nil {
		c.env = &value.Env{Types: c.Types, Zone: c.Zone, Now: c.Now, Unsteady: c.Unsteady, RegIn: c.RegIn, RegOut: c.RegOut}
	}
	return c.env
}

func (c *Ctx) zone() *time.Location {
	if c.Zone == nil {
		return time.UTC
	}
	return c.Zone
}

func (c *Ctx) now() value.Stamp {
	c.unsteady()
	return value.StampOf(c.Now)
}

func (c *Ctx) unsteady() {
	if c.Unsteady != nil {
		*c.Unsteady = true
	}
}

// argType is the actual type of the i-th argument, text if the caller does not say.
func (c *Ctx) argType(i int) catalog.OID {
	if c.Rest != 0 && i >= len(c.Args)-1 {
		return c.Rest
	}
	if i < len(c.Args) {
		if c.Args[i].OID != catalog.UnknownOID {
			return c.Args[i].OID
		}
	}
	return catalog.TextOID
}

// argOps are the operations of the i-th argument's type.
func (c *Ctx) argOps(i int) *value.Ops {
	for len(c.ops) <= i {
		c.ops = append(c.ops, nil)
	}
	if c.ops[i] == nil {
		o := c.Env().Ops(c.argType(i))
		if i < len(c.Fields) && c.Fields[i] != nil {
			o = value.RecordOps(catalog.RecordOID, "record", c.Fields[i])
		}
		if o == nil {
			o = value.TypeOps(catalog.TextOID)
		}
		c.ops[i] = o
	}
	return c.ops[i]
}

// elemOps are the operations of the elements of the i-th argument, an array.
func (c *Ctx) elemOps(i int) (*value.Ops, error) {
	if o := c.argOps(i); o.Elem != nil {
		return o.Elem, nil
	}
	return nil, fault.New(fault.DatatypeMismatch, "argument declared anyarray is not an array")
}

// Convert casts through text: the output of one type is read as the other.
func (c *Ctx) Convert(d value.Datum, from, to catalog.TypeRef) (value.Datum, error) {
	if d.IsNull() {
		return d, nil
	}
	e := c.Env()
	f, t := e.Ops(from.OID), e.Ops(to.OID)
	if f == nil || t == nil {
		return value.Null, unsupported("a cast of a type that is not known here")
	}
	return t.Input(e, f.Text(e, d), to.Mod)
}

// Spread calls a function whose VARIADIC "any" is given as an array, the last of args: its elements take the places of single arguments. c.Rest is their type.
func (f *Func) Spread(c *Ctx, args []value.Datum) (value.Datum, error) {
	last := len(args) - 1
	o := c.Env().Ops(c.Rest)
	if args[last].IsNull() {
		if f.Name == "format" { // which may go without
			return f.Call(c, args[:last:last])
		}
		return value.Null, nil
	}
	if o == nil {
		return value.Null, fault.New(fault.DatatypeMismatch, "VARIADIC argument must be an array")
	}
	elems, err := value.ArraySlice(o, args[last])
	if err != nil {
		return value.Null, err
	}
	return f.Call(c, append(args[:last:last], elems...))
}
