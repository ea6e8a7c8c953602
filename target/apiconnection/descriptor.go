package apiconnection

import (
	"strings"

	"keyturn/arm"
	"keyturn/check"
	"keyturn/problem"
	"keyturn/target"
)

// Code is the target's key in keyturn.yaml.
const Code = "apiConnection"

// Descriptor tells all about the target.
func Descriptor() target.Descriptor {
	return target.Descriptor{
		Code:    Code,
		Title:   "API connection",
		Summary: "A Logic Apps API connection that signs in as the app with its secret.",
		Fields: []target.Field{
			{
				Name: "resourceId", Kind: target.Text, Required: true, Help: "Resource id of the connection.",
				Example: "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/provision-assist/providers/Microsoft.Web/connections/provisionassist-kv",
			},
			{
				Name: "parameters", Kind: target.Map, Example: "{ vaultName: kv-provassist }",
				Help: "Settings of the connection that Azure doesn't show, by the names that its template uses. Never the secret. Default: none.",
			},
			{
				Name: "secretParameter", Kind: target.Text, Example: "token:clientSecret",
				Help: "Which of the connection's settings takes the secret. Default: token:clientSecret.",
			},
			{
				Name: "probe", Kind: target.Map, Example: "{ workflow: CheckSiteExists, trigger: manual }",
				Help: "A logic app that calls the connection and may be started to prove it: its name in the same resource group or its resource id, and the trigger to fire (default: manual). Starting it does its work. Default: none.",
			},
		},
		Rights: []target.Right{
			{Action: readAction, Why: "to see the connection's settings and when it was last changed"},
			{Action: writeAction, Why: "to write the connection with the new secret"},
			{Action: "Microsoft.Web/locations/managedApis/join/action", Why: "some subscriptions want it for writing a connection; known only when tried"},
			{Action: flowRead, Why: "to see what uses the connection and how often"},
			{Action: flowStart, Why: "to start the probe, where one is configured"},
			{Action: runsRead, Why: "to find the probe's run"},
			{Action: actionsRead, Why: "to see what became of the action that calls the connection"},
		},
		Limits: []string{
			"The secret never comes back, and Azure says \"Connected\" whatever it was given: without a probe the proof is \"acknowledged\".",
			"Connectors go on with a token of the old secret for up to 90 minutes, so a probe counts only after that.",
			"Azure takes a connection only whole. Settings that it doesn't show must stand under parameters, else the connection isn't written.",
			"Connections to which a person consented and those with a managed identity are never overwritten.",
			"A change by somebody else in the same instant as ours, to the last digit shown, can't be seen.",
			"Only logic apps of the connection's own resource group are looked at to learn how often it is used.",
		},
		Codes: []problem.Meaning{
			{Code: "connection.managedidentity", Text: "The connection signs in with a managed identity and needs no secret.", Fix: "Remove it from keyturn.yaml."},
			{Code: "connection.consent", Text: "A person signs in to the connection; a secret would overwrite that.", Fix: "Remove it from keyturn.yaml; that person renews it in the portal."},
			{Code: "connection.foreign", Text: "The connection signs in as another app.", Fix: "Move it to that app in keyturn.yaml, or remove it."},
			{Code: "connection.contradiction", Text: "The connection and keyturn.yaml say different things of one setting.", Fix: "Correct it below parameters."},
			{Code: "connection.unreadable", Text: "Azure doesn't show how the connection signs in.", Fix: "If it does so with this app's secret, say every setting of it below parameters; else remove it."},
			{Code: "connection.parameters", Text: "Azure doesn't show a setting, which writing the connection would lose.", Fix: "Say it below parameters."},
			{Code: "config.secretinfile", Text: "parameters holds a secret.", Fix: "Remove it: keyturn.yaml never holds one."},
			{Code: "config.trigger", Text: "A text can't be the name of a trigger.", Fix: "Copy it from the logic app's designer."},
			{Code: "probe.unrelated", Text: "The logic app named as probe doesn't call the connection.", Fix: "Name one that does, or remove probe."},
			{Code: "probe.trigger", Text: "The logic app named as probe has no such trigger.", Fix: "Name one that it has."},
			{Code: "probe.unauthorized", Text: "The probe ran, and the connection wasn't let in.", Fix: "Open the run in the portal; the old secret still works."},
		},
		Checks: []check.Look{
			{ID: "connection.rights", Text: "whether Keyturn may read and write the connection"},
			{ID: "connection.settings", Text: "whether it is this app's, and every setting is accounted for"},
			{ID: "connection.lock", Text: "whether a lock forbids writing it"},
			{ID: "connection.probe", Text: "whether the probe calls the connection and has the trigger"},
			{ID: "connection.probe.rights", Text: "whether Keyturn may start the probe and see its runs"},
		},
		Sources: []string{
			"https://learn.microsoft.com/azure/templates/microsoft.web/connections",
			"https://learn.microsoft.com/rest/api/logic/workflow-triggers/run",
			"https://learn.microsoft.com/rest/api/logic/workflow-run-actions/list",
		},
	}
}

func triggerNames(flow arm.Workflow) string {
	names := make([]string, 0, len(flow.Triggers))
	for _, trigger := range flow.Triggers {
		names = append(names, trigger.Name)
	}
	return strings.Join(names, " or ")
}
