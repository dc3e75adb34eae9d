//go:build unix

package pgdev

import (
	"syscall"
	"testing"
)

// TestStandby follows a primary that waits with each commit until its standby has
// it, and takes its place.
func TestStandby(t *testing.T) {
	primary := begin(t, Options{Settings: map[string]string{"synchronous_standby_names": "*", "synchronous_commit": "remote_apply"}})
	standby, err := primary.Standby(map[string]string{"synchronous_standby_names": ""})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, standby) })
	query(t, primary, "CREATE TABLE goods AS SELECT 'a' AS id")
	if got := query(t, standby, "SELECT id FROM goods WHERE pg_is_in_recovery()"); got != "a" {
		t.Fatalf("the standby has %q, want a", got)
	}
	if err := primary.Down(syscall.SIGQUIT); err != nil {
		t.Fatal(err)
	}
	query(t, standby, "SELECT pg_promote()")
	if got := query(t, standby, "INSERT INTO goods VALUES ('b') RETURNING id"); got != "b" {
		t.Errorf("the new primary wrote %q, want b", got)
	}
}
