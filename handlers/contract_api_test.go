package handlers_test

import (
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// TestAPI runs every script of testdata/api in a host of each setting. The
// settings that only change what gin makes of an escaped path are tried with the
// scripts that have one; with -short, which the mutants of `make mutate` are
// tried with, with none.
func TestAPI(t *testing.T) {
	settings := settings
	if testing.Short() {
		settings = slices.DeleteFunc(slices.Clone(settings), func(s setting) bool { return s.escaped })
	}
	dbs := make([]*sqlx.DB, len(settings))
	for i := range settings {
		dbs[i] = migrated(t)
	}
	described := newReading()
	for _, name := range scriptNames(t) {
		s, err := readScript(name)
		if err != nil {
			t.Error(err)
			continue
		}
		t.Run(s.name+" "+s.title, func(t *testing.T) {
			for i, in := range settings {
				if in.escaped && !s.escapes() {
					continue // gin takes the same way as it comes
				}
				t.Run(in.name, func(t *testing.T) {
					t.Parallel()
					reading := described
					if i > 0 {
						reading = nil // the answers are the same
					}
					s.run(t, in, dbs[i], reading)
				})
			}
		})
	}
	if described.scripts == len(scriptNames(t)) { // else only some were asked for
		t.Run("O3 all that the description names is in a script", described.checkAll)
	}
}

// plain is a path that gin reads the same way whether it is asked to unescape it
// or not.
var plain = regexp.MustCompile(`^[\w/.~:-]*$`)

// escapes tells whether a request's path is another one escaped. Where it is
// known by an answer only, run looks.
func (s script) escapes() bool {
	return slices.ContainsFunc(s.steps, func(st step) bool {
		path, _, _ := strings.Cut(st.request.path, "?")
		path = strings.TrimPrefix(strings.TrimPrefix(path, "<location>"), "<next>")
		return !plain.MatchString(path)
	})
}

func (s script) run(t *testing.T, in setting, db *sqlx.DB, described *reading) {
	var h *host
	var w *wire
	stop := func() {
		h.stopSending(t)
		w.close()
		h.Close()
		checkLog(t, h.log.String())
	}
	receiver := s.receiver(t)
	start := func(settings []string) {
		h = startHost(t, db, in, configured(t, settings))
		w = h.wire()
		if slices.Contains(settings, sending) {
			h.startSending(t)
		}
	}
	start(nil)
	defer func() { stop() }()
	described.begin()
	emptyInstances(t, h.plugin)

	codes := contractCodes(t)
	var last answer
	var lastTarget, location string
	for _, st := range s.steps {
		if st.settings != nil {
			stop()
			start(st.settings)
			continue
		}
		at := fmt.Sprintf("%s.txt:%d: %s %s", s.name, st.line, st.request.method, shortened(st.request.path))
		if st.request.path == "<next>" {
			st.request.path = next(t, at, last, lastTarget)
		}
		if strings.HasPrefix(st.request.path, "<location>") && location == "" {
			t.Fatalf("%s: no answer had a Location", at)
		}
		st.request.path = strings.Replace(st.request.path, "<location>", location, 1)
		if path, _, _ := strings.Cut(st.request.path, "?"); !s.escapes() && !plain.MatchString(path) {
			t.Fatalf("%s: an escaped path in a script that is not tried with settings for it", at)
		}
		st.request.body = strings.ReplaceAll(st.request.body, "<receiver>", receiver)
		var wrong []string
		last, wrong = st.ask(t, w, in.path, codes)
		wrong = append(wrong, described.check(t, h, st.request, last)...)
		for _, what := range wrong {
			t.Errorf("%s: %s\nanswer: %s %s", at, what, last.Status, shortened(string(last.body)))
		}
		if len(wrong) > 0 && last.StatusCode >= http.StatusInternalServerError {
			t.Log(h.log)
		}
		lastTarget = st.request.path
		if to := last.Header.Get("Location"); to != "" {
			location = led(t, at, lastTarget, to)
		}
	}
}

// ask sends the request and says what is wrong with its answer; a step that waits
// asks until nothing is.
func (st step) ask(t *testing.T, w *wire, prefix string, codes map[int]int) (answer, []string) {
	late := time.Now().Add(patience)
	for {
		got := w.do(t, prefix, st.request)
		wrong := append(st.want.compare(got), standingChecks(got, st.request.method, codes)...)
		if len(wrong) == 0 || !slices.Contains(st.request.treatment, "until so") || time.Now().After(late) {
			return got, wrong
		}
	}
}

// next is where the last answer's Link leads, below the group.
func next(t *testing.T, at string, last answer, lastTarget string) string {
	t.Helper()
	link, ok := nextLink(last.Header.Get("Link"))
	if !ok {
		t.Fatalf("%s: the last answer has no Link to a next page, but %q", at, last.Header["Link"])
	}
	return led(t, at, lastTarget, link)
}

// led is where a link in the answer to a request leads.
func led(t *testing.T, at, from, link string) string {
	t.Helper()
	base, err := url.Parse(from)
	if err != nil {
		t.Fatal(err)
	}
	target, err := base.Parse(link)
	if err != nil {
		t.Fatalf("%s: %v", at, err)
	}
	return target.RequestURI()
}

// standingChecks are what R1, R7, R8 and the table of routes say of every
// answer, so that no script repeats it.
func standingChecks(got answer, method string, codes map[int]int) (wrong []string) {
	add := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	if v := got.Header.Values("Cache-Control"); !slices.Equal(v, []string{"no-store"}) {
		add("R8: Cache-Control is %q", v)
	}
	if v := got.Header.Values("X-Content-Type-Options"); !slices.Equal(v, []string{"nosniff"}) {
		add("R8: X-Content-Type-Options is %q", v)
	}
	media, _, _ := mime.ParseMediaType(got.Header.Get("Content-Type"))
	switch {
	case got.StatusCode == http.StatusNoContent:
		if length := got.Header.Get("Content-Length"); len(got.body) > 0 || length != "" && length != "0" || media != "" {
			add("204 has %d bytes of a body, Content-Length %q, Content-Type %q", len(got.body), length, media)
		}
		return wrong
	case media != "application/json":
		add("R8: Content-Type is %q", got.Header.Get("Content-Type"))
	}
	if got.StatusCode == http.StatusUnauthorized && got.Header.Get("WWW-Authenticate") != "Bearer" {
		add("R2: WWW-Authenticate is %q", got.Header.Get("WWW-Authenticate"))
	}
	if (got.StatusCode == http.StatusMethodNotAllowed) != (got.Header.Get("Allow") != "") {
		add("R1: Allow is %q", got.Header.Get("Allow"))
	}
	switch {
	case method == http.MethodHead && len(got.body) > 0:
		add("HEAD has a body")
	case method != http.MethodHead && got.StatusCode >= 400:
		wrong = append(wrong, checkProblem(got, codes)...)
	}
	return wrong
}

// problemMembers are what R1 lets a refusal have.
var problemMembers = []string{"code", "hint", "detail", "field", "parameter", "path"}

// internals are words that come from below the API (R5) and never leave it.
var internals = regexp.MustCompile(`(?i)\bpq:|\bsql\b|SQLSTATE|goroutine|\.go:\d|panic|constraint|relation|SELECT |INSERT |duplicate key|deadline|context canceled`)

var (
	// notInWords is a message's key that has no text, or a placeholder that
	// has no value. Mustache's tags have two braces.
	notInWords = regexp.MustCompile(`^[a-z_]+\.[a-z_]+$|(^|[^{])\{(n|line|limit|list|value|hex|host|address|name|scheme|tag|char|before|typed)\}([^}]|$)`)
	// typed is what somebody typed, as messages quote it.
	typed = regexp.MustCompile(`“[^”]*”`)
)

func checkProblem(got answer, codes map[int]int) (wrong []string) {
	add := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	value, err := decodeJSON(got.body)
	object, isObject := value.(map[string]any)
	if err != nil || !isObject {
		return []string{fmt.Sprintf("R1: a refusal that is no JSON object: %v", err)}
	}
	for name, v := range object {
		if text, isText := v.(string); !slices.Contains(problemMembers, name) || name != "code" && (!isText || text == "") {
			add("R1: a refusal has the member %q: %v", name, v)
		}
	}
	number, _ := object["code"].(json.Number)
	code, err := number.Int64()
	if status, listed := codes[int(code)]; err != nil || !listed || status != got.StatusCode {
		add("R7: code %v with status %d", object["code"], got.StatusCode)
	}
	if object["hint"] != webhook.Code(code).Hint() {
		add("R7: the hint of code %d is %v", code, object["hint"])
	}
	detail, _ := object["detail"].(string)
	if found := internals.FindString(detail); found != "" {
		add("R5: detail holds %q", found)
	}
	if unfilled := notInWords.FindString(typed.ReplaceAllString(detail, "")); unfilled != "" {
		add("V7: detail is not put into words: %q", detail)
	}
	return wrong
}

// checkLog holds that no log has credentials: tokens, a URL's password, the
// values of a template's headers.
func checkLog(t testing.TB, log string) {
	t.Helper()
	for _, secret := range []string{"secret-token:", "hunter2"} {
		if at := strings.Index(log, secret); at >= 0 {
			t.Errorf("the log holds %q: …%s", secret, log[max(0, at-200):])
		}
	}
}

// shortened cuts long texts for the messages of failing tests.
func shortened(text string) string {
	if len(text) > 500 {
		return text[:300] + " … " + text[len(text)-100:]
	}
	return text
}
