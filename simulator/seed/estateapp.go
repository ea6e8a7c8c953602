package seed

import (
	"encoding/json"
	"fmt"
	"time"

	"keyturn/simulator/azure"
	"keyturn/simulator/consumer"
	"keyturn/simulator/directory"
	"keyturn/simulator/vault"
)

// application is one application of an estate while it is planted.
type application struct {
	number int
	name   string // in keyturn.yaml, and of its places
	group  estateGroup
	app    *directory.Application
	secret *directory.Password

	connection, variable bool // it has such a place beside the vault's secret
	full                 bool // it holds two secrets and may hold no more
}

// What the applications of an organisation are called: by department and by task.
var (
	departments = []string{"finance", "hr", "sales", "legal", "logistics", "support", "research", "facilities"}
	tasks       = []string{"invoice import", "report mailer", "site provisioning", "badge sync", "contract archive", "order bridge", "label printer", "survey export", "room booking"}
)

// plantApplication makes one application: its registration with what else is on it, its places, its consumers and its part
// of keyturn.yaml.
func (e *estate) plantApplication(i int) {
	department, task := departments[i%len(departments)], tasks[i%len(tasks)]
	a := &application{
		number: i, group: e.groups[i/inGroup], connection: i%5 == 1 || i%20 == 8, variable: i%5 == 3, full: i%200 == 140,
		name: fmt.Sprintf("%s-%s-%05d", department, dashed(task), i),
	}
	a.app = e.d.AddApplication(e.places.Tenant, directory.AppSpec{
		DisplayName: fmt.Sprintf("%s: %s %d", department, task, i), Audience: a.audience(), Created: e.now.Add(-time.Duration(400+i%1500) * day),
		Owners: []string{e.installer.ObjectID, e.admin.ServicePrincipal.ObjectID},
	})
	end := e.now.Add(e.life(i))
	a.secret = e.d.AddPassword(a.app, directory.PasswordSpec{DisplayName: task, Start: end.AddDate(-1, 0, 0), End: end, Settled: true})
	e.plantForeign(a)
	e.plantPlaces(a)
	e.plantUsers(a)
	e.writeApplication(a)
}

func dashed(text string) string {
	out := []byte(text)
	for i := range out {
		if out[i] == ' ' {
			out[i] = '-'
		}
	}
	return string(out)
}

// audience of one application in twenty is open to personal accounts, which caps its secrets at two.
func (a *application) audience() string {
	if a.number%20 == 0 {
		return "AzureADandPersonalMicrosoftAccount"
	}
	return ""
}

// plantForeign adds what others put on the registration: a second secret that has ended or goes on, a certificate.
func (e *estate) plantForeign(a *application) {
	add := func(name string, left time.Duration) {
		e.d.AddPassword(a.app, directory.PasswordSpec{
			DisplayName: name, Start: e.now.Add(left - 700*day), End: e.now.Add(left), Settled: true,
		})
	}
	switch {
	case a.full:
		add("made by hand", 90*day)
	case a.audience() != "":
	case a.number%10 == 2:
		add("old", -200*day)
	case a.number%10 == 6:
		add("test bench", 300*day)
	}
	if a.number%25 == 7 {
		e.d.AddCertificate(a.app, directory.CertSpec{
			DisplayName: "CN=" + a.name, Start: e.now.Add(-100 * day), End: e.now.Add(600 * day), Thumbprint: e.drawThumbprint(),
		})
	}
}

// plantPlaces puts the secret where the application reads it.
func (e *estate) plantPlaces(a *application) {
	tags := map[string]string{"team": departments[a.number%len(departments)]}
	e.v.SetSecret(a.group.Vault, a.name, a.secret.Value, vault.SecretSpec{Created: a.secret.Start, Tags: tags, ContentType: "client secret"})
	if a.connection {
		e.a.AddResource(azure.Resource{
			ID: a.group.connection(a.name), Kind: "V1", Location: a.group.Location, Created: a.secret.Start,
			Properties: map[string]any{
				"displayName": a.name, "api": map[string]any{"id": a.group.managedAPI(aliasAutomation, true)},
				"parameterValues": map[string]any{
					"token:clientId": a.app.AppID, "token:clientSecret": a.secret.Value,
					"token:TenantId": e.places.Tenant, "token:grantType": "client_credentials",
				},
			},
		})
	}
	if a.variable {
		document, err := json.Marshal(a.secret.Value)
		if err != nil {
			panic("seed: a text does not encode: " + err.Error()) // texts always do
		}
		made := e.a.SetVariable(a.group.account(), a.name, string(document), true)
		made.Created, made.Changed = a.secret.Start, a.secret.Start
	}
}

// plantUsers starts what signs in with each place: every six hours to once a day. One in four goes on for a day with
// what it once read.
func (e *estate) plantUsers(a *application) {
	spec := consumer.JobSpec{
		Name: a.name, Tenant: e.places.Tenant, ClientID: a.app.AppID, Resource: directory.GraphAppID,
		Every: []time.Duration{6, 12, 24, 24}[a.number%4] * time.Hour,
	}
	if a.number%4 == 0 {
		spec.Keeps = day
	}
	held := spec
	held.Reads = func() (string, bool) { return e.v.Latest(a.group.Vault, a.name) }
	e.p.AddJob(held)
	if a.connection {
		e.p.AddConnector(a.group.connection(a.name), e.w.Cloud().ARM()+"/")
		e.p.RunConnector(a.group.connection(a.name), spec.Every)
	}
	if a.variable {
		spec.Name, spec.Keeps = a.name+" runbook", 0
		spec.Reads = func() (string, bool) { return e.p.Variable(a.group.account(), a.name) }
		e.p.AddJob(spec)
	}
}

// beginFile begins keyturn.yaml.
func (e *estate) beginFile() {
	fmt.Fprintf(&e.file, `# Made by the simulator: everything in it exists only there.
tenant: %s
cloud: %s
identity: default
network:
  proxy: "%s"
  caFile: "%s"
store: keyturn.db
policy:
  lifetime: 180d
  renewBefore: 30d
  settle: { successes: 5, over: 60s }
  overlap: { minimum: 14d, evidence: preferred }
applications:
`, e.places.Domain, e.places.Cloud.Name, ProxyPlaceholder, CAFilePlaceholder)
}

// writeApplication adds one application to keyturn.yaml.
func (e *estate) writeApplication(a *application) {
	fmt.Fprintf(&e.file, "  %s:\n    clientId: %s\n", a.name, a.app.AppID)
	if a.full {
		e.file.WriteString("    excluded: holds two secrets and may hold no more; a person is to say which may go\n")
	}
	fmt.Fprintf(&e.file, "    targets:\n      - keyVaultSecret: { vault: %s, secret: %s }\n", a.group.Vault, a.name)
	if a.connection {
		fmt.Fprintf(&e.file, "      - apiConnection: { resourceId: %s }\n", a.group.connection(a.name))
	}
	if a.variable {
		fmt.Fprintf(&e.file, "      - automationVariable: { account: %s, name: %s }\n", a.group.account(), a.name)
	}
}
