package repo

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"

	"github.com/lib/pq"
)

// readSecretsSQL finds the next 1,000 webhooks behind one that have a secret
// which does not begin with $3.
const readSecretsSQL = `
SELECT w.instance_serial, w.webhook_serial, i.instance_id, w.webhook_id, w.secret, w.previous_secret
FROM merchant_webhooks.webhook AS w
JOIN merchant_webhooks.instance AS i USING (instance_serial)
WHERE (w.instance_serial, w.webhook_serial) > ($1::bigint, $2::bigint)
  AND (substr(w.secret, 1, length($3::bytea)) <> $3::bytea
    OR substr(w.previous_secret, 1, length($3::bytea)) <> $3::bytea)
ORDER BY w.instance_serial, w.webhook_serial
LIMIT 1000`

// writeSecretsSQL writes each secret only over the one that was read.
const writeSecretsSQL = `
WITH changed AS (
    UPDATE merchant_webhooks.webhook AS w
    SET secret = s.secret, previous_secret = nullif(s.previous, '')
    FROM unnest($1::bigint[], $2::bigint[], $3::bytea[], $4::bytea[], $5::bytea[], $6::bytea[])
        AS s (instance_serial, webhook_serial, old_secret, old_previous, secret, previous)
    WHERE w.instance_serial = s.instance_serial AND w.webhook_serial = s.webhook_serial
      AND w.secret = s.old_secret AND w.previous_secret IS NOT DISTINCT FROM nullif(s.old_previous, '')
    RETURNING w.webhook_serial
)
SELECT count(*) FROM changed`

// Reseal seals each secret anew that does not begin with prefix, by seal, which
// gets it as stored. It gives how many webhooks were changed. One that seal
// refuses stays as it is; the first such error is given when all others are done.
func (r *Repo) Reseal(ctx context.Context, prefix []byte, seal func(stored []byte, instance, webhookID string) ([]byte, error)) (int, error) {
	var first error
	anew := func(stored []byte, s sealed) []byte {
		if stored == nil || bytes.HasPrefix(stored, prefix) {
			return stored
		}
		made, err := seal(stored, s.instance, s.webhookID)
		if err != nil {
			if first == nil {
				first = fmt.Errorf("the secret of the webhook %q of the instance %q: %w", s.webhookID, s.instance, err)
			}
			return stored
		}
		return made
	}
	sum := 0
	for last := (sealed{}); ; {
		page, err := r.readSecrets(ctx, last, prefix)
		if err != nil {
			return sum, err
		}
		if len(page) == 0 {
			return sum, first
		}
		last = page[len(page)-1]
		n, err := r.writeSecrets(ctx, page, anew)
		sum += n
		if err != nil {
			return sum, err
		}
	}
}

// sealed are a webhook's secrets as stored.
type sealed struct {
	instanceSerial, webhookSerial int64
	instance, webhookID           string
	secret, previous              []byte
}

// readSecrets gives none when there are no more.
func (r *Repo) readSecrets(ctx context.Context, behind sealed, prefix []byte) (page []sealed, err error) {
	args := []any{behind.instanceSerial, behind.webhookSerial, prefix}
	err = r.run(ctx, resealing, func() error {
		page = nil
		return r.each(ctx, nil, r.delivery.readSecrets, args, func(rows *sql.Rows) error {
			var s sealed
			err := rows.Scan(&s.instanceSerial, &s.webhookSerial, &s.instance, &s.webhookID, &s.secret, &s.previous)
			page = append(page, s)
			return err
		})
	})
	return page, err
}

// writeSecrets writes those that are another when made anew.
func (r *Repo) writeSecrets(ctx context.Context, page []sealed, anew func([]byte, sealed) []byte) (n int, err error) {
	var instances, webhooks pq.Int64Array
	var secrets, previous, newSecrets, newPrevious pq.ByteaArray
	for _, s := range page {
		secret, before := anew(s.secret, s), anew(s.previous, s)
		if bytes.Equal(secret, s.secret) && bytes.Equal(before, s.previous) {
			continue
		}
		instances, webhooks = append(instances, s.instanceSerial), append(webhooks, s.webhookSerial)
		secrets, previous = append(secrets, s.secret), append(previous, s.previous)
		newSecrets, newPrevious = append(newSecrets, secret), append(newPrevious, before)
	}
	if len(instances) == 0 {
		return 0, nil
	}
	args := []any{instances, webhooks, secrets, previous, newSecrets, newPrevious}
	err = r.run(ctx, resealing, func() error {
		return r.each(ctx, nil, r.delivery.writeSecrets, args, func(rows *sql.Rows) error { return rows.Scan(&n) })
	})
	return n, err
}
