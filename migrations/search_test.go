package migrations

import (
	"strings"
	"testing"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/pgdev/pgtest"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// TestSearch is about the column that searches look in. No program writes it:
// the statements here are those of the version before it.
func TestSearch(t *testing.T) {
	db := open(t, pgtest.DSN(t), nil)
	do(t, db, "CREATE SCHEMA merchant_webhooks")
	m := library(t, db, Files)
	if err := m.Steps(1); err != nil {
		t.Fatal(err)
	}
	addData(t, db)
	if err := m.Up(); err != nil {
		t.Fatal(err)
	}
	search := func() string {
		t.Helper()
		return read[string](t, db, "SELECT string_agg(search, ' & ') FROM merchant_webhooks.webhook")
	}
	const before = "erp ü\npay\nhttps://erp.example.com/"
	t.Run("H3 A1 what was stored before is found", func(t *testing.T) {
		if got := search(); got != before {
			t.Errorf("it is %q, want %q", got, before)
		}
	})
	t.Run("H3 A1 what an older program stores is found", func(t *testing.T) {
		do(t, db, `
INSERT INTO merchant_webhooks.webhook (instance_serial, webhook_id, event_type, url, http_method)
SELECT instance_serial, 'New', 'refund', 'http://New.example', 'PUT' FROM merchant_webhooks.instance`)
		if got := search(); got != before+" & new\nrefund\nhttp://new.example" {
			t.Errorf("it is %q", got)
		}
		do(t, db, "DELETE FROM merchant_webhooks.webhook WHERE webhook_id = 'New'")
	})
	x := strings.Repeat
	for _, c := range []struct{ name, url, want string }{
		{"no user", "https://erp.example.com", "https://erp.example.com"},
		{"a user", "https://u@erp.example.com/p", "https://erp.example.com/p"},
		{"a password", "HTTP://U:Secret@Erp.example.com:80?q", "http://erp.example.com:80?q"},
		{"an @ in the password", "https://u:p@ss@erp.example.com/", "https://erp.example.com/"},
		{"an @ in the path", "https://erp.example.com/a@b", "https://erp.example.com/a@b"},
		{"an @ in the query", "https://erp.example.com?a@b", "https://erp.example.com?a@b"},
		{"a password and an @ in the path", "https://u:p@erp.example.com/a@b?c@d", "https://erp.example.com/a@b?c@d"},
		{"a URL in the path", "https://erp.example.com/http://u:p@h/", "https://erp.example.com/http://u:p@h/"},
		{"signs with a small letter of ASCII", "https://\u212Aelvin.example/\u017F", "https://kelvin.example/s"},
		{"other letters as they are", "https://erp.example.com/ÜüẞßΣς", "https://erp.example.com/ÜüẞßΣς"},
		{"the longest URL", "https://" + x("@", webhook.MaxURLBytes-9) + "Z", "https://z"},
	} {
		t.Run("H3 A1 what an older program changes is found: "+c.name, func(t *testing.T) {
			do(t, db, "UPDATE merchant_webhooks.webhook SET webhook_id = 'A', url = $1, version = version + 1", c.url)
			if got := search(); got != "a\npay\n"+c.want {
				t.Errorf("it is %q, want the URL %q", got, c.want)
			}
		})
	}
}
