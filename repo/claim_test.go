package repo

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"
)

func TestD4_D2_D1_Claim(t *testing.T) {
	modes(t, func(t *testing.T, r *Repo) {
		create(t, r, "admin", sample)
		k := emit(t, r, "admin", func(ev *NewEvent, _ []NewDelivery) { ev.Traceparent = "00-ab-cd-01" })[0]
		before := time.Now()
		c := take(t, r, k)
		if c.AskedAt.Before(before) || c.AskedAt.After(time.Now()) {
			t.Errorf("D2 it was asked for at %v", c.AskedAt)
		}
		if c.DeliveryID != fmt.Sprintf("msg_%d_%016x", k.Delivery, 0) || c.Key != k {
			t.Errorf("D2 it is %s, %v", c.DeliveryID, c.Key)
		}
		if c.Instance != "admin" || c.WebhookID != sample.ID || c.EventType != "pay" || !c.EventAt.Equal(happened.At) ||
			c.Traceparent != "00-ab-cd-01" || time.Since(c.QueuedAt) < 0 || time.Since(c.QueuedAt) > time.Hour || c.IsTest || c.IsForced || c.Attempt != 1 || c.Tries != 0 {
			t.Errorf("D2 the claim is %+v", c)
		}
		if got := c.Request; got.Method != request.Method || got.URL != request.URL || got.Receiver != request.Receiver ||
			!slices.Equal(got.Headers, request.Headers) || !bytes.Equal(got.Body, request.Body) {
			t.Errorf("D1 the request is %+v", got)
		}
		if len(c.Secrets) != 1 || len(c.Secrets[0]) != 33 {
			t.Errorf("D4 the secrets are %x", c.Secrets)
		}
		r.db.MustExec(`UPDATE merchant_webhooks.webhook SET previous_secret = '\x0001', previous_until = now() + interval '1 minute'`)
		alter(t, r, "sending_since = NULL", k)
		if c := take(t, r, k); len(c.Secrets) != 2 || !bytes.Equal(c.Secrets[1], []byte{0, 1}) {
			t.Errorf("D4 both secrets are %x", c.Secrets)
		}
		r.db.MustExec(`UPDATE merchant_webhooks.webhook SET previous_until = now()`)
		alter(t, r, "sending_since = NULL", k)
		if c := take(t, r, k); len(c.Secrets) != 1 {
			t.Errorf("D4 after a day the secrets are %x", c.Secrets)
		}
	})
}

func TestClaimVerdicts(t *testing.T) {
	r, keys := sending(t, 1)
	k := keys[0]
	t.Run("D2 one that waits for its time", func(t *testing.T) {
		alter(t, r, "due_at = now() + interval '1 hour'", k)
		if wait := claims(t, r, k, NotYet); wait < 59*time.Minute || wait > time.Hour {
			t.Errorf("it is to wait for %v", wait)
		}
		alter(t, r, "due_at = now()", k)
	})
	t.Run("D2 one that another holds", func(t *testing.T) {
		take(t, r, k)
		if wait := claims(t, r, k, Taken); wait < 40*time.Second || wait > lease {
			t.Errorf("its lease lasts for %v", wait)
		}
		alter(t, r, "sending_since = now() - interval '1 hour'", k)
		if wait := claims(t, r, k, Taken); wait != time.Second {
			t.Errorf("an old lease lasts for %v", wait)
		}
		alter(t, r, "sending_since = NULL", k)
	})
	t.Run("D8 one that a pause holds", func(t *testing.T) {
		setHook(t, r, pausedFailing)
		alter(t, r, "due_at = now() + interval '1 hour'", k)
		claims(t, r, k, Held)
		if is := at(t, r, k); is.Lane != 2 || is.IsSending {
			t.Errorf("it is %+v", is)
		}
		alter(t, r, "due_at = now(), is_forced = true", k)
		if c := take(t, r, k); !c.IsForced {
			t.Error("a forced one does not say so")
		}
		if is := at(t, r, k); is.Lane != 0 || !is.IsSending {
			t.Errorf("a forced one is %+v", is)
		}
		setHook(t, r, `paused_at = NULL, paused_reason = NULL`)
		alter(t, r, "sending_since = NULL, is_forced = false", k)
	})
	t.Run("D5 a parked one", func(t *testing.T) {
		alter(t, r, "lane = 1", k)
		take(t, r, k)
		if is := at(t, r, k); is.Lane != 0 {
			t.Errorf("it is %+v", is)
		}
	})
	t.Run("D2 one that is done", func(t *testing.T) {
		alter(t, r, "state = 'delivered', finished_at = now(), sending_since = NULL", k)
		claims(t, r, k, Finished)
	})
	t.Run("D1 one that is deleted", func(t *testing.T) {
		want(t, errOf(r.Delete(t.Context(), "admin", sample.ID)), none, "")
		claims(t, r, k, Finished)
	})
}

// TestD2OneClaimWins lets many workers claim the same deliveries at once.
func TestD2OneClaimWins(t *testing.T) {
	r, keys := sending(t, 20)
	for _, k := range keys {
		won := make(chan bool)
		for range 10 {
			go func() {
				_, v, _, err := r.Claim(t.Context(), k, lease)
				if err != nil || v != Claimed && v != Taken {
					t.Errorf("the claim is %v, %v", v, err)
				}
				won <- v == Claimed
			}()
		}
		n := 0
		for range 10 {
			if <-won {
				n++
			}
		}
		if n != 1 {
			t.Fatalf("%d workers have claimed it", n)
		}
	}
}
