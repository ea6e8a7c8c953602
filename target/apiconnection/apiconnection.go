// Package apiconnection is the target for a Logic Apps API connection that signs in as the app with its secret. Azure
// never gives the secret back, takes only the whole connection at once, and says "Connected" whatever it was given; so
// the target reads what is there, accounts for every setting before it writes, and proves the place by a logic app's
// run. A connection that a person consented to, or one with a managed identity, is never overwritten.
//
// Start at [Target]; what a connection is, is in connection.go; the proof in verify.go and probe.go.
// The protocol: https://learn.microsoft.com/rest/api/logic/api-connections and
// https://learn.microsoft.com/azure/logic-apps/logic-apps-deploy-azure-resource-manager-templates (read 2026-11-22).
package apiconnection

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"keyturn/arm"
	"keyturn/check"
	"keyturn/problem"
	"keyturn/target"
)

// version is the api-version of Microsoft.Web/connections: the only stable one that has them.
const version = "2016-06-01"

// Config is the target's block in keyturn.yaml.
type Config struct {
	ResourceID      string            `yaml:"resourceId"`      // of the connection; required
	Parameters      map[string]string `yaml:"parameters"`      // settings that Azure doesn't show, such as vaultName; never the secret
	SecretParameter string            `yaml:"secretParameter"` // which setting takes the secret; "" = token:clientSecret
	Probe           *Probe            `yaml:"probe"`           // nil = none
}

// Probe names a logic app that may be started to see whether the connection works.
type Probe struct {
	Workflow string `yaml:"workflow"` // its name in the connection's resource group, or its resource id; required
	Trigger  string `yaml:"trigger"`  // name of the trigger to fire; "" = manual
}

// ARM is what the target needs of resources; [arm.Client] is one.
type ARM interface {
	Get(ctx context.Context, id, version string, into any) error
	Put(ctx context.Context, id, version string, body, into any) error
	CheckRights(ctx context.Context, id, subject, scope string, actions ...string) check.Check
	CheckLock(ctx context.Context, id, subject, scope string) check.Check
}

// Parts is what a [Target] works with.
type Parts struct {
	ARM    ARM
	Flows  Flows                                            // logic apps; [arm.Client] is one
	Sleep  func(ctx context.Context, d time.Duration) error // between two looks at a running probe
	Portal string                                           // address of the cloud's portal; "" = unknown
}

// Target is one API connection.
type Target struct {
	Parts
	clientID   string
	id         arm.ID
	parameters map[string]string
	secretName string
	probe      *probe
}

var (
	_ target.Target    = (*Target)(nil)
	_ target.Checker   = (*Target)(nil)
	_ target.Recurring = (*Target)(nil)
)

// New returns the target for one connection that signs in as clientID. A configuration that can't be right is a problem whose code begins
// with "config.".
func New(cfg Config, clientID string, parts Parts) (*Target, error) {
	id, err := arm.Require(cfg.ResourceID, "Microsoft.Web/connections")
	if err != nil {
		return nil, fmt.Errorf("apiConnection: resourceId: %w", err)
	}
	t := &Target{Parts: parts, clientID: clientID, id: id, parameters: cfg.Parameters, secretName: cfg.SecretParameter}
	if t.secretName == "" {
		t.secretName = "token:clientSecret"
	}
	for name := range cfg.Parameters {
		if strings.EqualFold(name, t.secretName) {
			return nil, problem.NeedsPerson("config.secretinfile", "apiConnection "+id.Name, "the configuration must not hold a secret: parameters has "+name,
				"remove "+name+" from parameters in keyturn.yaml; Keyturn writes it by itself. If it held a real secret, renew it")
		}
	}
	if t.probe, err = newProbe(cfg.Probe, id); err != nil {
		return nil, err
	}
	return t, nil
}

// Place says which connection this is.
func (t *Target) Place() target.Place {
	place := target.Place{
		ID: Code + ":" + t.id.Group + "/" + t.id.Name, Kind: Code, Title: "API connection " + t.id.Name, Resource: t.id.String(),
		Requests: 4, // look; read and put; verify
	}
	if t.Portal != "" {
		place.Portal = t.Portal + "/#@/resource" + t.id.String() + "/overview"
	}
	return place
}

// Look reads when the connection was last changed. What secret it holds, nobody is told.
func (t *Target) Look(ctx context.Context) (target.Standing, error) {
	found, err := t.read(ctx)
	if problem.Is(err, problem.NotFound) {
		return target.Standing{}, nil
	}
	if err != nil {
		return target.Standing{}, err
	}
	standing := target.Standing{Exists: true, Receipt: found.receipt()}
	if refused := t.judge(found); refused != nil {
		standing.Note = refused.Message
	}
	return standing, nil
}

// Write puts the whole connection again, as found but for the secret. It refuses when a setting can't be accounted for.
func (t *Target) Write(ctx context.Context, parcel target.Parcel) (string, error) {
	if parcel.Value.IsZero() {
		return "", errors.New(Code + ": there is no value to write")
	}
	before, err := t.read(ctx)
	if err != nil {
		return "", t.explain(err)
	}
	if refused := t.judge(before); refused != nil {
		return "", refused
	}
	var after connection
	if err := t.ARM.Put(ctx, t.id.String(), version, t.body(before, parcel), &after); err != nil {
		return "", fmt.Errorf("%s: put: %w", Code, err)
	}
	if after.receipt() == "" {
		if after, err = t.read(ctx); err != nil {
			return "", err
		}
	}
	return after.receipt(), t.moved(before, after)
}

// body is the connection as found, with every setting and the new secret, in the shape in which it was found. The app's
// own settings are added where nothing tells them.
func (t *Target) body(found connection, parcel target.Parcel) any {
	settings := t.settings(found)
	addMissing(settings, clientIDName, parcel.ClientID)
	addMissing(settings, tenantIDName, parcel.TenantID)
	addMissing(settings, grantTypeName, appGrant)
	settings[t.secretName] = parcel.Value.Reveal()
	return found.rewritten(settings)
}

// moved refuses a write whose time is that of the write before it: the two couldn't be told apart afterwards, and a
// stranger's write would pass as ours. Writing once more a little later mends it.
func (t *Target) moved(before, after connection) error {
	if after.receipt() != before.receipt() {
		return nil
	}
	return problem.Later("receipt.unmoved", t.Place().Title, 2*time.Second,
		errors.New("the time of the last change didn't move, so our write can't be told from the one before"))
}

// Recurrence returns the longest time in which a logic app of the connection's resource group that uses it runs once,
// from the group's list of logic apps: one request a page.
func (t *Target) Recurrence(ctx context.Context) (time.Duration, error) {
	flows, err := t.Flows.Workflows(ctx, t.id.GroupID())
	if err != nil {
		return 0, fmt.Errorf("%s: %w", Code, err)
	}
	var longest time.Duration
	for _, flow := range flows {
		if _, uses := flow.Uses(t.id.String()); uses && flow.Enabled {
			longest = max(longest, flow.Rhythm())
		}
	}
	return longest, nil
}

func (t *Target) read(ctx context.Context) (connection, error) {
	var found connection
	if err := t.ARM.Get(ctx, t.id.String(), version, &found); err != nil {
		return connection{}, fmt.Errorf("%s: read: %w", Code, err)
	}
	return found, nil
}

// explain makes a missing connection a person's business: configured, it is expected to be there.
func (t *Target) explain(err error) error {
	if !problem.Is(err, problem.NotFound) {
		return err
	}
	return problem.NeedsPerson(problem.NotFound, t.Place().Title, "there is no such connection",
		"correct resourceId in keyturn.yaml, or remove this apiConnection if it isn't used any more")
}
