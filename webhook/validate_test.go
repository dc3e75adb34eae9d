package webhook

import (
	"net/http"
	"strings"
	"testing"
)

// valid is an input that nothing is wrong with.
func valid() Input {
	return Input{
		WebhookID:  Value{Text: "erp"},
		EventType:  Value{Text: "pay"},
		URL:        Value{Text: "https://erp.example.com/hook"},
		HTTPMethod: Value{Text: "POST"},
	}
}

func policy(t testing.TB, extra ...EventType) Policy {
	t.Helper()
	events, err := NewCatalogue(extra...)
	if err != nil {
		t.Fatal(err)
	}
	return Policy{EventTypes: events}
}

func TestValidate(t *testing.T) {
	long := func(s string, n int) string { return strings.Repeat(s, n) }
	tests := []struct {
		name   string
		change func(*Input)
		field  string // empty: accepted
		key    string
	}{
		{"V7 nothing is wrong", func(*Input) {}, "", ""},

		{"C6 no ID", func(in *Input) { in.WebhookID.Text = "" }, "webhook_id", "webhook_id.missing"},
		{"C6 an ID that is a number", func(in *Input) { in.WebhookID = Value{JSONType: "number"} }, "webhook_id", "json.type"},
		{"C6 no event", func(in *Input) { in.EventType.Text = "" }, "event_type", "event_type.missing"},
		{"C6 no address", func(in *Input) { in.URL.Text = "" }, "url", "url.missing"},
		{"C6 no method", func(in *Input) { in.HTTPMethod.Text = "" }, "http_method", "http_method.missing"},
		{"C6 an event that is a number", func(in *Input) { in.EventType = Value{JSONType: "number"} }, "event_type", "json.type"},
		{"C6 an address that is a number", func(in *Input) { in.URL = Value{JSONType: "number"} }, "url", "json.type"},
		{"C6 headers that are an object", func(in *Input) { in.HeaderTemplate = Value{JSONType: "object"} }, "header_template", "json.type"},
		{"C6 a body that is an array", func(in *Input) { in.BodyTemplate = Value{JSONType: "array"} }, "body_template", "json.type"},

		{"C7 an ID that is not UTF-8", func(in *Input) { in.WebhookID.Text = "a\xff" }, "webhook_id", "webhook_id.encoding"},
		{"C7 half a surrogate pair in a body", func(in *Input) { in.BodyTemplate.Text = "a\xed\xa0\x80" }, "body_template", "body_template.encoding"},
		{"C7 a NUL in the headers", func(in *Input) { in.HeaderTemplate.Text = "A: b\nC: \x00" }, "header_template", "header_template.invisible"},
		{"C7 an escape in the body", func(in *Input) { in.BodyTemplate.Text = "\x1b" }, "body_template", "body_template.invisible"},
		{"C7 a C1 control in the body", func(in *Input) { in.BodyTemplate.Text = "\u0085" }, "body_template", "body_template.invisible"},
		{"C7 tab and line breaks in a body", func(in *Input) { in.BodyTemplate.Text = "\t\r\n\n" }, "", ""},

		{"C10 128 characters", func(in *Input) { in.WebhookID.Text = long("ü", 128) }, "", ""},
		{"C10 129 characters", func(in *Input) { in.WebhookID.Text = long("ü", 129) }, "webhook_id", "webhook_id.too_long"},
		{"C10 every printable character", func(in *Input) { in.WebhookID.Text = `a +%ü:?#&=;"'<>中🙂` }, "", ""},
		{"C10 a slash", func(in *Input) { in.WebhookID.Text = "a/b" }, "webhook_id", "webhook_id.character"},
		{"C10 a backslash", func(in *Input) { in.WebhookID.Text = `a\b` }, "webhook_id", "webhook_id.character"},
		{"C10 one dot", func(in *Input) { in.WebhookID.Text = "." }, "webhook_id", "webhook_id.dots"},
		{"C10 two dots", func(in *Input) { in.WebhookID.Text = ".." }, "webhook_id", "webhook_id.dots"},
		{"C10 three dots", func(in *Input) { in.WebhookID.Text = "..." }, "", ""},
		{"C10 a space in front", func(in *Input) { in.WebhookID.Text = " a" }, "webhook_id", "webhook_id.space"},
		{"C10 a space behind", func(in *Input) { in.WebhookID.Text = "a " }, "webhook_id", "webhook_id.space"},
		{"C10 a line break", func(in *Input) { in.WebhookID.Text = "a\n" }, "webhook_id", "webhook_id.invisible"},
		{"C10 a space of no width", func(in *Input) { in.WebhookID.Text = "a\u200bb" }, "webhook_id", "webhook_id.invisible"},
		{"C10 a space that does not break", func(in *Input) { in.WebhookID.Text = "a\u00a0b" }, "webhook_id", "webhook_id.invisible"},

		{"V1 an event that there is not", func(in *Input) { in.EventType.Text = "paid" }, "event_type", "event_type.unknown"},
		{"V1 an event in another case", func(in *Input) { in.EventType.Text = "Pay" }, "event_type", "event_type.unknown"},

		{"V4 any case", func(in *Input) { in.HTTPMethod.Text = "pOsT" }, "", ""},
		{"V4 a method that there is not", func(in *Input) { in.HTTPMethod.Text = "TRACE" }, "http_method", "http_method.unknown"},
		{"V4 a letter that folds to one of POST", func(in *Input) { in.HTTPMethod.Text = "POſT" }, "http_method", "http_method.unknown"},
		{"V4 a method with a space", func(in *Input) { in.HTTPMethod.Text = "POST " }, "http_method", "http_method.unknown"},

		{"V5 256 KiB", func(in *Input) { in.BodyTemplate.Text = long("a", 256<<10) }, "", ""},
		{"V5 256 KiB and a byte", func(in *Input) { in.BodyTemplate.Text = long("a", 256<<10+1) }, "body_template", "body_template.too_long"},
		{"V5 16 KiB of headers", func(in *Input) { in.HeaderTemplate.Text = "A: " + long("a", 16<<10-3) }, "", ""},
		{"V5 16 KiB and a byte of headers", func(in *Input) { in.HeaderTemplate.Text = "A: " + long("a", 16<<10-2) }, "header_template", "header_template.too_long"},
		{"V5 a body with a section", func(in *Input) {
			in.BodyTemplate.Text = "[{{#contract_terms.products}}1,{{/contract_terms.products}}0]"
		}, "", ""},
		{"V6 headers are judged as the example expands them", func(in *Input) { in.HeaderTemplate.Text = "{{order_id}}" }, "header_template", "header_template.form"},
		{"V1 V6 headers are not expanded without an event", func(in *Input) { in.EventType.Text, in.HeaderTemplate.Text = "paid", "{{order_id}}: a" }, "event_type", "event_type.unknown"},
		{"V9 a body over the budget", func(in *Input) {
			in.BodyTemplate.Text = long("{{#contract_terms.products}}", 30) + "x" + long("{{/contract_terms.products}}", 30)
		}, "body_template", "body_template.budget"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			in := valid()
			test.change(&in)
			w, problems := Validate(in, policy(t))
			if test.field == "" {
				if len(problems) > 0 {
					t.Fatalf("refused: %v", problems.First())
				}
				if w.ID != in.WebhookID.Text || w.BodyTemplate != in.BodyTemplate.Text || w.HeaderTemplate != in.HeaderTemplate.Text {
					t.Errorf("changed %+v to %+v", in, w)
				}
				return
			}
			if len(problems) != 1 {
				t.Fatalf("%d problems: %v", len(problems), problems)
			}
			problem := problems.First()
			if problem.Code != CodeJSONInvalid || problem.Field != test.field || problem.Message.Key != test.key {
				t.Errorf("code %d, field %q, key %q; want 22, %q, %q", problem.Code, problem.Field, problem.Message.Key, test.field, test.key)
			}
			if text := problem.Detail(); text == test.key || strings.ContainsAny(text, "\x00\n") {
				t.Errorf("the message has no words: %q", text)
			}
			if w != (Webhook{}) {
				t.Errorf("a webhook came with the problem: %+v", w)
			}
		})
	}
}

func TestValidateAll(t *testing.T) {
	t.Run("V7 all fields at once, in their order", func(t *testing.T) {
		_, problems := Validate(Input{
			URL:            Value{Text: "ftp://x.example"},
			HTTPMethod:     Value{Text: "SEND"},
			HeaderTemplate: Value{Text: "{{#a}}"},
			BodyTemplate:   Value{Text: "{{> a}}"},
		}, policy(t))
		var fields []string
		for _, problem := range problems {
			fields = append(fields, problem.Field)
		}
		want := "webhook_id event_type url http_method header_template body_template"
		if got := strings.Join(fields, " "); got != want {
			t.Errorf("problems of %q, want %q", got, want)
		}
	})
	t.Run("V1 the message lists what is allowed, the host's own too", func(t *testing.T) {
		in := valid()
		in.EventType.Text = "paid"
		_, problems := Validate(in, policy(t, EventType{Name: "stocktaking"}))
		for _, name := range []string{"“paid”", "order_created", "inventory_updated", "stocktaking"} {
			if !strings.Contains(problems.First().Detail(), name) {
				t.Errorf("%q does not name %s", problems.First().Detail(), name)
			}
		}
	})
	t.Run("V4 the method is stored in upper case", func(t *testing.T) {
		in := valid()
		in.HTTPMethod.Text = "patch"
		if w, _ := Validate(in, policy(t)); w.HTTPMethod != "PATCH" {
			t.Errorf("stored %q", w.HTTPMethod)
		}
	})
	t.Run("V7 numbers are written as English does", func(t *testing.T) {
		in := valid()
		in.URL.Text = "https://x.example/" + strings.Repeat("a", 3000)
		_, problems := Validate(in, policy(t))
		if want := "The address has 3,018 bytes. At most 2,048 are allowed."; problems.First().Detail() != want {
			t.Errorf("%q, want %q", problems.First().Detail(), want)
		}
	})
	t.Run("V5 V7 sizes are rounded up", func(t *testing.T) {
		in := valid()
		in.BodyTemplate.Text = strings.Repeat("a", 256<<10+1)
		_, problems := Validate(in, policy(t))
		if want := "The body has 257 KiB. At most 256 are allowed."; problems.First().Detail() != want {
			t.Errorf("%q, want %q", problems.First().Detail(), want)
		}
	})
	t.Run("C7 the line of what can not be seen is told", func(t *testing.T) {
		in := valid()
		in.BodyTemplate.Text = "a\nb\r\nc\x1b"
		_, problems := Validate(in, policy(t))
		if detail := problems.First().Detail(); !strings.Contains(detail, "U+001B") || !strings.Contains(detail, "line 3") {
			t.Errorf("%q does not tell U+001B and line 3", detail)
		}
	})
	t.Run("V7 what is shown of long words is cut", func(t *testing.T) {
		in := valid()
		in.EventType.Text = strings.Repeat("ü", 100_000)
		_, problems := Validate(in, policy(t))
		if n := len(problems.First().Detail()); n > 500 {
			t.Errorf("the message has %d bytes", n)
		}
	})
}

func TestH4_ValidInstanceID(t *testing.T) {
	for id, want := range map[string]bool{
		"admin": true, "0": true, "9": true, "a": true, "z": true, "A": true, "Z": true, "a_b.c@d-e": true, strings.Repeat("a", 128): true,
		"": false, "_a": false, ".a": false, "@a": false, "-a": false, "a b": false, "a/b": false, "ü": false,
		"a\x00": false, "a\n": false, "a[": false, "a`": false, strings.Repeat("a", 129): false,
	} {
		if got := ValidInstanceID(id); got != want {
			t.Errorf("H4 ValidInstanceID(%q) = %t, want %t", id, got, want)
		}
	}
}

// TestCodes holds the table against SPEC's: a code's number, name and status.
func TestCodes(t *testing.T) {
	want := map[Code]struct {
		name   string
		status int
	}{
		16:   {"GENERIC_TOKEN_PERMISSION_INSUFFICIENT", http.StatusForbidden},
		20:   {"GENERIC_METHOD_INVALID", http.StatusMethodNotAllowed},
		21:   {"GENERIC_ENDPOINT_UNKNOWN", http.StatusNotFound},
		22:   {"GENERIC_JSON_INVALID", http.StatusBadRequest},
		26:   {"GENERIC_PARAMETER_MALFORMED", http.StatusBadRequest},
		28:   {"GENERIC_COMPRESSION_INVALID", http.StatusBadRequest},
		32:   {"GENERIC_UPLOAD_EXCEEDS_LIMIT", http.StatusRequestEntityTooLarge},
		44:   {"GENERIC_FORBIDDEN", http.StatusForbidden},
		51:   {"GENERIC_DB_START_FAILED", http.StatusInternalServerError},
		52:   {"GENERIC_DB_STORE_FAILED", http.StatusInternalServerError},
		53:   {"GENERIC_DB_FETCH_FAILED", http.StatusInternalServerError},
		54:   {"GENERIC_DB_COMMIT_FAILED", http.StatusInternalServerError},
		55:   {"GENERIC_DB_SOFT_FAILURE", http.StatusInternalServerError},
		60:   {"GENERIC_INTERNAL_INVARIANT_FAILURE", http.StatusInternalServerError},
		2000: {"MERCHANT_GENERIC_INSTANCE_UNKNOWN", http.StatusNotFound},
		2015: {"MERCHANT_GENERIC_UNAUTHORIZED", http.StatusUnauthorized},
		2019: {"MERCHANT_GENERIC_WEBHOOK_UNKNOWN", http.StatusNotFound},
		2900: {"MERCHANT_PRIVATE_POST_WEBHOOKS_CONFLICT_WEBHOOK_EXISTS", http.StatusConflict},
	}
	t.Run("R7 one table", func(t *testing.T) {
		if len(codes) != len(want) {
			t.Errorf("the table has %d codes, want %d", len(codes), len(want))
		}
		hints := map[string]Code{}
		for code, row := range want {
			if code.String() != row.name || code.Status() != row.status {
				t.Errorf("%d is %s, %d; want %s, %d", code, code, code.Status(), row.name, row.status)
			}
			if other, taken := hints[code.Hint()]; taken || code.Hint() == "" {
				t.Errorf("the hint of %d is empty, or that of %d", code, other)
			}
			hints[code.Hint()] = code
		}
	})
	t.Run("R7 a code that the table lacks is a fault of ours", func(t *testing.T) {
		if got := Code(1).Status(); got != http.StatusInternalServerError {
			t.Errorf("status %d", got)
		}
	})
}

// FuzzValidate gives all fields at once what strangers may send. Whatever it
// is, the verdict has a field and words, and what is accepted is accepted
// again as it is stored.
func FuzzValidate(f *testing.F) {
	f.Add("erp", "pay", "https://erp.example.com/", "post", "A: {{order_id}}", "{{{contract_terms}}}")
	f.Add("", "", "", "", "", "")                                                        // everything is missing
	f.Add("a\xff", "refund", "http://[::1]:80/#", "GET ", "{{#a}}", "{{> b}}")           // everything is wrong
	f.Add("ü", "order_settled", "https://münchen.example/", "delete", "\r\n\n", "{{x}}") // Unicode
	p := policy(f)
	f.Fuzz(func(t *testing.T, id, event, url, method, headers, body string) {
		w, problems := Validate(Input{
			WebhookID: Value{Text: id}, EventType: Value{Text: event}, URL: Value{Text: url},
			HTTPMethod: Value{Text: method}, HeaderTemplate: Value{Text: headers}, BodyTemplate: Value{Text: body},
		}, p)
		for _, problem := range problems {
			if problem.Field == "" || problem.Code != CodeJSONInvalid {
				t.Errorf("no field, or another code: %v", problem)
			}
			if _, known := english[problem.Message.Key]; !known {
				t.Errorf("no words for %q", problem.Message.Key)
			}
		}
		if len(problems) > 0 {
			return
		}
		again, problems := Validate(Input{
			WebhookID: Value{Text: w.ID}, EventType: Value{Text: w.EventType}, URL: Value{Text: w.URL},
			HTTPMethod: Value{Text: w.HTTPMethod}, HeaderTemplate: Value{Text: w.HeaderTemplate}, BodyTemplate: Value{Text: w.BodyTemplate},
		}, p)
		if len(problems) > 0 || again != w {
			t.Errorf("accepted %+v, then %+v, %v", w, again, problems)
		}
	})
}
