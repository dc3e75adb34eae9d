package main

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io"
	"net"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/seed-7c2cc908/merchant-webhooks/plugin"
)

//go:embed pages
var files embed.FS

var (
	layoutPage   = template.Must(template.ParseFS(files, "pages/layout.html"))
	homePage     = template.Must(template.ParseFS(files, "pages/home.html"))
	signInPage   = template.Must(template.ParseFS(files, "pages/signin.html"))
	shopPage     = template.Must(template.ParseFS(files, "pages/shop.html"))
	receiverPage = template.Must(template.ParseFS(files, "pages/receiver.html"))
)

// A frame is what the layout shows around a page.
type frame struct {
	Title      string
	Head, Body template.HTML
	Username   string // who is signed in; empty if nobody is
	// These say which of its links leads to this very page.
	InAdmin, InShop, InReceiver, InSignIn bool
}

type homeView struct{ Username, TryIt string }

type signInView struct {
	Next    string
	Typed   string // the username as typed
	Refused bool
}

// tryIt are the curl lines that the example prints and shows. Each % is the
// root of this server.
const tryIt = `curl -i -H 'Authorization: Bearer secret-token:demo-all' %[1]s/private/webhooks \
  -d '{"webhook_id":"erp","event_type":"pay","url":"https://erp.example.com/hook","http_method":"POST","body_template":"{{{contract_terms}}}"}'
curl -H 'Authorization: Bearer secret-token:demo-readonly' %[1]s/private/webhooks
curl -H 'Authorization: Bearer secret-token:demo-readonly' %[1]s/private/webhooks/erp
curl -i -X DELETE -H 'Authorization: Bearer secret-token:demo-all' %[1]s/private/webhooks/erp
curl %[1]s/instances/sandbox/config
`

// printWelcome tells on the terminal that the server is ready, and what to try.
func printWelcome(out io.Writer, addr net.Addr) {
	root := "http://" + addr.String()
	fmt.Fprintf(out, "listening on %[1]s\n\n"+
		"Open %[1]s/admin/webhooks, sign in as demo with the password demo, and make a webhook to %[1]s/receiver.\n"+
		"Make an order in %[1]s/shop and pay it, and look at what came to %[1]s/receiver. Or try:\n"+tryIt, root)
}

// showHome is the page that says what is here.
func (s *shop) showHome(c *gin.Context) {
	s.show(c, http.StatusOK, "Home", homePage, homeView{Username: s.username(c), TryIt: fmt.Sprintf(tryIt, root(c))})
}

// root is this server's, as the request reached it.
func root(c *gin.Context) string {
	scheme := "http"
	if c.Request.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + c.Request.Host
}

// serveFile gives the layout's stylesheet, or a script.
func serveFile(name string) gin.HandlerFunc {
	return func(c *gin.Context) {
		c.Header("Cache-Control", "no-cache")
		c.FileFromFS(name, http.FS(files))
	}
}

// show writes a page of the shop's own in its layout.
func (s *shop) show(c *gin.Context, status int, title string, page *template.Template, view any) {
	var body bytes.Buffer
	err := page.Execute(&body, view)
	if err == nil {
		err = s.frame(c, status, frame{Title: title + " – Example shop", Body: template.HTML(body.String())})
	}
	if err != nil {
		panic(err)
	}
}

// layout is the plugin's Config.Admin.Layout.
func (s *shop) layout(c *gin.Context, p plugin.Page) error {
	return s.frame(c, p.Status, frame{Title: p.Title, Head: p.Head, Body: p.Body})
}

// frame writes a page once the whole of it is made.
func (s *shop) frame(c *gin.Context, status int, f frame) error {
	f.Username = s.username(c)
	f.InAdmin = strings.Contains(c.FullPath(), "/admin/")
	f.InShop = strings.HasPrefix(c.FullPath(), "/shop")
	f.InReceiver = strings.HasPrefix(c.FullPath(), "/receiver")
	f.InSignIn = c.FullPath() == "/login"
	var whole bytes.Buffer
	if err := layoutPage.Execute(&whole, f); err != nil {
		return err
	}
	c.Data(status, "text/html; charset=utf-8", whole.Bytes())
	return nil
}
