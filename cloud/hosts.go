package cloud

import (
	"net/url"
	"sort"
	"strings"

	"keyturn/problem"
)

// Hosts is where one Microsoft cloud answers. Login, Graph, ARM, the audiences and Portal are addresses without a slash
// at the end; VaultSuffix is what follows a vault's name and a dot.
// The host of ACS is that of PnP's AzureEnvironment, https://github.com/pnp/pnpframework (read 2026-11-25).
// Source: https://learn.microsoft.com/graph/deployments and
// https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud (read 2026-11-22).
type Hosts struct {
	Cloud         string
	Login         string
	Graph         string
	ARM           string
	ARMAudience   string
	VaultSuffix   string
	VaultAudience string
	Portal        string
	ACS           string // Azure Access Control Service, which SharePoint add-ins sign in through
	SharePoint    string // what follows the name of a tenant's sites and a dot
}

// DefaultCloud is the cloud meant where none is named. Microsoft 365 GCC lives in it too.
const DefaultCloud = "public"

var clouds = map[string]Hosts{
	"public": {
		Login: "https://login.microsoftonline.com", Graph: "https://graph.microsoft.com",
		ARM: "https://management.azure.com", ARMAudience: "https://management.azure.com",
		VaultSuffix: "vault.azure.net", VaultAudience: "https://vault.azure.net", Portal: "https://portal.azure.com",
		ACS: "https://accounts.accesscontrol.windows.net", SharePoint: "sharepoint.com",
	},
	"usgov": {
		Login: "https://login.microsoftonline.us", Graph: "https://graph.microsoft.us",
		ARM: "https://management.usgovcloudapi.net", ARMAudience: "https://management.usgovcloudapi.net",
		VaultSuffix: "vault.usgovcloudapi.net", VaultAudience: "https://vault.usgovcloudapi.net", Portal: "https://portal.azure.us",
		ACS: "https://accounts.accesscontrol.windows.net", SharePoint: "sharepoint.us",
	},
	"usgov-dod": {
		Login: "https://login.microsoftonline.us", Graph: "https://dod-graph.microsoft.us",
		ARM: "https://management.usgovcloudapi.net", ARMAudience: "https://management.usgovcloudapi.net",
		VaultSuffix: "vault.usgovcloudapi.net", VaultAudience: "https://vault.usgovcloudapi.net", Portal: "https://portal.azure.us",
		ACS: "https://accounts.accesscontrol.windows.net", SharePoint: "sharepoint-mil.us",
	},
	// Microsoft names two sign-in hosts for China; this is the one that issues the tokens.
	"china": {
		Login: "https://login.partner.microsoftonline.cn", Graph: "https://microsoftgraph.chinacloudapi.cn",
		ARM: "https://management.chinacloudapi.cn", ARMAudience: "https://management.chinacloudapi.cn",
		VaultSuffix: "vault.azure.cn", VaultAudience: "https://vault.azure.cn", Portal: "https://portal.azure.cn",
		ACS: "https://accounts.accesscontrol.chinacloudapi.cn", SharePoint: "sharepoint.cn",
	},
}

// Lookup returns the hosts of a cloud: public (also ""), usgov, usgov-dod or china. Another name is a Person problem.
func Lookup(cloud string) (Hosts, error) {
	name := strings.ToLower(cloud)
	if name == "" {
		name = DefaultCloud
	}
	hosts, known := clouds[name]
	if !known {
		return Hosts{}, problem.NeedsPerson("cloud.unknown", "cloud", "there is no cloud named "+cloud,
			"set cloud to one of: "+strings.Join(Clouds(), ", "))
	}
	hosts.Cloud = name
	return hosts, nil
}

// Clouds returns the names that [Lookup] knows, sorted.
func Clouds() []string {
	var names []string
	for name := range clouds {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// GraphScope is the scope of a token for Microsoft Graph.
func (h Hosts) GraphScope() string { return h.Graph + "/.default" }

// ARMScope is the scope of a token for Azure Resource Manager.
func (h Hosts) ARMScope() string { return h.ARMAudience + "/.default" }

// VaultScope is the scope of a token for any vault's secrets.
func (h Hosts) VaultScope() string { return h.VaultAudience + "/.default" }

// Owns reports whether host (a name without port) is one of this cloud's: only those may tell the time, and only they
// are called the cloud's in messages.
func (h Hosts) Owns(host string) bool {
	host = strings.ToLower(host)
	for _, address := range []string{h.Login, h.Graph, h.ARM} {
		if parsed, err := url.Parse(address); err == nil && parsed.Hostname() == host {
			return true
		}
	}
	return h.IsVault(host)
}

// Services are the names that [Hosts.Service] gives.
var Services = []string{"login", "graph", "arm", "vault", "other"}

// Service names what a host is to Keyturn, in one of few words, whichever the cloud or the vault.
func (h Hosts) Service(host string) string {
	switch address := "https://" + strings.ToLower(host); {
	case address == h.Login:
		return "login"
	case address == h.Graph:
		return "graph"
	case address == h.ARM:
		return "arm"
	case h.IsVault(host):
		return "vault"
	}
	return "other"
}

// IsVault reports whether host is a vault's in this cloud.
func (h Hosts) IsVault(host string) bool {
	return strings.HasSuffix(strings.ToLower(host), "."+h.VaultSuffix)
}

// IsSharePoint reports whether host is one of SharePoint's in this cloud: only to such a host is a token of ACS shown.
func (h Hosts) IsSharePoint(host string) bool {
	return strings.HasSuffix(strings.ToLower(host), "."+h.SharePoint)
}
