package main

import (
	"bytes"
	"fmt"
	"html/template"
	"io"
	"net"
	"net/http"

	"github.com/gin-gonic/gin"
)

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
	fmt.Fprintf(out, "listening on %s\n\nTry:\n"+tryIt, root)
}

var home = template.Must(template.New("home").Parse(`<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Example shop</title>
<style>
  :root { color-scheme: light dark; font-family: system-ui, sans-serif; line-height: 1.5 }
  body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
  pre { overflow-x: auto; padding: 1rem; border: 1px solid; border-radius: .5rem }
</style>
<h1>Example shop</h1>
<p>This Gin application mounts merchant-webhooks: GNU Taler's merchant webhook API, stored in PostgreSQL.</p>
<ul>
  <li><code>/private/webhooks</code> holds the webhooks of the instance <code>admin</code>,
    <code>/instances/sandbox/private/webhooks</code> those of <code>sandbox</code>.</li>
  <li><a href="config"><code>/config</code></a> is what clients ask first.</li>
  <li>Bearer tokens: <code>secret-token:demo-all</code>, <code>secret-token:demo-readonly</code>,
    <code>secret-token:demo-order-simple</code> (no permission on webhooks).</li>
</ul>
<h2>Try it</h2>
<pre>{{.}}</pre>
</html>
`))

// showHome is the page that says what is here.
func showHome(c *gin.Context) {
	scheme := "http"
	if c.Request.TLS != nil {
		scheme = "https"
	}
	var page bytes.Buffer
	if err := home.Execute(&page, fmt.Sprintf(tryIt, scheme+"://"+c.Request.Host)); err != nil {
		panic(err)
	}
	c.Data(http.StatusOK, "text/html; charset=utf-8", page.Bytes())
}
