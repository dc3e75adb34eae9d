package main

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"
)

// growth measures creates in tables of 1,000 to 1,000,000 webhooks, each in a
// database of its own.
func growth(ctx context.Context, r *run) error {
	const clients = 8
	type size struct {
		rows int
		db   *sqlx.DB
		service
	}
	var sizes []size
	for _, n := range []int{1000, 10_000, 100_000, 1_000_000} {
		db, s, err := r.host(fmt.Sprint("grow_", n))
		if err != nil {
			return err
		}
		defer db.Close()
		defer s.Stop()
		rows := r.scaled(n)
		if err := fill(ctx, db, rows); err != nil {
			return err
		}
		sizes = append(sizes, size{rows, db, s})
	}
	for range r.rounds {
		rates := make([]float64, len(sizes))
		for i, at := range sizes {
			if i < len(sizes)-1 { // those that the round before has made larger
				if err := fill(ctx, at.db, at.rows); err != nil {
					return err
				}
			}
			if _, err := at.load(clients, r.duration/5, create); err != nil { // warm up
				return err
			}
			loaded, err := at.load(clients, r.duration, create)
			if err != nil {
				return err
			}
			rates[i] = loaded.rate
		}
		r.table.ratio("create with 10,000 rows ÷ 1,000", goal{}, rates[1]/rates[0])
		r.table.ratio("create with 100,000 rows ÷ 1,000", goal{}, rates[2]/rates[0])
		r.table.ratio("create with 1,000,000 rows ÷ 1,000", atLeast(0.9), rates[3]/rates[0])
		r.table.measured("creates/s with 1,000 rows, 8 clients", goal{}, rates[0])
	}
	return nil
}
