package repo

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

func TestD6_Why(t *testing.T) {
	r := fresh(t)
	ctx := t.Context()
	create(t, r, "admin", sample, named(sample, "silent"), named(others[0].webhook, "refunds"))
	create(t, r, "sandbox", sample)
	why := func(t *testing.T, order string) map[string]Answer {
		t.Helper()
		answers, err := r.Why(ctx, "admin", order)
		if err != nil {
			t.Fatal(err)
		}
		byID := map[string]Answer{}
		for _, a := range answers {
			byID[a.WebhookID] = a
		}
		if len(byID) != len(answers) {
			t.Fatalf("a webhook stands twice in %+v", answers)
		}
		return byID
	}
	noon := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	t.Run("D6 nothing is known, and nothing was ever sent", func(t *testing.T) {
		a := why(t, "o1")
		if len(a) != 1 || a[""].DeliveryID != "" || a[""].Facts.HasDelivery || !near(a[""].Facts.Now, time.Now()) || !a[""].Facts.OldestLog.IsZero() {
			t.Errorf("it is %+v", a)
		}
	})
	file(t, r, filing{instance: "sandbox", order: "o1"})
	first, _ := file(t, r, filing{order: "o0"})
	t.Run("C9 D6 another instance's order is not known", func(t *testing.T) {
		r.db.MustExec(`UPDATE merchant_webhooks.delivery SET created_at = '2026-11-01T00:00:00Z' WHERE delivery_serial = $1`, first.Delivery)
		a := why(t, "o1")
		if len(a) != 1 || a[""].Facts.HasDelivery || !a[""].Facts.OldestLog.Equal(time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)) {
			t.Errorf("it is %+v", a)
		}
	})
	file(t, r, filing{order: "o1", at: noon, set: isDelivered})
	_, before := file(t, r, filing{order: "o1", at: noon.Add(time.Hour), set: `attempt_count = 3, tries = 2, lane = 2`})
	file(t, r, filing{order: "o1", at: noon.Add(-time.Hour), event: "order_created"})
	_, newestID := file(t, r, filing{order: "o1", at: noon.Add(time.Minute), set: `attempt_count = 5, tries = 1`})
	t.Run("D6 a webhook's last delivery of the order", func(t *testing.T) {
		a := why(t, "o1")
		f := a[sample.ID].Facts
		if len(a) != 3 || a[sample.ID].DeliveryID != newestID || newestID == before || !f.HasDelivery || f.State != "pending" || f.Attempts != 5 || f.Tries != 1 || f.Host != "shop.example" {
			t.Errorf("it is %+v", a[sample.ID])
		}
	})
	t.Run("D6 a webhook without one: which events there were, and the one that it listens to", func(t *testing.T) {
		a := why(t, "o1")["silent"]
		f := a.Facts
		if a.DeliveryID != "" || f.HasDelivery || !slices.Equal(f.OrderEvents, []string{"pay", "order_created"}) || f.WebhookEvent != "pay" ||
			!f.EventAt.Equal(noon.Add(time.Hour)) || !near(f.WebhookMade, time.Now()) || !f.OldestLog.IsZero() {
			t.Errorf("it is %+v", f)
		}
	})
	t.Run("D6 a webhook that listens to something else", func(t *testing.T) {
		f := why(t, "o1")["refunds"].Facts
		if f.HasDelivery || !slices.Equal(f.OrderEvents, []string{"pay", "order_created"}) || f.WebhookEvent != "refund" || !f.EventAt.IsZero() {
			t.Errorf("it is %+v", f)
		}
	})
	t.Run("D6 an event that was reported before it happened counts from its report", func(t *testing.T) {
		file(t, r, filing{order: "early", at: time.Now().Add(time.Hour)})
		if f := why(t, "early")["silent"].Facts; !near(f.EventAt, time.Now()) {
			t.Errorf("it is %+v", f)
		}
	})
	t.Run("D6 the last of several attempts", func(t *testing.T) {
		k, _ := file(t, r, filing{order: "tried", set: `attempt_count = 2, tries = 2`})
		tried(t, r, k, 1, noon, "first")
		tried(t, r, k, 2, noon.Add(time.Minute), "second")
		if f := why(t, "tried")[sample.ID].Facts; !f.LastAt.Equal(noon.Add(time.Minute)) {
			t.Errorf("it is %+v", f)
		}
	})
	t.Run("D6 how many go before it in its lane", func(t *testing.T) {
		for order, ago := range map[string]string{"before": "2 min", "queued": "1 min", "behind": "0"} {
			file(t, r, filing{order: order, set: `lane = 1, due_at = now() - interval '` + ago + `'`})
		}
		if f := why(t, "queued")[sample.ID].Facts; f.Lane != 1 || f.Ahead != 1 {
			t.Errorf("it is %+v", f)
		}
	})
	t.Run("C8 D6 an unknown instance", func(t *testing.T) {
		_, err := r.Why(ctx, "nobody", "o1")
		want(t, err, webhook.CodeInstanceUnknown, "nobody")
	})
	t.Run("D6 of more than 200 webhooks, those that have a delivery first", func(t *testing.T) {
		fill(t, r, "admin", 250)
		file(t, r, filing{hook: fmt.Sprint("filled ", 249), order: "o1"})
		answers, err := r.Why(ctx, "admin", "o1")
		if err != nil || len(answers) != 200 {
			t.Fatalf("%d answers, %v", len(answers), err)
		}
		for i, a := range answers {
			if (a.DeliveryID != "") != (i < 2) {
				t.Errorf("the answer %d is %+v", i, a)
			}
		}
		for i := range 201 {
			file(t, r, filing{hook: fmt.Sprint("filled ", i+1), order: "many"})
		}
		if a := why(t, "many"); len(a) != 200 || a["filled 201"].DeliveryID != "" {
			t.Errorf("%d answers, of the last %+v", len(a), a["filled 201"])
		}
	})
	t.Run("D6 no webhook is left", func(t *testing.T) {
		r.db.MustExec(`DELETE FROM merchant_webhooks.webhook`)
		if a := why(t, "o1"); len(a) != 0 {
			t.Errorf("it is %+v", a)
		}
	})
}
