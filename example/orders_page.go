package main

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"github.com/seed-7c2cc908/merchant-webhooks/plugin"
)

// A posted form is one of the shop's three, as it was typed.
type posted struct {
	Kind                      string // create, pay or refund
	OrderID                   string // of pay and refund
	Instance, Amount, Summary string
	Reason                    string
	Fail                      bool
	Field, Refusal            string // what is wrong, and at which field
}

// readPosted reads a form of somebody who may post it; else that is answered.
func (s *shop) readPosted(c *gin.Context, kind string) (posted, bool) {
	if !readForm(c) {
		return posted{}, false
	}
	text := func(name string) string { return strings.TrimSpace(c.PostForm(name)) }
	form := posted{
		Kind:     kind,
		OrderID:  c.Param("order_id"),
		Instance: text("instance"),
		Amount:   text("amount"),
		Summary:  text("summary"),
		Reason:   text("reason"),
		Fail:     c.PostForm("fail") != "",
	}
	if why := s.mayNot(c, plugin.WebhooksWrite); why != nil {
		s.refuse(c, form, why)
		return posted{}, false
	}
	return form, true
}

// mostText is the most characters of a summary or a reason.
const mostText = 200

// checkText says what is wrong with a summary or a reason; empty: nothing.
func checkText(name, text string) string {
	switch {
	case text == "":
		return "The " + name + " is missing."
	case utf8.RuneCountInString(text) > mostText:
		return fmt.Sprintf("The %s has %d characters. At most %d are allowed.", name, utf8.RuneCountInString(text), mostText)
	case !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl):
		return "The " + name + " holds something that is no text."
	}
	return ""
}

// createOrder answers POST /shop/orders.
func (s *shop) createOrder(c *gin.Context) {
	form, ok := s.readPosted(c, "create")
	if !ok {
		return
	}
	if form.Instance == "" {
		form.Instance = defaultInstance
	}
	amount, wrong := parseAmount(form.Amount)
	if wrong != "" {
		s.refuse(c, form, &refusal{http.StatusBadRequest, "amount", wrong})
		return
	}
	if wrong := checkText("summary", form.Summary); wrong != "" {
		s.refuse(c, form, &refusal{http.StatusBadRequest, "summary", wrong})
		return
	}
	in := order{Instance: form.Instance, Amount: amount, Summary: form.Summary}
	id, err := s.orders.create(c.Request.Context(), in, root(c), form.Fail)
	if err == nil {
		form.OrderID = id
	}
	s.answer(c, form, err)
}

// payOrder answers POST /shop/orders/:order_id/pay.
func (s *shop) payOrder(c *gin.Context) {
	form, ok := s.readPosted(c, "pay")
	if !ok {
		return
	}
	s.answer(c, form, s.orders.pay(c.Request.Context(), form.OrderID, form.Fail))
}

// refundOrder answers POST /shop/orders/:order_id/refund.
func (s *shop) refundOrder(c *gin.Context) {
	form, ok := s.readPosted(c, "refund")
	if !ok {
		return
	}
	amount, wrong := parseAmount(form.Amount)
	if wrong != "" {
		s.refuse(c, form, &refusal{http.StatusBadRequest, "amount", wrong})
		return
	}
	if wrong := checkText("reason", form.Reason); wrong != "" {
		s.refuse(c, form, &refusal{http.StatusBadRequest, "reason", wrong})
		return
	}
	s.answer(c, form, s.orders.refund(c.Request.Context(), form.OrderID, amount, form.Reason, form.Fail))
}

// answer says what came of a form: to a program the order's ID as JSON, to a
// person the page, which is loaded anew so that no reload sends the form again.
func (s *shop) answer(c *gin.Context, form posted, err error) {
	refused := new(refusal)
	switch {
	case errors.As(err, &refused):
		s.refuse(c, form, refused)
	case err != nil:
		s.log.ErrorContext(c.Request.Context(), "an order could not be stored", "error", err)
		s.refuse(c, form, &refusal{http.StatusInternalServerError, "", "It could not be stored just now, and nothing was changed. Try again in a minute."})
	case wantsJSON(c):
		c.JSON(http.StatusOK, gin.H{"order_id": form.OrderID})
	default:
		c.Redirect(http.StatusSeeOther, "/shop?"+url.Values{"done": {form.Kind}, "order": {form.OrderID}}.Encode())
	}
}

// refuse answers a form that is not accepted, with all that was typed.
func (s *shop) refuse(c *gin.Context, form posted, why *refusal) {
	if wantsJSON(c) {
		c.JSON(why.status, gin.H{"error": why.message})
		return
	}
	form.Field, form.Refusal = why.field, why.message
	s.showOrders(c, why.status, form)
}

// wantsJSON tells programs, which say so, from browsers.
func wantsJSON(c *gin.Context) bool {
	return c.NegotiateFormat(gin.MIMEHTML, gin.MIMEJSON) == gin.MIMEJSON
}

// readForm reads a form, or answers that it is none or too long.
func readForm(c *gin.Context) bool {
	err := c.Request.ParseMultipartForm(maxForm)
	if err != nil && !errors.Is(err, http.ErrNotMultipart) {
		c.AbortWithStatus(http.StatusBadRequest)
		return false
	}
	return true
}

// A shopView is what the page of the shop shows.
type shopView struct {
	CanRead   bool
	IsAway    bool   // the table is, so the orders are not known
	HasForms  bool   // not for those who may only read
	Done      string // what was done just now, to the order DoneID
	DoneID    string
	DoneAdmin string // where its deliveries are
	Problem   string // what has no field of a form to stand at
	New       posted
	Instances []string
	Orders    []orderView
	Apart     *posted // a refund whose order is not in the list
}

// An orderView is an order as the page shows it.
type orderView struct {
	order
	CanPay, CanRefund bool
	Admin             string // the root of its instance's pages
	Pay, Refund       posted
}

// showShop answers GET /shop.
func (s *shop) showShop(c *gin.Context) { s.showOrders(c, http.StatusOK, posted{}) }

// showOrders writes the page, with a form as it was typed.
func (s *shop) showOrders(c *gin.Context, status int, form posted) {
	view := shopView{
		CanRead:   s.mayNot(c, plugin.WebhooksRead) == nil,
		New:       posted{Kind: "create", Amount: "KUDOS:1.50"},
		Instances: []string{defaultInstance, sandbox},
	}
	view.HasForms = !view.CanRead || s.mayNot(c, plugin.WebhooksWrite) == nil
	if view.CanRead {
		found, err := s.orders.recent(c.Request.Context())
		if err != nil {
			s.log.ErrorContext(c.Request.Context(), "the orders could not be read", "error", err)
			status, view.IsAway = http.StatusInternalServerError, true
		}
		for _, o := range found {
			view.Orders = append(view.Orders, viewOrder(o))
		}
	}
	view.place(form)
	view.tell(c.Query("done"), c.Query("order"))
	title := "Shop"
	if status >= http.StatusBadRequest {
		title = "Error: Shop"
	}
	s.show(c, status, title, shopPage, view)
}

func viewOrder(o order) orderView {
	view := orderView{order: o, CanPay: o.State == "new", CanRefund: o.State != "new" && o.left() > 0}
	view.Pay = posted{Kind: "pay", OrderID: o.ID}
	view.Refund = posted{Kind: "refund", OrderID: o.ID, Amount: o.left().String()}
	view.Admin = "/admin/webhooks"
	if o.Instance != defaultInstance {
		view.Admin = "/instances/" + url.PathEscape(o.Instance) + "/admin/webhooks"
	}
	return view
}

// place puts a form that was refused back to where it was typed, and what is
// wrong to its field, else to the top.
func (v *shopView) place(form posted) {
	if form.Field == "" && form.Refusal != "" {
		v.Problem = form.Refusal
	}
	i := slices.IndexFunc(v.Orders, func(o orderView) bool { return o.ID == form.OrderID })
	switch {
	case form.Kind == "create":
		v.New = form
		if !slices.Contains(v.Instances, form.Instance) {
			v.Instances = append(v.Instances, form.Instance)
		}
	case form.Kind == "pay" && i >= 0:
		v.Orders[i].Pay = form
	case form.Kind == "refund" && i >= 0 && v.Orders[i].CanRefund:
		v.Orders[i].Refund = form
	case form.Kind == "refund":
		v.Apart = &form
	}
}

// tell says what was done just now, if it was done to an order of the list.
func (v *shopView) tell(kind, id string) {
	done := map[string]string{"create": "is made", "pay": "is paid", "refund": "is refunded"}[kind]
	i := slices.IndexFunc(v.Orders, func(o orderView) bool { return o.ID == id })
	if done == "" || i < 0 {
		return
	}
	v.Done, v.DoneID, v.DoneAdmin = done, id, v.Orders[i].Admin
}
