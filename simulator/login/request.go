package login

import (
	"encoding/base64"
	"io"
	"net/http"
	"net/url"
	"strings"

	"keyturn/simulator/directory"
)

// longestForm is the most that a token request may hold.
const longestForm = 1 << 20

// readForm reads the body as a form, whatever its content type says; what cannot be decoded counts as not sent. It
// reports false when the body is too long or cut off.
func readForm(r *http.Request) (url.Values, bool) {
	body, err := io.ReadAll(io.LimitReader(r.Body, longestForm+1))
	if err != nil || len(body) > longestForm {
		return nil, false
	}
	if strings.HasPrefix(strings.ToLower(r.Header.Get("Content-Type")), "application/json") {
		return url.Values{}, true
	}
	form, _ := url.ParseQuery(string(body)) // the pairs that can be read are enough
	addBasic(form, r)
	return form, true
}

// addBasic takes client id and secret from an Authorization header of kind Basic, where the form has none.
func addBasic(form url.Values, r *http.Request) {
	kind, value, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(kind, "Basic") {
		return
	}
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(value))
	if err != nil {
		return
	}
	id, secret, ok := strings.Cut(string(raw), ":")
	if !ok {
		return
	}
	for name, part := range map[string]string{"client_id": id, "client_secret": secret} {
		if decoded, err := url.QueryUnescape(part); err == nil {
			part = decoded
		}
		if !form.Has(name) {
			form.Set(name, part)
		}
	}
}

const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// readSignIn turns a form into a sign-in, or says what is missing in it.
func (s *Service) readSignIn(form url.Values, tenant string, v2 bool) (directory.SignIn, []string, *directory.Failure) {
	sign := directory.SignIn{
		Tenant: tenant, ClientID: form.Get("client_id"), Secret: form.Get("client_secret"), Assertion: form.Get("client_assertion"),
	}
	for _, name := range []string{"grant_type", "client_id"} {
		if form.Get(name) == "" {
			return sign, nil, bad("invalid_request", 900144, "The request body must contain the following parameter: '%s'.", name)
		}
	}
	if sign.Assertion != "" && form.Get("client_assertion_type") != assertionType {
		return sign, nil, bad("invalid_request", 50023, "Unsupported client assertion type '%s'.", form.Get("client_assertion_type"))
	}
	switch grant := form.Get("grant_type"); grant {
	case "client_credentials":
		if shared(tenant) {
			return sign, nil, bad("invalid_request", 50059, "No tenant-identifying information found in either the request or implied by "+
				"any provided credentials.")
		}
	case "password":
		if f := readUser(form, &sign); f != nil {
			return sign, nil, f
		}
	default:
		return sign, nil, bad("unsupported_grant_type", 70003, "The app requested an unsupported grant type '%s'.", grant)
	}
	scopes, f := s.readResource(form, &sign, v2)
	return sign, scopes, f
}

func readUser(form url.Values, sign *directory.SignIn) *directory.Failure {
	sign.Username, sign.Password = form.Get("username"), form.Get("password")
	for _, name := range []string{"username", "password"} {
		if form.Get(name) == "" {
			return bad("invalid_request", 900144, "The request body must contain the following parameter: '%s'.", name)
		}
	}
	switch strings.ToLower(sign.Tenant) {
	case "common", "consumers":
		return bad("invalid_request", 9001023, "The grant type is not supported over the /common or /consumers endpoints. Please use the "+
			"/organizations or tenant-specific endpoint.")
	case "organizations":
		_, sign.Tenant, _ = strings.Cut(sign.Username, "@")
	}
	return nil
}

// readResource finds out what the token is for: resource at the v1 endpoint, scope at v2.
func (s *Service) readResource(form url.Values, sign *directory.SignIn, v2 bool) ([]string, *directory.Failure) {
	if !v2 {
		sign.Resource = form.Get("resource")
		if sign.Resource == "" {
			return nil, bad("invalid_resource", 50001, "The resource identifier is not provided in the request.")
		}
		return nil, nil
	}
	if form.Has("resource") {
		return nil, bad("invalid_request", 901002, "The 'resource' request parameter is not supported.")
	}
	if strings.TrimSpace(form.Get("scope")) == "" {
		return nil, bad("invalid_request", 90014, "The required field 'scope' is missing from the credential. Ensure that you have all "+
			"the necessary parameters for the login request.")
	}
	scopes := strings.Fields(form.Get("scope"))
	if sign.Username != "" {
		var asked request
		asked.readScopes(scopes, s.w.Cloud().Graph())
		sign.Resource, sign.Scopes = asked.resource, asked.asked
		return scopes, nil
	}
	return scopes, appResource(scopes, sign)
}

// appResource reads the scope of client credentials, which is one resource with "/.default" behind it.
func appResource(scopes []string, sign *directory.SignIn) *directory.Failure {
	for _, scope := range scopes {
		resource, ok := strings.CutSuffix(scope, "/.default")
		switch {
		case directory.IsOpenID(scope):
			continue
		case !ok:
			return bad("invalid_scope", 1002012, "The provided value for scope %s is not valid. Client credential flows must have a scope "+
				"value with /.default suffixed to the resource identifier (application ID URI).", strings.Join(scopes, " "))
		case resource == "" || (sign.Resource != "" && !strings.EqualFold(sign.Resource, resource)):
			return bad("invalid_scope", 70011, "The provided request must include a 'scope' input parameter. The provided value for the "+
				"input parameter 'scope' is not valid. The scope %s is not valid.", strings.Join(scopes, " "))
		}
		sign.Resource = resource
	}
	if sign.Resource == "" {
		return bad("invalid_scope", 70011, "The provided value for the input parameter 'scope' is not valid. The scope %s is not valid.",
			strings.Join(scopes, " "))
	}
	return nil
}

// delegatedResource finds the resource of a user's scopes; bare names such as User.Read belong to Microsoft Graph.
func delegatedResource(scopes []string, graph string) string {
	for _, scope := range scopes {
		if i := strings.LastIndex(scope, "/"); i > 0 && !directory.IsOpenID(scope) {
			return scope[:i]
		}
	}
	return graph
}
