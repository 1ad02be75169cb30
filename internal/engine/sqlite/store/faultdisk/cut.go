package faultdisk

import (
	"crypto/sha256"
	"fmt"
	"iter"
	"maps"
	"math/rand/v2"
	"slices"
)

// sector is what a disk writes as a whole.
const sector = 512

// State is what a cut of power could have left.
type State struct {
	Files map[string][]byte
	After int    // the cut comes after this many entries of the log
	What  string // how it came to be, for people
}

// Cuts gives the states that a cut of power could have left at any moment of a log, each once for each number of marks before it: what a test's marks promise may be
// more at a later moment. What was synced is there. Of what was written since, to any file, is
// there: each beginning; all but one operation; each later operation without some before it; random choices (some for each moment, drawn from r); and the
// last write of each of these torn at each border of sectors, with its first or its last part there.
// The names of files are made durable with their first sync.
func Cuts(log []Op, r *rand.Rand, random int) iter.Seq[State] {
	return func(yield func(State) bool) {
		type moment struct {
			files [32]byte
			marks int
		}
		seen, marks := map[moment]bool{}, 0
		give := func(s State) bool {
			if k := (moment{digest(s.Files), marks}); !seen[k] {
				seen[k] = true
				return yield(s)
			}
			return true
		}
		durable := map[string][]byte{}
		var pending []Op
		for i, o := range log {
			switch {
			case o.Kind == Mark:
				marks++
			case o.Kind == Delete && o.Err == nil:
				// SQLite deletes only what it has no more use for, or syncs the folder at once.
				delete(durable, o.Name)
				pending = slices.DeleteFunc(pending, func(p Op) bool { return p.Name == o.Name })
			case o.Kind == Sync:
				if !epoch(durable, pending, i, r, random, give) {
					return
				}
				of := func(p Op) bool { return p.Name == o.Name }
				if o.Err == nil {
					for _, p := range pending {
						if of(p) {
							apply(durable, p)
						}
					}
				}
				// After a failed sync they count as written, and are not, but for what has reached the disk all the same.
				for _, p := range o.Kept {
					apply(durable, p)
				}
				pending = slices.DeleteFunc(pending, of)
			case o.Kind == Write || o.Kind == Truncate:
				if t, ok := o.Err.(*Torn); ok {
					o.Data = o.Data[:min(t.Bytes, len(o.Data))]
				} else if o.Err != nil {
					continue
				}
				pending = append(pending, o)
			}
		}
		epoch(durable, pending, len(log), r, random, give)
	}
}

// epoch gives the states between two syncs.
func epoch(durable map[string][]byte, pending []Op, after int, r *rand.Rand, random int, give func(State) bool) bool {
	n := len(pending)
	state := func(what string, ops []Op) bool {
		if !give(State{build(durable, ops), after, what}) {
			return false
		}
		if len(ops) == 0 || ops[len(ops)-1].Kind != Write {
			return true
		}
		last := ops[len(ops)-1]
		for cut := sector; cut < len(last.Data); cut += sector {
			first, second := last, last
			first.Data = last.Data[:cut]
			second.Data, second.At = last.Data[cut:], last.At+int64(cut)
			for _, torn := range []Op{first, second} {
				if !give(State{build(durable, append(slices.Clone(ops[:len(ops)-1]), torn)), after, fmt.Sprintf("%s, the last torn at %d", what, cut)}) {
					return false
				}
			}
		}
		return true
	}
	for i := range n + 1 {
		if !state(fmt.Sprintf("the first %d of %d", i, n), pending[:i]) {
			return false
		}
	}
	for i := range n {
		without := slices.Delete(slices.Clone(pending), i, i+1)
		if !state(fmt.Sprintf("all of %d but number %d", n, i+1), without) {
			return false
		}
		for j := i + 2; j < n; j++ {
			early := append(slices.Clone(pending[:i]), pending[j])
			if !state(fmt.Sprintf("the first %d of %d and number %d", i, n, j+1), early) {
				return false
			}
		}
	}
	for range random {
		var some []Op
		for _, o := range pending {
			if r.IntN(2) == 0 {
				some = append(some, o)
			}
		}
		if !state(fmt.Sprintf("%d of %d", len(some), n), some) {
			return false
		}
	}
	return true
}

func build(durable map[string][]byte, ops []Op) map[string][]byte {
	files := maps.Clone(durable)
	copied := map[string]bool{}
	for _, o := range ops {
		if !copied[o.Name] {
			files[o.Name] = slices.Clone(files[o.Name])
			copied[o.Name] = true
		}
		apply(files, o)
	}
	return files
}

// apply does an operation on a file that nobody else has.
func apply(files map[string][]byte, o Op) {
	f := files[o.Name]
	grow := func(size int) {
		if size > len(f) {
			f = append(f, make([]byte, size-len(f))...)
		}
	}
	if o.Kind == Truncate {
		grow(int(o.At))
		f = f[:o.At:o.At]
	} else {
		grow(int(o.At) + len(o.Data))
		copy(f[o.At:], o.Data)
	}
	files[o.Name] = f
}

func digest(files map[string][]byte) [32]byte {
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		fmt.Fprintf(h, "%s %d\n", name, len(files[name]))
		h.Write(files[name])
	}
	return [32]byte(h.Sum(nil))
}
