package azure_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"

	"keyturn/simulator"
	"keyturn/simulator/world"
)

// sample is a running, unkind simulator and the options with which unmodified clients reach it: a proxy and an authority, nothing else.
type sample struct {
	*simulator.Simulator
	options azcore.ClientOptions
	cred    azcore.TokenCredential
	group   string
}

func startSample(t *testing.T) *sample {
	t.Helper()
	running, err := simulator.Start(t.Context(), simulator.Options{Settings: world.Settings{Seed: 11}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(running.Close)
	proxy, err := url.Parse(running.URL())
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(running.CAPEM())
	transport := &http.Transport{Proxy: http.ProxyURL(proxy), TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: true}
	t.Cleanup(transport.CloseIdleConnections)
	s := &sample{Simulator: running, options: azcore.ClientOptions{Transport: &http.Client{Transport: transport}}}
	planted := running.Sample()
	s.cred, err = azidentity.NewClientSecretCredential(planted.Tenant, planted.AdminClientID, planted.AdminSecret, &azidentity.ClientSecretCredentialOptions{ClientOptions: s.options})
	if err != nil {
		t.Fatal(err)
	}
	s.group = "/subscriptions/" + planted.Subscription + "/resourceGroups/rg-provisionassist"
	return s
}

func (s *sample) resources(t *testing.T) *armresources.Client {
	t.Helper()
	client, err := armresources.NewClient(s.Sample().Subscription, s.cred, &arm.ClientOptions{ClientOptions: s.options})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func code(err error) string {
	var failed *azcore.ResponseError
	if errors.As(err, &failed) {
		return failed.ErrorCode
	}
	return ""
}

func TestARMResourcesFindsReadsAndReplacesAConnection(t *testing.T) {
	t.Parallel()
	s := startSample(t)
	client := s.resources(t)
	const version = "2016-06-01"
	filter := "resourceType eq 'Microsoft.Web/connections'"
	var id string
	for pager := client.NewListPager(&armresources.ClientListOptions{Filter: &filter}); pager.More(); {
		page, err := pager.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page.Value {
			if strings.HasSuffix(*r.ID, "/provisionassist-kv") {
				id = *r.ID
			}
		}
	}
	got, err := client.GetByID(t.Context(), id, version, nil)
	if err != nil {
		t.Fatal(err)
	}
	before, _ := got.Properties.(map[string]any)
	parameters := map[string]any{"token:clientSecret": "any"}
	for name, value := range before["nonSecretParameterValues"].(map[string]any) {
		parameters[name] = value
	}
	next := armresources.GenericResource{Location: got.Location, Kind: got.Kind, Properties: map[string]any{"displayName": before["displayName"], "api": before["api"], "parameterValues": parameters}}
	poller, err := client.BeginCreateOrUpdateByID(t.Context(), id, version, next, nil)
	if err != nil {
		t.Fatal(err)
	}
	put, err := poller.PollUntilDone(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if after := put.Properties.(map[string]any); after["changedTime"] == before["changedTime"] || after["overallStatus"] != "Connected" {
		t.Errorf("after the put: %v", after)
	}
	if _, err := client.BeginUpdateByID(t.Context(), id, version, armresources.GenericResource{Properties: map[string]any{"displayName": "x"}}, nil); code(err) != "PatchApiConnectionPropertiesNotSupported" {
		t.Errorf("patch: %v", err)
	}
	if _, err := client.GetByID(t.Context(), s.group+"/providers/Microsoft.Web/connections/none", version, nil); code(err) != "ResourceNotFound" {
		t.Errorf("a connection that is not there: %v", err)
	}
	if there, err := client.CheckExistenceByID(t.Context(), id, version, nil); err != nil || !there.Success {
		t.Errorf("existence: %v %v", there, err)
	}
}

func TestAZSecretsSetsListsAndUpdates(t *testing.T) {
	t.Parallel()
	s := startSample(t)
	client, err := azsecrets.NewClient("https://kv-provassist.vault.azure.net", s.cred, &azsecrets.ClientOptions{ClientOptions: s.options})
	if err != nil {
		t.Fatal(err)
	}
	value, tag, off := "a \"value\" <&>", "1.2", false
	set, err := client.SetSecret(t.Context(), "rotated", azsecrets.SetSecretParameters{Value: &value, Tags: map[string]*string{"run": &tag}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := client.GetSecret(t.Context(), "ROTATED", "", nil)
	if err != nil || *got.Value != value || *got.Tags["run"] != tag || got.ID.Version() != set.ID.Version() {
		t.Errorf("get: %v %v", got, err)
	}
	if _, err := client.SetSecret(t.Context(), "rotated", azsecrets.SetSecretParameters{Value: &value}, nil); err != nil {
		t.Fatal(err)
	}
	versions := 0
	for pager := client.NewListSecretPropertiesVersionsPager("rotated", nil); pager.More(); {
		page, err := pager.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		versions += len(page.Value)
	}
	if versions != 2 {
		t.Errorf("%d versions", versions)
	}
	if _, err := client.UpdateSecretProperties(t.Context(), "rotated", set.ID.Version(), azsecrets.UpdateSecretPropertiesParameters{SecretAttributes: &azsecrets.SecretAttributes{Enabled: &off}}, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := client.GetSecret(t.Context(), "rotated", set.ID.Version(), nil); code(err) != "Forbidden" {
		t.Errorf("a disabled version: %v", err)
	}
	if _, err := client.GetSecret(t.Context(), "none", "", nil); code(err) != "SecretNotFound" {
		t.Errorf("a secret that is not there: %v", err)
	}
	if _, err := client.DeleteSecret(t.Context(), "rotated", nil); code(err) != "Forbidden" {
		t.Errorf("deleting without the permission: %v", err)
	}
}

func TestAVaultThatIsNotThereDoesNotResolve(t *testing.T) {
	t.Parallel()
	s := startSample(t)
	s.options.Retry.MaxRetries = -1
	client, err := azsecrets.NewClient("https://kv-nowhere.vault.azure.net", s.cred, &azsecrets.ClientOptions{ClientOptions: s.options})
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.GetSecret(t.Context(), "x", "", nil)
	if err == nil || code(err) != "" {
		t.Errorf("got %v", err)
	}
}
