package delivery

import (
	"context"
	"time"

	"github.com/seed-7c2cc908/merchant-webhooks/telemetry"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// SecretOverlap is how long a webhook's secret signs too after it was replaced.
const SecretOverlap = 24 * time.Hour

// Pause holds what waits and what comes, until Resume: a person's pause, which no
// probe ends. Notify is told, unless it was paused already. Problems:
// CodeInstanceUnknown, CodeWebhookUnknown.
func (c *Courier) Pause(ctx context.Context, instance, webhookID string) error {
	change, err := c.o.Repo.Pause(ctx, instance, webhookID)
	if err == nil {
		c.tellChange(ctx, instance, webhookID, change)
	}
	return err
}

// Resume ends a pause: what waits is sent, the oldest first, or with drop marked
// failed, in steps; cut off, it may be asked again. Of a webhook that is not paused
// it is nil. Notify is told. Problems as of Pause.
func (c *Courier) Resume(ctx context.Context, instance, webhookID string, drop bool) error {
	change, err := c.o.Repo.Resume(ctx, instance, webhookID, drop, webhook.Say("delivery.dropped"))
	c.o.Metrics.Finished(telemetry.Dropped, change.Dropped)
	c.tellChange(ctx, instance, webhookID, change)
	c.sweepSoon()
	return err
}

// Forget erases what was sent and answered of an order, and its events' data, and
// gives of how many deliveries. What still waits is failed. An order that nobody
// knows gives 0. Problems: CodeInstanceUnknown.
func (c *Courier) Forget(ctx context.Context, instance, orderID string) (int, error) {
	count, waited, err := c.o.Repo.Forget(ctx, instance, orderID, webhook.Say("delivery.forgotten"))
	c.o.Metrics.Finished(telemetry.Forgotten, waited)
	return count, err
}

// Delete removes a webhook and its deliveries, also those that wait: its ID is free
// at once. Problems: CodeInstanceUnknown, CodeWebhookUnknown.
func (c *Courier) Delete(ctx context.Context, instance, webhookID string) error {
	waited, err := c.o.Repo.Delete(ctx, instance, webhookID)
	c.o.Metrics.Finished(telemetry.Deleted, waited)
	return err
}

// Secrets are what a webhook's deliveries are signed with: the present one and,
// while it is valid, the one before, until when. Problems: CodeInstanceUnknown,
// CodeWebhookUnknown; CodeInternalInvariantFailure for one that no key opens.
func (c *Courier) Secrets(ctx context.Context, instance, webhookID string) (secrets []webhook.Secret, previousUntil time.Time, err error) {
	stored, err := c.o.Repo.GetSecrets(ctx, instance, webhookID)
	if err != nil {
		return nil, time.Time{}, err
	}
	for _, sealed := range [][]byte{stored.Current, stored.Previous} {
		if sealed == nil {
			continue
		}
		secret, err := c.open(sealed, instance, webhookID)
		if err != nil {
			return nil, time.Time{}, err
		}
		secrets = append(secrets, secret)
	}
	return secrets, stored.PreviousUntil, nil
}

func (c *Courier) open(sealed []byte, instance, webhookID string) (secret webhook.Secret, err error) {
	if secret, err = c.o.Keyring.Open(sealed, instance, webhookID); err != nil {
		err = &webhook.Problem{Code: webhook.CodeInternalInvariantFailure, Subject: webhookID, Cause: err}
	}
	return secret, err
}

// RotateSecret makes a new secret; the old one stays valid for a day. Within a
// minute of the last time it does nothing: a program repeats whose answer was
// lost, and would end the secret that the receiver has. Problems:
// CodeInstanceUnknown, CodeWebhookUnknown.
func (c *Courier) RotateSecret(ctx context.Context, instance, webhookID string) error {
	return c.rotate(ctx, instance, webhookID, nil)
}

// RotateSecretThatEnds is RotateSecret if the secret's text ends so; else somebody
// has made a new one since, and nothing is done.
func (c *Courier) RotateSecretThatEnds(ctx context.Context, instance, webhookID, end string) error {
	stored, err := c.o.Repo.GetSecrets(ctx, instance, webhookID)
	if err != nil {
		return err
	}
	secret, err := c.open(stored.Current, instance, webhookID)
	if err != nil {
		return err
	}
	if secret.End() != end {
		return nil
	}
	return c.rotate(ctx, instance, webhookID, stored.Current)
}

// rotate makes a new secret in the place of old, as stored; nil: of any.
func (c *Courier) rotate(ctx context.Context, instance, webhookID string, old []byte) error {
	sealed := c.o.Keyring.Seal(webhook.NewSecret(), instance, webhookID)
	return c.o.Repo.RotateSecret(ctx, instance, webhookID, sealed, old, SecretOverlap)
}

// Reseal seals all secrets with the first key of the keyring, or without a key
// stores them in clear. It is a part of Migrate. Its error is of a secret that no
// key opens, or the database's.
func (c *Courier) Reseal(ctx context.Context) error {
	ring := c.o.Keyring
	_, err := c.o.Repo.Reseal(ctx, ring.Prefix(), func(stored []byte, instance, webhookID string) ([]byte, error) {
		secret, err := ring.Open(stored, instance, webhookID)
		if err != nil {
			return nil, err
		}
		return ring.Seal(secret, instance, webhookID), nil
	})
	return err
}
