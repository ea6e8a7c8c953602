package entra_test

import (
	"net/http"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
)

// send speaks to the directory as the sample's administrator, past the room under test, to prepare it.
func (r *rig) send(t *testing.T, method, path string, body, into any) {
	t.Helper()
	hosts := r.session.Hosts()
	request, err := runtime.NewRequest(t.Context(), method, hosts.Graph+"/v1.0"+path)
	if err != nil {
		t.Fatal(err)
	}
	if body != nil {
		if err := runtime.MarshalAsJSON(request, body); err != nil {
			t.Fatal(err)
		}
	}
	answer, err := r.session.Pipeline(hosts.Graph, hosts.GraphScope()).Do(request)
	if err != nil {
		t.Fatal(err)
	}
	if answer.StatusCode >= 300 {
		t.Fatalf("%s %s: %v", method, path, runtime.NewResponseError(answer))
	}
	if into != nil {
		if err := runtime.UnmarshalAsJSON(answer, into); err != nil {
			t.Fatal(err)
		}
	}
}

type object struct {
	ID    string `json:"id"`
	AppID string `json:"appId"`
}

// register makes an app with a service principal, and returns its client id.
func (r *rig) register(t *testing.T, name, audience string) string {
	t.Helper()
	var app object
	r.send(t, http.MethodPost, "/applications", map[string]any{"displayName": name, "signInAudience": audience}, &app)
	r.send(t, http.MethodPost, "/servicePrincipals", map[string]any{"appId": app.AppID}, nil)
	return app.AppID
}
