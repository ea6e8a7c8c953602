package config

import (
	"time"

	"keyturn/policy"
	"keyturn/renewal"
	"keyturn/secret"
)

// file is keyturn.yaml as it is written. Its tags are the one list of keys: the strict decoder reads the names, what is
// required and the values allowed from them, and so does the JSON schema with the sentence about each.
type file struct {
	Tenant       string  `yaml:"tenant" jsonschema:"required" jsonschema_description:"The tenant: one of its domains, such as contoso.onmicrosoft.com, or its id."`
	Cloud        string  `yaml:"cloud" jsonschema:"enum=public,enum=usgov,enum=usgov-dod,enum=china,default=public" jsonschema_description:"Which of Microsoft's clouds the tenant lives in."`
	Identity     string  `yaml:"identity" jsonschema:"enum=default,enum=environment,enum=workloadIdentity,enum=managedIdentity,enum=azureCLI,enum=browser,enum=deviceCode,default=default" jsonschema_description:"How Keyturn signs in. default tries environment, workload identity, managed identity and az login in this order; browser and deviceCode ask a person. Never a secret in this file."`
	SignIn       signIn  `yaml:"signIn" jsonschema_description:"The sign-ins of people."`
	Network      network `yaml:"network" jsonschema_description:"How the cloud is reached."`
	Store        string  `yaml:"store" jsonschema:"default=keyturn.db" jsonschema_description:"What remembers runs: a file, relative to this one, or a PostgreSQL database that several machines share, postgres://user@host/database. Its password comes from PGPASSWORD or a password file. It never holds a secret."`
	Policy       rules   `yaml:"policy" jsonschema_description:"How secrets are renewed, unless an application says otherwise."`
	Serve        serve   `yaml:"serve" jsonschema_description:"How keyturn serve works unattended."`
	Notify       held    `yaml:"notify" jsonschema_description:"Who is told when something needs a person, and when that is over. See docs/notices.md."`
	Applications held    `yaml:"applications" jsonschema_description:"The applications to look after, each under a name of your choice."`
}

type signIn struct {
	ClientID string `yaml:"clientId" jsonschema_description:"The public client that people sign in through. No unattended identity is named here: a user-assigned managed identity, like every other, is named by AZURE_CLIENT_ID."`
	Password string `yaml:"password" jsonschema:"enum=refused,enum=allowed,default=refused" jsonschema_description:"Whether people may sign in by typing their password to Keyturn (--sign-in password). It can't give a second factor, and Microsoft advises against it."`
}

type network struct {
	Proxy  string `yaml:"proxy" jsonschema_description:"Address of a proxy, such as http://proxy.contoso.com:8080. Without it, HTTPS_PROXY of the environment counts."`
	CAFile string `yaml:"caFile" jsonschema_description:"Further certificate authorities (PEM), for a company proxy that opens TLS; relative to this file."`
}

type serve struct {
	Every   *time.Duration `yaml:"every" jsonschema_description:"Time between two looks at the tenant, from 10s to 24h, default 1h."`
	Address string         `yaml:"address" jsonschema_description:"Where people's browsers find the console, such as https://keyturn.contoso.com, where that isn't the address listened at: behind a proxy, or by a name."`
	SignIn  provider       `yaml:"signIn" jsonschema_description:"The OpenID Connect provider that people sign in with at the console, such as Entra. Without one, the console is open to this machine alone."`
	TLS     tlsFiles       `yaml:"tls" jsonschema_description:"The certificate that the console shows. The files are read again when they change."`
}

type provider struct {
	Issuer       string            `yaml:"issuer" jsonschema_description:"The provider's address, under which it describes itself; of Entra, https://login.microsoftonline.com/TENANT-ID/v2.0."`
	ClientID     string            `yaml:"clientId" jsonschema_description:"The console's own registration at the provider."`
	ClientSecret secret.Value      `yaml:"clientSecret" jsonschema_description:"The registration's secret, as ${env:NAME} or ${file:PATH}; never in this file."`
	Roles        map[string]string `yaml:"roles" jsonschema_description:"What people may do, by what the provider says of them in the claims roles and groups: viewer, operator, approver or admin. Of several, the highest counts; without any, nobody comes in."`
}

type tlsFiles struct {
	CertFile string `yaml:"certFile" jsonschema_description:"PEM file of the certificate and of those that signed it; relative to this file."`
	KeyFile  string `yaml:"keyFile" jsonschema_description:"PEM file of its key; relative to this file."`
}

// rules is a policy in which everything may be left out.
type rules struct {
	Lifetime    *time.Duration `yaml:"lifetime" jsonschema_description:"Life of a new secret, from 1h to 3650d, default 180d. The tenant's own policy may cut it."`
	RenewBefore *policy.Lead   `yaml:"renewBefore" jsonschema_description:"So long before its end a secret is due, default 30d: a time shorter than lifetime, or a share of the secret's life from 1% to 90%, such as 33%."`
	Settle      settle         `yaml:"settle" jsonschema_description:"When a new secret counts as working everywhere."`
	Overlap     overlap        `yaml:"overlap" jsonschema_description:"How long both secrets are kept, and what must be known before the old one goes."`
	Window      *window        `yaml:"window" jsonschema_description:"When a renewal may begin and an old secret be removed; at any time without it. It is overruled when the secret in use would end before the next window. A renewal that a person asks for begins at once."`
	Freezes     *[]freeze      `yaml:"freezes" jsonschema_description:"Days on which no renewal begins and no old secret is removed, unless the secret in use would end meanwhile. An application's list replaces the one above."`
	Approval    approval       `yaml:"approval" jsonschema_description:"What a person must approve, with keyturn approve."`
}

type window struct {
	Cron     string        `yaml:"cron" jsonschema:"required" jsonschema_description:"When it opens: minute, hour, day of month, month and day of week, such as 0 2 * * 1-5."`
	Length   time.Duration `yaml:"length" jsonschema:"required" jsonschema_description:"For how long it is open, from 10m to 31d."`
	Timezone string        `yaml:"timezone" jsonschema:"default=UTC" jsonschema_description:"Time zone of the window and of freezes, such as Europe/Berlin."`
}

type freeze struct {
	From   string `yaml:"from" jsonschema:"required" jsonschema_description:"The first day, such as 2026-12-20."`
	To     string `yaml:"to" jsonschema:"required" jsonschema_description:"The last day."`
	Reason string `yaml:"reason" jsonschema_description:"What people are told, such as end of year."`
}

type approval struct {
	Deliver *bool `yaml:"deliver" jsonschema_description:"Before anything is made or written."`
	Retire  *bool `yaml:"retire" jsonschema_description:"Before the old secret is removed. One that has expired is removed without."`
}

type settle struct {
	Successes *int           `yaml:"successes" jsonschema_description:"Sign-ins in a row on fresh connections, from 1 to 100, default 5."`
	Over      *time.Duration `yaml:"over" jsonschema_description:"The time over which they are spread, at most 20m, default 60s. With 0 they are made at once."`
}

type overlap struct {
	Minimum  *time.Duration `yaml:"minimum" jsonschema_description:"Both secrets are kept at least so long, default 14d. Shorter than lifetime."`
	Evidence string         `yaml:"evidence" jsonschema:"enum=required,enum=preferred,enum=time,default=preferred" jsonschema_description:"What is wanted before the old secret is removed. preferred: without evidence it is left to expire on its own date; required: a person decides; time: the minimum alone decides."`
}

// application is one entry below applications.
type application struct {
	ClientID   string      `yaml:"clientId" jsonschema:"required" jsonschema_description:"The app registration's Application (client) ID."`
	Issuer     string      `yaml:"issuer" jsonschema:"enum=entra,enum=sharepoint,default=entra" jsonschema_description:"What kind of secret it is: one of an Entra app, or one of a SharePoint add-in that signs in through Azure ACS."`
	SharePoint *sharePoint `yaml:"sharePoint" jsonschema_description:"What issuer: sharepoint needs to know."`
	Policy     rules       `yaml:"policy" jsonschema_description:"What differs from the policy above for this application."`
	Targets    []held      `yaml:"targets" jsonschema:"required" jsonschema_description:"The places that hold the secret. The first Key Vault secret is the custodian, from which the value can be read back."`
	Excluded   string      `yaml:"excluded" jsonschema_description:"Why the application is left alone, such as: its pipeline renews it. It is shown, and never renewed."`
	Exclude    []string    `yaml:"exclude" jsonschema_description:"Places that discovery finds and that do not hold this application's secret, by resource id."`
}

type sharePoint struct {
	Site    string         `yaml:"site" jsonschema:"required" jsonschema_description:"A site on which the add-in is installed, such as https://contoso.sharepoint.com/sites/helpdesk: it is asked whether ACS still counts, and new secrets are tried there."`
	Keep    *time.Duration `yaml:"keep" jsonschema_description:"How long an old secret is kept after its end, before the places let go of it and it is removed; from 1d to 90d, default 7d."`
	AppOnly *bool          `yaml:"appOnly" jsonschema:"default=true" jsonschema_description:"Whether the add-in asks the site for something by itself too. Write false for one that acts only for people who open it: it goes on where the tenant has switched app-only access off (acs.disabled)."`
}

// over returns below with everything that is written replaced.
func (w rules) over(below policy.Policy) policy.Policy {
	put(&below.Lifetime, w.Lifetime)
	put(&below.RenewBefore, w.RenewBefore)
	put(&below.Settle.Successes, w.Settle.Successes)
	put(&below.Settle.Over, w.Settle.Over)
	put(&below.Overlap.Minimum, w.Overlap.Minimum)
	if w.Overlap.Evidence != "" {
		below.Overlap.Evidence = renewal.EvidenceRule(w.Overlap.Evidence)
	}
	if w.Window != nil {
		below.Window = policy.Window(*w.Window)
	}
	if w.Freezes != nil {
		below.Freezes = nil
		for _, each := range *w.Freezes {
			below.Freezes = append(below.Freezes, policy.Freeze(each))
		}
	}
	put(&below.Approval.Deliver, w.Approval.Deliver)
	put(&below.Approval.Retire, w.Approval.Retire)
	return below
}

func put[T any](held *T, written *T) {
	if written != nil {
		*held = *written
	}
}
