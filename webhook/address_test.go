package webhook

import (
	"net/netip"
	"testing"
)

// TestPublicAddressS1 holds each network that S1 names, in its order, at its
// first and last address and at the neighbours of these.
func TestPublicAddressS1(t *testing.T) {
	const (
		public  = "public"
		refused = "refused"
		none    = "none" // the end of all addresses
	)
	for _, network := range []struct{ prefix, before, after string }{
		{"0.0.0.0/8", none, public},
		{"10.0.0.0/8", public, public},
		{"100.64.0.0/10", public, public},
		{"127.0.0.0/8", public, public},
		{"169.254.0.0/16", public, public},
		{"172.16.0.0/12", public, public},
		{"192.0.0.0/24", public, public},
		{"192.0.2.0/24", public, public},
		{"192.88.99.0/24", public, public},
		{"192.168.0.0/16", public, public},
		{"198.18.0.0/15", public, public},
		{"198.51.100.0/24", public, public},
		{"203.0.113.0/24", public, public},
		{"224.0.0.0/4", public, refused},
		{"240.0.0.0/4", refused, none},
		{"::/128", none, refused},
		{"::1/128", refused, refused},
		{"::ffff:0:0/96", refused, refused},
		{"64:ff9b::/96", refused, refused},
		{"64:ff9b:1::/48", refused, refused},
		{"100::/64", refused, refused},
		{"2001::/23", public, public},
		{"2001:db8::/32", public, public},
		{"2002::/16", public, public},
		{"3fff::/20", public, public},
		{"5f00::/16", refused, refused},
		{"fc00::/7", refused, refused},
		{"fe80::/10", refused, refused},
		{"fec0::/10", refused, refused},
		{"ff00::/8", refused, none},
	} {
		t.Run("S1 "+network.prefix, func(t *testing.T) {
			prefix := netip.MustParsePrefix(network.prefix)
			first, last := prefix.Addr(), lastOf(prefix)
			for _, c := range []struct {
				address netip.Addr
				want    string
			}{
				{first.Prev(), network.before},
				{first, refused},
				{last, refused},
				{last.Next(), network.after},
			} {
				got := none
				if c.address.IsValid() {
					got = refused
				}
				if PublicAddress(c.address, nil) {
					got = public
				}
				if got != c.want {
					t.Errorf("%v is %s, want %s", c.address, got, c.want)
				}
			}
		})
	}
}

// lastOf is the last address of a network.
func lastOf(p netip.Prefix) netip.Addr {
	b := p.Addr().AsSlice()
	for i := p.Bits(); i < 8*len(b); i++ {
		b[i/8] |= 0x80 >> (i % 8)
	}
	last, _ := netip.AddrFromSlice(b)
	return last
}

// notGlobal are the entries of IANA's IPv4 and IPv6 special-purpose address
// registries that are not globally reachable, entry by entry, and the
// multicast and site-local networks, which have registries of their own.
var notGlobal = []string{
	"0.0.0.0/8", "0.0.0.0/32", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
	"172.16.0.0/12", "192.0.0.0/24", "192.0.0.0/29", "192.0.0.8/32", "192.0.0.170/32", "192.0.0.171/32",
	"192.0.2.0/24", "192.88.99.0/24", "192.88.99.2/32", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24",
	"203.0.113.0/24", "240.0.0.0/4", "255.255.255.255/32", "224.0.0.0/4",
	"::1/128", "::/128", "::ffff:0:0/96", "64:ff9b:1::/48", "100::/64", "100:0:0:1::/64", "2001::/23",
	"2001::/32", "2001:2::/48", "2001:10::/28", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16",
	"fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
}

// isNotGlobal judges without the code under test, for literals that carry no
// other address.
func isNotGlobal(a netip.Addr) bool {
	for _, p := range notGlobal {
		if netip.MustParsePrefix(p).Contains(a) {
			return true
		}
	}
	return false
}

func TestPublicAddressRegistry(t *testing.T) {
	for _, p := range notGlobal {
		t.Run("S1 "+p, func(t *testing.T) {
			prefix := netip.MustParsePrefix(p)
			for _, a := range []netip.Addr{prefix.Addr(), lastOf(prefix)} {
				if PublicAddress(a, nil) {
					t.Errorf("%v is public", a)
				}
			}
		})
	}
}

func TestPublicAddress(t *testing.T) {
	for _, c := range []struct {
		name    string
		address string
		allowed []string
		want    bool
	}{
		{"S1 resolver", "1.1.1.1", nil, true},
		{"S1 resolver", "8.8.8.8", nil, true},
		{"S1 resolver", "2606:4700:4700::1111", nil, true},
		{"S1 AS112 is globally reachable", "192.31.196.1", nil, true},
		{"S1 AMT is globally reachable", "192.52.193.1", nil, true},
		{"S1 AS112 is globally reachable", "192.175.48.1", nil, true},
		{"S1 AS112 is globally reachable", "2620:4f:8000::1", nil, true},
		{"S1 first of the IPv6 addresses", "2000::", nil, true},
		{"S1 not given out", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", nil, false},
		{"S1 not given out", "4000::", nil, false},

		{"S1 metadata", "169.254.169.254", nil, false},
		{"S1 metadata", "fd00:ec2::254", nil, false},
		{"S1 metadata", "100.100.100.200", nil, false},
		{"S1 netip calls it global unicast", "240.0.0.1", nil, false},
		{"S1 netip calls it global unicast", "fec0::1", nil, false},

		{"S1 mapped", "::ffff:127.0.0.1", nil, false},
		{"S1 mapped", "::ffff:8.8.8.8", nil, false},
		{"S1 compatible", "::8.8.8.8", nil, false},
		{"S1 translated", "::ffff:0:8.8.8.8", nil, false},
		{"S1 NAT64", "64:ff9b::8.8.8.8", nil, false},
		{"S1 NAT64, local use", "64:ff9b:1::8.8.8.8", nil, false},
		{"S1 6to4", "2002:808:808::1", nil, false},
		{"S1 Teredo", "2001:0:808:808::f7f7:f7f7", nil, false},
		{"S1 ISATAP of a private address", "2606:4700::5efe:10.0.0.1", nil, false},
		{"S1 ISATAP of a private address", "2606:4700::200:5efe:10.0.0.1", nil, false},
		{"S1 ISATAP of a public address", "2606:4700::5efe:8.8.8.8", nil, true},
		{"S1 no ISATAP", "2606:4700::400:5efe:10.0.0.1", nil, true},
		{"S1 no ISATAP", "2606:4700::1:5efe:10.0.0.1", nil, true},
		{"S1 no ISATAP", "2606:4700::5eff:10.0.0.1", nil, true},
		{"S1 no ISATAP", "2606:4700::5ffe:10.0.0.1", nil, true},

		{"S1 allowed", "127.0.0.1", []string{"127.0.0.0/8"}, true},
		{"S1 allowed, not masked", "10.1.0.0", []string{"10.1.2.3/16"}, true},
		{"S1 another is allowed", "10.2.0.0", []string{"127.0.0.0/8", "10.1.0.0/16"}, false},
		{"S1 the second is allowed", "10.1.0.0", []string{"127.0.0.0/8", "10.1.0.0/16"}, true},
		{"S1 allowed", "::1", []string{"::1/128"}, true},
		{"S1 allowed", "::", []string{"::/128"}, true},
		{"S1 allowed", "fd00::1", []string{"fd00::/8"}, true},
		{"S1 public beside what is allowed", "8.8.8.8", []string{"10.0.0.0/8"}, true},

		{"S1 mapped, its IPv4 address allowed", "::ffff:127.0.0.1", []string{"127.0.0.0/8"}, true},
		{"S1 mapped, another allowed", "::ffff:10.0.0.1", []string{"127.0.0.0/8"}, false},
		{"S1 mapped, all IPv6 allowed", "::ffff:10.0.0.1", []string{"::/0"}, false},
		{"S1 NAT64 allowed, to a public address", "64:ff9b::8.8.8.8", []string{"64:ff9b::/96"}, true},
		{"S1 NAT64 allowed, to a private address", "64:ff9b::10.0.0.1", []string{"64:ff9b::/96"}, false},
		{"S1 NAT64 allowed, to an allowed address", "64:ff9b::10.0.0.1", []string{"64:ff9b::/96", "10.0.0.0/8"}, true},
		{"S1 the address behind NAT64 alone is allowed", "64:ff9b::10.0.0.1", []string{"10.0.0.0/8"}, false},
		{"S1 local NAT64 allowed", "64:ff9b:1:2::8.8.8.8", []string{"64:ff9b:1:2::/96"}, true},
		{"S1 local NAT64 allowed, to a private address", "64:ff9b:1:2::10.0.0.1", []string{"64:ff9b:1:2::/96"}, false},
		{"S1 local NAT64 of unknown length", "64:ff9b:1::a:0:800:0", []string{"64:ff9b:1::/48"}, false},
		{"S1 local NAT64 of unknown length", "64:ff9b:1::8.8.8.8", []string{"64:ff9b:1::/95"}, false},
		{"S1 6to4 allowed, to a public address", "2002:808:808::1", []string{"2002::/16"}, true},
		{"S1 6to4 allowed, to a private address", "2002:a00:1::1", []string{"2002::/16"}, false},
		{"S1 6to4 allowed, to a private address", "2002:a08:808:808::1", []string{"2002::/16"}, false},
		{"S1 Teredo allowed, to a public address", "2001:0:808:808::f7f7:f7f7", []string{"2001::/32"}, true},
		{"S1 Teredo allowed, to a private client", "2001:0:808:808::f5ff:fffe", []string{"2001::/32"}, false},
		{"S1 Teredo allowed, by a private server", "2001:0:a00:1::f7f7:f7f7", []string{"2001::/32"}, false},
		{"S1 ISATAP allowed, to a private address", "fd00::5efe:10.0.0.1", []string{"fd00::/8"}, false},
		{"S1 compatible allowed, to a private address", "::10.0.0.1", []string{"::/96"}, false},
		{"S1 compatible allowed, to a public address", "::8.8.8.8", []string{"::/96"}, true},
		{"S1 translated allowed, to a private address", "::ffff:0:10.0.0.1", []string{"::ffff:0:0:0/96"}, false},

		{"S1 zone", "fe80::1%eth0", nil, false},
		{"S1 zone, allowed", "fe80::1%eth0", []string{"fe80::/10"}, false},
		{"S1 zone, public", "2606:4700:4700::1111%eth0", nil, false},
		{"S1 zone, mapped", "::ffff:127.0.0.1%eth0", []string{"127.0.0.0/8"}, false},
	} {
		t.Run(c.name+" "+c.address, func(t *testing.T) {
			if got := PublicAddress(netip.MustParseAddr(c.address), prefixes(c.allowed...)); got != c.want {
				t.Errorf("PublicAddress(%s, %v) = %v", c.address, c.allowed, got)
			}
		})
	}
	t.Run("S1 no address", func(t *testing.T) {
		if PublicAddress(netip.Addr{}, prefixes("0.0.0.0/0", "::/0")) {
			t.Error("the zero Addr is public")
		}
	})
}

func prefixes(of ...string) []netip.Prefix {
	var all []netip.Prefix
	for _, p := range of {
		all = append(all, netip.MustParsePrefix(p))
	}
	return all
}
