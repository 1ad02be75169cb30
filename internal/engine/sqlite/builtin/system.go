package builtin

import (
	"encoding/hex"
	"io"
	"strconv"
	"time"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
)

func (c *Ctx) random(n int) ([]byte, error) {
	if c.Random == nil {
		return nil, unsupported("random values cannot be made here")
	}
	b := make([]byte, n)
	c.unsteady()
	_, err := io.ReadFull(c.Random, b)
	return b, err
}

func uuidText(b []byte, version byte) datum {
	b[6] = b[6]&0x0f | version<<4
	b[8] = b[8]&0x3f | 0x80
	h := hex.EncodeToString(b[:16])
	return text(h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:])
}

func registerSystem(r registry) {
	r.fn("gen_random_uuid() uuid_generate_v4()", func(c *Ctx, _ []datum) (datum, error) {
		b, err := c.random(16)
		if err != nil {
			return value.Null, err
		}
		return uuidText(b, 4), nil
	})
	r.fn("uuid_generate_v1() uuid_generate_v1mc()", func(c *Ctx, _ []datum) (datum, error) {
		b, err := c.random(16)
		if err != nil {
			return value.Null, err
		}
		// 100 ns since 1582-10-15, then a random node marked as multicast.
		t := uint64(c.clock().Time().UnixNano()/100) + 0x01b21dd213814000
		b[0], b[1], b[2], b[3] = byte(t>>24), byte(t>>16), byte(t>>8), byte(t)
		b[4], b[5], b[6], b[7] = byte(t>>40), byte(t>>32), byte(t>>56), byte(t>>48)
		b[10] |= 1
		return uuidText(b, 1), nil
	})
	r.textFn("uuid_nil()", nil)
	r["uuid_nil()"].call = func(*Ctx, []datum) (datum, error) { return text("00000000-0000-0000-0000-000000000000"), nil }
	for n, id := range map[string]string{"uuid_ns_dns": "6ba7b810", "uuid_ns_url": "6ba7b811", "uuid_ns_oid": "6ba7b812", "uuid_ns_x500": "6ba7b814"} {
		r.pure(n+"()", func([]datum) datum { return text(id + "-9dad-11d1-80b4-00c04fd430c8") })
	}
	r.fn("current_setting(text) current_setting(text,bool)", func(c *Ctx, a []datum) (datum, error) {
		if c.Setting != nil {
			if v, ok := c.Setting(a[0].Str()); ok {
				return text(v), nil
			}
		}
		if len(a) > 1 && a[1].IsTrue() {
			return value.Null, nil
		}
		return value.Null, fault.New(fault.UndefinedObject, `unrecognized configuration parameter "%s"`, a[0].Str())
	})
	r.fn("set_config(text,text,bool)", func(c *Ctx, a []datum) (datum, error) {
		if a[0].IsNull() {
			return value.Null, fault.New(fault.NullNotAllowed, "SET requires parameter name")
		}
		if c.SetSetting == nil {
			return value.Null, unsupported("set_config() cannot be used here")
		}
		v := ""
		if !a[1].IsNull() {
			v = a[1].Str()
		}
		if err := c.SetSetting(a[0].Str(), v, a[2].IsTrue()); err != nil {
			return value.Null, err
		}
		return text(v), nil
	})
	seq := func(sig string, f func(c *Ctx, a []datum) (int64, error)) {
		r.fn(sig, func(c *Ctx, a []datum) (datum, error) {
			if c.NextVal == nil || c.CurrVal == nil || c.SetVal == nil || c.LastVal == nil {
				return value.Null, unsupported("sequences cannot be used here")
			}
			n, err := f(c, a)
			if err != nil {
				return value.Null, err
			}
			return value.Int(n), nil
		})
	}
	r.fn("pg_sequence_last_value(regclass)", func(c *Ctx, a []datum) (datum, error) {
		if c.SeqState == nil {
			return value.Null, unsupported("sequences cannot be used here")
		}
		last, called, ok, err := c.SeqState(catalog.OID(a[0].Int64()), catalog.PrivSelect, catalog.PrivUsage)
		if err != nil || !ok || !called {
			return value.Null, err
		}
		return value.Int(last), nil
	})
	id := func(d datum) catalog.OID { return catalog.OID(d.Int64()) }
	seq("nextval(regclass)", func(c *Ctx, a []datum) (int64, error) { return c.NextVal(id(a[0])) })
	seq("currval(regclass)", func(c *Ctx, a []datum) (int64, error) { return c.CurrVal(id(a[0])) })
	seq("lastval()", func(c *Ctx, _ []datum) (int64, error) { return c.LastVal() })
	seq("setval(regclass,int8)", func(c *Ctx, a []datum) (int64, error) { return a[1].Int64(), c.SetVal(id(a[0]), a[1].Int64(), true) })
	seq("setval(regclass,int8,bool)", func(c *Ctx, a []datum) (int64, error) {
		return a[1].Int64(), c.SetVal(id(a[0]), a[1].Int64(), a[2].IsTrue())
	})
	r.fn("session_user()", func(c *Ctx, _ []datum) (datum, error) { return text(c.User), nil })
	r.fn("current_user()", func(c *Ctx, _ []datum) (datum, error) { return text(c.CurrentUser), nil })
	r.fn("current_database()", func(c *Ctx, _ []datum) (datum, error) { return text(c.Database), nil })
	r.fn("current_schema()", func(c *Ctx, _ []datum) (datum, error) {
		if len(c.SearchPath) == 0 {
			return value.Null, nil
		}
		return text(c.SearchPath[0]), nil
	})
	r.fn("current_schemas(bool)", func(c *Ctx, a []datum) (datum, error) {
		var out []datum
		if a[0].IsTrue() {
			out = append(out, text("pg_catalog"))
		}
		for _, s := range c.SearchPath {
			out = append(out, text(s))
		}
		return value.MakeArray(nil, opsOf(catalog.NameOID), out), nil
	})
	r.pure("version()", func([]datum) datum { return text("PostgreSQL 15.20 (Mainstay, SQLite engine)") })
	// There is no network between the session and its database, as on a socket of the file system.
	r.pure("inet_server_addr() inet_client_addr() inet_server_port() inet_client_port()", func([]datum) datum { return value.Null })
	r.pure("pg_backend_pid()", func([]datum) datum { return value.Int(1) })
	r.pure("pg_is_in_recovery()", func([]datum) datum { return value.Bool(false) })
	r.fn("pg_typeof(any)", func(c *Ctx, a []datum) (datum, error) {
		t := c.argType(0)
		if len(c.Args) > 0 {
			t = c.Args[0].OID
		}
		return value.Int(int64(t)), nil
	})
	r.fn("format_type(oid,int4)", func(c *Ctx, a []datum) (datum, error) {
		if a[0].IsNull() {
			return value.Null, nil
		}
		mod := int32(-1)
		if !a[1].IsNull() {
			mod = int32(a[1].Int64())
		}
		t := catalog.TypeRef{OID: catalog.OID(a[0].Int64()), Mod: mod}
		if c.TypeString != nil {
			return text(c.TypeString(t)), nil
		}
		if b := value.Builtin(t.OID); b != nil {
			return text(b.Title), nil
		}
		return text("???"), nil
	})
	r.fn("pg_column_size(any)", func(c *Ctx, a []datum) (datum, error) {
		return value.Int(int64(len(c.argOps(0).Text(c.Env(), a[0])))), nil
	})
	r.pure("pg_size_pretty(int8)", func(a []datum) datum { return text(sizePretty(a[0].Int64())) })
	r.fn("pg_sleep(float8)", func(c *Ctx, a []datum) (datum, error) {
		if c.Sleep == nil {
			return value.Null, unsupported("pg_sleep() cannot be used here")
		}
		return text(""), c.Sleep(time.Duration(a[0].Float64() * float64(time.Second)))
	})
	r.fn("pg_notify(text,text)", func(c *Ctx, a []datum) (datum, error) {
		if a[0].IsNull() || a[0].Str() == "" {
			return value.Null, fault.New(fault.InvalidParameterValue, "channel name cannot be empty")
		}
		if c.Notify == nil {
			return value.Null, unsupported("pg_notify() cannot be used here")
		}
		return text(""), c.Notify(a[0].Str(), a[1].Str())
	})
	for _, shape := range []string{"int8", "int4,int4"} {
		key := func(a []datum) int64 {
			if len(a) == 1 {
				return a[0].Int64()
			}
			return a[0].Int64()<<32 | int64(uint32(a[1].Int64()))
		}
		lock := func(name string, shared, wait, xact bool) {
			r.fn(name+"("+shape+")", func(c *Ctx, a []datum) (datum, error) {
				if c.Lock == nil {
					return value.Null, unsupported("advisory locks cannot be used here")
				}
				ok, err := c.Lock(key(a), shared, wait, xact)
				if wait {
					return text(""), err
				}
				return value.Bool(ok), err
			})
		}
		lock("pg_advisory_lock", false, true, false)
		lock("pg_advisory_lock_shared", true, true, false)
		lock("pg_advisory_xact_lock", false, true, true)
		lock("pg_advisory_xact_lock_shared", true, true, true)
		lock("pg_try_advisory_lock", false, false, false)
		lock("pg_try_advisory_lock_shared", true, false, false)
		lock("pg_try_advisory_xact_lock", false, false, true)
		lock("pg_try_advisory_xact_lock_shared", true, false, true)
		for n, shared := range map[string]bool{"pg_advisory_unlock": false, "pg_advisory_unlock_shared": true} {
			r.fn(n+"("+shape+")", func(c *Ctx, a []datum) (datum, error) {
				if c.Unlock == nil {
					return value.Null, unsupported("advisory locks cannot be used here")
				}
				ok, err := c.Unlock(key(a), shared)
				return value.Bool(ok), err
			})
		}
	}
	// Enums.
	enum := func(c *Ctx, i int) []string {
		if c.Types == nil {
			return nil
		}
		if t := c.Types.Type(c.argType(i)); t != nil {
			return t.Labels
		}
		return nil
	}
	r.fn("enum_first(anyenum)", func(c *Ctx, _ []datum) (datum, error) {
		if l := enum(c, 0); len(l) > 0 {
			return text(l[0]), nil
		}
		return value.Null, nil
	})
	r.fn("enum_last(anyenum)", func(c *Ctx, _ []datum) (datum, error) {
		if l := enum(c, 0); len(l) > 0 {
			return text(l[len(l)-1]), nil
		}
		return value.Null, nil
	})
	r.fn("enum_range(anyenum) enum_range(anyenum,anyenum)", func(c *Ctx, a []datum) (datum, error) {
		var out []datum
		in := len(a) == 1 || a[0].IsNull()
		for _, l := range enum(c, 0) {
			if !in && a[0].Str() == l {
				in = true
			}
			if in {
				out = append(out, text(l))
			}
			if len(a) > 1 && a[1].Str() == l && !a[1].IsNull() {
				break
			}
		}
		return value.MakeArray(nil, opsOf(catalog.TextOID), out), nil
	})
	// Names of relations and types.
	reg := func(sig string, kind catalog.OID) {
		r.fn(sig, func(c *Ctx, a []datum) (datum, error) {
			if c.RegIn == nil {
				return value.Null, unsupported("names cannot be looked up here")
			}
			o, err := c.RegIn(kind, a[0].Str())
			if f := fault.As(err); f != nil && f.Code == fault.InvalidName {
				return value.Null, err
			}
			if err != nil || o == 0 {
				return value.Null, nil // to_reg… gives NULL for a name that does not exist
			}
			return value.Int(int64(o)), nil
		})
	}
	reg("to_regclass(text)", catalog.RegclassOID)
	reg("to_regtype(text)", catalog.RegtypeOID)
	reg("to_regnamespace(text)", 4089)
	reg("to_regrole(text)", 4096)
	reg("to_regproc(text)", 24)
	reg("to_regprocedure(text)", 2202)
	r.fn("regclass(text)", func(c *Ctx, a []datum) (datum, error) {
		return opsOf(catalog.RegclassOID).Input(c.Env(), a[0].Str(), -1)
	})
}

func sizePretty(n int64) string {
	units := []string{"bytes", "kB", "MB", "GB", "TB", "PB"}
	limit, i := int64(10*1024), 0
	a := func(v int64) int64 {
		if v < 0 {
			return -v
		}
		return v
	}
	if a(n) < limit {
		return strconv.FormatInt(n, 10) + " bytes"
	}
	limit = limit*2 - 1
	n >>= 9
	for i = 1; i < len(units)-1 && a(n) >= limit; i++ {
		n >>= 10
	}
	if n >= 0 {
		n = (n + 1) / 2
	} else {
		n = (n - 1) / 2
	}
	return strconv.FormatInt(n, 10) + " " + units[i]
}
