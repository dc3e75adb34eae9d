package delivery

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"
	"unicode"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// maxDetail is how many bytes of an error's technical words are kept.
const maxDetail = 300

// explain says in words why an attempt to a host got no answer.
func explain(err error, host string, limit time.Duration) webhook.Message {
	refused, lookup := (*refusedAddress)(nil), (*net.DNSError)(nil)
	switch {
	case errors.As(err, &refused):
		return webhook.Say("attempt.private", "host", host, "address", refused.address.String())
	case errors.As(err, &lookup) && lookup.IsNotFound:
		return webhook.Say("attempt.no_such_name", "host", host)
	case isTimeout(err):
		return webhook.Say("attempt.timeout", "n", int(limit.Round(time.Second)/time.Second))
	case lookup != nil:
		return webhook.Say("attempt.name_lookup", "host", host)
	}
	if m := explainTLS(err, host); !m.IsZero() {
		return m
	}
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return webhook.Say("attempt.refused")
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, io.EOF):
		return webhook.Say("attempt.reset")
	case errors.Is(err, io.ErrUnexpectedEOF):
		return webhook.Say("attempt.cut")
	}
	operation := (*net.OpError)(nil)
	switch {
	case errors.As(err, &operation) && operation.Op == "dial":
		return webhook.Say("attempt.unreachable", "host", host)
	case operation != nil, errors.Is(err, context.Canceled):
		return webhook.Say("attempt.other")
	}
	// What net/http does not like of an answer has no type of its own.
	return webhook.Say("attempt.not_http")
}

// explainTLS says so where TLS is the cause.
func explainTLS(err error, host string) webhook.Message {
	var (
		invalid x509.CertificateInvalidError
		name    x509.HostnameError
		unknown x509.UnknownAuthorityError
		untrust *tls.CertificateVerificationError
		record  tls.RecordHeaderError
		said    *net.OpError
	)
	switch {
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		if early := invalid.Cert.NotBefore; time.Now().Before(early) {
			return webhook.Say("attempt.certificate_early", "date", early)
		}
		return webhook.Say("attempt.certificate_expired", "date", invalid.Cert.NotAfter)
	case errors.As(err, &name):
		return webhook.Say("attempt.certificate_name", "host", host)
	case errors.As(err, &unknown):
		return webhook.Say("attempt.certificate_authority")
	case errors.As(err, &untrust), errors.As(err, &invalid):
		return webhook.Say("attempt.certificate")
	case errors.As(err, &record), errors.Is(err, http.ErrSchemeMismatch):
		return webhook.Say("attempt.tls")
	case errors.As(err, &said) && (said.Op == "remote error" || said.Op == "local error"): // TLS's alerts
		return webhook.Say("attempt.tls")
	}
	return webhook.Message{}
}

func isTimeout(err error) bool {
	var network net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &network) && network.Timeout()
}

// technical gives an error's own words without what is nobody's business: the
// URL, whose path and query may hold a secret, and addresses of this machine and
// of its resolver.
func technical(err error) string {
	if of, is := errors.AsType[*url.Error](err); is {
		err = of.Err
	}
	text := err.Error()
	lookup, operation := (*net.DNSError)(nil), (*net.OpError)(nil)
	switch {
	case errors.As(err, &lookup):
		text = "lookup " + lookup.Name + ": " + lookup.Err
	case errors.As(err, &operation):
		text = operation.Op + " " + operation.Net
		if operation.Addr != nil {
			text += " " + operation.Addr.String()
		}
		text += ": " + operation.Err.Error()
	}
	return printable(text, maxDetail)
}

// printable makes a text of strangers fit for a column and a line of the log.
func printable(text string, most int) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar
	}, strings.ToValidUTF8(text, string(unicode.ReplacementChar)))
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}
