package telemetry

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	api "go.opentelemetry.io/otel/trace"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// recording is a Tracer whose spans are kept.
func recording() (Tracer, *tracetest.SpanRecorder) {
	kept := tracetest.NewSpanRecorder()
	return Tracer{trace.NewTracerProvider(trace.WithSpanProcessor(kept))}, kept
}

const (
	traceID     = "0af7651916cd43dd8448eb211c80319c"
	traceparent = "00-" + traceID + "-b7ad6b7169203331-01"
)

func request(t *testing.T) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/private/webhooks?limit=1", nil)
	r.Header.Set("traceparent", traceparent)
	return r
}

// allOf begins and ends a span of each kind.
func allOf(ctx context.Context, t Tracer, r *http.Request) {
	if t.IsOn() {
		_, span := t.Serve(r, "/private/webhooks")
		span.Answered(200, 0)
	}
	ctx, span := t.Emit(ctx, "admin", "pay")
	span.Emitted(1, nil)
	_ = Traceparent(ctx)
	ctx, span = t.Deliver(ctx, Delivery{ID: "msg_1", EventType: "pay", Traceparent: traceparent, Attempt: 1})
	ctx, try := t.Attempt(ctx, "POST", "https://erp.example.com/hook", 1)
	_ = Traceparent(ctx)
	try.Tried(200, "")
	span.Ended("")
}

// TestO2NoProvider: a host that does not trace pays nothing.
func TestO2NoProvider(t *testing.T) {
	ctx, r := t.Context(), request(t)
	if n := testing.AllocsPerRun(100, func() { allOf(ctx, Tracer{}, r) }); n != 0 {
		t.Errorf("without a provider it allocates %v times", n)
	}
	Span{}.Answered(500, webhook.CodeDBFetchFailed) // and nothing panics
	on, kept := recording()
	allOf(ctx, on, r)
	if n := len(kept.Ended()); n != 4 {
		t.Errorf("with one it makes %d spans: this test sees nothing", n)
	}
}

// TestO2Context: what the host's context holds is handed on.
func TestO2Context(t *testing.T) {
	type key struct{}
	ctx := context.WithValue(t.Context(), key{}, "the host's")
	on, _ := recording()
	for name, tracer := range map[string]Tracer{"without a provider": {}, "with one": on} {
		made := map[string]context.Context{"Apart": Apart(ctx)}
		made["Emit"], _ = tracer.Emit(ctx, "admin", "pay")
		made["Deliver"], _ = tracer.Deliver(ctx, Delivery{})
		made["Attempt"], _ = tracer.Attempt(ctx, "POST", "https://erp.example.com/", 1)
		for of, ctx := range made {
			if ctx == nil || ctx.Value(key{}) == nil {
				t.Errorf("%s the context of %s has lost what the host's holds", name, of)
			}
		}
	}
}

func TestO2GlobalProvider(t *testing.T) {
	on, kept := recording()
	otel.SetTracerProvider(on.Provider)
	defer otel.SetTracerProvider(unset)
	allOf(t.Context(), Tracer{}, request(t))
	if n := len(kept.Ended()); n != 4 {
		t.Errorf("it makes %d spans with the global provider", n)
	}
	other, alsoKept := recording()
	allOf(t.Context(), other, request(t))
	if n := len(kept.Ended()); n != 4 || len(alsoKept.Ended()) != 4 {
		t.Errorf("with another one in Config.Tracer the global one gets %d more", n-4)
	}
}

func TestO2Serve(t *testing.T) {
	on, kept := recording()
	serve := func(r *http.Request, status int, code webhook.Code) trace.ReadOnlySpan {
		_, span := on.Serve(r, "/shop/private/webhooks/:webhook_id")
		span.Answered(status, code)
		return kept.Ended()[len(kept.Ended())-1]
	}
	t.Run("O2 alone", func(t *testing.T) {
		s := serve(request(t), 200, 0)
		if s.Name() != "GET /shop/private/webhooks/:webhook_id" || s.SpanKind() != api.SpanKindServer || s.Parent().IsValid() {
			t.Errorf("it is %s, %v, in %v", s.Name(), s.SpanKind(), s.Parent())
		}
		if s.Status().Code != codes.Unset {
			t.Errorf("its status is %v", s.Status())
		}
		const want = "[{http.request.method GET} {http.route /shop/private/webhooks/:webhook_id} {url.scheme http} {http.response.status_code 200}]"
		if got := attributes(s); got != want {
			t.Errorf("it says %s,\nwant %s", got, want)
		}
	})
	t.Run("O2 for a client that the host trusts", func(t *testing.T) {
		before := otel.GetTextMapPropagator()
		otel.SetTextMapPropagator(propagation.TraceContext{})
		defer otel.SetTextMapPropagator(before)
		if s := serve(request(t), 200, 0); s.SpanKind() != api.SpanKindServer || s.Parent().TraceID().String() != traceID {
			t.Errorf("it is a %v in %v", s.SpanKind(), s.Parent())
		}
	})
	t.Run("O2 over TLS, in a trace that a middleware read", func(t *testing.T) {
		remote := api.ContextWithRemoteSpanContext(t.Context(), creation(Delivery{Traceparent: traceparent}))
		r := request(t).WithContext(remote)
		r.TLS = &tls.ConnectionState{}
		s := serve(r, 200, 0)
		if s.SpanKind() != api.SpanKindServer || s.Parent().TraceID().String() != traceID || !strings.Contains(attributes(s), "{url.scheme https}") {
			t.Errorf("it is a %v in %v that says %s", s.SpanKind(), s.Parent(), attributes(s))
		}
	})
	t.Run("O2 within the span of a middleware", func(t *testing.T) {
		ctx, outer := on.Provider.Tracer("host").Start(t.Context(), "GET")
		defer outer.End()
		s := serve(request(t).WithContext(ctx), 200, 0)
		if s.SpanKind() != api.SpanKindInternal || s.Parent().SpanID() != outer.SpanContext().SpanID() {
			t.Errorf("it is a %v in %v", s.SpanKind(), s.Parent())
		}
	})
	t.Run("O2 refused", func(t *testing.T) {
		if s := serve(request(t), 404, webhook.CodeWebhookUnknown); s.Status().Code != codes.Unset {
			t.Errorf("its status is %v", s.Status())
		}
	})
	t.Run("O2 failed", func(t *testing.T) {
		s := serve(request(t), 500, webhook.CodeDBFetchFailed)
		if s.Status().Code != codes.Error || s.Status().Description != "" {
			t.Errorf("its status is %v", s.Status())
		}
		const end = "{merchant_webhooks.code 53} {error.type GENERIC_DB_FETCH_FAILED}]"
		if got := attributes(s); got[len(got)-len(end):] != end {
			t.Errorf("it says %s", got)
		}
	})
}

func attributes(s trace.ReadOnlySpan) string {
	all := []string{}
	for _, a := range s.Attributes() {
		all = append(all, fmt.Sprintf("{%s %s}", a.Key, a.Value.String()))
	}
	return fmt.Sprint(all)
}

func TestO2Emit(t *testing.T) {
	on, kept := recording()
	ctx, span := on.Emit(t.Context(), "admin", "pay")
	span.Emitted(0, errors.New("hunter2"))
	s := kept.Ended()[0]
	if s.Name() != "emit pay" || s.SpanKind() != api.SpanKindProducer || s.Status().Code != codes.Error || len(s.Events()) != 0 {
		t.Errorf("it is %s, %v, %v with %v", s.Name(), s.SpanKind(), s.Status(), s.Events())
	}
	const want = "[{messaging.system merchant_webhooks} {messaging.operation.name emit} {messaging.operation.type send} " +
		"{messaging.destination.name pay} {merchant_webhooks.instance admin} {messaging.batch.message_count 0} {error.type _OTHER}]"
	if got := attributes(s); got != want {
		t.Errorf("it says %s,\nwant %s", got, want)
	}
	of := s.SpanContext()
	if got, want := Traceparent(ctx), "00-"+of.TraceID().String()+"-"+of.SpanID().String()+"-01"; got != want {
		t.Errorf("its trace context is %s, want %s", got, want)
	}
	if got := Traceparent(Apart(ctx)); got != "" {
		t.Errorf("apart from it the trace context is %s", got)
	}
	for want, err := range map[string]error{
		"": nil, "MERCHANT_GENERIC_INSTANCE_UNKNOWN": fmt.Errorf("emit: %w", &webhook.Problem{Code: webhook.CodeInstanceUnknown}),
	} {
		_, span := on.Emit(t.Context(), "admin", "pay")
		span.Emitted(1, err)
		s := kept.Ended()[len(kept.Ended())-1]
		if isError := s.Status().Code == codes.Error; isError != (err != nil) || !strings.Contains(attributes(s), want) {
			t.Errorf("of %v it is %v and says %s", err, s.Status(), attributes(s))
		}
	}
}

func TestO2Deliver(t *testing.T) {
	on, kept := recording()
	deliver := func(d Delivery) trace.ReadOnlySpan {
		_, span := on.Deliver(t.Context(), d)
		span.Ended("")
		return kept.Ended()[len(kept.Ended())-1]
	}
	d := Delivery{ID: "msg_1_a", Instance: "admin", WebhookID: "erp", EventType: "pay", Traceparent: traceparent, Attempt: 1}
	first := deliver(d)
	if first.Name() != "deliver pay" || first.SpanKind() != api.SpanKindConsumer || first.SpanContext().TraceID().String() != traceID || len(first.Links()) != 1 {
		t.Errorf("the first attempt is %s, a %v in %v with %v", first.Name(), first.SpanKind(), first.Parent(), first.Links())
	}
	d.Attempt = 2
	later := deliver(d)
	if later.Parent().IsValid() || later.SpanContext().TraceID().String() == traceID ||
		len(later.Links()) != 1 || later.Links()[0].SpanContext.TraceID().String() != traceID {
		t.Errorf("the second attempt is in %v with %v", later.Parent(), later.Links())
	}
	d.Traceparent = ""
	if s := deliver(d); s.Parent().IsValid() || len(s.Links()) != 0 {
		t.Errorf("without an Emit's it is in %v with %v", s.Parent(), s.Links())
	}
}

func TestO2Attempt(t *testing.T) {
	on, kept := recording()
	for _, c := range []struct {
		location, cause string
		attempt, status int
		want            string
	}{
		{
			"https://erp.example.com/T0K3N?key=hunter2", "", 1, 204,
			"[{http.request.method POST} {url.scheme https} {server.address erp.example.com} {server.port 443} {http.response.status_code 204}]",
		},
		{
			"http://[2001:db8::1]:8080/T0K3N", "", 3, 503,
			"[{http.request.method POST} {url.scheme http} {server.address 2001:db8::1} {server.port 8080} {http.request.resend_count 2} {http.response.status_code 503} {error.type 503}]",
		},
		{
			"https://erp.example.com:8443", "", 1, 400,
			"[{http.request.method POST} {url.scheme https} {server.address erp.example.com} {server.port 8443} {http.response.status_code 400} {error.type 400}]",
		},
		{"http://[no address", "bad", 1, 0, "[{http.request.method POST} {error.type bad}]"},
		{
			"http://erp.example.com", "timeout", 1, 0,
			"[{http.request.method POST} {url.scheme http} {server.address erp.example.com} {server.port 80} {error.type timeout}]",
		},
	} {
		_, span := on.Attempt(t.Context(), "POST", c.location, c.attempt)
		span.Tried(c.status, c.cause)
		s := kept.Ended()[len(kept.Ended())-1]
		if s.Name() != "POST" || s.SpanKind() != api.SpanKindClient || (s.Status().Code == codes.Error) != (c.status != 204) {
			t.Errorf("it is %s, %v, %v", s.Name(), s.SpanKind(), s.Status())
		}
		if got := attributes(s); got != c.want {
			t.Errorf("it says %s,\nwant %s", got, c.want)
		}
	}
}
