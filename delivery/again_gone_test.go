package delivery

import (
	"errors"
	"testing"

	"github.com/seed-7c2cc908/merchant-webhooks/repo"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// isUnknown reports whether an error says that there is no such webhook.
func isUnknown(err error) bool {
	problem := (*webhook.Problem)(nil)
	return errors.As(err, &problem) && problem.Code == webhook.CodeWebhookUnknown
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
	until(s, true, "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if got := <-done; got.err != nil || got.count != 1 {
		t.Errorf("%d are sent again, %v, want that of the webhook which is kept", got.count, got.err)
	}
}

// TestD9_AgainOfNoWebhook: what is asked of a webhook that is not there says so.
func TestD9_AgainOfNoWebhook(t *testing.T) {
	s := newShop(t)
	c := s.courier(nil)
	if count, err := c.Rebuild(t.Context(), "admin", "hook"); !isUnknown(err) {
		t.Errorf("%d were made anew, %v", count, err)
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
	id := one[string](s, deliveryID)
	s.refuse("UPDATE", "delivery", "")
	for _, when := range []string{"refused", "away"} {
		for name, err := range map[string]error{
			"Redeliver":            c.Redeliver(t.Context(), "admin", "hook", id, false),
			"Redeliver, made anew": c.Redeliver(t.Context(), "admin", "hook", id, true),
			"Recover":              second(c.Recover(t.Context(), "admin", repo.Again{}, false)),
			"Recover, made anew":   second(c.Recover(t.Context(), "admin", repo.Again{}, true)),
			"Rebuild":              second(c.Rebuild(t.Context(), "admin", "hook")),
			"Forget":               second(c.Forget(t.Context(), "admin", orderID(0))),
		} {
			if err == nil {
				t.Errorf("%s, the database %s, says nothing", name, when)
			}
		}
		_ = s.db.Close()
	}
	if err := c.Reseal(t.Context()); err == nil {
		t.Error("Reseal, the database away, says nothing")
	}
}

func second(_ int, err error) error { return err }

// TestD9_RecoverWakes: what is sent again need not wait for the next sweep.
func TestD9_RecoverWakes(t *testing.T) {
	s := newShop(t)
	s.hook("hook", "http://127.0.0.1:1/")
	c := s.courier(nil)
	s.many(c, 3)
	for _, anew := range []bool{false, true} {
		s.db.MustExec("UPDATE " + schema + ".delivery SET state = 'failed', failure = '{}', finished_at = now()")
		s.db.MustExec("DELETE FROM " + schema + ".river_job")
		if count, err := c.Recover(t.Context(), "admin", repo.Again{}, anew); err != nil || count != 3 {
			t.Fatalf("%d are sent again, %v", count, err)
		}
		if n := one[int](s, "SELECT count(*) FROM webhooks.river_job"); n != 3 {
			t.Errorf("made anew %t: %d jobs for 3", anew, n)
		}
	}
}
