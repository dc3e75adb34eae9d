package repo

import (
	"database/sql"
	"fmt"
	"testing"
	"time"

	"github.com/lib/pq"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

const lease = 45 * time.Second

// happened is an event of the sample's type.
var happened = webhook.Prepared{
	Type: "pay", JSON: []byte(`{"order_id":"2026-1"}`), OrderID: "2026-1", At: time.Date(2026, 11, 23, 14, 3, 0, 0, time.UTC),
}

// request is what a delivery to the sample sends.
var request = webhook.Request{
	Method: "POST", URL: "https://shop.example/hooks", Receiver: "shop.example:443",
	Headers: []webhook.Header{{Name: "Content-Type", Value: "application/json"}, {Name: "User-Agent", Value: "test"}},
	Body:    []byte("{\"order\": \"2026-1\"}\x00\xff"),
}

// emit stores an event with a delivery to each webhook of the instance that
// listens, as Emit does, and gives their keys.
func emit(t testing.TB, r *Repo, instance string, change func(*NewEvent, []NewDelivery)) []Key {
	t.Helper()
	tx, err := r.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	keys := emitIn(t, r, tx, instance, change)
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	return keys
}

func emitIn(t testing.TB, r *Repo, tx *sql.Tx, instance string, change func(*NewEvent, []NewDelivery)) []Key {
	t.Helper()
	serial, ls, err := r.Listeners(t.Context(), tx, instance, happened.Type, 100)
	if err != nil {
		t.Fatal(err)
	}
	ev, ds := NewEvent{Instance: serial, Prepared: happened}, []NewDelivery{}
	for i, l := range ls {
		ds = append(ds, NewDelivery{
			Webhook: l.Serial, Version: l.Version, Request: request, IsHeld: l.IsPaused, Nonce: fmt.Sprintf("%016x", i),
		})
	}
	if change != nil {
		change(&ev, ds)
	}
	keys, err := r.AddDeliveries(t.Context(), tx, ev, ds, NewJobs{})
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// sending is a Repo with the sample, and n deliveries to it.
func sending(t testing.TB, n int) (*Repo, []Key) {
	t.Helper()
	r := fresh(t)
	create(t, r, "admin", sample)
	var keys []Key
	for range n {
		keys = append(keys, emit(t, r, "admin", nil)...)
	}
	return r, keys
}

// row is what the tests look at of a delivery.
type row struct {
	State        string
	Lane         int
	IsForced     bool `db:"is_forced"`
	IsSending    bool `db:"is_sending"`
	AttemptCount int  `db:"attempt_count"`
	Tries        int
	LastStatus   int     `db:"last_status"`
	LastError    string  `db:"last_error"`
	Failure      string  `db:"failure"`
	IsFinished   bool    `db:"is_finished"`
	Due          float64 // seconds from now
}

func at(t testing.TB, r *Repo, k Key) (is row) {
	t.Helper()
	err := r.db.Get(&is, `
		SELECT state, lane, is_forced, sending_since IS NOT NULL AS is_sending, attempt_count, tries,
		    coalesce(last_status, 0) AS last_status, coalesce(last_error, '') AS last_error, coalesce(failure, '') AS failure,
		    finished_at IS NOT NULL AS is_finished, extract(epoch FROM due_at - now())::float8 AS due
		FROM merchant_webhooks.delivery
		WHERE instance_serial = $1 AND delivery_serial = $2`, k.Instance, k.Delivery)
	if err != nil {
		t.Fatal(err)
	}
	return is
}

// alter changes a delivery's row, such as `lane = 1`.
func alter(t testing.TB, r *Repo, to string, keys ...Key) {
	t.Helper()
	for _, k := range keys {
		r.db.MustExec(`UPDATE merchant_webhooks.delivery SET `+to+` WHERE instance_serial = $1 AND delivery_serial = $2`, k.Instance, k.Delivery)
	}
}

// setHook changes all webhooks.
func setHook(t testing.TB, r *Repo, to string) {
	t.Helper()
	r.db.MustExec(`UPDATE merchant_webhooks.webhook SET ` + to)
}

const pausedFailing = `paused_at = now(), paused_reason = 'failing', failing_since = now() - interval '3 days', probe_at = now() + interval '1 hour'`

// take claims a delivery that can be.
func take(t testing.TB, r *Repo, k Key) Claim {
	t.Helper()
	c, v, _, err := r.Claim(t.Context(), k, lease)
	if err != nil || v != Claimed {
		t.Fatalf("the claim is %v, %v", v, err)
	}
	return c
}

// wantEventAt checks that a claim tells the time of its own event.
func wantEventAt(t testing.TB, r *Repo, c Claim) {
	t.Helper()
	const its = `SELECT count(*) FROM merchant_webhooks.delivery JOIN merchant_webhooks.event USING (instance_serial, event_serial) WHERE delivery_serial = $1 AND event_at = $2`
	if n := number(t, r.db, its, c.Delivery, c.EventAt); n != 1 {
		t.Errorf("D11 %v is said to have happened at %v", c.Key, c.EventAt)
	}
}

// claims checks what a claim comes to.
func claims(t testing.TB, r *Repo, k Key, want ClaimVerdict) time.Duration {
	t.Helper()
	c, v, wait, err := r.Claim(t.Context(), k, lease)
	if err != nil || v != want {
		t.Fatalf("the claim is %v, %v, want %v", v, err, want)
	}
	if v != Claimed && c.Delivery != 0 {
		t.Errorf("a claim that is none holds %+v", c)
	}
	return wait
}

// answered is a result of a try with this status.
func answered(c Claim, status int, fate webhook.Fate) Result {
	res := Result{
		Attempt: Attempt{
			Number: c.Attempt, At: time.Now(), Duration: 12 * time.Millisecond, URL: c.Request.URL,
			Address: "192.0.2.1:443", Signature: "v1,abc", Status: status, AnswerHeaders: "Server: x", Answer: []byte("hi"),
		},
		Fate: fate, PauseAfter: 72 * time.Hour,
	}
	switch {
	case fate == webhook.TryAgain:
		res.Wait = time.Minute
	case fate != webhook.Delivered:
		res.Failure = webhook.Say("delivery.gone")
	}
	return res
}

func record(t testing.TB, r *Repo, c Claim, res Result) Change {
	t.Helper()
	change, err := r.Record(t.Context(), c, res)
	if err != nil {
		t.Fatal(err)
	}
	return change
}

// modes are the ways in which a host may have set up its pool.
func modes(t *testing.T, test func(t *testing.T, r *Repo)) {
	dsn := ""
	for name, open := range map[string]func(t *testing.T) *Repo{
		"prepared":   func(t *testing.T) *Repo { return over(t, connect(t, dsn, inText), Options{}) },
		"binary":     func(t *testing.T) *Repo { return over(t, connect(t, dsn, inBinary), Options{}) },
		"unprepared": func(t *testing.T) *Repo { return over(t, connect(t, dsn, inBinary), Options{Unprepared: true}) },
		"two steps":  func(t *testing.T) *Repo { return over(t, connect(t, dsn, inText), Options{Unprepared: true}) },
	} {
		t.Run(name, func(t *testing.T) {
			dsn = database(t)
			test(t, open(t))
		})
	}
}

// inText and inBinary are how a pool may send its parameters.
func inText(*pq.Config)     {}
func inBinary(c *pq.Config) { c.BinaryParameters = true }
