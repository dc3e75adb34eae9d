package adminui

import (
	"math"
	"time"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// durationUnits are the units that durations are written in.
var durationUnits = []struct {
	name   string
	length time.Duration
}{{"days", 24 * time.Hour}, {"hours", time.Hour}, {"minutes", time.Minute}, {"seconds", time.Second}}

// after is a time to wait, exact to the second, as it reads after that word.
func after(d time.Duration) webhook.Message {
	d = max(d+time.Second-1, time.Second).Truncate(time.Second)
	for _, unit := range durationUnits {
		if d%unit.length == 0 {
			return webhook.Say("duration.after_"+unit.name, "n", int(d/unit.length))
		}
	}
	return webhook.Message{} // a second divides all
}

// during is how long something goes on, in the greatest unit that comes near.
func during(d time.Duration) webhook.Message {
	d = max(d+time.Second-1, time.Second).Truncate(time.Second)
	const near = 0.1
	for _, unit := range durationUnits {
		n := math.Round(float64(d) / float64(unit.length))
		switch off := float64(d) - n*float64(unit.length); {
		case n == 0 || math.Abs(off) > near*float64(d):
			continue
		case off == 0:
			return webhook.Say("duration.for_"+unit.name, "n", int(n))
		case off < 0:
			return webhook.Say("duration.almost_"+unit.name, "n", int(n))
		default:
			return webhook.Say("duration.over_"+unit.name, "n", int(n))
		}
	}
	return webhook.Message{} // a second divides all
}

// retries says when a delivery is tried again; the zero Message: nothing is
// known.
func retries(schedule []time.Duration) webhook.Message {
	var total time.Duration
	waits := make([]webhook.Message, len(schedule))
	for i, d := range schedule {
		waits[i] = after(d)
		total += d
	}
	switch len(waits) {
	case 0:
		return webhook.Message{}
	case 1:
		return webhook.Say("form.retries_one", "first", waits[0])
	case 2:
		return webhook.Say("form.retries_two", "first", waits[0], "second", waits[1])
	case 3:
		return webhook.Say("form.retries_three", "first", waits[0], "second", waits[1], "third", waits[2])
	}
	return webhook.Say("form.retries_more", "first", waits[0], "second", waits[1], "third", waits[2], "total", during(total))
}
