package projects_test

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/engine"
)

// An answer is all that a statement yields.
type answer struct {
	cols    []string // name and type
	rows    []string // values joined by |, \N for NULL
	tag     string
	notices []string
	err     *fault.Error
}

func (a *answer) String() string {
	var b strings.Builder
	for _, n := range a.notices {
		b.WriteString("    # " + n + "\n")
	}
	if a.err != nil {
		fmt.Fprintf(&b, "    ! %s %s\n", a.err.Code, oneLine(a.err.Message))
		if a.err.Detail != "" {
			fmt.Fprintf(&b, "    ! detail: %s\n", oneLine(a.err.Detail))
		}
		if a.err.Hint != "" {
			fmt.Fprintf(&b, "    ! hint: %s\n", oneLine(a.err.Hint))
		}
		return b.String()
	}
	if a.cols != nil {
		b.WriteString("    (" + strings.Join(a.cols, ", ") + ")\n")
	}
	for _, r := range a.rows {
		b.WriteString("    " + r + "\n")
	}
	b.WriteString("    = " + a.tag + "\n")
	return b.String()
}

func oneLine(s string) string { return strings.ReplaceAll(s, "\n", "⏎") }

// A collector is a sink that keeps the answers of a script's statements.
type collector struct {
	all []answer
	now answer
}

// maxRows is how much of one answer is kept: projects have long seeds.
const maxRows = 2000

func (c *collector) Begin(cols []engine.Column) error {
	c.now.cols = []string{}
	for _, col := range cols {
		c.now.cols = append(c.now.cols, col.Name+" "+col.TypeName)
	}
	return nil
}

func (c *collector) Row(r engine.Row) error {
	if len(c.now.rows) >= maxRows {
		return nil
	}
	var b []byte
	for i := range c.now.cols {
		if i > 0 {
			b = append(b, '|')
		}
		if r.IsNull(i) {
			b = append(b, `\N`...)
		} else {
			b = r.AppendText(b, i)
		}
	}
	c.now.rows = append(c.now.rows, oneLine(string(b)))
	return nil
}

func (c *collector) Done(tag string) error { c.now.tag = tag; c.end(); return nil }
func (c *collector) Notice(level, message string) {
	c.now.notices = append(c.now.notices, level+": "+oneLine(message))
}

func (c *collector) Refused(err error) {
	f := fault.As(err)
	if f == nil {
		f = fault.New(fault.Internal, "%v", err)
	}
	c.now.err = f
	c.end()
}

func (c *collector) end() {
	c.all = append(c.all, c.now)
	c.now = answer{}
}

// dry runs statements as the owner, each on the effects of those before it, and keeps nothing of them.
func dry(e engine.Engine, stmts []string) ([]answer, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	c := &collector{}
	err := e.Script(ctx, engine.Script{Text: strings.Join(stmts, ";\n"), Check: true, DryRun: true}, c)
	if err != nil {
		return nil, fmt.Errorf("%w\n%s", err, strings.Join(stmts, ";\n"))
	}
	if len(c.all) < len(stmts) {
		return nil, fmt.Errorf("%d statements have %d answers:\n%s", len(stmts), len(c.all), strings.Join(stmts, ";\n"))
	}
	return c.all[:len(stmts)], nil // the embedded engine goes on with the function bodies that it refuses
}

// keep runs one statement as the owner and keeps what it does.
func keep(e engine.Engine, stmt string) answer {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c := &collector{}
	if err := e.Script(ctx, engine.Script{Text: stmt, Atomic: true}, c); err != nil {
		c.Refused(err)
	}
	return c.all[len(c.all)-1]
}

// both runs f for the two engines at once.
func both[T any](pg, lite engine.Engine, f func(engine.Engine) T) (want, got T) {
	var group sync.WaitGroup
	group.Go(func() { want = f(pg) })
	group.Go(func() { got = f(lite) })
	group.Wait()
	return want, got
}

// A mask hides what no two databases answer alike: numbers drawn at random, and the time.
type mask struct {
	given map[string]bool // UUIDs that the project or the runner wrote
}

var (
	uuids = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
	times = regexp.MustCompile(`(\d{4}-\d\d-\d\d)[ T]\d\d:\d\d:\d\d(\.\d+)?([+-]\d\d(:\d\d)?|Z)?`)
	days  = regexp.MustCompile(`\b\d{4}-\d\d-\d\d\b`)
)

// text masks one row or message. Times near now are now's.
func (m *mask) text(s string) string {
	s = uuids.ReplaceAllStringFunc(s, func(u string) string {
		if m.given[u] {
			return u
		}
		return "<uuid>"
	})
	near := func(day string) bool {
		d, err := time.Parse(time.DateOnly, day)
		return err == nil && time.Since(d).Abs() < 400*24*time.Hour
	}
	s = times.ReplaceAllStringFunc(s, func(t string) string {
		if near(t[:10]) {
			return "<now>"
		}
		return t
	})
	return days.ReplaceAllStringFunc(s, func(d string) string {
		if near(d) {
			return "<today>"
		}
		return d
	})
}

func (m *mask) answer(a answer) answer {
	a.rows = slices.Clone(a.rows)
	for i := range a.rows {
		a.rows[i] = m.text(a.rows[i])
	}
	slices.Sort(a.rows)
	a.notices = slices.Clone(a.notices)
	for i := range a.notices {
		a.notices[i] = m.text(a.notices[i])
	}
	if a.err != nil {
		a.err = &fault.Error{Code: a.err.Code, Message: m.text(a.err.Message), Detail: m.text(a.err.Detail), Hint: m.text(a.err.Hint)}
	}
	return a
}

// same compares two masked answers.
func same(a, b *answer) bool {
	if a.err != nil || b.err != nil {
		return a.err != nil && b.err != nil && *a.err == *b.err && slices.Equal(a.notices, b.notices)
	}
	return slices.Equal(a.cols, b.cols) && a.tag == b.tag && slices.Equal(a.rows, b.rows) && slices.Equal(a.notices, b.notices)
}
