package login

import (
	"net/http"
	"net/url"
	"strings"

	"keyturn/simulator/directory"
	"keyturn/simulator/world"
)

// base is the address of this cloud's sign-in, with a slash at the end.
func (s *Service) base() string { return s.w.Cloud().Login() + "/" }

// instance answers which host names belong together, which MSAL asks before it trusts an authority. Source:
// https://learn.microsoft.com/entra/msal/dotnet/advanced/authority-validation, read 2026-11-22.
func (s *Service) instance(w http.ResponseWriter, r *http.Request) {
	endpoint, err := url.Parse(r.URL.Query().Get("authorization_endpoint"))
	if err != nil || endpoint.Host == "" {
		s.refuse(w, r, bad("invalid_request", 90014, "The required field 'authorization_endpoint' is missing from the credential. Ensure "+
			"that you have all the necessary parameters for the login request."))
		return
	}
	if !knownHost(endpoint.Host) {
		s.refuse(w, r, bad("invalid_instance", 50049, "Unknown or invalid instance."))
		return
	}
	tenant, rest := split(endpoint.Path)
	version := ""
	if strings.Contains(strings.ToLower(rest), "v2.0/") {
		version = "v2.0/"
	}
	writeJSON(w, http.StatusOK, map[string]any{
		"tenant_discovery_endpoint": "https://" + endpoint.Host + "/" + tenant + "/" + version + ".well-known/openid-configuration",
		"api-version":               "1.1",
		"metadata": []any{
			map[string]any{
				"preferred_network": "login.microsoftonline.com", "preferred_cache": "login.windows.net",
				"aliases": []string{"login.microsoftonline.com", "login.windows.net", "login.microsoft.com", "sts.windows.net"},
			},
			map[string]any{
				"preferred_network": "login.partner.microsoftonline.cn", "preferred_cache": "login.partner.microsoftonline.cn",
				"aliases": []string{"login.partner.microsoftonline.cn", "login.chinacloudapi.cn"},
			},
			map[string]any{
				"preferred_network": "login.microsoftonline.us", "preferred_cache": "login.microsoftonline.us",
				"aliases": []string{"login.microsoftonline.us", "login.usgovcloudapi.net"},
			},
		},
	})
}

func knownHost(host string) bool {
	_, known := world.CloudOfLogin(strings.TrimSuffix(host, ":443"))
	return known
}

// shared reports whether a tenant segment stands for many tenants.
func shared(tenant string) bool {
	switch strings.ToLower(tenant) {
	case "common", "organizations", "consumers":
		return true
	}
	return false
}

// configuration answers the OpenID configuration of a tenant, in the form of v2.0 or of v1.0.
func (s *Service) configuration(w http.ResponseWriter, r *http.Request, tenant string, v2 bool) {
	id := "{tenantid}"
	if !shared(tenant) {
		s.w.Lock()
		t := s.d.Tenant(tenant)
		s.w.Unlock()
		if t == nil {
			f := directory.TenantNotFound(tenant)
			f.OAuth = "invalid_tenant"
			s.refuse(w, r, f)
			return
		}
		id, tenant = t.ID, t.ID
	}
	w.Header().Set("Cache-Control", "max-age=86400, private")
	writeJSON(w, http.StatusOK, s.configurationDocument(tenant, id, v2))
}

func (s *Service) configurationDocument(tenant, id string, v2 bool) map[string]any {
	base, cloud := s.base(), s.w.Cloud()
	version, issuer := "", cloud.Issuer(id)
	keys := base + "common/discovery/keys"
	if v2 {
		version, issuer, keys = "v2.0/", base+id+"/v2.0", base+tenant+"/discovery/v2.0/keys"
	}
	doc := map[string]any{
		"token_endpoint":                        base + tenant + "/oauth2/" + version + "token",
		"token_endpoint_auth_methods_supported": []string{"client_secret_post", "private_key_jwt", "client_secret_basic"},
		"jwks_uri":                              keys,
		"response_modes_supported":              []string{"query", "fragment", "form_post"},
		"subject_types_supported":               []string{"pairwise"},
		"id_token_signing_alg_values_supported": []string{"RS256"},
		"response_types_supported":              []string{"code", "id_token", "code id_token", "id_token token"},
		"scopes_supported":                      []string{"openid", "profile", "email", "offline_access"},
		"issuer":                                issuer,
		"request_uri_parameter_supported":       false,
		"userinfo_endpoint":                     cloud.Graph() + "/oidc/userinfo",
		"authorization_endpoint":                base + tenant + "/oauth2/" + version + "authorize",
		"device_authorization_endpoint":         base + tenant + "/oauth2/" + version + "devicecode",
		"http_logout_supported":                 true,
		"frontchannel_logout_supported":         true,
		"end_session_endpoint":                  base + tenant + "/oauth2/" + version + "logout",
		"claims_supported": []string{
			"sub", "iss", "cloud_instance_name", "cloud_instance_host_name", "cloud_graph_host_name", "msgraph_host", "aud", "exp",
			"iat", "auth_time", "acr", "nonce", "preferred_username", "name", "tid", "ver", "at_hash", "c_hash", "email",
		},
		"kerberos_endpoint":     base + tenant + "/kerberos",
		"tenant_region_scope":   nil,
		"cloud_instance_name":   cloud.Instance,
		"cloud_graph_host_name": "graph.windows.net",
		"msgraph_host":          cloud.GraphHosts[0],
		"rbac_url":              "https://pas.windows.net",
	}
	if id == tenant {
		doc["tenant_region_scope"] = "EU"
	}
	if !v2 {
		doc["check_session_iframe"] = base + tenant + "/oauth2/checksession"
		doc["microsoft_multi_refresh_token"] = true
	}
	return doc
}

// keys answers the keys that tokens are signed with.
func (s *Service) keys(w http.ResponseWriter, tenant string) {
	k := s.d.SigningKey()
	if shared(tenant) {
		tenant = "{tenantid}"
	}
	writeJSON(w, http.StatusOK, map[string]any{"keys": []any{map[string]any{
		"kty": "RSA", "use": "sig", "kid": k.ID, "x5t": k.ID, "n": k.Modulus, "e": k.Exponent, "x5c": []string{k.Certificate},
		"cloud_instance_name": s.w.Cloud().Instance, "issuer": s.base() + tenant + "/v2.0",
	}}})
}
