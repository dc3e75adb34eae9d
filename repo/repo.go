// Package repo is the one repository: it alone knows SQL. An operation is one
// statement and one round trip, whatever its answer is, unless it says otherwise.
// What the database refuses or fails at comes out as a *webhook.Problem.
package repo

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// Options say how a Repo uses its database. The zero value is the usual way.
type Options struct {
	// Schema is the PostgreSQL schema of the tables, at most 63 bytes. Defaults
	// to "merchant_webhooks".
	Schema string
	// Unprepared is for a pool behind PgBouncer in transaction mode, where
	// prepared statements do not survive. The pool's DSN must then hold
	// binary_parameters=yes: without it lib/pq parses and binds in two steps
	// that PgBouncer may send to two servers, and another client's statement
	// runs. Statements cost about twice as much then.
	Unprepared bool
	// Secret makes a new webhook's secret, as it is to be stored. Defaults to a new
	// webhook.Secret in clear, as an empty webhook.Keyring seals it.
	Secret func(instance, webhookID string) []byte
	// Logger is told once when the pool is set so that connections are opened
	// over and over. Defaults to slog.Default().
	Logger *slog.Logger
}

// Repo reads and writes the webhooks of one schema. Its methods may be called
// by many goroutines at once.
//
// Every error of a method is a *webhook.Problem, or wraps context.Canceled when
// the caller's context was cancelled. The database's faults are the codes of
// CONTRACT.md, R5, with the driver's error as Cause:
//
//   - CodeDBStartFailed: no connection or transaction could be had, it was lost, or
//     it could not write, as that of a standby.
//   - CodeDBSoftFailure: other transactions were in the way until a second
//     before the context's deadline.
//   - CodeDBFetchFailed when reading, CodeDBCommitFailed when creating,
//     CodeDBStoreFailed when changing: all else, the deadline too.
//
// IDs and webhooks are taken as webhook.Validate and its like accept them.
type Repo struct {
	db         *sqlx.DB
	unprepared bool
	pool       poolWatch
	tallies    recent[tally]
	crowds     recent[[]int64] // witnesses

	renewing sync.Mutex
	renewed  time.Time // the last look through the pool

	schema string
	secret func(instance, webhookID string) []byte

	// One for each SQL text of the package, which stands beside its method.
	create, lockInstance     *statement
	get, getStored           *statement
	update, updateVersion    *statement
	remove                   *statement
	listForwards, listBack   *statement
	browse, search           *statement
	hasInstance, addInstance *statement
	removeInstance           *statement
	log                      logStatements
	delivery                 deliveryStatements
}

// New makes a Repo over the host's pool, which it never closes. It does not ask
// the database: statements are prepared when they are first needed, and live as
// long as the pool.
func New(db *sqlx.DB, o Options) (*Repo, error) {
	if db == nil {
		return nil, errors.New("repo: no database was given")
	}
	schema := cmp.Or(o.Schema, defaultSchema)
	// PostgreSQL cuts a longer name off without a word.
	if len(schema) > 63 {
		return nil, fmt.Errorf("repo: the schema's name %q has more than 63 bytes", schema)
	}
	secret := o.Secret
	if secret == nil {
		secret = func(instance, webhookID string) []byte {
			return new(webhook.Keyring).Seal(webhook.NewSecret(), instance, webhookID)
		}
	}
	in := func(text string) *statement { return newStatement(text, schema) }
	return &Repo{
		db:             db,
		unprepared:     o.Unprepared,
		pool:           poolWatch{logger: cmp.Or(o.Logger, slog.Default())},
		schema:         schema,
		secret:         secret,
		create:         in(createSQL),
		lockInstance:   in(lockInstanceSQL),
		get:            in(getSQL),
		getStored:      in(getStoredSQL),
		update:         in(updateSQL),
		remove:         in(deleteSQL),
		updateVersion:  in(updateVersionSQL),
		listForwards:   in(listForwardsSQL),
		listBack:       in(listBackSQL),
		browse:         in(browseSQL),
		search:         in(searchSQL),
		hasInstance:    in(hasInstanceSQL),
		addInstance:    in(addInstanceSQL),
		removeInstance: in(removeInstanceSQL),
		log:            newLogStatements(in),
		delivery:       newDeliveryStatements(in),
	}, nil
}
