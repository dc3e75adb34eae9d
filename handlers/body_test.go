package handlers

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// TestR3_LargeBodiesTakeTurns: when those that are being read hold as much as they
// may, another large one waits for its time at most, and a small one does not.
func TestR3_LargeBodiesTakeTurns(t *testing.T) {
	const limit = 1 << 20
	a := &App{bodyRoom: newBodyRoom(limit)}
	room := a.bodyRoom.granted
	permission := WebhooksWrite
	read := func(ctx context.Context, size, declared int64) (int, error) {
		c, _ := gin.CreateTestContext(httptest.NewRecorder())
		c.Request = httptest.NewRequest("POST", "/", strings.NewReader(strings.Repeat("x", int(size))))
		c.Request.ContentLength = declared
		body, err := a.readBody(&call{Context: c, ctx: ctx, granted: permission}, limit)
		return len(body), err
	}
	crowded := func(ctx context.Context, size, declared int64) bool {
		_, err := read(ctx, size, declared)
		problem, is := errors.AsType[*webhook.Problem](err)
		return is && problem.Message.Key == "body.crowded" && problem.Code.Status() == http.StatusBadRequest
	}
	ended, end := context.WithCancel(t.Context())
	end()
	const others = largeBodies - 100_000
	if err := room.Acquire(t.Context(), others); err != nil {
		t.Fatal(err)
	}
	for size, declared := range map[int64]int64{smallBody: smallBody, smallBody - 1: -1} {
		if n, err := read(ended, size, declared); int64(n) != size || err != nil {
			t.Errorf("of a small one, declared as %d, came %d bytes, %v", declared, n, err)
		}
	}
	if !crowded(ended, smallBody+1, 100_001) || !crowded(ended, smallBody+1, -1) {
		t.Error("one that may become too large for what is left was read")
	}
	during, end := context.WithCancel(t.Context())
	if n, err := read(during, 100_000, 100_000); n != 100_000 || err != nil {
		t.Errorf("one that fits was read to %d, %v", n, err)
	}
	if room.TryAcquire(1) {
		t.Error("it holds less than it has")
	}
	end()
	if err := room.Acquire(t.Context(), 100_000); err != nil { // waits until it is given back
		t.Fatal(err)
	}
	permission = "" // a stranger, who has room of his own
	if n, err := read(t.Context(), limit, -1); n != limit || err != nil {
		t.Errorf("of a stranger, with all other room taken, came %d bytes, %v", n, err)
	}
	permission = WebhooksWrite
	room.Release(others)
	if n, err := read(t.Context(), limit, -1); n != limit || err != nil {
		t.Errorf("with room came %d bytes, %v", n, err)
	}
}
