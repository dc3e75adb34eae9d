package webhook

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestD6_MessagesInWords(t *testing.T) {
	berlin := time.FixedZone("CET", 3600)
	m := Say("why.failing", "n", 1312, "max", 2048, "time", time.Date(2026, 11, 23, 15, 3, 5, 0, berlin),
		"error", Say("attempt.certificate_expired", "date", time.Date(2026, 1, 2, 0, 0, 0, 9, time.UTC)), "next", "{n}")
	const want = "Attempt 1,312 of 2,048 failed at 23 Nov 2026, 14:03:05 UTC: The certificate expired on 2 Jan 2026, 00:00:00 UTC; the next is at {n}."
	if got := m.English(); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	if got := DecodeMessage(m.Encode()).English(); got != want {
		t.Errorf("stored: %s\nwant %s", got, want)
	}
	// As a newer version may have stored it, which a rollback left behind.
	if got := Say("why.newer", "n", 1).English(); got != "why.newer" {
		t.Errorf("a message without words reads %q", got)
	}
}

// TestD6_MessagesAreStored holds that every message comes back as it was.
func TestD6_MessagesAreStored(t *testing.T) {
	var message func(t *rapid.T, depth int) Message
	message = func(t *rapid.T, depth int) Message {
		m := Message{Key: rapid.StringN(1, 20, -1).Draw(t, "key")}
		for range rapid.IntRange(0, 3).Draw(t, "args") {
			if m.Args == nil {
				m.Args = map[string]any{}
			}
			var value any
			switch rapid.IntRange(0, 2+depth).Draw(t, "kind") {
			case 0:
				value = rapid.SampledFrom([]string{"", "null", "7", `{"key":"a"}`, `{"time":"2026-11-23T14:03:05Z"}`, "\x00ü😀\u2028<>&"}).Draw(t, "text")
			case 1:
				value = rapid.Int().Draw(t, "number")
			case 2:
				value = time.Unix(rapid.Int64Range(-1e9, 4e9).Draw(t, "seconds"), rapid.Int64Range(0, 1e9-1).Draw(t, "nanoseconds")).UTC()
			default:
				value = message(t, depth-1)
			}
			m.Args[rapid.StringN(0, 5, -1).Draw(t, "name")] = value
		}
		return m
	}
	rapid.Check(t, func(t *rapid.T) {
		m := message(t, 2)
		if got := DecodeMessage(m.Encode()); !reflect.DeepEqual(got, m) {
			t.Fatalf("%#v\ncame back as %#v from %s", m, got, m.Encode())
		}
	})
}

func TestD6_WhatIsNoMessage(t *testing.T) {
	late := Say("key", "time", time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC))
	if got := DecodeMessage(late.Encode()).Args["time"]; got != "" {
		t.Errorf("a time that JSON can not hold comes back as %v", got)
	}
	if got := (Message{}).Encode(); got != "" {
		t.Errorf("none is stored as %q", got)
	}
	for _, text := range []string{"", " ", "null", "{}", "[]", "7", `"a"`, `{"key":""}`, `{"key":7}`, `{"key":"a"`, `{"key":"a","args":[]}`, "\xff"} {
		if got := DecodeMessage(text); !got.IsZero() || got.Args != nil {
			t.Errorf("%q is %#v", text, got)
		}
	}
	for text, want := range map[string]string{
		`{"key":"a","args":{"x":null}}`: `null`, `{"key":"a","args":{"x":1.5}}`: `1.5`, `{"key":"a","args":{"x":{"key":7}}}`: `{"key":7}`,
		`{"key":"a","args":{"x":[1]}}`: `[1]`, `{"key":"a","args":{"x":{"y":1}}}`: `{"y":1}`, `{"key":"a","args":{"x":{"time":"soon"}}}`: `{"time":"soon"}`, `{"key":"a","args":{"x":99999999999999999999}}`: `99999999999999999999`,
	} {
		if got := DecodeMessage(text); got.Args["x"] != want {
			t.Errorf("%s has %#v", text, got.Args["x"])
		}
	}
	type host string
	if got := DecodeMessage(Say("a", "x", host("b"), "y", int64(7), "z", fmt.Errorf("c")).Encode()); fmt.Sprint(got.Args) != "map[x:b y:7 z:c]" {
		t.Errorf("other values come back as %v", got.Args)
	}
}

// FuzzD6_DecodeMessage holds that what the database holds stops no page.
func FuzzD6_DecodeMessage(f *testing.F) {
	f.Add(`{"key":"a","args":{"n":1,"t":{"time":"2026-11-23T14:03:05Z"},"m":{"key":"b","args":{"x":"y"}}}}`)
	f.Add(`{"KEY":"a","args":{"":null}}`)
	f.Fuzz(func(t *testing.T, text string) {
		m := DecodeMessage(text)
		_ = m.English()
		if again := DecodeMessage(m.Encode()); !reflect.DeepEqual(again, m) {
			t.Fatalf("%#v\ncame back as %#v", m, again)
		}
	})
}
