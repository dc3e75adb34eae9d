package repo

import (
	"context"
	"database/sql"
	"time"
)

// Secrets are a webhook's, as stored.
type Secrets struct {
	Current, Previous []byte
	PreviousUntil     time.Time // zero: there is no previous one that is valid
}

// getSecretsSQL gives no row for an unknown instance, and nulls for an unknown
// webhook.
const getSecretsSQL = `
SELECT w.webhook_id IS NOT NULL, w.secret,
    CASE WHEN w.previous_until > now() THEN w.previous_secret END,
    CASE WHEN w.previous_until > now() THEN w.previous_until END
FROM merchant_webhooks.instance AS i
LEFT JOIN merchant_webhooks.webhook AS w
    ON w.instance_serial = i.instance_serial AND w.webhook_id = $2::text
WHERE i.instance_id = $1::text`

// GetSecrets reads them. Problems: CodeInstanceUnknown, CodeWebhookUnknown.
func (r *Repo) GetSecrets(ctx context.Context, instance, webhookID string) (Secrets, error) {
	var s Secrets
	var until sql.NullTime
	err := r.read(ctx, readingSecrets, r.log.getSecrets, instance, webhookID, &s.Current, &s.Previous, &until)
	if err != nil {
		return Secrets{}, err
	}
	s.PreviousUntil = until.Time
	return s, nil
}

// rotateSecretSQL does nothing where the secret is stored already: database/sql
// runs it again when the connection broke after the commit, and the secret
// before must not be lost then. Nor does it where the secret is not $5 any more:
// of two clicks the second would end the secret that receivers have; nor, where
// $5 is null, within a minute of the last rotation: a program whose answer was
// lost repeats.
const rotateSecretSQL = `
WITH home AS (
    SELECT instance_serial
    FROM merchant_webhooks.instance
    WHERE instance_id = $1::text
), found AS (
    SELECT
    FROM merchant_webhooks.webhook
    WHERE instance_serial = (SELECT instance_serial FROM home)
      AND webhook_id = $2::text
), rotated AS (
    UPDATE merchant_webhooks.webhook
    SET secret = $3::bytea, previous_secret = secret, previous_until = now() + $4::bigint * interval '1 microsecond'
    WHERE instance_serial = (SELECT instance_serial FROM home)
      AND webhook_id = $2::text
      AND secret <> $3::bytea
      AND CASE
        WHEN $5::bytea IS NULL THEN coalesce(previous_until <= now() + $4::bigint * interval '1 microsecond' - interval '1 minute', true)
        ELSE secret = $5::bytea
      END
)
SELECT CASE
    WHEN NOT EXISTS (SELECT FROM home) THEN 'unknown instance'
    WHEN NOT EXISTS (SELECT FROM found) THEN 'unknown webhook'
    ELSE 'found'
END`

// RotateSecret makes secret (as stored) the webhook's, and keeps the one before
// valid for keep. Where old is not nil, it does so only if that is the one
// before; else not within a minute of the last rotation, by PostgreSQL's clock.
// That it does nothing then is no error. Problems: CodeInstanceUnknown, CodeWebhookUnknown.
func (r *Repo) RotateSecret(ctx context.Context, instance, webhookID string, secret, old []byte, keep time.Duration) error {
	return r.run(ctx, rotatingSecret, func() error {
		v, err := r.ask(ctx, r.log.rotateSecret, []any{instance, webhookID, secret, keep.Microseconds(), old})
		if err != nil || v == found {
			return err
		}
		return v.otherwise(instance, webhookID)
	})
}
