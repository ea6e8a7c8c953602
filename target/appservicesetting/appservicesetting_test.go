package appservicesetting_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"keyturn/arm"
	"keyturn/check"
	"keyturn/cloud"
	"keyturn/cloud/cloudtest"
	"keyturn/problem"
	"keyturn/secret"
	"keyturn/target"
	"keyturn/target/appservicesetting"
	"keyturn/target/targettest"
)

const (
	version = "2023-12-01"
	old     = "old8Q~what-the-add-in-goes-on-with-until-it-ends"
)

// app makes a web app with the settings of an add-in, and returns its id.
func app(t *testing.T, c *targettest.Cloud, path string) string {
	t.Helper()
	id := c.ID("Microsoft.Web/sites", path)
	put(t, c, id, map[string]any{"location": "westeurope", "properties": map[string]any{}})
	put(t, c, id+"/config/appsettings", map[string]any{"properties": map[string]string{
		"WEBSITE_RUN_FROM_PACKAGE": "1", "ClientId": c.ClientID, "ClientSecret": base64.StdEncoding.EncodeToString([]byte(old)),
		"Mail:Password": "somebody's own secret", "Empty": "",
	}})
	return id
}

func put(t *testing.T, c *targettest.Cloud, id string, body any) {
	t.Helper()
	if err := arm.New(c.Session).Put(t.Context(), id, version, body, nil); err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T, c *targettest.Cloud, session *cloud.Session, id string, edit func(*appservicesetting.Config)) *appservicesetting.Target {
	t.Helper()
	cfg := appservicesetting.Config{App: id, Name: "ClientSecret", Secondary: "SecondaryClientSecret", ClientID: "ClientId", Form: "base64"}
	if edit != nil {
		edit(&cfg)
	}
	made, err := appservicesetting.New(cfg, c.ClientID, arm.New(session), session.Hosts().Portal)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func held(t *testing.T, c *targettest.Cloud, id, name string) string {
	t.Helper()
	text, err := base64.StdEncoding.DecodeString(c.Site(id).Settings[name])
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func rest(c *targettest.Cloud, id string) any {
	kept := maps.Clone(c.Site(id).Settings)
	delete(kept, "ClientSecret")
	delete(kept, "SecondaryClientSecret")
	return kept
}

// The list is written back whole: were an answer without one taken for an empty one, every other setting would be lost.
func TestNothingIsWrittenWhereTheListCannotBeRead(t *testing.T) {
	for _, body := range []string{`{}`, `null`, ``, `{"properties":null}`} {
		c := cloudtest.Start(t, cloudtest.Granting(nil, func(w http.ResponseWriter, _ *http.Request) { cloudtest.Answer(w, http.StatusOK, body) }))
		place, err := appservicesetting.New(appservicesetting.Config{
			App: "/subscriptions/00000000-0000-4000-8000-000000000000/resourceGroups/rg/providers/Microsoft.Web/sites/app", Name: "ClientSecret",
		}, cloudtest.Client, arm.New(c.Open(t, nil)), "https://portal.azure.com")
		if err != nil {
			t.Fatal(err)
		}
		_, err = place.Write(t.Context(), target.Parcel{Value: secret.New("new8Q~value"), ClientID: cloudtest.Client, Tag: "r.1"})
		if p := problem.Of(err); p == nil || p.Class != problem.Retry || c.Count("PUT ") != 0 {
			t.Errorf("%q: %v, sent %v", body, err, c.Sent())
		}
	}
}

func TestAppServiceSettingIsATarget(t *testing.T) {
	targettest.Exercise(t, func(t *testing.T, c *targettest.Cloud) targettest.Case {
		id := app(t, c, "helpdesk")
		return targettest.Case{
			Target:    open(t, c, c.Session, id, nil),
			Powerless: open(t, c, c.AsApp(), id, nil),
			Missing:   open(t, c, c.Session, id+"-never-made", nil),
			Forgets:   true,
			Holds:     func() string { return held(t, c, id, "ClientSecret") },
			Beside:    func() string { return held(t, c, id, "SecondaryClientSecret") },
			Rest:      func() any { return rest(c, id) },
			Stranger: func() {
				settings := maps.Clone(c.Site(id).Settings)
				settings["ClientSecret"] = base64.StdEncoding.EncodeToString([]byte("str8Q~a-stranger-put-this-here-by-hand"))
				put(t, c, id+"/config/appsettings", map[string]any{"properties": settings})
			},
			Fault: func(kind string) { c.Fault(kind, "management.azure.com", "PUT", "/config/appsettings", 1) },
			Lock:  func() { c.Switch("readonly-lock", "on") },
		}
	})
}

func parcel(value string) target.Parcel { return target.Parcel{Tag: "run.1", Value: secret.New(value)} }

func TestWhatStaysWithASlotGoesOnStaying(t *testing.T) {
	c := targettest.Start(t)
	id := app(t, c, "helpdesk")
	sticky := map[string]any{"properties": map[string]any{"appSettingNames": []string{"clientsecret", "Other"}, "connectionStringNames": []string{"Main"}}}
	put(t, c, id+"/config/slotConfigNames", sticky)
	if _, err := open(t, c, c.Session, id, nil).Write(t.Context(), parcel("new8Q~the-new-value-of-this-add-in")); err != nil {
		t.Fatal(err)
	}
	if got := c.Site(id).Sticky; !slices.Equal(got, []string{"clientsecret", "Other", "SecondaryClientSecret"}) {
		t.Errorf("sticky: %v", got)
	}
	var found struct {
		Properties map[string][]string `json:"properties"`
	}
	if err := arm.New(c.Session).Get(t.Context(), id+"/config/slotConfigNames", version, &found); err != nil || !slices.Equal(found.Properties["connectionStringNames"], []string{"Main"}) {
		t.Errorf("%v, %v", found, err)
	}
}

// TestNothingOfALongListIsLost: two thousand settings, a hundred of them sticky, through both writes of a renewal.
func TestNothingOfALongListIsLost(t *testing.T) {
	c := targettest.Start(t)
	id := app(t, c, "helpdesk")
	settings, sticky := c.Site(id).Settings, []string{"ClientSecret"}
	for i := range 2000 {
		name := fmt.Sprintf("Section:%d__Größe.%d", i%7, i)
		settings[name] = fmt.Sprintf("\"%d\\ <&>\n\u2028%s", i, strings.Repeat("é", i%300))
		if i%20 == 0 {
			sticky = append(sticky, name)
		}
	}
	put(t, c, id+"/config/appsettings", map[string]any{"properties": settings})
	put(t, c, id+"/config/slotConfigNames", map[string]any{"properties": map[string]any{"appSettingNames": sticky, "azureStorageConfigNames": []string{"share"}}})
	before := rest(c, id)
	made, new := open(t, c, c.Session, id, nil), parcel("new8Q~the-new-value-of-this-add-in")
	for _, write := range []func(context.Context, target.Parcel) (string, error){made.Write, made.Release} {
		if _, err := write(t.Context(), new); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(rest(c, id), before) {
			t.Error("another setting isn't as it was")
		}
	}
	if held(t, c, id, "ClientSecret") != new.Value.Reveal() || held(t, c, id, "SecondaryClientSecret") != "" {
		t.Error("the two settings of the secret aren't as they should be")
	}
	if got := c.Site(id).Sticky; !slices.Equal(got, append(sticky, "SecondaryClientSecret")) {
		t.Errorf("%d names stay with the slot, want %d and the secondary one", len(got), len(sticky))
	}
	var found struct {
		Properties map[string][]string `json:"properties"`
	}
	if err := arm.New(c.Session).Get(t.Context(), id+"/config/slotConfigNames", version, &found); err != nil || !slices.Equal(found.Properties["azureStorageConfigNames"], []string{"share"}) {
		t.Errorf("shares that stay with the slot: %v, %v", found.Properties["azureStorageConfigNames"], err)
	}
}

func TestASlotIsAPlaceOfItsOwn(t *testing.T) {
	c := targettest.Start(t)
	id := app(t, c, "helpdesk")
	slot := app(t, c, "helpdesk/slots/staging")
	made := open(t, c, c.Session, slot, nil)
	if _, err := made.Write(t.Context(), parcel("new8Q~the-new-value-of-this-add-in")); err != nil {
		t.Fatal(err)
	}
	if held(t, c, id, "ClientSecret") != old || held(t, c, slot, "SecondaryClientSecret") != old {
		t.Error("the wrong one was written")
	}
	if want := "appServiceSetting:helpdesk/staging/ClientSecret"; made.Place().ID != want {
		t.Errorf("%s, want %s", made.Place().ID, want)
	}
}

func TestAPlainSettingOfAnyName(t *testing.T) {
	c := targettest.Start(t)
	id := app(t, c, "helpdesk")
	made := open(t, c, c.Session, id, func(cfg *appservicesetting.Config) {
		*cfg = appservicesetting.Config{App: cfg.App, Name: "mail:password"}
	})
	if _, err := made.Write(t.Context(), parcel("new8Q~the-new-value-of-this-app")); err != nil {
		t.Fatal(err)
	}
	settings := c.Site(id).Settings
	if settings["Mail:Password"] != "new8Q~the-new-value-of-this-app" || len(settings) != 5 || c.Site(id).Restarts != 2 {
		t.Errorf("%v", settings)
	}
}

// TestAnEarlierAttemptNeverPushesOutTheOldValue is as for web.config.
func TestAnEarlierAttemptNeverPushesOutTheOldValue(t *testing.T) {
	c := targettest.Start(t)
	id := app(t, c, "helpdesk")
	made := open(t, c, c.Session, id, nil)
	first := parcel("one8Q~this-attempt-is-given-up-later")
	if _, err := made.Write(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	second := parcel("two8Q~this-one-is-the-one-that-stays")
	second.Earlier = []string{made.Foretell(first)}
	if _, err := made.Write(t.Context(), second); err != nil {
		t.Fatal(err)
	}
	if held(t, c, id, "ClientSecret") != second.Value.Reveal() || held(t, c, id, "SecondaryClientSecret") != old {
		t.Errorf("%v", c.Site(id).Settings)
	}
}

func TestWhatMayNotBeWrittenIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		settings map[string]string
		code     string
	}{
		"a reference to a vault":      {map[string]string{"ClientSecret": "@Microsoft.KeyVault(SecretUri=https://kv.vault.azure.net/secrets/x)"}, "setting.reference"},
		"a secondary that refers":     {map[string]string{"SecondaryClientSecret": "@Microsoft.KeyVault(VaultName=kv;SecretName=x)"}, "setting.reference"},
		"another app's client id":     {map[string]string{"ClientId": "11111111-2222-3333-4444-555555555555"}, "setting.foreign"},
		"no client id where one must": {map[string]string{"ClientId": ""}, "setting.foreign"},
	} {
		t.Run(name, func(t *testing.T) {
			sim := targettest.Start(t)
			id := app(t, sim, "helpdesk")
			settings := sim.Site(id).Settings
			maps.Copy(settings, c.settings)
			put(t, sim, id+"/config/appsettings", map[string]any{"properties": settings})
			made := open(t, sim, sim.Session, id, nil)
			_, err := made.Write(t.Context(), parcel("new8Q~the-new-value-of-this-add-in"))
			if found := problem.Of(err); err == nil || found.Code != c.code || found.Class != problem.Person || found.Fix == "" {
				t.Errorf("%v", err)
			}
			if failed := check.Failed(made.Check(t.Context())); len(failed) != 1 || failed[0].Code != c.code {
				t.Errorf("checks: %+v", failed)
			}
			if !maps.Equal(sim.Site(id).Settings, settings) {
				t.Error("it was written")
			}
		})
	}
}

// meddler writes settings of its own at the moment when the target has just written or, with early, when it has looked
// what stays with a slot.
type meddler struct {
	appservicesetting.ARM
	meddle func()
	early  bool
}

func (m *meddler) Do(ctx context.Context, call arm.Call) (http.Header, error) {
	header, err := m.ARM.Do(ctx, call)
	moment := call.Method == http.MethodPut
	if m.early {
		moment = strings.HasSuffix(call.ID, "/slotConfigNames")
	}
	if moment && m.meddle != nil {
		meddle := m.meddle
		m.meddle = nil
		meddle()
	}
	return header, err
}

func TestAChangeAtTheSameMomentIsSeen(t *testing.T) {
	for name, c := range map[string]struct {
		drop  []string // what the stranger's list lacks of ours
		early bool
		lost  bool
		wants string // of ClientSecret at the end
	}{
		"it came before ours, and is kept":                            {nil, true, false, "new8Q~the-new-value-of-this-add-in"},
		"it lost ours, which is written again upon what is there now": {[]string{"ClientSecret", "SecondaryClientSecret"}, false, true, "new8Q~the-new-value-of-this-add-in"},
		"it kept ours, and is kept":                                   {nil, false, false, "new8Q~the-new-value-of-this-add-in"},
	} {
		t.Run(name, func(t *testing.T) {
			sim := targettest.Start(t)
			id := app(t, sim, "helpdesk")
			before := sim.Site(id).Settings
			busy := &meddler{ARM: arm.New(sim.Session), early: c.early}
			busy.meddle = func() {
				settings := maps.Clone(sim.Site(id).Settings)
				for _, name := range c.drop {
					delete(settings, name)
					if was, there := before[name]; there {
						settings[name] = was
					}
				}
				settings["Deployed"] = "just now"
				put(t, sim, id+"/config/appsettings", map[string]any{"properties": settings})
			}
			made, err := appservicesetting.New(appservicesetting.Config{App: id, Name: "ClientSecret", Secondary: "SecondaryClientSecret", Form: "base64"}, sim.ClientID, busy, "")
			if err != nil {
				t.Fatal(err)
			}
			_, err = made.Write(t.Context(), parcel(c.wants))
			if problem.Is(err, problem.Conflict) != c.lost {
				t.Errorf("%v", err)
			}
			if _, err := made.Write(t.Context(), parcel(c.wants)); err != nil {
				t.Error(err)
			}
			if held(t, sim, id, "ClientSecret") != c.wants || held(t, sim, id, "SecondaryClientSecret") != old || sim.Site(id).Settings["Deployed"] != "just now" {
				t.Errorf("%v", sim.Site(id).Settings)
			}
		})
	}
}

func TestConfigurationsThatCannotBeRightAreRefused(t *testing.T) {
	t.Parallel()
	const site = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Web/sites/a"
	for name, c := range map[string]struct {
		cfg  appservicesetting.Config
		code string
	}{
		"no app":               {appservicesetting.Config{Name: "x"}, "config.resourceid"},
		"another kind of id":   {appservicesetting.Config{App: "/subscriptions/s/resourceGroups/g/providers/Microsoft.Web/connections/a", Name: "x"}, "config.resourceid"},
		"no name":              {appservicesetting.Config{App: site}, "config.setting"},
		"a name with a blank":  {appservicesetting.Config{App: site, Name: "a b"}, "config.setting"},
		"itself for secondary": {appservicesetting.Config{App: site, Name: "a", Secondary: "A"}, "config.setting"},
		"an unknown form":      {appservicesetting.Config{App: site, Name: "a", Form: "hex"}, "config.setting"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := appservicesetting.New(c.cfg, "", nil, "")
			if !problem.Is(err, c.code) || problem.Of(err).Fix == "" {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestTheDescriptorTellsTheConfiguration(t *testing.T) {
	t.Parallel()
	targettest.Describes(t, appservicesetting.Descriptor(), appservicesetting.Config{})
}
