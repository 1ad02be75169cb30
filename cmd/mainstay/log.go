package main

import (
	"context"
	"io"
	"log/slog"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/lmittmann/tint"
)

// logger writes lines for people on a terminal and JSON otherwise, to standard error. JSON lines are gathered for a moment: a system call for each request
// costs a fifth of a small one (test/load). Warnings and errors go out at once.
func logger(level slog.Level) *slog.Logger {
	if terminal(os.Stderr) {
		return slog.New(tint.NewTextHandler(os.Stderr, &tint.Options{Level: level, TimeFormat: "15:04:05.000"}))
	}
	return slog.New(promptHandler{slog.NewJSONHandler(logLines, &slog.HandlerOptions{Level: level}), logLines, false})
}

func terminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// logLines is the process's standard error as the log writes it. main flushes it at the end.
var logLines = &gatherer{to: os.Stderr}

const (
	gatherFor   = 100 * time.Millisecond
	gatherBytes = 32 << 10
)

// gatherer passes writes on in larger pieces: when it holds enough, or a moment after the first. What a killed process had not passed on is lost.
type gatherer struct {
	to io.Writer

	mu    sync.Mutex
	buf   []byte // guarded by mu
	armed bool   // guarded by mu: a flush is coming
}

// Write keeps p for a moment. It never fails: there is nobody to tell that the log cannot be written.
func (g *gatherer) Write(p []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.buf = append(g.buf, p...)
	g.grown()
	return len(p), nil
}

// grown sees to what is held being passed on. mu is held.
func (g *gatherer) grown() {
	switch {
	case len(g.buf) >= gatherBytes:
		g.flushLocked()
	case !g.armed:
		g.armed = true
		time.AfterFunc(gatherFor, g.Flush)
	}
}

// Flush passes on what is held.
func (g *gatherer) Flush() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.armed = false
	g.flushLocked()
}

func (g *gatherer) flushLocked() {
	if len(g.buf) == 0 {
		return
	}
	_, _ = g.to.Write(g.buf) // nobody to tell
	g.buf = g.buf[:0]
}

// line writes an informative record of numbers and plain words, the line of a request above all, and reports whether it did. It is what slog.JSONHandler writes
// (TestLineIsSlogs), at a third of the cost: there is such a line for every request.
func (g *gatherer) line(r *slog.Record) bool {
	if r.Level != slog.LevelInfo || r.PC != 0 || !plain(r.Message) {
		return false
	}
	ok := true
	r.Attrs(func(a slog.Attr) bool {
		switch a.Value.Kind() {
		case slog.KindString:
			ok = plain(a.Key) && plain(a.Value.String())
		case slog.KindInt64, slog.KindDuration:
			ok = plain(a.Key)
		default:
			ok = false
		}
		return ok
	})
	if !ok {
		return false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	b := append(g.buf, `{"time":"`...)
	b = r.Time.AppendFormat(b, time.RFC3339Nano)
	b = append(append(append(b, `","level":"INFO","msg":"`...), r.Message...), '"')
	r.Attrs(func(a slog.Attr) bool {
		b = append(append(append(b, `,"`...), a.Key...), `":`...)
		switch a.Value.Kind() {
		case slog.KindString:
			b = append(append(append(b, '"'), a.Value.String()...), '"')
		case slog.KindInt64:
			b = strconv.AppendInt(b, a.Value.Int64(), 10)
		default:
			b = strconv.AppendInt(b, int64(a.Value.Duration()), 10)
		}
		return true
	})
	g.buf = append(b, "}\n"...)
	g.grown()
	return true
}

// plain reports whether s is a JSON string as it stands.
func plain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// promptHandler flushes after warnings and errors.
type promptHandler struct {
	slog.Handler
	g    *gatherer
	with bool // it has attributes or a group of its own
}

// Handle writes the record.
func (h promptHandler) Handle(ctx context.Context, r slog.Record) error {
	if !h.with && h.g.line(&r) {
		return nil
	}
	err := h.Handler.Handle(ctx, r)
	if r.Level >= slog.LevelWarn {
		h.g.Flush()
	}
	return err
}

// WithAttrs and WithGroup keep the promptness.
func (h promptHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return promptHandler{h.Handler.WithAttrs(attrs), h.g, true}
}

// WithGroup opens a group.
func (h promptHandler) WithGroup(name string) slog.Handler {
	return promptHandler{h.Handler.WithGroup(name), h.g, true}
}
