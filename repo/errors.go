package repo

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"

	"github.com/lib/pq"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// An operation is what was being done when something went wrong.
type operation struct {
	name  string
	fault webhook.Code // where nothing else is known
}

var (
	creating         = operation{"create webhook", webhook.CodeDBCommitFailed}
	updating         = operation{"update webhook", webhook.CodeDBStoreFailed}
	deleting         = operation{"delete webhook", webhook.CodeDBStoreFailed}
	readingWebhook   = operation{"get webhook", webhook.CodeDBFetchFailed}
	readingList      = operation{"list webhooks", webhook.CodeDBFetchFailed}
	readingInstance  = operation{"look up instance", webhook.CodeDBFetchFailed}
	addingInstance   = operation{"add instance", webhook.CodeDBStoreFailed}
	removingInstance = operation{"remove instance", webhook.CodeDBStoreFailed}

	readingDeliveries = operation{"list deliveries", webhook.CodeDBFetchFailed}
	readingDelivery   = operation{"get delivery", webhook.CodeDBFetchFailed}
	readingWhy        = operation{"look up an order's deliveries", webhook.CodeDBFetchFailed}
	readingAccount    = operation{"read account", webhook.CodeDBFetchFailed}
	readingSecrets    = operation{"get secrets", webhook.CodeDBFetchFailed}
	rotatingSecret    = operation{"rotate secret", webhook.CodeDBStoreFailed}
	pausing           = operation{"pause webhook", webhook.CodeDBStoreFailed}
	resuming          = operation{"resume webhook", webhook.CodeDBStoreFailed}
	requeuing         = operation{"queue deliveries again", webhook.CodeDBStoreFailed}
	remaking          = operation{"make deliveries anew", webhook.CodeDBStoreFailed}
	forgetting        = operation{"forget order", webhook.CodeDBStoreFailed}
)

var (
	// errNoConnection wraps what came before a statement could begin.
	errNoConnection = errors.New("no connection")
	// errUnseen is for the verdict unseen.
	errUnseen = errors.New("the webhook was changed by others again and again")
)

// problem turns an error into what leaves the package (R5). The texts of
// drivers name no values of rows (those stand in pq.Error.Detail, which
// Error() leaves out) and no password.
func (op operation) problem(ctx context.Context, err error) error {
	if problem, is := errors.AsType[*webhook.Problem](err); is {
		return problem
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		// Whatever came of it, nobody waits for it.
		return fmt.Errorf("%s: %w", op.name, context.Canceled)
	}
	code, remark := op.code(err)
	return &webhook.Problem{Code: code, Cause: fmt.Errorf("%s: %s%w", op.name, remark, err)}
}

// code judges an error, with a remark for the log where the error alone would
// not help.
func (op operation) code(err error) (code webhook.Code, remark string) {
	var said *pq.Error
	switch {
	case errors.Is(err, errNoConnection), isLost(err), isReadOnly(err):
		return webhook.CodeDBStartFailed, ""
	case errors.Is(err, errUnseen), isConflict(err):
		return webhook.CodeDBSoftFailure, ""
	case !errors.As(err, &said):
		return op.fault, ""
	}
	state := said.SQLState()
	refused := slices.ContainsFunc(noSession, func(class string) bool { return strings.HasPrefix(state, class) })
	switch {
	case said.Fatal(), refused:
		return webhook.CodeDBStartFailed, ""
	case state == "3F000", state == "42P01":
		return op.fault, "the tables are not there; Migrate makes them: "
	}
	return op.fault, ""
}

// noSession are the SQLSTATEs with which PostgreSQL ends a session or refuses
// one: connection exceptions, credentials, an unknown database, too many
// connections, shutdown. Their severity is FATAL, in the server's language.
var noSession = []string{"08", "28", "3D000", "53300", "57P"}

// isLost reports whether a connection broke, or could not be made. lib/pq says
// so without an SQLSTATE.
func isLost(err error) bool {
	var network *net.OpError
	return errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &network)
}

// isConflict reports whether other transactions were in the way: a
// serialization failure or a deadlock. Nothing was changed then.
func isConflict(err error) bool {
	said, is := errors.AsType[*pq.Error](err)
	return is && (said.Code == "40001" || said.Code == "40P01")
}

// isReadOnly reports whether the session could not write, since its server is a
// standby. Nothing was changed then. Such a server takes a statement that writes
// for a fault, and a transaction that is to write (lib/pq says so of all) for
// something that it does not support.
func isReadOnly(err error) bool {
	said, is := errors.AsType[*pq.Error](err)
	return is && (said.Code == "25006" || said.Code == "0A000" && errors.Is(err, errNoConnection))
}

// isOrphaned reports whether a row refers to one that is not there.
func isOrphaned(err error) bool {
	said, is := errors.AsType[*pq.Error](err)
	return is && said.Code == "23503"
}
