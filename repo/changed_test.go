package repo

import (
	"testing"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// TestD9_HasChanged: an instance's own webhooks alone count, and one of them does.
func TestD9_HasChanged(t *testing.T) {
	r := fresh(t)
	create(t, r, "admin", sample, named(sample, "other"))
	create(t, r, "sandbox", sample)
	is := func(instance string) bool {
		t.Helper()
		changed, err := r.HasChanged(t.Context(), instance)
		if err != nil {
			t.Fatal(err)
		}
		return changed
	}
	if is("admin") {
		t.Error("D9 nothing was changed yet")
	}
	want(t, r.Update(t.Context(), "admin", others[1].webhook), none, "")
	if !is("admin") || is("sandbox") {
		t.Error("C9 D9 admin's was changed, and not sandbox's")
	}
	_, err := r.HasChanged(t.Context(), "nobody")
	want(t, err, webhook.CodeInstanceUnknown, "nobody")
}
