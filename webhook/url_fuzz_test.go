package webhook

import (
	"net/netip"
	"net/url"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"unicode"
)

// FuzzURL: whatever strangers write as an address gets a verdict, the same one
// each time, and what is accepted can be sent to.
func FuzzURL(f *testing.F) {
	for _, seed := range []string{
		"https://user:pass@shop.example:8443/hook?a=%20", // all that an address can have
		"ftp://shop.example#x",                           // two faults
		"http://[64:ff9b::10.0.0.1]/",                    // an address in an address
		"http://[fe80::1%25eth0]/",                       // a zone
		"http://0x7f.1/",                                 // another spelling of 127.0.0.1
		"http://１２７。0.0.1/",                              // the same by UTS 46
		"http://%EF%BC%91.bücher.example/",               // escaped and not
		"http://xn--bcher-kva.xn--a/",                    // international as ASCII, and nearly
		"http://نامه\u200cای.example\u00a0",              // joiner, from right to left, space
		"//us3r:p/a?s#s@host\\a b",                       // where does what begin?
		"https://\xff\xfe/%zz",                           // not UTF-8
		"http://a@b@[::ffff:8.8.8.8]:65536",              // two users, a mapped address, a port too far
	} {
		f.Add(seed)
	}
	dotted := regexp.MustCompile(`^[0-9.]+$`)
	f.Fuzz(func(t *testing.T, raw string) {
		m := judgeURL(raw, nil)
		if again := judgeURL(raw, nil); !reflect.DeepEqual(m, again) {
			t.Fatalf("first %v, then %v", m, again)
		}
		if !m.IsZero() {
			if _, ok := english[m.Key]; !ok {
				t.Fatalf("no text for %q", m.Key)
			}
			return
		}
		u, err := url.Parse(raw)
		if err != nil {
			t.Fatalf("accepted, and does not parse: %v", err)
		}
		if u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || len(raw) > 2048 {
			t.Fatalf("accepted: scheme %q, host %q, %d bytes", u.Scheme, u.Hostname(), len(raw))
		}
		if strings.ContainsFunc(raw, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) || r == '#' || r == '\\' }) {
			t.Fatal("accepted: space, control character, fragment or backslash")
		}
		if a, err := netip.ParseAddr(u.Hostname()); err == nil {
			if isNotGlobal(a) || a.Zone() != "" || a.Is6() && a.As16()[0]>>5 != 1 {
				t.Fatalf("accepted: %v", a)
			}
			return
		}
		name, m := hostASCII(u.Hostname())
		if !m.IsZero() || dotted.MatchString(name) || name == "localhost" {
			t.Fatalf("accepted: %q, %v", name, m)
		}
		if again, _ := hostASCII(name); again != name {
			t.Fatalf("%q is %q, and that %q", u.Hostname(), name, again)
		}
		u.Host = strings.Replace(u.Host, u.Hostname(), name, 1)
		if m := judgeURL(u.String(), nil); !m.IsZero() && len(u.String()) <= 2048 {
			t.Fatalf("accepted as typed, refused as dialled, %q: %v", u, m)
		}
	})
}
