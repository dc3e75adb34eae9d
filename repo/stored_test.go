package repo

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// versionOf is what somebody who opens the form sees.
func versionOf(t *testing.T, r *Repo, instance, id string) int64 {
	t.Helper()
	w, err := r.GetStored(t.Context(), instance, id)
	if err != nil {
		t.Fatal(err)
	}
	return w.Version
}

// wantChanged checks that an error says that somebody else was faster.
func wantChanged(t *testing.T, err error) {
	t.Helper()
	want(t, err, webhook.CodeWebhookExists, sample.ID)
	if problem, is := errors.AsType[*webhook.Problem](err); !is || problem.Message.Key != "webhook.changed" {
		t.Errorf("%v does not say that it was changed", err)
	}
}

func TestGetStored(t *testing.T) {
	r := fresh(t)
	begin := time.Now().Add(-time.Minute)
	create(t, r, "admin", sample)
	first, err := r.GetStored(t.Context(), "admin", sample.ID)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("A6 what the pages show", func(t *testing.T) {
		if first.Webhook != sample || first.Version == 0 || first.CreatedAt.Before(begin) || !first.UpdatedAt.Equal(first.CreatedAt) {
			t.Errorf("it is %+v", first)
		}
	})
	t.Run("A6 a change makes another version, at a later time", func(t *testing.T) {
		want(t, r.Update(t.Context(), "admin", others[0].webhook), none, "")
		second, err := r.GetStored(t.Context(), "admin", sample.ID)
		if err != nil || second.Version == first.Version || !second.CreatedAt.Equal(first.CreatedAt) || !second.UpdatedAt.After(first.UpdatedAt) {
			t.Errorf("it was %+v and is %+v, %v", first, second, err)
		}
	})
}

func TestUpdateVersion(t *testing.T) {
	for _, o := range others {
		t.Run("A6 a change of what was seen: "+o.field, func(t *testing.T) {
			r := fresh(t)
			create(t, r, "admin", sample)
			create(t, r, "sandbox", sample)
			before := historyOf(t, r, "admin", sample.ID)
			want(t, r.UpdateVersion(t.Context(), "admin", o.webhook, versionOf(t, r, "admin", sample.ID)), none, "")
			stored(t, r, "admin", o.webhook)
			stored(t, r, "sandbox", sample)
			if after := historyOf(t, r, "admin", sample.ID); after.Version != before.Version+1 || after.Updated == before.Updated || after.Created != before.Created {
				t.Errorf("it does not count as changed once: %+v, then %+v", before, after)
			}
		})
		t.Run("A6 a change of what somebody else has changed: "+o.field, func(t *testing.T) {
			r := fresh(t)
			create(t, r, "admin", sample)
			seen := versionOf(t, r, "admin", sample.ID)
			theirs := other(sample, func(w *webhook.Webhook) { w.BodyTemplate = "theirs" })
			want(t, r.Update(t.Context(), "admin", theirs), none, "")
			before := historyOf(t, r, "admin", sample.ID)

			wantChanged(t, r.UpdateVersion(t.Context(), "admin", o.webhook, seen))
			stored(t, r, "admin", theirs)
			if after := historyOf(t, r, "admin", sample.ID); after != before {
				t.Errorf("it was %+v and is %+v", before, after)
			}
			want(t, r.Update(t.Context(), "admin", sample), none, "") // back to what it was
			wantChanged(t, r.UpdateVersion(t.Context(), "admin", o.webhook, seen))
			want(t, r.UpdateVersion(t.Context(), "admin", o.webhook, versionOf(t, r, "admin", sample.ID)), none, "")
			stored(t, r, "admin", o.webhook)
		})
		t.Run("A6 a post without a version is not compared: "+o.field, func(t *testing.T) {
			r := fresh(t)
			create(t, r, "admin", sample)
			want(t, r.UpdateVersion(t.Context(), "admin", o.webhook, 0), none, "")
			stored(t, r, "admin", o.webhook)
		})
		t.Run("A6 equal to what is stored, whatever the version: "+o.field, func(t *testing.T) {
			r := fresh(t)
			create(t, r, "admin", o.webhook)
			before := historyOf(t, r, "admin", sample.ID)
			for _, version := range []int64{0, 1, 1 << 62, versionOf(t, r, "admin", sample.ID)} {
				want(t, r.UpdateVersion(t.Context(), "admin", o.webhook, version), none, "")
			}
			if after := historyOf(t, r, "admin", sample.ID); after != before {
				t.Errorf("it was %+v and is %+v", before, after)
			}
		})
	}
	t.Run("A6 changed to the same at this moment", func(t *testing.T) {
		r := fresh(t)
		create(t, r, "admin", sample)
		for _, form := range []bool{true, false} {
			w, seen := other(sample, func(w *webhook.Webhook) { w.BodyTemplate = fmt.Sprint("the same ", form) }), int64(0)
			if form {
				seen = versionOf(t, r, "admin", sample.ID)
			}
			tx := r.db.MustBegin()
			tx.MustExec(`UPDATE merchant_webhooks.webhook SET body_template = $1, version = version + 1`, w.BodyTemplate)
			over := make(chan error)
			go func() { over <- r.UpdateVersion(within(t), "admin", w, seen) }()
			waiting(t, r.db, 1)
			if err := tx.Commit(); err != nil {
				t.Fatal(err)
			}
			want(t, <-over, none, "")
		}
	})
	t.Run("A6 deleted meanwhile", func(t *testing.T) {
		r := fresh(t)
		create(t, r, "admin", sample)
		seen := versionOf(t, r, "admin", sample.ID)
		want(t, errOf(r.Delete(t.Context(), "admin", sample.ID)), none, "")
		want(t, r.UpdateVersion(t.Context(), "admin", others[0].webhook, seen), webhook.CodeWebhookUnknown, sample.ID)
	})
	t.Run("A6 deleted and made anew meanwhile", func(t *testing.T) {
		r := fresh(t)
		create(t, r, "admin", sample)
		seen := versionOf(t, r, "admin", sample.ID)
		want(t, errOf(r.Delete(t.Context(), "admin", sample.ID)), none, "")
		create(t, r, "admin", others[1].webhook)
		wantChanged(t, r.UpdateVersion(t.Context(), "admin", others[0].webhook, seen))
		stored(t, r, "admin", others[1].webhook)
	})
}

// TestLineBreaks: what is saved in a form without a change stays as it is.
func TestLineBreaks(t *testing.T) {
	const lf, crlf, cr, mixed = "a: 1\nb: 2\n\n", "a: 1\r\nb: 2\r\n\r\n", "a: 1\rb: 2\r\r", "a: 1\nb: 2\r\n\r"
	for _, stored := range []string{lf, crlf, cr, mixed} {
		for _, typed := range []string{lf, crlf, cr, mixed} {
			t.Run(fmt.Sprintf("A6 %q saved as %q", stored, typed), func(t *testing.T) {
				r := fresh(t)
				w := other(sample, func(w *webhook.Webhook) { w.HeaderTemplate, w.BodyTemplate = stored, stored+"." })
				create(t, r, "admin", w)
				form := other(w, func(w *webhook.Webhook) { w.HeaderTemplate, w.BodyTemplate = typed, typed+"." })
				seen := versionOf(t, r, "admin", w.ID)
				save := func(form, wanted webhook.Webhook) {
					t.Helper()
					want(t, r.UpdateVersion(t.Context(), "admin", form, seen), none, "")
					got, err := r.GetStored(t.Context(), "admin", w.ID)
					if err != nil || got.Webhook != wanted {
						t.Errorf("stored is %+v, %v\nwant %+v", got.Webhook, err, wanted)
					}
					if unchanged := wanted == w; unchanged != (got.Version == seen) {
						t.Errorf("unchanged %v, but the version was %d and is %d", unchanged, seen, got.Version)
					}
					w, seen = wanted, got.Version
				}
				save(form, w)
				for _, field := range []struct {
					name   string
					change func(*webhook.Webhook)
				}{
					{"url", func(w *webhook.Webhook) { w.URL += "/new" }},
					{"header_template", func(w *webhook.Webhook) { w.HeaderTemplate += "new: 1\r\n" }},
					{"body_template", func(w *webhook.Webhook) { w.BodyTemplate += "new\r\n" }},
					{"no header_template", func(w *webhook.Webhook) { w.HeaderTemplate = "" }},
					{"no body_template", func(w *webhook.Webhook) { w.BodyTemplate = "" }},
				} {
					// What is changed is stored as it was typed, the rest as it was.
					field.change(&form)
					wanted := w
					switch field.name {
					case "url":
						wanted.URL = form.URL
					case "header_template", "no header_template":
						wanted.HeaderTemplate = form.HeaderTemplate
					default:
						wanted.BodyTemplate = form.BodyTemplate
					}
					save(form, wanted)
				}
			})
		}
	}
	t.Run("C14 a program's line breaks are a change", func(t *testing.T) {
		r := fresh(t)
		create(t, r, "admin", other(sample, func(w *webhook.Webhook) { w.BodyTemplate = lf }))
		for _, text := range []string{crlf, cr, lf} {
			w := other(sample, func(w *webhook.Webhook) { w.BodyTemplate = text })
			want(t, r.Update(t.Context(), "admin", w), none, "")
			stored(t, r, "admin", w)
		}
	})
}

func TestConcurrentEditors(t *testing.T) {
	from := func(client int) webhook.Webhook {
		return other(sample, func(w *webhook.Webhook) { w.BodyTemplate = fmt.Sprint("from client ", client) })
	}
	for _, isolation := range isolations {
		t.Run("A6 of those who saw the same one wins, "+isolation, func(t *testing.T) {
			repos := isolated(t, isolation)
			ctx := within(t)
			create(t, repos[0], "admin", sample)
			for range 5 {
				before := historyOf(t, repos[0], "admin", sample.ID)
				seen := versionOf(t, repos[0], "admin", sample.ID)
				errs := together(func(client int) error {
					return repos[client%2].UpdateVersion(ctx, "admin", other(from(client), func(w *webhook.Webhook) { w.URL += fmt.Sprint(seen) }), seen)
				})
				winners := 0
				for _, err := range errs {
					if err == nil {
						winners++
						continue
					}
					wantChanged(t, err)
				}
				if after := historyOf(t, repos[0], "admin", sample.ID); winners != 1 || after.Version != before.Version+1 {
					t.Errorf("%d editors won, and the version went from %d to %d", winners, before.Version, after.Version)
				}
			}
		})
		t.Run("A6 equal ones all succeed, "+isolation, func(t *testing.T) {
			repos := isolated(t, isolation)
			ctx := within(t)
			create(t, repos[0], "admin", sample)
			seen := versionOf(t, repos[0], "admin", sample.ID)
			count(t, together(func(client int) error {
				return repos[client%2].UpdateVersion(ctx, "admin", others[0].webhook, seen)
			}), none)
			if h := historyOf(t, repos[0], "admin", sample.ID); h.Version != 2 {
				t.Errorf("the version is %d, want 2", h.Version)
			}
		})
		t.Run("A6 beside programs that change and delete, "+isolation, func(t *testing.T) {
			repos := isolated(t, isolation)
			ctx := within(t)
			create(t, repos[0], "admin", sample)
			count(t, together(func(client int) error { return editOrDelete(ctx, repos[client%2], client, from(client)) }), none)
		})
	}
}

// editOrDelete does what the client does to the webhook, and gives the error
// that is none of its possible answers.
func editOrDelete(ctx context.Context, r *Repo, client int, w webhook.Webhook) error {
	for i := range 5 {
		seen, err := r.GetStored(ctx, "admin", w.ID)
		switch {
		case codeOf(err) == webhook.CodeWebhookUnknown:
			err = r.Create(ctx, "admin", w, anyNumber)
		case err != nil:
		case client%8 == 0:
			err = errOf(r.Delete(ctx, "admin", w.ID))
		case client%8 == 1:
			err = r.Update(ctx, "admin", w)
		default:
			w.URL = fmt.Sprint("https://shop.example/", client, "/", i)
			err = r.UpdateVersion(ctx, "admin", w, seen.Version)
		}
		if code := codeOf(err); code != none && code != webhook.CodeWebhookExists && code != webhook.CodeWebhookUnknown {
			return err
		}
	}
	return nil
}
