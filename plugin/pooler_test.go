package plugin_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/pgdev/bouncer"
	"github.com/seed-7c2cc908/merchant-webhooks/internal/pgdev/pgtest"
	"github.com/seed-7c2cc908/merchant-webhooks/plugin"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// page asks for a page as a person's browser, or posts a form to it, and wants
// what ends well to hold the text.
func (h *host) page(t *testing.T, path string, form url.Values, holds string) {
	t.Helper()
	method, body := http.MethodGet, io.Reader(http.NoBody)
	if form != nil {
		method, body = http.MethodPost, strings.NewReader(form.Encode())
	}
	request, err := http.NewRequest(method, h.URL+path, body)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer secret-token:all")
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := h.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK || !strings.Contains(string(text), holds) {
		t.Errorf("%s %s: %d, %v, and does not hold %q:\n%s", method, path, response.StatusCode, err, holds, text)
	}
}

// TestH10WholeLife: all that a host does, behind PgBouncer in transaction mode.
func TestH10WholeLife(t *testing.T) {
	for name, listens := range map[string]bool{"listening around it": true, "polling through it": false} {
		t.Run("H10 "+name, func(t *testing.T) {
			dsn := pgtest.DSN(t)
			db := openWith(t, bouncer.Start(t, dsn), binaryParameters)
			db.SetMaxOpenConns(10)
			h := newHost(t, db, func(c *plugin.Config) {
				toLoopback(c)
				c.Database.Unprepared, c.Database.MigrateDSN = true, dsn
				if listens {
					c.Delivery.ListenDSN = dsn
				}
			})
			live(t, h, func(order string) {
				t.Helper()
				tx := db.MustBegin()
				defer tx.Rollback()
				if err := h.plugin.Emit(t.Context(), tx, "shop", webhook.Pay(order, map[string]any{})); err != nil {
					t.Fatal(err)
				}
				if err := tx.Commit(); err != nil {
					t.Fatal(err)
				}
			})
		})
	}
}

// live adds an instance, makes a webhook on a page, sends to it, looks at the log,
// sends again, pauses and resumes, and removes all of it.
func live(t *testing.T, h *host, emit func(order string)) {
	t.Helper()
	arrived := make(chan string, 10)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		arrived <- r.Header.Get("X-Order")
	}))
	t.Cleanup(receiver.Close)
	arrives := func(order string) {
		t.Helper()
		select {
		case got := <-arrived:
			if got != order {
				t.Errorf("%s arrived, want %s", got, order)
			}
		case <-time.After(time.Minute):
			t.Fatalf("%s did not arrive within a minute", order)
		}
	}
	act := func(method, path, body string, status int) answer {
		t.Helper()
		got := h.do(t, method, "/instances/shop/private/"+path, body)
		if got.status != status {
			t.Fatalf("%s %s: %+v, want %d", method, path, got, status)
		}
		return got
	}
	for range 2 {
		if err := h.plugin.AddInstance(t.Context(), nil, "shop"); err != nil {
			t.Fatal(err)
		}
	}
	h.page(t, "/instances/shop/admin/webhooks", url.Values{
		"webhook_id": {"a"}, "event_type": {"pay"}, "http_method": {"POST"}, "url": {receiver.URL},
		"header_template": {"X-Order: {{order_id}}"},
	}, ">a<")
	if err := h.plugin.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	emit("1")
	arrives("1")
	id := delivered(t, func() string { return act("GET", "webhooks/a/deliveries", "", 200).body })
	h.page(t, "/instances/shop/admin/webhooks", nil, ">a<")
	h.page(t, "/instances/shop/admin/webhooks/a/view", nil, "order")
	act("POST", "webhooks/a/deliveries/"+id+"/redeliver", "{}", 204)
	arrives("1")
	act("POST", "webhooks/a/pause", "", 204)
	emit("2")
	act("POST", "webhooks/a/resume", "", 204)
	arrives("2")
	act("POST", "webhook-deliveries/forget", `{"order_id": "2"}`, 200)
	act("PATCH", "webhooks/a", webhookJSON(""), 204)
	act("DELETE", "webhooks/a", "", 204)
	if err := h.plugin.RemoveInstance(t.Context(), nil, "shop"); err != nil {
		t.Error(err)
	}
	if err := h.plugin.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	if errors := grep(h.log.take(), "level=ERROR"); len(errors) > 0 {
		t.Errorf("the log has errors:\n%s", strings.Join(errors, "\n"))
	}
}

// delivered waits until the log's one delivery is recorded as delivered, a moment
// after the receiver has it: until then to send it again is no more than what is
// under way.
func delivered(t *testing.T, list func() string) (id string) {
	t.Helper()
	var text string
	eventually(t, time.Minute, func() bool {
		var log struct {
			Deliveries []struct {
				ID    string `json:"delivery_id"`
				State string `json:"state"`
			} `json:"deliveries"`
		}
		text = list()
		if err := json.Unmarshal([]byte(text), &log); err != nil || len(log.Deliveries) != 1 {
			t.Fatalf("the log is %s, %v", text, err)
		}
		id = log.Deliveries[0].ID
		return log.Deliveries[0].State == "delivered"
	}, func() string { return "it is not delivered within a minute: " + text })
	return id
}

func grep(lines []string, form string) (found []string) {
	for _, line := range lines {
		if strings.Contains(line, form) {
			found = append(found, line)
		}
	}
	return found
}
