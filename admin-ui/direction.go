package adminui

import "github.com/seed-7c2cc908/merchant-webhooks/webhook"

// The directions of a script.
const (
	ltr = "ltr"
	rtl = "rtl"
)

// Unicode's isolates, which do in a text what <bdi> does in a page.
const (
	leftToRightIsolate = "\u2066"
	rightToLeftIsolate = "\u2067"
	firstStrongIsolate = "\u2068"
	popIsolate         = "\u2069"
)

// isolate writes a placeholder's value. In a sentence from right to left the
// direction of words from elsewhere would move what stands around them.
func (l *Language) isolate(v any) string {
	written := l.value(v)
	switch v.(type) {
	case string, webhook.EventType, []webhook.EventType:
		if l.Dir == rtl {
			return firstStrongIsolate + written + popIsolate
		}
	}
	return written
}

// embed puts a text of another language into this one's, where their
// directions differ.
func (l *Language) embed(of *Language, text string) string {
	switch {
	case of.Dir == l.Dir:
		return text
	case of.Dir == rtl:
		return rightToLeftIsolate + text + popIsolate
	default:
		return leftToRightIsolate + text + popIsolate
	}
}
