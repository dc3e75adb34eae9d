package telemetry

import (
	"context"
	"errors"
	"net/http"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// scope names the spans' origin, as OpenTelemetry wants it.
const scope = "github.com/seed-7c2cc908/merchant-webhooks"

// system is the messaging.system of our spans.
const system = "merchant_webhooks"

// unset is the global provider as long as the host has set none. Its spans are
// nothing, but each costs a few allocations: so none is begun.
var unset = otel.GetTracerProvider()

// Tracer begins spans with the host's provider, and costs next to nothing where
// there is none. Its zero value asks for the global one at each span.
type Tracer struct {
	// Provider goes before the global one; optional.
	Provider trace.TracerProvider
}

// tracer is nil where nobody wants spans.
func (t Tracer) tracer() trace.Tracer {
	provider := t.Provider
	if provider == nil {
		if provider = otel.GetTracerProvider(); provider == unset {
			return nil
		}
	}
	return provider.Tracer(scope)
}

// IsOn reports whether anybody wants spans.
func (t Tracer) IsOn() bool { return t.tracer() != nil }

// A Span is one that was begun; the zero Span is none.
type Span struct{ span trace.Span }

func (t Tracer) begin(ctx context.Context, name string, options func() []trace.SpanStartOption) (context.Context, Span) {
	tracer := t.tracer()
	if tracer == nil {
		return ctx, Span{}
	}
	ctx, span := tracer.Start(ctx, name, options()...)
	return ctx, Span{span}
}

// end ends a span, as one that failed if kind says why in a word of ours.
func (s Span) end(kind string) {
	if kind != "" {
		s.span.SetAttributes(semconv.ErrorTypeKey.String(kind))
		s.span.SetStatus(codes.Error, "")
	}
	s.span.End()
}

// Serve begins the span of a request to a route, written as gin does. It is a
// child of the span of a middleware of the host's, or else continues the trace of
// the client, if the host's global propagator reads it from the headers.
func (t Tracer) Serve(r *http.Request, route string) (context.Context, Span) {
	ctx := r.Context()
	kind := trace.SpanKindInternal
	if parent := trace.SpanContextFromContext(ctx); !parent.IsValid() || parent.IsRemote() {
		kind = trace.SpanKindServer
		ctx = otel.GetTextMapPropagator().Extract(ctx, propagation.HeaderCarrier(r.Header))
	}
	return t.begin(ctx, r.Method+" "+route, func() []trace.SpanStartOption {
		scheme := "http"
		if r.TLS != nil {
			scheme = "https"
		}
		return []trace.SpanStartOption{trace.WithSpanKind(kind), trace.WithAttributes(
			semconv.HTTPRequestMethodKey.String(r.Method), semconv.HTTPRoute(route), semconv.URLScheme(scheme))}
	})
}

// Answered ends the span of a request.
func (s Span) Answered(status int, code webhook.Code) {
	if s.span == nil {
		return
	}
	s.span.SetAttributes(semconv.HTTPResponseStatusCode(status))
	kind := ""
	if code != 0 {
		s.span.SetAttributes(attribute.Int("merchant_webhooks.code", int(code)))
		if code.IsFault() {
			kind = code.String()
		}
	}
	s.end(kind)
}

// Emit begins the span of an Emit, in which an event's deliveries are made. Its
// context is theirs.
func (t Tracer) Emit(ctx context.Context, instance, eventType string) (context.Context, Span) {
	if !t.IsOn() {
		return ctx, Span{}
	}
	return t.begin(ctx, "emit "+eventType, func() []trace.SpanStartOption {
		return []trace.SpanStartOption{trace.WithSpanKind(trace.SpanKindProducer), trace.WithAttributes(
			semconv.MessagingSystemKey.String(system),
			semconv.MessagingOperationName("emit"), semconv.MessagingOperationTypeSend,
			semconv.MessagingDestinationName(eventType), attribute.String("merchant_webhooks.instance", instance))}
	})
}

// Emitted ends the span of an Emit that made so many deliveries, or failed.
func (s Span) Emitted(deliveries int, err error) {
	if s.span == nil {
		return
	}
	s.span.SetAttributes(semconv.MessagingBatchMessageCount(deliveries))
	s.end(errorType(err))
}

// errorType is a word for an error whose text is for the log alone.
func errorType(err error) string {
	var problem *webhook.Problem
	switch {
	case err == nil:
		return ""
	case errors.As(err, &problem):
		return problem.Code.String()
	}
	return "_OTHER"
}

// Apart is ctx without a span that it may hold: what is done in it lasts longer.
func Apart(ctx context.Context) context.Context {
	return trace.ContextWithSpanContext(ctx, trace.SpanContext{})
}

// Traceparent is the trace context of ctx as W3C's Trace Context writes it; empty
// where there is none. tracestate is for those within the host's house, and does
// not leave it.
func Traceparent(ctx context.Context) string {
	if !trace.SpanContextFromContext(ctx).IsValid() {
		return ""
	}
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, carrier)
	return carrier["traceparent"]
}
