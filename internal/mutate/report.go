package main

import (
	_ "embed"
	"fmt"
	"io"
	"regexp"
	"strings"
	"text/tabwriter"
)

//go:embed equal.txt
var equals string

// isEqual tells of a mutant's name whether it does what the code does: a line
// each, or one for a kind, and the reason in the line below.
func isEqual() func(name string) bool {
	var names []string
	for line := range strings.Lines(equals) {
		line = strings.TrimSuffix(line, "\n")
		if kind, is := strings.CutPrefix(line, "~ "); is {
			names = append(names, kind)
		} else if !strings.HasPrefix(line, "#") && !strings.HasPrefix(line, "\t") {
			names = append(names, regexp.QuoteMeta(line))
		}
	}
	return regexp.MustCompile("^(" + strings.Join(names, "|") + ")$").MatchString
}

// A result is that of one package.
type result struct {
	pattern string
	total   int
	counts  [skipped + 1]int
	lived   []*mutant
	missed  []*mutant // not reached
}

func (r *result) add(m *mutant, end ending) {
	r.total++
	r.counts[end]++
	switch end {
	case lived:
		r.lived = append(r.lived, m)
	case unreached:
		r.missed = append(r.missed, m)
	}
}

// write writes one table, and what lived.
func write(w io.Writer, results []*result) {
	for _, r := range results {
		if len(r.lived) > 0 {
			fmt.Fprintf(w, "\nlived in %s:\n", r.pattern)
		}
		for _, m := range r.lived {
			fmt.Fprintln(w, m)
		}
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "\npackage\tmutants\tequal\tnot reached\tnot in the sample\tkilled\ttimed out\tlived\tdied, of those tried\t")
	for _, r := range results {
		died := r.counts[killed] + r.counts[timedOut]
		tried := died + r.counts[lived]
		fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%.1f %% of %d\t\n", r.pattern, r.total, r.counts[equal], r.counts[unreached],
			r.counts[skipped], r.counts[killed], r.counts[timedOut], r.counts[lived], 100*float64(died)/float64(max(1, tried)), tried)
	}
	_ = table.Flush()
}
