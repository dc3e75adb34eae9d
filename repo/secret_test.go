package repo

import (
	"testing"
	"time"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// secretOf is the sample's secret in admin, as stored.
func secretOf(t testing.TB, r *Repo) string {
	t.Helper()
	var secret []byte
	if err := r.db.Get(&secret, `SELECT secret FROM merchant_webhooks.webhook WHERE webhook_id = $1`, sample.ID); err != nil {
		t.Fatal(err)
	}
	return string(secret)
}

func TestCreateMakesASecret(t *testing.T) {
	t.Run("D4 of the repository's own", func(t *testing.T) {
		r := fresh(t)
		create(t, r, "admin", sample)
		secret := secretOf(t, r)
		if opened, err := new(webhook.Keyring).Open([]byte(secret), "admin", sample.ID); err != nil || len(opened) != 32 {
			t.Errorf("it is %x, %v", secret, err)
		}
		create(t, r, "admin", sample) // as a client that repeats
		if again := secretOf(t, r); again != secret {
			t.Errorf("after a repeated create it is %x, was %x", again, secret)
		}
		want(t, errOf(r.Delete(t.Context(), "admin", sample.ID)), none, "")
		create(t, r, "admin", sample)
		if another := secretOf(t, r); another == secret {
			t.Error("a new webhook has the old one's")
		}
	})
	for name, limit := range map[string]int{"D4 of the host's": anyNumber, "D4 of the host's, near the limit": 5} {
		t.Run(name, func(t *testing.T) {
			r := over(t, fresh(t).db, Options{Secret: func(instance, webhookID string) []byte {
				return []byte("\x01" + instance + " " + webhookID)
			}})
			want(t, r.Create(t.Context(), "admin", sample, limit), none, "")
			if secret := secretOf(t, r); secret != "\x01admin "+sample.ID {
				t.Errorf("it is %q", secret)
			}
		})
	}
}

// TestEventTypeSince: it is known since when a webhook listens to its event.
func TestEventTypeSince(t *testing.T) {
	for name, update := range map[string]func(r *Repo, w webhook.Webhook) error{
		"D6 by the API": func(r *Repo, w webhook.Webhook) error { return r.Update(t.Context(), "admin", w) },
		"D6 by a form":  func(r *Repo, w webhook.Webhook) error { return r.UpdateVersion(t.Context(), "admin", w, 0) },
	} {
		t.Run(name, func(t *testing.T) {
			r := fresh(t)
			create(t, r, "admin", sample)
			for _, step := range []struct {
				webhook webhook.Webhook
				known   bool
			}{
				{sample, false},
				{others[1].webhook, false}, // another URL
				{others[0].webhook, true},  // another event
			} {
				if err := update(r, step.webhook); err != nil {
					t.Fatal(err)
				}
				const since = `SELECT count(*) FROM merchant_webhooks.webhook WHERE event_type_since > now() - interval '1 minute'`
				if known := number(t, r.db, since) == 1; known != step.known {
					t.Errorf("after %+v that it is known is %v", step.webhook, known)
				}
			}
			r.db.MustExec(`UPDATE merchant_webhooks.webhook SET event_type_since = now() - interval '1 day'`)
			if err := update(r, other(others[0].webhook, func(w *webhook.Webhook) { w.HTTPMethod = "PUT" })); err != nil {
				t.Fatal(err)
			}
			if number(t, r.db, `SELECT count(*) FROM merchant_webhooks.webhook WHERE event_type_since < now() - interval '1 hour'`) != 1 {
				t.Error("another change changed it")
			}
		})
	}
}

// TestRotateOnce: of two clicks the second must not end the secret that receivers
// have.
func TestRotateOnce(t *testing.T) {
	r := fresh(t)
	create(t, r, "admin", sample)
	first := secretOf(t, r)
	rotate := func(secret, old string) {
		t.Helper()
		var before []byte
		if old != "" {
			before = []byte(old)
		}
		if err := r.RotateSecret(t.Context(), "admin", sample.ID, []byte(secret), before, time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	previous := func() (secret string) {
		s, err := r.GetSecrets(t.Context(), "admin", sample.ID)
		if err != nil {
			t.Fatal(err)
		}
		return string(s.Previous)
	}
	t.Run("D4 in the place of the one that was seen", func(t *testing.T) {
		rotate("second", first)
		rotate("third", first)
		if secretOf(t, r) != "second" || previous() != first {
			t.Errorf("it is %q, before %q", secretOf(t, r), previous())
		}
	})
	t.Run("D4 not within a minute of the last: a program whose answer was lost repeats", func(t *testing.T) {
		rotate("third", "")
		age(t, r, "59 seconds")
		rotate("third", "")
		if secretOf(t, r) != "second" || previous() != first {
			t.Errorf("it is %q, before %q", secretOf(t, r), previous())
		}
	})
	t.Run("D4 in the place of any", func(t *testing.T) {
		age(t, r, "2 seconds")
		rotate("third", "")
		rotate("third", "") // database/sql repeats
		if secretOf(t, r) != "third" || previous() != "second" {
			t.Errorf("it is %q, before %q", secretOf(t, r), previous())
		}
	})
	t.Run("D4 within a minute too, by who has seen the secret", func(t *testing.T) {
		rotate("fourth", "third")
		if secretOf(t, r) != "fourth" || previous() != "third" {
			t.Errorf("it is %q, before %q", secretOf(t, r), previous())
		}
	})
	t.Run("D4 the one that it has", func(t *testing.T) {
		age(t, r, "2 minutes")
		rotate("fourth", "")
		rotate("fourth", "fourth")
		if secretOf(t, r) != "fourth" || previous() != "third" {
			t.Errorf("it is %q, before %q", secretOf(t, r), previous())
		}
	})
	t.Run("D4 of a webhook that is not there", func(t *testing.T) {
		err := r.RotateSecret(t.Context(), "admin", "missing", []byte("x"), []byte("y"), time.Hour)
		want(t, err, webhook.CodeWebhookUnknown, "missing")
	})
}

// age lets the last rotations be longer ago.
func age(t testing.TB, r *Repo, by string) {
	t.Helper()
	r.db.MustExec(`UPDATE merchant_webhooks.webhook SET previous_until = previous_until - $1::interval`, by)
}
