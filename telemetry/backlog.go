package telemetry

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/seed-7c2cc908/merchant-webhooks/repo"
)

const (
	// readWithin is how long a scrape waits for the database.
	readWithin = 2 * time.Second
	// readEvery is for how long what was read is given to further scrapes.
	readEvery = time.Second
)

// ReadBacklog counts what waits in the database; see repo.Repo.Backlog. It is
// asked at a scrape, at most once a second and by one at a time, whoever
// scrapes. Where it does not answer within 2 seconds, what it counts is left out
// and merchant_webhooks_database_up is 0: a scrape never hangs.
type ReadBacklog func(ctx context.Context) (repo.Backlog, error)

// backlog are the metrics that are read from the database. Each process that
// shares it says the same: they are to be combined by max, not by sum.
type backlog struct {
	up, waiting, oldest, paused *prometheus.Desc

	every, within time.Duration // only tests change them

	mu   sync.Mutex
	read ReadBacklog
	last *look // the newest, perhaps under way
}

// A look is one question to the database.
type look struct {
	done  chan struct{} // closed when it has ended
	ended time.Time
	found repo.Backlog
	err   error
}

func newBacklog(labels prometheus.Labels) *backlog {
	describe := func(name, help string, by ...string) *prometheus.Desc {
		return prometheus.NewDesc(prometheus.BuildFQName(namespace, "", name), help+" The same in each process: use max, not sum.", by, labels)
	}
	return &backlog{
		every:   readEvery,
		within:  readWithin,
		up:      describe("database_up", "1 if the database said what waits, else 0, and that is left out."),
		waiting: describe("deliveries_waiting", "Deliveries that wait, by state; exact to 10,000, and 10,001 beyond.", "state"),
		oldest:  describe("oldest_waiting_seconds", "For how long the oldest delivery is due that no worker has taken (due), or that waits for its receiver (parked); 0: none.", "state"),
		paused:  describe("paused_webhooks", "Webhooks that are paused, by reason; exact to 10,000.", "reason"),
	}
}

func (b *backlog) readBy(read ReadBacklog) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.read, b.last = read, nil
}

func (b *backlog) Describe(descriptions chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{b.up, b.waiting, b.oldest, b.paused} {
		descriptions <- d
	}
}

func (b *backlog) Collect(metrics chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		metrics <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	found, ok := b.look()
	if !ok {
		gauge(b.up, 0)
		return
	}
	gauge(b.up, 1)
	gauge(b.waiting, float64(found.Due), "due")
	gauge(b.waiting, float64(found.Sending), "sending")
	gauge(b.waiting, float64(found.Scheduled), "scheduled")
	gauge(b.waiting, float64(found.Parked), "parked")
	gauge(b.waiting, float64(found.Held), "held")
	gauge(b.oldest, found.OldestDue.Seconds(), "due")
	gauge(b.oldest, found.OldestParked.Seconds(), "parked")
	for reason, n := range found.Paused {
		gauge(b.paused, float64(n), reason)
	}
}

// look gives what the database says, or said a moment ago; false: it does not. It
// waits for readWithin at most, also where the driver hangs for longer: then those
// who come later wait for the same question, and no second one is asked.
func (b *backlog) look() (repo.Backlog, bool) {
	b.mu.Lock()
	if b.last == nil || b.last.isOld(b.every) {
		b.last = begin(b.read, b.within)
	}
	now := b.last
	b.mu.Unlock()
	select {
	case <-now.done:
		return now.found, now.err == nil
	case <-time.After(b.within):
		return repo.Backlog{}, false
	}
}

func begin(read ReadBacklog, within time.Duration) *look {
	l := &look{done: make(chan struct{})}
	go func() {
		defer close(l.done)
		ctx, cancel := context.WithTimeout(context.Background(), within)
		defer cancel()
		l.found, l.err = read(ctx)
		l.ended = time.Now()
	}()
	return l
}

func (l *look) isOld(every time.Duration) bool {
	select {
	case <-l.done:
		return time.Since(l.ended) >= every
	default:
		return false
	}
}
