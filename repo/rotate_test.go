package repo

import (
	"testing"
	"time"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

func TestD4_Secrets(t *testing.T) {
	r := fresh(t)
	ctx := t.Context()
	create(t, r, "admin", sample)
	create(t, r, "sandbox", sample)
	first, err := r.GetSecrets(ctx, "admin", sample.ID)
	t.Run("D4 a webhook has a secret from the beginning, of its own", func(t *testing.T) {
		theirs, _ := r.GetSecrets(ctx, "sandbox", sample.ID)
		if err != nil || len(first.Current) != 33 || first.Previous != nil || !first.PreviousUntil.IsZero() || string(theirs.Current) == string(first.Current) {
			t.Errorf("it is %+v, theirs %+v, %v", first, theirs, err)
		}
	})
	t.Run("D4 the one before stays valid for a day, another instance's is untouched", func(t *testing.T) {
		theirs, _ := r.GetSecrets(ctx, "sandbox", sample.ID)
		for range 2 { // as database/sql does when the connection broke after the commit
			want(t, r.RotateSecret(ctx, "admin", sample.ID, []byte("\x00second"), nil, 24*time.Hour), none, "")
		}
		s, err := r.GetSecrets(ctx, "admin", sample.ID)
		if err != nil || string(s.Current) != "\x00second" || string(s.Previous) != string(first.Current) || !near(s.PreviousUntil, time.Now().Add(24*time.Hour)) {
			t.Errorf("they are %+v, %v", s, err)
		}
		if after, _ := r.GetSecrets(ctx, "sandbox", sample.ID); string(after.Current) != string(theirs.Current) || after.Previous != nil {
			t.Errorf("theirs are %+v", after)
		}
	})
	t.Run("D4 what is not valid any more is not given", func(t *testing.T) {
		r.db.MustExec(`UPDATE merchant_webhooks.webhook SET previous_until = now() - interval '1 second'`)
		s, err := r.GetSecrets(ctx, "admin", sample.ID)
		if err != nil || s.Previous != nil || !s.PreviousUntil.IsZero() {
			t.Errorf("they are %+v, %v", s, err)
		}
	})
	t.Run("C8 D4 unknown ones", func(t *testing.T) {
		_, err := r.GetSecrets(ctx, "nobody", sample.ID)
		want(t, err, webhook.CodeInstanceUnknown, "nobody")
		_, err = r.GetSecrets(ctx, "admin", "missing")
		want(t, err, webhook.CodeWebhookUnknown, "missing")
		want(t, r.RotateSecret(ctx, "nobody", sample.ID, []byte("x"), nil, time.Hour), webhook.CodeInstanceUnknown, "nobody")
		want(t, r.RotateSecret(ctx, "admin", "missing", []byte("x"), nil, time.Hour), webhook.CodeWebhookUnknown, "missing")
	})
}
