package delivery

import (
	"log/slog"
	"testing"
	"time"

	"github.com/seed-7c2cc908/merchant-webhooks/repo"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// TestD3_ToldOfAttempts: a line of the log holds what there is to say, and no more.
func TestD3_ToldOfAttempts(t *testing.T) {
	claim := repo.Claim{Instance: "admin", WebhookID: "hook", DeliveryID: "msg_1_a", EventType: "pay"}
	claim.Request.URL = "https://hook.example/secret"
	const of = " instance=admin webhook_id=hook delivery_id=msg_1_a event_type=pay attempt=2 receiver=https://hook.example"
	failed := func(level, msg string) string { return "level=" + level + ` msg="` + msg + `"` + of }
	for name, c := range map[string]struct {
		res  repo.Result
		want string
	}{
		"delivered": {repo.Result{Attempt: repo.Attempt{Number: 2, Status: 200}, Fate: webhook.Delivered}, ""},
		"tried again": {
			repo.Result{Attempt: repo.Attempt{Number: 2, Status: 503}, Fate: webhook.TryAgain, Wait: time.Minute},
			failed("WARN", "delivery attempt failed") + " status=503 next_attempt_at=2026-11-23T14:01:00.000Z\n",
		},
		"given up": {
			repo.Result{Attempt: repo.Attempt{Number: 2, Error: webhook.Say("attempt.refused")}, Fate: webhook.TryAgain, GiveUp: true},
			failed("WARN", "delivery attempt failed") + ` error="` + webhook.Say("attempt.refused").English() + "\"\n" +
				failed("ERROR", "delivery given up") + ` error="` + webhook.Say("attempt.refused").English() + "\"\n",
		},
		"refused": {
			repo.Result{Attempt: repo.Attempt{Number: 2, Status: 400}, Fate: webhook.Refused},
			failed("WARN", "delivery attempt failed") + " status=400\n" + failed("ERROR", "delivery given up") + " status=400\n",
		},
	} {
		log := &lines{}
		untimed := func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		}
		courier := &Courier{
			log: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{ReplaceAttr: untimed})),
			now: func() time.Time { return time.Date(2026, 11, 23, 14, 0, 0, 0, time.UTC) },
		}
		courier.tellAttempt(t.Context(), claim, c.res)
		if log.String() != c.want {
			t.Errorf("%s:\n%s\nwant:\n%s", name, log, c.want)
		}
	}
}
