package repo

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A needle is a text as searchSQL looks for it in ID, event type and URL, with a
// line break between each. There the letters of ASCII are small: PostgreSQL's
// lower() knows no others in the collation C, which the columns have whatever the
// database's locale is. The others are known here.
type needle struct {
	// shown are patterns of LIKE, of which one matches what holds the needle: the
	// ways to write its first letter that has cases still. Where more such letters
	// follow, they are any sign.
	shown []string
	// whole are those patterns and, where the needle may begin in the scheme and
	// end in the host, what matches it with a user and a password in between.
	whole []string
	// exact is a regular expression of PostgreSQL, empty where the patterns are
	// exact themselves.
	exact string
}

const (
	// maxWays is how many patterns are compared at most: for one letter that has
	// two or three cases. That sorts out most webhooks sooner than all the ways to
	// write a text, or a regular expression, would.
	maxWays = 3
	// maxNeedle is how many bytes of a text are looked for. It is more than a
	// webhook can hold, and keeps the work on a regular expression, which grows
	// with the square, to some ten milliseconds.
	maxNeedle = 4096
)

// needleOf makes a needle of whatever was typed. What no webhook can hold has no
// pattern, and is not sent: PostgreSQL takes no NUL and nothing but UTF-8, and a
// line break would match between two parts.
func needleOf(text string) needle {
	if len(text) > maxNeedle || !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) {
		return needle{}
	}
	var n needle
	var exact strings.Builder
	signs, ways := [][]rune(nil), 1 // each in its cases, or in none where it is any sign
	for _, sign := range text {
		cases := casesOf(sign)
		exact.WriteString(oneOf(cases))
		if ways*len(cases) > maxWays {
			cases = nil
		}
		ways *= max(1, len(cases))
		signs = append(signs, cases)
	}
	if slices.ContainsFunc(signs, func(cases []rune) bool { return cases == nil }) {
		n.exact = exact.String()
	}
	host := hostIn(text)
	for way := range ways {
		n.shown = append(n.shown, "%"+spelling(signs, way)+"%")
		if host > 0 {
			n.whole = append(n.whole, "%"+spelling(signs[:host], way)+"%@"+spelling(signs[host:], way)+"%")
		}
	}
	n.whole = append(n.whole, n.shown...)
	return n
}

// hostIn is where the host begins in a text that begins within a URL's scheme
// and does not end there; else 0.
func hostIn(text string) int {
	for i := min(len("https://"), len(text)-1); i > 0; i-- {
		scheme := strings.ToLower(text[:i])
		if strings.HasSuffix("https://", scheme) || strings.HasSuffix("http://", scheme) {
			return i
		}
	}
	return 0
}

// spelling is the part of a pattern for one of the ways to write the signs.
func spelling(signs [][]rune, way int) string {
	var b strings.Builder
	for _, cases := range signs {
		if cases == nil {
			b.WriteByte('_')
			continue
		}
		b.WriteString(quote(cases[way%len(cases)]))
		way /= len(cases)
	}
	return b.String()
}

// oneOf is the part of a regular expression for a sign in all its cases.
func oneOf(cases []rune) string {
	if len(cases) == 1 {
		return quote(cases[0])
	}
	return "[" + string(cases) + "]"
}

// quote makes a sign stand for itself in patterns and regular expressions.
func quote(c rune) string {
	if c < utf8.RuneSelf && !unicode.IsLetter(c) && !unicode.IsDigit(c) {
		return `\` + string(c)
	}
	return string(c)
}

// casesOf gives a sign in all its cases, of which there is one where the letter
// is of ASCII. The Kelvin sign and the long s, which Unicode has as cases of k
// and s, match themselves alone.
func casesOf(c rune) []rune {
	if c < utf8.RuneSelf {
		return []rune{unicode.ToLower(c)}
	}
	cases := []rune{c}
	for next := unicode.SimpleFold(c); next != c; next = unicode.SimpleFold(next) {
		if next < utf8.RuneSelf {
			return []rune{c}
		}
		cases = append(cases, next)
	}
	return cases
}
