package directory

import (
	"crypto/sha256"
	"encoding/base64"
)

// mostGroups is how many groups a token names; of somebody who is in more it only says where they can be asked for.
// Source: https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference, "Groups overage claim", read
// 2026-11-25.
const mostGroups = 200

// MintIDToken answers the signed ID token of a user's sign-in, with the nonce that was asked for, if one was. Needs no
// lock.
func (d *Directory) MintIDToken(id Identity, nonce string) string {
	d.signer.ready()
	claims := map[string]any{
		"aud": id.AppID, "iss": d.w.Cloud().Login() + "/" + id.Tenant + "/v2.0", "iat": id.Issued.Unix(),
		"nbf": id.Issued.Unix(), "exp": id.Expires.Unix(), "name": id.DisplayName, "oid": id.ObjectID,
		"preferred_username": id.UserName, "rh": "1." + opaque(33) + ".", "sub": pairwise(id), "tid": id.Tenant,
		"uti": opaque(16), "ver": "2.0",
	}
	if nonce != "" {
		claims["nonce"] = nonce
	}
	if len(id.AppRoles) > 0 {
		claims["roles"] = id.AppRoles
	}
	switch {
	case len(id.Groups) > mostGroups:
		claims["_claim_names"] = map[string]string{"groups": "src1"}
		claims["_claim_sources"] = map[string]any{"src1": map[string]string{
			"endpoint": "https://graph.windows.net/" + id.Tenant + "/users/" + id.ObjectID + "/getMemberObjects",
		}}
	case len(id.Groups) > 0:
		claims["groups"] = id.Groups
	}
	return d.seal(`{"typ":"JWT","alg":"RS256","kid":"`+d.signer.kid+`"}`, claims)
}

// pairwise is who somebody is for one app: the same at each sign-in, another for another app.
func pairwise(id Identity) string {
	sum := sha256.Sum256([]byte(id.AppID + "/" + id.ObjectID))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// groupsFor are the groups that a token for an app names: none, unless its registration asks for them.
func groupsFor(sp *ServicePrincipal, user *User) []string {
	if sp.Application == nil {
		return nil
	}
	switch claims, _ := sp.Application.Extra["groupMembershipClaims"].(string); claims {
	case "All", "SecurityGroup":
		return user.Groups
	}
	return nil
}
