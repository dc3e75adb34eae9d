package adminui

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// threeRows are the list of PAGES, with a secret in an address.
func threeRows(tb testing.TB, ui *UI) []Row {
	return []Row{
		{ID: "pay-erp.example.com", Event: event(tb, ui, "pay"), Method: "POST", URL: "https://erp.example.com/hook"},
		{ID: "old-crm", Event: event(tb, ui, "refund"), Method: "POST", URL: "https://a:geheim@crm.example/" + strings.Repeat("x", 90)},
		{ID: "ü+%: new", Event: event(tb, ui, "refund"), Method: "PUT", URL: "https://c.example/"},
	}
}

func TestA1_List(t *testing.T) {
	ui := newUI(t, Options{Title: "Cheese & Co."})
	page, body := render(t, ui, request(ui), List{Rows: threeRows(t, ui), First: 1, Count: 3})
	if want := "Webhooks – Cheese & Co."; page.Title != want {
		t.Errorf("the title is %q, want %q", page.Title, want)
	}
	check(t, body,
		in("h1", isText("Webhooks")),
		in(".mw-actions a", isText("New webhook"), has("href", "webhooks/new")),
		in(".mw-count", isText("3 webhooks, newest first")),
		in("form", has("action", "webhooks"), has("method", "get"), in("input", has("name", "q"), has("value", ""))),
		in("table", has("role", "table"), count("tbody tr", 3)),
		none(".mw-paging"),
		none("[role=status]"),
	)
	rows := all(body, "tbody tr")
	check(t, rows[0],
		in("th a", isText("pay-erp.example.com"), has("href", "webhooks/pay-erp.example.com/view")),
		hasText("An order was paid (pay)"),
		in(".mw-mono", isText("POST https://erp.example.com/hook"), has("dir", "ltr")),
	)
	t.Run("A1 every ID has its links", func(t *testing.T) {
		const page = "webhooks/%C3%BC+%25:%20new/"
		check(t, rows[2], in("th a", isText("ü+%: new"), has("href", page+"view")))
		links := all(rows[2], ".mw-row-links a")
		check(t, links[0], isText("Edit"), has("href", page+"edit"), has("aria-label", "Edit “ü+%: new”"))
		check(t, links[1], isText("Delete"), has("href", page+"delete"), has("aria-label", "Delete “ü+%: new”"))
	})
	t.Run("A8 a password is masked, and a long address cut in its middle", func(t *testing.T) {
		target := text(all(rows[1], ".mw-mono")[0])
		if want := "POST https://a:•••@crm.example/"; !strings.HasPrefix(target, want) || !strings.Contains(target, "x…x") {
			t.Errorf("the address reads %q, want it to begin with %q and to be cut", target, want)
		}
		if n := len([]rune(strings.TrimPrefix(target, "POST "))); n != longURL {
			t.Errorf("the address is cut to %d characters, want %d", n, longURL)
		}
	})
}

func TestA1_EachRoleIsNamed(t *testing.T) {
	ui := newUI(t, Options{})
	_, body := render(t, ui, request(ui), List{Rows: threeRows(t, ui), First: 1, Count: 3})
	roles := map[string]string{"table": "table", "thead": "rowgroup", "tbody": "rowgroup", "tr": "row", "td": "cell"}
	for n := range body.Descendants() {
		role, ok := roles[n.Data]
		if n.Type != html.ElementNode || !ok {
			continue
		}
		if err := has("role", role)(n); err != nil {
			t.Errorf("%s: %v; a table that is shown as cards loses what it is", n.Data, err)
		}
	}
}

func TestA1_Paging(t *testing.T) {
	ui := newUI(t, Options{})
	r := request(ui)
	r.Base = "../"
	rows := make([]Row, 50)
	for i := range rows {
		rows[i] = Row{ID: fmt.Sprint(i), Event: event(t, ui, "pay"), Method: "POST", URL: "https://c.example/"}
	}
	for _, test := range []struct {
		name         string
		list         List
		count, shown string
	}{
		{"exact", List{First: 51, Count: 10_000}, "10,000 webhooks, newest first", "Newer 51–100 of 10,000 Older"},
		{"more than counted", List{First: 51, Count: 10_001}, "More than 10,000 webhooks, newest first", "Newer 51–100 of more than 10,000 Older"},
		{"where it is not known", List{First: 0, Count: 10_001}, "More than 10,000 webhooks, newest first", "Newer Older"},
	} {
		t.Run("A1 "+test.name, func(t *testing.T) {
			test.list.Rows, test.list.Newer, test.list.Older = rows, "?after=9&q=a", "?before=7"
			_, body := render(t, ui, r, test.list)
			check(t, body,
				in(".mw-count", isText(test.count)),
				in(".mw-paging", isText(test.shown), has("role", "group")),
				in("[rel=prev]", has("href", "../webhooks?after=9&q=a")),
				in("[rel=next]", has("href", "../webhooks?before=7")),
			)
		})
	}
}

func TestA1_Empty(t *testing.T) {
	t.Run("A1 it says what a webhook is and leads on", func(t *testing.T) {
		check(t, show(t, List{}),
			hasText("A webhook tells another program at once when something happens in your shop."),
			in(".mw-empty",
				in("h2", isText("No webhooks yet.")),
				hasText("Has another program or a service given you an address (“webhook URL”)? Put it in here, choose when it should be told, and save. That is all."),
				in("a", isText("Create your first webhook"), has("href", "webhooks/new"))),
			none("form"), none("table"), count("a", 1),
		)
	})
	t.Run("A1 who may only read", func(t *testing.T) {
		ui := newUI(t, Options{})
		r := request(ui)
		r.CanWrite = false
		_, body := render(t, ui, r, List{})
		check(t, body, in(".mw-empty", isText("No webhooks yet. You may look, but not create one.")), none("a"))
	})
	t.Run("A1 a search without a hit", func(t *testing.T) {
		check(t, show(t, List{Search: `<b>"kröte"`}),
			in("input", has("value", `<b>"kröte"`)),
			in(".mw-empty", hasText(`No webhook matches “<b>"kröte"”.`), in("a", isText("Show all"), has("href", "webhooks"))),
			none("b"), none("table"),
		)
	})
}

func TestA1_ReadOnlySeesNothingThatIsRefused(t *testing.T) {
	ui := newUI(t, Options{})
	r := request(ui)
	r.CanWrite = false
	_, body := render(t, ui, r, List{Rows: threeRows(t, ui), First: 1, Count: 3})
	check(t, body, count("tbody a", 3), count("th[role=columnheader]", 4), none(".mw-actions"), none(".mw-row-links"))
}

func TestA5_Notices(t *testing.T) {
	ui := newUI(t, Options{})
	for _, test := range []struct {
		name       string
		list       List
		text, link string
	}{
		{"saved", List{Saved: "a b"}, "“a b” is saved. Send a test event Show its page", "webhooks/a%20b/view"},
		{"V8 saved, but it breaks", List{Saved: "a", SavedBreaks: true}, "“a” is saved, but its body can break. Send a test event See how", "webhooks/a/view"},
		{"deleted", List{Deleted: "a"}, "“a” is deleted.", ""},
		{"gone", List{Gone: "a"}, "“a” no longer exists.", ""},
	} {
		t.Run("A5 "+test.name, func(t *testing.T) {
			test.list.Rows, test.list.First, test.list.Count = threeRows(t, ui), 1, 3
			_, body := render(t, ui, request(ui), test.list)
			check(t, body, in("[role=status]", isText(test.text), has("tabindex", "-1"), has("autofocus", "")), count("[autofocus]", 1))
			if test.link == "" {
				check(t, body, none("[role=status] a"))
			} else {
				check(t, body, in("[role=status] a", has("href", test.link)))
			}
		})
	}
}
