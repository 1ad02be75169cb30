package cases_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/mainstay-dev/mainstay/internal/engine/query"
)

// A caseFile is testdata/cases/**.txtar: a world, then steps in it, each with what must come of it.
type caseFile struct {
	path    string
	archive *archive
	project string // folder of a project, "" for none
	sql     string // run by the owner after the project's
	callers map[string]query.Caller
	steps   []*step
}

// A step is a request or a script, and the sections that follow it.
type step struct {
	kind   string // "request" or "sql"
	text   string
	names  []string // who asks, in order
	words  []string // of a script: atomic, dry-run, check, go-on
	answer int      // index of its response or result in the archive, -1 when it is missing
	at     int      // index of the step itself
	golden map[string]int
}

// answers are the sections that tell what comes of a step.
var answers = map[string]string{"request": "response", "sql": "result"}

// goldens are optional sections after the answer: the planned statement, and each engine's own text of it.
var goldens = []string{"plan", "postgres", "sqlite"}

func readCase(path string) (*caseFile, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	a := parseArchive(string(data))
	c := &caseFile{path: path, archive: a, callers: map[string]query.Caller{
		"owner":        {},
		"anon":         {Role: "anon", Claims: []byte(`{"role":"anon"}`)},
		"service_role": {Role: "service_role", Claims: []byte(`{"role":"service_role"}`), Authenticated: true},
	}}
	if text, err := os.ReadFile(filepath.Join(filepath.Dir(path), "callers.txt")); err == nil {
		if err := c.addCallers(string(text)); err != nil {
			return nil, err
		}
	}
	var last *step
	for i, f := range a.sections {
		text := f.text
		switch f.name {
		case "project":
			c.project = strings.TrimSpace(text)
		case "project.sql":
			c.sql = text
		case "callers":
			if err := c.addCallers(text); err != nil {
				return nil, err
			}
		case "request", "sql":
			last = &step{kind: f.name, answer: -1, at: i, golden: map[string]int{}}
			head, rest, _ := strings.Cut(text, "\n")
			who, ok := strings.CutPrefix(head, "as ")
			if !ok {
				return nil, fmt.Errorf("%s: a %s begins with: as CALLER, …", path, f.name)
			}
			who, words, _ := strings.Cut(who, ";")
			for n := range strings.SplitSeq(who, ",") {
				n = strings.TrimSpace(n)
				if _, ok := c.callers[n]; !ok {
					return nil, fmt.Errorf("%s: unknown caller %q", path, n)
				}
				last.names = append(last.names, n)
			}
			last.text, last.words = rest, strings.FieldsFunc(words, func(c rune) bool { return c == ' ' || c == ',' })
			c.steps = append(c.steps, last)
		default:
			switch {
			case last != nil && answers[last.kind] == f.name:
				last.answer = i
			case last != nil && contains(goldens, f.name):
				last.golden[f.name] = i
			default:
				return nil, fmt.Errorf("%s: section %q is unknown, or in the wrong place", path, f.name)
			}
		}
	}
	return c, nil
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// addCallers reads lines NAME ROLE SUBJECT [{claims}].
func (c *caseFile) addCallers(text string) error {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		line, more, _ := strings.Cut(line, "{")
		f := strings.Fields(line)
		if len(f) < 2 || len(f) > 3 {
			return fmt.Errorf("%s: a caller is NAME ROLE [SUBJECT] [{claims}]: %s", c.path, line)
		}
		claims := map[string]any{}
		if more != "" {
			if err := json.Unmarshal([]byte("{"+more), &claims); err != nil {
				return fmt.Errorf("%s: claims of %s: %w", c.path, f[0], err)
			}
		}
		claims["role"] = f[1]
		q := query.Caller{Role: f[1], Authenticated: true}
		if len(f) == 3 {
			q.Subject = f[2]
			claims["sub"] = f[2]
		}
		q.Claims, _ = json.Marshal(claims) // what was unmarshalled marshals
		c.callers[f[0]] = q
	}
	return nil
}

// text is the text of a section, "" when there is none.
func (c *caseFile) text(i int) string {
	if i < 0 {
		return ""
	}
	return c.archive.sections[i].text
}

// An update is the archive with new texts in the sections that were written down anew.
type update struct {
	answers map[*step]string
	goldens map[*step]map[string]string
}

func (c *caseFile) write(u update) error {
	out := &archive{comment: c.archive.comment}
	insert := map[int]string{}
	replace := map[int]string{}
	for _, s := range c.steps {
		if text, ok := u.answers[s]; ok {
			if s.answer >= 0 {
				replace[s.answer] = text
			} else {
				insert[s.at] = text
			}
		}
		for name, text := range u.goldens[s] {
			replace[s.golden[name]] = text
		}
	}
	for i, f := range c.archive.sections {
		if text, ok := replace[i]; ok {
			f.text = text
		}
		out.sections = append(out.sections, f)
		if text, ok := insert[i]; ok {
			out.sections = append(out.sections, section{answers[f.name], text})
		}
	}
	if out.String() == c.archive.String() {
		return nil
	}
	return os.WriteFile(c.path, []byte(out.String()), 0o644)
}
