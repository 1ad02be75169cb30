package postgres

import (
	"slices"
	"testing"
)

func TestSearchPathsAreLists(t *testing.T) {
	for in, want := range map[string][]string{
		`""`:                          {""},
		`public`:                      {"public"},
		`"$user", public, extensions`: {"$user", "public", "extensions"},
		`"a "" b, c",d`:               {`a " b, c`, "d"},
	} {
		got := parseSettings([]string{"search_path=" + in})
		if len(got) != 1 || !slices.Equal(got[0].Values, want) {
			t.Errorf("%s is %v, want %q", in, got, want)
		}
	}
}
