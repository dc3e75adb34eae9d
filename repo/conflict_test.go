package repo

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

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

// hinder makes the first n changes of webhooks or deliveries fail, with an
// SQLSTATE, at their row or at their commit.
func hinder(t *testing.T, db *sqlx.DB, table, state string, n int, when string) {
	t.Helper()
	db.MustExec(fmt.Sprintf(`
		CREATE SEQUENCE tries;
		CREATE FUNCTION hinder() RETURNS trigger LANGUAGE plpgsql AS $$
		BEGIN
			IF nextval('public.tries') <= %d THEN
				RAISE 'in the way' USING ERRCODE = '%s', DETAIL = coalesce(NEW.url, OLD.url);
			END IF;
			RETURN coalesce(NEW, OLD);
		END $$;
		CREATE %s INSERT OR UPDATE OR DELETE ON merchant_webhooks.%s %s
		FOR EACH ROW EXECUTE FUNCTION hinder()`, n, state, before[when], table, deferred[when]))
}

// told is a context that tells of a deadline, at which nothing ends: a slow
// machine may come to it.
type told struct {
	context.Context
	deadline time.Time
}

func (t told) Deadline() (time.Time, bool) { return t.deadline, true }

const longestPause = time.Millisecond << 6

func TestConflicts(t *testing.T) {
	const tries = `SELECT last_value FROM tries`
	// hindered has a webhook that is in the way of nobody.
	hindered := func(t *testing.T, state string, n int, when string) *Repo {
		r := fresh(t)
		create(t, r, "admin", sample)
		hinder(t, r.db, "webhook", state, n, when)
		return r
	}
	changes := operations[:0:0]
	for _, op := range operations {
		if op.name == "create" || op.name == "update" || op.name == "update a version" || op.name == "delete" {
			changes = append(changes, op)
		}
	}
	for _, state := range []string{"40001", "40P01"} {
		for _, when := range []string{"row", "commit"} {
			for _, op := range changes {
				t.Run(fmt.Sprint("R5 ", state, " is tried again, at the ", when, ": ", op.name), func(t *testing.T) {
					r := hindered(t, state, 3, when)
					want(t, op.do(t.Context(), r), none, "")
					if n := number(t, r.db, tries); n != 4 {
						t.Errorf("it was tried %d times, want 4", n)
					}
				})
			}
		}
	}
	for _, op := range changes {
		t.Run("R5 another failure of the commit: "+op.name, func(t *testing.T) {
			r := hindered(t, "P0001", 1, "commit")
			if err := op.do(t.Context(), r); codeOf(err) != op.fault {
				t.Errorf("got %v, want code %d", err, op.fault)
			}
			if n := number(t, r.db, tries); n != 1 {
				t.Errorf("it was tried %d times, want once", n)
			}
		})
		t.Run("R5 conflicts until a second before the deadline: "+op.name, func(t *testing.T) {
			r := hindered(t, "40001", 1_000_000, "row")
			deadline := time.Now().Add(reserve + 300*time.Millisecond)
			want(t, op.do(told{t.Context(), deadline}, r), webhook.CodeDBSoftFailure, "")
			if left := time.Until(deadline); left > reserve+longestPause {
				t.Errorf("%v was left of the time", left)
			}
			before := number(t, r.db, tries)
			want(t, op.do(told{t.Context(), time.Now().Add(reserve)}, r), webhook.CodeDBSoftFailure, "")
			if n := number(t, r.db, tries) - before; n != 1 {
				t.Errorf("in the last second it was tried %d times, want once", n)
			}
		})
		t.Run("R5 conflicts without a deadline end, too: "+op.name, func(t *testing.T) {
			r := hindered(t, "40001", 1_000_000, "row")
			if err := op.do(context.Background(), r); codeOf(err) != webhook.CodeDBSoftFailure {
				t.Errorf("got %v, want code %d", err, webhook.CodeDBSoftFailure)
			}
			if n := number(t, r.db, tries); n != maxTries {
				t.Errorf("it was tried %d times, want %d", n, maxTries)
			}
		})
	}
}
