package webhook

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Schedule says how long to wait after each failed try of a delivery; when it
// ends the delivery is given up.
type Schedule []time.Duration

// DefaultSchedule goes on for almost three days.
var DefaultSchedule = Schedule{
	5 * time.Second, time.Minute, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour,
	6 * time.Hour, 12 * time.Hour, 24 * time.Hour, 24 * time.Hour,
}

// maxRetryAfter is the longest that a receiver can ask to be left alone.
const maxRetryAfter = 24 * time.Hour

// Next is how long to wait after a failed try; tries counts it too. spread is
// from 0 to 1: the wait is between 0.9 and 1.1 of the schedule's step. What the
// receiver asked for (Retry-After; 0: nothing) counts where it is longer, up to
// a day. false: the delivery is given up.
func (s Schedule) Next(tries int, spread float64, asked time.Duration) (time.Duration, bool) {
	if tries = max(tries, 1); tries > len(s) {
		return 0, false
	}
	if !(spread >= 0) { // NaN too
		spread = 0
	}
	step := max(float64(s[tries-1]), 0) * (0.9 + 0.2*min(spread, 1))
	wait := time.Duration(math.MaxInt64)
	if step < math.MaxInt64 {
		wait = time.Duration(step)
	}
	return max(wait, min(asked, maxRetryAfter)), true
}

// Tries is how often a delivery is tried at most.
func (s Schedule) Tries() int { return len(s) + 1 }

// RetryAfter reads the header of this name: seconds, or a date (RFC 9110,
// 10.2.3), at most a day; 0 where it says nothing that can be read.
func RetryAfter(header string, now time.Time) time.Duration {
	header = strings.Trim(header, " \t")
	if header != "" && strings.Trim(header, "0123456789") == "" {
		seconds, _ := strconv.ParseInt(header, 10, 64) // What is too large gives the largest.
		return time.Duration(min(seconds, int64(maxRetryAfter/time.Second))) * time.Second
	}
	date, _ := http.ParseTime(header) // What is none gives the zero time, which is over.
	return min(max(date.Sub(now), 0), maxRetryAfter)
}

// A Fate is what an answer means for a delivery.
type Fate int

// The fates of a delivery after a try.
const (
	Delivered Fate = iota // 2xx
	TryAgain              // anything else, and no answer
	Refused               // 400: failed for good
	Gone                  // 410: failed for good, and the webhook is paused
)

// FateOf judges the status of an answer; 0 is none.
func FateOf(status int) Fate {
	switch {
	case status >= 200 && status <= 299:
		return Delivered
	case status == http.StatusBadRequest:
		return Refused
	case status == http.StatusGone:
		return Gone
	default:
		return TryAgain
	}
}

// StatusText is a status with its name, where it has one: 503 Service
// Unavailable.
func StatusText(status int) string {
	return strings.TrimSpace(strconv.Itoa(status) + " " + http.StatusText(status))
}
