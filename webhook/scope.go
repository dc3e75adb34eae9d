package webhook

import "strings"

// A place is a value in an event's data, or in what a template made of it.
type place struct {
	value any
	path  dataPath
}

// A dataPath leads from an event's data to a value: each name and each itemStep
// behind a pathStep. It is empty for the data itself.
type dataPath string

const (
	// pathStep is no UTF-8, so no name holds it; nor itemStep, which stands for
	// every item of a list.
	pathStep = "\xfe"
	itemStep = "\xff"
)

func (p dataPath) name(name string) dataPath { return p + pathStep + dataPath(name) }

// names gives the path one dotted name further, as tags have them.
func (p dataPath) names(dotted string) dataPath {
	return p + pathStep + dataPath(strings.ReplaceAll(dotted, ".", pathStep))
}

func (p dataPath) item() dataPath { return p + pathStep + itemStep }

// up gives the path without its last step.
func (p dataPath) up() dataPath { return p[:max(0, strings.LastIndex(string(p), pathStep))] }

// under reports whether the path leads further than another.
func (p dataPath) under(other dataPath) bool {
	return strings.HasPrefix(string(p), string(other)+pathStep)
}

// steps are the path's parts.
func (p dataPath) steps() []string {
	if p == "" {
		return nil
	}
	return strings.Split(string(p[len(pathStep):]), pathStep)
}

// String writes the path as in contract_terms.products[].description, that of the
// data itself as the root that tags read it by.
func (p dataPath) String() string {
	if p == "" {
		return jsonRoot
	}
	s := strings.ReplaceAll(string(p), pathStep+itemStep, "[]")
	return strings.TrimPrefix(strings.ReplaceAll(s, pathStep, "."), ".")
}

// A scope is where names are looked up: in its place, then outwards.
type scope struct {
	place
	outer *scope
}

// find looks a name up as the Mustache package does.
func (s *scope) find(name string) (place, bool) {
	if first, rest, dotted := strings.Cut(name, "."); dotted && name != "." {
		found, ok := s.find(first)
		if !ok {
			return place{}, false
		}
		return (&scope{place: found}).find(rest)
	}
	for ; s != nil; s = s.outer {
		if name == "." {
			return s.place, true
		}
		fields, _ := s.value.(object)
		if value, ok := fields[name]; ok {
			return place{value, s.path.name(name)}, true
		}
	}
	return place{}, false
}

// object is the nearest object: the one whose json and form a tag gets.
func (s *scope) object() place {
	for ; s.outer != nil; s = s.outer {
		if _, ok := s.value.(object); ok {
			break
		}
	}
	return s.place
}
