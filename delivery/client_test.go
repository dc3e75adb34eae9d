package delivery

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/seed-7c2cc908/merchant-webhooks/repo"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}

// try sends an empty POST once, as a worker would.
func try(t testing.TB, client *http.Client, location string) reply {
	t.Helper()
	return tryFor(t, client, location, patience)
}

// tryFor is try with a time limit.
func tryFor(t testing.TB, client *http.Client, location string, limit time.Duration) reply {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	var r reply
	r.exchange(ctx, client, repo.Claim{Request: webhook.Request{Method: "POST", URL: location}}, limit)
	return r
}

// names is a DNS server of the test's own. It answers each question by the
// function: IPv4 addresses, none for a name that does not exist.
func names(t testing.TB, answer func(name string) []string) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	go func() {
		for packet := make([]byte, 1500); ; {
			n, from, err := conn.ReadFrom(packet)
			if err != nil {
				return
			}
			if reply := dnsReply(packet[:n], answer); reply != nil {
				_, _ = conn.WriteTo(reply, from)
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

func dnsReply(packet []byte, answer func(string) []string) []byte {
	var asked dnsmessage.Message
	if asked.Unpack(packet) != nil || len(asked.Questions) != 1 {
		return nil
	}
	q := asked.Questions[0]
	said := dnsmessage.Message{Header: dnsmessage.Header{ID: asked.ID, Response: true}, Questions: asked.Questions}
	addresses := answer(strings.TrimSuffix(q.Name.String(), "."))
	if addresses == nil {
		said.RCode = dnsmessage.RCodeNameError
	}
	for _, text := range addresses {
		a := netip.MustParseAddr(text)
		head := dnsmessage.ResourceHeader{Name: q.Name, Class: dnsmessage.ClassINET, TTL: 1}
		switch {
		case a.Is4() && q.Type == dnsmessage.TypeA:
			said.Answers = append(said.Answers, dnsmessage.Resource{Header: head, Body: &dnsmessage.AResource{A: a.As4()}})
		case a.Is6() && q.Type == dnsmessage.TypeAAAA:
			said.Answers = append(said.Answers, dnsmessage.Resource{Header: head, Body: &dnsmessage.AAAAResource{AAAA: a.As16()}})
		}
	}
	packed, _ := said.Pack()
	return packed
}

// TestS1_AddressDialled judges what would be connected to; nothing is.
func TestS1_AddressDialled(t *testing.T) {
	for address, public := range map[string]bool{
		"93.184.215.14:443": true, "[2606:2800:21f:cb07:6820:80da:af6b:8b2c]:443": true, "[::ffff:93.184.215.14]:80": true,
		"127.0.0.1:80": false, "0.0.0.0:80": false, "10.0.0.1:80": false, "169.254.169.254:80": false, "100.64.0.1:80": false,
		"192.168.1.1:80": false, "172.16.0.1:80": false, "198.18.0.1:80": false, "224.0.0.1:80": false, "255.255.255.255:80": false,
		"[::1]:80": false, "[::]:80": false, "[::ffff:127.0.0.1]:80": false, "[::ffff:10.0.0.1]:80": false,
		"[64:ff9b::7f00:1]:80": false, "[64:ff9b:1::7f00:1]:80": false, "[2002:7f00:1::1]:80": false, "[2001:0:7f00:1::1]:80": false,
		"[fe80::1%lo]:80": false, "[fd00:ec2::254]:80": false, "[ff02::1]:80": false, "[100::1]:80": false, "[fec0::1]:80": false,
		"localhost:80": false, "": false,
	} {
		if err := judgeDial(address, nil); (err == nil) != public {
			t.Errorf("%s: %v, want it public: %t", address, err, public)
		}
	}
	if err := judgeDial("127.0.0.1:80", loopback); err != nil {
		t.Errorf("an allowed network is refused: %v", err)
	}
	if judgeDial("10.0.0.1:80", loopback) == nil {
		t.Error("an allowed network allows another one")
	}
}

// TestS1_WaysAround are the ways around an address's judging that are known. Each
// ends before a packet is sent.
func TestS1_WaysAround(t *testing.T) {
	resolver := names(t, func(name string) []string {
		switch name {
		case "metadata.example":
			return []string{"169.254.169.254"}
		case "mapped.example":
			return []string{"::ffff:127.0.0.1"}
		case "both.example":
			return []string{"fd00::1", "10.0.0.1"}
		}
		return []string{"127.0.0.1"} // as C libraries read numbers
	})
	client := newClient(webhook.Policy{}, 1, resolver)
	for _, host := range []string{
		"127.0.0.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "017700000001", "127.1", "0", "0.0.0.0",
		"[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::127.0.0.1]", "[2002:7f00:1::]", "[fe80::1%25lo]",
		"localhost", "localhost.", "LOCALHOST", "a.localhost", "169.254.169.254", "metadata.example", "mapped.example", "both.example",
		"user:password@127.0.0.1", "127.0.0.1%2f@10.0.0.1", "public.example@localhost",
	} {
		t.Run(host, func(t *testing.T) {
			r := try(t, client, "http://"+host+":1/")
			if r.Status != 0 || r.Address != "" {
				t.Fatalf("it was connected to %s", r.Address)
			}
			// Go's own resolver takes most spellings of numbers for no name at all.
			if r.Error.Key != "attempt.private" && (r.Error.Key != "attempt.no_such_name" || strings.Trim(host, "0123456789.") != "") {
				t.Errorf("it says %q (%s), want that the address is private", r.Error.English(), r.Detail)
			}
		})
	}
}

func TestS1_NameThatChanges(t *testing.T) {
	var wasChecked atomic.Bool
	resolver := names(t, func(string) []string {
		if wasChecked.Load() {
			return []string{"10.0.0.1"}
		}
		return []string{"93.184.215.14"}
	})
	checked, err := resolver.LookupHost(t.Context(), "rebind.example")
	if err != nil || checked[0] != "93.184.215.14" {
		t.Fatalf("the check saw %v, %v", checked, err)
	}
	wasChecked.Store(true)
	if r := try(t, newClient(webhook.Policy{}, 1, resolver), "http://rebind.example/"); r.Error.Key != "attempt.private" || r.Error.Args["address"] != "10.0.0.1" {
		t.Errorf("it says %q, want that 10.0.0.1 is refused", r.Error.English())
	}
}

func TestS1_NoRedirect(t *testing.T) {
	followed := make(chan string, 10)
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { followed <- r.Method }))
	defer other.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		receiver := httptest.NewServer(http.RedirectHandler(other.URL, status))
		r := try(t, newClient(webhook.Policy{AllowedNetworks: loopback}, 1, nil), receiver.URL)
		receiver.Close()
		if r.Status != status || webhook.FateOf(r.Status) != webhook.TryAgain {
			t.Errorf("status %d, want %d, to be tried again", r.Status, status)
		}
	}
	if len(followed) > 0 {
		t.Error("a redirect was followed")
	}
}

func TestS1_NoProxyOfTheEnvironment(t *testing.T) {
	proxied := make(chan string, 10)
	proxy := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { proxied <- r.Host }))
	defer proxy.Close()
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "ALL_PROXY"} {
		t.Setenv(name, proxy.URL)
	}
	receiver := httptest.NewServer(http.NotFoundHandler())
	defer receiver.Close()
	location, _ := url.Parse(receiver.URL)
	location.Host = net.JoinHostPort("receiver.example", location.Port())
	resolver := names(t, func(string) []string { return []string{"127.0.0.1"} })
	client := newClient(webhook.Policy{AllowedNetworks: loopback}, 1, resolver)
	if r := try(t, client, location.String()); r.Status != 404 || len(proxied) > 0 {
		t.Errorf("status %d (%s), %d requests to the proxy", r.Status, r.Detail, len(proxied))
	}
	// net/http reads the environment once in a process, which another test may
	// have had it do.
	if client.Transport.(*http.Transport).Proxy != nil {
		t.Error("it asks which proxy to use")
	}
}

// TestS1_EveryTry: what is emitted, tried again and sent as a test goes by the
// client that judges.
func TestS1_EveryTry(t *testing.T) {
	s := newShop(t)
	r := newReceiver(t, nil)
	s.hook("hook", r.url)
	c := s.started(func(o *Options, t *tuning) {
		quick(o, t)
		o.Schedule, o.Policy.AllowedNetworks = webhook.Schedule{time.Millisecond}, nil
	})
	s.pay(c, "o")
	if _, err := c.Test(t.Context(), "admin", "hook"); err != nil {
		t.Fatal(err)
	}
	until(s, 2, countFailed)
	if n := one[int](s, countAttempts+" WHERE error LIKE '%attempt.private%' AND status IS NULL"); n != 4 || len(r.got) > 0 {
		t.Errorf("%d attempts were refused, want 4; %d came in", n, len(r.got))
	}
}

func TestS1_RefusedAddressIsAnError(t *testing.T) {
	err := judgeDial("10.0.0.1:80", nil)
	if refused, is := errors.AsType[*refusedAddress](err); !is || refused.address != netip.MustParseAddr("10.0.0.1") {
		t.Errorf("got %v", err)
	}
	if err := judgeDial("localhost:80", nil); err == nil || !strings.Contains(err.Error(), "no address and port") {
		t.Errorf("of a name: %v", err)
	}
}
