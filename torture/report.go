package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// A report compares the table of orders with what receivers saw.
type report struct {
	emitted, drained time.Duration
	waiting          int // deliveries that never finished

	counts      map[string]int // of orders, as the shops said
	stored      int            // orders in the table
	openStored  int            // of those whose commit was not answered
	events      int            // in the table
	wanted      int            // parcels: an event for a webhook
	arrivals    int            // that were taken
	repeated    int            // arrivals of a webhook-id beyond its first, but of those sent again by hand
	refused     int
	cutOff      int
	answers     map[int]int // to the merchant, by status
	lost        []string
	phantom     []string
	doubled     []string // two deliveries of one event
	givenUp     int
	atOnce      []string
	corrupted   []string
	unsigned    []string
	interrupted int // attempts of a worker that died or was cut off
	deliveries  int
}

// compare takes what the table of orders says for the truth.
func (r *report) compare(ctx context.Context, a *arena) error {
	var events []struct {
		Order string `db:"order_id"`
		Event string `db:"event_type"`
	}
	if err := a.db.SelectContext(ctx, &events, `SELECT order_id, event_type FROM shop_event`); err != nil {
		return err
	}
	var orders []string
	if err := a.db.SelectContext(ctx, &orders, `SELECT order_id FROM shop_order`); err != nil {
		return err
	}
	err := a.db.QueryRowContext(ctx, `SELECT count(*), count(*) FILTER (WHERE state = 'failed'),
			(SELECT count(*) FROM merchant_webhooks.delivery_attempt WHERE error LIKE '%attempt.interrupted%')
		FROM merchant_webhooks.delivery`).Scan(&r.deliveries, &r.givenUp, &r.interrupted)
	if err != nil {
		return err
	}
	stored := map[string]bool{}
	for _, order := range orders {
		stored[order] = true
	}
	a.books.mu.Lock()
	defer a.books.mu.Unlock()
	for _, order := range a.books.open {
		if stored[order] {
			r.openStored++
		}
	}
	a.merchant.mu.Lock()
	defer a.merchant.mu.Unlock()
	r.counts, r.answers = a.books.counts, a.merchant.statuses
	r.stored, r.events = len(orders), len(events)

	l := a.ledger
	l.mu.Lock()
	defer l.mu.Unlock()
	r.arrivals, r.refused, r.cutOff = l.taken, l.refused, l.cutOff
	r.atOnce, r.corrupted, r.unsigned = l.atOnce, l.corrupted, l.unsigned
	wanted := map[parcel]bool{}
	for _, e := range events {
		for _, hook := range hooks[e.Event] {
			p := parcel{hook, e.Order}
			wanted[p] = true
			if len(l.ids[p]) == 0 {
				r.lost = append(r.lost, hook+" of "+e.Order)
			}
		}
	}
	r.wanted = len(wanted)
	for p, ids := range l.ids {
		passing := strings.HasPrefix(p.hook, "passing-")
		if passing && !stored[p.order] || !passing && !wanted[p] {
			r.phantom = append(r.phantom, p.hook+" of "+p.order)
		}
		if len(ids) > 1 && !passing { // of one that was deleted and made anew there may be two
			r.doubled = append(r.doubled, p.hook+" of "+p.order)
		}
		for _, n := range ids {
			if p.hook != "again-pay" {
				r.repeated += n - 1
			}
		}
	}
	return nil
}

// wrong is what must not be.
func (r *report) wrong() (all []string) {
	for _, found := range []struct {
		name string
		what []string
	}{
		{"lost", r.lost},
		{"sent although rolled back", r.phantom},
		{"made twice", r.doubled},
		{"sent by two at a time", r.atOnce},
		{"corrupted", r.corrupted},
		{"not signed", r.unsigned},
	} {
		if n := len(found.what); n > 0 {
			all = append(all, fmt.Sprintf("%d %s, such as %s", n, found.name, found.what[0]))
		}
	}
	if r.waiting > 0 {
		all = append(all, fmt.Sprintf("%d never finished", r.waiting))
	}
	if r.givenUp > 0 {
		all = append(all, fmt.Sprintf("%d given up", r.givenUp))
	}
	return all
}

func (r *report) print(tell func(string, ...any)) {
	tell("orders: %d committed, of these %d whose commit got no answer (%d more got none and were not); %d rolled back, %d failed",
		r.stored, r.openStored, r.counts[unanswered]-r.openStored, r.counts[rolledBack], r.counts[failed])
	tell("wanted: %d events, %d deliveries; %d arrivals were taken, %d refused for now, %d cut off by their senders, %d claims of workers that died or were cut off",
		r.events, r.wanted, r.arrivals, r.refused, r.cutOff, r.interrupted)
	statuses := slices.Sorted(maps.Keys(r.answers))
	var answers []string
	for _, status := range statuses {
		answers = append(answers, fmt.Sprintf("%d × %d", r.answers[status], status))
	}
	tell("the merchant's requests, by status (0: no answer): %s", strings.Join(answers, ", "))
	tell("lost %d, sent although rolled back %d, made twice %d, by two at a time %d, corrupted %d, not signed %d, never finished %d, given up %d",
		len(r.lost), len(r.phantom), len(r.doubled), len(r.atOnce), len(r.corrupted), len(r.unsigned), r.waiting, r.givenUp)
	tell("repeated %d (%.2f %%); %v to make the orders, %v more to drain",
		r.repeated, 100*float64(r.repeated)/float64(max(1, r.wanted)), r.emitted.Round(time.Second), r.drained.Round(100*time.Millisecond))
}
