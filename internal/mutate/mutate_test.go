package main

import (
	"slices"
	"strings"
	"testing"
)

// TestSample mutates a package whose tests have holes: what lives falls through
// these, all else is killed.
func TestSample(t *testing.T) {
	r, err := options{workers: 2, short: true}.mutate(t.Context(), "./testdata/sample")
	if err != nil {
		t.Fatal(err)
	}
	compare(t, "lived", r.lived,
		"goodsSQL: WHERE price [ < ] $1 AND → WHERE price [ <= ] $1 AND",
		"Fee: price < 0 → price <= 0",
		"Fee: break → continue", // what is left of the loop does nothing
		"Fee: price > 100 → price >= 100",
		"Fee: note(price) → nothing",
		"note: noted = append(noted, price) → nothing",
		"IsFree: fee < 0 → fee <= 0",
		"Twice: return Fee(weight, price) → return zero",
		"led: note(price) → nothing",
	)
	compare(t, "not reached", r.missed,
		`Never: return "never " + name → return zero`,
		`Never: "never " + name → "never "`,
	)
	if r.counts[killed] != r.total-len(r.lived)-len(r.missed) || r.counts[killed] < 20 {
		t.Errorf("of %d mutants %d were killed", r.total, r.counts[killed])
	}
}

func compare(t *testing.T, how string, mutants []*mutant, want ...string) {
	t.Helper()
	var names []string
	for _, m := range mutants {
		names = append(names, strings.TrimPrefix(m.name(), "internal/mutate/testdata/sample/sample.go "))
	}
	if !slices.Equal(names, want) {
		t.Errorf("%s:\n%s\nwant:\n%s", how, strings.Join(names, "\n"), strings.Join(want, "\n"))
	}
}

func TestSQLChanges(t *testing.T) {
	for text, want := range map[string][]string{
		"SELECT 1 WHERE a = $1 AND (b OR c < 5)": {
			"SELECT 1 WHERE true AND (b OR c < 5)",
			"SELECT 1 WHERE a = $1 AND true",
			"SELECT 1 WHERE a = $1 AND (b OR false)",
			"SELECT 1 WHERE a = $1 AND (b OR c <= 5)",
		},
		"SELECT 1 WHERE a BETWEEN 1 AND 2 LIMIT $1::bigint FOR UPDATE SKIP LOCKED": {
			"SELECT 1 WHERE true LIMIT $1::bigint FOR UPDATE SKIP LOCKED",
			"SELECT 1 WHERE a BETWEEN 1 AND 2 LIMIT $1::bigint FOR UPDATE",
			"SELECT 1 WHERE a BETWEEN 1 AND 2 LIMIT $1::bigint",
			"SELECT 1 WHERE a BETWEEN 1 AND 2 FOR UPDATE SKIP LOCKED",
		},
		"SELECT CASE WHEN a AND b THEN 1 END ORDER BY c DESC": {
			"SELECT CASE WHEN true AND b THEN 1 END ORDER BY c DESC",
			"SELECT CASE WHEN false AND b THEN 1 END ORDER BY c DESC",
			"SELECT CASE WHEN a AND true THEN 1 END ORDER BY c DESC",
			"SELECT CASE WHEN a AND b THEN 1 END ORDER BY c",
		},
		"SELECT 1 FROM a JOIN b ON a.c = b.c AND b.d = 5 LEFT JOIN e ON true WHERE CASE\nWHEN f THEN 1 END = 1 OFFSET 0": {
			"SELECT 1 FROM a JOIN b ON a.c = b.c AND true LEFT JOIN e ON true WHERE CASE\nWHEN f THEN 1 END = 1 OFFSET 0",
			"SELECT 1 FROM a JOIN b ON a.c = b.c AND b.d = 5 LEFT JOIN e ON true WHERE true OFFSET 0",
			"SELECT 1 FROM a JOIN b ON a.c = b.c AND b.d = 5 LEFT JOIN e ON true WHERE CASE\nWHEN true THEN 1 END = 1 OFFSET 0",
			"SELECT 1 FROM a JOIN b ON a.c = b.c AND b.d = 5 LEFT JOIN e ON true WHERE CASE\nWHEN false THEN 1 END = 1 OFFSET 0",
			"SELECT 1 FROM a JOIN b ON a.c = b.c AND b.d = 5 JOIN e ON true WHERE CASE\nWHEN f THEN 1 END = 1 OFFSET 0",
		},
	} {
		var got []string
		for _, change := range sqlChanges(text) {
			got = append(got, text[:change.start]+change.text+text[change.end:])
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s becomes:\n%s", text, strings.Join(got, "\n"))
		}
	}
}

func TestEqual(t *testing.T) {
	same := isEqual()
	for name, want := range map[string]bool{
		"webhook/mask.go MaskURL: end >= 0 → end > 0":                           true,
		"webhook/mask.go MaskURL: end >= 0 → end >= 0 + 1":                      false,
		"repo/again.go Now: return rows.Scan(&at) → return zero":                true,
		"repo/again.go Now: return r.each(rows.Scan(&at)) → return zero":        false,
		"delivery/again.go Now: return rows.Scan(&at) → return zero":            false,
		"repo/a.go a: time.Since(r.at) < most → time.Since(r.at) <= most":       true,
		"repo/a.go a: time.Since(r.at) < most → !(time.Since(r.at) < most)":     false,
		"# Mutants that do what the code does, which no test can kill: as make": false,
		"": false,
	} {
		if same(name) != want {
			t.Errorf("%q is equal: %t", name, !want)
		}
	}
}
