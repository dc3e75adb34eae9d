//go:build unix

package pgdev

import (
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

const rootOnly = "only root becomes another user"

// TestAsAnotherUser runs the tests of this package again, as a user that is not
// root.
func TestAsAnotherUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip(rootOnly)
	}
	nobody, err := user.Lookup("nobody")
	if err != nil {
		t.Skip(err)
	}
	uid, _ := strconv.Atoi(nobody.Uid)
	gid, _ := strconv.Atoi(nobody.Gid)
	home := filepath.Dir(dataDir(t))
	binary := filepath.Join(home, "pgdev.test")
	copyFile(t, binary, os.Args[0])
	if err := os.Chown(home, uid, gid); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary, "-test.v")
	cmd.Dir = home
	cmd.Env = append(os.Environ(), "HOME="+home)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: TestCrash") {
		t.Errorf("as nobody: %v\n%s", err, out)
	}
}

func copyFile(t *testing.T, to, from string) {
	t.Helper()
	source, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	target, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(target, source); err != nil {
		t.Fatal(err)
	}
	if err := target.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestRoot(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip(rootOnly)
	}
	closed := t.TempDir() // its parent is root's alone
	opened := filepath.Dir(dataDir(t))
	t.Run("CacheDir of an open home", func(t *testing.T) {
		t.Setenv("HOME", opened)
		t.Setenv("XDG_CACHE_HOME", "")
		if got, err := CacheDir("shop"); err != nil || !strings.HasPrefix(got, opened) || filepath.Base(got) != "shop" {
			t.Errorf("%s, %v, want a directory in %s", got, err, opened)
		}
	})
	t.Run("CacheDir of a closed home", func(t *testing.T) {
		t.Setenv("HOME", closed)
		t.Setenv("XDG_CACHE_HOME", "")
		if got, err := CacheDir("shop"); err != nil || got != "/var/cache/shop" {
			t.Errorf("%s, %v, want /var/cache/shop", got, err)
		}
	})
	t.Run("a closed DataDir", func(t *testing.T) {
		_, err := Start(Options{DataDir: filepath.Join(closed, "pg")})
		if err == nil || !strings.Contains(err.Error(), "the user that it runs as can not enter "+closed) {
			t.Errorf("Start: %v", err)
		}
	})
	t.Run("the owner of the data", func(t *testing.T) {
		data := filepath.Join(opened, "data")
		if err := os.Mkdir(data, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Chown(data, 4242, 2424); err != nil {
			t.Fatal(err)
		}
		if got, err := account(data); err != nil || got.Uid != 4242 || got.Gid != 2424 {
			t.Errorf("%+v, %v, want user 4242 in group 2424", got, err)
		}
	})
}
