package webhook

import (
	"bytes"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// MaskURL puts mask in the place of the password in a URL: of what stands
// between the first colon after the scheme and the last @. It reads the text
// alone, so that no password shows where the URL can not be parsed or its
// password holds what it may not, such as / or @. A port counts as the beginning
// of a password where an @ follows anywhere behind it. Nothing is masked where
// the host of a URL that parses is over before any colon or @.
func MaskURL(raw, mask string) string {
	start := afterScheme(raw)
	rest := raw[start:]
	at := strings.LastIndexByte(rest, '@')
	colon := strings.IndexByte(rest[:max(at, 0)], ':')
	if colon < 0 {
		return raw
	}
	if end := strings.IndexAny(rest, "/?#\\"); end >= 0 && !strings.ContainsAny(rest[:end], ":@") {
		if u, err := url.Parse(raw); err == nil && u.Host != "" {
			return raw
		}
	}
	return raw[:start+colon+1] + mask + rest[at:]
}

// afterScheme is where a URL's user or host begins: behind the scheme and all
// slashes after it, backslashes too, as browsers read them. Without a slash what
// looks like a scheme may be a user.
func afterScheme(raw string) int {
	start := 0
	if scheme := schemeOf(raw); scheme != "" {
		start = len(scheme) + len(":")
	}
	rest := strings.TrimLeft(raw[start:], `/\`)
	if len(rest) == len(raw)-start {
		return 0
	}
	return len(raw) - len(rest)
}

// secretWords are what the name of a header with a secret in it holds.
var secretWords = []string{"key", "token", "secret", "auth", "pass", "cookie"}

// IsSecretHeader reports whether the values of a header are hidden wherever
// they are not edited: Authorization, Proxy-Authorization, Cookie, and what has
// key, token, secret, auth or pass in its name, in any case.
func IsSecretHeader(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc(secretWords, func(word string) bool { return strings.Contains(name, word) })
}

// MaskHeaders puts mask in the place of the values of secret headers in a header
// template. What can not be told to be no secret is masked too: the value after
// a name that has a variable in it, and a line that is no header.
func MaskHeaders(template, mask string) string {
	var b strings.Builder
	for _, line := range headerLines(template) {
		text := strings.TrimRight(line, "\r\n")
		b.WriteString(maskLine(text, mask))
		b.WriteString(line[len(text):])
	}
	return b.String()
}

// headerLines cuts a header template into its lines. A line break within a tag
// ends none; where a tag has no end, each does.
func headerLines(template string) []string {
	outside := []byte(template)
	r := newTagReader(template)
	for t, _ := r.next(); t.complete; t, _ = r.next() {
		if t.kind == '=' {
			r.setDelimiters(t)
		}
		clear(outside[t.start:t.end()])
	}
	var lines []string
	for line := range bytes.Lines(outside) {
		lines = append(lines, template[:len(line)])
		template = template[len(line):]
	}
	return lines
}

// silentTag is a tag that prints nothing.
var silentTag = regexp.MustCompile(`\{\{[#^/!][^}]*\}\}`)

// withoutSilent is a line without its tags that print nothing, but for comments
// that may hold a header that somebody took out.
func withoutSilent(line string) string {
	return strings.TrimSpace(silentTag.ReplaceAllStringFunc(line, func(t string) string {
		if t[2] == '!' && IsSecretHeader(t) {
			return t
		}
		return ""
	}))
}

// maskLine masks one line, without its line break.
func maskLine(line, mask string) string {
	if withoutSilent(line) == "" {
		return line
	}
	name, value, colon := strings.Cut(line, ":")
	if !colon {
		return mask
	}
	bare := withoutSilent(name)
	if bare != "" && strings.Trim(bare, tokenCharacters) == "" && !IsSecretHeader(bare) {
		return line
	}
	blanks := value[:len(value)-len(strings.TrimLeft(value, " \t"))]
	return name + ":" + blanks + mask
}
