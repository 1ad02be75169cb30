package faultdisk

import (
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// What a mark promises holds of every state that a later cut of power could leave, also of those that an earlier one could have left.
func TestCutsComeAgainAfterEachMark(t *testing.T) {
	log := []Op{{Kind: Write, Name: "f", Data: []byte("a")}, {Kind: Sync, Name: "g"}, {Kind: Mark}, {Kind: Sync, Name: "g"}, {Kind: Sync, Name: "g"}}
	var got []int
	for s := range Cuts(log, rand.New(rand.NewPCG(1, 0)), 0) {
		if len(s.Files["f"]) == 0 {
			got = append(got, s.After)
		}
	}
	if want := []int{1, 3}; !slices.Equal(got, want) {
		t.Errorf("nothing is written after %v entries of the log, want %v: once before the mark and once after", got, want)
	}
}

// After a sync that failed a page is what the test wants of it, on the disk and for those who read.
func TestPagesAfterASyncThatFailed(t *testing.T) {
	for fate, want := range map[Fate]struct{ read, disk byte }{Readable: {'b', 'a'}, Dropped: {'a', 'a'}, Kept: {'b', 'b'}} {
		d := New()
		defer d.Close()
		path := filepath.Join(t.TempDir(), "f")
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := d.OpenFile(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		write := func(b byte, at int64) {
			t.Helper()
			if _, err := f.WriteAt([]byte{b}, at); err != nil {
				t.Fatal(err)
			}
		}
		write('a', 0)
		if err := f.Sync(); err != nil {
			t.Fatal(err)
		}
		write('b', 0)
		bad := errors.New("bad disk")
		d.Fail(func(o Op) error {
			if o.Kind == Sync {
				return bad
			}
			return nil
		})
		d.Lose(func() Fate { return fate })
		if err := f.Sync(); err != bad {
			t.Fatal(err)
		}
		d.Fail(nil)
		write('c', page)
		if err := f.Sync(); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var last State
		for s := range Cuts(d.Log(), rand.New(rand.NewPCG(1, 0)), 0) {
			last = s
		}
		if disk := last.Files["f"]; text[0] != want.read || disk[0] != want.disk || disk[page] != 'c' {
			t.Errorf("fate %d: %q is read and %q on the disk, want %q and %q", fate, text[0], disk[0], want.read, want.disk)
		}
	}
}
