package delivery

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// TestD3_ErrorsThatNoReceiverMakes: those of resolvers and networks, as the
// standard library gives them.
func TestD3_ErrorsThatNoReceiverMakes(t *testing.T) {
	for name, c := range map[string]struct {
		err error
		key string
	}{
		"resolver fails":  {&net.DNSError{Err: "server misbehaving", Name: "hook.example", IsTemporary: true}, "attempt.name_lookup"},
		"resolver hangs":  {&net.DNSError{Err: "i/o timeout", Name: "hook.example", IsTimeout: true}, "attempt.timeout"},
		"no route":        {&net.OpError{Op: "dial", Net: "tcp", Err: syscall.EHOSTUNREACH}, "attempt.unreachable"},
		"breaks off":      {&net.OpError{Op: "read", Net: "tcp", Err: syscall.EIO}, "attempt.other"},
		"not trusted":     {&tls.CertificateVerificationError{Err: errors.New("it is not known")}, "attempt.certificate"},
		"no TLS record":   {tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"}, "attempt.tls"},
		"our TLS alert":   {&net.OpError{Op: "local error", Err: errors.New("tls: bad record MAC")}, "attempt.tls"},
		"closed early":    {&net.OpError{Op: "write", Net: "tcp", Err: syscall.EPIPE}, "attempt.reset"},
		"time is over":    {&url.Error{Op: "Post", Err: fmt.Errorf("dial: %w", context.DeadlineExceeded)}, "attempt.timeout"},
		"not for servers": {x509.CertificateInvalidError{Cert: &x509.Certificate{}, Reason: x509.IncompatibleUsage}, "attempt.certificate"},
		"TLS alert":       {&net.OpError{Op: "remote error", Err: errors.New("tls: handshake failure")}, "attempt.tls"},
	} {
		if m := explain(c.err, "hook.example", time.Second); m.Key != c.key {
			t.Errorf("%s: %s, want %s", name, m.Key, c.key)
		}
	}
}

// TestS2_WordsOfStrangers fit a column and a line of the log.
func TestS2_WordsOfStrangers(t *testing.T) {
	for text, want := range map[string]string{
		"a\nb":                       "a\ufffdb",
		"\x00":                       "\ufffd",
		"\xff":                       "\ufffd",
		strings.Repeat("x", 8):       strings.Repeat("x", 8),
		strings.Repeat("x", 9):       strings.Repeat("x", 8) + "…",
		strings.Repeat("x", 7) + "ü": strings.Repeat("x", 7) + "…",
	} {
		if got := printable(text, 8); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

// TestR5_JobsNotStored is as the repository says it.
func TestR5_JobsNotStored(t *testing.T) {
	cause := errors.New("disk full")
	problem := (*webhook.Problem)(nil)
	if err := storeProblem(t.Context(), cause); !errors.As(err, &problem) || problem.Code != webhook.CodeDBCommitFailed || !errors.Is(problem.Cause, cause) {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := storeProblem(ctx, cause); !errors.Is(err, context.Canceled) || errors.As(err, &problem) {
		t.Errorf("of a context that was cancelled: %v", err)
	}
}

// TestH6_OptionsThatAreNeeded: without one there is no Courier.
func TestH6_OptionsThatAreNeeded(t *testing.T) {
	s := newShop(t)
	whole := s.courier(nil).o
	if _, err := New(whole); err != nil {
		t.Fatal(err)
	}
	for name, without := range map[string]func(*Options){
		"Repo": func(o *Options) { o.Repo = nil }, "DB": func(o *Options) { o.DB = nil },
		"Keyring": func(o *Options) { o.Keyring = nil }, "EventTypes": func(o *Options) { o.Policy.EventTypes = nil },
		"Workers": func(o *Options) { o.Workers = 0 }, "PerReceiver": func(o *Options) { o.PerReceiver = 0 },
		"MaxPerEvent": func(o *Options) { o.MaxPerEvent = 0 }, "Keep": func(o *Options) { o.Keep = 0 },
		"Timeout": func(o *Options) { o.Timeout = 0 },
	} {
		o := whole
		without(&o)
		if _, err := New(o); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("without %s: %v", name, err)
		}
	}
}

// TestD3_URLsThatAreNone may be stored, by a host that writes into the database
// itself: they are told of, and end nothing.
func TestD3_URLsThatAreNone(t *testing.T) {
	const bad = "http://[::1/hook"
	if host, origin := hostOf(bad), originOf(bad); host != "" || origin != "" {
		t.Errorf("its host is %q, its origin %q", host, origin)
	}
	r := try(t, local(), bad)
	if r.Error.IsZero() || r.Status != 0 || !strings.Contains(r.Detail, "missing ']'") {
		t.Errorf("an attempt at it is %+v", r)
	}
}
