// Package campaign keeps what the long test runs have done: how many cases, from which seeds, on what machine, for how long, what they found, and whether their negative
// controls failed as they must.
//
// A long run ends with Record, which writes docs/reference/campaigns/NAME.json where the environment variable of Variable names that folder, and does nothing elsewhere.
// docs/reference/promises.md is made of these files: `go test ./test/campaign -update`.
//
// Main types: Result, Control.
//
// Invariants: a run without a negative control, without cases, or with a control that was not found is not recorded as held (Result.Held); a file says nothing of where
// on a machine anything lies.
package campaign

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// Variable names the environment variable with the folder that results are written to.
const Variable = "MAINSTAY_CAMPAIGNS"

// A Result is the last long run of a campaign.
type Result struct {
	Name       string         `json:"name"`           // of the campaign, as O1 or R3; with a part after a hyphen where several tests make one up (R1-ext4)
	Case       string         `json:"case"`           // what one case is, in a sentence without a full stop
	Cases      int            `json:"cases"`          // how many there were
	Counts     map[string]int `json:"counts"`         // what else was counted
	Violations int            `json:"violations"`     // cases that broke the promise
	Seeds      string         `json:"seeds"`          // the first and the last, or "none" where nothing is random
	Seconds    float64        `json:"seconds"`        // how long it took
	Controls   []Control      `json:"controls"`       // what was broken on purpose
	Note       string         `json:"note,omitempty"` // what a reader must know of this run
	Day        string         `json:"day"`            // filled by Record, like what follows
	Commit     string         `json:"commit"`
	Machine    string         `json:"machine"`
}

// A Control is a mistake that was made on purpose: a campaign that does not find it proves nothing.
type Control struct {
	Name  string `json:"name"`
	Found bool   `json:"found"`
}

// Held says whether the run bears its promise out.
func (r *Result) Held() bool {
	for _, c := range r.Controls {
		if !c.Found {
			return false
		}
	}
	return r.Cases > 0 && r.Violations == 0 && len(r.Controls) > 0
}

// Record writes the result of a run that began at start, if a folder is named for results.
func Record(t testing.TB, r Result, start time.Time) {
	t.Helper()
	dir := os.Getenv(Variable)
	if dir == "" {
		return
	}
	r.Seconds = float64(time.Since(start).Round(time.Second)) / float64(time.Second)
	r.Day, r.Machine, r.Commit = start.UTC().Format(time.DateOnly), machine(), commit()
	text, err := json.MarshalIndent(r, "", "  ")
	if err == nil {
		err = os.MkdirAll(dir, 0o755)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, r.Name+".json"), append(text, '\n'), 0o644)
	}
	if err != nil {
		t.Error(err)
	}
}

// machine says what a run was made on.
func machine() string {
	s := fmt.Sprintf("%d cores, %s/%s, %s", runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version())
	info, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return s // another system than Linux
	}
	var kilobytes int
	if _, err := fmt.Sscanf(string(info), "MemTotal: %d kB", &kilobytes); err != nil {
		return s
	}
	return fmt.Sprintf("%s, %d GiB", s, (kilobytes+1<<19)>>20)
}

// commit is that of the working copy, with a plus where files differ from it; "" outside of one.
func commit() string {
	id, err := exec.Command("git", "rev-parse", "--short", "HEAD").Output()
	if err != nil {
		return ""
	}
	changed, err := exec.Command("git", "status", "--porcelain", "--untracked-files=no", "--", "*.go", "*.sql").Output()
	if err != nil || len(changed) > 0 {
		return strings.TrimSpace(string(id)) + "+"
	}
	return strings.TrimSpace(string(id))
}
