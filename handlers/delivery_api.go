package handlers

import (
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"time"
	"unicode/utf8"

	"github.com/seed-7c2cc908/merchant-webhooks/delivery"
	"github.com/seed-7c2cc908/merchant-webhooks/repo"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// A timestamp is a time as GNU Taler's protocol writes it.
type timestamp struct {
	Seconds int64 `json:"t_s"`
}

func stamp(at time.Time) timestamp { return timestamp{at.Unix()} }

// optionalStamp leaves a time out that is not known.
func optionalStamp(at time.Time) *timestamp {
	if at.IsZero() {
		return nil
	}
	return &timestamp{at.Unix()}
}

// A logRow is a delivery as logs show it.
type logRow struct {
	DeliveryID    string     `json:"delivery_id"`
	WebhookID     string     `json:"webhook_id,omitempty"` // where the path does not name it
	EventType     string     `json:"event_type"`
	State         string     `json:"state"`
	AttemptCount  int        `json:"attempt_count"`
	EventAt       timestamp  `json:"event_at"`
	CreatedAt     timestamp  `json:"created_at"`
	NextAttemptAt *timestamp `json:"next_attempt_at,omitempty"`
	LastStatus    int        `json:"last_status,omitempty"`
	OrderID       string     `json:"order_id,omitempty"`
}

func newLogRow(d repo.Delivery) logRow {
	row := logRow{
		DeliveryID:   d.ID,
		EventType:    d.EventType,
		State:        d.State,
		AttemptCount: d.AttemptCount,
		EventAt:      stamp(d.EventAt),
		CreatedAt:    stamp(d.CreatedAt),
		LastStatus:   d.LastStatus,
		OrderID:      d.OrderID,
	}
	// A pause has no end that is known.
	if d.State == repo.Pending && !d.IsPaused {
		row.NextAttemptAt = optionalStamp(d.DueAt)
	}
	return row
}

// listDeliveries is GET [I]/private/webhooks/:webhook_id/deliveries.
func (a *App) listDeliveries(c *call) error {
	return a.writeLog(c, c.webhookID)
}

// listAllDeliveries is GET [I]/private/webhook-deliveries, of all webhooks of the
// instance.
func (a *App) listAllDeliveries(c *call) error { return a.writeLog(c, "") }

// writeLog answers with a page of the log of a webhook, or of all.
func (a *App) writeLog(c *call, webhookID string) error {
	query := c.Request.URL.RawQuery
	filter, err := a.parseFilter(query)
	if err != nil {
		return a.refuse(c, err)
	}
	page, _, err := parsePage(query, usualLog)
	if err != nil {
		return a.refuse(c, err)
	}
	filter.WebhookID = webhookID
	found, more, err := a.Repo.Deliveries(c.ctx, c.instance, filter, page)
	if err != nil {
		return err
	}
	if more {
		c.Header("Link", logLink(query, page, found[len(found)-1].Serial))
	}
	rows := make([]logRow, len(found))
	for i, d := range found {
		rows[i] = newLogRow(d)
		if webhookID == "" {
			rows[i].WebhookID = d.WebhookID
		}
	}
	writeJSON(c.Context, http.StatusOK, map[string][]logRow{"deliveries": rows})
	return nil
}

// A sentRequest is what a delivery sends, with its secrets masked. Headers and
// body are absent where the request could not be made, or was erased.
type sentRequest struct {
	Method       string       `json:"method"`
	URL          string       `json:"url"`
	Headers      []sentHeader `json:"headers,omitempty"`
	Body         *string      `json:"body,omitempty"`
	BodyEncoding string       `json:"body_encoding,omitempty"`
}

type sentHeader struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// A loggedAttempt is one try, and what came back.
type loggedAttempt struct {
	At             timestamp `json:"at"`
	DurationMS     int64     `json:"duration_ms"`
	Status         int       `json:"status,omitempty"`
	Error          string    `json:"error,omitempty"`
	Answer         string    `json:"answer,omitempty"`
	AnswerEncoding string    `json:"answer_encoding,omitempty"`
}

// storedDelivery reads the delivery that the path names.
func (a *App) storedDelivery(c *call) (repo.FullDelivery, error) {
	return a.Repo.GetDelivery(c.ctx, c.instance, c.webhookID, c.deliveryID)
}

// explain puts into a sentence what is known of a delivery, by the schedule that
// there is now.
func (a *App) explain(f webhook.Facts) (webhook.Cause, webhook.Message) {
	f.Most, f.FailingFor = a.Schedule.Tries(), a.PauseAfter
	return webhook.Explain(f, a.Policy.EventTypes)
}

// getDelivery is GET [I]/private/webhooks/:webhook_id/deliveries/:delivery_id.
func (a *App) getDelivery(c *call) error {
	d, err := a.storedDelivery(c)
	if err != nil {
		return err
	}
	cause, sentence := a.explain(d.Facts)
	writeJSON(c.Context, http.StatusOK, struct {
		logRow
		Request  sentRequest     `json:"request"`
		Attempts []loggedAttempt `json:"attempts"`
		Cause    webhook.Cause   `json:"cause"`
		Sentence string          `json:"sentence"`
		Erased   *timestamp      `json:"erased,omitempty"`
		SHA256   string          `json:"sha256,omitempty"`
	}{
		newLogRow(d.Delivery), newSentRequest(d), newLoggedAttempts(d.Attempts),
		cause, sentence.English(), optionalStamp(d.ErasedAt), hex.EncodeToString(d.SHA256),
	})
	return nil
}

// newSentRequest is the request of the last attempt, or of the one to come.
func newSentRequest(d repo.FullDelivery) sentRequest {
	sent := sentRequest{Method: d.Request.Method, URL: webhook.MaskURL(d.Request.URL, hidden)}
	if len(d.Request.Headers) == 0 {
		return sent
	}
	for _, h := range delivery.SentHeaders(d) {
		if webhook.IsSecretHeader(h.Name) {
			h.Value = hidden
		}
		sent.Headers = append(sent.Headers, sentHeader{h.Name, h.Value})
	}
	body, encoding := inJSON(d.Request.Body)
	sent.Body, sent.BodyEncoding = &body, encoding
	return sent
}

// hidden stands in the place of a secret.
const hidden = "•••"

func newLoggedAttempts(attempts []repo.Attempt) []loggedAttempt {
	logged := make([]loggedAttempt, len(attempts))
	for i, at := range attempts {
		logged[i] = loggedAttempt{At: stamp(at.At), DurationMS: at.Duration.Milliseconds(), Status: at.Status}
		if !at.Error.IsZero() {
			logged[i].Error = at.Error.English()
		}
		logged[i].Answer, logged[i].AnswerEncoding = inJSON(wholeCharacters(at.Answer))
	}
	return logged
}

// inJSON gives bytes as a JSON string can hold them: as text where they are
// UTF-8, else encoded, by the encoding that it names.
func inJSON(b []byte) (text, encoding string) {
	if utf8.Valid(b) {
		return string(b), ""
	}
	return base64.StdEncoding.EncodeToString(b), "base64"
}

// wholeCharacters leaves out the beginning of a last character that was cut: of
// a long answer the first 64 KiB are kept, wherever they end.
func wholeCharacters(b []byte) []byte {
	for n := 1; n <= len(b); n++ {
		if tail := b[len(b)-n:]; utf8.RuneStart(tail[0]) {
			if !utf8.FullRune(tail) {
				return b[:len(b)-n]
			}
			break
		}
	}
	return b
}

// explainOrder is GET [I]/private/webhook-deliveries/why.
func (a *App) explainOrder(c *call) error {
	order, err := parseOrder(c.Request.URL.RawQuery)
	if err != nil {
		return a.refuse(c, err)
	}
	found, err := a.Repo.Why(c.ctx, c.instance, order)
	if err != nil {
		return err
	}
	type answer struct {
		WebhookID string        `json:"webhook_id"`
		Cause     webhook.Cause `json:"cause"`
		Sentence  string        `json:"sentence"`
	}
	answers := make([]answer, len(found))
	for i, f := range found {
		cause, sentence := a.explain(f.Facts)
		answers[i] = answer{f.WebhookID, cause, sentence.English()}
	}
	writeJSON(c.Context, http.StatusOK, map[string][]answer{"answers": answers})
	return nil
}
