// Package grammar is PostgreSQL's own parser, as text in and a tree of JSON values out.
//
// It hides three things: the WebAssembly build of the parser (starting it, having one only, and surviving it), its JSON, and the way it counts
// positions. SQL is the door; Value is what comes out; Error is what goes wrong; Split and Blank know where statements begin and end.
//
// Invariants: nothing starts before the first call; one instance at most runs, calls queue for it; a text that could exhaust the parser's
// stack never reaches it.
package grammar

import (
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"unicode/utf8"

	"github.com/wasilibs/go-pgquery/parser"
)

// MaxTreeDepth bounds the nesting of the parser's output, which is recursive in each of its consumers.
const MaxTreeDepth = 6000

// Error is a refusal by the parser. Pos is a byte offset into the text, -1 when unknown.
type Error struct {
	Message string
	Context string
	Pos     int
}

func (e *Error) Error() string { return e.Message }

// ErrTooDeep is given for texts that nest too deeply to be parsed.
var ErrTooDeep = errors.New("stack depth limit exceeded")

// mu makes the parser single: each further instance would cost a second and a half of CPU and tens of megabytes for ever.
var mu sync.Mutex

// broken is set when the parser trapped. Its memory is in no known state then, and its package would go on to use it: better no parser than
// one that answers wrongly. guarded by mu
var broken error

// Warm starts the parser, so that the first text need not wait for it. It takes about two seconds of CPU; call it from a goroutine.
func Warm() { _, _ = SQL("SELECT 1") }

// Release gives memory that parsing left behind back to the operating system. The parser's own instance stays (its package keeps it).
func Release() { debug.FreeOSMemory() }

// SQL parses a script: an object with the field "stmts". Safe for concurrent use.
func SQL(text string) (*Value, error) {
	if tooDeep(text) {
		return nil, ErrTooDeep
	}
	out, err := call(text)
	if err != nil {
		return nil, err
	}
	return decode(out)
}

// call runs the parser; a trap inside it comes back as an error.
func call(text string) (out string, err error) {
	mu.Lock()
	defer mu.Unlock()
	if broken != nil {
		return "", broken
	}
	defer func() {
		if p := recover(); p != nil {
			broken = fmt.Errorf("the SQL parser stopped, and needs the program to be started again: %.200v", p)
			err = broken
		}
	}()
	out, err = parser.ParseToJSON(text)
	var pe *parser.Error
	if errors.As(err, &pe) {
		if pe.Message == "stack depth limit exceeded" {
			return "", ErrTooDeep
		}
		return "", &Error{Message: pe.Message, Context: pe.Context, Pos: byteOffset(text, pe.Cursorpos)}
	}
	return out, err
}

// byteOffset turns the parser's position, in characters from 1, into bytes from 0.
func byteOffset(text string, cursor int) int {
	if cursor <= 0 {
		return -1
	}
	pos := 0
	for n := 1; n < cursor && pos < len(text); n++ {
		_, size := utf8.DecodeRuneInString(text[pos:])
		pos += size
	}
	return pos
}
