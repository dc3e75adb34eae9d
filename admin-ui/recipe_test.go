package adminui

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// The secrets of the recipes' tests: the webhook's, and another.
const (
	recipeSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8c2a1="
	otherSecret  = "whsec_AAAQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8c2a1="
)

// A receiver is how the test starts a recipe: put replaces the one line that
// listens on a fixed port, and the process then says its port in what it writes.
type receiver struct {
	file       string
	line, put  string
	interprets string // the program that it needs
	command    func(file string) []string
}

var receivers = map[string]receiver{
	"Go": {
		file: "main.go", interprets: "go",
		line:    `log.Fatal(http.ListenAndServe(":8080", http.HandlerFunc(hook)))`,
		put:     "l, _ := net.Listen(\"tcp\", \"127.0.0.1:0\"); println(\"port\", l.Addr().(*net.TCPAddr).Port)\nlog.Fatal(http.Serve(l, http.HandlerFunc(hook)))",
		command: func(file string) []string { return []string{"go", "build", "-o", file + ".exe", file} },
	},
	"PHP": {
		file: "hook.php", interprets: "php",
		command: func(file string) []string { return []string{"php", "-S", "127.0.0.1:" + freePort(), file} },
	},
	"Python": {
		file: "hook.py", interprets: "python3",
		line:    `HTTPServer(("", 8080), Hook).serve_forever()`,
		put:     `s = HTTPServer(("127.0.0.1", 0), Hook); print("port", s.server_port, flush=True); s.serve_forever()`,
		command: func(file string) []string { return []string{"python3", file} },
	},
	"JavaScript": {
		file: "hook.js", interprets: "node",
		line:    `server.listen(8080)`,
		put:     `server.listen(0, '127.0.0.1', () => console.log('port', server.address().port))`,
		command: func(file string) []string { return []string{"node", file} },
	},
}

// freePort is a port that nothing listens on.
func freePort() string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "0"
	}
	defer l.Close()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

// TestD4_Recipes starts what the page tells people to write, each in its own
// language, and sends it messages that the library of Standard Webhooks signed.
func TestD4_Recipes(t *testing.T) {
	for _, program := range recipePrograms {
		t.Run("D4 "+program.language, func(t *testing.T) {
			t.Parallel()
			r, ok := receivers[program.language]
			if !ok {
				t.Fatal("this test does not know how to start it")
			}
			if _, err := exec.LookPath(r.interprets); err != nil {
				t.Skipf("NOT TESTED: there is no %s on this machine, so nothing ran the recipe for %s", r.interprets, program.language)
			}
			hook := webhook.Webhook{HTTPMethod: "PUT", URL: "https://a:b@c.example/?>\"'`${x}/*"}
			address := startRecipe(t, r, recipeText(program.file, recipeSecret, hook))
			for name, message := range recipeMessages(t) {
				if got := message.send(t, address); got != message.want {
					t.Errorf("%s: the receiver answered %d, want %d", name, got, message.want)
				}
			}
		})
	}
}

// startRecipe starts a receiver and gives its address.
func startRecipe(t *testing.T, r receiver, text string) string {
	t.Helper()
	if r.line != "" {
		if strings.Count(text, r.line) != 1 {
			t.Fatalf("the recipe does not hold %q once", r.line)
		}
		text = strings.Replace(text, r.line, r.put, 1)
	}
	if r.interprets == "go" {
		text = strings.Replace(text, "import (", "import (\n\t\"net\"", 1)
	}
	file := filepath.Join(t.TempDir(), r.file)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	arguments := r.command(file)
	if r.interprets == "go" {
		if said, err := exec.Command(arguments[0], arguments[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("the recipe does not build: %v\n%s", err, said)
		}
		arguments = []string{file + ".exe"}
	}
	said, writes, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), arguments[0], arguments[1:]...)
	command.Stdout, command.Stderr = writes, writes
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	_ = writes.Close()
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
		_ = said.Close()
	})
	port := regexp.MustCompile(`(?:port |http://127\.0\.0\.1:)(\d+)`)
	lines := bufio.NewScanner(said)
	for lines.Scan() {
		if found := port.FindStringSubmatch(lines.Text()); found != nil {
			go func() { _, _ = io.Copy(io.Discard, said) }()
			return "http://127.0.0.1:" + found[1] + "/"
		}
		t.Log(lines.Text())
	}
	t.Fatal("the receiver did not start")
	return ""
}

// A recipeMessage is a request, and the status that a receiver answers it with.
type recipeMessage struct {
	id, timestamp, signature string
	body                     []byte
	want                     int
}

func (m recipeMessage) send(t *testing.T, address string) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPut, address, bytes.NewReader(m.body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{"webhook-id": m.id, "webhook-timestamp": m.timestamp, "webhook-signature": m.signature} {
		if value != "" {
			request.Header.Set(name, value)
		}
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	return answer.StatusCode
}

// recipeMessages are messages that are genuine, and such that are not.
func recipeMessages(t *testing.T) map[string]recipeMessage {
	t.Helper()
	const id = "msg_1_0011223344556677"
	body := []byte("{\"name\":\"Käse \\\"x\\\"\"}\r\n\x00\xff")
	sign := func(secret string, at time.Time) string {
		signer, err := standardwebhooks.NewWebhook(secret)
		if err != nil {
			t.Fatal(err)
		}
		signature, err := signer.Sign(id, at, body)
		if err != nil {
			t.Fatal(err)
		}
		return signature
	}
	now := time.Now()
	right, other := sign(recipeSecret, now), sign(otherSecret, now)
	at := func(age time.Duration) recipeMessage {
		then := now.Add(-age)
		return recipeMessage{id, fmt.Sprint(then.Unix()), sign(recipeSecret, then), body, http.StatusNoContent}
	}
	good := at(0)
	bad := good
	bad.want = http.StatusUnauthorized
	but := func(m recipeMessage, change func(*recipeMessage)) recipeMessage {
		change(&m)
		return m
	}
	refused := func(m recipeMessage) recipeMessage {
		m.want = http.StatusUnauthorized
		return m
	}
	return map[string]recipeMessage{
		"genuine":                 good,
		"4 minutes old":           at(4 * time.Minute),
		"4 minutes ahead":         at(-4 * time.Minute),
		"the second signature":    but(good, func(m *recipeMessage) { m.signature = other + " " + right }),
		"the first signature":     but(good, func(m *recipeMessage) { m.signature = right + " " + other }),
		"among other versions":    but(good, func(m *recipeMessage) { m.signature = "v1a,x v2 " + right }),
		"6 minutes old":           refused(at(6 * time.Minute)),
		"6 minutes ahead":         refused(at(-6 * time.Minute)),
		"another secret":          but(bad, func(m *recipeMessage) { m.signature = other }),
		"another body":            but(bad, func(m *recipeMessage) { m.body = append([]byte(" "), body...) }),
		"another ID":              but(bad, func(m *recipeMessage) { m.id += "8" }),
		"another time":            but(bad, func(m *recipeMessage) { m.timestamp = fmt.Sprint(now.Unix() - 1) }),
		"no signature":            but(bad, func(m *recipeMessage) { m.signature = "" }),
		"no ID":                   but(bad, func(m *recipeMessage) { m.id = "" }),
		"no time":                 but(bad, func(m *recipeMessage) { m.timestamp = "" }),
		"a time that is none":     but(bad, func(m *recipeMessage) { m.timestamp = "now" }),
		"a part of the signature": but(bad, func(m *recipeMessage) { m.signature = right[:len(right)-1] }),
		"another version":         but(bad, func(m *recipeMessage) { m.signature = "v2" + strings.TrimPrefix(right, "v1") }),
		"a signature of bytes":    but(bad, func(m *recipeMessage) { m.signature = "v1,é" + strings.Repeat("é", 20) }),
	}
}

// TestD4_RecipesHoldNoSecret: of the secret only its end stands on the page, and
// nothing of an address ends a comment.
func TestD4_RecipesHoldNoSecret(t *testing.T) {
	ui := newUI(t, Options{})
	view := accountedDetail(t, ui)
	view.Webhook.URL = "https://shop:geheim@c.example/?>\u2028x"
	_, body := render(t, ui, request(ui), view)
	check(t, body, in("#mw-recipe", in("summary", isText("How the receiver checks a message")), count("pre", 4), count("h3", 4),
		hasText("Put the whole secret in the place of whsec_…c2a1."), hasText("In Go"), hasText("In PHP"), hasText("In Python"), hasText("In JavaScript"),
		lacksText("geheim"), lacksText("whsec_SECRET"), lacksText("TARGET"), lacksText("METHOD")))
	for _, program := range all(body, "#mw-recipe pre") {
		check(t, program, has("dir", "ltr"), hasText("whsec_…c2a1"),
			hasText("Receives POST https://shop:PASSWORD@c.example/?%3E%E2%80%A8x"))
	}
}
