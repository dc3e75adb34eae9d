package repo

import (
	"fmt"
	"testing"

	"github.com/lib/pq"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/pgdev/bouncer"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

func TestBouncer(t *testing.T) {
	through := func(t *testing.T) *Repo {
		db := connect(t, bouncer.Start(t, database(t)), func(c *pq.Config) { c.BinaryParameters = true })
		db.SetMaxOpenConns(clients)
		db.SetMaxIdleConns(clients)
		return over(t, db, Options{Unprepared: true})
	}
	t.Run("H10 every answer is the one that was asked for", func(t *testing.T) {
		r := through(t)
		ctx := within(t)
		count(t, together(func(client int) error {
			for i := range rounds(20) {
				w := named(sample, fmt.Sprint(client, " ", i))
				w.BodyTemplate = "of " + w.ID
				if err := r.Create(ctx, "admin", w, 10_000); err != nil {
					return err
				}
				if got, err := r.Get(ctx, "admin", w.ID); err != nil || got != w {
					return fmt.Errorf("get: %+v, %w", got, err)
				}
				w.BodyTemplate = ""
				if err := r.Update(ctx, "admin", w); err != nil {
					return err
				}
				items, _, err := r.List(ctx, "admin", Page{Limit: 3})
				if err != nil || len(items) == 0 || items[0].EventType != sample.EventType {
					return fmt.Errorf("list: %+v, %w", items, err)
				}
				if err := errOf(r.Delete(ctx, "admin", w.ID)); err != nil {
					return err
				}
				if _, err := r.Get(ctx, "admin", w.ID); codeOf(err) != webhook.CodeWebhookUnknown {
					return fmt.Errorf("get what was deleted: %w", err)
				}
				if err := r.HasInstance(ctx, fmt.Sprint("nobody", client)); codeOf(err) != webhook.CodeInstanceUnknown {
					return fmt.Errorf("has instance: %w", err)
				}
			}
			return nil
		}), none)
	})
	t.Run("H10 C11 C17 concurrent creates at the limit", func(t *testing.T) {
		r := through(t)
		ctx := within(t)
		errs := together(func(client int) error {
			return r.Create(ctx, "admin", named(sample, fmt.Sprint(client)), 10)
		})
		if codes := count(t, errs, none, webhook.CodeForbidden); codes[none] != 10 {
			t.Errorf("%d creates succeeded, want 10", codes[none])
		}
	})
}
