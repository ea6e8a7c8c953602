package directory_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"keyturn/simulator/directory"
	"keyturn/simulator/world"
)

type bench struct {
	w   *world.World
	d   *directory.Directory
	t   *directory.Tenant
	app *directory.Application
}

func newBench(t *testing.T, settings world.Settings) *bench {
	t.Helper()
	settings.Seed = 5
	b := &bench{w: world.New(settings)}
	t.Cleanup(b.w.Close)
	b.d = directory.New(b.w)
	b.w.Lock()
	defer b.w.Unlock()
	b.t = b.d.AddTenant(directory.TenantSpec{Domain: "contoso.onmicrosoft.com", DisplayName: "Contoso"})
	b.app = b.d.AddApplication(b.t.ID, directory.AppSpec{DisplayName: "app"})
	return b
}

// code signs in and answers the AADSTS code, 0 for success.
func (b *bench) code(secret, region string) int {
	b.w.Lock()
	defer b.w.Unlock()
	_, failure := b.d.SignIn(b.w.Now(), directory.SignIn{
		Tenant: b.t.Domain, ClientID: b.app.AppID, Secret: secret, Resource: "https://vault.azure.net", Region: region,
	})
	if failure != nil {
		return failure.Code
	}
	return 0
}

func (b *bench) add(spec directory.PasswordSpec) *directory.Password {
	b.w.Lock()
	defer b.w.Unlock()
	return b.d.AddPassword(b.app, spec)
}

func TestPasswordsPropagateRegionByRegion(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{})
	b.w.Lock()
	if err := b.w.SetSwitch(world.PropagationSwitch, "eu-west=0s,eu-north=20s,us-east=10m"); err != nil {
		t.Fatal(err)
	}
	b.w.Unlock()
	p := b.add(directory.PasswordSpec{})
	check := func(when string, want map[string]int) {
		t.Helper()
		for region, code := range want {
			if got := b.code(p.Value, region); got != code {
				t.Errorf("%s in %s: %d, want %d", when, region, got, code)
			}
		}
	}
	check("at once", map[string]int{"eu-west": 0, "eu-north": 7000215, "us-east": 7000215})
	b.w.Advance(21 * time.Second)
	check("after 21 s", map[string]int{"eu-west": 0, "eu-north": 0, "us-east": 7000215})
	b.w.Advance(10 * time.Minute)
	check("after ten minutes", map[string]int{"eu-west": 0, "eu-north": 0, "us-east": 0})
	if want := p.UsableFrom["us-east"]; !p.UsableEverywhere().Equal(want) {
		t.Errorf("usable everywhere from %s, want %s", p.UsableEverywhere(), want)
	}
	b.w.Lock()
	removed := b.d.RemovePassword(b.app, strings.ToUpper(p.KeyID))
	b.w.Unlock()
	if !removed {
		t.Fatal("not removed")
	}
	check("removed at once", map[string]int{"eu-west": 7000215, "eu-north": 0, "us-east": 0})
	b.w.Advance(21 * time.Second)
	check("removed 21 s ago", map[string]int{"eu-west": 7000215, "eu-north": 7000215, "us-east": 0})
	b.w.Advance(10 * time.Minute)
	check("removed ten minutes ago", map[string]int{"us-east": 7000215})
}

func TestPasswordsStartAndEnd(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{Gentle: true})
	now := b.w.Now()
	p := b.add(directory.PasswordSpec{Start: now.Add(time.Hour), End: now.Add(2 * time.Hour)})
	for _, step := range []struct {
		advance time.Duration
		code    int
	}{{0, 7000215}, {61 * time.Minute, 0}, {time.Hour, 7000222}} {
		b.w.Advance(step.advance)
		if got := b.code(p.Value, ""); got != step.code {
			t.Errorf("%s in: %d, want %d", b.w.Now().Sub(now), got, step.code)
		}
	}
}

func TestDrawnSecretsLookLikeMicrosofts(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{Gentle: true})
	seen := map[string]bool{}
	for range 200 {
		p := b.add(directory.PasswordSpec{})
		if len(p.Value) != 40 || p.Value[3:6] != "8Q~" || p.Hint() != p.Value[:3] || seen[p.Value] || strings.Trim(p.Value, "~._-") == "" {
			t.Fatalf("value %q", p.Value)
		}
		seen[p.Value] = true
	}
}

func TestWhoMayNotSignIn(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{Gentle: true})
	p := b.add(directory.PasswordSpec{Settled: true})
	b.w.Lock()
	b.app.ServicePrincipal.Disabled = true
	b.w.Unlock()
	if got := b.code(p.Value, ""); got != 7000112 {
		t.Errorf("disabled: %d", got)
	}
	b.w.Lock()
	b.d.DeleteServicePrincipal(b.app.ServicePrincipal)
	b.w.Unlock()
	if got := b.code(p.Value, ""); got != 7000229 {
		t.Errorf("without a principal: %d", got)
	}
	b.w.Lock()
	b.d.DeleteApplication(b.app)
	b.w.Unlock()
	if got := b.code(p.Value, ""); got != 700016 {
		t.Errorf("deleted: %d", got)
	}
}

func TestTokensOutliveTheirSecret(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{})
	p := b.add(directory.PasswordSpec{Settled: true})
	b.w.Lock()
	id, failure := b.d.SignIn(b.w.Now(), directory.SignIn{Tenant: b.t.ID, ClientID: b.app.AppID, Secret: p.Value, Resource: directory.VaultAppID})
	b.d.RemoveAllPasswords(b.app)
	b.w.Unlock()
	if failure != nil {
		t.Fatal(failure)
	}
	if life := id.Expires.Sub(id.Issued); life < time.Hour || life > 90*time.Minute {
		t.Errorf("a token lives %s", life)
	}
	token := b.d.Mint(id)
	b.w.Advance(55 * time.Minute)
	if got, err := b.d.Verify(token, "https://vault.azure.net/"); err != nil || got.AppID != b.app.AppID || got.Tenant != b.t.ID {
		t.Errorf("after 55 minutes: %+v, %v", got, err)
	}
	if _, err := b.d.Verify(token, "https://management.azure.com"); !errors.Is(err, directory.ErrTokenAudience) {
		t.Errorf("elsewhere: %v", err)
	}
	b.w.Advance(40 * time.Minute)
	if _, err := b.d.Verify(token, "https://vault.azure.net"); !errors.Is(err, directory.ErrTokenExpired) {
		t.Errorf("after 95 minutes: %v", err)
	}
	if b.code(p.Value, "") != 7000215 {
		t.Error("the removed secret still signs in")
	}
}

func TestGrantsAreInTokensOfTheirAPIOnly(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{Gentle: true})
	p := b.add(directory.PasswordSpec{Settled: true})
	b.w.Lock()
	defer b.w.Unlock()
	b.d.Grant(b.app.ServicePrincipal, directory.GraphAppID, "Application.ReadWrite.OwnedBy")
	late := b.d.Grant(b.app.ServicePrincipal, directory.GraphAppID, "AuditLog.Read.All")
	late.From = b.w.Now().Add(time.Hour)
	for resource, want := range map[string]string{"https://graph.microsoft.com/": "Application.ReadWrite.OwnedBy", "https://management.azure.com": ""} {
		id, failure := b.d.SignIn(b.w.Now(), directory.SignIn{Tenant: b.t.ID, ClientID: b.app.AppID, Secret: p.Value, Resource: resource})
		if failure != nil || strings.Join(id.Roles, ",") != want {
			t.Errorf("%s: roles %v, %v", resource, id.Roles, failure)
		}
	}
}
