package projects_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const document = "../../docs/reference/projects.md"

// writeTable puts the line of a project into the document, in the part that belongs to the list. The lines of others stay.
func writeTable(t *testing.T, f figures) {
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	name := strings.TrimSuffix(filepath.Base(*list), ".txt")
	begin, end := "<!-- "+name+" -->\n", "<!-- end of "+name+" -->"
	head, rest, ok := strings.Cut(string(text), begin)
	old, tail, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no part %s", document, name)
	}
	rows, notes := map[string]string{}, map[string]string{}
	for line := range strings.Lines(old) {
		if m := regexp.MustCompile(`^\| \[([^\]]+)\]`).FindStringSubmatch(line); m != nil {
			rows[m[1]] = line
		}
		if m := regexp.MustCompile(`^- \*\*([^*]+)\*\*`).FindStringSubmatch(line); m != nil {
			notes[m[1]] = line
		}
	}
	rows[f.name], notes[f.name] = f.row(), f.notes()
	var b strings.Builder
	b.WriteString("\n| project | statements | embedded | PostgreSQL | policies probed | functions called | triggers fired | answers compared | different | explained | random |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n")
	var said []string
	for _, s := range sources(t, *list) {
		b.WriteString(rows[s.name])
		if n := notes[s.name]; n != "" {
			said = append(said, n)
		}
	}
	b.WriteString("\n" + strings.Join(said, "") + "\n")
	if err := os.WriteFile(document, []byte(head+begin+b.String()+end+tail), 0o644); err != nil {
		t.Fatal(err)
	}
}

func (f *figures) row() string {
	return fmt.Sprintf("| [%s](https://%s) %s | %d | %d | %d | %d of %d | %d of %d | %d of %d | %d | %d | %d | %d |\n",
		f.name, f.repository, f.commit, f.total, f.lite, f.pg, f.probed, f.policies, f.called, f.functions, f.fired, f.triggers, f.compared, f.different, f.known, f.volatile)
}

// notes say what the figures do not.
func (f *figures) notes() string {
	var parts []string
	add := func(what string, list []string) {
		if len(list) > 8 {
			list = append(slices.Clone(list[:8]), fmt.Sprintf("%d more", len(list)-8))
		}
		if len(list) > 0 {
			parts = append(parts, what+": "+strings.Join(list, ", "))
		}
	}
	add("the embedded engine refuses", messages(f.liteRefused))
	add("and the bodies of functions", messages(f.bodies))
	add("PostgreSQL refuses", messages(f.pgRefused))
	add("tables that took no made row", f.unpopulated)
	add("not probed", f.unprobed)
	add("not called", f.uncalled)
	add("not fired", f.unfired)
	add("explained", f.causes)
	if len(parts) == 0 {
		return ""
	}
	return "- **" + f.name + "** " + strings.Join(parts, "; ") + ".\n"
}

func messages(list []refusal) []string {
	var out []string
	for _, r := range list {
		if m := r.err.Message; !slices.Contains(out, m) {
			out = append(out, m)
		}
	}
	return out
}
