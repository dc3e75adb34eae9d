package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// A result is what a load came to.
type result struct {
	rate        float64 // creates in a second
	allocations float64 // for each, of the service: the load makes next to none
}

// load lets clients create webhooks for a while, each over a connection that
// it keeps.
func load(address string, clients int, duration time.Duration) (result, error) {
	var done atomic.Int64
	errs := make(chan error, clients)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	var all sync.WaitGroup
	for range clients {
		all.Go(func() { errs <- client(address, start.Add(duration), &done) })
	}
	all.Wait()
	took := time.Since(start)
	runtime.ReadMemStats(&after)
	for range clients {
		if err := <-errs; err != nil {
			return result{}, err
		}
	}
	n := float64(done.Load())
	return result{n / took.Seconds(), float64(after.Mallocs-before.Mallocs) / n}, nil
}

// client writes requests that it made in one buffer, and reads the answers.
func client(address string, until time.Time, done *atomic.Int64) error {
	connection, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	defer connection.Close()
	fixed, err := json.Marshal(map[string]string{
		"event_type": eventType, "url": target, "http_method": "POST",
		"header_template": headerTemplate, "body_template": bodyTemplate,
	})
	if err != nil {
		return err
	}
	answers := bufio.NewReader(connection)
	var body, request bytes.Buffer
	var number [20]byte
	for time.Now().Before(until) {
		body.Reset()
		body.WriteString(`{"webhook_id":"bench-`)
		body.Write(strconv.AppendUint(number[:0], rand.Uint64(), 10))
		body.WriteString(`",`)
		body.Write(fixed[1:])
		request.Reset()
		request.WriteString("POST /instances/i")
		request.Write(strconv.AppendInt(number[:0], rand.Int64N(instances)+1, 10))
		request.WriteString("/private/webhooks HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer secret-token:bench\r\nContent-Length: ")
		request.Write(strconv.AppendInt(number[:0], int64(body.Len()), 10))
		request.WriteString("\r\n\r\n")
		request.Write(body.Bytes())
		if _, err := connection.Write(request.Bytes()); err != nil {
			return err
		}
		if err := readAnswer(answers); err != nil {
			return err
		}
		done.Add(1)
	}
	return nil
}

// readAnswer wants 204, which has no body.
func readAnswer(answers *bufio.Reader) error {
	status, err := answers.ReadSlice('\n')
	if err != nil {
		return err
	}
	if !bytes.HasPrefix(status, []byte("HTTP/1.1 204 ")) {
		rest, _ := answers.Peek(answers.Buffered())
		return fmt.Errorf("answered %s%s", status, rest)
	}
	for {
		line, err := answers.ReadSlice('\n')
		if err != nil || len(line) <= 2 {
			return err
		}
	}
}
