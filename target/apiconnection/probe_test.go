package apiconnection_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"keyturn/arm"
	"keyturn/problem"
	"keyturn/renewal"
	"keyturn/secret"
	"keyturn/target"
	"keyturn/target/apiconnection"
	"keyturn/target/targettest"
)

var siteProbe = &apiconnection.Probe{Workflow: "CheckSiteExists"}

// delivered is a connection that was written with value, and what is known of the write.
type delivered struct {
	*targettest.Cloud
	t       *testing.T
	target  *apiconnection.Target
	parcel  target.Parcel
	written target.Written
}

func deliver(t *testing.T, c *targettest.Cloud, value string, probe *apiconnection.Probe) *delivered {
	t.Helper()
	d := &delivered{Cloud: c, t: t, target: open(t, c, c.Session, apiconnection.Config{
		ResourceID: connection(c, targettest.VaultConnection), Probe: probe,
	})}
	d.parcel = target.Parcel{Tag: "run.1", ClientID: c.ClientID, TenantID: c.Sim.Sample().Tenant, Value: secret.New(value)}
	at := c.Sim.World().Now()
	receipt, err := d.target.Write(t.Context(), d.parcel)
	if err != nil {
		t.Fatal(err)
	}
	d.written = target.Written{Receipt: receipt, At: at}
	return d
}

func (d *delivered) verify() (target.Proof, error) {
	d.t.Helper()
	d.written.Now = d.Sim.World().Now()
	return d.target.Verify(d.t.Context(), d.parcel, d.written)
}

func (d *delivered) want(rung renewal.Rung, better bool) target.Proof {
	d.t.Helper()
	proof, err := d.verify()
	if err != nil || proof.Rung != rung || proof.Better != better || proof.Note == "" {
		d.t.Errorf("proof %+v: %v", proof, err)
	}
	return proof
}

// quietly lets time pass in which nobody calls the probe's workflow.
func (d *delivered) quietly(wait time.Duration) {
	d.t.Helper()
	d.turn("disable")
	d.Sim.Advance(wait)
	d.turn("enable")
}

func (d *delivered) turn(state string) {
	d.t.Helper()
	call := arm.Call{Method: http.MethodPost, ID: d.ID("Microsoft.Logic/workflows", "CheckSiteExists") + "/" + state, Version: arm.WorkflowVersion}
	if _, err := arm.New(d.Session).Do(d.t.Context(), call); err != nil {
		d.t.Fatal(err)
	}
}

// starts counts the runs of the probe's workflow that were asked for.
func (d *delivered) starts() int {
	d.t.Helper()
	request, err := http.NewRequestWithContext(d.t.Context(), http.MethodGet, d.Sim.URL()+"/_sim/log", nil)
	if err != nil {
		d.t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		d.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	count := 0
	for lines := json.NewDecoder(answer.Body); lines.More(); {
		var line struct{ Method, Path string }
		if err := lines.Decode(&line); err != nil {
			d.t.Fatal(err)
		}
		if line.Method == http.MethodPost && strings.HasSuffix(line.Path, "/run") {
			count++
		}
	}
	return count
}

func TestAProbeIsStartedOnceAndOnlyWhenItCanMeanSomething(t *testing.T) {
	c := targettest.Start(t)
	d := deliver(t, c, c.Secret("appSecret"), siteProbe)
	d.want(renewal.Acknowledged, true)
	d.quietly(80 * time.Minute)
	if d.want(renewal.Acknowledged, true); d.starts() != 0 {
		t.Error("a probe was started while an old token could still serve")
	}
	d.quietly(11 * time.Minute)
	if proof := d.want(renewal.LiveProbe, false); !strings.Contains(proof.Probe, "CheckSiteExists") {
		t.Errorf("%+v", proof)
	}
	d.want(renewal.LiveProbe, false)
	if d.starts() != 1 {
		t.Errorf("started %d times: the run in the history proves as much", d.starts())
	}
}

func TestARunThatHappenedAnywayIsProofEnough(t *testing.T) {
	c := targettest.Start(t)
	d := deliver(t, c, c.Secret("appSecret"), siteProbe)
	d.Sim.Advance(8 * time.Hour) // people call it every few hours
	if d.want(renewal.LiveProbe, false); d.starts() != 0 {
		t.Errorf("started %d times", d.starts())
	}
}

func TestAReportOfUseMakesAnEarlyProbeCount(t *testing.T) {
	c := targettest.Start(t)
	d := deliver(t, c, c.Secret("appSecret"), siteProbe)
	d.written.SeenInUse = true
	d.want(renewal.LiveProbe, false)
}

func TestAConnectionThatIsNotLetInIsAPersonsBusiness(t *testing.T) {
	c := targettest.Start(t)
	d := deliver(t, c, "a secret that no app has", siteProbe)
	d.quietly(91 * time.Minute)
	_, err := d.verify()
	found := problem.Of(err)
	if err == nil || found.Code != "probe.unauthorized" || found.Class != problem.Person || found.Fix == "" {
		t.Fatalf("%v", err)
	}
	// mended by a person: only a new run can tell
	rewrite(t, c, connection(c, targettest.VaultConnection), map[string]string{"token:clientSecret": c.Secret("appSecret")})
	standing, err := d.target.Look(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	d.written.Receipt = standing.Receipt
	d.quietly(91 * time.Minute)
	if d.want(renewal.LiveProbe, false); d.starts() != 2 {
		t.Errorf("started %d times", d.starts())
	}
}

func TestARunIsFoundWhenTheAnswerToItsStartIsLost(t *testing.T) {
	c := targettest.Start(t)
	d := deliver(t, c, c.Secret("appSecret"), siteProbe)
	d.quietly(91 * time.Minute)
	c.Fault("reply-lost", "management.azure.com", "POST", "/triggers/manual/run", 1)
	if d.want(renewal.LiveProbe, false); d.starts() != 1 {
		t.Errorf("started %d times", d.starts())
	}
}

func TestAThrottledStartIsTriedLater(t *testing.T) {
	c := targettest.Start(t)
	d := deliver(t, c, c.Secret("appSecret"), siteProbe)
	d.quietly(91 * time.Minute)
	c.Fault("throttle", "management.azure.com", "POST", "/triggers/manual/run", 1)
	if _, err := d.verify(); problem.Of(err).Class != problem.Retry {
		t.Errorf("%v", err)
	}
	d.want(renewal.LiveProbe, false)
}

func TestWithoutAProbeNothingBetterIsPromised(t *testing.T) {
	c := targettest.Start(t)
	d := deliver(t, c, c.Secret("appSecret"), nil)
	d.Sim.Advance(3 * time.Hour)
	d.want(renewal.Acknowledged, false)
}

func TestAProbeOfAnotherConnectionProvesNothing(t *testing.T) {
	c := targettest.Start(t)
	d := deliver(t, c, c.Secret("appSecret"), &apiconnection.Probe{Workflow: "GetSiteTemplates", Trigger: "Recurrence"})
	d.quietly(91 * time.Minute)
	d.want(renewal.Acknowledged, false)
	if d.starts() != 0 {
		t.Error("it was started all the same")
	}
}

func TestAnOldStateShownByAReplicaIsNoDrift(t *testing.T) {
	c := targettest.Start(t)
	c.Switch("arm-stale-reads", "on")
	d := deliver(t, c, c.Secret("appSecret"), nil)
	for range 20 {
		if _, err := d.verify(); err != nil && !problem.Is(err, "replica.lag") {
			t.Fatalf("%v", err)
		}
	}
}

func TestTheLongestRhythmOfItsUsersIsKnown(t *testing.T) {
	c := targettest.Start(t)
	for name, want := range map[string]time.Duration{
		targettest.VaultConnection: 7 * 24 * time.Hour, targettest.AutomationConnection: 7 * 24 * time.Hour, "unused": 0,
	} {
		used := open(t, c, c.Session, apiconnection.Config{ResourceID: connection(c, name)})
		if got, err := used.Recurrence(t.Context()); err != nil || got != want {
			t.Errorf("%s: %s, want %s: %v", name, got, want, err)
		}
	}
}

func TestStartedRunsAreThoseOfTheirTrigger(t *testing.T) {
	c := targettest.Start(t)
	workflow := c.ID("Microsoft.Logic/workflows", "CheckSiteExists")
	client := arm.New(c.Session)
	id, err := client.StartRun(t.Context(), workflow, "manual")
	if err != nil || id == "" {
		t.Fatalf("run %q: %v", id, err)
	}
	c.Sim.Advance(time.Minute)
	run, err := client.Run(t.Context(), workflow, id)
	if err != nil || run.Trigger != "manual" || !run.Ended() {
		t.Errorf("%+v: %v", run, err)
	}
	if _, err := client.StartRun(t.Context(), workflow, "noSuchTrigger"); !problem.Is(err, problem.NotFound) {
		t.Errorf("%v", err)
	}
}

func TestConnectionsOfTheSampleAreTakenOrRefusedAsTheyAre(t *testing.T) {
	c := targettest.Start(t)
	for name, test := range map[string]struct {
		connection string
		hidden     bool
		parameters map[string]string
		code       string
	}{
		"key vault":  {connection: targettest.VaultConnection},
		"automation": {connection: targettest.AutomationConnection},
		"SharePoint, to which a person consented":  {connection: "provisionassist-spo", code: "connection.consent"},
		"key vault, hidden":                        {connection: targettest.VaultConnection, hidden: true, code: "connection.parameters"},
		"key vault, hidden and configured":         {connection: targettest.VaultConnection, hidden: true, parameters: map[string]string{"vaultName": targettest.Vault}},
		"automation, hidden":                       {connection: targettest.AutomationConnection, hidden: true},
		"SharePoint, hidden":                       {connection: "provisionassist-spo", hidden: true, code: "connection.consent"},
		"key vault, contradicted by configuration": {connection: targettest.VaultConnection, parameters: map[string]string{"vaultName": "kv-other"}, code: "connection.contradiction"},
	} {
		t.Run(name, func(t *testing.T) {
			if test.hidden {
				c.Switch("connection-parameters-hidden", "on")
				defer c.Switch("connection-parameters-hidden", "")
			}
			id := connection(c, test.connection)
			before := c.Parameters(id)
			found := open(t, c, c.Session, apiconnection.Config{ResourceID: id, Parameters: test.parameters})
			_, err := found.Write(t.Context(), target.Parcel{
				Tag: "run.1", ClientID: c.ClientID, TenantID: c.Sim.Sample().Tenant, Value: secret.New("a new secret"),
			})
			if test.code != "" {
				if !problem.Is(err, test.code) || !maps.Equal(c.Parameters(id), before) {
					t.Errorf("%v", err)
				}
				return
			}
			after := c.Parameters(id)
			if err != nil || after["token:clientSecret"] != "a new secret" {
				t.Fatalf("%v", err)
			}
			if after["token:clientSecret"] = before["token:clientSecret"]; !maps.Equal(after, before) {
				t.Errorf("before %d settings, after %d, or other ones", len(before), len(after))
			}
			rewrite(t, c, id, before)
		})
	}
}
