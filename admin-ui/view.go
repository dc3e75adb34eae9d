package adminui

import (
	"html/template"
	"time"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// Page is a rendered page, complete but for what a host's layout puts around
// it.
type Page struct {
	// Status is the HTTP status to send it with.
	Status int
	// Lang and Dir are the language tag and the direction (ltr, rtl) of its
	// texts; its root element carries them too.
	Lang, Dir string
	// Title is for <title>, as text.
	Title string
	// Head holds the link to the stylesheet and the script, for <head>.
	Head template.HTML
	// Body is one element with everything that is seen: a heading h1, but no
	// main, header, nav or skip link.
	Body template.HTML
}

// Request is what a page needs to know of the request that it answers.
type Request struct {
	// Language is what its texts are in: one that UI.Language gave.
	Language *Language
	// Base leads from the page's address to the directory that "webhooks" and
	// "webhook-assets" are in: "", or "../" once or more.
	Base string
	// Instance is named under the heading. Empty for the default one.
	Instance string
	// CanWrite says whether the reader may change webhooks. Without it no
	// button or link is shown that would be refused.
	CanWrite bool
	// Fields are the host's hidden fields (a CSRF token), for each form that
	// posts.
	Fields []Field
	// Nonce is for the plugin's own script and link elements. Empty: none.
	Nonce string
	// InLayout says that a host's layout will be around the page; else Document
	// makes it complete.
	InLayout bool
	// Root is the absolute root of the API for curl lines, such as
	// https://shop.example/shop, without a slash at its end.
	Root string
	// Now is when the page is made.
	Now time.Time
}

// Field is a hidden field of a form.
type Field struct{ Name, Value string }

// View is what a page shows: the types here and in view_delivery.go.
type View interface {
	// sheet prepares everything that the page's template prints.
	sheet(*maker) sheet
}

// List is the page of an instance's webhooks.
type List struct {
	Rows []Row
	// First is the number of the first row among all that match, from 1; 0 when
	// it is not known. Count is how many match, exact to 10,000; 10,001 means
	// more.
	First, Count int
	// Search is what was searched for.
	Search string
	// Newer and Older are the queries of the pages before and after this one,
	// with their question mark. Empty: there is none.
	Newer, Older string
	// Saved, Deleted and Gone are the IDs of webhooks that a notice tells of:
	// saved just now, deleted just now, deleted before.
	Saved, Deleted, Gone string
	// SavedBreaks says that the body of the one in Saved can break.
	SavedBreaks bool
}

// Row is a webhook in the list.
type Row struct {
	ID          string
	Event       webhook.EventType
	Method, URL string
	Account     Account
}

// Form is the page that makes or edits a webhook, also when it comes back
// refused.
type Form struct {
	// Editing is the ID of the webhook that is edited; empty: a new one.
	Editing string
	// Values are what stands in the fields, as typed.
	Values Values
	// StartFrom is which of webhook.StartAll … StartOwn is chosen.
	StartFrom string
	// Version is the version that the edit began with; 0: none is posted.
	Version int64
	// Problems are shown in the summary, and those with a Field beside it.
	Problems webhook.Problems
	// Preview is shown above the form.
	Preview *webhook.Preview
	// Changed says that the webhook was changed since the form was opened.
	// Version is then that of what is stored now.
	Changed *Changed
	// Deleted says that the webhook was deleted since: the form can create it
	// anew.
	Deleted bool
	// SignedOut says that the post was not signed in; SignIn is where to, empty:
	// not known.
	SignedOut bool
	SignIn    string
	// IsFailed says that the server could not save; Failed is the request's ID,
	// if it has one.
	IsFailed bool
	Failed   string
	// Schedule is how long after an attempt the next one is made. Empty: the
	// form says nothing of it.
	Schedule []time.Duration
	// Waiting is how many deliveries of the webhook that is edited are pending;
	// exact to 10,000, 10,001 means more. RebuildWaiting says that they are to be
	// made anew with the new settings.
	Waiting        int
	RebuildWaiting bool
}

// Values are the fields of a webhook as text, whether they are valid or not.
type Values struct {
	WebhookID, EventType, URL, HTTPMethod, HeaderTemplate, BodyTemplate string
}

// Changed is a webhook as it was stored by somebody else, and when.
type Changed struct {
	Stored Values
	At     time.Time
}

// Detail is the page of one webhook.
type Detail struct {
	Webhook          webhook.Webhook
	Event            webhook.EventType
	Created, Updated time.Time
	// Breaks says how its body can break (V8); the zero Message: it can not.
	Breaks  webhook.Message
	Account Account
	// Recent are the newest of its deliveries.
	Recent []DeliveryRow
	// SecretEnd is how its secret ends, such as c2a1. Empty: the reader may neither
	// see it nor make another.
	SecretEnd string
	// Notice tells what was just done: paused, resumed, rotated or saved_only.
	// Empty: nothing.
	Notice string
}

// Delete is the page that asks before a webhook is deleted.
type Delete struct {
	Webhook webhook.Webhook
	Event   webhook.EventType
	Account Account
}

// Apology is a page that nobody wants to see.
type Apology struct {
	Kind Kind
	// ID is the webhook's or instance's that there is none of.
	ID string
	// Limit is the most bytes that a form may have (TooLarge).
	Limit int64
	// RequestID is for the operator, if the host has one (Unavailable).
	RequestID string
	// SignIn is where to sign in; empty: not known (SignedOut).
	SignIn string
}

// Kind is the reason of an Apology.
type Kind int

// The reasons of an Apology.
const (
	SignIn      Kind = iota // the reader is not signed in
	SignedOut               // the same, and something was to be changed
	Forbidden               // the reader may look, but not do this
	NoEntry                 // the reader may not even look
	CrossSite               // the form came from another site
	NoWebhook               // there is no webhook of this ID
	NoInstance              // there is no instance of this ID
	NoPage                  // there is nothing at this address
	TooLarge                // the form is too large
	Unavailable             // the server could not do it
	WrongMethod             // the address does not take this method
)
