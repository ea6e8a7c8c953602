package azure

import (
	"net/http"
	"strings"

	"keyturn/simulator/world"
)

// isMetadata reports whether a call asks where the cloud's services are, which anybody may, before any sign-in.
func isMetadata(r *http.Request) bool {
	return strings.EqualFold(strings.Trim(r.URL.Path, "/"), "metadata/endpoints") && (r.Method == http.MethodGet || r.Method == http.MethodHead)
}

// metadata answers the addresses of the cloud, from which tools such as Terraform set themselves up.
func (c *call) metadata() answer {
	cloud := c.s.w.Cloud()
	arm := cloud.ARM()
	audiences := []string{arm}
	for _, host := range cloud.ARMHosts[1:] {
		audiences = append(audiences, "https://"+host+"/")
	}
	return ok([]any{map[string]any{
		"name": metadataName(cloud), "resourceManager": arm + "/", "microsoftGraphResourceId": cloud.Graph() + "/",
		"authentication": map[string]any{"loginEndpoint": cloud.Login() + "/", "audiences": audiences, "tenant": "common", "identityProvider": "AAD"},
		"suffixes":       map[string]any{"keyVaultDns": cloud.VaultSuffix},
	}})
}

// metadataName is how Azure's own tools call a cloud.
func metadataName(c world.Cloud) string {
	switch c.Name {
	case world.CloudUSGov, world.CloudDoD:
		return "AzureUSGovernment"
	case world.CloudChina:
		return "AzureChinaCloud"
	}
	return "AzureCloud"
}
