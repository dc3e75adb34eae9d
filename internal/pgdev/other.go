//go:build !unix

package pgdev

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
)

var errUnix = errors.New("pgdev: a private PostgreSQL needs a Unix system: set DATABASE_URL to a PostgreSQL of your own")

// Server is never started on this system.
type Server struct{}

// Start returns an error on this system.
func Start(Options) (*Server, error) { return nil, errUnix }

// DSN returns nothing on this system.
func (*Server) DSN(string) string { return "" }

// Down returns an error on this system.
func (*Server) Down(syscall.Signal) error { return errUnix }

// Up returns an error on this system.
func (*Server) Up() error { return errUnix }

// Restart returns an error on this system.
func (*Server) Restart() error { return errUnix }

// Stop has nothing to stop on this system.
func (*Server) Stop() error { return nil }

// CacheDir returns the directory of that name in the user's cache directory.
func CacheDir(name string) (string, error) {
	cache, err := os.UserCacheDir()
	return filepath.Join(cache, name), err
}

// Standby returns an error on this system.
func (*Server) Standby(map[string]string) (*Server, error) { return nil, errUnix }
