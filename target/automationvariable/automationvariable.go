// Package automationvariable is the target for an encrypted variable of an Azure Automation account, which runbooks
// read when they start. It writes into a variable that is there and never makes, deletes or unencrypts one. Nothing
// but a running job can read an encrypted variable, so the proof ends at "acknowledged".
//
// Start at [Target]. The protocol: https://learn.microsoft.com/rest/api/automation/variable (read 2026-11-22).
package automationvariable

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"time"

	"keyturn/arm"
	"keyturn/check"
	"keyturn/problem"
	"keyturn/renewal"
	"keyturn/secret"
	"keyturn/target"
)

// version is the api-version sent: stable, and served by every cloud.
const version = "2023-11-01"

// Config is the target's block in keyturn.yaml.
type Config struct {
	Account string `yaml:"account"` // resource id of the Automation account; required
	Name    string `yaml:"name"`    // of the variable; required
}

// ARM is what the target needs of Resource Manager; [arm.Client] is one.
type ARM interface {
	Get(ctx context.Context, id, version string, into any) error
	Patch(ctx context.Context, id, version string, body, into any) error
	CheckRights(ctx context.Context, id, subject, scope string, actions ...string) check.Check
	CheckLock(ctx context.Context, id, subject, scope string) check.Check
}

// Target is one encrypted variable.
type Target struct {
	arm    ARM
	name   string
	id     string
	short  string // "account/name"
	portal string
}

var (
	_ target.Target  = (*Target)(nil)
	_ target.Checker = (*Target)(nil)
)

var names = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_-]*$`)

// longestName is in characters.
const longestName = 128

// New returns the target for one variable. portal is the address of the cloud's portal, "" = unknown. A configuration
// that can't be right is a problem with code "config.resourceid" or "config.variable".
func New(cfg Config, client ARM, portal string) (*Target, error) {
	account, err := arm.Require(cfg.Account, "Microsoft.Automation/automationAccounts")
	if err != nil {
		return nil, fmt.Errorf("automationVariable: account: %w", err)
	}
	if len(cfg.Name) > longestName || !names.MatchString(cfg.Name) {
		return nil, problem.NeedsPerson("config.variable", "variable "+cfg.Name, "this can't be the name of an Automation variable",
			"set name to the variable's name as the portal shows it: letters, digits, _ and -, beginning with a letter")
	}
	t := &Target{arm: client, name: cfg.Name, id: account.String() + "/variables/" + cfg.Name, short: account.Name + "/" + cfg.Name}
	if portal != "" {
		t.portal = portal + "/#@/resource" + account.String() + "/variables"
	}
	return t, nil
}

// Place says which variable this is.
func (t *Target) Place() target.Place {
	return target.Place{
		ID: Code + ":" + t.short, Kind: Code, Title: "Automation variable " + t.short, Resource: t.id, Portal: t.portal,
		Requests: 4, // look; read and patch; verify
	}
}

// variable is what we read of one.
type variable struct {
	Properties struct {
		Encrypted    bool   `json:"isEncrypted"`
		Description  string `json:"description"`
		LastModified string `json:"lastModifiedTime"`
	} `json:"properties"`
}

// Whole holds for what is a variable at all.
func (v *variable) Whole() bool { return v.Properties.LastModified != "" }

// Look reads when the variable was last changed. Releases that don't use it have none: Exists is false then.
func (t *Target) Look(ctx context.Context) (target.Standing, error) {
	found, err := t.read(ctx)
	if problem.Is(err, problem.NotFound) {
		return target.Standing{Note: "not used by this release"}, nil
	}
	if err != nil {
		return target.Standing{}, err
	}
	standing := target.Standing{Exists: true, Receipt: found.receipt()}
	if !found.Properties.Encrypted {
		standing.Note = "it isn't encrypted: everybody who may read the account can read it"
	}
	return standing, nil
}

// Write puts the value into the variable, which stays encrypted and keeps its description.
func (t *Target) Write(ctx context.Context, parcel target.Parcel) (string, error) {
	before, err := t.read(ctx)
	if err != nil {
		return "", t.explain(err)
	}
	if !before.Properties.Encrypted {
		return "", t.plain()
	}
	body, err := t.body(before, parcel.Value)
	if err != nil {
		return "", err
	}
	var after variable
	if err := t.arm.Patch(ctx, t.id, version, body, &after); err != nil {
		return "", fmt.Errorf("%s: patch: %w", Code, err)
	}
	if after.receipt() == "" {
		if after, err = t.read(ctx); err != nil {
			return "", err
		}
	}
	return after.receipt(), t.moved(before, after)
}

// body encodes the value twice, as Automation keeps every variable: a JSON document inside a JSON string.
func (t *Target) body(before variable, value secret.Value) (any, error) {
	if value.IsZero() {
		return nil, errors.New(Code + ": there is no value to write")
	}
	document, err := json.Marshal(value.Reveal())
	if err != nil {
		return nil, errors.New(Code + ": the value can't be encoded") // the cause could show it
	}
	properties := map[string]string{"value": string(document)}
	if before.Properties.Description != "" {
		properties["description"] = before.Properties.Description
	}
	return map[string]any{"name": t.name, "properties": properties}, nil
}

// moved refuses a write whose time is that of the write before it: the two couldn't be told apart afterwards. Writing
// once more a little later mends it.
func (t *Target) moved(before, after variable) error {
	if after.receipt() != before.receipt() {
		return nil
	}
	return problem.Later("receipt.unmoved", t.Place().Title, 2*time.Second,
		errors.New("the time of the last change didn't move, so our write can't be told from the one before"))
}

// Verify compares the time of the last change with the one of our write.
func (t *Target) Verify(ctx context.Context, _ target.Parcel, written target.Written) (target.Proof, error) {
	found, err := t.read(ctx)
	if err != nil {
		return target.Proof{}, t.explain(err)
	}
	switch receipt := found.receipt(); {
	case receipt == written.Receipt:
		return target.Proof{
			Rung: renewal.Acknowledged,
			Note: "the account took the value; only a running job can read an encrypted variable, and runbooks read it when they start",
		}, nil
	case arm.Later(written.Receipt, receipt):
		return target.Proof{}, problem.Later("replica.lag", t.Place().Title, 5*time.Second, errors.New("an older state is shown than the one we wrote"))
	default:
		return target.Proof{}, problem.NeedsPerson(problem.Drift, t.Place().Title, "somebody changed it at "+receipt+", after we wrote it",
			"find out who wrote what; then write ours again with keyturn resume APP --overwrite, or leave it and end the run with keyturn abort RUN")
	}
}

func (t *Target) read(ctx context.Context) (variable, error) {
	var found variable
	if err := t.arm.Get(ctx, t.id, version, &found); err != nil {
		return variable{}, fmt.Errorf("%s: read: %w", Code, err)
	}
	return found, nil
}

func (v variable) receipt() string { return arm.Instant(v.Properties.LastModified) }

// explain makes a missing variable a person's business: configured, it is expected to be there.
func (t *Target) explain(err error) error {
	if !problem.Is(err, problem.NotFound) {
		return err
	}
	return problem.NeedsPerson(problem.NotFound, t.Place().Title, "there is no such variable: today's releases of Provision Assist don't use it",
		"remove this automationVariable from keyturn.yaml, or correct account and name")
}

func (t *Target) plain() error {
	return problem.NeedsPerson("variable.plain", t.Place().Title, "it isn't encrypted, so the secret would lie open to everybody who may read the account",
		"delete the variable and make it again as an encrypted one (it can't be changed afterwards), then go on")
}
