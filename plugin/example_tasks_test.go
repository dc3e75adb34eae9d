package plugin_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/jmoiron/sqlx"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/seed-7c2cc908/merchant-webhooks/plugin"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// Sending begins with the program and ends with it: what is under way may take 20
// seconds more.
func ExamplePlugin_Start() {
	var webhooks *plugin.Plugin // of New, after Migrate
	run := func() error {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
		defer stop()
		if err := webhooks.Start(ctx); err != nil {
			return err
		}
		<-ctx.Done()
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		return webhooks.Stop(ctx)
	}
	_ = run
}

// A merchant of the host's is an instance, from the transaction that makes it to
// the one that removes it.
func ExamplePlugin_AddInstance() {
	var (
		db       *sqlx.DB
		webhooks *plugin.Plugin
		ctx      context.Context
	)
	open := func(shop string) error {
		tx := db.MustBegin()
		defer tx.Rollback()
		tx.MustExec("INSERT INTO shop (name) VALUES ($1)", shop)
		if err := webhooks.AddInstance(ctx, tx, shop); err != nil {
			return err
		}
		return tx.Commit()
	}
	_ = open
}

// Programs have tokens, each for one instance or for all; people have the host's own
// sign-in.
func ExampleConfig_authorize() {
	tokens := plugin.Tokens(plugin.Token{Value: "secret-token:erp", Instance: "shop1", Scope: "readonly"})
	db, err := sqlx.Open("postgres", "") // it is not asked here
	if err != nil {
		log.Fatal(err)
	}
	webhooks, err := plugin.New(plugin.Config{
		DB: db,
		Authorize: func(c *gin.Context, instance string, p plugin.Permission) error {
			if c.GetHeader("Authorization") != "" {
				return tokens(c, instance, p)
			}
			user, _ := c.Cookie("user") // the host's session
			switch {
			case user == "":
				return plugin.ErrUnauthenticated
			case user != "owner-of-"+instance && p == plugin.WebhooksWrite:
				return plugin.ErrForbidden
			}
			return nil
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	r := gin.New()
	webhooks.RegisterAPI(&r.RouterGroup)

	for _, header := range []string{"", "Authorization: Bearer secret-token:erp", "Cookie: user=guest"} {
		request := httptest.NewRequest(http.MethodDelete, "/instances/shop1/private/webhooks/a", nil)
		if header != "" {
			name, value, _ := strings.Cut(header, ": ")
			request.Header.Set(name, value)
		}
		answer := httptest.NewRecorder()
		r.ServeHTTP(answer, request)
		var refusal struct{ Code webhook.Code }
		if err := json.Unmarshal(answer.Body.Bytes(), &refusal); err != nil {
			log.Fatal(err)
		}
		fmt.Println(answer.Code, refusal.Code)
	}
	// Output:
	// 401 MERCHANT_GENERIC_UNAUTHORIZED
	// 403 GENERIC_TOKEN_PERMISSION_INSUFFICIENT
	// 403 GENERIC_TOKEN_PERMISSION_INSUFFICIENT
}

// An event of the host's own has a name, what people read of it, and an example that
// templates are tried with.
func ExampleConfig_eventTypes() {
	stockLow := webhook.EventType{
		Name: "stock_low", Title: "Stock is low", Meaning: "Sent when fewer than 5 of a product are left.",
		Variables: []webhook.Variable{
			{Name: "product", Meaning: "The product's name"},
			{Name: "left", Meaning: "How many are left"},
		},
		Example: []byte(`{"product": "Tea", "left": 4}`),
	}
	config := plugin.Config{EventTypes: []webhook.EventType{stockLow}} // and the rest
	_ = config

	var (
		ctx      context.Context
		tx       *sqlx.Tx
		webhooks *plugin.Plugin
	)
	sold := func(product string, left int) error {
		return webhooks.Emit(ctx, tx, "admin", webhook.Event{Type: "stock_low", Data: map[string]any{"product": product, "left": left}})
	}
	_ = sold
}

// A key is brought in, and changed, in two steps where several processes run:
// first all of them can open what is sealed with it, then they seal with it.
// Migrate, at each start, seals all secrets anew.
func ExampleDelivery_secretKey() {
	oldKey, newKey := bytes.Repeat([]byte{1}, 32), bytes.Repeat([]byte{2}, 32) // of your vault
	db, err := sqlx.Open("postgres", "")                                       // it is not asked here
	if err != nil {
		log.Fatal(err)
	}
	for _, step := range []plugin.Delivery{
		{SecretKey: oldKey},
		{SecretKey: oldKey, OldSecretKeys: [][]byte{newKey}}, // first, everywhere
		{SecretKey: newKey, OldSecretKeys: [][]byte{oldKey}}, // then, everywhere
		{SecretKey: newKey}, // when all have migrated
		{SecretKey: newKey[:16]},
	} {
		_, err := plugin.New(plugin.Config{DB: db, Authorize: plugin.Tokens(), Delivery: step})
		fmt.Println(err)
	}
	// Output:
	// <nil>
	// <nil>
	// <nil>
	// <nil>
	// merchant-webhooks: Config.Delivery.SecretKey: key 1 has 16 bytes, not 32
}

// The metrics stand in the host's own registry, beside its others.
func ExampleConfig_metrics() {
	registry := prometheus.NewRegistry()
	config := plugin.Config{Metrics: registry} // and the rest
	_ = config
	r := gin.New()
	r.GET("/metrics", gin.WrapH(promhttp.HandlerFor(registry, promhttp.HandlerOpts{})))
}

// The host tells a merchant that nothing gets through any more. It is asked beside
// the sending and has 10 seconds.
func ExampleDelivery_notify() {
	var mail func(ctx context.Context, merchant, subject, text string)
	delivery := plugin.Delivery{
		Notify: func(ctx context.Context, n plugin.Notice) {
			if n.Kind == "resumed" || n.Reason == "hand" {
				return // somebody knows
			}
			mail(ctx, n.Instance, "Your webhook "+n.WebhookID+" is paused",
				fmt.Sprintf("Since %s nothing is sent (%s); %d wait. See %s", n.Since.Format(time.DateTime), n.Reason, n.Waiting, n.URL))
		},
	}
	_ = delivery
}
