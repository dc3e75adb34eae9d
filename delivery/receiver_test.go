package delivery

import (
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// quietLog is for servers that tests make fail.
func quietLog() *log.Logger { return log.New(io.Discard, "", 0) }

func quietLogger() *slog.Logger { return slog.New(slog.DiscardHandler) }

// A message is what a receiver got.
type message struct {
	at     time.Time
	method string
	path   string
	header http.Header
	body   string
}

func (m message) id() string { return m.header.Get("Webhook-Id") }

// A receiver answers what the test says, and keeps what it got.
type receiver struct {
	url string
	got chan message
	mu  sync.Mutex
	ids map[string]int
}

// newReceiver answers by the function, or 200.
func newReceiver(t testing.TB, answer http.HandlerFunc) *receiver {
	t.Helper()
	r := &receiver{got: make(chan message, 20_000), ids: map[string]int{}}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		body, _ := io.ReadAll(request.Body)
		m := message{time.Now(), request.Method, request.URL.String(), request.Header, string(body)}
		r.mu.Lock()
		r.ids[m.id()]++
		r.mu.Unlock()
		r.got <- m
		if answer != nil {
			answer(w, request)
		}
	}))
	server.Config.ErrorLog = quietLog()
	server.Start()
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	r.url = server.URL
	return r
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

// next waits for what comes in.
func (r *receiver) next(s *shop) message {
	s.Helper()
	select {
	case m := <-r.got:
		return m
	case <-time.After(patience):
		s.Fatalf("nothing came in\n%s", s.log)
		panic("unreachable")
	}
}

// repeats are how often a delivery came more than once.
func (r *receiver) repeats() (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, times := range r.ids {
		n += times - 1
	}
	return n
}

// hanging is a receiver that takes connections and never answers; hung tells of
// each request.
func hanging(t testing.TB) (location string, hung chan struct{}) {
	t.Helper()
	hung, end := make(chan struct{}, 20_000), make(chan struct{})
	location = raw(t, func(net.Conn) {
		hung <- struct{}{}
		<-end
	})
	t.Cleanup(func() { close(end) })
	return location, hung
}

// switchable is a receiver's handler that breaks connections off until it is
// turned on.
type switchable struct{ on atomic.Bool }

func (s *switchable) turnOn() { s.on.Store(true) }

func (s *switchable) answer(http.ResponseWriter, *http.Request) {
	if !s.on.Load() {
		panic(http.ErrAbortHandler)
	}
}

// takeAWhile lets others work while an answer is under way.
func takeAWhile() {
	for range 100 {
		runtime.Gosched()
	}
}
