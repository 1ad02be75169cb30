package account

import "testing"

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
