package directory_test

import (
	"slices"
	"testing"
	"time"

	"keyturn/simulator/directory"
	"keyturn/simulator/world"
)

func TestIDTokensNameRolesAndGroups(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{})
	now := time.Now()
	claims := func(id directory.Identity, nonce string) map[string]any {
		t.Helper()
		id.Tenant, id.User, id.Issued, id.Expires = b.t.ID, true, now, now.Add(time.Hour)
		said, ok := b.d.VerifyBare(b.d.MintIDToken(id, nonce))
		if !ok {
			t.Fatal("the signature isn't ours")
		}
		return said
	}
	anna := directory.Identity{AppID: "console", ObjectID: "anna", AppRoles: []string{"Admin"}, Groups: []string{"g"}}
	first, again := claims(anna, "n1"), claims(anna, "")
	if first["sub"] != again["sub"] || first["nonce"] != "n1" || again["nonce"] != nil {
		t.Errorf("the same person twice: %v, %v", first, again)
	}
	if !slices.Equal(first["roles"].([]any), []any{"Admin"}) || !slices.Equal(first["groups"].([]any), []any{"g"}) {
		t.Errorf("roles %v, groups %v", first["roles"], first["groups"])
	}
	elsewhere := anna
	elsewhere.AppID, elsewhere.AppRoles, elsewhere.Groups = "other", nil, make([]string, 201)
	if said := claims(elsewhere, ""); said["sub"] == first["sub"] || said["roles"] != nil || said["groups"] != nil || said["_claim_names"] == nil || said["_claim_sources"] == nil {
		t.Errorf("at another app, in too many groups: %v", said)
	}
}
