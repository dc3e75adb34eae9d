package repo

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"sync/atomic"
	"testing"
)

// parallel runs do in many goroutines over as many connections.
func parallel(b *testing.B, do func(context.Context) error) {
	b.SetParallelism(8)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		ctx, cancel := context.WithCancel(b.Context()) // as a request's
		defer cancel()
		for pb.Next() {
			if err := do(ctx); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

func BenchmarkCreate(b *testing.B) {
	r := fresh(b)
	for i := range 100 {
		instance := fmt.Sprint("shop", i)
		if err := r.AddInstance(b.Context(), nil, instance); err != nil {
			b.Fatal(err)
		}
		fill(b, r, instance, 100)
	}
	r.db.MustExec(`VACUUM ANALYZE merchant_webhooks.webhook`)
	for name, limit := range map[string]int{"unlimited": anyNumber, "limit 10,000": 10_000} {
		b.Run(name, func(b *testing.B) {
			var n atomic.Int64
			parallel(b, func(ctx context.Context) error {
				i := n.Add(1)
				return r.Create(ctx, fmt.Sprint("shop", i%100), named(sample, fmt.Sprint(i, rand.Uint64())), limit)
			})
		})
	}
}

func BenchmarkGet(b *testing.B) {
	r := fresh(b)
	fill(b, r, "admin", 10_000)
	r.db.MustExec(`VACUUM ANALYZE merchant_webhooks.webhook`)
	parallel(b, func(ctx context.Context) error {
		_, err := r.Get(ctx, "admin", fmt.Sprint("filled ", 1+rand.IntN(10_000)))
		return err
	})
}

func BenchmarkList(b *testing.B) {
	r := fresh(b)
	fill(b, r, "admin", 10_000)
	r.db.MustExec(`VACUUM ANALYZE merchant_webhooks.webhook`)
	for _, limit := range []int{20, 1000} {
		b.Run(fmt.Sprint(limit), func(b *testing.B) {
			parallel(b, func(ctx context.Context) error {
				items, _, err := r.List(ctx, "admin", Page{From: math.MaxInt64, Backwards: true, Limit: limit})
				if len(items) != limit {
					return fmt.Errorf("%d items, %w", len(items), err)
				}
				return err
			})
		})
	}
}
