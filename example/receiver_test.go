package main

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/browser"
)

// Secrets as webhooks have them.
const (
	aSecret       = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
	anotherSecret = "whsec_ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA="
)

// sign gives a signature by the published library of Standard Webhooks.
func sign(t *testing.T, secret, id string, at time.Time, body string) string {
	t.Helper()
	library, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	signature, err := library.Sign(id, at, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return signature
}

// deliver sends a request to the receiver, headers as pairs, and gives the
// answer's status.
func (s *site) deliver(method, body string, headers ...string) int {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), method, s.URL+"/receiver", strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	for pair := range slices.Chunk(headers, 2) {
		request.Header.Set(pair[0], pair[1])
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	response.Body.Close()
	return response.StatusCode
}

// signed sends a message that is signed with a secret.
func (s *site) signed(secret, id, body string) int {
	s.t.Helper()
	now := time.Now()
	return s.deliver(http.MethodPost, body, "webhook-id", id, "webhook-timestamp", strconv.FormatInt(now.Unix(), 10),
		"webhook-signature", sign(s.t, secret, id, now, body))
}

// TestD4Verify compares the example's few lines with the published library.
func TestD4Verify(t *testing.T) {
	now := time.Now()
	header := func(id string, at time.Time, signatures ...string) http.Header {
		h := http.Header{}
		h.Set("webhook-id", id)
		h.Set("webhook-timestamp", strconv.FormatInt(at.Unix(), 10))
		h.Set("webhook-signature", strings.Join(signatures, " "))
		return h
	}
	const body = "{\"a\": \"ü\xff\"}\n"
	right, other := sign(t, aSecret, "msg_1", now, body), sign(t, anotherSecret, "msg_1", now, body)
	late, early := now.Add(-4*time.Minute), now.Add(6*time.Minute)
	without := header("msg_1", now, right)
	without.Del("webhook-timestamp")
	for name, test := range map[string]struct {
		header http.Header
		body   string
		want   string // what the refusal says; empty: it is right
	}{
		"right":                  {header("msg_1", now, right), body, ""},
		"a change of the secret": {header("msg_1", now, other, right), body, ""},
		"another version too":    {header("msg_1", now, "v1a,"+right[3:], right), body, ""},
		"four minutes late":      {header("msg_1", late, sign(t, aSecret, "msg_1", late, body)), body, ""},
		"another secret":         {header("msg_1", now, other), body, "no signature of it"},
		"another version":        {header("msg_1", now, "v1a,"+right[3:]), body, "no signature of it"},
		"another body":           {header("msg_1", now, right), body + " ", "no signature of it"},
		"another ID":             {header("msg_2", now, right), body, "no signature of it"},
		"another time":           {header("msg_1", now.Add(2*time.Second), right), body, "no signature of it"},
		"no signature":           {header("msg_1", now), body, "no signature of it"},
		"six minutes early":      {header("msg_1", early, sign(t, aSecret, "msg_1", early, body)), body, "more than five minutes off"},
		"no time":                {without, body, "no webhook-timestamp"},
	} {
		key, err := parseSecret(aSecret)
		if err != nil {
			t.Fatal(err)
		}
		library, err := standardwebhooks.NewWebhook(aSecret)
		if err != nil {
			t.Fatal(err)
		}
		err = verify(key, test.header, []byte(test.body), now)
		if (err == nil) != (test.want == "") || (err != nil && !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
		if theirs := library.Verify([]byte(test.body), test.header); (theirs == nil) != (err == nil) {
			t.Errorf("%s: the library says %v, the example %v", name, theirs, err)
		}
	}
	for _, text := range []string{"", "whsec_", "whsec_AAAA", "whsec_!", "secret"} {
		if key, err := parseSecret(text); err == nil {
			t.Errorf("%q is taken for the secret %x", text, key)
		}
	}
}

// TestD4Receiver shows what came in as it comes, or where no script runs when
// the page is loaded again.
func TestD4Receiver(t *testing.T) {
	eachWay(t, func(t *testing.T, s *site, p *browser.Page) {
		p.Click("Receiver")
		p.Shows("Nothing yet.", "Without one no signature is checked.", s.URL+"/receiver")
		p.Check("the empty receiver")
		hasScripts := t.Name() == "TestD4Receiver/with_scripts"
		comes := func(messages int) {
			t.Helper()
			if !hasScripts {
				p.Click("Load again")
			}
			p.Until(fmt.Sprintf(`document.querySelectorAll("#shop-messages > li").length === %d`, messages))
		}

		if got := s.signed(aSecret, "msg_1", "first <b>body</b>"); got != http.StatusOK {
			t.Errorf("a message is answered with %d", got)
		}
		comes(1)
		p.Shows("1 message", "no secret given", "msg_1", "first <b>body</b>")
		p.Check("a message, no secret given")

		p.Fill("Secret", "whsec_nonsense")
		if p.Click("Use this secret"); p.Status != 400 || p.Value("Secret") != "whsec_nonsense" || p.Focused() != "Secret" {
			t.Errorf("a wrong secret: %d, %q comes back, the focus is on %q", p.Status, p.Value("Secret"), p.Focused())
		}
		p.Shows("“whsec_nonsense” is no secret")
		p.Check("a wrong secret")
		p.Fill("Secret", aSecret+"\n"+anotherSecret)
		p.Click("Use this secret")
		p.Shows("✓ signature verified", "Now: whsec_…ZWY= whsec_…MTA=.")
		if strings.Contains(p.Text(), aSecret) || p.Value("Secret") != "" {
			t.Error("the page shows the secret")
		}

		s.signed(anotherSecret, "msg_2", "second")
		s.signed(aSecret, "msg_1", "first <b>body</b>")
		s.deliver(http.MethodPost, "third", "webhook-id", "msg_3", "webhook-timestamp", "1", "webhook-signature", "v1,AAAA")
		comes(4)
		p.Shows("4 messages", "repeat: the same webhook-id came at ", "✗ signature not verified: its webhook-timestamp is more than five minutes off")
		if got := strings.Count(p.Text(), "signature verified"); got != 3 {
			t.Errorf("%d signatures are verified, want 3", got)
		}
		if text := p.Text(); strings.Index(text, "third") > strings.Index(text, "second") || strings.Count(text, "repeat") != 1 {
			t.Errorf("the newest does not come first, or what repeats is marked wrongly:\n%s", text)
		}
		p.Check("four messages")
	})
}

// TestReceiverStops answers 503 while it is stopped, and keeps nothing then.
func TestReceiverStops(t *testing.T) {
	s := newSite(t)
	p := s.sitDown("demo")
	p.Open("/receiver")
	p.Click("Stop the receiver")
	p.Shows("It is stopped", "It answers 503 to everybody.")
	p.Check("the receiver, stopped")
	for range 2 {
		if got := s.deliver(http.MethodPost, "turned away"); got != http.StatusServiceUnavailable {
			t.Errorf("a stopped receiver answers %d", got)
		}
	}
	p.Until(`document.body.innerText.includes("503 to everybody, 2 times so far.")`)
	p.Click("Start the receiver")
	p.Shows("It is running", "Nothing yet.")
	if got := s.deliver(http.MethodPost, "taken"); got != http.StatusOK {
		t.Errorf("a receiver that was started again answers %d", got)
	}
	p.Until(`document.body.innerText.includes("taken")`)
}

// TestReceiverTakes takes messages by any method, keeps the last hundred, and
// has a limit.
func TestReceiverTakes(t *testing.T) {
	s := newSite(t)
	for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"} {
		if got := s.deliver(method, "", "webhook-id", "msg_"+method); got != http.StatusOK {
			t.Errorf("%s is answered with %d", method, got)
		}
	}
	if got := s.deliver(http.MethodPost, "", "Sec-Fetch-Site", "cross-site"); got != http.StatusOK {
		t.Errorf("a receiver asks where a message is from: %d", got)
	}
	read := s.shop.inbox.read().Messages
	if len(read) != 8 || read[7].Method != "GET" || read[1].Method != "OPTIONS" {
		t.Errorf("%d messages are there: %+v", len(read), read)
	}
	for i := range keptMessages + 1 {
		s.deliver(http.MethodPost, strconv.Itoa(i))
	}
	read = s.shop.inbox.read().Messages
	if len(read) != keptMessages || string(read[0].Body) != "100" || string(read[99].Body) != "1" {
		t.Errorf("%d messages are kept, from %q to %q", len(read), read[0].Body, read[len(read)-1].Body)
	}
	if got := s.deliver(http.MethodPost, strings.Repeat("x", maxMessage)); got != http.StatusOK {
		t.Errorf("a message of %d bytes is answered with %d", maxMessage, got)
	}
	if got := s.deliver(http.MethodPost, strings.Repeat("x", maxMessage+1)); got != http.StatusRequestEntityTooLarge {
		t.Errorf("a message of one byte more is answered with %d", got)
	}
	if read = s.shop.inbox.read().Messages; !bytes.HasPrefix(read[0].Body, []byte("xxx")) || string(read[1].Body) != "100" {
		t.Errorf("what is too long is kept: %q", read[1].Body)
	}
	for _, path := range []string{"/receiver/stop", "/receiver/start", "/receiver/secret"} {
		if response, _ := visit(t, s.URL).send(path, map[string][]string{}); response.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s by a stranger: %d", path, response.StatusCode)
		}
	}
}
