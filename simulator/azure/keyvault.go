package azure

import (
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"keyturn/simulator/azure/role"
	"keyturn/simulator/vault"
)

const (
	vaultType = "Microsoft.KeyVault/vaults"
	// rbacDefaultFrom is the api-version from which a new vault uses role assignments unless told otherwise.
	// Source: learn.microsoft.com/azure/key-vault/general/access-control-default, read 2026-11-22.
	rbacDefaultFrom = "2026-02-01"
	mostPolicies    = 1024
)

var vaultName = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9-]{1,22}[a-zA-Z0-9]$`)

func (s *Service) vaultRoutes() []entry {
	return []entry{
		{"GET Microsoft.KeyVault/vaults/*", (*call).getVault},
		{"GET Microsoft.KeyVault/vaults", (*call).listVaults},
		{"PUT Microsoft.KeyVault/vaults/*", (*call).putVault},
		{"PATCH Microsoft.KeyVault/vaults/*", (*call).patchVault},
		{"DELETE Microsoft.KeyVault/vaults/*", (*call).deleteVault},
		{"PUT Microsoft.KeyVault/vaults/accessPolicies/*", (*call).putPolicies},
		{"GET Microsoft.KeyVault/vaults/secrets", (*call).listVaultSecrets},
		{"GET Microsoft.KeyVault/vaults/secrets/*", (*call).getVaultSecret},
		{"PUT Microsoft.KeyVault/vaults/secrets/*", (*call).putVaultSecret},
	}
}

// vaultAt finds the vault with a resource id; nil when there is none.
func (s *Service) vaultAt(id string) *vault.Vault {
	for _, v := range s.v.Vaults() {
		if key(v.ResourceID) == key(id) {
			return v
		}
	}
	return nil
}

// vault is the vault in the path, whether the path is its own or goes on below it.
func (c *call) vault() *vault.Vault {
	p := c.at.last()
	return c.s.vaultAt(c.at.scope() + "/providers/" + p.namespace + "/" + p.types[0] + "/" + p.names[0])
}

func (c *call) vaultNotFound() answer {
	return fail(http.StatusNotFound, "ResourceNotFound", "The Resource '%s/%s' under resource group '%s' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix", vaultType, c.at.last().names[0], c.at.group)
}

// policyBody is an access policy on the wire.
type policyBody struct {
	TenantID      string         `json:"tenantId"`
	ObjectID      string         `json:"objectId"`
	ApplicationID string         `json:"applicationId,omitempty"`
	Permissions   permissionBody `json:"permissions"`
}

type permissionBody struct {
	Keys         []string `json:"keys,omitempty"`
	Secrets      []string `json:"secrets,omitempty"`
	Certificates []string `json:"certificates,omitempty"`
	Storage      []string `json:"storage,omitempty"`
}

func policyBodies(policies []vault.AccessPolicy) []policyBody {
	bodies := []policyBody{}
	for _, p := range policies {
		bodies = append(bodies, policyBody{
			TenantID: p.Tenant, ObjectID: p.ObjectID, ApplicationID: p.ApplicationID,
			Permissions: permissionBody{Keys: p.Keys, Secrets: p.Secrets, Certificates: p.Certificates, Storage: p.Store},
		})
	}
	return bodies
}

func (b policyBody) policy() vault.AccessPolicy {
	p := b.Permissions
	return vault.AccessPolicy{Tenant: b.TenantID, ObjectID: b.ObjectID, ApplicationID: b.ApplicationID, Keys: p.Keys, Secrets: p.Secrets, Certificates: p.Certificates, Store: p.Storage}
}

// known reports whether every permission is a word of the API.
func (b policyBody) known() bool {
	within := func(asked []string, words string) bool {
		return !slices.ContainsFunc(asked, func(one string) bool { return !slices.Contains(strings.Fields(words), strings.ToLower(one)) })
	}
	p := b.Permissions
	return within(p.Secrets, "all get list set delete backup restore recover purge") &&
		within(p.Keys, "all encrypt decrypt wrapkey unwrapkey sign verify get list create update import delete backup restore recover purge release rotate getrotationpolicy setrotationpolicy") &&
		within(p.Certificates, "all get list delete create import update managecontacts getissuers listissuers setissuers deleteissuers manageissuers recover purge backup restore")
}

func vaultBody(v *vault.Vault) map[string]any {
	tags := v.Tags
	if tags == nil {
		tags = map[string]string{}
	}
	return map[string]any{"id": v.ResourceID, "name": v.Name, "type": vaultType, "location": v.Location, "tags": tags, "properties": vaultProperties(v)}
}

func vaultProperties(v *vault.Vault) map[string]any {
	properties := map[string]any{
		"sku": map[string]any{"family": "A", "name": v.SKU}, "tenantId": v.Tenant, "accessPolicies": policyBodies(v.ListedPolicies()),
		"enabledForDeployment": false, "enabledForDiskEncryption": false, "enabledForTemplateDeployment": true, "enableSoftDelete": true,
		"softDeleteRetentionInDays": v.RetentionDays, "enableRbacAuthorization": v.RBAC, "vaultUri": v.URI(), "provisioningState": "Succeeded", "publicNetworkAccess": "Enabled",
	}
	if v.PurgeProtect {
		properties["enablePurgeProtection"] = true
	}
	if v.FirewallOn {
		properties["networkAcls"] = map[string]any{"bypass": "AzureServices", "defaultAction": "Deny", "ipRules": []any{}, "virtualNetworkRules": []any{}}
	}
	return properties
}

func (c *call) getVault() answer {
	if v := c.vault(); v != nil {
		return ok(vaultBody(v))
	}
	return c.vaultNotFound()
}

func (c *call) listVaults() answer {
	seen := []any{}
	for _, v := range c.s.v.Vaults() {
		if v.ResourceID != "" && role.Covers(c.at.scope(), v.ResourceID) {
			seen = append(seen, vaultBody(v))
		}
	}
	return c.page(seen)
}

// vaultWrite is the body of PUT and PATCH on a vault.
type vaultWrite struct {
	Location   string            `json:"location"`
	Tags       map[string]string `json:"tags"`
	Properties *struct {
		TenantID       string                 `json:"tenantId"`
		SKU            *struct{ Name string } `json:"sku"`
		AccessPolicies *[]policyBody          `json:"accessPolicies"`
		RBAC           *bool                  `json:"enableRbacAuthorization"`
		Retention      *int                   `json:"softDeleteRetentionInDays"`
		PurgeProtect   *bool                  `json:"enablePurgeProtection"`
		NetworkACLs    *struct {
			DefaultAction string `json:"defaultAction"`
		} `json:"networkAcls"`
	} `json:"properties"`
}

func (c *call) putVault() answer {
	var in vaultWrite
	if refused := c.decode(&in); refused != nil {
		return *refused
	}
	p := in.Properties
	v := c.vault()
	switch {
	case in.Location == "":
		return fail(http.StatusBadRequest, "LocationRequired", "The location property is required for this definition.")
	case p == nil || !guidForm.MatchString(p.TenantID) || p.SKU == nil:
		return fail(http.StatusBadRequest, "BadRequest", "The vault's properties must hold tenantId and sku.")
	case !vaultName.MatchString(c.at.name()):
		return fail(http.StatusBadRequest, "VaultNameNotValid", "The vault name '%s' is invalid. A vault's name must be between 3-24 alphanumeric characters. The name must begin with a letter, end with a letter or digit, and not contain consecutive hyphens.", c.at.name())
	case v == nil && c.s.v.Vault(c.at.name()) != nil:
		return fail(http.StatusConflict, "VaultAlreadyExists", "The vault name '%s' is already in use. Vault names are globally unique so it is possible that the name is already taken.", c.at.name())
	case v == nil && p.AccessPolicies == nil && (p.RBAC == nil || !*p.RBAC) && c.version < rbacDefaultFrom:
		return fail(http.StatusBadRequest, "BadRequest", "The parameter accessPolicies is not specified.")
	}
	isNew := v == nil
	if isNew {
		v = c.s.v.AddVault(vault.VaultSpec{Name: c.at.name(), Tenant: p.TenantID, Location: plainLocation(in.Location), ResourceID: c.at.id(), SKU: p.SKU.Name, RBAC: c.version >= rbacDefaultFrom})
	}
	v.Tags = in.Tags
	if refused := c.changeVault(v, in); refused != nil {
		return *refused
	}
	if isNew {
		return created(vaultBody(v))
	}
	return ok(vaultBody(v))
}

// changeVault takes over what the body names; what it leaves out stays.
func (c *call) changeVault(v *vault.Vault, in vaultWrite) *answer {
	p := in.Properties
	if p.RBAC != nil {
		v.RBAC = *p.RBAC
	}
	if p.Retention != nil {
		v.RetentionDays = *p.Retention
	}
	if p.PurgeProtect != nil {
		v.PurgeProtect = *p.PurgeProtect
	}
	if p.NetworkACLs != nil {
		v.FirewallOn = strings.EqualFold(p.NetworkACLs.DefaultAction, "Deny")
	}
	if p.AccessPolicies == nil {
		return nil
	}
	entries, refused := c.policies(*p.AccessPolicies)
	if refused != nil {
		return refused
	}
	c.s.v.ReplacePolicies(v, entries)
	return nil
}

func (c *call) patchVault() answer {
	var in vaultWrite
	if refused := c.decode(&in); refused != nil {
		return *refused
	}
	v := c.vault()
	if v == nil {
		return c.vaultNotFound()
	}
	if in.Tags != nil {
		v.Tags = maps.Clone(in.Tags)
	}
	if in.Properties != nil {
		if refused := c.changeVault(v, in); refused != nil {
			return *refused
		}
	}
	return ok(vaultBody(v))
}

func (c *call) deleteVault() answer {
	v := c.vault()
	if v == nil {
		return empty(http.StatusNoContent)
	}
	c.s.v.RemoveVault(v.Name)
	return empty(http.StatusOK)
}

// policies checks entries from the wire.
func (c *call) policies(bodies []policyBody) ([]vault.AccessPolicy, *answer) {
	entries := make([]vault.AccessPolicy, 0, len(bodies))
	for _, b := range bodies {
		if !guidForm.MatchString(b.TenantID) || !guidForm.MatchString(b.ObjectID) || !b.known() {
			a := fail(http.StatusBadRequest, "BadRequest", "An invalid value was provided for 'accessPolicies'.")
			return nil, &a
		}
		entries = append(entries, b.policy())
	}
	if len(entries) > mostPolicies {
		a := fail(http.StatusBadRequest, "BadRequest", "The number of access policies must not exceed %d.", mostPolicies)
		return nil, &a
	}
	return entries, nil
}

// putPolicies adds, replaces or removes access policies; the data plane follows after a while.
func (c *call) putPolicies() answer {
	var in struct {
		Properties *struct {
			AccessPolicies []policyBody `json:"accessPolicies"`
		} `json:"properties"`
	}
	if refused := c.decode(&in); refused != nil {
		return *refused
	}
	v := c.vault()
	if v == nil {
		return c.vaultNotFound()
	}
	if in.Properties == nil {
		return fail(http.StatusBadRequest, "BadRequest", "The parameter properties is not specified.")
	}
	entries, refused := c.policies(in.Properties.AccessPolicies)
	if refused != nil {
		return *refused
	}
	changes := map[string]func(*vault.Vault, []vault.AccessPolicy){"add": c.s.v.AddPolicies, "replace": c.s.v.ReplacePolicies, "remove": c.s.v.RemovePolicies}
	change, known := changes[strings.ToLower(c.at.name())]
	if !known {
		return fail(http.StatusBadRequest, "BadRequest", "The operation kind '%s' is invalid; add, replace or remove is expected.", c.at.name())
	}
	change(v, entries)
	return ok(map[string]any{
		"id": v.ResourceID + "/accessPolicies/", "type": vaultType + "/accessPolicies", "name": c.at.name(), "location": v.Location,
		"properties": map[string]any{"accessPolicies": policyBodies(v.ListedPolicies())},
	})
}

func unix(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.Unix()
}
