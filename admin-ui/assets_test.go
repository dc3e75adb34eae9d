package adminui

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

func TestA8_AssetsAreNamedByTheirContent(t *testing.T) {
	plain, colored := newUI(t, Options{}), newUI(t, Options{AccentColor: "#0b3d91"})
	if plain.script != colored.script {
		t.Error("the script's name follows a colour")
	}
	if plain.style == colored.style {
		t.Error("two stylesheets have one name")
	}
	for name, kind := range map[string]string{colored.style: "text/css; charset=utf-8", colored.script: "text/javascript; charset=utf-8"} {
		asset, ok := colored.Asset(name)
		if !ok || asset.ContentType != kind || len(asset.Content) == 0 {
			t.Errorf("Asset(%q) is %v, %q with %d bytes, want %q", name, ok, asset.ContentType, len(asset.Content), kind)
		}
		if !regexp.MustCompile(`^admin\.[0-9a-f]{16}\.(css|js)$`).MatchString(name) {
			t.Errorf("an asset is called %q", name)
		}
	}
	if style, _ := colored.Asset(colored.style); !strings.Contains(string(style.Content), "--mw-accent: #0b3d91;") {
		t.Error("the accent colour is not in the stylesheet")
	}
	for _, name := range []string{"", "admin.css", plain.style, "../" + colored.style} {
		if _, ok := colored.Asset(name); ok {
			t.Errorf("there is an asset %q", name)
		}
	}
}

func TestA8_HeadAndNonce(t *testing.T) {
	ui := newUI(t, Options{})
	r := request(ui)
	r.Base, r.Nonce = "../../", `n"0`
	page, _ := render(t, ui, r, List{})
	want := fmt.Sprintf(`<link rel="stylesheet" href="../../webhook-assets/%s" nonce="n&#34;0">
<script src="../../webhook-assets/%s" defer nonce="n&#34;0"></script>
`, ui.style, ui.script)
	if string(page.Head) != want {
		t.Errorf("the head is\n%swant\n%s", page.Head, want)
	}
	r.Nonce = ""
	if page, _ = render(t, ui, r, List{}); strings.Contains(string(page.Head), "nonce") {
		t.Error("there is a nonce where the host has none")
	}
}

// TestA8_NothingInline: under a policy without unsafe-inline, no page has a
// script, a style or a handler of its own, nor loads anything.
func TestA8_NothingInline(t *testing.T) {
	ui := newUI(t, Options{})
	for name, view := range everyView(t, ui) {
		_, body := render(t, ui, request(ui), view)
		check(t, body, none("style"), none("[style]"), none("img"), none("iframe"), none("link"), none("[src]"))
		for _, script := range all(body, "script") {
			check(t, script, has("type", "application/json"))
		}
		for n := range body.Descendants() {
			for _, a := range n.Attr {
				if strings.HasPrefix(a.Key, "on") || strings.HasPrefix(a.Val, "javascript:") {
					t.Errorf("%s: %s has %s=%q", name, n.Data, a.Key, a.Val)
				}
			}
		}
	}
}

// TestA10_StylesStayInside: each selector of the stylesheet begins with a class
// of the plugin's, so that none reaches a host's page.
func TestA10_StylesStayInside(t *testing.T) {
	plain := regexp.MustCompile(`(?s)/\*.*?\*/`).ReplaceAllString(stylesheet, "")
	n := 0
	for _, found := range regexp.MustCompile(`([^{};]+)\{`).FindAllStringSubmatch(plain, -1) {
		rule := strings.TrimSpace(found[1])
		if strings.HasPrefix(rule, "@media") || strings.HasPrefix(rule, "@supports") {
			continue
		}
		for _, selector := range regexp.MustCompile(`,\s*\n`).Split(rule, -1) {
			n++
			if selector = strings.TrimSpace(selector); !strings.HasPrefix(selector, ".merchant-webhooks") {
				t.Errorf("the selector %q reaches the host's page", selector)
			}
		}
	}
	if n < 100 {
		t.Fatalf("%d selectors were found: this test sees nothing", n)
	}
	if strings.Contains(plain, "@import") || strings.Contains(plain, "url(") {
		t.Error("the stylesheet loads something")
	}
}
