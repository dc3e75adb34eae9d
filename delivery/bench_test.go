package delivery

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// benchReceivers is to how many receivers the benchmarks send.
const benchReceivers = 4

// BenchmarkSend is the client alone, 20 at once: what BenchmarkDeliver is
// compared with.
func BenchmarkSend(b *testing.B) {
	var urls []string
	for range benchReceivers {
		urls = append(urls, newReceiver(b, nil).url)
	}
	client := newClient(webhook.Policy{AllowedNetworks: loopback}, 10, nil)
	var n atomic.Int64
	b.SetParallelism(20)
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			if r := try(b, client, urls[n.Add(1)%benchReceivers]); r.Status != 200 {
				b.Error(r.Detail)
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "sent/s")
}

// BenchmarkDeliver is a delivery's whole way, by 20 workers.
func BenchmarkDeliver(b *testing.B) {
	s := newShop(b)
	var arrived atomic.Int64
	all := make(chan struct{})
	for i := range benchReceivers {
		s.hook(fmt.Sprint("hook-", i), newReceiver(b, func(http.ResponseWriter, *http.Request) {
			if arrived.Add(1) == int64(b.N) {
				close(all)
			}
		}).url)
	}
	c := s.courier(func(_ *Options, t *tuning) { t.sweep = 5 * time.Second })
	s.many(c, (b.N+benchReceivers-1)/benchReceivers)
	s.db.MustExec("ANALYZE")
	b.ResetTimer()
	if err := c.Start(b.Context()); err != nil {
		b.Fatal(err)
	}
	<-all
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "sent/s")
}

// BenchmarkPark is what it costs to put aside what waits for a receiver that
// hangs: those of others wait behind it at most for so long.
func BenchmarkPark(b *testing.B) {
	s := newShop(b)
	location, _ := hanging(b)
	s.hook("hook", location)
	c := s.courier(func(o *Options, t *tuning) { t.sweep = time.Hour; o.Timeout = 30 * time.Second })
	s.many(c, b.N+c.o.PerReceiver)
	b.ResetTimer()
	if err := c.Start(b.Context()); err != nil {
		b.Fatal(err)
	}
	until(s, b.N, "SELECT count(*) FROM webhooks.delivery WHERE lane = 1")
}

// BenchmarkEmit is a host's transaction with one order, and with Emit beside it.
func BenchmarkEmit(b *testing.B) {
	for _, hooks := range []int{-1, 0, 1, 10} {
		name := fmt.Sprint(hooks, " webhooks")
		if hooks < 0 {
			name = "order only"
		}
		b.Run(name, func(b *testing.B) {
			s := newShop(b)
			for i := range hooks {
				s.hook(fmt.Sprint("hook-", i), "https://hook.example/")
			}
			c := s.courier(nil)
			if err := s.repo.PrepareEmit(b.Context()); err != nil {
				b.Fatal(err)
			}
			for i := 0; b.Loop(); i++ {
				s.within(func(tx *sqlx.Tx) error {
					if _, err := tx.Exec("INSERT INTO shop_order VALUES ($1)", orderID(i)); err != nil || hooks < 0 {
						return err
					}
					return c.Emit(b.Context(), tx, "admin", paid(orderID(i)))
				})
			}
		})
	}
}

// BenchmarkLatency is from the return of the host's commit to the receiver.
func BenchmarkLatency(b *testing.B) {
	s := newShop(b)
	r := newReceiver(b, nil)
	s.hook("hook", r.url)
	c := s.started(func(_ *Options, t *tuning) { t.sweep = 5 * time.Second })
	s.pay(c, "first")
	r.next(s)
	var sum, worst time.Duration
	for i := 0; b.Loop(); i++ {
		s.pay(c, orderID(i))
		committed := time.Now()
		wait := max(0, r.next(s).at.Sub(committed))
		sum, worst = sum+wait, max(worst, wait)
	}
	b.ReportMetric(float64(sum.Microseconds())/float64(b.N)/1000, "ms-mean")
	b.ReportMetric(float64(worst.Microseconds())/1000, "ms-worst")
}
