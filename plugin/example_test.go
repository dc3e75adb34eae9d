package plugin_test

import (
	"context"
	"log"
	"os"

	"github.com/gin-gonic/gin"
	"github.com/jmoiron/sqlx"

	"github.com/seed-7c2cc908/merchant-webhooks/plugin"
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
	log.Fatal(r.Run("127.0.0.1:8080"))
}
