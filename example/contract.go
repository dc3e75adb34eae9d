package main

import (
	"encoding/json"
	"time"
)

// A contract is what a customer agrees to, as GNU Taler names its parts; it goes
// into the events of the order.
type contract struct {
	Summary              string    `json:"summary"`
	OrderID              string    `json:"order_id"`
	Amount               string    `json:"amount"`
	MaxFee               string    `json:"max_fee"`
	Products             []product `json:"products"`
	Timestamp            moment    `json:"timestamp"`
	PayDeadline          moment    `json:"pay_deadline"`
	RefundDeadline       moment    `json:"refund_deadline"`
	WireTransferDeadline moment    `json:"wire_transfer_deadline"`
	Merchant             merchant  `json:"merchant"`
	MerchantBaseURL      string    `json:"merchant_base_url"`
	FulfillmentURL       string    `json:"fulfillment_url"`
	Extra                struct{}  `json:"extra"`
}

type product struct {
	Description string `json:"description"`
	Quantity    int    `json:"quantity"`
	Unit        string `json:"unit"`
	Price       string `json:"price"`
	Taxes       []tax  `json:"taxes"`
}

type tax struct {
	Name string `json:"name"`
	Tax  string `json:"tax"`
}

type merchant struct {
	Name string `json:"name"`
}

// A moment is a time as Taler writes it.
type moment struct {
	Seconds int64 `json:"t_s"`
}

// contractTerms are the terms of a new order, as JSON. base is this server's
// root.
func contractTerms(o order, base string) (json.RawMessage, error) {
	at := func(later time.Duration) moment { return moment{o.CreatedAt.Add(later).Unix()} }
	const day = 24 * time.Hour
	return json.Marshal(contract{
		Summary:              o.Summary,
		OrderID:              o.ID,
		Amount:               o.Amount.String(),
		MaxFee:               kudos(5).String(),
		Products:             []product{{Description: o.Summary, Quantity: 1, Unit: "piece", Price: o.Amount.String(), Taxes: []tax{}}},
		Timestamp:            at(0),
		PayDeadline:          at(time.Hour),
		RefundDeadline:       at(14 * day),
		WireTransferDeadline: at(15 * day),
		Merchant:             merchant{Name: "Example shop"},
		MerchantBaseURL:      base + "/instances/" + o.Instance + "/",
		FulfillmentURL:       base + "/shop#" + o.ID,
	})
}
