package top

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"unicode"
)

const shownStatements = 10

// Text writes a view for people, some forty lines.
func (v *View) Text(out io.Writer, title string) {
	fmt.Fprintf(out, "%s  %s, %.1f s\n\n", title, v.At.Format("15:04:05"), v.Seconds)
	fmt.Fprintf(out, "requests %.0f/s, failed %.0f/s, in flight %.0f, %s/s   cpu %.2f, memory %s (heap %s), goroutines %.0f, files %.0f\n",
		v.Requests, v.Failed, v.InFlight, size(v.Bytes), v.Cores, size(v.ResidentBytes), size(v.HeapBytes), v.Goroutines, v.OpenFiles)
	fmt.Fprintf(out, "connections %.0f, busy %.0f   commits %.0f/s of %.1f writes, waiting %.0f   file %s, wal %s   plans known %.0f %%, answers kept %.0f %%\n\n",
		v.Connections, v.Busy, v.Commits, v.WritesACommit, v.WritesWaiting, size(v.FileBytes), size(v.LogBytes), 100*v.PlanHits, 100*v.KeptHits)
	table(out, "ROUTE\tREQ/S\tP50 MS\tP99 MS\tFAILED/S", len(v.Routes), func(i int) string {
		r := v.Routes[i]
		return fmt.Sprintf("%s\t%.1f\t%.2f\t%.2f\t%.1f", or(r.Door, "(none)"), r.Requests, r.P50, r.P99, r.Failed)
	})
	table(out, "QUEUE\tRUNNING\tSLOTS\tWAITING\tREFUSED/S", len(v.Queues), func(i int) string {
		q := v.Queues[i]
		return fmt.Sprintf("%s\t%.0f\t%.0f\t%.0f\t%.1f", q.Kind, q.Running, q.Slots, q.Waiting, q.Refused)
	})
	table(out, "SHARE\tCALLS/S\tMEAN MS\tLONGEST\tROLE\tSTATEMENT", min(len(v.Statements), shownStatements), func(i int) string {
		s := v.Statements[i]
		return fmt.Sprintf("%.0f %%\t%.1f\t%.2f\t%.1f\t%s\t%s", 100*s.Share, s.Calls, s.Mean, s.Longest, printable(s.Role), or(printable(s.SQL), "(others)"))
	})
}

// table writes lines of cells under their heads.
func table(out io.Writer, head string, n int, line func(int) string) {
	if n == 0 {
		return
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, head)
	for i := range n {
		fmt.Fprintln(w, line(i))
	}
	_ = w.Flush() // what out says is its owner's to hear
	fmt.Fprintln(out)
}

const (
	alternate = "\x1b[?1049h\x1b[?25l\x1b[?7l" // a screen of its own, no cursor, long lines cut off (ECMA-48 and DEC private modes)
	normal    = "\x1b[?7h\x1b[?25h\x1b[?1049l"
	home      = "\x1b[H"
	lineEnd   = "\x1b[K\r\n" // what was there before is cleared
	screenEnd = "\x1b[J"
)

// Begin and End stand around the frames of a terminal.
func Begin(out io.Writer) { fmt.Fprint(out, alternate) }

// End gives the terminal back.
func End(out io.Writer) { fmt.Fprint(out, normal) }

// Frame writes a view over the one before, in one write so that nothing flickers.
func (v *View) Frame(out io.Writer, title string) error {
	var text bytes.Buffer
	v.Text(&text, title)
	frame := home + strings.ReplaceAll(text.String(), "\n", lineEnd) + screenEnd
	_, err := io.WriteString(out, frame)
	return err
}

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// printable is a text in one line without anything that moves a terminal.
func printable(s string) string {
	return strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, s)), " ")
}

// size is a number of bytes in short.
func size(n float64) string {
	units := []string{"B", "KiB", "MiB", "GiB", "TiB"}
	i := 0
	for n >= 1024 && i < len(units)-1 {
		n /= 1024
		i++
	}
	if i == 0 || n >= 100 {
		return fmt.Sprintf("%.0f %s", n, units[i])
	}
	return fmt.Sprintf("%.1f %s", n, units[i])
}
