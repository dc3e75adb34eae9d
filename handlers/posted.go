package handlers

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"

	"github.com/seed-7c2cc908/merchant-webhooks/admin-ui"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// formLimit is how many times the API's limit a form may be long: a text
// percent-encoded is three times as long, and one that is too long is to come
// back with its message.
const formLimit = 4

// posted is a form as it was posted, by a page or by a program in its place.
type posted struct {
	input    webhook.Input
	postedID string
	// form is the page that shows it again.
	form adminui.Form
}

// A refusal is what was wrong with a form, to be shown with all that was typed.
type refusal struct {
	form  adminui.Form
	cause error // of the status
}

func (r *refusal) Error() string { return "form refused: " + r.cause.Error() }

// Unwrap gives what decides the status.
func (r *refusal) Unwrap() error { return r.cause }

// refuse shows the form again with what is wrong with it.
func (f *posted) refuse(problems ...*webhook.Problem) error {
	f.form.Problems = problems
	return &refusal{form: f.form, cause: problems[0]}
}

// fail shows the form again when it could not be saved: where the webhook was
// deleted meanwhile, as one that can create it anew. Without an instance there
// is no form.
func (f *posted) fail(err error) error {
	var problem *webhook.Problem
	if !errors.As(err, &problem) || problem.Code == webhook.CodeInstanceUnknown {
		return err
	}
	if problem.Code == webhook.CodeWebhookExists && f.form.Changed == nil {
		f.proposeID(problem.Subject)
		taken := *problem
		taken.Field = webhook.FieldID
		problem = &taken
	}
	f.form.Deleted = problem.Code == webhook.CodeWebhookUnknown
	f.form.Problems = webhook.Problems{problem}
	return &refusal{form: f.form, cause: err}
}

// proposeID puts another ID into the form in the place of a taken one that
// nobody typed.
func (f *posted) proposeID(taken string) {
	if f.postedID == "" {
		f.form.Values.WebhookID = webhook.OtherID(taken)
	}
}

// readForm reads the form of a request. A form that could not be read whole
// comes back with what could.
func (a *App) readForm(c *call) (*posted, error) {
	values, broken, err := a.readValues(c)
	if err != nil {
		return nil, err
	}
	f := a.understand(c, values)
	if broken != nil {
		return nil, f.refuse(refuseBody(webhook.Say("body.form"), broken))
	}
	return f, nil
}

// readFields reads the fields of a form that is not a webhook's, such as the
// answer to a question.
func (a *App) readFields(c *call) (url.Values, error) {
	values, broken, err := a.readValues(c)
	if broken != nil {
		return nil, refuseBody(webhook.Say("body.form"), broken)
	}
	return values, err
}

// readValues reads the fields of a form, of one that is broken those before the
// break.
func (a *App) readValues(c *call) (values url.Values, broken, err error) {
	if values, read := formRead(c.Request); read {
		return values, nil, nil
	}
	body, err := a.readBody(c, formLimit*a.MaxBody)
	if err != nil {
		return nil, nil, err
	}
	values, broken = parseForm(c.GetHeader("Content-Type"), body)
	return values, broken, nil
}

// understand makes of a form's fields the input that it means, and the page
// that shows it.
func (a *App) understand(c *call, values url.Values) *posted {
	last := func(name string) string {
		if all := values[name]; len(all) > 0 {
			return all[len(all)-1]
		}
		return ""
	}
	value := func(name string) webhook.Value { return webhook.Value{Text: last(name)} }
	f := &posted{postedID: last(webhook.FieldID)}
	f.form.Version = version(last("version"))
	f.form.Schedule = a.Schedule
	f.form.Waiting = waiting(last("waiting"))
	f.form.RebuildWaiting = last("rebuild_waiting") != ""
	in := webhook.Input{
		WebhookID:      value(webhook.FieldID),
		EventType:      value(webhook.FieldEventType),
		URL:            value(webhook.FieldURL),
		HTTPMethod:     value(webhook.FieldHTTPMethod),
		HeaderTemplate: value(webhook.FieldHeaderTemplate),
		BodyTemplate:   value(webhook.FieldBodyTemplate),
	}
	switch {
	case c.at.endpoint == pageEdit:
		in.WebhookID.Text, f.form.Editing = c.webhookID, c.webhookID
	case c.at.endpoint == pagePreview && f.form.Version != 0:
		f.form.Editing = f.postedID
	}
	f.input, f.form.StartFrom = a.Policy.EventTypes.Complete(in, last("start_from"))
	f.form.Values = typed(f.input)
	f.form.Values.WebhookID = f.postedID
	return f
}

// version reads a form's version, 0 where it has none. What is no number is of no
// webhook, so that the form is compared and not taken for a program's.
func version(text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil && text != "" {
		return -1
	}
	return n
}

// waiting is the number of deliveries that the form told of, and tells of again.
func waiting(text string) int {
	n, _ := strconv.Atoi(text)
	return max(0, n)
}

// typed are the fields of an input as a form shows them.
func typed(in webhook.Input) adminui.Values {
	return adminui.Values{
		WebhookID:      in.WebhookID.Text,
		EventType:      in.EventType.Text,
		URL:            in.URL.Text,
		HTTPMethod:     in.HTTPMethod.Text,
		HeaderTemplate: in.HeaderTemplate.Text,
		BodyTemplate:   in.BodyTemplate.Text,
	}
}

// formRead gives the form that a middleware of the host's has read already, as
// those against cross-site requests do: the body is gone then.
func formRead(r *http.Request) (values url.Values, read bool) {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case kind == formEncoded && r.PostForm != nil:
		return r.PostForm, true
	case kind == formData && r.MultipartForm != nil:
		return r.MultipartForm.Value, true
	}
	return nil, false
}

// The two kinds of bodies that forms have.
const (
	formEncoded = "application/x-www-form-urlencoded"
	formData    = "multipart/form-data"
)

// parseForm reads the two kinds of bodies that forms have. A file stands for
// its text, as programs send a template.
func parseForm(contentType string, body []byte) (url.Values, error) {
	kind, parameters, err := mime.ParseMediaType(contentType)
	if contentType != "" && err != nil {
		return nil, err
	}
	switch kind {
	case "", formEncoded:
		return url.ParseQuery(string(body))
	case formData:
		return parseParts(multipart.NewReader(bytes.NewReader(body), parameters["boundary"]))
	}
	return nil, fmt.Errorf("its type is %q", kind)
}

// maxParts is how many parts a form may have, as net/http has it.
const maxParts = 1000

// parseParts reads a multipart form to its end, or to where it breaks.
func parseParts(reader *multipart.Reader) (url.Values, error) {
	values := url.Values{}
	for n := 0; ; n++ {
		part, err := reader.NextRawPart()
		if err == io.EOF {
			return values, nil
		}
		if err != nil {
			return values, err
		}
		if n == maxParts {
			return values, errors.New("it has too many parts")
		}
		text, err := io.ReadAll(part)
		values.Add(part.FormName(), string(text))
		if err != nil {
			return values, err
		}
	}
}
