package repo

import (
	"fmt"
	"testing"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// numberOf gives the serial of the instance's newest webhook but n.
func numberOf(t *testing.T, r *Repo, instance string, n int) (serial int64) {
	t.Helper()
	err := r.db.Get(&serial, `
		SELECT webhook_serial FROM merchant_webhooks.webhook JOIN merchant_webhooks.instance USING (instance_serial)
		WHERE instance_id = $1 ORDER BY webhook_serial DESC OFFSET $2 LIMIT 1`, instance, n)
	if err != nil {
		t.Fatal(err)
	}
	return serial
}

func TestMaxCount(t *testing.T) {
	r := fresh(t)
	fill(t, r, "admin", MaxCount)
	for _, c := range []struct {
		name   string
		more   func()
		stored int
	}{
		{"as many as are told", func() {}, MaxCount},
		{"one more", func() { create(t, r, "admin", sample) }, MaxCount + 1},
		{"half as many more", func() { r.db.MustExec(rename); fill(t, r, "admin", MaxCount/2) }, MaxCount + MaxCount/2 + 1},
		{"a crowd", func() { r.db.MustExec(rename); fill(t, r, "admin", MaxCount) }, 2*MaxCount + MaxCount/2 + 1},
	} {
		c.more()
		for _, text := range []string{"", "HTTPS"} {
			for try := range 2 { // the second time a crowd is known
				t.Run(fmt.Sprint("A1 ", c.name, " ", text, " ", try), func(t *testing.T) {
					for _, begin := range []int{0, 1, MaxCount/2 - 1, MaxCount - 2, MaxCount - 1, MaxCount, MaxCount + 1, c.stored - 1, c.stored} {
						if begin > c.stored {
							continue
						}
						s := Search{Text: text, Limit: 2}
						if begin > 0 {
							s.From = numberOf(t, r, "admin", begin-1)
						}
						found := search(t, r, "admin", s)
						first := begin + 1
						if begin >= MaxCount || begin == c.stored {
							first = 0
						}
						rows := min(2, c.stored-begin)
						if found.Count != min(c.stored, MaxCount+1) || found.First != first || len(found.Rows) != rows ||
							found.Newer != (begin > 0) || found.Older != (begin+2 < c.stored) {
							t.Errorf("the page behind %d: %d rows from %d of %d, newer %v, older %v",
								begin, len(found.Rows), found.First, found.Count, found.Newer, found.Older)
						}
					}
					if r.crowds.get("admin") != nil && c.stored < crowdSize {
						t.Error("it is remembered as a crowd")
					}
				})
			}
		}
	}
}

// rename makes room for another fill.
const rename = `UPDATE merchant_webhooks.webhook SET webhook_id = webhook_id || '.'`

// TestCrowd: what is remembered of a large instance is not believed when it is
// no more so.
func TestCrowd(t *testing.T) {
	const half = `DELETE FROM merchant_webhooks.webhook WHERE webhook_serial IN (
		SELECT webhook_serial FROM merchant_webhooks.webhook ORDER BY webhook_serial %s LIMIT 15000)`
	for name, lessen := range map[string]func(t *testing.T, r *Repo){
		"the oldest are deleted":  func(t *testing.T, r *Repo) { r.db.MustExec(fmt.Sprintf(half, "")) },
		"the newest are deleted":  func(t *testing.T, r *Repo) { r.db.MustExec(fmt.Sprintf(half, "DESC")) },
		"some here and there are": func(t *testing.T, r *Repo) { r.db.MustExec(fmt.Sprintf(half, "% 7")) },
		"the instance is another of the same name": func(t *testing.T, r *Repo) {
			want(t, errOf(r.RemoveInstance(t.Context(), nil, "admin")), none, "")
			want(t, r.AddInstance(t.Context(), nil, "admin"), none, "")
			fill(t, r, "admin", 9_999)
		},
	} {
		t.Run("A1 "+name, func(t *testing.T) {
			r := fresh(t)
			fill(t, r, "admin", 24_999)
			for range 10 { // few witnesses are no witnesses
				search(t, r, "admin", Search{Limit: 50})
			}
			if n := len(r.crowds.get("admin")); n < minWitnesses || n > 150 {
				t.Fatalf("there are %d witnesses", n)
			}
			lessen(t, r)
			for range 2 {
				if found := search(t, r, "admin", Search{Limit: 50}); found.Count != 9_999 {
					t.Errorf("%d are told, want 9,999", found.Count)
				}
			}
			if r.crowds.get("admin") != nil {
				t.Error("the crowd is remembered still")
			}
		})
	}
	t.Run("A1 a witness that was deleted makes new ones", func(t *testing.T) {
		r := fresh(t)
		fill(t, r, "admin", 25_000)
		r.crowds.set("admin", []int64{1, 25_001})
		for range 10 {
			if found := search(t, r, "admin", Search{Limit: 50}); found.Count != MaxCount+1 {
				t.Errorf("%d are told", found.Count)
			}
		}
		if n := len(r.crowds.get("admin")); n < minWitnesses {
			t.Errorf("there are %d witnesses", n)
		}
	})
	t.Run("C8 the instance is no more", func(t *testing.T) {
		r := fresh(t)
		r.crowds.set("nobody", []int64{1})
		_, err := r.Search(t.Context(), "nobody", Search{Limit: 1})
		want(t, err, webhook.CodeInstanceUnknown, "nobody")
	})
}
