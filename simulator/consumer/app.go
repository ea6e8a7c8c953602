package consumer

import (
	"time"

	"keyturn/simulator/directory"
)

// retryPause is how long an app waits after a sign-in that failed.
const retryPause = 5 * time.Minute

// AppSpec says what plain app to add.
type AppSpec struct {
	Name             string
	Kind             Kind // KindApp or KindStranger
	Tenant, ClientID string
	// Value is what the app signs in with for as long as it runs.
	Value    string
	Resource string
}

// app is a program outside Azure, or one that no resource describes: it holds a value, buys a token, and buys the next
// one when that ends.
type app struct {
	spec    AppSpec
	tally   *tally
	stopped bool
}

// AddApp starts a plain app. It signs in at once and then whenever its token ends.
func (p *Park) AddApp(spec AppSpec) {
	a := &app{spec: spec}
	a.tally = p.add(spec.Name, spec.Kind, func() string { return a.spec.Value })
	p.apps = append(p.apps, a)
	p.w.At(p.w.Now(), func(now time.Time) { p.appSignsIn(now, a) })
}

// appSignsIn buys a token and comes back when it ends.
func (p *Park) appSignsIn(now time.Time, a *app) {
	if a.stopped {
		return
	}
	next := now.Add(retryPause)
	id, refused := p.signIn(now, a.tally, directory.SignIn{
		Tenant: a.spec.Tenant, ClientID: a.spec.ClientID, Secret: a.spec.Value, Resource: a.spec.Resource,
	})
	if refused == nil {
		next = id.Expires
	}
	p.w.At(next, func(now time.Time) { p.appSignsIn(now, a) })
}

// stopApps ends all apps of a kind; what they counted stays in the report.
func (p *Park) stopApps(kind Kind) {
	for _, a := range p.apps {
		if a.spec.Kind == kind {
			a.stopped = true
		}
	}
}
