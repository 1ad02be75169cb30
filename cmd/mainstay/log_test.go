package main

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestLogLinesAreGatheredAndWarningsPrompt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		g := &gatherer{to: &out}
		log := slog.New(promptHandler{Handler: slog.NewJSONHandler(g, nil), g: g})
		log.Info("one")
		if out.Len() != 0 {
			t.Error("a line went out at once")
		}
		time.Sleep(gatherFor)
		synctest.Wait()
		if !strings.Contains(out.String(), `"msg":"one"`) {
			t.Errorf("after a moment: %q", out.String())
		}
		log.Info("two")
		log.With("a", 1).WithGroup("g").Warn("three")
		if !strings.Contains(out.String(), "two") || !strings.Contains(out.String(), "three") {
			t.Errorf("after a warning: %q", out.String())
		}
		_, _ = g.Write(make([]byte, gatherBytes)) // never fails
		if out.Len() < gatherBytes {
			t.Error("a full buffer was kept")
		}
		g.Flush()
		synctest.Wait()
	})
}

func TestLineIsSlogs(t *testing.T) {
	at := time.Date(2026, 11, 25, 8, 14, 20, 785_100_000, time.FixedZone("", 3600))
	for _, attrs := range [][]slog.Attr{
		{},
		{slog.String("request", "0123"), slog.String("path", "/rest/v1/a?b<&>'"), slog.Int("status", 200), slog.Int64("bytes", -7), slog.Duration("took", 135*time.Microsecond)},
		{slog.String("path", "/quo\"ted")}, {slog.String("path", "/ü")}, {slog.String("path", "a\nb\x7f")}, {slog.Any("list", []int{1})}, {slog.Group("g", slog.Int("a", 1))}, {slog.String("ke\"y", "v")},
	} {
		for _, level := range []slog.Level{slog.LevelInfo, slog.LevelDebug, slog.LevelWarn} {
			r := slog.NewRecord(at, level, "request", 0)
			r.AddAttrs(attrs...)
			var got, want bytes.Buffer
			g := &gatherer{to: &got}
			if err := (promptHandler{Handler: slog.NewJSONHandler(g, &slog.HandlerOptions{Level: slog.LevelDebug}), g: g}).Handle(t.Context(), r); err != nil {
				t.Fatal(err)
			}
			g.Flush()
			if err := slog.NewJSONHandler(&want, &slog.HandlerOptions{Level: slog.LevelDebug}).Handle(t.Context(), r); err != nil {
				t.Fatal(err)
			}
			if got.String() != want.String() {
				t.Errorf("got  %swant %s", got.String(), want.String())
			}
			got.Reset()
			h := promptHandler{Handler: slog.NewJSONHandler(g, nil), g: g}.WithAttrs([]slog.Attr{slog.Int("with", 1)})
			if err := h.Handle(t.Context(), r); err != nil {
				t.Fatal(err)
			}
			if g.Flush(); !strings.Contains(got.String(), `"with":1`) {
				t.Errorf("the handler's own attribute is lost: %s", got.String())
			}
		}
	}
}
