package crash

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mainstay-dev/mainstay/internal/engine/sqlite/store/faultdisk"
	"github.com/mainstay-dev/mainstay/test/campaign"
)

var (
	deep   = flag.Bool("deep", false, "the long form of what is enumerated: every operation of the disk fails, every state of a cut of power is opened")
	random = flag.Int("states", 2, "how many random states of each moment between two syncs are opened, of a cut of power")
)

// scratch is a folder in memory where there is one: syncs cost nothing there.
func scratch(t *testing.T) string {
	t.Helper()
	const memory = "/dev/shm"
	parent := ""
	if info, err := os.Stat(memory); err == nil && info.IsDir() {
		parent = memory
	}
	dir, err := os.MkdirTemp(parent, "mainstay-crash-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = os.RemoveAll(dir) // a temporary folder
	})
	return dir
}

func emptied(t *testing.T, dir string) string {
	t.Helper()
	if err := errors.Join(os.RemoveAll(dir), os.MkdirAll(dir, 0o700)); err != nil {
		t.Fatal(err)
	}
	return dir
}

// errorOf is what a disk that is broken says.
func errorOf(errno syscall.Errno) error {
	return &fs.PathError{Op: "fault", Path: "data", Err: errno}
}

// faults are the ways in which operations fail from the nth on. Each says which operations count.
var faults = []struct {
	name   string
	counts func(faultdisk.Op) bool
	last   func(n int) int // the last that fails, counted among those that count
	err    func(faultdisk.Op) error
	passes bool // when it is over, all is well again
	lives  bool // without a new process
}{
	{"an I/O error", any_, once, eio, false, false},
	{"I/O errors from then on", any_, forEver, eio, false, false},
	{"a full disk from then on", grows, forEver, full, false, true},
	{"a full disk for 3 operations", grows, func(n int) int { return n + 2 }, full, true, true},
	{"a read that fails", reads, once, eio, true, true},
	{"a write of which a part is written", writes, once, func(o faultdisk.Op) error { return &faultdisk.Torn{Bytes: len(o.Data) / 2, Err: eio(o)} }, false, false},
	{"a sync that fails", syncs, once, eio, false, false},
}

func any_(faultdisk.Op) bool     { return true }
func reads(o faultdisk.Op) bool  { return o.Kind == faultdisk.Read }
func writes(o faultdisk.Op) bool { return o.Kind == faultdisk.Write }
func syncs(o faultdisk.Op) bool  { return o.Kind == faultdisk.Sync }
func grows(o faultdisk.Op) bool {
	return o.Kind == faultdisk.Write || o.Kind == faultdisk.Truncate && o.At > 0
}
func once(n int) int                { return n }
func forEver(int) int               { return 1 << 30 }
func eio(faultdisk.Op) error        { return errorOf(syscall.EIO) }
func full(faultdisk.Op) error       { return errorOf(syscall.ENOSPC) }
func limited(n int, long bool) bool { return long || n%7 == 1 }

// Every operation of the disk fails once, and from then on, until the workload ends before the fault comes.
func TestEveryOperationOfTheDiskMayFail(t *testing.T) {
	dir, start, runs := scratch(t), time.Now(), map[string]int{}
	for _, f := range faults {
		began, injected, acknowledged := time.Now(), 0, 0
		for n, reached := 1, true; reached; n++ {
			if !limited(n, *deep) {
				continue
			}
			d := faultdisk.New()
			count := 0
			reached = false
			d.Fail(func(o faultdisk.Op) error {
				if !f.counts(o) {
					return nil
				}
				if count++; count < n || count > f.last(n) {
					return nil
				}
				reached = true
				return f.err(o)
			})
			work(emptied(t, dir), d, false)
			d.Close()
			claims, problems := claimsOf(d.Log())
			problems = append(problems, claims.compare(dir)...)
			if f.passes {
				problems = append(problems, stuck(d.Log(), &claims)...)
			}
			if f.lives && slices.ContainsFunc(d.Log(), func(o faultdisk.Op) bool { return o.Mark == stopped{} }) {
				problems = append(problems, problem("stopped", "a process has to end, though nothing was lost"))
			}
			for _, p := range problems {
				t.Errorf("%s at operation %d: %s", f.name, n, p)
			}
			if t.Failed() {
				return
			}
			if reached {
				injected++
			}
			for _, ok := range claims.answered {
				if ok {
					acknowledged++
				}
			}
		}
		if injected == 0 || acknowledged == 0 {
			t.Errorf("%s: %d faults, %d acknowledgements: this shows nothing", f.name, injected, acknowledged)
		}
		runs[f.name] = injected
		t.Logf("%s: %d runs with the fault, then one without; %d steps were acknowledged; %v", f.name, injected, acknowledged, time.Since(began).Round(time.Millisecond))
	}
	keep(t, campaign.Result{
		Name: "R4", Case: "a run of a workload in which the disk fails at the nth operation, every n until a run ends without it", Cases: sum(runs), Counts: runs, Seeds: "none",
	}, start, blind)
}

func sum(counts map[string]int) (n int) {
	for _, c := range counts {
		n += c
	}
	return n
}

// blind are the negative controls of what is enumerated.
var blind = map[string]func(*testing.T){"a disk that syncs nothing of the log, a store that acknowledges before it commits": TestStatesShowWhatIsLost}

// stuck says whether the last step was refused although nothing failed any more.
func stuck(log []faultdisk.Op, k *claims) []string {
	last := len(steps) - 1
	for i := len(log) - 1; i >= 0; i-- {
		if log[i].Err != nil {
			return nil
		}
		if log[i].Mark == sent(last) {
			break
		}
	}
	if k.answered[1] && k.sent[last] && !k.answered[last] {
		return []string{problem("stuck", "the last step was not acknowledged, though the disk was well again")}
	}
	return nil
}

// opened lays out states that a cut of power could have left of a log, one of so many, and gives what is wrong with the first in which something of a kind is; "" is
// any.
func opened(t *testing.T, log []faultdisk.Op, one int, kind string) (states int, problems []string) {
	t.Helper()
	seed := *seed
	if seed == 0 {
		seed = 1
	}
	parent, at := scratch(t), 0
	for st := range faultdisk.Cuts(log, rand.New(rand.NewPCG(seed, 0)), *random) {
		if at++; at%one != 0 {
			continue
		}
		states++
		dir := emptied(t, parent)
		if err := lay(dir, st.Files); err != nil {
			t.Fatal(err)
		}
		claims, found := claimsOf(log[:st.After])
		for _, p := range append(found, claims.compare(dir)...) {
			if strings.HasPrefix(p, kind) {
				problems = append(problems, fmt.Sprintf("after entry %d, %s: %s", st.After, st.What, p))
			}
		}
		if len(problems) > 0 {
			break
		}
	}
	return states, problems
}

// Whatever of the unsynced writes a cut of power keeps, what was acknowledged is there and nothing is there by half.
func TestEveryCutOfPowerKeepsWhatWasAcknowledged(t *testing.T) {
	began := time.Now()
	d := faultdisk.New()
	defer d.Close()
	work(emptied(t, scratch(t)), d, false)
	states, problems := opened(t, d.Log(), every(), "")
	for _, p := range problems {
		t.Error(p)
	}
	if c, _ := claimsOf(d.Log()); !c.answered[len(steps)-1] || states < 50 {
		t.Errorf("%d states: this shows nothing", states)
	}
	keep(t, campaign.Result{
		Name: "R5", Case: "a state that a cut of power could leave, with writes since the last sync missing, reordered or torn", Cases: states, Seeds: fmt.Sprint(max(*seed, 1)),
	}, began, blind)
	t.Logf("%d states of a log of %d entries; %v", states, len(d.Log()), time.Since(began).Round(time.Millisecond))
}

// every says which part of the states is opened.
func every() int {
	if *deep {
		return 1
	}
	return 40
}

// losses are what operating systems make of pages whose sync failed, and how many syncs fail, one after the other.
var losses = []struct {
	name  string
	fate  func(*rand.Rand) faultdisk.Fate
	fails int
}{
	{"can be read", func(*rand.Rand) faultdisk.Fate { return faultdisk.Readable }, 1},
	{"are dropped", func(*rand.Rand) faultdisk.Fate { return faultdisk.Dropped }, 1},
	{"are dropped, kept or can be read", func(r *rand.Rand) faultdisk.Fate { return faultdisk.Fate(r.IntN(3)) }, 1},
	{"are dropped, kept or can be read, twice", func(r *rand.Rand) faultdisk.Fate { return faultdisk.Fate(r.IntN(3)) }, 2},
}

// A sync that failed may have lost what was written, although the next process still reads it, or reads what was there before, or some of each: what that acknowledges
// must survive a cut of power all the same.
func TestNothingIsBuiltOnASyncThatFailed(t *testing.T) {
	began, total, runs, counts := time.Now(), 0, 0, map[string]int{}
	for _, loss := range losses {
		for n, reached := 1, true; reached; n++ {
			if !limited(n, *deep) {
				continue
			}
			d := faultdisk.New()
			count := 0
			reached = false
			d.Fail(func(o faultdisk.Op) error {
				if o.Kind != faultdisk.Sync {
					return nil
				}
				if count++; count < n || count >= n+loss.fails {
					return nil
				}
				reached = true
				return eio(o)
			})
			r := rand.New(rand.NewPCG(max(*seed, 1), uint64(n)))
			d.Lose(func() faultdisk.Fate { return loss.fate(r) })
			work(emptied(t, scratch(t)), d, false)
			d.Close()
			states, problems := opened(t, d.Log(), every()*9, "")
			total += states
			counts["states whose pages "+loss.name] += states
			for _, p := range problems {
				t.Errorf("sync %d failed, its pages %s: %s", n, loss.name, p)
			}
			if t.Failed() {
				return
			}
			if reached {
				runs++
			}
		}
	}
	counts["failed syncs"] = runs
	keep(t, campaign.Result{
		Name: "R5-synced", Case: "a state that a cut of power could leave after a sync that failed and a new start", Cases: total, Counts: counts, Seeds: fmt.Sprint(max(*seed, 1)),
	}, began, blind)
	t.Logf("%d syncs failed, one a run; %d states; %v", runs, total, time.Since(began).Round(time.Millisecond))
}

// A disk that says it has synced and has not must be caught losing what was acknowledged; so must a store that acknowledges before it commits.
func TestStatesShowWhatIsLost(t *testing.T) {
	lost := func(name string, log []faultdisk.Op) {
		t.Helper()
		_, problems := opened(t, log, 1, "lost: ")
		if len(problems) == 0 {
			t.Errorf("%s: no state lost anything: the check is blind", name)
			return
		}
		t.Logf("%s: seen: %s", name, problems[0])
	}
	for _, early := range []bool{false, true} {
		d := faultdisk.New()
		work(emptied(t, scratch(t)), d, early)
		d.Close()
		log := d.Log()
		if early {
			lost("a store that acknowledges early", log)
			continue
		}
		lying := []faultdisk.Op{}
		for _, o := range log {
			if o.Kind != faultdisk.Sync || o.Name == "data.sqlite" {
				lying = append(lying, o)
			}
		}
		lost("a disk that syncs nothing of the log", lying)
	}
}
