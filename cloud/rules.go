package cloud

import (
	"net/http"
	"time"

	"keyturn/problem"
)

const (
	fixRights = "grant the missing right; keyturn doctor names it, and doctor --script writes the commands. A grant takes some minutes to count"

	fixGraphRights = "give Keyturn's identity the application permission Application.ReadWrite.OwnedBy of Microsoft Graph with " +
		"admin consent, and make its service principal an owner of the app registration; keyturn doctor --script writes the commands"
	fixGraphReads = "give Keyturn's identity a permission of Microsoft Graph that reads this, with admin consent: Application.Read.All to look, " +
		"Application.ReadWrite.OwnedBy to renew, AuditLog.Read.All for reports of use; keyturn doctor names what is missing"

	fixSubscription = "check the id in the configuration, and that Keyturn's identity has a role in that subscription"
)

// mfaRule: Azure refuses writes of people who signed in without a second factor.
// Source: https://learn.microsoft.com/entra/identity/authentication/concept-mandatory-multifactor-authentication (read 2026-11-22).
var mfaRule = rule{
	class: problem.Person, code: "mfa.required", message: "Azure wants a sign-in with a second factor for this",
	fix: "sign in again with multifactor authentication (az login, or identity: browser), or let a service principal or managed identity do it",
}

// ruleByCode is by the service's code, lower case. Sources (read 2026-11-22): https://learn.microsoft.com/graph/errors,
// https://learn.microsoft.com/azure/key-vault/general/rest-error-codes,
// https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/common-deployment-errors; codes of Graph's app
// policies and of its two-password limit are as others observed them.
var ruleByCode = map[string]rule{
	// Microsoft Graph
	"authorization_requestdenied":                           denied("may not do this in the directory", false),
	"authorization_identitynotfound":                        denied("the directory doesn't know the caller", true),
	"request_resourcenotfound":                              notFound("the directory has no such object"),
	"resourcenotfound":                                      notFound("there is no such resource"),
	"directory_concurrencyviolation":                        conflict("somebody else is changing the same object"),
	"directory_resourcesizeexceeded":                        full("the object in the directory is full"),
	"toomanyapppasswords":                                   full("the app holds as many passwords as it may"),
	"credentialinvalidlifetimeasperapppolicy":               blocked("the tenant's app management policy allows only shorter lifetimes", "ask for a shorter policy.lifetime, or have the policy changed"),
	"credentialtypenotallowedasperapppolicy":                blocked("the tenant's app management policy forbids passwords on this app", "have an exception made in the app management policy, or use a certificate or a federated credential instead of a password"),
	"cannotupdatelockedserviceprincipalproperty":            {class: problem.Person, code: problem.Locked, message: "the service principal's credentials are locked by its app registration", fix: "unlock them in the app registration in its home tenant (servicePrincipalLockConfiguration), or keep the password on the application"},
	"authentication_requestfromnonpremiumtenantorb2ctenant": {class: problem.Person, code: "license.missing", message: "this report needs Entra ID P1 or P2", fix: "go on without this report"},
	"authentication_requestfromunsupporteduserrole":         denied("the caller's role may not read this report", false),
	"authentication_msgraphpermissionmissing":               denied("a permission of Microsoft Graph is missing", true),
	"invalidauthenticationtoken":                            stale("the service doesn't accept the token"),
	"expiredauthenticationtoken":                            stale("the token has ended"),
	"invalidauthenticationtokentenant":                      {class: problem.Person, code: "tenant.mismatch", message: "the token is of another tenant than the subscription", fix: "set tenant to the one that the subscription belongs to, and sign in there"},
	"activitylimitreached":                                  throttled(),
	"toomanyrequests":                                       throttled(),
	// Azure Resource Manager
	"authorizationfailed":                  denied("", true),
	"linkedauthorizationfailed":            denied("a right on a linked resource is missing", true),
	"scopelocked":                          {class: problem.Person, code: problem.Locked, message: "a lock forbids writes", quote: true, fix: "remove the ReadOnly lock for the time of the renewal, then run it again; a CanNotDelete lock may stay"},
	"readonlydisabledsubscription":         {class: problem.Person, code: "subscription.disabled", message: "the subscription is disabled and can only be read", fix: "enable the subscription again"},
	"requestdisallowedbypolicy":            blocked("an Azure Policy forbids the write", "have an exemption made for this resource, or meet what the policy asks"),
	"requestdisallowedbyazure":             mfaRule,
	"resourcegroupnotfound":                notFound("there is no such resource group"),
	"subscriptionnotfound":                 {class: problem.Person, code: problem.NotFound, message: "the subscription doesn't exist, or the caller may see nothing in it", fix: fixSubscription},
	"invalidsubscriptionid":                {class: problem.Person, code: problem.NotFound, message: "that is no subscription's id", fix: fixSubscription},
	"subscriptionrequeststhrottled":        throttled(),
	"tenantrequeststhrottled":              throttled(),
	"anotheroperationinprogress":           conflict("another change of the resource is under way"),
	"conflictingconcurrentwritenotallowed": conflict("another change of the resource is under way"),
	// Key Vault
	"forbiddenbypolicy":             denied("no access policy of the vault allows this", true),
	"forbiddenbyrbac":               denied("no role on the vault allows this", true),
	"forbiddenbyfirewall":           firewall("the vault's firewall doesn't let this network address in"),
	"forbiddenbyconnection":         firewall("the vault answers only to its private network"),
	"secretdisabled":                {class: problem.Person, code: "secret.disabled", message: "this version of the secret is disabled", fix: "enable it in the vault, or write a new version"},
	"secretnotfound":                notFound("the vault has no such secret"),
	"objectisdeletedbutrecoverable": {class: problem.Person, code: "secret.deleted", message: "a secret of this name was deleted and can still be recovered", fix: "recover it (az keyvault secret recover) or purge it, then run again"},
	"objectisbeingdeleted":          conflict("the secret is being deleted"),
	"objectisbeingrecovered":        conflict("the secret is being recovered"),
	"throttled":                     throttled(),
}

// betweenRule is for a refusal that isn't Microsoft's: what it refuses may be allowed in a minute.
var betweenRule = rule{class: problem.Retry, code: problem.Between, message: "somebody in between refuses it with a page", fix: fixBetween}

func ruleByStatus(status int) rule {
	switch {
	case status == http.StatusUnauthorized:
		return stale("the service doesn't accept the token")
	case status == http.StatusForbidden:
		return denied("not permitted", true)
	case status == http.StatusNotFound:
		return notFound("it isn't there")
	case status == http.StatusConflict, status == http.StatusPreconditionFailed:
		return conflict("it is being changed by somebody else")
	case status == http.StatusTooManyRequests:
		return throttled()
	case status == http.StatusRequestTimeout:
		return rule{class: problem.Retry, code: problem.Unreachable, message: "the service gave up waiting"}
	case status >= http.StatusInternalServerError:
		return rule{class: problem.Retry, code: "service.failing", message: "the service failed", quote: true}
	case status >= 300 && status < 400:
		return rule{class: problem.Retry, code: problem.Between, message: "the service points to another address, which isn't followed", fix: fixBetween}
	}
	return rule{class: problem.Permanent, code: "request.refused", message: "the service refused the request", quote: true}
}

func denied(message string, quote bool) rule {
	return rule{class: problem.Person, code: problem.Denied, message: message, quote: quote, fix: fixRights}
}

func notFound(message string) rule {
	return rule{class: problem.Permanent, code: problem.NotFound, message: message, quote: true}
}

func conflict(message string) rule {
	return rule{class: problem.Retry, code: problem.Conflict, message: message, quote: true, after: 3 * time.Second}
}

func full(message string) rule {
	return rule{class: problem.Person, code: problem.Full, message: message, quote: true, fix: "remove a credential of the app that nobody uses; keyturn scan lists them"}
}

func blocked(message, fix string) rule {
	return rule{class: problem.Person, code: problem.Blocked, message: message, quote: true, fix: fix}
}

func firewall(message string) rule {
	return rule{class: problem.Person, code: problem.Firewall, message: message, quote: true, fix: "run Keyturn where the vault may be reached from, or add this address under the vault's Networking"}
}

func stale(message string) rule {
	return rule{class: problem.Retry, code: "token.refused", message: message, quote: true, fix: "see that tenant and cloud are right; the next try signs in anew"}
}

func throttled() rule {
	return rule{class: problem.Retry, code: problem.Throttled, message: "too many requests", after: 10 * time.Second}
}
