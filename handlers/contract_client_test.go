package handlers_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"
)

// hook is the JSON of a webhook that is fine. more are members to add, such as
// `"event_type":"refund"`; the last of two counts.
func hook(id string, more ...string) string {
	text, err := json.Marshal(id)
	if err != nil {
		panic(err)
	}
	members := append([]string{`"webhook_id":` + string(text), `"event_type":"pay"`, `"url":"https://example.com/hook"`, `"http_method":"POST"`}, more...)
	return "{" + strings.Join(members, ",") + "}"
}

// ask sends one request by net/http's client, with the token for everything
// unless header (names and values in turn) says otherwise; "" leaves a header
// out.
func (h *host) ask(t testing.TB, method, path, body string, header ...string) answer {
	t.Helper()
	response, err := h.try(t.Context(), method, path, body, header...)
	if err != nil {
		t.Fatal(err)
	}
	return response
}

func (h *host) try(ctx context.Context, method, path, body string, header ...string) (answer, error) {
	request, err := http.NewRequestWithContext(ctx, method, h.URL+h.prefix+path, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	request.Header.Set("Authorization", "Bearer secret-token:all")
	for i := 0; i < len(header); i += 2 {
		switch {
		case header[i+1] == "":
			request.Header.Del(header[i])
		case header[i] == "Host":
			request.Host = header[i+1]
		default:
			request.Header.Set(header[i], header[i+1])
		}
	}
	response, err := h.Client().Do(request)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return answer{response, text}, err
}

// code is the code of a refusal; 0 if the answer is none.
func (a answer) code() int {
	var refusal struct{ Code int }
	if json.Unmarshal(a.body, &refusal) != nil {
		return 0
	}
	return refusal.Code
}

// is tells how the answer is not the one that is wanted, in a word or two.
func (a answer) is(status, code int) error {
	if a.StatusCode != status || a.code() != code {
		return fmt.Errorf("status %d, want %d; code %d, want %d: %s", a.StatusCode, status, a.code(), code, shortened(string(a.body)))
	}
	return nil
}

func check(t testing.TB, a answer, status, code int) {
	t.Helper()
	if err := a.is(status, code); err != nil {
		t.Error(err)
	}
}

// ids are the webhooks in the answer to a GET of a list.
func (a answer) ids(t testing.TB) []string {
	t.Helper()
	if a.StatusCode != http.StatusOK {
		t.Fatalf("the list is answered with %d: %s", a.StatusCode, a.body)
	}
	var list struct {
		Webhooks []struct {
			ID string `json:"webhook_id"`
		}
	}
	if err := json.Unmarshal(a.body, &list); err != nil {
		t.Fatal(err)
	}
	ids := make([]string, len(list.Webhooks))
	for i, w := range list.Webhooks {
		ids[i] = w.ID
	}
	return ids
}

// fill stores n webhooks past the API; idSQL gives the ID of the n-th.
func fill(t testing.TB, db *sqlx.DB, n int, idSQL string) {
	t.Helper()
	_, err := db.ExecContext(t.Context(), `
		INSERT INTO merchant_webhooks.webhook (instance_serial, webhook_id, event_type, url, http_method)
		SELECT instance_serial, `+idSQL+`, 'pay', 'https://example.com/hook', 'POST'
		FROM merchant_webhooks.instance, generate_series(1, $1) AS n
		WHERE instance_id = 'admin'
		ORDER BY n`, n)
	if err != nil {
		t.Fatal(err)
	}
}

// alter runs ALTER DATABASE … on the database. Connections that were idle are
// closed, so that the pool's next ones have the new setting.
func alter(t testing.TB, db *sqlx.DB, how string) {
	t.Helper()
	var name string
	if err := db.GetContext(t.Context(), &name, `SELECT quote_ident(current_database())`); err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), `ALTER DATABASE `+name+` `+how); err != nil {
		t.Fatal(err)
	}
	db.SetMaxIdleConns(-1)
	db.SetMaxIdleConns(16)
}

// await asks the database until a condition is true; the question's own time
// is the pause between.
func await(t testing.TB, db *sqlx.DB, what, condition string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		var is bool
		err := db.GetContext(ctx, &is, `SELECT `+condition)
		switch {
		case errors.Is(err, context.DeadlineExceeded):
			t.Fatalf("waited %s in vain for: %s", patience, what)
		case err != nil:
			t.Fatalf("%s: %v", what, err)
		case is:
			return
		}
	}
}

// waitsForLock is the condition that a statement of the plugin waits for a
// lock in the database.
const waitsForLock = `EXISTS (SELECT FROM pg_stat_activity
	WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%webhook%')`

// lockWebhooks holds the table of webhooks so that every statement on it
// waits, until unlock is called or the test ends.
func lockWebhooks(t testing.TB, db *sqlx.DB) (unlock func()) {
	t.Helper()
	tx, err := db.BeginTxx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.ExecContext(t.Context(), `LOCK TABLE merchant_webhooks.webhook IN ACCESS EXCLUSIVE MODE`); err != nil {
		t.Fatal(err)
	}
	unlock = func() { _ = tx.Rollback() }
	t.Cleanup(unlock)
	return unlock
}
