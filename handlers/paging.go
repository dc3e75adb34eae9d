package handlers

import (
	"math"
	"net/url"
	"strconv"
	"strings"

	"github.com/seed-7c2cc908/merchant-webhooks/repo"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// maxPage is the most webhooks of a page that a client may ask for, and the
// size of the pages in which a whole list is read.
const maxPage = 1000

// parsePage reads limit and offset as GNU Taler's lists have them: limit rows
// after the row number offset, or, when it is negative, before it and newest
// first. Without a limit the client wants all: pages of maxPage, oldest first.
func parsePage(query string) (page repo.Page, all bool, err error) {
	offset, given, err := intParameter(query, "offset", webhook.Say("parameter.offset"))
	if err != nil {
		return repo.Page{}, false, err
	}
	if given && offset < 0 {
		return repo.Page{}, false, malformed("offset", webhook.Say("parameter.offset"))
	}
	page.From = offset
	sayLimit := webhook.Say("parameter.limit", "most", maxPage)
	limit, limited, err := intParameter(query, "limit", sayLimit)
	if err != nil {
		return repo.Page{}, false, err
	}
	switch {
	case !limited:
		page.Limit = maxPage
		return page, true, nil
	case limit == 0, limit > maxPage, limit < -maxPage:
		return repo.Page{}, false, malformed("limit", sayLimit)
	case limit < 0:
		page.Backwards, limit = true, -limit
		if !given {
			page.From = math.MaxInt64
		}
	}
	page.Limit = int(limit)
	return page, false, nil
}

// intParameter reads a whole number from a query, which may hold anything.
func intParameter(query, name string, allowed webhook.Message) (n int64, given bool, err error) {
	for pair := range strings.SplitSeq(query, "&") {
		key, text, _ := strings.Cut(pair, "=")
		if key, err := url.QueryUnescape(key); err != nil || key != name {
			continue
		}
		if given {
			return 0, false, malformed(name, webhook.Say("parameter.once", "name", name))
		}
		text, err := url.QueryUnescape(text)
		if err != nil {
			return 0, false, malformed(name, allowed)
		}
		if n, err = strconv.ParseInt(text, 10, 64); err != nil {
			return 0, false, malformed(name, allowed)
		}
		given = true
	}
	return n, given, nil
}

func malformed(parameter string, m webhook.Message) *webhook.Problem {
	return &webhook.Problem{Code: webhook.CodeParameterMalformed, Parameter: parameter, Message: m}
}
