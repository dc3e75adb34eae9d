package delivery

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestD5_TurnsLeaveThePoolToTheHost(t *testing.T) {
	for most, want := range map[int]int{0: 16, 1: 2, 8: 2, 20: 5, 64: 16, 1000: 16} {
		if got := cap(newTurns(most)); got != want {
			t.Errorf("of a pool of %d workers use %d, want %d", most, got, want)
		}
	}
}

// TestD5_TurnsAreWaitedFor no longer than one likes, and given on.
func TestD5_TurnsAreWaitedFor(t *testing.T) {
	all := newTurns(1)
	ended, end := context.WithCancel(t.Context())
	end()
	for range 2 * cap(all) {
		if err := all.take(t.Context(), func() error { return errLate }); !errors.Is(err, errLate) {
			t.Fatalf("it says %v", err)
		}
	}
	for range cap(all) {
		all <- struct{}{}
	}
	if err := all.take(ended, func() error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("without a turn it says %v", err)
	}
}

// TestD2_PanicsWhereItIsSeenTo, which is not where the database is asked.
func TestD2_PanicsWhereItIsSeenTo(t *testing.T) {
	defer func() {
		if said := fmt.Sprint(recover()); !strings.Contains(said, "the database's driver") || !strings.Contains(said, "turns_test.go") {
			t.Errorf("it panics with %s", said)
		}
	}()
	_ = newTurns(1).take(t.Context(), func() error { panic("the database's driver") })
}

// TestD2_SilenceIsLeft: what does not end when its time is over is given a while
// more, and its answer is taken if it comes then.
func TestD2_SilenceIsLeft(t *testing.T) {
	for ends, want := range map[time.Duration]error{endWithin / 2: errLate, 2 * endWithin: context.DeadlineExceeded} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			late, cancel := context.WithTimeout(t.Context(), time.Minute+ends)
			defer cancel()
			began := time.Now()
			_, err := inTime(ctx, func() (int, error) {
				<-late.Done()
				return 0, errLate
			})
			if after := time.Since(began) - time.Minute; !errors.Is(err, want) || after != min(ends, endWithin) {
				t.Errorf("what ends %v later says %v, after %v", ends, err, after)
			}
			<-late.Done()
		})
	}
}

// TestD3_RecordedAgain sooner at first, then every two seconds.
func TestD3_RecordedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		began := time.Now()
		var at []time.Duration
		err := again(ctx, func() error {
			at = append(at, time.Since(began).Round(time.Millisecond))
			return errLate
		})
		const ms = time.Millisecond
		if want := []time.Duration{0, 50 * ms, 150 * ms, 350 * ms, 750 * ms, 1550 * ms, 3150 * ms, 5150 * ms, 7150 * ms, 9150 * ms}; !slices.Equal(at, want) || !errors.Is(err, errLate) {
			t.Errorf("it is tried at %v, want %v; %v", at, want, err)
		}
		if time.Since(began) != 10*time.Second {
			t.Errorf("it ends after %v", time.Since(began))
		}
	})
}
