package handlers_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// FuzzD6_Requests asks the operations of delivery with any query and any body.
// Whatever they are, the operation does what it is for or refuses them by the
// client's fault, and says the same when it is asked again.
func FuzzD6_Requests(f *testing.F) {
	for _, name := range scriptNames(f) {
		s, err := readScript(name)
		if err != nil {
			f.Fatal(err)
		}
		for _, st := range s.steps {
			_, query, _ := strings.Cut(st.request.path, "?")
			if name[0] == 'D' && len(query)+len(st.request.body) < 4<<10 {
				f.Add(query, []byte(st.request.body))
			}
		}
	}
	h := startHost(f, migrated(f), setting{}, nil)
	f.Cleanup(h.Close)
	check(f, h.ask(f, "POST", "/private/webhooks", hook("a")), http.StatusNoContent, 0)
	fillLog(f, h.db, 30)
	page, _ := h.deliveries(f, "/private/webhooks/a/deliveries?limit=1")
	one := "/private/webhooks/a/deliveries/" + page[0].ID
	codes := contractCodes(f)

	f.Fuzz(func(t *testing.T, query string, body []byte) {
		for _, path := range []string{"/private/webhook-deliveries", "/private/webhooks/a/deliveries", "/private/webhook-deliveries/why"} {
			h.askTwice(t, codes, http.MethodGet, path, query, nil, 26)
		}
		for _, path := range []string{one + "/redeliver", "/private/webhooks/a/resume", "/private/webhook-deliveries/recover", "/private/webhook-deliveries/forget"} {
			h.askTwice(t, codes, http.MethodPost, path, "", body, 22)
		}
		h.askTwice(t, codes, http.MethodGet, "/private/webhooks/a/deliveries/"+url.PathEscape("x"+query), "", nil, 0)
	})
}

// askTwice asks twice; bad is the code of a request that is refused.
func (h *host) askTwice(t *testing.T, codes map[int]int, method, path, query string, body []byte, bad int) {
	t.Helper()
	var first answer
	for again := range 2 {
		r := httptest.NewRequest(method, path, strings.NewReader(string(body)))
		r.URL.RawQuery = query
		r.Header.Set("Authorization", "Bearer secret-token:all")
		w := httptest.NewRecorder()
		h.engine.ServeHTTP(w, r)
		got := answer{w.Result(), w.Body.Bytes()}
		for _, wrong := range standingChecks(got, method, codes) {
			t.Errorf("%s %s?%q: %s\n%s", method, path, query, wrong, got.body)
		}
		switch got.StatusCode {
		case http.StatusOK, http.StatusNoContent, http.StatusNotFound:
		case http.StatusForbidden: // forgotten, so that it can not be sent again
			check(t, got, http.StatusForbidden, 44)
		default:
			check(t, got, http.StatusBadRequest, bad)
		}
		if again == 0 {
			first = got
		} else if first.StatusCode != got.StatusCode {
			t.Errorf("%s %s?%q is answered %s, then %s", method, path, query, first.Status, got.Status)
		}
	}
}
