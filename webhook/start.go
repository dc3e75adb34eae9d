package webhook

import (
	"cmp"
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The values of the form's field start_from: what a webhook's texts are to
// start from.
const (
	StartAll  = "all"
	StartID   = "id"
	StartChat = "chat"
	StartForm = "form"
	StartOwn  = "own"
)

// starterNames are the names of the starters, in the order they are offered in.
var starterNames = []string{StartAll, StartID, StartChat, StartForm}

// Starter is a pair of templates that the pages offer to start from. Its body
// holds under every hostile value (see Breaks).
type Starter struct {
	// Name is StartAll, StartID, StartChat or StartForm.
	Name string
	// HeaderTemplate and BodyTemplate are for the fields of these names.
	HeaderTemplate, BodyTemplate string
}

const (
	headerJSON = "Content-Type: application/json"
	headerForm = "Content-Type: application/x-www-form-urlencoded"
)

// Starters are the templates offered for the event: all its data as JSON; only
// what identifies its subject, as JSON; a chat message; all its data as fields
// of a form. Each names the event as webhook_type, as some of GNU Taler's
// events do themselves.
func (e EventType) Starters() []Starter {
	all := e.plainVariables()
	var id []string
	if name := e.idVariable(all); name != "" {
		id = []string{name}
	}
	body := e.objectOf(all)
	if len(all) == 0 {
		body = e.typeAndData()
	}
	return []Starter{
		{StartAll, headerJSON, body},
		{StartID, headerJSON, e.objectOf(id)},
		{StartChat, headerJSON, e.chat(id)},
		{StartForm, headerForm, e.form(all)},
	}
}

// plainName is a name that a tag and a field can have as it stands.
var plainName = regexp.MustCompile(`^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+){0,14}$`)

// typeVariable is the variable that holds the event's own name.
const typeVariable = "webhook_type"

// plainVariables are the names of the event's variables that tags can ask for
// below json and form, but for the event's own name.
func (e EventType) plainVariables() []string {
	var names []string
	for _, v := range e.Variables {
		first, _, _ := strings.Cut(v.Name, ".")
		if plainName.MatchString(v.Name) && !isRoot(first) && v.Name != typeVariable && !slices.Contains(names, v.Name) {
			names = append(names, v.Name)
		}
	}
	return names
}

// idVariable is the variable that identifies what the event is about, empty if
// it has none.
func (e EventType) idVariable(names []string) string {
	for _, ends := range []string{"order_id", "product_id", "category_serial", "_id", "_serial"} {
		for _, name := range names {
			if strings.HasSuffix("_"+name, ends) {
				return name
			}
		}
	}
	if len(names) > 0 {
		return names[0]
	}
	return ""
}

// objectOf is a JSON object of the event's name and the variables.
func (e EventType) objectOf(names []string) string {
	lines := []string{`  "` + typeVariable + `": "` + e.Name + `"`}
	for _, name := range names {
		lines = append(lines, `  "`+name+`": {{{json.`+name+`}}}`)
	}
	return "{\n" + strings.Join(lines, ",\n") + "\n}"
}

// typeAndData is a JSON object with all data of an event whose variables are
// not known.
func (e EventType) typeAndData() string {
	return "{\n  \"" + typeVariable + `": "` + e.Name + "\",\n  \"data\": {{{json}}}\n}"
}

// chatTexts are what a chat message says beside its first line, the first of
// them that the event has as a text.
var chatTexts = []string{"contract_terms.summary", "contract.summary", "description", "category_name"}

// chat is a message for Slack and Mattermost, which read text, and Discord,
// which reads content and embeds; each ignores what it does not know. There are
// no attachments, since Discord takes these for files. JSON can not stand inside
// a text, so the ID is percent-encoded there, which leaves usual IDs as they are.
func (e EventType) chat(id []string) string {
	title := templateText(cmp.Or(e.Title, e.Name))
	message := title
	if len(id) > 0 {
		message += ": {{{form." + id[0] + "}}}"
	}
	lines := []string{`  "text": "` + message + `"`, `  "content": "` + message + `"`}
	for _, name := range chatTexts {
		if _, isText := e.data.at(name).(text); isText {
			lines = append(lines, `  "embeds": [{"title": "`+title+`", "description": {{{json.`+name+`}}}}]`)
			break
		}
	}
	return "{\n" + strings.Join(lines, ",\n") + "\n}"
}

// templateText writes a text for the inside of a JSON string in a template, so
// that nothing in it is a tag.
func templateText(s string) string {
	quoted, _ := json.Marshal(s) // A string always can be.
	return strings.ReplaceAll(string(quoted[1:len(quoted)-1]), "{", `\u007b`)
}

// form is the event's name and the variables as the fields of a form; objects
// and lists are JSON in it.
func (e EventType) form(names []string) string {
	fields := []string{typeVariable + "=" + e.Name}
	for _, name := range names {
		fields = append(fields, name+"={{{form."+name+"}}}")
	}
	if len(names) == 0 {
		fields = append(fields, "data={{{form}}}")
	}
	return strings.Join(fields, "&")
}

// Complete is what the pages do to a form's input before Validate, which knows
// nothing of it. startFrom is the form's start_from; without one, as programs
// post, the input comes back as it is. Else:
//
//   - Line breaks of headers and body, which browsers send as \r\n, become \n:
//     what was within its limit before it was edited stays so.
//   - Unless it is StartOwn, headers and body that are empty or an offered text
//     of any event become the offered texts for the chosen event. If one of them
//     is anything else, both stay, and what holds now is StartOwn.
//   - An empty ID becomes the event and the URL's host, as in
//     pay-erp.example.com, without what no ID can have, cut at MaxIDCharacters.
//     Without a host it becomes the event alone, so that Validate complains of
//     the URL and not of the ID too.
//
// It gives the input to judge and the start_from that holds now. A form that is
// refused shows the ID as it was posted: made of another address it would be
// another.
func (c *Catalogue) Complete(in Input, startFrom string) (Input, string) {
	if startFrom == "" {
		return in, ""
	}
	in.HeaderTemplate.Text = PlainLines(in.HeaderTemplate.Text)
	in.BodyTemplate.Text = PlainLines(in.BodyTemplate.Text)
	starter := c.starter(in.EventType.Text, startFrom)
	switch {
	case !slices.Contains(starterNames, startFrom):
		startFrom = StartOwn
	case !c.offered(in.HeaderTemplate, Starter.header) || !c.offered(in.BodyTemplate, Starter.body):
		startFrom = StartOwn
	case starter != nil:
		in.HeaderTemplate = Value{Text: starter.HeaderTemplate}
		in.BodyTemplate = Value{Text: starter.BodyTemplate}
	}
	if in.WebhookID == (Value{}) {
		in.WebhookID.Text = madeID(in.EventType.Text, in.URL.Text)
	}
	return in, startFrom
}

// starter finds what an event offers under a name; nil if there is none.
func (c *Catalogue) starter(eventType, name string) *Starter {
	event, known := c.Lookup(eventType)
	if !known {
		return nil
	}
	for _, s := range event.Starters() {
		if s.Name == name {
			return &s
		}
	}
	return nil
}

func (s Starter) header() string { return s.HeaderTemplate }
func (s Starter) body() string   { return s.BodyTemplate }

// offered reports whether a field is empty or holds an offered text.
func (c *Catalogue) offered(v Value, part func(Starter) string) bool {
	if v == (Value{}) {
		return true
	}
	for _, event := range c.types {
		for _, s := range event.Starters() {
			if v == (Value{Text: part(s)}) {
				return true
			}
		}
	}
	return false
}

// madeID is the ID of a webhook that was given none.
func madeID(eventType, rawURL string) string {
	id := eventType
	if u, err := url.Parse(rawURL); err == nil && u.Hostname() != "" {
		id = strings.Trim(eventType+"-"+strings.ToLower(u.Hostname()), "-")
	}
	id = strings.Map(func(r rune) rune {
		if r == '/' || r == '\\' || r == utf8.RuneError || !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, id)
	if id = strings.TrimSpace(firstCharacters(id, MaxIDCharacters)); !ValidID(id) {
		return "webhook"
	}
	return id
}

// OtherID is an ID to suggest where id is taken: id and -2, with its end cut
// where that has more than MaxIDCharacters.
func OtherID(id string) string {
	const suffix = "-2"
	other := firstCharacters(id, MaxIDCharacters-len(suffix)) + suffix
	if other == id {
		return strings.TrimSuffix(other, suffix) + "-3"
	}
	return other
}

// firstCharacters cuts a text after n characters.
func firstCharacters(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}
