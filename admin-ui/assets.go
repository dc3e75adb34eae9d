package adminui

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"strings"
)

var (
	//go:embed assets/admin.css
	stylesheet string
	//go:embed assets/admin.js
	script string
)

// The backgrounds that links stand on, in assets/admin.css: the darkest of the
// light ones and the lightest of the dark ones.
var (
	lightBackground = color{0xf1, 0xf3, 0xf7}
	darkBackground  = color{0x26, 0x2c, 0x38}
)

// hoverPart is how far a button that is pointed at goes away from its words'
// colour.
const hoverPart = 0.12

// Asset is a file that the pages need.
type Asset struct {
	ContentType string
	Content     []byte
}

// Asset gives a file by its name, which holds a hash of its content: what has
// a name never changes.
func (u *UI) Asset(name string) (Asset, bool) {
	asset, ok := u.assets[name]
	return asset, ok
}

// makeAssets makes the files and their names. The accent colour goes into the
// stylesheet, and so into its name.
func (u *UI) makeAssets(accent color) {
	u.assets = map[string]Asset{}
	u.style = u.addAsset("admin", "css", "text/css; charset=utf-8", stylesheet+accentRule(accent))
	u.script = u.addAsset("admin", "js", "text/javascript; charset=utf-8", script)
}

func (u *UI) addAsset(name, extension, contentType, content string) string {
	sum := sha256.Sum256([]byte(content))
	file := fmt.Sprintf("%s.%s.%s", name, hex.EncodeToString(sum[:8]), extension)
	u.assets[file] = Asset{ContentType: contentType, Content: []byte(content)}
	return file
}

// accentRule sets the variables of the stylesheet that follow from the accent
// colour.
func accentRule(accent color) string {
	var b strings.Builder
	b.WriteString("\n.merchant-webhooks:not(#_) {\n")
	for _, variable := range []struct {
		name  string
		value color
	}{
		{"--mw-accent", accent},
		{"--mw-on-accent", accent.ink()},
		{"--mw-accent-hover", accent.mix(accent.ink().opposite(), hoverPart)},
		{"--mw-link-light", accent.legible(lightBackground)},
		{"--mw-link-dark", accent.legible(darkBackground)},
	} {
		fmt.Fprintf(&b, "  %s: %s;\n", variable.name, variable.value)
	}
	b.WriteString("}\n")
	return b.String()
}
