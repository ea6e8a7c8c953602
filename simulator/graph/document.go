package graph

import (
	"encoding/base64"
	"maps"
	"time"

	"keyturn/simulator/directory"
)

// stamp writes an instant as Graph does: UTC, at most seven decimals.
func stamp(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format("2006-01-02T15:04:05.9999999Z")
}

// orNil answers nil for an empty text.
func orNil(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// applicationDocument is an application as Graph v1.0 shows it; the set of properties follows a recorded answer.
func applicationDocument(a *directory.Application, withKeys bool) map[string]any {
	doc := map[string]any{
		"id": a.ObjectID, "appId": a.AppID, "displayName": a.DisplayName, "signInAudience": a.Audience,
		"createdDateTime": stamp(a.Created), "deletedDateTime": nil, "publisherDomain": a.Tenant.Domain, "createdByAppId": nil,
		"addIns": []any{}, "appRoles": []any{}, "applicationTemplateId": nil, "certification": nil, "defaultRedirectUri": nil,
		"description": nil, "disabledByMicrosoftStatus": nil, "groupMembershipClaims": nil, "identifierUris": []any{},
		"isDeviceOnlyAuthSupported": nil, "isDisabled": nil, "isFallbackPublicClient": nil, "nativeAuthenticationApisEnabled": nil,
		"notes": nil, "optionalClaims": nil, "requestSignatureVerification": nil, "requiredResourceAccess": []any{},
		"samlMetadataUrl": nil, "serviceManagementReference": nil, "servicePrincipalLockConfiguration": nil, "tags": []any{},
		"tokenEncryptionKeyId": nil, "uniqueName": nil,
		"api": map[string]any{
			"acceptMappedClaims": nil, "knownClientApplications": []any{}, "requestedAccessTokenVersion": nil,
			"oauth2PermissionScopes": []any{}, "preAuthorizedApplications": []any{},
		},
		"info": map[string]any{
			"termsOfServiceUrl": nil, "supportUrl": nil, "privacyStatementUrl": nil, "marketingUrl": nil, "logoUrl": nil,
		},
		"parentalControlSettings": map[string]any{"countriesBlockedForMinors": []any{}, "legalAgeGroupRule": "Allow"},
		"publicClient":            map[string]any{"redirectUris": []any{}},
		"spa":                     map[string]any{"redirectUris": []any{}},
		"verifiedPublisher":       map[string]any{"displayName": nil, "verifiedPublisherId": nil, "addedDateTime": nil},
		"web": map[string]any{
			"homePageUrl": nil, "logoutUrl": nil, "redirectUris": []any{}, "redirectUriSettings": []any{},
			"implicitGrantSettings": map[string]any{"enableAccessTokenIssuance": false, "enableIdTokenIssuance": false},
		},
		"passwordCredentials": passwordDocuments(a.Passwords),
		"keyCredentials":      keyDocuments(a.Certificates, withKeys),
	}
	maps.Copy(doc, a.Extra)
	return doc
}

// principalDocument is a service principal as Graph v1.0 shows it; the set of properties follows a recorded answer.
func principalDocument(s *directory.ServicePrincipal, withKeys bool) map[string]any {
	roles := make([]any, 0, len(s.AppRoles))
	for _, role := range s.AppRoles {
		roles = append(roles, map[string]any{
			"id": role.ID, "value": role.Value, "displayName": role.Value, "description": role.Value, "isEnabled": true,
			"origin": "Application", "allowedMemberTypes": []any{"Application"},
		})
	}
	doc := map[string]any{
		"id": s.ObjectID, "appId": s.AppID, "displayName": s.DisplayName, "appDisplayName": s.DisplayName,
		"accountEnabled": !s.Disabled, "servicePrincipalType": s.Type, "createdDateTime": stamp(s.Created), "deletedDateTime": nil,
		"servicePrincipalNames": principalNames(s), "appRoles": roles, "addIns": []any{}, "alternativeNames": []any{},
		"appDescription": nil, "appOwnerOrganizationId": ownerOrganization(s), "appRoleAssignmentRequired": false,
		"applicationTemplateId": nil, "createdByAppId": nil, "description": nil, "disabledByMicrosoftStatus": nil, "homepage": nil,
		"isDisabled": nil, "loginUrl": nil, "logoutUrl": nil, "notes": nil, "notificationEmailAddresses": []any{},
		"oauth2PermissionScopes": scopeDocuments(s.AppID), "preferredSingleSignOnMode": nil, "preferredTokenSigningKeyThumbprint": nil,
		"replyUrls": []any{}, "resourceSpecificApplicationPermissions": []any{}, "samlSingleSignOnSettings": nil,
		"signInAudience": audienceOf(s), "tags": []any{}, "tokenEncryptionKeyId": nil,
		"info": map[string]any{
			"termsOfServiceUrl": nil, "supportUrl": nil, "privacyStatementUrl": nil, "marketingUrl": nil, "logoUrl": nil,
		},
		"verifiedPublisher":   map[string]any{"displayName": nil, "verifiedPublisherId": nil, "addedDateTime": nil},
		"passwordCredentials": passwordDocuments(s.Passwords),
		"keyCredentials":      keyDocuments(s.Certificates, withKeys),
	}
	maps.Copy(doc, s.Extra)
	return doc
}

func scopeDocuments(appID string) []any {
	list := []any{}
	for _, scope := range directory.Scopes(appID) {
		kind := "User"
		if directory.NeedsAdmin(scope.Value) {
			kind = "Admin"
		}
		list = append(list, map[string]any{
			"id": scope.ID, "value": scope.Value, "type": kind, "isEnabled": true, "adminConsentDisplayName": scope.Value,
			"adminConsentDescription": scope.Value, "userConsentDisplayName": scope.Value, "userConsentDescription": scope.Value,
		})
	}
	return list
}

// microsoftTenant owns Microsoft's own APIs.
const microsoftTenant = "f8cdef31-a31e-4b4a-93e4-5f571e91255a"

func ownerOrganization(s *directory.ServicePrincipal) any {
	switch {
	case s.Application != nil:
		return s.Application.Tenant.ID
	case s.Type == "Application":
		return microsoftTenant
	}
	return nil
}

func audienceOf(s *directory.ServicePrincipal) any {
	switch {
	case s.Application != nil:
		return s.Application.Audience
	case s.Type == "Application":
		return "AzureADMultipleOrgs"
	}
	return nil
}

func principalNames(s *directory.ServicePrincipal) []any {
	names := []any{s.AppID}
	if s.Application != nil {
		if uris, isList := s.Application.Extra["identifierUris"].([]any); isList {
			names = append(names, uris...)
		}
		return names
	}
	for _, name := range s.Names {
		names = append(names, name)
	}
	if s.AddIn != nil {
		names = append(names, s.AppID+"/"+s.AddIn.Host)
	}
	return names
}

func passwordDocuments(passwords []*directory.Password) []any {
	list := make([]any, 0, len(passwords))
	for _, p := range passwords {
		list = append(list, passwordDocument(p))
	}
	return list
}

func passwordDocument(p *directory.Password) map[string]any {
	return map[string]any{
		"customKeyIdentifier": nil, "displayName": orNil(p.DisplayName), "startDateTime": stamp(p.Start), "endDateTime": stamp(p.End),
		"hint": p.Hint(), "keyId": p.KeyID, "secretText": nil,
	}
}

func keyDocuments(keys []*directory.Certificate, withKeys bool) []any {
	list := make([]any, 0, len(keys))
	for _, k := range keys {
		doc := map[string]any{
			"customKeyIdentifier": orNil(k.Thumbprint), "displayName": orNil(k.DisplayName), "startDateTime": stamp(k.Start),
			"endDateTime": stamp(k.End), "key": nil, "keyId": k.KeyID, "type": k.Type, "usage": k.Usage,
		}
		if withKeys && k.Type == "AsymmetricX509Cert" && len(k.DER) > 0 {
			doc["key"] = base64.StdEncoding.EncodeToString(k.DER)
		}
		list = append(list, doc)
	}
	return list
}
