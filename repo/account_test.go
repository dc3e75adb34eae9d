package repo

import (
	"reflect"
	"testing"
	"time"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

func TestD6_Account(t *testing.T) {
	r := fresh(t)
	ctx := t.Context()
	create(t, r, "admin", sample, named(sample, "empty"), named(sample, "other"))
	create(t, r, "sandbox", sample)
	noon := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for _, f := range []filing{
		{at: noon.Add(time.Hour), set: isDelivered},
		{at: noon},
		{at: noon.Add(-time.Hour), set: `lane = 2`},
		{set: isFailed},
		{set: `state = 'failed', failure = '{}', finished_at = now() - interval '25 hours'`},
		{set: isDelivered},
	} {
		file(t, r, f)
		f.instance = "sandbox"
		file(t, r, f)
	}
	_, last := file(t, r, filing{order: "last", set: isFailed})
	file(t, r, filing{instance: "sandbox"})
	file(t, r, filing{hook: "other"})
	account := func(t *testing.T, id string) Account {
		t.Helper()
		a, err := r.AccountOf(ctx, "admin", id)
		if err != nil {
			t.Fatal(err)
		}
		as, err := r.Accounts(ctx, "admin", []string{id})
		shown := Account{Waiting: a.Waiting, FailedToday: a.FailedToday, Last: a.Last, PausedAt: a.PausedAt, PausedReason: a.PausedReason}
		if err != nil || !reflect.DeepEqual(as[id], shown) {
			t.Errorf("in the list it is %+v, by itself %+v, %v", as[id], shown, err)
		}
		return a
	}
	t.Run("C9 D6 what waits, since when, what failed today, the last", func(t *testing.T) {
		a := account(t, sample.ID)
		if a.Waiting != 2 || !a.OldestWaiting.Equal(noon) || a.Total != 7 || a.FailedToday != 2 || a.LateSettings != 0 || a.Workers ||
			a.Last.ID != last || a.Last.WebhookID != sample.ID || a.Last.OrderID != "last" || a.Last.State != "failed" || a.Last.LastStatus != 503 ||
			!a.PausedAt.IsZero() || a.PausedReason != "" || !a.FailingSince.IsZero() || !a.NextProbe.IsZero() {
			t.Errorf("it is %+v", a)
		}
	})
	t.Run("D6 one that was never told anything", func(t *testing.T) {
		if a := account(t, "empty"); a.Last.ID != "" || a.Waiting != 0 || a.Total != 0 || a.FailedToday != 0 || !a.OldestWaiting.IsZero() {
			t.Errorf("it is %+v", a)
		}
	})
	t.Run("C9 D6 of many at once, those that are there", func(t *testing.T) {
		as, err := r.Accounts(ctx, "admin", []string{"empty", "missing", sample.ID})
		if err != nil || len(as) != 2 {
			t.Fatalf("they are %+v, %v", as, err)
		}
		if a := as[sample.ID]; a.Last.ID != last || a.Waiting != 2 || a.FailedToday != 2 || !a.PausedAt.IsZero() {
			t.Errorf("it is %+v", a)
		}
		if a := as["empty"]; a.Last.ID != "" || a.Waiting != 0 || a.FailedToday != 0 {
			t.Errorf("the empty one is %+v", a)
		}
		if as, err := r.Accounts(ctx, "admin", nil); err != nil || len(as) != 0 {
			t.Errorf("of none they are %+v, %v", as, err)
		}
	})
	t.Run("D8 its pause", func(t *testing.T) {
		r.db.MustExec(pausedItself)
		a := account(t, sample.ID)
		if !near(a.PausedAt, time.Now().Add(-time.Hour)) || a.PausedReason != "failing" || a.PausedAfter.Key != "x" || !near(a.FailingSince, time.Now().Add(-72*time.Hour)) || !near(a.NextProbe, time.Now()) {
			t.Errorf("it is %+v", a)
		}
		as, err := r.Accounts(ctx, "admin", []string{sample.ID})
		if a := as[sample.ID]; err != nil || !near(a.PausedAt, time.Now().Add(-time.Hour)) || a.PausedReason != "failing" {
			t.Errorf("in the list it is %+v, %v", a, err)
		}
	})
	t.Run("D13 what waits with other settings", func(t *testing.T) {
		want(t, r.Update(ctx, "admin", others[1].webhook), none, "")
		file(t, r, filing{})
		if a := account(t, sample.ID); a.LateSettings != 2 || a.Waiting != 3 {
			t.Errorf("it is %+v", a)
		}
	})
	t.Run("D6 somebody sends", func(t *testing.T) {
		r.db.MustExec(`INSERT INTO merchant_webhooks.worker VALUES ('a', now() - interval '31 seconds')`)
		if a := account(t, sample.ID); a.Workers {
			t.Error("one that was not seen for half a minute counts")
		}
		r.db.MustExec(`INSERT INTO merchant_webhooks.worker VALUES ('b', now())`)
		if a := account(t, sample.ID); !a.Workers {
			t.Error("nobody is seen")
		}
	})
	t.Run("C8 D6 unknown ones", func(t *testing.T) {
		_, err := r.AccountOf(ctx, "nobody", sample.ID)
		want(t, err, webhook.CodeInstanceUnknown, "nobody")
		_, err = r.AccountOf(ctx, "admin", "missing")
		want(t, err, webhook.CodeWebhookUnknown, "missing")
		_, err = r.Accounts(ctx, "nobody", []string{sample.ID})
		want(t, err, webhook.CodeInstanceUnknown, "nobody")
	})
	t.Run("D6 numbers are counted to 10,001", func(t *testing.T) {
		crowd(t, r, "admin", "empty", MaxCount+5, isFailed)
		if a := account(t, "empty"); a.FailedToday != MaxCount+1 || a.Total != MaxCount+1 {
			t.Errorf("it is %+v", a)
		}
		crowd(t, r, "admin", sample.ID, MaxCount+5, "")
		if a := account(t, sample.ID); a.Waiting != MaxCount+1 || a.LateSettings != 2 {
			t.Errorf("it is %+v", a)
		}
		want(t, r.Update(ctx, "admin", sample), none, "")
		if a := account(t, sample.ID); a.LateSettings != MaxCount+1 {
			t.Errorf("it is %+v", a)
		}
	})
}
