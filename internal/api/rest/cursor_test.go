package rest

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mainstay-dev/mainstay/fault"
	"github.com/mainstay-dev/mainstay/internal/engine/plan"
)

func TestCursorsEndInTime(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	c := newCursors([]byte("secret"), time.Hour, func() time.Time { return now })
	bound := sumOf("ada")
	values := []plan.Value{{Text: "a"}, {Null: true}, {Text: ""}, {Text: strings.Repeat("ü", 200)}}
	token, err := c.seal(bound, 40, values)
	if err != nil {
		t.Fatal(err)
	}
	again, err := c.seal(bound, 40, values)
	if err != nil || again != token {
		t.Errorf("equal cursors differ: %s, %s, %v", token, again, err)
	}
	check := func(what string, c *cursors, bound [32]byte, token, want string) {
		t.Helper()
		seen, got, err := c.open(bound, token)
		switch {
		case want == "":
			if err != nil || seen != 40 || !slices.Equal(got, values) {
				t.Errorf("%s: got %d %v %v", what, seen, got, err)
			}
		case fault.Code(err) != codeCursor || !strings.Contains(err.Error(), want):
			t.Errorf("%s: got %v, want %q", what, err, want)
		}
	}
	check("at once", c, bound, token, "")
	now = now.Add(time.Hour)
	check("in its last second", c, bound, token, "")
	now = now.Add(time.Second)
	check("later", c, bound, token, "has expired")
	now = now.Add(-time.Hour)
	check("of another", c, sumOf("ben"), token, "was not given to this caller")
	check("with another secret", newCursors([]byte("other"), time.Hour, c.now), bound, token, "was not given to this caller")
	check("cut", c, bound, token[:8], "was not given to this caller")
	check("nothing", c, bound, "", "was not given to this caller")
	if _, err := c.seal(bound, 0, []plan.Value{{Text: strings.Repeat("x", maxCursor)}}); fault.Code(err) != codeCursor {
		t.Errorf("a long value: %v", err)
	}
}

func FuzzCursors(f *testing.F) {
	c := newCursors(nil, time.Hour, time.Now)
	f.Add("x")
	f.Add(strings.Repeat("A", 64))
	f.Fuzz(func(t *testing.T, token string) {
		if _, values, err := c.open(sumOf("ada"), token); fault.Code(err) != codeCursor || values != nil {
			t.Errorf("%q is a cursor: %v %v", token, values, err)
		}
	})
}
