package webhook

import "time"

// A Cause is why something was or was not sent, for programs.
type Cause string

// The causes, in the order in which the first that is true is told.
const (
	CauseNotEmitted  Cause = "not_emitted"
	CauseOtherEvent  Cause = "other_event"
	CauseMadeLater   Cause = "made_later"
	CauseEventLater  Cause = "event_later"
	CauseDelivered   Cause = "delivered"
	CauseNoWorker    Cause = "no_worker"
	CauseSending     Cause = "sending"
	CausePaused      Cause = "paused"
	CauseAnswered    Cause = "waiting_answered"
	CauseFailing     Cause = "waiting_failed"
	CauseQueued      Cause = "queued"
	CauseUnreachable Cause = "receiver_unreachable"
	CauseDue         Cause = "due"
	CauseAddress     Cause = "address_refused"
	CauseTemplate    Cause = "template"
	CauseLimit       Cause = "limit"
	CauseRefused     Cause = "refused"
	CauseGivenUp     Cause = "given_up"
	CauseDropped     Cause = "dropped"
	CauseErased      Cause = "erased"
)

// Causes are all causes.
func Causes() []Cause {
	return []Cause{
		CauseNotEmitted, CauseOtherEvent, CauseMadeLater, CauseEventLater, CauseDelivered, CauseNoWorker, CauseSending,
		CausePaused, CauseAnswered, CauseFailing, CauseQueued, CauseUnreachable, CauseDue, CauseAddress, CauseTemplate,
		CauseLimit, CauseRefused, CauseGivenUp, CauseDropped, CauseErased,
	}
}

// Facts are what the database knows of a delivery, or of a webhook that has none
// of an order. The zero value of a field: not so, or not known.
type Facts struct {
	Now       time.Time // of the database
	WorkerAt  time.Time // when a worker was seen last
	OldestLog time.Time // since when deliveries are kept (not_emitted)

	EventAt      time.Time
	WebhookMade  time.Time
	WebhookEvent string    // what it listens to now
	ListensSince time.Time // when that was changed; zero: never
	OrderEvents  []string  // types of the order's events that are known, where the webhook has no delivery
	HasDelivery  bool

	State        string // pending, delivered, failed
	Host         string // without port where it is the scheme's
	Attempts     int    // so far
	Tries, Most  int    // in this round, and how many there are in one
	LastAt       time.Time
	LastStatus   int
	LastError    Message
	DueAt        time.Time
	SendingSince time.Time
	Lane         int       // 0 a job, 1 parked, 2 held by a pause
	Ahead        int       // deliveries before it in its receiver's lane
	AloneUntil   time.Time // until when its receiver, which did not answer, is left alone; zero: it is not
	PausedAt     time.Time
	PausedReason string        // hand, failing, gone
	FailingFor   time.Duration // after how long of nothing but failures it was paused
	IsForced     bool
	FinishedAt   time.Time
	Failure      Message
}
