package repo

import (
	"encoding/json"
	"fmt"
	"math"
	"testing"

	"github.com/jmoiron/sqlx"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/pgdev/pgtest"
)

// A node is a step of a plan, as EXPLAIN tells it.
type node struct {
	Type     string  `json:"Node Type"`
	Relation string  `json:"Relation Name"`
	Index    string  `json:"Index Name"`
	Cond     string  `json:"Index Cond"`
	Removed  float64 `json:"Rows Removed by Filter"`
	Hit      int     `json:"Shared Hit Blocks"`
	Read     int     `json:"Shared Read Blocks"`
	Plans    []node
}

// skewed is a Repo with an instance of 100,000 webhooks between two of 10, and
// many that have none. It is filled once for all tests.
func skewed(t *testing.T) *Repo {
	t.Helper()
	return over(t, pgtest.Open(t, pgtest.Template(t, "skewed", func(dsn string) error {
		r := over(t, pgtest.Open(t, dsn), Options{})
		if err := migrate(r.db.DB, defaultSchema); err != nil {
			return err
		}
		r.db.MustExec(`INSERT INTO merchant_webhooks.instance (instance_id) SELECT 'shop' || g FROM generate_series(1, 1000) AS g`)
		for _, instance := range []string{"before", "big", "after"} {
			want(t, r.AddInstance(t.Context(), nil, instance), none, "")
		}
		fill(t, r, "before", 10)
		fill(t, r, "big", 100_000)
		fill(t, r, "after", 10)
		r.db.MustExec(`VACUUM ANALYZE merchant_webhooks.webhook, merchant_webhooks.instance`)
		return nil
	})), Options{})
}

// TestPlans holds that a merchant with few webhooks does not pay for another's
// many, wherever those stand.
func TestPlans(t *testing.T) {
	r := skewed(t)
	end := fmt.Sprint(math.MaxInt64)
	for _, c := range []struct {
		name, sql, arguments string
		most                 int // pages of the database that may be touched
	}{
		{"C12 a page", listForwardsSQL, `%s, 0, 21`, 20},
		{"C12 a page backwards", listBackSQL, `%s, ` + end + `, 21`, 20},
		{"C12 a page of a complete list", listForwardsSQL, `%s, 0, 1001`, 60},
		{"C8 one webhook", getSQL, `%s, 'filled 7'`, 20},
		{"C8 one webhook with its times", getStoredSQL, `%s, 'filled 7'`, 20},
		{"C14 an update", updateSQL, `%s, 'filled 7', 'refund', 'https://shop.example/', 'POST', null, null`, 60},
		{"C17 a create that counts", createSQL, `%s, 'new', 'pay', 'https://shop.example/', 'POST', null, null, '', 9000, 0`, 100},
		{"A6 a form's update", updateVersionSQL, `%s, 'filled 7', 'refund', 'https://shop.example/', 'POST', null, null, null, null, 0`, 60},
		{"A1 a page of all", browseSQL, `%s, ` + end + `, false, 50, 10001, 20000, '{}'`, 120},
		{"A1 a page of all backwards", browseSQL, `%s, 7, true, 50, 10001, 20000, '{}'`, 200},
		{"A1 a page of a crowd", browseSQL, `%s, ` + end + `, false, 50, 10001, 20000, '{11,100000}'`, 30},
	} {
		for _, mode := range []string{"force_generic_plan", "force_custom_plan"} {
			for _, instance := range []string{"before", "big", "after"} {
				t.Run(fmt.Sprint(c.name, " ", mode, " ", instance), func(t *testing.T) {
					plan := explain(t, r.db, mode, c.sql, fmt.Sprintf(c.arguments, "'"+instance+"'"))
					if touched := plan.Hit + plan.Read; touched > c.most {
						t.Errorf("%d pages are touched, want at most %d", touched, c.most)
					}
					judge(t, plan)
				})
			}
		}
	}
}

func judge(t *testing.T, n node) {
	if n.Removed > 1 { // one that is equal already is not updated
		t.Errorf("%s reads %v rows in vain", n.Type, n.Removed)
	}
	for _, below := range n.Plans {
		judge(t, below)
	}
}

// TestSearchPlans holds that a search reads each of the instance's webhooks once
// at most, twice backwards, and no other's.
func TestSearchPlans(t *testing.T) {
	r := skewed(t)
	end := fmt.Sprint(math.MaxInt64)
	for _, c := range []struct {
		name, arguments string
		times           float64 // that the webhooks are read in vain
	}{
		{"A1 nothing matches", end + `, false, 50, 10001, 10000, '{%nothing%}', '{%nothing%}', '', '{}'`, 1},
		{"A1 nothing matches, in many cases", end + `, false, 50, 10001, 10000, '{%______%}', '{%______%}', '[Ää][Bb][Cc]', '{}'`, 1},
		{"A1 nothing is newer", end + `, true, 50, 10001, 10000, '{%nothing%}', '{%nothing%}', '', '{}'`, 1},
		{"A1 an old one matches", end + `, false, 50, 10001, 10000, '{%filled 7_pay%}', '{%filled 7_pay%}', '', '{}'`, 1},
		{"A1 an old one matches, backwards", `1, true, 50, 10001, 10000, '{%filled 7_pay%}', '{%filled 7_pay%}', '', '{}'`, 2},
		{"A1 all match", end + `, false, 50, 10001, 10000, '{%filled%}', '{%filled%}', '', '{}'`, 0},
		{"A1 all match by their event", end + `, false, 50, 10001, 10000, '{}', '{}', '', '{pay}'`, 0},
	} {
		for _, mode := range []string{"force_generic_plan", "force_custom_plan"} {
			for instance, rows := range map[string]float64{"before": 10, "big": 100_000, "after": 10} {
				t.Run(fmt.Sprint(c.name, " ", mode, " ", instance), func(t *testing.T) {
					plan := explain(t, r.db, mode, searchSQL, "'"+instance+"', "+c.arguments)
					if n := plan.vain(); n > c.times*rows {
						t.Errorf("%v rows are read in vain", n)
					}
					if touched := plan.Hit + plan.Read; rows == 10 && touched > 30 {
						t.Errorf("%d pages are touched", touched)
					}
				})
			}
		}
	}
}

// TestPlannedOnce: to plan a search takes longer than to run it in an instance
// of usual size.
func TestPlannedOnce(t *testing.T) {
	r := skewed(t)
	r.db.SetMaxOpenConns(1)
	for name, text := range map[string]string{"a page of all": "", "a search": "filled"} {
		t.Run("A1 "+name, func(t *testing.T) {
			for range 20 {
				search(t, r, "before", Search{Text: text, Limit: 50})
			}
			var planned int
			if err := r.db.Get(&planned, `SELECT custom_plans FROM pg_prepared_statements WHERE statement LIKE '%matching%' ORDER BY prepare_time DESC LIMIT 1`); err != nil {
				t.Fatal(err)
			}
			if planned > 10 {
				t.Errorf("it was planned %d times", planned)
			}
		})
	}
}

// vain is how many rows are read in vain by the node and those below.
func (n node) vain() float64 {
	sum := n.Removed
	for _, below := range n.Plans {
		sum += below.vain()
	}
	return sum
}

func explain(t *testing.T, db *sqlx.DB, mode, query, arguments string) node {
	t.Helper()
	conn, err := db.Connx(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for _, command := range []string{"DEALLOCATE ALL", "SET plan_cache_mode = " + mode, "PREPARE it AS " + query} {
		if _, err := conn.ExecContext(t.Context(), command); err != nil {
			t.Fatal(err)
		}
	}
	var text []byte
	if err := conn.GetContext(t.Context(), &text, "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE it("+arguments+")"); err != nil {
		t.Fatal(err)
	}
	var plans []struct{ Plan node }
	if err := json.Unmarshal(text, &plans); err != nil {
		t.Fatal(err)
	}
	return plans[0].Plan
}
