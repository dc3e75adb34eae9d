package repo

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
)

func TestPoolWarning(t *testing.T) {
	for _, c := range []struct {
		name     string
		closed   int // of each `every` operations, how many find no room for an idle connection
		warnings int
	}{
		{"H6 too few idle connections are warned of once", every/2 + 5, 1},
		{"H6 too few now and then are not", every / 4, 0},
		{"H6 enough are not", 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			db := fresh(t).db
			var log bytes.Buffer
			r := over(t, db, Options{Logger: slog.New(slog.NewTextHandler(&log, nil)), Unprepared: true})
			for i := range 2 * every {
				if i%every < c.closed {
					db.SetMaxIdleConns(0)
				} else {
					db.SetMaxIdleConns(20)
				}
				if err := r.HasInstance(t.Context(), "admin"); err != nil {
					t.Fatal(err)
				}
			}
			if n := strings.Count(log.String(), "SetMaxIdleConns"); n != c.warnings {
				t.Errorf("%d warnings, want %d: %s", n, c.warnings, &log)
			}
		})
	}
}
