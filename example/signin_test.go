package main

import (
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/pgdev/pgtest"
)

// startShop serves the example's handler over a database of the test's own.
func startShop(t *testing.T) *httptest.Server {
	t.Helper()
	shop, err := newShop(t.Context(), pgtest.DB(t), settings{}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(shop)
	t.Cleanup(server.Close)
	return server
}

// A visitor is an HTTP client with cookies that follows no redirect.
type visitor struct {
	t    *testing.T
	root string
	http.Client
}

func visit(t *testing.T, root string) *visitor {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &visitor{t: t, root: root, Client: http.Client{
		Jar:           jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// send gives the answer and its text. A form that is nil is a GET; headers are
// pairs.
func (v *visitor) send(path string, form url.Values, headers ...string) (*http.Response, string) {
	v.t.Helper()
	method := http.MethodPost
	if form == nil {
		method = http.MethodGet
	}
	request, err := http.NewRequestWithContext(v.t.Context(), method, v.root+path, strings.NewReader(form.Encode()))
	if err != nil {
		v.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for pair := range slices.Chunk(headers, 2) {
		request.Header.Set(pair[0], pair[1])
	}
	response, err := v.Do(request)
	if err != nil {
		v.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return response, string(text)
}

// signIn gives the answer to a username and a password.
func (v *visitor) signIn(username, password string) (*http.Response, string) {
	v.t.Helper()
	return v.send("/login", url.Values{"username": {username}, "password": {password}})
}

// session is the value of the session's cookie; empty if there is none.
func (v *visitor) session() string {
	root, err := url.Parse(v.root)
	if err != nil {
		v.t.Fatal(err)
	}
	for _, cookie := range v.Jar.Cookies(root) {
		if cookie.Name == "shop_session" {
			return cookie.Value
		}
	}
	return ""
}

const aWebhook = `{"webhook_id":"w","event_type":"pay","url":"https://erp.example.com/","http_method":"POST"}`

// create posts aWebhook as a page's script would.
func (v *visitor) create(headers ...string) int {
	v.t.Helper()
	request, err := http.NewRequestWithContext(v.t.Context(), http.MethodPost, v.root+"/private/webhooks", strings.NewReader(aWebhook))
	if err != nil {
		v.t.Fatal(err)
	}
	for pair := range slices.Chunk(headers, 2) {
		request.Header.Set(pair[0], pair[1])
	}
	response, err := v.Do(request)
	if err != nil {
		v.t.Fatal(err)
	}
	response.Body.Close()
	return response.StatusCode
}

func TestSignIn(t *testing.T) {
	shop := startShop(t)

	t.Run("session counts for the API", func(t *testing.T) {
		for username, want := range map[string]struct{ read, write int }{
			"demo": {200, 204}, "viewer": {200, 403},
		} {
			v := visit(t, shop.URL)
			if response, _ := v.send("/private/webhooks", nil); response.StatusCode != 401 {
				t.Errorf("before %s signed in, the list is %d", username, response.StatusCode)
			}
			response, _ := v.signIn(username, username)
			if response.StatusCode != 303 || response.Header.Get("Location") != "/" {
				t.Errorf("%s signs in: %d to %q", username, response.StatusCode, response.Header.Get("Location"))
			}
			if response, _ := v.send("/private/webhooks", nil); response.StatusCode != want.read {
				t.Errorf("%s reads: %d, want %d", username, response.StatusCode, want.read)
			}
			if got := v.create(); got != want.write {
				t.Errorf("%s writes: %d, want %d", username, got, want.write)
			}
		}
	})

	t.Run("Authorization or else the session", func(t *testing.T) {
		v := visit(t, shop.URL)
		v.signIn("demo", "demo")
		for name, test := range map[string]struct {
			headers []string
			want    int
		}{
			"a token that is none":                      {[]string{"Authorization", "Bearer secret-token:no"}, 401},
			"a token that may not":                      {[]string{"Authorization", "Bearer secret-token:demo-readonly"}, 403},
			"a header for the sake of the exemption":    {[]string{"Authorization", "Basic eDp4", "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"}, 401},
			"another site's page":                       {[]string{"Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"}, 403},
			"another site's page over plain http":       {[]string{"Origin", "http://evil.example"}, 403},
			"a token that may, beside the session":      {[]string{"Authorization", "Bearer secret-token:demo-all"}, 204},
			"the session, from a page of the shop":      {[]string{"Origin", shop.URL, "Sec-Fetch-Site", "same-origin"}, 204},
			"the session, in a browser over plain http": {[]string{"Origin", shop.URL}, 204},
		} {
			if got := v.create(test.headers...); got != test.want {
				t.Errorf("%s: %d, want %d", name, got, test.want)
			}
		}
	})

	t.Run("renews the session", func(t *testing.T) {
		v := visit(t, shop.URL)
		v.signIn("viewer", "viewer")
		before := v.session()
		response, _ := v.signIn("demo", "demo")
		if after := v.session(); before == "" || after == before {
			t.Errorf("the session is %q before and %q after somebody signed in", before, after)
		}
		set := response.Header.Get("Set-Cookie")
		if !strings.Contains(set, "HttpOnly") || !strings.Contains(set, "SameSite=Lax") {
			t.Errorf("Set-Cookie: %s", set)
		}
		old := visit(t, shop.URL)
		if response, _ := old.send("/private/webhooks", nil, "Cookie", "shop_session="+before); response.StatusCode != 401 {
			t.Errorf("the session from before is still good: %d", response.StatusCode)
		}
	})

	t.Run("ends by POST alone", func(t *testing.T) {
		v := visit(t, shop.URL)
		v.signIn("demo", "demo")
		ended := v.session()
		if response, _ := v.send("/logout", nil); response.StatusCode != 404 {
			t.Errorf("GET /logout: %d", response.StatusCode)
		}
		response, _ := v.send("/logout", url.Values{})
		if response.StatusCode != 303 || v.session() != "" {
			t.Errorf("POST /logout: %d, and the browser keeps %q", response.StatusCode, v.session())
		}
		if response, _ := v.send("/private/webhooks", nil, "Cookie", "shop_session="+ended); response.StatusCode != 401 {
			t.Errorf("a session that was ended is still good: %d", response.StatusCode)
		}
	})

	t.Run("refusals are alike", func(t *testing.T) {
		page := func(username, password string) string {
			response, text := visit(t, shop.URL).signIn(username, password)
			if response.StatusCode != 401 || response.Header.Get("Set-Cookie") != "" {
				t.Errorf("%q, %q: %d, Set-Cookie %q", username, password, response.StatusCode, response.Header.Get("Set-Cookie"))
			}
			if username != "" && !strings.Contains(text, `value="`+username+`"`) {
				t.Errorf("%q has to be typed again: %s", username, text)
			}
			if !strings.Contains(text, "Username or password is not right.") || strings.Contains(text, "p4ssword") {
				t.Errorf("%q, %q: %s", username, password, text)
			}
			return strings.ReplaceAll(text, `value="`+username+`"`, "value")
		}
		want := page("demo", "p4ssword")
		for _, username := range []string{"nobody", "viewer", "Demo", "demo ", ""} {
			if got := page(username, "p4ssword"); got != want {
				t.Errorf("who looks at the page knows whether there is a %q:\n%s\n%s", username, got, want)
			}
		}
		page("demo", "")
		page("demo", "viewer")
		page("", "")
	})

	t.Run("from another site", func(t *testing.T) {
		for name, headers := range map[string][]string{
			"another origin": {"Sec-Fetch-Site", "cross-site"}, "over plain http": {"Origin", "http://evil.example"}, "no origin": {"Origin", "null"},
		} {
			v := visit(t, shop.URL)
			response, _ := v.send("/login", url.Values{"username": {"demo"}, "password": {"demo"}}, headers...)
			if response.StatusCode != 403 || v.session() != "" {
				t.Errorf("%s, sign in: %d", name, response.StatusCode)
			}
			v.signIn("demo", "demo")
			if response, _ := v.send("/logout", url.Values{}, headers...); response.StatusCode != 403 || v.session() == "" {
				t.Errorf("%s, sign out: %d", name, response.StatusCode)
			}
		}
	})

	t.Run("a form without end", func(t *testing.T) {
		form := url.Values{"username": {"demo"}, "password": {"demo"}, "x": {strings.Repeat("x", maxForm)}}
		if response, _ := visit(t, shop.URL).send("/login", form); response.StatusCode != 400 {
			t.Errorf("a form of more than %d bytes: %d", maxForm, response.StatusCode)
		}
	})
}

// TestNext wants the way back followed on this host only: through the table,
// and through the form.
func TestNext(t *testing.T) {
	shop := startShop(t)
	for next, want := range map[string]string{
		"/admin/webhooks":                       "/admin/webhooks",
		"/admin/webhooks?q=a%2Fb&before=7":      "/admin/webhooks?q=a%2Fb&before=7",
		"/admin/webhooks/a%20b%25%C3%BC:/edit":  "/admin/webhooks/a%20b%25%C3%BC:/edit",
		"/admin/webhooks?q=https://e.example//": "/admin/webhooks?q=https://e.example//",

		"":                    "/",
		"admin":               "/",
		"?q=1":                "/",
		"//e":                 "/",
		"///e":                "/",
		`/\e`:                 "/",
		`\\e`:                 "/",
		`/a\..\..\e`:          "/",
		"/\t/e":               "/",
		"\t//e":               "/",
		"/\r\n/e":             "/",
		"/\x00/e":             "/",
		"/\x7f/e":             "/",
		"/\u0085/e":           "/",
		" //e":                "/",
		"/%09/e":              "/",
		"/%0d%0aX-Header:%20": "/",
		"/%2Fe":               "/",
		"/%5Ce":               "/",
		"/%zz":                "/",
		"https:e":             "/",
		"https:/e":            "/",
		"https://e":           "/",
		"HTTPS://e/login":     "/",
		"javascript:x":        "/",
		"http://" + shop.Listener.Addr().String() + "/": "/",
	} {
		if got := localPath(next); got != want {
			t.Errorf("localPath(%q) = %q, want %q", next, got, want)
		}
		form := url.Values{"username": {"demo"}, "password": {"demo"}, "next": {next}}
		response, _ := visit(t, shop.URL).send("/login", form)
		if got := response.Header.Get("Location"); response.StatusCode != 303 || got != want {
			t.Errorf("next=%q leads with %d to %q, want %q", next, response.StatusCode, got, want)
		}
		_, text := visit(t, shop.URL).send("/login?"+url.Values{"next": {next}}.Encode(), nil)
		if field := `name="next" value="` + html.EscapeString(want) + `"`; !strings.Contains(text, field) {
			t.Errorf("next=%q: the form has no %s", next, field)
		}
	}
	if got := signInURL(nil, "/admin/webhooks/a%20b/edit?q=1"); got != "/login?next=%2Fadmin%2Fwebhooks%2Fa%2520b%2Fedit%3Fq%3D1" {
		t.Errorf("signInURL gives %s", got)
	}
}
