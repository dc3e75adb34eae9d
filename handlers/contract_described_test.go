package handlers_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"
	"github.com/pb33f/libopenapi-validator/config"
	"github.com/pb33f/libopenapi-validator/errors"
	"github.com/pb33f/libopenapi-validator/helpers"
	"github.com/pb33f/libopenapi-validator/paths"
	"github.com/pb33f/libopenapi-validator/schema_validation"
	v3 "github.com/pb33f/libopenapi/datamodel/high/v3"
)

// A reading holds requests and answers against the descriptions of the hosts
// that they are of.
type reading struct {
	scripts int
	// measures are by the text of the description: most hosts have the same.
	measures map[string]*measure
	ofHost   map[*host]*measure
	// seen are operations with the statuses that they answered with.
	seen map[string]bool
	// excused are the reasons that were needed.
	excused map[string]bool
}

// A measure knows one description.
type measure struct {
	model *v3.Document
	// requests takes members that it does not know, as the API does; answers does
	// not.
	requests, answers validator.Validator
}

func newReading() *reading {
	return &reading{measures: map[string]*measure{}, ofHost: map[*host]*measure{}, seen: map[string]bool{}, excused: map[string]bool{}}
}

// begin counts the scripts.
func (r *reading) begin() {
	if r != nil {
		r.scripts++
	}
}

// measure asks a host for the description that it gives of itself.
func (r *reading) measure(t testing.TB, h *host) *measure {
	t.Helper()
	if r.ofHost[h] == nil {
		text := h.ask(t, "GET", "/instances/admin/private/openapi.json", "").body
		if r.measures[string(text)] == nil {
			r.measures[string(text)] = newMeasure(t, text)
		}
		r.ofHost[h] = r.measures[string(text)]
	}
	return r.ofHost[h]
}

// newMeasure reads a description, without its servers: scripts name paths below
// them.
func newMeasure(t testing.TB, text []byte) *measure {
	t.Helper()
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil {
		t.Fatalf("the description is no JSON: %v: %s", err, shortened(string(text)))
	}
	delete(members, "servers")
	without, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	document, err := libopenapi.NewDocument(without)
	if err != nil {
		t.Fatal(err)
	}
	model, err := document.BuildV3Model()
	if err != nil {
		t.Fatal(err)
	}
	return &measure{
		model:    &model.Model,
		requests: validator.NewValidatorFromV3Model(&model.Model),
		answers:  validator.NewValidatorFromV3Model(&model.Model, config.WithStrictMode(), config.WithStrictIgnoredHeadersExtra("x-content-type-options")),
	}
}

// check tells in what a step's request and answer are not as described. Without a
// reading there is nothing to tell.
func (r *reading) check(t testing.TB, h *host, sent scriptRequest, got answer) (wrong []string) {
	t.Helper()
	request, err := sent.plain()
	if r == nil || err != nil { // no URL, so no path of any operation
		return nil
	}
	j := r.measure(t, h)
	add := func(format string, args ...any) { wrong = append(wrong, "O3: "+fmt.Sprintf(format, args...)) }
	item, missing, _ := paths.FindPath(request, j.model, nil)
	var refused struct{ Field, Parameter, Path, Detail string }
	_ = json.Unmarshal(got.body, &refused)
	// The router takes a slash at the end for none.
	isKnown := item != nil && len(missing) == 0 && !strings.HasSuffix(request.URL.Path, "/")
	switch {
	case !isKnown && sent.method == http.MethodHead: // without a body
		return nil
	case !isKnown:
		return j.checkUnknown(got)
	case got.StatusCode == http.StatusMethodNotAllowed || refused.Path != "":
		add("it is described, but there is no such operation")
		return wrong
	}
	name := helpers.ExtractOperation(request, item).OperationId
	if sent.method != http.MethodHead {
		r.seen[fmt.Sprintf("%s %d", name, got.StatusCode)] = true
		by := j.answers
		if name == "getConfig" || name == "getDescription" {
			by = j.requests // what is strict does not know objects with any names
		}
		if ok, errs := by.ValidateHttpResponse(request, got.whole()); !ok {
			add("the answer is not as described: %s", told(errs))
		}
	}
	request, _ = sent.plain()
	ok, errs := j.requests.ValidateHttpRequestSync(request)
	switch {
	case got.StatusCode < 400 && !ok:
		add("the request was accepted, but is not as described: %s", told(errs))
	case got.StatusCode == http.StatusBadRequest && refused.Field+refused.Parameter != "" && ok && !r.excuses(refused.Detail, sent):
		add("the request was refused, but is as described: %s", refused.Detail)
	}
	return wrong
}

// checkUnknown tells what is wrong with the answer to a request that is described
// nowhere: the components say what such answers are.
func (j *measure) checkUnknown(got answer) []string {
	name := fmt.Sprintf("%d-%d", got.StatusCode, got.code())
	response := j.model.Components.Responses.GetOrZero(name)
	if response == nil || name != "405-20" && name != "404-21" {
		return []string{"O3: not described, but answered with " + name}
	}
	schema := response.Content.GetOrZero("application/json").Schema.Schema()
	if ok, errs := schema_validation.NewSchemaValidator().ValidateSchemaBytes(schema, got.body); !ok {
		return []string{"O3: the answer is not as described: " + told(errs)}
	}
	return nil
}

// unforeseen are what a request can be refused for although it is as described:
// how the refusal's detail, the path and the body read, a line each, and why the
// description can not say it.
var unforeseen = []struct {
	form   *regexp.Regexp
	reason string
}{
	{regexp.MustCompile(`not Unicode text|ID of an order(?s:.*)(?:%ff|\\udc00)|^limit(?s:.*)=%zz`), "a schema sees what was decoded"},
	{regexp.MustCompile(`^Line \d|^The body is (?:not )?valid JSON|filled in|written as JSON`), "a template is no regular language"},
	{regexp.MustCompile(`special network|another spelling|ends in a number|network card`), "no pattern tells public addresses"},
	{regexp.MustCompile(`host name|port is not|two hexadecimal`), "no pattern tells host names"},
	{regexp.MustCompile(`^[^\n]*At most [\d,]+ are allowed(?s:.*)ü`), "a schema counts characters and not bytes"},
	{regexp.MustCompile(`“to” is before “from”`), "a schema compares no two values"},
	{regexp.MustCompile(`given more than once`), "of a parameter that is given twice one is judged"},
}

// excuses reports whether a refusal is one of those.
func (r *reading) excuses(detail string, sent scriptRequest) bool {
	for _, u := range unforeseen {
		if u.form.MatchString(detail + "\n" + sent.path + "\n" + sent.body) {
			r.excused[u.reason] = true
			return true
		}
	}
	return false
}

// unseen are answers that the description names and no script can show.
var unseen = regexp.MustCompile(` 500$`) // faults of the server: R5's tests make them

// checkAll tells what of the description no script has shown, and which excuse
// none has needed.
func (r *reading) checkAll(t *testing.T) {
	named := map[string]bool{}
	for _, j := range r.measures {
		for _, item := range j.model.Paths.PathItems.FromOldest() {
			for _, operation := range item.GetOperations().FromOldest() {
				for status := range operation.Responses.Codes.KeysFromOldest() {
					named[operation.OperationId+" "+status] = true
				}
			}
		}
	}
	if len(named) < 100 {
		t.Errorf("the description names %d answers: this test sees too few", len(named))
	}
	for _, answer := range slices.Sorted(maps.Keys(named)) {
		if r.seen[answer] == unseen.MatchString(answer) {
			t.Errorf("%s: described, and seen in a script: %t", answer, r.seen[answer])
		}
	}
	for _, u := range unforeseen {
		if !r.excused[u.reason] {
			t.Errorf("no script needs the excuse %q", u.reason)
		}
	}
}

// plain is the request without what the description says once for all: the
// instance before the path, compression, and a body's Content-Type. HEAD is GET.
func (r scriptRequest) plain() (*http.Request, error) {
	path := r.path
	if rest, named := strings.CutPrefix(path, "/instances/"); named {
		_, path, _ = strings.Cut(rest, "/")
		path = "/" + path
	}
	target, err := url.ParseRequestURI(path)
	if err != nil {
		return nil, err
	}
	method := r.method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	request := &http.Request{Method: method, URL: target, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(r.body))}
	request.Header.Set("Authorization", "Bearer secret-token:all")
	if r.body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	return request, nil
}

// whole is the answer as if it had not been read.
func (a answer) whole() *http.Response {
	response := *a.Response
	response.Body = io.NopCloser(bytes.NewReader(a.body))
	return &response
}

// told are errors in a line.
func told(errs []*errors.ValidationError) string {
	var lines []string
	for _, err := range errs {
		lines = append(lines, err.Message+": "+err.Reason)
		for _, failure := range err.SchemaValidationErrors {
			lines = append(lines, failure.Error())
		}
	}
	return shortened(strings.Join(lines, "; "))
}
