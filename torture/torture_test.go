package main

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/pgdev"
)

// TestMain is also each process that is killed.
func TestMain(m *testing.M) {
	if role := os.Getenv(roleVariable); role != "" {
		play(role)
		return
	}
	os.Exit(m.Run())
}

// TestTorture is `make torture` in short: few orders, and faults that are over soon.
func TestTorture(t *testing.T) {
	few := []string{"a worker killed", "a shop killed", "PostgreSQL's postmaster killed", "reset: database", "broken off in the middle: database"}
	o := options{
		orders: 250, faults: len(few), seed: 1, rate: 150, attempt: time.Second, tell: t.Logf,
		kinds: slices.DeleteFunc(slices.Clone(kinds), func(k *kind) bool { return !slices.Contains(few, k.name) }),
	}
	if len(o.kinds) != len(few) {
		t.Fatalf("of %q there are %d", few, len(o.kinds))
	}
	r, err := run(t.Context(), o)
	if errors.Is(err, pgdev.ErrNotFound) && os.Getenv("CI") == "" {
		t.Skipf("%v: install PostgreSQL", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	r.print(t.Logf)
	t.Run("D1 what was committed is sent once made, what was rolled back never", func(t *testing.T) {
		none(t, "sent although rolled back", r.phantom)
		none(t, "made twice", r.doubled)
		if r.stored < o.orders/2 || r.counts[rolledBack] == 0 {
			t.Errorf("%d orders committed, %d rolled back: too few to tell", r.stored, r.counts[rolledBack])
		}
	})
	t.Run("D2 each is sent by one process at a time", func(t *testing.T) {
		none(t, "sent by two at a time", r.atOnce)
	})
	t.Run("D3 nothing is lost", func(t *testing.T) {
		none(t, "lost", r.lost)
		if r.waiting > 0 || r.givenUp > 0 {
			t.Errorf("%d never finished, %d given up", r.waiting, r.givenUp)
		}
	})
	t.Run("D4 what arrives is whole and signed", func(t *testing.T) {
		none(t, "corrupted", r.corrupted)
		none(t, "not signed", r.unsigned)
	})
}

func none(t *testing.T, what string, found []string) {
	t.Helper()
	if len(found) > 0 {
		t.Errorf("%d %s: %s", len(found), what, strings.Join(found[:min(len(found), 3)], "; "))
	}
}

// TestPlan: the same seed gives the same faults, another one others, and no kind
// comes twice before each came once.
func TestPlan(t *testing.T) {
	o := options{orders: 1000, faults: 2 * len(kinds), seed: 7, kinds: kinds}
	first := plan(o)
	if !slices.Equal(first, plan(o)) {
		t.Error("the same seed gave other faults")
	}
	other := o
	other.seed++
	if slices.Equal(first, plan(other)) {
		t.Error("another seed gave the same faults")
	}
	times := map[*kind]int{}
	for i, f := range first {
		times[f.kind]++
		if times[f.kind] > 1+i/len(kinds) {
			t.Errorf("number %d is %v, for the %d. time", i+1, f, times[f.kind])
		}
		if f.at <= 0 || f.at >= o.orders || f.target >= max(1, f.kind.targets) {
			t.Errorf("number %d is %+v", i+1, f)
		}
	}
}
