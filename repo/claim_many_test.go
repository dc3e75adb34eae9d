package repo

import (
	"database/sql"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/lib/pq"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// claimMany claims several at once, and gives the keys of those that it got.
func claimMany(t testing.TB, r *Repo, keys ...Key) (claims []Claim, got []Key) {
	t.Helper()
	claims, err := r.ClaimMany(within(t), keys)
	if err != nil || len(claims) != len(keys) {
		t.Fatalf("%d claims for %d, %v", len(claims), len(keys), err)
	}
	for i, c := range claims {
		if c.Key == keys[i] {
			got = append(got, c.Key)
		} else if !reflect.DeepEqual(c, Claim{}) {
			t.Errorf("number %d is %+v", i, c)
		}
	}
	return claims, got
}

func TestD2_ClaimMany(t *testing.T) {
	modes(t, func(t *testing.T, r *Repo) {
		create(t, r, "admin", sample)
		create(t, r, "sandbox", sample)
		var keys []Key
		for range 3 {
			keys = append(keys, emit(t, r, "admin", nil)...)
			keys = append(keys, emit(t, r, "sandbox", func(ev *NewEvent, _ []NewDelivery) { ev.Traceparent = "00-ab-cd-01" })...)
		}
		setHook(t, r, `previous_secret = '\x0001', previous_until = now() + interval '1 hour'`)
		alter(t, r, "tries = 3, attempt_count = 4, is_forced = true, lane = 1", keys[4])
		r.db.MustExec(`UPDATE merchant_webhooks.event SET event_at = event_at + event_serial * interval '1 hour'`)
		slices.Reverse(keys)
		claims, got := claimMany(t, r, keys...)
		if !slices.Equal(got, keys) {
			t.Fatalf("D2 it got %v of %v", got, keys)
		}
		for i, k := range keys {
			if is := at(t, r, k); !is.IsSending || is.Lane != 0 {
				t.Errorf("D2 number %d is %+v", i, is)
			}
			alter(t, r, "sending_since = NULL", k)
			alone := take(t, r, k)
			alone.QueuedAt, alone.Since, alone.AskedAt = claims[i].QueuedAt, claims[i].Since, claims[i].AskedAt
			if !reflect.DeepEqual(claims[i], alone) {
				t.Errorf("D2 number %d is %+v, by itself %+v", i, claims[i], alone)
			}
			wantEventAt(t, r, claims[i])
		}
		if _, got := claimMany(t, r); len(got) != 0 {
			t.Errorf("D2 of none it got %v", got)
		}
	})
}

// TestClaimManyLeaves: what can not be sent at once is left to Claim, as it is.
func TestClaimManyLeaves(t *testing.T) {
	r := fresh(t)
	create(t, r, "admin", sample, named(sample, "paused"))
	var keys, paused []Key
	for range 6 {
		both := emit(t, r, "admin", nil)
		keys, paused = append(keys, both[0]), append(paused, both[1])
	}
	alter(t, r, "due_at = now() + interval '1 minute'", keys[0])
	alter(t, r, "sending_since = now()", keys[1])
	alter(t, r, "state = 'delivered', finished_at = now()", keys[2])
	r.db.MustExec(`DELETE FROM merchant_webhooks.delivery WHERE delivery_serial = $1`, keys[3].Delivery)
	r.db.MustExec(`UPDATE merchant_webhooks.webhook SET paused_at = now(), paused_reason = 'hand' WHERE webhook_id = 'paused'`)
	alter(t, r, "is_forced = true", paused[1])
	const all = `SELECT d::text FROM merchant_webhooks.delivery AS d WHERE delivery_serial = ANY ($1) ORDER BY 1`
	left := pq.Int64Array{keys[0].Delivery, keys[1].Delivery, keys[2].Delivery, paused[0].Delivery}
	var before, after []string
	if err := r.db.Select(&before, all, left); err != nil {
		t.Fatal(err)
	}
	_, got := claimMany(t, r, append(slices.Clone(keys[:5]), paused[0], paused[1], Key{Instance: 99, Delivery: 1})...)
	if want := []Key{keys[4], paused[1]}; !slices.Equal(got, want) {
		t.Errorf("D2 it got %v, want %v", got, want)
	}
	if err := r.db.Select(&after, all, left); err != nil || !slices.Equal(before, after) {
		t.Errorf("D2 those left were\n%v\nand are\n%v %v", before, after, err)
	}

	t.Run("D2 one that is asked for twice", func(t *testing.T) {
		if _, got := claimMany(t, r, keys[5], keys[5], keys[5]); len(got) != 1 {
			t.Errorf("it was got %d times", len(got))
		}
	})
	t.Run("D2 one that another is taking", func(t *testing.T) {
		alter(t, r, "sending_since = NULL", keys[4], keys[5])
		tx := r.db.MustBegin()
		defer func() { _ = tx.Rollback() }()
		tx.MustExec(`SELECT FROM merchant_webhooks.delivery WHERE delivery_serial = $1 FOR NO KEY UPDATE`, keys[4].Delivery)
		if _, got := claimMany(t, r, keys[4], keys[5]); !slices.Equal(got, keys[5:]) {
			t.Errorf("it got %v", got)
		}
	})
}

// TestD2_ClaimTouchesNoIndex holds that PostgreSQL can write what is claimed beside
// what it was: no index changes then, and nothing is left to vacuum.
func TestD2_ClaimTouchesNoIndex(t *testing.T) {
	r, keys := sending(t, 5)
	tx := r.db.MustBegin()
	defer func() { _ = tx.Rollback() }()
	var instances, deliveries pq.Int64Array
	for _, k := range keys {
		instances, deliveries = append(instances, k.Instance), append(deliveries, k.Delivery)
	}
	n := 0
	for _, s := range []struct {
		statement *statement
		args      []any
	}{
		{r.delivery.claimMany, []any{instances[1:], deliveries[1:]}},
		{r.delivery.claim, []any{keys[0].Instance, keys[0].Delivery, 0}},
	} {
		if err := r.each(t.Context(), tx.Tx, s.statement, s.args, func(*sql.Rows) error { n++; return nil }); err != nil {
			t.Fatal(err)
		}
	}
	var beside int
	if err := tx.Get(&beside, `SELECT pg_stat_get_xact_tuples_hot_updated('merchant_webhooks.delivery'::regclass)`); err != nil {
		t.Fatal(err)
	}
	if n != len(keys) || beside != len(keys) {
		t.Errorf("D2 of %d that are claimed %d are written beside what they were, want %d", n, beside, len(keys))
	}
}

// TestD2ManyClaimWins lets many processes claim the same deliveries at once, in
// any order.
func TestD2ManyClaimWins(t *testing.T) {
	const processes = 8
	r, keys := sending(t, 40)
	ctx := within(t)
	for range 5 {
		alter(t, r, "sending_since = NULL", keys...)
		won := make(chan []Key)
		for range processes {
			mine := slices.Clone(keys)
			rand.Shuffle(len(mine), func(i, j int) { mine[i], mine[j] = mine[j], mine[i] })
			go func() {
				var all []Key
				for part := range slices.Chunk(mine, 7) {
					claims, err := r.ClaimMany(ctx, part)
					if err != nil {
						t.Error(err)
					}
					for _, c := range claims {
						all = append(all, c.Key)
					}
				}
				won <- all
			}()
		}
		times := map[Key]int{}
		for range processes {
			for _, k := range <-won {
				times[k]++
			}
		}
		for _, k := range keys {
			is := at(t, r, k)
			if n := times[k]; n > 1 || (n == 1) != is.IsSending { // each may have skipped what another just held
				t.Errorf("%v is claimed %d times, and is %+v", k, n, is)
			}
		}
	}
}

// TestD2ClaimManyUnread: a row that can not be read is an error, as where the time
// of the statement ends between two rows. A worker asks beside its jobs, where a
// panic ends the host.
func TestD2ClaimManyUnread(t *testing.T) {
	r := fresh(t)
	create(t, r, "admin", sample)
	keys := emit(t, r, "admin", nil)
	r.delivery.claimMany = newStatement(strings.Replace(claimManySQL, "SELECT c.place,", "SELECT NULL::bigint,", 1), r.schema)
	claims, err := r.ClaimMany(within(t), keys)
	if claims != nil {
		t.Errorf("claimed %v", claims)
	}
	want(t, err, webhook.CodeDBStoreFailed, "")
}
