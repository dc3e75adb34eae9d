package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http/httputil"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// A request is written into a buffer that is used again: the load is to cost
// little beside what it measures.
type request func(to *bytes.Buffer)

// A result is what a load came to.
type result struct {
	rate        float64 // requests in a second
	allocations float64 // of the service, for each
	micros      float64 // its CPU time for each, in µs
}

// load lets clients ask for a while, each over a connection that it keeps.
func (s service) load(clients int, duration time.Duration, ask request) (result, error) {
	before, err := s.usage()
	if err != nil {
		return result{}, err
	}
	var done atomic.Int64
	errs := make([]error, clients)
	start := time.Now()
	var all sync.WaitGroup
	for i := range clients {
		all.Go(func() { errs[i] = s.client(start.Add(duration), ask, &done) })
	}
	all.Wait()
	took := time.Since(start)
	after, err := s.usage()
	if err := errors.Join(append(errs, err)...); err != nil {
		return result{}, err
	}
	n := float64(done.Load())
	return result{
		rate:        n / took.Seconds(),
		allocations: float64(after.Mallocs-before.Mallocs) / n,
		micros:      float64((after.CPU - before.CPU).Microseconds()) / n,
	}, nil
}

// client sends request after request, at least one.
func (s service) client(until time.Time, ask request, done *atomic.Int64) error {
	connection, err := net.Dial("tcp", s.Address)
	if err != nil {
		return err
	}
	defer connection.Close()
	answers := bufio.NewReader(connection)
	var text bytes.Buffer
	for first := true; first || time.Now().Before(until); first = false {
		text.Reset()
		ask(&text)
		if _, err := connection.Write(text.Bytes()); err != nil {
			return err
		}
		if err := readAnswer(answers); err != nil {
			return err
		}
		done.Add(1)
	}
	return nil
}

var (
	lengthHeader  = []byte("Content-Length: ")
	chunkedHeader = []byte("Transfer-Encoding: chunked")
)

// readAnswer reads a whole answer, which is to be 200 or 204.
func readAnswer(answers *bufio.Reader) error {
	status, err := answers.ReadSlice('\n')
	if err != nil {
		return err
	}
	if !bytes.HasPrefix(status, []byte("HTTP/1.1 20")) {
		rest, _ := answers.Peek(answers.Buffered())
		return fmt.Errorf("answered %s%s", status, rest)
	}
	length, isChunked := 0, false
	for {
		header, err := answers.ReadSlice('\n')
		switch {
		case err != nil:
			return err
		case len(header) <= 2:
			if isChunked {
				_, err = io.Copy(io.Discard, httputil.NewChunkedReader(answers))
				length = len("\r\n") // behind the last chunk
			}
			if err == nil {
				_, err = answers.Discard(length)
			}
			return err
		case bytes.HasPrefix(header, lengthHeader):
			if length, err = strconv.Atoi(string(bytes.TrimSpace(header[len(lengthHeader):]))); err != nil {
				return err
			}
		case bytes.HasPrefix(header, chunkedHeader):
			isChunked = true
		}
	}
}

// create creates a webhook under an ID of its own, in one of the instances.
func create(to *bytes.Buffer) {
	var number [20]byte
	to.WriteString("POST /instances/i")
	to.Write(strconv.AppendInt(number[:0], rand.Int64N(instances)+1, 10))
	to.WriteString("/private/webhooks HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer " + token + "\r\nContent-Length: ")
	id := strconv.AppendInt(nil, 1e15+rand.Int64N(8e15), 10) // always as long
	to.Write(strconv.AppendInt(number[:0], int64(len(bodyBefore)+len(id)+len(bodyAfter)), 10))
	to.WriteString("\r\n\r\n" + bodyBefore)
	to.Write(id)
	to.WriteString(bodyAfter)
}

// get asks for a path, in which %d becomes one of so many numbers.
func get(path string, numbers int) request {
	before, after, _ := bytes.Cut([]byte(path), []byte("%d"))
	return func(to *bytes.Buffer) {
		to.WriteString("GET ")
		to.Write(before)
		if numbers > 0 {
			to.WriteString(strconv.Itoa(1 + rand.IntN(numbers)))
		}
		to.Write(after)
		to.WriteString(" HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer " + token + "\r\n\r\n")
	}
}
