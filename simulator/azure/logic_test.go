package azure_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"keyturn/simulator/azure"
	"keyturn/simulator/world"
)

// failing makes the workflow's connector fail, or its runs go well.
func (b *bench) failing(fails *bool) {
	b.w.Lock()
	defer b.w.Unlock()
	b.s.RunWorkflow = func(string, string) azure.RunResult {
		actions := []azure.ActionResult{{Name: "Start", Status: azure.Succeeded}, {Name: "Get_secret", Status: azure.Succeeded}}
		if !*fails {
			return azure.RunResult{Status: azure.Succeeded, Actions: actions}
		}
		actions[1] = azure.ActionResult{Name: "Get_secret", Status: azure.Failed, Code: "Unauthorized", ErrorCode: "Unauthorized", Message: "AADSTS7000222: expired"}
		return azure.RunResult{Status: azure.Failed, Actions: append(actions, azure.ActionResult{Name: "Answer", Status: azure.Skipped})}
	}
}

func TestWorkflowShowsWhatItUses(t *testing.T) {
	t.Parallel()
	b := newBench(t, gentle())
	a := b.do(t, http.MethodGet, flowID+logic, "")
	if a.at("properties", "parameters", "$connections", "value", "keyvault", "connectionId") != kvID || a.at("properties", "state") != "Enabled" {
		t.Errorf("workflow: %s", a.text)
	}
	if got := b.do(t, http.MethodGet, group+"/providers/Microsoft.Logic/workflows"+logic, ""); got.names() != "Check" {
		t.Errorf("list: %s", got.text)
	}
	if got := b.do(t, http.MethodGet, sub+"/providers/Microsoft.Logic/workflows"+logic, ""); got.names() != "Check" {
		t.Errorf("list of the subscription: %s", got.text)
	}
	if got := b.do(t, http.MethodGet, flowID+"/triggers"+logic, ""); got.names() != "Recurrence manual" {
		t.Errorf("triggers: %s", got.text)
	}
	if got := b.do(t, http.MethodGet, flowID+"/triggers/recurrence"+logic, ""); got.at("properties", "recurrence", "frequency") != "Week" {
		t.Errorf("trigger: %s", got.text)
	}
}

func TestRunIsRunningThenDone(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{Seed: 4})
	fails := true
	b.failing(&fails)
	run := b.do(t, http.MethodPost, flowID+"/triggers/manual/run"+logic, "")
	name := run.header.Get("x-ms-workflow-run-id")
	if run.status != http.StatusAccepted || name == "" || run.text != "" {
		t.Fatalf("run: %d %v %s", run.status, run.header, run.text)
	}
	if a := b.do(t, http.MethodGet, flowID+"/runs/"+name+logic, ""); a.at("properties", "status") != "Running" || a.at("properties", "endTime") != nil {
		t.Errorf("at once: %s", a.text)
	}
	if a := b.do(t, http.MethodGet, flowID+"/runs/"+name+"/actions"+logic, ""); a.names() != "Start" {
		t.Errorf("actions at once: %s", a.text)
	}
	b.w.Advance(10 * time.Second)
	if a := b.do(t, http.MethodGet, flowID+"/runs/"+strings.ToLower(name)+logic, ""); a.at("properties", "status") != "Failed" || a.at("properties", "error", "code") != "ActionFailed" {
		t.Errorf("later: %s", a.text)
	}
	actions := b.do(t, http.MethodGet, flowID+"/runs/"+name+"/actions"+logic, "")
	if actions.names() != "Start Get_secret Answer" {
		t.Errorf("actions later: %s", actions.text)
	}
	failed := b.do(t, http.MethodGet, flowID+"/runs/"+name+"/actions/Get_secret"+logic, "")
	if failed.at("properties", "status") != "Failed" || failed.at("properties", "code") != "Unauthorized" || failed.at("properties", "error", "message") != "AADSTS7000222: expired" {
		t.Errorf("action: %s", failed.text)
	}
	if a := b.do(t, http.MethodGet, flowID+"/triggers/manual/histories"+logic, ""); a.names() != name {
		t.Errorf("histories: %s", a.text)
	}
}

func TestRunsAreFilteredNewestFirst(t *testing.T) {
	t.Parallel()
	b := newBench(t, gentle())
	fails := false
	b.failing(&fails)
	ids := []string{}
	for i := range 4 {
		fails = i == 2
		ids = append(ids, b.do(t, http.MethodPost, flowID+"/triggers/manual/run"+logic, "").header.Get("x-ms-workflow-run-id"))
		b.w.Advance(time.Minute)
	}
	b.w.Advance(time.Second)
	since := b.w.Now().Add(-150 * time.Second).Format("2006-01-02T15:04:05Z")
	for filter, wanted := range map[string][]string{
		"":                               {ids[3], ids[2], ids[1], ids[0]},
		"&$top=2":                        {ids[3], ids[2]},
		"&$filter=status eq 'Failed'":    {ids[2]},
		"&$filter=startTime ge " + since: {ids[3], ids[2]},
		"&$filter=status eq 'Succeeded' and startTime ge " + since: {ids[3]},
	} {
		if a := b.do(t, http.MethodGet, flowID+"/runs"+logic+filter, ""); a.names() != strings.Join(wanted, " ") {
			t.Errorf("%s: %s", filter, a.text)
		}
	}
	want(t, b.do(t, http.MethodGet, flowID+"/runs"+logic+"&$filter=status is bad", ""), http.StatusBadRequest, "InvalidFilterInQueryString")
	want(t, b.do(t, http.MethodGet, flowID+"/runs"+logic+"&$top=many", ""), http.StatusBadRequest, "InvalidTopInQueryString")
}

func TestCallbackAddressRunsTheWorkflow(t *testing.T) {
	t.Parallel()
	b := newBench(t, gentle())
	fails := false
	b.failing(&fails)
	listed := b.do(t, http.MethodPost, flowID+"/triggers/manual/listCallbackUrl"+logic, "")
	address, _ := listed.body["value"].(string)
	if listed.status != http.StatusOK || listed.body["method"] != "POST" || !strings.HasPrefix(address, "https://prod-01.westeurope.logic.azure.com:443/workflows/") {
		t.Fatalf("listCallbackUrl: %s", listed.text)
	}
	called := b.send(httptest.NewRequest(http.MethodPost, address, strings.NewReader(`{}`)))
	if called.status != http.StatusAccepted || called.header.Get("x-ms-workflow-run-id") == "" {
		t.Errorf("call: %d %s", called.status, called.text)
	}
	want(t, b.send(httptest.NewRequest(http.MethodPost, strings.Replace(address, "sig=", "sig=x", 1), nil)), http.StatusUnauthorized, "DirectApiAuthorizationRequired")
	want(t, b.do(t, http.MethodPost, flowID+"/triggers/Recurrence/listCallbackUrl"+logic, ""), http.StatusBadRequest, "TriggerTypeNotSupported")
	if !azure.HasCallbackHost("prod-01.westeurope.logic.azure.com") || azure.HasCallbackHost("management.azure.com") {
		t.Error("hosts are told apart wrongly")
	}
}

func TestDisabledWorkflowDoesNotRun(t *testing.T) {
	t.Parallel()
	b := newBench(t, gentle())
	if a := b.do(t, http.MethodPost, flowID+"/disable"+logic, ""); a.status != http.StatusOK {
		t.Fatal(a.text)
	}
	want(t, b.do(t, http.MethodPost, flowID+"/triggers/manual/run"+logic, ""), http.StatusBadRequest, "WorkflowTriggerIsNotEnabled")
	b.do(t, http.MethodPost, flowID+"/enable"+logic, "")
	if a := b.do(t, http.MethodPost, flowID+"/triggers/manual/run"+logic, ""); a.status != http.StatusAccepted {
		t.Errorf("enabled again: %s", a.text)
	}
}

func TestWorkflowPut(t *testing.T) {
	t.Parallel()
	b := newBench(t, gentle())
	definition := `"definition":{"triggers":{"manual":{"type":"Request"}},"actions":{"Answer":{"type":"Response"}}}`
	path := group + "/providers/Microsoft.Logic/workflows/New" + logic
	if a := b.do(t, http.MethodPut, path, `{"location":"westeurope","identity":{"type":"SystemAssigned"},"properties":{`+definition+`}}`); a.status != http.StatusCreated || a.at("identity", "principalId") == nil {
		t.Errorf("create: %d %s", a.status, a.text)
	}
	first := b.do(t, http.MethodGet, path, "").at("identity", "principalId")
	a := b.do(t, http.MethodPut, path, `{"location":"westeurope","identity":{"type":"SystemAssigned"},"properties":{"state":"Disabled",`+definition+`}}`)
	if a.status != http.StatusOK || a.at("properties", "state") != "Disabled" || a.at("identity", "principalId") != first {
		t.Errorf("replace: %d %s", a.status, a.text)
	}
	want(t, b.do(t, http.MethodPut, path, `{"location":"westeurope","properties":{}}`), http.StatusBadRequest, "InvalidTemplate")
	want(t, b.do(t, http.MethodPut, path, `{"location":"westeurope","properties":{`+definition+`,"parameters":{"$connections":{"value":{"x":{"connectionId":"/none"}}}}}}`), http.StatusBadRequest, "ApiConnectionNotFound")
}
