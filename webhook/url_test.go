package webhook

import (
	"strings"
	"testing"
)

// name63 and name253 are as long as a part of a name and a name can be.
var (
	name63  = strings.Repeat("a", 63)
	name253 = name63 + "." + name63 + "." + name63 + "." + name63[:61]
)

func TestJudgeURL(t *testing.T) {
	const base = "https://shop.example/"
	for _, c := range []struct{ name, url, want string }{
		{"V2 fine", "https://shop.example/hook", ""},
		{"V2 http", "http://shop.example", ""},
		{"V2 scheme in capitals", "HTTPS://SHOP.example/Hook", ""},
		{"V2 port and query", "https://shop.example:8443/hook?a=1&b=%20", ""},
		{"V2 user and password", "https://user:p%40ss@shop.example/", ""},
		{"V2 not ASCII in the path", "https://shop.example/ü", ""},
		{"V2 empty port", "https://shop.example:/", ""},
		{"V2 one word", "http://erp/hook", ""},
		{"V2 underscore", "https://my_shop.example/", ""},
		{"V2 hyphens", "https://r3---sn-x.shop.example/", ""},
		{"V2 final dot", "https://shop.example./", ""},
		{"V2 2,048 bytes", base + strings.Repeat("a", 2048-len(base)), ""},
		{"V2 longest name", "https://" + name253 + "./", ""},

		{"V2 none", "", "url.missing"},
		{"V2 only signs", "://", "url.missing"},
		{"V2 no host", "https://", "url.host"},
		{"V2 no host", "https:///hook", "url.host"},
		{"V2 no host", "https:/hook", "url.host"},
		{"V2 no host", "https:shop.example", "url.host"},
		{"V2 no host but a port", "https://:443/", "url.host"},
		{"V2 no host but a user", "https://user@/", "url.host"},
		{"V2 no scheme", "shop.example/hook", "url.scheme_missing"},
		{"V2 no scheme but a port", "shop.example:8443/hook", "url.scheme_missing"},
		{"V2 no scheme but a port", "erp:8443/hook", "url.scheme_missing"},
		{"V2 no scheme but a user", "user:secret@shop.example", "url.scheme_missing"},
		{"V2 no scheme but slashes", "//shop.example/hook", "url.scheme_missing"},
		{"V2 no scheme but a colon", "shop.example:/hook", "url.scheme_missing"},
		{"V2 no scheme but a port that begins with 0", "erp:0/hook", "url.scheme_missing"},
		{"V2 no scheme but a port that begins with 9", "erp:9000/hook", "url.scheme_missing"},
		{"V2 a path", "/hook", "url.scheme_missing"},
		{"V2 a query", "?key=s3cret", "url.missing"},
		{"V2 http without slashes", "http:8080/hook", "url.host"},
		{"V2 https without slashes", "HTTPS:8080/hook", "url.host"},
		{"V2 what no scheme can be", "my_shop:hook", "url.scheme_missing"},
		{"V2 other scheme", "ftp://shop.example", "url.scheme"},
		{"V2 another scheme alone", "ftp:", "url.scheme"},
		{"V2 other scheme", "javascript:alert(1)", "url.scheme"},
		{"V2 other scheme", "httpss://shop.example", "url.scheme"},
		{"V2 other scheme with a dot", "web+x.y://shop.example", "url.scheme"},
		{"V2 other scheme of the last letter", "z://shop.example", "url.scheme"},
		{"V2 other scheme with digits", "s09://shop.example", "url.scheme"},
		{"V2 space", "https://shop.example/my hook", "url.space"},
		{"V2 space in the host", "https://shop .example/", "url.space"},
		{"V2 no-break space", "https://shop.example/my\u00a0hook", "url.space"},
		{"V2 ideographic space", "https://shop.example/my\u3000hook", "url.space"},
		{"V2 leading space", " https://shop.example/", "url.space_outside"},
		{"V2 trailing space", "https://shop.example/ ", "url.space_outside"},
		{"V2 trailing wide space", "https://shop.example/\u3000", "url.space_outside"},
		{"V2 line break", "https://shop.example/\r\nX: y", "url.invisible"},
		{"V2 tab", "https://shop.example/\t", "url.invisible"},
		{"V2 NUL", "https://shop.example/\x00", "url.invisible"},
		{"V2 DEL", "https://shop.example/\x7f", "url.invisible"},
		{"V2 C1", "https://shop.example/\u0085", "url.invisible"},
		{"V2 byte order mark", "\ufeffhttps://shop.example/", "url.invisible"},
		{"V2 zero width space", "https://shop.example/\u200b", "url.invisible"},
		{"V2 direction", "https://shop.example/\u202egpj", "url.invisible"},
		{"V2 fragment", "https://shop.example/#a", "url.fragment"},
		{"V2 empty fragment", "https://shop.example/#", "url.fragment"},
		{"V2 backslash", `https://shop.example\hook`, "url.backslash"},
		{"V2 2,049 bytes", base + strings.Repeat("a", 2049-len(base)), "url.too_long"},
		{"V2 escapes of all digits", "https://shop.example/%09%aA%fF", ""},
		{"V2 escape", "https://shop.example/%", "url.escape"},
		{"V2 escape", "https://shop.example/%4", "url.escape"},
		{"V2 escape", "https://shop.example/%4g", "url.escape"},
		{"V2 escape", "https://shop.example/%g4", "url.escape"},
		{"V2 escape after good ones", "https://shop.example/?a=%aF%9A%x0", "url.escape"},
		{"V2 port 0", "https://shop.example:0/", "url.port"},
		{"V2 port 1", "https://shop.example:1/", ""},
		{"V2 port 65535", "https://shop.example:65535/", ""},
		{"V2 port 65536", "https://shop.example:65536/", "url.port"},
		{"V2 port of letters", "https://shop.example:https/", "url.authority"},
		{"V2 bracket", "https://[::1/", "url.authority"},
		{"V2 IPv4 in brackets", "https://[8.8.8.8]/", "url.authority"},
		{"V2 name in brackets", "https://[shop.example]/", "url.authority"},
		{"V2 address of a later version", "https://[v1.a]/", "url.authority"},
		{"V2 empty label", "https://shop..example/", "url.name"},
		{"V2 leading dot", "https://.shop.example/", "url.name"},
		{"V2 only a dot", "https://./", "url.name"},
		{"V2 two final dots", "https://shop.example../", "url.name"},
		{"V2 sign in a name", "https://shop,example/", "url.name"},
		{"V2 sign in a name", "https://shop$(id).example/", "url.name"},
		{"V2 label of 64", "https://a" + name63 + ".example/", "url.name_too_long"},
		{"V2 name of 254", "https://" + name253 + "a/", "url.name_too_long"},

		{"V2 international", "https://bücher.example/", ""},
		{"V2 international as ASCII", "https://xn--bcher-kva.example/", ""},
		{"V2 international, escaped", "https://b%C3%BCcher.example/", ""},
		{"V2 ideographic dot", "https://商店。example/", ""},
		{"V2 non-joiner where it belongs", "https://نامه\u200cای.example/", ""},
		{"V2 joiner where it does not", "https://shop\u200d.example/", "url.name"},
		{"V2 signs by another way", "https://℀.example/", "url.name"},
		{"V2 escaped bytes that are no text", "https://%ff.example/", "url.name"},
		{"V2 too long as ASCII", "https://" + strings.Repeat("ü", 60) + "ab.example/", "url.name_too_long"},
	} {
		t.Run(c.name+" "+shorten(c.url), func(t *testing.T) {
			if got := judgeURL(c.url, nil); got.Key != c.want {
				t.Errorf("judgeURL(%q) says %q, want %q", c.url, got.Key, c.want)
			}
		})
	}
}

func TestJudgeURLPublic(t *testing.T) {
	const refused = "url.private"
	for _, c := range []struct{ name, url, want string }{
		{"V3 public", "http://8.8.8.8/", ""},
		{"V3 public", "https://[2606:4700:4700::1111]:8443/", ""},
		{"V3 loopback", "http://127.0.0.1/", refused},
		{"V3 metadata", "http://169.254.169.254/latest/", refused},
		{"V3 metadata", "http://[fd00:ec2::254]/", refused},
		{"V3 this machine", "http://0.0.0.0/", refused},
		{"V3 this machine", "http://[::]/", refused},
		{"V3 loopback", "http://[::1]:80/", refused},
		{"V3 mapped", "http://[::ffff:127.0.0.1]/", refused},
		{"V3 mapped", "http://[::FFFF:7f00:1]/", refused},
		{"V3 compatible", "http://[::127.0.0.1]/", refused},
		{"V3 NAT64", "http://[64:ff9b::7f00:1]/", refused},
		{"V3 6to4", "http://[2002:7f00:1::]/", refused},
		{"V3 zone", "http://[fe80::1%25eth0]/", refused},
		{"V3 zone of a public address", "http://[2606:4700:4700::1111%25eth0]/", "url.zone"},

		{"V3 decimal", "http://2130706433/", refused},
		{"V3 hexadecimal", "http://0x7f000001/", refused},
		{"V3 hexadecimal", "http://0X7F.0.0.1/", refused},
		{"V3 hexadecimal without digits", "http://0x.0x.0x.0x/", refused},
		{"V3 octal", "http://0177.0.0.1/", refused},
		{"V3 octal", "http://017700000001/", refused},
		{"V3 short", "http://127.1/", refused},
		{"V3 short", "http://10.65535/", refused},
		{"V3 short", "http://192.168.257/", refused},
		{"V3 zero", "http://0/", refused},
		{"V3 final dot", "http://127.0.0.1./", refused},
		{"V3 many zeros", "http://127.0.0.00000000000000000000000000000001/", refused},
		{"V3 public, decimal", "http://134744072/", "url.spelling"},
		{"V3 public, octal", "http://010.8.8.8/", "url.spelling"},
		{"V3 public, short", "http://8.8.2056/", "url.spelling"},
		{"V3 public, final dot", "http://8.8.8.8./", "url.spelling"},
		{"V3 public, wide digits", "http://８.８.８.８/", "url.spelling"},
		{"V3 no number of a byte", "http://256.0.0.1/", "url.numbers"},
		{"V3 no number of three bytes", "http://127.16777216/", "url.numbers"},
		{"V3 no number of four bytes", "http://4294967296/", "url.numbers"},
		{"V3 no number of 64 bits", "http://99999999999999999999/", "url.numbers"},
		{"V3 no octal number", "http://127.0.0.08/", "url.numbers"},
		{"V3 five numbers", "http://127.0.0.0.1/", "url.numbers"},
		{"V3 name and number", "http://shop.1/", "url.numbers"},
		{"V3 name and hexadecimal number", "http://shop.0xa/", "url.numbers"},
		{"V3 number and name", "http://127.0.0.1.shop.example/", ""},
		{"V3 almost hexadecimal", "http://shop.0xg/", ""},

		{"V3 host of the browsers", `http://127.0.0.1\@public.example/`, "url.backslash"},
		{"V3 user like a host", "http://public.example@127.0.0.1/", refused},
		{"V3 two users", "http://a@public.example@127.0.0.1/", refused},
		{"V3 password like a port", "http://public.example:80@127.0.0.1/", refused},
		{"V3 host like a user", "http://127.0.0.1@public.example/", ""},
		{"V3 escaped", "http://%31%32%37.0.0.1/", "url.authority"},
		{"V3 escaped dot", "http://127%2e0.0.1/", "url.authority"},
		{"V3 wide digits", "http://１２７.０.０.１/", refused},
		{"V3 wide digits, escaped", "http://%EF%BC%91%EF%BC%92%EF%BC%97.0.0.1/", refused},
		{"V3 circled digits", "http://①②⑦.⓪.⓪.①/", refused},
		{"V3 ideographic dots", "http://127。0．0｡1/", refused},
		{"V3 wide letters", "http://ｌｏｃａｌｈｏｓｔ/", refused},

		{"V3 localhost", "http://localhost/", refused},
		{"V3 localhost", "http://LocalHost:8080/", refused},
		{"V3 localhost.", "http://localhost./", refused},
		{"V3 below localhost", "http://shop.localhost/", refused},
		{"V3 below localhost.", "http://shop.LOCALHOST./", refused},
		{"V3 of /etc/hosts", "http://localhost.localdomain/", refused},
		{"V3 of /etc/hosts", "http://localhost4.localdomain4/", refused},
		{"V3 of /etc/hosts", "http://ip6-localhost/", refused},
		{"V3 of /etc/hosts", "http://ip6-loopback/", refused},
		{"V3 of /etc/hosts", "http://localhost4/", refused},
		{"V3 of /etc/hosts", "http://localhost6/", refused},
		{"V3 of /etc/hosts", "http://localhost6.localdomain6/", refused},
		{"V3 not localhost", "http://mylocalhost/", ""},
		{"V3 not localhost", "http://localhost.example/", ""},
	} {
		t.Run(c.name+" "+c.url, func(t *testing.T) {
			if got := judgeURL(c.url, nil); got.Key != c.want {
				t.Errorf("judgeURL(%q) says %q, want %q", c.url, got.Key, c.want)
			}
		})
	}
}

// TestJudgeURLAllowed: "unless the host allows that network".
func TestJudgeURLAllowed(t *testing.T) {
	for _, c := range []struct{ name, url, allowed, want string }{
		{"V3 allowed", "http://127.0.0.1:8080/", "127.0.0.0/8", ""},
		{"V3 another allowed", "http://10.0.0.1/", "127.0.0.0/8", "url.private"},
		{"V3 mapped", "http://[::ffff:127.0.0.1]/", "127.0.0.0/8", ""},
		{"V3 mapped", "http://[::ffff:10.0.0.1]/", "127.0.0.0/8", "url.private"},
		{"V3 allowed, short", "http://127.1/", "127.0.0.0/8", "url.spelling"},
		{"V3 allowed, link-local", "http://[fe80::1%25eth0]/", "fe80::/10", "url.zone"},
		{"V3 NAT64", "http://[64:ff9b::8.8.8.8]/", "64:ff9b::/96", ""},
		{"V3 NAT64", "http://[64:ff9b::10.0.0.1]/", "64:ff9b::/96", "url.private"},
		{"V3 localhost by IPv4", "http://localhost/", "127.0.0.0/8", ""},
		{"V3 localhost by IPv6", "http://localhost/", "::1/128", ""},
		{"V3 ip6-localhost", "http://ip6-localhost/", "::1/128", ""},
		{"V3 another allowed, localhost", "http://localhost/", "10.0.0.0/8", "url.private"},
	} {
		t.Run(c.name+" "+c.url, func(t *testing.T) {
			if got := judgeURL(c.url, prefixes(c.allowed)); got.Key != c.want {
				t.Errorf("judgeURL(%q) says %q where %s is allowed, want %q", c.url, got.Key, c.allowed, c.want)
			}
		})
	}
}

func TestJudgeURLWords(t *testing.T) {
	for _, c := range []struct{ name, url, want string }{
		{"V2 no address", "", "Enter the address to send to. The other program gives it to you; it begins with https://"},
		{"V2 no host", "HTTPS://", "After https:// a host name is missing, as in https://shop.example/hook"},
		{"V2 no scheme", "shop.example/hook", "The address needs https:// in front, such as https://shop.example/hook"},
		{"V2 other scheme", "ftp://shop.example", "The address begins with ftp:. It must begin with https:// or http://."},
		{"V2 space", "https://shop.example/my hook", "The address contains a space after “https://shop.example/my”. Remove it."},
		{"V2 control character", "https://shop.example/\x1b", "The address contains an invisible character (U+001B). Remove it."},
		{"V2 fragment", "https://shop.example/#", "The address contains #. Remove # and what follows: it would not be sent."},
		{"V2 backslash", `https://shop.example\`, `The address contains \. Write / instead.`},
		{"V2 too long", "https://" + strings.Repeat("a", 2042), "The address has 2,050 bytes. At most 2,048 are allowed."},
		{"V3 loopback", "http://127.1:80/", "127.1 is 127.0.0.1: an address of a private or special network. Only public addresses can be reached from here."},
		{"V3 name", "http://Shop.Localhost/", "Shop.Localhost is 127.0.0.1: an address of a private or special network. Only public addresses can be reached from here."},
		{"V3 IPv6", "http://[::1]/", "[::1] is ::1: an address of a private or special network. Only public addresses can be reached from here."},
		{"V3 spelling", "http://8.8.2056/", "8.8.2056 is another spelling of 8.8.8.8. Write 8.8.8.8."},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := judgeURL(c.url, nil).English(); got != c.want {
				t.Errorf("judgeURL(%q) says\n%s\nwant\n%s", c.url, got, c.want)
			}
		})
	}
}

// TestJudgeURLSecrets: no message repeats a user, a password or a query, also
// where what was typed is no address.
func TestJudgeURLSecrets(t *testing.T) {
	for _, c := range []struct{ name, url, want string }{
		{"S2 space behind", "https://us3r:s3cret@shop.example/a b", "url.space"},
		{"S2 space in the password", "https://us3r:s3 cret@shop.example/", "url.space"},
		{"S2 space behind a password with /", "https://us3r:s3/cret@shop.example/a b", "url.space"},
		{"S2 space behind a password with ?", "https://us3r:s3?cret@shop.example/a b", "url.space"},
		{"S2 space in the query", "https://shop.example/a?key=s3cret b", "url.space"},
		{"S2 space and a query without scheme", "shop.example/a?key=s3cret b", "url.scheme_missing"},
		{"S2 space behind a user alone", "https://us3r@shop.example/a b", "url.space"},
		{"S2 space behind a password with @", "https://us3r:s3@cret@shop.example/a b", "url.space"},
		{"S2 fragment without scheme", "shop.example/#s3cret", "url.scheme_missing"},
		{"S2 slashes in a query without scheme", "shop.example/?s3cret//s3cret", "url.scheme_missing"},
		{"S2 no scheme", "us3r:s3cret@shop.example/a", "url.scheme_missing"},
		{"S2 no scheme, slashes", "//us3r:s3cret@shop.example/a", "url.scheme_missing"},
		{"S2 password with /", "https://us3r:s3/cret@shop.example/", "url.authority"},
		{"S2 password with [", "https://us3r:s3[cret@shop.example/", "url.authority"},
		{"S2 three slashes", "https:///us3r:s3cret@shop.example/a b", "url.space"},
		{"S2 no host", "https://us3r:s3cret@/", "url.host"},
		{"S2 port", "https://us3r:s3cret@shop.example:0/?s3cret", "url.port"},
		{"S2 private", "https://us3r:s3cret@127.0.0.1/?s3cret", "url.private"},
		{"S2 name", "https://us3r:s3cret@-,/?s3cret", "url.name"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := judgeURL(c.url, nil)
			if m.Key != c.want {
				t.Errorf("judgeURL(%q) says %q, want %q", c.url, m.Key, c.want)
			}
			for _, secret := range []string{"us3r", "s3", "cret"} {
				if strings.Contains(m.English(), secret) {
					t.Errorf("judgeURL(%q) shows a secret: %s", c.url, m.English())
				}
			}
		})
	}
	for _, c := range []struct{ name, url, before string }{
		{"S2 nothing is secret", "https://shop.example/@me/a b?c=d@e", "https://shop.example/@me/a"},
		{"S2 user and password are left out", "https://us3r:s3cret@shop.example/a b", "https://shop.example/a"},
		{"S2 user without a name", "https://@shop.example/a b", "https://shop.example/a"},
		{"S2 more slashes, then a user", "https:///a@b c", "https:///b"},
		{"S2 space before the host", "http: //shop.example/", "http:"},
		{"S2 much before it", "https://" + name253 + " ", "https://" + name63[:56] + "…"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := judgeURL(c.url+"x", nil).Args["before"]; got != c.before {
				t.Errorf("judgeURL(%q) shows %q, want %q", c.url, got, c.before)
			}
		})
	}
}

// TestJudgeURLCatalogue: each message's key has a text, and the text has no
// placeholder that the message does not fill.
func TestJudgeURLCatalogue(t *testing.T) {
	for _, url := range []string{
		"", "https://", "shop.example", "ftp://a", "https://a b", " https://a", "https://a\x00", "https://a#",
		`https://a\`, "https://a/" + strings.Repeat("a", 2048), "https://a/%", "https://a:b", "https://a:0",
		"https://a..b", "https://" + name63 + "a", "https://a.1", "https://8.8.8.8.", "https://127.0.0.1",
		"https://[2606:4700:4700::1111%25a]",
	} {
		t.Run("V7 "+shorten(url), func(t *testing.T) {
			m := judgeURL(url, nil)
			if _, ok := english[m.Key]; !ok {
				t.Fatalf("no text for %q", m.Key)
			}
			if text := m.English(); strings.ContainsAny(text, "{}") {
				t.Errorf("%s: %s", m.Key, text)
			}
		})
	}
}
