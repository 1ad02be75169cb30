package migrate

import (
	"strings"
	"testing"

	"github.com/mainstay-dev/mainstay/internal/project"
)

func file(version, text string) project.Migration {
	return project.Migration{Version: version, Name: "m", Checksum: project.Checksum(text), File: project.File{Path: version + "_m.sql", Text: text}}
}

func TestCompareSaysWhatIsWrong(t *testing.T) {
	applied := []Applied{{"1", "m", project.Checksum("a")}, {"3", "m", project.Checksum("c")}, {"4", "gone", ""}, {"5", "m", ""}}
	s := compare(applied, []project.Migration{file("1", "a"), file("2", "b"), file("3", "other"), file("5", "e"), file("10", "f")})
	if len(s.Pending) != 1 || s.Pending[0].Version != "10" {
		t.Errorf("pending: %+v", s.Pending)
	}
	got := strings.Join(s.Problems(), "\n")
	want := "2_m.sql comes before 5, which is applied already; give it a later version, or apply it with --include-all\n" +
		"3_m.sql was changed after it was applied; put the change into a new migration, or start over with: mainstay db reset\n" +
		"migration 4 (gone) is applied, but its file is missing"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if p := compare(nil, []project.Migration{file("1", "a")}).Problems(); len(p) != 0 {
		t.Errorf("an empty database has problems: %q", p)
	}
}
