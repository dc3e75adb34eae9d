package webhook

// Preview is what would be sent, with the data of an event's example.
type Preview struct {
	// Method and URL are as typed; the URL may hold a password.
	Method, URL string
	// Headers are as the header template gives them.
	Headers []Header
	// Body is as on the wire.
	Body string
	// Indented is the same JSON, indented; "" where the body is no JSON.
	Indented string
	// Verdict says what the body is; the zero Message where there is no body.
	Verdict Message
	// Sound reports whether Verdict is a good one, or says that the body was
	// not checked.
	Sound bool
	// Remarks are what else the author might want to know.
	Remarks []Message
}

// MakePreview shows what it can, whatever else is wrong with the input.
func MakePreview(in Input, p Policy) Preview { return Preview{} }

// Breaks says how the body of a webhook can give broken JSON, and how to mend
// it.
func Breaks(w Webhook, p Policy) (Message, bool) { return Message{}, false }
