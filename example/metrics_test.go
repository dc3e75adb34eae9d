package main

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/pgdev/pgtest"
)

// TestO1Metrics: the shop serves what Prometheus scrapes.
func TestO1Metrics(t *testing.T) {
	shop, err := newShop(t.Context(), pgtest.DB(t), settings{}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	answer := httptest.NewRecorder()
	shop.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	if text := answer.Body.String(); answer.Code != http.StatusOK || !strings.Contains(text, `merchant_webhooks_database_up{schema="merchant_webhooks"} 1`) {
		t.Errorf("it answers %d\n%s", answer.Code, text)
	}
}
