package delivery

import (
	"context"
	"fmt"
	"testing"
	"time"
)

const hook = "hook.example:443"

// clocked are lanes with a clock that the test moves.
func clocked(most int) (l *lanes, forward func(time.Duration)) {
	now := time.Date(2026, 11, 23, 14, 0, 0, 0, time.UTC)
	l = newLanes(most, 30*time.Second)
	l.now = func() time.Time { return now }
	return l, func(d time.Duration) { now = now.Add(d) }
}

func admitted(t testing.TB, l *lanes, receiver string) *ticket {
	t.Helper()
	in, wait := l.enter(receiver)
	if in == nil {
		t.Fatalf("%s is not admitted, to wait %v", receiver, wait)
	}
	return in
}

func refused(t testing.TB, l *lanes, receiver string, wait time.Duration) {
	t.Helper()
	if in, got := l.enter(receiver); in != nil || got != wait {
		t.Fatalf("admitted: %t, to wait %v, want to wait %v", in != nil, got, wait)
	}
}

func TestD5_SoManyToOneReceiver(t *testing.T) {
	l, _ := clocked(2)
	first := admitted(t, l, hook)
	admitted(t, l, hook)
	refused(t, l, hook, 0)
	admitted(t, l, "other.example:443")
	first.leave(answered)
	admitted(t, l, hook)
	refused(t, l, hook, 0)
}

func TestD5_Breaker(t *testing.T) {
	l, forward := clocked(10)
	for range failuresToOpen - 1 {
		admitted(t, l, hook).leave(unanswered)
	}
	admitted(t, l, hook).leave(answered) // an answer starts the count anew
	for range failuresToOpen {
		admitted(t, l, hook).leave(unanswered)
	}
	refused(t, l, hook, 30*time.Second)
	admitted(t, l, "other.example:443")

	forward(20 * time.Second)
	refused(t, l, hook, 10*time.Second)

	forward(10 * time.Second)
	probe := admitted(t, l, hook)
	refused(t, l, hook, 0) // one probe at a time
	forward(15 * time.Second)
	probe.leave(unanswered) // from now on it is left alone
	refused(t, l, hook, 30*time.Second)

	forward(30 * time.Second)
	admitted(t, l, hook).leave(unused) // nothing came of this one
	admitted(t, l, hook).leave(answered)
	admitted(t, l, hook)
	admitted(t, l, hook)
}

// TestD5_NobodyIsLeftInALane: one is parked while the last in flight finds that
// none waits.
func TestD5_NobodyIsLeftInALane(t *testing.T) {
	l, _ := clocked(1)
	l.park(hook)
	seen, waits := l.waiting(hook)
	if !waits {
		t.Fatal("nobody is said to wait")
	}
	l.park(hook)
	l.empty(hook, seen)
	if seen, waits = l.waiting(hook); !waits {
		t.Fatal("the second was forgotten")
	}
	l.empty(hook, seen)
	if _, waits = l.waiting(hook); waits || len(l.lanes) > 0 {
		t.Error("nobody waits")
	}
	admitted(t, l, hook).leave(unanswered)
	if _, waits = l.waiting(hook); waits {
		t.Error("where one was not answered nobody waits either")
	}
}

func TestD5_IdleReceiversAreForgotten(t *testing.T) {
	l, forward := clocked(1)
	for i := range 1000 {
		admitted(t, l, fmt.Sprint(i, ".example:443")).leave(answered)
	}
	if len(l.lanes) > 0 {
		t.Errorf("%d receivers that answered are remembered", len(l.lanes))
	}
	for i := range 1000 {
		admitted(t, l, fmt.Sprint(i, ".example:443")).leave(unanswered)
	}
	busy := admitted(t, l, hook)
	forward(idleAfter)
	if l.forget(); len(l.lanes) != 1001 {
		t.Errorf("%d receivers are remembered, want all for a while", len(l.lanes))
	}
	forward(time.Second)
	l.forget()
	if len(l.lanes) != 1 {
		t.Errorf("%d receivers are remembered, want the busy one", len(l.lanes))
	}
	busy.leave(answered)
}

// TestD5_SweepForgets receivers, so that who makes many URLs fills no memory.
func TestD5_SweepForgets(t *testing.T) {
	s := newShop(t)
	c := s.courier(nil)
	admitted(t, c.lanes, hook).leave(unanswered)
	now := c.lanes.now
	c.lanes.now = func() time.Time { return now().Add(idleAfter + time.Second) }
	c.sweep(t.Context(), "me")
	if len(c.lanes.lanes) > 0 {
		t.Error("a receiver that nothing was sent to lately is remembered")
	}
}

// TestR5_LoopsTellFaults, but not that they are ended.
func TestR5_LoopsTellFaults(t *testing.T) {
	s := newShop(t)
	c := s.courier(nil)
	ended, end := context.WithCancel(t.Context())
	end()
	c.sweep(ended, "me")
	c.prune(ended)
	if s.log.String() != "" {
		t.Errorf("that they are ended is told: %s", s.log)
	}
	s.hook("hook", "http://127.0.0.1:1/")
	s.pay(c, "o")
	s.db.MustExec("UPDATE " + schema + ".delivery SET lane = 1")
	s.refuse("INSERT", "river_job", "")
	if c.sweep(t.Context(), "me"); len(s.log.with("delivery: sweep", "not now")) != 1 {
		t.Errorf("that no job can be made for a lane is not told: %s", s.log)
	}
	s.log = &lines{}
	c = s.courier(nil)
	_ = s.db.Close()
	c.sweep(t.Context(), "me")
	c.faultsTold.Store(0)
	c.prune(t.Context())
	if len(s.log.with("delivery: sweep")) != 1 || len(s.log.with("delivery: prune")) != 1 {
		t.Errorf("told is %s", s.log)
	}
}
