package vault

import (
	"net/http"
	"strings"

	"keyturn/simulator/directory"
)

const hostSuffix = ".vault.azure.net"

// HasVault reports whether a host name is that of a vault; other names under the suffix do not resolve. The world's lock must not be held.
func (s *Service) HasVault(host string) bool {
	s.w.Lock()
	defer s.w.Unlock()
	return s.byHost(host) != nil
}

func (s *Service) byHost(host string) *Vault {
	host, _, _ = strings.Cut(strings.ToLower(host), ":")
	name, ok := strings.CutSuffix(host, hostSuffix)
	if !ok {
		return nil
	}
	return s.Vault(name)
}

// ServeHTTP serves the vault that the request's host names.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {}

func wrongIssuer(v *Vault, id directory.Identity) *Failure {
	return &Failure{
		Status: http.StatusUnauthorized, Code: "Unauthorized",
		Message:   "AKV10032: Invalid issuer. Expected one of https://sts.windows.net/" + v.Tenant + "/, found https://sts.windows.net/" + id.Tenant + "/.",
		challenge: challenge(v),
	}
}

func challenge(v *Vault) string {
	return `Bearer authorization="https://login.microsoftonline.com/` + v.Tenant + `", resource="https://vault.azure.net"`
}
