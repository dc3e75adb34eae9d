package main

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// asProgram are the headers of a program that may do all.
var asProgram = []string{"Authorization", "Bearer secret-token:demo-all", "Accept", "application/json"}

// An answered is what the shop tells a program.
type answered struct {
	status  int
	OrderID string `json:"order_id"`
	Error   string `json:"error"`
}

// post sends one of the shop's forms as a program does.
func (s *site) post(path string, form url.Values, headers ...string) answered {
	s.t.Helper()
	if headers == nil {
		headers = asProgram
	}
	response, text := visit(s.t, s.URL).send(path, form, headers...)
	got := answered{status: response.StatusCode}
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		s.t.Errorf("POST %s is answered with %d %q, want JSON", path, response.StatusCode, text)
	}
	return got
}

// order makes an order by a program, and pays it.
func (s *site) order(summary string, paid bool) string {
	s.t.Helper()
	made := s.post("/shop/orders", url.Values{"instance": {"admin"}, "amount": {"KUDOS:5.50"}, "summary": {summary}})
	if made.status != http.StatusOK || made.OrderID == "" {
		s.t.Fatalf("a new order is answered with %+v", made)
	}
	if paid {
		if got := s.post("/shop/orders/"+made.OrderID+"/pay", url.Values{}); got.status != http.StatusOK || got.OrderID != made.OrderID {
			s.t.Fatalf("its payment is answered with %+v", got)
		}
	}
	return made.OrderID
}

// row is an order as it is stored.
func (s *site) row(id string) order {
	s.t.Helper()
	var is order
	if err := s.db.Get(&is, "SELECT * FROM example_shop.orders WHERE order_id = $1", id); err != nil {
		s.t.Fatal(err)
	}
	return is
}

// count gives a number of rows.
func (s *site) count(from string) (n int) {
	s.t.Helper()
	if err := s.db.Get(&n, "SELECT count(*) FROM "+from); err != nil {
		s.t.Fatal(err)
	}
	return n
}

// listens makes a webhook for each of the shop's events.
func (s *site) listens() {
	s.t.Helper()
	for _, event := range []string{"order_created", "pay", "refund"} {
		s.create("on-"+event, s.URL+"/receiver", func(w *stored) {
			w.Event, w.Header, w.Body = event, "Content-Type: text/plain", event+` {{order_id}} {{refund_amount}} {{reason}} {{contract.amount}}{{contract_terms.amount}}`
		})
	}
}

// sent are the bodies that were queued, in their order.
func (s *site) sent() []string {
	s.t.Helper()
	var bodies [][]byte
	if err := s.db.Select(&bodies, "SELECT body FROM merchant_webhooks.delivery ORDER BY delivery_serial"); err != nil {
		s.t.Fatal(err)
	}
	texts := make([]string, len(bodies))
	for i, body := range bodies {
		texts[i] = string(body)
	}
	return texts
}

func TestD1Shop(t *testing.T) {
	t.Run("D1 an order and its webhooks commit together", func(t *testing.T) {
		s := newSite(t)
		s.listens()
		id := s.order("Coffee", true)
		refund := url.Values{"amount": {"KUDOS:2"}, "reason": {"cold"}}
		if got := s.post("/shop/orders/"+id+"/refund", refund); got.status != http.StatusOK || got.OrderID != id {
			t.Errorf("a refund is answered with %+v", got)
		}
		if is := s.row(id); is.State != "refunded" || is.Refunded != 200 || is.Refunds != 1 || !is.PaidAt.Valid || is.Amount != 550 {
			t.Errorf("the order is stored as %+v", is)
		}
		want := []string{
			"order_created " + id + "   KUDOS:5.50", "pay " + id + "   KUDOS:5.50", "refund " + id + " KUDOS:2.00 cold KUDOS:5.50",
		}
		if got := s.sent(); strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("queued is %q, want %q", got, want)
		}
	})

	t.Run("D1 what fails before the commit leaves nothing", func(t *testing.T) {
		s := newSite(t)
		s.listens()
		made, paid := s.order("Coffee", false), s.order("Cake", true)
		before := s.sent()
		for path, form := range map[string]url.Values{
			"/shop/orders":                     {"instance": {"admin"}, "amount": {"KUDOS:1"}, "summary": {"Tea"}},
			"/shop/orders/" + made + "/pay":    {},
			"/shop/orders/" + paid + "/refund": {"amount": {"KUDOS:1"}, "reason": {"cold"}},
		} {
			form.Set("fail", "1")
			if got := s.post(path, form); got.status != http.StatusConflict || !strings.HasPrefix(got.Error, "It failed before the commit") {
				t.Errorf("%s is answered with %+v", path, got)
			}
		}
		if n := s.count("example_shop.orders"); n != 2 || s.row(made).State != "new" || s.row(paid).Refunds != 0 {
			t.Errorf("%d orders are stored: %+v, %+v", n, s.row(made), s.row(paid))
		}
		if after := s.sent(); len(before) != 3 || len(after) != 3 {
			t.Errorf("queued was %q and is %q", before, after)
		}
		if n := s.count("merchant_webhooks.event"); n != 3 {
			t.Errorf("%d events are stored", n)
		}
	})

	t.Run("D1 pressed by many at once it is paid once", func(t *testing.T) {
		s := newSite(t)
		s.listens()
		id := s.order("Coffee", false)
		var answers [8]answered
		var all sync.WaitGroup
		for i := range answers {
			all.Go(func() { answers[i] = s.post("/shop/orders/"+id+"/pay", url.Values{}) })
		}
		all.Wait()
		statuses := map[int]int{}
		for _, answer := range answers {
			statuses[answer.status]++
		}
		if statuses[200] != 1 || statuses[409] != 7 || len(s.sent()) != 2 {
			t.Errorf("the answers are %v, and queued is %q", statuses, s.sent())
		}
	})
}

// TestShopRefusals wants a status and clear words for each form that is not
// accepted, and nothing stored.
func TestShopRefusals(t *testing.T) {
	s := newSite(t)
	s.listens()
	unpaid, paid := s.order("Coffee", false), s.order("Cake", true)
	queued := len(s.sent())
	type form = url.Values
	order := func(amount, summary string) form {
		return form{"instance": {"admin"}, "amount": {amount}, "summary": {summary}}
	}
	refund := func(amount, reason string) form { return form{"amount": {amount}, "reason": {reason}} }
	for _, test := range []struct {
		path   string
		form   form
		status int
		says   string
	}{
		{"", order("", "x"), 400, "The amount is missing. Write it as KUDOS:1.50."},
		{"", order("1.50", "x"), 400, "“1.50” is no amount. Write the currency, a colon, and the number with a point, as in KUDOS:1.50."},
		{"", order("KUDOS:1,50", "x"), 400, "“KUDOS:1,50” is no amount."},
		{"", order("KUDOS:-1", "x"), 400, "“KUDOS:-1” is no amount."},
		{"", order("EUR:1.50", "x"), 400, "This shop takes KUDOS, not EUR."},
		{"", order("KUDOS:1.505", "x"), 400, "KUDOS has two digits after the point, “KUDOS:1.505” has 3."},
		{"", order("KUDOS:0.00", "x"), 400, "The amount is zero. It must be KUDOS:0.01 at least."},
		{"", order("KUDOS:1000000.01", "x"), 400, "The amount is more than this shop takes: KUDOS:1000000.00 at most."},
		{"", order("KUDOS:"+strings.Repeat("9", 40), "x"), 400, "The amount is more than this shop takes"},
		{"", order("KUDOS:1", "  "), 400, "The summary is missing."},
		{"", order("KUDOS:1", strings.Repeat("ü", 201)), 400, "The summary has 201 characters. At most 200 are allowed."},
		{"", order("KUDOS:1", "a\x00b"), 400, "The summary holds something that is no text."},
		{"", order("KUDOS:1", "a\xffb"), 400, "The summary holds something that is no text."},
		{"", form{"instance": {"none"}, "amount": {"KUDOS:1"}, "summary": {"x"}}, 404, "There is no instance “none”."},
		{"/none/pay", form{}, 404, "There is no order “none”."},
		{"/none/refund", refund("KUDOS:1", "x"), 404, "There is no order “none”."},
		{"/" + paid + "/pay", form{}, 409, "The order " + paid + " is paid already."},
		{"/" + unpaid + "/refund", refund("KUDOS:1", "x"), 409, "The order " + unpaid + " is not paid yet."},
		{"/" + paid + "/refund", refund("KUDOS:5.51", "x"), 409, "The order " + paid + " has KUDOS:5.50 left to give back."},
		{"/" + paid + "/refund", refund("5.50", "x"), 400, "“5.50” is no amount."},
		{"/" + paid + "/refund", refund("KUDOS:5.50", ""), 400, "The reason is missing."},
	} {
		if got := s.post("/shop/orders"+test.path, test.form); got.status != test.status || !strings.HasPrefix(got.Error, test.says) {
			t.Errorf("%s %v is answered with %+v, want %d %q", test.path, test.form, got, test.status, test.says)
		}
	}
	for name, test := range map[string]struct {
		headers []string
		status  int
	}{
		"nobody":            {[]string{"Accept", "application/json"}, 401},
		"who may only read": {[]string{"Accept", "application/json", "Authorization", "Bearer secret-token:demo-readonly"}, 403},
		"without a session": {[]string{"Accept", "text/html"}, 401},
		"from another site": {[]string{"Accept", "text/html", "Sec-Fetch-Site", "cross-site", "Authorization", "Bearer secret-token:demo-all"}, 403},
	} {
		response, text := visit(t, s.URL).send("/shop/orders/"+unpaid+"/pay", form{}, test.headers...)
		if response.StatusCode != test.status || strings.Contains(text, paid) {
			t.Errorf("%s: %d %s", name, response.StatusCode, text)
		}
	}
	if n := s.count("example_shop.orders"); n != 2 || len(s.sent()) != queued || s.row(unpaid).State != "new" || s.row(paid).Refunds != 0 {
		t.Errorf("a refused form stored something: %d orders, %q", n, s.sent())
	}
}

// TestContract wants the terms that the events bear to be as the example of the
// catalogue: each name of it that a template may use.
func TestContract(t *testing.T) {
	terms, err := contractTerms(order{ID: "2026.001-X", Instance: "admin", Amount: 150, Summary: "Coffee"}, "http://shop.example")
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(terms, &got); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{
		"summary", "order_id", "amount", "max_fee", "products", "timestamp", "pay_deadline", "refund_deadline",
		"wire_transfer_deadline", "merchant", "merchant_base_url", "fulfillment_url", "extra",
	} {
		if got[name] == nil {
			t.Errorf("the contract has no %s: %s", name, terms)
		}
	}
	if got["amount"] != "KUDOS:1.50" || got["merchant_base_url"] != "http://shop.example/instances/admin/" {
		t.Errorf("the contract is %s", terms)
	}
}
