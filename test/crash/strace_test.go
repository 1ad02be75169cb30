//go:build linux

package crash

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// strace skips a test where the program is missing.
func strace(t *testing.T) {
	t.Helper()
	if _, err := osexec.LookPath("strace"); err != nil {
		t.Skip("strace is not installed: system calls cannot be made to fail")
	}
}

// killAt has the process killed when one of its threads calls for its nth sync.
func killAt(n int) []string {
	return []string{
		// With --seccomp-bpf strace 6.1 does not count: it kills at the first sync or never.
		"strace", "-D", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fdatasync,fsync", "-e", fmt.Sprintf("inject=fdatasync,fsync:signal=SIGKILL:when=%d", n),
	}
}

// The server is killed at exactly the first sync of a thread, the second, and so on, while it makes a new database and while it is written to.
func TestKillAtEachSyncLosesNothing(t *testing.T) {
	strace(t)
	// Few threads, so that most syncs are one thread's: strace counts for each.
	t.Setenv("GOMAXPROCS", "1")
	t.Setenv("GODEBUG", "asyncpreemptoff=1") // each of its signals would stop the process
	began, runs, kills := time.Now(), 0, 0
	total := newBench(t)
	for _, anew := range []bool{true, false} {
		for n, killed := 1, true; killed && (*deep || !anew || n <= 8); n++ { // a new database takes a while where each call is watched
			if !limited(n, *deep) {
				continue
			}
			b := newBench(t)
			if anew {
				if err := os.RemoveAll(filepath.Join(b.dir, "data")); err != nil {
					t.Fatal(err)
				}
			}
			killed = b.killedAt(n)
			b.sound()
			b.fail(b.check())
			if t.Failed() {
				t.Logf("killed at sync %d; a new database: %t", n, anew)
				return
			}
			runs++
			if killed {
				kills++
			}
			total.acknowledged, total.unanswered, total.appeared = total.acknowledged+b.acknowledged, total.unanswered+b.unanswered, total.appeared+b.appeared
			_ = os.RemoveAll(b.dir) // the test removes it otherwise
		}
		t.Logf("a new database: %t; %d runs so far, %d writes acknowledged, %v", anew, runs, total.acknowledged, time.Since(began).Round(time.Second))
	}
	if total.acknowledged == 0 || kills < 4 {
		t.Errorf("%d kills, %d writes were acknowledged: this shows nothing", kills, total.acknowledged)
	}
	total.record("R3-exact", "a kill at exactly the nth sync of a thread, every n until a run ends without one, on a new database and on one that is there", kills, began, "")
}

// killedAt runs a fixed workload on a server that is killed at its nth sync, and says whether it was.
func (b *bench) killedAt(n int) bool {
	b.t.Helper()
	c, err := startChild(b.dir, false, killAt(n)...)
	if err != nil {
		b.t.Fatal(err)
	}
	defer c.kill()
	if c.ready() != nil {
		return true
	}
	clients := &clients{b: b, server: c}
	for i := range 4 {
		for _, next := range []func() (func() error, func()){
			func() (func() error, func()) { return clients.entry(100 + 30000*(i%2)) },
			clients.batch,
			func() (func() error, func()) { return clients.transfer(i%accounts, (i+1)%accounts) },
			clients.sale,
			func() (func() error, func()) { return clients.upsert(i % counters) },
		} {
			send, acknowledge := next()
			err := send()
			b.answered(err, acknowledge)
			if err != nil {
				return true
			}
		}
	}
	return false
}

// attach has system calls of a process fail from now on; the function it gives ends that.
func attach(t *testing.T, pid int, inject string) {
	t.Helper()
	calls, _, _ := strings.Cut(inject, ":")
	cmd := osexec.Command("strace", "-f", "-p", fmt.Sprint(pid), "-o", "/dev/null", "-e", "trace="+calls, "-e", "inject="+inject)
	errs, err := cmd.StderrPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it has ended with the process that it watched
		_ = cmd.Wait()         // likewise
	})
	if line, err := bufio.NewReader(errs).ReadString('\n'); err != nil || !strings.Contains(line, "attached") {
		t.Skipf("the machine lets no process watch another: %s", strings.TrimSpace(line))
	}
}

// After a failed sync the request is told so, the process ends and says why, and the next one has all that was acknowledged.
func TestFailedSyncEndsTheServer(t *testing.T) {
	strace(t)
	b := newBench(t)
	b.run(false)
	c := &clients{b: b, server: b.child}
	send, acknowledge := c.entry(100)
	if err := send(); err != nil {
		t.Fatal(err)
	}
	acknowledge()
	attach(t, b.child.cmd.Process.Pid, "fdatasync,fsync:error=EIO")
	send, _ = c.entry(100)
	var refused *refusedError
	if err := send(); !errors.As(err, &refused) || refused.status != 503 || !strings.Contains(refused.body, `"code":"58030"`) {
		t.Errorf("a write whose sync fails is answered %v", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- b.child.cmd.Wait() }()
	select {
	case <-ended:
	case <-time.After(40 * time.Second):
		t.Fatal("the server goes on")
	}
	if said := b.child.errs.String(); !strings.Contains(said, "the database is read-only because writing to disk failed: ") {
		t.Errorf("the server ends with %q", said)
	}
	b.sound()
	b.fail(b.check())
}
