package consumer

import (
	"net/url"
	"strings"
	"time"

	"keyturn/simulator/directory"
)

// fault is why an action failed, with the code that a run's history shows.
type fault struct {
	code, text string
	// certificate marks what is the certificate's doing and not the secret's.
	certificate bool
}

// The states of runs and actions.
const (
	succeeded = "Succeeded"
	failed    = "Failed"
	skipped   = "Skipped"
)

// outcome is how one action of a run ended.
type outcome struct {
	name, kind, status string
	fault              *fault
}

// run is one execution of a workflow under way.
type run struct {
	park     *Park
	now      time.Time
	workflow *workflow
	read     workflowProperties
	values   values
	states   map[string]string
}

// execute runs all actions in order; an action whose conditions do not hold is skipped.
func (r *run) execute() ([]outcome, error) {
	order, err := r.read.Definition.order()
	if err != nil {
		return nil, err
	}
	outcomes := make([]outcome, 0, len(order))
	for _, name := range order {
		done := r.step(name)
		r.states[name] = done.status
		outcomes = append(outcomes, done)
	}
	return outcomes, nil
}

func (r *run) step(name string) outcome {
	a := r.read.Definition.Actions[name]
	done := outcome{name: name, kind: a.Type, status: skipped}
	if !r.wanted(a) {
		return done
	}
	value, why := r.perform(a)
	if why != nil {
		done.status, done.fault = failed, why
		return done
	}
	r.values[name] = value
	done.status = succeeded
	return done
}

// wanted reports whether every action waited for ended in one of the states asked for.
func (r *run) wanted(a action) bool {
	for earlier, states := range a.RunAfter {
		fits := false
		for _, state := range states {
			fits = fits || strings.EqualFold(state, r.states[earlier])
		}
		if !fits {
			return false
		}
	}
	return true
}

// perform does one action and returns the value it read, if it reads one.
func (r *run) perform(a action) (string, *fault) {
	switch {
	case strings.EqualFold(a.Type, "ApiConnection"):
		return r.callConnector(a.Inputs)
	case !strings.EqualFold(a.Type, "Http"):
		return "", nil
	case a.Inputs.Authentication["pfx"] != nil:
		auth := a.Inputs.Authentication
		return "", r.park.signInByCertificate(r.now, r.values.text(auth["tenant"]), r.values.text(auth["clientId"]),
			r.values.text(auth["audience"]), r.values.text(auth["pfx"]))
	case strings.HasPrefix(a.Inputs.URI, r.park.loginAddress()):
		return "", r.signInByForm(a.Inputs)
	}
	return "", nil
}

// callConnector uses a connection. Those with a person's consent hold no secret and always work here.
func (r *run) callConnector(in inputs) (string, *fault) {
	id := r.read.connection(in.alias())
	if id == "" {
		return "", &fault{code: "BadRequest", text: "the workflow has no connection '" + in.alias() + "'"}
	}
	c := r.park.connectors[strings.ToLower(id)]
	if c == nil {
		return "", nil
	}
	path := r.values.fill(in.Path)
	if found := secretPath.FindStringSubmatch(path); found != nil {
		return r.park.readSecret(r.now, c, found[1])
	}
	if found := jobsPath.FindStringSubmatch(path); found != nil {
		return "", r.park.startJob(r.now, c, found[1], r.values.text(in.Queries["runbookName"]))
	}
	_, why := r.park.bearer(r.now, c)
	return "", why
}

func (p *Park) loginAddress() string { return p.w.Cloud().Login() + "/" }

// signInByForm is an HTTP action that posts to the token endpoint itself, as the label step does.
func (r *run) signInByForm(in inputs) *fault {
	tenant, _, _ := strings.Cut(strings.TrimPrefix(in.URI, r.park.loginAddress()), "/")
	form, err := url.ParseQuery(r.values.text(in.Body))
	if err != nil {
		return &fault{code: "BadRequest", text: "the form could not be read"}
	}
	r.workflow.held = form.Get("client_secret")
	_, refused := r.park.signIn(r.now, r.park.labelFlow(r.workflow), directory.SignIn{
		Tenant: tenant, ClientID: form.Get("client_id"), Secret: form.Get("client_secret"), Resource: form.Get("resource"),
		Username: form.Get("username"), Password: form.Get("password"),
	})
	if refused != nil {
		return &fault{code: "Unauthorized", text: refused.Error()}
	}
	return nil
}
