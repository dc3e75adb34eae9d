//go:build linux

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/jmoiron/sqlx"

	"github.com/seed-7c2cc908/merchant-webhooks/plugin"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

const (
	hostDSN = "LOAD_HOST_DSN"
	bearer  = "Bearer secret-token:load"
)

// serve is the host: the README's, with a way to emit and one to collect garbage.
func serve(dsn string) error {
	gin.SetMode(gin.ReleaseMode)
	db := sqlx.MustConnect("postgres", dsn)
	db.SetMaxOpenConns(20)
	db.SetMaxIdleConns(20)
	webhooks, err := plugin.New(plugin.Config{
		DB:              db,
		Authorize:       plugin.Tokens(plugin.Token{Value: strings.TrimPrefix(bearer, "Bearer "), Instance: "*", Scope: "all"}),
		AllowedNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
		Logger:          slog.New(slog.DiscardHandler),
		Delivery:        plugin.Delivery{ListenDSN: dsn, AttemptTime: 2 * time.Second},
		Limits:          plugin.Limits{MaxWebhooks: -1},
	})
	if err != nil {
		return err
	}
	ctx := context.Background()
	if err := errors.Join(webhooks.Migrate(ctx), webhooks.Start(ctx)); err != nil {
		return err
	}
	engine := gin.New()
	webhooks.Register(&engine.RouterGroup)
	engine.POST("/emit", func(c *gin.Context) {
		tx := db.MustBegin()
		defer func() { _ = tx.Rollback() }()
		if err := webhooks.Emit(ctx, tx, "admin", webhook.Pay("order", map[string]any{})); err != nil || tx.Commit() != nil {
			c.Status(http.StatusInternalServerError)
		}
	})
	engine.POST("/rest", func(*gin.Context) { debug.FreeOSMemory() })
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(listener.Addr())
	server := &http.Server{Handler: engine, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, IdleTimeout: 2 * time.Minute}
	return server.Serve(listener)
}

// host is that process.
type host struct {
	cmd  *exec.Cmd
	addr string
}

func startHost(dsn string) (*host, error) {
	h := &host{cmd: exec.Command("/proc/self/exe")}
	h.cmd.Env = append(os.Environ(), hostDSN+"="+dsn)
	h.cmd.Stderr = os.Stderr
	h.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := h.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := h.cmd.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	h.addr = strings.TrimSpace(line)
	return h, err
}

func (h *host) stop() {
	_ = h.cmd.Process.Kill()
	_ = h.cmd.Wait()
}

// memory reads a line of the process's status, in KiB.
func (h *host) memory(line string) (int, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", h.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(text), line+":")
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		return 0, errors.New("no " + line + " in the process's status")
	}
	return strconv.Atoi(fields[0])
}

// idle collects the host's garbage, forgets its peak, and gives what is left.
func (h *host) idle() (int, error) {
	for range 2 {
		if status, err := h.ask(context.Background(), http.DefaultClient, "POST", "/rest", nil); err != nil || status != http.StatusOK {
			return 0, fmt.Errorf("rest: %d, %w", status, err)
		}
	}
	const forgetPeak = "5" // proc(5)
	if err := os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", h.cmd.Process.Pid), []byte(forgetPeak), 0); err != nil {
		return 0, err
	}
	return h.memory("VmRSS")
}

// creates makes webhooks, one after the other, and gives the median of how long
// one took.
func (h *host) creates(ctx context.Context, d time.Duration) (time.Duration, error) {
	var took []time.Duration
	for end := time.Now().Add(d); time.Now().Before(end); <-time.After(20 * time.Millisecond) {
		began := time.Now()
		body := fmt.Sprintf(`{"webhook_id":"c%d","event_type":"refund","url":"https://erp.example.com/","http_method":"POST"}`, began.UnixNano())
		status, err := h.ask(ctx, http.DefaultClient, "POST", "/private/webhooks", strings.NewReader(body))
		if err != nil || status != http.StatusNoContent {
			return 0, fmt.Errorf("a create beside it: %d, %w", status, err)
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	return took[len(took)/2], nil
}
