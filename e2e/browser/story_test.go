package browser_test

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// press clicks a button and waits for the page behind it.
func (w *window) press(name string) {
	w.t.Helper()
	w.do("press "+name, hit(`//main//*[self::button or self::a or self::summary][normalize-space(.)="`+name+`"]`), chromedp.WaitReady("body"))
}

// says waits until the page shows a text.
func (w *window) reads(text string) {
	w.t.Helper()
	w.until("the page reads "+text, `!!document.querySelector("main")?.innerText.includes(`+quote(text)+`)`)
}

// soon reports whether the page shows a text within a moment.
func (w *window) soon(text string) bool {
	w.t.Helper()
	is, err := chromedp.Run(w.ctx, chromedp.Poll[bool](`!!document.querySelector("main")?.innerText.includes(`+quote(text)+`)`, chromedp.WithPollingTimeout(2*time.Second)))
	return err == nil && is
}

func quote(text string) string { return `"` + strings.ReplaceAll(text, `"`, `\"`) + `"` }

// notYetDue leaves the sample's secret alone until a person wants it renewed, and lets Keyturn notice soon that the
// simulated clock was moved.
var notYetDue = []string{"over: 60s", "over: 0s", "renewBefore: 30d", "renewBefore: 5d", "store: keyturn.db", "store: keyturn.db\nserve: { every: 10s }"}

func TestAPersonStartsARenewalAndWatchesItToTheEnd(t *testing.T) {
	t.Parallel()
	h := build(t, "provision-assist", notYetDue...)
	w := open(t)
	w.wear(screens[0])
	h.signedIn(w)
	h.show(w, "/")
	w.do("find the application", hit(`//a[text()="Applications"]`), chromedp.WaitVisible(`input[name=q]`),
		chromedp.SendKeys(`input[name=q]`, "PROVISION"), hit(`form[role=search] button`), chromedp.WaitVisible("tbody th a"),
		hit("tbody th a"), chromedp.WaitVisible("#places"))
	w.reads("fine")
	w.press("Renew")
	w.reads("API connection provisionassist-automation")
	w.accessible("what a renewal would do")
	w.picture("plan-desk")
	w.press("Renew now")
	w.until("the renewal is shown", `!!document.querySelector(".steps")`)
	w.reads("every place was asked") // without loading the page again
	w.reads("both secrets are kept until")
	w.accessible("a renewal")
	h.advance(17)  // the overlap, and as long as reports may be late
	for range 40 { // as fast as Keyturn notices that days pass
		h.advance(1)
		if w.soon("the old secret was removed") {
			break
		}
	}
	w.reads("the old secret was removed")
	w.picture("done-desk")
	w.silent()
}

func TestAPersonApprovesARunAndGivesAnotherUp(t *testing.T) {
	t.Parallel()
	h := build(t, "provision-assist", "over: 60s", "over: 0s", "renewBefore: 30d", "renewBefore: 30d\n  approval: { deliver: true }")
	w := open(t)
	w.wear(screens[0])
	h.signedIn(w)
	h.show(w, "/")
	w.reads("needs a person") // by itself: the run was begun and waits
	w.do("go to the application", hit("tbody th a"), chromedp.WaitVisible("#places"))
	w.press("See the renewal under way")
	w.reads("wants a person to approve")
	w.picture("approval-desk")
	w.accessible("a renewal that waits for a person")
	w.press("Give this renewal up")
	w.do("open the door out", hit(`details[open] button`), chromedp.WaitVisible(".steps"))
	w.reads("given up by a person")
	h.show(w, "/applications/provision-assist")
	w.press("Renew")
	w.press("Renew now")
	w.reads("wants a person to approve")
	w.press("Approve")
	w.reads("so somebody else approves it") // whoever asked for it
	w.clear("403")
	w.silent()
}
