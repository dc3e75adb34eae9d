package adminui

import (
	"strconv"
	"strings"

	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/number"
)

// digitsOf are a language's digits from 0 to 9. With them most numbers of a page
// are written, those of times above all, at a tenth of what x/text takes.
func digitsOf(tag language.Tag) *[10]string {
	var digits [10]string
	p := message.NewPrinter(tag)
	for i := range digits {
		digits[i] = p.Sprint(number.Decimal(i))
	}
	return &digits
}

// writeDigits writes a number that is not negative without separators, with so
// many digits at least.
func (l *Language) writeDigits(b *strings.Builder, n, least int) {
	if l.digits == nil {
		b.WriteString(l.number(int64(n), number.NoSeparator(), number.MinIntegerDigits(least)))
		return
	}
	text := strconv.Itoa(n)
	for range least - len(text) {
		b.WriteString(l.digits[0])
	}
	for _, r := range text {
		b.WriteString(l.digits[r-'0'])
	}
}
