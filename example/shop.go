package main

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/gin-gonic/gin"
	"github.com/jmoiron/sqlx"

	"github.com/seed-7c2cc908/merchant-webhooks/plugin"
)

// A shop is the Gin application: who is signed in, and its pages.
type shop struct {
	sessions    *scs.SessionManager
	crossOrigin *http.CrossOriginProtection
	tokens      func(*gin.Context, string, plugin.Permission) error
	log         *slog.Logger
}

// newShop is the application as a handler: it mounts the plugin in three calls.
func newShop(ctx context.Context, db *sqlx.DB, log *slog.Logger) (http.Handler, error) {
	s := &shop{
		sessions:    newSessions(),
		crossOrigin: http.NewCrossOriginProtection(),
		tokens: plugin.Tokens(
			plugin.Token{Value: "secret-token:demo-all", Instance: "*", Scope: "all"},
			plugin.Token{Value: "secret-token:demo-readonly", Instance: "*", Scope: "readonly"},
			plugin.Token{Value: "secret-token:demo-order-simple", Instance: "*", Scope: "order-simple"},
		),
		log: log,
	}
	webhooks, err := plugin.New(plugin.Config{
		DB:        db,
		Authorize: s.authorize,
		Currency:  &plugin.Currency{Code: "KUDOS", Name: "Kudos"},
		Logger:    log,
		Admin: plugin.Admin{
			Title:    "Example shop",
			Layout:   s.layout,
			LoginURL: signInURL,
		},
	})
	if err != nil {
		return nil, err
	}
	if err := webhooks.Migrate(ctx); err != nil {
		return nil, err
	}
	if err := webhooks.AddInstance(ctx, nil, "sandbox"); err != nil {
		return nil, err
	}

	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	engine.Use(gin.CustomRecoveryWithWriter(io.Discard, func(c *gin.Context, cause any) {
		log.Error("panic", "method", c.Request.Method, "route", c.FullPath(), "cause", cause, "stack", string(debug.Stack()))
		c.AbortWithStatus(http.StatusInternalServerError)
	}))
	s.register(engine)
	webhooks.Register(&engine.RouterGroup)
	return s.sessions.LoadAndSave(engine), nil
}

// newSessions keeps sessions in memory, so a restart signs everybody out. A
// shop that is served by https sets Cookie.Secure too.
func newSessions() *scs.SessionManager {
	sessions := scs.New()
	sessions.Lifetime = 12 * time.Hour
	sessions.Cookie.Name = "shop_session"
	sessions.Cookie.HttpOnly = true
	sessions.Cookie.SameSite = http.SameSiteLaxMode
	return sessions
}

// register adds the shop's own pages.
func (s *shop) register(engine *gin.Engine) {
	engine.GET("/shop.css", serveStyle)
	pages := engine.Group("/", s.protect)
	pages.GET("/", s.showHome)
	pages.GET("/login", s.showSignIn)
	pages.POST("/login", s.signIn)
	pages.POST("/logout", s.signOut)
}
