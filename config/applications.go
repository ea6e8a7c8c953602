package config

import (
	"strings"
	"time"

	"keyturn/policy"
	"keyturn/target"
)

// applications reads everything below the key of that name.
func (r *reader) applications(written file, below policy.Policy, kinds []target.Descriptor) []Application {
	if written.Applications.node == nil {
		return nil
	}
	entries, ok := r.entries(written.Applications)
	if !ok {
		return nil
	}
	var apps []Application
	owners := map[string]string{}
	for _, each := range entries {
		app := r.application(each, below, kinds)
		if other, taken := owners[app.ClientID]; taken && app.ClientID != "" {
			r.sayf(each.keyAt, "keep its targets in one application", "%q has the same clientId as %q", each.key, other)
		}
		owners[app.ClientID] = each.key
		apps = append(apps, app)
	}
	return apps
}

func (r *reader) application(each entry, below policy.Policy, kinds []target.Descriptor) Application {
	r.checkName(each)
	var written application
	r.into(each.spot, valueOf(&written))
	app := Application{
		Name:     each.key,
		ClientID: strings.ToLower(written.ClientID),
		Issuer:   Entra,
		Policy:   written.Policy.over(below),
		Excluded: written.Excluded,
		Exclude:  written.Exclude,
		Line:     each.keyAt.at.Line,
	}
	if written.ClientID != "" && !isGUID(written.ClientID) {
		r.sayf(r.within(each.spot, "clientId"), "the portal shows it as Application (client) ID", "%s isn't a client id", quote(written.ClientID))
	}
	r.checkPolicy(r.within(each.spot, "policy"), app.Policy)
	r.issuer(each, written, &app)
	app.Targets = r.blocks(each, written.Targets, kinds)
	return app
}

// keptFor is how long an add-in's old secret is kept after its end, unless written otherwise: as long as Microsoft's page advises.
const keptFor = 7 * 24 * time.Hour

// longestAddIn is the longest life of a SharePoint add-in's secret.
const longestAddIn = 3 * 365 * 24 * time.Hour

// issuer reads what kind of secret an application has, with the settings of that kind alone.
func (r *reader) issuer(each entry, written application, app *Application) {
	if written.Issuer != "" {
		app.Issuer = Issuer(written.Issuer)
	}
	block := r.within(each.spot, "sharePoint")
	switch {
	case app.Issuer != SharePoint && written.SharePoint != nil:
		r.say(block, "sharePoint is for add-ins alone", "add issuer: sharepoint, or drop sharePoint")
	case app.Issuer == SharePoint && written.SharePoint == nil:
		r.sayf(each.keyAt, "add sharePoint: { site: https://contoso.sharepoint.com/sites/helpdesk }", "%q doesn't say on which site the add-in is", each.key)
	case app.Issuer == SharePoint:
		app.Site = written.SharePoint.Site
		app.ForUser = written.SharePoint.AppOnly != nil && !*written.SharePoint.AppOnly
		app.Keep = keptFor
		put(&app.Keep, written.SharePoint.Keep)
		if day := 24 * time.Hour; app.Keep < day || app.Keep > 90*day {
			r.sayf(r.within(block, "keep"), "write from 1d to 90d", "an old secret can't be kept for %s after its end", FormatDuration(app.Keep))
		}
	}
	if app.Issuer == SharePoint && app.Policy.Lifetime > longestAddIn {
		r.sayf(each.keyAt, "set policy.lifetime to at most 1095d for this application", "an add-in's secret lives three years at most, not %s", FormatDuration(app.Policy.Lifetime))
	}
}

// checkName keeps names fit for a command line and a table.
func (r *reader) checkName(each entry) {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."
	if each.key == "" || strings.Trim(each.key, letters) != "" || strings.HasPrefix(each.key, "-") || len(each.key) > 80 {
		r.sayf(each.keyAt, "use the letters a to z, digits, - _ and ., at most 80, not beginning with -", "%s isn't a name for an application", quote(each.key))
	}
}

// blocks reads an application's targets as far as their descriptors tell.
func (r *reader) blocks(app entry, written []held, kinds []target.Descriptor) []Block {
	if len(written) == 0 && r.within(app.spot, "targets").path == app.spot.path {
		return nil // that the key is missing is told already
	}
	if len(written) == 0 {
		r.sayf(app.keyAt, "add at least one place that holds the secret below targets", "%q has no targets", app.key)
		return nil
	}
	var blocks []Block
	seen := map[string]int{}
	for _, spot := range written {
		block, identity, ok := r.block(spot, kinds)
		if !ok {
			continue
		}
		if line, twice := seen[identity]; twice {
			r.sayf(block.spot(), "keep one of them", "the same %s stands in line %d already", block.Kind, line)
		}
		seen[identity] = block.Line
		blocks = append(blocks, block)
	}
	return blocks
}

// block reads one "- kind: {...}". identity is equal for two blocks that name the same place.
func (r *reader) block(spot held, kinds []target.Descriptor) (found Block, identity string, ok bool) {
	if spot.node == nil || kindOf(spot.node) != "keys with values" {
		r.say(spot, "expected a target here", "write it as - kind: { ... }, kinds: "+strings.Join(codes(kinds), ", "))
		return Block{}, "", false
	}
	entries, ok := r.entries(spot)
	if !ok || len(entries) == 0 {
		return Block{}, "", false
	}
	if len(entries) > 1 {
		r.sayf(entries[1].keyAt, `begin each target with "- "; indent a target's settings below its kind`, "%s: a target is one kind with its settings", quote(entries[1].key))
		return Block{}, "", false
	}
	one := entries[0]
	kind, known := descriptorOf(one.key, kinds)
	if !known {
		r.sayf(one.keyAt, kindHint(one.key, kinds), "unknown target %s", quote(one.key))
		return Block{}, "", false
	}
	identity, ok = r.settings(one, kind)
	return r.newBlock(kind.Code, one.keyAt.at.Line, one.spot), identity, ok
}

func kindHint(written string, kinds []target.Descriptor) string {
	list := "this release knows " + strings.Join(codes(kinds), ", ")
	if word := nearest(written, codes(kinds)); word != "" {
		return `did you mean "` + word + `"? ` + list
	}
	return list
}

func codes(kinds []target.Descriptor) []string {
	var list []string
	for _, kind := range kinds {
		list = append(list, kind.Code)
	}
	return list
}

func descriptorOf(code string, kinds []target.Descriptor) (target.Descriptor, bool) {
	for _, kind := range kinds {
		if kind.Code == code {
			return kind, true
		}
	}
	return target.Descriptor{}, false
}
