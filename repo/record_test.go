package repo

import (
	"fmt"
	"strings"
	"testing"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// account is what the tests look at of the sample's account.
type account struct {
	IsFailing   bool   `db:"is_failing"`
	Reason      string `db:"reason"`
	PausedAfter string `db:"paused_after"`
	Probes      bool
}

func accountOf(t testing.TB, r *Repo) (a account) {
	t.Helper()
	err := r.db.Get(&a, `
		SELECT failing_since IS NOT NULL AS is_failing, coalesce(paused_reason, '') AS reason,
		    coalesce(paused_after, '') AS paused_after, probe_at IS NOT NULL AS probes
		FROM merchant_webhooks.webhook WHERE webhook_id = $1`, sample.ID)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestRecordFates(t *testing.T) {
	modes(t, func(t *testing.T, r *Repo) {
		create(t, r, "admin", sample)
		refused := webhook.Say("attempt.refused")
		gone := webhook.Say("delivery.gone").Encode()
		for _, c := range []struct {
			name   string
			result func(Claim) Result
			want   row
		}{
			{"D3 delivered", func(c Claim) Result { return answered(c, 204, webhook.Delivered) }, row{State: "delivered", IsFinished: true, LastStatus: 204}},
			{"D3 again", func(c Claim) Result { return answered(c, 503, webhook.TryAgain) }, row{State: "pending", LastStatus: 503, Due: 60}},
			{"D3 no answer", func(c Claim) Result {
				res := answered(c, 0, webhook.TryAgain)
				res.Error, res.Address, res.Answer = refused, "", nil
				return res
			}, row{State: "pending", LastError: refused.Encode(), Due: 60}},
			{"D3 refused", func(c Claim) Result { return answered(c, 400, webhook.Refused) }, row{State: "failed", IsFinished: true, LastStatus: 400, Failure: gone}},
			{"D3 given up", func(c Claim) Result {
				res := answered(c, 503, webhook.TryAgain)
				res.GiveUp, res.Failure = true, webhook.Say("delivery.gone")
				return res
			}, row{State: "failed", IsFinished: true, LastStatus: 503, Failure: gone}},
		} {
			k := emit(t, r, "admin", nil)[0]
			alter(t, r, "is_forced = true", k)
			claim := take(t, r, k)
			if change := record(t, r, claim, c.result(claim)); change != (Change{}) {
				t.Errorf("%s: the change is %+v", c.name, change)
			}
			is := at(t, r, k)
			if is.Due < c.want.Due-5 || is.Due > c.want.Due+5 {
				t.Errorf("%s: it is due in %v s", c.name, is.Due)
			}
			c.want.AttemptCount, c.want.Tries, is.Due = 1, 1, c.want.Due
			if is != c.want {
				t.Errorf("%s: it is %+v, want %+v", c.name, is, c.want)
			}
		}
	})
}

func TestD3_D6_RecordKeepsTheAttempt(t *testing.T) {
	r, keys := sending(t, 1)
	c := take(t, r, keys[0])
	res := answered(c, 500, webhook.TryAgain)
	res.Detail, res.AnswerHeaders, res.Answer = "a\x00b\xff", "X: \xff\x00", []byte("\x00\xff")
	record(t, r, c, res)
	alter(t, r, "due_at = now()", keys[0])
	c = take(t, r, keys[0])
	if c.Attempt != 2 || c.Tries != 1 {
		t.Errorf("D3 the second claim is of attempt %d after %d tries", c.Attempt, c.Tries)
	}
	res = answered(c, 0, webhook.TryAgain)
	res.Error, res.Address, res.Answer, res.AnswerHeaders = webhook.Say("attempt.refused"), "", nil, ""
	record(t, r, c, res)

	var lines []string
	err := r.db.Select(&lines, `
		SELECT concat_ws('|', number, duration_ms, url, coalesce(address, '-'), signature, coalesce(status, 0), coalesce(error, '-'),
		    coalesce(detail, '-'), coalesce(answer_headers, '-'), coalesce(encode(answer, 'escape'), '-'))
		FROM merchant_webhooks.delivery_attempt ORDER BY number`)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"1|12|https://shop.example/hooks|192.0.2.1:443|v1,abc|500|-|a�b�|X: ��|\\000\\377",
		"2|12|https://shop.example/hooks|-|v1,abc|0|" + webhook.Say("attempt.refused").Encode() + "|-|-|-",
	}
	if fmt.Sprint(lines) != fmt.Sprint(want) {
		t.Errorf("D6 the attempts are\n%s\nwant\n%s", strings.Join(lines, "\n"), strings.Join(want, "\n"))
	}
}

// TestRecordKeepsTheAccount goes through what an attempt does to its webhook.
func TestRecordKeepsTheAccount(t *testing.T) {
	const hand = `paused_at = now(), paused_reason = 'hand'`
	const lately = "failed_at = now() - interval '24 hours'"
	after := webhook.Say("attempt.answered", "status", webhook.StatusText(503)).Encode()
	afterGone := webhook.Say("attempt.answered", "status", webhook.StatusText(410)).Encode()
	for _, c := range []struct {
		name   string
		before string // of the webhook
		status int
		fate   webhook.Fate
		want   account
		change string // paused or resumed; empty: none
		lane   int
		tries  int
	}{
		{"D8 a success is nothing", "version = version", 200, webhook.Delivered, account{}, "", 0, 1},
		{"D8 a failure", "version = version", 503, webhook.TryAgain, account{IsFailing: true}, "", 0, 1},
		{"D8 a refusal is a failure", "version = version", 400, webhook.Refused, account{IsFailing: true}, "", 0, 1},
		{"D8 one more failure", lately + ", failing_since = now() - interval '71 hours'", 503, webhook.TryAgain, account{IsFailing: true}, "", 0, 1},
		{"D8 a success after failures", "failing_since = now() - interval '80 hours'", 200, webhook.Delivered, account{}, "", 0, 1},
		{"D8 failures for three days", lately + ", failing_since = now() - interval '72 hours'", 503, webhook.TryAgain, account{true, "failing", after, true}, "failing", 2, 1},
		{"D8 failures for three days, the last not long ago", "failed_at = now() - interval '71 hours', failing_since = now() - interval '9 days'", 503, webhook.TryAgain, account{true, "failing", after, true}, "failing", 2, 1},
		{"D8 a failure that none came before for three days", "failed_at = now() - interval '73 hours', failing_since = now() - interval '9 days'", 503, webhook.TryAgain, account{IsFailing: true}, "", 0, 1},
		{"D8 failures by hand paused", hand + ", " + lately + ", failing_since = now() - interval '80 hours'", 503, webhook.TryAgain, account{true, "hand", "", false}, "", 2, 1},
		{"D3 410 pauses", "version = version", 410, webhook.Gone, account{true, "gone", afterGone, false}, "gone", 2, 1},
		{"D3 410 to one that is paused by hand", hand, 410, webhook.Gone, account{true, "hand", "", false}, "", 2, 1},
		{"D3 410 to a probe", pausedFailing, 410, webhook.Gone, account{true, "gone", afterGone, false}, "gone", 2, 0},
		{"D3 410 once more", `paused_at = now(), paused_reason = 'gone'`, 410, webhook.Gone, account{true, "gone", "", false}, "", 2, 1},
		{"D8 a probe fails", pausedFailing, 503, webhook.TryAgain, account{true, "failing", "", true}, "", 2, 0},
		{"D8 a probe succeeds", pausedFailing, 200, webhook.Delivered, account{}, "resumed", 0, 0},
		{"D8 a success resumes no pause by hand", hand + ", failing_since = now()", 200, webhook.Delivered, account{Reason: "hand"}, "", 2, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, keys := sending(t, 4)
			alter(t, r, "is_forced = true", keys[1])
			claim := take(t, r, keys[1])
			alter(t, r, "lane = 2, due_at = now() + interval '1 hour'", keys[0], keys[2])
			alter(t, r, "state = 'delivered', finished_at = now()", keys[3])
			setHook(t, r, c.before)
			change := record(t, r, claim, answered(claim, c.status, c.fate))
			if got := accountOf(t, r); got != c.want {
				t.Errorf("the account is %+v, want %+v", got, c.want)
			}
			waiting := 2
			if at(t, r, keys[1]).State == "pending" {
				waiting = 3
			}
			want := Change{Since: change.Since}
			switch c.change {
			case "":
			case "resumed":
				want.Resumed, want.Waiting = true, 2
			default:
				want.Paused, want.Reason, want.Waiting = true, c.change, waiting
			}
			if change != want || (c.change == "") != change.Since.IsZero() {
				t.Errorf("the change is %+v, want %+v", change, want)
			}
			if is := at(t, r, keys[1]); is.Lane != c.lane || is.IsForced || is.Tries != c.tries {
				t.Errorf("the delivery is %+v", is)
			}
			for _, k := range []Key{keys[0], keys[2]} {
				if is := at(t, r, k); (c.change == "resumed") != (is.Lane == 1 && is.Due <= 0) {
					t.Errorf("a waiting one is %+v", is)
				}
			}
			if is := at(t, r, keys[3]); is.Lane != 0 {
				t.Errorf("a delivered one is %+v", is)
			}
		})
	}
}

func TestRecordOfATest(t *testing.T) {
	for _, before := range []string{"version = version", pausedFailing, "failing_since = now() - interval '80 hours'"} {
		for status, fate := range map[int]webhook.Fate{200: webhook.Delivered, 503: webhook.TryAgain, 410: webhook.Gone} {
			t.Run(fmt.Sprint("D12 answered ", status, " where ", before), func(t *testing.T) {
				r := fresh(t)
				create(t, r, "admin", sample)
				c := take(t, r, emit(t, r, "admin", func(ev *NewEvent, _ []NewDelivery) { ev.IsTest = true })[0])
				setHook(t, r, before)
				was := accountOf(t, r)
				if change := record(t, r, c, answered(c, status, fate)); change != (Change{}) || accountOf(t, r) != was {
					t.Errorf("the change is %+v, the account %+v", change, accountOf(t, r))
				}
			})
		}
	}
}

func TestD8_RecordForEver(t *testing.T) {
	r, keys := sending(t, 1)
	setHook(t, r, "failing_since = now() - interval '1 year', failed_at = now() - interval '1 day'")
	c := take(t, r, keys[0])
	res := answered(c, 503, webhook.TryAgain)
	res.PauseAfter = 0
	if change := record(t, r, c, res); change != (Change{}) {
		t.Errorf("D8 a webhook that may fail for ever is %+v", change)
	}
}

// TestRecordWritesNoWebhook holds that a webhook's row is not hot.
func TestRecordWritesNoWebhook(t *testing.T) {
	for _, c := range []struct {
		name, before string
		fate         webhook.Fate
	}{
		{"D5 successes", "version = version", webhook.Delivered},
		{"D5 failures of one that is paused by hand", "paused_at = now(), paused_reason = 'hand', failing_since = now() - interval '80 hours', failed_at = now() - interval '15 seconds'", webhook.TryAgain},
		{"D5 failures", "failing_since = now(), failed_at = now() - interval '15 seconds'", webhook.TryAgain},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, keys := sending(t, 1)
			claim := take(t, r, keys[0])
			setHook(t, r, c.before)
			tx := r.db.MustBegin()
			defer func() { _ = tx.Rollback() }()
			tx.MustExec(`SELECT FROM merchant_webhooks.webhook FOR NO KEY UPDATE`)
			if _, err := r.Record(within(t), claim, answered(claim, 200, c.fate)); err != nil {
				t.Errorf("it waits for the webhook's row: %v", err)
			}
		})
	}
}

// TestD8_RecordOnePause lets many failures end the third day at once.
func TestD8_RecordOnePause(t *testing.T) {
	const n = 20
	r, keys := sending(t, n)
	var claimed []Claim
	for _, k := range keys {
		claimed = append(claimed, take(t, r, k))
	}
	setHook(t, r, "failing_since = now() - interval '80 hours', failed_at = now() - interval '1 hour'")
	changes := make(chan Change)
	for _, c := range claimed {
		go func() {
			change, err := r.Record(within(t), c, answered(c, 503, webhook.TryAgain))
			if err != nil {
				t.Error(err)
			}
			changes <- change
		}()
	}
	paused := 0
	for range n {
		if change := <-changes; change.Paused {
			paused++
		}
	}
	if paused != 1 {
		t.Errorf("D8 %d of them paused it", paused)
	}
}
