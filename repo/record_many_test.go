package repo

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// recordMany records several at once, and gives which it did.
func recordMany(t testing.TB, r *Repo, outcomes ...Outcome) []bool {
	t.Helper()
	done, err := r.RecordMany(within(t), outcomes)
	if err != nil || len(done) != len(outcomes) {
		t.Fatalf("%v for %d, %v", done, len(outcomes), err)
	}
	return done
}

// attemptsOf are all columns but the delivery's.
func attemptsOf(t testing.TB, r *Repo, k Key) (all []string) {
	t.Helper()
	err := r.db.Select(&all, `
		SELECT (number, at, duration_ms, url, address, signature, status, error, detail, answer_headers, answer)::text
		FROM merchant_webhooks.delivery_attempt WHERE instance_serial = $1 AND delivery_serial = $2 ORDER BY number`, k.Instance, k.Delivery)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// results are what can come of a claim.
var results = []struct {
	name string
	of   func(Claim) Result
}{
	{"delivered", func(c Claim) Result { return answered(c, 204, webhook.Delivered) }},
	{"again", func(c Claim) Result { return answered(c, 503, webhook.TryAgain) }},
	{"odd bytes", func(c Claim) Result {
		res := answered(c, 500, webhook.TryAgain)
		res.Detail, res.AnswerHeaders, res.Answer = "a\x00b\xff{},\"\\", "X: \xff\x00\nY: NULL", []byte("\x00\xff\\")
		res.Address, res.URL = "NULL", ""
		return res
	}},
	{"no answer", func(c Claim) Result {
		res := answered(c, 0, webhook.TryAgain)
		res.Error, res.Address, res.Answer, res.AnswerHeaders = webhook.Say("attempt.refused"), "", nil, ""
		return res
	}},
	{"refused", func(c Claim) Result { return answered(c, 400, webhook.Refused) }},
	{"given up", func(c Claim) Result {
		res := answered(c, 503, webhook.TryAgain)
		res.GiveUp, res.Failure = true, webhook.Say("delivery.gone")
		return res
	}},
	{"gone", func(c Claim) Result { return answered(c, 410, webhook.Gone) }},
	{"without an end", func(c Claim) Result {
		res := answered(c, 503, webhook.TryAgain)
		res.PauseAfter = 0
		return res
	}},
}

// TestRecordMany holds that what is recorded with others is as it is when
// recorded alone, and that the rest is not touched.
func TestRecordMany(t *testing.T) {
	good, bad := []string{"delivered"}, []string{"again", "odd bytes", "no answer", "refused", "given up", "without an end"}
	modes(t, func(t *testing.T, r *Repo) {
		create(t, r, "admin", sample, named(others[0].webhook, "of another account"))
		for before, want := range map[string][]string{ // of the webhook: which are recorded
			"version = version": good,
			"failed_at = now(), failing_since = now() - interval '71 hours'":                        bad,
			"failed_at = now(), failing_since = now() - interval '73 hours'":                        {"without an end"},
			"failed_at = now() - interval '2 minutes', failing_since = now() - interval '71 hours'": nil,
			pausedFailing: nil,
			`paused_at = now(), paused_reason = 'gone'`:                        nil,
			`paused_at = now(), paused_reason = 'hand'`:                        nil,
			`paused_at = now(), paused_reason = 'hand', failing_since = now()`: nil,
		} {
			t.Run("D3 D8 "+before, func(t *testing.T) {
				var outcomes []Outcome
				for _, result := range results {
					c := sixth(t, r)
					res := result.of(c)
					res.At = time.Date(2026, 11, 23, 14, 3, 59, 999_999_999, time.UTC)
					outcomes = append(outcomes, Outcome{c, res})
				}
				setHook(t, r, before)
				account := accountOf(t, r)
				for i, done := range recordMany(t, r, outcomes...) {
					if done != slices.Contains(want, results[i].name) {
						t.Errorf("%s: it is recorded: %v", results[i].name, done)
					}
					compareAlone(t, r, before, outcomes[i], done)
				}
				if n := number(t, r.db, `SELECT count(*) FROM merchant_webhooks.delivery WHERE last_error = '' OR failure = ''`); n > 0 {
					t.Errorf("%d have an empty text for none", n)
				}
				if is := accountOf(t, r); is != account {
					t.Errorf("the account was %+v and is %+v", account, is)
				}
			})
		}
	})
}

// sixth is a claim of the sixth attempt, to the sample, which nothing ails.
func sixth(t *testing.T, r *Repo) Claim {
	t.Helper()
	setHook(t, r, "paused_at = NULL, paused_reason = NULL, failing_since = NULL, failed_at = NULL, probe_at = NULL")
	k := emit(t, r, "admin", nil)[0]
	alter(t, r, "tries = 2, attempt_count = 5, is_forced = true", k)
	return take(t, r, k)
}

// compareAlone records the same of another delivery by itself, and undoes what
// comes of that for the webhook.
func compareAlone(t *testing.T, r *Repo, before string, o Outcome, done bool) {
	t.Helper()
	is, attempts := at(t, r, o.Claim.Key), attemptsOf(t, r, o.Claim.Key)
	if !done {
		if !is.IsSending || is.AttemptCount != 5 || len(attempts) > 0 {
			t.Errorf("what is not recorded is %+v with %v", is, attempts)
		}
		return
	}
	alone := sixth(t, r)
	setHook(t, r, before)
	if change := record(t, r, alone, o.Result); change != (Change{}) {
		t.Errorf("alone the change is %+v", change)
	}
	want := at(t, r, alone.Key)
	if d := is.Due - want.Due; d < -60 || d > 60 {
		t.Errorf("it is due in %v, alone in %v", is.Due, want.Due)
	}
	is.Due, want.Due = 0, 0
	if is != want {
		t.Errorf("it is %+v, alone %+v", is, want)
	}
	if want := attemptsOf(t, r, alone.Key); !reflect.DeepEqual(attempts, want) {
		t.Errorf("the attempt is\n%v\nalone\n%v", attempts, want)
	}
}

// TestD2_RecordManyTooLate: claims that are not a worker's own any more, or that
// somebody looks at just now, are left to Record.
func TestD2_RecordManyTooLate(t *testing.T) {
	r, keys := sending(t, 6)
	var outcomes []Outcome
	for _, k := range keys {
		c := take(t, r, k)
		outcomes = append(outcomes, Outcome{c, answered(c, 200, webhook.Delivered)})
	}
	alter(t, r, "sending_since = NULL", keys[0])
	alter(t, r, "attempt_count = 1", keys[1])
	alter(t, r, "state = 'failed', failure = '', finished_at = now(), sending_since = NULL", keys[2])
	r.db.MustExec(`DELETE FROM merchant_webhooks.delivery WHERE delivery_serial = $1`, keys[3].Delivery)
	tx := r.db.MustBegin()
	defer func() { _ = tx.Rollback() }()
	tx.MustExec(`SELECT FROM merchant_webhooks.delivery WHERE delivery_serial = $1 FOR NO KEY UPDATE`, keys[4].Delivery)
	if done := recordMany(t, r, append(outcomes, outcomes[5])...); fmt.Sprint(done[:5]) != fmt.Sprint(make([]bool, 5)) || done[5] == done[6] {
		t.Errorf("D2 recorded are %v", done)
	}
	if n := number(t, r.db, `SELECT count(*) FROM merchant_webhooks.delivery_attempt`); n != 1 {
		t.Errorf("D2 there are %d attempts", n)
	}
}

// TestD1_RecordManyBesideRemovals: a batch waits for nobody while it holds others, so
// none is ever in a deadlock.
func TestD1_RecordManyBesideRemovals(t *testing.T) {
	r := fresh(t)
	ctx := within(t)
	for range 20 {
		create(t, r, "admin", sample)
		var outcomes []Outcome
		for range 20 {
			c := take(t, r, emit(t, r, "admin", nil)[0])
			outcomes = append(outcomes, Outcome{c, answered(c, 200, webhook.Delivered)})
		}
		done := make(chan error)
		for range 2 {
			mine := slices.Clone(outcomes)
			slices.Reverse(outcomes)
			go func() {
				_, err := r.RecordMany(ctx, mine)
				done <- err
			}()
		}
		go func() { done <- errOf(r.Delete(ctx, "admin", sample.ID)) }()
		for range 3 {
			want(t, <-done, none, "")
		}
	}
	if n := number(t, r.db, `SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()`); n != 0 {
		t.Errorf("D1 there were %d deadlocks", n)
	}
}
