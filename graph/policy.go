package graph

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"net/url"
	"time"

	"keyturn/cloud"
)

// Policy is an app management policy as far as passwords go: the tenant's default, or one assigned to an app.
// Source: https://learn.microsoft.com/graph/api/resources/tenantappmanagementpolicy,
// https://learn.microsoft.com/graph/api/resources/appmanagementpolicy (read 2026-11-22).
type Policy struct {
	ID          string `json:"id"`
	DisplayName string `json:"displayName"`
	Enabled     bool   `json:"isEnabled"`

	Application      Restrictions `json:"applicationRestrictions"`      // of the tenant's default
	ServicePrincipal Restrictions `json:"servicePrincipalRestrictions"` // of the tenant's default
	Assigned         Restrictions `json:"restrictions"`                 // of an assigned one
}

// Restrictions are those on passwords.
type Restrictions struct {
	Passwords []Restriction `json:"passwordCredentials"`
}

// Restriction is one rule on new passwords.
// Source: https://learn.microsoft.com/graph/api/resources/passwordcredentialconfiguration (read 2026-11-22).
type Restriction struct {
	Type         string     `json:"restrictionType"`                     // passwordAddition, passwordLifetime, ...
	State        string     `json:"state"`                               // enabled, disabled
	MaxLifetime  string     `json:"maxLifetime"`                         // ISO 8601, such as P90D
	CreatedAfter *time.Time `json:"restrictForAppsCreatedAfterDateTime"` // spares objects made before it
	Except       any        `json:"excludeActors"`                       // callers that it spares; nil = none
}

// TooLong reports whether a credential was refused for how long it would live. That is known by the code of the answer,
// which TeamsFx and CIPP see too; Microsoft documents none.
func TooLong(err error) bool {
	var refusal *cloud.Refusal
	return errors.As(err, &refusal) && refusal.Has("CredentialInvalidLifetimeAsPerAppPolicy")
}

// DefaultPolicy returns the tenant's default policy.
func (c *Client) DefaultPolicy(ctx context.Context) (Policy, error) {
	var found Policy
	err := c.do(ctx, call{
		method: http.MethodGet, path: "/v1.0/policies/defaultAppManagementPolicy", subject: "the tenant's app management policy",
	}, &found)
	return found, err
}

// AssignedPolicies returns the policies assigned to an object: one at most, which replaces the default.
func (c *Client) AssignedPolicies(ctx context.Context, on Holder) ([]Policy, error) {
	return all(list[Policy](ctx, c, on.path("appManagementPolicies"), "the app management policies of "+on.subject()))
}

// Activity is the newest use of one credential at one resource.
// Source: https://learn.microsoft.com/graph/api/resources/appcredentialsigninactivity (read 2026-11-22).
type Activity struct {
	KeyID    string `json:"keyId"`
	AppID    string `json:"appId"`
	Resource string `json:"resourceId"` // object id of the service that the token was for, in this tenant
	SignIn   struct {
		Last Instant `json:"lastSignInDateTime"`
	} `json:"signInActivity"`
}

// Activities returns the report of credential use for one app. Global cloud only; needs AuditLog.Read.All. It lags.
func (c *Client) Activities(ctx context.Context, clientID string) ([]Activity, error) {
	filter := url.Values{"$filter": {"appId eq " + quoted(clientID)}}
	return all(list[Activity](cloud.Background(ctx), c, "/beta/reports/appCredentialSignInActivities?"+encode(filter), "the report of credential use"))
}

// AllActivities walks the report of credential use of the whole tenant; see [Client.Activities].
func (c *Client) AllActivities(ctx context.Context) iter.Seq2[Activity, error] {
	return list[Activity](cloud.Background(ctx), c, "/beta/reports/appCredentialSignInActivities?$top=999", "the report of credential use")
}
