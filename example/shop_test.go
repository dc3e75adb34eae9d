package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/seed-7c2cc908/merchant-webhooks/internal/browser"
)

// TestShop makes an order, pays it and refunds it by the forms, and loses
// nothing that was typed on the way.
func TestShop(t *testing.T) {
	eachWay(t, func(t *testing.T, s *site, p *browser.Page) {
		p.Click("Shop")
		p.Shows("No orders yet.")
		p.Check("the empty shop")
		p.Select("Instance", "sandbox")
		p.Fill("Amount", "1.50")
		p.Fill("Summary", "Coffee <b>&")
		p.Click("New order")
		if p.Status != 400 || p.Title() != "Error: Shop – Example shop" || p.Focused() != "Amount" {
			t.Errorf("a wrong amount: %d %q, the focus is on %q", p.Status, p.Title(), p.Focused())
		}
		p.Shows("“1.50” is no amount. Write the currency, a colon, and the number with a point, as in KUDOS:1.50.")
		p.Check("a refused order")
		for label, want := range map[string]string{"Instance": "sandbox", "Amount": "1.50", "Summary": "Coffee <b>&"} {
			if got := p.Value(label); got != want {
				t.Errorf("%s comes back as %q, want %q", label, got, want)
			}
		}
		p.Fill("Amount", "KUDOS:4.50")
		p.Choose("Fail before the commit")
		p.Click("New order")
		p.Shows("It failed before the commit, as you asked: nothing is stored, and nothing is sent.", "No orders yet.")
		if p.Value("Summary") != "Coffee <b>&" || !p.Chosen("Fail before the commit") {
			t.Error("what failed before the commit has to be typed again")
		}
		p.Check("an order that failed before the commit")
		p.Choose("Fail before the commit")
		p.Click("New order")
		p.Shows("is made, and the webhooks that listen are told.", "KUDOS:4.50", "not paid yet", "instance sandbox")
		p.Check("a new order")
		reload(t, s, p, 1)

		p.Click("Pay")
		p.Shows("is paid, and the webhooks that listen are told.", "paid ")
		if p.Has("Pay", "button") {
			t.Error("a paid order can be paid again")
		}
		p.Check("a paid order")

		p.Unfold("Refund")
		if got := p.Value("Amount to refund"); got != "KUDOS:4.50" {
			t.Errorf("the refund begins with %q, not with all that is left", got)
		}
		p.Fill("Amount to refund", "KUDOS:5")
		p.Fill("Reason", "cold")
		p.Click("Refund")
		p.Shows("has KUDOS:4.50 left to give back.")
		if p.Status != 409 || p.Value("Amount to refund") != "KUDOS:5" || p.Value("Reason") != "cold" {
			t.Errorf("too much: %d, %q, %q come back", p.Status, p.Value("Amount to refund"), p.Value("Reason"))
		}
		if focused := p.Focused(); !strings.HasPrefix(focused, "Amount to refund") {
			t.Errorf("the focus is on %q", focused)
		}
		p.Check("a refused refund")
		p.Fill("Amount to refund", "KUDOS:4.50")
		p.Click("Refund")
		p.Shows("is refunded, and the webhooks that listen are told.", "KUDOS:4.50 refunded")
		if p.Has("Refund", "button") {
			t.Error("an order without anything left can be refunded")
		}
		p.Check("a refunded order")
		if s.count("example_shop.orders WHERE state = 'refunded' AND refunded = 450 AND instance = 'sandbox'") != 1 {
			t.Error("the order is not stored so")
		}
	})
}

// reload loads the page again, which must not send its form again.
func reload(t *testing.T, s *site, p *browser.Page, orders int) {
	t.Helper()
	if p.Reload(); p.Status != 200 || s.count("example_shop.orders") != orders {
		t.Errorf("after a reload: %d, %d orders", p.Status, s.count("example_shop.orders"))
	}
}

// TestShopReaders shows who may only read the orders and no buttons, and who is
// not signed in neither.
func TestShopReaders(t *testing.T) {
	s := newSite(t)
	id := s.order("Coffee", true)
	p := s.sitDown("viewer")
	p.Open("/shop")
	p.Shows("Coffee", id)
	if p.Has("New order", "button") || p.Has("Refund", "button", "DisclosureTriangle") {
		t.Error("who may only read is offered to change")
	}
	p.Check("the shop, read only")
	p.Open("/receiver")
	if p.Has("Stop the receiver", "button") || p.Has("Secret", "textbox") {
		t.Error("who may only read is offered to change the receiver")
	}
	p.Check("the receiver, read only")
	p.Click("Sign out")
	for _, page := range []string{"/shop", "/receiver"} {
		p.Open(page)
		if want := "/login?next=%2F" + page[1:]; p.Path() != want {
			t.Errorf("%s leads to %s, want %s", page, p.Path(), want)
		}
	}
}

// TestA4ShopSignedOut posts a form after the session has ended: nothing is
// done, and what was typed comes back.
func TestA4ShopSignedOut(t *testing.T) {
	s := newSite(t)
	id := s.order("Coffee", true)
	p := s.sitDown("demo")
	signInAgain := func(other *browser.Page) {
		other.Open("/login")
		other.Fill("Username", "demo")
		other.Fill("Password", "demo")
		other.Click("Sign in")
	}
	other := p.Beside()
	signOut := func() { other.Open("/"); other.Click("Sign out") }

	p.Open("/shop")
	p.Fill("Summary", "Tea")
	signOut()
	p.Click("New order")
	p.Shows("You are not signed in any more, so nothing was done.")
	if text := p.Text(); p.Status != 401 || p.Value("Summary") != "Tea" || strings.Contains(text, id) {
		t.Errorf("an order without a session: %d, %q:\n%s", p.Status, p.Value("Summary"), text)
	}
	p.Check("a new order, signed out")
	signInAgain(other)
	p.Click("New order")
	p.Shows("Tea", "is made")

	p.Unfold("Refund")
	p.Fill("Reason", "cold")
	signOut()
	p.Click("Refund")
	if p.Status != 401 || p.Value("Reason") != "cold" || s.row(id).Refunds != 0 {
		t.Errorf("a refund without a session: %d, %q", p.Status, p.Value("Reason"))
	}
	p.Check("a refund, signed out")
	signInAgain(other)
	p.Click("Refund")
	p.Shows("is refunded")

	p.Open("/receiver")
	p.Fill("Secret", "whsec_typed")
	signOut()
	if p.Click("Use this secret"); p.Status != 401 || p.Value("Secret") != "whsec_typed" {
		t.Errorf("a secret without a session: %d, %q", p.Status, p.Value("Secret"))
	}
	p.Check("the receiver, signed out")
}

// TestA4ShopDatabaseAway has the page say that the orders are away, and keep
// what was typed.
func TestA4ShopDatabaseAway(t *testing.T) {
	s := newSite(t)
	p := s.sitDown("demo")
	p.Open("/shop")
	p.Fill("Summary", "Tea")
	s.db.MustExec("ALTER SCHEMA example_shop RENAME TO away")
	p.Click("New order")
	if p.Status != http.StatusInternalServerError || p.Value("Summary") != "Tea" {
		t.Errorf("it is answered with %d, and %q comes back", p.Status, p.Value("Summary"))
	}
	p.Shows("The orders can not be read just now. Try again in a minute.")
	p.Check("the shop, its table away")
	s.db.MustExec("ALTER SCHEMA away RENAME TO example_shop")
	p.Click("New order")
	p.Shows("is made")
}
