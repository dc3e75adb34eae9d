package repo

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// remakes gives the serials of what can be made anew.
func remakes(t *testing.T, r *Repo, a Again, waiting bool, after int64, limit int) (serials []int64) {
	t.Helper()
	w, ms, err := r.Remakes(t.Context(), nil, "admin", sample.ID, a, waiting, after, limit)
	if err != nil {
		t.Fatal(err)
	}
	if stored, err := r.GetStored(t.Context(), "admin", sample.ID); err != nil || w != stored {
		t.Errorf("the webhook is %+v, want %+v, %v", w, stored, err)
	}
	for _, m := range ms {
		if serials = append(serials, m.Delivery); m.EventData != `{"order_id":"o"}` {
			t.Errorf("its data are %q", m.EventData)
		}
	}
	return serials
}

func TestD6_Remakes(t *testing.T) {
	r := fresh(t)
	ctx := t.Context()
	create(t, r, "admin", sample, named(sample, "other"))
	create(t, r, "sandbox", sample)
	noon := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	var keys []Key
	var ids []string
	for i, columns := range []string{isFailed, isDelivered, isNotMade, "lane = 1", "sending_since = now()", isFailed, isFailed + ", erased_at = now()", isDelivered + ", erased_at = now()"} {
		file(t, r, filing{order: "o", instance: "sandbox", set: columns})
		file(t, r, filing{order: "another's", hook: "other", set: columns})
		k, id := file(t, r, filing{order: "o", at: noon.Add(time.Duration(i) * time.Hour), set: columns + `, queued_at = now() - interval '1 hour'`})
		keys, ids = append(keys, k), append(ids, id)
	}
	r.db.MustExec(`
		UPDATE merchant_webhooks.event AS e SET data = NULL FROM merchant_webhooks.delivery AS d
		WHERE (d.instance_serial, d.event_serial) = (e.instance_serial, e.event_serial) AND erased_at IS NOT NULL`)
	check := func(t *testing.T, got []int64, wanted ...int) {
		t.Helper()
		var serials []int64
		for _, i := range wanted {
			serials = append(serials, keys[i].Delivery)
		}
		if !slices.Equal(got, serials) {
			t.Errorf("got %v, want %v", got, serials)
		}
	}
	t.Run("D6 C9 those that failed, those that were not made too", func(t *testing.T) {
		check(t, remakes(t, r, Again{}, false, 0, 100), 0, 2, 5)
	})
	t.Run("D6 delivered ones too", func(t *testing.T) {
		check(t, remakes(t, r, Again{All: true}, false, 0, 100), 0, 1, 2, 5)
	})
	t.Run("D6 in steps", func(t *testing.T) {
		check(t, remakes(t, r, Again{All: true}, false, 0, 1), 0)
		check(t, remakes(t, r, Again{All: true}, false, 0, 3), 0, 1, 2)
		check(t, remakes(t, r, Again{All: true}, false, keys[1].Delivery, 3), 2, 5)
		check(t, remakes(t, r, Again{All: true}, false, keys[2].Delivery, 3), 5)
		check(t, remakes(t, r, Again{All: true}, false, keys[5].Delivery, 3))
	})
	t.Run("D9 in a time, not queued since", func(t *testing.T) {
		check(t, remakes(t, r, Again{All: true, From: noon.Add(time.Hour), To: noon.Add(5 * time.Hour)}, false, 0, 100), 1, 2)
		check(t, remakes(t, r, Again{All: true, From: noon.Add(2 * time.Hour), To: noon.Add(5 * time.Hour)}, false, 0, 100), 2)
		check(t, remakes(t, r, Again{All: true, From: noon.Add(90 * time.Minute)}, false, 0, 100), 2, 5)
		check(t, remakes(t, r, Again{All: true, To: noon.Add(time.Hour)}, false, 0, 100), 0)
		check(t, remakes(t, r, Again{All: true, NotSince: time.Now().Add(-2 * time.Hour)}, false, 0, 100))
		check(t, remakes(t, r, Again{NotSince: time.Now().Add(-2 * time.Hour)}, false, 0, 100))
	})
	t.Run("D6 one alone, whatever its state, but what is being sent and what was erased", func(t *testing.T) {
		for i := range keys {
			var wanted []int
			if i != 4 && i < 6 {
				wanted = []int{i}
			}
			check(t, remakes(t, r, Again{DeliveryID: ids[i]}, false, 0, 100), wanted...)
			check(t, remakes(t, r, Again{DeliveryID: ids[i]}, false, keys[i].Delivery, 100))
		}
	})
	t.Run("D13 those that wait, with other settings", func(t *testing.T) {
		check(t, remakes(t, r, Again{}, true, 0, 100))
		want(t, r.Update(ctx, "admin", others[1].webhook), none, "")
		late, _ := file(t, r, filing{order: "o"})
		check(t, remakes(t, r, Again{}, true, 0, 100), 3)
		check(t, remakes(t, r, Again{}, true, keys[3].Delivery, 100))
		check(t, remakes(t, r, Again{}, false, 0, 100), 0, 2, 5)
		check(t, remakes(t, r, Again{DeliveryID: ids[0]}, true, 0, 100), 0)
		check(t, remakes(t, r, Again{DeliveryID: ids[0], All: true}, false, 0, 100), 0)
		set(t, r, late, isDelivered)
	})
	t.Run("C8 C9 D6 unknown ones", func(t *testing.T) {
		_, theirs := file(t, r, filing{instance: "sandbox"})
		for _, id := range []string{theirs, "msg_1", fmt.Sprintf("msg_%d_ffffffffffffffff", keys[0].Delivery)} {
			_, _, err := r.Remakes(ctx, nil, "admin", sample.ID, Again{DeliveryID: id}, false, 0, 1)
			wantDelivery(t, err, id)
		}
		_, _, err := r.Remakes(ctx, nil, "nobody", sample.ID, Again{}, true, 0, 1)
		want(t, err, webhook.CodeInstanceUnknown, "nobody")
		_, _, err = r.Remakes(ctx, nil, "admin", "missing", Again{}, true, 0, 1)
		want(t, err, webhook.CodeWebhookUnknown, "missing")
	})
}

func TestD13_Remade(t *testing.T) {
	r := fresh(t)
	ctx := t.Context()
	create(t, r, "admin", sample)
	request := webhook.Request{
		Method: "PUT", URL: "https://new.example/", Receiver: "new.example:443",
		Headers: []webhook.Header{{Name: "X-New", Value: "1"}}, Body: []byte("new"),
	}
	waits, id := file(t, r, filing{set: `lane = 2, tries = 3`})
	failed, _ := file(t, r, filing{set: isFailed})
	broken, brokenID := file(t, r, filing{})
	sending, _ := file(t, r, filing{set: `sending_since = now()`})
	gone, _ := file(t, r, filing{set: isFailed + `, erased_at = now(), headers = NULL, body = NULL`})
	done, _ := file(t, r, filing{set: isDelivered})
	sent, _ := file(t, r, filing{set: isDelivered})
	refused, _ := file(t, r, filing{set: isFailed})
	never, _ := file(t, r, filing{set: isNotMade})
	kept := map[Key]state{}
	for _, k := range []Key{sending, gone, done, sent, refused} {
		kept[k] = stateOf(t, r, k)
	}
	failure := webhook.Say("delivery.body_not_made")
	want(t, r.Remade(ctx, nil, 7, []Made{
		{Key: waits, Request: request, Waiting: true},
		{Key: failed, Request: request},
		{Key: broken, Request: webhook.Request{Method: "PUT", URL: "https://new.example/", Receiver: "new.example:443"}, Failure: failure, Waiting: true},
		{Key: sending, Request: request},
		{Key: gone, Request: request},
		{Key: done, Request: request, Waiting: true}, // it waited when it was read
		{Key: sent, Failure: failure},
		{Key: refused, Failure: failure},
		{Key: never, Failure: webhook.Say("delivery.headers_not_made")},
	}), none, "")
	t.Run("D13 a new request, with the same webhook-id and where it was", func(t *testing.T) {
		if s := stateOf(t, r, waits); s != (state{State: "pending", Lane: 2, Tries: 3, Due: true, Body: "new"}) {
			t.Errorf("it is %+v", s)
		}
		d, err := r.GetDelivery(ctx, "admin", sample.ID, id)
		if err != nil || d.Request.Method != "PUT" || d.Request.URL != request.URL || d.Request.Receiver != request.Receiver || !slices.Equal(d.Request.Headers, request.Headers) {
			t.Errorf("its request is %+v, %v", d.Request, err)
		}
		if n := number(t, r.db, `SELECT webhook_version FROM merchant_webhooks.delivery WHERE delivery_serial = $1`, waits.Delivery); n != 7 {
			t.Errorf("it was made with version %d", n)
		}
	})
	t.Run("D6 one that failed stays failed until it is queued", func(t *testing.T) {
		if s := stateOf(t, r, failed); s.State != "failed" || s.Body != "new" || webhook.DecodeMessage(s.Failure).Key != "given.up" {
			t.Errorf("it is %+v", s)
		}
	})
	t.Run("D7 one that can not be made fails", func(t *testing.T) {
		if s := stateOf(t, r, broken); s.State != "failed" || !s.Finished || s.Body != "-" || webhook.DecodeMessage(s.Failure).Key != failure.Key {
			t.Errorf("it is %+v", s)
		}
		d, err := r.GetDelivery(ctx, "admin", sample.ID, brokenID)
		if err != nil || len(d.Request.Headers) != 0 || d.Request.Body != nil {
			t.Errorf("its request is %+v, %v", d.Request, err)
		}
	})
	t.Run("D7 one that could not be made before says why it can not now", func(t *testing.T) {
		if s := stateOf(t, r, never); s.State != "failed" || webhook.DecodeMessage(s.Failure).Key != "delivery.headers_not_made" {
			t.Errorf("it is %+v", s)
		}
	})
	t.Run("D6 D9 D13 what is being sent, was erased, is over, or was sent and can not be made now, stays", func(t *testing.T) {
		for k, was := range kept {
			if s := stateOf(t, r, k); s != was {
				t.Errorf("it was %+v and is %+v", was, s)
			}
		}
	})
	t.Run("D13 none", func(t *testing.T) { want(t, r.Remade(ctx, nil, 7, nil), none, "") })
}
