package browser_test

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

const (
	longestPaint = time.Second
	mostTransfer = 100 << 10 // bytes
	paintTries   = 3
)

// load is what the browser itself measured of a page.
type load struct {
	Paint    float64 // milliseconds from the beginning of the navigation until something of the content was there
	Transfer int     // bytes of the page and of all that it names, headers included
	Parts    int
}

// measure waits for the first paint of the page, and reads how it came.
const measure = `(async () => {
  const painted = () => performance.getEntriesByName("first-contentful-paint")[0];
  for (let i = 0; i < 200 && !painted(); i++) await new Promise(done => setTimeout(done, 25));
  const parts = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
  return {Paint: painted()?.startTime ?? -1, Transfer: parts.reduce((sum, part) => sum + part.transferSize, 0), Parts: parts.length};
})()`

// Somebody opens the link that a Keyturn has just printed, in a browser that has never seen it. The other tests wait meanwhile,
// with their browsers.
func TestTheOverviewIsThereAtOnce(t *testing.T) {
	best := load{Paint: -1}
	for range paintTries { // what a busy machine makes of one try says nothing
		h, w := build(t, "provision-assist", "over: 60s", "over: 0s"), open(t)
		w.wear(screens[0])
		w.do("open the link", chromedp.Navigate(h.link), chromedp.WaitVisible("header .who"))
		seen, err := chromedp.Run(w.ctx, chromedp.Evaluate[load](measure, chromedp.EvalAwaitPromise))
		if err != nil {
			t.Fatal(err)
		}
		if seen.Parts < 3 || seen.Paint <= 0 {
			t.Fatalf("the browser measured nothing: %+v", seen)
		}
		if best.Paint < 0 || seen.Paint < best.Paint {
			best = seen
		}
		if best.Paint < millis(longestPaint) {
			break
		}
	}
	t.Logf("first paint after %.0f ms, %.1f KiB in %d parts", best.Paint, float64(best.Transfer)/1024, best.Parts)
	if best.Paint >= millis(longestPaint) {
		t.Errorf("first paint after %.0f ms at best, want less than %s", best.Paint, longestPaint)
	}
	if best.Transfer >= mostTransfer {
		t.Errorf("%d bytes are transferred, want less than %d", best.Transfer, mostTransfer)
	}
}

func millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
