package delivery

import (
	"context"
	"testing"
	"time"
)

// opened are lanes whose breaker is open for hook, and two tickets from before.
func opened(t testing.TB) (l *lanes, early [2]*ticket, forward func(time.Duration)) {
	t.Helper()
	l, forward = clocked(10)
	early = [2]*ticket{admitted(t, l, hook), admitted(t, l, hook)}
	for range failuresToOpen {
		admitted(t, l, hook).leave(unanswered)
	}
	return l, early, forward
}

// TestD5_LanesAreGivenBack by all that use them.
func TestD5_LanesAreGivenBack(t *testing.T) {
	l, _ := clocked(1)
	in := admitted(t, l, hook)
	for _, use := range []func(){
		func() {},
		func() { l.enter(hook) },
		func() { l.park(hook) },
		func() { l.isCrowded(hook) },
		func() { l.stuck() },
		func() { l.waiting(hook) },
		func() { l.empty(hook, 0) },
		func() { l.empty("forgotten.example:443", 0) },
		func() { l.forget() },
		func() { in.leave(answered) },
	} {
		use()
		if !l.mu.TryLock() {
			t.Fatal("they stay locked, and all others wait")
		}
		l.mu.Unlock()
	}
}

// TestD5_OneProbe: what was sent before the breaker opened ends no probe, unless
// it is answered.
func TestD5_OneProbe(t *testing.T) {
	l, early, forward := opened(t)
	forward(30 * time.Second)
	admitted(t, l, hook) // the probe
	early[0].leave(unused)
	refused(t, l, hook, 0)
	early[1].leave(answered)
	admitted(t, l, hook)
	for range failuresToOpen {
		admitted(t, l, hook).leave(unanswered)
	}
	forward(30 * time.Second)
	refused(t, l, hook, 0) // the first probe is still out
}

// TestD5_AnAnswerCloses the breaker at once.
func TestD5_AnAnswerCloses(t *testing.T) {
	l, early, _ := opened(t)
	refused(t, l, hook, 30*time.Second)
	early[0].leave(answered)
	admitted(t, l, hook)
}

func TestD5_Crowded(t *testing.T) {
	l, _ := clocked(1)
	crowded := func(want bool, when string) {
		t.Helper()
		if l.isCrowded(hook) != want {
			t.Errorf("%s the lane is crowded: %t", when, !want)
		}
	}
	crowded(false, "at first")
	in := admitted(t, l, hook)
	crowded(true, "with as many in flight as may be")
	in.leave(unanswered)
	for range failuresToOpen - 2 {
		admitted(t, l, hook).leave(unanswered)
	}
	crowded(false, "after a failure less than open the breaker")
	admitted(t, l, hook).leave(unanswered)
	crowded(true, "with the breaker open")
	l.park("other.example:443")
	if !l.isCrowded("other.example:443") {
		t.Error("a lane where one waits is not crowded")
	}
}

// TestD5_GoesOn with others while there is time: less where all workers are busy.
func TestD5_GoesOn(t *testing.T) {
	c := &Courier{o: Options{Workers: 2}, tuning: tuning{chain: time.Hour}}
	ended, end := context.WithCancel(t.Context())
	end()
	for _, is := range []struct {
		ctx    context.Context
		since  time.Duration
		busy   int64
		drains bool
		goesOn bool
	}{
		{t.Context(), 0, 2, false, true},
		{t.Context(), time.Minute, 1, false, true},
		{t.Context(), time.Minute, 2, false, false},
		{t.Context(), time.Hour, 1, false, false},
		{t.Context(), 0, 1, true, false},
		{ended, 0, 1, false, false},
	} {
		w := newWorker(c)
		w.busy.Store(is.busy)
		w.draining.Store(is.drains)
		if goesOn := w.mayGoOn(is.ctx, time.Now().Add(-is.since)); goesOn != is.goesOn {
			t.Errorf("%+v: it goes on: %t", is, goesOn)
		}
	}
}
