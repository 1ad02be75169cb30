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
		log := slog.New(promptHandler{slog.NewJSONHandler(g, nil), g})
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
