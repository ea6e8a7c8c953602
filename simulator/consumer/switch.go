package consumer

import "keyturn/simulator/directory"

// The names of the switches; the package comment says what they do.
const (
	SwitchInstaller          = "installer"
	SwitchRedeploy           = "redeploy"
	SwitchPortalEdit         = "portal-edit"
	SwitchCertificateRenewed = "certificate-renewed"
	SwitchReadsAtStart       = "reads-at-start"
	SwitchUndiscovered       = "undiscovered"
	SwitchServiceAccountMFA  = "service-account-mfa"
)

func (p *Park) declareSwitches() {
	p.declare(SwitchInstaller, "the installer is run again: all passwords removed, a new one in vault and connections", p.installAgain)
	p.declare(SwitchRedeploy, `the templates are run with the old value; "with-policies" rewrites the vault's access policies too`, p.redeploy)
	p.declare(SwitchPortalEdit, `a third party pastes a value into "vault", "variable" or a connection's name; "=VALUE" says which`, p.portalEdit)
	p.declare(SwitchCertificateRenewed, "the vault renews its certificate by itself; the app registration does not know the new one", p.renewCertificate)
	p.declareStates()
}

// declareStates declares the switches that hold until they are turned off.
func (p *Park) declareStates() {
	p.w.Declare(SwitchReadsAtStart, `an app that reads the vault once, when it starts; "restart" starts it again`, p.whenDeployed(func(value string) {
		p.stopApps(KindApp)
		if value != "" {
			p.startApp("report-mailer", KindApp)
		}
	}))
	p.w.Declare(SwitchUndiscovered, "an app that has the value in a setting of its own, which no Azure resource names", p.whenDeployed(func(value string) {
		p.stopApps(KindStranger)
		if value != "" {
			p.startApp("nightly-export.ps1 on a desktop", KindStranger)
		}
	}))
	p.w.Declare(SwitchServiceAccountMFA, "the label step's account needs a second factor", p.whenDeployed(func(value string) {
		t := p.d.Tenant(p.deployment.Tenant)
		if t != nil && t.User(p.deployment.ServiceAccount) != nil {
			t.User(p.deployment.ServiceAccount).MFA = value != ""
		}
	}))
}

// declare makes a switch that acts each time it is set to anything but off.
func (p *Park) declare(name, help string, act func(option string)) {
	p.w.Declare(name, help, p.whenDeployed(func(value string) {
		if value != "" {
			act(value)
		}
	}))
}

// whenDeployed leaves a switch without effect in a cloud without a sample.
func (p *Park) whenDeployed(act func(value string)) func(string) {
	return func(value string) {
		if p.deployment != nil {
			act(value)
		}
	}
}

// startApp starts an app with the value that the vault has now.
func (p *Park) startApp(name string, kind Kind) {
	value, ok := p.v.Latest(p.deployment.Vault, p.deployment.Secret)
	if !ok {
		value = p.deployment.Value
	}
	p.AddApp(AppSpec{
		Name: name, Kind: kind, Tenant: p.deployment.Tenant, ClientID: p.deployment.ClientID,
		Value: value, Resource: directory.GraphAppID,
	})
}
