package repo

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// TestR5_D2_ConflictsOfDeliveries: where a commit was in somebody's way, what is
// done to a delivery is done by the second try, and told once.
func TestR5_D2_ConflictsOfDeliveries(t *testing.T) {
	var woken []Key
	for _, c := range []struct {
		name, before string // of the delivery
		do           func(*Repo, Key, Claim) (any, error)
		want         string // %v: its key
	}{
		{"a claim", "sending_since = NULL", func(r *Repo, k Key, _ Claim) (any, error) {
			c, v, _, err := r.Claim(t.Context(), k, lease)
			return []any{c.Key, v == Claimed}, err
		}, "[%v true]"},
		{"claims of many", "sending_since = NULL", func(r *Repo, k Key, _ Claim) (any, error) {
			var got []Key
			claims, err := r.ClaimMany(t.Context(), []Key{k})
			for _, c := range claims {
				got = append(got, c.Key)
			}
			return got, err
		}, "[%v]"},
		{"the next of a lane", "sending_since = NULL, lane = 1", func(r *Repo, _ Key, _ Claim) (any, error) {
			c, ok, err := r.ClaimNext(t.Context(), request.Receiver, lease)
			return []any{c.Key, ok}, err
		}, "[%v true]"},
		{"a record", "", func(r *Repo, _ Key, c Claim) (any, error) {
			return r.Record(t.Context(), c, answered(c, 200, webhook.Delivered))
		}, fmt.Sprint(Change{})},
		{"records of many", "", func(r *Repo, _ Key, c Claim) (any, error) {
			return r.RecordMany(t.Context(), []Outcome{{c, answered(c, 200, webhook.Delivered)}})
		}, "[true]"},
		{"a sweep", "sending_since = NULL, lane = 1", func(r *Repo, _ Key, _ Claim) (any, error) {
			_, err := r.Sweep(t.Context(), sweepOptions, func(_ *sql.Tx, keys []Key) error { woken = keys; return nil })
			return woken, err
		}, "[%v]"},
		{"a prune", "sending_since = NULL, queued_at = now() - interval '31 days'", func(r *Repo, _ Key, _ Claim) (any, error) {
			done, err := r.Prune(t.Context(), month)
			return []int{done.GivenUp, len(done.First), done.Deleted}, err
		}, "[1 1 0]"},
		{"to send again", "sending_since = NULL, " + isFailed, func(r *Repo, _ Key, _ Claim) (any, error) {
			q, err := r.Requeue(t.Context(), nil, "admin", Again{})
			return q.Keys, err
		}, "[%v]"},
		{"to forget an order", "", func(r *Repo, _ Key, _ Claim) (any, error) {
			n, waited, err := r.Forget(t.Context(), "admin", happened.OrderID, webhook.Say("delivery.erased"))
			return []int{n, waited}, err
		}, "[1 1]"},
	} {
		for _, state := range []string{"40001", "P0001"} {
			t.Run("R5 D2 "+c.name+" "+state, func(t *testing.T) {
				r, keys := sending(t, 1)
				claim := take(t, r, keys[0])
				if c.before != "" {
					alter(t, r, c.before, keys[0])
				}
				hinder(t, r.db, "delivery", state, 1, "commit")
				got, err := c.do(r, keys[0], claim)
				if state == "P0001" {
					want(t, err, webhook.CodeDBStoreFailed, "")
					return
				}
				if wanted := strings.ReplaceAll(c.want, "%v", fmt.Sprint(keys[0])); err != nil || fmt.Sprint(got) != wanted {
					t.Errorf("it gives %v, %v", got, err)
				}
				if n := number(t, r.db, `SELECT last_value FROM tries`); n != 2 {
					t.Errorf("it was tried %d times", n)
				}
			})
		}
	}
}
