package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/jmoiron/sqlx"

	"github.com/seed-7c2cc908/merchant-webhooks/plugin"
)

const (
	// serveCommand makes this program one that serves.
	serveCommand = "serve"
	token        = "secret-token:bench"
	usagePath    = "/usage"
)

// A service is a process of its own, so that the memory, the allocations and
// the CPU time that are told of it are its alone.
type service struct {
	address string
	cmd     *exec.Cmd
	leash   io.Closer // it ends when this is closed, or we end
}

// startService starts a host of the plugin, or its peer with GORM.
func startService(kind, dsn string) (*service, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	s := &service{cmd: exec.Command(program, serveCommand, kind, dsn)}
	s.cmd.Stderr = os.Stderr
	if s.leash, err = s.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	said, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	s.address, err = bufio.NewReader(said).ReadString('\n')
	if err != nil {
		s.stop()
		return nil, fmt.Errorf("the service of %s did not start: %w", kind, err)
	}
	s.address = strings.TrimSpace(s.address)
	return s, nil
}

func (s *service) stop() {
	_ = s.leash.Close()
	_ = s.cmd.Wait() // it was made to end
}

// serve is the service's side: it says its address, and ends with its input.
func serve(kind, dsn string) error {
	db, err := connect(dsn)
	if err != nil {
		return err
	}
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	switch kind {
	case "plugin":
		err = mountPlugin(engine, db)
	case "gorm":
		err = mountPeer(engine, dsn)
	}
	if err != nil {
		return err
	}
	engine.GET(usagePath, func(c *gin.Context) { c.JSON(http.StatusOK, usageNow()) })
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(listener.Addr())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	return http.Serve(listener, engine)
}

// mountPlugin mounts the plugin as a host does.
func mountPlugin(engine *gin.Engine, db *sqlx.DB) error {
	webhooks, err := plugin.New(plugin.Config{
		DB:        db,
		Authorize: plugin.Tokens(plugin.Token{Value: token, Instance: "*", Scope: "all"}),
		Logger:    slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})),
	})
	if err != nil {
		return err
	}
	if err := webhooks.Migrate(context.Background()); err != nil {
		return err
	}
	webhooks.Register(&engine.RouterGroup)
	return nil
}

// A usage is what a process has used since it began.
type usage struct {
	Mallocs uint64
	CPU     time.Duration
	// ResidentKiB is the memory that it has at the moment, PeakKiB the most since
	// the last usage was told.
	ResidentKiB, PeakKiB int
}

func usageNow() usage {
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	u := usage{Mallocs: memory.Mallocs, CPU: cpuTime(), ResidentKiB: kibibytes("VmRSS"), PeakKiB: kibibytes("VmHWM")}
	// The peak begins anew: proc(5), clear_refs.
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0)
	return u
}

func cpuTime() time.Duration {
	var r syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &r) // it can not fail for this process
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// kibibytes is a line of proc(5)'s status, 0 where there is no such file. What
// getrusage tells as the peak is, after a fork, the parent's.
func kibibytes(name string) int {
	status, _ := os.ReadFile("/proc/self/status")
	for text := range strings.Lines(string(status)) {
		if size, ok := strings.CutPrefix(text, name+":"); ok {
			n, _ := strconv.Atoi(strings.Fields(size)[0])
			return n
		}
	}
	return 0
}

func (s *service) usage() (u usage, err error) {
	answer, err := http.Get("http://" + s.address + usagePath)
	if err != nil {
		return usage{}, err
	}
	defer answer.Body.Close()
	return u, json.NewDecoder(answer.Body).Decode(&u)
}
