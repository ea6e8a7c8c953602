package vault_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"keyturn/simulator/azure/role"
	"keyturn/simulator/directory"
	"keyturn/simulator/vault"
	"keyturn/simulator/world"
)

func (b *bench) entry(secrets ...string) []vault.AccessPolicy {
	return []vault.AccessPolicy{{Tenant: tenantID, ObjectID: b.app.ServicePrincipal.ObjectID, Secrets: secrets}}
}

func (b *bench) locked(f func()) {
	b.w.Lock()
	defer b.w.Unlock()
	f()
}

func TestAccessPoliciesDecide(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{Gentle: true})
	b.do(t, http.MethodPut, "/secrets/s"+version, `{"value":"1"}`)
	b.locked(func() { b.s.ReplacePolicies(b.v, b.entry("get")) })
	if a := b.do(t, http.MethodGet, "/secrets/s"+version, ""); a.status != http.StatusOK {
		t.Errorf("get: %s", a.text)
	}
	for name, c := range map[string]struct{ method, path, body, word string }{
		"set":    {http.MethodPut, "/secrets/s" + version, `{"value":"2"}`, "secrets set"},
		"update": {http.MethodPatch, "/secrets/s" + version, `{}`, "secrets set"},
		"list":   {http.MethodGet, "/secrets" + version, ``, "secrets list"},
		"delete": {http.MethodDelete, "/secrets/s" + version, ``, "secrets delete"},
		"cert":   {http.MethodGet, "/certificates" + version, ``, "certificates list"},
	} {
		a := b.do(t, c.method, c.path, c.body)
		b.want(t, a, http.StatusForbidden, "Forbidden")
		message := a.field("error", "message")
		if a.inner() != "ForbiddenByPolicy" || !strings.Contains(message, "does not have "+c.word+" permission on key vault 'kv-one;location=westeurope'") ||
			!strings.Contains(message, b.app.ServicePrincipal.ObjectID) {
			t.Errorf("%s: %s", name, a.text)
		}
	}
}

func TestRolesDecideInAnRBACVaultDownToOneSecret(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{Gentle: true})
	b.locked(func() { b.v.RBAC = true })
	refused := b.do(t, http.MethodPut, "/secrets/appSecret"+version, `{"value":"1"}`)
	b.want(t, refused, http.StatusForbidden, "Forbidden")
	for _, part := range []string{"Action: 'Microsoft.KeyVault/vaults/secrets/setSecret/action'", "Assignment: (not found)", "DecisionReason: 'DeniedWithNoValidRBAC'", "oid=" + b.app.ServicePrincipal.ObjectID} {
		if refused.inner() != "ForbiddenByRbac" || !strings.Contains(refused.field("error", "message"), part) {
			t.Errorf("no %q in %s", part, refused.text)
		}
	}
	b.grant(role.KeyVaultSecretsOfficer, resourceID+"/secrets/appSecret")
	if a := b.do(t, http.MethodPut, "/secrets/appsecret"+version, `{"value":"1"}`); a.status != http.StatusOK {
		t.Errorf("set with the role on the secret: %s", a.text)
	}
	b.want(t, b.do(t, http.MethodPut, "/secrets/other"+version, `{"value":"1"}`), http.StatusForbidden, "Forbidden")
	b.want(t, b.do(t, http.MethodGet, "/secrets"+version, ""), http.StatusForbidden, "Forbidden")
	b.grant(role.KeyVaultReader, resourceID)
	if a := b.do(t, http.MethodGet, "/secrets"+version, ""); a.status != http.StatusOK {
		t.Errorf("list as reader: %s", a.text)
	}
	if a := b.do(t, http.MethodGet, "/certificates"+version, ""); a.status != http.StatusOK {
		t.Errorf("list certificates as reader: %s", a.text)
	}
}

func TestFreshAccessPolicyLagsAndSoDoesADroppedOne(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{Seed: 3})
	b.locked(func() { b.s.ReplacePolicies(b.v, nil) })
	if a := b.do(t, http.MethodPut, "/secrets/s"+version, `{"value":"1"}`); a.status != http.StatusOK {
		t.Errorf("a dropped policy counts for a while: %s", a.text)
	}
	b.locked(func() {
		if len(b.v.ListedPolicies()) != 0 {
			t.Error("a dropped policy is still listed")
		}
	})
	b.w.Advance(time.Minute)
	b.want(t, b.do(t, http.MethodGet, "/secrets/s"+version, ""), http.StatusForbidden, "Forbidden")
	b.locked(func() { b.s.AddPolicies(b.v, b.entry("get")) })
	b.want(t, b.do(t, http.MethodGet, "/secrets/s"+version, ""), http.StatusForbidden, "Forbidden")
	b.w.Advance(time.Minute)
	if a := b.do(t, http.MethodGet, "/secrets/s"+version, ""); a.status != http.StatusOK {
		t.Errorf("a fresh policy counts after a while: %s", a.text)
	}
}

func TestAddMergesReplaceWipesRemoveTakesAway(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{Seed: 3})
	other := vault.AccessPolicy{Tenant: tenantID, ObjectID: "someone-else", Secrets: []string{"get"}}
	listed := func() string {
		var all []string
		for _, p := range b.v.ListedPolicies() {
			all = append(all, p.ObjectID[:7]+":"+strings.Join(p.Secrets, "+"))
		}
		return strings.Join(all, " ")
	}
	me := b.app.ServicePrincipal.ObjectID[:7]
	b.locked(func() {
		b.s.ReplacePolicies(b.v, append(b.entry("get"), other))
		b.s.AddPolicies(b.v, b.entry("Set", "get"))
		if got := listed(); got != "someone:get "+me+":get+Set" {
			t.Errorf("after add: %s", got)
		}
		b.s.RemovePolicies(b.v, b.entry("GET"))
		if got := listed(); got != "someone:get "+me+":Set" {
			t.Errorf("after remove: %s", got)
		}
		b.s.RemovePolicies(b.v, b.entry("set"))
		b.s.RemovePolicies(b.v, []vault.AccessPolicy{{ObjectID: "nobody", Secrets: []string{"get"}}})
		if got := listed(); got != "someone:get" {
			t.Errorf("after removing all: %s", got)
		}
		b.s.ReplacePolicies(b.v, b.entry("list"))
		if got := listed(); got != me+":list" {
			t.Errorf("after replace: %s", got)
		}
	})
}

func TestAnUnchangedPolicyNeverStopsCounting(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{Seed: 3})
	b.locked(func() {
		b.s.ReplacePolicies(b.v, []vault.AccessPolicy{{Tenant: tenantID, ObjectID: b.app.ServicePrincipal.ObjectID, Secrets: []string{"all"}, Certificates: []string{"get", "list"}}})
	})
	for range 30 {
		if a := b.do(t, http.MethodGet, "/secrets"+version, ""); a.status != http.StatusOK {
			t.Fatalf("got %s", a.text)
		}
		b.w.Advance(time.Second)
	}
}

func TestConsumersReadWithTheirOwnRights(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{Gentle: true})
	b.locked(func() {
		b.s.SetSecret("kv-one", "appSecret", "v", vault.SecretSpec{})
		b.s.SetSecret("kv-one", "off", "v", vault.SecretSpec{Disabled: true})
	})
	me := directory.Identity{Tenant: tenantID, ObjectID: b.app.ServicePrincipal.ObjectID}
	cases := map[string]struct {
		id          directory.Identity
		vault, name string
		code        string
	}{
		"with the right":                   {me, "KV-one", "appsecret", ""},
		"without it":                       {directory.Identity{Tenant: tenantID, ObjectID: "x"}, "kv-one", "appSecret", "Forbidden"},
		"of another tenant":                {directory.Identity{Tenant: otherID, ObjectID: me.ObjectID}, "kv-one", "appSecret", "Unauthorized"},
		"of a vault that is not there":     {me, "kv-two", "appSecret", "VaultNotFound"},
		"of a secret that is not there":    {me, "kv-one", "none", "SecretNotFound"},
		"of a secret that is switched off": {me, "kv-one", "off", "Forbidden"},
	}
	for name, c := range cases {
		b.locked(func() {
			value, failure := b.s.Read(c.id, c.vault, c.name)
			if c.code == "" && (failure != nil || value != "v") || c.code != "" && (failure == nil || failure.Code != c.code) {
				t.Errorf("%s: %q, %v", name, value, failure)
			}
		})
	}
}

func TestCertificateAndItsSecret(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{Gentle: true})
	now := b.w.Now()
	var first, second *vault.CertificateVersion
	b.locked(func() {
		spec := vault.CertificateSpec{DER: []byte("one"), PFX: "UEZY", Start: now, End: now.AddDate(1, 0, 0), Subject: "CN=app", AutoRenewDays: 90}
		first = b.s.SetCertificate("kv-one", "cert", spec)
		spec.DER = []byte("two")
		second = b.s.SetCertificate("kv-one", "cert", spec)
	})
	cert := b.do(t, http.MethodGet, "/certificates/CERT"+version, "")
	if cert.field("cer") != "dHdv" || cert.field("sid") != base+"/secrets/cert/"+second.ID || cert.field("x5t") == "" {
		t.Errorf("certificate: %s", cert.text)
	}
	if old := b.do(t, http.MethodGet, "/certificates/cert/"+first.ID+version, ""); old.field("cer") != "b25l" {
		t.Errorf("first version: %s", old.text)
	}
	if policy := b.do(t, http.MethodGet, "/certificates/cert/policy"+version, ""); !strings.Contains(policy.text, `"AutoRenew"`) {
		t.Errorf("policy: %s", policy.text)
	}
	half := b.do(t, http.MethodGet, "/secrets/cert"+version, "")
	if half.field("value") != "UEZY" || half.field("contentType") != "application/x-pkcs12" || half.body["managed"] != true || !strings.HasSuffix(half.field("kid"), second.ID) {
		t.Errorf("secret: %s", half.text)
	}
	b.want(t, b.do(t, http.MethodPut, "/secrets/cert"+version, `{"value":"x"}`), http.StatusConflict, "Conflict")
	b.want(t, b.do(t, http.MethodDelete, "/secrets/cert"+version, ""), http.StatusForbidden, "Forbidden")
	if ids, _ := walk(t, b, "/certificates/cert/versions"+version); len(ids) != 2 {
		t.Errorf("versions: %v", ids)
	}
	if ids, _ := walk(t, b, "/certificates"+version); len(ids) != 1 {
		t.Errorf("certificates: %v", ids)
	}
}
