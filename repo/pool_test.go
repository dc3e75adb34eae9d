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
		idle     int
		warnings int
	}{
		{"H6 too few idle connections are warned of once", 0, 1},
		{"H6 enough are not", 20, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			db := fresh(t).db
			db.SetMaxIdleConns(c.idle)
			var log bytes.Buffer
			r := over(t, db, Options{Logger: slog.New(slog.NewTextHandler(&log, nil)), Unprepared: true})
			for range 2 * every {
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
