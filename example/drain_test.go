package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"
)

// ask sends a form or JSON to a running example as a program does, and gives
// the answer's text.
func (p *process) ask(t *testing.T, method, path, contentType, body string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, p.root+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer secret-token:demo-all")
	request.Header.Set("Accept", "application/json")
	request.Header.Set("Content-Type", contentType)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode >= 400 {
		t.Fatalf("%s %s: %d %s (%v)", method, path, response.StatusCode, text, err)
	}
	return string(text)
}

// TestD2StopDrains ends the example while a delivery is under way: it may
// arrive, is recorded, and is not sent again by the next start.
func TestD2StopDrains(t *testing.T) {
	arrived, release := make(chan string, 9), make(chan struct{})
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		arrived <- r.Header.Get("webhook-id")
		<-release
	}))
	defer receiver.Close()
	kept := cache(t)
	p := start(t, kept)
	p.ask(t, "POST", "/private/webhooks", "application/json", `{"webhook_id":"w","event_type":"order_created","url":"`+receiver.URL+`","http_method":"POST"}`)
	const form = "application/x-www-form-urlencoded"
	p.ask(t, "POST", "/shop/orders", form, url.Values{"amount": {"KUDOS:1"}, "summary": {"Coffee"}}.Encode())
	select {
	case <-arrived:
	case <-time.After(3 * time.Minute):
		t.Fatal("nothing arrived")
	}
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	close(release)
	if err := p.Wait(); err != nil {
		t.Errorf("%v: %s", err, p.stderr)
	}

	p = start(t, kept)
	var log struct {
		Deliveries []struct {
			State    string `json:"state"`
			Attempts int    `json:"attempt_count"`
		} `json:"deliveries"`
	}
	text := p.ask(t, "GET", "/private/webhooks/w/deliveries", form, "")
	if err := json.Unmarshal([]byte(text), &log); err != nil {
		t.Fatal(err)
	}
	if len(log.Deliveries) != 1 || log.Deliveries[0].State != "delivered" || log.Deliveries[0].Attempts != 1 || len(arrived) != 0 {
		t.Errorf("after the stop the log is %s, and %d more arrived", text, len(arrived))
	}
	if code := p.end(t, syscall.SIGTERM); code != 0 {
		t.Errorf("status %d: %s", code, p.stderr)
	}
}
