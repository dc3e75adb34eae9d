package main

import (
	"context"
	"fmt"
	"net/http"
	"runtime"
	"time"

	"github.com/seed-7c2cc908/merchant-webhooks/admin-ui"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// pages measures the admin's list of 50, as a request and its making alone,
// beside the API's list of the same webhooks.
func pages(ctx context.Context, r *run) error {
	const clients = 8
	db, s, err := r.host("pages")
	if err != nil {
		return err
	}
	defer db.Close()
	defer s.Stop()
	if err := fillInstance(ctx, db, "many", r.scaled(10_000)); err != nil {
		return err
	}
	render, err := pageOfFifty()
	if err != nil {
		return err
	}
	for range r.rounds {
		page, err := s.load(clients, r.duration, get("/instances/many/admin/webhooks", 0))
		if err != nil {
			return err
		}
		list, err := s.load(clients, r.duration, get("/instances/many/private/webhooks?limit=50", 0))
		if err != nil {
			return err
		}
		made := r.cost(render)
		r.table.measured("admin list of 50, rendering alone, CPU µs", atMost(400).aiming(200), made.micros)
		r.table.count("admin list of 50, rendering alone, allocations", goal{atMost: true}, made.allocations)
		r.table.count("admin list of 50, allocations", goal{atMost: true}, page.allocations)
		r.table.count("API's list of 50, allocations", goal{atMost: true}, list.allocations)
		r.table.ratio("admin list of 50 ÷ API's list of 50, requests/s", goal{}, page.rate/list.rate)
		r.table.measured("admin list of 50, server CPU µs", goal{}, page.micros)
		r.table.measured("API's list of 50, server CPU µs", goal{}, list.micros)
	}
	return nil
}

// pageOfFifty gives a function that makes the page of 50 webhooks, with the
// column of their last deliveries.
func pageOfFifty() (func() error, error) {
	events, err := webhook.NewCatalogue()
	if err != nil {
		return nil, err
	}
	ui, err := adminui.New(adminui.Options{Events: events})
	if err != nil {
		return nil, err
	}
	event, _ := events.Lookup(eventType)
	now := time.Now()
	list := adminui.List{First: 51, Count: 10_001, Newer: "?after=1", Older: "?before=2"}
	for i := range 50 {
		last := adminui.DeliveryRow{ID: "a", State: "delivered", FinishedAt: now.Add(-time.Duration(i) * time.Hour)}
		list.Rows = append(list.Rows, adminui.Row{
			ID: fmt.Sprint("filled-", i), Event: event, Method: "POST", URL: target,
			Account: adminui.Account{Last: last},
		})
	}
	request := adminui.Request{Language: ui.Language("en"), CanWrite: true, Root: "https://shop.example", Now: now}
	return func() error {
		page, err := ui.Render(http.StatusOK, request, list)
		if err == nil {
			_, err = ui.Document(page)
		}
		return err
	}, nil
}

// expansions measures what is done with templates and nothing else: to judge
// those of a create, and to make the request of an event.
func expansions(ctx context.Context, r *run) error {
	events, err := webhook.NewCatalogue()
	if err != nil {
		return err
	}
	example, _ := events.ExampleEvent(eventType)
	prepared, err := events.Prepare(example)
	if err != nil {
		return err
	}
	w := webhook.Webhook{
		ID: "filled", EventType: eventType, URL: target, HTTPMethod: "POST",
		HeaderTemplate: headerTemplate, BodyTemplate: bodyTemplate,
	}
	text := func(s string) webhook.Value { return webhook.Value{Text: s} }
	in := webhook.Input{
		WebhookID: text(w.ID), EventType: text(w.EventType), URL: text(w.URL), HTTPMethod: text(w.HTTPMethod),
		HeaderTemplate: text(w.HeaderTemplate), BodyTemplate: text(w.BodyTemplate),
	}
	for range r.rounds {
		judged := r.cost(func() error {
			_, problems := webhook.Validate(in, webhook.Policy{EventTypes: events})
			if problem := problems.First(); problem != nil {
				return problem
			}
			return nil
		})
		made := r.cost(func() error {
			if _, m := webhook.MakeRequest(ctx, w, prepared.Data); !m.IsZero() {
				return fmt.Errorf("not made: %s", m.English())
			}
			return nil
		})
		r.table.count("validation of a create, allocations", goal{atMost: true}, judged.allocations)
		r.table.count("expansion of a request, allocations", goal{atMost: true}, made.allocations)
		r.table.measured("validation of a create, CPU µs", goal{}, judged.micros)
		r.table.measured("expansion of a request, CPU µs", goal{}, made.micros)
	}
	return nil
}

// cost is what f costs this process, where nothing else goes on in it.
func (r *run) cost(f func() error) result {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start, used, n := time.Now(), cpuTime(), 0.0
	for ; time.Since(start) < r.duration/5; n++ {
		if err := f(); err != nil {
			panic(err) // its input is above
		}
	}
	spent := cpuTime() - used
	runtime.ReadMemStats(&after)
	return result{allocations: float64(after.Mallocs-before.Mallocs) / n, micros: float64(spent.Microseconds()) / n}
}
