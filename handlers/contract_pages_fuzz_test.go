package handlers_test

import (
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// FuzzC12_Pages walks a list by any query, from page to page as the links lead. What
// is not refused gives what the query asks for: each row once and in order.
func FuzzC12_Pages(f *testing.F) {
	for _, seed := range []string{
		"", "limit=7", "limit=-7", "limit=7&offset=3", "limit=-7&offset=20", "offset=5", "limit=-1000&offset=0", "limit=1000", "limit=+2", "limit=-0",
		"limit=0", "limit=1001", "limit=9223372036854775808", "limit=-9223372036854775808", "offset=-1", "limit=&offset=", "limit=1&limit=2", "%6cimit=%37",
		"state=failed&limit=4", "state=delivered&order_id=order-1&from=1760000000&to=1760000001&event_type=pay", "order_id=order-2", "to=1760000000",
		"from=253402300799", "from=253402300800", "order_id=%ff", "order_id=%00&x=%zz", "a=%2&limit=3;offset=2", "&&=&limit", "x=1&x=2&limit=5", "limit=3#&offset=2",
	} {
		f.Add(seed)
	}
	h := startHost(f, migrated(f), setting{}, nil)
	f.Cleanup(h.Close)
	hooks, deliveries := fillLists(f, h, 23)
	codes := contractCodes(f)
	f.Fuzz(func(t *testing.T, query string) {
		h.walk(t, codes, "/private/webhooks", query, hooks, 1000)
		h.walk(t, codes, "/private/webhook-deliveries", query, deliveries, -20)
	})
}

// A listed is a row of a list: its number for paging, and what it is called.
type listed struct {
	serial int64
	name   string
	state  string // of a delivery
}

// fillLists makes n deliveries of one webhook, and then more webhooks.
func fillLists(f *testing.F, h *host, n int) (hooks, deliveries []listed) {
	f.Helper()
	check(f, h.ask(f, "POST", "/private/webhooks", hook("1")), http.StatusNoContent, 0)
	fillLog(f, h.db, n)
	for i := range n - 1 {
		check(f, h.ask(f, "POST", "/private/webhooks", hook(strconv.Itoa(i+2))), http.StatusNoContent, 0)
	}
	for rows, query := range map[*[]listed]string{
		&hooks: "SELECT webhook_serial, webhook_id, '' FROM merchant_webhooks.webhook ORDER BY webhook_serial",
		&deliveries: `SELECT delivery_serial, 'msg_' || delivery_serial || '_' || nonce, state
			FROM merchant_webhooks.delivery ORDER BY delivery_serial`,
	} {
		found, err := h.db.QueryContext(f.Context(), query)
		if err != nil {
			f.Fatal(err)
		}
		for found.Next() {
			var row listed
			if err := found.Scan(&row.serial, &row.name, &row.state); err != nil {
				f.Fatal(err)
			}
			*rows = append(*rows, row)
		}
		if err := found.Close(); err != nil || len(*rows) != n {
			f.Fatalf("%d rows, %v", len(*rows), err)
		}
	}
	return hooks, deliveries
}

// walk reads a list page by page, and compares what it gives with what the query
// asks for.
func (h *host) walk(t *testing.T, codes map[int]int, path, query string, all []listed, unlimited int64) {
	t.Helper()
	want, known := wanted(query, all, unlimited)
	var got []string
	for at := query; ; {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.URL.RawQuery = at
		r.Header.Set("Authorization", "Bearer secret-token:all")
		w := httptest.NewRecorder()
		h.engine.ServeHTTP(w, r)
		a := answer{w.Result(), w.Body.Bytes()}
		for _, wrong := range standingChecks(a, http.MethodGet, codes) {
			t.Errorf("%s?%q: %s", path, at, wrong)
		}
		if a.StatusCode != http.StatusOK {
			check(t, a, http.StatusBadRequest, 26)
			if at != query || known && want != nil {
				t.Errorf("%s?%q, from %q, is refused: %s", path, at, query, a.body)
			}
			return
		}
		page := decoded[struct {
			Webhooks []struct {
				ID string `json:"webhook_id"`
			}
			Deliveries []loggedDelivery
		}](t, a)
		for _, row := range page.Webhooks {
			got = append(got, row.ID)
		}
		for _, row := range page.Deliveries {
			got = append(got, row.ID)
		}
		link, more := nextLink(a.Header.Get("Link"))
		if !more {
			break
		}
		if len(got) > len(all) {
			t.Fatalf("%s?%q has no end: %v", path, query, got)
		}
		at = strings.TrimPrefix(link, "?")
	}
	if known && (want == nil || !slices.Equal(got, want)) {
		t.Errorf("%s?%q gives %v, want %v", path, query, got, want)
	}
}

// wanted are the rows that a query asks for, nil if it is to be refused. What is
// wrong with its writing is not known.
func wanted(query string, all []listed, unlimited int64) (names []string, known bool) {
	values, err := url.ParseQuery(query)
	if err != nil {
		return nil, false
	}
	isLog := unlimited < 0
	limit, goodLimit := number(values, "limit", unlimited, -1000, 1000)
	offset, goodOffset := number(values, "offset", 0, 0, math.MaxInt64)
	from, goodFrom := number(values, "from", 0, 0, 253_402_300_799)
	to, goodTo := number(values, "to", 253_402_300_799, 0, 253_402_300_799)
	refused := !goodLimit || limit == 0 || !goodOffset
	if isLog {
		refused = refused || !goodFrom || !goodTo || to < from || !goodTexts(values)
	}
	if refused {
		return nil, true
	}
	names = []string{}
	for _, row := range all {
		if limit > 0 && row.serial <= offset || limit < 0 && values.Has("offset") && row.serial >= offset {
			continue
		}
		const happened = 1_760_000_000
		if isLog && (values.Has("state") && values.Get("state") != row.state || values.Has("order_id") && values.Get("order_id") != "order-1" ||
			values.Has("event_type") && values.Get("event_type") != "pay" || happened < from || happened >= to) {
			continue
		}
		names = append(names, row.name)
	}
	if limit < 0 {
		slices.Reverse(names)
	}
	return names, true
}

// number is a parameter's, or usual where it is not given.
func number(values url.Values, name string, usual, least, most int64) (n int64, good bool) {
	if !values.Has(name) {
		return usual, true
	}
	n, err := strconv.ParseInt(values.Get(name), 10, 64)
	return n, err == nil && n >= least && n <= most && len(values[name]) == 1
}

// goodTexts judges the log's other parameters.
func goodTexts(values url.Values) bool {
	for _, name := range []string{"state", "event_type", "order_id"} {
		if len(values[name]) > 1 {
			return false
		}
	}
	return (!values.Has("state") || slices.Contains([]string{"pending", "delivered", "failed"}, values.Get("state"))) &&
		(!values.Has("order_id") || webhook.ValidOrderID(values.Get("order_id"))) &&
		(!values.Has("event_type") || talerEvents[values.Get("event_type")])
}

var talerEvents = func() map[string]bool {
	types, err := webhook.NewCatalogue()
	if err != nil {
		panic(err)
	}
	known := map[string]bool{}
	for _, name := range types.Names() {
		known[name] = true
	}
	return known
}()
