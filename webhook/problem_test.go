package webhook

import (
	"errors"
	"io"
	"testing"
)

// TestProblem holds what the log is told, and that the API is told less.
func TestProblem(t *testing.T) {
	for _, c := range []struct {
		name           string
		problem        Problem
		logged, detail string
	}{
		{
			"R7 a code alone",
			Problem{Code: CodeUnauthorized},
			"MERCHANT_GENERIC_UNAUTHORIZED", "",
		},
		{
			"V7 a field and what is wrong with it",
			Problem{Code: CodeJSONInvalid, Field: FieldURL, Message: Say("url.missing")},
			"GENERIC_JSON_INVALID url: url.missing", Say("url.missing").English(),
		},
		{
			"R1 a path",
			Problem{Code: CodeEndpointUnknown, Path: "/private/webhooks/a/b"},
			"GENERIC_ENDPOINT_UNKNOWN /private/webhooks/a/b", "",
		},
		{
			"R5 the cause is for the log alone",
			Problem{Code: CodeDBStoreFailed, Subject: "shop", Cause: io.ErrUnexpectedEOF},
			"GENERIC_DB_STORE_FAILED shop: unexpected EOF", "shop",
		},
		{
			"R5 a parameter, a message and a cause",
			Problem{Code: CodeParameterMalformed, Parameter: "limit", Message: Say("parameter.offset"), Cause: io.ErrUnexpectedEOF},
			"GENERIC_PARAMETER_MALFORMED limit: parameter.offset: unexpected EOF", Say("parameter.offset").English(),
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.problem.Error(); got != c.logged {
				t.Errorf("the log is told %q, want %q", got, c.logged)
			}
			if got := c.problem.Detail(); got != c.detail {
				t.Errorf("the detail is %q, want %q", got, c.detail)
			}
			if !errors.Is(&c.problem, c.problem.Cause) && c.problem.Cause != nil {
				t.Errorf("%v does not lead to its cause", &c.problem)
			}
		})
	}
}

func TestV7_FirstOfNone(t *testing.T) {
	if p := (Problems{}).First(); p != nil {
		t.Errorf("where nothing is wrong the first problem is %v", p)
	}
}

func TestV7_EnglishNumbers(t *testing.T) {
	for n, want := range map[int]string{
		0: "0", 999: "999", 1000: "1,000", 123456: "123,456", 1234567: "1,234,567", -5: "-5", -123: "-123", -1234: "-1,234",
	} {
		if got := englishValue(n); got != want {
			t.Errorf("V7 %d is written %s, want %s", n, got, want)
		}
	}
}
