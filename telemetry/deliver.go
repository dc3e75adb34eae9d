package telemetry

import (
	"context"
	"net/url"
	"strconv"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
)

// A Delivery is what a span says of one.
type Delivery struct {
	ID, Instance, WebhookID, EventType string
	// Traceparent is the Emit's; empty: it had none.
	Traceparent string
	// Attempt counts from 1.
	Attempt int
}

// Deliver begins the span of one attempt to deliver, its recording included. The
// first is a child of the Emit and linked to it, as the conventions for messaging
// allow; those that come later, by hours perhaps, are traces of their own that are
// linked to it.
func (t Tracer) Deliver(ctx context.Context, d Delivery) (context.Context, Span) {
	if !t.IsOn() {
		return ctx, Span{}
	}
	emitted := creation(d)
	ctx = trace.ContextWithRemoteSpanContext(ctx, emitted)
	return t.begin(ctx, "deliver "+d.EventType, func() []trace.SpanStartOption {
		options := []trace.SpanStartOption{trace.WithSpanKind(trace.SpanKindConsumer), trace.WithAttributes(
			semconv.MessagingSystemKey.String(system),
			semconv.MessagingOperationName("deliver"), semconv.MessagingOperationTypeProcess,
			semconv.MessagingDestinationName(d.EventType), semconv.MessagingMessageID(d.ID),
			attribute.String("merchant_webhooks.instance", d.Instance),
			attribute.String("merchant_webhooks.webhook_id", d.WebhookID),
			attribute.Int("merchant_webhooks.attempt", d.Attempt)), trace.WithLinks(trace.Link{SpanContext: emitted})}
		if d.Attempt > 1 {
			options = append(options, trace.WithNewRoot())
		}
		return options
	})
}

// creation is the trace context of the Emit. Where it had none it is not valid,
// and neither a parent nor a link.
func creation(d Delivery) trace.SpanContext {
	carrier := propagation.MapCarrier{"traceparent": d.Traceparent}
	return trace.SpanContextFromContext(propagation.TraceContext{}.Extract(context.Background(), carrier))
}

// Ended ends the span of a delivery; failed says why in a word of ours, empty: it
// did not fail.
func (s Span) Ended(failed string) {
	if s.span != nil {
		s.end(failed)
	}
}

// Attempt begins the span of a request to a receiver. Of the URL it tells scheme,
// host and port alone, against the conventions: chat services have their secret
// in the path.
func (t Tracer) Attempt(ctx context.Context, method, location string, attempt int) (context.Context, Span) {
	return t.begin(ctx, method, func() []trace.SpanStartOption {
		attributes := []attribute.KeyValue{semconv.HTTPRequestMethodKey.String(method)}
		if u, err := url.Parse(location); err == nil {
			port, err := strconv.Atoi(u.Port())
			if err != nil {
				port = map[string]int{"http": 80, "https": 443}[u.Scheme]
			}
			attributes = append(attributes, semconv.URLScheme(u.Scheme), semconv.ServerAddress(u.Hostname()), semconv.ServerPort(port))
		}
		if attempt > 1 {
			attributes = append(attributes, semconv.HTTPRequestResendCount(attempt-1))
		}
		return []trace.SpanStartOption{trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(attributes...)}
	})
}

// Tried ends the span of a request: with its status, or why there was no answer.
func (s Span) Tried(status int, cause string) {
	if s.span == nil {
		return
	}
	if status != 0 {
		s.span.SetAttributes(semconv.HTTPResponseStatusCode(status))
		if cause = ""; status >= 400 {
			cause = strconv.Itoa(status)
		}
	}
	s.end(cause)
}
