package simulator_test

import (
	"net/http"
	"testing"

	"keyturn/simulator/world"
)

func TestAResetPlantsTheSameSampleAndKeepsTokensGood(t *testing.T) {
	t.Parallel()
	r := start(t, world.Settings{Gentle: true})
	before, token := r.Sample(), r.token(t, graphScope)
	added := r.do(t, http.MethodPost, v1+"/applications", token, map[string]any{"displayName": "to be forgotten"})
	if added.status != http.StatusCreated {
		t.Fatalf("add an application: %d %s", added.status, added.text)
	}
	r.lever(t, "/_sim/reset", "")
	if r.Sample() != before {
		t.Errorf("another sample:\n%+v\n%+v", before, r.Sample())
	}
	id, _ := added.body["id"].(string)
	if again := r.do(t, http.MethodGet, v1+"/applications/"+id, token, nil); again.status != http.StatusNotFound {
		t.Errorf("what was made before the reset: %d %s, want 404", again.status, again.text)
	}
}
