package seed

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"keyturn/simulator/azure"
	"keyturn/simulator/directory"
	"keyturn/simulator/vault"
)

// EstatePrefix begins the name of an organisation with any number of applications: "large:300". "large:300:due" is one
// whose secrets all end within 29 days, "large:300:fresh" one in which none ends within 40.
const EstatePrefix = "large:"

// mostApplications is as many as an estate may have; Entra itself allows more.
const mostApplications = 50_000

// inGroup is how many applications share a resource group with its vault and its Automation account.
const inGroup = 250

// estate is an organisation with many applications, planted beside the neighbours that every sample has.
type estate struct {
	*planter
	size   int
	lives  string // "" = a mix, "due", "fresh"
	file   strings.Builder
	groups []estateGroup
}

// estateGroup is one resource group and what is in it.
type estateGroup struct {
	places
	rbac bool // its vault goes by roles, not by access policies
}

// readEstate reads the name of an estate.
func readEstate(name string) (size int, lives string, err error) {
	number, lives, _ := strings.Cut(strings.TrimPrefix(name, EstatePrefix), ":")
	size, err = strconv.Atoi(number)
	if err != nil || size < 1 || size > mostApplications || (lives != "" && lives != "due" && lives != "fresh") {
		return 0, "", fmt.Errorf("%q is no organisation: write large:N with N from 1 to %d, or large:N:due, or large:N:fresh", name, mostApplications)
	}
	return size, lives, nil
}

// plantEstate fills an empty cloud with an organisation. The lock is held.
func (s *planter) plantEstate(name string) (Sample, error) {
	size, lives, err := readEstate(name)
	if err != nil {
		return Sample{}, err
	}
	e := &estate{planter: s, size: size, lives: lives}
	e.plantPeople()
	e.a.AddSubscription(e.places.Subscription, "Contoso Production", e.places.Tenant)
	for i := range (size + inGroup - 1) / inGroup {
		e.plantGroup(i)
	}
	e.beginFile()
	for i := range size {
		e.plantApplication(i)
	}
	return Sample{
		Tenant: e.places.Tenant, Domain: e.places.Domain, Subscription: e.places.Subscription,
		AdminClientID: e.admin.AppID, AdminSecret: e.adminSecret.Value, KeyturnYAML: e.file.String(),
	}, nil
}

func (e *estate) plantPeople() {
	e.places = newPlaces(e.w)
	e.d.AddTenant(directory.TenantSpec{ID: e.places.Tenant, Domain: e.places.Domain, DisplayName: "Contoso"})
	e.installer = e.d.AddUser(e.places.Tenant, directory.UserSpec{
		Name: "megan.bowen@" + e.places.Domain, Password: "Autumn-" + e.w.NewID()[:8], DisplayName: "Megan Bowen", MFA: true,
		Roles: []string{"Global Administrator"},
	})
	e.plantAdmin()
	e.adminSecret.End = e.now.AddDate(50, 0, 0) // as a managed identity, which never ends: such an organisation lives for decades
	e.plantNeighbours()
}

// plantGroup makes a resource group with a vault and an Automation account; every third vault goes by roles.
func (e *estate) plantGroup(i int) {
	g := estateGroup{places: e.places, rbac: i%3 == 2}
	g.Group, g.Vault, g.Account = fmt.Sprintf("rg-apps-%02d", i+1), fmt.Sprintf("kv-apps-%02d", i+1), fmt.Sprintf("auto-apps-%02d", i+1)
	e.groups = append(e.groups, g)
	e.a.AddGroup(g.Subscription, g.Group, g.Location)
	e.a.AddRoleAssignment(e.admin.ServicePrincipal.ObjectID, "Contributor", g.group())
	spec := vault.VaultSpec{Name: g.Vault, Tenant: g.Tenant, Location: g.Location, ResourceID: g.vault(), RBAC: g.rbac}
	if g.rbac {
		e.a.AddRoleAssignment(e.admin.ServicePrincipal.ObjectID, "Key Vault Secrets Officer", g.vault())
	} else {
		spec.AccessPolicies = []vault.AccessPolicy{
			{Tenant: g.Tenant, ObjectID: e.admin.ServicePrincipal.ObjectID, Secrets: []string{"get", "list", "set"}},
		}
	}
	e.v.AddVault(spec).Created = e.now.Add(-900 * day)
	e.a.AddResource(azure.Resource{
		ID: g.account(), Location: g.Location, Created: e.now.Add(-900 * day),
		Properties: map[string]any{"sku": map[string]any{"name": "Free"}, "state": "Ok", "publicNetworkAccess": true},
	})
}

// life is how long the secret of an application still lives: of a mix, two in five end within 29 days.
func (e *estate) life(i int) time.Duration {
	spread := time.Duration(e.w.Rand().IntN(24*60)) * time.Minute
	switch {
	case e.lives == "due", e.lives == "" && i%5 < 2:
		return time.Duration(1+i%28)*day + spread
	case e.lives == "fresh":
		return time.Duration(40+i%300)*day + spread
	}
	return time.Duration(31+i%310)*day + spread
}
