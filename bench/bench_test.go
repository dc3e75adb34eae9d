package main

import (
	"context"
	"log"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestMain(m *testing.M) {
	if len(os.Args) == 4 && os.Args[1] == serveCommand { // a service of measure's
		log.Fatal(serve(os.Args[2], os.Args[3]))
	}
	os.Exit(m.Run())
}

// TestMeasure runs every part once, small and short: what they compare with, a
// statement's text among it, is found where it was.
func TestMeasure(t *testing.T) {
	if _, err := findPgbench(); err != nil {
		t.Skip(err)
	}
	results := filepath.Join(t.TempDir(), "RESULTS.md")
	o := options{rounds: 1, duration: 20 * time.Millisecond, idle: 20 * time.Millisecond, scale: 1000}
	if err := measure(context.Background(), o, "", results); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(results)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"| create ÷ pgbench, 32 clients | ≥ 0.55 | ", "| GET one ÷ pgbench, 32 clients | ", "| complete list of 1,000,000, peak memory above idle, MiB | ",
		"| deliveries ÷ River's jobs of nothing | ≥ 0.5 | ", "bursts of 5, p99 ms | ≤ 20 | ", "gorm.io/gorm v",
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the table does not hold %q:\n%s", want, text)
		}
	}
}

func TestTable(t *testing.T) {
	var before, now table
	fill := func(to *table, good, less, few, many float64) {
		for range 3 {
			to.ratio("good", atLeast(1).aiming(2), good)
			to.ratio("less", goal{}, less)
			to.count("few", atMost(10), few)
			to.measured("many", atMost(10), many)
		}
	}
	fill(&before, 1.5, 1, 10, 10)
	fill(&now, 1.21, 0.79, 13, 100)
	text := before.markdown()
	for _, want := range []string{
		"| good | ≥ 1, aim 2 | 1.5 | 1.5 | 1.5 | yes, not the aim |\n", "| less |  | 1 | 1 | 1 |  |\n", "| few | ≤ 10 | 10 | 10 | 10 | yes |\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the table does not hold %q:\n%s", want, text)
		}
	}
	if text := now.markdown(); !strings.Contains(text, "| few | ≤ 10 | 13 | 13 | 13 | **no** |\n") {
		t.Errorf("a goal that is missed is not said:\n%s", text)
	}
	want := []string{"less: 0.79, and was 1", "few: 13, and was 10"}
	if got := now.worse(text); !slices.Equal(got, want) {
		t.Errorf("worse by more than a fifth are %q, want %q", got, want)
	}
	if got := now.worse(""); got != nil {
		t.Errorf("without a table before there is %q", got)
	}
}

func TestMedian(t *testing.T) {
	var of table
	for _, figure := range []float64{5, 1, 4, 2, 3} {
		of.ratio("r", goal{}, figure)
	}
	if least, median, most := of.lines[0].in(); least != 1 || median != 3 || most != 5 {
		t.Errorf("of 1 to 5 they are %v, %v, %v", least, median, most)
	}
}
