package repo

import (
	"database/sql/driver"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/lib/pq"
)

// logged is a Repo with an instance big, whose webhook done has 100,000
// deliveries, down 20,000 of which half wait and half failed, and few ten; an
// instance other with 100,000; and an instance small with ten.
func logged(t testing.TB) *Repo {
	t.Helper()
	r := fresh(t)
	for _, w := range []struct {
		instance, hook string
		deliveries     int
		columns        string
	}{
		{"other", "theirs", 20_000, isDelivered},
		{"big", "done", 100_000, isDelivered},
		{"small", "few", 10, isDelivered},
		{"big", "down", 20_000, ""},
		{"big", "few", 10, isDelivered},
		{"other", "theirs too", 20_000, isDelivered},
	} {
		want(t, r.AddInstance(t.Context(), nil, w.instance), none, "")
		create(t, r, w.instance, named(sample, w.hook))
		crowd(t, r, w.instance, w.hook, w.deliveries, w.columns)
	}
	some := func(hook string, each int, columns string) {
		r.db.MustExec(`
			UPDATE merchant_webhooks.delivery AS d SET `+columns+`
			FROM merchant_webhooks.webhook AS w
			WHERE (w.instance_serial, w.webhook_serial) = (d.instance_serial, d.webhook_serial)
			  AND webhook_id = $1 AND delivery_serial % $2 = 0`, hook, each)
	}
	some("done", 20_000, isFailed)
	some("done", 50_000, `state = 'pending', finished_at = NULL, failure = NULL`)
	some("down", 2, isFailed)
	some("few", 5, isFailed)
	some("few", 10, `state = 'pending', finished_at = NULL, failure = NULL`)
	r.db.MustExec(`VACUUM ANALYZE`)
	return r
}

// literals are arguments as SQL.
func literals(args []any) string {
	texts := make([]string, len(args))
	for i, a := range args {
		switch a := a.(type) {
		case nil:
			texts[i] = "NULL"
		case string:
			texts[i] = pq.QuoteLiteral(a)
		case driver.Valuer:
			value, _ := a.Value()
			texts[i] = pq.QuoteLiteral(value.(string))
		case time.Time:
			texts[i] = pq.QuoteLiteral(a.Format(time.RFC3339Nano))
		default:
			texts[i] = fmt.Sprint(a)
		}
	}
	return strings.Join(texts, ", ")
}

var planModes = []string{"force_generic_plan", "force_custom_plan"}

// touched checks how many pages of the database a statement touches, in each mode.
func touched(t *testing.T, r *Repo, name, sql string, most int, args ...any) {
	for _, mode := range planModes {
		t.Run(name+" "+mode, func(t *testing.T) {
			plan := explain(t, r.db, mode, sql, literals(args))
			if n := plan.Hit + plan.Read; n > most {
				t.Errorf("%d pages are touched, want at most %d", n, most)
			}
		})
	}
}

// TestD6_Plans holds that the log is cheap whatever else is logged.
func TestD6_Plans(t *testing.T) {
	r := logged(t)
	t.Run("lists", func(t *testing.T) { listPlans(t, r) })
	t.Run("one", func(t *testing.T) { onePlans(t, r) })
	t.Run("again", func(t *testing.T) { againPlans(t, r) })
	t.Run("many of a time", func(t *testing.T) { manyOfATime(t, r) })
	t.Run("planned once", func(t *testing.T) { listsPlannedOnce(t, r) })
}

func listPlans(t *testing.T, r *Repo) {
	now := time.Now()
	for _, c := range []struct {
		name        string
		filter      Filter
		page, count int // pages of the database that may be touched in the instance big
	}{
		{"all", Filter{}, 900, 12_000},
		{"a webhook's", Filter{WebhookID: "done"}, 900, 3_000},
		{"a webhook's few", Filter{WebhookID: "few"}, 200, 50},
		{"those that wait", Filter{State: "pending"}, 1200, 3_000},
		{"those that failed", Filter{State: "failed"}, 1200, 3_000},
		{"a webhook's few that wait", Filter{WebhookID: "done", State: "pending"}, 200, 50},
		{"a webhook's few that failed", Filter{WebhookID: "done", State: "failed"}, 200, 50},
		{"a webhook's many that wait", Filter{WebhookID: "down", State: "pending"}, 1200, 3_000},
		{"a webhook's many that failed", Filter{WebhookID: "down", State: "failed"}, 1200, 3_000},
		{"an order's", Filter{OrderID: "done-7"}, 300, 150},
		{"no order's", Filter{OrderID: "nothing"}, 50, 50},
		{"an order's of another webhook", Filter{OrderID: "done-7", WebhookID: "few"}, 150, 150},
		{"a minute's", Filter{From: now.Add(-500 * time.Minute), To: now.Add(-499 * time.Minute)}, 1_500, 700},
		{"the last minute's of a webhook", Filter{From: now.Add(-time.Minute), WebhookID: "done"}, 2_000, 1_000},
		{"an hour's", Filter{From: now.Add(-time.Hour)}, 60_000, 60_000},
		{"an hour's that failed", Filter{From: now.Add(-time.Hour), State: "failed"}, 60_000, 60_000},
		{"the oldest", Filter{To: now.Add(-27 * time.Hour)}, 60_000, 60_000},
		{"the last day's", Filter{From: now.Add(-24 * time.Hour)}, 60_000, 120_000}, // more than are looked at one by one
	} {
		walk := c.filter.walk()
		for _, instance := range []string{"small", "big"} {
			page, count := c.page, c.count
			if instance == "small" {
				page, count = 200, 200
			}
			name := fmt.Sprint("D6 C9 ", c.name, " ", instance)
			touched(t, r, name+" newest first", walk.pageSQL(true), page, c.filter.args(instance, math.MaxInt64, 51)...)
			if c.name != "the last day's" { // the oldest are walked past
				touched(t, r, name+" oldest first", walk.pageSQL(false), page, c.filter.args(instance, 0, 51)...)
			}
			touched(t, r, name+" counted", walk.countSQL(), count, c.filter.args(instance, math.MaxInt64, MaxCount+1)...)
		}
	}
}

func onePlans(t *testing.T, r *Repo) {
	var id string
	if err := r.db.Get(&id, `SELECT 'msg_' || max(delivery_serial) || '_0123456789abcdef' FROM merchant_webhooks.delivery JOIN merchant_webhooks.webhook USING (instance_serial, webhook_serial) WHERE webhook_id = 'done'`); err != nil {
		t.Fatal(err)
	}
	serial, nonce := parseDeliveryID(id)
	touched(t, r, "D6 a delivery", getDeliverySQL, 60, "big", "done", serial, nonce)
	touched(t, r, "D6 why", whySQL, 300, "big", "done-7")
	touched(t, r, "D6 why of no order", whySQL, 50, "big", "nothing")
	touched(t, r, "D6 a small instance's why", whySQL, 150, "small", "few-1")
	touched(t, r, "D6 an account", accountSQL, 3_000, "big", "done")
	touched(t, r, "D6 an account of few", accountSQL, 60, "big", "few")
	touched(t, r, "D6 accounts", accountsSQL, 250, "big", pq.StringArray{"done", "few", "missing"})
	touched(t, r, "D10 an order's count", countOrderSQL, 150, "big", "done-7")
	touched(t, r, "D10 to forget an order", forgetSQL, 1_000, "big", "done-7", "{}")
	touched(t, r, "D10 to forget its answers", forgetAnswersSQL, 200, "big", "done-7")
}

func againPlans(t *testing.T, r *Repo) {
	few, now := Again{WebhookID: "done"}, time.Now()
	touched(t, r, "D9 few that failed are counted", countAgainSQL, 60, append(few.args("big"), false)...)
	touched(t, r, "D9 many that failed are counted", countAgainSQL, 3_000, append(Again{}.args("big"), false)...)
	touched(t, r, "D9 those of a time are counted", countAgainSQL, 120_000, append(Again{From: now.Add(-time.Minute)}.args("big"), false)...)
	touched(t, r, "D6 few to make anew", remakesSQL, 300, few.remakeArgs("big", false, 0, 100)...)
	touched(t, r, "D13 few that wait to make anew", remakesSQL, 300, few.remakeArgs("big", true, 0, 100)...)
	touched(t, r, "D6 all to make anew", remakesSQL, 3_000, Again{WebhookID: "done", All: true}.remakeArgs("big", false, 0, 100)...)
	touched(t, r, "D9 few are queued", requeueManySQL, 1_000, few.queueArgs("big")...)
	touched(t, r, "D9 a small instance's are queued", requeueManySQL, 300, Again{All: true}.queueArgs("small")...)
}

// manyOfATime: those of a time that has more events than are looked at one by one
// are walked past, each is found once, and none of another time.
func manyOfATime(t *testing.T, r *Repo) {
	cut := time.Now().Add(-4 * time.Hour)
	for _, f := range []Filter{{}, {WebhookID: "done"}, {State: "failed"}, {State: "pending"}, {WebhookID: "down", State: "failed"}} {
		for _, after := range []bool{true, false} {
			g := f
			if g.To = cut; after {
				g.From, g.To = cut, time.Time{}
			}
			for _, page := range []Page{newest, {Limit: newest.Limit}} {
				found, _, err := r.Deliveries(t.Context(), "big", g, page)
				if err != nil || len(found) != page.Limit {
					t.Errorf("D6 of %+v there are %d: %v", g, len(found), err)
				}
				for i, d := range found {
					if d.EventAt.Before(cut) == after {
						t.Errorf("D6 of %+v is one of %v", g, d.EventAt)
					}
					if i > 0 && found[i-1].ID == d.ID {
						t.Errorf("D6 of %+v one is there twice", g)
					}
				}
			}
		}
	}
}

// listsPlannedOnce: to plan a list takes longer than to read it.
func listsPlannedOnce(t *testing.T, r *Repo) {
	r.db.SetMaxOpenConns(1)
	r.db.MustExec(`RESET plan_cache_mode`)
	for _, f := range []Filter{{}, {WebhookID: "done"}, {State: "failed"}, {WebhookID: "done", State: "pending"}} {
		t.Run(fmt.Sprintf("D6 %+v", f), func(t *testing.T) {
			for range 20 {
				if _, _, err := r.Deliveries(t.Context(), "big", f, newest); err != nil {
					t.Fatal(err)
				}
			}
			if n := number(t, r.db, `SELECT custom_plans FROM pg_prepared_statements WHERE statement LIKE '%picked%' ORDER BY prepare_time DESC LIMIT 1`); n > 10 {
				t.Errorf("it was planned %d times", n)
			}
		})
	}
}
