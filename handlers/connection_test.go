package handlers_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestConnectionStays wants a connection to live on after a refusal, unless a
// part of the body was not read.
func TestConnectionStays(t *testing.T) {
	h := newHost(t, nil)
	for _, test := range []struct {
		name, token, body string
		status            int
		closes            bool
	}{
		{"R1 a body that was read and refused", "secret-token:all", `{}`, 400, false},
		{"R2 a body that was not read", "secret-token:none", `{}`, 401, true},
		{"R3 a body that is too large", "secret-token:all", strings.Repeat(" ", 2<<20), 413, true},
		{"R1 no body", "secret-token:none", "", 401, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.URL+"/private/webhooks", strings.NewReader(test.body))
			if err != nil {
				t.Fatal(err)
			}
			request.Header.Set("Authorization", "Bearer "+test.token)
			response, err := h.Client().Do(request)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			if response.StatusCode != test.status || response.Close != test.closes {
				t.Errorf("status %d, closes the connection: %t; want %d, %t", response.StatusCode, response.Close, test.status, test.closes)
			}
		})
	}
}
