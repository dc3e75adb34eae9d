package plugin_test

import (
	"context"
	"log"
	"net/http"
	"os"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/jmoiron/sqlx"

	"github.com/seed-7c2cc908/merchant-webhooks/plugin"
	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

// What a host writes to mount the plugin, as the README shows it.
func Example() {
	db := sqlx.MustConnect("postgres", os.Getenv("DATABASE_URL"))
	db.SetMaxIdleConns(20)
	webhooks, err := plugin.New(plugin.Config{
		DB:        db,
		Authorize: plugin.Tokens(plugin.Token{Value: os.Getenv("TOKEN"), Instance: "*", Scope: "all"}),
	})
	if err != nil {
		log.Fatal(err)
	}
	if err := webhooks.Migrate(context.Background()); err != nil {
		log.Fatal(err)
	}
	r := gin.Default()
	webhooks.Register(r.Group("/shop"))
	server := http.Server{Addr: "127.0.0.1:8080", Handler: r, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute}
	log.Fatal(server.ListenAndServe())
}

// What a host writes where an order is paid, as the README shows it.
func ExamplePlugin_Emit() {
	var (
		db            *sqlx.DB
		webhooks      *plugin.Plugin
		ctx           context.Context
		orderID       string
		contractTerms any // the order as its customer agreed to it
	)
	pay := func() error {
		tx := db.MustBegin()
		defer tx.Rollback()
		tx.MustExec("UPDATE shop_order SET paid = true WHERE order_id = $1", orderID)
		if err := webhooks.Emit(ctx, tx, "admin", webhook.Pay(orderID, contractTerms)); err != nil {
			return err
		}
		return tx.Commit()
	}
	_ = pay
}
