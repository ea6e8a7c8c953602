package inventory

// provisionAssist is Provision Assist for Microsoft 365.
func provisionAssist() Pack {
	return Pack{
		Code: "provision-assist", Product: "Provision Assist", Manual: "Refreshing the app secret",
		Sources: []string{
			"https://github.com/pnp/provision-assist-m365, commit 1c49746a: Source/Scripts/deploy.ps1, Source/ARMTemplates, the manual's page (read 2026-11-22)",
		},
		Places: []Known{
			{Kind: KindVault, Name: "appSecret", InManual: true, Note: "read by the logic apps that apply sensitivity labels"},
			{
				Kind: KindConnection, Name: "provisionassist-kv*", InManual: true, Workflow: "CheckSiteExists", Trigger: "manual",
				Note: "nearly every logic app reads the vault through it",
			},
			{
				Kind: KindConnection, Name: "provisionassist-automation*",
				Note: "the templates put the same secret here; it breaks on the same day, and the logic apps that start runbooks with it",
			},
			{
				Kind: KindVariable, Name: "appSecret", InManual: true, Note: "only releases of 2023 create it",
				Absent: "only releases of 2023 have it (the manual still names it), so there is nothing to renew",
			},
		},
		Facts: []string{
			"running Provision Assist's installer again removes every client secret of the app, this one included; plan a renewal afterwards",
			"the app's certificate lies in the same vault and ends about the same day; the manual doesn't mention it, and the vault renews it 90 days early without telling the app",
		},
	}
}
