package adminui

import (
	"embed"
	"fmt"
	"html/template"
	"strings"

	"github.com/seed-7c2cc908/merchant-webhooks/webhook"
)

//go:embed recipes/*.txt
var recipeFiles embed.FS

// recipePrograms are the programs that check a message, by the language that
// they are written in.
var recipePrograms = []struct{ language, file string }{
	{"Go", "recipes/go.txt"},
	{"PHP", "recipes/php.txt"},
	{"Python", "recipes/python.txt"},
	{"JavaScript", "recipes/javascript.txt"},
}

// A recipeSheet says how a receiver checks what a webhook sends.
type recipeSheet struct {
	Lead     template.HTML
	Programs []recipeProgram
}

type recipeProgram struct {
	Heading template.HTML
	Text    string
}

// recipe shows the programs with the webhook's own values. What stands for the
// secret is only its end.
func (m *maker) recipe(w webhook.Webhook, secretEnd string) recipeSheet {
	secret := "whsec_…" + secretEnd
	s := recipeSheet{Lead: m.HTML("view.recipe_lead", "secret", code(secret))}
	for _, p := range recipePrograms {
		s.Programs = append(s.Programs, recipeProgram{
			Heading: m.HTML("view.recipe_in", "language", p.language),
			Text:    recipeText(p.file, secret, w),
		})
	}
	return s
}

// recipeText fills a program's text. The files are embedded, and a test reads
// them.
func recipeText(file, secret string, w webhook.Webhook) string {
	text, err := recipeFiles.ReadFile(file)
	if err != nil {
		panic(err)
	}
	return strings.NewReplacer(
		"whsec_SECRET", secret,
		"METHOD", w.HTTPMethod,
		"TARGET", inComment(w.HTTPMethod+" "+webhook.MaskURL(w.URL, "PASSWORD")),
	).Replace(string(text))
}

// inComment makes a text one that ends no comment of any of the languages: not
// that of a line, nor PHP by ?>.
func inComment(text string) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		if c < ' ' || c > '~' || c == '<' || c == '>' {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}
