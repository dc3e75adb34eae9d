package plugin_test

import (
	"net/http"
	"testing"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/pgdev/pgtest"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// TestO1_EndedByHand: a delivery that a person ends is counted too, so that all
// that were emitted have ended or wait.
func TestO1_EndedByHand(t *testing.T) {
	w := watch(t, pgtest.DB(t), nil)
	url := answering(t)
	emit := func(hook, order string) {
		w.hook(t, hook, url+"/204", "")
		w.emit(t, t.Context(), webhook.Pay(order, map[string]any{}))
	}
	act := func(method, path, body string) {
		t.Helper()
		if got := w.do(t, method, path, body); got.status >= http.StatusBadRequest {
			t.Fatal(got)
		}
	}
	emit("a", "order-1")
	emit("b", "order-2")
	emit("c", "order-3") // 6 deliveries: 3 of a, 2 of b, 1 of c
	t.Run("O1 dropped", func(t *testing.T) {
		act("POST", "/private/webhooks/a/pause", "")
		act("POST", "/private/webhooks/a/resume", `{"drop": true}`)
		act("POST", "/private/webhooks/a/resume", `{"drop": true}`)
		w.until(t, `deliveries_total{outcome="dropped"} 3`)
	})
	t.Run("O1 forgotten", func(t *testing.T) {
		act("POST", "/private/webhook-deliveries/forget", `{"order_id": "order-2"}`)
		act("POST", "/private/webhook-deliveries/forget", `{"order_id": "order-2"}`)
		act("POST", "/private/webhook-deliveries/forget", `{"order_id": "order-1"}`)
		w.until(t, `deliveries_total{outcome="forgotten"} 1`)
	})
	t.Run("O1 deleted", func(t *testing.T) {
		act("DELETE", "/private/webhooks/b", "")
		w.until(t, `deliveries_total{outcome="deleted"} 1`)
	})
	t.Run("O1 the rest waits", func(t *testing.T) {
		w.until(t, `deliveries_waiting{state="due"} 1`, `deliveries_total{outcome="delivered"} 0`)
	})
	t.Run("O1 deleted with its instance", func(t *testing.T) {
		if err := w.plugin.RemoveInstance(t.Context(), nil, "admin"); err != nil {
			t.Fatal(err)
		}
		w.until(t, `deliveries_total{outcome="deleted"} 2`, `deliveries_waiting{state="due"} 0`)
	})
}
