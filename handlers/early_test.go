package handlers

import (
	"context"
	"testing"
	"time"
)

// TestD8_TimeToDrop: of however short a request's time, some is there to drop in, and
// some to answer in.
func TestD8_TimeToDrop(t *testing.T) {
	for limit, most := range map[time.Duration]time.Duration{
		answerTime / 2: answerTime / 2, answerTime: answerTime, time.Hour: time.Hour - answerTime,
	} {
		began := time.Now()
		ctx, cancel := context.WithDeadline(t.Context(), began.Add(limit))
		defer cancel()
		ctx, cancel = early(ctx)
		defer cancel()
		end, _ := ctx.Deadline()
		if took := end.Sub(began); took <= 0 || took > most {
			t.Errorf("of %v it has %v", limit, took)
		}
	}
}
