package sql

import (
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/sql/grammar"
)

// MaxTextBytes bounds the text that Parse takes: 64 MiB, well above any schema or seed and below what would hurt a small machine.
const MaxTextBytes = 64 << 20

// chunkBytes is how much text goes to the parser at a time: it bounds the parser's memory (about 15 times as much) and keeps its cost linear.
const chunkBytes = 64 << 10

// Statement is one statement of a script. Text is source[Start:End], without the semicolon and without leading space and comments.
// The positions in the tree count from the start of the script.
type Statement struct {
	Stmt       Stmt
	Text       string
	Start, End int
}

// Parse parses a script. Errors are *fault.Error with the byte offset in Pos: 42601 for syntax, 22021 for bytes that are not UTF-8, 54001 for
// what nests too deeply, 54000 for more than MaxTextBytes. Statements that Mainstay does not know come back as UnsupportedStmt.
// The first call starts the parser, see Warm. Safe for concurrent use.
func Parse(text string) ([]Statement, error) {
	if err := checkText(text); err != nil {
		return nil, err
	}
	var all []Statement
	for _, end := range grammar.Split(text, chunkBytes) {
		start := 0
		if len(all) > 0 || end.Start > 0 {
			start = end.Start
		}
		part, err := parseChunk(text, start, end.End)
		if err != nil {
			return nil, err
		}
		all = append(all, part...)
	}
	return all, nil
}

func parseChunk(text string, start, end int) ([]Statement, error) {
	tree, err := grammar.SQL(text[start:end])
	if err != nil {
		return nil, parseFault(err, text, start)
	}
	c := &conv{src: text, base: start}
	raw := tree.List("stmts")
	out := make([]Statement, 0, len(raw))
	for i := range raw {
		from := start + raw[i].Int("stmt_location")
		to := end
		if n := raw[i].Int("stmt_len"); n > 0 {
			to = from + n
		}
		from += grammar.Blank(text[from:to])
		s := Statement{Text: strings.TrimRight(text[from:to], " \t\r\n;"), Start: from}
		s.End = from + len(s.Text)
		c.start = Pos(from)
		s.Stmt = c.stmt(raw[i].Get("stmt"))
		out = append(out, s)
	}
	return out, nil
}

// ParseExpr parses one expression, such as a default or a check; positions count from the start of text.
func ParseExpr(text string) (Expr, error) {
	const before = "SELECT "
	sel, err := parseWrapped(before, text, "")
	if err != nil {
		return nil, err
	}
	q, ok := sel.(*Select)
	if !ok || len(q.Targets) != 1 || q.Targets[0].Name != "" || q.From != nil || q.Where != nil || q.With != nil || q.SetOp != NoSetOp || q.OrderBy != nil ||
		q.Limit != nil || q.Offset != nil || q.GroupBy != nil || q.Having != nil || q.Windows != nil || q.Into != nil || q.Distinct || q.Locking != nil {
		return nil, notAn("expression", text)
	}
	return q.Targets[0].Expr, nil
}

// ParseType parses the name of a type, such as numeric(10,2)[].
func ParseType(text string) (*TypeName, error) {
	sel, err := parseWrapped("SELECT NULL::", text, "")
	if err != nil {
		return nil, err
	}
	q, ok := sel.(*Select)
	if !ok || len(q.Targets) != 1 || q.Targets[0].Name != "" || q.From != nil || q.Where != nil {
		return nil, notAn("type", text)
	}
	cast, ok := q.Targets[0].Expr.(*Cast)
	if !ok {
		return nil, notAn("type", text)
	}
	if _, ok := cast.X.(*Const); !ok {
		return nil, notAn("type", text)
	}
	return cast.Type, nil
}

func notAn(what, text string) error {
	f := fault.New(fault.SyntaxError, "invalid %s: %.80q", what, text).At(0)
	f.Text = text
	return f
}

func parseWrapped(before, text, after string) (Stmt, error) {
	if err := checkText(text); err != nil {
		return nil, err
	}
	tree, err := grammar.SQL(before + text + after)
	if err != nil {
		return nil, parseFault(err, text, -len(before))
	}
	raw := tree.List("stmts")
	if len(raw) != 1 {
		return nil, notAn("expression", text)
	}
	c := &conv{src: text, base: -len(before)}
	return c.stmt(raw[0].Get("stmt")), nil
}

// Warm starts the parser ahead of the first Parse; it costs about two seconds of CPU, once in a process. Call it from a goroutine.
func Warm() { grammar.Warm() }

// Release gives back to the operating system what parsing used; call it after a large script. The parser itself stays.
func Release() { grammar.Release() }

func checkText(text string) error {
	if len(text) > MaxTextBytes {
		return fault.New(fault.ProgramLimit, "SQL text is too long: %d bytes, at most %d are allowed", len(text), MaxTextBytes).
			WithHint("Split the file.")
	}
	if utf8.ValidString(text) && strings.IndexByte(text, 0) < 0 {
		return nil
	}
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		if r == 0 || r == utf8.RuneError && size == 1 {
			f := fault.New(fault.InvalidEncoding, "invalid byte sequence for encoding \"UTF8\": %s", badBytes(text[i:])).At(i)
			f.Text = text
			return f
		}
		i += size
	}
	return nil
}

// badBytes is the invalid sequence at the start of s as PostgreSQL prints it: as many bytes as the first one announces.
func badBytes(s string) string {
	n := 1
	switch c := s[0]; {
	case c >= 0xf8:
	case c >= 0xf0 && c < 0xf8:
		n = 4
	case c >= 0xe0:
		n = 3
	case c >= 0xc0:
		n = 2
	}
	const hex = "0123456789abcdef"
	var b []byte
	for i := 0; i < n && i < len(s); i++ {
		if i > 0 {
			b = append(b, ' ')
		}
		b = append(b, '0', 'x', hex[s[i]>>4], hex[s[i]&15])
	}
	return string(b)
}

// parseFault makes the parser's error readable; base is where the text that it saw begins in text.
func parseFault(err error, text string, base int) error {
	var g *grammar.Error
	switch {
	case errors.As(err, &g):
		f := fault.New(syntaxCode(g.Message), "%s", g.Message)
		if g.Pos >= 0 {
			f.Pos = max(g.Pos+base, 0)
		}
		if g.Message == "invalid Unicode escape" { // its code and hint say of which kind of constant it is
			before := text[:min(max(g.Pos+base, 0), len(text))]
			if quote := strings.LastIndexAny(before, `'"`); quote > 0 && before[quote-1] == '&' {
				f.Code, f.Hint = fault.SyntaxError, `Unicode escapes must be \XXXX or \+XXXXXX.`
			} else {
				f.Hint = `Unicode escapes must be \uXXXX or \UXXXXXXXX.`
			}
		}
		f.Text = text
		if hint := syntaxHint(g.Message); hint != "" {
			f.Hint = hint
		}
		return f
	case errors.Is(err, grammar.ErrTooDeep):
		f := fault.New(fault.StatementTooComplex, "stack depth limit exceeded").WithHint("Nest the statement less deeply.")
		f.Text = text
		return f
	}
	return err
}

// syntaxHint is the hint of such a message, "" for most.
func syntaxHint(message string) string {
	switch {
	case message == "missing argument":
		return "Use NONE to denote the missing argument of a unary operator."
	case strings.HasPrefix(message, "unrecognized row security option"):
		return "Only PERMISSIVE or RESTRICTIVE policies are supported currently."
	}
	return ""
}

// syntaxCode is the SQLSTATE of a message of PostgreSQL's scanner or grammar, which the parser does not pass on.
func syntaxCode(message string) string {
	switch {
	case strings.HasPrefix(message, "cross-database references"), strings.HasPrefix(message, "a column list with SET "), strings.HasSuffix(message, "is not supported"), strings.HasSuffix(message, "not implemented"),
		strings.HasSuffix(message, "not yet implemented"), strings.HasSuffix(message, "are not supported"):
		return fault.FeatureNotSupported
	case strings.HasPrefix(message, "invalid byte sequence"):
		return fault.InvalidEncoding
	case message == "invalid Unicode escape", strings.HasPrefix(message, "invalid escape sequence"):
		return "22025"
	case strings.HasPrefix(message, "invalid XML"):
		return "42601"
	case strings.HasPrefix(message, "precision for type"), strings.Contains(message, "must be between"), strings.HasPrefix(message, "column number must be"),
		strings.HasPrefix(message, "unrecognized partitioning strategy"):
		return fault.InvalidParameterValue
	case strings.HasPrefix(message, "frame "):
		return fault.WindowingError
	}
	return fault.SyntaxError
}
