package repo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/pgdev/pgtest"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// clients is how many do something at once.
const clients = 64

// isolations are what a host's database may have as its default.
var isolations = []string{"read committed", "repeatable read", "serializable"}

// rounds is how often something is raced for. With -short, which the mutants of
// `make mutate` are tried with, a tenth of it must do.
func rounds(n int) int {
	if testing.Short() {
		return n / 10
	}
	return n
}

// isolated is a database with a default isolation, and Repos of two processes.
func isolated(t *testing.T, isolation string) [2]*Repo {
	t.Helper()
	dsn := database(t)
	pgtest.Open(t, dsn).MustExec(`DO $$ BEGIN
		EXECUTE format('ALTER DATABASE %I SET default_transaction_isolation = ''` + isolation + `''', current_database());
	END $$`)
	repos := [2]*Repo{over(t, pgtest.Open(t, dsn), Options{}), over(t, pgtest.Open(t, dsn), Options{})}
	var got string
	if err := repos[1].db.Get(&got, `SHOW transaction_isolation`); err != nil || got != isolation {
		t.Fatalf("the isolation is %q, %v", got, err)
	}
	return repos
}

// together runs do in all clients at once and gives their errors.
func together(do func(client int) error) []error {
	errs := make([]error, clients)
	start := make(chan struct{})
	var group sync.WaitGroup
	for client := range clients {
		group.Go(func() {
			<-start
			errs[client] = do(client)
		})
	}
	close(start)
	group.Wait()
	return errs
}

// count sorts errors by code, and reports those of other codes.
func count(t *testing.T, errs []error, allowed ...webhook.Code) map[webhook.Code]int {
	t.Helper()
	codes := map[webhook.Code]int{}
	for _, err := range errs {
		code := codeOf(err)
		codes[code]++
		if !slices.Contains(allowed, code) {
			t.Errorf("got %v, want a code of %v", err, allowed)
		}
	}
	return codes
}

func TestConcurrentCreates(t *testing.T) {
	for _, isolation := range isolations {
		rounds := rounds(map[string]int{"read committed": 60, "repeatable read": 30, "serializable": 40}[isolation])
		t.Run("C11 identical ones, "+isolation, func(t *testing.T) {
			repos := isolated(t, isolation)
			ctx := within(t)
			for round := range rounds {
				w := named(sample, fmt.Sprint("identical ", round))
				count(t, together(func(client int) error {
					return repos[client%2].Create(ctx, "admin", w, 10_000)
				}), none)
			}
			if n := number(t, repos[0].db, countWebhooks); n != rounds {
				t.Errorf("%d webhooks are stored, want %d", n, rounds)
			}
		})
		t.Run("C11 different ones, "+isolation, func(t *testing.T) {
			repos := isolated(t, isolation)
			ctx := within(t)
			for round := range rounds {
				of := func(client int) webhook.Webhook {
					w := named(sample, fmt.Sprint("different ", round))
					w.BodyTemplate = fmt.Sprint("from client ", client)
					return w
				}
				errs := together(func(client int) error {
					return repos[client%2].Create(ctx, "admin", of(client), 10_000)
				})
				if codes := count(t, errs, none, webhook.CodeWebhookExists); codes[none] != 1 {
					t.Fatalf("round %d: %d creates succeeded, want 1", round, codes[none])
				}
				stored(t, repos[0], "admin", of(slices.Index(errs, nil)))
			}
		})
	}
}

// TestUnseen: what others change again and again is given up in the end.
func TestUnseen(t *testing.T) {
	t.Run("R5 C11 a webhook that is never seen", func(t *testing.T) {
		tries := 0
		err := fresh(t).run(t.Context(), creating, func() error {
			if tries++; tries > 10*maxUnseen {
				return errors.New("there is no end to it")
			}
			return errUnseen
		})
		want(t, err, webhook.CodeDBSoftFailure, "")
		if tries != 1+maxUnseen {
			t.Errorf("it was tried %d times, want %d", tries, 1+maxUnseen)
		}
	})
}

func TestConcurrentCreatesAtTheLimit(t *testing.T) {
	for _, isolation := range isolations {
		t.Run("C17 from far over near to full, "+isolation, func(t *testing.T) {
			repos := isolated(t, isolation)
			ctx := within(t)
			const limit, room = margin + 300, margin + 50
			fill(t, repos[0], "admin", limit-room)
			count(t, together(func(client int) error {
				r := repos[client%2]
				for i := range 2 * room / clients {
					// Most IDs are tried by two clients.
					w := named(sample, fmt.Sprint(client/2, " ", i))
					if client%8 >= 6 {
						w.ID = fmt.Sprint("alone ", client, " ", i)
					}
					if err := r.Create(ctx, "admin", w, limit); err != nil && codeOf(err) != webhook.CodeForbidden {
						return err
					}
					if err := r.Create(ctx, "sandbox", w, anyNumber); err != nil {
						return err
					}
				}
				return nil
			}), none)
			admins := `SELECT count(*) FROM merchant_webhooks.webhook JOIN merchant_webhooks.instance USING (instance_serial) WHERE instance_id = 'admin'`
			if n := number(t, repos[0].db, admins); n != limit {
				t.Errorf("%d webhooks are stored, want %d", n, limit)
			}
		})
		t.Run("C17 a small limit, "+isolation, func(t *testing.T) {
			repos := isolated(t, isolation)
			ctx := within(t)
			errs := together(func(client int) error {
				return repos[client%2].Create(ctx, "admin", named(sample, fmt.Sprint(client)), 10)
			})
			if codes := count(t, errs, none, webhook.CodeForbidden); codes[none] != 10 {
				t.Errorf("%d creates succeeded, want 10", codes[none])
			}
			if n := number(t, repos[0].db, countWebhooks); n != 10 {
				t.Errorf("%d webhooks are stored, want 10", n)
			}
		})
	}
}

func TestConcurrentChanges(t *testing.T) {
	for _, isolation := range isolations {
		t.Run("C15 of simultaneous deletes one succeeds, "+isolation, func(t *testing.T) {
			repos := isolated(t, isolation)
			ctx := within(t)
			for range rounds(20) {
				create(t, repos[0], "admin", sample)
				errs := together(func(client int) error { return errOf(repos[client%2].Delete(ctx, "admin", sample.ID)) })
				if codes := count(t, errs, none, webhook.CodeWebhookUnknown); codes[none] != 1 {
					t.Errorf("%d deletes succeeded, want 1", codes[none])
				}
			}
		})
		t.Run("C14 every update that changes something counts once, "+isolation, func(t *testing.T) {
			repos := isolated(t, isolation)
			ctx := within(t)
			create(t, repos[0], "admin", sample)
			count(t, together(func(client int) error {
				w := sample
				w.BodyTemplate = fmt.Sprint("from client ", client)
				return repos[client%2].Update(ctx, "admin", w)
			}), none)
			if h := historyOf(t, repos[0], "admin", sample.ID); h.Version != 1+clients {
				t.Errorf("the version is %d, want %d", h.Version, 1+clients)
			}
		})
		t.Run("C14 simultaneous equal updates count as one, "+isolation, func(t *testing.T) {
			repos := isolated(t, isolation)
			ctx := within(t)
			create(t, repos[0], "admin", sample)
			count(t, together(func(client int) error {
				return repos[client%2].Update(ctx, "admin", others[0].webhook)
			}), none)
			if h := historyOf(t, repos[0], "admin", sample.ID); h.Version != 2 {
				t.Errorf("the version is %d, want 2", h.Version)
			}
		})
		t.Run("C15 deleted, made anew and changed at once, "+isolation, func(t *testing.T) {
			repos := isolated(t, isolation)
			ctx := within(t)
			count(t, together(func(client int) error {
				r := repos[client%2]
				for i := range 10 {
					w := others[(client+i)%len(others)].webhook
					var err error
					switch client % 3 {
					case 0:
						err = r.Create(ctx, "admin", w, 2)
					case 1:
						err = r.Update(ctx, "admin", w)
					case 2:
						err = errOf(r.Delete(ctx, "admin", w.ID))
					}
					if code := codeOf(err); code != none && code != webhook.CodeWebhookExists && code != webhook.CodeWebhookUnknown {
						return err
					}
				}
				return nil
			}), none)
		})
		t.Run("H4 an instance removed and added while webhooks are made, "+isolation, func(t *testing.T) {
			repos := isolated(t, isolation)
			ctx := within(t)
			count(t, together(func(client int) error {
				r := repos[client%2]
				for i := range 10 {
					var err error
					switch {
					case client%8 == 0 && i%2 == 0:
						err = errOf(r.RemoveInstance(ctx, nil, "admin"))
					case client%8 == 0:
						err = r.AddInstance(ctx, nil, "admin")
					default:
						err = r.Create(ctx, "admin", named(sample, fmt.Sprint(client, " ", i)), []int{anyNumber, 5, 5_000}[i%3])
					}
					if code := codeOf(err); code != none && code != webhook.CodeInstanceUnknown && code != webhook.CodeForbidden {
						return err
					}
				}
				return nil
			}), none)
		})
	}
}

func TestFirstUse(t *testing.T) {
	t.Run("R5 a statement that could not be prepared is prepared next time", func(t *testing.T) {
		r := fresh(t)
		left, leave := context.WithCancel(t.Context())
		leave()
		if err := r.HasInstance(left, "admin"); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want context.Canceled", err)
		}
		want(t, r.HasInstance(t.Context(), "admin"), none, "")
	})
	t.Run("C11 all at once", func(t *testing.T) {
		for range 2 {
			r := fresh(t)
			count(t, together(func(int) error { return r.HasInstance(t.Context(), "admin") }), none)
		}
	})
	t.Run("C17 the careful way in a pool of one connection", func(t *testing.T) {
		r := fresh(t)
		r.db.SetMaxOpenConns(1)
		want(t, r.Create(within(t), "admin", sample, 1), none, "")
	})
}
