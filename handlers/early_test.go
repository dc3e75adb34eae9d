package handlers

import (
	"context"
	"strings"
	"testing"
	"time"
)

// TestH5_PathElsewhere: middleware may give a request another path when it is
// routed already.
func TestH5_PathElsewhere(t *testing.T) {
	m := mount{half: half{operations: (&App{}).apiTable()}, base: []string{"shop"}, instance: true}
	for _, path := range []string{"/", "/shop", "/shop/instances", "/shop/x/admin/private/webhooks"} {
		if at, ok := m.parse(path); ok || at.named {
			t.Errorf("%s names the instance %q", path, at.instance)
		}
	}
}

func TestA7_LoggedHeader(t *testing.T) {
	most := strings.Repeat("a", 300)
	for header, want := range map[string]string{most: most, most + "b": most + "…"} {
		if got := logged(header); got != want {
			t.Errorf("of %d bytes %q is logged", len(header), got)
		}
	}
}

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
