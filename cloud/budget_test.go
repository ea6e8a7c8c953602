package cloud_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"keyturn/cloud"
	"keyturn/cloud/cloudtest"
	"keyturn/problem"
)

// kitty is a budget in memory that several sessions share.
type kitty struct {
	mu     sync.Mutex
	left   int            // shares to be had
	of     map[string]int // the same by limit; nil = left is of all
	draws  int
	held   time.Time
	broken error
}

func (k *kitty) Draw(_ context.Context, of cloud.Limit, want int) (int, time.Duration, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.draws++
	if k.of != nil {
		k.left = k.of[of.Name]
	}
	got := min(want, k.left)
	k.left -= got
	if got == 0 {
		return 0, time.Millisecond, k.broken
	}
	return got, 0, k.broken
}

func (k *kitty) Hold(_ context.Context, d time.Duration) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.held = time.Now().Add(d)
	return nil
}

func (k *kitty) Held(context.Context) (time.Duration, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return time.Until(k.held), nil
}

func (k *kitty) add(n int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.left += n
}

// sharing is a session that keeps to a budget.
func sharing(t *testing.T, c *cloudtest.Cloud, k cloud.Budget) *cloud.Session {
	t.Helper()
	session := c.Open(t, nil)
	session.Share(k)
	return session
}

// send sends one request to Graph; a refusal is an error, as the clients make it one.
func send(ctx context.Context, s *cloud.Session, method, path string) error {
	request, err := runtime.NewRequest(ctx, method, graphAddress+path)
	if err != nil {
		return err
	}
	answer, err := s.Pipeline(s.Hosts().Graph, s.Hosts().GraphScope()).Do(request)
	if err != nil {
		return cloud.Classify(err, "")
	}
	runtime.Drain(answer)
	if answer.StatusCode >= http.StatusBadRequest {
		return cloud.FromResponse(answer, "")
	}
	return nil
}

// passing answers everything at once and remembers the writes in their order.
type passing struct {
	mu     sync.Mutex
	writes []string
	status map[string]int // by path; the rest is 200
}

func (p *passing) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if r.Method != http.MethodGet {
		p.writes = append(p.writes, r.URL.Path)
	}
	if status := p.status[r.URL.Path]; status != 0 {
		w.Header().Set("Retry-After", "40")
		w.WriteHeader(status)
		return
	}
	cloudtest.Answer(w, http.StatusOK, `{}`)
}

func TestASingleRenewalDrawsNothing(t *testing.T) {
	k := &kitty{}
	session := sharing(t, cloudtest.Start(t, cloudtest.Granting(nil, (&passing{}).ServeHTTP)), k)
	for _, path := range []string{"/v1.0/one", "/v1.0/two", "/v1.0/three"} {
		if err := send(t.Context(), session, http.MethodPost, path); err != nil {
			t.Fatal(err)
		}
	}
	if k.draws != 0 {
		t.Errorf("%d draws for three writes", k.draws)
	}
}

// TestWritesWaitForShares, the most urgent first; reads need none.
func TestWritesWaitForShares(t *testing.T) {
	k, graph := &kitty{}, &passing{}
	session := sharing(t, cloudtest.Start(t, cloudtest.Granting(nil, graph.ServeHTTP)), k)
	for range 3 {
		if err := send(t.Context(), session, http.MethodPost, "/v1.0/first"); err != nil {
			t.Fatal(err)
		}
	}
	var group sync.WaitGroup
	now := time.Now()
	for path, end := range map[string]time.Time{
		"/v1.0/late": now.Add(72 * time.Hour), "/v1.0/soon": now.Add(time.Hour), "/v1.0/unknown": {}, "/v1.0/middle": now.Add(24 * time.Hour),
	} {
		group.Go(func() {
			if err := send(cloud.Urgent(t.Context(), end), session, http.MethodPost, path); err != nil {
				t.Error(err)
			}
		})
	}
	waitFor(t, "four to wait", func() bool { return cloud.Waiting(session) == 4 })
	if err := send(t.Context(), session, http.MethodGet, "/v1.0/read"); err != nil {
		t.Error(err)
	}
	for n := 4; n <= 7; n++ {
		k.add(1)
		waitFor(t, "one more write", func() bool { graph.mu.Lock(); defer graph.mu.Unlock(); return len(graph.writes) == n })
	}
	group.Wait()
	if got := strings.Join(graph.writes[3:], " "); got != "/v1.0/soon /v1.0/middle /v1.0/late /v1.0/unknown" {
		t.Errorf("written in the order %s", got)
	}
}

func waitFor(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// TestA429HoldsEverybody who shares the budget, reads included; nothing of theirs is sent, so nothing is in doubt. One from
// the reports says nothing about the rest.
func TestA429HoldsEverybody(t *testing.T) {
	k, graph := &kitty{left: 100}, &passing{status: map[string]int{"/v1.0/much": 429, "/beta/reports/much": 429}}
	c := cloudtest.Start(t, cloudtest.Granting(nil, graph.ServeHTTP))
	one, other := sharing(t, c, k), sharing(t, c, k)
	if err := send(t.Context(), one, http.MethodGet, "/beta/reports/much"); !problem.Is(err, problem.Throttled) {
		t.Fatalf("reports: %v", err)
	}
	if err := send(t.Context(), one, http.MethodPost, "/v1.0/after"); err != nil {
		t.Errorf("after the reports': %v", err)
	}
	if err := send(t.Context(), one, http.MethodPost, "/v1.0/much"); !problem.Is(err, problem.Throttled) {
		t.Fatalf("too many: %v", err)
	}
	sent := len(graph.writes)
	cloud.AskAgain(other)
	for name, session := range map[string]*cloud.Session{"the one told": one, "the other": other} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			err := send(t.Context(), session, method, "/v1.0/held")
			if p := problem.Of(err); !problem.Is(err, problem.Throttled) || p.Doubtful || p.After < 30*time.Second || p.After > 40*time.Second {
				t.Errorf("%s, %s: %v", name, method, err)
			}
		}
	}
	if len(graph.writes) != sent {
		t.Error("a write was sent all the same")
	}
}

// TestAStoreThatIsAwayLetsNothingOut, and who gives up while waiting leaves its share to others.
func TestAStoreThatIsAwayLetsNothingOut(t *testing.T) {
	k, graph := &kitty{broken: problem.Later("store.unreachable", "store", 0, errors.New("away"))}, &passing{}
	session := sharing(t, cloudtest.Start(t, cloudtest.Granting(nil, graph.ServeHTTP)), k)
	for range 3 {
		if err := send(t.Context(), session, http.MethodPost, "/v1.0/first"); err != nil {
			t.Fatal(err)
		}
	}
	if err := send(t.Context(), session, http.MethodPost, "/v1.0/write"); !problem.Is(err, "store.unreachable") {
		t.Errorf("with the store away: %v", err)
	}
	k.mu.Lock()
	k.broken = nil
	k.mu.Unlock()
	ctx, cancel := context.WithCancel(t.Context())
	gaveUp := make(chan error, 1)
	go func() { gaveUp <- send(ctx, session, http.MethodPost, "/v1.0/write") }()
	waitFor(t, "one to wait", func() bool { return cloud.Waiting(session) == 1 })
	cancel()
	if err := <-gaveUp; problem.Of(err).Doubtful || problem.Of(err).Class != problem.Retry {
		t.Errorf("who gave up: %v", err)
	}
	k.add(1)
	if err := send(t.Context(), session, http.MethodPost, "/v1.0/write"); err != nil {
		t.Errorf("the next: %v", err)
	}
	if len(graph.writes) != 4 {
		t.Errorf("written: %v", graph.writes)
	}
}

// TestUnpacedWritesNeedNoShare, and are held by a 429 all the same.
func TestUnpacedWritesNeedNoShare(t *testing.T) {
	k, graph := &kitty{}, &passing{status: map[string]int{"/v1.0/much": 429}}
	session := sharing(t, cloudtest.Start(t, cloudtest.Granting(nil, graph.ServeHTTP)), k)
	session.Unpaced()
	for range 20 {
		if err := send(cloud.ForPersonal(t.Context()), session, http.MethodPost, "/v1.0/write"); err != nil {
			t.Fatal(err)
		}
	}
	_ = send(t.Context(), session, http.MethodPost, "/v1.0/much")
	if err := send(t.Context(), session, http.MethodPost, "/v1.0/write"); !problem.Is(err, problem.Throttled) || k.draws != 0 {
		t.Errorf("after a 429: %v; %d draws", err, k.draws)
	}
}

// TestWritesForPersonalAccountsStandInALineOfTheirOwn, a short one: the rest is sent away, each for a turn of its own, and
// writes of other kinds go on.
func TestWritesForPersonalAccountsStandInALineOfTheirOwn(t *testing.T) {
	k := &kitty{of: map[string]int{"": 100}}
	session := sharing(t, cloudtest.Start(t, cloudtest.Granting(nil, (&passing{}).ServeHTTP)), k)
	personal := cloud.ForPersonal(t.Context())
	ctx, cancel := context.WithCancel(personal)
	var group sync.WaitGroup
	for range 6 {
		group.Go(func() { _ = send(ctx, session, http.MethodPost, "/v1.0/waits") })
	}
	waitFor(t, "six to wait", func() bool { return cloud.WaitingPersonal(session) == 6 })
	var before time.Duration
	for range 5 {
		p := problem.Of(send(personal, session, http.MethodPost, "/v1.0/toomany"))
		if p == nil || p.Code != problem.Throttled || p.Doubtful || p.After <= before+cloud.PersonalWrites.Every/2 {
			t.Fatalf("sent away: %v, for %s after %s", p, p.After, before)
		}
		before = p.After
	}
	if err := send(t.Context(), session, http.MethodPost, "/v1.0/other"); err != nil {
		t.Errorf("a write of another kind: %v", err)
	}
	cancel()
	group.Wait()
}

func TestWhatIsDoneInTheBackgroundGivesWay(t *testing.T) {
	var said []string
	c := cloudtest.Start(t, cloudtest.Granting(nil, func(w http.ResponseWriter, r *http.Request) {
		said = append(said, r.Host+" "+r.Header.Get("x-ms-throttle-priority"))
		cloudtest.Answer(w, 200, `{}`)
	}))
	session := c.Open(t, nil)
	hosts := session.Hosts()
	for _, where := range []struct {
		ctx         context.Context
		host, scope string
	}{
		{cloud.Background(t.Context()), hosts.Graph, hosts.GraphScope()},
		{t.Context(), hosts.Graph, hosts.GraphScope()},
		{cloud.Background(t.Context()), hosts.ARM, hosts.ARMScope()},
	} {
		request, err := runtime.NewRequest(where.ctx, http.MethodGet, where.host+"/x")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := session.Pipeline(where.host, where.scope).Do(request); err != nil {
			t.Fatal(err)
		}
	}
	if got := strings.Join(said, ", "); got != "graph.microsoft.com Low, graph.microsoft.com , management.azure.com " {
		t.Errorf("priorities %q", got)
	}
}
