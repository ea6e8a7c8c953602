package simulator

import (
	"slices"
	"time"

	"keyturn/simulator/directory"
)

// The ground truth about directories, in its documented form.
type (
	tenantState struct {
		ID           string             `json:"id"`
		Domain       string             `json:"domain"`
		Users        []userState        `json:"users"`
		Applications []applicationState `json:"applications"`
		// ServicePrincipals are those without an app registration: SharePoint add-ins from before December 2024.
		ServicePrincipals []applicationState `json:"servicePrincipals"`
	}
	userState struct {
		ObjectID    string `json:"objectId"`
		Name        string `json:"name"`
		Password    string `json:"password"`
		DisplayName string `json:"displayName"`
		MFA         bool   `json:"mfa"`
		// Code is what the person's authenticator app shows; State is locked, disabled, expired or unenrolled.
		Code     string   `json:"code"`
		State    string   `json:"state,omitempty"`
		Roles    []string `json:"roles,omitempty"`
		Eligible []string `json:"eligible,omitempty"`
		HomeName string   `json:"homeName,omitempty"`
	}
	applicationState struct {
		AppID            string             `json:"appId"`
		ObjectID         string             `json:"objectId"`
		ServicePrincipal string             `json:"servicePrincipalId,omitempty"`
		DisplayName      string             `json:"displayName"`
		Passwords        []passwordState    `json:"passwords"`
		Certificates     []certificateState `json:"certificates"`
		Keys             []keyState         `json:"keys,omitempty"`
	}
	passwordState struct {
		KeyID              string    `json:"keyId"`
		DisplayName        string    `json:"displayName"`
		Value              string    `json:"value"`
		Start              time.Time `json:"start"`
		End                time.Time `json:"end"`
		UsableFrom         time.Time `json:"usableFrom"`
		OnServicePrincipal bool      `json:"onServicePrincipal,omitempty"`
		// UsableAtACS is from when ACS knows it; left out for what it always knew.
		UsableAtACS time.Time `json:"usableAtAcs,omitzero"`
	}
	keyState struct {
		KeyID string `json:"keyId"`
		Usage string `json:"usage"`
		// Value is the key's bytes as a text, which is the add-in's secret.
		Value       string    `json:"value"`
		Start       time.Time `json:"start"`
		End         time.Time `json:"end"`
		UsableAtACS time.Time `json:"usableAtAcs,omitzero"`
	}
	certificateState struct {
		KeyID       string    `json:"keyId"`
		DisplayName string    `json:"displayName"`
		Thumbprint  string    `json:"thumbprint"`
		Start       time.Time `json:"start"`
		End         time.Time `json:"end"`
	}
)

func (c *cloud) tenantOf(t *directory.Tenant, asked wish) tenantState {
	state := tenantState{
		ID: t.ID, Domain: t.Domain, Users: []userState{}, Applications: []applicationState{}, ServicePrincipals: []applicationState{},
	}
	for _, u := range t.Users {
		state.Users = append(state.Users, userState{
			u.ObjectID, u.Name, u.Password, u.DisplayName, u.MFA, u.Code, string(u.State), u.Roles, u.Eligible, u.HomeName,
		})
	}
	for _, a := range t.Applications {
		if asked.about(a.AppID) {
			state.Applications = append(state.Applications, c.applicationOf(a))
		}
	}
	for _, s := range t.ServicePrincipals {
		if s.Type == "Legacy" && asked.about(s.AppID) {
			state.ServicePrincipals = append(state.ServicePrincipals, c.credentialsOf(applicationState{
				AppID: s.AppID, ServicePrincipal: s.ObjectID, DisplayName: s.DisplayName,
			}, s.Passwords, s.Certificates))
		}
	}
	return state
}

// applicationOf lists what the app can sign in with, its service principal's passwords included.
func (c *cloud) applicationOf(a *directory.Application) applicationState {
	state := applicationState{AppID: a.AppID, ObjectID: a.ObjectID, DisplayName: a.DisplayName}
	passwords := a.Passwords
	if sp := a.ServicePrincipal; sp != nil {
		state.ServicePrincipal = sp.ObjectID
		passwords = slices.Concat(passwords, sp.Passwords)
	}
	return c.credentialsOf(state, passwords, a.Certificates)
}

func (c *cloud) credentialsOf(state applicationState, passwords []*directory.Password, keys []*directory.Certificate) applicationState {
	state.Passwords, state.Certificates = []passwordState{}, []certificateState{}
	for _, p := range passwords {
		state.Passwords = append(state.Passwords, passwordState{
			p.KeyID, p.DisplayName, p.Value, p.Start, p.End, p.UsableEverywhere(), p.OnServicePrincipal, p.UsableAtACS(c.d),
		})
	}
	for _, k := range keys {
		if k.Type == directory.KeySymmetric {
			state.Keys = append(state.Keys, keyState{k.KeyID, k.Usage, string(k.DER), k.Start, k.End, k.UsableAtACS(c.d)})
			continue
		}
		state.Certificates = append(state.Certificates, certificateState{k.KeyID, k.DisplayName, k.Thumbprint, k.Start, k.End})
	}
	return state
}
