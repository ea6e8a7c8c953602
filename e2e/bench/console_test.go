package bench_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	consoleRate     = 200   // requests a second
	consoleLimit    = 100.0 // ms, of ninety-nine in a hundred
	overviewLimit   = 100.0 // KiB transferred, with everything that the page names
	consoleDuration = 20 * time.Second
)

// TestBenchConsole asks for lists and details, as pages and as the API has them, at a steady rate while the engine renews beside it, on the
// same machine. The floor is /healthz, asked in the same way.
func TestBenchConsole(t *testing.T) {
	cloud, renewable := estate(t, due(), 0)
	d := cloud.desk(t)
	reserved, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := reserved.Addr().String()
	_ = reserved.Close()
	n := d.serve(t, nil, "--listen", at)
	n.until("the first renewals", 10*time.Minute, func() bool { return n.renewed() > renewable/100 })
	token := spend(t, d.keyturn("token", "create", "bench"), 0)
	v := &viewer{t: t, address: "http://" + at, token: strings.TrimSpace(string(token.out)), browser: signedIn(t, n.invitation())}
	var apps struct{ Items []struct{ App string } }
	_, list, err := v.get("/api/v1/applications?limit=200")
	if err = errors.Join(err, json.Unmarshal(list, &apps)); err != nil || len(apps.Items) == 0 {
		t.Fatalf("%d applications: %v", len(apps.Items), err)
	}
	var paths []string
	for _, app := range apps.Items {
		paths = append(paths, "/applications", "/applications?q="+app.App[:2]+"&order=expires", "/applications/"+app.App,
			"/api/v1/applications?limit=50", "/api/v1/applications?search="+app.App[:2]+"&order=expires", "/api/v1/applications/"+app.App)
	}
	length := consoleDuration
	if !strict() {
		length = time.Second
	}
	floor := v.steadily([]string{"/healthz"}, length/4)
	before := n.renewed()
	took := v.steadily(paths, length)
	t.Logf("%d renewals were made meanwhile; half of the answers took %.1f ms, nine in ten %.1f ms", n.renewed()-before, millis(share(took, 50)), millis(share(took, 90)))
	figure{name: "console, 99 in 100 of 200/s", unit: "ms", value: millis(share(took, 99)), floor: millis(share(floor, 99)), limit: consoleLimit}.report(t)
	figure{name: "overview, transferred", unit: "KiB", value: float64(v.overview()) / 1024, floor: 1, limit: overviewLimit, timeless: true}.report(t)
}

// viewer looks at a console.
type viewer struct {
	t              *testing.T
	address, token string
	browser        *http.Client // which has signed in
}

// signedIn is a browser that has opened a link.
func signedIn(t *testing.T, link string) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar, Transport: &http.Transport{MaxIdleConnsPerHost: consoleRate}}
	t.Cleanup(browser.CloseIdleConnections)
	answer, err := browser.Get(link)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("the link: %v", err)
	}
	_ = answer.Body.Close()
	return browser
}

// get asks for a path and returns how long the whole answer took.
func (v *viewer) get(path string) (time.Duration, []byte, error) {
	began := time.Now()
	request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, v.address+path, nil)
	if err != nil {
		return 0, nil, err
	}
	if strings.HasPrefix(path, "/api/") {
		request.Header.Set("Authorization", "Bearer "+v.token)
	}
	answer, err := v.browser.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answers %d: %s", path, answer.StatusCode, text)
	}
	return time.Since(began), text, err
}

// steadily asks at the rate whether or not earlier answers have come, as people do.
func (v *viewer) steadily(paths []string, length time.Duration) []time.Duration {
	v.t.Helper()
	var mu sync.Mutex
	var took []time.Duration
	var group sync.WaitGroup
	tick := time.NewTicker(time.Second / consoleRate)
	defer tick.Stop()
	for i, end := 0, time.Now().Add(length); time.Now().Before(end); i++ {
		<-tick.C
		path := paths[i%len(paths)]
		group.Go(func() {
			one, _, err := v.get(path)
			mu.Lock()
			defer mu.Unlock()
			if took = append(took, one); err != nil {
				v.t.Error(err)
			}
		})
	}
	group.Wait()
	slices.Sort(took)
	return took
}

// invitation is the link that the node printed.
func (n *node) invitation() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, line := range n.lines {
		if text, ok := strings.CutPrefix(line, "console: "); ok {
			return strings.Fields(text)[0]
		}
	}
	n.t.Fatal("no link was printed")
	return ""
}

var named = regexp.MustCompile(`"(/static/[^"]+)"`)

// overview opens the first page and returns how many bytes a browser takes over for it.
func (v *viewer) overview() int {
	v.t.Helper()
	read := func(address string) []byte {
		v.t.Helper()
		answer, err := v.browser.Get(address)
		if err != nil {
			v.t.Fatal(err)
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		if err != nil || answer.StatusCode != http.StatusOK {
			v.t.Fatalf("%s answers %d: %v", address, answer.StatusCode, err)
		}
		return text
	}
	page := read(v.address + "/")
	size, seen := len(page), map[string]bool{}
	for _, match := range named.FindAllSubmatch(page, -1) {
		if path := string(match[1]); !seen[path] {
			seen[path] = true
			size += len(read(v.address + path))
		}
	}
	return size
}

func share(sorted []time.Duration, percent int) time.Duration {
	return sorted[min(len(sorted)-1, len(sorted)*percent/100)]
}
