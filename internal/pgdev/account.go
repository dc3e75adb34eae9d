//go:build unix

package pgdev

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
	"time"
)

// account is the user to run PostgreSQL as, which refuses to run as root. Nil:
// the user that we are. Root becomes the owner of the data, and without data
// the user postgres, else nobody.
func account(data string) (*syscall.Credential, error) {
	us, owner := uint32(os.Geteuid()), (*syscall.Stat_t)(nil)
	if info, err := os.Stat(data); err == nil {
		owner = info.Sys().(*syscall.Stat_t)
	}
	switch {
	case us != 0 && owner != nil && owner.Uid != us:
		return nil, fmt.Errorf("%s belongs to another user", data)
	case us != 0:
		return nil, nil
	case owner != nil && owner.Uid != 0:
		return &syscall.Credential{Uid: owner.Uid, Gid: owner.Gid}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		if found, err := user.Lookup(name); err == nil {
			uid, uidErr := strconv.ParseUint(found.Uid, 10, 32)
			gid, gidErr := strconv.ParseUint(found.Gid, 10, 32)
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, errors.Join(uidErr, gidErr)
		}
	}
	return nil, errors.New("PostgreSQL does not run as root, and there is no user postgres or nobody to run it as")
}

// command runs as that user, in a session of its own: Ctrl-C in our terminal is
// for us to handle, and PostgreSQL is to run until we are done.
func command(ctx context.Context, as *syscall.Credential, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.WaitDelay = time.Second // for what its children still say
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Credential: as}
	cmd.Env = append(os.Environ(), "LC_ALL=C") // English, for complaint
	return cmd
}

// enter returns an error when root is to become a user that can not enter the
// directory.
func enter(as *syscall.Credential, dir string) error {
	if as == nil {
		return nil
	}
	if err := command(context.Background(), as, "/bin/sh", "-c", `cd "$1"`, "sh", dir).Run(); err != nil {
		return fmt.Errorf("PostgreSQL does not run as root, and the user that it runs as can not enter %s: choose a directory whose parents are open to it", dir)
	}
	return nil
}
