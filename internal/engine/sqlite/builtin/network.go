package builtin

import (
	"encoding/hex"
	"math/big"
	"net/netip"
	"strconv"
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/value"
)

// registerNetwork registers inet, cidr and macaddr.
func registerNetwork(r registry) {
	r.pure("host(inet)", func(a []datum) datum { return text(value.AddrText(value.InetPrefix(a[0].Str()).Addr())) })
	r.pure("text(inet)", func(a []datum) datum { return text(value.PrefixText(value.InetPrefix(a[0].Str()))) })
	r.pure("masklen(inet)", func(a []datum) datum { return value.Int(int64(value.InetPrefix(a[0].Str()).Bits())) })
	r.pure("family(inet)", func(a []datum) datum {
		if value.InetPrefix(a[0].Str()).Addr().Is4() {
			return value.Int(4)
		}
		return value.Int(6)
	})
	r.pure("network(inet)", func(a []datum) datum { return text(value.PrefixText(value.InetPrefix(a[0].Str()).Masked())) })
	within := func(equal, swap bool) func(a []datum) datum {
		return func(a []datum) datum {
			in, out := value.InetPrefix(a[0].Str()), value.InetPrefix(a[1].Str())
			if swap {
				in, out = out, in
			}
			return value.Bool(out.Contains(in.Addr()) && (in.Bits() > out.Bits() || equal && in.Bits() == out.Bits()))
		}
	}
	r.pure("network_sub(inet,inet)", within(false, false))
	r.pure("network_subeq(inet,inet)", within(true, false))
	r.pure("network_sup(inet,inet)", within(false, true))
	r.pure("network_supeq(inet,inet)", within(true, true))
	r.pure("network_overlap(inet,inet)", func(a []datum) datum {
		return value.Bool(value.InetPrefix(a[0].Str()).Overlaps(value.InetPrefix(a[1].Str())))
	})
	// In PostgreSQL the cast costs nothing: only what is printed differs, a host's mask.
	r.pure("inet(cidr)", func(a []datum) datum {
		s := a[0].Str()
		if strings.Contains(s, ":") {
			return text(strings.TrimSuffix(s, "/128"))
		}
		return text(strings.TrimSuffix(s, "/32"))
	})
	r.pure("cidr(inet)", func(a []datum) datum { return text(value.PrefixText(value.InetPrefix(a[0].Str()).Masked())) })
	r.textFn("abbrev(inet)", func(s string) string { return s })
	r.textFn("abbrev(cidr)", func(s string) string { return abbreviated(value.InetPrefix(s)) })
	derived := func(name string, keep bool, f func(ip, mask byte) byte) {
		r.pure(name+"(inet)", func(a []datum) datum {
			p := value.InetPrefix(a[0].Str())
			b := p.Addr().AsSlice()
			for i := range b {
				b[i] = f(b[i], maskByte(p.Bits(), i))
			}
			bits := p.Addr().BitLen()
			if keep {
				bits = p.Bits()
			}
			return inetOf(b, bits)
		})
	}
	derived("broadcast", true, func(ip, mask byte) byte { return ip | ^mask })
	derived("netmask", false, func(_, mask byte) byte { return mask })
	derived("hostmask", false, func(_, mask byte) byte { return ^mask })
	derived("inetnot", true, func(ip, _ byte) byte { return ^ip })
	width := func(p netip.Prefix, n int64) (int, error) {
		if n == -1 {
			n = int64(p.Addr().BitLen())
		}
		if n < 0 || n > int64(p.Addr().BitLen()) {
			return 0, fault.New(fault.InvalidParameterValue, "invalid mask length: %d", n)
		}
		return int(n), nil
	}
	r.fn("set_masklen(inet,int4)", func(_ *Ctx, a []datum) (datum, error) {
		p := value.InetPrefix(a[0].Str())
		n, err := width(p, a[1].Int64())
		return inetOf(p.Addr().AsSlice(), n), err
	})
	r.fn("set_masklen(cidr,int4)", func(_ *Ctx, a []datum) (datum, error) {
		p := value.InetPrefix(a[0].Str())
		n, err := width(p, a[1].Int64())
		return text(value.PrefixText(netip.PrefixFrom(p.Addr(), n).Masked())), err
	})
	r.pure("inet_same_family(inet,inet)", func(a []datum) datum {
		return value.Bool(value.InetPrefix(a[0].Str()).Addr().BitLen() == value.InetPrefix(a[1].Str()).Addr().BitLen())
	})
	r.fn("inet_merge(inet,inet)", func(_ *Ctx, a []datum) (datum, error) {
		p, q := value.InetPrefix(a[0].Str()), value.InetPrefix(a[1].Str())
		if p.Addr().BitLen() != q.Addr().BitLen() {
			return value.Null, fault.New(fault.InvalidParameterValue, "cannot merge addresses from different families")
		}
		n := min(p.Bits(), q.Bits())
		for n > 0 && netip.PrefixFrom(p.Addr(), n).Masked() != netip.PrefixFrom(q.Addr(), n).Masked() {
			n--
		}
		return text(value.PrefixText(netip.PrefixFrom(p.Addr(), n).Masked())), nil
	})
	two := func(name, verb string, f func(x, y byte) byte) {
		r.fn(name+"(inet,inet)", func(_ *Ctx, a []datum) (datum, error) {
			p, q := value.InetPrefix(a[0].Str()), value.InetPrefix(a[1].Str())
			if p.Addr().BitLen() != q.Addr().BitLen() {
				return value.Null, fault.New(fault.InvalidParameterValue, "cannot %s inet values of different sizes", verb)
			}
			b, c := p.Addr().AsSlice(), q.Addr().AsSlice()
			for i := range b {
				b[i] = f(b[i], c[i])
			}
			return inetOf(b, max(p.Bits(), q.Bits())), nil
		})
	}
	two("inetand", "AND", func(x, y byte) byte { return x & y })
	two("inetor", "OR", func(x, y byte) byte { return x | y })
	outside := func() error { return fault.New(fault.NumericOutOfRange, "result is out of range") }
	plus := func(d datum, n *big.Int) (datum, error) {
		p := value.InetPrefix(d.Str())
		sum := new(big.Int).SetBytes(p.Addr().AsSlice())
		if sum.Add(sum, n); sum.Sign() < 0 || sum.BitLen() > p.Addr().BitLen() {
			return value.Null, outside()
		}
		return inetOf(sum.FillBytes(make([]byte, p.Addr().BitLen()/8)), p.Bits()), nil
	}
	r.fn("inetpl(inet,int8)", func(_ *Ctx, a []datum) (datum, error) { return plus(a[0], big.NewInt(a[1].Int64())) })
	r.fn("int8pl_inet(int8,inet)", func(_ *Ctx, a []datum) (datum, error) { return plus(a[1], big.NewInt(a[0].Int64())) })
	r.fn("inetmi_int8(inet,int8)", func(_ *Ctx, a []datum) (datum, error) {
		return plus(a[0], big.NewInt(-a[1].Int64())) // the smallest number stays as it is
	})
	r.fn("inetmi(inet,inet)", func(_ *Ctx, a []datum) (datum, error) {
		p, q := value.InetPrefix(a[0].Str()).Addr(), value.InetPrefix(a[1].Str()).Addr()
		if p.BitLen() != q.BitLen() {
			return value.Null, fault.New(fault.InvalidParameterValue, "cannot subtract inet values of different sizes")
		}
		n := new(big.Int).SetBytes(p.AsSlice())
		if n.Sub(n, new(big.Int).SetBytes(q.AsSlice())); !n.IsInt64() {
			return value.Null, outside()
		}
		return value.Int(n.Int64()), nil
	})
	mac := func(sig string, f func(x, y []byte)) {
		r.pure(sig, func(a []datum) datum {
			b := macBytes(a[0])
			f(b, macBytes(a[len(a)-1]))
			var parts []string
			for _, c := range b {
				parts = append(parts, hex.EncodeToString([]byte{c}))
			}
			return text(strings.Join(parts, ":"))
		})
	}
	each := func(f func(x, y byte) byte) func(x, y []byte) {
		return func(x, y []byte) {
			for i := range x {
				x[i] = f(x[i], y[i])
			}
		}
	}
	mac("trunc(macaddr)", func(x, _ []byte) { clear(x[3:]) })
	mac("macaddr_not(macaddr)", each(func(x, _ byte) byte { return ^x }))
	mac("macaddr_and(macaddr,macaddr)", each(func(x, y byte) byte { return x & y }))
	mac("macaddr_or(macaddr,macaddr)", each(func(x, y byte) byte { return x | y }))
}

func macBytes(d datum) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(d.Str(), ":", ""))
	if err != nil {
		panic("builtin: macaddr " + d.Str())
	}
	return b
}

// maskByte is the i-th byte of a mask of so many bits.
func maskByte(bits, i int) byte { return byte(uint16(0xff00) >> min(max(bits-8*i, 0), 8)) }

func inetOf(b []byte, bits int) datum {
	addr, _ := netip.AddrFromSlice(b)
	return text(value.InetText(netip.PrefixFrom(addr, bits)))
}

// abbreviated is a network without the parts that its mask does not reach.
func abbreviated(p netip.Prefix) string {
	b, bits := p.Addr().AsSlice(), p.Bits()
	mask := "/" + strconv.Itoa(bits)
	if p.Addr().BitLen() == 32 {
		parts := []string{}
		for i := 0; i < max((bits+7)/8, 1); i++ {
			parts = append(parts, strconv.Itoa(int(b[i])))
		}
		return strings.Join(parts, ".") + mask
	}
	if bits == 0 {
		return "::" + mask
	}
	words := max((bits+15)/16, 2)
	word := func(i int) int { return int(b[2*i])<<8 | int(b[2*i+1]) }
	from, length, run := 0, 0, 0
	for i := 0; i < words; i++ {
		if word(i) != 0 {
			run = 0
			continue
		}
		if run++; run > length {
			from, length = i-run+1, run
		}
	}
	dotted := length != words && length > 0 && from == 0 && (length == 6 || length == 5 && word(5) == 0xffff || length == 7 && b[14] != 0 && b[15] != 1)
	out := ""
	for i := 0; i < words; i++ {
		switch {
		case i >= from && i < from+length:
			if i == from {
				out += ":"
			}
			if i == words-1 {
				out += ":"
			}
		case dotted && i > 5:
			if out += "."; i == 6 {
				out = out[:len(out)-1] + ":"
			}
			out += strconv.Itoa(int(b[2*i]))
			if i != 7 || bits > 120 {
				out += "." + strconv.Itoa(int(b[2*i+1]))
			}
		default:
			if out != "" {
				out += ":"
			}
			out += strconv.FormatInt(int64(word(i)), 16)
		}
	}
	return out + mask
}
