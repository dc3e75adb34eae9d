// Package plugin is the door of merchant-webhooks: it adds GNU Taler's merchant
// webhook API, and admin pages for merchants, to a Gin application. Three calls
// mount it: New, Migrate, Register. Start begins to send; Emit, in a transaction
// of the host's, says what happened. It wires the other packages and decides
// nothing.
package plugin

import (
	"context"
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/jmoiron/sqlx"

	"github.com/seed-7c2cc908/merchant-webhooks/delivery"
	"github.com/seed-7c2cc908/merchant-webhooks/handlers"
	"github.com/seed-7c2cc908/merchant-webhooks/repo"
	"github.com/seed-7c2cc908/merchant-webhooks/telemetry"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// Permission is what a request needs: WebhooksRead or WebhooksWrite.
type Permission = handlers.Permission

// The permissions that Config.Authorize is asked for, named as in GNU Taler.
const (
	WebhooksRead  = handlers.WebhooksRead
	WebhooksWrite = handlers.WebhooksWrite
)

// The errors that Config.Authorize and Config.Instance answer with. They may be
// wrapped. Any other error is answered with 500, code 60.
var (
	// ErrUnauthenticated says "who are you": 401, code 2015.
	ErrUnauthenticated = handlers.ErrUnauthenticated
	// ErrForbidden says "not you": 403, code 16.
	ErrForbidden = handlers.ErrForbidden
)

// Plugin serves webhooks out of one PostgreSQL schema. Its methods may be
// called by many goroutines at once. A program may have several, each with a
// schema of its own.
type Plugin struct {
	cfg     Config
	repo    *repo.Repo
	metrics *telemetry.Metrics
	tracer  telemetry.Tracer
	courier *delivery.Courier
	app     *handlers.App
}

// New checks the configuration, fills in its defaults, and makes a Plugin. Its
// error names the field that is wrong. It does not ask the database, so it works
// while that is away.
func New(cfg Config) (*Plugin, error) {
	p := &Plugin{cfg: cfg.withDefaults()}
	if err := p.build(); err != nil {
		return nil, fmt.Errorf("merchant-webhooks: %w", err)
	}
	return p, nil
}

// build makes the parts, each of those that it needs.
func (p *Plugin) build() error {
	c := p.cfg
	crossOrigin, err := c.check()
	if err != nil {
		return err
	}
	events, err := webhook.NewCatalogue(c.EventTypes...)
	if err != nil {
		return fmt.Errorf("Config.EventTypes: %w", err)
	}
	keyring, err := c.Delivery.keyring()
	if err != nil {
		return fmt.Errorf("Config.Delivery.SecretKey: %w", err)
	}
	p.repo, err = repo.New(c.DB, repo.Options{
		Schema:     c.Database.Schema,
		Unprepared: c.Database.Unprepared,
		Logger:     c.Logger,
		Secret: func(instance, webhookID string) []byte {
			return keyring.Seal(webhook.NewSecret(), instance, webhookID)
		},
	})
	if err != nil {
		return err
	}
	p.tracer = telemetry.Tracer{Provider: c.Tracer}
	if p.metrics, err = telemetry.NewMetrics(c.Metrics, c.Database.Schema, p.repo.Backlog); err != nil {
		return fmt.Errorf("Config.Metrics: %w", err)
	}
	policy := webhook.Policy{EventTypes: events, AllowedNetworks: c.AllowedNetworks, RefuseBreakable: c.RefuseBreakable}
	if p.courier, err = p.newCourier(policy, keyring); err != nil {
		return err
	}
	p.app, err = p.newApp(policy, crossOrigin)
	return err
}

// newApp makes what serves.
func (p *Plugin) newApp(policy webhook.Policy, crossOrigin *http.CrossOriginProtection) (*handlers.App, error) {
	c := p.cfg
	admin, err := c.admin(policy.EventTypes)
	if err != nil {
		return nil, fmt.Errorf("Config.Admin: %w", err)
	}
	return handlers.New(handlers.Options{
		Repo:            p.repo,
		Courier:         p.courier,
		Policy:          policy,
		Schedule:        c.Delivery.Schedule,
		PauseAfter:      c.Delivery.PauseAfter,
		Logger:          c.Logger,
		Metrics:         p.metrics,
		Tracer:          p.tracer,
		Authorize:       c.Authorize,
		Instance:        c.Instance,
		InstanceParam:   c.InstanceParam,
		DefaultInstance: c.DefaultInstance,
		CrossOrigin:     crossOrigin,
		Currency:        c.Currency,
		Admin:           admin,
		MaxBody:         c.Limits.MaxBody,
		MaxWebhooks:     c.Limits.MaxWebhooks,
		RequestTime:     c.Limits.RequestTime,
	})
}

// pageURL is the address of a webhook's page for a Notice.
func (p *Plugin) pageURL(instance, webhookID string) string {
	return p.app.PageURL(instance, webhookID)
}

// Register adds the routes of the webhook API and of the admin's pages to the
// group, which may have any prefix, also one with parameters, and middleware of
// its own. It may be called for several groups.
//
// It panics, as gin does for any route, when a route can not stand beside the
// host's routes, or when the group's path already has a parameter of a name
// that the routes need.
func (p *Plugin) Register(r *gin.RouterGroup) {
	p.RegisterAPI(r)
	p.RegisterAdmin(r)
}

// RegisterAPI adds the routes of the webhook API alone, for a host that wants
// other middleware, or another prefix, for the pages. It panics as Register
// does.
func (p *Plugin) RegisterAPI(r *gin.RouterGroup) { p.app.RegisterAPI(r) }

// RegisterAdmin adds the routes of the admin's pages alone. It panics as
// Register does. Where the API is added too, do that first: the pages name its
// address.
func (p *Plugin) RegisterAdmin(r *gin.RouterGroup) { p.app.RegisterAdmin(r) }

// AddInstance makes an instance, so that webhooks can be stored in it. Adding
// one that exists is nil. With a transaction of the host's the instance is
// there when that commits; with nil it is there when AddInstance returns.
//
// An ID has 1 to 128 of A-Z a-z 0-9 _ . @ -, the first a letter or a digit;
// another is a *webhook.Problem of code 26. Faults of the database are of codes
// 51, 52 and 55, with the driver's error within; in a host's transaction no
// statement is tried again.
func (p *Plugin) AddInstance(ctx context.Context, tx sqlx.ExtContext, id string) error {
	return p.repo.AddInstance(ctx, tx, id)
}

// RemoveInstance removes an instance and all that is its. Removing one that
// does not exist is nil. Transaction and errors are as for AddInstance.
func (p *Plugin) RemoveInstance(ctx context.Context, tx sqlx.ExtContext, id string) error {
	waited, err := p.repo.RemoveInstance(ctx, tx, id)
	p.metrics.Finished(telemetry.Deleted, waited)
	return err
}
