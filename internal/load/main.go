//go:build linux

// Command load attacks a host that mounts the plugin, as strangers, merchants and
// receivers can, and prints for each attack by how much the host's memory grew
// over that of an idle one, and how long a create beside the attack took, as a
// ratio to the same alone. The host is a process of its own, set up as the README
// says; nothing leaves 127.0.0.1.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"strings"
	"time"

	_ "github.com/lib/pq" // the driver

	"github.com/seed-7c2cc908/merchant-webhooks/internal/child"
	"github.com/seed-7c2cc908/merchant-webhooks/internal/pgdev"
)

// options say how much is done.
type options struct {
	duration       time.Duration
	clients, drips int
	webhooks       int
	only           string
}

func main() {
	if len(os.Args) == 3 && os.Args[1] == serveCommand {
		log.Fatal(serve(os.Args[2]))
	}
	var o options
	flag.DurationVar(&o.duration, "d", 10*time.Second, "how long each attack goes on")
	flag.IntVar(&o.clients, "clients", 1000, "clients that keep their connections")
	flag.IntVar(&o.drips, "drips", 8000, "connections that send a byte a second")
	flag.IntVar(&o.webhooks, "webhooks", 1_000_000, "webhooks in the complete list")
	flag.StringVar(&o.only, "only", "", "attack only by those that have this in their name")
	flag.Parse()
	if err := run(context.Background(), o); err != nil {
		log.Fatal("load: ", err)
	}
}

func run(ctx context.Context, o options) error {
	server, err := pgdev.Start(pgdev.Options{Settings: map[string]string{"fsync": "off", "full_page_writes": "off", "max_wal_size": "4GB"}})
	if err != nil {
		return err
	}
	defer server.Stop()
	process, err := child.Start(serveCommand, server.DSN("postgres"))
	if err != nil {
		return err
	}
	defer process.Stop()
	h := &host{process}
	receiver := newEndless()
	defer receiver.Close()
	if err := h.prepare(server.DSN("postgres"), receiver.URL, o.webhooks); err != nil {
		return err
	}
	fmt.Printf("%-58s %10s %12s %10s %12s\n", "attack", "requests", "MiB above", "create ms", "beside/alone")
	for _, a := range attacks(o) {
		if !strings.Contains(a.name, o.only) {
			continue
		}
		if err := h.measure(ctx, a, o.duration); err != nil {
			return fmt.Errorf("%s: %w", a.name, err)
		}
	}
	return nil
}

// An attack goes on until ctx ends, and says how much it did.
type attack struct {
	name string
	do   func(ctx context.Context, h *host) (int, error)
}

// measure lets the host rest, and then attacks it; beside both somebody creates.
func (h *host) measure(ctx context.Context, a attack, d time.Duration) error {
	alone, err := h.creates(ctx, d/3)
	if err != nil {
		return err
	}
	idle, err := h.idle()
	if err != nil {
		return err
	}
	ending, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	type done struct {
		n   int
		err error
	}
	ended := make(chan done, 1)
	go func() {
		n, err := a.do(ending, h)
		ended <- done{n, err}
	}()
	beside, err := h.creates(ctx, d)
	if err != nil {
		return err
	}
	attacked := <-ended
	if attacked.err != nil && !errors.Is(attacked.err, context.DeadlineExceeded) {
		return attacked.err
	}
	peak, err := h.KiB("VmHWM")
	if err != nil {
		return err
	}
	fmt.Printf("%-58s %10d %12.1f %10.1f %12.1f\n", a.name, attacked.n, float64(peak-idle)/1024, beside.Seconds()*1000, beside.Seconds()/alone.Seconds())
	return nil
}
