package password

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/bcrypt"
)

func cheap() *Pool { return NewPool(Options{MemoryKiB: 64, Passes: 1, Parallel: 2}) }

// The one example that Firebase publishes with its variant of scrypt.
const firebaseHash = "$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==$42xEC+ixf3L2lw==$" +
	"lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ=="

func TestVerify(t *testing.T) {
	p := cheap()
	own, err := p.Hash(context.Background(), "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	other, err := NewPool(Options{MemoryKiB: 128, Passes: 1}).Hash(context.Background(), "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	bc, err := bcrypt.GenerateFromPassword([]byte("correct horse"), 4)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		hash, password string
		ok, replace    bool
	}{
		{own, "correct horse", true, false},
		{own, "correct hors", false, false},
		{other, "correct horse", true, true},
		{string(bc), "correct horse", true, true},
		{string(bc), "wrong", false, false},
		{firebaseHash, "user1password", true, true},
		{firebaseHash, "user2password", false, false},
		{p.Decoy(), "", false, false},
		{"plain text", "plain text", false, false},
		{"", "", false, false},
		{"$argon2id$v=19$m=4194304,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA", "x", false, false}, // 4 GiB
		{"$2a$31$aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "x", false, false},        // a day
	} {
		ok, replace, err := p.Verify(context.Background(), c.hash, c.password)
		if ok != c.ok || replace != c.replace || err != nil {
			t.Errorf("%.30s with %q: got %v, %v, %v", c.hash, c.password, ok, replace, err)
		}
	}
}

// TestWhatPanicsIsAnError: a hash is computed on a goroutine of its own, where nobody else recovers; its place is free again.
func TestWhatPanicsIsAnError(t *testing.T) {
	p := NewPool(Options{MemoryKiB: 64, Passes: 1, Parallel: 1, Waiting: -1})
	for range 2 {
		if err := p.run(t.Context(), func() { panic("broken") }); err == nil || !strings.Contains(err.Error(), "broken") {
			t.Errorf("a panic is %v", err)
		}
	}
	if _, err := p.Hash(t.Context(), "correct horse"); err != nil {
		t.Errorf("the next one: %v", err)
	}
}

// TestWholePasswordCounts: attack D18.
func TestWholePasswordCounts(t *testing.T) {
	p := cheap()
	long := strings.Repeat("a", 200)
	h, err := p.Hash(context.Background(), long)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []string{long[:100] + "b" + long[101:], long[:199], long + "\x00", long[:72]} {
		if ok, _, _ := p.Verify(context.Background(), h, c); ok {
			t.Errorf("%d bytes match 200 others", len(c))
		}
	}
	if _, err := p.Hash(context.Background(), strings.Repeat("a", MaxBytes+1)); err == nil {
		t.Error("a password of any length is hashed")
	}
}

func TestWaitingEnds(t *testing.T) {
	p := NewPool(Options{MemoryKiB: 64, Passes: 1, Parallel: 1})
	p.slots <- struct{}{}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := p.Hash(ctx, "x"); err == nil {
		t.Error("who has gone waits on")
	}
}

func TestPolicy(t *testing.T) {
	leaked := func(p string) bool { return p == "password1" }
	asked := ""
	lookUp := func(_ context.Context, p string) (bool, error) {
		asked += p + " "
		if p == "unreachable" {
			return false, errors.New("nobody answers")
		}
		return p == "known elsewhere", nil
	}
	for _, c := range []struct {
		policy   Policy
		password string
		want     string
		asNew    string
	}{
		{Policy{}, "1234567", "length", "length"},
		{Policy{}, "äöüäöüäö", "", ""},
		{Policy{MinLength: 6}, "123456", "", ""},
		{Policy{Required: []string{"0123456789"}}, "abcdefgh", "characters", "characters"},
		{Policy{Leaked: leaked, LookUp: lookUp}, "password1", "pwned", "pwned"},
		{Policy{MinLength: 10, Leaked: leaked}, "password1", "length pwned", "length pwned"},
		{Policy{LookUp: lookUp}, "known elsewhere", "", "pwned"},
		{Policy{LookUp: lookUp}, "known nowhere", "", ""},
	} {
		got := c.policy.Weak(c.password)
		asNew, err := c.policy.WeakAsNew(t.Context(), c.password)
		if strings.Join(got, " ") != c.want || strings.Join(asNew, " ") != c.asNew || err != nil {
			t.Errorf("%q: got %v, %v, %v, want %q, %q", c.password, got, asNew, err, c.want, c.asNew)
		}
	}
	if asked != "known elsewhere known nowhere " {
		t.Errorf("others were asked of %s", asked)
	}
	if _, err := (Policy{LookUp: lookUp}).WeakAsNew(t.Context(), "unreachable"); err == nil {
		t.Error("the error of who is asked is lost")
	}
}

// TestPoolRefusesWhatWouldWaitTooLong: the places to wait are bounded, and who finds none is told at once.
func TestPoolRefusesWhatWouldWaitTooLong(t *testing.T) {
	p := NewPool(Options{MemoryKiB: 64, Passes: 1, Parallel: 1, Waiting: 1})
	working, end := make(chan struct{}), make(chan struct{})
	done := make(chan error, 2)
	go func() { done <- p.run(t.Context(), func() { close(working); <-end }) }()
	<-working
	go func() { done <- p.run(t.Context(), func() {}) }()
	for len(p.places) < 2 {
		runtime.Gosched()
	}
	if _, err := p.Hash(t.Context(), "x"); !errors.Is(err, ErrBusy) {
		t.Errorf("the third of one and one waiting: %v", err)
	}
	if _, _, err := p.Verify(t.Context(), "no known hash", "x"); !errors.Is(err, ErrBusy) {
		t.Errorf("who is not known waits elsewhere: %v", err)
	}
	close(end)
	for range 2 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if _, err := p.Hash(t.Context(), "x"); err != nil {
		t.Errorf("afterwards: %v", err)
	}
	if p.Computed() != 3 {
		t.Errorf("%d hashes were computed", p.Computed())
	}
}

// TestBusy: who wants to know hears of the first hash of many, and a second after the last one.
func TestBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told []bool
		p := NewPool(Options{MemoryKiB: 64, Passes: 1, Parallel: 2, Busy: func(b bool) { told = append(told, b) }})
		if told != nil {
			t.Error("told before anything is hashed")
		}
		for range 3 {
			if _, err := p.Hash(t.Context(), "secret"); err != nil {
				t.Fatal(err)
			}
			time.Sleep(idleAfter / 2)
		}
		if !slices.Equal(told, []bool{true}) {
			t.Errorf("after three hashes: %v", told)
		}
		time.Sleep(idleAfter)
		synctest.Wait()
		if !slices.Equal(told, []bool{true, false}) {
			t.Errorf("a second later: %v", told)
		}
	})
}
