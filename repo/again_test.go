package repo

import (
	"fmt"
	"testing"
	"time"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// requeue queues again and gives the deliveries' serials and the number.
func requeue(t testing.TB, r *Repo, a Again) (serials []int64, count int) {
	t.Helper()
	q, err := r.Requeue(t.Context(), nil, "admin", a)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range q.Keys {
		serials = append(serials, k.Delivery)
	}
	return serials, q.Count
}

func TestD6_SendOneAgain(t *testing.T) {
	r := fresh(t)
	ctx := t.Context()
	create(t, r, "admin", sample, named(sample, "other"))
	create(t, r, "sandbox", sample)
	for name, columns := range map[string]string{
		"delivered": isDelivered, "failed": isFailed, "held by a pause": `lane = 2, tries = 3, due_at = now() + interval '1 hour'`,
		"waiting in a lane": `lane = 1, tries = 3, due_at = now() + interval '1 hour'`, "waiting for its next try": `tries = 3, due_at = now() + interval '1 hour'`,
	} {
		t.Run("D6 "+name, func(t *testing.T) {
			k, id := file(t, r, filing{order: "o", set: columns + `, queued_at = now() - interval '1 hour'`})
			wanted := state{State: "pending", Forced: true, Due: true, Body: stateOf(t, r, k).Body}
			if stateOf(t, r, k).State == "pending" {
				wanted.Tries = 3 // the schedule goes on
			}
			q, err := r.Requeue(ctx, nil, "admin", Again{WebhookID: sample.ID, DeliveryID: id, NotSince: time.Now()})
			if err != nil || q.Count != 1 || len(q.Keys) != 1 || q.Keys[0] != k {
				t.Errorf("queued are %+v, %v", q, err)
			}
			if s := stateOf(t, r, k); s != wanted {
				t.Errorf("it is %+v, want %+v", s, wanted)
			}
		})
	}
	t.Run("D6 one that is being sent stays as it is", func(t *testing.T) {
		k, id := file(t, r, filing{set: `sending_since = now(), tries = 3`})
		before := stateOf(t, r, k)
		if keys, count := requeue(t, r, Again{WebhookID: sample.ID, DeliveryID: id}); len(keys) != 0 || count != 0 {
			t.Errorf("queued are %v, %d", keys, count)
		}
		if s := stateOf(t, r, k); s != before {
			t.Errorf("it was %+v and is %+v", before, s)
		}
	})
	t.Run("D9 pressed twice, it is queued once", func(t *testing.T) {
		k, id := file(t, r, filing{set: isFailed + `, queued_at = now() - interval '1 hour'`})
		a := Again{WebhookID: sample.ID, DeliveryID: id, NotSince: time.Now()}
		requeue(t, r, a)
		set(t, r, k, isDelivered)
		if keys, count := requeue(t, r, a); len(keys) != 0 || count != 0 || stateOf(t, r, k).State != "delivered" {
			t.Errorf("queued are %v, %d", keys, count)
		}
	})
	t.Run("D7 D10 one that was not made, or erased", func(t *testing.T) {
		k, id := file(t, r, filing{set: isNotMade})
		_, err := r.Requeue(ctx, nil, "admin", Again{WebhookID: sample.ID, DeliveryID: id})
		want(t, err, webhook.CodeForbidden, id)
		wantMessage(t, err, "delivery.not_made")
		set(t, r, k, `erased_at = now()`)
		_, err = r.Requeue(ctx, nil, "admin", Again{WebhookID: sample.ID, DeliveryID: id})
		want(t, err, webhook.CodeForbidden, id)
		wantMessage(t, err, "delivery.erased")
		if s := stateOf(t, r, k); s.State != "failed" {
			t.Errorf("it is %+v", s)
		}
	})
	t.Run("C8 C9 D6 unknown ones", func(t *testing.T) {
		k, theirs := file(t, r, filing{instance: "sandbox", set: isFailed})
		ours, id := file(t, r, filing{set: isFailed})
		for _, a := range []Again{
			{WebhookID: sample.ID, DeliveryID: theirs},
			{WebhookID: "other", DeliveryID: id},
			{WebhookID: sample.ID, DeliveryID: "msg_1"},
			{WebhookID: sample.ID, DeliveryID: fmt.Sprintf("msg_%d_ffffffffffffffff", ours.Delivery)},
		} {
			_, err := r.Requeue(ctx, nil, "admin", a)
			wantDelivery(t, err, a.DeliveryID)
		}
		_, err := r.Requeue(ctx, nil, "nobody", Again{WebhookID: sample.ID, DeliveryID: id})
		want(t, err, webhook.CodeInstanceUnknown, "nobody")
		_, err = r.Requeue(ctx, nil, "admin", Again{WebhookID: "missing", DeliveryID: id})
		want(t, err, webhook.CodeWebhookUnknown, "missing")
		if stateOf(t, r, k).State != "failed" || stateOf(t, r, ours).State != "failed" {
			t.Error("one is queued")
		}
	})
}

func TestD9_Recover(t *testing.T) {
	noon := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	// filed has deliveries of which some failed, theirs like them.
	filed := func(t *testing.T) (*Repo, []Key, []Key) {
		r := fresh(t)
		create(t, r, "admin", sample, named(sample, "other"))
		create(t, r, "sandbox", sample)
		var ours, theirs []Key
		for _, f := range []filing{
			{at: noon, set: isFailed},
			{at: noon.Add(time.Hour), set: isFailed},
			{at: noon.Add(time.Hour), set: isDelivered},
			{at: noon.Add(time.Hour), set: `lane = 0, tries = 3`},
			{at: noon.Add(time.Hour), set: isNotMade},
			{at: noon.Add(time.Hour), set: isNotMade + `, erased_at = now()`},
			{at: noon.Add(time.Hour), hook: "other", set: isFailed},
			{at: noon.Add(2 * time.Hour), set: isFailed},
		} {
			f.set += `, queued_at = now() - interval '1 hour'`
			k, _ := file(t, r, f)
			f.instance, f.hook = "sandbox", ""
			their, _ := file(t, r, f)
			ours, theirs = append(ours, k), append(theirs, their)
		}
		r.db.MustExec(`
			UPDATE merchant_webhooks.event AS e SET data = NULL
			FROM merchant_webhooks.delivery AS d
			WHERE (d.instance_serial, d.event_serial) = (e.instance_serial, e.event_serial) AND erased_at IS NOT NULL`)
		return r, ours, theirs
	}
	for _, c := range []struct {
		name  string
		again Again
		want  []int
		more  int // with those that can be made anew
	}{
		{"all that failed", Again{}, []int{0, 1, 6, 7}, 5},
		{"a webhook's that failed", Again{WebhookID: sample.ID}, []int{0, 1, 7}, 4},
		{"all, delivered ones too", Again{All: true}, []int{0, 1, 2, 6, 7}, 6},
		{"from a time on", Again{From: noon.Add(time.Hour)}, []int{1, 6, 7}, 4},
		{"from a time on, that of a delivered one", Again{All: true, From: noon.Add(time.Hour)}, []int{1, 2, 6, 7}, 5},
		{"until a time, itself not", Again{To: noon.Add(time.Hour)}, []int{0}, 1},
		{"from a time on, delivered ones too", Again{All: true, From: noon.Add(90 * time.Minute)}, []int{7}, 1},
		{"until a time, delivered ones too", Again{All: true, To: noon.Add(time.Hour)}, []int{0}, 1},
		{"in a time, of a webhook, all", Again{WebhookID: sample.ID, From: noon.Add(time.Minute), To: noon.Add(2 * time.Hour), All: true}, []int{1, 2}, 3},
		{"none", Again{From: noon.Add(3 * time.Hour)}, nil, 0},
	} {
		t.Run("D9 C9 "+c.name, func(t *testing.T) {
			r, ours, theirs := filed(t)
			var wanted []int64
			meant := map[Key]bool{}
			for _, i := range c.want {
				wanted, meant[ours[i]] = append(wanted, ours[i].Delivery), true
			}
			before := map[Key]state{}
			for _, k := range append(ours, theirs...) {
				before[k] = stateOf(t, r, k)
			}
			if n, _, err := r.CountAgain(t.Context(), "admin", c.again); err != nil || n != len(wanted) {
				t.Errorf("%d are counted, want %d, %v", n, len(wanted), err)
			}
			rebuild := c.again
			rebuild.Rebuild = true
			if n, _, err := r.CountAgain(t.Context(), "admin", rebuild); err != nil || n != c.more {
				t.Errorf("%d are counted to make anew, want %d, %v", n, c.more, err)
			}
			got, count := requeue(t, r, c.again)
			if fmt.Sprint(got) != fmt.Sprint(wanted) || count != len(wanted) {
				t.Errorf("queued are %v, %d, want %v, oldest first", got, count, wanted)
			}
			for k, was := range before {
				wanted := was
				if meant[k] {
					wanted = state{State: "pending", Lane: 1, Due: true, Body: was.Body}
				}
				if s := stateOf(t, r, k); s != wanted {
					t.Errorf("%v was %+v and is %+v, want %+v", k, was, s, wanted)
				}
			}
		})
	}
	t.Run("D9 C9 the webhooks whose deliveries are meant", func(t *testing.T) {
		r, ours, _ := filed(t)
		for _, c := range []struct {
			again Again
			other string // what the other's is
			want  string
		}{
			{Again{}, isFailed, "[" + sample.ID + " other]"},
			{Again{WebhookID: "other"}, isFailed, "[other]"},
			{Again{To: noon.Add(time.Hour)}, isFailed, "[" + sample.ID + "]"},
			{Again{From: noon.Add(3 * time.Hour)}, isFailed, "[]"},
			{Again{WebhookID: "other", From: noon.Add(time.Hour)}, isFailed, "[other]"},
			{Again{WebhookID: "other", From: noon.Add(61 * time.Minute)}, isFailed, "[]"},
			{Again{WebhookID: "other", To: noon.Add(61 * time.Minute)}, isFailed, "[other]"},
			{Again{WebhookID: "other", To: noon.Add(time.Hour)}, isFailed, "[]"},
			{Again{WebhookID: "other", NotSince: time.Now().Add(-2 * time.Hour)}, isFailed, "[]"},
			{Again{WebhookID: "other"}, isDelivered + ", failure = NULL", "[]"},
			{Again{WebhookID: "other", All: true}, isDelivered, "[other]"},
			{Again{WebhookID: "other", All: true}, "state = 'pending', finished_at = NULL", "[]"},
		} {
			set(t, r, ours[6], c.other)
			if ids, at, err := r.HooksAgain(t.Context(), "admin", c.again); err != nil || fmt.Sprint(ids) != c.want || !near(at, time.Now()) {
				t.Errorf("of %+v they are %v at %v, want %v, %v", c.again, ids, at, c.want, err)
			}
		}
	})
	t.Run("D9 until a serial, itself too", func(t *testing.T) {
		r, ours, _ := filed(t)
		if got, _ := requeue(t, r, Again{UpTo: ours[1].Delivery}); fmt.Sprint(got) != fmt.Sprint([]int64{ours[0].Delivery, ours[1].Delivery}) {
			t.Errorf("queued are %v", got)
		}
	})
	t.Run("D9 pressed twice, nothing is queued twice", func(t *testing.T) {
		r, ours, _ := filed(t)
		a := Again{All: true, NotSince: time.Now()}
		requeue(t, r, a)
		set(t, r, ours[0], isDelivered) // meanwhile
		if n, _, err := r.CountAgain(t.Context(), "admin", a); err != nil || n != 0 {
			t.Errorf("%d are counted, %v", n, err)
		}
		if got, count := requeue(t, r, a); len(got) != 0 || count != 0 {
			t.Errorf("queued are %v, %d", got, count)
		}
		a.NotSince = time.Time{}
		if _, count := requeue(t, r, a); count != 1 {
			t.Errorf("later %d are queued, want 1", count)
		}
	})
	t.Run("D9 pressed by many at once, each is queued once", func(t *testing.T) {
		for _, isolation := range isolations {
			repos := isolated(t, isolation)
			create(t, repos[0], "admin", sample)
			crowd(t, repos[0], "admin", sample.ID, 100, isFailed)
			counts := make([]int, clients)
			for _, err := range together(func(client int) (err error) {
				q, err := repos[client%2].Requeue(within(t), nil, "admin", Again{})
				counts[client] = q.Count
				return err
			}) {
				want(t, err, none, "")
			}
			sum := 0
			for _, n := range counts {
				sum += n
			}
			if sum != 100 {
				t.Errorf("%s: %d are queued, want 100", isolation, sum)
			}
		}
	})
	t.Run("D8 D9 a pause holds them", func(t *testing.T) {
		r, ours, _ := filed(t)
		if _, err := r.Pause(t.Context(), "admin", sample.ID); err != nil {
			t.Fatal(err)
		}
		got, count := requeue(t, r, Again{})
		if len(got) != 1 || got[0] != ours[6].Delivery || count != 4 {
			t.Errorf("queued are %v, %d", got, count)
		}
		if s := stateOf(t, r, ours[0]); s.State != "pending" || s.Lane != 2 || s.Forced {
			t.Errorf("it is %+v", s)
		}
	})
	t.Run("D9 keys of the first 1,000, all are queued", func(t *testing.T) {
		r := fresh(t)
		create(t, r, "admin", sample)
		crowd(t, r, "admin", sample.ID, 1200, isFailed)
		got, count := requeue(t, r, Again{})
		if len(got) != 1000 || count != 1200 {
			t.Errorf("%d keys, %d", len(got), count)
		}
		if n := number(t, r.db, `SELECT count(*) FROM merchant_webhooks.delivery WHERE state = 'pending' AND lane = 1 AND delivery_serial <= $1`, got[999]); n != 1000 {
			t.Errorf("the keys are not those of the oldest: %d", n)
		}
	})
	t.Run("D9 in steps of 10,000, the oldest first; D14 of as many that are overdue too the oldest is told", func(t *testing.T) {
		const n, each = 12_000, 10_000
		r := fresh(t)
		create(t, r, "admin", sample, named(sample, "other"))
		crowd(t, r, "admin", sample.ID, n/2, isFailed)
		crowd(t, r, "admin", "other", n/2, isDelivered)
		a := Again{All: true, Due: time.Now().Add(-time.Hour)}
		if count, _, err := r.CountAgain(t.Context(), "admin", a); err != nil || count != MaxCount+1 {
			t.Errorf("%d are counted, %v", count, err)
		}
		first, err := r.Requeue(t.Context(), nil, "admin", a)
		if err != nil || first.Count != each || first.Next == 0 {
			t.Fatalf("queued are %d until %d, %v", first.Count, first.Next, err)
		}
		if n := number(t, r.db, `SELECT count(*) FROM merchant_webhooks.delivery WHERE state = 'pending' AND delivery_serial <= $1 AND due_at = $2`, first.Next, a.Due); n != each {
			t.Errorf("they are not the oldest, or not due since then: %d", n)
		}
		a.After, a.UpTo, a.Except = first.Next, first.Next+3, []int64{first.Next + 2}
		if got, count := requeue(t, r, a); fmt.Sprint(got) != fmt.Sprint([]int64{first.Next + 1, first.Next + 3}) || count != 2 {
			t.Errorf("queued are %v", got)
		}
		a.UpTo, a.Except = 0, nil
		if rest, err := r.Requeue(t.Context(), nil, "admin", a); err != nil || rest.Count != n-each-2 || rest.Next != 0 {
			t.Errorf("the rest is %d until %d, %v", rest.Count, rest.Next, err)
		}
		r.db.MustExec(`UPDATE merchant_webhooks.delivery SET due_at = now() - interval '1 day' WHERE delivery_serial = (SELECT max(delivery_serial) FROM merchant_webhooks.delivery)`)
		if report, err := r.Overdue(t.Context(), nil); err != nil || report.Overdue != each || time.Since(report.OverdueSince) < 23*time.Hour {
			t.Errorf("overdue are %+v, %v", report, err)
		}
	})
	t.Run("C8 D9 unknown ones", func(t *testing.T) {
		r := fresh(t)
		create(t, r, "admin", sample)
		_, err := r.Requeue(t.Context(), nil, "nobody", Again{})
		want(t, err, webhook.CodeInstanceUnknown, "nobody")
		_, err = r.Requeue(t.Context(), nil, "admin", Again{WebhookID: "missing"})
		want(t, err, webhook.CodeWebhookUnknown, "missing")
		_, _, err = r.CountAgain(t.Context(), "nobody", Again{})
		want(t, err, webhook.CodeInstanceUnknown, "nobody")
		_, _, err = r.CountAgain(t.Context(), "admin", Again{WebhookID: "missing"})
		want(t, err, webhook.CodeWebhookUnknown, "missing")
		_, _, err = r.HooksAgain(t.Context(), "nobody", Again{})
		want(t, err, webhook.CodeInstanceUnknown, "nobody")
		_, _, err = r.HooksAgain(t.Context(), "admin", Again{WebhookID: "missing"})
		want(t, err, webhook.CodeWebhookUnknown, "missing")
	})
}
