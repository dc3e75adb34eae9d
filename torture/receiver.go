package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// bodyTemplate is of every webhook here.
const bodyTemplate = `{"order_id": {{{json.order_id}}}, "terms": {{{json.contract_terms}}}}`

// A parcel is what one webhook is to get: one event of one order.
type parcel struct{ hook, order string }

// A ledger is what receivers saw.
type ledger struct {
	mu      sync.Mutex
	secrets map[string]*standardwebhooks.Webhook // by webhook
	ids     map[parcel]map[string]int            // arrivals that were taken, by webhook-id
	open    map[string]context.Context           // of webhook-ids that are being answered; ends when the sender leaves
	taken   int

	atOnce, corrupted, unsigned []string // what was wrong, in words
	refused, cutOff             int      // for now; by a sender that went away
}

func newLedger() *ledger {
	return &ledger{
		secrets: map[string]*standardwebhooks.Webhook{}, ids: map[parcel]map[string]int{}, open: map[string]context.Context{},
	}
}

// knows says what a webhook signs with.
func (l *ledger) knows(hook, secret string) error {
	signed, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.secrets[hook] = signed
	return nil
}

// serve starts a receiver, and gives its address.
func (l *ledger) serve() (address string, stop func() error, err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	server := &http.Server{Handler: l}
	go func() { _ = server.Serve(listener) }()
	return listener.Addr().String(), server.Close, nil
}

// ServeHTTP takes its time, so that senders are cut off with attempts under way,
// and refuses one of twenty for now.
func (l *ledger) ServeHTTP(answer http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // it broke off
	}
	hook, id := strings.TrimPrefix(r.URL.Path, "/"), r.Header.Get("webhook-id")
	order := l.begin(r, hook, id, body)

	left := false
	select {
	case <-time.After(time.Duration(5+rand.IntN(25)) * time.Millisecond):
	case <-r.Context().Done():
		left = true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open[id] == r.Context() {
		delete(l.open, id)
	}
	if left {
		l.cutOff++
	}
	if rand.IntN(20) == 0 {
		l.refused++
		answer.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	l.taken++
	p := parcel{hook, order}
	if l.ids[p] == nil {
		l.ids[p] = map[string]int{}
	}
	l.ids[p][id]++
	answer.WriteHeader(http.StatusNoContent)
}

// begin judges what came, and gives the order that it is about.
func (l *ledger) begin(r *http.Request, hook, id string, body []byte) (order string) {
	var said struct {
		Order string `json:"order_id"`
		Terms struct {
			Summary string `json:"summary"`
		} `json:"terms"`
	}
	err := json.Unmarshal(body, &said)
	l.mu.Lock()
	defer l.mu.Unlock()
	if other := l.open[id]; other != nil && other.Err() == nil {
		l.atOnce = append(l.atOnce, id+" of "+hook)
	}
	l.open[id] = r.Context()
	if err != nil || said.Terms.Summary != summary(said.Order) {
		l.corrupted = append(l.corrupted, fmt.Sprintf("%s of %s: %.200s (%v)", id, hook, body, err))
	}
	signed := l.secrets[hook]
	switch {
	case signed == nil && r.Header.Get("webhook-signature") == "":
		l.unsigned = append(l.unsigned, id+" of "+hook)
	case signed != nil:
		if err := signed.Verify(body, r.Header); err != nil {
			l.unsigned = append(l.unsigned, fmt.Sprintf("%s of %s: %v", id, hook, err))
		}
	}
	return said.Order
}
