package delivery

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestD2_StartThatIsLate: where its time is over nothing sends, and it can be
// started again.
func TestD2_StartThatIsLate(t *testing.T) {
	s := newShop(t)
	r := newReceiver(t, nil)
	s.hook("hook", r.url)
	c := s.courier(nil)
	ended, end := context.WithCancel(t.Context())
	end()
	if err := c.Start(ended); !errors.Is(err, context.Canceled) || c.IsRunning() {
		t.Fatalf("Start says %v", err)
	}
	var sent atomic.Int64
	c.now = func() time.Time {
		sent.Add(1)
		return time.Now()
	}
	s.many(s.started(nil), 20)
	until(s, 20, countDelivered)
	if n := sent.Load(); n > 0 {
		t.Errorf("it sends all the same, %d of 20", n)
	}
	if err := c.Start(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestD2_StartRefused: what River does not take is an error.
func TestD2_StartRefused(t *testing.T) {
	s := newShop(t)
	c := s.courier(func(_ *Options, t *tuning) { t.poll = time.Nanosecond })
	if err := c.Start(t.Context()); err == nil || c.IsRunning() {
		t.Errorf("Start says %v", err)
	}
	o := c.o
	o.Schema = "a schema whose name is longer than PostgreSQL's names may be, by far"
	if _, err := New(o); err == nil {
		t.Error("there is a Courier for a schema that can not be")
	}
}

// TestD2_StopThatCanNot: what is cut off has its time to be recorded; where that
// is over Stop says so, and can be called again.
func TestD2_StopThatCanNot(t *testing.T) {
	s := newShop(t)
	s.hook("hook", newReceiver(t, nil).url)
	c := s.started(func(_ *Options, t *tuning) { t.stop = time.Millisecond })
	s.db.MustExec("CREATE SEQUENCE refused")
	end := s.refuse("INSERT", "delivery_attempt", "WHEN (nextval('public.refused') > 0)")
	s.pay(c, "o")
	until(s, true, "SELECT is_called FROM refused")
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Stop(ended); !errors.Is(err, context.DeadlineExceeded) || !c.IsRunning() {
		t.Errorf("Stop says %v", err)
	}
	end()
	until(s, 1, countDelivered)
	if err := c.Stop(t.Context()); err != nil || c.IsRunning() {
		t.Errorf("then Stop says %v", err)
	}
}

// TestD2_StopWaits for the host's function and for the sweep, and closes the
// connections to receivers.
func TestD2_StopWaits(t *testing.T) {
	s := newShop(t)
	closed := make(chan error, 1)
	location := raw(t, func(conn net.Conn) {
		_, _ = io.WriteString(conn, "HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n")
		_, err := conn.Read(make([]byte, 1))
		closed <- err
	})
	s.hook("hook", location)
	var told, swept atomic.Bool
	stopped := make(chan struct{})
	var c *Courier
	c = s.courier(func(o *Options, t *tuning) {
		t.sweep = time.Hour
		o.Notify = func(context.Context, Notice) {
			for !c.errands.isAwaited() && !isClosed(stopped) {
				takeAWhile()
			}
			told.Store(true)
		}
	})
	c.client.Transport.(*http.Transport).IdleConnTimeout = 0
	if err := c.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.pay(c, "o")
	until(s, 1, countFailed)
	now := c.lanes.now
	sweeping, ended := make(chan struct{}), c.running.river.Stopped()
	c.lanes.mu.Lock()
	c.lanes.now = func() time.Time {
		close(sweeping)
		<-ended
		isListed := 1
		for range 30 {
			_ = s.db.Get(&isListed, "SELECT count(*) FROM "+schema+".worker")
		}
		swept.Store(isListed == 1)
		return now()
	}
	c.lanes.mu.Unlock()
	c.sweepSoon()
	<-sweeping
	err := c.Stop(t.Context())
	if err != nil || !told.Load() || !swept.Load() {
		t.Errorf("it waited for the host's function: %t, for the sweep: %t; %v", told.Load(), swept.Load(), err)
	}
	close(stopped)
	if err := <-closed; !errors.Is(err, io.EOF) {
		t.Errorf("the receiver's connection ends by %v", err)
	}
}

func (e *errands) isAwaited() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.done != nil
}

func isClosed(c chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// TestD8_Errands are waited for, again and again, for as long as one likes.
func TestD8_Errands(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var e errands
		e.wait(t.Context()) // there is none
		for range 2 {
			ends, ended := make(chan struct{}), make(chan struct{})
			for range 2 {
				e.begin(func() { <-ends })
			}
			gaveUp, giveUp := context.WithCancel(t.Context())
			giveUp()
			e.wait(gaveUp)
			go func() {
				e.wait(t.Context())
				close(ended)
			}()
			synctest.Wait()
			ends <- struct{}{}
			if synctest.Wait(); isClosed(ended) {
				t.Error("one is left, and not waited for")
			}
			ends <- struct{}{}
			<-ended
			e.wait(t.Context())
		}
	})
}

// TestD2_JobsHaveTheirTime: River ends no job that goes on with others of its
// lane and makes an attempt, and thinks none lost that it has not ended. What came
// of the attempt can be recorded though a connection has fallen silent.
func TestD2_JobsHaveTheirTime(t *testing.T) {
	for _, dsn := range []string{"", "host=127.0.0.1"} {
		c := &Courier{o: Options{Timeout: 15 * time.Second, Workers: 1, ListenDSN: dsn}, log: quietLogger()}
		c.tuning = usual(c.o)
		config := c.workingConfig(newWorker(c), "me")
		if most := c.tuning.chain + 2*c.o.Timeout; config.JobTimeout < most || config.RescueStuckJobsAfter <= config.JobTimeout {
			t.Errorf("a job has %v, is thought lost after %v, and may take %v", config.JobTimeout, config.RescueStuckJobsAfter, most)
		}
		if first, again := c.o.Timeout+endWithin, c.tuning.record+endWithin; first+again >= c.tuning.lease-c.o.Timeout {
			t.Errorf("what is not recorded in %v and %v can not be once more, within %v", first, again, c.tuning.lease-c.o.Timeout)
		}
		if due := config.RetryPolicy.NextRetry(nil); time.Until(due) > 5*time.Second {
			t.Errorf("after a fault it is tried again at %v", due)
		}
		// What README says of polling.
		if often := int(time.Second / config.FetchPollInterval); often != map[string]int{"": 13, "host=127.0.0.1": 1}[dsn] {
			t.Errorf("with the listener %q it polls %d times a second", dsn, often)
		}
	}
}
