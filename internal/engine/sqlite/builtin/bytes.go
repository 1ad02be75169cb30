package builtin

import (
	"encoding/binary"
	"encoding/hex"
	"math"
	"math/bits"
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
)

// registerBytes registers byte strings, and the binary forms of values (uuid_send and the like).
func registerBytes(r registry) {
	r.fn("substr(bytea,int4) substring(bytea,int4)", func(_ *Ctx, a []datum) (datum, error) { return subbytes(a[0].Str(), a[1].Int64(), toTheEnd) })
	r.fn("substr(bytea,int4,int4) substring(bytea,int4,int4)", func(_ *Ctx, a []datum) (datum, error) {
		return subbytes(a[0].Str(), a[1].Int64(), a[2].Int64())
	})
	r.pure("position(bytea,bytea)", func(a []datum) datum { return value.Int(int64(strings.Index(a[0].Str(), a[1].Str()) + 1)) })
	r.pure("byteacat(bytea,bytea)", func(a []datum) datum { return value.Blob([]byte(a[0].Str() + a[1].Str())) })
	r.fn("get_byte(bytea,int4)", func(_ *Ctx, a []datum) (datum, error) {
		n, l := a[1].Int64(), int64(len(a[0].Str()))
		if n < 0 || n >= l {
			return value.Null, fault.New(fault.ArraySubscript, "index %d out of valid range, 0..%d", n, l-1)
		}
		return value.Int(int64(a[0].Str()[n])), nil
	})
	r.fn("set_byte(bytea,int4,int4)", func(_ *Ctx, a []datum) (datum, error) {
		n, l := a[1].Int64(), int64(len(a[0].Str()))
		if n < 0 || n >= l {
			return value.Null, fault.New(fault.ArraySubscript, "index %d out of valid range, 0..%d", n, l-1)
		}
		b := a[0].Bytes()
		b[n] = byte(a[2].Int64())
		return value.Blob(b), nil
	})
	blob := func(d datum, err error) (datum, error) { return value.Blob(d.Bytes()), err }
	r.fn("overlay(bytea,bytea,int4)", func(_ *Ctx, a []datum) (datum, error) {
		return blob(overlay(subbytes, a[0].Str(), a[1].Str(), a[2].Int64(), int64(len(a[1].Str()))))
	})
	r.fn("overlay(bytea,bytea,int4,int4)", func(_ *Ctx, a []datum) (datum, error) {
		return blob(overlay(subbytes, a[0].Str(), a[1].Str(), a[2].Int64(), a[3].Int64()))
	})
	for name, sides := range map[string][2]bool{"btrim": {true, true}, "ltrim": {true, false}, "rtrim": {false, true}} {
		r.pure(name+"(bytea,bytea)", func(a []datum) datum {
			b, in := a[0].Bytes(), func(c byte) bool { return strings.IndexByte(a[1].Str(), c) >= 0 }
			for sides[0] && len(b) > 0 && in(b[0]) {
				b = b[1:]
			}
			for sides[1] && len(b) > 0 && in(b[len(b)-1]) {
				b = b[:len(b)-1]
			}
			return value.Blob(b)
		})
	}
	r.pure("bit_count(bytea)", func(a []datum) datum {
		n := 0
		for _, c := range []byte(a[0].Str()) {
			n += bits.OnesCount8(c)
		}
		return value.Int(int64(n))
	})
	// Bits count from the lowest of the first byte.
	bit := func(a []datum) (n int64, err error) {
		if n = a[1].Int64(); n < 0 || n >= int64(len(a[0].Str()))*8 {
			return 0, fault.New(fault.ArraySubscript, "index %d out of valid range, 0..%d", n, int64(len(a[0].Str()))*8-1)
		}
		return n, nil
	}
	r.fn("get_bit(bytea,int8)", func(_ *Ctx, a []datum) (datum, error) {
		n, err := bit(a)
		if err != nil {
			return value.Null, err
		}
		return value.Int(int64(a[0].Str()[n/8] >> (n % 8) & 1)), nil
	})
	r.fn("set_bit(bytea,int8,int4)", func(_ *Ctx, a []datum) (datum, error) {
		n, err := bit(a)
		if err == nil {
			err = newBit(a[2])
		}
		if err != nil {
			return value.Null, err
		}
		b := a[0].Bytes()
		b[n/8] = b[n/8]&^(1<<(n%8)) | byte(a[2].Int64())<<(n%8)
		return value.Blob(b), nil
	})
	for name, not := range map[string]bool{"bytealike": false, "like": false, "byteanlike": true, "notlike": true} {
		r.fn(name+"(bytea,bytea)", func(_ *Ctx, a []datum) (datum, error) {
			ok, err := like(latin(a[0].Str()), latin(a[1].Str()))
			return value.Bool(ok != not), err
		})
	}
	r.fn("like_escape(bytea,bytea)", func(_ *Ctx, a []datum) (datum, error) {
		d, err := likeEscape(latin(a[0].Str()), latin(a[1].Str()))
		if err != nil {
			return value.Null, err
		}
		b := make([]byte, 0, len(d.Str()))
		for _, c := range d.Str() {
			b = append(b, byte(c))
		}
		return value.Blob(b), nil
	})
	r.fn("length(bytea,name)", func(_ *Ctx, a []datum) (datum, error) {
		if err := onlyUTF8(a[1].Str(), ""); err != nil {
			return value.Null, err
		}
		return value.Int(int64(runes(a[0].Str()))), nil
	})
	registerSend(r)
}

// latin makes a character of each byte, so that what works on characters works on bytes.
func latin(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		b.WriteRune(rune(c))
	}
	return b.String()
}

// registerSend registers the binary forms that values have in PostgreSQL's protocol: projects make short ids and keys of them.
func registerSend(r registry) {
	send := func(sigs string, f func(d datum) []byte) {
		r.pure(sigs, func(a []datum) datum { return value.Blob(f(a[0])) })
	}
	send("textsend(text) varcharsend(varchar) bpcharsend(bpchar) namesend(name) byteasend(bytea) json_send(json)", datum.Bytes)
	send("jsonb_send(jsonb)", func(d datum) []byte { return append([]byte{1}, d.Str()...) })
	send("int2send(int2)", func(d datum) []byte { return binary.BigEndian.AppendUint16(nil, uint16(d.Int64())) })
	send("int4send(int4) oidsend(oid)", func(d datum) []byte { return binary.BigEndian.AppendUint32(nil, uint32(d.Int64())) })
	send("int8send(int8)", func(d datum) []byte { return binary.BigEndian.AppendUint64(nil, uint64(d.Int64())) })
	send("boolsend(bool)", func(d datum) []byte { return []byte{byte(d.Int64())} })
	send("float4send(float4)", func(d datum) []byte {
		return binary.BigEndian.AppendUint32(nil, math.Float32bits(float32(d.Float64())))
	})
	send("float8send(float8)", func(d datum) []byte { return binary.BigEndian.AppendUint64(nil, math.Float64bits(d.Float64())) })
	send("uuid_send(uuid)", func(d datum) []byte {
		b, err := hex.DecodeString(strings.ReplaceAll(d.Str(), "-", ""))
		if err != nil {
			panic("builtin: uuid " + d.Str())
		}
		return b
	})
	// Microseconds and days count from the year 2000, as they do here.
	stampBytes := func(d datum) []byte { return binary.BigEndian.AppendUint64(nil, uint64(stamp(d))) }
	send("timestamp_send(timestamp) timestamptz_send(timestamptz)", stampBytes)
	send("time_send(time)", func(d datum) []byte { return binary.BigEndian.AppendUint64(nil, uint64(value.ClockFrom(d.Str()))) })
	send("date_send(date)", func(d datum) []byte { return binary.BigEndian.AppendUint32(nil, uint32(day(d))) })
	send("macaddr_send(macaddr)", macBytes)
}
