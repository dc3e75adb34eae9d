package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// An ending is how the tests of a mutant ended.
type ending int

const (
	lived ending = iota
	killed
	timedOut
	unreached
	equal
	skipped // not in the sample
)

// A test is one that passes with no mutant alive.
type test struct {
	name    string
	took    time.Duration // of a process with this test alone
	reached map[int]bool  // mutants
}

// patience is how long a test may take: what it took, several times over, and
// the time that it itself waits for what never comes.
func patience(took time.Duration) time.Duration { return 40*time.Second + 6*took }

// A watch keeps what tests print, and ends them when they are silent for too long.
type watch struct {
	out   bytes.Buffer
	timer *time.Timer
	limit time.Duration
}

func (w *watch) Write(text []byte) (int, error) {
	w.timer.Reset(w.limit)
	return w.out.Write(text)
}

// A runner runs one process at a time.
type runner struct {
	*build
	short bool
	env   []string
	dsn   string // of its server, if it has one
}

// run runs the tests of these names with a mutant alive, none by 0; each has so
// long to begin or to end. killer is the first test that failed.
func (r *runner) run(names []string, alive int, limit time.Duration, env ...string) (end ending, killer string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(len(names))*limit)
	defer cancel()
	w := &watch{timer: time.AfterFunc(limit, cancel), limit: limit}
	defer w.timer.Stop()
	c := exec.CommandContext(ctx, r.binary, "-test.v", "-test.failfast", "-test.short="+strconv.FormatBool(r.short),
		"-test.timeout=0", "-test.run=^("+strings.Join(names, "|")+")$")
	c.Dir = r.dir
	c.Env = append(append(os.Environ(), r.env...), append(env, "MUTANT="+strconv.Itoa(alive))...)
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.Cancel = func() error { return syscall.Kill(-c.Process.Pid, syscall.SIGKILL) }
	c.WaitDelay = 5 * time.Second
	c.Stdout, c.Stderr = w, w
	err = c.Run()
	exit := (*exec.ExitError)(nil)
	switch {
	case ctx.Err() != nil:
		return timedOut, "", nil
	case err == nil || errors.Is(err, exec.ErrWaitDelay) && c.ProcessState.Success():
		return lived, "", nil
	case errors.As(err, &exit):
		if found := failure.FindSubmatch(w.out.Bytes()); found != nil {
			killer = string(found[1])
		}
		return killed, killer, nil
	}
	return 0, "", err
}

var failure = regexp.MustCompile(`(?m)^--- FAIL: ([^/\s]+)`)

// each does something on every worker at once, for 0 to n-1, unless ctx ends.
func each(ctx context.Context, workers []*runner, n int, do func(r *runner, i int) error) error {
	var wait sync.WaitGroup
	var mu sync.Mutex
	var errs []error
	next := 0
	for _, r := range workers {
		wait.Go(func() {
			for {
				mu.Lock()
				i := next
				next++
				stop := len(errs) > 0 || i >= n || ctx.Err() != nil
				mu.Unlock()
				if stop {
					return
				}
				if err := do(r, i); err != nil {
					mu.Lock()
					errs = append(errs, err)
					mu.Unlock()
				}
			}
		})
	}
	wait.Wait()
	return errors.Join(errs...)
}

// learn runs each test alone, to see how long it takes and what it reaches. It
// notes that in dir, where it is found by the next run of the same code.
func learn(ctx context.Context, workers []*runner, dir string) ([]*test, error) {
	list := exec.Command(workers[0].binary, "-test.list", ".")
	list.Dir = workers[0].dir
	out, err := list.Output()
	if err != nil {
		return nil, err
	}
	var tests []*test
	for _, name := range strings.Fields(string(out)) {
		if strings.HasPrefix(name, "Test") || strings.HasPrefix(name, "Fuzz") || strings.HasPrefix(name, "Example") {
			tests = append(tests, &test{name: name, reached: map[int]bool{}})
		}
	}
	fmt.Printf("each of %d tests runs alone once, to see what it reaches\n", len(tests))
	err = each(ctx, workers, len(tests), func(r *runner, i int) error { return tests[i].learn(r, dir) })
	return slices.DeleteFunc(tests, func(t *test) bool { return t.took == 0 }), err
}

func (t *test) learn(r *runner, dir string) error {
	notes := filepath.Join(dir, t.name)
	if _, err := os.Stat(notes + ".took"); err != nil {
		begun := time.Now()
		end, _, err := r.run([]string{t.name}, 0, 10*time.Minute, "MUTANTS_REACHED="+notes)
		if err != nil {
			return err
		}
		if end != lived {
			fmt.Printf("%s fails with no mutant alive, and is left out\n", t.name)
			return os.RemoveAll(notes)
		}
		if err := os.WriteFile(notes+".took", []byte(time.Since(begun).String()), 0o666); err != nil {
			return err
		}
	}
	took, err := os.ReadFile(notes + ".took")
	if err != nil {
		return err
	}
	if t.took, err = time.ParseDuration(string(took)); err != nil {
		return err
	}
	numbers, err := os.ReadFile(notes)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	for _, number := range strings.Fields(string(numbers)) {
		n, err := strconv.Atoi(number)
		if err != nil {
			return err
		}
		t.reached[n] = true
	}
	return nil
}
