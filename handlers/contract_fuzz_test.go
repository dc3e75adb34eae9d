package handlers_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// FuzzAPI posts any body through the handler into the database. Whatever it
// is, it is created or refused by the client's fault, and what is created is
// read back as it was meant.
func FuzzAPI(f *testing.F) {
	addBodies(f)
	h := startHost(f, migrated(f), setting{}, nil)
	f.Cleanup(h.Close)
	codes := contractCodes(f)

	f.Fuzz(func(t *testing.T, body []byte) {
		created := h.serve("POST", "/private/webhooks", body)
		for _, wrong := range standingChecks(created, http.MethodPost, codes) {
			t.Error(wrong)
		}
		switch created.StatusCode {
		case http.StatusNoContent:
		case http.StatusBadRequest:
			check(t, created, http.StatusBadRequest, int(webhook.CodeJSONInvalid))
			return
		default:
			t.Fatalf("%s: %s", created.Status, created.body)
		}

		// A body that was taken holds no text that encoding/json would mend.
		var sent map[string]any
		if err := json.Unmarshal(body, &sent); err != nil {
			t.Fatalf("taken, though it is not JSON: %v", err)
		}
		id, _ := sent["webhook_id"].(string)
		path := "/private/webhooks/" + url.PathEscape(id)
		want, err := json.Marshal(asStored(sent))
		if err != nil {
			t.Fatal(err)
		}
		stored := h.serve("GET", path, nil)
		for _, wrong := range compareExactly(want, stored.body) {
			t.Error(wrong)
		}
		h.takes(t, "POST", "/private/webhooks", body)
		h.takes(t, "PATCH", path, body)
		h.takes(t, "POST", "/private/webhooks", withID(stored.body, id))
		h.takes(t, "PATCH", path, stored.body)
		h.takes(t, "DELETE", path, nil)
	})
}

// addBodies adds what the scripts send.
func addBodies(f *testing.F) {
	f.Helper()
	for _, name := range scriptNames(f) {
		s, err := readScript(name)
		if err != nil {
			f.Fatal(err)
		}
		for _, st := range s.steps {
			if body := st.request.body; body != "" && len(body) < 4<<10 {
				f.Add([]byte(body))
			}
		}
	}
}

// takes sends a request that must succeed.
func (h *host) takes(t *testing.T, method, path string, body []byte) {
	t.Helper()
	if a := h.serve(method, path, body); a.StatusCode != http.StatusNoContent {
		t.Fatalf("%s %s with %s: %s %s", method, path, body, a.Status, a.body)
	}
}

// asStored is what GET gives of a webhook that was sent so.
func asStored(sent map[string]any) map[string]any {
	stored := map[string]any{
		"event_type":  sent["event_type"],
		"url":         sent["url"],
		"http_method": strings.ToUpper(sent["http_method"].(string)),
	}
	for _, name := range []string{"header_template", "body_template"} {
		if text, _ := sent[name].(string); text != "" {
			stored[name] = text
		}
	}
	return stored
}

// compareExactly is compareJSON without a script's placeholders.
func compareExactly(want, got []byte) []string {
	var a, b map[string]string
	if err := json.Unmarshal(want, &a); err != nil {
		return []string{err.Error()}
	}
	if err := json.Unmarshal(got, &b); err != nil {
		return []string{err.Error()}
	}
	if len(a) != len(b) {
		return []string{string(got) + ", want " + string(want)}
	}
	for name := range a {
		if a[name] != b[name] {
			return []string{name + " of " + string(got) + ", want " + string(want)}
		}
	}
	return nil
}

// withID is the object with a webhook_id.
func withID(object []byte, id string) []byte {
	text, err := json.Marshal(id)
	if err != nil {
		panic(err)
	}
	return append([]byte(`{"webhook_id":`+string(text)+`,`), strings.TrimPrefix(string(object), "{")...)
}

// serve answers one request by the engine, without a socket.
func (h *host) serve(method, path string, body []byte) answer {
	r := httptest.NewRequest(method, path, strings.NewReader(string(body)))
	r.Header.Set("Authorization", "Bearer secret-token:all")
	w := httptest.NewRecorder()
	h.engine.ServeHTTP(w, r)
	return answer{w.Result(), w.Body.Bytes()}
}
