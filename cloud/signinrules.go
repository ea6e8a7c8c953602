package cloud

import (
	"time"

	"keyturn/problem"
)

// signInRules is what the number of a failed sign-in of Keyturn itself means, as an app; of people, see [personRule].
// Source: https://learn.microsoft.com/entra/identity-platform/reference-error-codes (read 2026-11-22).
var signInRules = map[int]rule{
	7000215: person("identity.secret", "the client secret of Keyturn's own identity isn't accepted", "put the value, not the Secret ID, of a valid secret of that app into AZURE_CLIENT_SECRET; one made a minute ago may need a little longer"),
	7000222: person("identity.expired", "the client secret of Keyturn's own identity has expired", "make a new secret for that app and put its value into AZURE_CLIENT_SECRET; better, use a managed or workload identity, which can't expire"),
	7000218: person("identity.secret", "the sign-in of Keyturn's own identity carries no secret", "set AZURE_CLIENT_SECRET, or make the app of signIn.clientId a public client"),
	700027:  person("identity.certificate", "the certificate of Keyturn's own identity isn't registered on its app, or has ended", "register the certificate on that app, or point AZURE_CLIENT_CERTIFICATE_PATH to one that is"),
	700025:  person("identity.public", "the app is a public client and takes no secret", "use another app for AZURE_CLIENT_ID"),
	7000112: person("identity.disabled", "the app of Keyturn's own identity is disabled in this tenant", "enable it under Enterprise applications"),
	7000229: person("identity.missing", "the app of Keyturn's own identity has no service principal in this tenant", "create it: az ad sp create --id with AZURE_CLIENT_ID"),
	700016:  person("identity.missing", "the tenant has no app with the client id of Keyturn's own identity", "check AZURE_CLIENT_ID and tenant: the app must be registered there, or consented to"),
	700038:  person("identity.missing", "that is no app's client id", "check AZURE_CLIENT_ID"),
	700211:  person("identity.federation", "no federated credential of the app fits the issuer of this workload's token", "check issuer, subject and audience of the federated credential"),
	700213:  person("identity.federation", "no federated credential of the app fits the subject of this workload's token", "check issuer, subject and audience of the federated credential"),
	700024:  person("clock.skew", "the assertion isn't valid at this time", "set this machine's clock"),
	90002:   person("tenant.unknown", "there is no such tenant", "check tenant in the configuration (its id, or a domain of it) and cloud"),
	900021:  person("tenant.unknown", "that is no tenant's name", "check tenant in the configuration"),
	900023:  person("tenant.unknown", "that is neither a tenant's id nor a domain", "check tenant in the configuration"),
	9001023: person("tenant.unknown", "this sign-in needs one tenant by name", "set tenant in the configuration"),
	90038:   person("cloud.mismatch", "the tenant belongs to another national cloud", "set cloud in the configuration"),
	900382:  person("cloud.mismatch", "the tenant belongs to another national cloud", "set cloud in the configuration"),
	500011:  person("service.missing", "the tenant doesn't know the service that the token is for", "check cloud and tenant; the service's principal is missing there"),
	65002:   person("consent.missing", "the app that Keyturn signs in with isn't authorised for this service", "register a public client of your own and set signIn.clientId"),
	50076:   mfaRule, 50079: mfaRule, 50072: mfaRule, 50074: mfaRule, 50158: mfaRule,
	50196: {class: problem.Retry, code: problem.Throttled, message: "the sign-in service takes this for a loop", after: 5 * time.Minute},
	90055: {class: problem.Retry, code: problem.Throttled, message: "the tenant has too many requests", after: time.Minute},
	90033: {class: problem.Retry, code: "service.failing", message: "the sign-in service failed for a moment", after: 5 * time.Second},
}

func person(code, message, fix string) rule {
	return rule{class: problem.Person, code: code, message: message, fix: fix}
}

// signInRule chooses by the number, else by what the status says, else takes the identity for refused.
func signInRule(r *Refusal) rule {
	if known, ok := signInRules[r.AADSTS]; ok {
		return known
	}
	if known, ok := personRule(r, ""); ok {
		return known
	}
	if r.Status == 429 || r.Status >= 500 {
		return ruleByStatus(r.Status)
	}
	return rule{
		class: problem.Person, code: problem.SignIn, message: "the sign-in was refused", quote: true,
		fix: "check the identity that Keyturn signs in with; the tenant's sign-in log says more",
	}
}

// classifyProof is what the answer to the sign-in of a managed app's own secret means. A refusal of the value is the
// expected answer while it spreads, and after it was removed; what concerns the app or the tenant needs a person.
func classifyProof(r *Refusal, subject string) error {
	if rule, ok := proofRules[r.AADSTS]; ok {
		return rule.problem(r, subject)
	}
	if r.Status == 429 || r.Status >= 500 || r.OAuth == "" {
		return classifyRefusal(r, subject)
	}
	if r.OAuth == "invalid_client" {
		return proofRefused("the secret isn't accepted").problem(r, subject)
	}
	return signInRule(r).problem(r, subject)
}

var proofRules = map[int]rule{
	7000215: proofRefused("the secret isn't accepted: wrong, removed, or too fresh to be known everywhere"),
	7000222: proofRefused("the secret has expired"),
	// ACS still has the numbers of before.
	70002:   proofRefused("the secret isn't accepted"),
	50012:   proofRefused("the secret isn't accepted: wrong, removed, or too fresh to be known everywhere"),
	7000229: person("principal.missing", "the app has no service principal in this tenant", "create it: az ad sp create --id with the app's client id"),
	7000112: person("app.disabled", "the app is disabled in this tenant", "enable it under Enterprise applications, or stop managing it"),
	700016:  person(problem.NotFound, "the tenant has no such app", "check clientId and tenant in the configuration"),
	700038:  person(problem.NotFound, "that is no app's client id", "check clientId in the configuration"),
}

func proofRefused(message string) rule {
	return rule{class: problem.Retry, code: problem.SignIn, message: message}
}
