package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"keyturn/acs"
	"keyturn/config"
	"keyturn/inventory"
	"keyturn/inventory/script"
	"keyturn/problem"
)

// addInPack is the pack of SharePoint add-ins, which are found in the directory and not among Azure's resources.
const addInPack = "sharepoint-addin"

// addInDraft is what an add-in's configuration is written from.
type addInDraft struct {
	settings config.Config
	addIn    inventory.AddIn
	signIn   string // client id of the app that people sign in through; "" = none was found
	site     string
	standing string // what the site said of ACS
	file     string // web.config
	found    bool   // the file is there, with this add-in's client id
}

// initialiseAddIn finds out what can be found out about an add-in, and writes its configuration.
func (sh *shell) initialiseAddIn(ctx context.Context, in initialising, args []string) error {
	path, err := sh.initPath(in)
	if err != nil {
		return err
	}
	settings := config.Default()
	sh.overlay(&settings)
	d, err := sh.deskFor(ctx, settings)
	if err != nil {
		return err
	}
	draft, err := d.draftAddIn(ctx, in, strings.Join(args, ""))
	if err != nil {
		return err
	}
	if path == "-" {
		return sh.write(addInText(draft))
	}
	if err := writeFile(path, addInText(draft)); err != nil {
		return err
	}
	sh.say("%s written for the add-in %s: %s", path, draft.addIn.App, draft.standing)
	sh.say("next: read the file, then keyturn doctor and keyturn plan, each with --sign-in browser where nothing else is set up")
	return nil
}

func (d *desk) draftAddIn(ctx context.Context, in initialising, clientID string) (addInDraft, error) {
	draft := addInDraft{settings: d.settings}
	if _, err := d.signIn(ctx); err != nil {
		return draft, err
	}
	var err error
	if draft.addIn, err = d.theAddIn(ctx, clientID); err != nil {
		return draft, err
	}
	if draft.signIn, err = d.signInClient(ctx); err != nil {
		return draft, err
	}
	domain, err := d.graph.InitialDomain(ctx)
	if err != nil && problem.Of(err).Class == problem.Retry {
		return draft, err
	}
	if draft.settings.Tenant == "" {
		draft.settings.Tenant = domain
	}
	draft.site, draft.standing = in.site, ""
	if draft.site == "" {
		draft.site = rootSite(domain, d.session.Hosts().SharePoint)
	}
	draft.standing, err = d.askSite(ctx, draft.site)
	draft.file, draft.found = findWebConfig(in.webConfig, draft.addIn.ClientID)
	return draft, err
}

// theAddIn is the one named, else the only one of the tenant whose secret still counts.
func (d *desk) theAddIn(ctx context.Context, clientID string) (inventory.AddIn, error) {
	rules := d.settings.Policy
	all, _, err := inventory.AddIns(ctx, directory{d.graph}, d.clock.Now(), rules.RenewBefore.Of(rules.Lifetime))
	if err != nil {
		return inventory.AddIn{}, err
	}
	var fit []inventory.AddIn
	var ids []string
	for _, a := range all {
		if clientID == "" || strings.EqualFold(a.ClientID, clientID) {
			fit = append(fit, a)
			ids = append(ids, a.ClientID+" ("+a.App+")")
		}
	}
	switch {
	case len(fit) == 0 && clientID != "":
		return inventory.AddIn{}, problem.NeedsPerson(problem.NotFound, "client id "+clientID, "no SharePoint add-in of this tenant has it",
			"keyturn scan --sharepoint lists them; for an app registration: keyturn init "+clientID)
	case len(fit) == 0:
		return inventory.AddIn{}, problem.NeedsPerson(problem.NotFound, "init", "the tenant has no SharePoint add-in", "keyturn scan lists the app registrations")
	case len(fit) > 1 && clientID == "":
		return inventory.AddIn{}, usage(problem.NeedsPerson("app.ambiguous", "init", "the tenant has several add-ins", "give --client-id of one: "+strings.Join(ids, ", ")))
	}
	return fit[0], nil
}

// signInClient finds the app that `init --sign-in-app` makes; "" = it isn't there, or not alone.
func (d *desk) signInClient(ctx context.Context) (string, error) {
	found := d.settings.SignIn.ClientID
	for app, err := range (directory{d.graph}).Applications(ctx) {
		if err != nil {
			return "", fmt.Errorf("look for the app that people sign in through: %w", err)
		}
		if app.Name == script.SignInAppName {
			if found != "" {
				return "", nil
			}
			found = app.ClientID
		}
	}
	return found, nil
}

// rootSite is the address of a tenant's root site, by its initial domain; "" = not known.
func rootSite(domain, sharePoint string) string {
	name, _, ok := strings.Cut(domain, ".")
	if !ok {
		return ""
	}
	return "https://" + name + "." + sharePoint
}

// askSite says in words whether a site still takes what Azure ACS issues.
func (d *desk) askSite(ctx context.Context, address string) (string, error) {
	if address == "" {
		return "its site isn't known", nil
	}
	site, err := d.acs.Site(address)
	if err != nil {
		return "", err
	}
	var realm acs.Realm
	if realm, err = d.acs.Realm(ctx, site); err == nil {
		err = d.acs.Standing(ctx, realm.ID)
	}
	switch {
	case err == nil:
		return "the site answers, trusts Azure ACS, and its realm is " + realm.ID, nil
	case problem.Of(err).Class == problem.Retry:
		return "", err
	}
	return problem.Of(err).Message, nil
}

// findWebConfig looks where an add-in's site usually is for a web.config with its client id.
func findWebConfig(named, clientID string) (path string, found bool) {
	patterns := []string{named}
	if named == "" {
		patterns = []string{"web.config", filepath.Join("*", "web.config")}
		if runtime.GOOS == "windows" {
			patterns = append(patterns, `C:\inetpub\*\web.config`, `C:\inetpub\wwwroot\*\web.config`)
		}
	}
	for _, pattern := range patterns {
		files, err := filepath.Glob(pattern)
		if err != nil {
			continue
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err == nil && strings.Contains(strings.ToLower(string(text)), strings.ToLower(clientID)) {
				whole, err := filepath.Abs(file)
				return whole, err == nil
			}
		}
	}
	if named == "" {
		named = `C:\inetpub\helpdesk\web.config`
	}
	return named, false
}

// addInText renders a commented keyturn.yaml.
func addInText(d addInDraft) string {
	var s sheet
	s.comment(0, "Written by keyturn init for the SharePoint add-in "+d.addIn.App+". Check it with: keyturn config check")
	s.line(0, "tenant: %s", quoted(d.settings.Tenant))
	s.line(0, "cloud: %s", d.settings.Cloud)
	s.line(0, "identity: %s                # what works unattended: it finishes what a person began, if it has the right", d.settings.Identity)
	s.signIn(d.signIn)
	s.network(d.settings.Network)
	s.line(0, "store: keyturn.db               # remembers renewals; never holds a secret")
	s.line(0, "policy:")
	s.line(2, "lifetime: 365d                # of a new secret; ACS takes three years at most")
	s.line(2, "renewBefore: 30d              # so long before its end a secret is due")
	s.line(2, "settle: { successes: 5, over: 60s }")
	s.line(2, "overlap: { minimum: 14d, evidence: preferred }   # ACS goes on with the old secret until that ends, so it is kept until then anyway")
	s.line(0, "applications:")
	s.addIn(d)
	return s.String()
}

// signIn writes how people sign in.
func (s *sheet) signIn(clientID string) {
	if clientID == "" {
		s.comment(0, "signIn: { clientId: ... }     # what people sign in through: keyturn init --sign-in-app powershell prints the commands that make it")
		return
	}
	s.line(0, "signIn: { clientId: %s, password: refused }   # the app that people sign in through (--sign-in browser or device)", clientID)
}

func (s *sheet) addIn(d addInDraft) {
	s.line(2, "%s:", keyOf(d.addIn.App, d.addIn.ClientID))
	s.line(4, "clientId: %s   # %s, %s", d.addIn.ClientID, strings.Join(strings.Fields(d.addIn.App), " "), d.addIn.Registered)
	if !d.addIn.Expires.IsZero() {
		s.comment(4, "Its secret ends on "+day(d.addIn.Expires)+".")
	}
	s.line(4, "issuer: sharepoint           # password, signing key and verifying key as one")
	s.line(4, "sharePoint:")
	site := d.site
	if site == "" {
		site = "https://CONTOSO.sharepoint.com"
	}
	s.line(6, "site: %s   # a site on which the add-in is installed; new secrets are tried there", quoted(site))
	s.comment(6, "Asked just now: "+d.standing+".")
	s.comment(6, "appOnly: false             # for an add-in that acts only for people who open it: the tenant may have switched the other way off")
	s.line(4, "targets:")
	if !d.found {
		s.comment(6, "NOT FOUND: correct the path. Keyturn must run where the file is.")
	}
	s.line(6, "- webConfig: { path: %s }", scalarPath(d.file))
	s.comment(6, "Hosted in Azure instead:")
	s.comment(6, "- appServiceSetting: { app: /subscriptions/.../sites/NAME, name: ClientSecret, secondary: SecondaryClientSecret, clientId: ClientId, form: base64 }")
	s.comment(6, "Hosted by its vendor, who is sent the new secret, or whose page you put it into:")
	s.comment(6, "- vendorWebhook: { url: https://..., secret: '${env:VENDOR_WEBHOOK_SECRET}', vendor: NAME }")
	s.comment(6, "- manual: { place: 'HelpDesk, Settings, About', steps: Paste it into Client secret., form: base64 }")
}

// scalarPath writes a path so that YAML keeps its backslashes.
func scalarPath(path string) string { return "'" + strings.ReplaceAll(path, "'", "''") + "'" }
