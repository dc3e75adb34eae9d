package handlers

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

const (
	// smallBody is how much of a body is read as it comes.
	smallBody = 16 << 10
	// declaredBytes is how much of a declared length is made room for before it has
	// come: many clients may declare much and send nothing.
	declaredBytes = 2 << 10
	// largeBodies is how many bytes those that are larger may hold together, and
	// strangersBodies how many those of who is not signed in.
	largeBodies, strangersBodies = 16 << 20, 4 << 20
)

// errBodyCut is the cause where a client sent less than it said.
var errBodyCut = errors.New("the client ended the body early")

// bodyRoom bounds what large bodies hold; a form of the limit fits in. Strangers
// have a part of their own, so that they keep nobody waiting but each other.
type bodyRoom struct{ granted, strangers *semaphore.Weighted }

func newBodyRoom(limit int64) bodyRoom {
	return bodyRoom{
		semaphore.NewWeighted(max(largeBodies, formLimit*limit)),
		semaphore.NewWeighted(max(strangersBodies, formLimit*limit)),
	}
}

func (r bodyRoom) of(c *call) *semaphore.Weighted {
	if c.granted == "" {
		return r.strangers
	}
	return r.granted
}

// makeRoom waits until a body that is to have n bytes may be read on, and has so
// much until the request ends. It is made at once: what grows leaves as much behind.
func (a *App) makeRoom(c *call, text *bytes.Buffer, n int) error {
	if n <= smallBody {
		return nil
	}
	room := a.bodyRoom.of(c)
	if err := room.Acquire(c.ctx, int64(n)); err != nil {
		return refuseBody(webhook.Say("body.crowded"), errors.Join(os.ErrDeadlineExceeded, err))
	}
	context.AfterFunc(c.ctx, func() { room.Release(int64(n)) })
	text.Grow(n - text.Len() + bytes.MinRead)
	return nil
}

// readBody reads the request's body, decompressed, up to limit bytes of either.
// It waits for it until the request's time limit.
func (a *App) readBody(c *call, limit int64) ([]byte, error) {
	if c.Request.ContentLength > limit {
		return nil, tooLarge(limit)
	}
	connection := connectionOf(c.Writer)
	deadline, _ := c.ctx.Deadline() // each request has one
	// A server that can not do this (a test's recorder) has no slow clients.
	_ = connection.SetReadDeadline(deadline)
	sent := &arriving{body: http.MaxBytesReader(nil, c.Request.Body, limit)}
	plain, encoding, err := decompress(sent, c.Request.Header.Values("Content-Encoding"))
	if err != nil {
		return nil, err
	}
	var text bytes.Buffer
	expected := limit
	if n := c.Request.ContentLength; n > 0 && encoding == "" {
		expected = n
		text.Grow(int(min(n, declaredBytes)) + bytes.MinRead)
	}
	plain = io.LimitReader(plain, limit+1)
	if _, err = io.CopyN(&text, plain, smallBody); err == nil {
		if err := a.makeRoom(c, &text, int(expected)); err != nil {
			return nil, err
		}
		_, err = io.Copy(&text, plain)
	}
	if sent.ended {
		c.Request.Body = http.NoBody // so fail knows
		// Where the body had ended before, net/http reads on already, to see the
		// client leave; for it the time limit is no end of the connection.
		_ = connection.SetReadDeadline(time.Time{})
	}
	switch {
	case int64(text.Len()) > limit, sent.err != nil && errors.As(sent.err, new(*http.MaxBytesError)):
		return nil, tooLarge(limit)
	case errors.Is(sent.err, os.ErrDeadlineExceeded):
		return nil, refuseBody(webhook.Say("body.slow"), sent.err)
	case sent.err != nil:
		return nil, refuseBody(webhook.Say("body.cut"), errors.Join(errBodyCut, sent.err))
	case err != nil && err != io.EOF:
		return nil, &webhook.Problem{
			Code:    webhook.CodeCompressionInvalid,
			Message: webhook.Say("body.compressed", "encoding", encoding),
			Cause:   err,
		}
	}
	return text.Bytes(), nil
}

func tooLarge(limit int64) *webhook.Problem {
	return &webhook.Problem{
		Code:    webhook.CodeUploadExceedsLimit,
		Message: webhook.Say("body.too_large", "limit", int(limit)),
	}
}

// refuseBody is the Problem of a body that can not be understood as a whole.
func refuseBody(m webhook.Message, cause error) *webhook.Problem {
	return &webhook.Problem{Code: webhook.CodeJSONInvalid, Message: m, Cause: cause}
}

// arriving is the body as the client sends it. It keeps the error of the
// connection, and its end, apart from what a decompressor makes of them.
type arriving struct {
	body  io.Reader
	ended bool
	err   error
}

func (r *arriving) Read(p []byte) (int, error) {
	n, err := r.body.Read(p)
	switch err {
	case nil:
	case io.EOF:
		r.ended = true
	default:
		r.err = err
	}
	return n, err
}

// decompress undoes the one Content-Encoding that a request may have. It gives
// the encoding's name, empty for a plain body. Broken data shows when it is
// read.
func decompress(sent io.Reader, encodings []string) (io.Reader, string, error) {
	encoding := strings.ToLower(strings.TrimSpace(strings.Join(encodings, ",")))
	switch encoding {
	case "", "identity":
		return sent, "", nil
	case "gzip", "x-gzip":
		return &lazily{open: func() (io.Reader, error) { return gzip.NewReader(sent) }}, "gzip", nil
	case "deflate":
		return &lazily{open: func() (io.Reader, error) { return inflate(sent) }}, "deflate", nil
	}
	return nil, "", &webhook.Problem{
		Code:    webhook.CodeCompressionInvalid,
		Message: webhook.Say("body.encoding", "value", encoding),
	}
}

// inflate reads deflate with zlib's header, as RFC 9110 has it, and without,
// as some clients send it.
func inflate(sent io.Reader) (io.Reader, error) {
	buffered := bufio.NewReader(sent)
	head, err := buffered.Peek(2)
	if err != nil {
		return nil, io.ErrUnexpectedEOF
	}
	// RFC 1950, 2.2: method 8, and a checksum over both bytes.
	if head[0]&0x0f == 8 && (int(head[0])<<8|int(head[1]))%31 == 0 {
		plain, err := zlib.NewReader(buffered)
		return &whole{plain, buffered}, err
	}
	return &whole{flate.NewReader(buffered), buffered}, nil
}

// whole is what was compressed, with nothing behind it. flate and zlib read no
// further than their own end; gzip sees to it itself.
type whole struct {
	plain io.Reader
	rest  *bufio.Reader
}

func (r *whole) Read(p []byte) (int, error) {
	n, err := r.plain.Read(p)
	if err != io.EOF {
		return n, err
	}
	if _, err = r.rest.ReadByte(); err == nil {
		err = errors.New("something follows the compressed data")
	}
	return n, err
}

// lazily opens a reader at its first Read, so that a broken beginning is found
// where broken data is.
type lazily struct {
	open func() (io.Reader, error)
	from io.Reader
}

func (r *lazily) Read(p []byte) (int, error) {
	if r.from == nil {
		from, err := r.open()
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return 0, err
		}
		r.from = from
	}
	return r.from.Read(p)
}
