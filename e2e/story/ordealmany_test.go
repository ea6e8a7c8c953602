//go:build unix

package story_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
	"time"
)

// TestAnOrganisationsOrdeal lets as much go wrong with one process after another and their file, which look after many
// applications of all shapes that are due at once.
func TestAnOrganisationsOrdeal(t *testing.T) {
	t.Parallel()
	for n := range *chances / 60 {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			newOrganisation(t, uint64(n)).run()
		})
	}
}

// organisation is an ordeal of many applications.
type organisation struct {
	*ordeal
	clients map[string]string // client ids by name
	safe    time.Duration     // for how long nothing ends that is in use
}

var configured = regexp.MustCompile(`(?m)^  ([a-z0-9-]+):\n    clientId: ([0-9a-f-]{36})\n`)

func newOrganisation(t *testing.T, n uint64) *organisation {
	t.Helper()
	draw := rand.New(rand.NewPCG(n, 1127))
	kindness := pick(draw, []string{"--gentle"}, []string{"--propagation", "2s"})
	c := startCloud(t, append([]string{"--seed", "large:20:due"}, kindness...)...)
	m := newMachine(t, c, append([]string{"store: keyturn.db", "store: keyturn.db\nserve: { every: 10s }", "minimum: 14d", "minimum: 2d", "evidence: preferred", "evidence: time"}, atOnce...)...)
	g := &organisation{ordeal: &ordeal{draw: draw, many: true, vault: "kv-apps-01.vault.azure.net", steps: 900}, clients: map[string]string{}}
	g.crash = &crash{T: t, cloud: c, m: m, before: c.state()}
	t.Cleanup(g.tell)
	text, err := os.ReadFile(filepath.Join(m.dir, "keyturn.yaml"))
	must(t, err)
	for _, found := range configured.FindAllStringSubmatch(string(text), -1) {
		g.clients[found[1]] = found[2]
	}
	g.judge()
	return g
}

func (g *organisation) run() {
	for range 3 + g.draw.IntN(5) {
		if g.draw.IntN(2) == 0 {
			g.drive(time.Duration(1+g.draw.IntN(8))*time.Second, "serve", "--listen", "none")
		} else {
			g.drive(0, "serve", "--once")
		}
		g.judge()
		if g.Failed() {
			return
		}
		g.cloud.advance(min(time.Duration(1+g.draw.IntN(24))*time.Hour, g.safe))
		if g.draw.IntN(2) == 0 {
			g.note("requests go well")
			g.cloud.ask("DELETE", "/_sim/faults", nil, nil)
		}
	}
	g.note("all is well again")
	g.cloud.ask("DELETE", "/_sim/faults", nil, nil)
	for turn := 0; !g.renewed() && !g.Failed(); turn++ {
		if turn == 30 {
			g.Fatalf("it doesn't end: %+v", g.all())
		}
		g.attend("serve", "--once")
		g.judge()
		g.cloud.advance(min(12*time.Hour, g.safe))
	}
	g.cloud.advance(longAfter)
	g.judge()
	g.assertNoOrphan()
	g.assertNothingKept()
}

// appRun is one run with its application.
type appRun struct {
	App string `json:"app"`
	run
}

func (g *organisation) all() (runs []appRun) {
	g.Helper()
	r := g.m.want(0, "runs", "-o", "json", "--limit", "1000")
	if err := json.Unmarshal([]byte(r.stdout), &runs); err != nil {
		g.Fatal(err)
	}
	return runs
}

// renewed reports whether each application is, and no renewal is open.
func (g *organisation) renewed() bool {
	if len(g.m.runs()) == 0 {
		return false
	}
	done := map[string]bool{}
	for _, r := range g.all() {
		if r.State != "done" {
			return false
		}
		done[r.App] = true
	}
	return len(done) == len(g.clients)
}

// judge asks for the truth.
func (g *organisation) judge() {
	g.Helper()
	now, live, held := g.cloud.state(), map[string]map[string]time.Time{}, map[string]bool{}
	for _, app := range now.Tenants[0].Applications {
		live[app.AppID] = map[string]time.Time{}
		for _, p := range app.Passwords {
			live[app.AppID][p.Value], held[p.KeyID] = p.End, true
		}
	}
	g.safe = longAfter
	for place, value := range g.places(now) {
		end, there := live[g.clients[path.Base(place)]][value]
		if !there || !end.After(now.Now) {
			g.Errorf("%s holds a secret that doesn't work", place)
		}
		g.safe = max(min(g.safe, end.Sub(now.Now)-2*day), time.Minute)
	}
	for name, failed := range now.failures() {
		g.Errorf("%s failed %d times", name, failed)
	}
	if len(g.m.runs()) == 0 { // nor is there a store, perhaps, or only a part of one on a full disk
		return
	}
	g.m.want(0, "audit", "verify")
	for _, r := range g.all() {
		held[r.Retires] = true
	}
	for _, app := range g.before.Tenants[0].Applications {
		for _, p := range app.Passwords {
			if !held[p.KeyID] {
				g.Errorf("the secret %q of %s is gone, and no renewal replaces it", p.DisplayName, app.DisplayName)
			}
		}
	}
}

// places are what each place of an application holds, by a name that ends with the application's.
func (g *organisation) places(now truth) map[string]string {
	g.Helper()
	all := map[string]string{}
	for _, vault := range now.Vaults {
		for _, secret := range vault.Secrets {
			all["vault/"+secret.Name] = secret.Versions[len(secret.Versions)-1].Value
		}
	}
	for _, c := range now.Connections {
		all["connection/"+path.Base(c.ID)] = c.Parameters["token:clientSecret"]
	}
	for _, v := range now.Variables {
		var text string
		if err := json.Unmarshal([]byte(v.Value), &text); err != nil {
			g.Errorf("variable %s holds no JSON text: %v", v.ID, err)
		}
		all["variable/"+path.Base(v.ID)] = text
	}
	maps.DeleteFunc(all, func(place, _ string) bool { return g.clients[path.Base(place)] == "" })
	return all
}

// assertNoOrphan: each secret that wasn't there before is one that a place holds.
func (g *organisation) assertNoOrphan() {
	g.Helper()
	now, before := g.cloud.state(), map[string]bool{}
	for _, app := range g.before.Tenants[0].Applications {
		for _, p := range app.Passwords {
			before[p.KeyID] = true
		}
	}
	used := slices.Collect(maps.Values(g.places(now)))
	for _, app := range now.Tenants[0].Applications {
		for _, p := range app.Passwords {
			if !before[p.KeyID] && !slices.Contains(used, p.Value) {
				g.Errorf("an orphan: %s of %s", p.DisplayName, app.DisplayName)
			}
		}
	}
}
