//go:build unix

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
	"time"
)

// What a data directory holds.
const (
	dataName   = "data"          // PostgreSQL's own data directory, and the socket
	logName    = "postgres.log"  // what PostgreSQL said since it last came up
	ownerName  = "owner.lock"    // locked by the process that called Start
	serverName = "server.lock"   // locked by PostgreSQL's own processes
	socketName = ".s.PGSQL.5432" // in data
)

// claim makes the directory and locks it for this process. The kernel frees the
// lock when the process ends, however it ends.
func claim(dir string) (owner *os.File, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	owner, err = lock(filepath.Join(dir, ownerName))
	if errors.Is(err, syscall.EWOULDBLOCK) {
		pid, _ := os.ReadFile(filepath.Join(dir, ownerName))
		return nil, fmt.Errorf("%s is in use by process %s", dir, pid)
	}
	if err != nil {
		return nil, err
	}
	if err := owner.Truncate(0); err != nil {
		return nil, err
	}
	_, err = owner.WriteString(strconv.Itoa(os.Getpid()))
	return owner, err
}

// claimTemporary makes a locked directory that the next process deletes if
// this one can not.
func claimTemporary(parent string) (dir string, owner *os.File, err error) {
	if parent == "" {
		parent = os.TempDir()
	}
	sweep(parent)
	unlocked, err := os.MkdirTemp(parent, "new-pgdev-*")
	if err != nil {
		return "", nil, err
	}
	if owner, err = claim(unlocked); err != nil {
		return "", nil, err
	}
	// Only a locked directory gets the name that sweep looks for.
	dir = filepath.Join(filepath.Dir(unlocked), strings.TrimPrefix(filepath.Base(unlocked), "new-"))
	if err := os.Rename(unlocked, dir); err != nil {
		return "", nil, err
	}
	return dir, owner, os.Chmod(dir, 0o711) // PostgreSQL's user passes
}

// sweep deletes the temporary directories of processes that crashed.
func sweep(parent string) {
	locks, _ := filepath.Glob(filepath.Join(parent, "pgdev-*", ownerName))
	for _, name := range locks {
		dir := filepath.Dir(name)
		info, err := os.Lstat(dir)
		if err != nil || !info.IsDir() || int(info.Sys().(*syscall.Stat_t).Uid) != os.Geteuid() {
			continue
		}
		if owner, err := lock(name); err == nil {
			if server, err := lock(filepath.Join(dir, serverName)); err == nil {
				_ = discard(dir) // the next sweep tries again
				_ = server.Close()
			}
			_ = owner.Close()
		}
	}
}

// discard deletes the directory, its locks last: a deletion that is cut short is
// finished by the next sweep.
func discard(dir string) error {
	return errors.Join(os.RemoveAll(filepath.Join(dir, dataName)), os.RemoveAll(dir))
}

// lock locks the file, or returns EWOULDBLOCK when someone else has it. Closing
// the file unlocks it, once every process that inherited it has ended.
func lock(name string) (*os.File, error) {
	file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = file.Close()
		return nil, &os.PathError{Op: "lock", Path: name, Err: err}
	}
	return file, nil
}

// patience is how long an earlier server may take to end, before it is made to
// crash.
const patience = 10 * time.Second

// claimServer waits until no process of an earlier server is left, and locks
// the directory for the next one, which inherits the lock. From then on what
// the earlier server left can only be stale, whatever process has its id now.
func claimServer(ctx context.Context, dir string) (*os.File, error) {
	data := filepath.Join(dir, dataName)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	tell, signal := time.NewTimer(0), syscall.SIGINT
	defer tell.Stop()
	for {
		server, err := lock(filepath.Join(dir, serverName))
		if err == nil {
			for _, stale := range []string{"postmaster.pid", socketName, socketName + ".lock"} {
				if err := os.Remove(filepath.Join(data, stale)); err != nil && !errors.Is(err, os.ErrNotExist) {
					return nil, errors.Join(err, server.Close())
				}
			}
			return server, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, err
		}
		select {
		case <-tick.C:
		case <-tell.C:
			if pid := postmaster(data); pid > 0 {
				_ = syscall.Kill(pid, signal) // a second SIGINT changes nothing
			}
			signal = syscall.SIGQUIT
			tell.Reset(patience)
		case <-ctx.Done():
			return nil, fmt.Errorf("an earlier PostgreSQL in %s did not end: %w", dir, ctx.Err())
		}
	}
}

// postmaster is the process of the server that runs on data, or 0. A pid file
// alone proves nothing: the process must be one that was started on data.
func postmaster(data string) int {
	pid, _ := pidFile(data)
	args, err := exec.Command("ps", "-o", "args=", "-p", strconv.Itoa(pid)).Output()
	if err != nil || !strings.Contains(string(args), data) {
		return 0
	}
	return pid
}

// pidFile reads which process serves data, and whether it accepts connections.
func pidFile(data string) (pid int, ready bool) {
	text, _ := os.ReadFile(filepath.Join(data, "postmaster.pid"))
	lines := strings.Split(string(text), "\n")
	pid, _ = strconv.Atoi(lines[0])
	return pid, len(lines) > 7 && strings.TrimSpace(lines[7]) == "ready"
}

// CacheDir returns the directory of that name in the user's cache directory;
// for root, whose home other users mostly can not enter, as PostgreSQL's user
// must, it is /var/cache/name instead where that is so.
func CacheDir(name string) (string, error) {
	cache, err := os.UserCacheDir()
	if os.Geteuid() != 0 {
		return filepath.Join(cache, name), err
	}
	user, userErr := account("")
	if userErr != nil {
		return "", userErr
	}
	if err != nil || enter(user, existing(cache)) != nil {
		cache = "/var/cache"
	}
	return filepath.Join(cache, name), nil
}

// existing is the nearest directory above dir, or dir itself, that exists.
func existing(dir string) string {
	for dir != filepath.Dir(dir) {
		if _, err := os.Stat(dir); err == nil {
			break
		}
		dir = filepath.Dir(dir)
	}
	return dir
}
