package adminui

import (
	"time"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// A DeliveryRow is a delivery as lists show it.
type DeliveryRow struct {
	ID, WebhookID string // WebhookID is shown where the list is of all webhooks
	Event         webhook.EventType
	OrderID       string
	IsTest        bool
	State         string // pending, delivered, failed
	IsHeld        bool   // it waits since its webhook is paused
	EventAt       time.Time
	DueAt         time.Time // of a pending one
	FinishedAt    time.Time
	Attempts      int // so far
	Most          int // the number of the last attempt that there can be
	LastStatus    int
	LastError     webhook.Message
	Failure       webhook.Message
}

// An Account is what a page says of a webhook's deliveries.
type Account struct {
	// Last is the newest delivery; ID empty: there is none.
	Last DeliveryRow
	// Waiting, Total and FailedToday are exact to 10,000; 10,001 means more.
	Waiting, Total, FailedToday int
	OldestWaiting               time.Time // its event's time
	// PausedAt is zero where the webhook is active. PausedReason is hand, failing
	// or gone.
	PausedAt     time.Time
	PausedReason string
	PausedAfter  webhook.Message // what the last attempt came to (failing)
	FailingFor   time.Duration   // after how long of failures it was paused
	IsSending    bool            // some worker is running
}

// Deliveries is the log of a webhook, or of the whole instance.
type Deliveries struct {
	// WebhookID is empty for the log of the instance. Event is the webhook's.
	WebhookID string
	Event     webhook.EventType
	Rows      []DeliveryRow
	Count     int // that match, exact to 10,000; 10,001 means more
	Filter    DeliveryFilter
	Events    []webhook.EventType // for the choice
	// Newer and Older are the queries of the pages before and behind, with their
	// question mark.
	Newer, Older string
	// Problems are of the filter's fields from and to.
	Problems webhook.Problems
	Notice   LogNotice
}

// DeliveryFilter is what the log's form holds, as typed.
type DeliveryFilter struct{ State, EventType, From, To, OrderID string }

// A LogNotice tells what was just done; the zero value: nothing.
type LogNotice struct {
	// Kind is "again" (Count deliveries were queued again), "erased" (the content
	// of Count deliveries was erased) or empty.
	Kind  string
	Count int
}

// DeliveryPage is one delivery.
type DeliveryPage struct {
	Row DeliveryRow
	// Why says in one sentence where it is, and why.
	Why webhook.Message
	// FirstSent and Delivered are zero where it was not.
	FirstSent, Delivered time.Time
	Attempts             []AttemptRow // newest first
	// Method, URL, Headers and Body are the request with its secrets, which the page
	// masks unless Revealed.
	Method, URL string
	Headers     []webhook.Header
	Body        []byte
	IsSent      bool            // an attempt has sent it so; else it is to be sent
	NotMade     webhook.Message // why there is no request
	Revealed    bool
	// Asks says that there is a choice when it is sent again: its button leads to
	// the question (Redeliver), else it posts.
	Asks bool
	// ErasedAt is zero where the content is there.
	ErasedAt time.Time
	SHA256   []byte
	// IsWaiting says that it was just a test (or Send again) and no answer came
	// yet.
	IsWaiting bool
}

// An AttemptRow is one try.
type AttemptRow struct {
	Number, Most  int // Most: 0 where it is of an earlier round
	At            time.Time
	Duration      time.Duration
	Address       string // the URL's host and what it stood for
	Status        int    // 0: no answer
	Error         webhook.Message
	Detail        string
	AnswerHeaders string
	Answer        []byte
}

// Redeliver asks before a delivery is sent again, where there is a choice.
type Redeliver struct {
	WebhookID, DeliveryID string
	OldHost, NewHost      string
	IsPending             bool // Send now
	Attempts              int  // so far
}

// Recover asks for the time from which to send again, and then before it is
// done.
type Recover struct {
	WebhookID string // empty: all of the instance
	From, To  string // as typed: 2026-11-23T14:03, UTC
	All       bool
	// Changed says that the webhook was changed, or one of them, so that there is a
	// choice.
	Changed  bool
	Problems webhook.Problems // fields from, to
	// Counted says that Count is known: the page asks.
	Counted          bool
	Count            int // exact to 10,000; 10,001 means more
	FromTime, ToTime time.Time
	Host             string // empty: several
	AskedAt          string // hidden field asked_at
}

// Forget asks for an order, and then before its content is erased.
type Forget struct {
	OrderID        string
	Counted        bool
	Count, Waiting int
	Problems       webhook.Problems // field order_id
}

// Why is the page that says why something was not sent.
type Why struct {
	OrderID string
	Asked   bool
	Answers []WhyAnswer
}

// A WhyAnswer is the sentence for one webhook, or for none.
type WhyAnswer struct {
	WebhookID  string // empty: of none
	DeliveryID string // empty: there is none
	Sentence   webhook.Message
}

// SecretPage shows a webhook's secrets.
type SecretPage struct {
	WebhookID     string
	Secret        string // whsec_…
	Previous      string // empty: none is valid
	PreviousUntil time.Time
}

// Rotate asks before a new secret is made.
type Rotate struct {
	WebhookID   string
	Until       time.Time // until when the old one would stay valid
	HasPrevious bool      // an older one is still valid, and would not be any more
	End         string    // how the present one ends, so that a second click makes none
}

// Pause asks before a webhook is paused.
type Pause struct {
	WebhookID string
	Event     webhook.EventType
}

// Resume asks what to do with what waits.
type Resume struct {
	WebhookID string
	Waiting   int // exact to 10,000; 10,001 means more
	// GoesOn says that there was no time to mark all of them as failed.
	GoesOn bool
}
