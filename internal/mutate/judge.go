package main

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

// A judge knows the tests, and which of them killed mutants of a file.
type judge struct {
	tests []*test
	usual time.Duration // of one test

	mu    sync.Mutex
	kills map[string]int // by file and test
}

func newJudge(tests []*test) *judge {
	j := &judge{tests: tests, kills: map[string]int{}}
	if len(tests) > 0 {
		byTime := slices.SortedFunc(slices.Values(tests), func(a, b *test) int { return cmp.Compare(a.took, b.took) })
		j.usual = byTime[len(byTime)/2].took
	}
	return j
}

// against are the tests that reach a mutant: first those that take least for
// what they are likely to find.
func (j *judge) against(m *mutant) []*test {
	j.mu.Lock()
	defer j.mu.Unlock()
	var tests []*test
	weight := map[*test]float64{}
	for _, t := range j.tests {
		if t.reached[m.number] {
			tests = append(tests, t)
			weight[t] = float64(t.took) / float64(1+j.kills[m.file+" "+t.name])
		}
	}
	slices.SortStableFunc(tests, func(a, b *test) int { return cmp.Compare(weight[a], weight[b]) })
	return tests
}

// try runs the tests that reach a mutant, in processes that take longer and
// longer, until one fails.
func (j *judge) try(r *runner, m *mutant) (ending, error) {
	tests := j.against(m)
	for budget := j.usual / 16; len(tests) > 0; budget *= 4 {
		took, longest, names := time.Duration(0), time.Duration(0), []string{}
		for len(tests) > 0 && (len(names) == 0 || took+tests[0].took <= budget) {
			took += tests[0].took
			longest = max(longest, tests[0].took)
			names = append(names, tests[0].name)
			tests = tests[1:]
		}
		end, killer, err := r.run(names, m.number, patience(longest))
		if err != nil || end != lived {
			j.mu.Lock()
			j.kills[m.file+" "+killer]++
			j.mu.Unlock()
			return end, err
		}
	}
	return lived, nil
}
