package handlers

import (
	"bytes"
	"net/http"

	"github.com/gin-gonic/gin"
)

// A buffer takes an answer in the place of gin's writer, until it is whole.
type buffer struct {
	gin.ResponseWriter
	header  http.Header
	status  int
	written bool
	body    bytes.Buffer
}

// newBuffer makes a buffer whose headers begin as those of the writer are.
func newBuffer(w gin.ResponseWriter) *buffer {
	return &buffer{ResponseWriter: w, header: w.Header().Clone(), status: w.Status()}
}

func (b *buffer) Header() http.Header { return b.header }

func (b *buffer) WriteHeader(status int) { b.status = status }

func (b *buffer) WriteHeaderNow() { b.written = true }

func (b *buffer) Write(p []byte) (int, error) {
	b.written = true
	return b.body.Write(p)
}

func (b *buffer) WriteString(s string) (int, error) { return b.Write([]byte(s)) }

func (b *buffer) Flush() {}

func (b *buffer) Status() int { return b.status }

func (b *buffer) Size() int { return b.body.Len() }

func (b *buffer) Written() bool { return b.written }

// send gives the whole answer to the writer.
func (b *buffer) send(w gin.ResponseWriter) {
	header := w.Header()
	clear(header)
	for name, values := range b.header {
		header[name] = values
	}
	w.WriteHeader(b.status)
	w.WriteHeaderNow()
	_, _ = w.Write(b.body.Bytes()) // where that fails, the client is gone
}
