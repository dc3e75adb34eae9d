package webhook

import (
	"embed"
	"path"
)

//go:embed examples/*.json
var examples embed.FS

// talerEvents are the ten event types of GNU Taler's merchant API, in the order
// of its documentation.
func talerEvents() []EventType {
	events := []EventType{
		{
			Name: "order_created", Title: "An order was created",
			Meaning:   "Sent when an order is made, before the customer has paid.",
			Variables: []Variable{orderID, {Name: "contract", Meaning: "The order's contract: what is sold, for how much, until when."}, instanceID},
		},
		{
			Name: "pay", Title: "An order was paid",
			Meaning:   "Sent as soon as the customer's payment has arrived.",
			Variables: []Variable{contractTerms, orderID},
		},
		{
			Name: "refund", Title: "A refund was granted",
			Meaning: "Sent when your staff grants a refund.",
			Variables: []Variable{
				{Name: "timestamp", Meaning: "When the refund was granted; its t_s counts the seconds since 1970."},
				orderID, contractTerms,
				{Name: "refund_amount", Meaning: "How much the customer gets back."},
				{Name: "reason", Meaning: "Why, as your staff wrote it."},
			},
		},
		{
			Name: "order_settled", Title: "An order was settled",
			Meaning:   "Sent when an order's money has been wired to your bank account.",
			Variables: []Variable{orderID, {Name: "wtid", Meaning: "The subject of the wire transfer, as on the bank statement."}},
		},
		{
			Name: "category_added", Title: "A category was added",
			Meaning: "Sent when a category of products is added.",
			Variables: []Variable{
				webhookType, categorySerial, categoryName,
				{Name: "merchant_serial", Meaning: "The number of your shop in the database."},
			},
		},
		{
			Name: "category_updated", Title: "A category was changed",
			Meaning: "Sent when a category is given another name or translation.",
			Variables: []Variable{
				webhookType, categorySerial,
				{Name: "old_category_name", Meaning: "The category's name before the change."},
				categoryName,
				{Name: "category_name_i18n", Meaning: "The name in other languages."},
				{Name: "old_category_name_i18n", Meaning: "The name in other languages before the change."},
			},
		},
		{
			Name: "category_deleted", Title: "A category was deleted",
			Meaning:   "Sent when a category is deleted; its products remain.",
			Variables: []Variable{webhookType, categorySerial, categoryName},
		},
		{
			Name: "inventory_added", Title: "A product was added",
			Meaning:   "Sent when a product is added to the inventory.",
			Variables: append(productKey(), product()...),
		},
		{
			Name: "inventory_updated", Title: "A product was changed",
			Meaning:   "Sent when a product's description, price, stock or anything else of it changes.",
			Variables: append(productKey(), oldAndNew(product())...),
		},
		{
			Name: "inventory_deleted", Title: "A product was deleted",
			Meaning:   "Sent when a product is deleted from the inventory.",
			Variables: append(productKey(), product()...),
		},
	}
	for i := range events {
		// It is embedded, and TestSection7 reads each.
		events[i].taler = true
		events[i].Example, _ = examples.ReadFile(path.Join("examples", events[i].Name+".json"))
	}
	return events
}

// Variables that several event types have.
var (
	orderID        = Variable{Name: "order_id", Meaning: "The order's ID."}
	instanceID     = Variable{Name: "instance_id", Meaning: "The ID of the shop (the instance) that the order belongs to."}
	contractTerms  = Variable{Name: "contract_terms", Meaning: "What the customer agreed to: products, amount, deadlines."}
	webhookType    = Variable{Name: "webhook_type", Meaning: "The event's name."}
	categorySerial = Variable{Name: "category_serial", Meaning: "The category's number."}
	categoryName   = Variable{Name: "category_name", Meaning: "The category's name."}
)

// productKey are the variables that say which product it is.
func productKey() []Variable {
	return []Variable{
		webhookType,
		{Name: "product_serial", Meaning: "The product's number."},
		{Name: "product_id", Meaning: "The product's ID."},
	}
}

// product are the variables that say what a product is.
func product() []Variable {
	return []Variable{
		{Name: "description", Meaning: "What it is."},
		{Name: "description_i18n", Meaning: "What it is, in other languages."},
		{Name: "unit", Meaning: "What it is counted in."},
		{Name: "image", Meaning: "A picture of it, as a data: URL."},
		{Name: "taxes", Meaning: "The taxes that its price includes."},
		{Name: "price", Meaning: "What one unit costs."},
		{Name: "total_stock", Meaning: "How many there were since it was added."},
		{Name: "total_sold", Meaning: "How many were sold."},
		{Name: "total_lost", Meaning: "How many were lost or broken."},
		{Name: "address", Meaning: "Where it is stored."},
		{Name: "next_restock", Meaning: "When more of it is expected; its t_s counts the seconds since 1970."},
		{Name: "minimum_age", Meaning: "How old a customer must be to buy it, in years."},
	}
}

// oldAndNew puts before each variable the one of its value before the change.
func oldAndNew(variables []Variable) []Variable {
	var both []Variable
	for _, v := range variables {
		both = append(both, Variable{Name: "old_" + v.Name, Meaning: "Before the change: " + v.Meaning}, v)
	}
	return both
}
