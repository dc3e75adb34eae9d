package repo

import (
	"context"
	"database/sql"
	"math"

	"github.com/lib/pq"
)

// MaxCount is how many webhooks of a search are counted exactly.
const MaxCount = 10_000

// Search asks for a page of the webhooks of an instance, newest first.
type Search struct {
	// Text is looked for in ID, event type, and URL without its user and
	// password; the case of letters does not matter, nor do they stand for
	// anything but themselves. Empty: all webhooks.
	Text string
	// EventTypes are further events whose webhooks match, such as those with the
	// text in their name in the reader's language.
	EventTypes []string
	// From is the serial of a webhook that was seen, whether it is still there
	// or not: the page holds the ones next older. 0 begins at the newest.
	From int64
	// Backwards makes it the ones next newer than From; where they are less than
	// a page, it is the newest page.
	Backwards bool
	// Limit is the most webhooks of the page, at least 1.
	Limit int
}

// Found is a page, newest first, and where it stands among all that match.
type Found struct {
	Rows []Row
	// Count is how many match, MaxCount+1 if there are more than MaxCount.
	Count int
	// First is the number of the first row among them, from 1; 0 beyond MaxCount
	// and where there is no row.
	First int
	// Newer and Older report whether more of them are before and behind the page.
	Newer, Older bool
}

// Row is a webhook as the pages list it. The URL is as stored, with its user and
// password.
type Row struct {
	Serial                         int64
	ID, EventType, URL, HTTPMethod string
}

// pageOfMatching goes on where a statement has said what is matching. It walks
// along the primary key: to where the page of $4 webhooks begins, below the
// serial $2 or, with $3, so that it ends above it; from there over the page, one
// more, and as many as are to be counted ($6); and over those that are newer (up
// to $5). So it reads no webhook twice but those of the first way. It answers
// with at least one row, of the serial 0 where the page is empty.
//
// What the caller limits stands in a SELECT of its own, so that PostgreSQL can
// not plan for the one value: a plan for all then looks as good, and is kept. To
// plan takes longer than to run.
const pageOfMatching = `, start AS (
    SELECT CASE
        WHEN NOT $3::boolean THEN $2::bigint
        ELSE coalesce((
            SELECT webhook_serial + 1
            FROM matching
            WHERE webhook_serial > $2::bigint
            ORDER BY webhook_serial
            OFFSET (SELECT $4::bigint - 1)
            LIMIT 1
        ), 9223372036854775807)
    END AS serial
), page AS (
    SELECT webhook_serial, webhook_id, event_type, url, http_method
    FROM matching
    WHERE webhook_serial < (SELECT serial FROM start)
    ORDER BY webhook_serial DESC
    LIMIT (SELECT $4::bigint + 1)
), rest AS (
    SELECT count(*) > $4::bigint AS more, min(webhook_serial) AS last
    FROM page
), newer AS (
    SELECT count(*) AS count
    FROM (
        SELECT
        FROM matching
        WHERE webhook_serial >= (SELECT serial FROM start)
        ORDER BY webhook_serial
        LIMIT (SELECT $5::bigint)
    ) AS counted
), older AS (
    SELECT count(*) AS count, array_agg(webhook_serial) FILTER (WHERE random() < 0.0015) AS some
    FROM (
        SELECT webhook_serial
        FROM matching
        WHERE webhook_serial < (SELECT last FROM rest)
        ORDER BY webhook_serial DESC
        LIMIT CASE WHEN (SELECT more FROM rest) AND NOT (SELECT holds FROM crowd) THEN $6::bigint ELSE 0 END
    ) AS counted
)
SELECT crowd.holds, newer.count, older.count, CASE WHEN older.count = $6::bigint THEN older.some END,
    coalesce(webhook_serial, 0), coalesce(webhook_id, ''), coalesce(event_type, ''), coalesce(url, ''), coalesce(http_method, '')
FROM home
CROSS JOIN crowd
CROSS JOIN newer
CROSS JOIN older
LEFT JOIN page ON true
ORDER BY webhook_serial DESC`

const (
	// browseSQL: all are matching. $7 are witnesses that there is a crowd.
	browseSQL = `
WITH home AS (
    SELECT instance_serial
    FROM merchant_webhooks.instance
    WHERE instance_id = $1::text
), matching AS NOT MATERIALIZED (
    SELECT webhook_serial, webhook_id, event_type, url, http_method
    FROM merchant_webhooks.webhook
    WHERE instance_serial = (SELECT instance_serial FROM home)
), crowd AS (
    SELECT count(*) > 0 AND count(*) = count(webhook_serial) AS holds
    FROM unnest((SELECT $7::bigint[])) AS witness (serial)
    LEFT JOIN merchant_webhooks.webhook
        ON instance_serial = (SELECT instance_serial FROM home) AND webhook_serial = witness.serial
)` + pageOfMatching

	// searchSQL: those match in which a needle is found ($7, $8, $9), and those of
	// some event types ($10). What stands before the last @ of a URL's authority,
	// its user and password, is no part of the shown text. To take it out takes
	// long, so it is done for what was found with it.
	searchSQL = `
WITH home AS (
    SELECT instance_serial
    FROM merchant_webhooks.instance
    WHERE instance_id = $1::text
), matching AS NOT MATERIALIZED (
    SELECT webhook_serial, webhook_id, event_type, url, http_method
    FROM (
        SELECT *, CASE WHEN url LIKE '%@%' THEN regexp_replace(whole, '^([^/]*//)[^/?]*@', E'\\1') ELSE whole END AS shown
        FROM (
            SELECT *, lower(webhook_id || E'\n' || event_type || E'\n' || url) AS whole
            FROM merchant_webhooks.webhook
            WHERE instance_serial = (SELECT instance_serial FROM home)
        ) AS webhook
    ) AS webhook
    WHERE whole LIKE ANY ($7::text[])
      AND (url NOT LIKE '%@%' OR shown LIKE ANY ($8::text[]))
      AND ($9::text = '' OR shown ~ $9::text)
       OR event_type = ANY ($10::text[])
), crowd AS (
    SELECT false AS holds
)` + pageOfMatching
)

// Search reads a page of an instance's webhooks and counts how many there are,
// in one round trip. Problems: CodeInstanceUnknown.
func (r *Repo) Search(ctx context.Context, instance string, s Search) (Found, error) {
	if s.From < 1 {
		s.From, s.Backwards = math.MaxInt64, false
	}
	args := []any{instance, s.From, s.Backwards, int64(s.Limit), int64(MaxCount + 1)}
	if s.Text == "" {
		return r.searchAll(ctx, instance, s.Limit, args)
	}
	n := needleOf(s.Text)
	p, err := r.searchPage(ctx, instance, r.search, append(args, int64(MaxCount), pq.StringArray(n.whole), pq.StringArray(n.shown), n.exact, pq.StringArray(s.EventTypes)))
	return p.found(s.Limit), err
}

// A foundPage is what a statement with pageOfMatching answers.
type foundPage struct {
	rows         []Row // and one more, if there is one
	crowd        bool  // there are more than MaxCount
	newer, older int   // than the rows, as far as they were counted
	some         pq.Int64Array
}

func (r *Repo) searchPage(ctx context.Context, instance string, s *statement, args []any) (p foundPage, err error) {
	err = r.run(ctx, readingList, func() error {
		p = foundPage{}
		var row Row
		columns := []any{
			&p.crowd, &p.newer, &p.older, &p.some,
			&row.Serial, &row.ID, &row.EventType, &row.URL, &row.HTTPMethod,
		}
		return r.eachIn(ctx, instance, s, args, func(rows *sql.Rows) error {
			err := rows.Scan(columns...)
			if row.Serial != 0 {
				p.rows = append(p.rows, row)
			}
			return err
		})
	})
	return p, err
}

// found says it in the caller's terms.
func (p foundPage) found(limit int) Found {
	f := Found{
		Rows:  p.rows[:min(len(p.rows), limit)],
		Count: min(p.newer+len(p.rows)+p.older, MaxCount+1),
		Newer: p.newer > 0,
		Older: len(p.rows) > limit,
	}
	if p.crowd {
		f.Count = MaxCount + 1
	}
	if len(f.Rows) > 0 && p.newer < MaxCount {
		f.First = p.newer + 1
	}
	return f
}
