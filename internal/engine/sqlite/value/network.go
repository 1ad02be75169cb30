package value

import (
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"strings"

	"github.com/mainstay-dev/mainstay/fault"
)

// ParseInet reads an inet, or a cidr, whose host bits must be zero.
func ParseInet(s string, cidr bool) (Datum, error) {
	title := "inet"
	if cidr {
		title = "cidr"
	}
	var p netip.Prefix
	var ok bool
	if strings.Contains(s, ":") {
		p, ok = parseIPv6(s)
	} else {
		p, ok = parseIPv4(s, cidr)
	}
	if !ok {
		return Null, badInput(title, s)
	}
	if !cidr {
		return Text(InetText(p)), nil
	}
	if p.Masked().Addr() != p.Addr() {
		return Null, fault.New(fault.InvalidTextRepresentation, `invalid cidr value: "%s"`, s).WithDetail("Value has bits set to right of mask.")
	}
	return Text(PrefixText(p)), nil
}

func parseIPv6(s string) (netip.Prefix, bool) {
	addr, mask, has := strings.Cut(s, "/")
	a, err := netip.ParseAddr(addr)
	if err != nil || a.Zone() != "" {
		return netip.Prefix{}, false
	}
	bits := a.BitLen()
	if has {
		var ok bool
		if bits, ok = maskBits(mask, a.BitLen()); !ok {
			return netip.Prefix{}, false
		}
	}
	return netip.PrefixFrom(a, bits), true
}

// maskBits reads the number behind a slash.
func maskBits(s string, most int) (int, bool) {
	if s == "" || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(s)
	return n, err == nil && n <= most
}

// parseIPv4 reads an address of up to four numbers: those that are left out are zero, and the mask of a cidr without one is that of its class.
func parseIPv4(s string, cidr bool) (netip.Prefix, bool) {
	addr, mask, has := strings.Cut(s, "/")
	parts := strings.Split(addr, ".")
	if len(parts) > 4 {
		return netip.Prefix{}, false
	}
	var b [4]byte
	for i, p := range parts {
		n, ok := maskBits(p, 255)
		if !ok {
			return netip.Prefix{}, false
		}
		b[i] = byte(n)
	}
	bits := 32
	switch {
	case has:
		var ok bool
		if bits, ok = maskBits(mask, 32); !ok || !cidr && (bits+7)/8 > len(parts) {
			return netip.Prefix{}, false
		}
	case !cidr && len(parts) < 4:
		return netip.Prefix{}, false
	case cidr:
		switch first := b[0]; {
		case first >= 240:
		case first >= 224:
			bits = 8
		case first >= 192:
			bits = 24
		case first >= 128:
			bits = 16
		default:
			bits = 8
		}
		bits = max(bits, 8*len(parts))
		if bits == 8 && b[0] == 224 {
			bits = 4
		}
	}
	return netip.PrefixFrom(netip.AddrFrom4(b), bits), true
}

// AddrText prints an address as PostgreSQL does: one of IPv4 within IPv6 ends in four numbers.
func AddrText(a netip.Addr) string {
	if a.Is6() {
		if b := a.As16(); [12]byte(b[:12]) == [12]byte{} && (b[12] != 0 || b[13] != 0) {
			return "::" + netip.AddrFrom4([4]byte(b[12:])).String()
		}
	}
	return a.String()
}

// PrefixText prints an address with its mask.
func PrefixText(p netip.Prefix) string { return AddrText(p.Addr()) + "/" + strconv.Itoa(p.Bits()) }

// InetText prints an address, with its mask where that is not a host's.
func InetText(p netip.Prefix) string {
	if p.Bits() == p.Addr().BitLen() {
		return AddrText(p.Addr())
	}
	return PrefixText(p)
}

// InetPrefix is the address and mask length of a canonical inet or cidr.
func InetPrefix(s string) netip.Prefix {
	if p, err := netip.ParsePrefix(s); err == nil {
		return p
	}
	a, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Prefix{}
	}
	return netip.PrefixFrom(a, a.BitLen())
}

// CompareInet is inet's order: family, common network bits, mask length, address.
func CompareInet(a, b string) int {
	pa, pb := InetPrefix(a), InetPrefix(b)
	if c := pa.Addr().BitLen() - pb.Addr().BitLen(); c != 0 {
		return c
	}
	n := min(pa.Bits(), pb.Bits())
	na, _ := pa.Addr().Prefix(n)
	nb, _ := pb.Addr().Prefix(n)
	if c := na.Addr().Compare(nb.Addr()); c != 0 {
		return c
	}
	if c := pa.Bits() - pb.Bits(); c != 0 {
		return c
	}
	return pa.Addr().Compare(pb.Addr())
}

// macForms are the forms of an address as scanf's: a number of any length, or of two characters.
var macForms = [][6]string{
	{"", ":", ":", ":", ":", ":"}, {"", "-", "-", "-", "-", "-"}, {"2", "2", "2", ":2", "2", "2"}, {"2", "2", "2", "-2", "2", "2"},
	{"2", "2", ".2", "2", ".2", "2"}, {"2", "2", "-2", "2", "-2", "2"}, {"2", "2", "2", "2", "2", "2"},
}

func inputMacaddr(_ *Env, s string, _ int32) (Datum, error) {
forms:
	for _, form := range macForms {
		rest := s
		var octets [6]int64
		for i, f := range form {
			literal, two := strings.CutSuffix(f, "2")
			after, ok := strings.CutPrefix(rest, literal)
			if !ok {
				continue forms
			}
			most := math.MaxInt
			if two {
				most = 2
			}
			if octets[i], rest, ok = scanHex(after, most); !ok {
				continue forms
			}
		}
		if strings.TrimLeft(rest, " \t\n\r\v\f") != "" {
			continue
		}
		out := ""
		for i, o := range octets {
			if o < 0 || o > 255 {
				return Null, fault.New(fault.NumericOutOfRange, `invalid octet value in "macaddr" value: "%s"`, s)
			}
			if i > 0 {
				out += ":"
			}
			out += fmt.Sprintf("%02x", o)
		}
		return Text(out), nil
	}
	return Null, badInput("macaddr", s)
}

// scanHex reads a hexadecimal number of at most n characters as scanf does: spaces, a sign and 0x may stand before it.
func scanHex(s string, n int) (int64, string, bool) {
	s = strings.TrimLeft(s, " \t\n\r\v\f")
	i, sign := 0, int64(1)
	if n > 0 && s != "" && (s[0] == '-' || s[0] == '+') {
		if s[0] == '-' {
			sign = -1
		}
		i++
	}
	digit := func(i int) int64 {
		if i >= len(s) || i >= n {
			return -1
		}
		return int64(strings.IndexByte("0123456789abcdef", s[i]|0x20))
	}
	if digit(i) == 0 && i+1 < n && i+1 < len(s) && s[i+1]|0x20 == 'x' {
		i += 2
		if digit(i) < 0 {
			return 0, s[i:], true
		}
	}
	from, v := i, int64(0)
	for digit(i) >= 0 {
		v = min(v*16+digit(i), math.MaxInt32)
		i++
	}
	return sign * v, s[i:], i > from
}
