package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/seed-7c2cc908/merchant-webhooks/handlers"
	"github.com/seed-7c2cc908/merchant-webhooks/plugin"
)

// filled puts values in the place of an endpoint's parameters.
func filled(endpoint, webhookID, deliveryID string) string {
	return "/" + strings.NewReplacer(":webhook_id", url.PathEscape(webhookID), ":delivery_id", url.PathEscape(deliveryID)).Replace(endpoint)
}

// operationsOfPages are those that only some people may do.
func operationsOfPages() (operations []handlers.Operation) {
	for _, op := range handlers.AdminOperations() {
		if op.Permission != "" {
			operations = append(operations, op)
		}
	}
	return operations
}

func TestA7_A4_DeliveryPagesGuarded(t *testing.T) {
	h := newAdmin(t, nil)
	check(t, h.ask(t, "POST", "/private/webhooks", hook("a")), 204, 0)
	h.emit(t, "order-1", "order-2")
	h.answered(t, 400)
	h.emit(t, "order-3")
	id := h.newest(t, "a")
	stored := func() (row string) {
		t.Helper()
		err := h.db.Get(&row, `SELECT string_agg(w::text, '|') || (SELECT string_agg(d::text, '|') FROM merchant_webhooks.delivery AS d)
			|| (SELECT string_agg(e::text, '|') FROM merchant_webhooks.event AS e) FROM merchant_webhooks.webhook AS w`)
		if err != nil {
			t.Fatal(err)
		}
		return row
	}
	before := stored()
	// What each would do if it were allowed.
	body := fine("a", "method", "PUT", "order_id", "order-1", "from", "2020-01-01T00:00", "to", "2030-01-01T00:00")
	for _, op := range operationsOfPages() {
		path, sent := filled(op.Endpoint, "a", id), ""
		if op.Method == http.MethodPost {
			sent = body
		}
		t.Run(op.Method+" "+op.Endpoint, func(t *testing.T) {
			if p := h.open(t, path, sent, asViewer...); op.Permission == plugin.WebhooksWrite {
				p.want(t, 403, "You may not do this").says(t, "Your account can look at webhooks but not change them.")
			} else if p.StatusCode != 200 && p.StatusCode != 303 {
				t.Errorf("A4 who may only read is answered with %d", p.StatusCode)
			}
			if op.Method == http.MethodGet {
				h.open(t, path, "", asNobody...).want(t, 401, "Please sign in")
				return
			}
			p := h.open(t, path, body, asNobody...).want(t, 401, "You are no longer signed in")
			isForm := strings.HasSuffix(path, "/edit") || strings.HasSuffix(path, "/preview") || strings.HasSuffix(path, "/webhooks")
			if has := p.Find("[name=url]").Length() > 0; has != isForm {
				t.Errorf("A4 it comes back as a webhook's form: %v", has)
			}
			h.open(t, path, body, append([]string{"Sec-Fetch-Site", "cross-site"}, asOwner...)...).
				want(t, 403, "This form came from another site").says(t, "For safety nothing was changed.")
		})
	}
	t.Run("A7 none of them did anything", func(t *testing.T) {
		if after := stored(); after != before {
			t.Errorf("stored is %s,\nwas %s", after, before)
		}
	})
}

// TestA4_NotForReaders: who may only read sees no button or link that would be
// refused.
func TestA4_NotForReaders(t *testing.T) {
	h := newAdmin(t, nil)
	check(t, h.ask(t, "POST", "/private/webhooks", hook("a", `"header_template":"Authorization: s3cr3t"`)), 204, 0)
	h.emit(t, "order-1")
	h.answered(t, 400)
	id := h.newest(t, "a")
	refused := map[string]bool{}
	for _, op := range operationsOfPages() {
		if op.Method == http.MethodGet && op.Permission == plugin.WebhooksWrite {
			refused[filled(op.Endpoint, "a", id)] = true
		}
	}
	offers := func(p page) (offered []string) {
		offered = p.Find("form[method=post]").Map(func(_ int, form *selection) string { return form.AttrOr("action", "") })
		for _, href := range p.Find("a").Map(hrefOf) {
			if to, err := p.Request.URL.Parse(href); err == nil && refused[to.EscapedPath()] {
				offered = append(offered, href)
			}
		}
		return offered
	}
	pages := []string{"", "/a/view", "/a/deliveries", "/deliveries", "/a/deliveries/" + id, "/why?order_id=order-1"}
	for _, path := range pages {
		t.Run("A4 "+path, func(t *testing.T) {
			if got := offers(h.open(t, "/admin/webhooks"+path, "", asViewer...)); len(got) > 0 {
				t.Errorf("who may only read is offered %v", got)
			}
			if got := offers(h.open(t, "/admin/webhooks"+path, "", asOwner...)); len(got) == 0 && !strings.HasPrefix(path, "/why") {
				t.Error("who may write is offered nothing")
			}
		})
	}
	t.Run("A4 nor an empty log, nor a paused webhook's page", func(t *testing.T) {
		check(t, h.ask(t, "POST", "/private/webhooks", hook("b")), 204, 0)
		check(t, h.ask(t, "POST", "/private/webhooks/b/pause", ""), 204, 0)
		for _, path := range []string{"/b/deliveries", "/b/view"} {
			if got := offers(h.open(t, "/admin/webhooks"+path, "", asViewer...)); len(got) > 0 {
				t.Errorf("%s: who may only read is offered %v", path, got)
			}
			if got := offers(h.open(t, "/admin/webhooks"+path, "", asOwner...)); len(got) == 0 {
				t.Errorf("%s: who may write is offered nothing", path)
			}
		}
	})
}

func TestC9_DeliveryPagesOfNothing(t *testing.T) {
	h := newAdmin(t, nil)
	for _, instance := range []string{"", "/instances/sandbox"} {
		check(t, h.ask(t, "POST", instance+"/private/webhooks", hook("a")), 204, 0)
	}
	h.emit(t, "order-1")
	h.answered(t, 400)
	id := h.newest(t, "a")
	const body = "order_id=order-1&from=2020-01-01T00:00&to=2030-01-01T00:00"
	// Whatever was typed: there is no page that could show it again.
	want := func(t *testing.T, op handlers.Operation, path, heading string) {
		for _, typed := range []string{body, "order_id=%00&from=x&to=x&count=1&rebuild_waiting=1"} {
			if op.Method == http.MethodPost {
				h.open(t, path, typed, asOwner...).want(t, 404, heading)
			} else {
				h.open(t, path+"?"+typed, "", asOwner...).want(t, 404, heading)
			}
		}
	}
	for _, op := range operationsOfPages() {
		leads := op.Method == http.MethodGet && (op.Endpoint == "admin/webhooks/:webhook_id" ||
			strings.HasSuffix(op.Endpoint, "/test") || strings.HasSuffix(op.Endpoint, "/show") || op.Endpoint == "admin/webhooks/preview")
		isDelete := op.Method == http.MethodPost && strings.HasSuffix(op.Endpoint, "/delete")
		if leads || isDelete {
			continue
		}
		t.Run(op.Method+" "+op.Endpoint, func(t *testing.T) {
			if !strings.HasSuffix(op.Endpoint, "/edit") && op.Endpoint != "admin/webhooks" && op.Endpoint != "admin/webhooks/preview" {
				want(t, op, "/instances/none"+filled(op.Endpoint, "a", id), "There is no instance “none”")
			}
			if strings.Contains(op.Endpoint, ":webhook_id") && !strings.HasSuffix(op.Endpoint, "/edit") {
				want(t, op, filled(op.Endpoint, "nobody's", id), "There is no webhook “nobody's”")
			}
			if strings.Contains(op.Endpoint, ":delivery_id") {
				for _, other := range []string{"x", "msg_1_0000000000000000", "msg_99_" + id[len(id)-16:], "\x00", "ü", id + "0"} {
					want(t, op, filled(op.Endpoint, "a", other), "There is no page at this address")
				}
				want(t, op, "/instances/sandbox"+filled(op.Endpoint, "a", id), "There is no page at this address")
			}
		})
	}
	t.Run("C9 another instance never sees a delivery", func(t *testing.T) {
		const sandbox = "/instances/sandbox/admin/webhooks"
		period := "?from=2020-01-01T00:00&to=2030-01-01T00:00&all=1&count=1"
		for path, text := range map[string]string{
			"/deliveries": "Nothing has been sent yet.", "/a/deliveries": "Nothing has been sent yet.", "/a/view": "Nothing has been sent yet",
			"/deliveries?order_id=order-1": "No delivery matches.", "/forget?order_id=order-1": "No delivery holds data of order order-1.",
			"/why?order_id=order-1": "No event with this order's ID has reached the webhooks.",
			"/recover" + period:     "There is nothing to send again in this time.", "/a/recover" + period: "There is nothing to send again in this time.",
		} {
			h.open(t, sandbox+path, "", asOwner...).says(t, text, "Instance: sandbox").lacks(t, id)
		}
		before := h.tally(t)
		for _, path := range []string{"/forget", "/recover", "/a/recover"} {
			if p := h.open(t, sandbox+path, body+"&all=1", asOwner...); p.StatusCode != 303 || !strings.HasSuffix(p.Header.Get("Location"), "=0") {
				t.Errorf("%s leads to %s", path, p.Header.Get("Location"))
			}
		}
		wantStates(t, h, before)
		h.open(t, "/admin/webhooks/a/deliveries/"+id, "", asOwner...).lacks(t, "was erased")
	})
}

// TestD6_IDsThatAreNames: every legal ID has its pages, those too that are names
// of the list's own pages.
func TestD6_IDsThatAreNames(t *testing.T) {
	h := newAdmin(t, nil)
	for _, id := range []string{"new", "preview", "deliveries", "why", "recover", "forget", "view", "secret", "a bü%"} {
		t.Run("D6 "+id, func(t *testing.T) {
			check(t, h.ask(t, "POST", "/private/webhooks", hook(id)), 204, 0)
			h.emit(t, "order-1")
			h.answered(t, 400)
			at := "/admin/webhooks/" + url.PathEscape(id)
			delivery := at + "/deliveries/" + h.newest(t, id)
			h.open(t, at+"/view", "", asOwner...).want(t, 200, id)
			h.open(t, at+"/deliveries", "", asOwner...).want(t, 200, "Deliveries of “"+id+"”")
			h.open(t, at+"/recover", "", asOwner...).want(t, 200, "Send again what failed")
			h.open(t, at+"/secret", "", asOwner...).want(t, 200, "Secret of “"+id+"”")
			if p := h.open(t, delivery, "", asOwner...); !strings.HasPrefix(p.text("h1"), "An order was paid, ") {
				t.Errorf("its delivery is %d %q", p.StatusCode, p.text("h1"))
			}
			// Each link of its pages leads to a page.
			for _, from := range []string{at + "/view", at + "/deliveries", delivery} {
				p := h.open(t, from, "", asOwner...)
				for _, href := range p.Find("main a").Map(hrefOf) {
					to, err := p.Request.URL.Parse(href)
					if err != nil {
						t.Fatal(err)
					}
					if linked := h.open(t, to.RequestURI(), "", asOwner...); linked.StatusCode != 200 {
						t.Errorf("%s: the link %s is %d", from, href, linked.StatusCode)
					}
				}
			}
			h.press(t, h.open(t, at+"/view", "", asOwner...), "Pause").want(t, 303, "../../webhooks/"+url.PathEscape(id)+"/view?done=paused")
			check(t, h.ask(t, "DELETE", "/private/webhooks/"+url.PathEscape(id), ""), 204, 0)
		})
	}
	t.Run("D6 those pages are the instance's where no webhook is named", func(t *testing.T) {
		for path, heading := range map[string]string{
			"deliveries": "Deliveries", "why": "Why was something not sent?", "recover": "Send again what failed", "forget": "Forget an order's content",
		} {
			h.open(t, "/admin/webhooks/"+path, "", asOwner...).want(t, 200, heading)
		}
	})
}
