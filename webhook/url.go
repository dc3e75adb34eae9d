package webhook

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// judgeURL says what is wrong with the address that a webhook is sent to; the
// zero Message when nothing is. Nothing is looked up: a name is judged again by
// what it stands for when it is dialled. No message shows a user, a password or
// a query.
func judgeURL(raw string, allowed []netip.Prefix) Message {
	if raw == "" {
		return Say("url.missing")
	}
	if m := judgeScheme(raw); !m.IsZero() {
		return m
	}
	if m := judgeCharacters(raw); !m.IsZero() {
		return m
	}
	if len(raw) > MaxURLBytes {
		return Say("url.too_long", "n", len(raw), "limit", MaxURLBytes)
	}
	if !escapesComplete(raw) {
		return Say("url.escape")
	}
	u, err := url.Parse(raw)
	if err != nil {
		// The error is not passed on: it repeats what was typed, or the
		// password where it takes that for a port.
		return Say("url.authority", "scheme", schemeOf(raw))
	}
	if u.Hostname() == "" {
		return Say("url.host", "scheme", u.Scheme)
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return Say("url.port")
		}
	}
	return judgeHost(u, allowed)
}

// judgeScheme says so when the scheme is missing or neither http nor https.
// Space in front is left to judgeCharacters.
func judgeScheme(raw string) Message {
	raw = strings.TrimLeftFunc(raw, func(r rune) bool { return unicode.IsSpace(r) || isInvisible(r) })
	scheme := schemeOf(raw)
	switch strings.ToLower(scheme) {
	case "http", "https":
		return Message{}
	case "":
		typed := strings.TrimLeft(raw, ":/\\")
		if typed = withoutSecrets(typed, len(typed)); typed == "" {
			return Say("url.missing")
		}
		return Say("url.scheme_missing", "typed", typed)
	default:
		return Say("url.scheme", "scheme", shorten(scheme))
	}
}

// schemeOf is what stands before the colon of an address, unless that is the
// host or the user of an address without a scheme: shop.example:8443/hook.
func schemeOf(raw string) string {
	scheme, rest, found := strings.Cut(raw, ":")
	if !found || strings.ContainsFunc(scheme, notInScheme) {
		return ""
	}
	if strings.HasPrefix(rest, "//") || strings.EqualFold(scheme, "http") || strings.EqualFold(scheme, "https") {
		return scheme
	}
	port := rest != "" && rest[0] >= '0' && rest[0] <= '9'
	if port || strings.ContainsAny(scheme, ".") || strings.Contains(rest, "@") {
		return ""
	}
	return scheme
}

// notInScheme reports whether no scheme has the character (RFC 3986, 3.1).
func notInScheme(r rune) bool {
	letter := r|0x20 >= 'a' && r|0x20 <= 'z'
	digit := r >= '0' && r <= '9'
	return !letter && !digit && !strings.ContainsRune("+-.", r)
}

// judgeCharacters says which character an address can not have.
func judgeCharacters(raw string) Message {
	for i, r := range raw {
		switch {
		case isInvisible(r):
			return Say("url.invisible", "hex", hex(r))
		case unicode.IsSpace(r) && (i == 0 || i+utf8.RuneLen(r) == len(raw)):
			return Say("url.space_outside")
		case unicode.IsSpace(r):
			return Say("url.space", "before", withoutSecrets(raw, i))
		}
	}
	switch {
	case strings.Contains(raw, "#"):
		return Say("url.fragment")
	case strings.Contains(raw, `\`):
		// Browsers read it as /, so that two programs would see two hosts in
		// http://one.example\@two.example/.
		return Say("url.backslash")
	}
	return Message{}
}

// isInvisible reports whether a character can neither be seen nor be meant: a
// control character, or one that only directs how text is shown. The two
// joiners are letters' parts in names of several scripts.
func isInvisible(r rune) bool {
	const nonJoiner, joiner = '\u200c', '\u200d'
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) && r != nonJoiner && r != joiner
}

// escapesComplete reports whether two hexadecimal digits follow each %.
func escapesComplete(raw string) bool {
	for rest := raw; ; {
		_, after, found := strings.Cut(rest, "%")
		if !found {
			return true
		}
		if len(after) < 2 || !isHex(after[0]) || !isHex(after[1]) {
			return false
		}
		rest = after[2:]
	}
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f'
}

// withoutSecrets is the first end bytes of an address as a message may show
// them: without user, password and query, and cut where it is long.
func withoutSecrets(raw string, end int) string {
	query := strings.IndexAny(raw, "?#")
	if query < 0 {
		query = len(raw)
	}
	start := 0
	if i := strings.Index(raw[:query], "//"); i >= 0 {
		start = query - len(strings.TrimLeft(raw[i:query], "/"))
	}
	authority := query
	if i := strings.IndexByte(raw[start:query], '/'); i >= 0 {
		authority = start + i
	}
	// A password may hold what ends the authority, / and ?, where its owner did
	// not know better; the @ then stands behind these.
	from := start
	if at := strings.LastIndex(raw[start:], "@"); at >= 0 {
		at += start
		if at < authority || strings.Contains(raw[start:authority], ":") {
			from = at + 1
		}
	}
	until := max(from, min(end, query))
	return shorten(raw[:min(start, end)] + raw[from:until])
}
