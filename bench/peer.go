package main

import (
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// The peer is the create as it is usually written, with gin's own binding and
// GORM over its own driver: a transaction of SELECT, SELECT, INSERT. It looks at
// less than the plugin does: templates, for example, are not parsed.

type peerInstance struct {
	InstanceSerial int64 `gorm:"primaryKey"`
	InstanceID     string
}

// TableName is GORM's way to name it.
func (peerInstance) TableName() string { return "merchant_webhooks.instance" }

type peerWebhook struct {
	InstanceSerial int64 `json:"-"`
	WebhookSerial  int64 `json:"-" gorm:"primaryKey;autoIncrement;<-:false"`

	WebhookID      string  `json:"webhook_id" binding:"required,max=128"`
	EventType      string  `json:"event_type" binding:"required,oneof=order_created pay refund order_settled"`
	URL            string  `json:"url" binding:"required,url,max=2048"`
	HTTPMethod     string  `json:"http_method" gorm:"column:http_method" binding:"required,oneof=GET POST PUT PATCH DELETE HEAD OPTIONS"`
	HeaderTemplate *string `json:"header_template"`
	BodyTemplate   *string `json:"body_template"`
	Secret         []byte  `json:"-"`
}

// TableName is GORM's way to name it.
func (peerWebhook) TableName() string { return "merchant_webhooks.webhook" }

var errTaken = errors.New("the ID is taken")

func mountPeer(engine *gin.Engine, dsn string) error {
	db, err := gorm.Open(postgres.Open(dsn), &gorm.Config{Logger: logger.Discard})
	if err != nil {
		return err
	}
	raw, err := db.DB()
	if err != nil {
		return err
	}
	raw.SetMaxOpenConns(pool)
	raw.SetMaxIdleConns(pool)
	engine.POST("/instances/:instance/private/webhooks", func(c *gin.Context) {
		if c.GetHeader("Authorization") != "Bearer "+token {
			c.Status(http.StatusUnauthorized)
			return
		}
		var w peerWebhook
		if err := c.ShouldBindJSON(&w); err != nil {
			c.JSON(http.StatusBadRequest, gin.H{"error": err.Error()})
			return
		}
		w.Secret = make([]byte, 32)
		err := db.WithContext(c.Request.Context()).Transaction(func(tx *gorm.DB) error {
			return w.create(tx, c.Param("instance"))
		})
		switch {
		case errors.Is(err, gorm.ErrRecordNotFound):
			c.Status(http.StatusNotFound)
		case errors.Is(err, errTaken):
			c.Status(http.StatusConflict)
		case err != nil:
			c.JSON(http.StatusInternalServerError, gin.H{"error": err.Error()})
		default:
			c.Status(http.StatusNoContent)
		}
	})
	return nil
}

func (w *peerWebhook) create(tx *gorm.DB, instance string) error {
	var home peerInstance
	if err := tx.Where("instance_id = ?", instance).First(&home).Error; err != nil {
		return err
	}
	var taken peerWebhook
	err := tx.Where("instance_serial = ? AND webhook_id = ?", home.InstanceSerial, w.WebhookID).First(&taken).Error
	switch {
	case err == nil:
		return errTaken
	case !errors.Is(err, gorm.ErrRecordNotFound):
		return err
	}
	w.InstanceSerial = home.InstanceSerial
	return tx.Create(w).Error
}
