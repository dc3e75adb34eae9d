package handlers_test

import (
	"encoding/hex"
	"fmt"
	"net/textproto"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// A script holds one entry of CONTRACT.md by requests and the answers to them.
// It is a text of paragraphs:
//
//	C3: the same ID with any field different is refused        its name, and what it shows
//
//	# a remark
//
//	host: MaxWebhooks = 3; Currency = EUR                      how the host is configured from here on
//
//	POST /private/webhooks                                     a request: method, path below the group as on the wire,
//	Content-Encoding: gzip                                     headers,
//	(gzip)                                                     what is done to the body,
//	{"webhook_id":"a", ...}                                    the body
//	=> 409 {"code":2900}                                       the answer: status, JSON,
//	Allow: GET, HEAD                                           headers
//
// Requests carry "Authorization: Bearer secret-token:all" unless they say
// otherwise; "(none)" as a value sends no such header. In a request,
// "\xff" is one byte, "$(repeat ab 3)" is "ababab", and ", ...}" stands for
// those of event_type, url and http_method that the object does not hold, so
// that it makes a webhook. "<next>" as the path is where the last answer's Link
// leads, "<location>" at its beginning where the last Location led. "<receiver>"
// in a body is the address of a receiver: its paths begin with the status that
// it answers, and its answers hold what it got. The body can be "(gzip)", "(zlib)", "(deflate)" or "(cut)" (its last
// 9 bytes are missing), several in turn; sent "(chunked)", or not at all:
// "(headers only)". With "(until so)" a request is made again and again until its
// answer is as the script says: a host that sends takes a moment.
//
// A JSON answer below 400 must be equal to the script's; at 400 and above the
// members that the script names must be. A value can be <absent>,
// <any> or <contains some text>. "(empty)" is an empty body, which
// 204 always has. In the value of a header, * is any text. What every answer
// must have besides (standing checks) is not written in scripts.
type script struct {
	name  string
	title string
	steps []step
}

// A step is a request with its answer, or new settings for the host.
type step struct {
	line     int
	settings []string
	request  scriptRequest
	want     scriptAnswer
}

type scriptRequest struct {
	method, path string
	header       [][2]string
	treatment    []string
	body         string
}

type scriptAnswer struct {
	status int
	header [][2]string
	empty  bool
	json   string
}

func readScript(name string) (script, error) {
	file := filepath.Join("testdata", "api", name+".txt")
	text, err := os.ReadFile(file)
	if err != nil {
		return script{}, err
	}
	s := script{name: name}
	title, rest, _ := strings.Cut(string(text), "\n")
	if s.title, _ = strings.CutPrefix(title, name+": "); s.title == title {
		return s, fmt.Errorf("%s:1: begins with %q, want %q", file, title, name+": …")
	}
	line := 2
	for paragraph := range strings.SplitSeq(rest, "\n\n") {
		st, err := parseParagraph(paragraph, line)
		if err != nil {
			return s, fmt.Errorf("%s:%d: %w", file, st.line, err)
		}
		if st.settings != nil || st.request.method != "" {
			s.steps = append(s.steps, st)
		}
		line += strings.Count(paragraph, "\n") + 2
	}
	return s, nil
}

var (
	requestLine = regexp.MustCompile(`^([A-Z]+) ([/<].*)$`)
	headerLine  = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9-]*):(?: (.*))?$`)
	answerLine  = regexp.MustCompile(`^=> (\d{3})(?: (.*))?$`)
	treatment   = regexp.MustCompile(`^\((gzip|zlib|deflate|cut|chunked|headers only|until so)\)$`)
)

// parseParagraph reads one step; a paragraph of remarks gives an empty one.
func parseParagraph(paragraph string, line int) (step, error) {
	st := step{line: line}
	var body, wantJSON []string
	for i, text := range strings.Split(paragraph, "\n") {
		answered := st.want.status != 0
		header := headerLine.FindStringSubmatch(text)
		switch {
		case st.request.method == "":
			st.line = line + i
			if text == "" || strings.HasPrefix(text, "#") {
				continue
			}
			if settings, found := strings.CutPrefix(text, "host: "); found {
				st.settings = strings.Split(settings, "; ")
				continue
			}
			m := requestLine.FindStringSubmatch(text)
			if m == nil {
				return st, fmt.Errorf("no request: %q", text)
			}
			st.request.method, st.request.path = m[1], expand(m[2])
		case answerLine.MatchString(text) && !answered:
			m := answerLine.FindStringSubmatch(text)
			st.want.status, _ = strconv.Atoi(m[1])
			wantJSON = append(wantJSON, m[2])
		case answered && header != nil:
			st.want.header = append(st.want.header, [2]string{header[1], header[2]})
		case answered:
			wantJSON = append(wantJSON, text)
		case len(body) == 0 && treatment.MatchString(text):
			st.request.treatment = append(st.request.treatment, treatment.FindStringSubmatch(text)[1])
		case len(body) == 0 && header != nil:
			st.request.header = append(st.request.header, [2]string{textproto.CanonicalMIMEHeaderKey(header[1]), expand(header[2])})
		default:
			body = append(body, text)
		}
	}
	if st.request.method != "" && st.want.status == 0 {
		return st, fmt.Errorf("a request without an answer")
	}
	st.request.body = expand(strings.Join(body, "\n"))
	st.want.json = strings.TrimSpace(strings.Join(wantJSON, "\n"))
	if st.want.json == "(empty)" || st.want.status == 204 {
		st.want.empty, st.want.json = true, strings.TrimPrefix(st.want.json, "(empty)")
	}
	return st, nil
}

var (
	repeated = regexp.MustCompile(`\$\(repeat (.+?) (\d+)\)`)
	rawByte  = regexp.MustCompile(`\\x[0-9a-f]{2}`)
)

// theRest are the members that ", ...}" stands for.
var theRest = [][2]string{
	{"event_type", `"pay"`},
	{"url", `"https://example.com/hook"`},
	{"http_method", `"POST"`},
}

// expand replaces what stands for something else in a request.
func expand(text string) string {
	if before, after, found := strings.Cut(text, ", ...}"); found {
		for _, member := range theRest {
			if !strings.Contains(text, `"`+member[0]+`":`) {
				before += `, "` + member[0] + `":` + member[1]
			}
		}
		text = before + "}" + after
	}
	text = repeated.ReplaceAllStringFunc(text, func(s string) string {
		m := repeated.FindStringSubmatch(s)
		n, _ := strconv.Atoi(m[2])
		return strings.Repeat(m[1], n)
	})
	return rawByte.ReplaceAllStringFunc(text, func(s string) string {
		b, _ := hex.DecodeString(s[2:])
		return string(b)
	})
}
