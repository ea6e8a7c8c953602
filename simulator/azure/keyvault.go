package azure

import (
	"maps"
	"net/http"
	"regexp"
	"strings"

	"keyturn/simulator/azure/role"
	"keyturn/simulator/vault"
)

const (
	vaultType = "Microsoft.KeyVault/vaults"
	// rbacDefaultFrom is the api-version from which a new vault uses role assignments unless told otherwise.
	// Source: learn.microsoft.com/azure/key-vault/general/access-control-default, read 2026-11-22.
	rbacDefaultFrom = "2026-02-01"
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
	if refused := c.checkVault(in); refused != nil {
		return *refused
	}
	p, v := in.Properties, c.vault()
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

// checkVault refuses a vault that could not be made or replaced as the body has it.
func (c *call) checkVault(in vaultWrite) *answer {
	p := in.Properties
	var a answer
	switch {
	case in.Location == "":
		a = fail(http.StatusBadRequest, "LocationRequired", "The location property is required for this definition.")
	case p == nil || !guidForm.MatchString(p.TenantID) || p.SKU == nil:
		a = fail(http.StatusBadRequest, "BadRequest", "The vault's properties must hold tenantId and sku.")
	case !vaultName.MatchString(c.at.name()):
		a = fail(http.StatusBadRequest, "VaultNameNotValid", "The vault name '%s' is invalid. A vault's name must be between 3-24 alphanumeric characters. The name must begin with a letter, end with a letter or digit, and not contain consecutive hyphens.", c.at.name())
	case c.vault() == nil && c.s.v.Vault(c.at.name()) != nil:
		a = fail(http.StatusConflict, "VaultAlreadyExists", "The vault name '%s' is already in use. Vault names are globally unique so it is possible that the name is already taken.", c.at.name())
	case c.vault() == nil && c.lacksPolicies(in):
		a = fail(http.StatusBadRequest, "BadRequest", "The parameter accessPolicies is not specified.")
	case p.AccessPolicies != nil:
		_, refused := c.policies(*p.AccessPolicies)
		return refused
	default:
		return nil
	}
	return &a
}

// lacksPolicies reports whether a new vault says neither who may use it nor that roles decide, in a version where roles were not the default.
func (c *call) lacksPolicies(in vaultWrite) bool {
	roles := in.Properties.RBAC != nil && *in.Properties.RBAC
	return in.Properties.AccessPolicies == nil && !roles && c.version < rbacDefaultFrom
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
