package apiconnection

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"keyturn/problem"
)

// Settings of every connection that signs in as an app.
const (
	clientIDName  = "token:clientId"
	tenantIDName  = "token:TenantId"
	grantTypeName = "token:grantType"
	appGrant      = "client_credentials"
)

// needed lists, for each connector known to take an app's secret, the settings it wants besides the app's own. What a
// connector outside this list wants isn't known: then all of it must be shown by Azure or stand in the configuration.
// Source: the templates of https://github.com/pnp/provision-assist-m365 (read 2026-11-22).
var needed = map[string][]string{
	"keyvault":        {"vaultName"},
	"azureautomation": nil,
}

// judge says why the connection must not be written; nil means that it may.
func (t *Target) judge(found connection) *problem.Error {
	for _, rule := range []func(connection) *problem.Error{t.signsInOtherwise, t.contradicts, t.isForeign, t.isUnaccounted} {
		if refused := rule(found); refused != nil {
			return refused
		}
	}
	return nil
}

// signsInOtherwise recognises connections in which a secret of ours would destroy another way to sign in.
func (t *Target) signsInOtherwise(found connection) *problem.Error {
	p := found.Properties
	switch {
	case strings.EqualFold(p.ValueType, "Alternative") || len(p.Alternative) > 0 ||
		(p.Set != nil && strings.Contains(strings.ToLower(p.Set.Name), "managedidentity")):
		return t.refuse("connection.managedidentity", "it signs in with a managed identity and needs no secret",
			"remove this apiConnection from keyturn.yaml: it never has to be renewed")
	case consented(p.User):
		return t.refuse("connection.consent", "a person signed in to it; a secret would overwrite that sign-in",
			"remove this apiConnection from keyturn.yaml; it is renewed by that person in the portal")
	}
	settings := t.settings(found)
	if found.awaitsConsent() && !tellsApp(settings) {
		return t.refuse("connection.consent", "it waits for a person to sign in to it", "remove this apiConnection from keyturn.yaml")
	}
	grant, shown := lookup(settings, grantTypeName)
	if shown && !strings.EqualFold(grant, appGrant) {
		return t.refuse("connection.consent", "it signs in by "+grant+", not as an app",
			"remove this apiConnection from keyturn.yaml")
	}
	return nil
}

// consented: Azure names the person who consented, and shows an empty object for an app.
func consented(user map[string]any) bool {
	for _, value := range user {
		if text, isText := value.(string); isText && text != "" {
			return true
		}
	}
	return false
}

// contradicts compares the configuration with what Azure shows: writing either could break the connection.
func (t *Target) contradicts(found connection) *problem.Error {
	shown := found.shown()
	for _, name := range slices.Sorted(maps.Keys(t.parameters)) {
		value, ok := lookup(shown, name)
		if ok && !strings.EqualFold(value, t.parameters[name]) {
			return t.refuse("connection.contradiction",
				fmt.Sprintf("%s is %q there and %q in keyturn.yaml", name, value, t.parameters[name]),
				"correct or remove "+name+" under parameters of this apiConnection in keyturn.yaml")
		}
	}
	return nil
}

// isForeign recognises a connection of another app.
func (t *Target) isForeign(found connection) *problem.Error {
	client, shown := lookup(t.settings(found), clientIDName)
	if !shown || strings.EqualFold(client, t.clientID) {
		return nil
	}
	return t.refuse("connection.foreign", "it signs in as the app "+client+", not as "+t.clientID,
		"move this apiConnection to that app in keyturn.yaml, or remove it")
}

// isUnaccounted finds settings that nobody tells: Azure takes a connection only whole, so they would be lost.
func (t *Target) isUnaccounted(found connection) *problem.Error {
	settings := t.settings(found)
	wanted, known := needed[found.connector()]
	if !known && !tellsApp(settings) {
		return t.refuse("connection.unreadable", "Azure doesn't show how this "+found.connector()+" connection signs in",
			"if it signs in with this app's secret, add parameters: {"+grantTypeName+": "+appGrant+"} and every other setting of it to this apiConnection in keyturn.yaml; else remove it")
	}
	var missing []string
	for _, name := range wanted {
		if value, told := lookup(settings, name); !told || value == "" {
			missing = append(missing, name+": VALUE")
		}
	}
	if len(missing) == 0 {
		return nil
	}
	list := strings.Join(missing, ", ")
	return t.refuse("connection.parameters", "Azure doesn't show "+strings.ReplaceAll(list, ": VALUE", "")+", and writing the connection would lose it",
		"add parameters: {"+list+"} to this apiConnection in keyturn.yaml")
}

// tellsApp reports whether the settings say that an app signs in.
func tellsApp(settings map[string]any) bool {
	_, client := lookup(settings, clientIDName)
	_, grant := lookup(settings, grantTypeName)
	return client || grant
}

// settings are all settings but the secret that are told: what Azure shows, and what the configuration adds.
func (t *Target) settings(found connection) map[string]any {
	all := found.shown()
	for name := range all {
		if strings.EqualFold(name, t.secretName) {
			delete(all, name) // an answer may show a mask in its place
		}
	}
	for name, value := range t.parameters {
		addMissing(all, name, value)
	}
	return all
}

func addMissing(settings map[string]any, name, value string) {
	if _, told := lookup(settings, name); !told {
		settings[name] = value
	}
}

func (t *Target) refuse(code, message, fix string) *problem.Error {
	return problem.NeedsPerson(code, t.Place().Title, message, fix)
}
