// Package appservicesetting is the target for a setting of an Azure App Service or Functions app, or of one of its slots,
// as programs find it in their environment. Azure knows no way to write one setting: the whole list is read, merged and
// written back, with nothing asked in between, and read once more: whoever writes over ours is noticed. What somebody else
// writes between our reading and our writing, less than a second, is lost and can't be seen, because Azure has no version to
// compare. The app restarts with every write.
//
// A second setting, where one is named, receives what the first one held, so that a program that knows both can go on
// with either; a SharePoint add-in needs that.
//
// Start at [Target]. The protocol: https://learn.microsoft.com/rest/api/appservice/web-apps/update-application-settings
// (read 2026-11-25).
package appservicesetting

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"keyturn/arm"
	"keyturn/check"
	"keyturn/problem"
	"keyturn/secret"
	"keyturn/target"
)

// version is the api-version sent.
const version = "2023-12-01"

// Config is the target's block in keyturn.yaml.
type Config struct {
	App       string `yaml:"app"`       // resource id of the app or of a slot; required
	Name      string `yaml:"name"`      // of the setting; required
	Secondary string `yaml:"secondary"` // of the setting that receives the old value; "" = none
	ClientID  string `yaml:"clientId"`  // of the setting that holds the client id, to be sure of the app; "" = not looked at
	Form      string `yaml:"form"`      // plain | base64; "" = plain
}

// ARM is what the target needs of Resource Manager; [arm.Client] is one.
type ARM interface {
	Do(ctx context.Context, call arm.Call) (http.Header, error)
	CheckRights(ctx context.Context, id, subject, scope string, actions ...string) check.Check
	CheckLock(ctx context.Context, id, subject, scope string) check.Check
}

// Target is one setting, with the one beside it.
type Target struct {
	cfg    Config
	arm    ARM
	id     string // of the app or slot
	app    string // of the app itself, which keeps what stays with slots
	short  string // "app/NAME" or "app/slot/NAME"
	owner  string // client id
	form   target.Form
	portal string
}

var (
	_ target.Custodian   = (*Target)(nil)
	_ target.Checker     = (*Target)(nil)
	_ target.Foretelling = (*Target)(nil)
	_ target.Releasing   = (*Target)(nil)
	_ target.Paired      = (*Target)(nil)
)

// names are what a setting may be called, up to longestName; ":" and "." stand for levels in programs. The length isn't
// part of the pattern: counted repeats cost every start of the program.
var names = regexp.MustCompile(`^[A-Za-z0-9_.:\-]+$`)

const longestName = 200

// New returns the target for one setting of the app that signs in as owner. portal is the address of the cloud's portal,
// "" = unknown. A configuration that can't be right is a problem with code "config.resourceid" or "config.setting".
func New(cfg Config, owner string, client ARM, portal string) (*Target, error) {
	id, err := arm.ParseID(cfg.App)
	if err != nil {
		return nil, fmt.Errorf("%s: app: %w", Code, err)
	}
	t := &Target{cfg: cfg, arm: client, id: id.String(), app: id.String(), owner: owner, form: target.Form(cfg.Form)}
	switch strings.ToLower(id.Kind()) {
	case "microsoft.web/sites":
		t.short = id.Name + "/" + cfg.Name
	case "microsoft.web/sites/slots":
		t.app = id.String()[:strings.LastIndex(strings.ToLower(id.String()), "/slots/")]
		t.short = t.app[strings.LastIndex(t.app, "/")+1:] + "/" + id.Name + "/" + cfg.Name
	default:
		return nil, problem.NeedsPerson("config.resourceid", "resource id "+cfg.App, "this is a "+id.Kind()+", not an app or a slot",
			"give the id of the Microsoft.Web/sites in keyturn.yaml")
	}
	if portal != "" {
		t.portal = portal + "/#@/resource" + t.id + "/environmentVariablesAppSettings"
	}
	return t, t.check()
}

// check refuses names that can't be.
func (t *Target) check() error {
	if t.form == "" {
		t.form = target.Plain
	}
	for _, name := range []string{t.cfg.Name, t.cfg.Secondary, t.cfg.ClientID} {
		if (name != "" || name == t.cfg.Name) && (len(name) > longestName || !names.MatchString(name)) {
			return problem.NeedsPerson("config.setting", "setting "+name, "this can't be the name of a setting", "letters, digits, _ . : and -")
		}
	}
	if strings.EqualFold(t.cfg.Name, t.cfg.Secondary) {
		return problem.NeedsPerson("config.setting", "setting "+t.cfg.Name, "it can't be its own secondary", "name another setting, or none")
	}
	if t.form != target.Plain && t.form != target.Base64 {
		return problem.NeedsPerson("config.setting", "form "+t.cfg.Form, "there is no such form", "plain or base64")
	}
	return nil
}

// Place says which setting this is.
func (t *Target) Place() target.Place {
	requests := 1 + 3 + 1 // look; list, put, list again; verify
	if t.cfg.Secondary != "" {
		requests += 2 + 1 // what stays with the slot: read, and written once; then the list again
	}
	return target.Place{
		ID: Code + ":" + t.short, Kind: Code, Title: "app setting " + t.short, Resource: t.id, Portal: t.portal,
		Requests: requests, Brings: "the app restarts",
	}
}

func (t *Target) receipt(value secret.Value) string { return target.Fingerprint(t.Place().ID, value) }

// Foretell returns the receipt that the setting shows once it holds parcel's value.
func (t *Target) Foretell(parcel target.Parcel) string { return t.receipt(parcel.Value) }

// Look reads the setting.
func (t *Target) Look(ctx context.Context) (target.Standing, error) {
	found, err := t.list(ctx)
	if problem.Is(err, problem.NotFound) {
		return target.Standing{Note: "there is no such app"}, nil
	}
	if err != nil {
		return target.Standing{}, err
	}
	text, there := found.get(t.cfg.Name)
	if !there {
		return target.Standing{Note: "the app has no such setting"}, nil
	}
	return target.Standing{Exists: true, Receipt: t.receipt(t.form.Read(text))}, nil
}

// Current returns the value that the setting stands for.
func (t *Target) Current(ctx context.Context) (secret.Value, target.Standing, error) {
	found, err := t.list(ctx)
	if err == nil {
		err = t.understood(found)
	}
	if err != nil {
		return secret.Value{}, target.Standing{}, err
	}
	text, _ := found.get(t.cfg.Name)
	value := t.form.Read(text)
	return value, target.Standing{Exists: true, Receipt: t.receipt(value)}, nil
}

// Pair returns what the app reads: the setting and the one beside it.
func (t *Target) Pair(ctx context.Context) (pair []target.Held, err error) {
	found, err := t.list(ctx)
	if err != nil {
		return nil, err
	}
	for _, name := range []string{t.cfg.Name, t.cfg.Secondary} {
		if text, there := found.get(name); there && !text.IsZero() {
			pair = append(pair, target.Held{Name: name, Text: text})
		}
	}
	return pair, nil
}

// Recall returns the value that an attempt wrote, as long as one of the two settings holds it: the receipt tells.
func (t *Target) Recall(ctx context.Context, tag, receipt string) (secret.Value, string, error) {
	found, err := t.list(ctx)
	if err != nil {
		return secret.Value{}, "", err
	}
	for _, name := range []string{t.cfg.Name, t.cfg.Secondary} {
		text, _ := found.get(name)
		if value := t.form.Read(text); receipt != "" && !value.IsZero() && t.receipt(value) == receipt {
			return value, receipt, nil
		}
	}
	return secret.Value{}, "", &problem.Error{
		Class: problem.Permanent, Code: problem.NotFound, Subject: t.Place().Title, Message: "it doesn't hold what attempt " + tag + " wrote",
	}
}
