package delivery

import (
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-7c2cc908/merchant-webhooks/repo"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// notMade is a webhook whose requests can not be made for orders with a line break.
var notMade = webhook.Webhook{ID: "not made", EventType: "pay", URL: "http://127.0.0.1:1/", HTTPMethod: "POST", HeaderTemplate: "X-Order: {{{order_id}}}"}

// TestD7_NotMadeHasNoJob, nor has what waits for a pause to end: nothing looks at
// it in vain.
func TestD7_NotMadeHasNoJob(t *testing.T) {
	const jobs = "SELECT count(*) FROM webhooks.river_job"
	s := newShop(t)
	s.hook("sent", "http://127.0.0.1:1/")
	s.hook("paused", "http://127.0.0.1:1/")
	s.webhook(notMade)
	c := s.courier(nil)
	if err := c.Pause(t.Context(), "admin", "paused"); err != nil {
		t.Fatal(err)
	}
	s.pay(c, "line\nbreak")
	if n, failed := one[int](s, jobs), one[int](s, countFailed); n != 1 || failed != 1 {
		t.Errorf("%d jobs for what can be sent, and %d that can not be made; want 1 and 1", n, failed)
	}
}

// TestD2_JobsEnd: nothing is left of a job that is done; that of a delivery to be
// tried again stays beside it.
func TestD2_JobsEnd(t *testing.T) {
	s := newShop(t)
	s.hook("good", newReceiver(t, nil).url)
	s.hook("bad", newReceiver(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }).url)
	c := s.started(func(o *Options, _ *tuning) { o.Schedule = webhook.Schedule{time.Hour} })
	s.many(c, 20)
	until(s, 20, countDelivered)
	until(s, 20, countAttempts+" WHERE status = 503")
	until(s, "20 scheduled", "SELECT string_agg(DISTINCT n || ' ' || state, ',') FROM (SELECT count(*) AS n, state FROM webhooks.river_job GROUP BY state) AS jobs")
}

// TestD4_RotateOnlyWhatIsMeant: of two people who look at the same secret the
// second changes nothing.
func TestD4_RotateOnlyWhatIsMeant(t *testing.T) {
	s := newShop(t)
	s.hook("hook", "http://127.0.0.1:1/")
	c := s.courier(nil)
	current, _ := secrets(s, c)
	first := current[0]
	s.db.MustExec("UPDATE " + schema + ".webhook SET created_at = now() - interval '1 hour'")
	if err := c.RotateSecretThatEnds(t.Context(), "admin", "hook", "other"); err != nil {
		t.Fatal(err)
	}
	if now, _ := secrets(s, c); len(now) != 1 || now[0].End() != first.End() {
		t.Errorf("another secret than the one that was meant is replaced: %d", len(now))
	}
	if err := c.RotateSecretThatEnds(t.Context(), "admin", "hook", first.End()); err != nil {
		t.Fatal(err)
	}
	if now, _ := secrets(s, c); len(now) != 2 || now[0].End() == first.End() || now[1].End() != first.End() {
		t.Errorf("the secret that was meant is not replaced: %d", len(now))
	}
	if err := c.RotateSecretThatEnds(t.Context(), "admin", "none", "other"); !isUnknown(err) {
		t.Errorf("of no webhook: %v", err)
	}
}

// TestD3_JobsOfFaultsComeSoon: a fault of the host's own puts nothing off for long,
// nor is all of it tried at once.
func TestD3_JobsOfFaultsComeSoon(t *testing.T) {
	for range 1000 {
		before := time.Now()
		at := retrySoon{}.NextRetry(nil)
		if at.Before(before.Add(2*time.Second)) || at.After(time.Now().Add(5*time.Second)) {
			t.Fatalf("it is tried again after %v, want 2 to 5 s", at.Sub(before))
		}
	}
}

// TestD5_AskedTogether: several are claimed by one statement, and recorded by one.
func TestD5_AskedTogether(t *testing.T) {
	s := newShop(t)
	s.hook("hook", "http://127.0.0.1:1/")
	c := s.courier(nil)
	s.many(c, 2)
	var keys []repo.Key
	if err := s.db.Select(&keys, "SELECT instance_serial AS instance, delivery_serial AS delivery FROM "+schema+".delivery"); err != nil {
		t.Fatal(err)
	}
	w := newWorker(c)
	claims := w.claims.ask(keys)
	if len(claims) != 2 || claims[0].Key != keys[0] || claims[1].Key != keys[1] {
		t.Fatalf("of %v are claimed: %v", keys, claims)
	}
	var outcomes []repo.Outcome
	for _, claim := range claims {
		attempt := repo.Attempt{Number: claim.Attempt, At: time.Now(), URL: claim.Request.URL, Status: 200}
		outcomes = append(outcomes, repo.Outcome{Claim: claim, Result: repo.Result{Attempt: attempt, Fate: webhook.FateOf(200)}})
	}
	recorded := w.records.ask(outcomes)
	if !slices.Equal(recorded, []bool{true, true}) || one[int](s, countDelivered) != 2 {
		t.Errorf("recorded are %v", recorded)
	}
}

// TestD3_GivenUp after the last try alone, and told so.
func TestD3_GivenUp(t *testing.T) {
	c := &Courier{o: Options{Schedule: webhook.Schedule{time.Hour}}}
	for tries, givenUp := range []bool{false, true} {
		res := c.judge(repo.Claim{Tries: tries}, reply{Attempt: repo.Attempt{Status: 503}})
		if res.GiveUp != givenUp || res.Failure.IsZero() == givenUp || res.Fate != webhook.TryAgain {
			t.Errorf("after %d tries: %+v", tries, res)
		}
		if givenUp && !strings.Contains(res.Failure.English(), "2") {
			t.Errorf("after 2 tries it says %q", res.Failure.English())
		}
	}
}

// TestD1_BeyondTheLimit: what an event is not sent to for its number is kept with
// where it was to go.
func TestD1_BeyondTheLimit(t *testing.T) {
	s := newShop(t)
	s.hook("first", "http://127.0.0.1:1/first")
	s.hook("second", "http://127.0.0.1:1/second")
	c := s.courier(func(o *Options, _ *tuning) { o.MaxPerEvent = 1 })
	s.pay(c, "o")
	const beyond = "SELECT coalesce(string_agg(http_method || ' ' || url, ','), '') FROM webhooks.delivery WHERE failure LIKE '%beyond_limit%'"
	if got := one[string](s, beyond); got != "POST http://127.0.0.1:1/second" {
		t.Errorf("beyond the limit are %q", got)
	}
}

// TestD14_RiversLog: River's warnings reach the host's log, and what it says of its
// own running only who wants everything.
func TestD14_RiversLog(t *testing.T) {
	told := &lines{}
	river := slog.New(&riverLog{slog.NewTextHandler(told, nil)})
	river.Info("started")
	river.With("a", 1).WithGroup("g").Warn("River: slow", "b", 2, "c", 3)
	if got := told.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, `level=WARN msg="River: slow" a=1 g.b=2 g.c=3`) {
		t.Errorf("the log is %s", got)
	}
}

// TestD4_Reseal seals what was stored in clear.
func TestD4_Reseal(t *testing.T) {
	s := newShop(t)
	s.hook("hook", "http://127.0.0.1:1/")
	before, _ := secrets(s, s.courier(nil))
	ring, err := webhook.NewKeyring(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	c := s.courier(func(o *Options, _ *tuning) { o.Keyring = ring })
	if err := c.Reseal(t.Context()); err != nil {
		t.Fatal(err)
	}
	after, _ := secrets(s, c)
	if after[0].Text() != before[0].Text() {
		t.Error("the secret is another one")
	}
	if first := one[int](s, "SELECT get_byte(secret, 0) FROM webhooks.webhook"); first != 1 {
		t.Error("it is still in clear")
	}
	keyless := s.courier(nil)
	_, _, opens := keyless.Secrets(t.Context(), "admin", "hook")
	rotates := keyless.RotateSecretThatEnds(t.Context(), "admin", "hook", after[0].End())
	for _, err := range []error{opens, rotates} {
		if problem, is := errors.AsType[*webhook.Problem](err); !is || problem.Code != webhook.CodeInternalInvariantFailure {
			t.Errorf("without the key: %v", err)
		}
	}
	if keyless.Reseal(t.Context()) == nil {
		t.Error("it is sealed anew without the key")
	}
}
