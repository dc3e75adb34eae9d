package plugin_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/jmoiron/sqlx"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/pgdev/pgtest"
	"github.com/seed-7c2cc908/merchant-webhooks/plugin"
)

func TestMain(m *testing.M) {
	gin.SetMode(gin.ReleaseMode)
	os.Exit(pgtest.Main(m))
}

// A host is an application that mounts the plugin, over a socket.
type host struct {
	*httptest.Server
	plugin *plugin.Plugin
	log    *logged
}

// patience is how long a test waits for what is to happen soon.
const patience = 3 * time.Minute

// newHost mounts the plugin as the README does, with a token that may do all.
func newHost(t *testing.T, db *sqlx.DB, configure func(*plugin.Config)) *host {
	t.Helper()
	h := mount(t, db, configure)
	if err := h.plugin.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return h
}

// mount is newHost without Migrate, for a database that is ready or away.
func mount(t *testing.T, db *sqlx.DB, configure func(*plugin.Config)) *host {
	t.Helper()
	h := &host{log: new(logged)}
	config := plugin.Config{
		DB:        db,
		Authorize: plugin.Tokens(plugin.Token{Value: "secret-token:all", Instance: "*", Scope: "all"}),
		Logger:    slog.New(slog.NewTextHandler(h.log, nil)),
	}
	config.Limits.RequestTime = patience // on however slow a machine
	if configure != nil {
		configure(&config)
	}
	p, err := plugin.New(config)
	if err != nil {
		t.Fatal(err)
	}
	h.plugin = p
	engine := gin.New()
	p.Register(&engine.RouterGroup)
	h.Server = httptest.NewServer(engine)
	t.Cleanup(h.Close)
	return h
}

// An answer is what the API said.
type answer struct {
	status int
	Code   int    `json:"code"`
	Field  string `json:"field"`
	Detail string `json:"detail"`
	body   string
}

// do sends a request with the token that may do all.
func (h *host) do(t *testing.T, method, path, body string) answer {
	t.Helper()
	got, err := h.try(method, path, body)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func (h *host) try(method, path, body string) (answer, error) {
	request, err := http.NewRequest(method, h.URL+path, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	request.Header.Set("Authorization", "Bearer secret-token:all")
	response, err := h.Client().Do(request)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return answer{}, err
	}
	got := answer{status: response.StatusCode, body: string(text)}
	if response.StatusCode >= 400 {
		err = json.Unmarshal(text, &got)
	}
	return got, err
}

// webhookJSON is the body of a POST that is in order.
func webhookJSON(id string) string {
	return `{"webhook_id":"` + id + `","event_type":"pay","url":"https://erp.example.com/hook","http_method":"POST","body_template":"{{order_id}}"}`
}

// logged keeps what was logged.
type logged struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// take gives the lines since the last call.
func (l *logged) take() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	text := strings.TrimSpace(l.text.String())
	l.text.Reset()
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}

// eventually waits until something is so, and fails the test where it is not
// within a while, as otherwise says.
func eventually(t *testing.T, within time.Duration, isSo func() bool, otherwise func() string) {
	t.Helper()
	for late := time.Now().Add(within); !isSo(); <-time.After(10 * time.Millisecond) {
		if time.Now().After(late) {
			t.Fatal(otherwise())
		}
	}
}
