package builtin

import (
	"encoding/binary"
	"math/bits"
)

// hashBytes is PostgreSQL's hash_any (Bob Jenkins' lookup3), which hashtext shows to projects: advisory locks and partition keys are made of it.
func hashBytes(k []byte) uint32 {
	_, c := jenkins(k, 0)
	return c
}

// hashBytesExtended is hash_any_extended.
func hashBytesExtended(k []byte, seed uint64) uint64 {
	b, c := jenkins(k, seed)
	return uint64(b)<<32 | uint64(c)
}

func jenkins(k []byte, seed uint64) (b, c uint32) {
	a := uint32(0x9e3779b9) + uint32(len(k)) + 3923095
	b, c = a, a
	if seed != 0 {
		a += uint32(seed >> 32)
		b += uint32(seed)
		a, b, c = mix(a, b, c)
	}
	for len(k) >= 12 {
		a += binary.LittleEndian.Uint32(k)
		b += binary.LittleEndian.Uint32(k[4:])
		c += binary.LittleEndian.Uint32(k[8:])
		a, b, c = mix(a, b, c)
		k = k[12:]
	}
	// The lowest byte of c is kept for the length.
	for i, v := range k {
		switch {
		case i < 4:
			a += uint32(v) << (8 * i)
		case i < 8:
			b += uint32(v) << (8 * (i - 4))
		default:
			c += uint32(v) << (8 * (i - 7))
		}
	}
	c ^= b
	c -= bits.RotateLeft32(b, 14)
	a ^= c
	a -= bits.RotateLeft32(c, 11)
	b ^= a
	b -= bits.RotateLeft32(a, 25)
	c ^= b
	c -= bits.RotateLeft32(b, 16)
	a ^= c
	a -= bits.RotateLeft32(c, 4)
	b ^= a
	b -= bits.RotateLeft32(a, 14)
	c ^= b
	c -= bits.RotateLeft32(b, 24)
	return b, c
}

func mix(a, b, c uint32) (uint32, uint32, uint32) {
	a -= c
	a ^= bits.RotateLeft32(c, 4)
	c += b
	b -= a
	b ^= bits.RotateLeft32(a, 6)
	a += c
	c -= b
	c ^= bits.RotateLeft32(b, 8)
	b += a
	a -= c
	a ^= bits.RotateLeft32(c, 16)
	c += b
	b -= a
	b ^= bits.RotateLeft32(a, 19)
	a += c
	c -= b
	c ^= bits.RotateLeft32(b, 4)
	b += a
	return a, b, c
}
