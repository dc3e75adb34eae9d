package handlers_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/seed-7c2cc908/merchant-webhooks/handlers"
	"github.com/seed-7c2cc908/merchant-webhooks/internal/pgdev/pgtest"
	"github.com/seed-7c2cc908/merchant-webhooks/plugin"
)

// newFailing is a host whose statements can fail, and another beside it: Emit looks
// a little later whether anybody sends, which is to be no statement of the first.
// There is a webhook a with a delivery of the order o-1.
func newFailing(t *testing.T) (h, other *host, failing *pgtest.Failing) {
	t.Helper()
	dsn := migratedDSN(t)
	db, failing := pgtest.OpenFailing(t, dsn)
	h = startHost(t, db, setting{}, func(c *plugin.Config) { c.Authorize = bySession })
	t.Cleanup(h.Close)
	other = startHost(t, open(t, dsn), setting{}, nil)
	t.Cleanup(other.Close)
	check(t, other.ask(t, "POST", "/private/webhooks", hook("a")), http.StatusNoContent, 0)
	other.emit(t, "o-1")
	return h, other, failing
}

// TestR5_SavedOnly: where what waits could not be made anew, the change is saved.
func TestR5_SavedOnly(t *testing.T) {
	h, _, failing := newFailing(t)
	saved := 0
	for statement := int64(1); ; statement++ {
		edit := h.open(t, "/admin/webhooks/a/edit", "", asOwner...)
		url := fmt.Sprint("https://example.com/", statement)
		failing.Fail(statement)
		got := h.press(t, edit, "Save", "url", url, "rebuild_waiting", "1")
		if !failing.Failed() {
			got.want(t, 303, "../../webhooks?saved=a")
			break
		}
		if got.StatusCode == http.StatusInternalServerError {
			continue
		}
		got.want(t, 303, "../../webhooks/a/view?done=saved_only")
		saved++
		if body := string(h.ask(t, "GET", "/private/webhooks/a", "").body); !strings.Contains(body, url) || h.column(t, "url") == url {
			t.Errorf("R5 without its statement %d it is %s, and goes to %s", statement, body, h.column(t, "url"))
		}
	}
	if saved == 0 {
		t.Error("it was never saved alone: this test sees nothing")
	}
}

// takesAway tells how little an operation leaves for the others to show.
func takesAway(op handlers.Operation) int {
	switch {
	case op.Method == http.MethodDelete, op.Method == http.MethodPost && strings.HasSuffix(op.Endpoint, "/delete"):
		return 2
	case op.Method == http.MethodPost && strings.HasSuffix(op.Endpoint, "/forget"):
		return 1
	}
	return 0
}

// perform asks for an operation on a webhook a and a delivery of its, with all that
// it may need.
func (h *host) perform(t testing.TB, op handlers.Operation, deliveryID string) answer {
	t.Helper()
	const object = `{"webhook_id":"b", "event_type":"pay", "url":"https://example.com/new", "http_method":"POST", "order_id":"o-1",
		"from":{"t_s":1}, "to":{"t_s":2147483647}}`
	path := at(op, "a", deliveryID)
	switch isPage := strings.HasPrefix(op.Endpoint, "admin"); {
	case isPage && op.Method == http.MethodGet:
		return h.ask(t, op.Method, path+"?count=1&"+pageQuery, "", asOwner...)
	case isPage:
		return h.open(t, path, fine("a")+"&"+pageQuery, asOwner...).answer
	case op.Method == http.MethodGet:
		return h.ask(t, op.Method, path+"?order_id=o-1", "")
	}
	return h.ask(t, op.Method, path, object)
}

// TestR5_EachStatement lets the first statement of each operation fail, then the
// second, and so on, and no other: what could not be asked or done is never left out,
// but told, and logged once.
func TestR5_EachStatement(t *testing.T) {
	h, other, failing := newFailing(t)
	other.answered(t, 400)
	id, faults := other.newest(t, "a"), 0
	check(t, other.ask(t, "PATCH", "/private/webhooks/a", hook("a", `"body_template":"changed"`)), http.StatusNoContent, 0)
	operations := append(handlers.APIOperations(), handlers.AdminOperations()...)
	slices.SortStableFunc(operations, func(a, b handlers.Operation) int { return takesAway(a) - takesAway(b) })
	for _, op := range operations {
		for statement := int64(1); ; statement++ {
			logged := len(h.log.String())
			failing.Fail(statement)
			got := h.perform(t, op, id)
			if !failing.Failed() {
				break
			}
			faults++
			if got.StatusCode != http.StatusInternalServerError {
				t.Errorf("R5 %s %s without its statement %d: %d %s", op.Method, op.Endpoint, statement, got.StatusCode, shortened(string(got.body)))
			}
			if strings.HasPrefix(op.Endpoint, "admin") && op.Method == http.MethodGet && !strings.Contains(string(got.body), "This is not possible just now") {
				t.Errorf("R5 %s without its statement %d: %s", op.Endpoint, statement, shortened(string(got.body)))
			}
			if log := h.log.String()[logged:]; strings.Count(log, "request failed") != 1 {
				t.Errorf("R5 %s %s without its statement %d is logged as %s", op.Method, op.Endpoint, statement, log)
			}
		}
	}
	if faults < 90 {
		t.Errorf("%d faults were made: this test sees too few", faults)
	}
}
