package handlers_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
)

// sending is the setting of a script's host that sends its deliveries, also to
// receivers on loopback.
const sending = "Sending = true"

// startSending starts the plugin's workers.
func (h *host) startSending(t testing.TB) {
	t.Helper()
	if err := h.plugin.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.isSending = true
}

// stopSending ends them; another host over the same database then is the only
// one that sends, or none is.
func (h *host) stopSending(t testing.TB) {
	t.Helper()
	if !h.isSending {
		return
	}
	if err := h.plugin.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	h.isSending = false
}

// receiver starts the receiver of a script that names one, and gives its
// address.
func (s script) receiver(t testing.TB) string {
	t.Helper()
	for _, st := range s.steps {
		if strings.Contains(st.request.body, "<receiver>") {
			return startReceiver(t)
		}
	}
	return ""
}

// startReceiver starts a server that answers with the status that a path begins
// with, and shows what it got: the method, headers of deliveries, the body.
func startReceiver(t testing.TB) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		first, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
		status, err := strconv.Atoi(first)
		if err != nil {
			status = http.StatusNotFound
		}
		w.WriteHeader(status)
		fmt.Fprintln(w, r.Method)
		for name, values := range r.Header {
			if strings.HasPrefix(name, "Webhook-") {
				fmt.Fprintf(w, "%s: %s\n", name, strings.Join(values, ", "))
			}
		}
		io.Copy(w, r.Body)
	}))
	t.Cleanup(server.Close)
	return server.URL
}
