package repo

import (
	"context"

	"github.com/lib/pq"
)

// To count ten thousand webhooks takes longer than to read a page of them. So
// it is remembered of a large instance, a crowd, that they are too many to be
// told exactly, and made sure of by witnesses: some of the webhooks that were
// counted, chosen by chance. As long as all of them are there, so are more than
// MaxCount. For this to be wrong, half of those that were counted must have been
// deleted, and none of the witnesses: whatever is deleted, since nobody knows
// them, that happens once in 2 to the power of their number, a million at least.
const (
	// crowdSize is how many are counted where there are so many.
	crowdSize = 2 * MaxCount
	// minWitnesses is the fewest of a crowd. The statement takes 30 on average.
	minWitnesses = 20
)

// searchAll is Search without a text.
func (r *Repo) searchAll(ctx context.Context, instance string, limit int, args []any) (Found, error) {
	witnesses := r.crowds.get(instance)
	p, err := r.searchPage(ctx, instance, r.browse, append(args, int64(crowdSize), pq.Int64Array(witnesses)))
	switch {
	case err != nil:
		return Found{}, err
	case len(p.some) >= minWitnesses:
		r.crowds.set(instance, p.some)
	case !p.crowd:
		r.crowds.drop(instance)
	}
	return p.found(limit), nil
}
