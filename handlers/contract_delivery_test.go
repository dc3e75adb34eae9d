package handlers_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"
)

// A loggedDelivery is what these tests read of a delivery in an answer.
type loggedDelivery struct {
	ID        string `json:"delivery_id"`
	WebhookID string `json:"webhook_id"`
	State     string `json:"state"`
	Request   struct {
		Body         *string `json:"body"`
		BodyEncoding string  `json:"body_encoding"`
	} `json:"request"`
	Attempts []struct {
		Status         int    `json:"status"`
		Error          string `json:"error"`
		Answer         string `json:"answer"`
		AnswerEncoding string `json:"answer_encoding"`
	} `json:"attempts"`
}

// decoded is the JSON of an answer that must be 200.
func decoded[T any](t testing.TB, a answer) (v T) {
	t.Helper()
	if a.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s", a.Status, a.body)
	}
	if err := json.Unmarshal(a.body, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// log reads a page of deliveries.
func (h *host) deliveries(t testing.TB, path string) ([]loggedDelivery, answer) {
	t.Helper()
	a := h.ask(t, "GET", path, "")
	return decoded[struct{ Deliveries []loggedDelivery }](t, a).Deliveries, a
}

// fillLog gives each webhook of the instance admin n deliveries of an event of
// its own, whose nonces count them.
func fillLog(t testing.TB, db *sqlx.DB, n int) {
	t.Helper()
	_, err := db.ExecContext(t.Context(), `
		WITH made AS (
			INSERT INTO merchant_webhooks.event (instance_serial, event_type, event_at, order_id, data)
			SELECT instance_serial, 'pay', to_timestamp(1760000000), 'order-1', '{"order_id":"order-1"}'
			FROM merchant_webhooks.instance WHERE instance_id = 'admin'
			RETURNING instance_serial, event_serial
		)
		INSERT INTO merchant_webhooks.delivery (instance_serial, webhook_serial, event_serial, nonce, webhook_version,
			http_method, url, receiver, headers, body, state, failure, finished_at)
		SELECT instance_serial, webhook_serial, event_serial, lpad(to_hex(n), 16, '0'), version,
			'POST', 'https://example.com/hook', 'example.com:443', 'User-Agent: x', '\x68',
			CASE n % 3 WHEN 0 THEN 'failed' ELSE 'delivered' END,
			CASE n % 3 WHEN 0 THEN '{"key":"delivery.not_made"}' END, now()
		FROM made JOIN merchant_webhooks.webhook USING (instance_serial), generate_series(1, $1) AS n
		ORDER BY n, webhook_serial`, n)
	if err != nil {
		t.Fatal(err)
	}
}

// numbers are the nonces of deliveries that fillLog made.
func numbers(t testing.TB, ds []loggedDelivery) (ns []int) {
	t.Helper()
	for _, d := range ds {
		var n int
		_, nonce, _ := strings.Cut(strings.TrimPrefix(d.ID, "msg_"), "_")
		if _, err := fmt.Sscanf(nonce, "%x", &n); err != nil {
			t.Fatalf("the ID %q: %v", d.ID, err)
		}
		ns = append(ns, n)
	}
	return ns
}

func TestD6_LongLog(t *testing.T) {
	const many = 2_345
	h := newHost(t, nil)
	check(t, h.ask(t, "POST", "/private/webhooks", hook("a b")), http.StatusNoContent, 0)
	fillLog(t, h.db, many)
	var forward, failed []int
	for n := 1; n <= many; n++ {
		forward = append(forward, n)
		if n%3 == 0 {
			failed = append(failed, n)
		}
	}
	reversed := func(ns []int) []int { ns = slices.Clone(ns); slices.Reverse(ns); return ns }
	const one, all = "/private/webhooks/a%20b/deliveries", "/private/webhook-deliveries"
	tests := []struct {
		name, path string
		most       int
		want       []int
	}{
		{"D6 in pages of 1000, oldest first", one + "?limit=1000", 1000, forward},
		{"D6 in pages of 999 of all webhooks", all + "?limit=-999", 999, reversed(forward)},
		{"D6 newest first without a limit, the failed ones", one + "?state=failed", 20, reversed(failed)},
		{"D6 newest first of all webhooks, the failed ones of an order", all + "?limit=100&order_id=order-1&state=failed&from=1760000000&to=1760000001", 100, failed},
		{"D6 what happened before the end of a time", all + "?to=1760000000", 20, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var got []int
			for path := test.path; ; {
				page, a := h.deliveries(t, path)
				got = append(got, numbers(t, page)...)
				link, more := nextLink(a.Header.Get("Link"))
				if more && len(page) != test.most || len(page) > test.most {
					t.Fatalf("a page has %d deliveries, want %d", len(page), test.most)
				}
				if !more {
					break
				}
				path = led(t, test.name, path, link)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("the pages together have %d deliveries, want %d in order", len(got), len(test.want))
			}
		})
	}
	t.Run("D6 C9 another instance sees none", func(t *testing.T) {
		check(t, h.ask(t, "POST", "/instances/sandbox/private/webhooks", hook("a b")), http.StatusNoContent, 0)
		newest, _ := h.deliveries(t, one+"?limit=-1")
		for _, path := range []string{one, all, one + "?limit=5", all + "?order_id=order-1"} {
			if got, _ := h.deliveries(t, "/instances/sandbox"+path); len(got) > 0 {
				t.Errorf("%s shows %d deliveries", path, len(got))
			}
		}
		path := "/instances/sandbox" + one + "/" + url.PathEscape(newest[0].ID)
		check(t, h.ask(t, "GET", path, ""), http.StatusNotFound, 21)
		check(t, h.ask(t, "POST", path+"/redeliver", ""), http.StatusNotFound, 21)
	})
}

func TestD6_BytesInJSON(t *testing.T) {
	h := newHost(t, nil)
	check(t, h.ask(t, "POST", "/private/webhooks", hook("a")), http.StatusNoContent, 0)
	fillLog(t, h.db, 1)
	page, _ := h.deliveries(t, "/private/webhooks/a/deliveries")
	path := "/private/webhooks/a/deliveries/" + page[0].ID
	_, err := h.db.ExecContext(t.Context(), `
		WITH tried AS (UPDATE merchant_webhooks.delivery SET attempt_count = 1)
		INSERT INTO merchant_webhooks.delivery_attempt (instance_serial, delivery_serial, number, at, duration_ms, url, status)
		SELECT instance_serial, delivery_serial, 1, now(), 12, url, 200 FROM merchant_webhooks.delivery`)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, bytes, text, encoding, answer, answerEncoding string }{
		{"D6 text", "a \"b\" <\x00>\n", "a \"b\" <\x00>\n", "", "a \"b\" <\x00>\n", ""},
		{"D6 nothing", "", "", "", "", ""},
		{"D6 no text", "a\xffb", "Yf9i", "base64", "Yf9i", "base64"},
		// Of an answer only its beginning is kept; a body is what it is.
		{"D6 a character cut after its first byte", "aé"[:2], "YcM=", "base64", "a", ""},
		{"D6 a character cut before its last byte", "a😀"[:4], "YfCfmA==", "base64", "a", ""},
		{"D6 a byte that continues nothing", "a\x80", "YYA=", "base64", "YYA=", "base64"},
		{"D6 a whole character at the end", "aé", "aé", "", "aé", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if _, err := h.db.ExecContext(t.Context(), `
				WITH body AS (UPDATE merchant_webhooks.delivery SET body = $1)
				UPDATE merchant_webhooks.delivery_attempt SET answer = $1`, []byte(test.bytes)); err != nil {
				t.Fatal(err)
			}
			got := decoded[loggedDelivery](t, h.ask(t, "GET", path, ""))
			if body := got.Request.Body; body == nil || *body != test.text || got.Request.BodyEncoding != test.encoding {
				t.Errorf("the body is %+v, want %q in %q", got.Request, test.text, test.encoding)
			}
			if at := got.Attempts[0]; at.Answer != test.answer || at.AnswerEncoding != test.answerEncoding {
				t.Errorf("the answer is %q in %q, want %q in %q", at.Answer, at.AnswerEncoding, test.answer, test.answerEncoding)
			}
		})
	}
}
