package problem

const (
	groupWay    = "The way of signing in"
	groupClient = "The app that people sign in through"
	groupACS    = "SharePoint and Azure ACS"
)

// blocked are the numbers by which Conditional Access refuses a sign-in.
var blockedNumbers = []int{53000, 53001, 53002, 53003, 53004, 50131, 530032, 530034}

func knownWays() []Known {
	return []Known{
		{
			Group: groupWay, Title: "Legacy authentication is blocked", Ways: []Way{ByPassword}, Numbers: blockedNumbers,
			Meaning: Meaning{
				"legacy.blocked", "Conditional Access doesn't let this sign-in with a password alone through.",
				"Use --sign-in browser, on a computer that the organisation permits. Don't have the policy relaxed: what the add-in's own page asks for, unblocked legacy authentication, hasn't been to be had since May 2026, when SharePoint switched it off for everybody.",
			},
		},
		{
			Group: groupWay, Title: "Security defaults are on", Numbers: []int{530035},
			Meaning: Meaning{
				"security.defaults", "The tenant's security defaults refuse this kind of sign-in.",
				"Use --sign-in browser and confirm with a second factor. Leave the security defaults on.",
			},
		},
		{
			Group: groupWay, Title: "Conditional Access refuses the sign-in", Ways: []Way{ByBrowser, ByDevice}, Numbers: blockedNumbers,
			Meaning: Meaning{
				"signin.blocked", "Conditional Access refuses this sign-in.",
				"Many tenants block the device code: use --sign-in browser. In the browser, use a computer and network that the policy permits; the sign-in log names the policy to whoever may read it.",
			},
		},
		{
			Group: groupWay, Title: "The password form isn't allowed", Ways: []Way{ByPassword},
			Meaning: Meaning{
				"password.refused", "This configuration doesn't let people sign in by typing a password to Keyturn.",
				"Use --sign-in browser, or device. Only if neither can work, write signIn: { password: allowed } into keyturn.yaml: it can't give a second factor, and Microsoft advises against it.",
			},
		},
		{
			Group: groupWay, Title: "The sign-in was declined", OAuth: "authorization_declined", Numbers: []int{65004},
			Meaning: Meaning{"signin.declined", "The sign-in, or the consent to it, was declined.", "Run the command again, and accept."},
		},
		{
			Group: groupWay, Title: "Nobody signed in", OAuth: "expired_token", Numbers: []int{70019, 70020},
			Meaning: Meaning{"signin.abandoned", "Nobody signed in within the time.", "If Microsoft's page showed an error, with AADSTS and a number, look for that in docs/known-issues.md. Else run the command again. If no browser opens here, copy the address that is shown into one, or use --sign-in device."},
		},
		{
			Group: groupWay, Title: "The sign-in has ended", Numbers: []int{50173, 70043, 700082, 70018, 50133},
			Meaning: Meaning{"signin.ended", "The earlier sign-in has ended or was revoked.", "Sign in again."},
		},
		{
			Group: groupWay, Title: "A renewal waits for a person",
			Meaning: Meaning{
				"signin.needed", "A person's sign-in began this renewal and has ended with its process; nothing that runs unattended may finish it.",
				"Sign in again: keyturn resume APP --sign-in browser. Both secrets go on working meanwhile.",
			},
		},
	}
}

func knownClients() []Known {
	return []Known{
		{
			Group: groupClient, Title: "No app to sign in through", Numbers: []int{700016, 700038, 7000229},
			Meaning: Meaning{
				"client.missing", "People sign in through an app registration of their own tenant, and signIn.clientId names none that the tenant has.",
				"keyturn init --sign-in-app az (or powershell) prints the commands that make it; put the client ID that they print into signIn.clientId.",
			},
		},
		{
			Group: groupClient, Title: "The app isn't a public client", Numbers: []int{7000218},
			Meaning: Meaning{
				"client.notPublic", "The app of signIn.clientId isn't a public client, so Microsoft wants a secret from it.",
				"App registrations, the app, Authentication: Allow public client flows, Yes.",
			},
		},
		{
			Group: groupClient, Title: "The app's redirect address is missing", Numbers: []int{50011, 9002326, 9002327}, Ways: []Way{ByBrowser},
			Meaning: Meaning{
				"client.redirect", "The app of signIn.clientId doesn't know the address to which the browser comes back.",
				"App registrations, the app, Authentication: add the platform Mobile and desktop applications with http://localhost (not Web, not Single-page application).",
			},
		},
		{
			Group: groupClient, Title: "The app is disabled, or not for everybody", Numbers: []int{7000112, 50105},
			Meaning: Meaning{
				"client.disabled", "The app of signIn.clientId is disabled, or this account isn't assigned to it.",
				"Enterprise applications, the app, Properties: Enabled for users to sign in, Yes; and assign the account, or set Assignment required to No.",
			},
		},
		{
			Group: groupClient, Title: "Consent is missing", Numbers: []int{65001, 65002, 90094, 90095},
			Meaning: Meaning{
				"consent.missing", "Nobody has consented to what the app that Keyturn signs in with asks for.",
				"Have a Cloud Application Administrator grant it: App registrations, the app, API permissions, Grant admin consent.",
			},
		},
	}
}

func knownACS() []Known {
	return []Known{
		{
			Group: groupACS, Title: "The add-in refuses whoever opens it (IDX10503)",
			Meaning: Meaning{
				"context.unfit", "ACS signs what it sends to the add-in with a secret that the add-in doesn't hold, so that it refuses whoever opens it: its log says IDX10503 or IDX10501, signature validation failed.",
				"ACS signs with the oldest secret that is valid. Write that one into SecondaryClientSecret, as base64 of its value; or, where nobody has its value any more, remove it with its two keys, and ACS goes on to the next one within a day. keyturn doctor APP --context-token-fd 0 tells which one it is, and whether it is mended.",
			},
		},
		{
			Group: groupACS, Title: "The tenant has switched ACS off",
			Meaning: Meaning{
				"acs.disabled", "SharePoint takes no app-only tokens of Azure ACS in this tenant, so a new secret of the add-in can't be used.",
				"An add-in that acts only for people who open it isn't reached by the switch: write sharePoint: { appOnly: false } for it. Else keyturn advise APP shows the way to an Entra app. The tenant's own switch, where it still counts: Set-SPOTenant -DisableCustomAppAuthentication $false.",
			},
		},
		{
			Group: groupACS, Title: "Azure ACS is retired",
			Meaning: Meaning{
				"acs.retired", "Azure ACS for SharePoint Online was retired on 2 April 2026: no secret makes this add-in work again, and Keyturn writes none.",
				"keyturn advise APP writes the migration to an Entra app.",
			},
		},
	}
}
