package browser_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// signedIn opens the console of a house with its link.
func (h *house) signedIn(w *window) {
	h.t.Helper()
	w.do("sign in with the link", chromedp.Navigate(h.link), chromedp.WaitVisible("header .who"))
}

// show opens one of the console's pages.
func (h *house) show(w *window, page string) {
	h.t.Helper()
	w.do("open "+page, chromedp.Navigate(h.site+page), chromedp.WaitVisible("h1"))
}

// until waits for an expression of the page to be true; what it shows changes by itself, and it may be on its way to
// another one.
func (w *window) until(what, expression string) {
	w.t.Helper()
	for end := time.Now().Add(40 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		is, err := chromedp.Run(w.ctx, chromedp.Evaluate[bool](expression, chromedp.EvalAwaitPromise))
		if is {
			return
		}
		if time.Now().After(end) {
			text, _ := chromedp.Run(w.ctx, chromedp.Text("main"))
			w.t.Fatalf("%s: it never was: %v\n%s\n%v", what, err, text, w.said())
		}
	}
}

// wear lets the window be a screen.
func (w *window) wear(s screen) {
	w.t.Helper()
	scheme := "light"
	if s.dark {
		scheme = "dark"
	}
	_, err := chromedp.Call(w.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}})
	if err != nil {
		w.t.Fatal(err)
	}
	w.do("wear "+s.name, chromedp.EmulateViewport(s.width, s.height))
}

// picture takes a screenshot of the whole page, where pictures are wanted.
func (w *window) picture(name string) {
	w.t.Helper()
	if *pictures == "" {
		return
	}
	png, err := chromedp.Run(w.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(*pictures, name+".png"), png, 0o644); err != nil {
		w.t.Fatal(err)
	}
}

// violation is one rule of accessibility that a page breaks.
type violation struct {
	ID, Help string
	Nodes    []struct{ HTML string }
}

// accessible fails the test for everything that axe finds on the page, by the rules of WCAG 2.2 AA and its best practices.
func (w *window) accessible(where string) {
	w.t.Helper()
	w.axe(where, "{}")
}

// legible is accessible for a page that was judged in other colours: those alone are judged again.
func (w *window) legible(where string) {
	w.t.Helper()
	w.axe(where, `{runOnly: ["color-contrast", "link-in-text-block"]}`)
}

func (w *window) axe(where, rules string) {
	w.t.Helper()
	script, err := os.ReadFile(filepath.Join("axe", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		absent(w.t, "axe-core isn't installed")
	}
	if there, err := chromedp.Run(w.ctx, chromedp.Evaluate[bool](`"axe" in window`)); err == nil && there {
		script = nil
	}
	text, err := chromedp.Run(w.ctx, chromedp.Evaluate[string](string(script)+";axe.run("+rules+").then(r => JSON.stringify(r.violations.map(v => ({id: v.id, help: v.help, nodes: v.nodes.map(n => ({html: n.html}))}))))",
		chromedp.EvalAwaitPromise))
	if err != nil {
		w.t.Fatalf("%s: run axe: %v", where, err)
	}
	var found []violation
	if err := json.Unmarshal([]byte(text), &found); err != nil {
		w.t.Fatal(err)
	}
	for _, v := range found {
		w.t.Errorf("%s: %s: %s: %v", where, v.ID, v.Help, v.Nodes)
	}
}

// fits fails the test when the page is wider than the screen.
func (w *window) fits(where string) {
	w.t.Helper()
	wide, err := chromedp.Run(w.ctx, chromedp.Evaluate[int]("document.documentElement.scrollWidth - document.documentElement.clientWidth"))
	if err != nil || wide > 0 {
		w.t.Errorf("%s: the page is %d wider than the screen: %v", where, wide, err)
	}
}

// Every page, on every screen: nothing fails, nothing is inaccessible, nothing sticks out.
func TestEveryPageOnEveryScreen(t *testing.T) {
	t.Parallel()
	h := build(t, "provision-assist", "over: 60s", "over: 0s")
	w := open(t)
	h.signedIn(w)
	h.show(w, "/applications/provision-assist")
	w.until("the renewal that is due reaches its overlap", `document.querySelector("main").innerText.includes("both secrets are kept until")`)
	run, err := chromedp.Run(w.ctx, chromedp.AttributeValue(`tbody a[href^="/runs/"]`, "href"))
	if err != nil {
		t.Fatal(err)
	}
	w.until("a token is made", `fetch("/api/v1/tokens", {method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify({name: "pipeline", role: "operator"})}).then(answer => answer.status === 201)`)
	for name, page := range map[string]string{
		"notices": "/notices", "api": "/docs", "tokens": "/about/tokens",
		"overview": "/", "applications": "/applications", "application": "/applications/provision-assist", "runs": "/runs", "run": run.Value,
		"audit": "/audit", "about": "/about", "audit-application": "/audit?app=provision-assist", "nothing": "/applications?q=nothing-is-called-so",
	} {
		h.show(w, page)
		for _, s := range screens {
			w.wear(s)
			if s.dark {
				w.legible(page + " " + s.name)
			} else {
				w.accessible(page + " " + s.name)
			}
			w.fits(page + " " + s.name)
			w.picture(fmt.Sprintf("%s-%s", name, s.name))
		}
	}
	w.silent()
}

// silent fails the test for everything that went wrong in the window so far.
func (w *window) silent() {
	w.t.Helper()
	if said := w.said(); len(said) > 0 {
		w.t.Errorf("the browser complains:\n%s", strings.Join(said, "\n"))
	}
}

// clear takes from what the browser complained of what a test meant to happen; at least one complaint has it.
func (w *window) clear(expected string) {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	before := len(w.says)
	w.says = slices.DeleteFunc(w.says, func(said string) bool { return strings.Contains(said, expected) })
	if len(w.says) == before {
		w.t.Errorf("nothing was answered with %s", expected)
	}
}
