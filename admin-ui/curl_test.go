package adminui

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// record runs a line in a shell whose curl only writes down what it is given.
func record(t *testing.T, line string) []string {
	t.Helper()
	arguments, _ := recordAll(t, line)
	return arguments
}

// recordAll gives what curl is piped, too.
func recordAll(t *testing.T, line string) (arguments []string, piped []byte) {
	t.Helper()
	dir := t.TempDir()
	curl := "#!/bin/sh\nprintf '%s\\0' \"$@\" >>\"$RECORD\"\ncat >\"$RECORD.in\"\n"
	if err := os.WriteFile(filepath.Join(dir, "curl"), []byte(curl), 0o755); err != nil {
		t.Fatal(err)
	}
	record := filepath.Join(dir, "record")
	script := filepath.Join(t.TempDir(), "script") // an argument holds less
	if err := os.WriteFile(script, []byte(line+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	shell := exec.Command("sh", script)
	shell.Dir = dir
	shell.Env = []string{"PATH=" + dir + ":" + os.Getenv("PATH"), "RECORD=" + record, "HOME=/home/somebody"}
	if out, err := shell.CombinedOutput(); err != nil || len(out) > 0 {
		t.Fatalf("the shell says %q, %v, to\n%.1000s", out, err, line)
	}
	recorded, err := os.ReadFile(record)
	if err != nil {
		t.Fatal(err)
	}
	if piped, err = os.ReadFile(record + ".in"); err != nil {
		t.Fatal(err)
	}
	if files, _ := os.ReadDir(dir); len(files) != 3 {
		t.Errorf("the line left %d files beside curl's, want 2", len(files)-1)
	}
	return strings.Split(strings.TrimSuffix(string(recorded), "\x00"), "\x00"), piped
}

// hostile are texts that mean something to a shell or to curl.
var hostile = []string{
	"plain", "'", "''", `'\''`, "'; touch owned; '", `"$(touch owned)"`, "`touch owned`", "$HOME ${HOME} $$ $?", `\`, `\\'`, "a\nb", "!!", "!a",
	"*", "~", "@/etc/passwd", "-K /etc/passwd", "--config x", "{a,b}", "[1-9]", "a&b;c|d>e<f", "#", "%00", "\t", "ü 😀", "&lt;", "</pre>", "{{{json.order_id}}}",
}

func TestS5_CurlLine(t *testing.T) {
	for _, text := range hostile {
		w := webhook.Webhook{
			ID: text, EventType: "pay", URL: "https://c.example/?" + text, HTTPMethod: "POST",
			HeaderTemplate: "X-A: " + text, BodyTemplate: text,
		}
		root := "https://shop.example/" + text
		got := record(t, curlLine(root, w))
		want := []string{
			"--globoff", "--request", "POST", root + "/private/webhooks",
			"--header", "Authorization: Bearer TOKEN", "--header", "Content-Type: application/json", "--data-raw",
		}
		if len(got) != len(want)+1 || !slices.Equal(got[:len(want)], want) {
			t.Errorf("curl gets %q, want %q and the body", got, want)
			continue
		}
		var sent map[string]string
		if err := json.Unmarshal([]byte(got[len(want)]), &sent); err != nil {
			t.Errorf("the body %q: %v", got[len(want)], err)
		}
		for name, value := range map[string]string{
			"webhook_id": w.ID, "event_type": "pay", "url": webhook.MaskURL(w.URL, "PASSWORD"), "http_method": "POST",
			"header_template": webhook.MaskHeaders(w.HeaderTemplate, "SECRET"), "body_template": text,
		} {
			if sent[name] != value {
				t.Errorf("%s arrives as %q, want %q", name, sent[name], value)
			}
		}
	}
}

func TestS5_NoSecret(t *testing.T) {
	line := curlLine("https://shop.example", webhook.Webhook{
		ID: "a", URL: "https://shop:geheim@c.example/", HeaderTemplate: "Authorization: Bearer geheim\nX: 1",
	})
	if strings.Contains(line, "geheim") || !strings.Contains(line, "https://shop:PASSWORD@c.example/") ||
		!strings.Contains(line, `Authorization: SECRET\nX: 1`) || strings.Contains(line, "body_template") {
		t.Errorf("the line is %s", line)
	}
}

func TestS5_SentCurlLine(t *testing.T) {
	for _, text := range hostile {
		address := "https://c.example/?" + text
		headers := []webhook.Header{{Name: "Content-Type", Value: text}, {Name: "X-Empty"}}
		got := record(t, sentCurlLine("PUT", address, headers, []byte(text)))
		want := []string{"--globoff", "--request", "PUT", address, "--header", "Content-Type: " + text, "--header", "X-Empty;", "--data-raw", text}
		if !slices.Equal(got, want) {
			t.Errorf("curl gets %q, want %q", got, want)
		}
	}
	for _, body := range []string{"\x00", "a\xff", "a\rb\r\n", "\x1b[2J", "\x7f", strings.Repeat("ä", mostArgument)} {
		got, piped := recordAll(t, sentCurlLine("POST", "https://c.example/", []webhook.Header{{Name: "Content-Type", Value: "x"}}, []byte(body)))
		want := []string{"--globoff", "--request", "POST", "https://c.example/", "--header", "Content-Type: x", "--data-binary", "@-"}
		if !slices.Equal(got, want) || string(piped) != body {
			t.Errorf("curl gets %.300q and is piped %.300q, want %q and %.300q", got, piped, want, body)
		}
	}
	for _, test := range []struct {
		name, method, body string
		want               []string
	}{
		{"no body", "POST", "", []string{"--globoff", "--request", "POST", "https://c.example/"}},
		{"HEAD waits for no body", "HEAD", "", []string{"--globoff", "--head", "https://c.example/"}},
		{"no type is made up", "GET", "x", []string{"--globoff", "--request", "GET", "https://c.example/", "--header", "Content-Type:", "--data-raw", "x"}},
	} {
		if got := record(t, sentCurlLine(test.method, "https://c.example/", nil, []byte(test.body))); !slices.Equal(got, test.want) {
			t.Errorf("%s: curl gets %q, want %q", test.name, got, test.want)
		}
	}
}
