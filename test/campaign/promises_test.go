package campaign_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mainstay-dev/mainstay/test/campaign"
)

var update = flag.Bool("update", false, "write docs/reference/promises.md anew")

const (
	results = "../../docs/reference/campaigns"
	page    = "../../docs/reference/promises.md"
)

// A promise is what is promised, and what bears it out: campaigns, whose results are files, and tests that run each time.
type promise struct {
	number    string
	text      string
	campaigns []string // names of results; a name stands for its parts too
	tests     string
	waits     string // what must be there before it can be promised; empty where it is promised
}

var promises = []promise{
	{"P1", "No acknowledged write is lost when the process is killed or the power is cut, as the server is set up by default.", []string{"R1", "R3"}, "test/crash", ""},
	{"P2", "Nothing is ever half there: no transaction, no batch. The database is whole after every crash.", []string{"R1", "R3", "R5"}, "test/crash", ""},
	{"P3", "Bad disks are told of: nothing is acknowledged after a failed fsync, and damaged bytes are not served.", []string{"R4"}, "test/crash", ""},
	{"P4", "Writes to a row that name the version they have read are linearizable; functions that write are serializable on the embedded engine.", []string{"R6"}, "test/crash", ""},
	{"P5", "A request with an idempotency key has its effect once.", []string{"R6"}, "test/attack", ""},
	{"P6", "The feed of changes is in order, without gaps and can be taken up again.", nil, "", "the door of changes"},
	{"P7", "What is asked after a rule has been changed is answered by the new rule, at once.", []string{"O5"}, "test/oracle/access", ""},
	{"P8", "Nobody reads or writes what the rules do not let them, in any way of asking.", []string{"O1", "O3", "O4"}, "test/oracle/access, test/attack, test/cases", ""},
	{"P9", "What is hidden from a caller changes no byte of what they are answered.", []string{"O2"}, "test/oracle/access, test/signin", ""},
	{"P10", "What can be used once is used once, whoever races.", []string{"E10"}, "test/signin", ""},
	{"P11", "A server is ready soon after a start, and after a crash.", []string{"R3"}, "cmd/mainstay", ""},
	{"P12", "A server that is asked too much goes on answering what it can.", []string{"R10"}, "test/load", ""},
	{"P13", "No request ends the process.", []string{"R17"}, "test/hostile; `make fuzz`", ""},
	{"P14", "Functions of strangers cannot leave their room.", nil, "", "functions"},
	{"P15", "A backup is one that has been restored.", nil, "", "backups; `mainstay dump` and `mainstay move` compare checksums (moving.md)"},
	{"P16", "An upgrade can be interrupted, and gone back from.", nil, "", "a second released version"},
	{"P17", "A ledger that has been tampered with is found out.", nil, "", "ledgers"},
	{"P18", "Secrets are in no log and no error.", nil, "test/signin, internal/api/gateway", ""},
	{"P19", "What is erased is gone.", nil, "", "the door of erasure"},
	{"P20", "A table without a rule is not served; no secret is a default one.", []string{"O1"}, "test/cases, `mainstay audit`", ""},
	{"P21", "The official client goes on working.", nil, "test/compat", ""},
	{"P22", "The tests find what they are for: old mistakes, made anew, are found.", []string{"R18"}, "`make mutants`", ""},
}

// TestPromises holds that the page of promises is what the last results say.
func TestPromises(t *testing.T) {
	text := render(t)
	if *update {
		if err := os.WriteFile(page, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	there, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if string(there) != text {
		t.Errorf("%s is not what docs/reference/campaigns says: go test ./test/campaign -update", page)
	}
}

// read gives the results that are kept, by name.
func read(t *testing.T) map[string]campaign.Result {
	out := map[string]campaign.Result{}
	files, err := os.ReadDir(results)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	for _, f := range files {
		text, err := os.ReadFile(filepath.Join(results, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		var r campaign.Result
		if err := json.Unmarshal(text, &r); err != nil {
			t.Fatalf("%s: %v", f.Name(), err)
		}
		if r.Name+".json" != f.Name() {
			t.Errorf("%s is of %s", f.Name(), r.Name)
		}
		out[r.Name] = r
	}
	return out
}

// part says whether a result is of a campaign: R1-ext4 is of R1.
func part(name, of string) bool { return name == of || strings.HasPrefix(name, of+"-") }

func render(t *testing.T) string {
	all := read(t)
	names := slices.Sorted(maps.Keys(all))
	var b strings.Builder
	b.WriteString(`# What is promised, and what bears it out

Made of the files in docs/reference/campaigns by ` + "`go test ./test/campaign -update`" + `; each is written by the long run of its campaign. A short form of each runs with all tests.

| | promise | held by the last long runs of | and with all tests by |
|---|---|---|---|
`)
	claimed := map[string]bool{}
	for _, p := range promises {
		if p.waits != "" {
			fmt.Fprintf(&b, "| %s | %s | – | not promised yet: waits for %s |\n", p.number, p.text, p.waits)
			continue
		}
		var held []string
		for _, c := range p.campaigns {
			found := false
			for _, n := range names {
				if part(n, c) {
					found, claimed[n] = true, true
					held = append(held, told(all[n]))
				}
			}
			if !found {
				held = append(held, c+" (no long run yet)")
			}
		}
		if held == nil {
			held = []string{"–"}
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", p.number, p.text, strings.Join(held, "; "), p.tests)
	}
	if len(names) > 0 {
		b.WriteString("\n## The runs\n")
	}
	for _, n := range names {
		if !claimed[n] {
			t.Errorf("%s bears out no promise", n)
		}
		b.WriteString("\n" + section(all[n]))
	}
	return b.String()
}

// told is a result in a few words.
func told(r campaign.Result) string {
	s := fmt.Sprintf("%s (%s)", r.Name, number(r.Cases))
	if !r.Held() {
		s += ", which did not hold"
	}
	return s
}

func section(r campaign.Result) string {
	var b strings.Builder
	fmt.Fprintf(&b, "### %s\n\nA case: %s.\n\n", r.Name, r.Case)
	fmt.Fprintf(&b, "%s cases, %d violations, seeds %s, %s, on %s (%s), commit %s.\n", number(r.Cases), r.Violations, r.Seeds, duration(r.Seconds), r.Day, r.Machine, r.Commit)
	if len(r.Counts) > 0 {
		var counts []string
		for _, k := range slices.Sorted(maps.Keys(r.Counts)) {
			counts = append(counts, number(r.Counts[k])+" "+k)
		}
		fmt.Fprintf(&b, "Of these or beside them: %s.\n", strings.Join(counts, ", "))
	}
	if r.Note != "" {
		fmt.Fprintf(&b, "%s\n", r.Note)
	}
	var found, missed []string
	for _, c := range r.Controls {
		if c.Found {
			found = append(found, c.Name)
		} else {
			missed = append(missed, c.Name)
		}
	}
	if found != nil {
		fmt.Fprintf(&b, "\nMade wrong on purpose, and found: %s.\n", strings.Join(found, "; "))
	}
	if missed != nil {
		fmt.Fprintf(&b, "\nMade wrong on purpose, and not found: %s.\n", strings.Join(missed, "; "))
	}
	return b.String()
}

func duration(seconds float64) string {
	s := int(seconds)
	switch {
	case s >= 3600:
		return fmt.Sprintf("%d h %d min", s/3600, s%3600/60)
	case s >= 60:
		return fmt.Sprintf("%d min %d s", s/60, s%60)
	}
	return fmt.Sprintf("%d s", s)
}

// number is a count with its thousands apart.
func number(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// TestHeld holds that a run without cases, without controls, or with a control that was not found bears nothing out.
func TestHeld(t *testing.T) {
	found := []campaign.Control{{Name: "a", Found: true}}
	check := func(r campaign.Result, want bool) {
		t.Helper()
		if got := r.Held(); got != want {
			t.Errorf("%+v: %v, want %v", r, got, want)
		}
	}
	check(campaign.Result{Cases: 1, Controls: found}, true)
	check(campaign.Result{Controls: found}, false)
	check(campaign.Result{Cases: 1}, false)
	check(campaign.Result{Cases: 1, Violations: 1, Controls: found}, false)
	check(campaign.Result{Cases: 1, Controls: append(found, campaign.Control{Name: "b"})}, false)
}
