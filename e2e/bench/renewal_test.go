package bench_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"
)

const (
	latency   = 50 * time.Millisecond
	wallLimit = 1.25 // times the chain
)

// TestBenchRenewal renews the sample, with its four places, in a cloud that takes 50 ms for each answer. The floor is
// the longest chain of requests of which each needs the answer of the one before. Nor may it send more requests than
// the plan announced.
func TestBenchRenewal(t *testing.T) {
	c := startCloud(t, latency)
	var walls []time.Duration
	most := 0
	for range times(9) {
		c.reset(t)
		d := c.desk(t)
		announced := d.announced(t)
		before := len(c.log(t))
		walls = append(walls, d.renew(t).wall)
		sent := c.log(t)[before:]
		if len(sent) > announced {
			t.Errorf("%d requests were sent and %d announced", len(sent), announced)
		}
		most = max(most, len(sent))
		judgeChain(t, sent)
		figure{
			name: "requests of one renewal", unit: "", value: float64(len(sent)), floor: float64(len(chain)), limit: float64(announced), timeless: true,
		}.report(t)
	}
	floor := millis(time.Duration(len(chain)) * latency)
	figure{
		name: "wall time of one renewal, 50 ms a request", unit: "ms", value: millis(median(walls)), floor: floor, limit: wallLimit * floor,
	}.report(t)
}

// announced is how many requests the plan says that a renewal sends at most.
func (d *desk) announced(t *testing.T) int {
	t.Helper()
	var plans []struct{ Requests int }
	out := spend(t, d.keyturn("plan", "provision-assist", "-o", "json"), 0, 2).out
	if err := json.Unmarshal(out, &plans); err != nil || len(plans) != 1 || plans[0].Requests == 0 {
		t.Fatalf("the plan announces no requests: %v\n%s", err, out)
	}
	return plans[0].Requests
}

// judgeChain looks in the cloud's log whether the chain is what happens: each of its links must be there, and each must
// have been sent after the one before was answered. How many requests followed one another in fact is printed too.
func judgeChain(t *testing.T, sent []request) {
	t.Helper()
	slices.SortFunc(sent, func(a, b request) int { return a.Time.Compare(b.Time) })
	var free time.Time
	next := 0
	for _, link := range chain {
		at := slices.IndexFunc(sent[next:], func(r request) bool { return link.is(r) && !r.Time.Before(free) })
		if at < 0 {
			t.Fatalf("no request after the one before is the chain's %q", link.what)
		}
		next += at + 1
		free = sent[next-1].Time.Add(latency)
	}
	if strict() {
		t.Logf("%d requests followed one another; the chain has %d links", depth(sent), len(chain))
	}
}

// depth is the longest series in which each request was sent after the one before it was answered.
func depth(sent []request) int {
	count, free := 0, time.Time{}
	for _, r := range sent {
		if !r.Time.Before(free) {
			count, free = count+1, r.Time.Add(latency)
		}
	}
	return count
}

// link is one request of the chain.
type link struct {
	what             string
	method, on, path string // on: how the host's name begins or ends; path: a part of it
}

func (l link) is(r request) bool {
	host := strings.HasPrefix(r.Host, l.on) || strings.HasSuffix(r.Host, l.on)
	return r.Method == l.method && host && strings.Contains(strings.ToLower(r.Path), strings.ToLower(l.path))
}

const (
	login     = "login."
	directory = "graph."
	control   = "management."
	vaults    = ".vault.azure.net"
)

// chain is the longest series of requests of which each needs what the one before answered, or what was saved because
// of it. docs/benchmarks.md says why each is needed.
var chain = []link{
	{"what the tenant says of itself", "GET", login, "/.well-known/openid-configuration"},
	{"token for Azure", "POST", login, "/token"},
	{"subscriptions of the identity", "GET", control, "/subscriptions"},
	{"the vault's resource, by its name", "GET", control, "/resources"},
	{"who may write to the vault", "GET", control, "/vaults/"},
	{"look at the app before issuing", "GET", directory, "/applications("},
	{"addPassword", "POST", directory, "/addPassword"},
	{"sign in with the new secret, five times side by side", "POST", login, "/token"},
	{"look whether the vault's secret is as planned", "GET", vaults, "/secrets/appSecret"},
	{"read its tags and type, to keep them", "GET", vaults, "/secrets/appSecret"},
	{"write the vault's secret", "PUT", vaults, "/secrets/appSecret"},
	{"read the connection, to keep its settings", "GET", control, "/connections/"},
	{"write the connection", "PUT", control, "/connections/"},
	{"verify every place", "GET", control, "/connections/"},
}
