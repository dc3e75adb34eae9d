package handlers_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// body is the body template of a webhook, as the API tells it.
func (h *host) body(t testing.TB, id string) string {
	t.Helper()
	var stored struct {
		Body string `json:"body_template"`
	}
	a := h.ask(t, "GET", "/private/webhooks/"+url.PathEscape(id), "")
	if err := json.Unmarshal(a.body, &stored); err != nil || a.StatusCode != 200 {
		t.Fatalf("GET %s: %d %s", id, a.StatusCode, a.body)
	}
	return stored.Body
}

func TestEditing(t *testing.T) {
	h := newAdmin(t, nil)
	make := func(t *testing.T, id string, more ...string) {
		t.Helper()
		check(t, h.ask(t, "POST", "/private/webhooks", hook(id, more...)), 204, 0)
	}
	t.Run("A2 a webhook made by curl is edited in the form", func(t *testing.T) {
		make(t, "curl", `"url":"https://u:p@example.com/"`, `"header_template":"Authorization: Bearer x"`)
		p := h.open(t, "/admin/webhooks/curl/edit", "", asOwner...).want(t, 200, "Edit “curl”")
		if p.field("url") != "https://u:p@example.com/" || !strings.Contains(p.field("header_template"), "Bearer x") || p.field("start_from") != "own" {
			t.Errorf("the fields: %s", p.fields())
		}
		h.open(t, "/admin/webhooks/curl/edit", p.fields("body_template", "new"), asOwner...).want(t, 303, "../../webhooks?saved=curl")
		if got := h.body(t, "curl"); got != "new" {
			t.Errorf("stored: %q", got)
		}
	})
	t.Run("A6 saved without a change is stored without a change", func(t *testing.T) {
		for id, body := range map[string]string{"lf": "\n\na\nb\n", "crlf": "a\r\nb", "mixed": "a\r\nb\nc", "area": "</textarea>\n<b>&amp;{{x}}", "full": strings.Repeat("ab\n", 256<<10/3)} {
			text, _ := json.Marshal(body)
			make(t, id, `"body_template":`+string(text))
			p := h.open(t, "/admin/webhooks/"+id+"/edit", "", asOwner...)
			// What the parser gives for a text area lacks the one line break that
			// HTML drops; a browser's value, too.
			h.open(t, "/admin/webhooks/"+id+"/edit", p.fields(), asOwner...).want(t, 303, "../../webhooks?saved="+id)
			if got := h.body(t, id); got != body {
				t.Errorf("%s: stored %q, was %q", id, shortened(got), shortened(body))
			}
		}
	})
	t.Run("A6 what was changed has the line ends of a text made by curl", func(t *testing.T) {
		make(t, "ends", `"body_template":"a\nb"`)
		p := h.open(t, "/admin/webhooks/ends/edit", "", asOwner...)
		h.open(t, "/admin/webhooks/ends/edit", p.fields("body_template", "a\r\nb\r\nc"), asOwner...).want(t, 303, "../../webhooks?saved=ends")
		if got := h.body(t, "ends"); got != "a\nb\nc" {
			t.Errorf("stored: %q", got)
		}
	})
	t.Run("A5 an edit sent twice succeeds", func(t *testing.T) {
		make(t, "double")
		body := h.open(t, "/admin/webhooks/double/edit", "", asOwner...).fields("body_template", "twice")
		for range 2 {
			h.open(t, "/admin/webhooks/double/edit", body, asOwner...).want(t, 303, "../../webhooks?saved=double")
		}
	})
	t.Run("A6 the later Save of two sees both versions", func(t *testing.T) {
		make(t, "two", `"header_template":"X-Api-Key: old"`)
		mine := h.open(t, "/admin/webhooks/two/edit", "", asOwner...)
		theirs := h.open(t, "/admin/webhooks/two/edit", "", asOwner...)
		h.open(t, "/admin/webhooks/two/edit", theirs.fields("url", "https://one.example/", "header_template", "X-Api-Key: theirs"), asOwner...).
			want(t, 303, "../../webhooks?saved=two")
		p := h.open(t, "/admin/webhooks/two/edit", mine.fields("url", "https://two.example/", "header_template", "X-Api-Key: mine"), asOwner...).
			want(t, 409, "Error: Edit “two”")
		table := p.text("table")
		if !strings.Contains(table, "https://one.example/") || !strings.Contains(table, "https://two.example/") {
			t.Errorf("the table of differences: %q", table)
		}
		if strings.Contains(table, "theirs") || strings.Contains(table, "mine") || strings.Contains(table, "POST") {
			t.Errorf("the table shows a secret, or what does not differ: %q", table)
		}
		if p.field("url") != "https://two.example/" || !strings.Contains(p.text("button, input[type=submit]"), "Save mine") {
			t.Errorf("the form holds %q", p.field("url"))
		}
		if got := string(h.ask(t, "GET", "/private/webhooks/two", "").body); !strings.Contains(got, "one.example") {
			t.Errorf("stored: %s", got)
		}
		h.open(t, "/admin/webhooks/two/edit", p.fields(), asOwner...).want(t, 303, "../../webhooks?saved=two")
		if got := string(h.ask(t, "GET", "/private/webhooks/two", "").body); !strings.Contains(got, "two.example") {
			t.Errorf("after Save mine is stored: %s", got)
		}
	})
	t.Run("A6 of many at once one wins, and each other is told", func(t *testing.T) {
		make(t, "many")
		form := h.open(t, "/admin/webhooks/many/edit", "", asOwner...)
		var lock sync.Mutex
		statuses := map[int]int{}
		var all sync.WaitGroup
		for i := range 16 {
			all.Go(func() {
				p := h.open(t, "/admin/webhooks/many/edit", form.fields("body_template", fmt.Sprint(i)), asOwner...)
				lock.Lock()
				defer lock.Unlock()
				statuses[p.StatusCode]++
			})
		}
		all.Wait()
		if statuses[303] != 1 || statuses[409] != 15 {
			t.Errorf("statuses: %v", statuses)
		}
	})
	t.Run("A6 a Save equal to what is stored succeeds whatever its version", func(t *testing.T) {
		make(t, "equal")
		h.open(t, "/admin/webhooks/equal/edit", fine("", "version", "99"), asOwner...).want(t, 303, "../../webhooks?saved=equal")
	})
	t.Run("A6 a post without a version is not compared", func(t *testing.T) {
		make(t, "program")
		h.open(t, "/admin/webhooks/program/edit", fine("", "body_template", "1"), asOwner...).want(t, 303, "../../webhooks?saved=program")
		h.open(t, "/admin/webhooks/program/edit", fine("", "body_template", "2"), asOwner...).want(t, 303, "../../webhooks?saved=program")
	})
	t.Run("A6 deleted meanwhile: the form as typed, to create it anew", func(t *testing.T) {
		make(t, "gone")
		form := h.open(t, "/admin/webhooks/gone/edit", "", asOwner...)
		check(t, h.ask(t, "DELETE", "/private/webhooks/gone", ""), 204, 0)
		p := h.open(t, "/admin/webhooks/gone/edit", form.fields("body_template", "typed"), asOwner...).want(t, 404, "Error: Edit “gone”")
		if p.field("body_template") != "typed" || !strings.Contains(p.text("button"), "Create it anew") {
			t.Errorf("the form: %s", p.text("form"))
		}
		if action := p.Find("form[method=post]").First().AttrOr("action", ""); action != "../../webhooks" {
			t.Fatalf("it posts to %q", action)
		}
		h.open(t, "/admin/webhooks", p.fields(), asOwner...).want(t, 303, "webhooks?saved=gone")
	})
	t.Run("A6 another ID than the path's is refused", func(t *testing.T) {
		make(t, "fixed")
		p := h.open(t, "/admin/webhooks/fixed/edit", fine("other"), asOwner...)
		if p.StatusCode != 400 || !strings.Contains(p.text("body"), "The ID can not be changed.") {
			t.Errorf("status %d: %q", p.StatusCode, p.text("body"))
		}
	})
	t.Run("A6 a version that is no number is another one", func(t *testing.T) {
		make(t, "odd")
		for _, version := range []string{"x", "1.0", "99999999999999999999", "-7", " 1"} {
			p := h.open(t, "/admin/webhooks/odd/edit", fine("", "version", version, "body_template", "other"), asOwner...).want(t, 409, "Error: Edit “odd”")
			if got := h.body(t, "odd"); got != "" || p.field("version") == version {
				t.Errorf("%q: stored %q, the form has version %q", version, got, p.field("version"))
			}
		}
	})
	t.Run("A5 a deletion sent twice succeeds", func(t *testing.T) {
		make(t, "twice")
		for _, notice := range []string{"deleted", "gone"} {
			h.open(t, "/admin/webhooks/twice/delete", "x=y", asOwner...).want(t, 303, "../../webhooks?"+notice+"=twice")
		}
	})
	t.Run("A6 Delete asks, and twice succeeds", func(t *testing.T) {
		make(t, "away")
		p := h.open(t, "/admin/webhooks/away/delete", "", asOwner...).want(t, 200, "Delete “away”?")
		if action := p.Find("form[method=post]").First().AttrOr("action", ""); action != "../../webhooks/away/delete" {
			t.Errorf("it posts to %q", action)
		}
		h.open(t, "/admin/webhooks/away/delete", "x=y", asOwner...).want(t, 303, "../../webhooks?deleted=away")
		h.open(t, "/admin/webhooks/away/delete", "x=y", asOwner...).want(t, 303, "../../webhooks?gone=away")
		h.open(t, "/admin/webhooks/away/delete", "", asOwner...).want(t, 404, "There is no webhook “away”")
		h.open(t, "/admin/webhooks/away/view", "", asOwner...).want(t, 404, "There is no webhook “away”")
	})
}

func TestPreview(t *testing.T) {
	h := newAdmin(t, nil)
	t.Run("A3 shows the request and stores nothing", func(t *testing.T) {
		body := fine("p", "url", "https://u:secret@example.com/hook?a=1", "header_template", "Content-Type: application/json\nX-Token: hush",
			"body_template", `{"order":{{{json.order_id}}}}`)
		p := h.open(t, "/admin/webhooks/preview", body, asOwner...).want(t, 200, "Preview: New webhook")
		preview := p.text("#mw-preview")
		for _, want := range []string{"POST /hook?a=1", "example.com", "Content-Type: application/json", `{"order":"`, "valid JSON", "X-Token: •••"} {
			if !strings.Contains(preview, want) {
				t.Errorf("the preview does not say %q: %s", want, preview)
			}
		}
		if strings.Contains(preview, "hush") || strings.Contains(preview, "secret") {
			t.Errorf("the preview shows a secret: %s", preview)
		}
		if !strings.HasPrefix(p.text("title"), "Preview: New webhook") || count(t, h.db, "admin") != 0 {
			t.Errorf("title %q, %d webhooks", p.text("title"), count(t, h.db, "admin"))
		}
		h.open(t, "/admin/webhooks", p.fields(), asOwner...).want(t, 303, "webhooks?saved=p")
	})
	t.Run("A3 while editing, its Save saves to that webhook", func(t *testing.T) {
		form := h.open(t, "/admin/webhooks/p/edit", "", asOwner...)
		p := h.open(t, "/admin/webhooks/preview", form.fields("webhook_id", "p", "body_template", "changed"), asOwner...).want(t, 200, "Preview: Edit “p”")
		if action := p.Find("form[method=post]").First().AttrOr("action", ""); action != "../webhooks/p/edit" {
			t.Fatalf("it posts to %q", action)
		}
		h.open(t, "/admin/webhooks/p/edit", p.fields(), asOwner...).want(t, 303, "../../webhooks?saved=p")
		if got := h.body(t, "p"); got != "changed" {
			t.Errorf("stored: %q", got)
		}
	})
	t.Run("A3 of what would be refused, the messages too", func(t *testing.T) {
		p := h.open(t, "/admin/webhooks/preview", fine("a/b", "url", "ftp://x/", "body_template", "{{order_id}}"), asOwner...).want(t, 200, "Preview: New webhook")
		if !strings.Contains(p.message("url"), "ftp:") || !strings.Contains(p.text("#mw-preview"), "2026") && p.text("#mw-preview") == "" {
			t.Errorf("beside the address stands %q; preview: %q", p.message("url"), p.text("#mw-preview"))
		}
	})
	t.Run("A3 loaded again by its address", func(t *testing.T) {
		h.open(t, "/admin/webhooks/preview", "", asOwner...).want(t, 303, "../webhooks/new")
	})
}
