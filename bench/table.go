package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A table holds the figures of all rounds, a line a name.
type table struct{ lines []*line }

type line struct {
	name    string
	format  string // of a figure
	isRatio bool   // it holds on any machine
	goal    goal
	figures []float64
}

// A goal is what a median is to be: at least or at most the bound, 0: anything.
// Without a goal more is better.
type goal struct {
	bound  float64
	atMost bool
	aim    float64 // further still, 0: there is none
}

func atLeast(bound float64) goal { return goal{bound: bound} }
func atMost(bound float64) goal  { return goal{bound: bound, atMost: true} }

func (g goal) aiming(at float64) goal {
	g.aim = at
	return g
}

// ratio adds a round's ratio.
func (t *table) ratio(name string, g goal, figure float64) { t.add(name, "%.3g", true, g, figure) }

// count adds what is counted and so is, like a ratio, the same on any machine.
func (t *table) count(name string, g goal, figure float64) { t.add(name, "%.0f", true, g, figure) }

// measured adds a rate or a time of this machine.
func (t *table) measured(name string, g goal, figure float64) {
	t.add(name, "%.*f", false, g, figure)
}

func (t *table) add(name, format string, isRatio bool, g goal, figure float64) {
	i := slices.IndexFunc(t.lines, func(l *line) bool { return l.name == name })
	if i < 0 {
		i = len(t.lines)
		t.lines = append(t.lines, &line{name: name, format: format, isRatio: isRatio, goal: g})
	}
	t.lines[i].figures = append(t.lines[i].figures, figure)
}

// in gives the smallest figure, the median and the largest.
func (l *line) in() (least, median, most float64) {
	sorted := slices.Sorted(slices.Values(l.figures))
	return sorted[0], sorted[len(sorted)/2], sorted[len(sorted)-1]
}

func (l *line) write(figure float64) string {
	if l.format != "%.*f" {
		return fmt.Sprintf(l.format, figure)
	}
	digits := 0
	if figure < 10 {
		digits = 1
	}
	return fmt.Sprintf(l.format, digits, figure)
}

// reaches reports whether a figure is as good as a bound.
func (g goal) reaches(figure, bound float64) bool {
	if g.atMost {
		return figure <= bound
	}
	return figure >= bound
}

func (g goal) String() string {
	if g.bound == 0 {
		return ""
	}
	sign := "≥"
	if g.atMost {
		sign = "≤"
	}
	text := fmt.Sprintf("%s %g", sign, g.bound)
	if g.aim != 0 {
		text += fmt.Sprintf(", aim %g", g.aim)
	}
	return text
}

// met says whether a figure is what it should be.
func (g goal) met(figure float64) string {
	switch {
	case g.bound == 0:
		return ""
	case !g.reaches(figure, g.bound):
		return "**no**"
	case g.aim != 0 && !g.reaches(figure, g.aim):
		return "yes, not the aim"
	}
	return "yes"
}

// markdown writes first what is compared or has a goal, then the rest.
func (t *table) markdown() string {
	var compared, plain strings.Builder
	compared.WriteString("| | goal | median | min | max | met |\n|---|---|---|---|---|---|\n")
	plain.WriteString("\n| on this machine | median | min | max |\n|---|---|---|---|\n")
	for _, l := range t.lines {
		least, median, most := l.in()
		figures := l.write(median) + " | " + l.write(least) + " | " + l.write(most)
		if l.isRatio || l.goal.bound != 0 {
			fmt.Fprintf(&compared, "| %s | %v | %s | %s |\n", l.name, l.goal, figures, l.goal.met(median))
		} else {
			fmt.Fprintf(&plain, "| %s | %s |\n", l.name, figures)
		}
	}
	return compared.String() + plain.String()
}

// worse names the ratios that are worse by more than a fifth than in a table
// that was written before.
func (t *table) worse(before string) (all []string) {
	medians := map[string]float64{}
	for text := range strings.Lines(before) {
		cells := strings.Split(text, " | ")
		if len(cells) != 6 {
			continue
		}
		if median, err := strconv.ParseFloat(cells[2], 64); err == nil {
			medians[strings.TrimPrefix(cells[0], "| ")] = median
		}
	}
	for _, l := range t.lines {
		then, known := medians[l.name]
		_, now, _ := l.in()
		limit := then * 0.8
		if l.goal.atMost {
			limit = then * 1.2
		}
		if known && l.isRatio && !l.goal.reaches(now, limit) {
			all = append(all, fmt.Sprintf("%s: %s, and was %s", l.name, l.write(now), l.write(then)))
		}
	}
	return all
}
