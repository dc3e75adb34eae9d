package repo

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"
)

// planned are all statements that the package prepares. over names the indexes
// by which one goes over all instances.
var planned = []struct{ name, sql, over string }{
	{"create", createSQL, ""},
	{"lock an instance", lockInstanceSQL, ""},
	{"get", getSQL, ""},
	{"get stored", getStoredSQL, ""},
	{"update", updateSQL, ""},
	{"update a version", updateVersionSQL, ""},
	{"delete", deleteSQL, ""},
	{"list forwards", listForwardsSQL, ""},
	{"list back", listBackSQL, ""},
	{"browse", browseSQL, ""},
	{"search", searchSQL, ""},
	{"has instance", hasInstanceSQL, ""},
	{"add instance", addInstanceSQL, ""},
	{"remove instance", removeInstanceSQL, ""},
	{"get delivery", getDeliverySQL, "delivery_lane"}, // a receiver has one lane, in which others may be ahead
	{"get attempts", getAttemptsSQL, ""},
	{"why", whySQL, "delivery_lane"},
	{"account", accountSQL, ""},
	{"accounts", accountsSQL, ""},
	{"get secrets", getSecretsSQL, ""},
	{"rotate secret", rotateSecretSQL, ""},
	{"pause", pauseSQL, ""},
	{"resume", resumeSQL, ""},
	{"count again", countAgainSQL, ""},
	{"has changed", hasChangedSQL, ""},
	{"clock", clockSQL, ""},
	{"hooks again", hooksAgainSQL, ""},
	{"requeue one", requeueOneSQL, ""},
	{"requeue many", requeueManySQL, ""},
	{"remakes", remakesSQL, ""},
	{"remade", remadeSQL, ""},
	{"count an order", countOrderSQL, ""},
	{"forget", forgetSQL, ""},
	{"forget answers", forgetAnswersSQL, ""},
	{"listeners", listenersSQL, ""},
	{"add deliveries", addDeliveriesSQL, ""},
	{"claim", claimSQL, ""},
	{"claim many", claimManySQL, ""},
	{"park", parkSQL, ""},
	{"record", recordSQL, ""},
	{"record many", recordManySQL, ""},
	{"write secrets", writeSecretsSQL, ""},
	{"put behind", putBehindSQL, ""},
	{"end jobs", endJobsSQL, ""},
	{"leave", leaveSQL, ""},
	// These are for nobody in particular: each has an index that holds what it is for.
	{"claim next", claimNextSQL, "delivery_lane"},
	{"sweep", sweepSQL, "delivery_lane delivery_due"},
	{"sweep pauses", sweepPausesSQL, "delivery_held webhook_probe webhook_paused"},
	{"wake lost", wakeLostSQL, "delivery_due"},
	{"overdue", overdueSQL, "delivery_lane delivery_due"},
	{"backlog", backlogSQL, "delivery_lane delivery_due delivery_held webhook_paused"},
	{"give up", giveUpSQL, "delivery_waiting"},
	{"prune what is done", pruneDoneSQL, "delivery_finished"},
	{"prune events", pruneEventsSQL, "event_made"},
	{"read secrets", readSecretsSQL, "webhook_pkey"},
}

// TestC9_OwnRows holds that no statement can be made to read past the rows of
// other instances: each that is about one begins in an index with its serial.
func TestC9_OwnRows(t *testing.T) {
	r := fresh(t)
	ofMany(r.db)
	all := slices.Clone(planned)
	for w := range walks {
		for name, sql := range map[string]string{"forwards": w.pageSQL(false), "backwards": w.pageSQL(true), "counted": w.countSQL()} {
			all = append(all, struct{ name, sql, over string }{fmt.Sprint("walk ", w, " ", name), sql, ""})
		}
	}
	known := map[string]bool{}
	for _, c := range all {
		known[newStatement(c.sql, defaultSchema).text] = true
		t.Run("C9 "+c.name, func(t *testing.T) {
			plan(t, r.db, c.sql).walk(func(n node) {
				reads := strings.Contains(n.Type, "Scan") && ofMerchants.MatchString(n.Index+n.Relation) && n.Type != "Bitmap Heap Scan"
				may := slices.Contains(strings.Fields(c.over), n.Index) && !strings.Contains(n.Cond, "_serial = ")
				if reads && !may && !ofOne.MatchString(n.Cond) {
					t.Errorf("%s %s by %q: %s", n.Type, n.Relation, n.Index, n.Cond)
				}
			})
		})
	}
	texts(reflect.ValueOf(r).Elem(), func(text string) {
		if !known[text] {
			t.Errorf("C9 this test does not know %s", text)
		}
	})
}

var (
	// ofMerchants are the tables, and their indexes, that hold rows of many merchants.
	ofMerchants = regexp.MustCompile(`^(instance|webhook|event|delivery)`)
	// ofOne is a condition on an index that leaves the rows of one.
	ofOne = regexp.MustCompile(`instance_(serial|id) = `)
)

// ofMany fills a database with rows of many instances, of which none has many.
func ofMany(db *sqlx.DB) {
	db.MustExec(`INSERT INTO merchant_webhooks.instance (instance_id) SELECT 'shop' || g FROM generate_series(1, 300) AS g`)
	db.MustExec(`
		INSERT INTO merchant_webhooks.webhook (instance_serial, webhook_id, event_type, url, http_method)
		SELECT instance_serial, 'hook ' || g, 'pay', 'https://shop.example/', 'POST' FROM merchant_webhooks.instance, generate_series(1, 10) AS g`)
	db.MustExec(`
		INSERT INTO merchant_webhooks.event (instance_serial, event_type, event_at, order_id)
		SELECT instance_serial, 'pay', now(), 'o' || webhook_serial FROM merchant_webhooks.webhook`)
	db.MustExec(`
		INSERT INTO merchant_webhooks.delivery (instance_serial, webhook_serial, event_serial, nonce, webhook_version, http_method, url, receiver)
		SELECT instance_serial, substr(order_id, 2)::bigint, event_serial, 'a', 1, 'POST', 'https://shop.example/', 'shop.example:443'
		FROM merchant_webhooks.event`)
	db.MustExec(`ANALYZE`)
	// What a filled database does not do, this one is not to do either.
	db.SetMaxOpenConns(1)
	db.MustExec(`SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off;
		SET plan_cache_mode = force_generic_plan`)
}

// plan is that for all values.
func plan(t *testing.T, db *sqlx.DB, sql string) node {
	t.Helper()
	db.MustExec("DEALLOCATE ALL")
	db.MustExec("PREPARE it AS " + sql)
	n := number(t, db, "SELECT cardinality(parameter_types) FROM pg_prepared_statements WHERE name = 'it'")
	arguments := strings.Repeat(", NULL", n)
	if n > 0 {
		arguments = "(" + arguments[2:] + ")"
	}
	var text []byte
	if err := db.Get(&text, "EXPLAIN (FORMAT JSON) EXECUTE it"+arguments); err != nil {
		t.Fatal(err)
	}
	var plans []struct{ Plan node }
	if err := json.Unmarshal(text, &plans); err != nil {
		t.Fatal(err)
	}
	return plans[0].Plan
}

// texts are those of all statements that stand in a struct.
func texts(in reflect.Value, visit func(text string)) {
	switch {
	case in.Type() == reflect.TypeFor[*statement]():
		visit(in.Elem().FieldByName("text").String())
	case in.Kind() == reflect.Array:
		for i := range in.Len() {
			texts(in.Index(i), visit)
		}
	case in.Kind() == reflect.Struct && in.Type().PkgPath() == reflect.TypeFor[Repo]().PkgPath():
		for i := range in.NumField() {
			texts(in.Field(i), visit)
		}
	}
}
