package main

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"time"
)

const (
	// keptMessages is how many messages the receiver shows.
	keptMessages = 100
	// newsPatience is how long a page waits for news before it asks again.
	newsPatience = 25 * time.Second
)

// A message is what came in at the receiver.
type message struct {
	Number  int64
	At      time.Time
	Method  string
	Path    string
	Header  http.Header
	Body    []byte
	Verdict verdict
	// Earlier is when the same webhook-id came before; zero: it did not.
	Earlier time.Time
}

// A verdict says whether a message's signature is right or wrong; without a
// secret it is neither.
type verdict struct {
	Right, Wrong bool
	Words        string
}

// An inbox is what the receiver knows, all of it in memory.
type inbox struct {
	mu       sync.Mutex
	messages []message // newest first
	keys     [][]byte
	endings  []string // what the secrets end in
	stopped  bool
	refused  int // messages since it was stopped
	// number counts every change, from when the program began, so that no page
	// takes what it shows of an earlier run for this one's.
	number  int64
	changed chan struct{} // closed at the next change
	ended   chan struct{}
}

// A reading is what an inbox holds at one moment.
type reading struct {
	Number   int64
	Messages []message
	Endings  []string
	Stopped  bool
	Refused  int
}

func newInbox() *inbox {
	return &inbox{number: time.Now().UnixMicro(), changed: make(chan struct{}), ended: make(chan struct{})}
}

// take keeps a message, unless the receiver is stopped.
func (b *inbox) take(m message) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	number := b.change()
	if b.stopped {
		b.refused++
		return false
	}
	m.Number, m.Verdict = number, b.judge(m)
	if id := m.Header.Get("webhook-id"); id != "" {
		same := func(other message) bool { return other.Header.Get("webhook-id") == id }
		if i := slices.IndexFunc(b.messages, same); i >= 0 {
			m.Earlier = b.messages[i].At
		}
	}
	b.messages = slices.Insert(b.messages, 0, m)
	b.messages = b.messages[:min(len(b.messages), keptMessages)]
	return true
}

// judge checks a message with each of the secrets.
func (b *inbox) judge(m message) verdict {
	found := verdict{Words: "no secret given"}
	for _, key := range b.keys {
		err := verify(key, m.Header, m.Body, m.At)
		if err == nil {
			return verdict{Right: true, Words: "signature verified"}
		}
		found = verdict{Wrong: true, Words: "signature not verified: " + err.Error()}
	}
	return found
}

// trust sets the secrets, and judges anew what is not verified yet.
func (b *inbox) trust(keys [][]byte, endings []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.change()
	b.keys, b.endings = keys, endings
	for i := range b.messages {
		if !b.messages[i].Verdict.Right {
			b.messages[i].Verdict = b.judge(b.messages[i])
		}
	}
}

// stop makes the receiver refuse what comes, or take it again.
func (b *inbox) stop(stopped bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.change()
	b.stopped, b.refused = stopped, 0
}

// change counts a change and wakes who waits for one.
func (b *inbox) change() int64 {
	b.number++
	close(b.changed)
	b.changed = make(chan struct{})
	return b.number
}

func (b *inbox) read() reading {
	b.mu.Lock()
	defer b.mu.Unlock()
	return reading{b.number, slices.Clone(b.messages), b.endings, b.stopped, b.refused}
}

// wait returns when the inbox is another than the one of that number, at the
// latest after newsPatience.
func (b *inbox) wait(ctx context.Context, number int64) {
	b.mu.Lock()
	isOther, changed := b.number != number, b.changed
	b.mu.Unlock()
	if isOther {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, newsPatience)
	defer cancel()
	select {
	case <-changed:
	case <-b.ended:
	case <-ctx.Done():
	}
}

// end lets nobody wait any more. It is called once.
func (b *inbox) end() { close(b.ended) }
