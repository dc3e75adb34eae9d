package handlers_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"github.com/seed-7c2cc908/merchant-webhooks/plugin"
)

func TestList(t *testing.T) {
	h := newAdmin(t, nil)
	t.Run("A1 empty, it says what a webhook is and leads to the form", func(t *testing.T) {
		p := h.open(t, "/admin/webhooks", "", asOwner...).want(t, 200, "Webhooks")
		if !strings.Contains(p.text("body"), "No webhooks yet.") || p.Find(`a[href="webhooks/new"]`).Length() == 0 {
			t.Errorf("the page: %q", p.text("body"))
		}
		p = h.open(t, "/admin/webhooks", "", asViewer...)
		if !strings.Contains(p.text("body"), "You may look, but not create one.") {
			t.Errorf("who may only look reads: %q", p.text("body"))
		}
	})
	for i := range 120 {
		check(t, h.ask(t, "POST", "/private/webhooks", hook(fmt.Sprintf("hook-%03d", i))), 204, 0)
	}
	check(t, h.ask(t, "POST", "/private/webhooks", hook("Käse", `"event_type":"refund"`, `"url":"https://anna:geheim@crm.example/x"`)), 204, 0)
	t.Run("A1 everything of each, newest first, passwords masked", func(t *testing.T) {
		p := h.open(t, "/admin/webhooks", "", asOwner...)
		if !strings.Contains(p.text("body"), "121 webhooks, newest first") {
			t.Errorf("the count: %q", p.text("body"))
		}
		row := strings.Join(strings.Fields(p.Find("tbody tr, [role=row]:has(td), [role=row]:has([role=cell])").First().Text()), " ")
		for _, want := range []string{"Käse", "A refund was granted", "refund", "POST", "https://anna:•••@crm.example/x"} {
			if !strings.Contains(row, want) {
				t.Errorf("the first row does not say %q: %s", want, row)
			}
		}
		if strings.Contains(string(p.body), "geheim") {
			t.Error("the page holds a password")
		}
	})
	t.Run("A1 pages, both ways", func(t *testing.T) {
		p := h.open(t, "/admin/webhooks", "", asOwner...)
		seen := ids(p)
		for _, want := range []string{"51–100 of 121", "101–121 of 121"} {
			p = h.follow(t, p, "Older")
			if !strings.Contains(p.text("body"), want) {
				t.Errorf("the page does not say %q: %s", want, p.text("body"))
			}
			seen = append(seen, ids(p)...)
		}
		if len(seen) != 121 || seen[120] != "hook-000" {
			t.Errorf("%d webhooks were seen, the last %q", len(seen), seen[len(seen)-1])
		}
		back := h.follow(t, p, "Newer")
		if got := strings.Join(ids(back), " "); got != strings.Join(seen[50:100], " ") {
			t.Errorf("back again stand %s", got)
		}
		if first := h.follow(t, back, "Newer"); first.Find(`a:contains("Newer")`).Length() != 0 {
			t.Error("the first page leads to a newer one")
		}
	})
	t.Run("A1 the search looks at ID, address and event", func(t *testing.T) {
		for q, want := range map[string]int{
			"HOOK-01": 10, "kÄse": 1, "crm.example": 1, "granted": 1, "refund": 1, "anna": 0, "geheim": 0, "hook-0%1": 0, "_": 0, "an order was PAID": 120,
		} {
			p := h.open(t, "/admin/webhooks?q="+url.QueryEscape(q), "", asOwner...)
			if got := len(ids(p)); got != min(want, 50) || p.Find("[name=q]").AttrOr("value", "") != q {
				t.Errorf("%q: %d rows, want %d", q, got, want)
			}
			if want == 0 && !strings.Contains(p.text("body"), "No webhook matches “"+q+"”.") {
				t.Errorf("%q without a hit: %q", q, p.text("body"))
			}
		}
		p := h.follow(t, h.open(t, "/admin/webhooks?q=hook", "", asOwner...), "Older")
		if !strings.Contains(p.text("body"), "51–100 of 120") {
			t.Errorf("the second page of a search: %q", p.text("body"))
		}
		p = h.open(t, "/admin/webhooks?q=wurde+bezahlt", "", append(asOwner, "Accept-Language", "de")...)
		if len(ids(p)) != 50 {
			t.Errorf("the event's German name: %d rows", len(ids(p)))
		}
	})
	t.Run("A1 what the query may hold", func(t *testing.T) {
		for _, query := range []string{"before=x", "before=-1", "after=99999999999999999999", "after=0", "q=%00%ff", "q=" + strings.Repeat("a", 5000), "saved=%ff", "saved=..", "before=1&after=1"} {
			if p := h.open(t, "/admin/webhooks?"+query, "", asOwner...); p.StatusCode != 200 {
				t.Errorf("?%s: %d", query, p.StatusCode)
			}
		}
	})
	t.Run("A1 a page of which nothing is left leads to the newest", func(t *testing.T) {
		h.open(t, "/admin/webhooks?before=1", "", asOwner...).want(t, 303, "webhooks?q=")
		h.open(t, "/admin/webhooks?before=1&q=hook", "", asOwner...).want(t, 303, "webhooks?q=hook")
		p := h.open(t, "/admin/webhooks?before=1&q=nothing", "", asOwner...)
		if p.StatusCode != 200 || !strings.Contains(p.text("body"), "No webhook matches “nothing”.") {
			t.Errorf("a search without a hit: %d, %q", p.StatusCode, p.text("body"))
		}
	})
	t.Run("A5 notices tell only what is true", func(t *testing.T) {
		for query, want := range map[string]string{
			"saved=hook-001": "“hook-001” is saved.", "deleted=nobody": "“nobody” is deleted.", "gone=nobody": "“nobody” no longer exists.",
			"saved=nobody": "", "deleted=hook-001": "", "gone=hook-001": "",
		} {
			p := h.open(t, "/admin/webhooks?"+query, "", asOwner...)
			if got := p.text("[role=status]"); want == "" && got != "" || !strings.Contains(got, want) {
				t.Errorf("?%s: the notice is %q, want %q", query, got, want)
			}
		}
	})
	t.Run("V8 the notice of one whose body can break", func(t *testing.T) {
		body := fine("breaks", "header_template", "Content-Type: application/json", "body_template", `{"a":"{{{contract_terms.summary}}}"}`)
		h.open(t, "/admin/webhooks", body, asOwner...).want(t, 303, "webhooks?saved=breaks")
		p := h.open(t, "/admin/webhooks?saved=breaks", "", asOwner...)
		if got := p.text("[role=status]"); !strings.Contains(got, "“breaks” is saved, but its body can break.") {
			t.Errorf("the notice is %q", got)
		}
		p = h.open(t, "/admin/webhooks/breaks/view", "", asOwner...)
		if !strings.Contains(p.text("body"), "{{{json.contract_terms.summary}}}") {
			t.Errorf("the webhook's page does not say how to mend it: %q", p.text("body"))
		}
		check(t, h.ask(t, "POST", "/private/webhooks", hook("breaks-too", `"header_template":"Content-Type: application/json"`, `"body_template":"{\"a\":\"{{{order_id}}}\"}"`)), 204, 0)
	})
	t.Run("V8 the host may want such templates refused", func(t *testing.T) {
		strict := newAdmin(t, func(c *plugin.Config) { c.RefuseBreakable = true })
		body := fine("breaks", "header_template", "Content-Type: application/json", "body_template", `{"a":"{{{order_id}}}"}`)
		p := strict.open(t, "/admin/webhooks", body, asOwner...).want(t, 400, "Error: New webhook")
		if p.message("body_template") == "" {
			t.Errorf("nothing stands beside the body: %q", p.text("body"))
		}
		check(t, strict.ask(t, "POST", "/private/webhooks", hook("breaks", `"header_template":"Content-Type: application/json"`, `"body_template":"{\"a\":\"{{{order_id}}}\"}"`)), 400, 22)
	})
}

func TestListOfThousands(t *testing.T) {
	h := newAdmin(t, nil)
	fill(t, h.db, 10_000, `'a' || n`)
	t.Run("A1 the number is exact to 10,000, and more than that beyond", func(t *testing.T) {
		for _, want := range []string{"10,000 webhooks, newest first", "More than 10,000 webhooks, newest first"} {
			if got := h.open(t, "/admin/webhooks", "", asOwner...).text(".mw-count"); got != want {
				t.Errorf("above the list stands %q, want %q", got, want)
			}
			fill(t, h.db, 1, "md5(random()::text)")
		}
	})
}

// ids are those that a list shows, in its order.
func ids(p page) []string {
	return p.Find("tbody tr, [role=row]:has([role=cell])").Map(func(_ int, row *goquery.Selection) string {
		return strings.TrimSpace(row.Find("a").First().Text())
	})
}

// follow follows the first link that reads so.
func (h *host) follow(t testing.TB, p page, text string) page {
	t.Helper()
	href, found := p.Find("a").FilterFunction(func(_ int, link *goquery.Selection) bool {
		return strings.TrimSpace(link.Text()) == text
	}).First().Attr("href")
	if !found {
		t.Fatalf("%s has no link %q", p.Request.URL, text)
	}
	to, err := p.Request.URL.Parse(href)
	if err != nil {
		t.Fatal(err)
	}
	return h.open(t, strings.TrimPrefix(to.RequestURI(), h.prefix), "", asOwner...)
}

// TestIDsInLinks wants every link and form of a webhook's pages to reach it,
// whatever its ID.
func TestIDsInLinks(t *testing.T) {
	for _, in := range settings {
		t.Run("H5 "+in.name, func(t *testing.T) {
			h := startHost(t, migrated(t), in, func(c *plugin.Config) { c.Authorize = bySession })
			defer h.Close()
			for _, id := range []string{"new", "preview", "deliveries", "assets", "ü+% :@&=?#'\"<b>", "...", "%2F", "a:b", "-"} {
				text, _ := json.Marshal(id)
				check(t, h.ask(t, "POST", "/private/webhooks", `{"webhook_id":`+string(text)+`,"event_type":"pay","url":"https://a.example/","http_method":"POST"}`), 204, 0)
				list := h.open(t, "/admin/webhooks", "", asOwner...)
				view := h.follow(t, list, id).want(t, 200, id)
				edit := h.follow(t, view, "Edit").want(t, 200, "Edit “"+id+"”")
				action := edit.Find("form[method=post]").First().AttrOr("action", "")
				saved := h.post(t, edit, action, edit.fields("body_template", "x"))
				if to, _ := saved.Request.URL.Parse(saved.Header.Get("Location")); saved.StatusCode != 303 || to.Query().Get("saved") != id {
					t.Errorf("%q: saved leads to %s", id, to)
				}
				if got := h.body(t, id); got != "x" {
					t.Errorf("%q: stored %q", id, got)
				}
				ask := h.follow(t, view, "Delete").want(t, 200, "Delete “"+id+"”?")
				h.post(t, ask, ask.Find("form[method=post]").First().AttrOr("action", ""), "x=y")
			}
			if n := count(t, h.db, "admin"); n != 0 {
				t.Errorf("%d webhooks are left", n)
			}
		})
	}
}

// TestExtraSlashes wants links and redirects to hold where the engine removes
// slashes that the browser keeps in the address of the page.
func TestExtraSlashes(t *testing.T) {
	h := newAdmin(t, nil)
	h.engine.RemoveExtraSlash = true
	check(t, h.ask(t, "POST", "/private/webhooks", hook("x")), 204, 0)
	t.Run("H5 links", func(t *testing.T) {
		for _, path := range []string{"/admin/webhooks", "//admin/webhooks", "/admin//webhooks", "/instances//sandbox//admin///webhooks", "//admin/webhooks/x/view"} {
			p := h.open(t, path, "", asOwner...)
			if p.StatusCode != 200 {
				t.Errorf("%s: %d", path, p.StatusCode)
			}
			p.Find("a[href], link[href]").Each(func(_ int, link *goquery.Selection) {
				to, err := p.Request.URL.Parse(link.AttrOr("href", ""))
				if err != nil {
					t.Fatal(err)
				}
				if p := h.open(t, to.RequestURI(), "", asOwner...); p.StatusCode != 200 {
					t.Errorf("%s leads to %s: %d", path, to, p.StatusCode)
				}
			})
		}
	})
	t.Run("H5 redirects", func(t *testing.T) {
		for path, want := range map[string]string{
			"/admin/webhooks//x": "/admin/webhooks/x/view", "/admin//webhooks/": "/admin/webhooks", "/admin/webhooks//": "/admin/webhooks", "//admin/webhooks/preview": "//admin/webhooks/new",
		} {
			p := h.open(t, path, "", asOwner...)
			if to, err := p.Request.URL.Parse(p.Header.Get("Location")); err != nil || p.StatusCode != 303 || to.Path != want {
				t.Errorf("%s: %d to %s, want %s", path, p.StatusCode, to, want)
			}
		}
	})
}

// post posts a form to where its page's action leads.
func (h *host) post(t testing.TB, from page, action, body string) page {
	t.Helper()
	to, err := from.Request.URL.Parse(action)
	if err != nil {
		t.Fatal(err)
	}
	return h.open(t, strings.TrimPrefix(to.RequestURI(), h.prefix), body, asOwner...)
}
