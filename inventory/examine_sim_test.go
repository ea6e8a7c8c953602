package inventory_test

import (
	"context"
	"strings"
	"testing"

	"keyturn/arm"
	"keyturn/check"
	"keyturn/graph"
	"keyturn/inventory"
	"keyturn/issuer/entra"
	"keyturn/policy"
	"keyturn/secret"
	"keyturn/simulator/world"
	"keyturn/target"
	"keyturn/target/apiconnection"
	"keyturn/target/automationvariable"
	"keyturn/target/keyvaultsecret"
	"keyturn/vault"
)

// subject is the sample's application with the real parts, at the places that discovery finds.
func (r *rig) subject(t *testing.T) inventory.Subject {
	t.Helper()
	plane, vaults, group := arm.New(r.session), vault.New(r.session), "/subscriptions/"+r.Sample().Subscription+"/resourceGroups/rg-provisionassist/providers/"
	kv, err := keyvaultsecret.New(keyvaultsecret.Config{Vault: "kv-provassist", Secret: "appSecret"}, keyvaultsecret.Parts{Vaults: vaults, Plane: plane, Self: r.self})
	if err != nil {
		t.Fatal(err)
	}
	s := inventory.Subject{
		Name: "provision-assist", ClientID: r.app.ClientID, Issuer: entra.New(r.session, graph.New(r.session)), Targets: []target.Target{kv},
		Policy: policy.Default(), Vaults: []string{"kv-provassist"}, Certificates: inventory.NewCertificates(r.session, vaults), Now: r.session.Now(),
	}
	for _, name := range []string{"provisionassist-kv", "provisionassist-automation"} {
		made, err := apiconnection.New(apiconnection.Config{ResourceID: group + "Microsoft.Web/connections/" + name},
			r.app.ClientID, apiconnection.Parts{ARM: plane, Flows: plane})
		if err != nil {
			t.Fatal(err)
		}
		s.Targets = append(s.Targets, made)
	}
	variable, err := automationvariable.New(automationvariable.Config{Account: group + "Microsoft.Automation/automationAccounts/provisionassist-auto", Name: "appSecret"}, plane, "")
	if err != nil {
		t.Fatal(err)
	}
	s.Targets = append(s.Targets, variable)
	return s
}

func (r *rig) self(ctx context.Context) (string, error) {
	who, err := r.session.Self(ctx)
	return who.ObjectID, err
}

func (r *rig) examine(t *testing.T) []check.Check {
	t.Helper()
	got, err := inventory.Examine(t.Context(), r.subject(t))
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestExamineTheSample(t *testing.T) {
	r := start(t, "provision-assist", world.Settings{})
	got := r.examine(t)
	if failed := check.Failed(got); len(failed) != 0 {
		t.Errorf("the sample's identity may do the work, yet %+v", failed)
	}
	var warned []string
	for _, c := range got {
		if c.Warning {
			warned = append(warned, c.Code)
		}
	}
	equal(t, "warnings", warned, []string{inventory.CertExpiring})
	if len(inventory.Grants(got)) != 0 {
		t.Errorf("grants: %+v", inventory.Grants(got))
	}
}

func TestExamineSeesLocksPoliciesAndRenewedCertificates(t *testing.T) {
	r := start(t, "provision-assist", world.Settings{})
	for name, want := range map[string]struct{ value, code string }{
		"readonly-lock":       {"on", "lock"},
		"password-policy":     {"90d", inventory.PolicyCut},
		"vault-firewall":      {"on", "firewall"},
		"certificate-renewed": {"on", inventory.CertUnregistered},
	} {
		r.lever(t, "/_sim/switch", `{"name":"`+name+`","value":"`+want.value+`"}`)
		if got := " " + strings.Join(codes(r.examine(t)), " ") + " "; !strings.Contains(got, " "+want.code+" ") {
			t.Errorf("%s: no %s in%s", name, want.code, got)
		}
		r.lever(t, "/_sim/switch", `{"name":"`+name+`","value":""}`)
	}
}

// Drift as it really comes about: a place is written by hand after us.
func TestDriftOfTheSample(t *testing.T) {
	r := start(t, "provision-assist", world.Settings{})
	s := r.subject(t)
	receipt := map[string]string{}
	for _, place := range s.Targets {
		standing, err := place.Look(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		receipt[place.Place().ID] = standing.Receipt
	}
	s.Memory = remembering(r, receipt)
	before, err := inventory.Examine(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range before {
		if strings.HasPrefix(c.Code, "drift.") {
			t.Errorf("nothing was touched, yet %+v", c)
		}
	}
	if _, err := vault.New(r.session).Set(t.Context(), "kv-provassist", "appSecret", vault.Draft{Value: secret.New("put there by hand")}); err != nil {
		t.Fatal(err)
	}
	after, err := inventory.Examine(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(codes(after), " "); !strings.Contains(got, inventory.DriftUntagged) || strings.Contains(got, inventory.DriftReceipt) {
		t.Errorf("after: %s", got)
	}
}

// remembering is a memory of having delivered the sample's own secret with these receipts.
func remembering(r *rig, receipts map[string]string) inventory.Memory {
	m := memory()
	old := r.app.Passwords()[0]
	m.Made, m.Chosen.KeyID, m.Chosen.End = []string{old.KeyID}, old.KeyID, old.End
	template := m.Deliveries[custodian]
	for id, receipt := range receipts {
		template.Target, template.Receipt = id, receipt
		m.Deliveries[id] = template
	}
	return m
}
