package delivery

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

const (
	// maxAnswerBytes is how much of an answer's body is read.
	maxAnswerBytes = 64 << 10
	// maxAnswerHeaderBytes is how much of an answer's head is read.
	maxAnswerHeaderBytes = 64 << 10
	// keepIdle is how long a connection is kept for the next delivery. Servers
	// close idle ones too, some after 5 seconds; a request that meets their closing
	// is an attempt that fails, so ours are closed before.
	keepIdle = 4 * time.Second
)

// newClient makes the HTTP client that deliveries are sent with. It reaches
// public addresses and those of the host's networks only: each address is judged
// when it is dialled, after DNS, so that no name, no change of a name and no way
// to write an address gets around it. It follows no redirect, uses no proxy of
// the environment, and decompresses nothing.
func newClient(p webhook.Policy, perReceiver int, resolver *net.Resolver) *http.Client {
	dialer := &net.Dialer{
		KeepAlive: 30 * time.Second,
		Resolver:  resolver,
		ControlContext: func(_ context.Context, _, address string, _ syscall.RawConn) error {
			return judgeDial(address, p.AllowedNetworks)
		},
	}
	return &http.Client{
		Transport: &http.Transport{
			DialContext:            dialer.DialContext,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
			ForceAttemptHTTP2:      true,
			DisableCompression:     true,
			MaxIdleConnsPerHost:    perReceiver,
			IdleConnTimeout:        keepIdle,
			MaxResponseHeaderBytes: maxAnswerHeaderBytes,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// A refusedAddress is the error of a dial to an address that is not public.
type refusedAddress struct{ address netip.Addr }

func (e *refusedAddress) Error() string {
	return fmt.Sprintf("%s is an address of a private or special network", e.address)
}

// judgeDial judges the address and port that is about to be connected to. It is
// called for each address of a name, before the first packet.
func judgeDial(address string, allowed []netip.Prefix) error {
	dialled, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%q is no address and port", address)
	}
	// The dialler writes IPv4 addresses as such, and that is what is connected to,
	// however the URL spelt them.
	if a := dialled.Addr().Unmap(); !webhook.PublicAddress(a, allowed) {
		return &refusedAddress{a}
	}
	return nil
}
