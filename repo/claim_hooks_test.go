package repo

import "testing"

// TestD4_ClaimsOfTwoWebhooks: each has its own webhook's name and secret.
func TestD4_ClaimsOfTwoWebhooks(t *testing.T) {
	r := fresh(t)
	create(t, r, "admin", sample, named(sample, "other"))
	var keys []Key
	names := []string{sample.ID, "other", sample.ID}
	for _, name := range names {
		k, _ := file(t, r, filing{hook: name, order: "o"})
		keys = append(keys, k)
	}
	claims, err := r.ClaimMany(t.Context(), keys)
	if err != nil || len(claims) != len(keys) {
		t.Fatalf("%d are claimed, %v", len(claims), err)
	}
	for i, c := range claims {
		if c.Key != keys[i] || c.WebhookID != names[i] {
			t.Errorf("the claim %d is %v of %q, want %v of %q", i, c.Key, c.WebhookID, keys[i], names[i])
		}
		stored, err := r.GetSecrets(t.Context(), "admin", names[i])
		if err != nil || len(c.Secrets) != 1 || string(c.Secrets[0]) != string(stored.Current) {
			t.Errorf("the claim %d has another secret than %q (%v)", i, names[i], err)
		}
	}
}
