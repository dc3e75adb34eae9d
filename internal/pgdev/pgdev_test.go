//go:build unix

package pgdev

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	_ "github.com/lib/pq"
)

// The test binary runs itself again as another process: one that starts a
// server, says so, and lives until its input ends or it is killed.
const childDir = "PGDEV_TEST_CHILD"

func TestMain(m *testing.M) {
	dir, child := os.LookupEnv(childDir)
	if !child {
		os.Exit(m.Run())
	}
	server, err := Start(Options{DataDir: dir})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(server.dir)
	_, _ = io.Copy(io.Discard, os.Stdin)
	_ = server.Stop()
}

// child is such a process.
func child(t *testing.T, dir string) (process *os.Process, line string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childDir+"="+dir)
	cmd.Stderr = os.Stderr
	input, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = input.Close()
		_ = cmd.Wait()
	})
	line, err = bufio.NewReader(output).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return cmd.Process, strings.TrimSpace(line)
}

// dataDir is a directory that PostgreSQL's user can enter, unlike t.TempDir,
// whose parent is ours alone.
func dataDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "keep-*")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "pg")
}

func begin(t *testing.T, o Options) *Server {
	t.Helper()
	server, err := Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, server) })
	return server
}

func stop(t *testing.T, server *Server) {
	t.Helper()
	if err := server.Stop(); err != nil {
		t.Error(err)
	}
}

func query(t *testing.T, server *Server, statement string) string {
	t.Helper()
	db, err := sql.Open("postgres", server.DSN("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var answer string
	if err := db.QueryRow(statement).Scan(&answer); err != nil && !errors.Is(err, sql.ErrNoRows) {
		t.Fatalf("%s: %v", statement, err)
	}
	return answer
}

// gone waits until no process of the server in dir is left.
func gone(t *testing.T, dir string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for {
		held, err := lock(filepath.Join(dir, serverName))
		if err == nil {
			_ = held.Close()
			return
		}
		if ctx.Err() != nil {
			t.Fatal("PostgreSQL runs on")
		}
	}
}

func TestStart(t *testing.T) {
	server := begin(t, Options{Settings: map[string]string{"work_mem": "5MB"}})
	for statement, want := range map[string]string{
		"SHOW work_mem":         "5MB",
		"SHOW server_encoding":  "UTF8",
		"SHOW fsync":            "on",
		"SHOW listen_addresses": "",
		"SELECT current_user":   "postgres",
	} {
		if got := query(t, server, statement); got != want {
			t.Errorf("%s: %q, want %q", statement, got, want)
		}
	}
	info, err := os.Stat(server.data())
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the directory of data and socket: %v, %v, want -rwx------", info.Mode(), err)
	}
	if group, err := syscall.Getpgid(server.cmd.Process.Pid); err != nil || group == syscall.Getpgrp() {
		t.Errorf("group %d, %v: Ctrl-C in our terminal would end the server", group, err)
	}
	stop(t, server)
	gone := syscall.Kill(server.cmd.Process.Pid, 0)
	if !errors.Is(gone, syscall.ESRCH) {
		t.Errorf("the process after Stop: %v, want none", gone)
	}
	if _, err := os.Stat(server.dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the temporary directory after Stop: %v, want none", err)
	}
}

func TestKeepsData(t *testing.T) {
	dir := dataDir(t)
	server := begin(t, Options{DataDir: dir})
	dsn := server.DSN("postgres")
	query(t, server, "CREATE TABLE kept AS SELECT 'kept' AS word")
	kept := func(t *testing.T) {
		t.Helper()
		if got := query(t, server, "SELECT word FROM kept"); got != "kept" {
			t.Errorf("read %q, want kept", got)
		}
		if got := server.DSN("postgres"); got != dsn {
			t.Errorf("DSN %s, was %s", got, dsn)
		}
	}
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGQUIT, syscall.SIGKILL} {
		t.Run("Down with "+signal.String(), func(t *testing.T) {
			if err := server.Down(signal); err != nil {
				t.Fatal(err)
			}
			if server.running() {
				t.Error("the server runs after Down")
			}
			if err := server.Up(); err != nil {
				t.Fatal(err)
			}
			kept(t)
		})
	}
	t.Run("Restart", func(t *testing.T) {
		before := query(t, server, "SELECT pg_postmaster_start_time()")
		if err := server.Restart(); err != nil {
			t.Fatal(err)
		}
		if after := query(t, server, "SELECT pg_postmaster_start_time()"); after == before {
			t.Error("the same server as before")
		}
		kept(t)
	})
	t.Run("in use", func(t *testing.T) {
		_, err := Start(Options{DataDir: dir})
		if want := fmt.Sprintf("pgdev: %s is in use by process %d", dir, os.Getpid()); err == nil || err.Error() != want {
			t.Errorf("a second Start: %v, want %s", err, want)
		}
		if _, line := child(t, dir); !strings.Contains(line, "in use by process "+strconv.Itoa(os.Getpid())) {
			t.Errorf("a second process: %s", line)
		}
		kept(t)
	})
	t.Run("Stop and Start", func(t *testing.T) {
		stop(t, server)
		server = begin(t, Options{DataDir: dir})
		kept(t)
	})
	t.Run("a pid file that names another process", func(t *testing.T) {
		stop(t, server)
		stale(t, server)
		server = begin(t, Options{DataDir: dir})
		kept(t)
	})
	t.Run("data of another version", func(t *testing.T) {
		stop(t, server)
		version := filepath.Join(dir, dataName, "PG_VERSION")
		if err := os.WriteFile(version, []byte("7\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Start(Options{DataDir: dir})
		if !errors.Is(err, ErrNotFound) || !strings.Contains(err.Error(), "of version 7, which wrote the data,") {
			t.Errorf("Start: %v", err)
		}
	})
}

func TestTempDir(t *testing.T) {
	parent := filepath.Dir(dataDir(t))
	server := begin(t, Options{TempDir: parent})
	if filepath.Dir(server.dir) != parent {
		t.Errorf("the data are in %s, want them in %s", server.dir, parent)
	}
	stop(t, server)
	if left, err := os.ReadDir(parent); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestStartFails(t *testing.T) {
	long := dataDir(t)
	t.Setenv("TMPDIR", filepath.Dir(dataDir(t)))
	canceled, cancel := context.WithCancel(context.Background())
	cancel()
	for _, c := range []struct {
		name string
		o    Options
		want string
	}{
		{"a setting that does not exist", Options{Settings: map[string]string{"colour": "red"}}, `unrecognized configuration parameter "colour"`},
		{"no binaries", Options{Binaries: "/nowhere"}, "PostgreSQL was not found: no postgres and initdb in /nowhere"},
		{"a path too long", Options{DataDir: filepath.Join(long, strings.Repeat("x", 99))}, "too long a path for a Unix socket"},
		{"canceled", Options{Context: canceled}, "context canceled"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Start(c.o)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("Start: %v, want %s", err, c.want)
			}
			if left, err := os.ReadDir(os.TempDir()); err != nil || len(left) > 0 {
				t.Errorf("left behind: %v, %v", left, err)
			}
		})
	}
}
