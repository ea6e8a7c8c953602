package consumer

import (
	"time"

	"keyturn/simulator/azure"
	"keyturn/simulator/directory"
	"keyturn/simulator/pfx"
	"keyturn/simulator/vault"
	"keyturn/simulator/world"
)

// Park is all consumers of the simulated cloud.
type Park struct {
	w *world.World
	d *directory.Directory
	v *vault.Service
	a *azure.Service

	tallies      []*tally // in the order in which they came
	certificates *tally
	thumbprint   string                // of the certificate last signed in with
	connectors   map[string]*connector // by lower-case connection id
	workflows    []*workflow
	runbooks     map[string]*runbook // by lower-case account id and name
	apps         []*app
	pfxs         map[string]pfx.Certificate // by the vault's value
	signed       signedAssertion            // the newest
	deployment   *Deployment
}

// New returns a park without consumers, lets the control plane run workflows and runbooks through it, and declares the
// switches that play strangers. The world's lock must not be held.
func New(w *world.World, d *directory.Directory, v *vault.Service, a *azure.Service) *Park {
	p := &Park{
		w: w, d: d, v: v, a: a,
		connectors: map[string]*connector{}, runbooks: map[string]*runbook{}, pfxs: map[string]pfx.Certificate{},
	}
	a.RunWorkflow = func(workflowID, _ string) azure.RunResult { return p.RunWorkflow(w.Now(), workflowID) }
	a.RunJob = func(accountID, runbook string, _ map[string]string) azure.JobResult {
		why := p.RunJob(w.Now(), accountID, runbook)
		return azure.JobResult{Failed: why != "", Exception: why}
	}
	w.Lock()
	defer w.Unlock()
	p.declareSwitches()
	return p
}

// Report says how the users of secrets fared, in the order in which they came; about, when given, chooses by the app that
// a consumer was told to sign in as. A logic app counts its runs; all others count sign-ins, and operations that their
// credential was refused for.
func (p *Park) Report(about ...func(clientID string) bool) []Consumer {
	all := make([]Consumer, 0, len(p.tallies))
	for _, t := range p.tallies {
		if len(about) == 0 || about[0](t.clientID) {
			all = append(all, t.report())
		}
	}
	return all
}

// Certificates says how the users of certificates fared. They are kept out of [Park.Report], since their failures come
// and go with the certificate.
func (p *Park) Certificates() []Consumer {
	if p.certificates == nil {
		return []Consumer{}
	}
	return []Consumer{p.certificates.report()}
}

// SignIns sums what the users of secrets counted, logic apps left out because their connectors have counted already.
func (p *Park) SignIns() (successes, failures int) {
	for _, t := range p.tallies {
		if t.kind != KindLogicApp {
			successes, failures = successes+t.successes, failures+t.failures
		}
	}
	return successes, failures
}

// add begins to count for a consumer.
func (p *Park) add(name string, kind Kind, holds func() string) *tally {
	return p.addFor("", name, kind, holds)
}

// addFor is add for a consumer that is told which app it signs in as.
func (p *Park) addFor(clientID, name string, kind Kind, holds func() string) *tally {
	t := &tally{clientID: clientID, name: name, kind: kind, began: p.w.Now(), holds: holds}
	p.tallies = append(p.tallies, t)
	return t
}

// signIn is one sign-in of a consumer in a drawn region, counted.
func (p *Park) signIn(now time.Time, who *tally, s directory.SignIn) (directory.Identity, *directory.Failure) {
	s.Consumer, s.Region = who.name, p.w.Region()
	id, refused := p.d.SignIn(now, s)
	if refused != nil {
		who.failure(now, refused.Error())
		return id, refused
	}
	who.success()
	return id, nil
}
