// Package browser is test support: it works with pages in a headless Chromium
// as a person would, finds things by the words and roles that a screen reader
// says, and judges every state with axe-core.
//
// Without Chromium or axe-core, tests are skipped, and fail where CI is set.
package browser

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// process is the one Chromium of this test process, and what it needs.
var process struct {
	once sync.Once
	err  error
	ctx  context.Context
	axe  string // the text of axe-core
}

var errMissing = errors.New("was not found: make setup installs it")

// Stop ends Chromium, if a test started it; for TestMain, after the tests. A
// process that ends without it takes Chromium with it.
func Stop() error {
	if process.ctx == nil {
		return nil
	}
	return chromedp.Cancel(process.ctx)
}

// start starts Chromium at the first call. With -short, which is for who runs tests
// a thousand times, there is none.
func start(t testing.TB) {
	t.Helper()
	if testing.Short() {
		t.Skip("a browser takes long")
	}
	process.once.Do(func() { process.err = launch() })
	need(t, process.err)
}

// need ends a test that lacks something.
func need(t testing.TB, err error) {
	t.Helper()
	switch {
	case errors.Is(err, errMissing) && os.Getenv("CI") == "":
		t.Skip(err)
	case err != nil:
		t.Fatal(err)
	}
}

func launch() error {
	axe, err := findAxe()
	if err != nil {
		return err
	}
	program, err := findChromium()
	if err != nil {
		return err
	}
	allocator, _ := chromedp.NewExecAllocator(context.Background(),
		chromedp.ExecPath(program),
		chromedp.Headless,
		chromedp.DisableGPU,
		chromedp.NoFirstRun,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-dev-shm-usage", true),
		chromedp.Flag("disable-backgrounding-occluded-windows", true),
		chromedp.Flag("disable-renderer-backgrounding", true),
		chromedp.Flag("force-color-profile", "srgb"),
		// The sandbox does not work as root.
		chromedp.Flag("no-sandbox", os.Geteuid() == 0),
		// Nothing is reached but this machine, whatever a page asks for. The
		// names of .test are there for plain http as browsers see it: to them
		// 127.0.0.1 is as good as https.
		chromedp.Flag("host-resolver-rules", "MAP *.test 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"),
		chromedp.Flag("disable-features", "HttpsUpgrades,HttpsFirstBalancedModeAutoEnable,"+
			// What costs time and is of no use here.
			"Translate,OptimizationHints,MediaRouter,SpareRendererForSitePerProcess,BackForwardCache"),
		chromedp.Flag("disable-extensions", true),
		chromedp.Flag("disable-default-apps", true),
		chromedp.Flag("disable-client-side-phishing-detection", true),
		// Dates and number forms of the browser's own are the same everywhere.
		chromedp.Env("LANG=en_US.UTF-8", "LANGUAGE=en", "TZ=UTC"),
	)
	ctx, _ := chromedp.NewContext(allocator)
	if err := chromedp.Do(ctx); err != nil {
		return fmt.Errorf("%s does not start: %w", program, err)
	}
	process.axe, process.ctx = axe, ctx
	return nil
}

// findChromium prefers the shell, which has the pages without the windows: it
// takes half the time.
func findChromium() (string, error) {
	for _, name := range []string{"chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"} {
		if program, err := exec.LookPath(name); err == nil {
			return program, nil
		}
	}
	return "", fmt.Errorf("chromium %w", errMissing)
}

// findAxe reads axe-core.
func findAxe() (string, error) {
	text, err := module("axe-core/axe.min.js")
	return string(text), err
}

// File gives a file of a package that npm put beside this file, such as
// "bootstrap/dist/css/bootstrap.min.css". Without it the test is skipped, and
// fails where CI is set.
func File(t testing.TB, name string) []byte {
	t.Helper()
	content, err := module(name)
	need(t, err)
	return content
}

// module reads such a file; a test runs in the directory of its package,
// somewhere in the repository.
func module(name string) ([]byte, error) {
	dir, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		if dir == filepath.Dir(dir) {
			return nil, errors.New("the test does not run in the repository")
		}
	}
	content, err := os.ReadFile(filepath.Join(dir, "internal", "browser", "node_modules", filepath.FromSlash(name)))
	if err != nil {
		return nil, fmt.Errorf("%s %w", name, errMissing)
	}
	return content, nil
}

// NoScripts makes the browser run no script of any page from now on.
func (p *Page) NoScripts() {
	p.t.Helper()
	p.noScripts = true
	call(p, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
}

// Speaks sets the language that the browser asks for, such as "de".
func (p *Page) Speaks(tag string) {
	p.t.Helper()
	call(p, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: network.Headers{"Accept-Language": tag}})
}

// SetCookie gives the browser a cookie of the host's, which no script sees.
func (p *Page) SetCookie(name, value string) {
	p.t.Helper()
	call(p, network.SetCookie, network.SetCookieParams{
		Name: name, Value: value, URL: p.root, HTTPOnly: new(true), SameSite: network.CookieSameSiteLax,
	})
}
