package arm

import (
	"context"
	"slices"
	"strings"

	"keyturn/problem"
)

// vaultVersion: control-plane versions before this one retire on 27 February 2027.
// Source: https://learn.microsoft.com/azure/key-vault/general/access-control-default (read 2026-11-22).
const vaultVersion = "2026-02-01"

// Vault is what the control plane knows of a key vault.
type Vault struct {
	ID       string
	RBAC     bool // role assignments decide who may read and write its secrets; else Policies
	Policies []AccessPolicy
}

// AccessPolicy is what one user, group or service principal may do in a vault.
type AccessPolicy struct {
	ObjectID string
	Secrets  []string // "get", "list", "set", "all", ... in any letter case
}

// Grants reports whether the policy allows a secret permission.
func (p AccessPolicy) Grants(permission string) bool {
	return slices.ContainsFunc(p.Secrets, func(s string) bool {
		return strings.EqualFold(s, permission) || strings.EqualFold(s, "all")
	})
}

// FindVault looks for a vault by name in every subscription that the identity sees. Vault names are unique in a cloud.
// Where it was found once is remembered; what it says of itself is read each time. One that isn't there, or that we may
// not see, is problem.NotFound.
func (c *Client) FindVault(ctx context.Context, name string) (Vault, error) {
	if id, known := c.vaults.Load(strings.ToLower(name)); known {
		if found, err := c.Vault(ctx, id.(string)); err == nil || problem.Of(err).Class == problem.Retry {
			return found, err
		}
		c.vaults.Delete(strings.ToLower(name)) // moved, or made anew elsewhere
	}
	found, err := c.searchVault(ctx, name)
	if err == nil {
		c.vaults.Store(strings.ToLower(name), found.ID)
	}
	return found, err
}

func (c *Client) searchVault(ctx context.Context, name string) (Vault, error) {
	subscriptions, err := c.Subscriptions(ctx)
	if err != nil {
		return Vault{}, err
	}
	for _, s := range subscriptions {
		for found, err := range c.ResourcesNamed(ctx, "/subscriptions/"+s.ID, "Microsoft.KeyVault/vaults", name) {
			if err != nil {
				return Vault{}, err
			}
			return c.Vault(ctx, found.ID)
		}
	}
	return Vault{}, &problem.Error{
		Class: problem.Permanent, Code: problem.NotFound, Subject: "vault " + name,
		Message: "no subscription that we may read shows this vault",
	}
}

type rawVault struct {
	ID         string `json:"id"`
	Properties struct {
		RBAC     bool `json:"enableRbacAuthorization"`
		Policies []struct {
			ObjectID    string `json:"objectId"`
			Permissions struct {
				Secrets []string `json:"secrets"`
			} `json:"permissions"`
		} `json:"accessPolicies"`
	} `json:"properties"`
}

// Whole holds for what is a vault at all.
func (r *rawVault) Whole() bool { return r.ID != "" }

// Vault reads one vault.
func (c *Client) Vault(ctx context.Context, id string) (Vault, error) {
	var raw rawVault
	if err := c.Get(ctx, id, vaultVersion, &raw); err != nil {
		return Vault{}, err
	}
	vault := Vault{ID: id, RBAC: raw.Properties.RBAC}
	for _, p := range raw.Properties.Policies {
		vault.Policies = append(vault.Policies, AccessPolicy{ObjectID: p.ObjectID, Secrets: p.Permissions.Secrets})
	}
	return vault, nil
}
