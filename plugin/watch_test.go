package plugin_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/pgdev/pgtest"
	"github.com/seed-7c2cc908/merchant-webhooks/plugin"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// A watched host has a registry, and serves /metrics beside itself.
type watched struct {
	*host
	db       *sqlx.DB
	registry *prometheus.Registry
	metrics  *httptest.Server
}

func watch(t *testing.T, db *sqlx.DB, configure func(*plugin.Config)) *watched {
	t.Helper()
	w := &watched{db: db, registry: prometheus.NewPedanticRegistry()}
	w.host = newHost(t, db, func(c *plugin.Config) {
		toLoopback(c)
		c.Metrics = w.registry
		if configure != nil {
			configure(c)
		}
	})
	w.metrics = httptest.NewServer(promhttp.HandlerFor(w.registry, promhttp.HandlerOpts{ErrorHandling: promhttp.HTTPErrorOnError}))
	t.Cleanup(w.metrics.Close)
	return w
}

// scrape gives the lines of /metrics that are no comments.
func (w *watched) scrape(t *testing.T) []string {
	t.Helper()
	response, err := http.Get(w.metrics.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%d, %v: %s", response.StatusCode, err, text)
	}
	var lines []string
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "#") {
			lines = append(lines, strings.TrimSpace(strings.ReplaceAll(line, `schema="merchant_webhooks"`, "")))
		}
	}
	return lines
}

// until scrapes until all the series are there.
func (w *watched) until(t *testing.T, series ...string) []string {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for began := time.Now(); ; <-tick.C {
		lines := w.scrape(t)
		text := "\n" + strings.NewReplacer("{,", "{", ",}", "}", ",,", ",", "{}", "").Replace(strings.Join(lines, "\n")) + "\n"
		missing := ""
		for _, s := range series {
			if !strings.Contains(text, "\nmerchant_webhooks_"+s+"\n") {
				missing = s
			}
		}
		if missing == "" {
			return lines
		}
		if time.Since(began) > 30*time.Second {
			t.Fatalf("there is no %s in\n%s", missing, text)
		}
	}
}

// begin sends, until the test ends.
func (w *watched) begin(t *testing.T) {
	t.Helper()
	if err := w.plugin.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := w.plugin.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
}

// emit commits an event.
func (w *watched) emit(t *testing.T, ctx context.Context, ev webhook.Event) {
	t.Helper()
	tx := w.db.MustBegin()
	defer func() { _ = tx.Rollback() }()
	if err := w.plugin.Emit(ctx, tx, "admin", ev); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
}

func (w *watched) hook(t *testing.T, id, location, more string) {
	t.Helper()
	body := fmt.Sprintf(`{"webhook_id": %q, "event_type": "pay", "http_method": "POST", "url": %q%s}`, id, location, more)
	if got := w.do(t, "POST", "/private/webhooks", body); got.status != http.StatusNoContent {
		t.Fatal(got)
	}
}

// answering is a receiver that answers what the path says, or hangs up.
func answering(t *testing.T) string {
	t.Helper()
	receiver := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		var status int
		if _, err := fmt.Sscanf(r.URL.Path, "/%d", &status); err != nil {
			panic(http.ErrAbortHandler)
		}
		rw.WriteHeader(status)
	}))
	t.Cleanup(receiver.Close)
	return receiver.URL
}

// TestO1_Scrape holds the numbers of a run, as Prometheus reads them.
func TestO1_Scrape(t *testing.T) {
	w := watch(t, pgtest.DB(t), func(c *plugin.Config) {
		c.Delivery.Schedule = webhook.Schedule{time.Millisecond}
		c.Delivery.Workers = 7
	})
	w.until(t, `database_up 1`, `workers 0`, `deliveries_waiting{state="due"} 0`, `paused_webhooks{reason="hand"} 0`)
	url := answering(t)
	for _, path := range []string{"204", "400", "410", "503", "hang-up"} {
		w.hook(t, path, url+"/"+path, "")
	}
	w.do(t, "POST", "/private/webhooks", `{"webhook_id": "204"}`)
	w.do(t, "GET", "/instances/admin/private/webhooks/nobody", "")
	w.do(t, "HEAD", "/private/webhooks", "")
	w.do(t, "GET", "/private/webhooks/a/b", "")
	w.do(t, "PUT", "/private/webhooks", "")
	w.emit(t, t.Context(), webhook.Pay("order-1", map[string]any{}))
	w.db.MustExec(`UPDATE merchant_webhooks.delivery SET due_at = now() - interval '1 hour'`)
	t.Run("O1 before anything is sent", func(t *testing.T) {
		w.until(t, `deliveries_waiting{state="due"} 5`, `workers_busy 0`,
			`http_requests_total{code="0",method="POST",route="/private/webhooks",status="204"} 5`,
			`http_requests_total{code="22",method="POST",route="/private/webhooks",status="400"} 1`,
			`http_requests_total{code="2019",method="GET",route="/private/webhooks/:webhook_id",status="404"} 1`,
			`http_requests_total{code="0",method="HEAD",route="/private/webhooks",status="200"} 1`,
			`http_requests_total{code="21",method="other",route="other",status="404"} 1`,
			`http_requests_total{code="20",method="other",route="other",status="405"} 1`,
			`http_request_duration_seconds_count{method="POST",route="/private/webhooks"} 6`)
		if age := oldest(t, w.registry); age < 3600 || age > 3700 {
			t.Errorf("the oldest is due for %v s", age)
		}
	})
	w.begin(t)
	t.Run("O1 when all is sent", func(t *testing.T) {
		w.until(t, `workers 7`, `workers_busy 0`,
			`deliveries_total{outcome="delivered"} 1`, `deliveries_total{outcome="refused"} 1`,
			`deliveries_total{outcome="gone"} 1`, `deliveries_total{outcome="given_up"} 2`,
			`attempts_total{result="2xx"} 1`, `attempts_total{result="4xx"} 2`, `attempts_total{result="5xx"} 2`,
			`attempts_total{result="reset"} 2`, `attempt_duration_seconds_count 7`, `delivery_duration_seconds_count 1`,
			`deliveries_waiting{state="due"} 0`, `oldest_waiting_seconds{state="due"} 0`, `paused_webhooks{reason="gone"} 1`)
	})
	t.Run("O1 dashboard, alerts and README", func(t *testing.T) { knowsItsMetrics(t, w.registry) })
	problems, err := testutil.GatherAndLint(w.registry)
	if err != nil || len(problems) > 0 {
		t.Error("O1", problems, err)
	}
}

func oldest(t *testing.T, r prometheus.Gatherer) float64 {
	t.Helper()
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() == "merchant_webhooks_oldest_waiting_seconds" {
			return family.GetMetric()[0].GetGauge().GetValue()
		}
	}
	return 0
}

// TestO1_Strangers: whatever is asked for, the series stay as many, and say
// nothing of it.
func TestO1_Strangers(t *testing.T) {
	w := watch(t, pgtest.DB(t), nil)
	ask := func(stranger string) {
		for _, path := range []string{
			"/private/webhooks/" + stranger, "/instances/" + stranger + "/private/webhooks", "/private/webhooks/a/" + stranger,
			"/admin/webhooks/" + stranger, "/admin/webhook-assets/" + stranger, "/private/webhooks?limit=" + stranger,
		} {
			for _, method := range []string{"GET", "PUT", "DELETE", strings.ToUpper(stranger)} {
				if _, err := w.try(method, path, stranger); err != nil && !strings.Contains(err.Error(), "invalid character") { // a page
					t.Fatal(err)
				}
			}
		}
	}
	ask("stranger0")
	before := len(w.scrape(t))
	for i := range 10 {
		ask(fmt.Sprint("stranger", i))
	}
	after := w.scrape(t)
	if len(after) != before {
		t.Errorf("O1 %d series became %d", before, len(after))
	}
	for _, line := range after {
		if strings.Contains(strings.ToLower(line), "stranger") {
			t.Errorf("O1 a series says what was asked for: %s", line)
		}
	}
}

// TestO1_DatabaseStuck: a scrape waits for a table that is locked, but not for
// long, and leaves no question behind.
func TestO1_DatabaseStuck(t *testing.T) {
	w := watch(t, pgtest.DB(t), nil)
	tx := w.db.MustBegin()
	defer func() { _ = tx.Rollback() }()
	tx.MustExec("LOCK TABLE merchant_webhooks.delivery IN ACCESS EXCLUSIVE MODE")
	lines := strings.Join(w.scrape(t), "\n")
	if !strings.Contains(lines, "merchant_webhooks_database_up{} 0") || strings.Contains(lines, "deliveries_waiting") {
		t.Errorf("O1 it says\n%s", lines)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	w.until(t, `database_up 1`, `deliveries_waiting{state="due"} 0`)
}

// TestO1_DatabaseAway: /metrics goes on without a database.
func TestO1_DatabaseAway(t *testing.T) {
	server := pgtest.Server(t, nil)
	w := watch(t, pgtest.Open(t, server.DSN("postgres")), nil)
	if err := server.Stop(); err != nil {
		t.Fatal(err)
	}
	w.do(t, "GET", "/private/webhooks", "")
	lines := w.until(t, `database_up 0`, `http_requests_total{code="51",method="GET",route="/private/webhooks",status="500"} 1`)
	if text := strings.Join(lines, "\n"); strings.Contains(text, "deliveries_waiting") {
		t.Errorf("O1 it says\n%s", text)
	}
}

// TestO1_MadeTwice: two Plugins of one schema, and one of another, in one
// registry.
func TestO1_MadeTwice(t *testing.T) {
	w := watch(t, pgtest.DB(t), nil)
	for _, schema := range []string{"merchant_webhooks", "other"} {
		again := newHost(t, w.db, func(c *plugin.Config) { c.Metrics, c.Database.Schema = w.registry, schema })
		again.do(t, "GET", "/private/webhooks", "")
	}
	w.do(t, "GET", "/private/webhooks", "")
	w.until(t, `http_requests_total{code="0",method="GET",route="/private/webhooks",status="200"} 2`,
		`http_requests_total{code="0",method="GET",route="/private/webhooks",schema="other",status="200"} 1`)
	taken := prometheus.NewRegistry()
	taken.MustRegister(prometheus.NewGauge(prometheus.GaugeOpts{Name: "merchant_webhooks_workers", Help: "The host's own."}))
	_, err := plugin.New(plugin.Config{DB: w.db, Authorize: plugin.Tokens(), Metrics: taken})
	if err == nil || !strings.Contains(err.Error(), "Config.Metrics") {
		t.Errorf("O1 a registry where a name is taken gives %v", err)
	}
}
