package repo

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/pgdev/pgtest"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// A wire leads to PostgreSQL, counts what waits for an answer, and can lose one.
type wire struct {
	waits  atomic.Int64
	losing atomic.Pointer[string]
}

// open is a pool of at most n connections over the wire.
func (w *wire) open(t testing.TB, dsn string, n int, binary bool) *sqlx.DB {
	t.Helper()
	over := connector(t, dsn, func(c *pq.Config) { c.BinaryParameters = binary })
	over.Dialer(pgtest.Dialer(func(conn net.Conn) net.Conn { return &wireConn{Conn: conn, wire: w} }))
	return pool(t, over, n)
}

// lose loses the next answer to a message with that text, once PostgreSQL has
// given it in full, and the connection with it.
func (w *wire) lose(text string) { w.losing.Store(&text) }

func (w *wire) lost(t *testing.T) {
	t.Helper()
	if w.losing.Load() != nil {
		t.Fatal("no answer was lost: this test sees nothing")
	}
}

type wireConn struct {
	net.Conn
	wire *wire
	lost bool
}

// Write is given whole messages: a letter and a length of four bytes, which
// counts itself; at first, when nothing can be lost, the length alone.
func (c *wireConn) Write(b []byte) (int, error) {
	for rest := b; len(rest) > 5 || len(rest) == 5 && rest[0] == 'S'; {
		if rest[0] == 'S' || rest[0] == 'Q' {
			c.wire.waits.Add(1)
		}
		if rest[0] == 0 {
			break
		}
		rest = rest[1+binary.BigEndian.Uint32(rest[1:]):]
	}
	if text := c.wire.losing.Load(); text != nil && bytes.Contains(b, []byte(*text)) {
		c.lost = c.wire.losing.CompareAndSwap(text, nil)
	}
	return c.Conn.Write(b)
}

func (c *wireConn) Read(b []byte) (int, error) {
	if !c.lost {
		return c.Conn.Read(b)
	}
	defer c.Close()
	for {
		var head [5]byte
		if _, err := io.ReadFull(c.Conn, head[:]); err != nil {
			return 0, err
		}
		if _, err := io.CopyN(io.Discard, c.Conn, int64(binary.BigEndian.Uint32(head[1:]))-4); err != nil {
			return 0, err
		}
		if head[0] == 'Z' { // ready for the next query: all is committed
			return 0, io.EOF
		}
	}
}

func TestLostAnswer(t *testing.T) {
	const version = `SELECT coalesce(sum(version), 0) FROM merchant_webhooks.webhook`
	changed := other(sample, func(w *webhook.Webhook) { w.BodyTemplate = "changed" })
	for _, c := range []struct {
		name    string
		stored  bool   // before
		text    string // of the message whose answer is lost
		do      func(ctx context.Context, r *Repo) error
		code    webhook.Code
		version int // of the webhook afterwards, 0 for none
	}{
		{
			"C2 a create that was committed", false, sample.BodyTemplate,
			func(ctx context.Context, r *Repo) error { return r.Create(ctx, "admin", sample, anyNumber) }, none, 1,
		},
		{
			"C2 a create near the limit that was not yet committed", false, sample.BodyTemplate,
			func(ctx context.Context, r *Repo) error { return r.Create(ctx, "admin", sample, 1) }, webhook.CodeDBStartFailed, 0,
		},
		{
			"C2 a create near the limit that was committed", false, "COMMIT\x00",
			func(ctx context.Context, r *Repo) error { return r.Create(ctx, "admin", sample, 1) }, webhook.CodeDBStartFailed, 1,
		},
		{
			"C14 an update that was committed counts once", true, changed.BodyTemplate,
			func(ctx context.Context, r *Repo) error { return r.Update(ctx, "admin", changed) }, none, 2,
		},
		{
			"A6 a form's update that was committed counts once", true, changed.BodyTemplate,
			func(ctx context.Context, r *Repo) error {
				w, err := r.GetStored(ctx, "admin", sample.ID)
				return errors.Join(err, r.UpdateVersion(ctx, "admin", changed, w.Version))
			}, none, 2,
		},
		{
			"C15 a delete that was committed finds nothing left to delete", true, "\x00\x04" + sample.ID,
			func(ctx context.Context, r *Repo) error { return errOf(r.Delete(ctx, "admin", sample.ID)) }, webhook.CodeWebhookUnknown, 0,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := &wire{}
			r := over(t, w.open(t, database(t), 2, false), Options{})
			if c.stored {
				create(t, r, "admin", sample)
			}
			w.lose(c.text)
			err := c.do(t.Context(), r)
			w.lost(t)
			if codeOf(err) != c.code {
				t.Errorf("got %v, want code %d", err, c.code)
			}
			if n := number(t, r.db, version); n != c.version {
				t.Errorf("the version is %d, want %d", n, c.version)
			}
			if c.stored {
				return
			}
			if err := c.do(t.Context(), r); err != nil {
				t.Errorf("the same again: %v", err)
			}
			if n := number(t, r.db, countWebhooks); n != 1 {
				t.Errorf("%d webhooks are stored, want 1", n)
			}
		})
	}
}

// TestRoundTrips counts what an operation waits for once all is prepared.
func TestRoundTrips(t *testing.T) {
	for name, o := range map[string]Options{"prepared": {}, "H10 unprepared": {Unprepared: true}} {
		t.Run(name, func(t *testing.T) {
			w := &wire{}
			r := over(t, w.open(t, database(t), 1, o.Unprepared), o)
			for _, op := range slices.Concat(operations, deliveryOperations) {
				for i := range 2 {
					r.db.MustExec(`DELETE FROM merchant_webhooks.webhook`)
					create(t, r, "admin", named(sample, "another"))
					if op.name != "create near the limit" {
						create(t, r, "admin", sample)
					}
					before := w.waits.Load()
					if err := op.do(t.Context(), r); err != nil {
						t.Fatalf("%s: %v", op.name, err)
					}
					if n := w.waits.Load() - before; i > 0 && n != op.roundTrips {
						t.Errorf("%s takes %d round trips, want %d", op.name, n, op.roundTrips)
					}
				}
			}
		})
	}
}

// operations are all that a Repo does, with its round trips, and its code when
// the database fails for no better known reason.
var operations = slices.Concat(webhookOperations, logOperations)

type operationCase struct {
	name       string
	do         func(context.Context, *Repo) error
	roundTrips int64
	fault      webhook.Code
}

// webhookOperations are those of webhooks and instances.
var webhookOperations = []operationCase{
	{"create", func(ctx context.Context, r *Repo) error {
		return r.Create(ctx, "admin", named(sample, "new"), anyNumber)
	}, 1, webhook.CodeDBCommitFailed},
	{"create within a limit", func(ctx context.Context, r *Repo) error {
		return r.Create(ctx, "admin", named(sample, "limited"), 10_000)
	}, 1, webhook.CodeDBCommitFailed},
	{"create near the limit", func(ctx context.Context, r *Repo) error {
		return r.Create(ctx, "admin", sample, 100)
	}, 4, webhook.CodeDBCommitFailed},
	{"get", func(ctx context.Context, r *Repo) error {
		return errOf(r.Get(ctx, "admin", sample.ID))
	}, 1, webhook.CodeDBFetchFailed},
	{"get stored", func(ctx context.Context, r *Repo) error {
		return errOf(r.GetStored(ctx, "admin", sample.ID))
	}, 1, webhook.CodeDBFetchFailed},
	{"browse", func(ctx context.Context, r *Repo) error {
		return errOf(r.Search(ctx, "admin", Search{Limit: 2}))
	}, 1, webhook.CodeDBFetchFailed},
	{"search", func(ctx context.Context, r *Repo) error {
		return errOf(r.Search(ctx, "admin", Search{Text: "Ü", EventTypes: []string{"pay"}, Limit: 2}))
	}, 1, webhook.CodeDBFetchFailed},
	{"list", func(ctx context.Context, r *Repo) error {
		return errOfTwo(r.List(ctx, "admin", Page{Limit: 2}))
	}, 1, webhook.CodeDBFetchFailed},
	{"list backwards", func(ctx context.Context, r *Repo) error {
		return errOfTwo(r.List(ctx, "admin", Page{From: 1 << 40, Limit: 2, Backwards: true}))
	}, 1, webhook.CodeDBFetchFailed},
	{"has instance", func(ctx context.Context, r *Repo) error {
		return r.HasInstance(ctx, "admin")
	}, 1, webhook.CodeDBFetchFailed},
	{"update", func(ctx context.Context, r *Repo) error {
		return r.Update(ctx, "admin", other(sample, func(w *webhook.Webhook) { w.BodyTemplate = time.Now().String() }))
	}, 1, webhook.CodeDBStoreFailed},
	{"update a version", func(ctx context.Context, r *Repo) error {
		return r.UpdateVersion(ctx, "admin", other(sample, func(w *webhook.Webhook) { w.BodyTemplate = time.Now().String() }), 0)
	}, 1, webhook.CodeDBStoreFailed},
	{"delete", func(ctx context.Context, r *Repo) error {
		return errOf(r.Delete(ctx, "admin", sample.ID))
	}, 1, webhook.CodeDBStoreFailed},
	{"add instance", func(ctx context.Context, r *Repo) error {
		return r.AddInstance(ctx, nil, "added")
	}, 1, webhook.CodeDBStoreFailed},
	{"remove instance", func(ctx context.Context, r *Repo) error {
		return errOf(r.RemoveInstance(ctx, nil, "added"))
	}, 1, webhook.CodeDBStoreFailed},
}
