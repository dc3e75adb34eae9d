package webhook

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	standard "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

func TestD4_Sign(t *testing.T) {
	t.Run("D4 the vector of Standard Webhooks", func(t *testing.T) {
		secret, err := base64.StdEncoding.DecodeString("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
		if err != nil {
			t.Fatal(err)
		}
		got := Secret(secret).Sign("msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 999), []byte(`{"test": 2432232314}`))
		if want := "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; got != want {
			t.Errorf("%s, want %s", got, want)
		}
	})
	t.Run("D4 the published library verifies it", func(t *testing.T) {
		secret, other := NewSecret(), NewSecret()
		for _, body := range []string{"", `{"a":1}`, "ü\x00\xff\r\n.", strings.Repeat("x", 1<<20)} {
			const id = "msg_7_0123456789abcdef"
			at := time.Now()
			headers := http.Header{}
			headers.Set("webhook-id", id)
			headers.Set("webhook-timestamp", strconv.FormatInt(at.Unix(), 10))
			headers.Set("webhook-signature", other.Sign(id, at, []byte(body))+" "+secret.Sign(id, at, []byte(body)))
			for _, s := range []Secret{secret, other} {
				receiver, err := standard.NewWebhook(s.Text())
				if err != nil {
					t.Fatal(err)
				}
				if err := receiver.Verify([]byte(body), headers); err != nil {
					t.Errorf("%.20q: %v", body, err)
				}
				if receiver.Verify([]byte(body+"!"), headers) == nil {
					t.Errorf("%.20q: another body is verified", body)
				}
			}
		}
	})
	t.Run("D4 each secret is new", func(t *testing.T) {
		a, b := NewSecret(), NewSecret()
		if len(a) != 32 || bytes.Equal(a, b) || !strings.HasPrefix(a.Text(), "whsec_") {
			t.Errorf("%d bytes, %s", len(a), a.Text())
		}
	})
}

// TestS2_SecretIsMasked prints a secret in every way that a log may.
func TestS2_SecretIsMasked(t *testing.T) {
	secret := Secret("abcdefghijklmnopqrstuvwxyz012345")
	var logged bytes.Buffer
	holder := struct{ Secret Secret }{secret}
	slog.New(slog.NewTextHandler(&logged, nil)).Info("a", "secret", secret, "holder", holder)
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("a", "secret", secret, "holder", holder)
	asJSON, err := json.Marshal(holder)
	if err != nil {
		t.Fatal(err)
	}
	printed := []string{logged.String(), string(asJSON), secret.String(), fmt.Errorf("it is %w", fmt.Errorf("%v", holder)).Error()}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%b", "% x", "%t"} {
		printed = append(printed, fmt.Sprintf(verb, secret), fmt.Sprintf(verb, holder), fmt.Sprintf(verb, []Secret{secret}))
	}
	for _, form := range []string{string(secret), secret.Text()[len("whsec_"):], fmt.Sprintf("%x", []byte(secret)), fmt.Sprintf("%X", []byte(secret)), "97 98 99", "61 62 63", "0x61, 0x62"} {
		for _, text := range printed {
			if strings.Contains(text, form) {
				t.Errorf("%q shows the secret as %q", text, form)
			}
		}
	}
	if !strings.Contains(logged.String(), "whsec_•••") {
		t.Errorf("the log is %s", logged.String())
	}
}
