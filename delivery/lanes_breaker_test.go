package delivery

import (
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
