package simulator_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"

	"keyturn/simulator"
	"keyturn/simulator/world"
)

func TestUnmodifiedClientsWork(t *testing.T) {
	t.Parallel()
	r := start(t, world.Settings{Gentle: true})
	t.Run("graph with a token of azidentity", func(t *testing.T) {
		got := r.do(t, http.MethodGet, v1+"/applications?$select=id,appId,displayName,passwordCredentials", r.token(t, graphScope), nil)
		if got.status != http.StatusOK || len(got.body["value"].([]any)) == 0 {
			t.Errorf("applications: %d %s", got.status, got.text)
		}
	})
	t.Run("armresources lists the sample's resources", func(t *testing.T) {
		client, err := armresources.NewClient(r.Sample().Subscription, r.admin(t), &arm.ClientOptions{ClientOptions: r.options()})
		if err != nil {
			t.Fatal(err)
		}
		count := 0
		for pager := client.NewListPager(nil); pager.More(); {
			page, err := pager.NextPage(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			count += len(page.Value)
		}
		if count == 0 {
			t.Error("no resources")
		}
	})
	t.Run("azsecrets follows the challenge", func(t *testing.T) {
		name := vaultName(t, r)
		client, err := azsecrets.NewClient("https://"+name+".vault.azure.net", r.admin(t), &azsecrets.ClientOptions{ClientOptions: r.options()})
		if err != nil {
			t.Fatal(err)
		}
		got, err := client.GetSecret(t.Context(), "appSecret", "", nil)
		if err != nil || got.Value == nil || *got.Value == "" {
			t.Errorf("get secret: %v", err)
		}
	})
}

func vaultName(t *testing.T, r *rig) string {
	t.Helper()
	_, text := r.control(t, http.MethodGet, "/_sim/state", "")
	var state struct{ Vaults []struct{ Name string } }
	if err := json.Unmarshal([]byte(text), &state); err != nil || len(state.Vaults) == 0 {
		t.Fatalf("state: %v in %.200s", err, text)
	}
	return state.Vaults[0].Name
}

func TestDirHoldsWhatClientsNeed(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "Jürgen's cloud")
	r := startWith(t, simulator.Options{Dir: dir, Settings: world.Settings{Gentle: true}})
	shell, err := os.ReadFile(filepath.Join(dir, "env.ps1"))
	if err != nil || strings.ContainsFunc(string(shell), func(r rune) bool { return r > 126 }) ||
		!strings.Contains(string(shell), `J' + [char]252 + 'rgen' + [char]39 + 's cloud`) {
		t.Errorf("what Windows PowerShell reads: %s (%v)", shell, err)
	}
	for name, want := range map[string]string{
		"ca.pem": "BEGIN CERTIFICATE", "env": "export AZURE_CLIENT_SECRET='" + r.Sample().AdminSecret, "env.ps1": "$env:HTTPS_PROXY = '" + r.URL(),
		"keyturn.yaml": `proxy: "` + r.URL() + `"`,
	} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%s holds no %q (%v)", name, want, err)
		}
	}
	if a := r.Announcement(); a.Proxy != r.URL() || a.CA != filepath.Join(dir, "ca.pem") || a.Tenant == "" {
		t.Errorf("announcement %+v", a)
	}
}
