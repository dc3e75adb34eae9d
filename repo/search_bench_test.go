package repo

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// crowded is a Repo with an instance big of 100,000 webhooks between small ones
// of 100, as merchants make them: half a kilobyte each, or with the body as
// large as PostgreSQL keeps beside the other columns.
func crowded(b *testing.B, body string) *Repo {
	r := fresh(b)
	for _, instance := range []string{"before", "big", "after"} {
		if err := r.AddInstance(b.Context(), nil, instance); err != nil {
			b.Fatal(err)
		}
		n := 100
		if instance == "big" {
			n = 100_000
		}
		r.db.MustExec(`
			INSERT INTO merchant_webhooks.webhook
				(instance_serial, webhook_id, event_type, url, http_method, header_template, body_template)
			SELECT instance_serial, 'pay-erp' || g || '.exämple.com', 'pay',
				'https://user:password@erp' || g || '.example.com/hooks/incoming?token=' || md5(g::text), 'POST',
				'Content-Type: application/json', $3
			FROM merchant_webhooks.instance, generate_series(1, $2::int) AS g WHERE instance_id = $1`, instance, n, body)
	}
	r.db.MustExec(`VACUUM ANALYZE merchant_webhooks.webhook, merchant_webhooks.instance`)
	return r
}

// BenchmarkSearch measures by turns, so that what else the machine does weighs
// on all alike, and gives medians: ms, and how many times that of the first.
func BenchmarkSearch(b *testing.B) {
	for name, size := range map[string]int{"usual bodies": 200, "bodies of 1.5 KiB": 1536} {
		b.Run(name, func(b *testing.B) {
			r := crowded(b, fmt.Sprintf("%*d", size, 1))
			deep := search(b, r, "big", Search{Limit: 50})
			for range 190 {
				deep = search(b, r, "big", Search{From: deep.Rows[49].Serial, Limit: 50})
			}
			subjects := []struct {
				name, instance string
				search         Search
			}{
				{"list_100", "before", Search{}},
				{"list_100_after_big", "after", Search{}},
				{"list_100000", "big", Search{}},
				{"list_100000_page_of_9501", "big", Search{From: deep.Rows[49].Serial}},
				{"search_100", "after", Search{Text: "nothing"}},
				{"search_100000_none", "big", Search{Text: "nothing"}},
				{"search_100000_one", "big", Search{Text: "ERP77777.ex"}},
				{"search_100000_all", "big", Search{Text: "Incoming"}},
				{"search_100000_all_by_ä", "big", Search{Text: "XÄM"}},
				{"search_100000_none_by_ä", "big", Search{Text: "ÄNÖ"}},
			}
			times := make([][]time.Duration, len(subjects))
			for b.Loop() {
				for _, i := range rand.Perm(len(subjects)) {
					s := subjects[i].search
					s.Limit = 50
					begin := time.Now()
					search(b, r, subjects[i].instance, s)
					times[i] = append(times[i], time.Since(begin))
				}
			}
			first := median(times[0])
			for i, subject := range subjects {
				b.ReportMetric(median(times[i]).Seconds()*1e3, subject.name+"_ms")
				b.ReportMetric(float64(median(times[i]))/float64(first), subject.name+"_ratio")
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

func median(times []time.Duration) time.Duration {
	slices.Sort(times)
	return times[len(times)/2]
}
