package delivery

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// raw is a receiver that does what it likes with each connection, after it has
// read a request's head.
func raw(t testing.TB, do func(net.Conn)) (location string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				for lines := bufio.NewReader(conn); ; {
					if line, err := lines.ReadString('\n'); err != nil || line == "\r\n" {
						break
					}
				}
				do(conn)
			}()
		}
	}()
	return "http://" + l.Addr().String() + "/hook?token=secret"
}

func says(text string) func(net.Conn) {
	return func(conn net.Conn) { _, _ = io.WriteString(conn, text) }
}

// local is a client that may reach this machine.
func local() *http.Client { return newClient(webhook.Policy{AllowedNetworks: loopback}, 1, nil) }

func TestD3_ErrorsInWords(t *testing.T) {
	hang := make(chan struct{})
	defer close(hang)
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	for name, c := range map[string]struct{ location, key string }{
		"refused": {"http://" + nobodyListens(t), "attempt.refused"},
		"reset": {raw(t, func(conn net.Conn) {
			_ = conn.(*net.TCPConn).SetLinger(0)
		}), "attempt.reset"},
		"closed":       {raw(t, func(net.Conn) {}), "attempt.reset"},
		"cut":          {raw(t, says("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n")), "attempt.cut"},
		"hangs":        {raw(t, func(net.Conn) { <-hang }), "attempt.timeout"},
		"garbage":      {raw(t, says("SSH-2.0-OpenSSH_9.6 \x00\xff token=secret\r\n")), "attempt.not_http"},
		"large head":   {raw(t, says("HTTP/1.1 200 OK\r\nX: "+strings.Repeat("x", 100<<10)+"\r\n\r\n")), "attempt.not_http"},
		"no TLS":       {strings.Replace(plain.URL, "http:", "https:", 1), "attempt.tls"},
		"no such name": {"http://nowhere.example/", "attempt.no_such_name"},
	} {
		t.Run(name, func(t *testing.T) {
			client := newClient(webhook.Policy{AllowedNetworks: loopback}, 1, names(t, func(string) []string { return nil }))
			limit := patience
			if name == "hangs" {
				limit = time.Second
			}
			r := tryFor(t, client, c.location, limit)
			if r.Error.Key != c.key || r.Status != 0 {
				t.Errorf("got %s (%s), want %s", r.Error.Key, r.Detail, c.key)
			}
			if r.failure() != strings.TrimPrefix(c.key, "attempt.") {
				t.Errorf("its span says %q", r.failure())
			}
			if r.Error.English() == r.Error.Key || strings.Contains(r.Error.English(), "{") {
				t.Errorf("no words: %q", r.Error.English())
			}
			checkDetail(t, r.Detail)
		})
	}
}

// nobodyListens is an address that is taken, so that no other program listens there, and refuses.
func nobodyListens(t testing.TB) string {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Close(fd) })
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	address, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint("127.0.0.1:", address.(*syscall.SockaddrInet4).Port)
}

func checkDetail(t testing.TB, detail string) {
	t.Helper()
	if detail == "" || len(detail) > maxDetail+len("…") || !utf8.ValidString(detail) || strings.Contains(detail, "\x00") {
		t.Errorf("the detail is %q", detail)
	}
	if strings.Contains(detail, "/hook") {
		t.Errorf("the detail holds the path: %q", detail)
	}
}

// certificate makes one of its own authority.
func certificate(t testing.TB, change func(*x509.Certificate)) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "receiver"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	change(c)
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func TestS1_TLSIsVerified(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*x509.Certificate)
		most   uint16
		key    string
	}{
		"authority": {func(*x509.Certificate) {}, tls.VersionTLS13, "attempt.certificate_authority"},
		"expired": {func(c *x509.Certificate) {
			c.NotBefore, c.NotAfter = time.Now().Add(-2*time.Hour), time.Now().Add(-time.Hour)
		}, tls.VersionTLS13, "attempt.certificate_expired"},
		"early": {func(c *x509.Certificate) {
			c.NotBefore, c.NotAfter = time.Now().Add(time.Hour), time.Now().Add(2*time.Hour)
		}, tls.VersionTLS13, "attempt.certificate_early"},
		"name":    {func(c *x509.Certificate) { c.IPAddresses = nil; c.DNSNames = []string{"other.example"} }, tls.VersionTLS13, "attempt.certificate_name"},
		"TLS 1.1": {func(*x509.Certificate) {}, tls.VersionTLS11, "attempt.tls"},
	} {
		t.Run(name, func(t *testing.T) {
			receiver := httptest.NewUnstartedServer(http.NotFoundHandler())
			receiver.Config.ErrorLog = quietLog()
			receiver.TLS = &tls.Config{Certificates: []tls.Certificate{certificate(t, c.change)}, MinVersion: tls.VersionTLS10, MaxVersion: c.most}
			receiver.StartTLS()
			defer receiver.Close()
			r := try(t, local(), receiver.URL+"/hook")
			if r.Error.Key != c.key || r.Status != 0 {
				t.Errorf("got %s (%s), want %s", r.Error.Key, r.Detail, c.key)
			}
			checkDetail(t, r.Detail)
		})
	}
}

// TestS2_DetailWithoutSecrets is of errors as net/http wraps them.
func TestS2_DetailWithoutSecrets(t *testing.T) {
	remote := &net.TCPAddr{IP: net.IPv4(198, 51, 100, 7), Port: 443}
	source := &net.TCPAddr{IP: net.IPv4(10, 9, 8, 7), Port: 40000}
	for want, err := range map[string]error{
		"read tcp 198.51.100.7:443: connection reset by peer": &net.OpError{Op: "read", Net: "tcp", Source: source, Addr: remote, Err: errors.New("connection reset by peer")},
		"dial tcp: missing address":                           &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("missing address")},
		"lookup hook.example: server misbehaving":             &net.DNSError{Err: "server misbehaving", Name: "hook.example", Server: "10.9.8.7:53"},
		"something else":                                      errors.New("something else"),
	} {
		detail := technical(fmt.Errorf("send: %w", &url.Error{Op: "Post", URL: "https://user:pass@hook.example/T00/secret?token=1", Err: err}))
		if detail != want {
			t.Errorf("%q, want %q", detail, want)
		}
	}
}

// TestD5_Answers are read to 64 KiB, and no longer than the time allows.
func TestD5_Answers(t *testing.T) {
	const head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
	release := make(chan struct{})
	defer close(release)
	for name, c := range map[string]struct {
		location string
		length   int
		detail   string
	}{
		"small":  {raw(t, says(head+"Content-Length: 5\r\n\r\nhello")), 5, ""},
		"none":   {raw(t, says("HTTP/1.1 204 No Content\r\n\r\n")), 0, ""},
		"64 KiB": {raw(t, says(head+"Content-Length: 65536\r\n\r\n"+strings.Repeat("x", 64<<10))), 64 << 10, ""},
		"1 GiB":  {raw(t, func(conn net.Conn) { _, _ = io.Copy(conn, endless(head+"Content-Length: 1073741824\r\n\r\n", 1<<30)) }), 64 << 10, ""},
		"bomb":   {raw(t, says(head+"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\x00")), 4, ""},
		"slow": {raw(t, func(conn net.Conn) {
			_, _ = io.WriteString(conn, head+"Content-Length: 5\r\n\r\nhel")
			<-release
		}), 3, "broke off: context deadline exceeded"},
		"cut":      {raw(t, says(head+"Content-Length: 5\r\n\r\nhel")), 3, "broke off: unexpected EOF"},
		"switches": {raw(t, says("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nhello")), 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			limit := patience
			if name == "slow" {
				limit = 100 * time.Millisecond
			}
			r := tryFor(t, local(), c.location, limit)
			for len(r.Answer) < c.length && limit < patience { // on a slow machine
				limit *= 2
				r = tryFor(t, local(), c.location, limit)
			}
			if r.Status == 0 || len(r.Answer) != c.length || !r.Error.IsZero() {
				t.Errorf("status %d, %d bytes, %s; want %d bytes", r.Status, len(r.Answer), r.Error.English(), c.length)
			}
			if (c.detail == "") != (r.Detail == "") || !strings.Contains(r.Detail, c.detail) {
				t.Errorf("the detail is %q", r.Detail)
			}
			if !strings.HasPrefix(r.Address, "127.0.0.1:") {
				t.Errorf("the address is %q", r.Address)
			}
		})
	}
}

func endless(head string, n int64) io.Reader {
	return io.MultiReader(strings.NewReader(head), io.LimitReader(zeros{}, n))
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// TestD5_ConnectionsAreReused for answers that are read to their end.
func TestD5_ConnectionsAreReused(t *testing.T) {
	for length, reused := range map[int]bool{0: true, 64 << 10: true, 1 << 20: false} {
		var from []string
		receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			from = append(from, r.RemoteAddr)
			_, _ = w.Write(make([]byte, length))
		}))
		client := local()
		for range 3 {
			try(t, client, receiver.URL)
		}
		receiver.Close()
		if got := len(slices.Compact(from)) == 1; got != reused {
			t.Errorf("answers of %d bytes came over %v, want one connection: %t", length, from, reused)
		}
	}
}
