package webhook

import (
	"slices"
	"time"
)

// workerGone is after how long a worker that was not seen is taken for gone.
const workerGone = 30 * time.Second

// Explain says in one true sentence why a delivery is where it is, or why there
// is none. It takes the events' titles from the catalogue.
func Explain(f Facts, events *Catalogue) (Cause, Message) {
	switch {
	case !f.HasDelivery:
		return f.explainNone(events)
	case f.State == "delivered":
		return CauseDelivered, Say("why.delivered", "time", f.FinishedAt, "n", f.Attempts, "status", StatusText(f.LastStatus))
	case f.State == "failed":
		return f.explainFailed()
	default:
		return f.explainPending()
	}
}

// explainNone says why a webhook has no delivery of an order.
func (f Facts) explainNone(events *Catalogue) (Cause, Message) {
	event := events.Named(f.WebhookEvent)
	switch {
	case len(f.OrderEvents) == 0 && f.OldestLog.IsZero():
		return CauseNotEmitted, Say("why.not_emitted_ever")
	case len(f.OrderEvents) == 0:
		return CauseNotEmitted, Say("why.not_emitted", "date", f.OldestLog)
	case !slices.Contains(f.OrderEvents, f.WebhookEvent):
		return CauseOtherEvent, Say("why.other_event", "event", event, "events", events.namedAll(f.OrderEvents))
	case f.WebhookMade.After(f.EventAt):
		return CauseMadeLater, Say("why.made_later", "made", f.WebhookMade, "time", f.EventAt)
	case f.ListensSince.After(f.EventAt):
		return CauseEventLater, Say("why.event_later", "event", event, "time", f.ListensSince)
	default:
		// An event may have come to the webhooks at another time than it happened.
		return CauseEventLater, Say("why.not_listening", "event", event)
	}
}

// explainPending says what a delivery waits for.
func (f Facts) explainPending() (Cause, Message) {
	isDue := !f.DueAt.After(f.Now)
	isWorking := f.Now.Sub(f.WorkerAt) < workerGone
	switch {
	case !f.SendingSince.IsZero() && isWorking: // what a worker left behind the others free soon
		return CauseSending, Say("why.sending", "n", f.Attempts+1, "time", f.SendingSince)
	case !f.PausedAt.IsZero() && !f.IsForced:
		return CausePaused, f.pause()
	case isDue && !isWorking:
		return CauseNoWorker, Say("why.no_worker", "time", f.DueAt)
	case !isWorking:
		return CauseNoWorker, Say("why.no_worker_later", "time", f.DueAt)
	case !f.AloneUntil.IsZero() && (f.Lane == 1 || isDue):
		return CauseUnreachable, Say("why.unreachable", "host", f.Host, "time", f.AloneUntil)
	case f.Lane == 1:
		return f.queue()
	case !isDue:
		return f.wait()
	default:
		return CauseDue, Say("why.due", "time", f.DueAt)
	}
}

func (f Facts) pause() Message {
	days := int(f.FailingFor / (24 * time.Hour))
	switch {
	case f.PausedReason == "gone":
		return Say("why.paused_gone", "time", f.PausedAt)
	case f.PausedReason != "failing":
		return Say("why.paused_hand", "time", f.PausedAt)
	case days < 2:
		return Say("why.paused_failing_short", "time", f.PausedAt)
	default:
		return Say("why.paused_failing", "time", f.PausedAt, "n", days)
	}
}

// queue says what goes before a delivery in its receiver's lane.
func (f Facts) queue() (Cause, Message) {
	switch {
	case f.Ahead > 1:
		return CauseQueued, Say("why.queued", "n", f.Ahead, "host", f.Host)
	case f.Ahead == 1:
		return CauseQueued, Say("why.queued_one", "host", f.Host)
	default:
		return CauseDue, Say("why.next", "host", f.Host)
	}
}

// wait says what came of the last attempt and when the next is.
func (f Facts) wait() (Cause, Message) {
	// Attempts count over all rounds, and so does what is said of them.
	most := max(f.Attempts-f.Tries+f.Most, f.Attempts)
	switch {
	case f.Attempts == 0:
		return CauseDue, Say("why.later", "time", f.DueAt)
	case f.LastStatus != 0:
		return CauseAnswered, Say("why.answered", "n", f.Attempts, "max", most, "status", StatusText(f.LastStatus), "time", f.LastAt, "next", f.DueAt)
	default:
		return CauseFailing, Say("why.failing", "n", f.Attempts, "max", most, "time", f.LastAt, "error", f.last(), "next", f.DueAt)
	}
}

// last is what the last attempt came to, a status or a Message.
func (f Facts) last() any {
	switch {
	case f.LastStatus != 0:
		return StatusText(f.LastStatus)
	case !f.LastError.IsZero():
		return f.LastError
	default:
		return Say("attempt.other")
	}
}

// explainFailed says why a delivery is not tried any more.
func (f Facts) explainFailed() (Cause, Message) {
	switch f.Failure.Key {
	case "delivery.not_made", "delivery.headers_not_made", "delivery.body_not_made", "delivery.too_long_to_make":
		return CauseTemplate, f.Failure
	case "delivery.beyond_limit":
		return CauseLimit, f.Failure
	case "delivery.dropped":
		return CauseDropped, Say("why.dropped", "time", f.FinishedAt)
	case "delivery.erased":
		return CauseErased, f.Failure
	case "delivery.forgotten":
		return CauseErased, Say("why.erased", "time", f.FinishedAt)
	}
	if f.LastStatus == 0 {
		for _, m := range []Message{f.Failure, f.LastError} {
			if m.Key == "attempt.private" || m.Key == "url.private" {
				return CauseAddress, Say("why.address", "host", m.Args["host"], "address", m.Args["address"])
			}
		}
	}
	switch {
	case f.Failure.Key == "delivery.pruned":
		return CauseGivenUp, Say("why.pruned", "time", f.FinishedAt)
	case f.Failure.Key == "delivery.refused_answer", f.Failure.Key == "delivery.gone":
		return CauseRefused, Say("why.refused", "status", StatusText(f.LastStatus), "time", f.LastAt)
	case f.Attempts > 1:
		return CauseGivenUp, Say("why.given_up", "time", f.FinishedAt, "n", f.Attempts, "last", f.last())
	case f.Attempts == 1:
		return CauseGivenUp, Say("why.given_up_one", "time", f.FinishedAt, "last", f.last())
	default:
		return CauseGivenUp, Say("why.failed", "time", f.FinishedAt)
	}
}
