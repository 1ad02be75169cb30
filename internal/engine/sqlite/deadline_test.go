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

// TestStoppedDeadlineSaysWhy: a context whose Done is closed has an error, or the contexts that were made of it panic.
func TestStoppedDeadlineSaysWhy(t *testing.T) {
	d := newDeadline(context.Background(), time.Now().Add(time.Hour))
	child, cancel := context.WithCancel(d)
	defer cancel()
	d.stop()
	<-child.Done()
	if d.Err() == nil || child.Err() == nil {
		t.Errorf("stopped: %v, %v", d.Err(), child.Err())
	}
}
