package password

import (
	"encoding/binary"
	"sync"
	_ "unsafe" // for go:linkname

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/blake2b"
)

// A block is what argon2's memory is made of: 1 KiB.
type block [128]uint64

// The library's own compression of two blocks, which is in assembler where that pays. What the library offers around it starts goroutines, which run on any thread, whatever the
// priority of the one that waits for them, and makes new memory for every hash, so that the collector of garbage stops the whole server every few hashes (decision 0029). The names
// are not the library's to keep: should they go, the package does not link, and should they change, TestArgonIsTheLibrarys fails.
//
//go:linkname processBlock golang.org/x/crypto/argon2.processBlock
//go:noescape
func processBlock(out, in1, in2 *block)

//go:linkname processBlockXOR golang.org/x/crypto/argon2.processBlockXOR
//go:noescape
func processBlockXOR(out, in1, in2 *block)

// The numbers of RFC 9106.
const (
	kindID   = 2 // argon2id
	quarters = 4 // that a pass has

	mostKept = 64 << 10 // KiB of memory that is kept for the next hash; an imported hash may want more
)

// memories are those of hashes that are done: the next one takes one of them. The collector of garbage takes what nobody has used for a while.
var memories sync.Pool

func memoryOf(blocks int) []block {
	if m, ok := memories.Get().(*[]block); ok && cap(*m) >= blocks {
		return (*m)[:blocks]
	}
	return make([]block, blocks)
}

// argonID is argon2id with one lane, version 1.3 (RFC 9106 §3.2), on the calling thread alone.
func argonID(password, salt []byte, passes, memoryKiB, keyBytes uint32) []byte {
	blocks := max(memoryKiB/quarters*quarters, 2*quarters)
	memory := memoryOf(int(blocks))
	if blocks <= mostKept {
		defer func() { memories.Put(&memory) }()
	}

	h0 := first(password, salt, passes, memoryKiB, keyBytes)
	var bytes [len(block{}) * 8]byte
	for i := range 2 {
		expand(bytes[:], append(binary.LittleEndian.AppendUint32(h0[:len(h0):len(h0)], uint32(i)), 0, 0, 0, 0))
		for j := range memory[i] {
			memory[i][j] = binary.LittleEndian.Uint64(bytes[j*8:])
		}
	}
	for pass := range passes {
		for slice := range uint32(quarters) {
			fill(memory, pass, slice, passes)
		}
	}
	for j, v := range memory[blocks-1] {
		binary.LittleEndian.PutUint64(bytes[j*8:], v)
	}
	key := make([]byte, keyBytes)
	expand(key, bytes[:])
	return key
}

// first is H_0: the hash of all that goes in.
func first(password, salt []byte, passes, memoryKiB, keyBytes uint32) [blake2b.Size]byte {
	var b []byte
	for _, n := range []uint32{1, keyBytes, memoryKiB, passes, argon2.Version, kindID} {
		b = binary.LittleEndian.AppendUint32(b, n)
	}
	for _, part := range [][]byte{password, salt, nil, nil} { // without a secret of the server's and further data
		b = append(binary.LittleEndian.AppendUint32(b, uint32(len(part))), part...)
	}
	return blake2b.Sum512(b)
}

// expand is H': a hash of any length (§3.3).
func expand(out, in []byte) {
	in = append(binary.LittleEndian.AppendUint32(nil, uint32(len(out))), in...)
	for len(out) > blake2b.Size {
		v := blake2b.Sum512(in)
		copy(out, v[:blake2b.Size/2])
		out, in = out[blake2b.Size/2:], v[:]
	}
	h, err := blake2b.New(len(out), nil)
	if err != nil {
		panic("password: " + err.Error()) // the length is 1 to 64
	}
	_, _ = h.Write(in) // a hash takes everything
	h.Sum(out[:0])
}

// fill computes the blocks of one slice of one pass. In the first half of the first pass which block is taken beside the last one depends on no password, so that nobody learns of it
// by watching the memory.
func fill(memory []block, pass, slice, passes uint32) {
	blocks := uint32(len(memory))
	part := blocks / quarters
	blind := pass == 0 && slice < quarters/2
	var addresses, zero block
	input := block{uint64(pass), 0, uint64(slice), uint64(blocks), uint64(passes), kindID}
	next := func() {
		input[6]++
		processBlock(&addresses, &input, &zero)
		processBlock(&addresses, &addresses, &zero)
	}
	index := uint32(0)
	if pass == 0 && slice == 0 {
		index = 2 // there already
		next()
	}
	for ; index < part; index++ {
		at := slice*part + index
		last := (at + blocks - 1) % blocks
		random := memory[last][0]
		if blind {
			if index%uint32(len(addresses)) == 0 {
				next()
			}
			random = addresses[index%uint32(len(addresses))]
		}
		other := beside(random, blocks, part, pass, slice, index)
		if pass == 0 {
			processBlock(&memory[at], &memory[last], &memory[other])
		} else {
			processBlockXOR(&memory[at], &memory[last], &memory[other])
		}
	}
}

// beside says which block is taken beside the last one: any that is there and not of this moment, the later ones more often (§3.4.2).
func beside(random uint64, blocks, part, pass, slice, index uint32) uint32 {
	there, from := slice*part+index-1, uint32(0)
	if pass > 0 {
		there, from = blocks-part+index-1, (slice+1)%quarters*part
	}
	x := random & 0xffffffff
	x = x * x >> 32
	x = x * uint64(there) >> 32
	return uint32((uint64(from) + uint64(there) - 1 - x) % uint64(blocks))
}
