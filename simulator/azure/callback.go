package azure

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
)

const callbackSuffix = ".logic.azure.com"

// HasCallbackHost reports whether a host name is one at which logic apps take requests.
func HasCallbackHost(host string) bool { return callbackHost(host) }

func callbackHost(host string) bool {
	host, _, _ = strings.Cut(strings.ToLower(host), ":")
	return strings.HasSuffix(host, callbackSuffix)
}

func callbackHostOf(r *Resource) string {
	return "prod-01." + filledText(strings.ToLower(r.Location), "westeurope") + callbackSuffix
}

// signature is what makes a callback address work; whoever has it may run the workflow.
func (s *Service) signature(r *Resource, trigger string) string {
	mac := hmac.New(sha256.New, s.callbackKey)
	mac.Write([]byte(key(r.ID) + "\n" + strings.ToLower(trigger)))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// listCallback answers the address of a Request trigger.
func (c *call) listCallback() answer {
	r, name, t, refused := c.calledTrigger()
	if refused != nil {
		return *refused
	}
	if kind, _ := t["type"].(string); !strings.EqualFold(kind, "Request") {
		return fail(http.StatusBadRequest, "TriggerTypeNotSupported", "The trigger '%s' of type '%s' has no callback url.", name, kind)
	}
	queries := map[string]any{"api-version": "2016-10-01", "sp": "/triggers/" + name + "/run", "sv": "1.0", "sig": c.s.signature(r, name)}
	base := "https://" + callbackHostOf(r) + ":443/workflows/" + workflowHash(r) + "/triggers/" + url.PathEscape(name) + "/paths/invoke"
	values := url.Values{}
	for n, v := range queries {
		values.Set(n, v.(string))
	}
	return ok(map[string]any{"value": base + "?" + values.Encode(), "method": "POST", "basePath": base, "queries": queries})
}

// serveCallback runs the workflow whose signed address is called.
func (s *Service) serveCallback(r *http.Request) answer {
	s.w.Lock()
	defer s.w.Unlock()
	segments := parsePath(r.URL.EscapedPath()).segments
	if len(segments) < 4 || segments[0] != "workflows" || segments[2] != "triggers" {
		return fail(http.StatusNotFound, "NotFound", "The requested address is not that of a workflow.")
	}
	for _, workflow := range s.Resources(workflowType) {
		if workflowHash(workflow) == strings.ToLower(segments[1]) {
			return s.called(r, workflow, segments[3])
		}
	}
	return fail(http.StatusNotFound, "WorkflowNotFound", "The workflow '%s' could not be found.", segments[1])
}

func (s *Service) called(r *http.Request, workflow *Resource, name string) answer {
	spelled, _, there := trigger(workflow, name)
	switch {
	case !there:
		return fail(http.StatusNotFound, "WorkflowTriggerNotFound", "The workflow '%s' trigger '%s' could not be found.", workflow.Name, name)
	case !hmac.Equal([]byte(r.URL.Query().Get("sig")), []byte(s.signature(workflow, spelled))):
		return fail(http.StatusUnauthorized, "DirectApiAuthorizationRequired", "The request must be authenticated by a signature in the query.")
	case !enabled(workflow):
		return fail(http.StatusNotFound, "WorkflowTriggerIsNotEnabled", "Could not execute workflow '%s' trigger '%s' with state 'Disabled': trigger is not enabled.", workflow.Name, spelled)
	}
	run, result := s.execute(workflow, spelled)
	a := empty(http.StatusAccepted)
	if answers(workflow) {
		a = ok(map[string]any{})
		if result.Status == Failed {
			a = fail(http.StatusBadGateway, "NoResponse", "The server did not receive a response from an upstream server. Request tracking id '%s'.", run)
		}
	}
	return a.withHeader("x-ms-workflow-run-id", run).withHeader("x-ms-workflow-name", workflow.Name)
}

// answers reports whether the workflow has a Response action, so that its caller waits for the end.
func answers(r *Resource) bool {
	for _, a := range object(object(r.Properties, "definition"), "actions") {
		action, _ := a.(map[string]any)
		if kind, _ := action["type"].(string); strings.EqualFold(kind, "Response") {
			return true
		}
	}
	return false
}
