package plugin

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"

	"github.com/seed-7c2cc908/merchant-webhooks/handlers"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// Config is how a host wants its webhooks. DB and Authorize are required; the
// zero value of every other field means its default.
type Config struct {
	// DB is the host's pool over github.com/lib/pq. The plugin opens no other
	// and never closes it. Give it as many idle connections as open ones:
	// database/sql's default of two costs most of the throughput. Required.
	DB *sqlx.DB

	// Authorize decides whether a request may do p in an instance, which need
	// not exist. It answers nil, ErrUnauthenticated, ErrForbidden, or any other
	// error for a fault of its own. It runs before the body is read; it may
	// answer the request itself and abort. The cookies of a request that changes
	// something and bears an Authorization header are removed before. Tokens is
	// a ready one. Required, so that nothing is open by accident.
	Authorize func(c *gin.Context, instance string, p Permission) error

	// DefaultInstance is the instance of routes without /instances/…; Migrate
	// adds it. Defaults to "admin".
	DefaultInstance string

	// Instance tells the instance of a request, where the host knows it from a
	// subdomain, the user or a route parameter of its own. Then no
	// /instances/… routes are made. It answers as Authorize does; an instance
	// that does not exist is answered with 404, code 2000. Defaults to the
	// path's instance.
	Instance func(c *gin.Context) (string, error)

	// InstanceParam is the name of the instance's parameter in gin's routes;
	// gin allows only one name at one place. Defaults to "instance".
	InstanceParam string

	// Currency turns GET /config on, which Taler's clients ask for before
	// anything else. A host that is a Taler merchant already has its own.
	// Defaults to off.
	Currency *Currency

	// EventTypes are events of the host's own, beside the ten that Taler has.
	EventTypes []webhook.EventType

	// RefuseBreakable refuses a body template whose JSON some value of a
	// variable would break. Defaults to false: the pages warn of it.
	RefuseBreakable bool

	// AllowedNetworks may be sent to although they are not public, such as
	// 10.0.0.0/8 for receivers of one's own. Defaults to none.
	AllowedNetworks []netip.Prefix

	// PublicURL is the root of the host as browsers see it, such as
	// "https://shop.example". Requests from pages of its origin are allowed to
	// change something. Defaults to what each request says.
	PublicURL string

	// TrustedOrigins are further origins, such as "https://admin.example", whose
	// pages may make a browser send requests that change something.
	TrustedOrigins []string

	// Logger gets what an operator needs to know. Defaults to slog.Default().
	Logger *slog.Logger

	// Metrics is where metrics for Prometheus are registered, such as
	// prometheus.DefaultRegisterer; the README lists them. They bear the label
	// schema, so that Plugins of several schemas may share a registry; of several
	// databases, wrap it by prometheus.WrapRegistererWith. New is an error where it
	// refuses. Defaults to none.
	Metrics prometheus.Registerer

	// Tracer makes OpenTelemetry spans of requests, of each Emit and of each attempt
	// to deliver. An Emit's trace goes on to its deliveries, and in the header
	// traceparent to receivers, also without spans, if its context has one. Defaults
	// to the global provider; while that is not set there are no spans.
	Tracer trace.TracerProvider

	// Admin is how the admin's pages look and speak.
	Admin Admin

	// Delivery says how events get to their receivers.
	Delivery Delivery

	// Limits bounds what a request may cost.
	Limits Limits

	// Database says how the database is used.
	Database Database
}

// Limits bounds what a request may cost.
type Limits struct {
	// MaxBody is the most bytes of a request's body, as sent and decompressed.
	// More is answered with 413, code 32. A form of the pages may have four times
	// as many, so that a text that is too long comes back. Defaults to 1 MiB.
	MaxBody int64
	// MaxWebhooks is the most webhooks of an instance; one more is answered
	// with 403, code 44. Negative means no limit. Defaults to 10,000.
	MaxWebhooks int
	// RequestTime is how long a request may take, its body included; a long
	// list may take it for each 1,000 webhooks. Defaults to 10 seconds.
	RequestTime time.Duration
}

// Database says how the host's database is used.
type Database struct {
	// Schema is the PostgreSQL schema that everything is stored in, the
	// migrations' own table and River's tables too: at most 46 letters A to Z,
	// digits and _. Defaults to "merchant_webhooks".
	Schema string
	// Unprepared is for a pool behind PgBouncer in transaction mode (before
	// 1.21, or without max_prepared_statements), where prepared statements do
	// not survive. The pool's DSN must then hold binary_parameters=yes: without
	// it lib/pq parses and binds in two steps that PgBouncer may send to two
	// servers, and a statement of somebody else runs. Migrate checks it.
	// Defaults to false: statements are prepared, at twice the throughput.
	Unprepared bool
	// MigrateDSN is a lib/pq connection string that reaches PostgreSQL itself.
	// Migrate opens one connection to it, since its lock needs one; required
	// with Unprepared. Defaults to a connection of DB.
	MigrateDSN string
}

// Currency is what GET /config tells of the host's currency.
type Currency = handlers.Currency

// withDefaults gives a copy with a value in each field that has a default.
func (c Config) withDefaults() Config {
	c.DefaultInstance = cmp.Or(c.DefaultInstance, "admin")
	c.InstanceParam = cmp.Or(c.InstanceParam, "instance")
	c.Logger = cmp.Or(c.Logger, slog.Default())
	c.Limits.MaxBody = min(cmp.Or(c.Limits.MaxBody, 1<<20), 1<<60) // sums are made with it
	c.Limits.MaxWebhooks = cmp.Or(c.Limits.MaxWebhooks, 10_000)
	c.Limits.RequestTime = cmp.Or(c.Limits.RequestTime, 10*time.Second)
	c.Database.Schema = cmp.Or(c.Database.Schema, "merchant_webhooks")
	c.Delivery = c.Delivery.withDefaults()
	c.EventTypes = slices.Clone(c.EventTypes)
	c.AllowedNetworks = slices.Clone(c.AllowedNetworks)
	return c
}

// schemaName is what River takes for the name of a schema.
var schemaName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,45}$`)

// check names the first field that is wrong, and makes the judge of
// cross-origin requests of the fields that it needs.
func (c Config) check() (*http.CrossOriginProtection, error) {
	if c.DB == nil {
		return nil, errors.New("Config.DB is required: the host's *sqlx.DB over github.com/lib/pq")
	}
	if _, ok := c.DB.Driver().(*pq.Driver); !ok {
		return nil, fmt.Errorf("Config.DB must be opened with github.com/lib/pq, but its driver is %T", c.DB.Driver())
	}
	if c.Authorize == nil {
		return nil, errors.New("Config.Authorize is required: without it anybody could read and change webhooks; plugin.Tokens is a ready one")
	}
	if !webhook.ValidInstanceID(c.DefaultInstance) {
		return nil, fmt.Errorf("Config.DefaultInstance %q can not be an instance's ID", c.DefaultInstance)
	}
	if strings.ContainsAny(c.InstanceParam, "/:*{}") {
		return nil, fmt.Errorf("Config.InstanceParam %q can not be the name of a route parameter", c.InstanceParam)
	}
	if !schemaName.MatchString(c.Database.Schema) || strings.HasPrefix(c.Database.Schema, "pg_") {
		return nil, fmt.Errorf("Config.Database.Schema %q has more than 46 characters, or others than letters A to Z, digits and _, or begins with a digit or pg_", c.Database.Schema)
	}
	if c.Limits.MaxBody < 0 || c.Limits.RequestTime < 0 {
		return nil, errors.New("Config.Limits: MaxBody and RequestTime can not be negative")
	}
	if err := c.Delivery.check(); err != nil {
		return nil, err
	}
	return c.crossOrigin()
}

// origin is a URL's as browsers write it: in lower case, without the port that
// its scheme has anyway.
func origin(u *url.URL) string {
	host := strings.ToLower(u.Host)
	port := map[string]string{"http": ":80", "https": ":443"}[u.Scheme]
	return u.Scheme + "://" + strings.TrimSuffix(host, port)
}

func (c Config) crossOrigin() (*http.CrossOriginProtection, error) {
	protection := http.NewCrossOriginProtection()
	if c.PublicURL != "" {
		root, err := url.Parse(c.PublicURL)
		if err != nil || root.Host == "" || (root.Scheme != "https" && root.Scheme != "http") {
			return nil, fmt.Errorf("Config.PublicURL %q is not of the form https://shop.example", c.PublicURL)
		}
		if err := protection.AddTrustedOrigin(origin(root)); err != nil {
			return nil, fmt.Errorf("Config.PublicURL: %w", err)
		}
	}
	for _, origin := range c.TrustedOrigins {
		if err := protection.AddTrustedOrigin(origin); err != nil {
			return nil, fmt.Errorf("Config.TrustedOrigins: %w", err)
		}
	}
	return protection, nil
}
