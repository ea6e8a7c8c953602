package vault_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/getkin/kin-openapi/openapi2"
	"github.com/getkin/kin-openapi/openapi2conv"
	"github.com/getkin/kin-openapi/openapi3"

	"keyturn/simulator/world"
)

// official is the published description of the data plane, in the collection of contracts beside the checkout.
var official = filepath.Join("..", "..", "..", "shared", "contracts", "azure-rest-api-specs", "specification", "keyvault", "data-plane", "Secrets", "stable", "2025-07-01", "secrets.json")

// schemas are what answers must fit: the official description, or the short one of testdata where the collection is not at hand.
func schemas(t *testing.T) openapi3.Schemas {
	t.Helper()
	raw, err := os.ReadFile(official)
	if err != nil {
		t.Logf("the official description is not here (%v): checking against testdata/secrets.json, which repeats its schemas in short", err)
		if raw, err = os.ReadFile(filepath.Join("testdata", "secrets.json")); err != nil {
			t.Fatal(err)
		}
	}
	var old openapi2.T
	if err := json.Unmarshal(raw, &old); err != nil {
		t.Fatal(err)
	}
	doc, err := openapi2conv.ToV3(&old)
	if err != nil {
		t.Fatal(err)
	}
	if err := openapi3.NewLoader().ResolveRefsIn(doc, nil); err != nil {
		t.Fatal(err)
	}
	return doc.Components.Schemas
}

func TestAnswersFitTheOfficialDescription(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{Gentle: true})
	all := schemas(t)
	const api = "?api-version=2025-07-01"
	b.do(t, http.MethodPut, "/secrets/gone"+api, `{"value":"x"}`)
	b.do(t, http.MethodDelete, "/secrets/gone"+api, "")
	steps := []struct{ name, method, path, body, schema string }{
		{"set", http.MethodPut, "/secrets/s" + api, `{"value":"1","tags":{"a":"b"},"contentType":"c","attributes":{"exp":1900000000}}`, "SecretBundle"},
		{"set again", http.MethodPut, "/secrets/s" + api, `{"value":"2"}`, "SecretBundle"},
		{"get", http.MethodGet, "/secrets/s" + api, ``, "SecretBundle"},
		{"update", http.MethodPatch, "/secrets/s" + api, `{"tags":{}}`, "SecretBundle"},
		{"list", http.MethodGet, "/secrets" + api, ``, "SecretListResult"},
		{"versions", http.MethodGet, "/secrets/s/versions" + api + "&maxresults=1", ``, "SecretListResult"},
		{"bin", http.MethodGet, "/deletedsecrets" + api, ``, "DeletedSecretListResult"},
		{"deleted", http.MethodGet, "/deletedsecrets/gone" + api, ``, "DeletedSecretBundle"},
		{"recover", http.MethodPost, "/deletedsecrets/gone/recover" + api, ``, "SecretBundle"},
		{"backup", http.MethodPost, "/secrets/s/backup" + api, ``, "BackupSecretResult"},
		{"missing", http.MethodGet, "/secrets/none" + api, ``, "KeyVaultError"},
		{"wrong", http.MethodPut, "/secrets/s" + api, `{`, "KeyVaultError"},
	}
	for _, step := range steps {
		a := b.do(t, step.method, step.path, step.body)
		schema, known := all[step.schema]
		if !known {
			t.Fatalf("no schema %s", step.schema)
		}
		var body any
		if err := json.Unmarshal([]byte(a.text), &body); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		if err := schema.Value.VisitJSON(body); err != nil {
			t.Errorf("%s: %v\n%s", step.name, err, a.text)
		}
		// The schemas allow what they do not name; what the simulator sends must all be named.
		for name := range a.body {
			if _, named := schema.Value.Properties[name]; !named {
				t.Errorf("%s: the answer has %q, which %s does not", step.name, name, step.schema)
			}
		}
	}
}
