package adminui

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/language"
)

// languages are those that the pages can speak, English first.
type languages struct {
	all     []*Language
	matcher language.Matcher
	// location is the zone of the times in what they say.
	location *time.Location
}

// newLanguages gives English, German and a host's languages. One with the tag
// of another goes before it, text by text.
func newLanguages(extra []Language, location *time.Location) (*languages, error) {
	ls := &languages{location: location}
	for _, built := range []Language{english(), german()} {
		if err := ls.add(built); err != nil {
			return nil, err
		}
	}
	for i, l := range extra {
		if err := ls.add(l); err != nil {
			return nil, fmt.Errorf("option Languages[%d]: %w", i, err)
		}
	}
	tags := make([]language.Tag, len(ls.all))
	for i, l := range ls.all {
		tags[i] = l.tag
		ls.link(l)
	}
	ls.matcher = language.NewMatcher(tags)
	return ls, nil
}

func (ls *languages) add(l Language) error {
	tag, err := language.Parse(l.Tag)
	if err != nil || tag.IsRoot() {
		return fmt.Errorf("%q is no language's tag, such as \"de\" or \"pt-BR\"", l.Tag)
	}
	l.Tag, l.tag, l.next, l.location = tag.String(), tag, nil, ls.location
	l.Texts = maps.Clone(l.Texts)
	l.digits = digitsOf(tag)
	i := slices.IndexFunc(ls.all, func(other *Language) bool { return other.Tag == l.Tag })
	if i >= 0 {
		l.next = ls.all[i]
		l.Name, l.Dir = cmp.Or(l.Name, l.next.Name), cmp.Or(l.Dir, l.next.Dir)
	}
	l.Name, l.Dir = cmp.Or(l.Name, l.Tag), cmp.Or(l.Dir, ltr)
	if l.Dir != ltr && l.Dir != rtl {
		return fmt.Errorf("the direction %q of %s is neither %q nor %q", l.Dir, l.Tag, ltr, rtl)
	}
	if i >= 0 {
		ls.all[i] = &l
	} else {
		ls.all = append(ls.all, &l)
	}
	return nil
}

// link lets a language read what it lacks in the nearest of its tag's parents,
// or in English.
func (ls *languages) link(l *Language) {
	last := l
	for last.next != nil && last.next.Tag == l.Tag {
		last = last.next
	}
	english := ls.all[0]
	if l == english {
		return
	}
	last.next = english
	for parent := l.tag.Parent(); !parent.IsRoot(); parent = parent.Parent() {
		for _, other := range ls.all {
			if other.tag == parent {
				last.next = other
				return
			}
		}
	}
}

// Language gives the best language for what is preferred: tags, or values of
// Accept-Language, in turn. The first that is spoken at all decides; where none
// is, or none can be read, it is English.
func (u *UI) Language(preferred ...string) *Language { return u.languages.best(preferred...) }

func (ls *languages) best(preferred ...string) *Language {
	for _, accept := range preferred {
		tags, _, err := language.ParseAcceptLanguage(readable(accept))
		if err != nil {
			continue
		}
		if _, i, confidence := ls.matcher.Match(tags...); confidence != language.No {
			return ls.all[i]
		}
	}
	return ls.all[0]
}

// readable leaves those entries of an Accept-Language that can be read, since
// the parser refuses all for one. What is longer than any browser's is cut.
func readable(accept string) string {
	const most = 1000
	if len(accept) > most {
		accept = accept[:most]
	}
	entries := slices.DeleteFunc(strings.Split(accept, ","), func(entry string) bool {
		_, _, err := language.ParseAcceptLanguage(entry)
		return err != nil
	})
	return strings.Join(entries, ",")
}
