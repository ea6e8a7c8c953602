package appservicesetting

import (
	"keyturn/check"
	"keyturn/problem"
	"keyturn/target"
)

// Code is the target's key in keyturn.yaml.
const Code = "appServiceSetting"

// Descriptor tells all about the target.
func Descriptor() target.Descriptor {
	return target.Descriptor{
		Code:    Code,
		Title:   "App Service setting",
		Summary: "A setting of an Azure App Service or Functions app or slot, with the old value in a second one where the program knows two; it can be read back.",
		Fields: []target.Field{
			{Name: "app", Kind: target.Text, Required: true, Help: "Resource id of the app, or of one of its slots.", Example: "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/helpdesk/providers/Microsoft.Web/sites/helpdesk"},
			{Name: "name", Kind: target.Text, Required: true, Help: "Name of the setting that holds the secret.", Example: "ClientSecret"},
			{Name: "secondary", Kind: target.Text, Help: "Name of the setting that receives the old value, for programs that know both, such as SharePoint add-ins. Made where it isn't there; it stays with the slot if the first one does.", Example: "SecondaryClientSecret"},
			{Name: "clientId", Kind: target.Text, Help: "Name of the setting that holds the client ID: another ID there than the application's is refused.", Example: "ClientId"},
			{Name: "form", Kind: target.Text, Help: "How the value is written: plain (default) or base64, as SharePoint add-ins take it.", Example: "base64"},
		},
		Rights: []target.Right{
			{Action: listAction, Why: "to read all settings, which are written back together (of a slot: Microsoft.Web/sites/slots/config/list/action)"},
			{Action: writeAction, Why: "to write them (of a slot: Microsoft.Web/sites/slots/config/write)"},
			{Action: readAction, Why: "with secondary: to see and keep what stays with a slot"},
		},
		Limits: []string{
			"Every write restarts the app; requests under way may fail once, as with any change of its settings.",
			"Azure has no way to write one setting and no version to compare: a change that somebody makes between our reading and our writing, less than a second, is lost.",
			"A setting that points to a Key Vault is refused: give the vault's secret as keyVaultSecret instead.",
			"A setting that isn't there is not made, but for the secondary one.",
		},
		Codes: []problem.Meaning{
			{Code: "setting.reference", Text: "An app setting points to a Key Vault.", Fix: "Give the vault's secret as keyVaultSecret instead."},
			{Code: "setting.foreign", Text: "The app signs in with another client ID.", Fix: "Correct app or clientId."},
			{Code: "config.setting", Text: "The settings of an appServiceSetting can't be right.", Fix: "Read what is named."},
		},
		Checks: []check.Look{
			{ID: "setting.rights", Text: "whether Keyturn may read and write the app's settings"},
			{ID: "setting.kind", Text: "whether the setting is there, is this application's, and holds a value of its own"},
			{ID: "setting.lock", Text: "whether a lock forbids writing it"},
		},
		Sources: []string{
			"https://learn.microsoft.com/rest/api/appservice/web-apps/update-application-settings",
			"https://learn.microsoft.com/azure/app-service/deploy-staging-slots",
			"https://learn.microsoft.com/azure/app-service/app-service-key-vault-references",
		},
	}
}
