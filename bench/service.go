package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"os"
	"runtime"
	"syscall"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/jmoiron/sqlx"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/child"
	"github.com/seed-7c2cc908/merchant-webhooks/plugin"
)

const (
	// serveCommand makes this program one that serves.
	serveCommand = "serve"
	token        = "secret-token:bench"
	usagePath    = "/usage"
)

// A service is a host of the plugin, or its peer with GORM.
type service struct{ *child.Child }

func startService(kind, dsn string) (service, error) {
	c, err := child.Start(serveCommand, kind, dsn)
	return service{c}, err
}

// serve is the service's side.
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
	return child.Serve(&http.Server{Handler: engine})
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
}

func usageNow() usage {
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	return usage{Mallocs: memory.Mallocs, CPU: cpuTime()}
}

func cpuTime() time.Duration {
	var r syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &r) // it can not fail for this process
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

func (s service) usage() (u usage, err error) {
	answer, err := http.Get("http://" + s.Address + usagePath)
	if err != nil {
		return usage{}, err
	}
	defer answer.Body.Close()
	return u, json.NewDecoder(answer.Body).Decode(&u)
}
