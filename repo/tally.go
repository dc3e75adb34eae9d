package repo

import "sync"

// A tally says that an instance held so many webhooks up to a serial, when they
// were counted. Since serials only grow, it holds no more now than those and
// the ones behind that serial, which alone need to be counted: so a create does
// not cost more the more there are. Of what was deleted since, or created
// elsewhere, nothing needs to be known.
type tally struct {
	serial, count int64
}

const (
	// maxNewer is how many webhooks behind a tally are counted for each create
	// before all are counted anew.
	maxNewer = 64
	// maxTallies bounds the memory, to about a megabyte.
	maxTallies = 10_000
)

// tallies are the last ones, by instance.
type tallies struct {
	mu sync.Mutex
	of map[string]tally
}

// get is the tally of an instance; the zero tally, that of nothing, if it is
// not known.
func (t *tallies) get(instance string) tally {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.of[instance]
}

// drop forgets a tally, so that all are counted next time.
func (t *tallies) drop(instance string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.of, instance)
}

// set remembers what was just counted.
func (t *tallies) set(instance string, counted tally) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.of == nil || len(t.of) >= maxTallies {
		t.of = map[string]tally{}
	}
	t.of[instance] = counted
}
