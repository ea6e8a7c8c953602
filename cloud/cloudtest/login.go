package cloudtest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Claims are those of a token.
type Claims map[string]any

// Granting answers sign-ins with tokens that carry claims besides tenant, client and object id, and hands everything
// else to then.
func Granting(claims Claims, then http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !strings.HasPrefix(r.Host, "login."):
			then(w, r)
		case strings.HasSuffix(r.URL.Path, "/openid-configuration"):
			Answer(w, http.StatusOK, discovery(r.Host, Tenant))
		case strings.HasSuffix(r.URL.Path, "/token"):
			Answer(w, http.StatusOK, map[string]any{
				"token_type": "Bearer", "expires_in": 3600, "ext_expires_in": 3600, "access_token": Token(claims),
			})
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}
}

// Roles are claims with application permissions.
func Roles(names ...string) Claims { return Claims{"roles": names} }

// Token returns a token with these claims. Nobody ever checks its signature.
func Token(claims Claims) string {
	all := Claims{"tid": Tenant, "appid": Client, "oid": "33333333-3333-3333-3333-333333333333", "app_displayname": "keyturn", "jti": fmt.Sprint(time.Now().UnixNano())}
	for name, value := range claims {
		all[name] = value
	}
	text, err := json.Marshal(all)
	if err != nil {
		panic(err) // a test's own claims
	}
	return "eyJhbGciOiJub25lIn0." + base64.RawURLEncoding.EncodeToString(text) + ".c2ln"
}

func discovery(host, tenant string) map[string]any {
	base := "https://" + host + "/" + tenant
	return map[string]any{
		"issuer": base + "/v2.0", "token_endpoint": base + "/oauth2/v2.0/token",
		"authorization_endpoint": base + "/oauth2/v2.0/authorize", "device_authorization_endpoint": base + "/oauth2/v2.0/devicecode",
	}
}

// Answer writes a JSON answer. body may be a text, which is written as it is.
func Answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if text, ok := body.(string); ok {
		_, _ = w.Write([]byte(text)) // the client may be gone
		return
	}
	_ = json.NewEncoder(w).Encode(body) // the same
}

// Cut ends the connection without an answer.
func Cut(w http.ResponseWriter) {
	if connection, _, err := w.(http.Hijacker).Hijack(); err == nil {
		_ = connection.Close()
	}
}
