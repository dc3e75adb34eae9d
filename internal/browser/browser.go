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

// start starts Chromium at the first call.
func start(t testing.TB) {
	t.Helper()
	process.once.Do(func() { process.err = launch() })
	switch {
	case errors.Is(process.err, errMissing) && os.Getenv("CI") == "":
		t.Skip(process.err)
	case process.err != nil:
		t.Fatal(process.err)
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
		chromedp.Flag("disable-features", "HttpsUpgrades,HttpsFirstBalancedModeAutoEnable"),
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

func findChromium() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if program, err := exec.LookPath(name); err == nil {
			return program, nil
		}
	}
	return "", fmt.Errorf("chromium %w", errMissing)
}

// findAxe reads axe-core as npm puts it beside this file; a test runs in the
// directory of its package, somewhere in the repository.
func findAxe() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("the test does not run in the repository")
		}
	}
	text, err := os.ReadFile(filepath.Join(dir, "internal", "browser", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		return "", fmt.Errorf("axe-core %w", errMissing)
	}
	return string(text), nil
}
