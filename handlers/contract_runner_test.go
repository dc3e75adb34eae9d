package handlers_test

import (
	"net/http"
	"reflect"
	"strings"
	"testing"
)

// TestRunnerSeesWhatIsWrong holds that scripts can fail: each answer but the
// first is wrong in one thing.
func TestRunnerSeesWhatIsWrong(t *testing.T) {
	const refusal = `{"code":2019,"hint":"There is no such webhook in this instance.","detail":"a"}`
	tests := []struct {
		name   string
		answer string // a paragraph's answer
		status int
		header string // beside the two of R8, and the JSON's Content-Type
		body   string
		wrong  string // what is said of it
	}{
		{"as the script says", `=> 404 {"code":2019, "detail":"a", "field":<absent>}`, 404, "", refusal, ""},
		{"another status", `=> 404 {"code":2019}`, 400, "", refusal, "want status 404"},
		{"another code", `=> 404 {"code":2000}`, 404, "", refusal, "code is 2019"},
		{"a member is missing", `=> 404 {"field":"url"}`, 404, "", refusal, "field is"},
		{"a member is there", `=> 404 {"detail":<absent>}`, 404, "", refusal, "detail is"},
		{"a part is missing", `=> 404 {"detail":<contains b>}`, 404, "", refusal, "detail is"},
		{"one member too many", `=> 200 {"a":1}`, 200, "", `{"a":1,"b":2}`, `there is a member "b"`},
		{"a number that is a string", `=> 200 {"a":1}`, 200, "", `{"a":"1"}`, "a is 1"},
		{"another order", `=> 200 {"a":[1,2]}`, 200, "", `{"a":[2,1]}`, "a is"},
		{"as said within", `=> 200 {"a":[{"b":<any>, "c":<contains x>, "d":<absent>}, 2]}`, 200, "", `{"a":[{"b":null,"c":"xy"},2]}`, ""},
		{"a member within is missing", `=> 200 {"a":[{"b":<any>}]}`, 200, "", `{"a":[{}]}`, "a is"},
		{"a member within too many", `=> 200 {"a":[{"b":<any>}]}`, 200, "", `{"a":[{"b":1,"c":2}]}`, "a is"},
		{"a member within is there", `=> 200 {"a":{"b":<absent>}}`, 200, "", `{"a":{"b":1}}`, "a is"},
		{"a part within is missing", `=> 200 {"a":{"b":<contains x>}}`, 200, "", `{"a":{"b":"y"}}`, "a is"},
		{"no object within", `=> 200 {"a":{}}`, 200, "", `{"a":[]}`, "a is"},
		{"one item too many", `=> 200 {"a":[<any>]}`, 200, "", `{"a":[1,2]}`, "a is"},
		{"two values", `=> 200 {"a":1}`, 200, "", `{"a":1}{}`, "not JSON"},
		{"a body", `=> 200 (empty)`, 200, "", `{}`, "empty body"},
		{"a body of 204", `=> 204`, 204, "Content-Type:", `x`, "empty body"},
		{"another header", "=> 200 {}\nAllow: GET, HEAD", 200, "Allow: GET", `{}`, "Allow: GET, want GET, HEAD"},
		{"a header", "=> 200 {}\nLink: <absent>", 200, "Link: <x>", `{}`, "Link: <x>"},
		{"cached", "=> 200 {}", 200, "Cache-Control: max-age=1", `{}`, "R8: Cache-Control"},
		{"sniffed", "=> 200 {}", 200, "X-Content-Type-Options:", `{}`, "R8: X-Content-Type-Options"},
		{"HTML", "=> 200 {}", 200, "Content-Type: text/html", `{}`, "R8: Content-Type"},
		{"a code that is not in the table", `=> 404 {"code":7}`, 404, "", `{"code":7,"hint":"x"}`, "R7: code 7"},
		{"a code with another's status", `=> 409 {"code":2019}`, 409, "", refusal, "R7: code 2019"},
		{"a hint that is not the code's", `=> 404 {"code":2019}`, 404, "", `{"code":2019,"hint":"Gone."}`, "R7: the hint"},
		{"no hint", `=> 404 {"code":2019}`, 404, "", `{"code":2019}`, "R7: the hint"},
		{"an empty member", `=> 404 {"code":2019}`, 404, "", strings.Replace(refusal, `"a"`, `""`, 1), `R1: a refusal has the member "detail"`},
		{"a member that nobody knows", `=> 404 {"code":2019}`, 404, "", strings.Replace(refusal, `detail`, `cause`, 1), `R1: a refusal has the member "cause"`},
		{"the database's own words", `=> 404 {"code":2019}`, 404, "", strings.Replace(refusal, `"a"`, `"pq: syntax error"`, 1), "R5: detail holds"},
		{"a key for a message", `=> 404 {"code":2019}`, 404, "", strings.Replace(refusal, `"a"`, `"url.scheme"`, 1), "V7: detail"},
		{"401 that asks for nothing", `=> 401 {"code":2015}`, 401, "", `{"code":2015,"hint":"The request lacks valid credentials."}`, "R2: WWW-Authenticate"},
		{"405 without Allow", `=> 405 {"code":20}`, 405, "", `{"code":20,"hint":"The HTTP method is not allowed for this endpoint."}`, "R1: Allow"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			st, err := parseParagraph("GET /private/webhooks\n"+test.answer, 1)
			if err != nil {
				t.Fatal(err)
			}
			response := &http.Response{StatusCode: test.status, Header: http.Header{
				"Cache-Control":          {"no-store"},
				"X-Content-Type-Options": {"nosniff"},
				"Content-Type":           {"application/json"},
			}}
			if name, value, found := strings.Cut(test.header, ":"); found {
				response.Header.Set(name, strings.TrimSpace(value))
			}
			got := answer{response, []byte(test.body)}
			said := append(st.want.compare(got), standingChecks(got, http.MethodGet, contractCodes(t))...)
			if all := strings.Join(said, "; "); test.wrong == "" && len(said) > 0 || !strings.Contains(all, test.wrong) {
				t.Errorf("said of it is %q, want %q", all, test.wrong)
			}
		})
	}
}

func TestScriptsAreReadAsWritten(t *testing.T) {
	st, err := parseParagraph(`# a remark
POST /private/webhooks/$(repeat ab 3)\xff
x-a: b
Authorization: (none)
(gzip)
(until so)
(chunked)
{"webhook_id":"a", "url":"ftp://x", ...}
 {"header: no":1}
=> 409 {"code":2900,
 "detail":"a"}
Allow: GET`, 10)
	if err != nil {
		t.Fatal(err)
	}
	want := step{
		line: 11,
		request: scriptRequest{
			method:    "POST",
			path:      "/private/webhooks/ababab\xff",
			header:    [][2]string{{"X-A", "b"}, {"Authorization", "(none)"}},
			treatment: []string{"gzip", "until so", "chunked"},
			body:      `{"webhook_id":"a", "url":"ftp://x", "event_type":"pay", "http_method":"POST"}` + "\n" + ` {"header: no":1}`,
		},
		want: scriptAnswer{status: 409, header: [][2]string{{"Allow", "GET"}}, json: "{\"code\":2900,\n \"detail\":\"a\"}"},
	}
	if !reflect.DeepEqual(st, want) {
		t.Errorf("read as %#v,\nwant %#v", st, want)
	}
	for _, wrong := range []string{"GET /private/webhooks", "get /private/webhooks\n=> 200 {}", "=> 200 {}", "a remark"} {
		if _, err := parseParagraph(wrong, 1); err == nil {
			t.Errorf("%q is taken for a step", wrong)
		}
	}
}
