package store

import (
	"bytes"
	"errors"

	"github.com/ncruces/go-sqlite3"
)

const (
	// stackBytes is the C stack of a connection. SQLite's own of 64 KiB is too small for functions that query tables and are called by queries: each
	// level takes about 1 KiB of it (measured), and the end of it is the end of the module. Only pages that are used take memory.
	stackBytes = 4 << 20

	// stackReserve is what StackIsLow keeps free. It is eight times the stack that SQLite runs on by itself, so that whatever one statement needs fits.
	stackReserve = 512 << 10

	// The lowest guardBytes hold a pattern. What has written there has used up the stack and may have written below it, where the heap is.
	guardBytes = 4 << 10
)

var guardPattern = bytes.Repeat([]byte{0xa5, 0x5a, 0xc3, 0x3c}, guardBytes/4)

// errOverflow is what a call panics with when SQLite has left its stack: nothing in the memory of the connection can be trusted.
var errOverflow = errors.New("SQLite has used up its stack")

// module is what the driver lends to an extension of the SQLite module: its stack pointer, its allocator, its memory, and the end of it all.
type module interface {
	X__stack_pointer() *int32
	Xsqlite3_malloc64(size int64) int32
	Slice() *[]byte
	Close() error
}

// stack is the C stack of a connection.
type stack struct {
	module module
	low    int32 // its lowest address
}

// newStack gives SQLite a larger stack, in its own heap: to compiled code the stack is the memory below the stack pointer, wherever it is. The driver's interface for
// extensions is the one way to the pointer.
func newStack(db *sqlite3.Conn) (stack, error) {
	var s stack
	//lint:ignore SA1019 the method that replaces it needs Go 1.27
	err := sqlite3.ExtensionInit(db, func(env any) extension {
		s.module, _ = env.(module)
		return extension{}
	}, func() (_, _, _, _ int64) { return 0, 1, 0, 1 })
	if err != nil {
		return stack{}, err
	}
	if s.module == nil {
		return stack{}, errors.New("the SQLite module does not lend its stack pointer")
	}
	if s.low = s.module.Xsqlite3_malloc64(stackBytes); s.low == 0 {
		return stack{}, sqlite3.NOMEM
	}
	copy((*s.module.Slice())[uint32(s.low):], guardPattern)
	*s.module.X__stack_pointer() = (s.low + stackBytes) &^ 15
	return s, nil
}

// isLow says whether less than the reserve is left.
func (s *stack) isLow() bool { return *s.module.X__stack_pointer()-s.low < stackReserve }

// holds says whether the guard is as it was.
func (s *stack) holds() bool {
	return bytes.Equal((*s.module.Slice())[uint32(s.low):][:guardBytes], guardPattern)
}

// extension is an extension of SQLite that does nothing.
type extension struct{}

func (extension) Xsqlite3_extension_init(_, _, _ int32) int32 { return 0 }
