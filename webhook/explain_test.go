package webhook

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestD6_Why has a row for each sentence of section 12 of the pages.
func TestD6_Why(t *testing.T) {
	now := time.Date(2026, 11, 23, 14, 3, 5, 0, time.UTC)
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	none := Facts{
		Now: now, OldestLog: ago(720 * time.Hour), EventAt: ago(time.Hour), WebhookMade: ago(48 * time.Hour),
		WebhookEvent: "pay", OrderEvents: []string{"order_created", "pay"},
	}
	pending := Facts{
		Now: now, WorkerAt: ago(time.Second), HasDelivery: true, State: "pending", Host: "crm.example", DueAt: ago(3 * time.Second),
		Most: 10,
	}
	tried := with(pending, func(f *Facts) {
		f.Attempts, f.Tries, f.LastAt, f.LastStatus, f.DueAt = 3, 3, ago(time.Minute), 503, now.Add(time.Minute)
	})
	private := Say("attempt.private", "host", "crm.example", "address", "10.0.0.1")
	failed := with(tried, func(f *Facts) {
		f.State, f.FinishedAt, f.Failure, f.Attempts = "failed", ago(time.Minute), Say("delivery.given_up", "n", 10), 10
	})
	for _, test := range []struct {
		name     string
		base     Facts
		change   func(f *Facts)
		cause    Cause
		sentence string
	}{
		{"not emitted", none, func(f *Facts) { f.OrderEvents = nil }, CauseNotEmitted, "No event with this order's ID has reached the webhooks. Either the shop did not report it, or no webhook was listening to it at that time. The log goes back to 24 Oct 2026, 14:03:05 UTC."},
		{"nothing ever emitted", none, func(f *Facts) { f.OrderEvents, f.OldestLog = nil, time.Time{} }, CauseNotEmitted, "No event with this order's ID has reached the webhooks. Either the shop did not report it, or no webhook was listening to it at that time. The log is empty."},
		{"another event", none, func(f *Facts) { f.WebhookEvent = "refund" }, CauseOtherEvent, "It only listens to “refund”; this order had: order_created, pay."},
		{"made later", none, func(f *Facts) { f.WebhookMade = ago(time.Minute) }, CauseMadeLater, "It was made at 23 Nov 2026, 14:02:05 UTC, after the event at 23 Nov 2026, 13:03:05 UTC."},
		{"changed later", none, func(f *Facts) { f.ListensSince = ago(time.Minute) }, CauseEventLater, "It listens to “pay” only since 23 Nov 2026, 14:02:05 UTC."},
		{"emitted at another time", none, func(*Facts) {}, CauseEventLater, "It was not listening to “pay” when the event came to the webhooks."},

		{"delivered", tried, func(f *Facts) { f.State, f.FinishedAt, f.LastStatus = "delivered", ago(time.Minute), 204 }, CauseDelivered, "Delivered at 23 Nov 2026, 14:02:05 UTC, attempt 3; the receiver answered 204 No Content."},
		{"delivered, then paused", tried, func(f *Facts) { f.State, f.FinishedAt, f.LastStatus, f.PausedAt = "delivered", now, 299, now }, CauseDelivered, "Delivered at 23 Nov 2026, 14:03:05 UTC, attempt 3; the receiver answered 299."},

		{"no worker ever", pending, func(f *Facts) { f.WorkerAt = time.Time{} }, CauseNoWorker, "It should have been sent at 23 Nov 2026, 14:03:02 UTC. Nothing is sending just now: tell the operator."},
		{"no worker any more, its claim left behind", pending, func(f *Facts) { f.WorkerAt, f.SendingSince = ago(30*time.Second), ago(31*time.Second) }, CauseNoWorker, "It should have been sent at 23 Nov 2026, 14:03:02 UTC. Nothing is sending just now: tell the operator."},
		{"no worker, in a lane", pending, func(f *Facts) { f.WorkerAt, f.Lane, f.Ahead = time.Time{}, 1, 5 }, CauseNoWorker, "It should have been sent at 23 Nov 2026, 14:03:02 UTC. Nothing is sending just now: tell the operator."},
		{"no worker, sent again while paused", pending, func(f *Facts) { f.WorkerAt, f.PausedAt, f.IsForced = time.Time{}, ago(time.Hour), true }, CauseNoWorker, "It should have been sent at 23 Nov 2026, 14:03:02 UTC. Nothing is sending just now: tell the operator."},
		{"being sent", tried, func(f *Facts) { f.SendingSince, f.DueAt = ago(2*time.Second), ago(3*time.Second) }, CauseSending, "It is being sent right now (attempt 4, since 23 Nov 2026, 14:03:03 UTC)."},
		{"being sent, then paused", pending, func(f *Facts) { f.SendingSince, f.PausedAt = ago(2*time.Second), now }, CauseSending, "It is being sent right now (attempt 1, since 23 Nov 2026, 14:03:03 UTC)."},
		{"no worker, and not due yet", tried, func(f *Facts) { f.WorkerAt = ago(31 * time.Second) }, CauseNoWorker, "It is to be sent at 23 Nov 2026, 14:04:05 UTC, but nothing is sending just now: tell the operator."},
		{"due", pending, func(*Facts) {}, CauseDue, "It is due since 23 Nov 2026, 14:03:02 UTC and is sent as soon as it is its turn."},
		{"not due yet", pending, func(f *Facts) { f.DueAt = now.Add(time.Minute) }, CauseDue, "It is to be sent at 23 Nov 2026, 14:04:05 UTC."},

		{"answered", tried, func(*Facts) {}, CauseAnswered, "Attempt 3 of 10 was answered 503 Service Unavailable at 23 Nov 2026, 14:02:05 UTC; the next is at 23 Nov 2026, 14:04:05 UTC."},
		{"answered in a second round", tried, func(f *Facts) { f.Attempts = 12 }, CauseAnswered, "Attempt 12 of 19 was answered 503 Service Unavailable at 23 Nov 2026, 14:02:05 UTC; the next is at 23 Nov 2026, 14:04:05 UTC."},
		{"failed", tried, func(f *Facts) {
			f.LastStatus, f.LastError = 0, Say("attempt.no_such_name", "host", "crm.example")
		}, CauseFailing, "Attempt 3 of 10 failed at 23 Nov 2026, 14:02:05 UTC: The name crm.example does not exist; the next is at 23 Nov 2026, 14:04:05 UTC."},
		{"failed, nobody knows why", tried, func(f *Facts) { f.LastStatus = 0 }, CauseFailing, "Attempt 3 of 10 failed at 23 Nov 2026, 14:02:05 UTC: It could not be sent; the next is at 23 Nov 2026, 14:04:05 UTC."},

		{"others go first", pending, func(f *Facts) { f.Lane, f.Ahead = 1, 1312 }, CauseQueued, "It waits because 1,312 other deliveries to crm.example go first."},
		{"one other goes first", pending, func(f *Facts) { f.Lane, f.Ahead = 1, 1 }, CauseQueued, "It waits because one other delivery to crm.example goes first."},
		{"next in its lane", pending, func(f *Facts) { f.Lane = 1 }, CauseDue, "It is the next to be sent to crm.example, as soon as one before it is done."},
		{"the receiver does not answer", pending, func(f *Facts) { f.Lane, f.Ahead, f.AloneUntil = 1, 4, now.Add(time.Minute) }, CauseUnreachable, "crm.example did not answer lately; the next try is at 23 Nov 2026, 14:04:05 UTC."},

		{"the receiver does not answer, and a job is to look at it", pending, func(f *Facts) { f.AloneUntil = now.Add(time.Minute) }, CauseUnreachable, "crm.example did not answer lately; the next try is at 23 Nov 2026, 14:04:05 UTC."},
		{"the receiver does not answer, and its own next try is later", tried, func(f *Facts) { f.AloneUntil = now.Add(time.Second) }, CauseAnswered, "Attempt 3 of 10 was answered 503 Service Unavailable at 23 Nov 2026, 14:02:05 UTC; the next is at 23 Nov 2026, 14:04:05 UTC."},

		{"paused by hand", tried, func(f *Facts) { f.Lane, f.PausedAt, f.PausedReason = 2, ago(time.Hour), "hand" }, CausePaused, "The webhook is paused since 23 Nov 2026, 13:03:05 UTC (by hand). It waits."},
		{"paused, and no worker", pending, func(f *Facts) {
			f.Lane, f.PausedAt, f.PausedReason, f.WorkerAt = 2, ago(time.Hour), "hand", time.Time{}
		}, CausePaused, "The webhook is paused since 23 Nov 2026, 13:03:05 UTC (by hand). It waits."},
		{"paused after failures", tried, func(f *Facts) {
			f.PausedAt, f.PausedReason, f.FailingFor = ago(time.Hour), "failing", 73*time.Hour
		}, CausePaused, "The webhook is paused since 23 Nov 2026, 13:03:05 UTC (after 3 days of failures). It waits."},
		{"paused after failures of hours", tried, func(f *Facts) {
			f.PausedAt, f.PausedReason, f.FailingFor = ago(time.Hour), "failing", 40*time.Hour
		}, CausePaused, "The webhook is paused since 23 Nov 2026, 13:03:05 UTC (after nothing but failures). It waits."},
		{"paused after two days of failures", tried, func(f *Facts) {
			f.PausedAt, f.PausedReason, f.FailingFor = ago(time.Hour), "failing", 48*time.Hour
		}, CausePaused, "The webhook is paused since 23 Nov 2026, 13:03:05 UTC (after 2 days of failures). It waits."},
		{"paused by 410", tried, func(f *Facts) { f.PausedAt, f.PausedReason = ago(time.Hour), "gone" }, CausePaused, "The webhook is paused since 23 Nov 2026, 13:03:05 UTC (because the receiver answered 410). It waits."},

		{"refused address", failed, func(f *Facts) { f.LastStatus, f.LastError = 0, private }, CauseAddress, "crm.example is 10.0.0.1, a private or special network; it is not sent there."},
		{"refused address at once", failed, func(f *Facts) { f.Attempts, f.LastStatus, f.Failure = 0, 0, private }, CauseAddress, "crm.example is 10.0.0.1, a private or special network; it is not sent there."},
		{"headers", failed, func(f *Facts) {
			f.Failure = Say("delivery.headers_not_made", "reason", Say("header_template.value_line_break", "line", 2))
		}, CauseTemplate, "The headers could not be made. It was not sent. Line 2 of the headers: a value from the event has a line break in it. A header is one line, so it can not hold this value."},
		{"too long to make", failed, func(f *Facts) { f.Failure = Say("delivery.too_long_to_make", "limit", 100) }, CauseTemplate, "The requests of this event could not be made within 100 ms. It was not sent."},
		{"too many webhooks", failed, func(f *Facts) { f.Failure = Say("delivery.beyond_limit", "limit", 100) }, CauseLimit, "One event is sent to 100 webhooks at most, the oldest ones. This is not one of them, so it was not sent."},

		{"400", failed, func(f *Facts) { f.LastStatus, f.Failure = 400, Say("delivery.refused_answer", "status", "400") }, CauseRefused, "The receiver answered 400 Bad Request at 23 Nov 2026, 14:02:05 UTC; that means “do not try again”."},
		{"410", failed, func(f *Facts) { f.LastStatus, f.Failure = 410, Say("delivery.gone") }, CauseRefused, "The receiver answered 410 Gone at 23 Nov 2026, 14:02:05 UTC; that means “do not try again”."},
		{"given up after an answer", failed, func(*Facts) {}, CauseGivenUp, "Given up at 23 Nov 2026, 14:02:05 UTC after 10 attempts; the last: 503 Service Unavailable."},
		{"given up after an error", failed, func(f *Facts) { f.LastStatus, f.LastError = 0, Say("attempt.timeout", "n", 15) }, CauseGivenUp, "Given up at 23 Nov 2026, 14:02:05 UTC after 10 attempts; the last: No answer within 15 seconds."},
		{"given up after one attempt", failed, func(f *Facts) { f.Attempts = 1 }, CauseGivenUp, "Given up at 23 Nov 2026, 14:02:05 UTC after one attempt: 503 Service Unavailable."},
		{"waited too long", failed, func(f *Facts) { f.Failure = Say("delivery.pruned") }, CauseGivenUp, "Given up at 23 Nov 2026, 14:02:05 UTC: it waited for longer than deliveries are kept."},
		{"dropped", failed, func(f *Facts) { f.Failure = Say("delivery.dropped") }, CauseDropped, "It was not sent because someone resumed without the waiting ones at 23 Nov 2026, 14:02:05 UTC."},
		{"erased", failed, func(f *Facts) { f.Failure, f.LastStatus, f.LastError = Say("delivery.forgotten"), 0, private }, CauseErased, "It was not sent because its content was erased at 23 Nov 2026, 14:02:05 UTC."},
		{"made anew from what was erased", failed, func(f *Facts) { f.Failure = Say("delivery.erased") }, CauseErased, "Its content was erased, so it can not be sent."},
		{"nothing known", failed, func(f *Facts) { f.Failure, f.Attempts = Message{}, 0 }, CauseGivenUp, "It failed at 23 Nov 2026, 14:02:05 UTC."},
	} {
		t.Run("D6 "+test.name, func(t *testing.T) {
			cause, m := Explain(with(test.base, test.change), newCatalogue(t))
			if cause != test.cause || m.English() != test.sentence {
				t.Errorf("%s: %s\nwant %s: %s", cause, m.English(), test.cause, test.sentence)
			}
			if strings.ContainsAny(m.English(), "{}") {
				t.Error("a placeholder has no value")
			}
		})
	}
}

func with(f Facts, change func(f *Facts)) Facts {
	change(&f)
	return f
}

// TestD6_WhyAlwaysAnswers holds that any facts have a cause and a whole sentence,
// and that nothing is said to be sent where nobody sends.
func TestD6_WhyAlwaysAnswers(t *testing.T) {
	now, events := time.Date(2026, 11, 23, 14, 3, 5, 0, time.UTC), newCatalogue(t)
	rapid.Check(t, func(t *rapid.T) {
		moment := func(name string) time.Time {
			return rapid.SampledFrom([]time.Time{{}, now, now.Add(-time.Hour), now.Add(-time.Second), now.Add(time.Minute)}).Draw(t, name)
		}
		message := func(name string) Message {
			keys := []string{"", "attempt.private", "attempt.other", "delivery.dropped", "delivery.forgotten", "delivery.gone", "delivery.pruned", "delivery.given_up", "no.such.key"}
			return Message{Key: rapid.SampledFrom(keys).Draw(t, name)}
		}
		f := Facts{
			Now: now, WorkerAt: moment("worker"), OldestLog: moment("log"), EventAt: moment("event"), WebhookMade: moment("made"),
			WebhookEvent: rapid.SampledFrom([]string{"", "pay"}).Draw(t, "webhook's event"), ListensSince: moment("listens"),
			OrderEvents: rapid.SampledFrom([][]string{nil, {"pay"}, {"refund"}}).Draw(t, "order's events"),
			HasDelivery: rapid.Bool().Draw(t, "delivery"), State: rapid.SampledFrom([]string{"pending", "delivered", "failed", ""}).Draw(t, "state"),
			Attempts: rapid.IntRange(0, 3).Draw(t, "attempts"), Tries: rapid.IntRange(0, 3).Draw(t, "tries"), Most: rapid.IntRange(0, 10).Draw(t, "most"),
			LastAt: moment("last"), LastStatus: rapid.SampledFrom([]int{0, 200, 400, 410, 503, 999}).Draw(t, "status"), LastError: message("error"),
			DueAt: moment("due"), SendingSince: moment("sending"), Lane: rapid.IntRange(0, 2).Draw(t, "lane"), Ahead: rapid.IntRange(0, 3).Draw(t, "ahead"), AloneUntil: moment("alone"),
			PausedAt: moment("paused"), PausedReason: rapid.SampledFrom([]string{"", "hand", "failing", "gone"}).Draw(t, "reason"),
			IsForced: rapid.Bool().Draw(t, "forced"), FinishedAt: moment("finished"), Failure: message("failure"),
		}
		cause, m := Explain(f, events)
		if _, known := english[m.Key]; !known || cause == "" || m.English() == "" {
			t.Fatalf("%q %v", cause, m)
		}
		if nobody := now.Sub(f.WorkerAt) > workerGone; nobody && (cause == CauseSending || cause == CauseDue && !f.DueAt.After(now)) {
			t.Fatalf("nobody sends, and it says %s", m.English())
		}
	})
}
