package webhook

import (
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// The longest name that DNS can carry, without a final dot, and the longest of
// its parts (RFC 1035).
const (
	maxNameBytes  = 253
	maxLabelBytes = 63
)

// localNames are what /etc/hosts of usual systems calls the machine itself,
// with the address that a message names. All that ends in .localhost is the
// machine itself too (RFC 6761).
var localNames = map[string]netip.Addr{
	"localhost":               loopback4,
	"localhost.localdomain":   loopback4,
	"localhost4":              loopback4,
	"localhost4.localdomain4": loopback4,
	"localhost6":              netip.IPv6Loopback(),
	"localhost6.localdomain6": netip.IPv6Loopback(),
	"ip6-localhost":           netip.IPv6Loopback(),
	"ip6-loopback":            netip.IPv6Loopback(),
}

var loopback4 = netip.AddrFrom4([4]byte{127, 0, 0, 1})

// judgeHost says what is wrong with the host: what it would be dialled as is
// no name, or is an address that PublicAddress refuses.
func judgeHost(u *url.URL, allowed []netip.Prefix) Message {
	host := u.Hostname()
	if strings.HasPrefix(u.Host, "[") {
		a, err := netip.ParseAddr(host)
		if err != nil {
			return Say("url.authority", "scheme", u.Scheme)
		}
		return judgeAddress("["+host+"]", a, allowed)
	}
	name, m := hostASCII(host)
	if !m.IsZero() {
		return m
	}
	if endsInNumber(name) {
		return judgeNumbers(host, name, allowed)
	}
	if a, ok := localAddress(name); ok && !PublicAddress(loopback4, allowed) && !PublicAddress(netip.IPv6Loopback(), allowed) {
		return Say("url.private", "host", shorten(host), "address", a.String())
	}
	return Message{}
}

// judgeAddress says so when an address is not public.
func judgeAddress(host string, a netip.Addr, allowed []netip.Prefix) Message {
	switch {
	case !PublicAddress(a.WithZone(""), allowed):
		return Say("url.private", "host", shorten(host), "address", shorten(a.String()))
	case a.Zone() != "":
		return Say("url.zone", "host", shorten(host))
	}
	return Message{}
}

// judgeNumbers judges a host that ends in a number by the address that it
// stands for. Only the usual spelling is taken, four decimal numbers: of any
// other, programs differ in what it means (010.0.0.1 is 8.0.0.1 to some).
func judgeNumbers(host, name string, allowed []netip.Prefix) Message {
	a, ok := parseNumbers(name)
	if !ok {
		return Say("url.numbers", "host", shorten(host))
	}
	if m := judgeAddress(host, a, allowed); !m.IsZero() {
		return m
	}
	if host != a.String() {
		return Say("url.spelling", "host", shorten(host), "address", a.String())
	}
	return Message{}
}

// localAddress is the address of a name that means the machine itself.
func localAddress(name string) (netip.Addr, bool) {
	name = strings.TrimSuffix(name, ".")
	if strings.HasSuffix(name, ".localhost") {
		return loopback4, true
	}
	a, ok := localNames[name]
	return a, ok
}

// hostASCII gives a host name as it is looked up and dialled: in lower case,
// an international one by UTS 46 as IDNA 2008 has it (bücher.example is
// xn--bcher-kva.example, １２７。０.０.１ is 127.0.0.1). Letters, digits,
// hyphens and underscores are allowed, 63 bytes between two dots and 253 in
// all; one final dot stays. Given its own result it gives the same again.
func hostASCII(host string) (string, Message) {
	if !isASCII(host) {
		mapped, err := idna.Lookup.ToASCII(host)
		// idna takes bytes that are no UTF-8, which a host has as %FF, for U+FFFD.
		if err != nil || !utf8.ValidString(host) {
			return "", Say("url.name", "host", shorten(strings.ToValidUTF8(host, "\ufffd")))
		}
		host = mapped
	}
	name := strings.ToLower(host)
	bare := strings.TrimSuffix(name, ".")
	if len(bare) > maxNameBytes {
		return "", Say("url.name_too_long", "host", shorten(name))
	}
	for label := range strings.SplitSeq(bare, ".") {
		if label == "" || strings.ContainsFunc(label, notInName) {
			return "", Say("url.name", "host", shorten(name))
		}
		if len(label) > maxLabelBytes {
			return "", Say("url.name_too_long", "host", shorten(name))
		}
	}
	return name, Message{}
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf })
}

func notInName(r rune) bool {
	return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '_'
}

// endsInNumber reports whether a name would be read as an IPv4 address: its
// last part is a number, decimal or 0x and hexadecimal (WHATWG URL, "ends in a
// number"). No top-level domain is one.
func endsInNumber(name string) bool {
	name = strings.TrimSuffix(name, ".")
	last := name[strings.LastIndexByte(name, '.')+1:]
	if digits, found := strings.CutPrefix(last, "0x"); found {
		return strings.Trim(digits, "0123456789abcdef") == ""
	}
	return strings.Trim(last, "0123456789") == ""
}

// parseNumbers reads an IPv4 address in every way that resolvers and browsers
// do (inet_aton; WHATWG URL, "IPv4 parser"): one to four parts, each decimal,
// octal after 0 or hexadecimal after 0x, the last one filling all bytes left.
func parseNumbers(name string) (netip.Addr, bool) {
	parts := strings.Split(strings.TrimSuffix(name, "."), ".")
	if len(parts) > 4 {
		return netip.Addr{}, false
	}
	var sum uint64
	for i, part := range parts {
		bits := 8
		if i == len(parts)-1 {
			bits = 8 * (4 - i)
		}
		n, ok := parseNumber(part, bits)
		if !ok {
			return netip.Addr{}, false
		}
		sum = sum<<bits | n
	}
	return netip.AddrFrom4([4]byte{byte(sum >> 24), byte(sum >> 16), byte(sum >> 8), byte(sum)}), true
}

func parseNumber(part string, bits int) (uint64, bool) {
	base := 10
	if digits, found := strings.CutPrefix(part, "0x"); found {
		part, base = "0"+digits, 16
	} else if strings.HasPrefix(part, "0") {
		base = 8
	}
	n, err := strconv.ParseUint(part, base, bits)
	return n, err == nil
}

// HostOf is the host of a URL as people name it: with its port only where that is
// not the scheme's.
func HostOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	port := u.Port()
	if port == "" || u.Scheme == "http" && port == "80" || u.Scheme == "https" && port == "443" {
		return u.Hostname()
	}
	return net.JoinHostPort(u.Hostname(), port)
}
