package handlers

import (
	"iter"
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
// first. unlimited is the limit where the client gave none.
func parsePage(query string, unlimited int64) (page repo.Page, limited bool, err error) {
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
	if !limited {
		limit = unlimited
	}
	switch {
	case limit == 0, limit > maxPage, limit < -maxPage:
		return repo.Page{}, false, malformed("limit", sayLimit)
	case limit < 0:
		page.Backwards, limit = true, -limit
		if !given {
			page.From = math.MaxInt64
		}
	}
	page.Limit = int(limit)
	return page, limited, nil
}

// signedLimit is the limit that asks for a page.
func signedLimit(page repo.Page) int {
	if page.Backwards {
		return -page.Limit
	}
	return page.Limit
}

// intParameter reads a whole number from a query, which may hold anything.
func intParameter(query, name string, allowed webhook.Message) (n int64, given bool, err error) {
	text, given, err := textParameter(query, name, allowed)
	if err != nil || !given {
		return 0, false, err
	}
	if n, err = strconv.ParseInt(text, 10, 64); err != nil {
		return 0, false, malformed(name, allowed)
	}
	return n, true, nil
}

// textParameter reads a text from a query, which may hold anything. It is
// unescaped, but may be no UTF-8.
func textParameter(query, name string, allowed webhook.Message) (text string, given bool, err error) {
	for key, value := range parametersOf(query) {
		if key, _ := url.QueryUnescape(key); key != name { // empty where it can not be unescaped
			continue
		}
		if given {
			return "", false, malformed(name, webhook.Say("parameter.once", "name", name))
		}
		if text, err = url.QueryUnescape(value); err != nil {
			return "", false, malformed(name, allowed)
		}
		given = true
	}
	return text, given, nil
}

// parametersOf gives the names and values of a query as they were sent.
func parametersOf(query string) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for pair := range strings.SplitSeq(query, "&") {
			if key, value, _ := strings.Cut(pair, "="); !yield(key, value) {
				return
			}
		}
	}
}

func malformed(parameter string, m webhook.Message) *webhook.Problem {
	return &webhook.Problem{Code: webhook.CodeParameterMalformed, Parameter: parameter, Message: m}
}
