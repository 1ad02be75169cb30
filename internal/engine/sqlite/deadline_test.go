package sqlite

import (
	"context"
	"testing"
	"time"
)

// TestDeadlineIsToldWhenItIsOver: Err looks at the clock for some of its questions only, but never gives nil when Done is closed.
func TestDeadlineIsToldWhenItIsOver(t *testing.T) {
	for asked := range askClock + 1 {
		d := newDeadline(context.Background(), time.Now().Add(2*time.Millisecond))
		for range asked {
			_ = d.Err() // counted
		}
		<-d.Done()
		if err := d.Err(); err != context.DeadlineExceeded {
			t.Errorf("after %d questions: %v", asked, err)
		}
		d.stop()
	}
}
