package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// sizes are how many webhooks instances have whose lists are read, the largest
// first.
var sizes = []int{1_000_000, 100_000, 10_000, 100}

func instanceOf(n int) string { return "n" + strconv.Itoa(n) }

// english writes a number with commas.
var english = message.NewPrinter(language.English)

// lists measures the lists of instances that are beside each other, the small
// ones made last, which is where a planner errs, and of a small one that is alone.
func lists(ctx context.Context, r *run) error {
	db, s, err := r.host("lists")
	if err != nil {
		return err
	}
	defer db.Close()
	defer s.Stop()
	for _, n := range sizes {
		if err := fillInstance(ctx, db, instanceOf(n), r.scaled(n)); err != nil {
			return err
		}
	}
	smallDB, small, err := r.host("lists_small")
	if err != nil {
		return err
	}
	defer smallDB.Close()
	defer small.Stop()
	if err := fillInstance(ctx, smallDB, instanceOf(100), r.scaled(100)); err != nil {
		return err
	}
	for range r.rounds {
		if err := firstPages(r, s, small); err != nil {
			return err
		}
		for _, n := range sizes {
			if err := completeList(r, n); err != nil {
				return err
			}
		}
	}
	return nil
}

func firstPages(r *run, s, small service) error {
	const clients = 8
	rates := map[int]float64{}
	page := func(of service, n int) (result, error) {
		return of.load(clients, r.duration, get("/instances/"+instanceOf(n)+"/private/webhooks?limit=20", 0))
	}
	alone, err := page(small, 100)
	if err != nil {
		return err
	}
	for _, n := range sizes {
		loaded, err := page(s, n)
		if err != nil {
			return err
		}
		rates[n] = loaded.rate
		if n == 100_000 {
			r.table.measured("page of 20 of 100,000, server CPU µs", goal{}, loaded.micros)
			r.table.measured("page of 20 of 100,000, allocations", goal{}, loaded.allocations)
		}
	}
	r.table.ratio("page of 20 of 100, beside instances of 100,000 and 1,000,000 ÷ alone", atLeast(0.9), rates[100]/alone.rate)
	for _, n := range sizes[:3] {
		r.table.ratio(english.Sprintf("page of 20 of %d ÷ of 100", n), goal{}, rates[n]/rates[100])
	}
	r.table.measured("pages of 20 of 100/s, 8 clients", goal{}, rates[100])
	return nil
}

// completeList reads a list to its end from a service that has done nothing yet
// but answer a page of it.
func completeList(r *run, n int) error {
	s, err := startService("plugin", r.server.DSN("lists"))
	if err != nil {
		return err
	}
	defer s.Stop()
	list := "http://" + s.Address + "/instances/" + instanceOf(n) + "/private/webhooks"
	if _, _, err := readAll(list + "?limit=20"); err != nil {
		return err
	}
	idle, _ := s.KiB("VmRSS") // 0 where there is no proc(5)
	_ = s.ForgetPeak()
	first, whole, err := readAll(list)
	if err != nil {
		return err
	}
	peak, _ := s.KiB("VmHWM")
	var soon, small goal
	if n == 100_000 {
		soon, small = atMost(10), atMost(8)
	}
	name := english.Sprintf("complete list of %d, ", n)
	r.table.measured(name+"ms to the first byte", soon, first.Seconds()*1000)
	r.table.measured(name+"peak memory above idle, MiB", small, float64(peak-idle)/1024)
	r.table.measured(name+"ms", goal{}, whole.Seconds()*1000)
	return nil
}

// readAll reads a list, and gives the time to its first byte and to its last.
func readAll(address string) (first, whole time.Duration, err error) {
	request, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		return 0, 0, err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	start := time.Now()
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, 0, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return 0, 0, fmt.Errorf("%s: %s", address, answer.Status)
	}
	if _, err := io.ReadFull(answer.Body, make([]byte, 1)); err != nil {
		return 0, 0, err
	}
	first = time.Since(start)
	_, err = io.Copy(io.Discard, answer.Body)
	return first, time.Since(start), err
}
