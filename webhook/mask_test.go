package webhook

import (
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestA8_MaskURL(t *testing.T) {
	for url, want := range map[string]string{
		"https://erp.example.com/hook":           "https://erp.example.com/hook",
		"https://a:secret@erp.example.com/hook":  "https://a:•••@erp.example.com/hook",
		"HTTPS://a:secret@erp.example.com":       "HTTPS://a:•••@erp.example.com",
		"https://a:@erp.example.com/":            "https://a:•••@erp.example.com/",
		"https://:secret@erp.example.com/":       "https://:•••@erp.example.com/",
		"https://token@erp.example.com/":         "https://token@erp.example.com/",
		"https://a:se:cr@et@erp.example.com/":    "https://a:•••@erp.example.com/",
		"https://a:se/cr?e#t@erp.example.com/":   "https://a:•••@erp.example.com/",
		"https://a:se cret@erp.example.com/":     "https://a:•••@erp.example.com/",
		"https://a:se%cret@erp.example.com/":     "https://a:•••@erp.example.com/",
		"https://a:12/secret@erp.example.com/":   "https://a:•••@erp.example.com/",
		" https://a:secret@erp.example.com":      " https:•••@erp.example.com",
		"a:secret@erp.example.com":               "a:•••@erp.example.com",
		"//a:secret@erp.example.com":             "//a:•••@erp.example.com",
		"https:a:secret@erp.example.com":         "https:•••@erp.example.com",
		"http:secret@erp.example.com":            "http:•••@erp.example.com",
		"https:/a:secret@erp.example.com":        "https:/a:•••@erp.example.com",
		"https:///a:secret@erp.example.com":      "https:///a:•••@erp.example.com",
		`https:\\a:secret@erp.example.com`:       `https:\\a:•••@erp.example.com`,
		"ftp://a:secret@erp.example.com":         "ftp://a:•••@erp.example.com",
		"htt ps://a:secret@erp.example.com":      "htt ps:•••@erp.example.com",
		"https://a\x00:secret@erp.example.com":   "https://a\x00:•••@erp.example.com",
		"https://a/b%:secret@erp.example.com":    "https://a/b%:•••@erp.example.com",
		"a/b:secret@erp.example.com":             "a/b:•••@erp.example.com",
		"https://erp.example.com/@user":          "https://erp.example.com/@user",
		"https://erp.example.com/a:b?c=d@e":      "https://erp.example.com/a:b?c=d@e",
		"https://erp.example.com:8443/hook":      "https://erp.example.com:8443/hook",
		"https://erp.example.com:8443/?a=b@c.de": "https://erp.example.com:•••@c.de",
		"https://[2001:db8::1]/":                 "https://[2001:db8::1]/",
		"":                                       "",
		"@":                                      "@",
	} {
		if got := MaskURL(url, "•••"); got != want {
			t.Errorf("A8 %q reads %q, want %q", url, got, want)
		}
	}
}

// FuzzMaskURL: what stands between user: and @ is never shown, whatever it is
// and whatever is around it.
func FuzzMaskURL(f *testing.F) {
	f.Add("https://", "user", "pass", "erp.example.com/hook")
	f.Add("http:/", "", "1/2?3#4@5", "[::1")       // what a password may not hold
	f.Add(" ht tp:///", "ü%", "\x00\xff", "")      // what can not be parsed
	f.Add("", "mailto", "\\", "a@b:c@d")           // no scheme
	f.Add("https:", ":", ":@:@", "erp.example:80") // colons
	f.Fuzz(func(t *testing.T, scheme, user, password, rest string) {
		const begin, end = "\u2603begin", "end\u2603"
		raw := scheme + user + ":" + begin + password + end + "@" + rest
		if u, err := url.Parse(raw); err == nil && u.Host != "" && u.User == nil && u.Port() == "" {
			return // The host is over before the user begins: it is none.
		}
		masked := MaskURL(raw, "•••")
		if strings.Contains(masked, begin) || strings.Contains(masked, end) {
			t.Errorf("%q reads %q", raw, masked)
		}
		if !strings.HasSuffix(masked, raw[strings.LastIndex(raw, "@"):]) {
			t.Errorf("%q reads %q: the end is lost", raw, masked)
		}
	})
}

func TestS2_IsSecretHeader(t *testing.T) {
	for name, want := range map[string]bool{
		"Authorization": true, "authorization": true, "PROXY-AUTHORIZATION": true, "Cookie": true, "cookie": true,
		"X-Api-Key": true, "ApiKey": true, "X-Token": true, "X-SECRET-1": true, "X-Auth": true, "X-Password": true, "Passphrase": true,
		"Content-Type": false, "X-Order": false, "Accept": false, "": false, "X-Signature": false,
	} {
		if got := IsSecretHeader(name); got != want {
			t.Errorf("S2 %s: %t", name, got)
		}
	}
}

func TestS2_MaskHeaders(t *testing.T) {
	for template, want := range map[string]string{
		"": "",
		"Content-Type: application/json\r\nAuthorization: Bearer abc\r\n\r\nX-Order: {{order_id}}": "Content-Type: application/json\r\nAuthorization: •••\r\n\r\nX-Order: {{order_id}}",
		"AUTHORIZATION:abc":                               "AUTHORIZATION:•••",
		"x-api-key:\t abc {{order_id}}":                   "x-api-key:\t •••",
		"Cookie: a=b\n":                                   "Cookie: •••\n",
		"Cookie:":                                         "Cookie:•••",
		"{{#a}}\nX-Token: abc\n{{/a}}\nB: {{b}}":          "{{#a}}\nX-Token: •••\n{{/a}}\nB: {{b}}",
		"{{#a}}X-Token: abc{{/a}}":                        "{{#a}}X-Token: •••",
		"{{#a}}B: abc{{/a}}":                              "{{#a}}B: abc{{/a}}",
		"{{name}}: abc":                                   "{{name}}: •••",
		"{{#a}}{{name}}{{/a}}: abc":                       "{{#a}}{{name}}{{/a}}: •••",
		"X-{{{name}}}: abc":                               "X-{{{name}}}: •••",
		"abc":                                             "•••",
		"Authorization: Bearer {{#a}}\nabc{{/a}}":         "Authorization: •••\n•••",
		"Authorization: a{{!\nB: c }}abc":                 "Authorization: •••",
		"Authorization: a{{!\r\n}}abc\r\nB: c":            "Authorization: •••\r\nB: c",
		"{{! a remark }}\nB: c":                           "{{! a remark }}\nB: c",
		"{{! Authorization: abc }}":                       "{{! Authorization: •••",
		"{{=<% %>=}}\n<%#a%>X-Token: abc<%/a%>\nB: <%b%>": "•••\n<%#a%>X-Token: •••\nB: <%b%>",
		"{{=<% %>=}}\nAuthorization: a<%!\nB: c %>abc":    "•••\nAuthorization: •••",
		"B: c\n{{unclosed: x\nAuthorization: abc":         "B: c\n{{unclosed: •••\nAuthorization: •••",
		"{{a b=}}: c\nAuthorization: {{b\n}}c":            "{{a b=}}: •••\nAuthorization: •••",
		"{{#token}}\nB: c\n{{/token}}":                    "{{#token}}\nB: c\n{{/token}}",
		"Bad Name: abc":                                   "Bad Name: •••",
		": abc":                                           ": •••",
		"ü: abc":                                          "ü: •••",
		" B: abc":                                         " B: abc",
		"Authorization : abc":                             "Authorization : •••",
	} {
		if got := MaskHeaders(template, "•••"); got != want {
			t.Errorf("S2 %q reads %q, want %q", template, got, want)
		}
	}
}

// FuzzMaskHeaders: what a secret header would be sent with is never shown, and
// other lines stay as they are.
func FuzzMaskHeaders(f *testing.F) {
	f.Add("Content-Type: application/json\r\n", "X-Order: {{order_id}}")
	f.Add("{{#contract_terms.products}}\n", "{{/contract_terms.products}}") // in a section
	f.Add("A: {{! a\nb }}", "\n\nB: {{=<% %>=}}")                           // tags over lines
	f.Add("X-A: {{order_id", "}}: {{")                                      // tags without end
	f.Add("{{=| |=}}|#order_id|", "|/order_id|")                            // other delimiters
	event, _ := newCatalogue(f).Lookup("pay")
	f.Fuzz(func(t *testing.T, before, after string) {
		const secret = "\u2603secret"
		for _, template := range []string{
			before + "\nAuthorization: " + secret + after, before + "Authorization: a" + secret + after, before + "{{order_id}}: " + secret + after,
		} {
			parsed, m := parseTemplate(FieldHeaderTemplate, template)
			if !m.IsZero() || strings.Contains(before+after, secret) || !utf8.ValidString(template) {
				return
			}
			masked := MaskHeaders(template, "•••")
			for _, h := range parsed.sendable(event) {
				if (IsSecretHeader(h.Name) || h.Name == "2025.282-01MRE3X") && strings.Contains(h.Value, secret) && strings.Contains(masked, secret) {
					t.Errorf("%q reads %q", template, masked)
				}
			}
		}
	})
}
