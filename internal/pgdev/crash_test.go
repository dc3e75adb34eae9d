package pgdev

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	_ "github.com/lib/pq"
)

// stale writes the pid file of a server that lost its power, whose process id
// another process of the same user has now.
func stale(t *testing.T, server *Server) {
	t.Helper()
	other := command(context.Background(), server.user, "/bin/cat")
	input, err := other.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = input.Close()
		if err := other.Wait(); err != nil {
			t.Errorf("the other process did not end in peace: %v", err)
		}
	})
	text := fmt.Sprintf("%d\n%s\n1700000000\n5432\n%[2]s\n\n0 0\nready\n", other.Process.Pid, server.data())
	file := filepath.Join(server.data(), "postmaster.pid")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if server.user != nil {
		if err := os.Chown(file, int(server.user.Uid), int(server.user.Gid)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestCrash(t *testing.T) {
	dir := dataDir(t)
	t.Run("the server ends with its process", func(t *testing.T) {
		process, _ := child(t, dir)
		kill(t, process)
		gone(t, dir)
	})
	t.Run("Start while the server is ending", func(t *testing.T) {
		process, _ := child(t, dir)
		query(t, &Server{dir: dir}, "CREATE TABLE kept AS SELECT 'kept' AS word")
		kill(t, process)
		server := begin(t, Options{DataDir: dir})
		if got := query(t, server, "SELECT word FROM kept"); got != "kept" {
			t.Errorf("read %q, want kept", got)
		}
		stop(t, server)
	})
	t.Run("Start while the server runs on", func(t *testing.T) {
		process, _ := child(t, dir)
		killWatcher(t, dir)
		kill(t, process)
		if got := query(t, &Server{dir: dir}, "SELECT word FROM kept"); got != "kept" {
			t.Fatalf("read %q, want kept", got)
		}
		server := begin(t, Options{DataDir: dir})
		if got := query(t, server, "SELECT word FROM kept"); got != "kept" {
			t.Errorf("read %q, want kept", got)
		}
	})
	t.Run("the next process deletes a temporary directory", func(t *testing.T) {
		process, dir := child(t, "")
		begin(t, Options{})
		if _, err := os.Stat(dir); err != nil {
			t.Fatalf("deleted in use: %v", err)
		}
		kill(t, process)
		gone(t, dir)
		begin(t, Options{})
		if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the temporary directory: %v, want none", err)
		}
	})
}

func kill(t *testing.T, process *os.Process) {
	t.Helper()
	if err := process.Kill(); err != nil {
		t.Fatal(err)
	}
	if _, err := process.Wait(); err != nil {
		t.Fatal(err)
	}
}

// killWatcher kills the process that ends the server in dir when ours ends.
func killWatcher(t *testing.T, dir string) {
	t.Helper()
	out, err := exec.Command("ps", "-A", "-o", "pid=", "-o", "args=").Output()
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		if len(fields) > 1 && fields[1] == "/bin/sh" && strings.Contains(line, dir) {
			pid, _ := strconv.Atoi(fields[0])
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			found++
		}
	}
	if found != 1 {
		t.Fatalf("%d watching processes, want 1:\n%s", found, out)
	}
}
