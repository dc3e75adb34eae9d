package adminui

import (
	"html/template"
	"strings"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// A previewSheet is what templates/preview.html prints: a request as it would
// be sent.
type previewSheet struct {
	Lead template.HTML
	// Start is the request's first line.
	Start string
	Lines []headerLine
	// Body and Indented are its body; without one, NoBody says so.
	Body, Indented longText
	NoBody         template.HTML
	Verdict        template.HTML
	Sound          bool
	Remarks        []template.HTML
}

// A headerLine is a header of a request. The value of one that is only known
// when it is sent is in words.
type headerLine struct {
	Name, Value string
	Added       bool
}

// addedHeaders are those of Standard Webhooks, which each request carries, and when
// its event happened.
var addedHeaders = []string{"webhook-id", "webhook-timestamp", "webhook-signature", "webhook-event-time"}

// preview shows a request with its secrets hidden. The template tells a body
// that is empty on purpose from one that could not be made.
func (m *maker) preview(p webhook.Preview, bodyTemplate string) previewSheet {
	s := previewSheet{
		Lead:     m.HTML("preview.lead_no_host"),
		Start:    p.Method + " " + p.Target + " HTTP/1.1",
		Body:     m.long(p.Body),
		Indented: m.long(p.Indented),
		Verdict:  m.Language.MessageHTML(p.Verdict),
		Sound:    p.Sound,
	}
	if host := webhook.HostOf(p.URL); host != "" {
		s.Lead = m.HTML("preview.lead", "host", host)
	}
	if p.Host != "" {
		s.Lines = append(s.Lines, headerLine{Name: "Host", Value: p.Host})
	}
	for _, h := range maskHeaders(p.Headers, mask) {
		s.Lines = append(s.Lines, headerLine{Name: h.Name, Value: h.Value})
	}
	for _, name := range addedHeaders {
		s.Lines = append(s.Lines, headerLine{Name: name, Value: m.Say("preview.added"), Added: true})
	}
	if bodyTemplate == "" {
		s.NoBody = m.HTML("view.no_body")
	}
	for _, remark := range p.Remarks {
		s.Remarks = append(s.Remarks, m.Language.MessageHTML(remark))
	}
	return s
}

// A text of more lines or bytes than these is folded.
const (
	longLines = 40
	longBytes = 8 << 10
)

// A longText is a text that is folded where it is long: then Start is its
// beginning, and Open opens the whole of it.
type longText struct {
	Text, Start string
	Open        template.HTML
}

func (m *maker) long(text string) longText {
	lines := strings.Count(strings.TrimRight(text, "\r\n"), "\n") + 1
	if lines <= longLines && len(text) <= longBytes {
		return longText{Text: text}
	}
	start := text
	if all := strings.SplitN(text, "\n", longLines+1); len(all) > longLines {
		start = strings.Join(all[:longLines], "\n")
	}
	if len(start) > longBytes {
		start = strings.ToValidUTF8(start[:longBytes], "")
	}
	return longText{Text: text, Start: start, Open: m.HTML("view.all_lines", "n", lines)}
}
