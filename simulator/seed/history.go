package seed

import (
	"time"

	"keyturn/simulator/directory"
)

// How far the sign-in reports look back when a sample begins, and how often its consumers had signed in.
const (
	historyLength = 14 * day
	historyStep   = 6 * time.Hour
)

// plantHistory signs in as the deployment did before the simulation began, so that the reports know its habits. Nobody
// counts these sign-ins.
func (s *planter) plantHistory() {
	for at := s.now.Add(-historyLength); at.Before(s.now); at = at.Add(historyStep) {
		for _, signIn := range s.habits() {
			signIn.Tenant, signIn.ClientID, signIn.Secret = s.places.Tenant, s.app.AppID, s.secret.Value
			_, _ = s.d.SignIn(at, signIn) // the reports keep how it went
		}
	}
}

// habits are the sign-ins that a deployment makes all day: its two connectors and the label step.
func (s *planter) habits() []directory.SignIn {
	return []directory.SignIn{
		{Consumer: s.places.VaultConnection, Resource: s.places.Cloud.Vault()},
		{Consumer: s.places.AutomationConnection, Resource: s.places.Cloud.ARM() + "/"},
		{Consumer: "ProcessProvisionRequest label step", Resource: s.places.Cloud.Graph(), Username: s.service.Name, Password: s.service.Password},
	}
}
