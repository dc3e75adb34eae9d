package handlers_test

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// racers is how many clients send at once.
const racers = 64

func TestSimultaneousCreates(t *testing.T) {
	isolations := []struct {
		name, alter string
		rounds      int
	}{
		{"as usual", "", 50},
		{"serializable", "SET default_transaction_isolation = serializable", 20},
	}
	for _, isolation := range isolations {
		if testing.Short() { // as the mutants of `make mutate` are tried
			isolation.rounds /= 10
		}
		db := migrated(t)
		if isolation.alter != "" {
			alter(t, db, isolation.alter)
		}
		h := startHost(t, db, setting{}, nil)
		t.Cleanup(h.Close)
		h.Client().Transport.(*http.Transport).MaxIdleConnsPerHost = racers

		t.Run("C11 identical ones, transactions "+isolation.name, func(t *testing.T) {
			for round := range isolation.rounds {
				id := fmt.Sprintf("same %d", round)
				for _, a := range race(t, h, func(int) string { return hook(id) }) {
					if err := a.is(http.StatusNoContent, 0); err != nil {
						t.Fatalf("round %d: %v", round, err)
					}
				}
			}
			checkStored(t, h, "same", isolation.rounds)
		})
		t.Run("C11 different ones, transactions "+isolation.name, func(t *testing.T) {
			for round := range isolation.rounds {
				id := fmt.Sprintf("other %d", round)
				url := func(i int) string { return fmt.Sprintf("https://example.com/%d", i) }
				answers := race(t, h, func(i int) string { return hook(id, fmt.Sprintf(`"url":%q`, url(i))) })
				winner := slices.IndexFunc(answers, func(a answer) bool { return a.StatusCode == http.StatusNoContent })
				for i, a := range answers {
					if err := a.is(http.StatusConflict, int(webhook.CodeWebhookExists)); err != nil && i != winner {
						t.Fatalf("round %d: %v", round, err)
					}
				}
				if winner < 0 {
					t.Fatalf("round %d: nobody was answered with 204", round)
				}
				stored := h.ask(t, "GET", fmt.Sprintf("/private/webhooks/other%%20%d", round), "")
				for _, wrong := range compareJSON(fmt.Sprintf(`{"url":%q}`, url(winner)), stored.body, true) {
					t.Fatalf("round %d: what is stored is not what was answered with 204: %s", round, wrong)
				}
			}
			checkStored(t, h, "other", isolation.rounds)
		})
	}
}

// race sends the bodies of all racers at once and gives their answers.
func race(t *testing.T, h *host, body func(racer int) string) []answer {
	t.Helper()
	answers := make([]answer, racers)
	errs := make([]error, racers)
	var ready, done sync.WaitGroup
	start := make(chan struct{})
	for i := range racers {
		ready.Add(1)
		done.Go(func() {
			ready.Done()
			<-start
			answers[i], errs[i] = h.try(t.Context(), "POST", "/private/webhooks", body(i))
		})
	}
	ready.Wait()
	close(start)
	done.Wait()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
	return answers
}

// checkStored holds that there is one webhook for each round, and no other of
// that prefix.
func checkStored(t *testing.T, h *host, prefix string, rounds int) {
	t.Helper()
	var got []string
	for _, id := range h.ask(t, "GET", "/private/webhooks", "").ids(t) {
		if len(id) > len(prefix) && id[:len(prefix)] == prefix {
			got = append(got, id)
		}
	}
	for i, id := range got {
		if want := fmt.Sprintf("%s %d", prefix, i); id != want {
			t.Fatalf("webhook %d of the list is %q, want %q", i, id, want)
		}
	}
	if len(got) != rounds {
		t.Errorf("%d webhooks are stored after %d rounds", len(got), rounds)
	}
}
