package transfer

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/bits"
	"strconv"
	"strings"

	"github.com/mainstay-dev/mainstay/internal/catalog"
	"github.com/mainstay-dev/mainstay/internal/engine"
	"github.com/mainstay-dev/mainstay/internal/sql"
)

// reader reads a database in one snapshot: a script whose statements have each somebody who takes its rows.
type reader struct {
	engine.Discard
	text  strings.Builder
	takes []func(engine.Row) error
	dones []func() error
	at    int
}

// textForms are the settings that text forms depend on, as the embedded engine has them. row_security lets a role that policies bind fail instead of seeing less.
const textForms = `SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO, MDY'; SET LOCAL IntervalStyle = 'postgres'; SET LOCAL extra_float_digits = 1;
SET LOCAL bytea_output = 'hex'; SET LOCAL row_security = off; SET LOCAL statement_timeout = 0`

func newReader() *reader {
	r := &reader{}
	r.add("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY", nil, nil)
	for s := range strings.SplitSeq(textForms, ";") {
		r.add(s, nil, nil)
	}
	return r
}

// add adds a statement, with what takes its rows and what is called after the last.
func (r *reader) add(text string, take func(engine.Row) error, done func() error) {
	r.text.WriteString(text)
	r.text.WriteString(";\n")
	r.takes, r.dones = append(r.takes, take), append(r.dones, done)
}

func (r *reader) run(ctx context.Context, e engine.Engine) error {
	r.add("COMMIT", nil, nil)
	s := engine.Script{Text: r.text.String(), File: "transfer"}
	var err error
	if s.Parsed, err = s.Statements(); err != nil {
		return err
	}
	sql.Release() // what parsing has left behind would be there for as long as rows are read
	return e.Script(ctx, s, r)
}

// Row passes a row on.
func (r *reader) Row(row engine.Row) error {
	if take := r.takes[r.at]; take != nil {
		return take(row)
	}
	return nil
}

// Done goes on to the next statement.
func (r *reader) Done(string) error {
	done := r.dones[r.at]
	r.at++
	if done != nil {
		return done()
	}
	return nil
}

func text(row engine.Row, i int) string { return string(row.AppendText(nil, i)) }

// count reads how many rows there are of each table.
func (r *reader) count(tables []*table, counts map[string]int64) {
	for _, t := range tables {
		r.add("SELECT count(*) FROM "+t.ident(), func(row engine.Row) error {
			n, err := strconv.ParseInt(text(row, 0), 10, 64)
			counts[t.name()] = n
			return err
		}, nil)
	}
}

// position is where a sequence stands.
type position struct {
	sequence  string // as an identifier
	last      string
	called    bool
	untouched bool
}

func (p position) statement() string {
	return fmt.Sprintf("SELECT pg_catalog.setval(%s, %s, %t)", sql.QuoteLiteral(p.sequence), p.last, p.called)
}

func (r *reader) positions(sequences []*catalog.Sequence, take func(position)) {
	for _, q := range sequences {
		name := sql.QuoteIdent(q.Schema) + "." + sql.QuoteIdent(q.Name)
		r.add("SELECT last_value, is_called FROM "+name, func(row engine.Row) error {
			p := position{sequence: name, last: text(row, 0), called: text(row, 1) == "t"}
			p.untouched = !p.called && p.last == strconv.FormatInt(q.Start, 10)
			take(p)
			return nil
		}, nil)
	}
}

// secret is a secret of schema vault, in clear.
type secret struct {
	text, description string
	name              *string
}

func (r *reader) secrets(take func(secret)) {
	r.add("SELECT decrypted_secret, description, name FROM vault.decrypted_secrets ORDER BY created_at, id", func(row engine.Row) error {
		s := secret{text: text(row, 0), description: text(row, 1)}
		if !row.IsNull(2) {
			name := text(row, 2)
			s.name = &name
		}
		take(s)
		return nil
	}, nil)
}

// rows reads a table's rows in the order in which a scan gives them.
func (r *reader) rows(t *table, take func(engine.Row) error, done func() error) {
	columns := make([]string, len(t.columns))
	for i, c := range t.columns {
		columns[i] = sql.QuoteIdent(c)
	}
	r.add("SELECT "+strings.Join(columns, ", ")+" FROM "+t.ident(), take, done)
}

// ---- rows as bytes ----

// line is the current row in the text form of COPY and as what its checksum is taken of.
type line struct {
	copied []byte // with its newline
	summed []byte
	value  []byte
}

// read takes a row of t.
func (l *line) read(t *table, row engine.Row) {
	l.copied, l.summed = l.copied[:0], l.summed[:0]
	for i, in := range t.isIn {
		null := row.IsNull(i)
		if l.value = l.value[:0]; !null {
			l.value = row.AppendText(l.value, i)
		}
		if null {
			l.summed = binary.AppendUvarint(l.summed, 0)
		} else {
			l.summed = append(binary.AppendUvarint(l.summed, uint64(len(l.value))+1), l.value...)
		}
		if !in {
			continue
		}
		if len(l.copied) > 0 {
			l.copied = append(l.copied, '\t')
		}
		if null {
			l.copied = append(l.copied, `\N`...)
		} else {
			l.copied = appendCopied(l.copied, l.value)
		}
	}
	l.copied = append(l.copied, '\n')
}

// appendCopied appends a value as COPY's text form has it.
func appendCopied(dst, value []byte) []byte {
	for _, c := range value {
		switch c {
		case '\\':
			dst = append(dst, '\\', '\\')
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

// sum is a checksum of rows in any order: the sum of their hashes, modulo 2^128.
type sum struct{ high, low uint64 }

func (s *sum) add(row []byte) {
	h := sha256.Sum256(row)
	var carry uint64
	s.low, carry = bits.Add64(s.low, binary.BigEndian.Uint64(h[8:16]), 0)
	s.high, _ = bits.Add64(s.high, binary.BigEndian.Uint64(h[:8]), carry)
}

func (s sum) String() string { return fmt.Sprintf("%016x%016x", s.high, s.low) }

func parseSum(text string) (sum, error) {
	var s sum
	_, err := fmt.Sscanf(text, "%016x%016x", &s.high, &s.low)
	return s, err
}
