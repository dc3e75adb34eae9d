package handlers_test

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// FuzzR4_Compressed posts any bytes under any encoding, and any text compressed
// with one of its bytes changed. What can be read counts as if it had come plain;
// what can not is refused as such.
func FuzzR4_Compressed(f *testing.F) {
	plain := []byte(hook("a"))
	for how, encoding := range map[string]string{"gzip": "gzip", "zlib": "deflate", "deflate": " Deflate"} {
		sent := compress(f, how, plain)
		f.Add(encoding, sent, uint(0), byte(0))
		f.Add(encoding, sent[:len(sent)-1], uint(9), byte(1))                         // cut
		f.Add(encoding, append(bytes.Clone(sent), sent...), uint(len(sent)), byte(2)) // twice
		f.Add(encoding, append(bytes.Clone(sent), 0), uint(2), byte(255))             // more behind it
		f.Add(encoding, compress(f, how, make([]byte, 2<<20)), uint(1), byte(1))      // over the limit
	}
	f.Add("deflate", []byte("\x78\x20"), uint(0), byte(0)) // it wants a dictionary
	f.Add("", plain, uint(0), byte(0))
	f.Add("identity", []byte("{}"), uint(0), byte(0))
	f.Add("gzip, gzip", plain, uint(0), byte(0))
	f.Add("br", plain, uint(0), byte(0))
	h := startHost(f, migrated(f), setting{}, nil)
	f.Cleanup(h.Close)
	codes := contractCodes(f)

	f.Fuzz(func(t *testing.T, encoding string, sent []byte, at uint, change byte) {
		got := h.postPacked(t, codes, encoding, sent)
		read, err := unpacked(encoding, sent)
		switch {
		case int64(len(sent)) > 1<<20, err == nil && len(read) > 1<<20:
			check(t, got, http.StatusRequestEntityTooLarge, int(webhook.CodeUploadExceedsLimit))
		case err != nil:
			check(t, got, http.StatusBadRequest, int(webhook.CodeCompressionInvalid))
		default:
			sameAnswer(t, h.postPacked(t, codes, "", read), got)
		}
		if len(sent) > 1<<20 {
			return
		}
		want := h.postPacked(t, codes, "", sent)
		for how, encoding := range map[string]string{"gzip": "gzip", "zlib": "deflate"} {
			packed := compress(t, how, sent)
			packed[at%uint(len(packed))] ^= change
			got := h.postPacked(t, codes, encoding, packed)
			if got.StatusCode != http.StatusBadRequest || got.code() != int(webhook.CodeCompressionInvalid) || change == 0 {
				sameAnswer(t, want, got)
			}
		}
	})
}

// postPacked posts a body that makes a webhook, or none, and deletes what it made.
func (h *host) postPacked(t *testing.T, codes map[int]int, encoding string, body []byte) answer {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/private/webhooks", bytes.NewReader(body))
	r.Header["Content-Encoding"] = []string{encoding}
	r.Header.Set("Authorization", "Bearer secret-token:all")
	w := httptest.NewRecorder()
	h.engine.ServeHTTP(w, r)
	got := answer{w.Result(), w.Body.Bytes()}
	for _, wrong := range standingChecks(got, http.MethodPost, codes) {
		t.Errorf("%q: %s", encoding, wrong)
	}
	switch got.StatusCode {
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge:
	case http.StatusNoContent:
		if read, err := unpacked(encoding, body); err == nil {
			var made struct {
				ID string `json:"webhook_id"`
			}
			_ = json.Unmarshal(read, &made) // the API has taken it
			h.serve(http.MethodDelete, "/private/webhooks/"+url.PathEscape(made.ID), nil)
		}
	default:
		t.Fatalf("%q: %s %s", encoding, got.Status, got.body)
	}
	return got
}

func sameAnswer(t *testing.T, plain, packed answer) {
	t.Helper()
	if plain.StatusCode != packed.StatusCode || !bytes.Equal(plain.body, packed.body) {
		t.Errorf("plain it is answered %s %s, packed %s %s", plain.Status, plain.body, packed.Status, packed.body)
	}
}

// unpacked undoes an encoding at once; what may follow its end is an error.
func unpacked(encoding string, sent []byte) (plain []byte, err error) {
	from := bytes.NewReader(sent)
	var r io.Reader
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "", "identity":
		return sent, nil
	case "gzip", "x-gzip":
		if r, err = gzip.NewReader(from); err != nil {
			return nil, err
		}
	case "deflate":
		if len(sent) < 2 {
			return nil, io.ErrUnexpectedEOF
		}
		r = flate.NewReader(from)
		if sent[0]&15 == 8 && (int(sent[0])<<8|int(sent[1]))%31 == 0 {
			if r, err = zlib.NewReader(from); err != nil {
				return nil, err
			}
		}
	default:
		return nil, http.ErrNotSupported
	}
	if plain, err = io.ReadAll(io.LimitReader(r, 2<<20)); err == nil && len(plain) <= 1<<20 && from.Len() > 0 {
		err = zlib.ErrChecksum
	}
	return plain, err
}
