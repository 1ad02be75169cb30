package main

import (
	"strings"
	"testing"
	"time"

	"github.com/mainstay-dev/mainstay/internal/engine/transfer"
)

func TestBarSaysHowFar(t *testing.T) {
	var out strings.Builder
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	b := &bar{out: &out, now: func() time.Time { return now }}
	check := func(after time.Duration, p transfer.Progress, want string) {
		t.Helper()
		out.Reset()
		now = now.Add(after)
		if b.show(p); out.String() != want {
			t.Errorf("got  %q\nwant %q", out.String(), want)
		}
	}
	check(0, transfer.Progress{Doing: "making the schema"}, "\r\x1b[Kmaking the schema")
	check(time.Second, transfer.Progress{Doing: "copying", Table: "public.a", Rows: 50, Total: 200}, "\r\x1b[Kcopying [██████░░░░░░░░░░░░░░░░░░]  25%  50 of 200 rows  public.a")
	check(time.Millisecond, transfer.Progress{Doing: "copying", Table: "public.a", Rows: 60, Total: 200}, "")
	check(2*time.Second-time.Millisecond, transfer.Progress{Doing: "copying", Table: "public.a", Rows: 100, Total: 200},
		"\r\x1b[Kcopying [████████████░░░░░░░░░░░░]  50%  100 of 200 rows, 50 a second  public.a")
	check(time.Millisecond, transfer.Progress{Doing: "copying", Table: "public.b", Rows: 200, Total: 200},
		"\r\x1b[Kcopying [████████████████████████] 100%  200 of 200 rows, 100 a second  public.b")
	out.Reset()
	if b.clear(); out.String() != "\r\x1b[K" {
		t.Errorf("clear wrote %q", out.String())
	}
	newBar(&out, true).show(transfer.Progress{Doing: "copying", Rows: 1, Total: 1})
	if out.String() != "\r\x1b[K" {
		t.Error("progress is shown where there is no terminal")
	}
}
