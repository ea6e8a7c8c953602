package azure_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"keyturn/simulator/azure"
	"keyturn/simulator/world"
)

const secretVariable = accountID + "/variables/appSecret"

func (b *bench) value(id string) string {
	b.w.Lock()
	defer b.w.Unlock()
	value, _ := b.s.VariableValue(id)
	return value
}

func TestEncryptedVariableNeverComesBack(t *testing.T) {
	t.Parallel()
	b := newBench(t, gentle())
	put := b.do(t, http.MethodPut, secretVariable+automation, `{"name":"appSecret","properties":{"value":"\"fresh\"","isEncrypted":true}}`)
	if put.status != http.StatusOK {
		t.Fatalf("put: %s", put.text)
	}
	for name, a := range map[string]answer{
		"put": put, "get": b.do(t, http.MethodGet, secretVariable+automation, ""), "list": b.do(t, http.MethodGet, accountID+"/variables"+automation, ""),
		"patch": b.do(t, http.MethodPatch, secretVariable+automation, `{"name":"appSecret","properties":{"value":"\"fresh\""}}`),
	} {
		if strings.Contains(a.text, "fresh") || strings.Contains(a.text, "old-secret") || a.status != http.StatusOK {
			t.Errorf("%s: %d %s", name, a.status, a.text)
		}
	}
	if got := b.value(secretVariable); got != `"fresh"` {
		t.Errorf("the variable holds %s", got)
	}
	if a := b.do(t, http.MethodGet, accountID+"/variables/LOGOURL"+automation, ""); a.at("properties", "value") != `"https://logo"` || a.at("properties", "isEncrypted") != false {
		t.Errorf("a plain one is shown: %s", a.text)
	}
}

func TestVariableWrites(t *testing.T) {
	t.Parallel()
	b := newBench(t, gentle())
	cases := map[string]struct {
		method, name, body string
		status             int
	}{
		"a text without quotes":              {http.MethodPut, "appSecret", `{"name":"appSecret","properties":{"value":"abc","isEncrypted":true}}`, 400},
		"the same in a patch":                {http.MethodPatch, "appSecret", `{"name":"appSecret","properties":{"value":"abc"}}`, 400},
		"encrypted made plain":               {http.MethodPut, "appSecret", `{"name":"appSecret","properties":{"value":"\"x\"","isEncrypted":false}}`, 400},
		"encrypted made plain by leaving":    {http.MethodPut, "appSecret", `{"name":"appSecret","properties":{"value":"\"x\""}}`, 400},
		"plain made encrypted":               {http.MethodPut, "logoUrl", `{"name":"logoUrl","properties":{"value":"\"x\"","isEncrypted":true}}`, 400},
		"another name in the body":           {http.MethodPut, "appSecret", `{"name":"other","properties":{"value":"\"x\"","isEncrypted":true}}`, 400},
		"no properties":                      {http.MethodPut, "appSecret", `{"name":"appSecret"}`, 400},
		"a patch of one that is not there":   {http.MethodPatch, "none", `{"name":"none","properties":{"value":"1"}}`, 404},
		"a delete of one that is not there":  {http.MethodDelete, "none", ``, 404},
		"a new one":                          {http.MethodPut, "fresh", `{"name":"fresh","properties":{"value":"{\"a\":1}"}}`, 201},
		"a patch of the description":         {http.MethodPatch, "logoUrl", `{"properties":{"description":"d"}}`, 200},
		"a patch without anything":           {http.MethodPatch, "logoUrl", `{}`, 200},
		"a value that is a number, unquoted": {http.MethodPut, "logoUrl", `{"name":"logoUrl","properties":{"value":7}}`, 400},
	}
	for name, c := range cases {
		a := b.do(t, c.method, accountID+"/variables/"+c.name+automation, c.body)
		if a.status != c.status || c.status >= 400 && a.code() == "" {
			t.Errorf("%s: %d %s", name, a.status, a.text)
		}
	}
	if got := b.value(secretVariable); got != `"old-secret"` {
		t.Errorf("a refused write had an effect: %s", got)
	}
}

func TestVariableChangeIsSeenByItsTime(t *testing.T) {
	t.Parallel()
	b := newBench(t, gentle())
	before := b.do(t, http.MethodGet, secretVariable+automation, "").at("properties", "lastModifiedTime").(string)
	after := b.do(t, http.MethodPatch, secretVariable+automation, `{"properties":{"value":"\"x\""}}`).at("properties", "lastModifiedTime").(string)
	if after <= before {
		t.Errorf("%s after %s", after, before)
	}
	if a := b.do(t, http.MethodDelete, secretVariable+automation, ""); a.status != http.StatusOK {
		t.Errorf("delete: %s", a.text)
	}
	want(t, b.do(t, http.MethodGet, secretVariable+automation, ""), http.StatusNotFound, "NotFound")
}

func TestVariablesPageByAHundred(t *testing.T) {
	t.Parallel()
	b := newBench(t, gentle())
	b.w.Lock()
	for i := range 148 {
		b.s.SetVariable(accountID, fmt.Sprintf("v%03d", i), "1", false)
	}
	b.w.Unlock()
	count, path := 0, accountID+"/variables"+automation
	for path != "" {
		a := b.do(t, http.MethodGet, path, "")
		count += len(a.body["value"].([]any))
		next, _ := a.body["nextLink"].(string)
		path = strings.TrimPrefix(next, "https://management.azure.com")
		if len(a.body["value"].([]any)) > 100 {
			t.Error("a page of more than a hundred")
		}
	}
	if count != 150 {
		t.Errorf("%d variables", count)
	}
}

func TestJobRunsARunbook(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{Seed: 4})
	b.w.Lock()
	b.s.RunJob = func(account, runbook string, parameters map[string]string) azure.JobResult {
		if !strings.EqualFold(account, accountID) {
			t.Errorf("account %s", account)
		}
		return azure.JobResult{Failed: parameters["fail"] != "", Exception: "it failed", Output: "ran " + runbook}
	}
	b.w.Unlock()
	good, bad := accountID+"/jobs/11111111-0000-4000-8000-000000000001", accountID+"/jobs/11111111-0000-4000-8000-000000000002"
	if a := b.do(t, http.MethodPut, good+automation, `{"properties":{"runbook":{"name":"Sync"}}}`); a.status != http.StatusCreated || a.at("properties", "status") != "New" {
		t.Fatalf("start: %d %s", a.status, a.text)
	}
	b.do(t, http.MethodPut, bad+automation, `{"properties":{"runbook":{"name":"Sync"},"parameters":{"fail":"yes"}}}`)
	want(t, b.do(t, http.MethodPut, good+automation, `{"properties":{"runbook":{"name":"Sync"}}}`), http.StatusConflict, "Conflict")
	want(t, b.do(t, http.MethodPut, accountID+"/jobs/x"+automation, `{"properties":{"runbook":{"name":"None"}}}`), http.StatusBadRequest, "BadRequest")
	b.w.Advance(time.Minute)
	if a := b.do(t, http.MethodGet, good+automation, ""); a.at("properties", "status") != "Completed" {
		t.Errorf("job: %s", a.text)
	}
	if a := b.do(t, http.MethodGet, good+"/output"+automation, ""); a.text != "ran Sync" || !strings.HasPrefix(a.header.Get("Content-Type"), "text/plain") {
		t.Errorf("output: %q", a.text)
	}
	if a := b.do(t, http.MethodGet, bad+automation, ""); a.at("properties", "status") != "Failed" || a.at("properties", "exception") != "it failed" {
		t.Errorf("job: %s", a.text)
	}
	if a := b.do(t, http.MethodGet, bad+"/streams"+automation, ""); !strings.Contains(a.text, "it failed") {
		t.Errorf("streams: %s", a.text)
	}
	if a := b.do(t, http.MethodGet, accountID+"/jobs"+automation, ""); len(a.body["value"].([]any)) != 2 {
		t.Errorf("jobs: %s", a.text)
	}
	if a := b.do(t, http.MethodGet, accountID+"/runbooks"+automation, ""); a.names() != "Sync" {
		t.Errorf("runbooks: %s", a.text)
	}
}
