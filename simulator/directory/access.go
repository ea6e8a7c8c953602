package directory

import (
	"fmt"
	"slices"
	"strings"
)

// AccessPolicy is a Conditional Access policy that blocks. Source:
// https://learn.microsoft.com/graph/api/resources/conditionalaccesspolicy, read 2026-11-25.
type AccessPolicy struct {
	ID, DisplayName string
	// Users are object ids, Apps are client ids; an empty list is everyone, and every app.
	Users, Apps []string
	// Device policies block sign-ins with a device code alone; Workload ones block apps that sign in as themselves.
	Device, Workload bool
}

// AddAccessPolicy makes a policy that is in force.
func (d *Directory) AddAccessPolicy(t *Tenant, p AccessPolicy) *AccessPolicy {
	if p.ID == "" {
		p.ID = d.w.NewID()
	}
	t.AccessPolicies = append(t.AccessPolicies, &p)
	return &p
}

// AccessPoliciesOf are the policies of a tenant, those that switches make included. Their ids stay the same.
func (d *Directory) AccessPoliciesOf(t *Tenant) []*AccessPolicy {
	all := slices.Clone(t.AccessPolicies)
	switch value := d.w.Switch(SwitchConditionalAccess); {
	case value == "on":
		all = append(all, &AccessPolicy{ID: derivedID(t.ID, "all"), DisplayName: "Block everything (switch)", Workload: true}, &AccessPolicy{
			ID: derivedID(t.ID, "everyone"), DisplayName: "Block everyone (switch)",
		})
	case value != "":
		app := []string{strings.ToLower(value)}
		all = append(all, &AccessPolicy{ID: derivedID(t.ID, "workload"), DisplayName: "Block one app (switch)", Apps: app, Workload: true}, &AccessPolicy{
			ID: derivedID(t.ID, "app"), DisplayName: "Block one app's people (switch)", Apps: app,
		})
	}
	if d.w.Switch(SwitchDeviceCodeBlocked) != "" {
		all = append(all, &AccessPolicy{ID: derivedID(t.ID, "device"), DisplayName: "Block device code flow", Device: true})
	}
	return all
}

// judgeAccess answers the refusal of the first policy that blocks a sign-in; user is nil for an app's own.
func (d *Directory) judgeAccess(t *Tenant, sp *ServicePrincipal, user *User, device bool) *Failure {
	for _, p := range d.AccessPoliciesOf(t) {
		switch {
		case p.Workload != (user == nil), p.Device && !device:
		case len(p.Apps) > 0 && !slices.Contains(p.Apps, sp.AppID):
		case len(p.Users) > 0 && !slices.Contains(p.Users, user.ObjectID):
		default:
			f := badRequest("interaction_required", 53003, "Access has been blocked by Conditional Access policies. The access policy does "+
				"not allow token issuance.")
			f.Suberror = "message_only"
			f.Claims = fmt.Sprintf(`{"access_token":{"capolids":{"essential":true,"values":[%q]}}}`, p.ID)
			return f
		}
	}
	return nil
}
