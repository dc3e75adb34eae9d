package webhook

// The values of the form's field start_from.
const (
	StartAll  = "all"
	StartID   = "id"
	StartChat = "chat"
	StartForm = "form"
	StartOwn  = "own"
)

// Starter is a pair of templates that the pages offer to start from.
type Starter struct {
	// Name is one of StartAll, StartID, StartChat and StartForm.
	Name string
	// HeaderTemplate and BodyTemplate go into the form's fields.
	HeaderTemplate, BodyTemplate string
}

// Starters are the templates that are offered for the event.
func (e EventType) Starters() []Starter { return nil }

// Complete is what the pages do to a form before it is judged.
func (c *Catalogue) Complete(in Input, startFrom string) (Input, string) { return in, startFrom }

// OtherID is an ID to suggest where id is taken.
func OtherID(id string) string { return id + "-2" }
