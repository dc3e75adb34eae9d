package repo

import (
	"context"
	"database/sql"
	"math"
	"time"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// A Filter says which deliveries of an instance are meant; empty fields: any.
type Filter struct {
	WebhookID, State, EventType, OrderID string
	// From and To bound the time of the event, To excluded.
	From, To time.Time
}

// A Delivery is one as lists show it.
type Delivery struct {
	Serial              int64 // the row number of paging
	ID, WebhookID       string
	EventType           string
	OrderID             string
	IsTest              bool
	State               string
	Lane                int
	EventAt, CreatedAt  time.Time
	DueAt               time.Time // of a pending one
	FinishedAt          time.Time
	AttemptCount, Tries int
	LastStatus          int
	LastError, Failure  webhook.Message
	IsPaused            bool // its webhook is
}

// deliveryColumns are those of a deliveryRow: of a delivery d, its event e and
// its webhook w, any of which may be missing.
const deliveryColumns = `
    coalesce(d.delivery_serial, 0) AS delivery_serial, coalesce('msg_' || d.delivery_serial || '_' || d.nonce, ''),
    coalesce(w.webhook_id, ''), coalesce(e.event_type, ''), coalesce(e.order_id, ''), coalesce(e.is_test, false),
    coalesce(d.state, ''), coalesce(d.lane, 0), e.event_at, d.created_at,
    CASE WHEN d.state = 'pending' THEN d.due_at END, d.finished_at,
    coalesce(d.attempt_count, 0), coalesce(d.tries, 0), coalesce(d.last_status, 0),
    coalesce(d.last_error, ''), coalesce(d.failure, ''), w.paused_at IS NOT NULL`

// A deliveryRow is what deliveryColumns hold.
type deliveryRow struct {
	row                                   Delivery
	eventAt, createdAt, dueAt, finishedAt sql.NullTime
	lastError, failure                    string
}

func (r *deliveryRow) columns() []any {
	d := &r.row
	return []any{
		&d.Serial, &d.ID, &d.WebhookID, &d.EventType, &d.OrderID, &d.IsTest, &d.State, &d.Lane,
		&r.eventAt, &r.createdAt, &r.dueAt, &r.finishedAt,
		&d.AttemptCount, &d.Tries, &d.LastStatus, &r.lastError, &r.failure, &d.IsPaused,
	}
}

func (r *deliveryRow) delivery() Delivery {
	d := r.row
	d.EventAt, d.CreatedAt, d.DueAt, d.FinishedAt = r.eventAt.Time, r.createdAt.Time, r.dueAt.Time, r.finishedAt.Time
	d.LastError, d.Failure = webhook.DecodeMessage(r.lastError), webhook.DecodeMessage(r.failure)
	return d
}

// Deliveries reads a page, as List does of webhooks, and reports whether more
// are behind it. Problems: CodeInstanceUnknown, CodeWebhookUnknown.
func (r *Repo) Deliveries(ctx context.Context, instance string, f Filter, p Page) (ds []Delivery, more bool, err error) {
	s := r.log.walks[f.walk()].forwards
	if p.Backwards {
		s = r.log.walks[f.walk()].backwards
	}
	args := f.args(instance, p.From, int64(p.Limit)+1)
	err = r.run(ctx, readingDeliveries, func() error {
		v := unknownInstance
		ds = make([]Delivery, 0, min(p.Limit+1, 64))
		var row deliveryRow
		columns := append([]any{&v}, row.columns()...)
		err := r.each(ctx, nil, s, args, func(rows *sql.Rows) error {
			err := rows.Scan(columns...)
			if row.row.Serial != 0 {
				ds = append(ds, row.delivery())
			}
			return err
		})
		if err != nil || v == found {
			return err
		}
		return v.otherwise(instance, f.WebhookID)
	})
	if err != nil {
		return nil, false, err
	}
	if more = len(ds) > p.Limit; more {
		ds = ds[:p.Limit]
	}
	return ds, more, nil
}

// CountDeliveries counts them, to MaxCount and one more at most. Problems:
// CodeInstanceUnknown, CodeWebhookUnknown.
func (r *Repo) CountDeliveries(ctx context.Context, instance string, f Filter) (count int, err error) {
	args := f.args(instance, math.MaxInt64, MaxCount+1)
	err = r.run(ctx, readingDeliveries, func() error {
		var v verdict
		err := r.each(ctx, nil, r.log.walks[f.walk()].count, args, func(rows *sql.Rows) error { return rows.Scan(&v, &count) })
		if err != nil || v == found {
			return err
		}
		return v.otherwise(instance, f.WebhookID)
	})
	if err != nil {
		return 0, err
	}
	return count, nil
}

func (f Filter) walk() walk {
	switch {
	case f.State == "pending":
		return walkPending
	case f.State == "failed":
		return walkFailed
	case f.WebhookID != "":
		return walkWebhook
	}
	return walkInstance
}

// args are what the statements of lists are given.
func (f Filter) args(instance string, from, limit int64) []any {
	return []any{instance, f.WebhookID, f.State, f.EventType, f.OrderID, timeOrNull(f.From), timeOrNull(f.To), from, limit}
}

// timeOrNull gives the column's value of a time: the zero one is null.
func timeOrNull(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t
}
