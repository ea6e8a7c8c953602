package main

import (
	"slices"
	"strings"

	"keyturn/config"
	"keyturn/inventory/script"
	"keyturn/target"
	"keyturn/target/keyvaultsecret"
)

// printSignInApp prints the commands that make the app people sign in through, with the permissions that the
// configuration's places need; without a configuration, those that any need.
func (sh *shell) printSignInApp(dialect string) error {
	settings, err := sh.settings(false)
	if err != nil {
		return err
	}
	text, err := signInApp(settings).Script(script.Dialect(dialect))
	if err != nil {
		return usage(err)
	}
	return sh.write(text)
}

func signInApp(settings config.Config) script.SignInApp {
	app := script.SignInApp{Tenant: settings.Tenant}
	if len(settings.Applications) == 0 {
		app.Azure, app.Vault = true, true
	}
	for _, a := range settings.Applications {
		for _, block := range a.Targets {
			app.Azure = app.Azure || inAzure(block.Kind)
			app.Vault = app.Vault || block.Kind == keyvaultsecret.Code
		}
	}
	return app
}

// inAzure reports whether targets of that kind are reached through Azure, by what they say of their own rights.
func inAzure(kind string) bool {
	return hasRight(kind, func(action string) bool { return strings.HasPrefix(action, "Microsoft.") })
}

// writesToAzure reports whether Azure Resource Manager takes the writes of targets of that kind: the values in a vault are
// written to the vault itself.
func writesToAzure(kind string) bool {
	return hasRight(kind, func(action string) bool { return strings.HasSuffix(action, "/write") })
}

func hasRight(kind string, fits func(action string) bool) bool {
	for _, d := range descriptors() {
		if d.Code == kind {
			return slices.ContainsFunc(d.Rights, func(r target.Right) bool { return fits(r.Action) })
		}
	}
	return false
}
