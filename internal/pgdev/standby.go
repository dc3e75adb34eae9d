//go:build unix

package pgdev

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// Standby starts a server that follows s, with the settings of s but for these: it
// has what s has, streams what is written there, and can be read. SELECT
// pg_promote() makes it a primary. Its directory goes with it. s stops for a
// moment, to be copied.
func (s *Server) Standby(settings map[string]string) (*Server, error) {
	all := map[string]string{}
	maps.Copy(all, s.settings)
	maps.Copy(all, settings)
	all["primary_conninfo"] = "host='" + strings.ReplaceAll(s.data(), "'", `\'`) + "' port=5432 user=postgres application_name=standby"
	standby := &Server{temporary: true, binaries: s.binaries, user: s.user, settings: all}
	parent := ""
	if s.temporary {
		parent = filepath.Dir(s.dir)
	}
	var err error
	if standby.dir, standby.owner, err = claimTemporary(parent); err != nil {
		return nil, fmt.Errorf("pgdev: %w", err)
	}
	if err := standby.follow(s); err != nil {
		return nil, fmt.Errorf("pgdev: standby: %w", errors.Join(err, standby.Stop()))
	}
	return standby, nil
}

func (s *Server) follow(primary *Server) error {
	if err := primary.Down(syscall.SIGINT); err != nil {
		return err
	}
	err := s.copyFrom(primary)
	if err := errors.Join(err, primary.Up()); err != nil {
		return err
	}
	return s.up(context.Background())
}

// copyFrom copies the data of a server that does not run.
func (s *Server) copyFrom(primary *Server) error {
	if err := os.Mkdir(s.data(), 0o700); err != nil {
		return err
	}
	if s.user != nil {
		if err := os.Chown(s.data(), int(s.user.Uid), int(s.user.Gid)); err != nil {
			return err
		}
	}
	const copied = `cp -R "$1/." "$2" && : > "$2/standby.signal"`
	out, err := command(context.Background(), s.user, "/bin/sh", "-c", copied, "sh", primary.data(), s.data()).CombinedOutput()
	if err != nil {
		return fmt.Errorf("copy %s: %w: %s", filepath.Base(primary.dir), err, strings.TrimSpace(string(out)))
	}
	return nil
}
