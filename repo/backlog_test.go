package repo

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

func TestO1Backlog(t *testing.T) {
	modes(t, func(t *testing.T, r *Repo) {
		create(t, r, "admin", sample, named(sample, "b"), named(sample, "c"))
		var keys []Key
		for range 7 {
			keys = append(keys, emit(t, r, "admin", nil)...)
		}
		alter(t, r, "due_at = now() - interval '3 minutes', receiver = 'b:443'", keys[0])
		take(t, r, keys[1])
		take(t, r, keys[2])
		alter(t, r, "due_at = now() + interval '1 minute'", keys[3], keys[12], keys[13])
		alter(t, r, "lane = 1, due_at = now() - interval '2 minutes', receiver = 'b:443'", keys[4])
		alter(t, r, "lane = 1, due_at = now() - interval '1 minute', receiver = 'a:443'", keys[5])
		alter(t, r, "lane = 1, due_at = now() - interval '1 minute', receiver = 'c:443'", keys[14])
		alter(t, r, "lane = 1, due_at = now() + interval '1 minute', receiver = 'b:443'", keys[6])
		alter(t, r, "lane = 2", keys[7:11]...)
		const done = "state = 'delivered', finished_at = now(), receiver = 'b:443', "
		alter(t, r, done+"due_at = now() - interval '5 minutes'", keys[11])
		alter(t, r, done+"due_at = now() - interval '5 minutes', lane = 1", keys[15])
		alter(t, r, done+"lane = 2", keys[16])
		alter(t, r, done+"due_at = now() + interval '1 minute'", keys[17])
		alter(t, r, "due_at = now() - interval '1 minute'", keys[18])
		alter(t, r, "due_at = now() + interval '1 minute'", keys[19:]...)
		r.db.MustExec(`UPDATE merchant_webhooks.webhook SET paused_at = now(), paused_reason = CASE webhook_id WHEN 'b' THEN 'gone' ELSE 'hand' END`)
		got, err := r.Backlog(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		near := func(what string, got, want time.Duration) {
			t.Helper()
			if got < want || got > want+time.Minute/2 {
				t.Errorf("%s is %v, want %v", what, got, want)
			}
		}
		near("the oldest due", got.OldestDue, 3*time.Minute)
		near("the oldest parked", got.OldestParked, 2*time.Minute)
		got.OldestDue, got.OldestParked = 0, 0
		if want := "{2 2 5 4 4 0s 0s map[failing:0 gone:1 hand:2]}"; fmt.Sprint(got) != want {
			t.Errorf("it is %v, want %s", got, want)
		}
		few := Backlog{Paused: map[string]int{}} // the first two of each
		if err := r.each(t.Context(), nil, r.delivery.backlog, []any{2}, few.scan); err != nil {
			t.Fatal(err)
		}
		near("the oldest due", few.OldestDue, 3*time.Minute)
		few.OldestDue, few.OldestParked = 0, 0
		if want := "{2 0 2 2 2 0s 0s map[gone:1 hand:1]}"; fmt.Sprint(few) != want {
			t.Errorf("of two each it is %v, want %s", few, want)
		}
	})
}

func TestO1BacklogFaults(t *testing.T) {
	r := fresh(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.Backlog(ctx); err == nil {
		t.Error("it counts after the end of its time")
	}
	r.db.MustExec("DROP TABLE merchant_webhooks.delivery CASCADE")
	_, err := r.Backlog(t.Context())
	want(t, err, webhook.CodeDBFetchFailed, "")
}
