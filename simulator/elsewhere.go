package simulator

import (
	"fmt"
	"net/http"
	"strings"

	"keyturn/simulator/world"
)

// elsewhere serves the hosts of the other clouds: they exist, and know nothing of this cloud's tenants but where those
// are. Source of the refusals: https://learn.microsoft.com/entra/identity-platform/reference-error-codes (90038), read
// 2026-11-22; how it reads exactly is not documented.
type elsewhere struct{ c *cloud }

// ServeHTTP refuses as that cloud would.
func (e elsewhere) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	host := bareHost(r.Host)
	if _, login := world.CloudOfLogin(host); login {
		if strings.EqualFold(strings.Trim(r.URL.Path, "/"), "common/discovery/instance") {
			e.c.login.ServeHTTP(w, r) // every cloud says the same about all of them
			return
		}
		e.redirect(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("WWW-Authenticate", `Bearer realm=""`)
	w.WriteHeader(http.StatusUnauthorized)
	_, _ = fmt.Fprint(w, `{"error":{"code":"InvalidAuthenticationToken","message":"Access token validation failure. Invalid audience."}}`)
}

// redirect says that a tenant is in another cloud, or that there is none.
func (e elsewhere) redirect(w http.ResponseWriter, r *http.Request) {
	tenant, _, _ := strings.Cut(strings.Trim(r.URL.Path, "/"), "/")
	e.c.w.Lock()
	known := e.c.d.Tenant(tenant) != nil
	e.c.w.Unlock()
	code, text := 90002, fmt.Sprintf("Tenant '%s' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud.", tenant)
	if known {
		code, text = 90038, fmt.Sprintf("Tenant '%s' request is being redirected to the National Cloud '%s'.", tenant, e.c.w.Cloud().Instance)
	}
	stamp := e.c.w.Now().Format("2006-01-02 15:04:05Z")
	tell(w, http.StatusBadRequest, map[string]any{
		"error": "invalid_request", "error_codes": []int{code}, "timestamp": stamp, "trace_id": noID, "correlation_id": noID,
		"error_description": fmt.Sprintf("AADSTS%d: %s Trace ID: %s Correlation ID: %s Timestamp: %s", code, text, noID, noID, stamp),
	})
}

// isElsewhere reports whether a host is another cloud's for sign-in, Graph or Azure Resource Manager.
func isElsewhere(host string) bool {
	for _, find := range []func(string) (world.Cloud, bool){world.CloudOfLogin, world.CloudOfGraph, world.CloudOfARM} {
		if _, known := find(host); known {
			return true
		}
	}
	return false
}
