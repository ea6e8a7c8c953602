// Package browser looks at the console of the real program as a person does: in a real browser, over the simulated cloud.
package browser_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"keyturn/e2e/builttest"
)

// binary is the real program, built once for all tests.
var binary *builttest.Built

// pictures is a folder for screenshots of every page that the tests look at; none are taken without.
var pictures = flag.String("pictures", "", "folder for screenshots")

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(builttest.Main(m, func(dir string) (err error) {
		binary, err = builttest.Keyturn(dir)
		return err
	}))
}

// chromium returns where the browser is.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	absent(t, "no Chromium is installed")
	return ""
}

// absent skips a test for want of something, or fails it where it must be there.
func absent(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("KEYTURN_REQUIRE_BROWSER") != "" {
		t.Fatal(what + ", and KEYTURN_REQUIRE_BROWSER asks for it: make tools installs it")
	}
	t.Skip(what + ": make tools installs it")
}

// window is one tab, with what went wrong in it.
type window struct {
	t    *testing.T
	ctx  context.Context
	mu   sync.Mutex
	says []string                   // errors of the console and requests that failed
	own  map[network.RequestID]bool // what the browser asks for on its own account
}

// screen is how large a window is, and in which colours people like it.
type screen struct {
	name          string
	width, height int64
	dark          bool
}

var screens = []screen{{"desk", 1440, 900, false}, {"desk-dark", 1440, 900, true}, {"phone", 375, 812, false}, {"phone-dark", 375, 812, true}}

// open starts a browser of its own with one tab; more sets it up further.
func open(t *testing.T, more ...chromedp.ExecAllocatorOption) *window {
	t.Helper()
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.ExecPath(chromium(t)), chromedp.NoSandbox, chromedp.UserDataDir(filepath.Join(t.TempDir(), "profile")),
		chromedp.Flag("disable-quic", true), chromedp.Flag("no-proxy-server", true), chromedp.WSURLReadTimeout(60*time.Second),
	)
	options = append(options, more...)
	all, stop := chromedp.NewExecAllocator(context.Background(), options...)
	tab, shut := chromedp.NewContext(all)
	t.Cleanup(func() { shut(); stop() })
	w := &window{t: t, own: map[network.RequestID]bool{}}
	if err := chromedp.Listen(tab, w.hear); err != nil {
		t.Fatal(err)
	}
	for _, domain := range []cdp.Command[cdp.Empty, cdp.Empty]{log.Enable, runtime.Enable} {
		if _, err := chromedp.Call(tab, domain, cdp.Empty{}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := chromedp.Call(tab, network.Enable, network.EnableParams{}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(tab, 3*time.Minute)
	t.Cleanup(cancel)
	w.ctx = ctx
	return w
}

// hear keeps what a person would find in the browser's own console.
func (w *window) hear(event any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		w.says = append(w.says, "exception: "+e.ExceptionDetails.Text)
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError && !unnamed(e.Entry.URL) {
			w.says = append(w.says, "console: "+e.Entry.Text+" "+e.Entry.URL)
		}
	case *network.EventRequestWillBeSent:
		if unnamed(e.Request.URL) {
			w.own[e.RequestID] = true
		}
	case *network.EventLoadingFailed:
		if !e.Canceled && e.Type != network.ResourceTypeEventSource && !w.own[e.RequestID] {
			w.says = append(w.says, "request: "+e.ErrorText)
		}
	case *network.EventResponseReceived:
		if e.Response.Status >= 400 && !unnamed(e.Response.URL) {
			w.says = append(w.says, fmt.Sprintf("request: %d %s", e.Response.Status, e.Response.URL))
		}
	}
}

// unnamed reports whether a browser asks for something on its own account: pages of others may have no such icon, and ours
// name theirs.
func unnamed(address string) bool { return strings.HasSuffix(address, "/favicon.ico") }

// do carries actions out, or fails the test.
func (w *window) do(what string, actions ...chromedp.Action[chromedp.Void]) {
	w.t.Helper()
	if err := chromedp.Do(w.ctx, actions...); err != nil {
		w.t.Fatalf("%s: %v\n%v", what, err, w.said())
	}
}

// hit clicks what selector finds. A live page may put something new in the place of what was found before it is clicked; the
// browser refuses that click then, with this code, and the new piece is looked for.
func hit(selector string) chromedp.Action[chromedp.Void] {
	const gone = -32000
	click := chromedp.Click(selector)
	return func(ctx context.Context, target *chromedp.Target) (chromedp.Void, error) {
		for {
			void, err := click(ctx, target)
			var refused *cdproto.Error
			if ctx.Err() != nil || !errors.As(err, &refused) || refused.Code != gone {
				return void, err
			}
		}
	}
}

func (w *window) said() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.says)
}
