package consumer

import (
	"encoding/json"
	"strings"
	"time"

	"keyturn/simulator/directory"
)

// The names that Provision Assist's runbooks of 2023 gave to their variables.
const (
	secretVariable = "appSecret"
	clientVariable = "appClientId"
)

// RunbookSpec says what runbook to add.
type RunbookSpec struct {
	// Account is the Automation account's resource id.
	Account, Name string
	Tenant        string
	Resource      string
	// Every is how often the account's own schedule starts it; 0: never, only others do.
	Every time.Duration
}

// runbook reads the account's variables when a job starts and signs in with them.
type runbook struct {
	spec  RunbookSpec
	tally *tally
}

// AddRunbook makes a runbook act as a consumer. In an account without the variable it uses the account's own identity
// and signs in with no secret.
func (p *Park) AddRunbook(spec RunbookSpec) {
	b := &runbook{spec: spec}
	p.runbooks[strings.ToLower(spec.Account+"/"+spec.Name)] = b
	if _, there := p.variable(spec.Account, secretVariable); there {
		b.tally = p.add(lastSegment(spec.Account)+"/"+spec.Name, KindRunbook, func() string {
			value, _ := p.variable(spec.Account, secretVariable)
			return value
		})
	}
	if spec.Every > 0 {
		p.w.At(p.w.Now().Add(p.w.Draw(time.Minute, spec.Every)), func(now time.Time) { p.scheduledJob(now, b) })
	}
}

func (p *Park) scheduledJob(now time.Time, b *runbook) {
	p.RunJob(now, b.spec.Account, b.spec.Name)
	p.w.At(now.Add(b.spec.Every), func(now time.Time) { p.scheduledJob(now, b) })
}

// RunJob runs a runbook's job and returns why it failed, "" when it did not. A runbook that the park does not know does
// nothing and succeeds.
func (p *Park) RunJob(now time.Time, account, name string) string {
	b := p.runbooks[strings.ToLower(account+"/"+name)]
	if b == nil || b.tally == nil {
		return ""
	}
	secret, there := p.variable(account, secretVariable)
	client, named := p.variable(account, clientVariable)
	if !there || !named {
		b.tally.failure(now, "the variables "+secretVariable+" and "+clientVariable+" are not both there")
		return b.tally.lastError
	}
	_, refused := p.signIn(now, b.tally, directory.SignIn{Tenant: b.spec.Tenant, ClientID: client, Secret: secret, Resource: b.spec.Resource})
	if refused != nil {
		return refused.Error()
	}
	return ""
}

// startJob is the automation connector's operation "Create job".
func (p *Park) startJob(now time.Time, c *connector, account, name string) *fault {
	id, why := p.bearer(now, c)
	if why != nil {
		return why
	}
	const action = "Microsoft.Automation/automationAccounts/jobs/write"
	if !p.v.Roles().Permits(id.ObjectID, action, account, now) {
		text := "The client '" + id.AppID + "' does not have authorization to perform action '" + action + "' over scope '" + account + "'."
		c.tally.failure(now, text)
		return &fault{code: "AuthorizationFailed", text: text}
	}
	if text := p.RunJob(now, account, name); text != "" {
		return &fault{code: "JobFailed", text: text}
	}
	return nil
}

// variable is what Get-AutomationVariable gives inside a job: the text in the JSON document that the variable holds. A
// value that is no JSON text comes as it is.
func (p *Park) variable(account, name string) (string, bool) {
	document, there := p.a.VariableValue(account + "/variables/" + name)
	if !there {
		return "", false
	}
	var text string
	if json.Unmarshal([]byte(document), &text) != nil {
		return document, true
	}
	return text, true
}
