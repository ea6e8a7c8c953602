package apiconnection_test

import (
	"context"
	"maps"
	"testing"
	"time"

	"keyturn/arm"
	"keyturn/cloud"
	"keyturn/target/apiconnection"
	"keyturn/target/targettest"
)

const version = "2016-06-01"

func TestAPIConnectionIsATarget(t *testing.T) {
	targettest.Exercise(t, func(t *testing.T, c *targettest.Cloud) targettest.Case {
		id := connection(c, targettest.VaultConnection)
		return targettest.Case{
			Target:    open(t, c, c.Session, apiconnection.Config{ResourceID: id}),
			Powerless: open(t, c, c.AsApp(), apiconnection.Config{ResourceID: id}),
			Missing:   open(t, c, c.Session, apiconnection.Config{ResourceID: connection(c, "never-made")}),
			Holds:     func() string { return c.Parameters(id)["token:clientSecret"] },
			Rest:      func() any { return rest(t, c, id) },
			Stranger:  func() { rewrite(t, c, id, map[string]string{"token:clientSecret": "a stranger's"}) },
			Fault:     func(kind string) { c.Fault(kind, "management.azure.com", "PUT", "/connections/", 1) },
			Lock:      func() { c.Switch("readonly-lock", "on") },
		}
	})
}

func connection(c *targettest.Cloud, name string) string {
	return c.ID("Microsoft.Web/connections", name)
}

func open(t *testing.T, c *targettest.Cloud, session *cloud.Session, cfg apiconnection.Config) *apiconnection.Target {
	t.Helper()
	client := arm.New(session)
	made, err := apiconnection.New(cfg, c.ClientID, apiconnection.Parts{
		ARM: client, Flows: client, Portal: session.Hosts().Portal,
		// the simulated clock goes on by itself: waiting is moving it
		Sleep: func(_ context.Context, d time.Duration) error { c.Sim.Advance(d); return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// shown is a connection as GET shows it, without what every write changes.
func shown(t *testing.T, c *targettest.Cloud, id string) map[string]any {
	t.Helper()
	var found map[string]any
	if err := arm.New(c.Session).Get(t.Context(), id, version, &found); err != nil {
		t.Fatal(err)
	}
	delete(found["properties"].(map[string]any), "changedTime")
	return found
}

func rest(t *testing.T, c *targettest.Cloud, id string) any {
	t.Helper()
	others := maps.Clone(c.Parameters(id))
	delete(others, "token:clientSecret")
	return []any{shown(t, c, id), others}
}

// rewrite puts a connection as a person with a script would, with other parameters laid over those it has.
func rewrite(t *testing.T, c *targettest.Cloud, id string, over map[string]string) {
	t.Helper()
	found := shown(t, c, id)
	properties := found["properties"].(map[string]any)
	parameters := maps.Clone(c.Parameters(id))
	maps.Copy(parameters, over)
	body := map[string]any{"location": found["location"], "properties": map[string]any{
		"displayName": properties["displayName"], "api": map[string]any{"id": properties["api"].(map[string]any)["id"]},
		"parameterValues": parameters,
	}}
	if err := arm.New(c.Session).Put(t.Context(), id, version, body, nil); err != nil {
		t.Fatal(err)
	}
}

func TestTheDescriptorTellsTheConfiguration(t *testing.T) {
	t.Parallel()
	targettest.Describes(t, apiconnection.Descriptor(), apiconnection.Config{})
}
