// Package telemetry is what an operator sees from outside: metrics for
// Prometheus and spans for OpenTelemetry. No label of a metric has a value that a
// client, a merchant or a receiver could choose: routes come from the table of
// operations, causes from our own, and there is none for an instance, a webhook
// or a host. No span bears a header, a body, a query, or the path of a receiver's
// URL, in which some keep their secret.
package telemetry

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// namespace begins the name of every metric.
const namespace = "merchant_webhooks"

// Other is the route and the method of a request that is for no operation.
const Other = "other"

// An Outcome is how a delivery ended.
type Outcome string

// How deliveries end.
const (
	Delivered Outcome = "delivered"
	Refused   Outcome = "refused"   // by an answer of 400
	Gone      Outcome = "gone"      // by an answer of 410
	GivenUp   Outcome = "given_up"  // the schedule ended
	Expired   Outcome = "expired"   // it waited for longer than deliveries are kept
	NotMade   Outcome = "not_made"  // no request could be made of its template
	Dropped   Outcome = "dropped"   // by who resumed its webhook
	Forgotten Outcome = "forgotten" // with its order
	Deleted   Outcome = "deleted"   // with its webhook or instance
)

// What becomes of attempts beside an answer, or a cause of there being none.
const (
	Interrupted = "interrupted"  // the process ended in the middle
	NoSecret    = "no_secret"    // the webhook's secret does not open
	NotRecorded = "not_recorded" // what came of it could not be stored
	GivenBack   = "given_back"   // Stop could not wait for it
)

// Metrics are what Prometheus sees of one schema. A nil Metrics counts nothing.
type Metrics struct {
	requests       *prometheus.CounterVec
	requestSeconds *prometheus.HistogramVec
	deliveries     *prometheus.CounterVec
	deliverySecs   prometheus.Histogram
	attempts       *prometheus.CounterVec
	attemptSeconds prometheus.Histogram
	workers, busy  prometheus.Gauge
	backlog        *backlog
}

// NewMetrics registers the metrics of a schema; with a nil Registerer there are
// none. What a Plugin of the same schema has registered there before is used
// again, so that both count together; what the database says is then read by the
// newer one.
func NewMetrics(r prometheus.Registerer, schema string, read ReadBacklog) (*Metrics, error) {
	if r == nil {
		return nil, nil
	}
	m := newMetrics(schema)
	m.backlog.readBy(read)
	err := r.Register(m)
	if before := (prometheus.AlreadyRegisteredError{}); errors.As(err, &before) {
		if m, isOurs := before.ExistingCollector.(*Metrics); isOurs {
			m.backlog.readBy(read)
			return m, nil
		}
	}
	if err != nil {
		return nil, fmt.Errorf("register metrics: %w", err)
	}
	return m, nil
}

func newMetrics(schema string) *Metrics {
	labels := prometheus.Labels{"schema": schema}
	options := func(name, help string) prometheus.Opts {
		return prometheus.Opts{Namespace: namespace, Name: name, Help: help, ConstLabels: labels}
	}
	counter := func(name, help string, by ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts(options(name, help)), by)
	}
	gauge := func(name, help string) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts(options(name, help)))
	}
	histogram := func(name, help string, buckets []float64) prometheus.HistogramOpts {
		return prometheus.HistogramOpts{Namespace: namespace, Name: name, Help: help, ConstLabels: labels, Buckets: buckets}
	}
	m := &Metrics{
		requests: counter("http_requests_total", "Requests by route, method, HTTP status (499: the client had left) and GNU Taler's code (0: none).",
			"route", "method", "status", "code"),
		requestSeconds: prometheus.NewHistogramVec(histogram("http_request_duration_seconds", "How long requests took, their bodies included.",
			[]float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}), []string{"route", "method"}),
		deliveries: counter("deliveries_total", "Deliveries that ended, by outcome. Those not_made, or deleted with an instance, are counted before the host's transaction commits.", "outcome"),
		deliverySecs: prometheus.NewHistogram(histogram("delivery_duration_seconds", "From Emit, or from being queued again by somebody, to delivered.",
			[]float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200, 21600, 86400, 259200})),
		attempts: counter("attempts_total", "Attempts by result: the class of the answer's status (2xx), or why there was no answer.", "result"),
		attemptSeconds: prometheus.NewHistogram(histogram("attempt_duration_seconds", "How long attempts took, answered or not.",
			[]float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 15, 30})),
		workers: gauge("workers", "How many deliveries this process can send at once; 0 where it does not send."),
		busy:    gauge("workers_busy", "How many of them are at work."),
		backlog: newBacklog(labels),
	}
	for _, outcome := range []Outcome{Delivered, Refused, Gone, GivenUp, Expired, NotMade, Dropped, Forgotten, Deleted} {
		m.deliveries.WithLabelValues(string(outcome))
	}
	for _, result := range []string{"2xx", "3xx", "4xx", "5xx", "timeout", "refused", "unreachable", Interrupted} {
		m.attempts.WithLabelValues(result)
	}
	return m
}

func (m *Metrics) all() []prometheus.Collector {
	return []prometheus.Collector{
		m.requests, m.requestSeconds, m.deliveries, m.deliverySecs, m.attempts, m.attemptSeconds, m.workers, m.busy, m.backlog,
	}
}

// Describe and Collect are Prometheus'.
func (m *Metrics) Describe(descriptions chan<- *prometheus.Desc) {
	for _, c := range m.all() {
		c.Describe(descriptions)
	}
}

// Collect gives all metrics. Those of the database it asks for, or leaves out:
// see ReadBacklog.
func (m *Metrics) Collect(metrics chan<- prometheus.Metric) {
	for _, c := range m.all() {
		c.Collect(metrics)
	}
}

// Request counts a request. The route is the table's, or Other.
func (m *Metrics) Request(route, method string, status int, code webhook.Code, took time.Duration) {
	if m == nil {
		return
	}
	m.requests.WithLabelValues(route, method, strconv.Itoa(status), strconv.Itoa(int(code))).Inc()
	m.requestSeconds.WithLabelValues(route, method).Observe(took.Seconds())
}

// Finished counts deliveries that ended.
func (m *Metrics) Finished(outcome Outcome, n int) {
	if m == nil {
		return
	}
	m.deliveries.WithLabelValues(string(outcome)).Add(float64(n))
}

// Delivered is how long one took that was delivered.
func (m *Metrics) Delivered(after time.Duration) {
	if m == nil {
		return
	}
	m.deliverySecs.Observe(after.Seconds())
}

// Attempt counts an attempt: of its status, 0 for no answer, or of why there was
// none, which is one of a few words of ours.
func (m *Metrics) Attempt(status int, cause string, took time.Duration) {
	if m == nil {
		return
	}
	m.attempts.WithLabelValues(result(status, cause)).Inc()
	m.attemptSeconds.Observe(took.Seconds())
}

// Unsent counts attempts that were never sent, or whose end nobody saw.
func (m *Metrics) Unsent(cause string, n int) {
	if m == nil {
		return
	}
	m.attempts.WithLabelValues(cause).Add(float64(n))
}

// result is a class of statuses, since a receiver can answer anything.
func result(status int, cause string) string {
	switch {
	case status == 0:
		return cause
	case status < 200 || status > 599:
		return "odd_status"
	}
	return strconv.Itoa(status/100) + "xx"
}

// Sending says that this process has so many workers more, or fewer.
func (m *Metrics) Sending(workers int) {
	if m != nil {
		m.workers.Add(float64(workers))
	}
}

// Busy says that so many workers more, or fewer, are at work.
func (m *Metrics) Busy(workers int) {
	if m != nil {
		m.busy.Add(float64(workers))
	}
}
