package problem

import "strings"

// named reports whether a sentence begins with a name, whose capital stays.
func named(text string) bool {
	for _, name := range []string{"Azure", "Microsoft", "Entra", "Conditional Access", "SharePoint"} {
		if strings.HasPrefix(text, name) {
			return true
		}
	}
	return false
}

const groupAccount = "The account"

func knownAccounts() []Known {
	return []Known{
		{
			Group: groupAccount, Title: "Not a global administrator",
			Meaning: Meaning{
				"role.missing", "Whoever signed in may not change app registrations: a person lacks the directory role, an app the permission.",
				"A global administrator isn't needed. For a person: Cloud Application Administrator or Application Administrator, best activated for some hours through Privileged Identity Management, or ownership of the app registration. For an app: Application.ReadWrite.OwnedBy of Microsoft Graph, which keyturn doctor --script az prints.",
			},
		},
		{
			Group: groupAccount, Title: "The role is there and not activated",
			Meaning: Meaning{
				"role.eligible", "The account is eligible for a directory role that would do, and hasn't activated it.",
				"In the Entra admin center: Identity Governance, Privileged Identity Management, My roles, Activate. Some minutes later, sign in again: a role counts from the next sign-in on.",
			},
		},
		{
			Group: groupAccount, Title: "The login isn't user@tenant.onmicrosoft.com", Ways: []Way{ByPassword},
			Meaning: Meaning{
				"login.form", "This login can't sign in with a password here: it isn't written as user@domain, no tenant has its domain, or the domain's passwords are checked by a server of its owner.",
				"Use an account at the tenant's initial domain, the one that ends in .onmicrosoft.com: the Entra admin center shows it under Custom domain names. Or sign in with --sign-in browser, which takes every login.",
			},
		},
		{
			Group: groupAccount, Title: "Multi-factor authentication is on", Numbers: []int{50076, 50079, 50072, 50074, 50158},
			Meaning: Meaning{
				"mfa.required", "Microsoft wants a second factor, which a password alone can't give; Azure refuses every write by people without one.",
				"Sign in again with --sign-in browser, or device, and confirm there. If the account has no second factor yet, the browser sets it up. Don't turn it off: a service principal or managed identity needs none.",
			},
		},
		{
			Group: groupAccount, Title: "Wrong password", Numbers: []int{50126, 50056},
			Meaning: Meaning{"password.wrong", "The password isn't right.", "Type it again; after some ten tries the account is locked for a while. If it was forgotten: https://aka.ms/sspr."},
		},
		{
			Group: groupAccount, Title: "The account is locked", Numbers: []int{50053},
			Meaning: Meaning{
				"account.locked", "The account is locked after wrong passwords, or this network address is taken for malicious.",
				"Wait some minutes, then sign in again, once; each further try makes it longer. If nobody mistyped, look at the sign-in log first.",
			},
		},
		{
			Group: groupAccount, Title: "The password has expired", Numbers: []int{50055, 50144},
			Meaning: Meaning{"account.expired", "The account's password has expired.", "Sign in at https://myaccount.microsoft.com, choose a new one, then sign in here again."},
		},
		{
			Group: groupAccount, Title: "The account is disabled", Numbers: []int{50057},
			Meaning: Meaning{"account.disabled", "The account is disabled.", "Sign in as somebody else, or have it enabled: Entra admin center, Users, the user, Edit properties."},
		},
		{
			Group: groupAccount, Title: "There is no such account", Numbers: []int{50034, 51004},
			Meaning: Meaning{"user.unknown", "The tenant has no such account.", "Check how the login is written, and tenant in keyturn.yaml. The initial domain, which ends in .onmicrosoft.com, always works."},
		},
		{
			Group: groupAccount, Title: "The account belongs to another tenant", Numbers: []int{50020, 90072},
			Meaning: Meaning{"tenant.wrong", "The account belongs to another tenant than the app.", "Sign in with an account of the tenant in keyturn.yaml, or correct tenant there (or --tenant)."},
		},
	}
}
