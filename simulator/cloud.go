package simulator

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"keyturn/simulator/acs"
	"keyturn/simulator/azure"
	"keyturn/simulator/consumer"
	"keyturn/simulator/directory"
	"keyturn/simulator/graph"
	"keyturn/simulator/login"
	"keyturn/simulator/seed"
	"keyturn/simulator/sharepoint"
	"keyturn/simulator/vault"
	"keyturn/simulator/world"
)

// cloud is one planted sample with all its hosts; a reset replaces it.
type cloud struct {
	w      *world.World
	d      *directory.Directory
	v      *vault.Service
	a      *azure.Service
	p      *consumer.Park
	acs    *acs.Service
	sites  *sharepoint.Service
	login  *login.Service
	graph  *graph.Service
	sample seed.Sample
}

func newCloud(options Options) (*cloud, error) {
	w := world.New(options.Settings)
	c := &cloud{w: w, d: directory.New(w)}
	c.v = vault.New(w, c.d)
	c.a = azure.New(w, c.d, c.v)
	c.p = consumer.New(w, c.d, c.v, c.a)
	c.login, c.graph = login.New(w, c.d), graph.New(w, c.d)
	c.acs = acs.New(w, c.d)
	c.sites = sharepoint.New(w, c.d, c.acs)
	var err error
	ground := seed.Ground{World: w, Directory: c.d, Vaults: c.v, Azure: c.a, Park: c.p, ACS: c.acs, SharePoint: c.sites, Dir: options.Dir}
	if c.sample, err = seed.Plant(options.Seed, ground); err != nil {
		w.Close()
		return nil, fmt.Errorf("plant sample: %w", err)
	}
	return c, nil
}

// host answers who serves a host name, nil for one that does not resolve in this cloud.
func (c *cloud) host(name string) http.Handler {
	if c.w.Cloud().IsLogin(name) {
		return c.login
	}
	switch name {
	case "microsoft.com", "www.microsoft.com": // where people type a device's code
		return c.login
	}
	switch cloud := c.w.Cloud(); {
	case slices.Contains(cloud.GraphHosts, name):
		return c.graph
	case slices.Contains(cloud.ARMHosts, name):
		return c.a
	case strings.HasSuffix(name, "."+cloud.VaultSuffix) && c.v.HasVault(name):
		return c.v
	}
	if azure.HasCallbackHost(name) {
		return c.a
	}
	return c.addInHost(name)
}

// addInHost answers who serves what only add-ins and people's browsers ask for.
func (c *cloud) addInHost(name string) http.Handler {
	switch {
	case slices.Contains(c.w.Cloud().ACSHosts, name) && !c.acs.Gone():
		return c.acs
	case strings.HasSuffix(name, "."+c.w.Cloud().SharePointSuffix) && c.sites.HasHost(name):
		return c.sites
	case isElsewhere(name):
		return elsewhere{c}
	}
	return nil
}

// bareHost is a host name without its port, in lower case.
func bareHost(hostPort string) string {
	name := strings.ToLower(hostPort)
	if i := strings.LastIndexByte(name, ':'); i >= 0 && !strings.HasSuffix(name, "]") {
		name = name[:i]
	}
	return strings.TrimSuffix(name, ".")
}

// drawSeed draws a seed that is not zero.
func drawSeed() uint64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails, by its documentation
	return binary.NativeEndian.Uint64(b[:]) | 1
}
