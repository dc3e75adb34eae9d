package delivery

import (
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

// TestD2_Bell: of transactions that come close together the first tells of jobs, and
// for the others it is told beside, several times, then no more.
func TestD2_Bell(t *testing.T) {
	told := make(chan struct{}, 100)
	b := &bell{echo: func() { told <- struct{}{} }}
	began := time.Now()
	for _, c := range []struct {
		after time.Duration
		rings bool
	}{{0, true}, {ringEvery, true}, {2*ringEvery - 1, false}, {2 * ringEvery, true}, {0, true}, {1, false}} {
		if rings := b.ring(began.Add(c.after)); rings != c.rings {
			t.Errorf("after %v it rings: %v", c.after, rings)
		}
	}
	for range 3 {
		<-told
	}
	last := &bell{echo: func() {}}
	if last.sound(echoLast); last.echoing {
		t.Error("it does not end")
	}
}

// TestD2_ToldBeside: what does not tell itself waits for no other transaction to end.
func TestD2_ToldBeside(t *testing.T) {
	s := newShop(t)
	s.hook("hook", "http://127.0.0.1:1/")
	heard := make(chan *pq.Notification, 100)
	conn, err := pq.NewListenerConn(s.dsn, heard)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Listen(schema + ".river_insert"); err != nil {
		t.Fatal(err)
	}
	c := s.courier(nil)
	at := time.Now()
	c.now = func() time.Time { return at }
	s.within(func(tx *sqlx.Tx) error {
		err := c.Emit(t.Context(), tx, "admin", paid("first")) // it is to tell, and takes its time
		s.pay(c, "second")
		select {
		case n := <-heard:
			if n == nil || n.Extra != `{"queue":"default"}` {
				t.Errorf("heard is %+v", n)
			}
		case <-time.After(patience):
			t.Error("nothing is heard")
		}
		return err
	})
}
