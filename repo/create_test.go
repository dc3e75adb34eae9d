package repo

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

func TestCreate(t *testing.T) {
	r := fresh(t)
	ctx := t.Context()
	create(t, r, "admin", sample)

	t.Run("C2 the same again", func(t *testing.T) {
		want(t, r.Create(ctx, "admin", sample, anyNumber), none, "")
		if n := number(t, r.db, countWebhooks); n != 1 {
			t.Errorf("there are %d webhooks, want 1", n)
		}
		stored(t, r, "admin", sample)
	})
	for _, o := range others {
		t.Run("C3 same ID, other "+o.field, func(t *testing.T) {
			want(t, r.Create(ctx, "admin", o.webhook, anyNumber), webhook.CodeWebhookExists, sample.ID)
			stored(t, r, "admin", sample)
		})
	}
	t.Run("C4 no templates are null, and equal to none", func(t *testing.T) {
		bare := webhook.Webhook{ID: "bare", EventType: "pay", URL: "https://shop.example/", HTTPMethod: "GET"}
		create(t, r, "admin", bare, bare)
		nulls := `SELECT count(*) FROM merchant_webhooks.webhook
			WHERE webhook_id = 'bare' AND header_template IS NULL AND body_template IS NULL`
		if n := number(t, r.db, nulls); n != 1 {
			t.Errorf("%d webhooks have null for both templates, want 1", n)
		}
		stored(t, r, "admin", bare)
	})
	t.Run("C8 unknown instance", func(t *testing.T) {
		want(t, r.Create(ctx, "nobody", sample, anyNumber), webhook.CodeInstanceUnknown, "nobody")
	})
	t.Run("C9 an ID is unique in its instance only", func(t *testing.T) {
		theirs := others[0].webhook
		create(t, r, "sandbox", theirs)
		stored(t, r, "admin", sample)
		stored(t, r, "sandbox", theirs)
		want(t, errOf(r.Delete(ctx, "admin", sample.ID)), none, "")
		stored(t, r, "sandbox", theirs)
	})
}

func TestLimit(t *testing.T) {
	one, two, three := named(sample, "one"), named(sample, "two"), named(sample, "three")

	t.Run("C17 as many as allowed, and no more", func(t *testing.T) {
		r, ctx := fresh(t), t.Context()
		want(t, r.Create(ctx, "admin", one, 2), none, "")
		want(t, r.Create(ctx, "admin", two, 2), none, "")
		err := r.Create(ctx, "admin", three, 2)
		want(t, err, webhook.CodeForbidden, "admin")
		if problem, is := errors.AsType[*webhook.Problem](err); !is || !strings.Contains(problem.Detail(), ": 2.") {
			t.Errorf("%v does not tell the limit", err)
		}
		want(t, r.Create(ctx, "sandbox", three, 2), none, "")
		want(t, r.Create(ctx, "nobody", three, 2), webhook.CodeInstanceUnknown, "nobody")
	})
	t.Run("C17 what is there answers as ever when it is full", func(t *testing.T) {
		r, ctx := fresh(t), t.Context()
		create(t, r, "admin", one, two)
		want(t, r.Create(ctx, "admin", one, 2), none, "")
		want(t, r.Create(ctx, "admin", other(one, func(w *webhook.Webhook) { w.HTTPMethod = "PUT" }), 2), webhook.CodeWebhookExists, "one")
	})
	t.Run("C17 a deleted one makes room", func(t *testing.T) {
		r, ctx := fresh(t), t.Context()
		create(t, r, "admin", one, two)
		want(t, errOf(r.Delete(ctx, "admin", "one")), none, "")
		want(t, r.Create(ctx, "admin", three, 2), none, "")
	})
	t.Run("C17 none at all", func(t *testing.T) {
		want(t, fresh(t).Create(t.Context(), "admin", one, 0), webhook.CodeForbidden, "admin")
	})
	t.Run("C17 far from the limit, near it, at it", func(t *testing.T) {
		r, ctx := fresh(t), t.Context()
		const limit = margin + 3
		fill(t, r, "admin", margin)
		for i := range 3 {
			want(t, r.Create(ctx, "admin", named(sample, fmt.Sprint("near ", i)), limit), none, "")
		}
		want(t, r.Create(ctx, "admin", named(sample, "near 3"), limit), webhook.CodeForbidden, "admin")
		want(t, r.Create(ctx, "admin", named(sample, "near 2"), limit), none, "")
		want(t, r.Create(ctx, "admin", named(sample, "near 3"), anyNumber), none, "")
	})
}

func TestTallies(t *testing.T) {
	// near is where creates begin to run one after the other.
	const limit, near = margin + 10, 10
	for _, c := range []struct {
		name   string
		others func(t *testing.T, r *Repo) // what happens beside the Repo, which knows of two webhooks
		room   int                         // afterwards
	}{
		{"nothing", func(*testing.T, *Repo) {}, limit - 2},
		{"others fill it", func(t *testing.T, r *Repo) { fill(t, r, "admin", limit-2) }, 0},
		{"others fill it but for one", func(t *testing.T, r *Repo) { fill(t, r, "admin", limit-3) }, 1},
		{"others come near", func(t *testing.T, r *Repo) { fill(t, r, "admin", near) }, limit - near - 2},
		{"others come near and delete all", func(t *testing.T, r *Repo) {
			fill(t, r, "admin", near)
			want(t, r.Create(t.Context(), "admin", named(sample, "careful"), limit), none, "")
			r.db.MustExec(`DELETE FROM merchant_webhooks.webhook`)
		}, limit},
		{"the instance is another of the same name", func(t *testing.T, r *Repo) {
			want(t, errOf(r.RemoveInstance(t.Context(), nil, "admin")), none, "")
			want(t, r.AddInstance(t.Context(), nil, "admin"), none, "")
		}, limit},
	} {
		t.Run("C17 "+c.name, func(t *testing.T) {
			r := fresh(t)
			for _, id := range []string{"first", "second"} {
				want(t, r.Create(t.Context(), "admin", named(sample, id), limit), none, "")
			}
			c.others(t, r)
			for i := range c.room {
				want(t, r.Create(t.Context(), "admin", named(sample, fmt.Sprint(i)), limit), none, "")
			}
			want(t, r.Create(t.Context(), "admin", named(sample, "one more"), limit), webhook.CodeForbidden, "admin")
		})
	}
	t.Run("C17 what a tally knows of takes room", func(t *testing.T) {
		r := fresh(t)
		const limit = 3 * margin
		fill(t, r, "admin", limit-margin-100)
		want(t, r.Create(t.Context(), "admin", named(sample, "counted"), limit), none, "")
		r.db.MustExec(`UPDATE merchant_webhooks.webhook SET webhook_id = 'before ' || webhook_id`)
		fill(t, r, "admin", margin+99)
		want(t, r.Create(t.Context(), "admin", named(sample, "one more"), limit), webhook.CodeForbidden, "admin")
	})
	t.Run("C17 a tally is counted anew in time", func(t *testing.T) {
		r := fresh(t)
		var known tally
		changes := 0
		for i := range 3 * maxNewer {
			want(t, r.Create(t.Context(), "admin", named(sample, fmt.Sprint(i)), 10_000), none, "")
			if now := r.tallies.get("admin"); now != known {
				known = now
				changes++
			}
		}
		if known.count < maxNewer || known.count >= 3*maxNewer || changes > 6 {
			t.Errorf("the tally is %+v, after %d changes", known, changes)
		}
	})
	t.Run("C17 their number is bounded", func(t *testing.T) {
		var some recent[tally]
		for i := range maxRecent + 10 {
			some.set(fmt.Sprint(i), tally{1, 1})
			if n := len(some.of); n > maxRecent || i < maxRecent && n != i+1 {
				t.Fatalf("%d are kept of %d", n, i+1)
			}
		}
	})
}

// fill makes webhooks without asking for each.
func fill(t testing.TB, r *Repo, instance string, n int) {
	t.Helper()
	_, err := r.db.Exec(`
		INSERT INTO merchant_webhooks.webhook (instance_serial, webhook_id, event_type, url, http_method, body_template)
		SELECT instance_serial, 'filled ' || g, 'pay', 'https://shop.example/' || g, 'POST', 'order {{order_id}}'
		FROM merchant_webhooks.instance, generate_series(1, $2::int) AS g WHERE instance_id = $1`, instance, n)
	if err != nil {
		t.Fatal(err)
	}
}

// TestStoredAsGiven tries texts that strangers could send: whatever Validate
// lets through comes back as it was.
func TestStoredAsGiven(t *testing.T) {
	for name, o := range map[string]Options{"prepared": {}, "unprepared": {Unprepared: true}} {
		t.Run("C2 C7 "+name, func(t *testing.T) {
			r := over(t, fresh(t).db, o)
			character := rapid.OneOf(
				rapid.Rune(),
				rapid.SampledFrom([]rune(`'"\%_$1{}:;-/*äöüßé漢字😀`+"\u200d\u0301\ufeff")),
			)
			visible := character.Filter(func(c rune) bool { return unicode.IsPrint(c) && c != '/' && c != '\\' })
			inURL := visible.Filter(func(c rune) bool { return c != '#' && c != ' ' })
			line := character.Filter(func(c rune) bool { return !unicode.IsControl(c) })
			text := rapid.OneOf(line, rapid.SampledFrom([]rune("\t\r\n")))
			n := 0
			rapid.Check(t, func(t *rapid.T) {
				n++
				w := webhook.Webhook{
					ID:             fmt.Sprint(n, rapid.StringOfN(visible, 0, 100, -1).Draw(t, "id"), "."),
					EventType:      rapid.StringMatching(`[a-z][a-z0-9_.]{0,40}`).Draw(t, "event"),
					URL:            "https://shop.example/" + rapid.StringOfN(inURL, 0, 400, 2000).Draw(t, "url"),
					HTTPMethod:     rapid.SampledFrom([]string{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"}).Draw(t, "method"),
					HeaderTemplate: rapid.StringOfN(text, 0, 200, -1).Draw(t, "headers"),
					BodyTemplate:   rapid.StringOfN(text, 0, 2000, -1).Draw(t, "body"),
				}
				for range 2 {
					if err := r.Create(t.Context(), "admin", w, anyNumber); err != nil {
						t.Fatal(err)
					}
				}
				if got, err := r.Get(t.Context(), "admin", w.ID); err != nil || got != w {
					t.Fatalf("got %+v, %v\nwant %+v", got, err, w)
				}
				items, _, err := r.List(t.Context(), "admin", Page{From: 1 << 62, Backwards: true, Limit: 1})
				if err != nil || len(items) != 1 || items[0].ID != w.ID || items[0].EventType != w.EventType {
					t.Fatalf("the list has %+v, %v", items, err)
				}
			})
		})
	}
}
