package repo

import (
	"errors"
	"fmt"
	"testing"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// TestRecordTooLate: what a worker says when its claim is not its own any more
// changes nothing.
func TestRecordTooLate(t *testing.T) {
	for name, meanwhile := range map[string]func(t *testing.T, r *Repo, k Key){
		"D2 voided": func(t *testing.T, r *Repo, k Key) {
			alter(t, r, "sending_since = NULL, attempt_count = 1, lane = 1", k)
		},
		"D2 claimed by another": func(t *testing.T, r *Repo, k Key) {
			alter(t, r, "sending_since = now(), attempt_count = 1", k)
		},
		"D10 failed by another": func(t *testing.T, r *Repo, k Key) {
			alter(t, r, "state = 'failed', failure = '', finished_at = now(), sending_since = NULL", k)
		},
		"D1 deleted with its webhook": func(t *testing.T, r *Repo, _ Key) {
			want(t, errOf(r.Delete(t.Context(), "admin", sample.ID)), none, "")
		},
	} {
		t.Run(name, func(t *testing.T) {
			r, keys := sending(t, 1)
			c := take(t, r, keys[0])
			meanwhile(t, r, keys[0])
			const all = `SELECT concat_ws(' ', d.*, w.*) FROM merchant_webhooks.delivery AS d JOIN merchant_webhooks.webhook AS w USING (webhook_serial)`
			var before, after []string
			if err := r.db.Select(&before, all); err != nil {
				t.Fatal(err)
			}
			if change := record(t, r, c, answered(c, 410, webhook.Gone)); change != (Change{}) {
				t.Errorf("the change is %+v", change)
			}
			if err := r.db.Select(&after, all); err != nil {
				t.Fatal(err)
			}
			if fmt.Sprint(after) != fmt.Sprint(before) || number(t, r.db, `SELECT count(*) FROM merchant_webhooks.delivery_attempt`) != 0 {
				t.Errorf("it was\n%s\nand is\n%s", before, after)
			}
		})
	}
}

// TestD2_RecordTooLateByAMoment voids the claim while the record waits for the row.
func TestD2_RecordTooLateByAMoment(t *testing.T) {
	r, keys := sending(t, 1)
	c := take(t, r, keys[0])
	tx := r.db.MustBegin()
	defer func() { _ = tx.Rollback() }()
	tx.MustExec(`UPDATE merchant_webhooks.delivery SET sending_since = now(), attempt_count = 1`)
	recorded := make(chan Change)
	go func() {
		change, err := r.Record(within(t), c, answered(c, 410, webhook.Gone))
		if err != nil {
			t.Error(err)
		}
		recorded <- change
	}()
	waiting(t, r.db, 1)
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if change := <-recorded; change != (Change{}) || accountOf(t, r) != (account{}) {
		t.Errorf("D2 the change is %+v, the account %+v", change, accountOf(t, r))
	}
	if is := at(t, r, keys[0]); is.State != "pending" || !is.IsSending || is.AttemptCount != 1 {
		t.Errorf("D2 it is %+v", is)
	}
}

// TestD1_RecordAfterTheWebhook: the webhook is locked before its delivery, as its
// removal locks them, or the two could wait for each other.
func TestD1_RecordAfterTheWebhook(t *testing.T) {
	r, keys := sending(t, 1)
	c := take(t, r, keys[0])
	tx := r.db.MustBegin()
	defer func() { _ = tx.Rollback() }()
	tx.MustExec(`SELECT FROM merchant_webhooks.webhook FOR UPDATE`)
	recorded := make(chan error)
	go func() { recorded <- errOf(r.Record(within(t), c, answered(c, 503, webhook.TryAgain))) }()
	waiting(t, r.db, 1)
	if _, err := tx.Exec(`SELECT FROM merchant_webhooks.delivery FOR UPDATE NOWAIT`); err != nil {
		t.Errorf("D1 the delivery is locked already: %v", err)
	}
	if err := errors.Join(tx.Rollback(), <-recorded); err != nil {
		t.Error(err)
	}
}
