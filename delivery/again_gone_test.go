package delivery

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/seed-7c2cc908/merchant-webhooks/repo"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// isUnknown reports whether an error says that there is no such webhook.
func isUnknown(err error) bool {
	problem, is := errors.AsType[*webhook.Problem](err)
	return is && problem.Code == webhook.CodeWebhookUnknown
}

// TestD9_RecoverDeletedMeanwhile: a webhook that is deleted while all are
// recovered keeps nothing from the others.
func TestD9_RecoverDeletedMeanwhile(t *testing.T) {
	s := newShop(t)
	s.hook("gone", "http://127.0.0.1:1/")
	s.hook("kept", "http://127.0.0.1:1/")
	c := s.courier(nil)
	s.pay(c, "o")
	s.db.MustExec("UPDATE " + schema + ".delivery SET state = 'failed', failure = '{}', finished_at = now()")
	tx := s.db.MustBegin()
	defer func() { _ = tx.Rollback() }()
	tx.MustExec("DELETE FROM " + schema + ".webhook WHERE webhook_id = 'gone'")
	type recovered struct {
		count int
		err   error
	}
	done := make(chan recovered)
	go func() {
		count, err := c.Recover(t.Context(), "admin", repo.Again{}, true)
		done <- recovered{count, err}
	}()
	until(s, true, awaitsLock)
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if got := <-done; got.err != nil || got.count != 1 {
		t.Errorf("%d are sent again, %v, want that of the webhook which is kept", got.count, got.err)
	}
}

// TestD13_SentMeanwhile: what is sent while the waiting ones are made anew stays
// as it was sent.
func TestD13_SentMeanwhile(t *testing.T) {
	s := newShop(t)
	s.hook("hook", "http://127.0.0.1:1/old")
	c := s.courier(nil)
	s.pay(c, "o")
	if err := s.repo.Update(t.Context(), "admin", webhook.Webhook{ID: "hook", EventType: "pay", URL: "http://127.0.0.1:1/new", HTTPMethod: "POST"}); err != nil {
		t.Fatal(err)
	}
	tx := s.db.MustBegin()
	defer func() { _ = tx.Rollback() }()
	tx.MustExec("UPDATE " + schema + ".delivery SET state = 'delivered', finished_at = now()")
	done := make(chan error)
	go func() { done <- second(c.Rebuild(t.Context(), "admin", "hook")) }()
	until(s, true, awaitsLock)
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	if url := one[string](s, "SELECT url FROM webhooks.delivery"); url != "http://127.0.0.1:1/old" {
		t.Errorf("what was sent is said to have gone to %s", url)
	}
}

const awaitsLock = "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"

// TestD9_OfNoWebhook: what is asked of a webhook that is not there says so.
func TestD9_OfNoWebhook(t *testing.T) {
	s := newShop(t)
	c := s.courier(nil)
	for name, err := range map[string]error{
		"Rebuild": second(c.Rebuild(t.Context(), "admin", "hook")),
		"Pause":   c.Pause(t.Context(), "admin", "hook"),
		"Resume":  c.Resume(t.Context(), "admin", "hook", false),
		"Delete":  c.Delete(t.Context(), "admin", "hook"),
		"rotate":  c.RotateSecret(t.Context(), "admin", "hook"),
	} {
		if !isUnknown(err) {
			t.Errorf("%s says %v", name, err)
		}
	}
	if _, _, err := c.Secrets(t.Context(), "admin", "hook"); !isUnknown(err) {
		t.Errorf("Secrets says %v", err)
	}
	for _, anew := range []bool{false, true} {
		if count, err := c.Recover(t.Context(), "admin", repo.Again{WebhookID: "hook"}, anew); !isUnknown(err) {
			t.Errorf("made anew %t: %d are sent again, %v", anew, count, err)
		}
	}
}

// TestR5_AgainThatFails: nothing is said to be done where the database refuses
// it, or is away.
func TestR5_AgainThatFails(t *testing.T) {
	s := newShop(t)
	s.hook("hook", "http://127.0.0.1:1/")
	c := s.courier(nil)
	s.many(c, 2)
	s.db.MustExec("UPDATE " + schema + ".delivery SET state = 'failed', failure = '{}', finished_at = now() WHERE delivery_serial = 1")
	s.db.MustExec("UPDATE " + schema + ".webhook SET version = version + 1") // there is something to make anew
	s.db.MustExec("DELETE FROM " + schema + ".river_job")
	id := one[string](s, deliveryID)
	all := map[string]func() error{
		"Redeliver":            func() error { return c.Redeliver(t.Context(), "admin", "hook", id, false) },
		"Redeliver, made anew": func() error { return c.Redeliver(t.Context(), "admin", "hook", id, true) },
		"Recover":              func() error { return second(c.Recover(t.Context(), "admin", repo.Again{}, false)) },
		"Recover, made anew":   func() error { return second(c.Recover(t.Context(), "admin", repo.Again{}, true)) },
		"Rebuild":              func() error { return second(c.Rebuild(t.Context(), "admin", "hook")) },
		"Forget":               func() error { return second(c.Forget(t.Context(), "admin", orderID(0))) },
		"Test":                 func() error { _, err := c.Test(t.Context(), "admin", "hook"); return err },
	}
	fail := func(when string, names ...string) {
		t.Helper()
		for _, name := range names {
			if err := all[name](); err == nil || when != "away" && !strings.Contains(err.Error(), "not now") {
				t.Errorf("%s, the database %s, says %v", name, when, err)
			}
		}
	}
	jobs := []string{"Redeliver", "Redeliver, made anew", "Recover", "Recover, made anew", "Test"}
	end := s.refuse("INSERT OR UPDATE", "delivery", "")
	fail("refuses it", slices.Collect(maps.Keys(all))...)
	end()
	end = s.refuse("INSERT", "river_job", "")
	fail("refuses a job", jobs...)
	end()
	s.db.MustExec(`
		CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not now'; END $$;
		CREATE CONSTRAINT TRIGGER refuse AFTER INSERT OR UPDATE ON ` + schema + `.delivery DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse()`)
	fail("refuses to commit", append(jobs, "Rebuild")...)
	if n := one[int](s, "SELECT count(*) FROM webhooks.river_job"); n > 0 {
		t.Errorf("%d jobs are left of what failed", n)
	}
	_ = s.db.Close()
	fail("away", slices.Collect(maps.Keys(all))...)
	if err := c.Reseal(t.Context()); err == nil {
		t.Error("Reseal, the database away, says nothing")
	}
}

func second(_ int, err error) error { return err }

// TestD9_DataThatIsNone fails alone, as what was erased.
func TestD9_DataThatIsNone(t *testing.T) {
	w := webhook.Webhook{EventType: "pay", URL: "https://shop.example/", HTTPMethod: "POST", BodyTemplate: "{{order_id}}"}
	old := repo.Remake{Key: repo.Key{Instance: 1, Delivery: 2}, EventData: "[]"}
	if made := makeAnew(t.Context(), w, old); made.Key != old.Key || made.Failure.Key != "delivery.erased" {
		t.Errorf("made is %+v", made)
	}
}

// TestD9_RecoverWakes: what is sent again need not wait for the next sweep: the
// first 100 have jobs, and a sweep is wanted for other lanes. All is due at once,
// so that of one lane the oldest goes first.
func TestD9_RecoverWakes(t *testing.T) {
	const n = remakeAtOnce + 4
	s := newShop(t)
	s.hook("hook", "http://127.0.0.1:1/")
	s.webhook(webhook.Webhook{ID: "other", EventType: "refund", URL: "http://127.0.0.1:2/", HTTPMethod: "POST"})
	c := s.courier(nil)
	s.many(c, n-1)
	s.db.MustExec("UPDATE " + schema + ".event SET data = NULL WHERE event_serial = (SELECT max(event_serial) FROM " + schema + ".event)") // it goes as it is
	s.refund(c, "o")
	if err := s.repo.Update(t.Context(), "admin", webhook.Webhook{ID: "hook", EventType: "pay", URL: "http://127.0.0.1:1/new", HTTPMethod: "POST"}); err != nil {
		t.Fatal(err)
	}
	for _, anew := range []bool{false, true} {
		s.db.MustExec("UPDATE " + schema + ".delivery SET state = 'failed', failure = '{}', finished_at = now()")
		s.db.MustExec("DELETE FROM " + schema + ".river_job")
		if count, err := c.Recover(t.Context(), "admin", repo.Again{}, anew); err != nil || count != n {
			t.Fatalf("%d are sent again, %v", count, err)
		}
		if jobs := one[int](s, "SELECT count(*) FROM webhooks.river_job"); jobs != wakeMost {
			t.Errorf("made anew %t: %d jobs for %d", anew, jobs, n)
		}
		if n := one[int](s, "SELECT count(*) FROM webhooks.delivery WHERE url LIKE '%/new'"); (n > 0) != anew {
			t.Errorf("made anew %t: %d go to the new address", anew, n)
		}
		if times := one[int](s, "SELECT count(DISTINCT due_at) FROM webhooks.delivery"); times != 1 {
			t.Errorf("made anew %t: due at %d times", anew, times)
		}
		select {
		case <-c.soon:
		default:
			t.Errorf("made anew %t: no sweep is wanted", anew)
		}
	}
}

// TestD12_RemovedMeanwhile: a webhook whose instance is removed is not known.
func TestD12_RemovedMeanwhile(t *testing.T) {
	s := newShop(t)
	s.hook("hook", "http://127.0.0.1:1/")
	c := s.courier(nil)
	tx := s.db.MustBegin()
	defer func() { _ = tx.Rollback() }()
	tx.MustExec("DELETE FROM " + schema + ".instance")
	done := make(chan error)
	go func() {
		_, err := c.Test(t.Context(), "admin", "hook")
		done <- err
	}()
	until(s, true, awaitsLock)
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; !isUnknown(err) {
		t.Errorf("a test says %v", err)
	}
}
