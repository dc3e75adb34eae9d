package delivery

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
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
		if l.Ping(ctx) == nil {
			t.Error("a ping of a lost connection says nothing")
		}
		if err := errors.Join(l.Close(ctx), l.Close(ctx)); err != nil {
			t.Error(err)
		}
		for name, err := range map[string]error{"Ping": l.Ping(ctx), "Listen": l.Listen(ctx, "x"), "Unlisten": l.Unlisten(ctx, "x")} {
			if !errors.Is(err, errListenerLost) {
				t.Errorf("after the end %s says %v", name, err)
			}
		}
	}
	if l.Schema() != schema {
		t.Errorf("it listens for %q", l.Schema())
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

// TestD2_ListenerThatComesLate: a connection that is there when nobody waits for
// it any more is closed.
func TestD2_ListenerThatComesLate(t *testing.T) {
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		conn, err := server.Accept()
		if err == nil {
			defer conn.Close()
			cancel()
			_, _ = io.ReadFull(conn, make([]byte, 8))                      // who it is begins with a length
			_, _ = conn.Write([]byte("R\x00\x00\x00\x08\x00\x00\x00\x00")) // welcome
			_, _ = conn.Write([]byte("Z\x00\x00\x00\x05I"))                // and ready
			_, err = io.Copy(io.Discard, conn)
		}
		ended <- err
	}()
	dsn := fmt.Sprintf("host=127.0.0.1 port=%d sslmode=disable user=u dbname=d", server.Addr().(*net.TCPAddr).Port)
	l := (&listenDriver{dsn: dsn}).GetListener(&riverdriver.GetListenenerParams{Schema: schema})
	if err := l.Connect(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Connect says %v", err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
