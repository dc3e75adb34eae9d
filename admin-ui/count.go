package adminui

import "html/template"

// mostCounted is how far deliveries are counted: a greater number only says that
// there are more.
const mostCounted = 10_000

// counted says how many there are. The text of the key with _more is for more
// than are counted.
func (m *maker) counted(key string, n int, pairs ...any) template.HTML {
	if n > mostCounted {
		key, n = key+"_more", mostCounted
	}
	return m.HTML(key, append([]any{"n", n}, pairs...)...)
}
