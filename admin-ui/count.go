package adminui

import "html/template"

// mostCounted is how far deliveries are counted: a greater number only says that
// there are more.
const mostCounted = 10_000

// counted is a text of the page that says how many there are.
func (m *maker) counted(key string, n int, pairs ...any) template.HTML {
	key, n = known(key, n)
	return m.HTML(key, append([]any{"n", n}, pairs...)...)
}

// known is the key of a text that says how many there are, and the number in it.
// The text of the key with _more is for more than are counted.
func known(key string, n int) (string, int) {
	if n > mostCounted {
		return key + "_more", mostCounted
	}
	return key, n
}
