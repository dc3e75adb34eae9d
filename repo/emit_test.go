package repo

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lib/pq"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

func TestD1_D8_Listeners(t *testing.T) {
	modes(t, func(t *testing.T, r *Repo) {
		bare := webhook.Webhook{ID: "bare", EventType: "pay", URL: "https://shop.example/", HTTPMethod: "GET"}
		create(t, r, "admin", sample, named(others[0].webhook, "other event"), bare, named(sample, "third"))
		create(t, r, "sandbox", sample)
		r.db.MustExec(`UPDATE merchant_webhooks.webhook SET paused_at = now(), paused_reason = 'hand' WHERE webhook_id = 'bare'`)
		tx := r.db.MustBegin()
		defer func() { _ = tx.Rollback() }()

		serial, ls, err := r.Listeners(t.Context(), tx.Tx, "admin", "pay", 2)
		if err != nil || len(ls) != 3 {
			t.Fatalf("D1 the listeners are %+v, %v", ls, err)
		}
		if stored, err := r.GetStored(t.Context(), "admin", sample.ID); err != nil || stored.Serial != ls[0].Serial ||
			stored.RowVersion != ls[0].Version || stored.InstanceSerial != serial {
			t.Errorf("D1 the first is stored as %+v, %v", stored, err)
		}
		if ls[0].Webhook != sample || ls[0].IsPaused || ls[0].IsBeyond {
			t.Errorf("D1 the first is %+v", ls[0])
		}
		if ls[1].Webhook != bare || !ls[1].IsPaused || ls[1].IsBeyond {
			t.Errorf("D8 a paused one is %+v", ls[1])
		}
		if last := ls[2]; !last.IsBeyond || last.ID != "third" || last.HeaderTemplate+last.BodyTemplate != "" || last.URL != sample.URL {
			t.Errorf("D1 one beyond the limit is %+v", last)
		}
		if _, ls, err := r.Listeners(t.Context(), tx.Tx, "admin", "order_settled", 2); err != nil || len(ls) != 0 {
			t.Errorf("D1 of an event that nobody listens to there are %+v, %v", ls, err)
		}
		_, _, err = r.Listeners(t.Context(), tx.Tx, "nobody", "pay", 2)
		want(t, err, webhook.CodeInstanceUnknown, "nobody")
		if _, err := tx.Exec("SELECT 1"); err != nil {
			t.Errorf("D1 after an unknown instance the transaction is broken: %v", err)
		}
	})
}

func TestD1_D10_AddDeliveries(t *testing.T) {
	modes(t, func(t *testing.T, r *Repo) {
		create(t, r, "admin", sample, named(sample, "held"), named(sample, "bad"), named(sample, "empty"))
		failure := webhook.Say("delivery.not_made")
		keys := emit(t, r, "admin", func(_ *NewEvent, ds []NewDelivery) {
			ds[1].IsHeld = true
			ds[2].Failure, ds[2].IsHeld = failure, true
			ds[3].Request = webhook.Request{Method: "GET", URL: "https://a.example/", Receiver: "a.example:443"}
		})
		if len(keys) != 4 || !slices.IsSortedFunc(keys, func(a, b Key) int { return int(a.Delivery - b.Delivery) }) {
			t.Fatalf("D1 the keys are %v", keys)
		}
		for i, want := range []row{
			{State: "pending"},
			{State: "pending", Lane: 2},
			{State: "failed", Failure: failure.Encode(), IsFinished: true},
			{State: "pending"},
		} {
			is := at(t, r, keys[i])
			if is.Due > 0 {
				t.Errorf("D1 number %d is due in %v s", i, is.Due)
			}
			if is.Due = 0; is != want {
				t.Errorf("D1 number %d is %+v, want %+v", i, is, want)
			}
		}
		var bytes, order []string
		err := r.db.Select(&bytes, `SELECT concat_ws(' ', webhook_id, headers IS NULL, encode(body, 'escape')) FROM merchant_webhooks.delivery
			JOIN merchant_webhooks.webhook USING (instance_serial, webhook_serial) ORDER BY delivery_serial`)
		if err != nil {
			t.Fatal(err)
		}
		body := "f {\"order\": \"2026-1\"}\\000\\377"
		if want := []string{sample.ID + " " + body, "held " + body, "bad t", "empty f "}; !slices.Equal(bytes, want) {
			t.Errorf("D1 stored is %q, want %q", bytes, want)
		}
		if c := take(t, r, keys[3]); len(c.Request.Headers) != 0 || len(c.Request.Body) != 0 {
			t.Errorf("D1 an empty request is %+v", c.Request)
		}
		if err := r.db.Select(&order, `SELECT concat_ws(' ', event_type, order_id, data, is_test, extract(epoch FROM event_at)::bigint) FROM merchant_webhooks.event`); err != nil {
			t.Fatal(err)
		}
		if want := []string{`pay 2026-1 {"order_id":"2026-1"} f 1795442580`}; !slices.Equal(order, want) {
			t.Errorf("D10 the event is %q, want %q", order, want)
		}
	})
}

func TestD12_D10_AddDeliveriesOfATest(t *testing.T) {
	r := fresh(t)
	create(t, r, "admin", sample)
	setHook(t, r, `paused_at = now(), paused_reason = 'hand'`)
	k := emit(t, r, "admin", func(ev *NewEvent, _ []NewDelivery) {
		ev.IsTest, ev.OrderID, ev.At = true, "", time.Time{}
	})[0]
	if is := at(t, r, k); !is.IsForced || is.Lane != 0 {
		t.Errorf("D12 it is %+v", is)
	}
	if c := take(t, r, k); !c.IsTest || time.Since(c.EventAt) > time.Hour {
		t.Errorf("D12 the claim is %+v", c)
	}
	if n := number(t, r.db, `SELECT count(*) FROM merchant_webhooks.event WHERE order_id IS NULL AND traceparent IS NULL`); n != 1 {
		t.Error("D10 an event of no order has one")
	}
}

// TestD2_JobsOfDeliveries: what can be sent has a job, of a busy receiver behind the
// others'; what is held by a pause, or could not be made, has none.
func TestD2_JobsOfDeliveries(t *testing.T) {
	r := fresh(t)
	create(t, r, "admin", sample, named(sample, "busy"), named(sample, "held"), named(sample, "bad"))
	tx := r.db.MustBegin()
	defer func() { _ = tx.Rollback() }()
	serial, ls, err := r.Listeners(t.Context(), tx.Tx, "admin", "pay", 9)
	if err != nil {
		t.Fatal(err)
	}
	ds := make([]NewDelivery, len(ls))
	for i, l := range ls {
		ds[i] = NewDelivery{Webhook: l.Serial, Version: 1, Request: request, Nonce: fmt.Sprint(i)}
	}
	ds[1].Request.Receiver = "busy.example:443"
	ds[2].IsHeld = true
	ds[3].Failure = webhook.Say("delivery.not_made")
	jobs := NewJobs{Kind: "send", MaxAttempts: 7, ScheduledAt: time.Unix(1800000000, 0), Behind: []string{"busy.example:443"}, BehindPriority: 3}
	keys, err := r.AddDeliveries(t.Context(), tx.Tx, NewEvent{Instance: serial, Prepared: happened}, ds, jobs)
	if err != nil {
		t.Fatal(err)
	}
	var got, want []string
	err = tx.Select(&got, `SELECT concat_ws(' ', kind, state, priority, max_attempts, extract(epoch FROM scheduled_at)::bigint, args ->> 'instance_serial', args ->> 'delivery_serial')
		FROM merchant_webhooks.river_job ORDER BY id`)
	if err != nil {
		t.Fatal(err)
	}
	for i, priority := range []int{1, 3} {
		want = append(want, fmt.Sprint("send available ", priority, " 7 1800000000 ", serial, " ", keys[i].Delivery))
	}
	if !slices.Equal(got, want) {
		t.Errorf("D2 the jobs are %q, want %q", got, want)
	}
}

// TestEmitOnOneConnection holds that a host's transaction never waits for a
// second connection, prepared or not.
func TestEmitOnOneConnection(t *testing.T) {
	for name, prepare := range map[string]bool{"D1 prepared by Migrate": true, "D1 not prepared yet": false} {
		t.Run(name, func(t *testing.T) {
			r := fresh(t)
			create(t, r, "admin", sample)
			if prepare {
				if err := r.PrepareEmit(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			r.db.SetMaxOpenConns(1)
			tx, err := r.db.BeginTx(within(t), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = tx.Rollback() }()
			if keys := emitIn(t, r, tx, "admin", nil); len(keys) != 1 {
				t.Errorf("the keys are %v", keys)
			}
			if prepared := r.delivery.addDeliveries.prepared.Load() != nil; prepared != prepare {
				t.Errorf("that it is prepared is %v", prepared)
			}
		})
	}
	t.Run("D1 a transaction of another pool", func(t *testing.T) {
		dsn := database(t)
		r := over(t, connect(t, dsn, inText), Options{})
		create(t, r, "admin", sample)
		if err := r.PrepareEmit(t.Context()); err != nil {
			t.Fatal(err)
		}
		tx, err := connect(t, dsn, inText).Begin()
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = tx.Rollback() }()
		emitIn(t, r, tx, "admin", nil)
	})
}

// TestEmitHoldsWhatItFound: nothing that Emit found can be removed under it,
// which would break the host's transaction.
func TestEmitHoldsWhatItFound(t *testing.T) {
	for name, remove := range map[string]func(r *Repo) error{
		"D1 a webhook":   func(r *Repo) error { return errOf(r.Delete(within(t), "admin", sample.ID)) },
		"D1 an instance": func(r *Repo) error { return errOf(r.RemoveInstance(within(t), r.db, "admin")) }, // which tries nothing again,
	} {
		t.Run(name, func(t *testing.T) {
			r := fresh(t)
			create(t, r, "admin", sample)
			tx := r.db.MustBegin()
			defer func() { _ = tx.Rollback() }()
			serial, ls, err := r.Listeners(t.Context(), tx.Tx, "admin", "pay", 9)
			if err != nil {
				t.Fatal(err)
			}
			removed := make(chan error)
			go func() { removed <- remove(r) }()
			waiting(t, r.db, 1)
			keys, err := r.AddDeliveries(t.Context(), tx.Tx, NewEvent{Instance: serial, Prepared: happened},
				[]NewDelivery{{Webhook: ls[0].Serial, Version: 1, Request: request, Nonce: "a"}}, NewJobs{})
			if err != nil {
				t.Fatal(err)
			}
			if err := tx.Commit(); err != nil {
				t.Fatal(err)
			}
			want(t, <-removed, none, "")
			claims(t, r, keys[0], Finished)
		})
	}
	t.Run("D12 a webhook that nobody looked for", func(t *testing.T) {
		r := fresh(t)
		tx := r.db.MustBegin()
		defer func() { _ = tx.Rollback() }()
		_, err := r.AddDeliveries(t.Context(), tx.Tx, NewEvent{Instance: 1, Prepared: happened},
			[]NewDelivery{{Webhook: 99, Version: 1, Request: request, Nonce: "a"}}, NewJobs{})
		if err == nil { // the foreign key is checked at the statement's end
			t.Fatal("it is stored")
		}
		want(t, err, webhook.CodeWebhookUnknown, "")
	})
	t.Run("D1 an event that can not be stored", func(t *testing.T) {
		r := fresh(t)
		tx := r.db.MustBegin()
		defer func() { _ = tx.Rollback() }()
		_, err := r.AddDeliveries(t.Context(), tx.Tx, NewEvent{Instance: 1}, nil, NewJobs{})
		want(t, err, webhook.CodeDBStoreFailed, "")
	})
}

func TestEmitNotifies(t *testing.T) {
	longest := strings.Repeat("a", 63-len(riverInsert)) // a channel's name has at most 63 bytes
	for schema, says := range map[string]bool{defaultSchema: true, longest: true, longest + "a": false, strings.Repeat("long", 15): false} {
		t.Run("D2 in "+schema, func(t *testing.T) {
			dsn := database(t)
			r := over(t, connect(t, dsn, inText), Options{})
			create(t, r, "admin", sample)
			r.schema = schema
			notes := make(chan *pq.Notification, 9)
			listener, err := pq.NewListenerConn(dsn, notes)
			if err != nil {
				t.Fatal(err)
			}
			defer listener.Close()
			if _, err := listener.Listen(schema[:min(len(schema), len(longest))] + riverInsert); err != nil {
				t.Fatal(err)
			}
			tx := r.db.MustBegin()
			serial, ls, err := r.Listeners(t.Context(), tx.Tx, "admin", "pay", 9)
			if err != nil {
				t.Fatal(err)
			}
			ds := []NewDelivery{{Webhook: ls[0].Serial, Version: 1, Request: request, Nonce: "a"}}
			for _, notify := range []bool{false, true} {
				if _, err := r.AddDeliveries(t.Context(), tx.Tx, NewEvent{Instance: serial, Prepared: happened}, ds, NewJobs{Notify: notify}); err != nil {
					t.Fatal(err)
				}
			}
			if err := tx.Commit(); err != nil {
				t.Fatal(err)
			}
			if err := listener.Ping(); err != nil { // what was said before has come then
				t.Fatal(err)
			}
			said := ""
			if len(notes) > 0 {
				said = (<-notes).Extra
			}
			if says != (said == `{"queue":"default"}`) || len(notes) > 0 {
				t.Errorf("it says %q and %d more", said, len(notes))
			}
		})
	}
}
