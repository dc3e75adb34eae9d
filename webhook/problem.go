package webhook

// Problem is the one error that crosses a package's border on purpose: what is
// wrong with a request, or with the server while it worked on one. The API
// writes it as JSON, the pages in the reader's language.
type Problem struct {
	// Code tells programs what happened and decides the HTTP status.
	Code Code
	// Field is the JSON name of the field that was refused, if one was.
	Field string
	// Parameter is the name of the query parameter that was refused, if one was.
	Parameter string
	// Subject is the ID of the instance or webhook that it is about; the API's
	// `detail` when there is no Message (as Taler's merchant does).
	Subject string
	// Path is the path of the request, where there is no endpoint at it.
	Path string
	// Message says what is wrong and what is allowed. It may be the zero Message.
	Message Message
	// Cause is for the log alone. No answer shows it.
	Cause error
}

// Error is for logs: the code's name, what it is about, the cause.
func (p *Problem) Error() string {
	text := p.Code.String()
	for _, about := range []string{p.Field, p.Parameter, p.Subject, p.Path} {
		if about != "" {
			text += " " + about
		}
	}
	if !p.Message.IsZero() {
		text += ": " + p.Message.Key
	}
	if p.Cause != nil {
		text += ": " + p.Cause.Error()
	}
	return text
}

// Unwrap gives the cause.
func (p *Problem) Unwrap() error { return p.Cause }

// Detail is what the API says in its `detail`: the message in English, else
// the ID that the problem is about.
func (p *Problem) Detail() string {
	if !p.Message.IsZero() {
		return p.Message.English()
	}
	return p.Subject
}

// Problems are all that is wrong with one input, in the order of its fields.
type Problems []*Problem

// First is the problem that the API reports, nil when there is none.
func (ps Problems) First() *Problem {
	if len(ps) == 0 {
		return nil
	}
	return ps[0]
}
