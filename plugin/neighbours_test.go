package plugin_test

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/rivermigrate"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/pgdev/pgtest"
	"github.com/seed-7c2cc908/merchant-webhooks/plugin"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// A counter counts the messages that come to each path, by their IDs.
type counter struct {
	*httptest.Server
	mu   sync.Mutex
	seen map[string]map[string]int
	came chan struct{}
}

func newCounter(t *testing.T) *counter {
	t.Helper()
	c := &counter{seen: map[string]map[string]int{}, came: make(chan struct{}, 1000)}
	c.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.seen[r.URL.Path] == nil {
			c.seen[r.URL.Path] = map[string]int{}
		}
		c.seen[r.URL.Path][r.Header.Get("webhook-id")]++
		c.came <- struct{}{}
	}))
	t.Cleanup(c.Close)
	return c
}

func (c *counter) wait(t *testing.T, n int) {
	t.Helper()
	late := time.After(time.Minute)
	for i := range n {
		select {
		case <-c.came:
		case <-late:
			t.Fatalf("only %d of %d arrived within a minute", i, n)
		}
	}
}

// once wants n messages at the path, each once.
func (c *counter) once(t *testing.T, path string, n int) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.seen[path]) != n {
		t.Errorf("%d messages came to %s, want %d", len(c.seen[path]), path, n)
	}
	for id, times := range c.seen[path] {
		if times != 1 {
			t.Errorf("%s came %d times to %s", id, times, path)
		}
	}
}

func starts(t *testing.T, h *host) {
	t.Helper()
	if err := h.plugin.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.plugin.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
}

func listens(t *testing.T, h *host, to string) {
	t.Helper()
	body := `{"webhook_id": "a", "event_type": "pay", "http_method": "POST", "url": "` + to + `"}`
	if got := h.do(t, "POST", "/private/webhooks", body); got.status != http.StatusNoContent {
		t.Fatal(got)
	}
}

func emits(t *testing.T, h *host, db *sqlx.DB, n int) {
	t.Helper()
	tx := db.MustBegin()
	defer tx.Rollback()
	for i := range n {
		if err := h.plugin.Emit(t.Context(), tx, "admin", webhook.Pay(fmt.Sprint(i), map[string]any{})); err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
}

// TestSeveralPlugins: three in one process, two of them over the same schema, as
// replicas are.
func TestSeveralPlugins(t *testing.T) {
	dsn := pgtest.DSN(t)
	db := pgtest.Open(t, dsn)
	in := func(schema string) *host {
		return mount(t, db, func(c *plugin.Config) {
			toLoopback(c)
			c.Database.Schema, c.Delivery.ListenDSN = schema, dsn
		})
	}
	one, replica, other := in("merchant_webhooks"), in("merchant_webhooks"), in("other_webhooks")
	var migrating sync.WaitGroup
	for _, h := range []*host{one, replica, other} {
		migrating.Go(func() {
			if err := h.plugin.Migrate(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	migrating.Wait()
	receiver := newCounter(t)
	listens(t, one, receiver.URL+"/one")
	listens(t, other, receiver.URL+"/other")
	for _, h := range []*host{one, replica, other} {
		starts(t, h)
	}

	t.Run("H3 H5 each schema has its own", func(t *testing.T) {
		emits(t, one, db, 20)
		emits(t, other, db, 10)
		receiver.wait(t, 30)
		receiver.once(t, "/one", 20)
		receiver.once(t, "/other", 10)
		if got := one.do(t, "POST", "/private/webhooks/a/pause", ""); got.status != 204 {
			t.Fatal(got)
		}
		emits(t, one, db, 3) // wait
		emits(t, other, db, 3)
		receiver.wait(t, 3)
		receiver.once(t, "/one", 20)
		receiver.once(t, "/other", 13)
	})
	t.Run("D2 replicas in one process", func(t *testing.T) {
		if got := replica.do(t, "GET", "/private/webhooks/a", ""); got.status != 200 || !strings.Contains(got.body, "/one") {
			t.Errorf("the replica knows %+v", got)
		}
		if err := one.plugin.Stop(t.Context()); err != nil {
			t.Error(err)
		}
		if got := replica.do(t, "POST", "/private/webhooks/a/resume", ""); got.status != 204 {
			t.Fatal(got)
		}
		emits(t, one, db, 5)
		receiver.wait(t, 8)
		receiver.once(t, "/one", 28)
		receiver.once(t, "/other", 13)
	})
	for _, h := range []*host{one, replica, other} {
		if errors := grep(h.log.take(), "level=ERROR"); len(errors) > 0 {
			t.Errorf("the log has errors:\n%s", strings.Join(errors, "\n"))
		}
	}
}

// parcel is a job of the host's own.
type parcel struct{ N int }

func (parcel) Kind() string { return "parcel" }

type parcelWorker struct {
	river.WorkerDefaults[parcel]
	sent chan int
}

func (w *parcelWorker) Work(_ context.Context, job *river.Job[parcel]) error {
	w.sent <- job.Args.N
	return nil
}

// riverOf brings River's tables of the host to a version, in a schema; 0 is the
// newest.
func riverOf(t *testing.T, db *sqlx.DB, schema string, version int) {
	t.Helper()
	migrator, err := rivermigrate.New(riverdatabasesql.New(db.DB), &rivermigrate.Config{Schema: schema, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if version == 0 {
		all := migrator.AllVersions()
		version = all[len(all)-1].Version
	}
	if _, err := migrator.Migrate(t.Context(), rivermigrate.DirectionUp, &rivermigrate.MigrateOpts{TargetVersion: version}); err != nil {
		t.Fatal(err)
	}
}

// TestH3HostsRiver: a host that has River of its own, where River puts itself and
// in a schema that an older version of it made.
func TestH3HostsRiver(t *testing.T) {
	dsn := pgtest.DSN(t)
	db := pgtest.Open(t, dsn)
	db.MustExec("CREATE SCHEMA old_jobs")
	riverOf(t, db, "public", 0)
	riverOf(t, db, "old_jobs", 3)
	db.MustExec("INSERT INTO river_migration (line, version) VALUES ('main', 999)") // of a River to come
	versions := func() (all string) {
		err := db.Get(&all, `SELECT string_agg(v, ' ' ORDER BY v) FROM (
			SELECT 'public ' || version AS v FROM public.river_migration
			UNION ALL SELECT 'old ' || version FROM old_jobs.river_migration) AS hosts`)
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	before := versions()
	h := newHost(t, db, func(c *plugin.Config) {
		toLoopback(c)
		c.Delivery.ListenDSN = dsn
	})
	if after := versions(); after != before {
		t.Errorf("the host's versions of River are %s, they were %s", after, before)
	}

	const n = 20
	parcels := &parcelWorker{sent: make(chan int, 10*n)}
	workers := river.NewWorkers()
	river.AddWorker(workers, parcels)
	client, err := river.NewClient(riverdatabasesql.New(db.DB), &river.Config{
		Queues: map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 5}}, Workers: workers,
		FetchPollInterval: 50 * time.Millisecond, FetchCooldown: 50 * time.Millisecond, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Stop(context.Background()) })

	receiver := newCounter(t)
	listens(t, h, receiver.URL+"/ours")
	starts(t, h)
	var tx *sql.Tx = db.MustBegin().Tx
	for i := range n {
		if _, err := client.InsertTx(t.Context(), tx, parcel{i}, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	emits(t, h, db, n)
	receiver.wait(t, n)
	receiver.once(t, "/ours", n)
	worked := map[int]int{}
	for late := time.After(time.Minute); len(worked) < n; {
		select {
		case i := <-parcels.sent:
			worked[i]++
		case <-late:
			t.Fatalf("the host's River worked %d of its %d jobs in a minute", len(worked), n)
		}
	}
	var strangers int
	err = db.Get(&strangers, `SELECT (SELECT count(*) FROM public.river_job WHERE kind <> 'parcel') +
		(SELECT count(*) FROM merchant_webhooks.river_job WHERE kind = 'parcel') + (SELECT count(*) FROM old_jobs.river_job)`)
	if err != nil || strangers != 0 {
		t.Errorf("%d jobs are in another's table, %v", strangers, err)
	}
	if errors := grep(h.log.take(), "level=ERROR"); len(errors) > 0 {
		t.Errorf("the log has errors:\n%s", strings.Join(errors, "\n"))
	}
}
