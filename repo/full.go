package repo

import (
	"context"
	"database/sql"
	"time"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// A FullDelivery is one with all that is known of it.
type FullDelivery struct {
	Delivery
	Key
	Request      webhook.Request // as made; without headers and body where it could not be made or was erased
	Attempts     []Attempt       // oldest first
	SendingSince time.Time
	QueuedAt     time.Time
	ErasedAt     time.Time
	SHA256       []byte        // of the body that was erased
	RemadeAfter  int           // the attempts up to this one sent a request of before it was made anew
	EventData    string        // JSON; empty: erased
	Webhook      Stored        // as it is now
	WasChanged   bool          // the webhook was changed since the request was made
	Facts        webhook.Facts // for Explain, but Most
}

// LastSent is the newest attempt that sent the request as it is now; nil: none
// has.
func (d FullDelivery) LastSent() *Attempt {
	n := len(d.Attempts)
	if n == 0 || d.Attempts[n-1].Number <= d.RemadeAfter {
		return nil
	}
	return &d.Attempts[n-1]
}

const (
	// unknownDelivery is an ID that no delivery of the webhook has.
	unknownDelivery verdict = "unknown delivery"

	// getDeliverySQL finds a delivery by its serial $3 and its nonce $4.
	getDeliverySQL = `
SELECT CASE
        WHEN w.webhook_serial IS NULL THEN 'unknown webhook'
        WHEN d.delivery_serial IS NULL THEN 'unknown delivery'
        ELSE 'found'
    END,` + factsColumns + `,
    i.instance_serial, coalesce(d.http_method, ''), coalesce(d.receiver, ''), coalesce(d.headers, ''), d.body,
    d.queued_at, d.erased_at, d.sha256, coalesce(e.data, ''), coalesce(d.webhook_version <> w.version, false), coalesce(d.remade_after, 0),
    coalesce(w.url, ''), coalesce(w.http_method, ''), coalesce(w.header_template, ''), coalesce(w.body_template, ''),
    coalesce(w.webhook_serial * 1000000 + w.version, 0), coalesce(w.version, 0), coalesce(w.webhook_serial, 0), coalesce(w.updated_at, 'epoch')
FROM merchant_webhooks.instance AS i
LEFT JOIN merchant_webhooks.webhook AS w
    ON w.instance_serial = i.instance_serial AND w.webhook_id = $2::text
LEFT JOIN merchant_webhooks.delivery AS d
    ON d.instance_serial = w.instance_serial AND d.delivery_serial = $3::bigint
    AND d.webhook_serial = w.webhook_serial AND d.nonce = $4::text
LEFT JOIN merchant_webhooks.event AS e
    ON e.instance_serial = d.instance_serial AND e.event_serial = d.event_serial` + factsTables + `
WHERE i.instance_id = $1::text`

	// getAttemptsSQL reads those that the delivery counted when it was read.
	getAttemptsSQL = `
SELECT number, at, duration_ms, url, coalesce(address, ''), coalesce(signature, ''), coalesce(status, 0),
    coalesce(error, ''), coalesce(detail, ''), coalesce(answer_headers, ''), answer
FROM merchant_webhooks.delivery_attempt
WHERE instance_serial = $1::bigint AND delivery_serial = $2::bigint AND number <= $3::bigint
ORDER BY number`
)

// GetDelivery reads one, in two round trips if it was tried. Problems:
// CodeInstanceUnknown, CodeWebhookUnknown; CodeEndpointUnknown with the message
// delivery.unknown for an ID that no delivery of the webhook has.
func (r *Repo) GetDelivery(ctx context.Context, instance, webhookID, deliveryID string) (FullDelivery, error) {
	var d FullDelivery
	serial, nonce := parseDeliveryID(deliveryID)
	err := r.run(ctx, readingDelivery, func() error {
		v := unknownInstance
		err := r.each(ctx, nil, r.log.getDelivery, []any{instance, webhookID, serial, nonce}, func(rows *sql.Rows) (err error) {
			d, err = scanFull(rows, &v)
			return err
		})
		switch {
		case err != nil:
			return err
		case v != found:
			return v.ofDelivery(instance, webhookID, deliveryID)
		case d.AttemptCount == 0:
			return nil
		}
		d.Attempts = nil
		return r.each(ctx, nil, r.log.getAttempts, []any{d.Instance, d.Key.Delivery, d.AttemptCount}, func(rows *sql.Rows) error {
			a, err := scanAttempt(rows)
			d.Attempts = append(d.Attempts, a)
			return err
		})
	})
	if err != nil {
		return FullDelivery{}, err
	}
	return d, nil
}

// ofDelivery is otherwise, of a statement that is about one delivery.
func (v verdict) ofDelivery(instance, webhookID, deliveryID string) error {
	if v == unknownDelivery {
		return &webhook.Problem{Code: webhook.CodeEndpointUnknown, Subject: deliveryID, Message: webhook.Say("delivery.unknown", "id", deliveryID)}
	}
	return v.otherwise(instance, webhookID)
}

func scanFull(rows *sql.Rows, v *verdict) (d FullDelivery, err error) {
	var row factsRow
	var headers string
	var queuedAt, erasedAt sql.NullTime
	w := &d.Webhook
	columns := append([]any{v}, row.columns()...)
	err = rows.Scan(append(columns,
		&d.Instance, &d.Request.Method, &d.Request.Receiver, &headers, &d.Request.Body,
		&queuedAt, &erasedAt, &d.SHA256, &d.EventData, &d.WasChanged, &d.RemadeAfter,
		&w.URL, &w.HTTPMethod, &w.HeaderTemplate, &w.BodyTemplate, &w.Version, &w.RowVersion, &w.Serial, &w.UpdatedAt,
	)...)
	d.Delivery, d.Facts = row.delivery(), row.explained()
	d.Key.Delivery = d.Serial
	d.Request.URL, d.Request.Headers = row.url, webhook.ReadHeaderLines(headers)
	d.SendingSince, d.QueuedAt, d.ErasedAt = row.sendingSince.Time, queuedAt.Time, erasedAt.Time
	w.InstanceSerial, w.ID, w.EventType, w.CreatedAt = d.Instance, d.WebhookID, d.Facts.WebhookEvent, d.Facts.WebhookMade
	return d, err
}

func scanAttempt(rows *sql.Rows) (a Attempt, err error) {
	var milliseconds int64
	var failure string
	err = rows.Scan(&a.Number, &a.At, &milliseconds, &a.URL, &a.Address, &a.Signature, &a.Status,
		&failure, &a.Detail, &a.AnswerHeaders, &a.Answer)
	a.Duration = time.Duration(milliseconds) * time.Millisecond
	a.Error = webhook.DecodeMessage(failure)
	return a, err
}
