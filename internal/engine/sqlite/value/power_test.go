package value

import (
	"testing"

	"github.com/mainstay-dev/mainstay/fault"
)

// TestPowersAreBounded: nothing can interrupt a power while it is computed.
func TestPowersAreBounded(t *testing.T) {
	base, err := ParseDec("9.99")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := base.Power(DecInt(99999)); fault.Code(err) != fault.NumericOutOfRange {
		t.Errorf("got %v, want 22003", err)
	}
	if _, err := base.Power(DecInt(1000)); err != nil {
		t.Error(err)
	}
}
