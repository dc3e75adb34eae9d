package adminui

import "time"

// Language is a language that pages are shown in.
type Language struct {
	Tag, Name, Dir string
	Texts          map[string]string
}

// Language gives the best language for tags or Accept-Language values in turn.
func (u *UI) Language(preferred ...string) *Language {
	return &Language{Tag: "en", Name: "English", Dir: "ltr"}
}

// Time writes a time in the language, with its zone.
func (l *Language) Time(t time.Time, loc *time.Location) string {
	return t.In(loc).Format("2 Jan 2006, 15:04:05 MST")
}
