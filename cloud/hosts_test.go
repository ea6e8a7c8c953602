package cloud_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"keyturn/cloud"
	"keyturn/problem"
)

func TestEveryCloudHasEveryHost(t *testing.T) {
	t.Parallel()
	if len(cloud.Clouds()) != 4 {
		t.Errorf("clouds: %v", cloud.Clouds())
	}
	for _, name := range cloud.Clouds() {
		hosts, err := cloud.Lookup(name)
		if err != nil || hosts.Cloud != name {
			t.Fatalf("%s: %+v, %v", name, hosts, err)
		}
		for _, address := range []string{hosts.Login, hosts.Graph, hosts.ARM, hosts.ARMAudience, hosts.VaultAudience, hosts.Portal} {
			parsed, err := url.Parse(address)
			if err != nil || parsed.Scheme != "https" || parsed.Host == "" || parsed.Path != "" {
				t.Errorf("%s: %q is no bare https address", name, address)
			}
		}
		if hosts.VaultAudience != "https://"+hosts.VaultSuffix {
			t.Errorf("%s: vaults end in %s and tokens for them are for %s", name, hosts.VaultSuffix, hosts.VaultAudience)
		}
		for _, scope := range []string{hosts.GraphScope(), hosts.ARMScope(), hosts.VaultScope()} {
			if !strings.HasSuffix(scope, "/.default") || strings.Contains(scope, "//.default") {
				t.Errorf("%s: scope %q", name, scope)
			}
		}
	}
}

func TestCloudsAreFoundByName(t *testing.T) {
	t.Parallel()
	for name, graph := range map[string]string{
		"": "https://graph.microsoft.com", "Public": "https://graph.microsoft.com", "usgov": "https://graph.microsoft.us",
		"usgov-dod": "https://dod-graph.microsoft.us", "china": "https://microsoftgraph.chinacloudapi.cn",
	} {
		if hosts, err := cloud.Lookup(name); err != nil || hosts.Graph != graph {
			t.Errorf("cloud %q: %s, %v", name, hosts.Graph, err)
		}
	}
	_, err := cloud.Lookup("germany")
	if p := problem.Of(err); p.Class != problem.Person || !strings.Contains(p.Fix, "usgov-dod") {
		t.Errorf("a cloud that doesn't exist: %v, fix %q", err, p.Fix)
	}
}

func TestOnlyTheCloudsOwnHostsCount(t *testing.T) {
	t.Parallel()
	hosts, err := cloud.Lookup("public")
	if err != nil {
		t.Fatal(err)
	}
	for host, want := range map[string]bool{
		"graph.microsoft.com": true, "LOGIN.microsoftonline.com": true, "management.azure.com": true, "kv-x.vault.azure.net": true,
		"vault.azure.net": false, "graph.microsoft.com.example.org": false, "evilvault.azure.net": false, "169.254.169.254": false,
	} {
		if hosts.Owns(host) != want {
			t.Errorf("Owns(%s) = %v", host, !want)
		}
	}
}

func TestEveryHostIsOneOfFewServices(t *testing.T) {
	t.Parallel()
	for _, name := range cloud.Clouds() {
		hosts, err := cloud.Lookup(name)
		if err != nil {
			t.Fatal(err)
		}
		for service, address := range map[string]string{
			"login": hosts.Login, "graph": hosts.Graph, "arm": hosts.ARM, "vault": "https://KV-one." + hosts.VaultSuffix, "other": "https://169.254.169.254",
		} {
			at, err := url.Parse(address)
			if err != nil || hosts.Service(at.Hostname()) != service || !slices.Contains(cloud.Services, service) {
				t.Errorf("%s: %s is %s", name, address, hosts.Service(at.Hostname()))
			}
		}
	}
}
