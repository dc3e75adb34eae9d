package repo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

const month = 30 * 24 * time.Hour

func TestD6_D14_D10_Prune(t *testing.T) {
	modes(t, func(t *testing.T, r *Repo) {
		create(t, r, "admin", sample)
		var keys []Key
		for range 7 {
			keys = append(keys, emit(t, r, "admin", nil)...)
		}
		const old, young = "now() - interval '30 days 1 minute'", "now() - interval '29 days'"
		r.db.MustExec(`UPDATE merchant_webhooks.event SET created_at = ` + old)
		r.db.MustExec(`INSERT INTO merchant_webhooks.event (instance_serial, event_type, event_at, created_at) SELECT instance_serial, 'pay', now(), ` + young + ` FROM merchant_webhooks.instance`)
		alter(t, r, "state = 'delivered', created_at = "+old+", finished_at = "+old, keys[0])
		alter(t, r, "state = 'failed', failure = '', finished_at = "+old, keys[1])
		alter(t, r, "state = 'delivered', created_at = "+old+", finished_at = "+young, keys[2])
		alter(t, r, "lane = 2, is_forced = true, queued_at = "+old, keys[3])
		alter(t, r, "queued_at = "+old+", sending_since = now()", keys[4])
		alter(t, r, "created_at = "+old+", queued_at = "+young, keys[5]) // a person has sent it again
		r.db.MustExec(`INSERT INTO merchant_webhooks.delivery_attempt (instance_serial, delivery_serial, number, at, duration_ms, url)
			SELECT instance_serial, delivery_serial, 1, now(), 1, '' FROM merchant_webhooks.delivery`)

		alter(t, r, "attempt_count = 9, last_status = 503", keys[3])
		done, err := r.Prune(t.Context(), month)
		if err != nil || done.Deleted != 2 || done.GivenUp != 1 {
			t.Errorf("D6 done is %+v, %v", done, err)
		}
		first := GivenUp{Instance: "admin", WebhookID: sample.ID, EventType: "pay", URL: request.URL, Attempts: 9, Status: 503}
		if err := r.db.Get(&first.DeliveryID, `SELECT 'msg_' || delivery_serial || '_' || nonce FROM merchant_webhooks.delivery WHERE delivery_serial = $1`, keys[3].Delivery); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(done.First, []GivenUp{first}) {
			t.Errorf("D14 given up is %+v, want %+v", done.First, first)
		}
		if is := at(t, r, keys[3]); is.State != "failed" || is.Failure != webhook.Say("delivery.pruned").Encode() || !is.IsFinished || is.IsForced {
			t.Errorf("D6 one that waited for too long is %+v", is)
		}
		for _, k := range []Key{keys[4], keys[5], keys[6]} {
			if is := at(t, r, k); is.State != "pending" {
				t.Errorf("D6 %v is %+v", k, is)
			}
		}
		if n := number(t, r.db, `SELECT count(*) FROM merchant_webhooks.delivery WHERE delivery_serial IN ($1, $2)`, keys[0].Delivery, keys[1].Delivery); n != 0 {
			t.Errorf("D6 %d are left", n)
		}
		if n := number(t, r.db, `SELECT count(*) FROM merchant_webhooks.delivery_attempt`); n != 5 {
			t.Errorf("D6 %d attempts are left", n)
		}
		if n := number(t, r.db, `SELECT count(*) FROM merchant_webhooks.event`); n != 5+2 {
			t.Errorf("D10 %d events are left", n)
		}
		if done, err := r.Prune(t.Context(), month); !reflect.DeepEqual(done, Pruned{}) || err != nil {
			t.Errorf("D6 once more, done is %+v, %v", done, err)
		}
	})
}

// TestD14_WhichAreGivenUp: each is told with its own instance, webhook and event.
func TestD14_WhichAreGivenUp(t *testing.T) {
	r := fresh(t)
	var want []GivenUp
	for _, instance := range []string{"admin", "sandbox"} {
		create(t, r, instance, sample, named(sample, "other"))
		for hook, event := range map[string]string{sample.ID: "pay", "other": "refund"} {
			_, id := file(t, r, filing{instance: instance, hook: hook, event: event, set: `queued_at = now() - interval '31 days'`})
			want = append(want, GivenUp{Instance: instance, WebhookID: hook, DeliveryID: id, EventType: event, URL: request.URL})
		}
	}
	done, err := r.Prune(t.Context(), month)
	if err != nil || !reflect.DeepEqual(done.First, want) {
		t.Errorf("D14 given up are %+v, %v, want %+v", done.First, err, want)
	}
}

// TestD6_D10_PruneInSteps has more than a step holds, of two webhooks.
func TestD6_D10_PruneInSteps(t *testing.T) {
	r := fresh(t)
	create(t, r, "admin", sample, named(sample, "b"))
	many(t, r, 2300, `'pending', NULL, NULL`)
	many(t, r, 2100, `'failed', now() - interval '31 days', ''`)
	r.db.MustExec(`UPDATE merchant_webhooks.event SET created_at = now() - interval '31 days'`)
	done, err := r.Prune(t.Context(), month)
	if err != nil || done.Deleted != 2100 || done.GivenUp != 2300 || len(done.First) != 100 {
		t.Errorf("D6 deleted are %d, given up %d, told %d, %v", done.Deleted, done.GivenUp, len(done.First), err)
	}
	const oldest = `SELECT min(delivery_serial) FROM merchant_webhooks.delivery JOIN merchant_webhooks.webhook USING (instance_serial, webhook_serial) WHERE webhook_id = $1 AND failure LIKE '%pruned%'`
	if n := number(t, r.db, oldest, done.First[0].WebhookID); done.First[0].DeliveryID != fmt.Sprintf("msg_%d_a", n) {
		t.Errorf("D14 the first that is told is %s, the oldest %d", done.First[0].DeliveryID, n)
	}
	if n := number(t, r.db, `SELECT count(*) FROM merchant_webhooks.event`); n != 2300 {
		t.Errorf("D10 %d events are left", n)
	}
	r.db.MustExec(`UPDATE merchant_webhooks.delivery SET finished_at = now() - interval '31 days'`)
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.Prune(cancelled, month); !errors.Is(err, context.Canceled) {
		t.Errorf("D6 cancelled, it says %v", err)
	}
	r.db.MustExec(`
		CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not now'; END $$;
		CREATE TRIGGER refuse BEFORE DELETE ON merchant_webhooks.delivery FOR EACH ROW EXECUTE FUNCTION refuse();
		CREATE TRIGGER refuse BEFORE DELETE ON merchant_webhooks.event FOR EACH ROW EXECUTE FUNCTION refuse()`)
	if _, err := r.Prune(t.Context(), month); err == nil {
		t.Error("D6 that nothing can be deleted is no error")
	}
	r.db.MustExec(`DROP TRIGGER refuse ON merchant_webhooks.delivery`)
	if done, err := r.Prune(t.Context(), month); err == nil || done.Deleted != 2300 {
		t.Errorf("D6 deleted are %d, %v", done.Deleted, err)
	}
	r.db.MustExec(`DROP TRIGGER refuse ON merchant_webhooks.event`)
	if done, err := r.Prune(t.Context(), month); err != nil || done.Deleted != 0 {
		t.Errorf("D6 deleted are %d, %v", done.Deleted, err)
	}
	if n := number(t, r.db, `SELECT count(*) FROM merchant_webhooks.event`); n != 0 {
		t.Errorf("D10 %d events are left", n)
	}
}

// many stores an event with a delivery n times, to the webhooks by turns, with
// the state, finished_at and failure given, queued long ago.
func many(t testing.TB, r *Repo, n int, outcome string) {
	t.Helper()
	r.db.MustExec(`
		WITH hook AS (
			SELECT instance_serial, webhook_serial, row_number() OVER (ORDER BY webhook_serial) - 1 AS turn, count(*) OVER () AS turns
			FROM merchant_webhooks.webhook
		), happened AS (
			INSERT INTO merchant_webhooks.event (instance_serial, event_type, event_at)
			SELECT instance_serial, 'pay', now() FROM generate_series(1, $1) AS g JOIN hook ON turn = g % turns
			RETURNING instance_serial, event_serial
		)
		INSERT INTO merchant_webhooks.delivery (instance_serial, webhook_serial, event_serial, nonce, webhook_version, http_method, url, receiver, headers, body,
			queued_at, state, finished_at, failure)
		SELECT instance_serial, webhook_serial, event_serial, 'a', 1, 'POST', 'https://shop.example/', 'shop.example:443', '', '',
			now() - interval '31 days', `+outcome+`
		FROM happened JOIN hook USING (instance_serial)
		WHERE turn = event_serial % turns`, n)
}

func TestD4_Reseal(t *testing.T) {
	modes(t, func(t *testing.T, r *Repo) {
		for i := range 6 {
			create(t, r, "admin", named(sample, fmt.Sprint("hook ", i)))
		}
		r.db.MustExec(`UPDATE merchant_webhooks.webhook SET secret = '\x0022' WHERE webhook_id IN ('hook 4', 'hook 5')`)
		create(t, r, "sandbox", sample)
		r.db.MustExec(`UPDATE merchant_webhooks.webhook SET secret = '\x01ff02' WHERE webhook_id = 'hook 0'`) // sealed already
		r.db.MustExec(`UPDATE merchant_webhooks.webhook SET secret = '\x01ff02', previous_secret = '\x0003' WHERE webhook_id = 'hook 1'`)
		r.db.MustExec(`UPDATE merchant_webhooks.webhook SET secret = '\x01ee' WHERE webhook_id = 'hook 2'`) // of a key that is lost
		prefix, lost := []byte{1, 255}, errors.New("no key fits")
		seal := func(stored []byte, instance, webhookID string) ([]byte, error) {
			switch {
			case bytes.HasPrefix(stored, prefix):
				t.Errorf("D4 %x of %s is sealed already", stored, webhookID)
			case stored[0] == 1:
				return nil, lost
			case webhookID == "hook 3": // rotated by somebody else meanwhile
				r.db.MustExec(`UPDATE merchant_webhooks.webhook SET secret = '\x01ffee' WHERE webhook_id = 'hook 3'`)
			}
			return append(bytes.Clone(prefix), instance+"/"+webhookID...), nil
		}
		n, err := r.Reseal(t.Context(), prefix, seal)
		if n != 4 || !errors.Is(err, lost) {
			t.Errorf("D4 resealed are %d, %v", n, err)
		}
		var got []string
		if err := r.db.Select(&got, `SELECT concat_ws(' ', encode(secret, 'escape'), encode(previous_secret, 'escape')) FROM merchant_webhooks.webhook ORDER BY webhook_serial`); err != nil {
			t.Fatal(err)
		}
		want := []string{
			"\x01\\377\x02", "\x01\\377\x02 \x01\\377admin/hook 1", "\x01\\356", "\x01\\377\\356", "\x01\\377admin/hook 4", "\x01\\377admin/hook 5", "\x01\\377sandbox/hook",
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("D4 the secrets are\n%q\nwant\n%q", got, want)
		}
		if n, err := r.Reseal(t.Context(), prefix, seal); n != 0 || !errors.Is(err, lost) { // the last is tried once
			t.Errorf("D4 once more resealed are %d, %v", n, err)
		}
	})
}

func TestD4_ResealMany(t *testing.T) {
	r := fresh(t)
	fill(t, r, "admin", 1500)
	fill(t, r, "sandbox", 1000)
	prefix := []byte{1, 2}
	seal := func(stored []byte, _, _ string) ([]byte, error) { return append(bytes.Clone(prefix), stored...), nil }
	for _, want := range []int{2500, 0} {
		if n, err := r.Reseal(t.Context(), prefix, seal); n != want || err != nil {
			t.Errorf("D4 resealed are %d of %d, %v", n, want, err)
		}
	}
}
