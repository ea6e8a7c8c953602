package consumer

import (
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"time"

	"keyturn/simulator/directory"
	"keyturn/simulator/pfx"
	"keyturn/simulator/vault"
)

// Deployment is where a sample keeps its credentials: what strangers overwrite.
type Deployment struct {
	Tenant, ClientID string
	Vault, Secret    string
	// Certificate is the name of the vault's certificate.
	Certificate string
	// Connections are the resource ids of those that carry the secret.
	Connections []string
	// Account is the Automation account's resource id; its variable is written only where it exists.
	Account string
	// Value is what was deployed first.
	Value string
	// Policies are the vault's access policies as the template has them, Keyturn's not among them.
	Policies []vault.AccessPolicy
	// ServiceAccount is the user name of the label step's account.
	ServiceAccount string
}

// Deploy tells the park where the sample keeps its credentials; without it the strangers have nothing to do.
func (p *Park) Deploy(d Deployment) { p.deployment = &d }

// installAgain is the installer's `az ad app credential reset`: it removes every password first, then adds one without a
// name for a year, and writes it where the template writes it. Source: deploy.ps1 of
// github.com/pnp/provision-assist-m365 and _reset_credential of the Azure CLI (read 2026-11-22).
func (p *Park) installAgain(option string) {
	app := p.d.Application(p.deployment.ClientID)
	if app == nil {
		return
	}
	p.d.RemoveAllPasswords(app)
	fresh := p.d.AddPassword(app, directory.PasswordSpec{End: p.w.Now().AddDate(1, 0, 0)})
	p.deployment.Value = fresh.Value
	p.redeploy(option)
}

// redeploy puts the value of the deployment back into the vault and the connections, as running the templates with old
// parameters does; "with-policies" rewrites the vault's access policies too, which drops everyone who was added since.
func (p *Park) redeploy(option string) {
	p.v.SetSecret(p.deployment.Vault, p.deployment.Secret, p.deployment.Value, vault.SecretSpec{})
	for _, id := range p.deployment.Connections {
		p.editConnection(id, p.deployment.Value)
	}
	if held := p.v.Vault(p.deployment.Vault); held != nil && option == "with-policies" {
		p.v.ReplacePolicies(held, p.deployment.Policies)
	}
}

// portalEdit is a third party pasting a value into one place: "vault", "variable", or a connection's name, by default
// the vault; after "=" comes the value, by default that of a password made in the portal for the purpose.
func (p *Park) portalEdit(option string) {
	place, value, given := strings.Cut(option, "=")
	if !given {
		value = p.portalPassword()
	}
	switch {
	case strings.EqualFold(place, "variable"):
		document, err := json.Marshal(value)
		if err == nil {
			p.a.SetVariable(p.deployment.Account, secretVariable, string(document), true)
		}
	case strings.EqualFold(place, "vault"), strings.EqualFold(place, "on"):
		p.v.SetSecret(p.deployment.Vault, p.deployment.Secret, value, vault.SecretSpec{})
	default:
		for _, id := range p.deployment.Connections {
			if strings.EqualFold(lastSegment(id), place) {
				p.editConnection(id, value)
			}
		}
	}
}

// portalPassword is what the portal's "New client secret" makes, with its life of 180 days.
func (p *Park) portalPassword() string {
	app := p.d.Application(p.deployment.ClientID)
	if app == nil {
		return p.deployment.Value
	}
	spec := directory.PasswordSpec{DisplayName: "quick fix", End: p.w.Now().AddDate(0, 0, 180)}
	return p.d.AddPassword(app, spec).Value
}

func (p *Park) editConnection(id, value string) {
	c := p.a.Connection(id)
	if c == nil {
		return
	}
	c.Parameters = maps.Clone(c.Parameters)
	for name := range c.Parameters {
		if strings.EqualFold(name, "token:clientSecret") {
			c.Parameters[name] = value
		}
	}
	c.Resource.Changed = p.w.Now()
}

// renewCertificate is the vault's lifetime action: a new version with a new key that the app registration does not know.
func (p *Park) renewCertificate(string) {
	held := p.v.Vault(p.deployment.Vault)
	if held == nil || held.Certificate(p.deployment.Certificate) == nil {
		return
	}
	now := p.w.Now()
	key, err := pfx.NewKey()
	if err == nil {
		_, err = PutCertificate(p.v, p.deployment.Vault, p.deployment.Certificate, key, now, now.AddDate(1, 0, 0))
	}
	if err != nil {
		p.certificateUsers().failure(now, err.Error())
	}
}

// PutCertificate makes a self-signed certificate of key and stores it as a vault's latest version; v's lock rule holds.
func PutCertificate(v *vault.Service, vaultName, name string, key *rsa.PrivateKey, start, end time.Time) (pfx.Certificate, error) {
	fresh, err := pfx.Sign(key, name, start, end)
	if err != nil {
		return fresh, fmt.Errorf("make certificate: %w", err)
	}
	value, err := fresh.Encode()
	if err != nil {
		return fresh, fmt.Errorf("make certificate: %w", err)
	}
	v.SetCertificate(vaultName, name, vault.CertificateSpec{
		DER: fresh.DER, PFX: value, Start: start, End: end, Subject: "CN=" + name, Created: start,
	})
	return fresh, nil
}
