package cloud

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"keyturn/problem"
)

// bare empties the environment of every identity, and puts dir alone on the path.
func bare(t *testing.T, dir string) {
	t.Helper()
	for _, name := range []string{
		"AZURE_TENANT_ID", "AZURE_CLIENT_ID", environmentSecret, environmentCertificate, environmentFederatedFile,
		"IDENTITY_ENDPOINT", "MSI_ENDPOINT",
	} {
		t.Setenv(name, "")
	}
	t.Setenv("PATH", dir)
}

// chosen opens a session for the default identity, where nobody answers at the address of managed identities.
func chosen(t *testing.T, knocks *int) *Session {
	t.Helper()
	s, err := Open(t.Context(), Options{Tenant: "contoso.onmicrosoft.com"})
	if err != nil {
		t.Fatal(err)
	}
	s.tokens.choice.knock = func(context.Context) error {
		*knocks++
		return errors.New("nobody there")
	}
	return s
}

func TestWithoutAnyIdentityOneMessageSaysWhatWasTried(t *testing.T) {
	bare(t, t.TempDir())
	knocks := 0
	s := chosen(t, &knocks)
	start := time.Now()
	for range 3 {
		_, err := s.Self(t.Context())
		p := problem.Of(err)
		if p.Class != problem.Person || p.Code != "identity.none" || !strings.Contains(p.Fix, "az login") {
			t.Fatalf("%v, fix %q", err, p.Fix)
		}
		for _, part := range []string{"environment: AZURE_CLIENT_ID", "workloadIdentity: ", "managedIdentity: ", "azureCLI: "} {
			if !strings.Contains(p.Message, part) {
				t.Errorf("%q isn't in %q", part, p.Message)
			}
		}
	}
	if knocks != 1 || time.Since(start) > 5*time.Second || s.Requests() != 0 {
		t.Errorf("knocked %d times, %d requests, in %s", knocks, s.Requests(), time.Since(start))
	}
}

func TestAzLoginIsTheLastResort(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the stand-in for az is a shell script")
	}
	dir := t.TempDir()
	bare(t, dir+":/bin:/usr/bin")
	script := "#!/bin/sh\necho '{\"accessToken\":\"e30.eyJvaWQiOiJvIn0.x\",\"expires_on\":4102444800}'\n"
	if err := os.WriteFile(filepath.Join(dir, "az"), []byte(script), 0o700); err != nil { //nolint:gosec // it has to run
		t.Fatal(err)
	}
	knocks := 0
	s := chosen(t, &knocks)
	token, err := s.Credential().GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{s.Hosts().GraphScope()}})
	if err != nil || !strings.HasPrefix(token.Token, "e30.") {
		t.Fatalf("%v", err)
	}
}

func TestANamedIdentityIsNotPassedOver(t *testing.T) {
	bare(t, t.TempDir())
	t.Setenv("AZURE_CLIENT_ID", "22222222-2222-2222-2222-222222222222")
	t.Setenv(environmentCertificate, filepath.Join(t.TempDir(), "gone.pem"))
	knocks := 0
	_, err := chosen(t, &knocks).Self(t.Context())
	if !problem.Is(err, "identity.certificate") || knocks != 0 {
		t.Errorf("%v after %d knocks", err, knocks)
	}
}

func TestAnIdentityThatIsNotThereSaysWhy(t *testing.T) {
	bare(t, t.TempDir())
	for name, want := range map[string]string{
		IdentityEnvironment: "AZURE_CLIENT_ID is not set", IdentityWorkload: environmentFederatedFile + " is not set",
		IdentityBrowser: "signIn.clientId", IdentityDeviceCode: "signIn.clientId", "ENVIRONMENT": "AZURE_CLIENT_ID",
	} {
		s, err := Open(t.Context(), Options{Tenant: "contoso.onmicrosoft.com", Identity: name})
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.Self(t.Context())
		if p := problem.Of(err); p.Class != problem.Person || p.Fix == "" || !strings.Contains(p.Error(), want) {
			t.Errorf("%s: %v, fix %q", name, err, p.Fix)
		}
	}
}
