package graph

import (
	"context"
	"iter"
	"net/http"
	"net/url"
	"time"
)

// Application is an app registration.
// Source: https://learn.microsoft.com/graph/api/resources/application (read 2026-11-22).
type Application struct {
	ID          string        `json:"id"`
	AppID       string        `json:"appId"`
	DisplayName string        `json:"displayName"`
	Audience    string        `json:"signInAudience"`
	Created     time.Time     `json:"createdDateTime"`
	Passwords   []Password    `json:"passwordCredentials"`
	Keys        []Key         `json:"keyCredentials"`
	Lock        *PropertyLock `json:"servicePrincipalLockConfiguration"`
}

func (a *Application) whole() bool { return a.ID != "" && a.AppID != "" && a.Passwords != nil }

// PropertyLock is what an app registration forbids to change on its service principals.
type PropertyLock struct {
	Enabled       bool `json:"isEnabled"`
	AllProperties bool `json:"allProperties"`
	Verify        bool `json:"credentialsWithUsageVerify"`
	Sign          bool `json:"credentialsWithUsageSign"`
}

// ServicePrincipal is an app's presence in a tenant. It may hold credentials of its own.
// Source: https://learn.microsoft.com/graph/api/resources/serviceprincipal (read 2026-11-22).
type ServicePrincipal struct {
	ID          string     `json:"id"`
	AppID       string     `json:"appId"`
	DisplayName string     `json:"displayName"`
	Type        string     `json:"servicePrincipalType"` // Application, ManagedIdentity, Legacy, ...
	Enabled     *bool      `json:"accountEnabled"`
	HomeTenant  string     `json:"appOwnerOrganizationId"`
	Audience    string     `json:"signInAudience"`
	Passwords   []Password `json:"passwordCredentials"`
	Keys        []Key      `json:"keyCredentials"`
}

func (p *ServicePrincipal) whole() bool { return p.ID != "" && p.AppID != "" && p.Passwords != nil }

// Password is an entry of passwordCredentials, without its value.
type Password struct {
	KeyID       string    `json:"keyId"`
	DisplayName string    `json:"displayName"`
	Hint        string    `json:"hint"`
	Start       time.Time `json:"startDateTime"`
	End         time.Time `json:"endDateTime"`
}

// Key is an entry of keyCredentials.
type Key struct {
	KeyID       string    `json:"keyId"`
	DisplayName string    `json:"displayName"`
	Type        string    `json:"type"`                // AsymmetricX509Cert, Symmetric, ...
	Usage       string    `json:"usage"`               // Verify, Sign
	Identifier  string    `json:"customKeyIdentifier"` // base64; a certificate's thumbprint unless its owner chose otherwise
	Start       time.Time `json:"startDateTime"`
	End         time.Time `json:"endDateTime"`
}

const (
	selectApplication = "$select=id,appId,displayName,signInAudience,createdDateTime,passwordCredentials,keyCredentials,servicePrincipalLockConfiguration"
	selectPrincipal   = "$select=id,appId,displayName,servicePrincipalType,accountEnabled,appOwnerOrganizationId,signInAudience,passwordCredentials,keyCredentials"
	// Large pages: what selects keyCredentials may be asked for 150 times a minute in a tenant, so that one object is
	// asked for without a selection, which brings the same.
	// Source: https://learn.microsoft.com/graph/api/application-list (read 2026-11-25).
	largest = "&$top=999"
)

// Application returns the app registration with that client id; a client id that isn't registered here is
// problem.NotFound.
func (c *Client) Application(ctx context.Context, clientID string) (Application, error) {
	var found Application
	err := c.do(ctx, call{
		method: http.MethodGet, path: "/v1.0/applications" + byAppID(clientID),
		subject: "app " + clientID,
	}, &found)
	return found, err
}

// ServicePrincipal returns the service principal with that client id, or problem.NotFound.
func (c *Client) ServicePrincipal(ctx context.Context, clientID string) (ServicePrincipal, error) {
	var found ServicePrincipal
	err := c.do(ctx, call{
		method: http.MethodGet, path: "/v1.0/servicePrincipals" + byAppID(clientID),
		subject: "service principal of app " + clientID,
	}, &found)
	return found, err
}

// ServicePrincipalID returns only the object id of the service principal with that client id, or problem.NotFound.
func (c *Client) ServicePrincipalID(ctx context.Context, clientID string) (string, error) {
	var found identified
	err := c.do(ctx, call{
		method: http.MethodGet, path: "/v1.0/servicePrincipals" + byAppID(clientID) + "?$select=id",
		subject: "service principal of app " + clientID,
	}, &found)
	return found.ID, err
}

// identified is an object of which only the id matters.
type identified struct {
	ID string `json:"id"`
}

func (i *identified) whole() bool { return i.ID != "" }

// Applications walks every app registration of the tenant. It stops at the first error.
func (c *Client) Applications(ctx context.Context) iter.Seq2[Application, error] {
	return list[Application](ctx, c, "/v1.0/applications?"+selectApplication+largest, "the tenant's app registrations")
}

// ServicePrincipals walks every service principal of the tenant, Microsoft's own among them. It stops at the first error.
func (c *Client) ServicePrincipals(ctx context.Context) iter.Seq2[ServicePrincipal, error] {
	return list[ServicePrincipal](ctx, c, "/v1.0/servicePrincipals?"+selectPrincipal+largest, "the tenant's service principals")
}

// Owners returns the object ids of an app registration's owners.
func (c *Client) Owners(ctx context.Context, objectID string) ([]string, error) {
	owners, err := all(list[identified](ctx, c, "/v1.0/applications/"+url.PathEscape(objectID)+"/owners?$select=id&$top=100", "owners of app registration "+objectID))
	var ids []string
	for _, owner := range owners {
		ids = append(ids, owner.ID)
	}
	return ids, err
}

func byAppID(clientID string) string { return "(appId='" + url.PathEscape(clientID) + "')" }

// FederatedCredentials returns how many federated credentials an app registration has.
// Source: https://learn.microsoft.com/graph/api/application-list-federatedidentitycredentials (read 2026-11-25).
func (c *Client) FederatedCredentials(ctx context.Context, objectID string) (int, error) {
	found, err := all(list[struct{}](ctx, c, "/v1.0/applications/"+url.PathEscape(objectID)+"/federatedIdentityCredentials?$select=id",
		"federated credentials of app registration "+objectID))
	return len(found), err
}
