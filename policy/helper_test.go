package policy_test

import (
	"time"

	"keyturn/credential"
	"keyturn/policy"
)

// noon is the instant that every table calls now.
var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

const day = 24 * time.Hour

// password returns a password that works at noon and ends so many days later.
func password(keyID, hint string, days int) credential.Credential {
	return credential.Credential{
		KeyID: keyID, Hint: hint, Kind: credential.Password, Holder: credential.OnApplication,
		Start: noon.Add(-100 * day), End: noon.Add(time.Duration(days) * day),
	}
}

func app(credentials ...credential.Credential) credential.App {
	return credential.App{ClientID: "c1", Name: "Provision Assist", Credentials: credentials}
}

func input(credentials ...credential.Credential) policy.Input {
	return policy.Input{Now: noon, Policy: policy.Default(), App: app(credentials...)}
}
