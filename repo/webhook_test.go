package repo

import (
	"context"
	"testing"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

func TestUnknown(t *testing.T) {
	r := fresh(t)
	create(t, r, "admin", sample)
	operations := map[string]func(ctx context.Context, instance string) error{
		"get": func(ctx context.Context, instance string) error {
			_, err := r.Get(ctx, instance, sample.ID)
			return err
		},
		"get stored": func(ctx context.Context, instance string) error {
			_, err := r.GetStored(ctx, instance, sample.ID)
			return err
		},
		"update": func(ctx context.Context, instance string) error { return r.Update(ctx, instance, sample) },
		"update a version": func(ctx context.Context, instance string) error {
			return r.UpdateVersion(ctx, instance, sample, 1)
		},
		"delete": func(ctx context.Context, instance string) error { return errOf(r.Delete(ctx, instance, sample.ID)) },
	}
	for name, do := range operations {
		t.Run("C8 unknown instance: "+name, func(t *testing.T) {
			want(t, do(t.Context(), "nobody"), webhook.CodeInstanceUnknown, "nobody")
		})
		t.Run("C9 another instance's webhook is unknown: "+name, func(t *testing.T) {
			want(t, do(t.Context(), "sandbox"), webhook.CodeWebhookUnknown, sample.ID)
			stored(t, r, "admin", sample)
		})
	}
}

// A history is what tells whether a webhook counts as changed.
type history struct {
	Version int    `db:"version"`
	Updated string `db:"updated_at"`
	Created string `db:"created_at"`
	Serial  int    `db:"webhook_serial"`
}

func historyOf(t *testing.T, r *Repo, instance, id string) (h history) {
	t.Helper()
	err := r.db.Get(&h, `
		SELECT version, updated_at::text, created_at::text, webhook_serial
		FROM merchant_webhooks.webhook JOIN merchant_webhooks.instance USING (instance_serial)
		WHERE instance_id = $1 AND webhook_id = $2`, instance, id)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestUpdate(t *testing.T) {
	for _, o := range others {
		t.Run("C14 every field is replaced: "+o.field, func(t *testing.T) {
			r := fresh(t)
			create(t, r, "admin", sample)
			create(t, r, "sandbox", sample)
			before := historyOf(t, r, "admin", sample.ID)
			want(t, r.Update(t.Context(), "admin", o.webhook), none, "")
			stored(t, r, "admin", o.webhook)
			stored(t, r, "sandbox", sample)
			after := historyOf(t, r, "admin", sample.ID)
			if after.Version != before.Version+1 || after.Updated == before.Updated {
				t.Errorf("it does not count as changed once: %+v, then %+v", before, after)
			}
			if after.Created != before.Created || after.Serial != before.Serial {
				t.Errorf("it is another webhook: %+v, then %+v", before, after)
			}
		})
	}
	t.Run("C14 the same values count as no change", func(t *testing.T) {
		r := fresh(t)
		bare := other(sample, func(w *webhook.Webhook) { w.ID, w.HeaderTemplate, w.BodyTemplate = "bare", "", "" })
		for _, w := range []webhook.Webhook{sample, bare} {
			create(t, r, "admin", w)
			before := historyOf(t, r, "admin", w.ID)
			want(t, r.Update(t.Context(), "admin", w), none, "")
			if after := historyOf(t, r, "admin", w.ID); after != before {
				t.Errorf("it was %+v and is %+v", before, after)
			}
		}
	})
}

func TestDelete(t *testing.T) {
	t.Run("C15 a second time it is unknown, and the ID is free at once", func(t *testing.T) {
		r := fresh(t)
		create(t, r, "admin", sample)
		want(t, errOf(r.Delete(t.Context(), "admin", sample.ID)), none, "")
		want(t, errOf(r.Delete(t.Context(), "admin", sample.ID)), webhook.CodeWebhookUnknown, sample.ID)
		_, err := r.Get(t.Context(), "admin", sample.ID)
		want(t, err, webhook.CodeWebhookUnknown, sample.ID)
		create(t, r, "admin", others[0].webhook)
		stored(t, r, "admin", others[0].webhook)
	})
	t.Run("C9 C15 O1 its deliveries go with it, and those that waited are counted", func(t *testing.T) {
		r := fresh(t)
		create(t, r, "admin", sample, named(sample, "other"))
		create(t, r, "sandbox", sample)
		for _, f := range []filing{{}, {set: `sending_since = now()`}, {set: isDelivered}, {hook: "other"}, {instance: "sandbox"}} {
			file(t, r, f)
		}
		if waited, err := r.Delete(t.Context(), "admin", sample.ID); err != nil || waited != 2 {
			t.Errorf("%d waited, %v", waited, err)
		}
		if left := number(t, r.db, `SELECT count(*) FROM merchant_webhooks.delivery`); left != 2 {
			t.Errorf("%d deliveries are left", left)
		}
		if waited, err := r.RemoveInstance(t.Context(), r.db, "admin"); err != nil || waited != 1 {
			t.Errorf("with the instance %d waited, %v", waited, err)
		}
	})
	t.Run("R5 O1 of what could not be committed none waited", func(t *testing.T) {
		r := fresh(t)
		create(t, r, "admin", sample)
		file(t, r, filing{})
		hinder(t, r.db, "webhook", "P0001", 2, "commit")
		if waited, err := r.Delete(t.Context(), "admin", sample.ID); err == nil || waited != 0 {
			t.Errorf("%d waited, %v", waited, err)
		}
		if waited, err := r.RemoveInstance(t.Context(), nil, "admin"); err == nil || waited != 0 {
			t.Errorf("with the instance %d waited, %v", waited, err)
		}
	})
}
