package azure

import (
	"net/http"
	"slices"
	"strings"

	"keyturn/simulator/vault"
)

// mostPolicies is how many access policies a vault takes.
const mostPolicies = 1024

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
