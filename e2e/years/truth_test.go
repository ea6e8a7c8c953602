package years_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"keyturn/audit"
	"keyturn/renewal"
	"keyturn/store"
)

// truth is what the cloud knows.
type truth struct {
	Now     time.Time
	Tenants []struct {
		Applications []struct {
			AppID, DisplayName string
			Passwords          []password
			Certificates       []struct{ KeyID string }
		}
	}
	Vaults []struct {
		Secrets []struct {
			Name     string
			Versions []struct{ Value string }
		}
	}
	Consumers []struct {
		Name, ClientID, Holds, LastError, FirstFailureAfter string
		Successes, Failures                                 int
	}
}

type password struct {
	KeyID, DisplayName, Value string
	Start, End                time.Time
}

// ours reports whether Keyturn made the password.
func (p password) ours() bool { return strings.Contains(p.DisplayName, " keyturn ") }

func (f *fleet) truth() (now truth) {
	f.t.Helper()
	answer, err := http.Get(f.sim.URL() + "/_sim/state?part=tenants,vaults,consumers")
	if err != nil {
		f.t.Fatal(err)
	}
	defer answer.Body.Close()
	if err := json.NewDecoder(answer.Body).Decode(&now); err != nil {
		f.t.Fatal(err)
	}
	return now
}

// assertWell judges an instant: no consumer has ever failed, none holds a secret that has ended, nothing of ours is left
// lying, and everything that others made is as it was.
func (f *fleet) assertWell(before truth) {
	f.t.Helper()
	now := f.truth()
	excluded := map[string]bool{}
	for _, app := range f.settings.Applications {
		excluded[app.ClientID] = app.Excluded != ""
	}
	for _, one := range now.Consumers {
		if one.Failures > 0 && !excluded[one.ClientID] {
			f.t.Errorf("%s: %s failed %d times, first after %s: %s", now.Now.Format(time.DateOnly), one.Name, one.Failures, one.FirstFailureAfter, one.LastError)
		}
	}
	used := f.replaced()
	held := map[string][]password{}
	for _, app := range now.Tenants[0].Applications {
		held[app.AppID] = app.Passwords
	}
	for _, app := range before.Tenants[0].Applications {
		for _, p := range app.Passwords {
			if !used[p.KeyID] && !holds(held[app.AppID], p.KeyID) {
				f.t.Errorf("%s: the secret %q of %s is gone, and no renewal replaced it", now.Now.Format(time.DateOnly), p.DisplayName, app.DisplayName)
			}
		}
	}
	for id, passwords := range held {
		for _, p := range passwords {
			if p.ours() && now.Now.Sub(p.End) > 60*day {
				f.t.Errorf("%s: secret %q of %s ended on %s and lies there still", now.Now.Format(time.DateOnly), p.DisplayName, id, p.End.Format(time.DateOnly))
			}
		}
	}
}

func holds(all []password, keyID string) bool {
	for _, p := range all {
		if p.KeyID == keyID {
			return true
		}
	}
	return false
}

// replaced are the key ids that renewals were told to replace.
func (f *fleet) replaced() map[string]bool {
	f.t.Helper()
	used := map[string]bool{}
	for _, run := range f.runs(store.Filter{Limit: 1_000_000}) {
		used[run.Retires] = true
	}
	return used
}

func (f *fleet) runs(filter store.Filter) []renewal.Run {
	f.t.Helper()
	runs, err := f.store.Runs(f.t.Context(), filter)
	if err != nil {
		f.t.Fatal(err)
	}
	return runs
}

// keepsEvents is how old what happened in a run gets, beyond the two newest of each application. It is the promise of
// docs/ARCHITECTURE.md, written down a second time.
const keepsEvents, keepsRuns = 400 * day, 2

// assertBounded: no more is kept of what happened than was promised. It is asked right after forgetting.
func (f *fleet) assertBounded() {
	f.t.Helper()
	kept := map[string]int{} // events by run
	for after := int64(0); ; {
		page, err := f.store.Events(f.t.Context(), "", after)
		f.must(err)
		if len(page) == 0 {
			break
		}
		for _, e := range page {
			kept[e.Run], after = kept[e.Run]+1, e.Sequence
		}
	}
	newer := map[string]int{} // runs by application
	for _, run := range f.runs(store.Filter{Limit: 1_000_000}) {
		if newer[run.App]++; newer[run.App] > keepsRuns && run.State.Ended() && f.now().Sub(run.EndedAt) > keepsEvents && kept[run.ID] > 0 {
			f.t.Errorf("%d events of run %s of %s are left, which ended on %s", kept[run.ID], run.ID, run.App, run.EndedAt.Format(time.DateOnly))
		}
	}
}

// assertRenewed: every application was renewed as often as its policy says, nothing stands still for a person, and what the
// vaults hold works.
func (f *fleet) assertRenewed() {
	f.t.Helper()
	done, standing := map[string]int{}, 0
	for _, run := range f.runs(store.Filter{Limit: 1_000_000}) {
		if run.State == renewal.Done {
			done[run.App]++
		} else if run.Door == renewal.Person {
			standing++
			f.t.Errorf("%s stands still for a person: %s\n%s", run.App, run.Reason.Text, f.story(run.ID))
		}
	}
	total := 0
	for _, app := range f.tended() {
		total += done[app]
		if least := *span / *life - 1; done[app] < max(least, 1) {
			f.t.Errorf("%s was renewed %d times in %d years, want at least %d", app, done[app], *span, least)
		}
	}
	findings, err := f.store.Findings(f.t.Context())
	if err != nil || len(findings) > 0 {
		f.t.Errorf("%d findings: %+v %v", len(findings), findings, err)
	}
	now := f.truth()
	live := map[string]bool{}
	for _, app := range now.Tenants[0].Applications {
		for _, p := range app.Passwords {
			live[p.Value] = live[p.Value] || p.End.After(now.Now)
		}
	}
	signIns := 0
	for _, one := range now.Consumers {
		signIns += one.Successes
	}
	for _, vault := range now.Vaults {
		for _, secret := range vault.Secrets {
			if app, known := f.settings.Find(secret.Name); known && app.Excluded == "" && !live[secret.Versions[len(secret.Versions)-1].Value] {
				f.t.Errorf("what the vault holds for %s doesn't work", secret.Name)
			}
		}
	}
	f.t.Logf("%d renewals, %d sign-ins of consumers, 0 failed; %d stand still", total, signIns, standing)
}

// story is what was told of a run.
func (f *fleet) story(run string) string {
	events, err := f.store.Events(f.t.Context(), run, 0)
	if err != nil {
		f.t.Fatal(err)
	}
	var text strings.Builder
	for _, e := range events {
		fmt.Fprintf(&text, "  %s %s: %s %v\n", e.At.Format(time.DateTime), e.Kind, e.Text, e.Fields)
	}
	return text.String()
}

// assertAudit: the audit log of all the years is whole.
func (f *fleet) assertAudit() {
	f.t.Helper()
	for _, app := range f.tended() {
		chain, err := f.store.Chain(f.t.Context(), app)
		if err != nil || len(chain) == 0 {
			f.t.Fatalf("the audit log of %s: %d entries, %v", app, len(chain), err)
		}
		if bad := audit.Verify(chain); bad != 0 {
			f.t.Errorf("the audit log of %s doesn't hold at entry %d", app, bad)
		}
	}
}
