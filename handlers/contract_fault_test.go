package handlers_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/seed-7c2cc908/merchant-webhooks/handlers"
	"github.com/seed-7c2cc908/merchant-webhooks/plugin"
)

// shown is a host whose operations all have something to show: a webhook, and an
// order that was paid.
func shown(t *testing.T) (h *host, deliveryID string) {
	t.Helper()
	h = newAdmin(t, nil)
	check(t, h.ask(t, "POST", "/private/webhooks", hook("a")), http.StatusNoContent, 0)
	h.emit(t, "o-1")
	h.answered(t, 400)
	return h, h.newest(t, "a")
}

// pageQuery is what the pages ask for.
const pageQuery = "saved=a&order_id=o-1&from=2020-01-01T00:00&to=2039-01-01T00:00&all=on&drop=1&asked_at=2147483647000000"

// TestR5_EachTableAway holds that an operation which can not read or write one of
// its tables says so, and shows or does nothing without it: with the table away
// it answers 500, or as it does with it.
func TestR5_EachTableAway(t *testing.T) {
	h, id := shown(t)
	var tables []string
	err := h.db.Select(&tables, `SELECT tablename FROM pg_tables WHERE schemaname = 'merchant_webhooks' AND tablename !~ 'migration|client|leader' ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	number := regexp.MustCompile(`[0-9]+`)
	ask := func(op handlers.Operation) string {
		path, body := at(op, "a", id), pageQuery
		switch {
		case op.Method == http.MethodPost:
		case strings.HasPrefix(op.Endpoint, "admin"):
			path, body = path+"?"+pageQuery, ""
		default:
			path, body = path+"?order_id=o-1", ""
		}
		a := h.ask(t, op.Method, path, body, append(asOwner, "Content-Type", "application/x-www-form-urlencoded")...)
		return fmt.Sprint(a.StatusCode, " ", number.ReplaceAllString(a.Header.Get("Location")+" "+string(a.body), "0"))
	}
	var asked []handlers.Operation // what shows something and changes nothing
	for _, op := range append(handlers.AdminOperations(), handlers.APIOperations()...) {
		last := op.Endpoint[strings.LastIndexByte(op.Endpoint, '/')+1:]
		if op.Method == http.MethodGet || op.Method == http.MethodPost && slices.Contains([]string{"preview", "show"}, last) {
			asked = append(asked, op)
		}
	}
	with, faults := make([]string, len(asked)), 0
	for i, op := range asked {
		with[i] = ask(op)
	}
	for _, table := range tables {
		h.db.MustExec("ALTER TABLE merchant_webhooks." + table + " RENAME TO away")
		for i, op := range asked {
			if without := ask(op); strings.HasPrefix(without, "500 ") {
				faults++
			} else if without != with[i] {
				t.Errorf("R5 %s %s without the table %s: %.2000s\nwant a fault, or %.2000s", op.Method, op.Endpoint, table, without, with[i])
			}
		}
		h.db.MustExec("ALTER TABLE merchant_webhooks.away RENAME TO " + table)
	}
	if faults < len(asked) {
		t.Errorf("%d operations met %d faults: this test sees too few", len(asked), faults)
	}
	h.db.MustExec("ALTER TABLE merchant_webhooks.river_job RENAME TO away")
	for _, op := range handlers.AdminOperations() {
		last := op.Endpoint[strings.LastIndexByte(op.Endpoint, '/')+1:]
		if op.Method == http.MethodPost && slices.Contains([]string{"test", "redeliver", "recover"}, last) {
			if got := ask(op); !strings.HasPrefix(got, "500 ") {
				t.Errorf("R5 POST %s without the queue: %.300s", op.Endpoint, got)
			}
		}
	}
}

// TestA10_EachPage is put into the host's own, whose error is told.
func TestA10_EachPage(t *testing.T) {
	h, id := shown(t)
	failing := startHost(t, h.db, setting{}, func(c *plugin.Config) {
		c.Authorize = bySession
		c.Admin.Layout = func(*gin.Context, plugin.Page) error { return errors.New("the menu's database is away") }
	})
	defer failing.Close()
	check(t, h.ask(t, "PATCH", "/private/webhooks/a", hook("a", `"body_template":"changed"`)), http.StatusNoContent, 0)
	operations := handlers.AdminOperations()
	slices.SortStableFunc(operations, func(a, b handlers.Operation) int { return takesAway(a) - takesAway(b) })
	for _, op := range operations {
		for _, query := range []string{"", "?order_id=o-1", "?from=a"} {
			body := ""
			if op.Method == http.MethodPost {
				body = "from=x"
			}
			path := at(op, "a", id) + query
			p := h.open(t, path, body, asOwner...)
			if p.StatusCode != http.StatusOK || p.Find("h1").Length() == 0 {
				continue // no page: a way to one, or a file
			}
			if got := failing.open(t, path, body, asOwner...); got.StatusCode != http.StatusInternalServerError || got.text("h1") == "" {
				t.Errorf("A10 %s %s answers %d where the layout fails: %s", op.Method, op.Endpoint, got.StatusCode, shortened(string(got.body)))
			}
		}
	}
}

// TestA10_WhoLeft: a layout that was given up since the client has left is no fault.
func TestA10_WhoLeft(t *testing.T) {
	ctx, leave := context.WithCancel(t.Context())
	h := newAdmin(t, func(c *plugin.Config) {
		c.Admin.Layout = func(c *gin.Context, _ plugin.Page) error {
			leave()
			<-c.Request.Context().Done()
			return c.Request.Context().Err()
		}
	})
	if a, err := h.try(ctx, "GET", "/admin/webhooks", "", asOwner...); err == nil {
		t.Errorf("it is answered %d", a.StatusCode)
	}
	h.Close()
	if log := h.log.String(); strings.Contains(log, "request failed") {
		t.Errorf("A10 it is logged as a fault: %s", log)
	}
}

// TestD8_AddressInANotice is of the webhook's page, as the receiver of the notice
// can open it.
func TestD8_AddressInANotice(t *testing.T) {
	for _, c := range []struct {
		name, public, group, instance string
		own                           bool // the host tells the instance itself
		want                          string
	}{
		{"D8 of the default instance", "https://shop.example", "/", "admin", false, "https://shop.example/admin/webhooks/a%20b/view"},
		{"D8 of another", "https://shop.example/", "/hooks/", "sandbox", false, "https://shop.example/hooks/instances/sandbox/admin/webhooks/a%20b/view"},
		{"D8 of the default instance of a host that tells instances", "https://shop.example/base", "/hooks", "admin", true, "https://shop.example/base/hooks/admin/webhooks/a%20b/view"},
		{"D8 of another instance of such a host", "https://shop.example", "/hooks", "sandbox", true, ""},
		{"D8 without PublicURL", "", "/", "admin", false, ""},
		{"D8 below a parameter", "https://shop.example", "/:tenant", "admin", false, ""},
		{"D8 without pages", "https://shop.example", "", "admin", false, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := usual(t)
			o.InstanceParam = "instance"
			if c.public != "" {
				public, err := url.Parse(c.public)
				if err != nil {
					t.Fatal(err)
				}
				o.Admin.PublicURL = public
			}
			if c.own {
				o.Instance = func(*gin.Context) (string, error) { return "admin", nil }
			}
			a, err := handlers.New(o)
			if err != nil {
				t.Fatal(err)
			}
			if c.group != "" {
				a.RegisterAdmin(gin.New().Group(c.group))
			}
			if got := a.PageURL(c.instance, "a b"); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}
