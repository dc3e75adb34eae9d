package repo

import (
	"context"
	"database/sql"
	"time"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// Stored is a webhook with what else the database knows of it.
type Stored struct {
	webhook.Webhook
	// Version is another after each change, and another, too, if the webhook was
	// deleted and somebody made one with the same ID. It says nothing else, and
	// is never 0.
	Version int64
	// RowVersion is the version column alone, as deliveries hold it.
	RowVersion int64
	// InstanceSerial and Serial are the keys of its row.
	InstanceSerial, Serial int64
	CreatedAt, UpdatedAt   time.Time
}

// getSQL gives no row for an unknown instance, and nulls for an unknown webhook.
const getSQL = `
SELECT w.webhook_id IS NOT NULL, coalesce(w.event_type, ''), coalesce(w.url, ''), coalesce(w.http_method, ''),
    coalesce(w.header_template, ''), coalesce(w.body_template, '')
FROM merchant_webhooks.instance AS i
LEFT JOIN merchant_webhooks.webhook AS w
    ON w.instance_serial = i.instance_serial AND w.webhook_id = $2::text
WHERE i.instance_id = $1::text`

// getStoredSQL is getSQL with what else there is. The serial in the version tells
// webhooks apart that had the same ID.
const getStoredSQL = `
SELECT w.webhook_id IS NOT NULL, coalesce(w.event_type, ''), coalesce(w.url, ''), coalesce(w.http_method, ''),
    coalesce(w.header_template, ''), coalesce(w.body_template, ''),
    coalesce(w.webhook_serial * 1000000 + w.version, 0), coalesce(w.version, 0), i.instance_serial, coalesce(w.webhook_serial, 0),
    coalesce(w.created_at, 'epoch'), coalesce(w.updated_at, 'epoch')
FROM merchant_webhooks.instance AS i
LEFT JOIN merchant_webhooks.webhook AS w
    ON w.instance_serial = i.instance_serial AND w.webhook_id = $2::text
WHERE i.instance_id = $1::text`

// GetStored reads a webhook with its version and times. Problems:
// CodeInstanceUnknown, CodeWebhookUnknown.
func (r *Repo) GetStored(ctx context.Context, instance, id string) (Stored, error) {
	w := Stored{Webhook: webhook.Webhook{ID: id}}
	err := r.read(ctx, readingWebhook, r.getStored, instance, id, &w.EventType, &w.URL, &w.HTTPMethod, &w.HeaderTemplate, &w.BodyTemplate,
		&w.Version, &w.RowVersion, &w.InstanceSerial, &w.Serial, &w.CreatedAt, &w.UpdatedAt)
	if err != nil {
		return Stored{}, err
	}
	return w, nil
}

// Get reads a webhook. Problems: CodeInstanceUnknown, CodeWebhookUnknown.
func (r *Repo) Get(ctx context.Context, instance, id string) (webhook.Webhook, error) {
	w := webhook.Webhook{ID: id}
	err := r.read(ctx, readingWebhook, r.get, instance, id, &w.EventType, &w.URL, &w.HTTPMethod, &w.HeaderTemplate, &w.BodyTemplate)
	if err != nil {
		return webhook.Webhook{}, err
	}
	return w, nil
}

// read runs a statement about a webhook, and reads its columns, behind one that says
// whether it is there.
func (r *Repo) read(ctx context.Context, op operation, s *statement, instance, id string, columns ...any) error {
	known := false
	columns = append([]any{&known}, columns...)
	return r.run(ctx, op, func() error {
		v := unknownInstance
		err := r.each(ctx, nil, s, []any{instance, id}, func(rows *sql.Rows) error {
			err := rows.Scan(columns...)
			v = unknownWebhook
			if known {
				v = found
			}
			return err
		})
		if err != nil || v == found {
			return err
		}
		return v.otherwise(instance, id)
	})
}

// updateVersionSQL is updateSQL for somebody who edits the version $10, 0 for
// whichever there is, in a form. Browsers send every line break as \r\n, so a
// template ($6, $7) that is equal to the stored one but for these, as $8 and $9
// have them, is none that was changed. The row that is written says what it
// holds, and not the snapshot: it may have been written since.
const updateVersionSQL = `
WITH home AS (
    SELECT instance_serial
    FROM merchant_webhooks.instance
    WHERE instance_id = $1::text
), found AS (
    SELECT webhook_serial * 1000000 + version AS version,
        (event_type, url, http_method) = ($3::text, $4::text, $5::text)
        AND replace(replace(header_template, E'\r\n', E'\n'), E'\r', E'\n') IS NOT DISTINCT FROM $8::text
        AND replace(replace(body_template, E'\r\n', E'\n'), E'\r', E'\n') IS NOT DISTINCT FROM $9::text AS equal
    FROM merchant_webhooks.webhook
    WHERE instance_serial = (SELECT instance_serial FROM home)
      AND webhook_id = $2::text
), changed AS (
    UPDATE merchant_webhooks.webhook
    SET event_type = $3::text, url = $4::text, http_method = $5::text,
        header_template = CASE
            WHEN replace(replace(header_template, E'\r\n', E'\n'), E'\r', E'\n') = $8::text THEN header_template
            ELSE $6::text
        END,
        body_template = CASE
            WHEN replace(replace(body_template, E'\r\n', E'\n'), E'\r', E'\n') = $9::text THEN body_template
            ELSE $7::text
        END,
        version = version + 1, updated_at = now(),
        event_type_since = CASE WHEN event_type = $3::text THEN event_type_since ELSE now() END,
        failing_since = CASE WHEN (url, http_method) = ($4::text, $5::text) THEN failing_since END
    WHERE instance_serial = (SELECT instance_serial FROM home)
      AND webhook_id = $2::text
      AND $10::bigint IN (0, webhook_serial * 1000000 + version)
      AND ((event_type, url, http_method) <> ($3::text, $4::text, $5::text)
        OR replace(replace(header_template, E'\r\n', E'\n'), E'\r', E'\n') IS DISTINCT FROM $8::text
        OR replace(replace(body_template, E'\r\n', E'\n'), E'\r', E'\n') IS DISTINCT FROM $9::text)
    RETURNING webhook_serial
)
SELECT CASE
    WHEN NOT EXISTS (SELECT FROM home) THEN 'unknown instance'
    WHEN EXISTS (SELECT FROM changed) THEN 'changed'
    WHEN NOT EXISTS (SELECT FROM found) THEN 'unknown webhook'
    WHEN (SELECT equal FROM found) THEN 'equal'
    WHEN $10::bigint NOT IN (0, (SELECT version FROM found)) THEN 'other version'
    ELSE 'unseen'
END`

// UpdateVersion is Update for a form, where a person edits what they saw some
// time ago: it changes the webhook only while its version is the one of the
// Stored that they saw; 0 is not compared. Another version is a Problem
// CodeWebhookExists with the message webhook.changed, and then nothing is
// written, unless what is stored is equal already: that is nil whatever the
// version, so that a form may be sent twice.
//
// Line breaks count as equal, be they \n, \r\n or \r, since a form can not tell
// which of them there were. A template in which nothing else is changed stays
// as it is stored, though the other fields may change.
func (r *Repo) UpdateVersion(ctx context.Context, instance string, w webhook.Webhook, version int64) error {
	args := []any{
		instance, w.ID, w.EventType, w.URL, w.HTTPMethod,
		orNull(w.HeaderTemplate), orNull(w.BodyTemplate),
		orNull(webhook.PlainLines(w.HeaderTemplate)), orNull(webhook.PlainLines(w.BodyTemplate)), version,
	}
	return r.run(ctx, updating, func() error {
		v, err := r.ask(ctx, r.updateVersion, args)
		switch {
		case err != nil || v == changed || v == equal:
			return err
		case v == otherVersion:
			return &webhook.Problem{Code: webhook.CodeWebhookExists, Subject: w.ID, Message: webhook.Say("webhook.changed")}
		}
		return v.otherwise(instance, w.ID)
	})
}
