package delivery

import (
	"sync"
	"time"
)

const (
	// failuresToOpen is how many attempts in a row may end without an answer
	// before a receiver is left alone.
	failuresToOpen = 5
	// idleAfter is how long what is known of a receiver that nothing is sent to is
	// kept.
	idleAfter = 10 * time.Minute
	// stuckAfter is how long those that are being sent to a receiver may all take
	// before it holds up what queues behind it.
	stuckAfter = 300 * time.Millisecond
)

// lanes bound what this process sends to each receiver (host and port), so that
// one that is slow or down holds a few workers only: so many at once, and none
// for a while when it did not answer several times in a row, then one to try
// (a circuit breaker). The breaker is these lines and no package's, because its
// state, the count of what is in flight and how long to wait are one decision
// under one lock.
type lanes struct {
	mu      sync.Mutex
	lanes   map[string]*lane
	parks   uint64
	most    int           // at once in each
	openFor time.Duration // no attempt, after failuresToOpen
	now     func() time.Time
}

type lane struct {
	inFlight  int
	failures  int // in a row, without an answer
	openUntil time.Time
	isProbing bool
	used      time.Time
	moved     time.Time // when one came in

	// waits says that deliveries may wait in the database for this lane; parked
	// changes whenever one was put there, so that who finds none knows whether
	// that is still true.
	waits  bool
	parked uint64
}

func newLanes(most int, openFor time.Duration) *lanes {
	return &lanes{lanes: map[string]*lane{}, most: most, openFor: openFor, now: time.Now}
}

func (l *lanes) of(receiver string) *lane {
	of := l.lanes[receiver]
	if of == nil {
		of = &lane{}
		l.lanes[receiver] = of
	}
	return of
}

// A ticket is the right to send one delivery to a receiver. Whoever has it must
// leave.
type ticket struct {
	lanes    *lanes
	receiver string
	isProbe  bool
}

// enter asks for a ticket. Without one, wait is how long the receiver is left
// alone: 0 when merely as many as may be are in flight.
func (l *lanes) enter(receiver string) (t *ticket, wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	of := l.of(receiver)
	of.used = l.now()
	isProbe := of.failures >= failuresToOpen
	switch {
	case isProbe && of.openUntil.After(of.used):
		return nil, of.openUntil.Sub(of.used)
	case isProbe && of.isProbing, of.inFlight >= l.most:
		return nil, 0
	}
	of.inFlight++
	of.moved = of.used
	of.isProbing = of.isProbing || isProbe
	return &ticket{lanes: l, receiver: receiver, isProbe: isProbe}, 0
}

// What became of a ticket.
type use int

const (
	unused     use = iota // nothing was sent, or it was cut off by this process
	answered              // whatever the answer was
	unanswered            // no connection, or no answer on it
)

func (t *ticket) leave(u use) {
	l := t.lanes
	l.mu.Lock()
	defer l.mu.Unlock()
	of := l.lanes[t.receiver]
	of.used = l.now()
	of.inFlight--
	if t.isProbe {
		of.isProbing = false
	}
	switch u {
	case answered:
		of.failures = 0
	case unanswered:
		if of.failures++; of.failures >= failuresToOpen {
			of.openUntil = of.used.Add(l.openFor)
		}
	}
	l.drop(t.receiver)
}

// drop forgets a receiver that there is nothing to know of.
func (l *lanes) drop(receiver string) {
	if of := l.lanes[receiver]; of.inFlight == 0 && of.failures == 0 && !of.waits {
		delete(l.lanes, receiver)
	}
}

// park notes that a delivery was put into the receiver's lane in the database.
func (l *lanes) park(receiver string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	of := l.of(receiver)
	l.parks++
	of.used, of.waits, of.parked = l.now(), true, l.parks
}

// isCrowded reports whether what is sent to a receiver now has to wait, as far as
// this process knows.
func (l *lanes) isCrowded(receiver string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	of := l.lanes[receiver]
	return of != nil && (of.waits || of.inFlight >= l.most || of.failures >= failuresToOpen)
}

// stuck are the receivers that nothing is going to be sent to soon: those that are
// left alone, and those that have been full for a while.
func (l *lanes) stuck() (receivers []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	for receiver, of := range l.lanes {
		if of.openUntil.After(now) || of.inFlight >= l.most && now.Sub(of.moved) >= stuckAfter {
			receivers = append(receivers, receiver)
		}
	}
	return receivers
}

// waiting reports whether deliveries may wait in the receiver's lane, and what
// to call empty with when there are none.
func (l *lanes) waiting(receiver string) (seen uint64, waits bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if of := l.lanes[receiver]; of != nil {
		return of.parked, of.waits
	}
	return 0, false
}

// empty notes that none waits, unless one was parked since waiting was asked.
func (l *lanes) empty(receiver string, seen uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if of := l.lanes[receiver]; of != nil && of.parked == seen {
		of.waits = false
		l.drop(receiver)
	}
}

// forget drops what is known of receivers that nothing was sent to lately.
func (l *lanes) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	before := l.now().Add(-idleAfter)
	for receiver, of := range l.lanes {
		if of.inFlight == 0 && of.used.Before(before) {
			delete(l.lanes, receiver)
		}
	}
}
