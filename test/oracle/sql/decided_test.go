package sql_test

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// A decision is a line of testdata/decided/FILE.txt: statements of that file of PostgreSQL's regression suite that have another answer by decision. FILE.txt is made of
//
//	# what the line in docs/reference/limits.md that says so begins with
//	statement
//	2 statement => answer
//
// where statement is a pattern for the statement's text, answer one for what differs as the log of TestRegress shows it, both with one space for each white space and
// regardless of case, and the number how many statements there are, one when none is given. What is simply a bug does not belong here.
type decision struct {
	where     string // file and line
	reason    string
	statement *regexp.Regexp
	answer    *regexp.Regexp
	count     int // statements
	met       int
}

var decisionLine = regexp.MustCompile(`^(?:(\d+) )?(.*?)(?: => (.*))?$`)

// decisions reads the decisions on a file of the suite.
func decisions(t *testing.T, name string) (all []*decision) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "decided", name+".txt"))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	reason := ""
	for i, line := range strings.Split(string(text), "\n") {
		where := fmt.Sprintf("testdata/decided/%s.txt:%d", name, i+1)
		if r, ok := strings.CutPrefix(line, "# "); ok {
			reason = r
			continue
		}
		if strings.TrimSpace(line) == "" {
			continue
		}
		m := decisionLine.FindStringSubmatch(line)
		count, _ := strconv.Atoi(cmp.Or(m[1], "1")) // digits
		statement, err1 := regexp.Compile("(?is)" + m[2])
		answer, err2 := regexp.Compile("(?is)" + m[3])
		if err := cmp.Or(err1, err2); err != nil || reason == "" || count == 0 {
			t.Fatalf("%s: %v, reason %q", where, err, reason)
		}
		all = append(all, &decision{where: where, reason: reason, statement: statement, answer: answer, count: count})
	}
	return all
}

var space = regexp.MustCompile(`\s+`)

// decide finds the decision by which two answers to a statement differ, nil when there is none.
func decide(all []*decision, text string, w, g *answer) *decision {
	text = strings.TrimSpace(space.ReplaceAllString(text, " "))
	answers := strings.TrimSpace(space.ReplaceAllString(apart(w, g), " "))
	for _, d := range all {
		if d.statement.MatchString(text) && d.answer.MatchString(answers) {
			d.met++
			return d
		}
	}
	return nil
}

// TestDecisions: what is listed has its reason in docs/reference/limits.md. That each line still meets as many statements as it says is looked at by TestRegress.
func TestDecisions(t *testing.T) {
	limits, err := os.ReadFile("../../../docs/reference/limits.md")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("testdata/decided/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no decisions", err)
	}
	for _, f := range files {
		for _, d := range decisions(t, strings.TrimSuffix(filepath.Base(f), ".txt")) {
			if !strings.Contains(string(limits), "\n| "+d.reason) {
				t.Errorf("%s: limits.md has no line that begins with %q", d.where, d.reason)
			}
		}
	}
}
