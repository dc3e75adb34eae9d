package handlers

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/seed-7c2cc908/merchant-webhooks/repo"
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

// TestD6_NoticeOfMany: only so many deliveries are counted.
func TestD6_NoticeOfMany(t *testing.T) {
	for count, want := range map[int]int{repo.MaxCount: 0, repo.MaxCount + 1: 20_000} {
		if got := logNotice(url.Values{"again": {"20000"}}, count).Count; got != want {
			t.Errorf("where there are %d, it tells of %d", count, got)
		}
	}
}

// A middle is a writer between one of a middleware's and gin's.
type middle struct{ http.ResponseWriter }

// TestR6_OtherWriters: of a writer that leads to no connection nothing is asked.
func TestR6_OtherWriters(t *testing.T) {
	type plain struct{ httptest.ResponseRecorder }
	for _, w := range []http.ResponseWriter{
		httptest.NewRecorder(), &plain{},
		struct{ *middle }{},
		struct{ middle }{middle{httptest.NewRecorder()}},
		struct {
			*httptest.ResponseRecorder
			ResponseWriter string
		}{httptest.NewRecorder(), "another's"},
	} {
		if err := connectionOf(w).SetReadDeadline(time.Now()); !errors.Is(err, http.ErrNotSupported) {
			t.Errorf("%T: %v", w, err)
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
