package consumer

import (
	"time"

	"keyturn/simulator/directory"
)

// JobSpec says what job to add.
type JobSpec struct {
	Name, Tenant, ClientID string
	Resource               string
	// Every is how often it signs in.
	Every time.Duration
	// Reads gives the value that its place holds now.
	Reads func() (value string, there bool)
	// Keeps is how long it goes on with a value that it once read; 0: it reads before every sign-in.
	Keeps time.Duration
}

// job is a program that runs by a schedule and signs in anew each time, with what its place holds or held lately.
type job struct {
	spec  JobSpec
	tally *tally
	value string
	until time.Time // when the value is read again
}

// AddJob starts a job, at an instant drawn within its first period.
func (p *Park) AddJob(spec JobSpec) {
	j := &job{spec: spec}
	j.tally = p.addFor(spec.ClientID, spec.Name, KindJob, func() string { return j.holds() })
	p.w.At(p.w.Now().Add(p.w.Draw(0, spec.Every)), func(now time.Time) { p.jobRuns(now, j) })
}

// holds is what it would sign in with now.
func (j *job) holds() string {
	if j.spec.Keeps > 0 && j.value != "" {
		return j.value
	}
	value, _ := j.spec.Reads()
	return value
}

func (p *Park) jobRuns(now time.Time, j *job) {
	p.w.At(now.Add(j.spec.Every), func(now time.Time) { p.jobRuns(now, j) })
	value := j.value
	if value == "" || !now.Before(j.until) {
		read, there := j.spec.Reads()
		if !there {
			j.tally.failure(now, "its place holds nothing")
			return
		}
		value, j.until = read, now.Add(j.spec.Keeps)
		if j.spec.Keeps > 0 {
			j.value = value
		}
	}
	_, _ = p.signIn(now, j.tally, directory.SignIn{
		Tenant: j.spec.Tenant, ClientID: j.spec.ClientID, Secret: value, Resource: j.spec.Resource,
	}) // counted there
}

// RunConnector makes something use a connector by a schedule, as the trigger of a logic app does.
func (p *Park) RunConnector(connectionID string, every time.Duration) {
	c := p.connector(connectionID)
	if c == nil {
		return
	}
	var again func(now time.Time)
	again = func(now time.Time) {
		_, _ = p.bearer(now, c) // counted there
		p.w.At(now.Add(every), again)
	}
	p.w.At(p.w.Now().Add(p.w.Draw(0, every)), again)
}

// Variable is what a runbook reads from a variable of an account; false when there is none.
func (p *Park) Variable(account, name string) (string, bool) { return p.variable(account, name) }
