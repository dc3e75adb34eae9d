package repo

import (
	"reflect"
	"testing"
	"time"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// park puts deliveries into the lane of their receiver, due in this order.
func park(t testing.TB, r *Repo, keys ...Key) {
	t.Helper()
	for i, k := range keys {
		r.db.MustExec(`
			UPDATE merchant_webhooks.delivery SET lane = 1, due_at = now() - interval '30 seconds' + $3 * interval '10 milliseconds'
			WHERE instance_serial = $1 AND delivery_serial = $2`, k.Instance, k.Delivery, i)
	}
}

// next claims the next of the sample's receiver.
func next(t testing.TB, r *Repo) (Claim, bool) {
	t.Helper()
	c, ok, err := r.ClaimNext(within(t), request.Receiver, lease)
	if err != nil {
		t.Fatal(err)
	}
	return c, ok
}

func TestD5_ClaimNext(t *testing.T) {
	modes(t, func(t *testing.T, r *Repo) {
		create(t, r, "admin", sample)
		var keys []Key
		for range 5 {
			keys = append(keys, emit(t, r, "admin", nil)...)
		}
		r.db.MustExec(`UPDATE merchant_webhooks.event SET event_at = event_at + event_serial * interval '1 hour'`)
		park(t, r, keys[2], keys[0], keys[1])
		alter(t, r, "lane = 1, due_at = now() + interval '1 minute'", keys[3])
		if c, ok, err := r.ClaimNext(t.Context(), "other.example:443", lease); ok || err != nil {
			t.Errorf("D5 in another's lane there is %+v, %v", c, err)
		}
		for _, k := range []Key{keys[2], keys[0], keys[1]} {
			c, ok := next(t, r)
			if !ok || c.Key != k || c.DeliveryID == "" || len(c.Request.Body) == 0 || len(c.Secrets) != 1 || c.Attempt != 1 {
				t.Errorf("D5 the next is %+v, want %v", c, k)
			}
			wantEventAt(t, r, c)
			if is := at(t, r, k); is.Lane != 0 || !is.IsSending {
				t.Errorf("D5 it is %+v", is)
			}
			alter(t, r, "sending_since = NULL", k)
			alone := take(t, r, k)
			alone.QueuedAt, alone.Since, alone.AskedAt = c.QueuedAt, c.Since, c.AskedAt
			if !reflect.DeepEqual(c, alone) {
				t.Errorf("D5 the next is %+v, by its key %+v", c, alone)
			}
		}
		if c, ok := next(t, r); ok {
			t.Errorf("D5 at its end the lane has %+v", c)
		}
	})
}

// TestD5_ClaimNextSkips: what somebody else is taking holds up nobody.
func TestD5_ClaimNextSkips(t *testing.T) {
	r, keys := sending(t, 2)
	park(t, r, keys...)
	tx := r.db.MustBegin()
	defer func() { _ = tx.Rollback() }()
	tx.MustExec(`SELECT FROM merchant_webhooks.delivery WHERE delivery_serial = $1 FOR NO KEY UPDATE`, keys[0].Delivery)
	c, ok, err := r.ClaimNext(within(t), request.Receiver, lease)
	if err != nil || !ok || c.Key != keys[1] {
		t.Errorf("D5 the next is %+v, %v, %v", c, ok, err)
	}
	if _, ok := next(t, r); ok {
		t.Error("D5 what another is taking is taken")
	}
}

func TestD8_ClaimNextOfPaused(t *testing.T) {
	r := fresh(t)
	create(t, r, "admin", sample, named(sample, "active"))
	var paused, active []Key
	for range 4 {
		keys := emit(t, r, "admin", nil)
		paused, active = append(paused, keys[0]), append(active, keys[1])
	}
	park(t, r, paused[0], paused[1], active[0], paused[2], active[1], active[2])
	alter(t, r, "is_forced = true", paused[1])
	alter(t, r, "lane = 1, due_at = now() + interval '1 hour'", paused[3]) // its receiver is given a rest
	alter(t, r, "state = 'delivered', finished_at = now()", active[3])
	r.db.MustExec(`UPDATE merchant_webhooks.webhook SET paused_at = now(), paused_reason = 'hand' WHERE webhook_id = $1`, sample.ID)

	for i, want := range []struct {
		key   Key
		lanes [4]int // of the paused ones
	}{
		{paused[1], [4]int{2, 0, 2, 1}},
		{active[0], [4]int{2, 0, 2, 1}},
		{active[1], [4]int{2, 0, 2, 1}},
		{active[2], [4]int{2, 0, 2, 1}},
	} {
		c, ok := next(t, r)
		if !ok || c.Key != want.key || !at(t, r, c.Key).IsSending {
			t.Errorf("D8 number %d is %+v, want %v", i, c, want.key)
		}
		lanes := [4]int{}
		for j, k := range paused {
			lanes[j] = at(t, r, k).Lane
		}
		if lanes != want.lanes {
			t.Errorf("D8 after number %d the lanes are %v, want %v", i, lanes, want.lanes)
		}
	}
	if c, ok := next(t, r); ok {
		t.Errorf("D8 one more is %+v", c)
	}
}

// TestD5LaneOnce lets many workers empty a lane at once.
func TestD5LaneOnce(t *testing.T) {
	const n = 60
	r, keys := sending(t, n)
	park(t, r, keys...)
	taken := make(chan Key)
	for range 10 {
		go func() {
			for {
				c, ok, err := r.ClaimNext(within(t), request.Receiver, lease)
				if err != nil {
					t.Error(err)
				}
				if !ok {
					taken <- Key{}
					return
				}
				taken <- c.Key
			}
		}()
	}
	times := map[Key]int{}
	for ends := 0; ends < 10; {
		if k := <-taken; k == (Key{}) {
			ends++
		} else if times[k]++; times[k] > 1 {
			t.Errorf("%v is claimed twice", k)
		}
	}
	if len(times) != n {
		t.Errorf("%d of %d are claimed", len(times), n)
	}
}

func TestD5_Park(t *testing.T) {
	modes(t, func(t *testing.T, r *Repo) {
		create(t, r, "admin", sample)
		k := emit(t, r, "admin", nil)[0]
		alter(t, r, "due_at = now() - interval '1 minute', is_forced = true", k)
		for wait, due := range map[time.Duration]float64{0: -60, 20 * time.Second: 20} {
			alter(t, r, "due_at = now() - interval '1 minute', sending_since = NULL", k)
			if err := r.Park(t.Context(), take(t, r, k), wait); err != nil {
				t.Fatal(err)
			}
			is := at(t, r, k)
			if is.Due < due-5 || is.Due > due+5 {
				t.Errorf("D5 parked for %v it is due in %v s", wait, is.Due)
			}
			if is.Due = 0; is != (row{State: "pending", Lane: 1, IsForced: true}) {
				t.Errorf("D5 parked for %v it is %+v", wait, is)
			}
		}
	})
}

func TestD2_ParkTooLate(t *testing.T) {
	r, keys := sending(t, 2)
	c := take(t, r, keys[0])
	record(t, r, c, answered(c, 200, webhook.Delivered))
	for _, k := range keys { // one is done, one was not claimed
		before := at(t, r, k)
		if err := r.Park(t.Context(), Claim{Key: k, Since: c.Since}, 0); err != nil {
			t.Fatal(err)
		}
		if is := at(t, r, k); is.State != before.State || is.Lane != before.Lane {
			t.Errorf("D2 it is %+v", is)
		}
	}
}

// TestD2ParkOfAnothers: who was too late frees nobody else's claim, not even one of
// the same attempt, as when the own one was parked and the answer lost.
func TestD2ParkOfAnothers(t *testing.T) {
	r, keys := sending(t, 1)
	mine := take(t, r, keys[0])
	if err := r.Park(t.Context(), mine, 0); err != nil {
		t.Fatal(err)
	}
	theirs := take(t, r, keys[0])
	if err := r.Park(t.Context(), mine, 0); err != nil {
		t.Fatal(err)
	}
	if is := at(t, r, keys[0]); !is.IsSending || theirs.Attempt != mine.Attempt {
		t.Errorf("it is %+v", is)
	}
}
