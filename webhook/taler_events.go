package webhook

import (
	"maps"
	"time"
)

// The functions of this file make the ten events of GNU Taler's merchant API,
// with the variables that its documentation lists. Amounts are written as Taler
// writes them, "KUDOS:1.50".

// fields are an event's data.
type fields map[string]any

// OrderCreated is sent when an order was made. contract is what the customer is
// offered, anything that encoding/json makes an object of; instanceID is the shop's.
func OrderCreated(orderID string, contract any, instanceID string) Event {
	return Event{Type: "order_created", OrderID: orderID, Data: fields{
		"order_id": orderID, "contract": contract, "instance_id": instanceID,
	}}
}

// Pay is sent when an order was paid. contractTerms are what the customer agreed
// to, anything that encoding/json makes an object of.
func Pay(orderID string, contractTerms any) Event {
	return Event{Type: "pay", OrderID: orderID, Data: fields{
		"contract_terms": contractTerms, "order_id": orderID,
	}}
}

// RefundGrant is how much of an order is given back.
type RefundGrant struct {
	Amount string
	Reason string
	// At is when it was granted. Defaults to now.
	At time.Time
}

// Refund is sent when a refund was granted for an order, whose contractTerms are
// as for Pay.
func Refund(orderID string, contractTerms any, grant RefundGrant) Event {
	if grant.At.IsZero() {
		grant.At = time.Now()
	}
	return Event{Type: "refund", OrderID: orderID, At: grant.At, Data: fields{
		"timestamp": timestamp(grant.At), "order_id": orderID, "contract_terms": contractTerms,
		"refund_amount": grant.Amount, "reason": grant.Reason,
	}}
}

// OrderSettled is sent when an order's money was wired to the merchant. wtid is
// the subject of that transfer.
func OrderSettled(orderID, wtid string) Event {
	return Event{Type: "order_settled", OrderID: orderID, Data: fields{
		"order_id": orderID, "wtid": wtid,
	}}
}

// Category is a category of products.
type Category struct {
	Serial int64
	Name   string
	// NameI18N is the name by language, such as "de".
	NameI18N map[string]string
}

// CategoryAdded is sent when a category was added. merchantSerial is the number
// of the shop in the host's database.
func CategoryAdded(c Category, merchantSerial int64) Event {
	return Event{Type: "category_added", Data: fields{
		"webhook_type": "category_added", "category_serial": c.Serial, "category_name": c.Name,
		"merchant_serial": merchantSerial,
	}}
}

// CategoryUpdated is sent when a category was changed. The serial is now's.
func CategoryUpdated(old, now Category) Event {
	return Event{Type: "category_updated", Data: fields{
		"webhook_type": "category_updated", "category_serial": now.Serial,
		"old_category_name": old.Name, "category_name": now.Name,
		"old_category_name_i18n": byLanguage(old.NameI18N), "category_name_i18n": byLanguage(now.NameI18N),
	}}
}

// CategoryDeleted is sent when a category was deleted.
func CategoryDeleted(c Category) Event {
	return Event{Type: "category_deleted", Data: fields{
		"webhook_type": "category_deleted", "category_serial": c.Serial, "category_name": c.Name,
	}}
}

// Product is a product of the inventory.
type Product struct {
	Serial      int64
	ID          string
	Description string
	// DescriptionI18N is the description by language, such as "de".
	DescriptionI18N map[string]string
	Unit            string
	// Image is a data: URL; empty where there is none.
	Image string
	Taxes []Tax
	Price string
	// TotalStock is -1 where there is no end of it.
	TotalStock, TotalSold, TotalLost int64
	// Address is where it is stored, an object as Taler's Location; nil: not known.
	Address any
	// NextRestock is when more of it is expected; zero: never.
	NextRestock time.Time
	MinimumAge  int
}

// Tax is one tax that a price includes.
type Tax struct {
	Name string `json:"name"`
	Tax  string `json:"tax"` // an amount
}

// InventoryAdded is sent when a product was added.
func InventoryAdded(p Product) Event { return ofProduct("inventory_added", p) }

// InventoryUpdated is sent when a product was changed. Serial and ID are now's.
func InventoryUpdated(old, now Product) Event {
	event := ofProduct("inventory_updated", now)
	maps.Copy(event.Data.(fields), old.fields("old_"))
	return event
}

// InventoryDeleted is sent when a product was deleted.
func InventoryDeleted(p Product) Event { return ofProduct("inventory_deleted", p) }

func ofProduct(eventType string, p Product) Event {
	data := p.fields("")
	data["webhook_type"], data["product_serial"], data["product_id"] = eventType, p.Serial, p.ID
	return Event{Type: eventType, Data: data}
}

// fields are what a product is, each name with a prefix. What is not there is as
// it is in Taler's: an empty list or object, a time that never comes.
func (p Product) fields(prefix string) fields {
	taxes, address := p.Taxes, p.Address
	if taxes == nil {
		taxes = []Tax{}
	}
	if address == nil {
		address = fields{}
	}
	return fields{
		prefix + "description": p.Description, prefix + "description_i18n": byLanguage(p.DescriptionI18N),
		prefix + "unit": p.Unit, prefix + "image": p.Image, prefix + "taxes": taxes, prefix + "price": p.Price,
		prefix + "total_stock": p.TotalStock, prefix + "total_sold": p.TotalSold, prefix + "total_lost": p.TotalLost,
		prefix + "address": address, prefix + "next_restock": timestamp(p.NextRestock), prefix + "minimum_age": p.MinimumAge,
	}
}

func byLanguage(texts map[string]string) map[string]string {
	if texts == nil {
		return map[string]string{}
	}
	return texts
}

// timestamp is a time as Taler writes it, in seconds.
func timestamp(at time.Time) fields {
	if at.IsZero() {
		return fields{"t_s": "never"}
	}
	return fields{"t_s": at.Unix()}
}
