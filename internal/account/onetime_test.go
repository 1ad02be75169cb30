package account

import (
	"context"
	"fmt"
	"testing"
)

// TestCodesGetLongerAsGuessesGetMore: two digits for the first fifty wrong ones of a day, and two more for each hundred times as many.
func TestCodesGetLongerAsGuessesGetMore(t *testing.T) {
	for _, c := range []struct {
		wrong, few int64
		want       int
	}{{0, 50, 0}, {49, 50, 0}, {50, 50, 2}, {4999, 50, 2}, {5000, 50, 4}, {499_999, 50, 4}, {500_000, 50, 6}, {1, 1, 2}, {0, 0, 0}} {
		if got := longer(c.wrong, c.few); got != c.want {
			t.Errorf("after %d wrong ones of %d: %d more digits, want %d", c.wrong, c.few, got, c.want)
		}
	}
}

// TestNobodyWaitsForAnothersTurn: who asks for one thing waits for nobody who asks for another, however many there are, and what nobody asks for any more is forgotten.
func TestNobodyWaitsForAnothersTurn(t *testing.T) {
	turns := newTurns(2)
	over, cancel := context.WithCancel(t.Context())
	cancel()
	enter := func(ctx context.Context, key, want string) func() {
		t.Helper()
		leave, err := turns.enter(ctx, key)
		if got := fmt.Sprint(err); got != want {
			t.Errorf("%s: got %q, want %q", key, got, want)
		}
		return leave
	}
	first := enter(t.Context(), "ada", "<nil>")
	enter(over, "ada", "context canceled") // waits
	for n := range 1000 {
		defer enter(t.Context(), fmt.Sprint("key ", n), "<nil>")()
	}
	turns.places["ada"].n++ // one who waits
	enter(t.Context(), "ada", "Request rate limit reached (over_request_rate_limit)")
	turns.places["ada"].n--
	first()
	if n := len(turns.places); n != 1000 {
		t.Errorf("%d keys are remembered, want 1000", n)
	}
	for range turns.most {
		if _, err := turns.sit(); err != nil {
			t.Error(err)
		}
	}
	if _, err := turns.sit(); err == nil {
		t.Error("more sit than there are seats")
	}
}
