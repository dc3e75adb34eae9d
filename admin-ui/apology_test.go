package adminui

import (
	"testing"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

func TestA4_Apologies(t *testing.T) {
	for _, test := range []struct {
		apology  Apology
		h1, text string
		link     string
	}{
		{Apology{Kind: SignIn}, "Please sign in", "You need to sign in to the shop's administration to see this page.", ""},
		{Apology{Kind: SignedOut}, "You are no longer signed in", "Nothing was changed.", ""},
		{Apology{Kind: NoEntry}, "You may not see this page", "Your account can not look at webhooks. Ask whoever manages your shop.", ""},
		{Apology{Kind: Forbidden}, "You may not do this", "Your account can look at webhooks but not change them. Ask whoever manages your shop.", "Webhooks"},
		{Apology{Kind: CrossSite}, "This form came from another site", "For safety nothing was changed. Open the page here and try again.", "Webhooks"},
		{Apology{Kind: NoWebhook, ID: "<b>"}, "There is no webhook “<b>”", "It may have been deleted.", "All webhooks"},
		{Apology{Kind: NoInstance, ID: "x"}, "There is no instance “x”", "", ""},
		{Apology{Kind: NoPage}, "There is no page at this address", "Perhaps a part of the address is missing.", "Webhooks"},
		{Apology{Kind: TooLarge, Limit: 4 << 20}, "That is too much text", "A form may have 4 MiB. Headers may have 16 KiB, the body 256 KiB.", ""},
		{Apology{Kind: TooLarge, Limit: 1000}, "That is too much text", "A form may have 1 KiB. Headers may have 16 KiB, the body 256 KiB.", ""},
		{
			Apology{Kind: Unavailable},
			"This is not possible just now",
			"Nothing was changed. Try again in a minute. If it stays so, tell the operator: 23 Nov 2026, 14:03:05 UTC.", "",
		},
		{
			Apology{Kind: Unavailable, RequestID: "r-1"},
			"This is not possible just now",
			"Nothing was changed. Try again in a minute. If it stays so, tell the operator: 23 Nov 2026, 14:03:05 UTC, r-1.", "",
		},
		{Apology{Kind: WrongMethod}, "This page is not made for that", "Nothing was changed. Begin from the list of webhooks.", "Webhooks"},
	} {
		t.Run("A4 "+test.h1, func(t *testing.T) {
			ui := newUI(t, Options{})
			r := request(ui)
			r.Base, r.CanWrite = "../", false
			page, body := render(t, ui, r, test.apology)
			if want := test.h1 + " – Webhooks"; page.Title != want {
				t.Errorf("the title is %q, want %q", page.Title, want)
			}
			check(t, body, in("h1", isText(test.h1)), none("b"), none("form"))
			if test.text == "" {
				check(t, body, none("p"))
			} else {
				check(t, body, in(".mw-lead", isText(test.text)))
			}
			if test.link == "" {
				check(t, body, none("a"))
			} else {
				check(t, body, in("a", isText(test.link), has("href", "../webhooks")))
			}
		})
	}
}

func TestA4_SignedOut(t *testing.T) {
	check(t, show(t, Apology{Kind: SignedOut, SignIn: "/login?next=/a"}), in("a", isText("Sign in"), has("href", "/login?next=/a")))
}

// TestA4_EveryKindHasItsPage: a Kind without a row would be an empty page.
func TestA4_EveryKindHasItsPage(t *testing.T) {
	for kind := SignIn; kind <= WrongMethod; kind++ {
		if apologies[kind].name == "" {
			t.Errorf("there is no apology for the kind %d", kind)
		}
	}
	if webhook.MaxHeaderTemplateBytes%1024 != 0 || webhook.MaxBodyTemplateBytes%1024 != 0 {
		t.Error("the limits are no whole KiB: the page rounds them")
	}
}
