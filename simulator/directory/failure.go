package directory

import (
	"fmt"
	"net/http"
	"strings"
)

// Error says the failure as Microsoft begins its error_description.
func (f *Failure) Error() string { return fmt.Sprintf("AADSTS%d: %s", f.Code, f.Text) }

func refuse(status int, oauth string, code int, format string, args ...any) *Failure {
	return &Failure{Status: status, OAuth: oauth, Code: code, Text: fmt.Sprintf(format, args...)}
}

func invalidClient(code int, format string, args ...any) *Failure {
	return refuse(http.StatusUnauthorized, "invalid_client", code, format, args...)
}

func badRequest(oauth string, code int, format string, args ...any) *Failure {
	return refuse(http.StatusBadRequest, oauth, code, format, args...)
}

// The refusals below carry Microsoft's codes and sentences. Source:
// https://learn.microsoft.com/entra/identity-platform/reference-error-codes, read 2026-11-22, and recorded answers.

// TenantNotFound refuses the name of a tenant that does not exist.
func TenantNotFound(name string) *Failure {
	if !strings.Contains(name, ".") && !IsGUID(name) {
		return badRequest("invalid_request", 900023, "Specified tenant identifier '%s' is neither a valid DNS name, nor a valid external domain.", name)
	}
	return badRequest("invalid_request", 90002, "Tenant '%s' not found. Check to make sure you have the correct tenant ID and are "+
		"signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active "+
		"subscriptions for the tenant.", name)
}

// AppNotFound refuses a client id that the tenant does not know.
func (d *Directory) AppNotFound(id string, t *Tenant) *Failure { return appNotFound(id, t) }

func appNotFound(id string, t *Tenant) *Failure {
	if id == "00000000-0000-0000-0000-000000000000" {
		return badRequest("unauthorized_client", 700038, "%s is not a valid application identifier.", id)
	}
	return badRequest("unauthorized_client", 700016, "Application with identifier '%s' was not found in the directory '%s'. This can "+
		"happen if the application has not been installed by the administrator of the tenant or consented to by any user in the "+
		"tenant. You may have sent your authentication request to the wrong tenant.", id, t.DisplayName)
}

func appDisabled(s *ServicePrincipal) *Failure {
	return badRequest("unauthorized_client", 7000112, "Application '%s'(%s) is disabled.", s.AppID, s.DisplayName)
}

func resourceNotFound(resource string, t *Tenant) *Failure {
	return badRequest("invalid_resource", 500011, "The resource principal named %s was not found in the tenant named %s. This can "+
		"happen if the application has not been installed by the administrator of the tenant or consented to by any user in the "+
		"tenant. You might have sent your authentication request to the wrong tenant.", resource, t.ID)
}

func credentialMissing() *Failure {
	return invalidClient(7000218, "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.")
}

func publicWithSecret() *Failure {
	return invalidClient(700025, "Client is public so neither 'client_assertion' nor 'client_secret' should be presented.")
}

func secretWrong(app string) *Failure {
	return invalidClient(7000215, "Invalid client secret provided. Ensure the secret being sent in the request is the client secret "+
		"value, not the client secret ID, for a secret added to app '%s'.", app)
}

func secretExpired(app string) *Failure {
	return invalidClient(7000222, "The provided client secret keys for app '%s' are expired. Visit the Azure portal to create new keys "+
		"for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added security: "+
		"https://aka.ms/certCreds.", app)
}

func certificateUnknown(app, thumbprint, reason string) *Failure {
	return invalidClient(700027, "The certificate with identifier used to sign the client assertion is not registered on application. "+
		"[Reason - %s, Thumbprint of key used by client: '%s', Please visit the Azure Portal, Graph Explorer or directly use MS Graph "+
		"to see configured keys for app Id '%s'.]", reason, thumbprint, app)
}

// IsGUID reports whether s has the form of a GUID.
func IsGUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		switch i {
		case 8, 13, 18, 23:
			if s[i] != '-' {
				return false
			}
		default:
			if !strings.ContainsRune("0123456789abcdefABCDEF", rune(s[i])) {
				return false
			}
		}
	}
	return true
}
