package inventory_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"keyturn/check"
	"keyturn/credential"
	"keyturn/inventory"
	"keyturn/issuer"
	"keyturn/policy"
	"keyturn/problem"
	"keyturn/secret"
	"keyturn/target"
)

// clinic is an issuer that answers as told. What isn't told panics, because doctor must not do it.
type clinic struct {
	issuer.Issuer
	app    credential.App
	lookup error
	terms  issuer.Terms
	checks []check.Check
}

func (c clinic) Look(context.Context, string) (credential.App, error) { return c.app, c.lookup }

func (c clinic) Terms(context.Context, credential.App) (issuer.Terms, error) { return c.terms, nil }

func (c clinic) Check(context.Context, credential.App) ([]check.Check, error) { return c.checks, nil }

// room is a place that answers as told.
type room struct {
	target.Target
	id       string
	checks   []check.Check
	standing target.Standing
	fails    error
}

func (r room) Place() target.Place { return target.Place{ID: r.id, Title: r.id} }

func (r room) Check(context.Context) []check.Check { return r.checks }

func (r room) Look(context.Context) (target.Standing, error) { return r.standing, r.fails }

// keeper is a room that is a custodian too.
type keeper struct {
	room
	target.Custodian
}

func (k keeper) Place() target.Place { return k.room.Place() }

// Current is an empty place, whose value nobody can try.
func (k keeper) Current(context.Context) (secret.Value, target.Standing, error) {
	return secret.Value{}, target.Standing{}, problem.NeedsPerson(problem.NotFound, k.id, "empty", "none")
}

func (k keeper) Look(ctx context.Context) (target.Standing, error) { return k.room.Look(ctx) }

// cellar is a reader of certificates.
type cellar struct {
	found []inventory.VaultCertificate
	err   error
}

func (c cellar) In(context.Context, string) ([]inventory.VaultCertificate, error) {
	return c.found, c.err
}

// healthy is a subject of which everything is as it should be.
func healthy() inventory.Subject {
	return inventory.Subject{
		Name: "provision-assist", ClientID: "c1", Now: noon, Policy: policy.Default(), Vaults: []string{"kv"}, Certificates: cellar{},
		Issuer: clinic{
			app:    credential.App{Name: "Provision Assist", ClientID: "c1", Credentials: []credential.Credential{password("a", 90), certificate("AA", 200)}},
			terms:  issuer.Terms{Readable: true},
			checks: []check.Check{check.Pass("graph.role", "keyturn", "has Application.ReadWrite.OwnedBy")},
		},
		Targets: []target.Target{
			keeper{room: room{id: custodian, standing: target.Standing{Exists: true}}},
			room{id: elsewhere, checks: []check.Check{check.Pass("arm.rights", elsewhere, "may be written")}, standing: target.Standing{Exists: true}},
		},
	}
}

func lines(checks []check.Check) []string {
	var found []string
	for _, c := range checks {
		found = append(found, fmt.Sprintf("%s %s", c.ID, c.Code))
	}
	return found
}

func TestExamineTellsInTheOrderOfMending(t *testing.T) {
	t.Parallel()
	got, err := inventory.Examine(t.Context(), healthy())
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "checks", lines(got), []string{"clock ok", "graph.role ok", "app.policies ok", "arm.rights ok", "cert ok"})
	if inventory.Attention(got) || len(inventory.Grants(got)) != 0 {
		t.Errorf("all is well, yet attention %v, grants %v", inventory.Attention(got), inventory.Grants(got))
	}
}

func TestExamineSaysNothingTwice(t *testing.T) {
	t.Parallel()
	s := healthy()
	told := []check.Check{check.Pass("clock", "this machine", "agrees"), check.Pass("graph.policy", "app", "no policy limits new passwords")}
	s.Issuer = clinic{terms: issuer.Terms{Readable: true}, checks: told}
	got, err := inventory.Examine(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "checks", lines(got), []string{"clock ok", "graph.policy ok", "arm.rights ok"})
}

func TestExamineFindsWhatIsWrong(t *testing.T) {
	t.Parallel()
	grant := check.Grant{Kind: check.GraphRole, Name: "Application.ReadWrite.OwnedBy"}
	denied := problem.NeedsPerson(problem.Denied, "application c1", "may not be read", "grant Application.Read.All")
	for name, c := range map[string]struct {
		change func(*inventory.Subject)
		want   string // "id code" of a check that must be there
		stops  bool
	}{
		"the clock is off":      {func(s *inventory.Subject) { s.Skew = -3 * time.Minute }, "clock clock.skew", false},
		"the app can't be read": {func(s *inventory.Subject) { s.Issuer = clinic{lookup: denied} }, "app rights.missing", true},
		"a right is missing": {func(s *inventory.Subject) {
			s.Issuer = clinic{checks: []check.Check{check.Fail("graph.role", "keyturn", problem.Denied, "lacks it", "grant it", grant)}}
		}, "graph.role rights.missing", true},
		"policies forbid secrets": {func(s *inventory.Subject) { s.Issuer = clinic{terms: issuer.Terms{Readable: true, Blocked: true}} }, "app.policies policy.blocked", true},
		"policies cut the life": {func(s *inventory.Subject) {
			s.Issuer = clinic{terms: issuer.Terms{Readable: true, MaxLifetime: 90 * day}}
		}, "app.policies policy.cut", false},
		"policies can't be read": {func(s *inventory.Subject) { s.Issuer = clinic{} }, "app.policies unknown", false},
		"no place is configured": {func(s *inventory.Subject) { s.Targets = nil }, "place place.none", true},
		"no place gives a value": {func(s *inventory.Subject) { s.Targets = s.Targets[1:] }, "place place.nocustodian", false},
		"a place is unconfirmed": {func(s *inventory.Subject) {
			s.Unconfirmed = []inventory.Finding{{Kind: inventory.KindConnection, Title: "kv", Why: "client ID unreadable"}}
		}, "place place.unconfirmed", false},
		"a place can't be looked at": {func(s *inventory.Subject) { s.Targets[1] = room{id: elsewhere, fails: denied} }, "place.look rights.missing", true},
		"a place was changed": {func(s *inventory.Subject) {
			s.Memory = memory()
			s.Targets[1] = room{id: elsewhere, standing: target.Standing{Exists: true, Receipt: "t9"}}
		}, "drift.place drift.receipt", false},
		"the vault renewed the certificate": {func(s *inventory.Subject) {
			s.Certificates = cellar{found: []inventory.VaultCertificate{{Vault: "kv", Name: "cert", Versions: []inventory.VaultCertificateVersion{version("AA", -300, 200), version("BB", -1, 360)}}}}
		}, "cert.vault cert.unregistered", false},
		"the vault's certificates are closed": {func(s *inventory.Subject) { s.Certificates = cellar{err: denied} }, "cert.vault unknown", false},
	} {
		s := healthy()
		c.change(&s)
		got, err := inventory.Examine(t.Context(), s)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !strings.Contains("\n"+strings.Join(lines(got), "\n")+"\n", "\n"+c.want+"\n") {
			t.Errorf("%s: no %q in %q", name, c.want, lines(got))
		}
		if stops := len(check.Failed(got)) > 0; stops != c.stops {
			t.Errorf("%s: stops a renewal: %v, want %v (%v)", name, stops, c.stops, check.Failed(got))
		}
		for _, bad := range check.Failed(got) {
			if bad.Fix == "" {
				t.Errorf("%s: %s has no fix", name, bad.ID)
			}
		}
	}
}

func TestGrantsComeFromWhatIsMissingAlone(t *testing.T) {
	t.Parallel()
	missing := check.Grant{Kind: check.Ownership, Scope: "o1"}
	ok := check.Pass("x", "y", "fine")
	ok.Grants = []check.Grant{{Kind: check.GraphRole, Name: "Had"}}
	got := inventory.Grants([]check.Check{ok, check.Fail("x", "y", problem.Denied, "lacks", "grant", missing)})
	if len(got) != 1 || got[0].Scope != "o1" {
		t.Errorf("grants %+v", got)
	}
}

func TestExamineStopsWhenToldTo(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := inventory.Examine(ctx, healthy()); !errors.Is(err, context.Canceled) {
		t.Errorf("err = %v", err)
	}
}

func TestLingeringNamesOtherSecretsThatEndSoon(t *testing.T) {
	t.Parallel()
	app := credential.App{Credentials: []credential.Credential{
		password("NEW", 180), password("old", 5), password("stranger", 7), password("later", 300), password("dead", -9), certificate("AA", 3),
	}}
	got := inventory.Lingering(app, []string{"new", "OLD"}, noon, soon)
	if len(got) != 1 || got[0].Code != inventory.SecretExpiring || !strings.Contains(got[0].Subject, "stranger") {
		t.Errorf("lingering: %+v", got)
	}
}
