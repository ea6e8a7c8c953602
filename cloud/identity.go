package cloud

import (
	"context"
	"errors"
	"net/http"
	"os"
	"strings"
	"sync"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	azcloud "github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"keyturn/problem"
)

// How Keyturn may sign in, as the configuration names it.
const (
	IdentityDefault          = "default" // the first of environment, workloadIdentity, managedIdentity, azureCLI that is there
	IdentityEnvironment      = "environment"
	IdentityWorkload         = "workloadIdentity"
	IdentityManaged          = "managedIdentity"
	IdentityAzureCLI         = "azureCLI"
	IdentityBrowser          = "browser"
	IdentityDeviceCode       = "deviceCode"
	IdentityPassword         = "password" // a person's, for one run; not in the configuration
	environmentSecret        = "AZURE_CLIENT_SECRET"
	environmentCertificate   = "AZURE_CLIENT_CERTIFICATE_PATH"
	environmentFederatedFile = "AZURE_FEDERATED_TOKEN_FILE"
)

// Identities returns every name that a configuration may have as Identity. [Options] also takes [IdentityPassword].
func Identities() []string {
	return []string{
		IdentityDefault, IdentityEnvironment, IdentityWorkload, IdentityManaged, IdentityAzureCLI,
		IdentityBrowser, IdentityDeviceCode,
	}
}

// identity is one way to sign in.
type identity struct {
	name string
	open func() (azcore.TokenCredential, error)
	// shared is true where all scopes go through one credential, one at a time: a person is asked once.
	shared bool
	mu     sync.Mutex
	once   azcore.TokenCredential
	vain   map[string]error // a person's sign-ins that failed, by scope; none is asked for again
	signed bool             // the person has signed in for some service
}

// token signs in for one scope.
func (i *identity) token(ctx context.Context, l *lane, want policy.TokenRequestOptions) (azcore.AccessToken, error) {
	// Claims that services may ask for later need a token marked as able to; Keyturn's calls are short and sign in anew.
	want.EnableCAE = false
	// A vault's challenge names its tenant by id. The session belongs to one tenant, however that was written: another
	// one's vault refuses the token, and no token is ever asked for where a challenge points.
	want.TenantID = ""
	if i.shared {
		return i.sharedToken(ctx, want)
	}
	if l.opened == nil {
		opened, err := i.opened()
		if err != nil {
			return azcore.AccessToken{}, err
		}
		l.opened = opened
	}
	return l.opened.GetToken(ctx, want)
}

func (i *identity) sharedToken(ctx context.Context, want policy.TokenRequestOptions) (azcore.AccessToken, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.once == nil {
		opened, err := i.opened()
		if err != nil {
			return azcore.AccessToken{}, err
		}
		i.once = opened
	}
	scope := strings.Join(want.Scopes, " ")
	if err := i.inVain(scope); err != nil {
		return azcore.AccessToken{}, err
	}
	token, err := i.once.GetToken(ctx, want)
	if i.way() != "" && err != nil && ctx.Err() == nil {
		i.vain[scope] = err
	}
	i.signed = i.signed || err == nil
	return token, err
}

// inVain returns how a person's sign-in failed before: for the same service, or for any while none had succeeded yet. A
// wrong password sent again counts towards a lock, and nobody wants a window for each request.
func (i *identity) inVain(scope string) error {
	if i.vain == nil {
		i.vain = map[string]error{}
	}
	if err := i.vain[scope]; err != nil || i.signed {
		return err
	}
	for _, err := range i.vain {
		return err
	}
	return nil
}

// way is how the person signs in; "" where none is asked.
func (i *identity) way() problem.Way { return WayOf(i.name) }

// opened opens the identity. It asks nobody, so that what fails is how the identity is set up.
func (i *identity) opened() (azcore.TokenCredential, error) {
	credential, err := i.open()
	var absent *missing
	var found *problem.Error
	if err == nil || errors.As(err, &absent) || errors.As(err, &found) {
		return credential, err
	}
	return nil, problem.NeedsPerson("identity.failed", "identity "+i.name, scrub(err.Error()),
		"check how this identity is set up, or choose another one in the configuration")
}

// maker builds the identities from the options.
type maker struct {
	o       Options
	hosts   Hosts
	carrier policy.Transporter
}

// identity returns the named way to sign in, unopened.
func (m maker) identity(name string) (*identity, error) {
	ways := map[string]struct {
		open   func() (azcore.TokenCredential, error)
		shared bool
	}{
		IdentityEnvironment: {m.environment, false},
		IdentityWorkload:    {m.workload, false},
		IdentityManaged:     {m.managed, false},
		IdentityAzureCLI:    {m.azureCLI, true},
		IdentityBrowser:     {m.browser, true},
		IdentityDeviceCode:  {m.deviceCode, true},
		IdentityPassword:    {m.password, true},
	}
	way, known := ways[name]
	if !known {
		return nil, problem.NeedsPerson("identity.unknown", "identity", "there is no way to sign in named "+name,
			"set identity to one of: "+strings.Join(Identities(), ", "))
	}
	return &identity{name: name, open: way.open, shared: way.shared}, nil
}

// client is what each credential is given: our network path and our cloud. The tenants' own description is asked over
// that path; the extra request that tells known clouds from unknown ones is left out, since the hosts are our own table.
func (m maker) client() policy.ClientOptions {
	return policy.ClientOptions{
		Transport: m.carrier,
		Cloud:     azcloud.Configuration{ActiveDirectoryAuthorityHost: m.hosts.Login},
		Retry:     gentle(),
		Telemetry: policy.TelemetryOptions{ApplicationID: "keyturn"},
	}
}

func (m maker) environment() (azcore.TokenCredential, error) {
	if missing := m.missingFromEnvironment(); missing != "" {
		return nil, unavailable(IdentityEnvironment, missing)
	}
	client := os.Getenv("AZURE_CLIENT_ID")
	if value := os.Getenv(environmentSecret); value != "" {
		return azidentity.NewClientSecretCredential(m.o.Tenant, client, value,
			&azidentity.ClientSecretCredentialOptions{ClientOptions: m.client(), DisableInstanceDiscovery: true})
	}
	return m.certificate(client, os.Getenv(environmentCertificate))
}

// missingFromEnvironment says what keeps the environment from being an identity; "" = nothing.
func (m maker) missingFromEnvironment() string {
	switch {
	case os.Getenv("AZURE_CLIENT_ID") == "":
		return "AZURE_CLIENT_ID is not set"
	case os.Getenv(environmentSecret) == "" && os.Getenv(environmentCertificate) == "":
		return "neither " + environmentSecret + " nor " + environmentCertificate + " is set"
	case m.o.Tenant == "":
		return "no tenant is configured and AZURE_TENANT_ID is not set"
	}
	return ""
}

func (m maker) certificate(client, path string) (azcore.TokenCredential, error) {
	const fix = "point " + environmentCertificate + " to a PEM or PKCS#12 file that holds the certificate and its key"
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, problem.NeedsPerson("identity.certificate", path, "the certificate file can't be read", fix)
	}
	chain, key, err := azidentity.ParseCertificates(text, []byte(os.Getenv("AZURE_CLIENT_CERTIFICATE_PASSWORD")))
	if err != nil {
		return nil, problem.NeedsPerson("identity.certificate", path,
			"the file holds no certificate with its key, or its password is another", fix)
	}
	return azidentity.NewClientCertificateCredential(m.o.Tenant, client, chain, key,
		&azidentity.ClientCertificateCredentialOptions{ClientOptions: m.client(), DisableInstanceDiscovery: true})
}

func (m maker) workload() (azcore.TokenCredential, error) {
	if os.Getenv(environmentFederatedFile) == "" {
		return nil, unavailable(IdentityWorkload, environmentFederatedFile+" is not set")
	}
	return azidentity.NewWorkloadIdentityCredential(&azidentity.WorkloadIdentityCredentialOptions{
		ClientOptions: m.client(), DisableInstanceDiscovery: true, TenantID: m.o.Tenant,
	})
}

func (m maker) managed() (azcore.TokenCredential, error) {
	options := &azidentity.ManagedIdentityCredentialOptions{ClientOptions: m.client()}
	// The endpoint says "not there" for moments while it is renewed. Machines without it must not wait for the minutes
	// that the library's own repeats may take.
	options.Retry.ShouldRetry = func(answer *http.Response, err error) bool {
		return mayPass(answer, err) || (err == nil && (answer.StatusCode == http.StatusNotFound || answer.StatusCode == http.StatusGone))
	}
	if client := os.Getenv("AZURE_CLIENT_ID"); client != "" {
		options.ID = azidentity.ClientID(client)
	}
	// Service Fabric's endpoint pins its certificate, which needs a plain client.
	if carrier, ok := m.carrier.(*discovery); ok && os.Getenv("IDENTITY_SERVER_THUMBPRINT") != "" {
		options.Transport = carrier.client
	}
	return azidentity.NewManagedIdentityCredential(options)
}

func (m maker) azureCLI() (azcore.TokenCredential, error) {
	return azidentity.NewAzureCLICredential(&azidentity.AzureCLICredentialOptions{TenantID: m.o.Tenant})
}

var _ policy.Transporter = (*http.Client)(nil)
