//go:build unix

// Package bouncer puts a PgBouncer in transaction mode before the database of a
// test, as some hosts have one: each transaction may run in another session of
// the server than the one before.
//
// Without PgBouncer, tests are skipped, and fail where CI is set.
package bouncer

import (
	"bufio"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/lib/pq"
)

// PoolSize is how many sessions of the server all clients share.
const PoolSize = 2

// Start starts a PgBouncer before the database of dsn, ended with the test, and
// returns the connection string that goes through it: a URL that has a query,
// so that &binary_parameters=yes can follow. Prepared statements do not survive
// in it, whatever PgBouncer's version.
func Start(t testing.TB, dsn string) string {
	t.Helper()
	program := find(t)
	target, err := pq.NewConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	as := account(t, target.Host)
	dir, err := os.MkdirTemp("", "bouncer-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	settings := filepath.Join(dir, "pgbouncer.ini")
	if err := os.WriteFile(settings, []byte(ini(t, program, target, dir)), 0o600); err != nil {
		t.Fatal(err)
	}
	if as != nil {
		for _, name := range []string{dir, settings} {
			if err := os.Chown(name, int(as.Uid), int(as.Gid)); err != nil {
				t.Fatal(err)
			}
		}
	}
	run(t, as, program, settings)
	return (&url.URL{
		Scheme:   "postgres",
		Path:     "/" + target.Database,
		RawQuery: url.Values{"host": {dir}, "port": {"6432"}, "user": {target.User}, "sslmode": {"disable"}}.Encode(),
	}).String()
}

func find(t testing.TB) string {
	t.Helper()
	for _, name := range []string{"pgbouncer", "/usr/sbin/pgbouncer"} {
		if program, err := exec.LookPath(name); err == nil {
			return program
		}
	}
	if os.Getenv("CI") != "" {
		t.Fatal("PgBouncer was not found")
	}
	t.Skip("PgBouncer was not found: install it to run this test")
	return ""
}

// account is the user to run as, for PgBouncer refuses root: the owner of the
// directory of the server's socket, else nobody. Nil: the user that we are.
func account(t testing.TB, host string) *syscall.Credential {
	t.Helper()
	if os.Geteuid() != 0 {
		return nil
	}
	if info, err := os.Stat(host); err == nil && filepath.IsAbs(host) {
		if owner := info.Sys().(*syscall.Stat_t); owner.Uid != 0 {
			return &syscall.Credential{Uid: owner.Uid, Gid: owner.Gid}
		}
	}
	nobody, err := user.Lookup("nobody")
	if err != nil {
		t.Fatal(err)
	}
	uid, _ := strconv.ParseUint(nobody.Uid, 10, 32)
	gid, _ := strconv.ParseUint(nobody.Gid, 10, 32)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}

// ini listens on a socket in dir alone, for whoever may enter it.
func ini(t testing.TB, program string, target pq.Config, dir string) string {
	t.Helper()
	server := fmt.Sprintf("host=%s port=%d dbname=%s user=%s",
		quote(target.Host), target.Port, quote(target.Database), quote(target.User))
	if target.Password != "" {
		server += " password=" + quote(target.Password)
	}
	return fmt.Sprintf(`[databases]
* = %s

[pgbouncer]
listen_port = 6432
unix_socket_dir = %s
auth_type = any
pool_mode = transaction
default_pool_size = %d
max_client_conn = 200
ignore_startup_parameters = extra_float_digits
%s`, server, dir, PoolSize, unprepared(t, program))
}

// unprepared is the setting that keeps newer versions from following prepared
// statements; those before 1.21 do not know it.
func unprepared(t testing.TB, program string) string {
	t.Helper()
	out, err := exec.Command(program, "--version").Output()
	if err != nil {
		t.Fatal(err)
	}
	var minor int
	if _, err := fmt.Sscanf(string(out), "PgBouncer 1.%d", &minor); err != nil {
		t.Fatalf("the version of PgBouncer in %q: %v", out, err)
	}
	if minor < 21 {
		return ""
	}
	return "max_prepared_statements = 0\n"
}

func quote(value string) string { return "'" + strings.ReplaceAll(value, "'", "''") + "'" }

// run returns when PgBouncer takes connections. The shell between us and it ends
// it as soon as our end of the pipe is closed: when the test ends, or when this
// process does, in whatever way.
func run(t testing.TB, as *syscall.Credential, program, settings string) {
	t.Helper()
	cmd := exec.Command("/bin/sh", "-c", `"$@" & exec 2>&-; read -r end; kill $!; wait`, "sh", program, settings)
	cmd.Dir = filepath.Dir(settings)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Credential: as}
	lifeline, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	log, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	up, ended := make(chan struct{}), make(chan struct{})
	var said strings.Builder // complete when ended
	go func() {
		defer close(ended)
		isUp := false
		for lines := bufio.NewScanner(log); lines.Scan(); {
			fmt.Fprintln(&said, lines.Text())
			if !isUp && strings.Contains(lines.Text(), "process up") {
				isUp = true
				close(up)
			}
		}
	}()
	t.Cleanup(func() {
		_ = lifeline.Close()
		<-ended
		_ = cmd.Wait() // the shell's status says nothing
		if t.Failed() {
			t.Logf("PgBouncer said:\n%s", said.String())
		}
	})
	select {
	case <-up:
	case <-ended:
		t.Fatal("PgBouncer did not start")
	}
}
