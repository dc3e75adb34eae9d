package browser

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
)

func TestMain(m *testing.M) {
	code := m.Run()
	if err := Stop(); err != nil {
		fmt.Fprintln(os.Stderr, "browser:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// A witness takes what a check says, so that a test can ask whether it said it.
type witness struct {
	testing.TB
	said []string
}

func (w *witness) Error(values ...any)                 { w.said = append(w.said, fmt.Sprint(values...)) }
func (w *witness) Errorf(format string, values ...any) { w.Error(fmt.Sprintf(format, values...)) }

// document makes a page without fault, but for what is put into it.
func document(head, body string) string {
	return `<!DOCTYPE html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Page</title><style>:root { color-scheme: light dark } body { background: Canvas; color: CanvasText }</style>` + head + `<main><h1>Page</h1>` + body + `</main>`
}

// serve serves documents by their paths, with the strictest policy that lets
// them be seen.
func serve(t *testing.T, documents map[string]string) *httptest.Server {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'")
		if documents[r.URL.Path] == "" {
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprint(w, document("", ""))
			return
		}
		fmt.Fprint(w, documents[r.URL.Path])
	}))
	t.Cleanup(server.Close)
	return server
}

// TestCheck wants each kind of fault found, where it is, and nothing in a page
// without fault.
func TestCheck(t *testing.T) {
	faults := map[string]struct{ head, body, want, not string }{
		"nothing":          {"", `<p><a href="/">Home</a></p>`, "", "p"},
		"no label":         {"", `<input name="x">`, `label (Form elements must have labels) at ["input"]`, ""},
		"contrast in dark": {`<style>@media (prefers-color-scheme: dark) { p { color: #333 } }</style>`, `<p>Text</p>`, "320 px, dark: color-contrast", "light:"},
		"dark and wide":    {`<style>@media (prefers-color-scheme: dark) and (min-width: 1000px) { p { color: #333 } }</style>`, `<p>Text</p>`, "1280 px, dark: color-contrast", "320 px"},
		"light and narrow": {`<style>@media (prefers-color-scheme: light) and (max-width: 1000px) { p { color: #ccc } }</style>`, `<p>Text</p>`, "320 px, light: color-contrast", "1280 px"},
		"small targets":    {"", `<button style="font-size:5px;padding:0;border:0">x</button><button style="font-size:5px;padding:0;border:0">y</button>`, "target-size", ""},
		"narrow only":      {"", `<p style="width: 400px">Text</p>`, `320 px: scrolls sideways, because of <p style="width: 400px">`, "1280 px"},
	}
	documents := map[string]string{}
	for name, fault := range faults {
		documents["/"+strings.ReplaceAll(name, " ", "-")] = document(fault.head, fault.body)
	}
	host := serve(t, documents)
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			w := &witness{TB: t}
			p := New(w, host.URL)
			if name == "contrast in dark" {
				p.NoScripts()
			}
			p.Open("/" + strings.ReplaceAll(name, " ", "-"))
			p.Check("state")
			said := strings.Join(w.said, "\n")
			if !strings.Contains(said, fault.want) || (fault.not != "" && strings.Contains(said, fault.not)) {
				t.Errorf("the check said %q, want %q and nothing of %q", said, fault.want, fault.not)
			}
		})
	}
}

// TestRemarks wants told what no page may do: reach elsewhere, break its own
// policy.
func TestRemarks(t *testing.T) {
	host := serve(t, map[string]string{
		"/elsewhere": document("", `<a href="http://127.0.0.2:9/">away</a><img alt="" src="http://example.org/x.png">`),
		"/inline":    document("", `<p>Text</p><script>document.title = "run"</script>`),
	})
	for path, want := range map[string]string{
		"/elsewhere": "the page asked for http://example.org/x.png",
		"/inline":    "the console says: Executing inline script violates",
		"/nowhere":   "",
	} {
		t.Run(path, func(t *testing.T) {
			w := &witness{TB: t}
			t.Cleanup(func() {
				if said := strings.Join(w.said, "\n"); !strings.Contains(said, want) || (want == "" && said != "") {
					t.Errorf("it was said %q, want %q", said, want)
				}
			})
			p := New(w, host.URL)
			p.Open(path)
			if want := map[bool]int{true: 404, false: 200}[path == "/nowhere"]; p.Status != want {
				t.Errorf("the status is %d, want %d", p.Status, want)
			}
		})
	}
}

// TestActs works with a form by mouse and by keyboard, with and without
// scripts, and counts.
func TestActs(t *testing.T) {
	host := serve(t, map[string]string{
		"/form": document("", `<form action="/done"><label>Name <input name="name" value="old"></label>
			<label>Text<textarea name="text">a</textarea></label> <label><input type="radio" name="pick" value="1"> One <small>the first</small></label>
			<label><input type="radio" name="pick" value="2">Two</label>
			<label>Method <select name="method"><option>POST<option>PUT</select></label>
			<details><summary>More</summary><p>Folded</p></details><button>Save</button></form>`),
		"/done": document("", `<p>Done</p><a href="/form">Again</a>`),
	})
	for _, scripts := range []bool{true, false} {
		p := New(t, host.URL)
		if !scripts {
			p.NoScripts()
		}
		p.Open("/form")
		p.Fill("Name", "ü +")
		p.Fill("Text", "a\nb")
		p.Choose("One")
		p.Select("Method", "PUT")
		p.Unfold("More")
		p.Shows("Folded")
		if name, text := p.Value("Name"), p.Value("Text"); name != "ü +" || text != "a\nb" {
			t.Errorf("the fields hold %q and %q", name, text)
		}
		p.Click("Save")
		if want := "/done?name=%C3%BC+%2B&text=a%0D%0Ab&pick=1&method=PUT"; p.Path() != want || p.Status != 200 || p.Actions != 6 {
			t.Errorf("scripts %v: after %d actions it is at %s (%d), want %s", scripts, p.Actions, p.Path(), p.Status, want)
		}
		p.Click("Again")
		p.TabTo("One")
		p.Press(Space, Down)
		p.TabTo("Save")
		p.Submit(Enter)
		if want := "/done?name=old&text=a&pick=2&method=POST"; p.Path() != want {
			t.Errorf("scripts %v: by keyboard it is at %s, want %s", scripts, p.Path(), want)
		}
	}
}

// TestMissing runs a test where there is no Chromium: it is skipped with a
// clear line, and fails where CI is set.
func TestMissing(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for ci, want := range map[string]string{"": "--- SKIP", "true": "--- FAIL"} {
		command := exec.Command(self, "-test.run=^TestActs$", "-test.v")
		command.Env = append(os.Environ(), "PATH=", "CI="+ci)
		out, _ := command.CombinedOutput()
		if text := string(out); !strings.Contains(text, want) || !strings.Contains(text, "was not found: make setup installs it") {
			t.Errorf("CI=%q: %s", ci, text)
		}
	}
}
