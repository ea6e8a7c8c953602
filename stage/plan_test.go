package stage

import (
	"context"
	"maps"
	"strings"
	"testing"
	"time"

	"keyturn/check"
	"keyturn/credential"
	"keyturn/issuer"
	"keyturn/policy"
	"keyturn/problem"
	"keyturn/renewal"
	"keyturn/secret"
	"keyturn/target"
)

var planDay = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func password(keyID, name, hint string, daysLeft int) credential.Credential {
	return credential.Credential{
		KeyID: keyID, DisplayName: name, Hint: hint, Kind: credential.Password, Holder: credential.OnApplication,
		Start: planDay.AddDate(-1, 0, 0), End: planDay.AddDate(0, 0, daysLeft),
	}
}

// readings are what a plan may find; each test changes what it is about.
func usual() *reading {
	return &reading{
		app:       credential.App{ClientID: "c", Name: "Provision Assist", Credentials: []credential.Credential{password("old", "by hand", "abc", 25), password("other", "of the team", "xyz", 300)}},
		custodian: "vault", value: secret.New("abc-is-how-it-begins"), signsIn: true, terms: issuer.Terms{Readable: true},
	}
}

func TestThePlanFollowsWhatWasRead(t *testing.T) {
	t.Parallel()
	moment := check.Check{ID: "place.look", Code: "service.failing", Passing: true}
	personal := func(r *reading) { r.app.Audience = "AzureADandPersonalMicrosoftAccount" }
	for name, c := range map[string]struct {
		change   func(*reading)
		request  Request
		obstacle string // its code; "" = the plan may be carried out
		retires  string
		room     string
		note     string
	}{
		"the secret in use is found by proof": {retires: "old"},
		"a person names another one":          {request: Request{Replace: "other"}, retires: "other"},
		"nothing is to be retired":            {request: Request{Replace: policy.None}},
		"the vault's value fits none":         {change: func(r *reading) { r.value = secret.New("qqq-is-how-it-begins") }, obstacle: string(policy.ReplacedNone)},
		"passwords are blocked":               {change: func(r *reading) { r.terms.Blocked, r.terms.Policy = true, "No secrets" }, obstacle: problem.Blocked, retires: "old"},
		"the lifetime is cut":                 {change: func(r *reading) { r.terms.MaxLifetime, r.terms.Policy = 90*24*time.Hour, "Short" }, retires: "old", note: "Short"},
		"a right is missing": {change: func(r *reading) {
			r.checks = []check.Check{check.Fail("graph.role", "app", problem.Denied, "no role", "grant it")}
		}, obstacle: problem.Denied, retires: "old"},
		"a place fails for a moment": {change: func(r *reading) { r.checks = []check.Check{moment} }, obstacle: moment.Code, retires: "old"},
		"a place fails for a moment, and another for good": {change: func(r *reading) {
			r.checks = []check.Check{moment, check.Fail("lock", "connection", "azure.lock", "it is locked", "remove the lock")}
		}, obstacle: "azure.lock", retires: "old"},
		"two secrets are all it may hold, and none is named": {change: personal, obstacle: problem.Full, retires: "old"},
		"two are all it may hold, and a person names one":    {change: personal, request: Request{MakeRoom: "other"}, retires: "old", room: "other"},
		"two are all it may hold, and the one in use has expired": {
			change: func(r *reading) { personal(r); r.app.Credentials[0].End, r.signsIn = planDay.AddDate(0, 0, -1), false }, retires: "old", room: "old",
		},
		"reuse of a value that doesn't sign in": {change: func(r *reading) { r.signsIn = false }, request: Request{Reuse: true}, obstacle: "reuse.unproven"},
		"reuse retires nothing by itself":       {request: Request{Reuse: true}},
		"reuse retires what a person names":     {request: Request{Reuse: true, Replace: "other"}, retires: "other"},
		"reuse never retires what it spreads":   {request: Request{Reuse: true, Replace: "old"}},
		"adopting goes on with what the tags say": {
			change:  func(r *reading) { r.standing = target.Standing{KeyID: "old", Replaces: "other"} },
			request: Request{Adopt: true}, retires: "other",
		},
		"adopting believes no tag of another value": {
			change:  func(r *reading) { r.standing = target.Standing{KeyID: "elsewhere", Replaces: "other"} },
			request: Request{Adopt: true},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seen := usual()
			if c.change != nil {
				c.change(seen)
			}
			plan := decide(Setup{App: "app", Policy: policy.Default()}, c.request, seen, planDay)
			if got := codeOf(plan.Obstacle()); got != c.obstacle {
				t.Errorf("obstacle %q, want %q (%v)", got, c.obstacle, plan.Obstacle())
			}
			if plan.Retires != c.retires || plan.Order.RoomKeyID != c.room {
				t.Errorf("retires %q, makes room by %q, want %q and %q", plan.Retires, plan.Order.RoomKeyID, c.retires, c.room)
			}
			if !strings.Contains(strings.Join(plan.Order.Notes, " "), c.note) {
				t.Errorf("notes %v, want one of %q", plan.Order.Notes, c.note)
			}
			for _, f := range plan.Foreign {
				if f.KeyID == plan.Retires || f.KeyID == plan.Order.RoomKeyID {
					t.Errorf("%s is called foreign and yet removed", f.KeyID)
				}
			}
		})
	}
}

func codeOf(err error) string {
	if err == nil {
		return ""
	}
	return problem.Of(err).Code
}

func TestAMarkThatShouldNotBeThereIsAFinding(t *testing.T) {
	t.Parallel()
	seen := usual()
	for key, name := range map[string]string{"stray": "by hand keyturn elsewhere.1", "ours": "by hand keyturn here.1", "late": "by hand keyturn here.2", "back": "by hand keyturn here.3"} {
		seen.app.Credentials = append(seen.app.Credentials, password(key, name, key[:3], 100))
	}
	known := map[string]renewal.AttemptState{"here.1": renewal.AttemptChosen, "here.2": renewal.AttemptVoid, "here.3": renewal.AttemptRemoved}
	request := Request{Known: func(tag string) renewal.AttemptState { return known[tag] }}
	plan := decide(Setup{App: "app", Policy: policy.Default()}, request, seen, planDay)
	found := map[string]string{}
	for _, c := range plan.Checks {
		if c.ID == "credential.mark" {
			found[c.Subject] = c.Code
		}
	}
	if want := map[string]string{"secret stray": "mark.unknown", "secret late": "mark.late", "secret back": "mark.late"}; !maps.Equal(found, want) {
		t.Errorf("found %v, want %v", found, want)
	}
	if plan.Obstacle() != nil {
		t.Errorf("a finding is no obstacle: %v", plan.Obstacle())
	}
}

func TestThePlanSaysEverythingItWillDo(t *testing.T) {
	t.Parallel()
	plan := decide(Setup{App: "app", Policy: policy.Default()}, Request{}, usual(), planDay)
	var said []string
	for _, e := range plan.Effects {
		said = append(said, e.What)
	}
	text := strings.Join(said, "; ")
	for _, want := range []string{"make a new secret", "remove the old secret old"} {
		if !strings.Contains(text, want) {
			t.Errorf("effects %q don't say %q", text, want)
		}
	}
}

// trier counts the sign-ins of a plan.
type trier struct {
	issuer.Issuer
	tries int
}

func (s *trier) SignIn(context.Context, string, secret.Value) error {
	s.tries++
	return nil
}

func TestAPlanDoesNotSignInWithWhatAnOpenRunHasProven(t *testing.T) {
	t.Parallel()
	ours := func(place string, s target.Standing) bool {
		return place == "vault" && (s.Tag == "r.1" || s.Receipt == "print")
	}
	for name, c := range map[string]struct {
		standing target.Standing
		proven   func(string, target.Standing) bool
		tries    int
	}{
		"of this run":               {target.Standing{Tag: "r.1"}, ours, 0},
		"of another run":            {target.Standing{Tag: "other.1"}, ours, 1},
		"of this run, by its print": {target.Standing{Receipt: "print"}, ours, 0},
		"not written by us":         {target.Standing{}, ours, 1},
		"nobody knows any runs":     {target.Standing{Tag: "r.1"}, nil, 1},
	} {
		counted := &trier{}
		seen := usual()
		seen.signsIn, seen.standing = false, c.standing
		if err := seen.tryValue(t.Context(), Setup{Issuer: counted}, Request{Proven: c.proven}); err != nil || !seen.signsIn || counted.tries != c.tries {
			t.Errorf("%s: %d sign-ins, it signs in %v: %v", name, counted.tries, seen.signsIn, err)
		}
	}
}
