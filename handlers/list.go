package handlers

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/seed-7c2cc908/merchant-webhooks/repo"
)

// A summary is a webhook as lists show it.
type summary struct {
	WebhookID string `json:"webhook_id"`
	EventType string `json:"event_type"`
}

// listWebhooks is GET [I]/private/webhooks: one page when the client gave a
// limit, else all there are.
func (a *App) listWebhooks(c *call) error {
	page, limited, err := parsePage(c.Request.URL.RawQuery, maxPage)
	if err != nil {
		return a.refuse(c, err)
	}
	items, more, err := a.Repo.List(c.ctx, c.instance, page)
	if err != nil {
		return err
	}
	if !limited && more {
		a.streamWebhooks(c, page, items)
		return nil
	}
	if more {
		c.Header("Link", nextLink(page, items))
	}
	summaries := make([]summary, len(items))
	for i, item := range items {
		summaries[i] = summary{item.ID, item.EventType}
	}
	writeJSON(c.Context, http.StatusOK, map[string][]summary{"webhooks": summaries})
	return nil
}

// nextLink points to the page behind this one. It is relative to the request,
// so it holds behind any prefix and proxy.
func nextLink(page repo.Page, items []repo.Item) string {
	return fmt.Sprintf(`<?limit=%d&offset=%d>; rel="next"`, signedLimit(page), items[len(items)-1].Serial)
}

// streamWebhooks writes a list of several pages while it is read, and holds no
// connection of the pool while the client takes its time. Each page has the
// request's time limit anew. A list that fails is cut off.
func (a *App) streamWebhooks(c *call, page repo.Page, items []repo.Item) {
	c.Header("Content-Type", "application/json")
	c.Status(http.StatusOK)
	c.Writer.WriteHeaderNow()
	if c.Request.Method == http.MethodHead {
		return
	}
	connection := connectionOf(c.Writer)
	_ = connection.SetReadDeadline(time.Time{}) // see limitBody
	before := `{"webhooks":[`
	for more := true; ; {
		_ = connection.SetWriteDeadline(time.Now().Add(a.RequestTime))
		if err := writeSummaries(c.Context, before, items); err != nil {
			return // the client is gone, or too slow
		}
		if !more {
			break
		}
		before = ","
		page.From = items[len(items)-1].Serial
		var err error
		if items, more, err = a.nextPage(c, page); err != nil {
			a.cutOff(c, connection, err)
			return
		}
	}
	_, _ = c.Writer.WriteString("]}\n")
	_ = connection.SetWriteDeadline(time.Time{})
}

func (a *App) nextPage(c *call, page repo.Page) ([]repo.Item, bool, error) {
	ctx, cancel := context.WithTimeout(c.Request.Context(), a.RequestTime)
	defer cancel()
	return a.Repo.List(ctx, c.instance, page)
}

// cutOff ends an answer that has begun so that the client sees an unexpected
// end. (A panic with http.ErrAbortHandler would do, but gin's Recovery takes
// it for handled, and the answer would end well.)
func (a *App) cutOff(c *call, connection *http.ResponseController, err error) {
	_ = connection.SetWriteDeadline(time.Unix(1, 0))
	c.Abort()
	if !hasLeft(c.Context, err) {
		a.logFailure(c, "list cut off", err)
	}
}

// writeSummaries writes a part of a JSON array. There may be nothing left of a
// list, when the rest was deleted meanwhile.
func writeSummaries(c *gin.Context, before string, items []repo.Item) error {
	var b bytes.Buffer
	for _, item := range items {
		b.WriteString(before)
		before = ","
		text, _ := json.Marshal(summary{item.ID, item.EventType}) // JSON can hold texts
		b.Write(text)
	}
	_, err := c.Writer.Write(b.Bytes())
	return err
}
