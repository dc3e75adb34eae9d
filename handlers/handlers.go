// Package handlers is the HTTP side: bytes in, bytes out, over gin. A request's
// way reads the same for every operation: route, cross-origin check, authorize,
// decode, webhook.Validate, repo, write. A handler returns what went wrong; one
// adapter for JSON and one for pages write it. Rules stand in package webhook,
// SQL in package repo.
package handlers

import (
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/seed-7c2cc908/merchant-webhooks/delivery"
	"github.com/seed-7c2cc908/merchant-webhooks/repo"
	"github.com/seed-7c2cc908/merchant-webhooks/telemetry"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// Permission is what a request needs to be allowed, named as in GNU Taler's
// merchant.
type Permission string

// The permissions of the webhook operations.
const (
	WebhooksRead  Permission = "webhooks-read"
	WebhooksWrite Permission = "webhooks-write"
)

// The answers of an Authorize function other than nil. They may be wrapped.
var (
	// ErrUnauthenticated says "who are you": 401, code 2015.
	ErrUnauthenticated = errors.New("not authenticated")
	// ErrForbidden says "not you": 403, code 16.
	ErrForbidden = errors.New("permission missing")
)

// Options are what an App works with. All fields are required unless they say
// otherwise.
type Options struct {
	Repo    *repo.Repo
	Courier *delivery.Courier
	Policy  webhook.Policy
	Logger  *slog.Logger
	// Metrics count requests; optional. Tracer makes spans of them.
	Metrics *telemetry.Metrics
	Tracer  telemetry.Tracer
	// Schedule is what deliveries wait after each failed try, as pages and answers
	// tell it.
	Schedule webhook.Schedule
	// PauseAfter is how long a webhook may only fail before it is paused.
	PauseAfter time.Duration

	// Authorize decides who may do what in which instance.
	Authorize func(c *gin.Context, instance string, p Permission) error
	// Instance tells the instance of a request; optional. With it there are no
	// /instances/… routes.
	Instance func(c *gin.Context) (string, error)
	// InstanceParam is the name of the route parameter that holds the instance.
	InstanceParam string
	// DefaultInstance is meant by routes without an instance.
	DefaultInstance string
	// CrossOrigin judges unsafe requests that bear no Authorization header.
	CrossOrigin *http.CrossOriginProtection
	// Currency turns GET /config on; optional.
	Currency *Currency
	// Admin is what the pages alone need.
	Admin Admin

	// MaxBody is the most bytes of a body, as sent and decompressed.
	MaxBody int64
	// MaxWebhooks is the most webhooks of an instance; negative: no limit.
	MaxWebhooks int
	// RequestTime is how long a request may take, and each page of a list that
	// is streamed.
	RequestTime time.Duration
}

// App serves the operations of the merchant's webhook API, and the admin's
// pages.
type App struct {
	Options
	config []byte
	// description is GET [I]/private/openapi.json; ofInstance the same by the path
	// of an instance.
	description, ofInstance func() []byte
	// apiBases and adminBases are the groups' paths that the halves were added at.
	apiBases, adminBases []string
	bodyRoom             bodyRoom
}

// New makes an App. Its error is of a Currency that can not be one.
func New(o Options) (*App, error) {
	a := &App{Options: o, bodyRoom: newBodyRoom(o.MaxBody)}
	if o.Currency != nil {
		config, err := o.Currency.config()
		if err != nil {
			return nil, err
		}
		a.config = config
	}
	a.describe()
	return a, nil
}
