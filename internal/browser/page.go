package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// patience is how long a single step may take.
const patience = 3 * time.Minute

// A Page is a tab that a person sits at. What goes wrong in it ends the test.
// A Page is used by one goroutine at a time.
type Page struct {
	// Status is the HTTP status of the document that is shown.
	Status int
	// Header is its header.
	Header http.Header
	// Actions counts clicks and fields, as a person would.
	Actions int

	t   testing.TB
	ctx context.Context
	// root is where the host is: the origin that pages may ask for anything.
	root string
	// world is where this package's own scripts run: it sees the document, but
	// the page's policy does not bind it. 0: not made for this document yet.
	world     runtime.ExecutionContextID
	noScripts bool
	look      look

	mu       sync.Mutex
	allowed  string   // another origin that may be asked
	remarked []string // what the console said, and what was asked of elsewhere
}

// New is a tab in a browser without history and cookies; root is the host of
// the test, such as http://127.0.0.1:1234. It is closed when the test ends.
// What the page reaches for beyond root, and what its console complains of,
// such as the Content-Security-Policy, fails the test.
func New(t testing.TB, root string) *Page {
	t.Helper()
	start(t)
	return open(t, process.ctx, root, chromedp.WithNewBrowserContext())
}

// Beside is another tab of the same browser, with the same cookies.
func (p *Page) Beside() *Page {
	p.t.Helper()
	return open(p.t, p.ctx, p.root)
}

func open(t testing.TB, parent context.Context, root string, options ...chromedp.ContextOption) *Page {
	t.Helper()
	p := &Page{t: t, root: root}
	ctx, cancel := chromedp.NewContext(parent, append(options, chromedp.WithListener(p.remark))...)
	p.ctx = ctx
	t.Cleanup(func() {
		cancel()
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, remark := range p.remarked {
			t.Error(remark)
		}
	})
	// The tab lives as long as the context of its first step.
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	p.Look(Wide, Light)
	return p
}

// Open types an address of the host into the address bar, such as "/login".
func (p *Page) Open(path string) {
	p.t.Helper()
	p.load(chromedp.Navigate(p.root + path))
}

// Visit types an address of another host into the address bar.
func (p *Page) Visit(address string) {
	p.t.Helper()
	p.load(chromedp.Navigate(address))
}

// Allow lets pages ask another origin too.
func (p *Page) Allow(origin string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.allowed = origin
}

// Reload loads the page again, and sends a form again if it came by one.
func (p *Page) Reload() {
	p.t.Helper()
	p.load(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, page.Reload, page.ReloadParams{})
		return err
	}))
}

// Path is the path and query of the page that is shown.
func (p *Page) Path() string {
	p.t.Helper()
	var address string
	p.Eval(&address, "location.href")
	return strings.TrimPrefix(address, p.root)
}

// Title is the document's.
func (p *Page) Title() string {
	p.t.Helper()
	var title string
	p.Eval(&title, "document.title")
	return title
}

// Text is what is to be seen on the page, as text.
func (p *Page) Text() string {
	p.t.Helper()
	var text string
	p.Eval(&text, "document.body.innerText")
	return text
}

// Shows fails the test unless each text is to be seen on the page.
func (p *Page) Shows(texts ...string) {
	p.t.Helper()
	have := p.Text()
	for _, text := range texts {
		if !strings.Contains(have, text) {
			p.fatalf("the page does not show %q", text)
		}
	}
}

// Eval runs JavaScript of the test's own on the document, also where the page's
// policy or the browser allows no script, and stores what it gives, or what its
// promise gives.
func (p *Page) Eval(result any, script string) {
	p.t.Helper()
	if p.world == 0 {
		p.enter()
	}
	yes := true
	found := call(p, runtime.Evaluate, runtime.EvaluateParams{
		Expression: script, ContextID: p.world, ReturnByValue: &yes, AwaitPromise: &yes,
	})
	if found.ExceptionDetails != nil {
		p.t.Fatalf("%s: %v", script, found.ExceptionDetails)
	}
	if result == nil {
		return
	}
	if err := json.Unmarshal([]byte(found.Result.Value), result); err != nil {
		p.t.Fatalf("%s gives %s: %v", script, found.Result.Value, err)
	}
}

// Until waits for JavaScript of the test's own to give true.
func (p *Page) Until(condition string) {
	p.t.Helper()
	var met bool
	p.Eval(&met, fmt.Sprintf(`new Promise(done => {
		const end = Date.now() + %d
		const look = () => {
			if (%s) done(true)
			else if (Date.now() > end) done(false)
			else setTimeout(look, 20)
		}
		look()
	})`, patience.Milliseconds()/2, condition))
	if !met {
		p.fatalf("it did not come to pass that %s", condition)
	}
}

// enter makes the world of this package's scripts in the document.
func (p *Page) enter() {
	p.t.Helper()
	tree := call(p, page.GetFrameTree, cdp.Empty{})
	made := call(p, page.CreateIsolatedWorld, page.CreateIsolatedWorldParams{
		FrameID: tree.FrameTree.Frame.ID, WorldName: "test",
	})
	p.world = made.ExecutionContextID
}

// load does something that leads to another document and waits until that is
// there whole.
func (p *Page) load(step chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	response, err := chromedp.RunResponse(ctx, step)
	p.world = 0
	if err != nil {
		p.fatalf("no page came: %v", err)
	}
	if response == nil { // only the fragment is another
		return
	}
	p.Status = int(response.Status)
	p.Header = http.Header{}
	for name, value := range response.Headers {
		text, _ := value.(string)
		p.Header.Set(name, text)
	}
}

// call sends a command of the protocol.
func call[P, R any](p *Page, command cdp.Command[P, R], params P) R {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	result, err := chromedp.Call(ctx, command, params)
	if err != nil {
		p.t.Fatalf("%s: %v", command.Method, err)
	}
	return result
}

// remark keeps what should not happen in any page. It runs where events are
// read, so it asks nothing back.
func (p *Page) remark(event any) {
	var remark string
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		asked, err := url.Parse(e.Request.URL)
		if err != nil || (asked.Host != "" && !p.mayAsk(asked.Scheme+"://"+asked.Host)) {
			remark = "the page asked for " + e.Request.URL
		}
	case *runtime.EventExceptionThrown:
		remark = "the page's script threw: " + e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			remark += " " + e.ExceptionDetails.Exception.Description
		}
	case *log.EventEntryAdded:
		// A status of 400 and above is an error to the console, but none here.
		if e.Entry.Level == log.EntryLevelError && e.Entry.Source != log.EntrySourceNetwork {
			remark = "the console says: " + e.Entry.Text
		}
	}
	if remark != "" {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.remarked = append(p.remarked, remark)
	}
}

func (p *Page) mayAsk(origin string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return origin == p.root || origin == p.allowed
}

// fatalf ends the test, and says where the page was.
func (p *Page) fatalf(format string, values ...any) {
	p.t.Helper()
	where := "(nothing could be read)"
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	const script = "location.href + '\\n' + document.title + '\\n' + document.body.innerText"
	if text, err := chromedp.Run(ctx, chromedp.Evaluate[string](script)); err == nil {
		where = text
	}
	p.t.Fatalf("%s; the page (%d) was:\n%s", fmt.Sprintf(format, values...), p.Status, where)
}
