package main

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/browser"
)

// TestA4SignedOut fills a form while the session ends: what was typed comes
// back, and is saved after signing in in another tab.
func TestA4SignedOut(t *testing.T) {
	eachWay(t, func(t *testing.T, s *site, p *browser.Page) {
		const body = "first\nsecond </textarea> ü"
		s.create("old", address, nil)
		p.Open("/admin/webhooks/new")
		p.Fill("Send to this address", address)
		p.Choose("My own text")
		if !p.Has("Body", "textbox") {
			p.Unfold("Headers and body")
		}
		p.Fill("Headers", "Authorization: Bearer sesame")
		p.Fill("Body", body)
		p.Fill("ID", "kept")

		other := p.Beside()
		other.Open("/")
		other.Click("Sign out")
		p.Click("Save")
		if p.Status != 401 || p.Path() != "/admin/webhooks" {
			t.Errorf("a form without a session is answered with %d at %s", p.Status, p.Path())
		}
		p.Shows("You are no longer signed in", "Nothing was saved, nothing is lost: your text is below.")
		if got := p.Value("Body"); got != body {
			t.Errorf("the body comes back as %q", got)
		}
		p.Check("A4 signed out")
		var link, target string
		p.Eval(&link, `document.querySelector(".merchant-webhooks a[href*=login]").getAttribute("href")`)
		p.Eval(&target, `document.querySelector(".merchant-webhooks a[href*=login]").target`)
		if link != "/login?next=%2Fadmin%2Fwebhooks" || target != "_blank" {
			t.Errorf("the link to sign in is %q, opened in %q", link, target)
		}
		if status, _ := s.ask(http.MethodGet, "/kept", nil); status != 404 {
			t.Errorf("it was saved without a session: %d", status)
		}

		other.Open(link)
		other.Fill("Username", "demo")
		other.Fill("Password", "demo")
		other.Click("Sign in")
		p.Click("Save")
		p.Shows("“kept” is saved.")
		if got := s.read("kept"); got.Body != body || got.Header != "Authorization: Bearer sesame" {
			t.Errorf("it is stored as %+v", got)
		}

		p.Open("/admin/webhooks/old/delete")
		other.Open("/")
		other.Click("Sign out")
		if p.Click("Delete"); p.Status != 401 {
			t.Errorf("a deletion without a session is answered with %d", p.Status)
		}
		p.Check("signed out at a deletion")
		s.read("old")
	})
}

// TestA12SignIn leads who is not signed in to the sign-in and back.
func TestA12SignIn(t *testing.T) {
	s := newSite(t)
	p := browser.New(t, s.URL)
	p.Open("/")
	p.Check("the home page")
	s.create("Käse 100%", address, nil)
	p.Open("/admin/webhooks/K%C3%A4se%20100%25/edit?x=1")
	if want := "/login?next=%2Fadmin%2Fwebhooks%2FK%25C3%25A4se%2520100%2525%2Fedit%3Fx%3D1"; p.Path() != want {
		t.Errorf("it leads to %s, want %s", p.Path(), want)
	}
	p.Shows("demo with the password demo may do everything.", "viewer with the password viewer may only look.")
	p.Check("the sign-in")
	p.Fill("Username", "demo")
	p.Fill("Password", "wrong")
	p.Click("Sign in")
	if p.Status != 401 || p.Value("Username") != "demo" || p.Value("Password") != "" || p.Focused() != "Password" {
		t.Errorf("a wrong password: %d, username %q, password %q, focus on %q", p.Status, p.Value("Username"), p.Value("Password"), p.Focused())
	}
	p.Shows("Username or password is not right. Try again.")
	p.Check("the sign-in, refused")
	p.Fill("Password", "demo")
	p.Submit(browser.Enter)
	if want := "/admin/webhooks/K%C3%A4se%20100%25/edit?x=1"; p.Path() != want {
		t.Errorf("after signing in it is at %s, want %s", p.Path(), want)
	}
	p.Open("/")
	p.Shows("Signed in as demo")
	p.Check("the home page, signed in")
}

// atTest gives the address of a server under a name of .test, to which a
// browser is not as good as it is to 127.0.0.1: plain http.
func atTest(t *testing.T, name string, server *httptest.Server) string {
	t.Helper()
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return "http://" + name + ".test:" + port
}

// TestA7PlainHTTP works with the forms over plain http, where browsers say
// nothing of sites, only of the origin, and A8's Referrer-Policy lets them.
func TestA7PlainHTTP(t *testing.T) {
	s := newSite(t)
	shop := atTest(t, "shop", s.Server)
	p := signIn(browser.New(t, shop), "demo")
	p.Click("Create your first webhook")
	p.Fill("Send to this address", address)
	p.Click("Preview")
	p.Click("Save")
	p.Shows("“pay-erp.example.com” is saved.")
	if post := s.lastPost(); post.Get("Origin") != shop || post.Get("Sec-Fetch-Site") != "" {
		t.Errorf("the browser says Origin %q, Sec-Fetch-Site %q: this is no plain http", post.Get("Origin"), post.Get("Sec-Fetch-Site"))
	}
	for _, page := range []string{"/admin/webhooks", "/admin/webhooks/new", "/admin/webhooks/pay-erp.example.com/edit"} {
		p.Open(page)
		if got := p.Header.Get("Referrer-Policy"); got != "same-origin" {
			t.Errorf("%s: Referrer-Policy %q", page, got)
		}
	}
}

// TestA7OtherSite is lured by another site's page that posts to the shop.
func TestA7OtherSite(t *testing.T) {
	s := newSite(t)
	for name, root := range map[string]string{"plain http": atTest(t, "shop", s.Server), "loopback": s.URL} {
		t.Run(name, func(t *testing.T) {
			evil := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "text/html")
				fmt.Fprintf(w, `<!DOCTYPE html><title>Win</title><form method="post" action="%s/admin/webhooks">
					<input name="event_type" value="pay"><input name="url" value="https://evil.example/"><input name="http_method" value="POST">
					<input name="webhook_id" value="evil"><button>Win</button></form>`, root)
			}))
			defer evil.Close()
			p := browser.New(t, root)
			p.Allow(atTest(t, "evil", evil))
			signIn(p, "demo")
			p.Visit(atTest(t, "evil", evil))
			p.Click("Win")
			if p.Status != 403 || !strings.Contains(p.Text(), "This form came from another site") {
				t.Errorf("another site's form is answered with %d", p.Status)
			}
			p.Check("A7 another site's form")
			if status, _ := s.ask(http.MethodGet, "/evil", nil); status != 404 {
				t.Errorf("another site's form was saved: %d", status)
			}
		})
	}
}

// TestA8Policy wants pages that no other site can frame, and a policy that
// binds: what somebody typed is text.
func TestA8Policy(t *testing.T) {
	s := newSite(t)
	id := `<img src=x onerror=alert(1)>`
	body := `</textarea><script>document.title = "run"</script><img src="http://example.org/x.png">`
	s.create(id, "https://a:geheim@erp.example.com/?<script>", func(w *stored) { w.Body = body })
	p := s.sitDown("demo")
	for _, page := range []string{"", "?q=%3Cscript%3E", "/%3Cimg%20src=x%20onerror=alert(1)%3E/view", "/%3Cimg%20src=x%20onerror=alert(1)%3E/edit", "/%3Cscript%3E/view"} {
		p.Open("/admin/webhooks" + page)
		if policy := p.Header.Get("Content-Security-Policy"); strings.Contains(policy, "unsafe") || !strings.Contains(policy, "frame-ancestors 'none'") {
			t.Errorf("%s: Content-Security-Policy %q", page, policy)
		}
		if p.Header.Get("Cache-Control") != "no-store" || p.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %v", page, p.Header)
		}
		if !strings.HasSuffix(p.Title(), "Example shop") {
			t.Errorf("%s: the title is %q", page, p.Title())
		}
		if page != "/%3Cimg%20src=x%20onerror=alert(1)%3E/edit" && strings.Contains(p.Text(), "geheim") {
			t.Errorf("%s shows a password", page)
		}
		p.Check("A8 " + page)
	}
}
