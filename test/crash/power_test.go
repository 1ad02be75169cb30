//go:build linux

package crash

import (
	"errors"
	"flag"
	"fmt"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/mainstay-dev/mainstay/test/campaign"
)

var cuts = flag.Int("cuts", 4, "how many times the power is cut on each file system")

// volume is a file system in an image of its own.
type volume struct {
	t            *testing.T
	image, point string
}

// newVolume makes one, or skips the test where the machine does not let it.
func newVolume(t *testing.T, kind string, megabytes int64) *volume {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("cuts of power need root: a loop device is mounted and shut down")
	}
	if _, err := osexec.LookPath("mkfs." + kind); err != nil {
		t.Skipf("mkfs.%s is not installed (e2fsprogs, xfsprogs)", kind)
	}
	dir := scratch(t)
	v := &volume{t: t, image: filepath.Join(dir, "image"), point: filepath.Join(dir, "volume")}
	if err := errors.Join(os.Mkdir(v.point, 0o700), os.WriteFile(v.image, nil, 0o600), os.Truncate(v.image, megabytes<<20)); err != nil {
		t.Fatal(err)
	}
	force := "-F"
	if kind == "xfs" {
		force = "-f"
	}
	if out, err := osexec.Command("mkfs."+kind, "-q", force, v.image).CombinedOutput(); err != nil {
		t.Fatalf("mkfs.%s: %v\n%s", kind, err, out)
	}
	if out, err := osexec.Command("mount", "-o", "loop", v.image, v.point).CombinedOutput(); err != nil {
		t.Skipf("the machine mounts no loop device: %s", strings.TrimSpace(string(out)))
	}
	t.Cleanup(v.unmount)
	return v
}

func (v *volume) mount() {
	v.t.Helper()
	if out, err := osexec.Command("mount", "-o", "loop", v.image, v.point).CombinedOutput(); err != nil {
		v.t.Fatalf("mount after a cut: %v\n%s", err, out)
	}
}

// unmount waits until the kernel has closed what the dead process had open.
func (v *volume) unmount() {
	for end := time.Now().Add(20 * time.Second); ; {
		err := unix.Unmount(v.point, 0)
		if err == nil || errors.Is(err, unix.EINVAL) { // it is not mounted
			return
		}
		if time.Now().After(end) {
			v.t.Errorf("unmount: %v", err)
			return
		}
	}
}

// cut stops the file system where it is: nothing that is not on the device comes there any more.
func (v *volume) cut() {
	const shutdown, withoutFlushing = 0x8004587d, 2
	f, err := os.Open(v.point)
	if err != nil {
		v.t.Error(err)
		return
	}
	defer f.Close()
	flag := uint32(withoutFlushing)
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, f.Fd(), shutdown, uintptr(unsafe.Pointer(&flag))); errno != 0 {
		v.t.Errorf("shut the file system down: %v", errno)
	}
}

// newPowerBench is a bench whose folder is on a volume.
func newPowerBench(t *testing.T, kind string) (*bench, *volume) {
	t.Helper()
	v := newVolume(t, kind, 512)
	b := newBench(t)
	b.dir = filepath.Join(v.point, "bench")
	if err := os.CopyFS(b.dir, os.DirFS(newProject(t))); err != nil {
		t.Fatal(err)
	}
	syscall.Sync()
	t.Cleanup(b.kill) // before the volume is unmounted
	return b, v
}

// cycle starts the server, compares, has clients write, and cuts the power.
func (b *bench) cycle(v *volume, clear bool) {
	b.t.Helper()
	clients := b.start(mode{})
	b.fail(b.compare(b.child))
	if clear {
		b.clear()
	}
	clients.untilCut(time.Duration(b.rand.IntN(400))*time.Millisecond, v.cut)
	v.unmount()
	v.mount()
	b.sound()
}

func TestCutOfPowerLosesNothing(t *testing.T) {
	for _, kind := range []string{"ext4", "xfs"} {
		t.Run(kind, func(t *testing.T) {
			began := time.Now()
			b, v := newPowerBench(t, kind)
			done := 0
			for i := range *cuts {
				b.cycle(v, i%10 == 9)
				if t.Failed() {
					return
				}
				if done++; over(began) {
					break
				}
				if i%25 == 24 {
					b.say("%d cuts, %d writes acknowledged, %v", i+1, b.acknowledged, time.Since(began).Round(time.Second))
				}
			}
			b.fail(b.check())
			if b.acknowledged < done {
				t.Errorf("only %d writes were acknowledged in %d runs: this shows nothing", b.acknowledged, done)
			}
			b.keepPower(kind, done, began)
		})
	}
}

// A server whose syncs do nothing loses what it acknowledged, and the checker has to see it.
func TestCheckerSeesSyncsThatDoNothing(t *testing.T) {
	syncsThatDoNothing(t, "ext4")
}

func syncsThatDoNothing(t *testing.T, kind string) {
	const attempts = 20
	strace(t)
	b, v := newPowerBench(t, kind)
	b.with = []string{"strace", "-D", "-f", "--seccomp-bpf", "-qq", "-o", "/dev/null", "-e", "trace=fdatasync,fsync", "-e", "inject=fdatasync,fsync:retval=0"}
	for i := range attempts {
		clients := b.start(mode{})
		clients.untilCut(400*time.Millisecond, v.cut)
		v.unmount()
		v.mount()
		// What is there may be anything: it is looked at by a server of its own, which syncs.
		problems := b.found()
		for _, p := range problems {
			if strings.HasPrefix(p, "lost: ") || strings.HasPrefix(p, "unreadable: ") {
				b.say("seen after %d cuts: %s", i+1, p)
				return
			}
		}
	}
	t.Errorf("the checker saw nothing in %d cuts without syncs: it is blind", attempts)
}

// found is check for a folder that may be damaged.
func (b *bench) found() []string {
	b.t.Helper()
	c, err := startChild(b.dir, false)
	if err != nil {
		b.t.Fatal(err)
	}
	if err := c.ready(); err != nil {
		return []string{problem("unreadable", "%v", err)}
	}
	defer c.kill()
	return b.compare(c)
}

// A disk that is really full refuses writes, answers reads, and is written to again when there is space.
func TestFullDiskRefusesWritesOnly(t *testing.T) {
	v := newVolume(t, "ext4", 48)
	b := newBench(t)
	b.dir = filepath.Join(v.point, "bench")
	if err := os.CopyFS(b.dir, os.DirFS(newProject(t))); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.kill)
	b.run(false)
	entry := func(id int) error {
		return b.child.send("POST", "/rest/v1/entries", fmt.Sprintf(`{"id":%d,"batch":1,"note":%q}`, id, strings.Repeat("x", 32<<10)))
	}
	if err := entry(1); err != nil {
		t.Fatal(err)
	}
	ballast := filepath.Join(v.point, "ballast")
	f, err := os.Create(ballast)
	if err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = f.Write(make([]byte, 64<<10))
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	written, refusals := 1, 0
	for id := 2; id < 2000 && refusals < 5; id++ {
		err := entry(id)
		var refused *refusedError
		switch {
		case err == nil:
			written++
		case errors.As(err, &refused) && refused.status == 507 && strings.Contains(refused.body, `"code":"53100"`):
			refusals++
		default:
			t.Fatalf("entry %d: %v", id, err)
		}
	}
	var rows []entryID
	if err := b.child.all("entries?select=id", &rows); err != nil || len(rows) != written {
		t.Errorf("a full disk: %d rows, %v; %d were acknowledged", len(rows), err, written)
	}
	if refusals == 0 {
		t.Error("nothing was refused: this shows nothing")
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	if err := entry(5000); err != nil {
		t.Errorf("there is space again: %v", err)
	}
	b.kill()
	b.sound()
}

type entryID struct{ ID int64 }

func (b *bench) keepPower(kind string, done int, began time.Time) {
	b.t.Helper()
	keep(b.t, campaign.Result{
		Name: "R1-" + kind, Case: "a cut of power under load (the file system is shut down without flushing, mounted again)", Cases: done, Seeds: fmt.Sprint(b.seed),
		Counts: map[string]int{"acknowledged writes": b.acknowledged, "writes without an answer": b.unanswered, "of these made": b.appeared},
	}, began, map[string]func(*testing.T){"a server whose syncs do nothing": func(t *testing.T) { syncsThatDoNothing(t, kind) }})
}
