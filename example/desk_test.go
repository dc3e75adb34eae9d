package main

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/jmoiron/sqlx"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/browser"
	"github.com/seed-7c2cc908/merchant-webhooks/internal/pgdev/pgtest"
)

// A site is the example as browsers and programs reach it.
type site struct {
	*httptest.Server
	t    *testing.T
	db   *sqlx.DB
	shop *shop

	mu    sync.Mutex
	posts []http.Header // of the posts that came in
}

// migrated is a database of the test's own that holds the example's tables.
func migrated(t *testing.T) string {
	t.Helper()
	return pgtest.Template(t, "example", func(dsn string) error {
		db, err := sqlx.Open("postgres", dsn)
		if err != nil {
			return err
		}
		defer db.Close()
		_, err = newShop(t.Context(), db, settings{}, slog.New(slog.DiscardHandler))
		return err
	})
}

// newSite serves the example's handler over a database of the test's own, which
// lets the test run beside others; change says which settings are others than
// the example's.
func newSite(t *testing.T, change ...func(*settings)) *site {
	t.Helper()
	t.Parallel()
	with, err := readSettings() // as the example has them
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range change {
		change(&with)
	}
	with.listenDSN = migrated(t)
	s := &site{t: t, db: pgtest.Open(t, with.listenDSN)}
	s.shop, err = newShop(t.Context(), s.db, with, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			s.mu.Lock()
			s.posts = append(s.posts, r.Header.Clone())
			s.mu.Unlock()
		}
		s.shop.ServeHTTP(w, r)
	}))
	t.Cleanup(func() {
		s.shop.inbox.end() // pages that wait for news
		s.Close()
	})
	return s
}

// send lets the site deliver, until the test ends.
func (s *site) send() *site {
	s.t.Helper()
	if err := s.shop.webhooks.Start(context.Background()); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		if err := s.shop.webhooks.Stop(context.Background()); err != nil {
			s.t.Error(err)
		}
	})
	return s
}

// lastPost is the header of the post that came in last.
func (s *site) lastPost() http.Header {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.posts[len(s.posts)-1]
}

// sitDown gives a browser of its own, signed in, that has done nothing yet.
func (s *site) sitDown(username string) *browser.Page {
	s.t.Helper()
	return s.letIn(browser.New(s.t, s.URL), username)
}

// letIn signs a browser in without the form, which takes longer.
func (s *site) letIn(p *browser.Page, username string) *browser.Page {
	s.t.Helper()
	v := visit(s.t, s.URL)
	v.signIn(username, username)
	p.SetCookie("shop_session", v.session())
	p.Open("/admin/webhooks")
	return p
}

// signIn signs in by the form as one of the accounts that are on show.
func signIn(p *browser.Page, username string) *browser.Page {
	p.Open("/login?next=/admin/webhooks")
	p.Fill("Username", username)
	p.Fill("Password", username)
	p.Click("Sign in")
	p.Actions = 0
	return p
}

// curl asks the API as a program does, and fails the test if it is refused.
func (s *site) curl(method, path string, body any) string {
	s.t.Helper()
	status, text := s.ask(method, path, body)
	if status >= 400 {
		s.t.Fatalf("%s %s: %d %s", method, path, status, text)
	}
	return text
}

// ask gives the status and text of what the API answers.
func (s *site) ask(method, path string, body any) (int, string) {
	s.t.Helper()
	var sent io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			s.t.Fatal(err)
		}
		sent = strings.NewReader(string(text))
	}
	request, err := http.NewRequestWithContext(s.t.Context(), method, s.URL+"/private/webhooks"+path, sent)
	if err != nil {
		s.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer secret-token:demo-all")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return response.StatusCode, strings.TrimSpace(string(text))
}

// A stored is a webhook as the API takes and gives it.
type stored struct {
	ID     string `json:"webhook_id,omitempty"`
	Event  string `json:"event_type"`
	URL    string `json:"url"`
	Method string `json:"http_method"`
	Header string `json:"header_template,omitempty"`
	Body   string `json:"body_template,omitempty"`
}

// create makes a webhook by the API.
func (s *site) create(id, address string, change func(*stored)) stored {
	s.t.Helper()
	w := stored{ID: id, Event: "pay", URL: address, Method: "POST"}
	if change != nil {
		change(&w)
	}
	s.curl(http.MethodPost, "", w)
	return w
}

// read gives a webhook as the API does.
func (s *site) read(id string) stored {
	s.t.Helper()
	var w stored
	if err := json.Unmarshal([]byte(s.curl(http.MethodGet, "/"+url.PathEscape(id), nil)), &w); err != nil {
		s.t.Fatal(err)
	}
	return w
}
