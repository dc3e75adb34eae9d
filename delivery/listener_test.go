package delivery

import (
	"context"
	"errors"
	"testing"

	"github.com/riverqueue/river/riverdriver"
)

// TestD2_Listener is what River asks of one.
func TestD2_Listener(t *testing.T) {
	s := newShop(t)
	d := &listenDriver{dsn: s.dsn}
	l := d.GetListener(&riverdriver.GetListenenerParams{Schema: schema})
	ctx := t.Context()
	if err := l.Ping(ctx); !errors.Is(err, errListenerLost) {
		t.Errorf("a ping before the connection says %v", err)
	}
	for range 2 { // it can be connected again
		if err := errors.Join(l.Connect(ctx), l.Listen(ctx, "river_insert"), l.Ping(ctx)); err != nil {
			t.Fatal(err)
		}
		s.db.MustExec("SELECT pg_notify($1, 'hello')", schema+".river_insert")
		if n, err := l.WaitForNotification(ctx); err != nil || n.Topic != "river_insert" || n.Payload != "hello" {
			t.Errorf("heard %+v, %v", n, err)
		}
		ended, cancel := context.WithCancel(ctx)
		cancel()
		if _, err := l.WaitForNotification(ended); !errors.Is(err, context.Canceled) {
			t.Errorf("a wait that was cancelled says %v", err)
		}
		if err := l.Ping(ended); !errors.Is(err, context.Canceled) {
			t.Errorf("a ping that was cancelled says %v", err)
		}
		if err := errors.Join(l.Unlisten(ctx, "river_insert"), l.Ping(ctx)); err != nil {
			t.Errorf("after it: %v", err)
		}
		s.db.MustExec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
		if _, err := l.WaitForNotification(ctx); !errors.Is(err, errListenerLost) {
			t.Errorf("a lost connection says %v", err)
		}
		if err := errors.Join(l.Close(ctx), l.Close(ctx)); err != nil {
			t.Error(err)
		}
	}
	bad := (&listenDriver{dsn: "host=127.0.0.1 port=1 connect_timeout=1"}).GetListener(&riverdriver.GetListenenerParams{})
	if err := bad.Connect(ctx); err == nil {
		t.Error("it connects to nothing")
	}
}

// TestD2_ListenerDoesNotBlock: notifications that nobody takes keep no answer
// from coming.
func TestD2_ListenerDoesNotBlock(t *testing.T) {
	s := newShop(t)
	l := (&listenDriver{dsn: s.dsn}).GetListener(&riverdriver.GetListenenerParams{Schema: schema})
	ctx := t.Context()
	if err := errors.Join(l.Connect(ctx), l.Listen(ctx, "river_insert")); err != nil {
		t.Fatal(err)
	}
	s.db.MustExec("SELECT pg_notify($1, n::text) FROM generate_series(1, 3000) AS n", schema+".river_insert")
	if err := errors.Join(l.Ping(ctx), l.Close(ctx)); err != nil {
		t.Error(err)
	}
	until(s, 1, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()") // who asks
}
