package webhook

import (
	"net/netip"
	"slices"
)

// globalUnicast is all that IANA gives out as IPv6 addresses of hosts
// (RFC 4291; IANA, IPv6 address space). What lies outside is refused without a
// list: :: and ::1, ::ffff:0:0/96, 64:ff9b::/96, 64:ff9b:1::/48, 100::/64,
// 5f00::/16, fc00::/7, fe80::/10, fec0::/10, ff00::/8, and what is yet unused.
var globalUnicast = netip.MustParsePrefix("2000::/3")

// special are the networks of IANA's special-purpose address registries that
// are not globally reachable, the multicast ones and the deprecated ones.
var special = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),       // this network (RFC 791)
	netip.MustParsePrefix("10.0.0.0/8"),      // private use (RFC 1918)
	netip.MustParsePrefix("100.64.0.0/10"),   // shared address space of providers (RFC 6598)
	netip.MustParsePrefix("127.0.0.0/8"),     // loopback (RFC 1122)
	netip.MustParsePrefix("169.254.0.0/16"),  // link-local (RFC 3927); clouds' metadata services
	netip.MustParsePrefix("172.16.0.0/12"),   // private use (RFC 1918)
	netip.MustParsePrefix("192.0.0.0/24"),    // IETF protocol assignments (RFC 6890)
	netip.MustParsePrefix("192.0.2.0/24"),    // documentation (RFC 5737)
	netip.MustParsePrefix("192.88.99.0/24"),  // 6to4 relay anycast, deprecated (RFC 7526)
	netip.MustParsePrefix("192.168.0.0/16"),  // private use (RFC 1918)
	netip.MustParsePrefix("198.18.0.0/15"),   // benchmarking (RFC 2544)
	netip.MustParsePrefix("198.51.100.0/24"), // documentation (RFC 5737)
	netip.MustParsePrefix("203.0.113.0/24"),  // documentation (RFC 5737)
	netip.MustParsePrefix("224.0.0.0/4"),     // multicast (RFC 5771)
	netip.MustParsePrefix("240.0.0.0/4"),     // reserved (RFC 1112), limited broadcast (RFC 919)
	netip.MustParsePrefix("2001::/23"),       // IETF protocol assignments (RFC 2928), Teredo among them (RFC 4380)
	netip.MustParsePrefix("2001:db8::/32"),   // documentation (RFC 3849)
	netip.MustParsePrefix("2002::/16"),       // 6to4 (RFC 3056)
	netip.MustParsePrefix("3fff::/20"),       // documentation (RFC 9637)
}

// Networks whose addresses carry an IPv4 address in a known place.
var (
	compatible = netip.MustParsePrefix("::/96")           // IPv4-compatible, deprecated (RFC 4291)
	translated = netip.MustParsePrefix("::ffff:0:0:0/96") // IPv4-translated (RFC 2765)
	nat64      = netip.MustParsePrefix("64:ff9b::/96")    // NAT64, well known (RFC 6052)
	nat64Local = netip.MustParsePrefix("64:ff9b:1::/48")  // NAT64, local use (RFC 8215)
	teredo     = netip.MustParsePrefix("2001::/32")       // Teredo (RFC 4380)
	sixToFour  = netip.MustParsePrefix("2002::/16")       // 6to4 (RFC 3056)
)

// PublicAddress reports whether a webhook may be sent to the address: whether
// it is a globally reachable unicast address by IANA's registries, or lies in
// one of the networks that the host allows. Whoever dials asks it for the very
// address dialled. The predicates of net/netip do not answer this question:
// IsGlobalUnicast holds for 10.0.0.1 and 240.0.0.1, IsPrivate does not hold for
// 100.64.0.1.
//
// An IPv4 address within an IPv6 one is judged as itself, whatever surrounds
// it, since that is where the packet ends up:
//
//   - An IPv4-mapped address, ::ffff:a.b.c.d, is public only where the host
//     allows a network with a.b.c.d. A net.IP of 16 bytes becomes such an
//     address: Unmap it if it was an IPv4 address that was dialled.
//   - Any other form (IPv4-compatible and -translated, NAT64, 6to4, Teredo,
//     ISATAP) must be public or allowed itself, and what it carries must be so
//     too. A host in a network without IPv4 that allows 64:ff9b::/96 thereby
//     reaches 64:ff9b::8.8.8.8, and not 64:ff9b::10.0.0.1.
//   - In 64:ff9b:1::/48 only an allowed network of 96 bits or more counts:
//     with fewer the place of the IPv4 address is unknown (RFC 6052, 2.2).
//
// An address with a zone is never public: it names an interface of this
// machine. A translator with a prefix of its operator's own can not be told
// from other public addresses.
func PublicAddress(a netip.Addr, allowed []netip.Prefix) bool {
	if !a.IsValid() || a.Zone() != "" {
		return false
	}
	if a.Is4In6() {
		return isAllowed(a.Unmap(), allowed)
	}
	for _, inner := range carried(a) {
		if !PublicAddress(inner, allowed) {
			return false
		}
	}
	return isAllowed(a, allowed) || isGlobal(a)
}

// isAllowed reports whether one of the host's networks holds the address.
func isAllowed(a netip.Addr, allowed []netip.Prefix) bool {
	return slices.ContainsFunc(allowed, func(network netip.Prefix) bool {
		return network.Contains(a) && (network.Bits() >= 96 || !nat64Local.Contains(a))
	})
}

// isGlobal reports whether the address is globally reachable unicast.
func isGlobal(a netip.Addr) bool {
	return (a.Is4() || globalUnicast.Contains(a)) &&
		!slices.ContainsFunc(special, func(network netip.Prefix) bool { return network.Contains(a) })
}

// carried are the IPv4 addresses within an IPv6 one; another has none.
func carried(a netip.Addr) []netip.Addr {
	if a == netip.IPv6Unspecified() || a == netip.IPv6Loopback() {
		return nil
	}
	b := a.As16()
	var inner []netip.Addr
	add := func(four [4]byte) { inner = append(inner, netip.AddrFrom4(four)) }
	switch {
	case compatible.Contains(a), translated.Contains(a), nat64.Contains(a), nat64Local.Contains(a):
		add([4]byte(b[12:16]))
	case sixToFour.Contains(a):
		add([4]byte(b[2:6]))
	case teredo.Contains(a):
		// The server's, and the client's with every bit inverted.
		add([4]byte(b[4:8]))
		add([4]byte{^b[12], ^b[13], ^b[14], ^b[15]})
	}
	// ISATAP (RFC 5214) has an interface identifier of its own in any network;
	// the bit 0x02 says whether the IPv4 address is claimed to be unique.
	if b[8]&^0x02 == 0 && b[9] == 0 && b[10] == 0x5e && b[11] == 0xfe {
		add([4]byte(b[12:16]))
	}
	return inner
}
