package check

// Look is one thing that is looked at, by its id, for the documentation.
type Look struct {
	ID   string
	Text string // what it asks, as a sentence without a full stop
}

// Looks returns the ids of the checks that concern the identity, the application and the renewal, in the order in which
// doctor shows them. Targets list their own.
func Looks() []Look {
	return []Look{
		{"signin", "who Keyturn is signed in as"},
		{"signin.mfa", "whether a person signed in with a second factor, where places in Azure are to be written"},
		{"app", "whether the app registration can be read"},
		{"app.rights", "whether the rights on it can be looked at"},
		{"graph.role", "whether Keyturn may write app registrations"},
		{"person.consent", "whether the app that a person signed in through may change app registrations for them"},
		{"person.role", "whether a person has a directory role that lets them, or could activate one"},
		{"graph.ownership", "whether Keyturn owns this one, where it may write only those that it owns"},
		{"graph.policy", "whether a policy of the tenant limits new secrets"},
		{"graph.report", "whether reports tell who uses which credential"},
		{"identity.self", "whether Keyturn signs in with another app than this one"},
		{"app.principal", "whether the app can be signed in with in this tenant"},
		{"app.room", "whether there is room for another secret"},
		{"app.policies", "how long a new secret may last"},
		{"app.secrets", "whether other secrets of the app end soon"},
		{"clock", "whether this computer's clock agrees with Microsoft's"},
		{"place", "whether the configuration has the places that were found, and a custodian"},
		{"place.look", "whether a place can be read"},
		{"cert", "whether the app's certificates last"},
		{"cert.vault", "whether the app knows the certificate that the vault has"},
		{"drift.app", "whether somebody else changed the app's secrets since the last renewal"},
		{"drift.place", "whether somebody else changed a place since the last renewal"},
		{"credential.room", "whether the secret that makes room may be removed first"},
		{"credential.value", "whether the value in use can sign in at all"},
		{"place.pair", "whether a place still holds the old secret of an add-in, for as long as ACS signs with it"},
		{"renewal.older", "whether another secret than the one to be replaced is what the service goes by, now or afterwards"},
		{"renewal.early", "whether the new secret would outlive the old one"},
		{"acs.standing", "whether a SharePoint add-in can still sign in through Azure ACS"},
		{"addin.keys", "whether each secret of an add-in has its two keys"},
		{"addin.context", "with which secret ACS signs what it sends to an add-in, and whether the add-in's own values take a person to the site; only with --context-token-fd"},
		{"addin.policy", "what policies allow for the two keys of an add-in's secret, where they say anything"},
		{"credential.mark", "whether a secret was made by another Keyturn"},
		{"reuse.value", "whether the vault's value signs in, where it is to be spread"},
	}
}
