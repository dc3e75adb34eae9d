package plugin_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	api "go.opentelemetry.io/otel/trace"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/pgdev/pgtest"
	"github.com/seed-7c2cc908/merchant-webhooks/plugin"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// tracing is a host whose spans are kept.
func tracing(t *testing.T, configure func(*plugin.Config)) (*watched, *trace.TracerProvider, *tracetest.SpanRecorder) {
	t.Helper()
	kept := tracetest.NewSpanRecorder()
	provider := trace.NewTracerProvider(trace.WithSpanProcessor(kept))
	w := watch(t, pgtest.DB(t), func(c *plugin.Config) {
		c.Tracer = provider
		c.Delivery.Schedule = webhook.Schedule{time.Millisecond, time.Millisecond}
		if configure != nil {
			configure(c)
		}
	})
	return w, provider, kept
}

// named are the spans of a name that have ended, in order.
func named(kept *tracetest.SpanRecorder, name string) (found []trace.ReadOnlySpan) {
	for _, s := range kept.Ended() {
		if s.Name() == name {
			found = append(found, s)
		}
	}
	return found
}

// header is the trace context that a span hands on.
func header(s trace.ReadOnlySpan) string {
	of := s.SpanContext()
	return fmt.Sprintf("00-%s-%s-01", of.TraceID(), of.SpanID())
}

// hearing is a receiver that tells the traceparent of each request, and refuses
// the first.
func hearing(t *testing.T) (url string, heard chan string) {
	t.Helper()
	heard = make(chan string, 10)
	receiver := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if heard <- strings.Join(r.Header.Values("traceparent"), " "); len(heard) == 1 {
			rw.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	t.Cleanup(receiver.Close)
	return receiver.URL, heard
}

// TestO2_FromEmitToReceiver: the trace of the request that paid goes to the
// receiver, and a try that comes later is linked to it. No span tells a secret.
func TestO2_FromEmitToReceiver(t *testing.T) {
	w, provider, kept := tracing(t, nil)
	url, heard := hearing(t)
	location := strings.Replace(url, "//", "//user:hunter2@", 1) + "/T0K3N?key=s3cret"
	w.hook(t, "erp", location, `, "header_template": "X-Api-Key: hunter2\nTraceparent: forged", "body_template": "hunter2"`)
	ctx, paying := provider.Tracer("shop").Start(t.Context(), "POST /pay")
	w.emit(t, ctx, webhook.Pay("order-1", map[string]any{"summary": "hunter2"}))
	paying.End()
	w.begin(t)
	w.until(t, `deliveries_total{outcome="delivered"} 1`)

	emits, delivers, posts := named(kept, "emit pay"), named(kept, "deliver pay"), named(kept, "POST")
	if len(emits) != 1 || len(delivers) != 2 || len(posts) != 2 {
		t.Fatalf("O2 there are %d Emits, %d deliveries, %d requests", len(emits), len(delivers), len(posts))
	}
	for i, want := range []api.SpanContext{paying.SpanContext(), emits[0].SpanContext(), delivers[0].SpanContext()} {
		if got := []trace.ReadOnlySpan{emits[0], delivers[0], posts[0]}[i].Parent(); got.SpanID() != want.SpanID() || got.TraceID() != want.TraceID() {
			t.Errorf("O2 number %d is in %v, want in %v", i, got, want)
		}
	}
	again := delivers[1]
	if again.Parent().IsValid() || len(again.Links()) != 1 || again.Links()[0].SpanContext.SpanID() != emits[0].SpanContext().SpanID() {
		t.Errorf("O2 the second try is in %v, linked to %v", again.Parent(), again.Links())
	}
	if posts[1].Parent().SpanID() != again.SpanContext().SpanID() {
		t.Errorf("O2 its request is in %v", posts[1].Parent())
	}
	for i, s := range posts {
		if got := <-heard; got != header(s) {
			t.Errorf("O2 the receiver is told %q, want %q", got, header(s))
		}
		if attempt := fmt.Sprint(delivers[i].Attributes()); !strings.Contains(attempt, "msg_1_") {
			t.Errorf("O2 the delivery says %s", attempt)
		}
	}
	for _, s := range kept.Ended() {
		said := fmt.Sprint(s.Name(), s.Attributes(), s.Events(), s.Status())
		for _, secret := range []string{"hunter2", "T0K3N", "s3cret", "user", "secret-token"} {
			if strings.Contains(said, secret) {
				t.Errorf("S2 a span says %q: %s", secret, said)
			}
		}
	}
}

// TestO2_WithoutSpans: where the host makes none, what its context holds is
// handed on.
func TestO2_WithoutSpans(t *testing.T) {
	w, _, _ := tracing(t, func(c *plugin.Config) { c.Tracer = nil })
	url, heard := hearing(t)
	w.hook(t, "erp", url, "")
	const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	ctx := propagation.TraceContext{}.Extract(t.Context(), propagation.MapCarrier{"traceparent": traceparent, "tracestate": "house=hunter2"})
	w.emit(t, ctx, webhook.Pay("order-1", map[string]any{}))
	w.begin(t)
	w.until(t, `deliveries_total{outcome="delivered"} 1`)
	for range 2 {
		if got := <-heard; got != traceparent {
			t.Errorf("O2 the receiver is told %q", got)
		}
	}
	w.emit(t, t.Context(), webhook.Pay("order-2", map[string]any{}))
	w.until(t, `deliveries_total{outcome="delivered"} 2`)
	if got := <-heard; got != "" {
		t.Errorf("O2 without a trace the receiver is told %q", got)
	}
}

// TestO2_Requests: a span for each request, and what the host does for it is
// within.
func TestO2_Requests(t *testing.T) {
	var provider *trace.TracerProvider
	w, provider, kept := tracing(t, func(c *plugin.Config) {
		authorize := c.Authorize
		c.Authorize = func(c *gin.Context, instance string, p plugin.Permission) error {
			_, asked := provider.Tracer("shop").Start(c.Request.Context(), "ask")
			defer asked.End()
			return authorize(c, instance, p)
		}
	})
	w.do(t, "GET", "/instances/admin/private/webhooks/T0K3N?key=hunter2", "")
	s := named(kept, "GET /instances/:instance/private/webhooks/:webhook_id")
	if len(s) != 1 {
		t.Fatalf("O2 the spans are %v", kept.Ended())
	}
	if said := fmt.Sprint(s[0].Attributes()); strings.Contains(said, "T0K3N") || strings.Contains(said, "hunter2") {
		t.Errorf("S2 it says %s", said)
	}
	asked := named(kept, "ask")
	if len(asked) != 1 || asked[0].Parent().SpanID() != s[0].SpanContext().SpanID() {
		t.Errorf("O2 what the host does is in %v", asked[0].Parent())
	}
	w.do(t, "GET", "/private/webhooks/a/T0K3N", "")
	if s := named(kept, "GET /private/webhooks/:webhook_id/*rest"); len(s) != 1 {
		t.Errorf("O2 an unknown path has the spans %v", kept.Ended())
	}
	w.hook(t, "a", "http://127.0.0.1:1/", "")
	w.do(t, "POST", "/private/webhooks/a/test", "")
	emits, tests := named(kept, "emit pay"), named(kept, "POST /private/webhooks/:webhook_id/test")
	if len(emits) != 1 || len(tests) != 1 || emits[0].Parent().SpanID() != tests[0].SpanContext().SpanID() {
		t.Errorf("O2 a test event has %v in %v", emits, tests)
	}
}
