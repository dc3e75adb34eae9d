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
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/seed-7c2cc908/merchant-webhooks/plugin"
)

// The instances that the example has: merchants, to the plugin.
const (
	defaultInstance = "admin"
	sandbox         = "sandbox"
)

// A shop is the Gin application: who is signed in, its pages, its orders, and a
// receiver to point webhooks at.
type shop struct {
	http.Handler
	webhooks    *plugin.Plugin
	orders      orders
	inbox       *inbox
	sessions    *scs.SessionManager
	crossOrigin *http.CrossOriginProtection
	tokens      func(*gin.Context, string, plugin.Permission) error
	log         *slog.Logger
	metrics     *prometheus.Registry
}

// newShop makes the application, which is a handler: it mounts the plugin in
// three calls. Nothing is sent until start.
func newShop(ctx context.Context, db *sqlx.DB, with settings, log *slog.Logger) (*shop, error) {
	s := &shop{
		inbox:       newInbox(),
		sessions:    newSessions(),
		crossOrigin: http.NewCrossOriginProtection(),
		tokens: plugin.Tokens(
			plugin.Token{Value: "secret-token:demo-all", Instance: "*", Scope: "all"},
			plugin.Token{Value: "secret-token:demo-readonly", Instance: "*", Scope: "readonly"},
			plugin.Token{Value: "secret-token:demo-order-simple", Instance: "*", Scope: "order-simple"},
		),
		log:     log,
		metrics: prometheus.NewRegistry(),
	}
	var err error
	s.webhooks, err = plugin.New(plugin.Config{
		DB:              db,
		Authorize:       s.authorize,
		DefaultInstance: defaultInstance,
		Currency:        &plugin.Currency{Code: "KUDOS", Name: "Kudos"},
		AllowedNetworks: with.networks,
		Logger:          log,
		Metrics:         s.metrics,
		Admin: plugin.Admin{
			Title:    "Example shop",
			Layout:   s.layout,
			LoginURL: signInURL,
		},
		Delivery: plugin.Delivery{ListenDSN: with.listenDSN, Schedule: with.schedule},
	})
	if err != nil {
		return nil, err
	}
	if err := s.webhooks.Migrate(ctx); err != nil {
		return nil, err
	}
	if err := s.webhooks.AddInstance(ctx, nil, sandbox); err != nil {
		return nil, err
	}
	s.orders = orders{db, s.webhooks}
	if err := s.orders.migrate(ctx); err != nil {
		return nil, err
	}
	s.Handler = s.routes()
	return s, nil
}

// routes are the shop's own pages and the plugin's.
func (s *shop) routes() http.Handler {
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	engine.Use(gin.CustomRecoveryWithWriter(io.Discard, func(c *gin.Context, cause any) {
		s.log.Error("panic", "method", c.Request.Method, "route", c.FullPath(), "cause", cause, "stack", string(debug.Stack()))
		c.AbortWithStatus(http.StatusInternalServerError)
	}))
	s.register(engine)
	s.webhooks.Register(&engine.RouterGroup)
	// A shop that runs in earnest serves this where strangers do not come.
	engine.GET("/metrics", gin.WrapH(promhttp.HandlerFor(s.metrics, promhttp.HandlerOpts{})))
	return s.sessions.LoadAndSave(engine)
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
	engine.GET("/shop.css", serveFile("pages/shop.css"))
	engine.GET("/receiver.js", serveFile("pages/receiver.js"))
	pages := engine.Group("/", s.protect)
	pages.GET("/", s.showHome)
	pages.GET("/login", s.showSignIn)
	pages.POST("/login", s.signIn)
	pages.POST("/logout", s.signOut)

	pages.GET("/shop", s.mayRead, s.showShop)
	pages.POST("/shop/orders", s.createOrder)
	pages.POST("/shop/orders/:order_id/pay", s.payOrder)
	pages.POST("/shop/orders/:order_id/refund", s.refundOrder)

	// Receivers are not signed in, and know nothing of sites.
	engine.Any("/receiver", s.receive, s.protect, s.mayRead, s.showReceiver)
	settings := pages.Group("/receiver", s.maySetReceiver)
	settings.POST("/secret", s.trustSecret)
	settings.POST("/stop", s.stopReceiver)
	settings.POST("/start", s.startReceiver)
}
