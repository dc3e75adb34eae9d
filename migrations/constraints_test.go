package migrations

import (
	"database/sql"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/lib/pq"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/pgdev/pgtest"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// TestConstraints stores a webhook of which one column is at the limit, or just
// beyond it. The limits are Go's.
func TestConstraints(t *testing.T) {
	db := open(t, pgtest.DSN(t), nil)
	usual().must(t, db)
	x, ü := strings.Repeat, "ü"
	url := func(bytes int) string {
		const root = "https://example.com/"
		return root + x("p", bytes-len(root))
	}
	for _, c := range []struct {
		column     string
		constraint string // that holds the column's limit
		fine       []string
		broken     []string
	}{
		{
			"webhook_id", "webhook_id_length",
			[]string{"x", x(ü, webhook.MaxIDCharacters)},
			[]string{"", x("x", webhook.MaxIDCharacters+1), x(ü, webhook.MaxIDCharacters+1)},
		},
		{
			"webhook_id", "webhook_id_characters",
			[]string{"a b", "a+b%20", "ü:日本", "\u00a0", "~"},
			[]string{"a/b", "/", `a\b`, `\`, "a\u0001", "a\tb", "a\nb", "\u001f", "\u007f", "\u0080", "a\u0085", "\u009f"},
		},
		{"webhook_id", "webhook_id_dots", []string{"...", ".a", "a.."}, []string{".", ".."}},
		{"webhook_id", "webhook_id_spaces", []string{"a b"}, []string{" a", "a ", " "}},
		{
			"event_type", "event_type_form",
			[]string{"pay", "a", "shop.order_2", "a" + x("_", 63)},
			[]string{"", "Pay", "päy", "ı", "1pay", "_pay", ".pay", "pa y", "pay\n", "a" + x("_", 64)},
		},
		{"url", "url_length", []string{url(webhook.MaxURLBytes)}, []string{url(webhook.MaxURLBytes + 1), "https://" + x(ü, webhook.MaxURLBytes/2)}},
		{
			"url", "url_scheme",
			[]string{"http://a", "HTTPS://a", "hTTp://a"},
			[]string{"", "ftp://a", "//a", "a", "https:/a", "httpſ://a", "xhttp://a"},
		},
		{
			"url", "url_characters",
			[]string{"https://bücher.example/?q=%20&r=日本"},
			[]string{"https://a b", "https://a\n", "https://a\t", "https://a\u0001", "https://a\u007f", "https://a\u0090", "https://a/#b", "https://a/#"},
		},
		{
			"http_method", "http_method_known",
			[]string{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"},
			[]string{"", "get", "TRACE", "CONNECT", " GET", "GET\n"},
		},
		{
			"header_template", "header_template_length",
			[]string{"x", " \r\n\t", x("x", webhook.MaxHeaderTemplateBytes)},
			[]string{"", x("x", webhook.MaxHeaderTemplateBytes+1), x(ü, webhook.MaxHeaderTemplateBytes/2) + "x"},
		},
		{
			"body_template", "body_template_length",
			[]string{"x", " \r\n\t", x("x", webhook.MaxBodyTemplateBytes)},
			[]string{"", x("x", webhook.MaxBodyTemplateBytes+1), x(ü, webhook.MaxBodyTemplateBytes/2) + "x"},
		},
		{
			"instance_id", "instance_id_form",
			[]string{"a", "0", "A_b.c@d-e", "a" + x("-", webhook.MaxIDCharacters-1)},
			[]string{"", "_a", ".a", "@a", "-a", "a b", "a/b", "ä", "aä", "a\n", "a" + x("-", webhook.MaxIDCharacters)},
		},
	} {
		t.Run(c.constraint, func(t *testing.T) {
			for _, value := range c.fine {
				if err := store(t, db, c.column, value); err != nil {
					t.Errorf("%s %.40q: %v", c.column, value, err)
				}
			}
			for _, value := range c.broken {
				err := store(t, db, c.column, value)
				if said, is := errors.AsType[*pq.Error](err); !is || said.Code != "23514" || said.Constraint != c.constraint {
					t.Errorf("%s %.40q: the error is %v, want %s", c.column, value, err, c.constraint)
				}
			}
		})
	}
}

// store tries to insert a row that is fine but for the one column.
func store(t *testing.T, db *sql.DB, column, value string) error {
	t.Helper()
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	if column == "instance_id" {
		_, err = tx.Exec("INSERT INTO merchant_webhooks.instance (instance_id) VALUES ($1)", value)
		return err
	}
	row := map[string]string{"webhook_id": "erp", "event_type": "pay", "url": "https://erp.example.com/", "http_method": "POST"}
	row[column] = value
	_, err = tx.Exec(`
INSERT INTO merchant_webhooks.webhook (instance_serial, webhook_id, event_type, url, http_method, header_template, body_template)
SELECT instance_serial, r.webhook_id, r.event_type, r.url, r.http_method, r.header_template, r.body_template
FROM merchant_webhooks.instance, json_to_record($1) AS r(webhook_id text, event_type text, url text, http_method text,
    header_template text, body_template text)`, asJSON(t, row))
	return err
}

func asJSON(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestColumns: no comparison of our columns follows the locale, and no index begins
// with webhook_serial, which the list of a small instance beside a big one would
// walk.
func TestColumns(t *testing.T) {
	db := open(t, pgtest.DSN(t), nil)
	usual().must(t, db)
	if wrong := read[int](t, db, `
SELECT count(*)
FROM information_schema.columns
WHERE table_schema = 'merchant_webhooks' AND data_type = 'text' AND collation_name IS DISTINCT FROM 'C'
  AND table_name NOT LIKE 'river%'`); wrong > 0 {
		t.Errorf("%d text columns are not of the collation C", wrong)
	}
	if indexes := read[string](t, db, `
SELECT string_agg(array_to_string(ARRAY(
    SELECT attname FROM unnest(indkey) WITH ORDINALITY AS k(n, i) JOIN pg_attribute ON attrelid = indrelid AND attnum = n ORDER BY i
), ','), ' ' ORDER BY indexrelid::regclass::text)
FROM pg_index
WHERE indrelid = 'merchant_webhooks.webhook'::regclass`); indexes != "instance_serial,event_type,webhook_serial instance_serial,webhook_id paused_reason instance_serial,webhook_serial probe_at" {
		t.Errorf("the indexes of webhook are on %s", indexes)
	}
}

// TestH4RemovedInstance removes what is its, and nothing of others.
func TestH4RemovedInstance(t *testing.T) {
	db := open(t, pgtest.DSN(t), nil)
	usual().must(t, db)
	addData(t, db)
	do(t, db, "DELETE FROM merchant_webhooks.instance WHERE instance_id = 'sandbox'")
	if left := read[string](t, db, `
SELECT string_agg(instance_id, ' ')
FROM merchant_webhooks.webhook
JOIN merchant_webhooks.instance USING (instance_serial)`); left != "admin" {
		t.Errorf("webhooks are left of %s, want admin", left)
	}
}
