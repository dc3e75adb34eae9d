package adminui

import (
	"go/ast"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// unescaped are the functions that may call a string HTML: escaped, those that
// give what a template printed or markup holds, the one that fills a text that
// escaped gave, and the texts of the form's script.
var unescaped = []string{"escaped", "execute", "html", "MessageHTML", "startersJSON"}

// TestA8_OneWayIntoAPage holds that all text that no template escapes passes
// through escaped.
func TestA8_OneWayIntoAPage(t *testing.T) {
	found := map[string]bool{}
	eachFile(t, func(file string, parsed *ast.File) {
		for _, d := range parsed.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			ast.Inspect(f, func(n ast.Node) bool {
				if name, ok := trusts(n); ok {
					found[f.Name.Name] = true
					if !slices.Contains(unescaped, f.Name.Name) {
						t.Errorf("%s: %s makes template.%s of a string: make it by escaped, or in a template", file, f.Name.Name, name)
					}
				}
				return true
			})
		}
	})
	for _, name := range unescaped {
		if !found[name] {
			t.Errorf("%s is not found: this test sees nothing", name)
		}
	}
}

// trusts reports whether a node makes one of html/template's trusted types of
// what is no constant of ours.
func trusts(n ast.Node) (string, bool) {
	call, ok := n.(*ast.CallExpr)
	if !ok || len(call.Args) != 1 {
		return "", false
	}
	f, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || !slices.Contains([]string{"HTML", "HTMLAttr", "CSS", "JS", "JSStr", "URL", "Srcset"}, f.Sel.Name) {
		return "", false
	}
	if of, ok := f.X.(*ast.Ident); !ok || of.Name != "template" {
		return "", false
	}
	constant, ok := call.Args[0].(*ast.Ident)
	return f.Sel.Name, !ok || constant.Name != "gap"
}

func TestA8_Escaped(t *testing.T) {
	const text = "<a href=\"x\" title='y'>&amp;</a>\x00 ü"
	const want = "&lt;a href=&#34;x&#34; title=&#39;y&#39;&gt;&amp;amp;&lt;/a&gt;\uFFFD ü"
	if got := string(escaped(text)); got != want {
		t.Errorf("it is %q, want %q", got, want)
	}
}

// TestA8_HostileRows: whatever a row holds, the page has the elements and the
// attributes of any other, and what people read is what the row holds.
func TestA8_HostileRows(t *testing.T) {
	const asIs = `{id} '"` + "\u2028"
	texts := append([]string{
		`"><script>alert(1)</script>`, `' onmouseover='alert(1)`, "</a></td></tr></table>", "<!--", "]]>", "javascript:alert(1)", "a=b&amp;c&lt", "\x01", "{id}{time}", "[[.ID]]",
	}, hostile...)
	host := Language{Tag: "ar", Dir: "rtl", Texts: map[string]string{
		"view.edit": asIs, "list.edit_id": asIs, "list.delivered": asIs + "{time}<b>", "list.no_delivery": "<b>", "event.pay.title": `"'<b>`,
	}}
	ui := newUI(t, Options{Languages: []Language{host}})
	list := func(r Request, text string) (*html.Node, string) {
		row := Row{ID: text, Event: event(t, ui, "pay"), Method: text, URL: text}
		row.Event.Title, row.Event.Meaning = text, text
		other := row
		other.Event.Name = text
		other.Account = Account{Last: DeliveryRow{ID: text, State: text, EventAt: now}}
		delivered := row
		delivered.Account = Account{Last: DeliveryRow{ID: text, State: stateDelivered, FinishedAt: now}}
		_, body := render(t, ui, r, List{Rows: []Row{row, other, delivered}, First: 1, Count: 3})
		return body, skeleton(body)
	}
	for _, tag := range []string{"en", "de", "ar"} {
		r := request(ui)
		r.Language = ui.Language(tag)
		_, want := list(r, "harmless")
		for _, text := range texts {
			body, got := list(r, text)
			if got != want {
				t.Errorf("%s: %q makes the page\n%s, and others\n%s", tag, text, got, want)
			}
			for _, row := range all(body, "tbody tr") {
				check(t, row, in("th a", has("href", "webhooks/"+url.PathEscape(text)+"/view")))
				if read := all(row, "th a")[0].FirstChild.Data; read != text {
					t.Errorf("%s: the ID reads %q, want %q", tag, read, text)
				}
				if read := all(row, ".mw-mono")[0].FirstChild.Data; !strings.HasPrefix(read, text+" ") {
					t.Errorf("%s: the method reads %q, want %q", tag, read, text)
				}
			}
		}
	}
}

// skeleton are the elements of a page, with the names of their attributes.
func skeleton(page *html.Node) string {
	var b strings.Builder
	for n := range page.Descendants() {
		switch n.Type {
		case html.ElementNode:
			b.WriteString("<" + n.Data)
			for _, a := range n.Attr {
				b.WriteString(" " + a.Key)
			}
			b.WriteString(">")
		case html.CommentNode:
			b.WriteString("<!---->")
		}
	}
	return b.String()
}

// TestA11_PlacesInARow: a host's text may leave the value out, or have it twice.
func TestA11_PlacesInARow(t *testing.T) {
	for _, c := range []struct{ edit, delivered, wantEdit, wantDelivered string }{
		{"{id}: change {id}", "{time} – {time}", "my-id: change my-id", "23 Nov, 14:03 UTC – 23 Nov, 14:03 UTC"},
		{"Change", "Delivered", "Change", "Delivered"},
		{"{other}", "{other}", "{other}", "{other}"},
	} {
		ui := newUI(t, Options{Languages: []Language{{Tag: "en", Texts: map[string]string{"list.edit_id": c.edit, "list.delivered": c.delivered}}}})
		row := Row{ID: "my-id", Event: event(t, ui, "pay"), Account: Account{Last: DeliveryRow{ID: "1", State: stateDelivered, FinishedAt: now}}}
		_, body := render(t, ui, request(ui), List{Rows: []Row{row, row}, First: 1, Count: 2})
		for _, tr := range all(body, "tbody tr") {
			check(t, all(tr, ".mw-row-links a")[0], has("aria-label", c.wantEdit))
			check(t, tr, in(".mw-outcome", isText(c.wantDelivered)))
		}
	}
	t.Run("A11 a text that another language lends is marked as such", func(t *testing.T) {
		ui := newUI(t, Options{Languages: []Language{{Tag: "ar", Dir: "rtl"}}})
		r := request(ui)
		r.Language = ui.Language("ar")
		_, body := render(t, ui, r, List{Rows: threeRows(t, ui), First: 1, Count: 3})
		check(t, all(body, ".mw-row-links a")[0], in("span", isText("Edit"), has("lang", "en"), has("dir", "ltr")))
	})
}
