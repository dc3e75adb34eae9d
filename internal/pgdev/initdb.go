//go:build unix

package pgdev

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// initdb makes the data directory under another name first, so that one which
// has the name is whole.
func (s *Server) initdb(ctx context.Context, serverLock *os.File) error {
	fresh := s.data() + ".new"
	if err := os.RemoveAll(fresh); err != nil {
		return err
	}
	if err := os.Mkdir(fresh, 0o700); err != nil {
		return err
	}
	if s.user != nil {
		if err := os.Chown(fresh, int(s.user.Uid), int(s.user.Gid)); err != nil {
			return err
		}
	}
	args := []string{"-D", fresh, "-U", "postgres", "--encoding=UTF8", "--locale=C", "--auth-local=trust", "--auth-host=reject"}
	if s.temporary {
		args = append(args, "--no-sync")
	}
	cmd := command(ctx, s.user, filepath.Join(s.binaries, "initdb"), args...)
	cmd.ExtraFiles = []*os.File{serverLock} // it may outlive us
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", errors.Join(err, ctx.Err()), strings.TrimSpace(string(out)))
	}
	if err := os.Rename(fresh, s.data()); err != nil {
		return err
	}
	return syncDir(s.dir)
}

// syncDir makes a rename in dir last.
func syncDir(dir string) error {
	file, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}
