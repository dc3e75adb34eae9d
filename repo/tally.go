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
	// maxRecent bounds the memory, to some megabytes.
	maxRecent = 10_000
)

// recent holds what was last found out of each instance.
type recent[T any] struct {
	mu sync.Mutex
	of map[string]T
}

// get is what is known of an instance; if there is nothing, the zero T.
func (r *recent[T]) get(instance string) T {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.of[instance]
}

// drop forgets an instance, so that all are counted next time.
func (r *recent[T]) drop(instance string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.of, instance)
}

// set remembers what was just counted.
func (r *recent[T]) set(instance string, counted T) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.of == nil || len(r.of) >= maxRecent {
		r.of = map[string]T{}
	}
	r.of[instance] = counted
}
