package azure_test

import (
	"net/http"
	"testing"
	"time"

	"keyturn/simulator/world"
)

func TestAWebAppRunsWithItsSettingsFromItsNextStart(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{Seed: 3})
	app := group + "/providers/Microsoft.Web/sites/desk"
	b.w.Lock()
	b.s.AddSite(app, "westeurope", map[string]string{"Secret": "old", "Database": "live"}, "Database")
	b.s.AddSite(app+"/slots/staging", "westeurope", map[string]string{"Secret": "other", "Database": "test"})
	b.w.Unlock()
	running := func(id, name string) string {
		b.w.Lock()
		defer b.w.Unlock()
		return b.s.RunningSettings(id, b.w.Now())[name]
	}
	const version = "?api-version=2024-04-01"
	if a := b.do(t, http.MethodPut, app+"/config/appsettings"+version, `{"properties":{"Secret":"new","Database":"live"}}`); a.status != http.StatusOK {
		t.Fatalf("write: %d %s", a.status, a.body)
	}
	if got := running(app, "Secret"); got != "old" {
		t.Errorf("before it has started anew it runs with %q", got)
	}
	b.w.Advance(time.Minute)
	if got := running(app, "Secret"); got != "new" {
		t.Errorf("after it has started anew it runs with %q", got)
	}
	if a := b.do(t, http.MethodPost, app+"/slots/staging/slotsswap"+version, `{"targetSlot":"production"}`); a.status != http.StatusOK {
		t.Fatalf("swap: %d %s", a.status, a.body)
	}
	b.w.Advance(time.Minute)
	if running(app, "Secret") != "other" || running(app, "Database") != "live" || running(app+"/slots/staging", "Secret") != "new" || running(app+"/slots/staging", "Database") != "test" {
		t.Error("a swap moves what stays, or leaves what moves")
	}
	for path, want := range map[string]int{
		"/restart": http.StatusOK, "/slotsswap": http.StatusNotFound,
	} {
		if a := b.do(t, http.MethodPost, app+path+version, `{"targetSlot":"none"}`); a.status != want {
			t.Errorf("%s: %d %s, want %d", path, a.status, a.body, want)
		}
	}
	if a := b.do(t, http.MethodGet, app+"/config/configreferences/appsettings"+version, ""); a.status != http.StatusOK {
		t.Errorf("references: %d %s", a.status, a.body)
	}
}
