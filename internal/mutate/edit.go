package main

import (
	"bytes"
	"cmp"
	"slices"
)

// An edit of a file puts text in place of what stands from start to end. None
// has a line break, so each line keeps its number.
type edit struct {
	start, end int
	text       string
	closes     bool // what an earlier edit opened
	order      int  // of edits at one place
}

// apply makes all edits. Pairs that open and close nest: of two that begin at
// one place the first of the list is the outer one.
func apply(text []byte, edits []edit) []byte {
	for i := range edits {
		edits[i].order = i
	}
	slices.SortFunc(edits, func(a, b edit) int {
		switch {
		case a.start != b.start:
			return cmp.Compare(a.start, b.start)
		case a.closes && b.closes:
			return cmp.Compare(b.order, a.order)
		case a.closes != b.closes:
			return map[bool]int{true: -1, false: 1}[a.closes]
		}
		return cmp.Or(cmp.Compare(a.end, b.end), cmp.Compare(a.order, b.order))
	})
	var out bytes.Buffer
	at := 0
	for _, e := range edits {
		out.Write(text[at:e.start])
		out.WriteString(e.text)
		at = e.end
	}
	out.Write(text[at:])
	return out.Bytes()
}
