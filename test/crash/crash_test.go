package crash

import (
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mainstay-dev/mainstay/test/campaign"
)

var (
	kills = flag.Int("kills", 6, "how many times the server is killed")
	most  = flag.Duration("for", 0, "a campaign of many cases ends after this time, with those that it has; 0 is never")
	seed  = flag.Uint64("seed", 0, "of the moments of the kills; 0 is a new one")
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childVariable); dir != "" {
		serveAsChild(dir, os.Getenv(earlyVariable) != "")
		return
	}
	flag.Parse()
	code := m.Run()
	if made != "" {
		_ = os.RemoveAll(made) // a temporary folder
	}
	os.Exit(code)
}

func TestKilledServerLosesNothing(t *testing.T) {
	began, b, killed := time.Now(), newBench(t), 0
	for i := range *kills {
		clients := b.start(mode{})
		b.fail(b.compare(b.child))
		if i%10 == 9 {
			b.clear()
		}
		switch i % 3 {
		case 0:
			n := 1 + b.rand.IntN(300)
			clients.untilAcknowledged(n)
			b.say("kill %d: at acknowledgement %d", i+1, n)
		default:
			d := time.Duration(b.rand.IntN(300)) * time.Millisecond
			clients.untilTime(d)
			b.say("kill %d: after %v", i+1, d)
		}
		killed++
		b.sound()
		if i%3 == 2 {
			d := time.Duration(b.rand.IntN(60)) * time.Millisecond
			b.killStarting(d)
			killed++
			b.say("and again while it started, after %v", d)
			b.sound()
		}
		if t.Failed() {
			return
		}
		if over(began) {
			break
		}
	}
	b.fail(b.check())
	if b.acknowledged < killed {
		t.Errorf("only %d writes were acknowledged in %d runs: this shows nothing", b.acknowledged, killed)
	}
	b.record("R3", "a kill of the server at a random moment, under load or while it starts", killed, began, "")
}

// over says whether a campaign has had its time.
func over(began time.Time) bool { return *most > 0 && time.Since(began) > *most }

// A server that answers before it has committed loses what it acknowledged, and the checker has to see it.
func TestCheckerSeesLostWrites(t *testing.T) {
	control(t, mode{early: true}, "lost: ")
}

// Money that moves in two requests is lost between them, and the checker has to see it.
func TestCheckerSeesHalfTransfers(t *testing.T) {
	control(t, mode{halves: true}, "sum: ")
}

// control runs until the checker reports what it must, at most a few times.
func control(t *testing.T, m mode, want string) {
	t.Helper()
	const attempts = 12
	b := newBench(t)
	for i := range attempts {
		n := 20 + b.rand.IntN(200)
		b.start(m).untilAcknowledged(n)
		b.sound()
		for _, p := range b.check() {
			if strings.HasPrefix(p, want) {
				b.say("seen after %d kills: %s", i+1, p)
				return
			}
		}
	}
	t.Errorf("the checker did not report %q in %d kills: it is blind", want, attempts)
}

// record keeps the figures of a long run of a bench, with its negative controls.
func (b *bench) record(name, what string, cases int, began time.Time, note string) {
	b.say("%d × %s: %d writes were acknowledged, %d sent without an answer, of which %d are there; %v", cases, what, b.acknowledged, b.unanswered, b.appeared, time.Since(began).Round(time.Second))
	keep(b.t, campaign.Result{
		Name: name, Case: what, Cases: cases, Seeds: fmt.Sprint(b.seed), Note: note,
		Counts: map[string]int{"acknowledged writes": b.acknowledged, "writes without an answer": b.unanswered, "of these made": b.appeared},
	}, began, map[string]func(*testing.T){
		"a server that acknowledges before it commits": func(t *testing.T) { control(t, mode{early: true}, "lost: ") },
		"clients that move money in two requests":      func(t *testing.T) { control(t, mode{halves: true}, "sum: ") },
	})
}

// keep records a campaign that found nothing, after it has run the negative controls, where figures are kept.
func keep(t *testing.T, r campaign.Result, began time.Time, controls map[string]func(*testing.T)) {
	t.Helper()
	if t.Failed() || os.Getenv(campaign.Variable) == "" {
		return
	}
	took := time.Since(began)
	for _, name := range slices.Sorted(maps.Keys(controls)) {
		r.Controls = append(r.Controls, campaign.Control{Name: name, Found: t.Run("control", controls[name])})
	}
	campaign.Record(t, r, time.Now().Add(-took))
}

// bench is a project, its data folder, and what clients know of it.
type bench struct {
	t     *testing.T
	seed  uint64
	rand  *rand.Rand
	with  []string // a program that starts the servers
	dir   string
	child *child // nil: none runs
	ledger
}

func newBench(t *testing.T) *bench {
	s := *seed
	if s == 0 {
		s = rand.Uint64()
	}
	t.Logf("-seed %d", s)
	b := &bench{t: t, seed: s, rand: rand.New(rand.NewPCG(s, 0)), dir: t.TempDir(), ledger: newLedger()}
	if err := os.CopyFS(b.dir, os.DirFS(newProject(t))); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.kill() })
	return b
}

func (b *bench) say(format string, args ...any) { b.t.Logf(format, args...) }

func (b *bench) fail(problems []string) {
	b.t.Helper()
	const shown = 20
	for i, p := range problems {
		if i == shown {
			b.t.Errorf("and %d more", len(problems)-i)
			return
		}
		b.t.Error(p)
	}
}

// sound has SQLite check a copy of the files as they are.
func (b *bench) sound() {
	b.t.Helper()
	copied := b.t.TempDir()
	for _, name := range []string{"data.sqlite", "data.sqlite-wal"} {
		text, err := os.ReadFile(filepath.Join(b.dir, "data", name))
		if err != nil && !os.IsNotExist(err) {
			b.t.Fatal(err)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(copied, name), text, 0o600)
		}
		if err != nil && !os.IsNotExist(err) {
			b.t.Fatal(err)
		}
	}
	problems, err := checkFolder(copied)
	if err != nil {
		b.t.Fatal("check the file: ", err)
	}
	for _, p := range problems {
		b.t.Error("the file is damaged: ", p)
	}
	_ = os.RemoveAll(copied) // the test removes it otherwise
}

// check starts the server, compares what it has with what clients know, and ends it.
func (b *bench) check() []string {
	b.t.Helper()
	b.run(false)
	defer b.kill()
	return b.compare(b.child)
}

// clear deletes what has piled up, on the server that runs: deletions are writes that must stay as well.
func (b *bench) clear() {
	b.t.Helper()
	for _, table := range []string{"entries", "transfers", "sales"} {
		if err := b.child.send("DELETE", "/rest/v1/"+table+"?id=gte.0", ""); err != nil {
			b.t.Fatal(err)
		}
	}
	b.forget()
}

func (b *bench) run(early bool) {
	b.t.Helper()
	c, err := startChild(b.dir, early, b.with...)
	if err != nil {
		b.t.Fatal(err)
	}
	b.child = c
	if err := c.ready(); err != nil {
		b.kill()
		b.t.Fatal(err)
	}
}

// killStarting starts the server and kills it at once.
func (b *bench) killStarting(after time.Duration) {
	b.t.Helper()
	c, err := startChild(b.dir, false)
	if err != nil {
		b.t.Fatal(err)
	}
	b.child = c
	<-time.After(after)
	b.kill()
}

func (b *bench) kill() {
	if b.child != nil {
		b.child.kill()
		b.child = nil
	}
}

// problem is one line of a report; its first word is its kind.
func problem(kind, format string, args ...any) string {
	return kind + ": " + fmt.Sprintf(format, args...)
}
