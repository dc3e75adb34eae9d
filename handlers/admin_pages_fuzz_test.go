package handlers_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

// FuzzA4_Pages asks for any page with any query and any body under any type, as
// whoever may write. A page is whole, stays on this host and blames the client, and
// what is in it does not become a script.
func FuzzA4_Pages(f *testing.F) {
	const encoded = "application/x-www-form-urlencoded"
	for _, path := range []string{
		"", "/", "/new", "/preview", "/deliveries", "/why", "/recover", "/forget", "/a", "/a/view", "/a/edit", "/a/delete", "/a/test", "/a/pause", "/a/resume",
		"/a/secret", "/a/secret/rotate", "/a/recover", "/a/deliveries", "/a/deliveries/{}", "/a/deliveries/{}/show", "/a/deliveries/{}/redeliver",
		"//evil.example/view", "/%2f%2fevil.example/view", "/..%2f..", "/a%00/view", "/%ff/edit", "/assets/style.css", "/a/view/x",
	} {
		f.Add(path, "", encoded, []byte(""), "")
		f.Add(path, "after=1&again=3&from=2026-11-23T14:03&to=%00&state=%ff&order_id=<script>&q='", encoded, []byte("from=2025-01-01T00:00&to=2027-01-01T00:00&order_id=order-1&asked_at=1&version=1&end=x"), "de")
	}
	f.Add("", "created=a&changed=//evil.example&deleted=<b>&page=-1&after=x", encoded, []byte(fine("b")), "de, *;q=0.1")
	f.Add("/a/edit", "", "multipart/form-data; boundary=x", []byte("--x\r\nContent-Disposition: form-data; name=\"url\"\r\n\r\nhttps://example.com/\r\n--x--"), "fr;q=x")
	f.Add("/preview", "", encoded, []byte(fine("</script><script>", "body_template", "{{#a}}", "header_template", "A: \"'<>")), "en-GB")
	f.Add("/a/resume", "", encoded, []byte("drop=1&waiting=-1"), "\xff")
	f.Add("", "", "multipart/form-data", []byte("--"), "")
	f.Add("", "", "text/plain; \xff", []byte("%zz&;=%"), "")

	h := startHost(f, migrated(f), setting{}, nil)
	f.Cleanup(h.Close)
	check(f, h.ask(f, "POST", "/private/webhooks", hook("a")), http.StatusNoContent, 0)
	fillLog(f, h.db, 3)
	page, _ := h.deliveries(f, "/private/webhooks/a/deliveries?limit=1")
	f.Fuzz(func(t *testing.T, path, query, contentType string, body []byte, language string) {
		path = strings.ReplaceAll(path, "{}", page[0].ID)
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			r := httptest.NewRequest(method, "http://shop.example/admin/webhooks", bytes.NewReader(body))
			r.URL.RawPath = "/admin/webhooks" + path
			var err error
			if r.URL.Path, err = url.PathUnescape(r.URL.RawPath); err != nil {
				t.Skip()
			}
			r.URL.RawQuery = query
			r.Header = http.Header{"Authorization": {"Bearer secret-token:all"}, "Content-Type": {contentType}, "Accept-Language": {language}}
			w := httptest.NewRecorder()
			h.engine.ServeHTTP(w, r)
			checkPage(t, r, w)
		}
		if h.serve("GET", "/private/webhooks/a", nil).StatusCode == http.StatusNotFound {
			h.serve("POST", "/private/webhooks", []byte(hook("a")))
		}
	})
}

// checkPage holds what is so of every answer of the pages.
func checkPage(t *testing.T, r *http.Request, w *httptest.ResponseRecorder) {
	t.Helper()
	if w.Code >= http.StatusInternalServerError {
		t.Fatalf("%s %s?%q: %d", r.Method, r.URL.RawPath, r.URL.RawQuery, w.Code)
	}
	if location := w.Header().Get("Location"); location != "" {
		to, err := (&url.URL{Scheme: "http", Host: "shop.example", Path: r.URL.Path, RawPath: r.URL.RawPath}).Parse(location)
		if err != nil || to.Host != "shop.example" || to.Scheme != "http" || strings.HasPrefix(location, "//") || strings.HasPrefix(location, `\`) {
			t.Errorf("%s %s?%q leads to %q", r.Method, r.URL.RawPath, r.URL.RawQuery, location)
		}
	}
	if !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
		return
	}
	if !strings.Contains(w.Header().Get("Content-Security-Policy"), "default-src") {
		t.Errorf("%s: the policy is %q", r.URL.RawPath, w.Header().Get("Content-Security-Policy"))
	}
	doc, err := goquery.NewDocumentFromReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	if n := doc.Find("h1").Length(); n != 1 {
		t.Errorf("%s %s?%q has %d headings", r.Method, r.URL.RawPath, r.URL.RawQuery, n)
	}
	doc.Find("script, iframe, object, base, [href], [src], [action], [formaction], [style]").Each(func(_ int, s *goquery.Selection) {
		if !isOurs(r.URL, s) {
			html, _ := goquery.OuterHtml(s)
			t.Errorf("%s %s?%q has %.300s", r.Method, r.URL.RawPath, r.URL.RawQuery, html)
		}
	})
}

// isOurs reports whether an element is one of the pages' own: nothing in it comes
// from elsewhere, and only links lead there.
func isOurs(base *url.URL, s *goquery.Selection) bool {
	isData := s.AttrOr("type", "") == "application/json"
	switch goquery.NodeName(s) {
	case "iframe", "object", "base":
		return false
	case "script":
		if _, src := s.Attr("src"); src == isData || isData != json.Valid([]byte(s.Text())) {
			return false
		}
	}
	for _, name := range []string{"href", "src", "action", "formaction"} {
		if value, given := s.Attr(name); given {
			to, err := base.Parse(value)
			if err != nil || to.Scheme != "http" && (name != "href" || to.Scheme != "https") || name != "href" && to.Host != base.Host {
				return false
			}
		}
	}
	_, styled := s.Attr("style")
	return !styled
}
