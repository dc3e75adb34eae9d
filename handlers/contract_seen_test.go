package handlers_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/seed-7c2cc908/merchant-webhooks/plugin"
)

// requests are the series of the requests that were counted: their labels and the
// number.
func requests(t testing.TB, r prometheus.Gatherer) (series []string) {
	t.Helper()
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() != "merchant_webhooks_http_requests_total" {
			continue
		}
		for _, metric := range family.Metric {
			labels := map[string]string{}
			for _, label := range metric.Label {
				labels[label.GetName()] = label.GetValue()
			}
			series = append(series, fmt.Sprintln(labels["method"], labels["route"], labels["status"], labels["code"], metric.Counter.GetValue()))
		}
	}
	return series
}

// newWatched is a host whose requests are counted and have spans, and whose
// Authorize does what a header says.
func newWatched(t testing.TB) (h *host, registry *prometheus.Registry, spans *tracetest.SpanRecorder) {
	t.Helper()
	registry, spans = prometheus.NewPedanticRegistry(), tracetest.NewSpanRecorder()
	recovering := setting{path: "/shop/acme", group: "/shop/:tenant", engine: func(e *gin.Engine) {
		e.Use(gin.CustomRecoveryWithWriter(io.Discard, func(c *gin.Context, _ any) { c.AbortWithStatus(http.StatusTeapot) }))
	}}
	h = startHost(t, migrated(t), recovering, func(c *plugin.Config) {
		c.Metrics, c.Tracer = registry, trace.NewTracerProvider(trace.WithSpanProcessor(spans))
		c.Authorize = func(c *gin.Context, instance string, p plugin.Permission) error {
			switch c.GetHeader("X-Host") {
			case "panics":
				panic("the host")
			case "panics late":
				c.String(http.StatusAccepted, "half")
				panic("the host")
			case "answers":
				c.String(http.StatusPaymentRequired, "pay first")
				c.Abort()
			}
			return bySession(c, instance, p)
		}
	})
	t.Cleanup(h.Close)
	return h, registry, spans
}

// TestO1_O2_EachRequest is counted and has a span, whatever becomes of it.
func TestO1_O2_EachRequest(t *testing.T) {
	h, registry, spans := newWatched(t)
	for _, c := range []struct{ name, method, path, header, counted, span string }{
		{"done", "POST", "/private/webhooks", "", "POST /private/webhooks 204 0 1", "POST /shop/:tenant/private/webhooks 204"},
		{"read", "GET", "/private/webhooks/a", "", "GET /private/webhooks/:webhook_id 200 0 1", "GET /shop/:tenant/private/webhooks/:webhook_id 200"},
		{"of an instance", "GET", "/instances/admin/private/webhooks/a", "", "GET /private/webhooks/:webhook_id 200 0 2", "GET /shop/:tenant/instances/:instance/private/webhooks/:webhook_id 200"},
		{"refused", "GET", "/private/webhooks/b", "", "GET /private/webhooks/:webhook_id 404 2019 1", "GET /shop/:tenant/private/webhooks/:webhook_id 404 2019"},
		{"a page that is refused", "GET", "/admin/webhooks/deliveries?from=x", "", "GET /admin/webhooks/deliveries 400 22 1", "GET /shop/:tenant/admin/webhooks/deliveries 400 22"},
		{"of no such method", "PUT", "/private/webhooks/a", "", "other other 405 20 1", "PUT /shop/:tenant/private/webhooks/:webhook_id 405 20"},
		{"of no such path", "GET", "/private/webhooks/a/b/c", "", "other other 404 21 1", "GET /shop/:tenant/private/webhooks/:webhook_id/*rest 404 21"},
		{"answered by the host", "GET", "/private/webhooks", "answers", "GET /private/webhooks 402 0 1", "GET /shop/:tenant/private/webhooks 402"},
		{"a panic of the host's", "GET", "/private/webhooks", "panics", "GET /private/webhooks 500 60 1", "GET /shop/:tenant/private/webhooks 500 60"},
		{"a panic behind an answer", "GET", "/private/webhooks", "panics late", "GET /private/webhooks 202 0 1", "GET /shop/:tenant/private/webhooks 202"},
	} {
		t.Run("O1 O2 "+c.name, func(t *testing.T) {
			h.ask(t, c.method, c.path, hook("a"), "X-Host", c.header)
			if got := requests(t, registry); !slices.Contains(got, c.counted+"\n") {
				t.Errorf("counted are %s", got)
			}
			wantSpan(t, spans, c.span)
		})
	}
	t.Run("O1 O2 one whose client has left", func(t *testing.T) {
		lockWebhooks(t, h.db)
		ctx, leave := context.WithCancel(t.Context())
		left := make(chan error, 1)
		go func() {
			_, err := h.try(ctx, "GET", "/private/webhooks/a", "")
			left <- err
		}()
		await(t, h.db, "the request waits for the lock", waitsForLock)
		leave()
		if err := <-left; err == nil {
			t.Error("it was answered")
		}
		h.Close() // all that it served has ended
		if got := requests(t, registry); !slices.Contains(got, "GET /private/webhooks/:webhook_id 499 0 1\n") {
			t.Errorf("counted are %s", got)
		}
		wantSpan(t, spans, "GET /shop/:tenant/private/webhooks/:webhook_id 499")
	})
}

// wantSpan wants the last span to be so: its name, the status and the code.
func wantSpan(t testing.TB, spans *tracetest.SpanRecorder, want string) {
	t.Helper()
	ended := spans.Ended()
	last := ended[len(ended)-1]
	got := last.Name()
	for _, attribute := range last.Attributes() {
		if key := string(attribute.Key); key == "http.response.status_code" || key == "merchant_webhooks.code" {
			got += fmt.Sprint(" ", attribute.Value.AsInt64())
		}
	}
	if strings.TrimSpace(got) != want {
		t.Errorf("the span is %s, want %s", got, want)
	}
}
