package repo

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A needle is a text as searchSQL looks for it in the column search, where the
// letters of ASCII are small. What is found matches one of the patterns and the
// regular expression.
type needle struct {
	// like are patterns of LIKE: one for each way to write the letters that have
	// cases still, or, where these ways are many, one to which such a letter is
	// any sign.
	like []string
	// exact is a regular expression of PostgreSQL for those many ways, else empty.
	exact string
}

const (
	// maxLike is how many patterns are sooner compared than a regular expression.
	maxLike = 4
	// maxNeedle is how many bytes of a text are looked for. It is more than the
	// column holds, and keeps the work on a regular expression, which grows with
	// the square, to some ten milliseconds.
	maxNeedle = 4096
)

// needleOf makes a needle of whatever was typed. What no webhook can hold has no
// pattern, and is not sent: PostgreSQL takes no NUL and nothing but UTF-8, and
// line breaks part what the column is made of.
func needleOf(text string) needle {
	if len(text) > maxNeedle || !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) {
		return needle{}
	}
	var signs [][]rune
	ways := 1
	for _, sign := range text {
		cases := casesOf(sign)
		signs = append(signs, cases)
		ways = min(ways*len(cases), maxLike+1)
	}
	if ways > maxLike {
		return needle{like: []string{anyCase(signs)}, exact: expression(signs)}
	}
	like := make([]string, ways)
	for way := range like {
		like[way] = spelling(signs, way)
	}
	return needle{like: like}
}

// spelling is the pattern for one of the ways to write the signs.
func spelling(signs [][]rune, way int) string {
	var b strings.Builder
	b.WriteByte('%')
	for _, cases := range signs {
		b.WriteString(quote(cases[way%len(cases)]))
		way /= len(cases)
	}
	b.WriteByte('%')
	return b.String()
}

// anyCase is a pattern that all ways to write the signs match, and more.
func anyCase(signs [][]rune) string {
	var b strings.Builder
	b.WriteByte('%')
	for _, cases := range signs {
		if len(cases) > 1 {
			b.WriteByte('_')
		} else {
			b.WriteString(quote(cases[0]))
		}
	}
	b.WriteByte('%')
	return b.String()
}

// expression is a regular expression that all ways to write the signs match.
func expression(signs [][]rune) string {
	var b strings.Builder
	for _, cases := range signs {
		if len(cases) > 1 {
			b.WriteString("[" + string(cases) + "]")
		} else {
			b.WriteString(quote(cases[0]))
		}
	}
	return b.String()
}

// quote makes a sign stand for itself in patterns and regular expressions.
func quote(c rune) string {
	if c < utf8.RuneSelf && !unicode.IsLetter(c) && !unicode.IsDigit(c) {
		return `\` + string(c)
	}
	return string(c)
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
