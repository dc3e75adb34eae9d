package webhook

import (
	"math"
	"net/http"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestD3_Schedule(t *testing.T) {
	t.Run("D3 the steps", func(t *testing.T) {
		s := DefaultSchedule
		steps := []time.Duration{5 * time.Second, time.Minute, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour, 24 * time.Hour}
		for i, step := range steps {
			if wait, again := s.Next(i+1, 0.5, 0); !again || wait != step {
				t.Errorf("after try %d: %s %t, want %s", i+1, wait, again, step)
			}
		}
		if wait, again := s.Next(10, 0.5, time.Hour); again || wait != 0 {
			t.Errorf("after try 10: %s %t", wait, again)
		}
		if s.Tries() != 10 {
			t.Errorf("%d tries", s.Tries())
		}
	})
	t.Run("D3 jitter", func(t *testing.T) {
		for spread, want := range map[float64]time.Duration{0: 54 * time.Second, 1: 66 * time.Second, 7: 66 * time.Second, -1: 54 * time.Second} {
			if wait, _ := DefaultSchedule.Next(2, spread, 0); wait.Round(time.Millisecond) != want {
				t.Errorf("at %g: %s, want %s", spread, wait, want)
			}
		}
		if wait, again := DefaultSchedule.Next(2, math.NaN(), 0); !again || wait < 54*time.Second {
			t.Errorf("at NaN: %s", wait)
		}
	})
	t.Run("D3 what the receiver asks for", func(t *testing.T) {
		for _, test := range []struct{ asked, want time.Duration }{
			{time.Second, 5 * time.Second}, {7 * time.Second, 7 * time.Second}, {48 * time.Hour, 24 * time.Hour}, {-time.Hour, 5 * time.Second},
		} {
			if wait, again := DefaultSchedule.Next(1, 0.5, test.asked); !again || wait != test.want {
				t.Errorf("asked for %s: %s, want %s", test.asked, wait, test.want)
			}
		}
		if wait, _ := (Schedule{math.MaxInt64}).Next(1, 1, 0); wait != math.MaxInt64 {
			t.Errorf("the longest step: %s", wait)
		}
		if wait, _ := (Schedule{72 * time.Hour}).Next(1, 0.5, 48*time.Hour); wait != 72*time.Hour {
			t.Errorf("a schedule of its own, over a day: %s", wait)
		}
	})
	t.Run("D3 any schedule", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			s := Schedule(rapid.SliceOf(rapid.Custom(func(t *rapid.T) time.Duration { return time.Duration(rapid.Int64().Draw(t, "step")) })).Draw(t, "schedule"))
			tries := rapid.IntRange(-1, 12).Draw(t, "tries")
			wait, again := s.Next(tries, rapid.Float64().Draw(t, "spread"), time.Duration(rapid.Int64().Draw(t, "asked")))
			if wait < 0 || again != (tries <= len(s)) && len(s) > 0 {
				t.Fatalf("%s %t", wait, again)
			}
		})
	})
}

func TestD3_RetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 23, 14, 3, 5, 0, time.UTC)
	for header, want := range map[string]time.Duration{
		"120": 2 * time.Minute, " 120\t": 2 * time.Minute, "0": 0, "86400": 24 * time.Hour, "86401": 24 * time.Hour,
		"99999999999999999999999": 24 * time.Hour, "9223372036854775807": 24 * time.Hour, "000120": 2 * time.Minute,
		"Mon, 23 Nov 2026 14:05:05 GMT": 2 * time.Minute, "Monday, 23-Nov-26 14:05:05 GMT": 2 * time.Minute, "Mon Nov 23 14:05:05 2026": 2 * time.Minute,
		"Mon, 23 Nov 2026 14:03:04 GMT": 0, "Mon, 23 Nov 2099 14:03:04 GMT": 24 * time.Hour, "Fri, 31 Dec 9999 23:59:59 GMT": 24 * time.Hour,
		"": 0, "-1": 0, "+1": 0, "1.5": 0, "1e3": 0, "0x10": 0, "١٢٠": 0, "soon": 0, "120, 60": 0, "120 s": 0, "2026-11-23T14:05:05Z": 0,
	} {
		if got := RetryAfter(header, now); got != want {
			t.Errorf("%q: %s, want %s", header, got, want)
		}
	}
}

// FuzzD3_RetryAfter holds that no header makes a wait outside of a day, and that
// a date waits until it.
func FuzzD3_RetryAfter(f *testing.F) {
	for _, seed := range []string{"120", "-5", "Mon, 23 Nov 2026 14:05:05 GMT", "Monday, 23-Nov-26 14:05:05 GMT", "Mon Nov 23 14:05:05 2026", "\xff", "1e9", "18446744073709551616"} {
		f.Add(seed, int64(1795442585))
	}
	f.Fuzz(func(t *testing.T, header string, seconds int64) {
		now := time.Unix(seconds, 0)
		wait := RetryAfter(header, now)
		if wait < 0 || wait > 24*time.Hour {
			t.Fatalf("%q: %s", header, wait)
		}
		if date, err := http.ParseTime(header); err == nil && wait > 0 && wait < 24*time.Hour && !now.Add(wait).Equal(date) {
			t.Fatalf("%q waits until %s", header, now.Add(wait))
		}
		if next, again := DefaultSchedule.Next(1, 0, wait); !again || next < wait || next < 4*time.Second {
			t.Fatalf("%q: the next is after %s", header, next)
		}
	})
}

func TestD3_Fates(t *testing.T) {
	for status, want := range map[int]Fate{
		200: Delivered, 201: Delivered, 204: Delivered, 299: Delivered, 400: Refused, 410: Gone,
		0: TryAgain, -1: TryAgain, 100: TryAgain, 199: TryAgain, 300: TryAgain, 301: TryAgain, 308: TryAgain, 401: TryAgain, 404: TryAgain,
		408: TryAgain, 409: TryAgain, 422: TryAgain, 429: TryAgain, 500: TryAgain, 503: TryAgain, 999: TryAgain,
	} {
		if got := FateOf(status); got != want {
			t.Errorf("%d: %d, want %d", status, got, want)
		}
	}
	for status, want := range map[int]string{503: "503 Service Unavailable", 299: "299", 204: "204 No Content"} {
		if got := StatusText(status); got != want {
			t.Errorf("%d reads %q", status, got)
		}
	}
}
