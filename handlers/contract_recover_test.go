package handlers_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// emit tells the instance admin's webhooks that orders were paid, each in a
// transaction of its own.
func (h *host) emit(t testing.TB, orders ...string) {
	t.Helper()
	for _, order := range orders {
		tx, err := h.db.BeginTxx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = tx.Rollback() }()
		terms := map[string]any{"summary": "Cheese", "order_id": order}
		if err := h.plugin.Emit(t.Context(), tx, "admin", webhook.Pay(order, terms)); err != nil {
			t.Fatal(err)
		}
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
	}
}

// states counts the deliveries of a log by their state.
func (h *host) states(t testing.TB, path string) map[string]int {
	t.Helper()
	found, _ := h.deliveries(t, path+"?limit=1000")
	counts := map[string]int{}
	for _, d := range found {
		counts[d.State]++
	}
	return counts
}

type reasons struct {
	Answers []struct {
		WebhookID string `json:"webhook_id"`
		Cause     string `json:"cause"`
		Sentence  string `json:"sentence"`
	} `json:"answers"`
}

// why gives the causes that an order's answers tell, by webhook.
func (h *host) why(t testing.TB, order string) []string {
	t.Helper()
	var causes []string
	for _, a := range decoded[reasons](t, h.ask(t, "GET", "/private/webhook-deliveries/why?order_id="+order, "")).Answers {
		if a.Sentence == "" {
			t.Errorf("no sentence says %s of %s", a.Cause, a.WebhookID)
		}
		causes = append(causes, a.WebhookID+" "+a.Cause)
	}
	slices.Sort(causes)
	return causes
}

func TestD8_PauseHoldsAndDrops(t *testing.T) {
	h := newHost(t, nil)
	check(t, h.ask(t, "POST", "/private/webhooks", hook("a")), http.StatusNoContent, 0)
	check(t, h.ask(t, "POST", "/private/webhooks", hook("b")), http.StatusNoContent, 0)
	check(t, h.ask(t, "POST", "/private/webhooks/a/pause", ""), http.StatusNoContent, 0)
	h.emit(t, "1", "2", "3")

	t.Run("D8 D6 what waits is held, and says so", func(t *testing.T) {
		if got := h.states(t, "/private/webhook-deliveries"); got["pending"] != 6 || len(got) != 1 {
			t.Errorf("the states are %v, want 6 pending", got)
		}
		if got, want := h.why(t, "2"), []string{"a paused", "b no_worker"}; !slices.Equal(got, want) {
			t.Errorf("the causes are %q, want %q", got, want)
		}
	})
	t.Run("D8 resume with drop fails what waits, of this webhook", func(t *testing.T) {
		check(t, h.ask(t, "POST", "/private/webhooks/a/resume", `{"drop":true}`), http.StatusNoContent, 0)
		if got := h.states(t, "/private/webhooks/a/deliveries"); got["failed"] != 3 || len(got) != 1 {
			t.Errorf("the states are %v, want 3 failed", got)
		}
		if got := h.states(t, "/private/webhooks/b/deliveries"); got["pending"] != 3 || len(got) != 1 {
			t.Errorf("the states of another are %v, want 3 pending", got)
		}
		if got, want := h.why(t, "2"), []string{"a dropped", "b no_worker"}; !slices.Equal(got, want) {
			t.Errorf("the causes are %q, want %q", got, want)
		}
	})
	t.Run("D8 resume without drop keeps it waiting", func(t *testing.T) {
		check(t, h.ask(t, "POST", "/private/webhooks/b/pause", ""), http.StatusNoContent, 0)
		check(t, h.ask(t, "POST", "/private/webhooks/b/resume", `{"drop":false}`), http.StatusNoContent, 0)
		if got := h.states(t, "/private/webhooks/b/deliveries"); got["pending"] != 3 || len(got) != 1 {
			t.Errorf("the states are %v, want 3 pending", got)
		}
	})
}

func TestD9_Recover(t *testing.T) {
	h := newHost(t, nil)
	check(t, h.ask(t, "POST", "/private/webhooks", hook("a")), http.StatusNoContent, 0)
	fillLog(t, h.db, 30) // 10 failed, 20 delivered
	recovered := func(t *testing.T, more string) int {
		t.Helper()
		a := h.ask(t, "POST", "/private/webhook-deliveries/recover", `{"from":{"t_s":1760000000}, "to":{"t_s":1760000001}`+more+`}`)
		return decoded[struct{ Count int }](t, a).Count
	}
	t.Run("D9 all leaves out what was queued in the last minute", func(t *testing.T) {
		if got := recovered(t, `, "all":true`); got != 0 {
			t.Errorf("%d were queued, want none", got)
		}
		_, err := h.db.ExecContext(t.Context(), `UPDATE merchant_webhooks.delivery SET queued_at = now() - interval '2 minutes'`)
		if err != nil {
			t.Fatal(err)
		}
		for _, more := range []string{`, "all":true, "dry_run":true`, `, "all":true, "webhook_id":"a"`} {
			if got := recovered(t, more); got != 30 {
				t.Errorf("with %s the count is %d, want 30", more, got)
			}
		}
		if got := recovered(t, `, "all":true`); got != 0 {
			t.Errorf("the second time %d were queued, want none", got)
		}
		if got := h.states(t, "/private/webhooks/a/deliveries"); got["pending"] != 30 {
			t.Errorf("the states are %v, want 30 pending", got)
		}
	})
	t.Run("D9 D6 rebuild makes them anew", func(t *testing.T) {
		_, err := h.db.ExecContext(t.Context(), `
			UPDATE merchant_webhooks.delivery SET state = 'failed', finished_at = now(), failure = '{"key":"delivery.not_made"}', lane = 0,
				headers = CASE WHEN delivery_serial % 2 = 0 THEN headers END`)
		if err != nil {
			t.Fatal(err)
		}
		body := `{"event_type":"pay", "url":"https://example.com/new", "http_method":"PUT", "body_template":"new {{order_id}}"}`
		check(t, h.ask(t, "PATCH", "/private/webhooks/a", body), http.StatusNoContent, 0)
		for more, want := range map[string]int{`, "dry_run":true`: 15, `, "rebuild":true, "dry_run":true`: 30} {
			if got := recovered(t, more); got != want {
				t.Errorf("with %s the count is %d, want %d", more, got, want)
			}
		}
		const anew = `SELECT count(*) FROM merchant_webhooks.delivery WHERE state = 'pending' AND url = 'https://example.com/new'`
		for _, c := range []struct {
			more         string
			queued, anew int
		}{{"", 15, 0}, {`, "rebuild":true`, 15, 15}} {
			var n int
			if got, err := recovered(t, c.more), h.db.Get(&n, anew); got != c.queued || n != c.anew || err != nil {
				t.Errorf("with %s %d were queued, %d in all anew, want %d, %d: %v", c.more, got, n, c.queued, c.anew, err)
			}
		}
		page, _ := h.deliveries(t, "/private/webhooks/a/deliveries?limit=1")
		got := decoded[loggedDelivery](t, h.ask(t, "GET", "/private/webhooks/a/deliveries/"+page[0].ID, ""))
		if got.State != "pending" || got.Request.Body == nil || *got.Request.Body != "new order-1" {
			t.Errorf("a delivery that was made anew is %s with the body %s", got.State, fmt.Sprint(got.Request.Body))
		}
	})
}

// TestD9_RecoverByProgram: a form that a program posts does not say when it was asked for.
func TestD9_RecoverByProgram(t *testing.T) {
	h := newAdmin(t, nil)
	check(t, h.ask(t, "POST", "/private/webhooks", hook("a")), http.StatusNoContent, 0)
	fillLog(t, h.db, 3)
	h.open(t, "/admin/webhooks/recover", period, asOwner...).want(t, 303, "../webhooks/deliveries?again=1")
}

// TestD9_TwiceByOneClock: the minute is the database's, by whose clock it is known
// when something was queued, also where the host's goes ten minutes before it.
func TestD9_TwiceByOneClock(t *testing.T) {
	h := newHost(t, nil)
	check(t, h.ask(t, "POST", "/private/webhooks", hook("a")), http.StatusNoContent, 0)
	fillLog(t, h.db, 3)
	h.db.MustExec(`
		UPDATE merchant_webhooks.delivery SET queued_at = now() - interval '1 hour';
		CREATE SCHEMA late;
		CREATE FUNCTION late.now() RETURNS timestamptz LANGUAGE sql AS $$ SELECT pg_catalog.now() - interval '10 minutes' $$;
		DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = late, pg_catalog, public', current_database()); END $$`)
	h.db.SetMaxIdleConns(0) // those that come have the other clock
	for _, want := range []int{3, 0} {
		a := h.ask(t, "POST", "/private/webhook-deliveries/recover", `{"from":{"t_s":1760000000},"to":{"t_s":1760000001},"all":true}`)
		if got := decoded[struct{ Count int }](t, a).Count; got != want {
			t.Errorf("%d were queued, want %d", got, want)
		}
		h.db.MustExec(`UPDATE merchant_webhooks.delivery SET state = 'delivered', finished_at = now(), failure = NULL, lane = 0`)
	}
}
