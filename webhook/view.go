package webhook

// views adds to an event's data what a template's json tags ask for. The
// Mustache package can print nothing for what is missing, so each name that
// the template has must be there.
type views struct {
	paths    paths
	sections map[string]bool
	// left is how many more views may be made; below 0 there were too many, and
	// what came out is not complete.
	left int
}

// dress gives a copy of a value in which it, and each object that the sections
// lead to, has its own json.
func (b *views) dress(v any) any {
	switch v := v.(type) {
	case object:
		dressed := make(object, len(v)+1)
		for name, inner := range v {
			if b.sections[name] {
				inner = b.dress(inner)
			}
			dressed[name] = inner
		}
		dressed[jsonRoot] = b.view(v, b.paths)
		return dressed
	case list:
		dressed := make([]any, len(v), len(v)+1)
		for i, item := range v {
			dressed[i] = b.dress(item)
		}
		return newList(dressed, jsonOf(v))
	default:
		return v
	}
}

// view is a value as JSON, with such a view at each of the names below it.
func (b *views) view(v any, below paths) any {
	b.left--
	if len(below) == 0 {
		return jsonOf(v)
	}
	view := make(object, len(below)+1)
	view[jsonKey] = jsonOf(v)
	fields, _ := v.(object)
	for name, further := range below {
		if b.left < 0 {
			break
		}
		view[name] = b.view(fields[name], further)
	}
	return view
}
