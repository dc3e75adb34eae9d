package repo

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A needle is a text as searchSQL looks for it in the column search.
type needle struct {
	// like is a pattern of LIKE. A sign that has two cases and is not of ASCII
	// matches any sign there.
	like string
	// exact is a regular expression of PostgreSQL for these; empty if there are
	// none, so that like is exact itself.
	exact string
}

// maxNeedle is how many bytes of a text are looked for. It is more than the
// column holds, and keeps the work on a regular expression, which grows with
// the square, to some ten milliseconds.
const maxNeedle = 4096

// nowhere is a needle that nothing holds: no column is empty.
var nowhere = needle{}

// needleOf makes a needle of whatever was typed. What no webhook can hold is
// not sent: PostgreSQL takes no NUL and nothing but UTF-8, and the parts of the
// column are parted by a line break.
func needleOf(text string) needle {
	if len(text) > maxNeedle || !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) {
		return nowhere
	}
	var like, exact strings.Builder
	cased := false
	like.WriteByte('%')
	for _, typed := range text {
		cases := casesOf(typed)
		c := cases[0]
		switch {
		case len(cases) > 1:
			cased = true
			like.WriteByte('_')
			exact.WriteString("[" + string(cases) + "]")
		case c < utf8.RuneSelf && !unicode.IsLetter(c) && !unicode.IsDigit(c):
			like.WriteString(`\` + string(c))
			exact.WriteString(`\` + string(c))
		default:
			like.WriteRune(c)
			exact.WriteRune(c)
		}
	}
	like.WriteByte('%')
	if !cased {
		return needle{like: like.String()}
	}
	return needle{like: like.String(), exact: exact.String()}
}

// casesOf gives a sign in all its cases. What the column has as a small letter
// of ASCII is that letter alone.
func casesOf(c rune) []rune {
	cases := []rune{c}
	for next := unicode.SimpleFold(c); next != c; next = unicode.SimpleFold(next) {
		cases = append(cases, next)
	}
	for _, one := range cases {
		if one < utf8.RuneSelf {
			return []rune{unicode.ToLower(one)}
		}
	}
	return cases
}
