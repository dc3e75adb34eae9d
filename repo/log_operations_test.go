package repo

import (
	"context"
	"errors"
	"time"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// logOperations are those of the log of deliveries, of which there is none.
var logOperations = []operationCase{
	{"deliveries of an instance", func(ctx context.Context, r *Repo) error {
		return errOfTwo(r.Deliveries(ctx, "admin", Filter{}, newest))
	}, 1, webhook.CodeDBFetchFailed},
	{"deliveries of a webhook", func(ctx context.Context, r *Repo) error {
		return errOfTwo(r.Deliveries(ctx, "admin", Filter{WebhookID: sample.ID, State: "failed", From: time.Now()}, Page{Limit: 3}))
	}, 1, webhook.CodeDBFetchFailed},
	{"count deliveries", func(ctx context.Context, r *Repo) error {
		return errOf(r.CountDeliveries(ctx, "admin", Filter{State: "pending", OrderID: "o1"}))
	}, 1, webhook.CodeDBFetchFailed},
	{"get delivery", func(ctx context.Context, r *Repo) error {
		return butUnknown(errOf(r.GetDelivery(ctx, "admin", sample.ID, "msg_1_0123456789abcdef")))
	}, 1, webhook.CodeDBFetchFailed},
	{"why", func(ctx context.Context, r *Repo) error {
		return errOf(r.Why(ctx, "admin", "o1"))
	}, 1, webhook.CodeDBFetchFailed},
	{"account", func(ctx context.Context, r *Repo) error {
		return errOf(r.AccountOf(ctx, "admin", sample.ID))
	}, 1, webhook.CodeDBFetchFailed},
	{"accounts", func(ctx context.Context, r *Repo) error {
		return errOf(r.Accounts(ctx, "admin", []string{sample.ID, "another"}))
	}, 1, webhook.CodeDBFetchFailed},
	{"get secrets", func(ctx context.Context, r *Repo) error {
		return errOf(r.GetSecrets(ctx, "admin", sample.ID))
	}, 1, webhook.CodeDBFetchFailed},
	{"rotate secret", func(ctx context.Context, r *Repo) error {
		return r.RotateSecret(ctx, "admin", sample.ID, []byte(time.Now().String()), nil, time.Hour)
	}, 1, webhook.CodeDBStoreFailed},
	{"pause", func(ctx context.Context, r *Repo) error {
		return errOf(r.Pause(ctx, "admin", sample.ID))
	}, 1, webhook.CodeDBStoreFailed},
	{"resume", func(ctx context.Context, r *Repo) error {
		return errOf(r.Resume(ctx, "admin", sample.ID, true, webhook.Say("delivery.dropped")))
	}, 1, webhook.CodeDBStoreFailed},
	{"count what to send again", func(ctx context.Context, r *Repo) error {
		return errOfTwo(r.CountAgain(ctx, "admin", Again{All: true, From: time.Now()}))
	}, 1, webhook.CodeDBFetchFailed},
	{"whether a webhook was changed", func(ctx context.Context, r *Repo) error {
		return errOf(r.HasChanged(ctx, "admin"))
	}, 1, webhook.CodeDBFetchFailed},
	{"send again", func(ctx context.Context, r *Repo) error {
		return errOf(r.Requeue(ctx, nil, "admin", Again{WebhookID: sample.ID, To: time.Now()}))
	}, 1, webhook.CodeDBStoreFailed},
	{"send one again", func(ctx context.Context, r *Repo) error {
		return butUnknown(errOf(r.Requeue(ctx, nil, "admin", Again{WebhookID: sample.ID, DeliveryID: "msg_1_0123456789abcdef"})))
	}, 1, webhook.CodeDBStoreFailed},
	{"what to make anew", func(ctx context.Context, r *Repo) error {
		return errOfTwo(r.Remakes(ctx, nil, "admin", sample.ID, Again{}, true, 0, 100))
	}, 1, webhook.CodeDBFetchFailed},
	{"store what was made anew", func(ctx context.Context, r *Repo) error {
		return r.Remade(ctx, nil, 1, []Made{{Key: Key{1, 1}}})
	}, 1, webhook.CodeDBStoreFailed},
	{"count an order's", func(ctx context.Context, r *Repo) error {
		return errOfTwo(r.CountOrder(ctx, "admin", "o1"))
	}, 1, webhook.CodeDBFetchFailed},
	{"forget an order", func(ctx context.Context, r *Repo) error {
		return errOfTwo(r.Forget(ctx, "admin", "o1", webhook.Say("delivery.erased")))
	}, 2, webhook.CodeDBStoreFailed},
}

// butUnknown is the error, but that there is no such delivery.
func butUnknown(err error) error {
	if problem, is := errors.AsType[*webhook.Problem](err); is && problem.Code == webhook.CodeEndpointUnknown {
		return nil
	}
	return err
}
