package webhook

import (
	"net/netip"
	"strings"
	"testing"
)

// TestV2_ShownWithoutSecrets: what a message repeats of an address.
func TestV2_ShownWithoutSecrets(t *testing.T) {
	for raw, want := range map[string]string{
		"https://shop.example/a b":               "https://shop.example/a",
		"https://user:secret@shop.example/a b":   "https://shop.example/a",
		"https://shop.example/a@b c":             "https://shop.example/a@b",
		"//user:secret@shop.example/a b":         "//shop.example/a",
		"https://shop.example?key=secret&q=a b":  "https://shop.example",
		"https://user:sec/ret@shop.example/ a b": "https://shop.example/",
		"/hook@1/a b":                            "/hook@1/a",
	} {
		if got := withoutSecrets(raw, strings.IndexByte(raw, ' ')); got != want {
			t.Errorf("%s is shown as %s, want %s", raw, got, want)
		}
	}
}

// TestA8_PasswordOfASchemeWithoutSlashes: it may be a user, with a password behind.
func TestA8_PasswordOfASchemeWithoutSlashes(t *testing.T) {
	for raw, want := range map[string]string{
		"http:user:secret@shop.example":  "http:***@shop.example",
		"HTTPS:user:secret@shop.example": "HTTPS:***@shop.example",
		"ftp:user:secret@shop.example":   "ftp:***@shop.example",
	} {
		if got := MaskURL(raw, "***"); got != want {
			t.Errorf("%s is shown as %s, want %s", raw, got, want)
		}
	}
}

// TestV3_LocalhostIsAnAddress, which the host may allow.
func TestV3_LocalhostIsAnAddress(t *testing.T) {
	allowed := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	for _, raw := range []string{"http://localhost/", "http://localhost./", "http://shop.localhost/"} {
		if m := judgeURL(raw, allowed); !m.IsZero() {
			t.Errorf("%s, which is allowed: %s", raw, m.English())
		}
		if m := judgeURL(raw, nil); m.IsZero() {
			t.Errorf("%s is not refused", raw)
		}
	}
}

// TestV9_ListsAreCut to the items that are entered at most.
func TestV9_ListsAreCut(t *testing.T) {
	for _, n := range []int{maxItems - 1, maxItems, maxItems + 1} {
		d, err := NewData(map[string]any{"list": make([]int, n)})
		if err != nil {
			t.Fatal(err)
		}
		if got := len(d.root["list"].(list)); got != min(n, maxItems) {
			t.Errorf("of %d items %d are kept", n, got)
		}
	}
}

// TestA3_ManySmallObjectsAreIndented: they are not deep.
func TestA3_ManySmallObjectsAreIndented(t *testing.T) {
	body := "[" + strings.Repeat("{},", 5_000) + "{}]"
	if indented(body) == "" {
		t.Errorf("%d bytes of small objects are not indented", len(body))
	}
	if deep := strings.Repeat("[", 5_000) + strings.Repeat("]", 5_000); indented(deep) != "" {
		t.Error("what grows by the square is indented")
	}
	for blanks, want := range map[int]bool{maxIndentedBytes - 4: true, maxIndentedBytes - 3: false} {
		if got := indented("["+strings.Repeat(" ", blanks)+"]") != ""; got != want {
			t.Errorf("with %d blanks it is indented: %t", blanks, got)
		}
	}
}

// TestV7_JudgedAlone: one field of a form or one parameter of a path.
func TestV7_JudgedAlone(t *testing.T) {
	for id, key := range map[string]string{
		"o": "", strings.Repeat("o", MaxOrderIDBytes): "", "": "order_id.missing",
		strings.Repeat("o", MaxOrderIDBytes+1): "order_id.too_long", "a\x00b": "order_id.encoding", "\xff": "order_id.encoding",
	} {
		if got := JudgeOrderID(id).Key; got != key {
			t.Errorf("order %q: %s, want %s", id, got, key)
		}
	}
	for _, c := range []struct {
		named, edited string
		ok            bool
	}{{"", "hook", true}, {"hook", "hook", true}, {"other", "hook", false}} {
		if p := JudgeSameID(c.named, c.edited); (p == nil) != c.ok || p != nil && (p.Code != CodeJSONInvalid || p.Field != FieldID || p.Message.Key != "webhook_id.fixed") {
			t.Errorf("%q for %q: %v", c.named, c.edited, p)
		}
	}
	if p := JudgeID(Value{Text: "hook"}); p != nil {
		t.Error(p)
	}
	if p := JudgeID(Value{Text: "a/b"}); p == nil || p.Code != CodeJSONInvalid || p.Field != FieldID || p.Message.IsZero() {
		t.Errorf("an ID with a slash: %v", p)
	}
	types, err := NewCatalogue()
	if err != nil {
		t.Fatal(err)
	}
	if m := JudgeEventType("pay", types); !m.IsZero() {
		t.Error(m.English())
	}
	if m := JudgeEventType("paid", types); m.Key != "event_type.unknown" {
		t.Error(m.English())
	}
}
