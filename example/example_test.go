package main

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/browser"
	"github.com/seed-7c2cc908/merchant-webhooks/internal/pgdev/pgtest"
)

// binary is the example as `make run` starts it, at the place where that makes
// it, so that it is made once.
const binary = "../bin/example"

func TestMain(m *testing.M) {
	if out, err := exec.Command("go", "build", "-o", "../bin/", ".").CombinedOutput(); err != nil {
		panic(string(out))
	}
	gin.SetMode(gin.ReleaseMode)
	code := pgtest.Main(m)
	if err := browser.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, "browser:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// A process is a running example.
type process struct {
	*exec.Cmd
	root   string // http://127.0.0.1:port
	stderr *bytes.Buffer
}

// start runs the example with settings until it says that it is ready.
func start(t *testing.T, settings ...string) *process {
	t.Helper()
	return startAs(t, exec.Command(binary), settings...)
}

// startAs runs the example by a command.
func startAs(t *testing.T, command *exec.Cmd, settings ...string) *process {
	t.Helper()
	p := &process{Cmd: command, stderr: new(bytes.Buffer)}
	p.WaitDelay = time.Second // for what it may leave behind
	p.Env = append(os.Environ(), append([]string{"ADDR=127.0.0.1:0", "DATABASE_URL="}, settings...)...)
	p.Stderr = p.stderr
	out, err := p.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Process.Kill(); p.Wait() })
	late := time.AfterFunc(3*time.Minute, func() { p.Process.Kill() })
	defer late.Stop()
	lines := bufio.NewReader(out)
	first, err := lines.ReadString('\n')
	root, found := strings.CutPrefix(strings.TrimSpace(first), "listening on ")
	if err != nil || !found {
		p.Wait()
		t.Fatalf("the example did not start: %q\n%s", first, p.stderr)
	}
	p.root = root
	go lines.WriteTo(&bytes.Buffer{})
	return p
}

// end sends a signal and gives the exit status.
func (p *process) end(t *testing.T, signal os.Signal) int {
	t.Helper()
	if err := p.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(3*time.Minute, func() { p.Process.Kill() })
	defer late.Stop()
	p.Wait()
	return p.ProcessState.ExitCode()
}

// cache gives a directory of the test's own for what the example keeps. It is
// passable for every user, since PostgreSQL does not run as root.
func cache(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "example-cache")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return "XDG_CACHE_HOME=" + dir
}

func (p *process) get(t *testing.T, path, token string) *http.Response {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.root+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { response.Body.Close() })
	return response
}

// TestReadme runs the README's curl lines as a reader would, and compares what
// they print.
func TestReadme(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, block, _ := strings.Cut(string(readme), "```console\n")
	block, _, _ = strings.Cut(block, "```")
	steps := strings.Split(block, "$ ")[1:]
	if len(steps) < 5 {
		t.Fatalf("the README shows only %d commands", len(steps))
	}
	p := start(t, cache(t))
	for _, step := range steps {
		command, want, _ := strings.Cut(step, "\n")
		command = strings.ReplaceAll(command, "http://127.0.0.1:8080", p.root)
		got, err := exec.Command("sh", "-c", strings.Replace(command, "curl", "curl -sS", 1)).CombinedOutput()
		if err != nil || string(got) != want {
			t.Errorf("%s\nprinted %q (%v), the README says %q", command, got, err, want)
		}
	}
	if code := p.end(t, syscall.SIGTERM); code != 0 {
		t.Errorf("SIGTERM ended it with status %d: %s", code, p.stderr)
	}
}

func TestHome(t *testing.T) {
	p := start(t, cache(t))
	for path, want := range map[string]int{"/": 200, "/login": 200, "/shop.css": 200, "/receiver.js": 200, "/config": 200, "/instances/sandbox/config": 200, "/nothing": 404} {
		if got := p.get(t, path, "").StatusCode; got != want {
			t.Errorf("GET %s: %d, want %d", path, got, want)
		}
	}
	for token, want := range map[string]int{
		"secret-token:demo-all": 200, "secret-token:demo-readonly": 200, "secret-token:demo-order-simple": 403, "": 401, "secret-token:no": 401,
	} {
		if got := p.get(t, "/private/webhooks", token).StatusCode; got != want {
			t.Errorf("the list with token %q: %d, want %d", token, got, want)
		}
	}
	if code := p.end(t, os.Interrupt); code != 0 {
		t.Errorf("SIGINT ended it with status %d: %s", code, p.stderr)
	}
}

// TestKeepsData kills the example and its database's parent, and wants the
// webhook back from the next start.
func TestKeepsData(t *testing.T) {
	kept := cache(t)
	p := start(t, kept)
	body := `{"webhook_id":"kept","event_type":"pay","url":"https://erp.example.com/","http_method":"POST"}`
	request, err := http.NewRequest(http.MethodPost, p.root+"/private/webhooks", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer secret-token:demo-all")
	response, err := http.DefaultClient.Do(request)
	if err != nil || response.StatusCode != http.StatusNoContent {
		t.Fatal(response, err)
	}
	p.end(t, syscall.SIGKILL)

	p = start(t, kept)
	if got := p.get(t, "/private/webhooks/kept", "secret-token:demo-all").StatusCode; got != 200 {
		t.Errorf("after a crash and a start the webhook is answered with %d", got)
	}
	if code := p.end(t, syscall.SIGTERM); code != 0 {
		t.Errorf("status %d: %s", code, p.stderr)
	}
}

// TestDrains ends the example in the middle of a request, which is answered all
// the same.
func TestDrains(t *testing.T) {
	p := start(t, cache(t))
	conn, err := net.Dial("tcp", strings.TrimPrefix(p.root, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	body := `{"webhook_id":"late","event_type":"pay","url":"https://erp.example.com/","http_method":"POST"}`
	fmt.Fprintf(conn, "POST /private/webhooks HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer secret-token:demo-all\r\n"+
		"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n", len(body))
	answers := bufio.NewReader(conn)
	// The server asks for the body once the request is under way.
	if line, err := answers.ReadString('\n'); err != nil || !strings.Contains(line, " 100 ") {
		t.Fatalf("the server asked for the body with %q, %v", line, err)
	}
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- p.Wait() }()
	// Nobody else is let in once it is ending.
	for deadline := time.Now().Add(3 * time.Minute); ; {
		other, err := net.Dial("tcp", strings.TrimPrefix(p.root, "http://"))
		if err != nil {
			break
		}
		other.Close()
		if time.Now().After(deadline) {
			t.Fatal("it still listens after SIGTERM")
		}
	}
	fmt.Fprint(conn, body)
	if _, err := answers.ReadString('\n'); err != nil { // the empty line behind 100 Continue
		t.Fatal(err)
	}
	response, err := http.ReadResponse(answers, nil)
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != http.StatusNoContent {
		t.Errorf("the request under way was answered with %d", response.StatusCode)
	}
	if err := <-ended; err != nil {
		t.Errorf("%v: %s", err, p.stderr)
	}
}

// TestMakeRun ends `make run` as a service manager would, and wants the example
// to end with it.
func TestMakeRun(t *testing.T) {
	if _, err := exec.LookPath("make"); err != nil {
		t.Skip("make was not found")
	}
	goCache, err := exec.Command("go", "env", "GOCACHE").Output() // not below the test's own cache
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command("make", "-s", "--no-print-directory", "-C", "..", "run")
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	p := startAs(t, command, cache(t), "GOCACHE="+strings.TrimSpace(string(goCache)))
	defer syscall.Kill(-p.Process.Pid, syscall.SIGKILL)
	p.end(t, syscall.SIGTERM)
	if conn, err := net.Dial("tcp", strings.TrimPrefix(p.root, "http://")); err == nil {
		conn.Close()
		t.Error("make has ended, and the example goes on")
	}
}
