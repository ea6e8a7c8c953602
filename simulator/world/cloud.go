package world

import (
	"fmt"
	"slices"
	"strings"
)

// Cloud is one of Microsoft's clouds: under which names it answers. Addresses have no slash at the end; the first host of
// a list is the one that the cloud itself tells. Sources: https://learn.microsoft.com/graph/deployments,
// https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud, the clouds of the Azure CLI
// (core/cloud.py) and of PnP Framework (AzureEnvironment), read 2026-11-22.
type Cloud struct {
	Name string
	// LoginHosts serve sign-ins, GraphHosts Microsoft Graph, ARMHosts Azure Resource Manager, ACSHosts the tokens of
	// SharePoint add-ins.
	LoginHosts, GraphHosts, ARMHosts, ACSHosts []string
	// STS is the address that issues tokens of version 1.0.
	STS string
	// What follows the name of a vault, a SharePoint tenant and a tenant's initial domain.
	VaultSuffix, SharePointSuffix, InitialSuffix string
	// DeviceLogin is where a person types a device's code.
	DeviceLogin string
	// Instance is how discovery documents and tokens name the cloud.
	Instance string
}

// The clouds' names.
const (
	CloudPublic = "public"
	CloudUSGov  = "usgov"
	CloudDoD    = "usgov-dod"
	CloudChina  = "china"
)

// clouds are all clouds; the first is the default.
func clouds() []Cloud {
	return []Cloud{
		{
			Name: CloudPublic, Instance: "microsoftonline.com", STS: "https://sts.windows.net",
			LoginHosts: []string{"login.microsoftonline.com", "login.windows.net", "login.microsoft.com", "sts.windows.net"},
			GraphHosts: []string{"graph.microsoft.com"}, ARMHosts: []string{"management.azure.com", "management.core.windows.net"},
			ACSHosts: []string{"accounts.accesscontrol.windows.net"}, VaultSuffix: "vault.azure.net", SharePointSuffix: "sharepoint.com",
			InitialSuffix: "onmicrosoft.com", DeviceLogin: "https://microsoft.com/devicelogin",
		},
		{
			Name: CloudUSGov, Instance: "microsoftonline.us", STS: "https://sts.windows.net",
			LoginHosts: []string{"login.microsoftonline.us", "login.usgovcloudapi.net"},
			GraphHosts: []string{"graph.microsoft.us"}, ARMHosts: []string{"management.usgovcloudapi.net", "management.core.usgovcloudapi.net"},
			ACSHosts: []string{"accounts.accesscontrol.windows.net"}, VaultSuffix: "vault.usgovcloudapi.net", SharePointSuffix: "sharepoint.us",
			InitialSuffix: "onmicrosoft.us", DeviceLogin: "https://microsoft.com/deviceloginus",
		},
		{
			Name: CloudDoD, Instance: "microsoftonline.us", STS: "https://sts.windows.net",
			LoginHosts: []string{"login.microsoftonline.us", "login.usgovcloudapi.net"},
			GraphHosts: []string{"dod-graph.microsoft.us"}, ARMHosts: []string{"management.usgovcloudapi.net", "management.core.usgovcloudapi.net"},
			ACSHosts: []string{"accounts.accesscontrol.windows.net"}, VaultSuffix: "vault.usgovcloudapi.net", SharePointSuffix: "sharepoint-mil.us",
			InitialSuffix: "onmicrosoft.us", DeviceLogin: "https://microsoft.com/deviceloginus",
		},
		{
			Name: CloudChina, Instance: "partner.microsoftonline.cn", STS: "https://sts.chinacloudapi.cn",
			LoginHosts: []string{"login.partner.microsoftonline.cn", "login.chinacloudapi.cn", "sts.chinacloudapi.cn"},
			GraphHosts: []string{"microsoftgraph.chinacloudapi.cn"}, ARMHosts: []string{"management.chinacloudapi.cn", "management.core.chinacloudapi.cn"},
			ACSHosts: []string{"accounts.accesscontrol.chinacloudapi.cn"}, VaultSuffix: "vault.azure.cn", SharePointSuffix: "sharepoint.cn",
			InitialSuffix: "partner.onmschina.cn", DeviceLogin: "https://microsoft.com/deviceloginchina",
		},
	}
}

// CloudOfLogin finds the cloud whose sign-ins are served under a host name.
func CloudOfLogin(host string) (Cloud, bool) {
	return cloudWith(func(c Cloud) bool { return c.IsLogin(host) })
}

// CloudOfGraph finds the cloud whose Microsoft Graph is served under a host name.
func CloudOfGraph(host string) (Cloud, bool) {
	return cloudWith(func(c Cloud) bool { return slices.Contains(c.GraphHosts, strings.ToLower(host)) })
}

// CloudOfARM finds the cloud whose Azure Resource Manager is served under a host name.
func CloudOfARM(host string) (Cloud, bool) {
	return cloudWith(func(c Cloud) bool { return slices.Contains(c.ARMHosts, strings.ToLower(host)) })
}

func cloudWith(fits func(Cloud) bool) (Cloud, bool) {
	for _, c := range clouds() {
		if fits(c) {
			return c, true
		}
	}
	return Cloud{}, false
}

// CloudNames lists the clouds that can be simulated.
func CloudNames() []string {
	var names []string
	for _, c := range clouds() {
		names = append(names, c.Name)
	}
	return names
}

// FindCloud is the cloud of a name, "" meaning the public one.
func FindCloud(name string) (Cloud, error) {
	for _, c := range clouds() {
		if strings.EqualFold(c.Name, name) || name == "" {
			return c, nil
		}
	}
	return Cloud{}, fmt.Errorf("no cloud is named %q; known: %s", name, strings.Join(CloudNames(), ", "))
}

func cloudOrPublic(name string) Cloud {
	c, err := FindCloud(name)
	if err != nil {
		return clouds()[0]
	}
	return c
}

// Cloud is the cloud that this world is.
func (w *World) Cloud() Cloud { return w.cloud }

// Login is the address that this cloud's sign-in tells for itself.
func (c Cloud) Login() string { return "https://" + c.LoginHosts[0] }

// Graph is the address of Microsoft Graph.
func (c Cloud) Graph() string { return "https://" + c.GraphHosts[0] }

// ARM is the address of Azure Resource Manager.
func (c Cloud) ARM() string { return "https://" + c.ARMHosts[0] }

// Vault is the audience of tokens for vaults.
func (c Cloud) Vault() string { return "https://" + c.VaultSuffix }

// Issuer is who issues tokens of version 1.0 for a tenant.
func (c Cloud) Issuer(tenant string) string { return c.STS + "/" + tenant + "/" }

// ARMAudiences are the addresses that tokens for Azure Resource Manager are asked for with.
func (c Cloud) ARMAudiences() []string {
	var all []string
	for _, host := range c.ARMHosts {
		all = append(all, "https://"+host)
	}
	return all
}

// IsLogin reports whether sign-ins are served under a host name.
func (c Cloud) IsLogin(host string) bool { return slices.Contains(c.LoginHosts, strings.ToLower(host)) }
