package main

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/seed-7c2cc908/merchant-webhooks/plugin"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// orders is what the shop itself stores, and how it tells the webhooks: each
// method writes its row and emits its event in one transaction, so that both
// are there or neither.
type orders struct {
	db       *sqlx.DB
	webhooks *plugin.Plugin
}

// An order is a row of the shop's table.
type order struct {
	ID            string          `db:"order_id"`
	Instance      string          `db:"instance"`
	Amount        kudos           `db:"amount"`
	Summary       string          `db:"summary"`
	ContractTerms json.RawMessage `db:"contract_terms"`
	State         string          `db:"state"`
	CreatedAt     time.Time       `db:"created_at"`
	PaidAt        sql.NullTime    `db:"paid_at"`
	Refunds       int             `db:"refunds"`
	Refunded      kudos           `db:"refunded"`
}

// The lock lets several processes start at once.
const createOrders = `
	SELECT pg_advisory_xact_lock(hashtext('example_shop'));
	CREATE SCHEMA IF NOT EXISTS example_shop;
	CREATE TABLE IF NOT EXISTS example_shop.orders (
		order_id       text PRIMARY KEY,
		instance       text NOT NULL,
		amount         bigint NOT NULL CHECK (amount > 0), -- in hundredths of KUDOS
		summary        text NOT NULL,
		contract_terms json NOT NULL,
		state          text NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'paid', 'refunded')),
		created_at     timestamptz NOT NULL,
		paid_at        timestamptz,
		refunds        integer NOT NULL DEFAULT 0,
		refunded       bigint NOT NULL DEFAULT 0 CHECK (refunded BETWEEN 0 AND amount)
	);
	CREATE INDEX IF NOT EXISTS orders_created_at ON example_shop.orders (created_at)`

// migrate makes the shop's table.
func (o orders) migrate(ctx context.Context) error {
	if _, err := o.db.ExecContext(ctx, createOrders); err != nil { // one transaction
		return fmt.Errorf("the shop's own table can not be made: %w", err)
	}
	return nil
}

const recentOrders = `SELECT * FROM example_shop.orders ORDER BY created_at DESC LIMIT 20`

// recent gives the last orders, the newest first.
func (o orders) recent(ctx context.Context) ([]order, error) {
	var found []order
	err := o.db.SelectContext(ctx, &found, recentOrders)
	return found, err
}

// A refusal says why something is not done, and at which field of the form.
type refusal struct {
	status  int
	field   string
	message string
}

func (r *refusal) Error() string { return r.message }

// inTransaction does something and commits, or rolls all of it back: fail is
// the box Fail before the commit.
func (o orders) inTransaction(ctx context.Context, fail bool, do func(tx *sqlx.Tx) error) error {
	tx, err := o.db.BeginTxx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // of no effect after Commit
	if err := do(tx); err != nil {
		return err
	}
	if fail {
		return &refusal{http.StatusConflict, "", "It failed before the commit, as you asked: nothing is stored, and nothing is sent."}
	}
	return tx.Commit()
}

// emit tells the webhooks of an order's instance; that there is none of that
// name is a mistake in the form.
func (o orders) emit(ctx context.Context, tx *sqlx.Tx, instance string, event webhook.Event) error {
	err := o.webhooks.Emit(ctx, tx, instance, event)
	var problem *webhook.Problem
	if errors.As(err, &problem) && problem.Code == webhook.CodeInstanceUnknown {
		return &refusal{http.StatusNotFound, "instance", fmt.Sprintf("There is no instance “%s”.", instance)}
	}
	return err
}

const insertOrder = `
	INSERT INTO example_shop.orders (order_id, instance, amount, summary, contract_terms, created_at)
	VALUES (:order_id, :instance, :amount, :summary, :contract_terms, :created_at)`

// create stores a new order and gives its ID.
func (o orders) create(ctx context.Context, in order, base string, fail bool) (string, error) {
	in.CreatedAt = time.Now()
	in.ID = fmt.Sprintf("%d.%03d-%s", in.CreatedAt.UTC().Year(), in.CreatedAt.UTC().YearDay(), rand.Text()[:12])
	var err error
	if in.ContractTerms, err = contractTerms(in, base); err != nil {
		return "", err
	}
	err = o.inTransaction(ctx, fail, func(tx *sqlx.Tx) error {
		if _, err := tx.NamedExecContext(ctx, insertOrder, in); err != nil {
			return err
		}
		return o.emit(ctx, tx, in.Instance, webhook.OrderCreated(in.ID, in.ContractTerms, in.Instance))
	})
	return in.ID, err
}

const payOrder = `
	UPDATE example_shop.orders SET state = 'paid', paid_at = now()
	WHERE order_id = $1 AND state = 'new' RETURNING *`

// pay takes an order's payment.
func (o orders) pay(ctx context.Context, id string, fail bool) error {
	return o.inTransaction(ctx, fail, func(tx *sqlx.Tx) error {
		var paid order
		err := tx.GetContext(ctx, &paid, payOrder, id)
		if errors.Is(err, sql.ErrNoRows) {
			return o.refuse(ctx, tx, id, func(order) refusal { return refusal{message: "is paid already"} })
		}
		if err != nil {
			return err
		}
		return o.emit(ctx, tx, paid.Instance, webhook.Pay(paid.ID, paid.ContractTerms))
	})
}

const refundOrder = `
	UPDATE example_shop.orders SET state = 'refunded', refunds = refunds + 1, refunded = refunded + $2
	WHERE order_id = $1 AND state <> 'new' AND refunded + $2 <= amount RETURNING *`

// refund gives a part of an order's amount back, or all of it.
func (o orders) refund(ctx context.Context, id string, amount kudos, reason string, fail bool) error {
	return o.inTransaction(ctx, fail, func(tx *sqlx.Tx) error {
		var refunded order
		err := tx.GetContext(ctx, &refunded, refundOrder, id, amount)
		if errors.Is(err, sql.ErrNoRows) {
			return o.refuse(ctx, tx, id, func(is order) refusal {
				if is.State == "new" {
					return refusal{message: "is not paid yet"}
				}
				return refusal{field: "amount", message: fmt.Sprintf("has %s left to give back", is.left())}
			})
		}
		if err != nil {
			return err
		}
		grant := webhook.RefundGrant{Amount: amount.String(), Reason: reason}
		return o.emit(ctx, tx, refunded.Instance, webhook.Refund(refunded.ID, refunded.ContractTerms, grant))
	})
}

// left is what can be given back yet.
func (o order) left() kudos { return o.Amount - o.Refunded }

// refuse says why an order was not changed; why goes on after its ID.
func (o orders) refuse(ctx context.Context, tx *sqlx.Tx, id string, why func(order) refusal) error {
	var is order
	err := tx.GetContext(ctx, &is, `SELECT * FROM example_shop.orders WHERE order_id = $1`, id)
	if errors.Is(err, sql.ErrNoRows) {
		return &refusal{http.StatusNotFound, "", fmt.Sprintf("There is no order “%s”.", id)}
	}
	if err != nil {
		return err
	}
	said := why(is)
	return &refusal{http.StatusConflict, said.field, fmt.Sprintf("The order %s %s.", id, said.message)}
}
