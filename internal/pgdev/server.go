//go:build unix

package pgdev

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Server is a running PostgreSQL. Its methods may be called side by side.
type Server struct {
	dir       string
	temporary bool
	binaries  string
	user      *syscall.Credential // nil: the user that we are
	settings  map[string]string
	owner     *os.File // our lock on dir

	mu    sync.Mutex
	cmd   *exec.Cmd     // nil: it never ran
	ended chan struct{} // closed when cmd has ended
}

// startLimit is how long the start of a server may take, recovery after a crash
// and the end of an earlier server included.
const startLimit = 2 * time.Minute

// socketLimit is the longest name of a Unix socket, in bytes, on macOS; Linux
// allows four more.
const socketLimit = 103

// Start starts a server, after it made the data directory where there is none,
// and returns when the server accepts connections. A server that a crashed
// process left behind is waited for, and its data are recovered.
func Start(o Options) (*Server, error) {
	s, err := start(o)
	if err != nil {
		return nil, fmt.Errorf("pgdev: %w", err)
	}
	return s, nil
}

func start(o Options) (_ *Server, err error) {
	s := &Server{temporary: o.DataDir == "", settings: o.Settings}
	if s.temporary {
		s.dir, s.owner, err = claimTemporary(o.TempDir)
	} else if s.dir, err = filepath.Abs(o.DataDir); err == nil {
		s.owner, err = claim(s.dir)
	}
	if err != nil {
		return nil, err
	}
	if o.Context == nil {
		o.Context = context.Background()
	}
	if err := s.prepare(o); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}

// prepare finds what the server needs, and starts it.
func (s *Server) prepare(o Options) (err error) {
	if name := filepath.Join(s.data(), socketName); len(name) > socketLimit {
		return fmt.Errorf("%s is too long a path for a Unix socket: a DataDir can have %d bytes, this one has %d",
			name, socketLimit-len(name)+len(s.dir), len(s.dir))
	}
	if s.user, err = account(s.data()); err != nil {
		return err
	}
	if s.binaries, err = o.binaries(o.Context, dataVersion(s.data())); err != nil {
		return err
	}
	for _, dir := range []string{s.dir, s.binaries} {
		if err := enter(s.user, dir); err != nil {
			return err
		}
	}
	return s.up(o.Context)
}

func (s *Server) data() string { return filepath.Join(s.dir, dataName) }

// DSN is the connection string of a database, for its superuser. The databases
// of a new server are postgres and template1.
func (s *Server) DSN(database string) string {
	return (&url.URL{
		Scheme: "postgres",
		Path:   "/" + database,
		RawQuery: url.Values{
			"host": {s.data()}, "port": {"5432"}, "user": {"postgres"}, "sslmode": {"disable"},
		}.Encode(),
	}).String()
}

// Up starts the server again after Down, or after it ended by itself, with the
// same data under the same DSN. A server that runs is left alone.
func (s *Server) Up() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running() {
		return nil
	}
	if err := s.up(context.Background()); err != nil {
		return fmt.Errorf("pgdev: %w", err)
	}
	return nil
}

// Down ends the server and waits for its end. SIGINT ends it as pg_ctl stop
// does: transactions are rolled back, connections closed. SIGQUIT is a crash
// that PostgreSQL knows of, and SIGKILL one that it does not: the server
// recovers when it comes up. After five seconds the next harder one is tried.
func (s *Server) Down(signal syscall.Signal) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.down(signal)
}

// Restart is Down with SIGINT, and Up.
func (s *Server) Restart() error {
	return errors.Join(s.Down(syscall.SIGINT), s.Up())
}

// Stop ends the server for good, and deletes its directory when it is
// temporary. More calls do nothing.
func (s *Server) Stop() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.down(syscall.SIGINT)
	if s.temporary {
		err = errors.Join(err, discard(s.dir))
	}
	_ = s.owner.Close() // again, on more calls
	return err
}

func (s *Server) running() bool {
	if s.cmd == nil {
		return false
	}
	select {
	case <-s.ended:
		return false
	default:
		return true
	}
}

// stopLimit is how long a server may take to end by itself; one that takes
// longer is made to crash.
const stopLimit = 5 * time.Second

func (s *Server) down(signal syscall.Signal) error {
	if !s.running() {
		return nil
	}
	for _, signal := range []syscall.Signal{signal, syscall.SIGQUIT, syscall.SIGKILL} {
		if err := s.cmd.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
			return fmt.Errorf("pgdev: stopping PostgreSQL: %w", err)
		}
		select {
		case <-s.ended:
			return nil
		case <-time.After(stopLimit):
		}
	}
	return errors.New("pgdev: PostgreSQL does not end")
}

// leashed becomes the server, and leaves a process behind that holds the other
// end of our pipe, descriptor 3. When we end without a word, it ends the server;
// a line says that the server has ended before us. The watching process is not
// a child of the server, which takes an unknown child's end for a crash.
const leashed = `
	( { read _ <&3 || kill -INT $$; } 4<&- & )
	exec "$@" 3<&-
`

// up starts the server and waits until it accepts connections.
func (s *Server) up(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	serverLock, err := claimServer(ctx, s.dir)
	if err != nil {
		return err
	}
	defer func() { _ = serverLock.Close() }() // the server has it now
	if dataVersion(s.data()) == "" {
		if err := s.initdb(ctx, serverLock); err != nil {
			return err
		}
	}
	log, err := os.OpenFile(filepath.Join(s.dir, logName), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	held, leash, err := os.Pipe()
	if err != nil {
		return err
	}
	defer func() { _ = held.Close() }()

	args := append([]string{"-c", leashed, "sh", filepath.Join(s.binaries, "postgres"), "-D", s.data()}, s.arguments()...)
	cmd := command(context.Background(), s.user, "/bin/sh", args...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.ExtraFiles = []*os.File{held, serverLock}
	if err := cmd.Start(); err != nil {
		return errors.Join(err, leash.Close())
	}
	ended := make(chan struct{})
	s.cmd, s.ended = cmd, ended
	go func() {
		_ = cmd.Wait() // the log says why
		_, _ = leash.WriteString("\n")
		_ = leash.Close()
		close(ended)
	}()
	return s.ready(ctx)
}

// arguments are the settings: ours, which keep others out and leave nothing
// behind outside the directory, and those of Options.
func (s *Server) arguments() []string {
	settings := map[string]string{
		"listen_addresses":           "",
		"unix_socket_directories":    `"` + strings.ReplaceAll(s.data(), `"`, `""`) + `"`,
		"port":                       "5432",
		"logging_collector":          "off",
		"dynamic_shared_memory_type": "mmap",
	}
	maps.Copy(settings, s.settings)
	var args []string
	for name, value := range settings {
		args = append(args, "-c", name+"="+value)
	}
	return args
}

func (s *Server) ready(ctx context.Context) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		if pid, ready := pidFile(s.data()); ready && pid == s.cmd.Process.Pid {
			return nil
		}
		select {
		case <-tick.C:
		case <-s.ended:
			return fmt.Errorf("PostgreSQL did not start: %s", s.complaint())
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("PostgreSQL did not start: %w", ctx.Err()), s.down(syscall.SIGINT))
		}
	}
}

// complaint is the line of the log that says why the server ended.
func (s *Server) complaint() string {
	text, _ := os.ReadFile(filepath.Join(s.dir, logName))
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	for _, line := range lines {
		if _, fatal, found := strings.Cut(line, "FATAL:"); found {
			return strings.TrimSpace(fatal)
		}
	}
	return lines[len(lines)-1]
}
