package repo

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// A Key is a delivery's place in the database; River's jobs hold nothing else.
type Key struct {
	Instance int64 `json:"instance_serial"`
	Delivery int64 `json:"delivery_serial"`
}

// deliveryStatements are those of emitting and sending.
type deliveryStatements struct {
	listeners, addDeliveries       *statement
	claim, claimNext, park, record *statement
	claimMany, recordMany          *statement
	putBehind, endJobs             *statement
	sweep, sweepPauses, wakeLost   *statement
	overdue, leave, backlog        *statement
	giveUp, pruneDone, pruneEvents *statement
	readSecrets, writeSecrets      *statement
}

func newDeliveryStatements(in func(text string) *statement) deliveryStatements {
	return deliveryStatements{
		listeners:     in(listenersSQL),
		addDeliveries: in(addDeliveriesSQL),
		claim:         in(claimSQL),
		claimNext:     in(claimNextSQL),
		park:          in(parkSQL),
		record:        in(recordSQL),
		claimMany:     in(claimManySQL),
		recordMany:    in(recordManySQL),
		putBehind:     in(putBehindSQL),
		endJobs:       in(endJobsSQL),
		sweep:         in(sweepSQL),
		sweepPauses:   in(sweepPausesSQL),
		wakeLost:      in(wakeLostSQL),
		overdue:       in(overdueSQL),
		leave:         in(leaveSQL),
		backlog:       in(backlogSQL),
		giveUp:        in(giveUpSQL),
		pruneDone:     in(pruneDoneSQL),
		pruneEvents:   in(pruneEventsSQL),
		readSecrets:   in(readSecretsSQL),
		writeSecrets:  in(writeSecretsSQL),
	}
}

var (
	emitting  = operation{"emit", webhook.CodeDBStoreFailed}
	claiming  = operation{"claim delivery", webhook.CodeDBStoreFailed}
	parking   = operation{"park delivery", webhook.CodeDBStoreFailed}
	recording = operation{"record attempt", webhook.CodeDBStoreFailed}
	sweeping  = operation{"sweep deliveries", webhook.CodeDBStoreFailed}
	ending    = operation{"end jobs", webhook.CodeDBStoreFailed}
	looking   = operation{"look for overdue deliveries", webhook.CodeDBFetchFailed}
	counting  = operation{"count what waits", webhook.CodeDBFetchFailed}
	leaving   = operation{"leave the list of workers", webhook.CodeDBStoreFailed}
	pruning   = operation{"prune deliveries", webhook.CodeDBStoreFailed}
	resealing = operation{"reseal secrets", webhook.CodeDBStoreFailed}
)

// Begin begins a transaction of the plugin's own, at READ COMMITTED.
func (r *Repo) Begin(ctx context.Context) (*sql.Tx, error) {
	tx, err := r.begin(ctx)
	if err != nil {
		return nil, operation{"begin", webhook.CodeDBStartFailed}.problem(ctx, err)
	}
	return tx, nil
}

func (r *Repo) begin(ctx context.Context) (*sql.Tx, error) {
	tx, err := r.db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNoConnection, err)
	}
	return tx, nil
}

// micros is a duration as statements take it.
func micros(d time.Duration) int64 { return d.Microseconds() }

// encoded is a message's column: null says nothing.
func encoded(m webhook.Message) any {
	if m.IsZero() {
		return nil
	}
	return m.Encode()
}
