package browser_test

import (
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// to moves the focus on, key by key, until it is on what selector names; nothing on the page can be reached otherwise.
func (w *window) to(selector string) {
	w.t.Helper()
	var way []string
	for range 60 {
		w.do("go on", chromedp.KeyEvent(kb.Tab))
		at, err := chromedp.Run(w.ctx, chromedp.Evaluate[string](`document.activeElement?.matches(`+quote(selector)+`) ? "" : document.activeElement?.outerHTML.slice(0, 80) ?? "nothing"`))
		if err == nil && at == "" {
			return
		}
		way = append(way, at)
	}
	w.t.Fatalf("the keys never come to %s, but to\n%s", selector, strings.Join(way, "\n"))
}

// enter presses the key on what has the focus and waits for the page behind it, by what only that page has.
func (w *window) enter(selector, behind string) {
	w.t.Helper()
	w.to(selector)
	w.until("this page bears a mark", `!!(document.documentElement.dataset.left = "behind")`)
	w.do("enter "+selector, chromedp.KeyEvent(kb.Enter))
	w.until("the page behind "+selector, `!document.documentElement.dataset.left && !!document.querySelector(`+quote(behind)+`)`)
}

// A renewal is begun and given up with the keyboard alone, in a browser that runs no script.
func TestTheKeyboardSufficesAndNoScriptIsNeeded(t *testing.T) {
	t.Parallel()
	h := build(t, "provision-assist", "over: 60s", "over: 0s", "renewBefore: 30d", "renewBefore: 5d\n  approval: { deliver: true }")
	w := open(t)
	w.wear(screens[0])
	if _, err := chromedp.Call(w.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		t.Fatal(err)
	}
	h.signedIn(w)
	w.until("the first look is seen", `location.reload() ?? !!document.querySelector('a[href$="standing=fine"]')`)
	w.to("a.skip")
	w.do("skip the menu", chromedp.KeyEvent(kb.Enter))
	w.until("the menu is skipped", `location.hash === "#content"`) // a focus that moved on before would be taken back
	w.enter(`a[href$="standing=fine"]`, "tbody th a")
	w.enter(`tbody th a`, "#places")
	w.until("times are as the server wrote them", `/^\d{4}-\d\d-\d\d/.test(document.querySelector("main time").textContent)`)
	w.enter(`a[href$="/renew"]`, ".effects")
	w.enter(`form[action$="/renew"] button`, ".steps")
	w.until("it waits for a person", `location.reload() ?? document.body.innerText.includes("wants a person to approve")`)
	w.to("summary")
	w.do("open what gives it up", chromedp.KeyEvent(kb.Enter))
	w.enter(`form[action$="/abort"] button`, ".steps")
	w.reads("given up by a person")
	w.silent()
}

// Times are the viewer's own, with exact UTC for whoever points at them; what is printed is the content alone.
func TestTimesAndPaper(t *testing.T) {
	t.Parallel()
	h := build(t, "provision-assist", "over: 60s", "over: 0s")
	w := open(t)
	w.wear(screens[0])
	if _, err := chromedp.Call(w.ctx, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: "Pacific/Kiritimati"}); err != nil {
		t.Fatal(err)
	}
	h.signedIn(w)
	h.show(w, "/audit")
	w.until("an entry is there", `location.reload() ?? !!document.querySelector("tbody time")`)
	w.until("its time is the viewer's", `(() => {
  const time = document.querySelector("tbody time"), at = new Date(time.dateTime);
  const here = new Intl.DateTimeFormat(undefined, {dateStyle: "medium", timeStyle: "short", timeZone: "Pacific/Kiritimati"}).format(at);
  return time.textContent === here && time.title.endsWith(" UTC") && time.title.startsWith(at.toISOString().slice(0, 10));
})()`)
	if _, err := chromedp.Call(w.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"}); err != nil {
		t.Fatal(err)
	}
	w.until("the menu isn't printed", `!["header nav", ".who"].some(part => document.querySelector(part).checkVisibility()) && document.querySelector("tbody time").checkVisibility()`)
	w.picture("audit-print")
	w.silent()
}
