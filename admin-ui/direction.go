package adminui

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
	if _, ok := v.(string); !ok || l.Dir != rtl {
		return written
	}
	return firstStrongIsolate + written + popIsolate
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
