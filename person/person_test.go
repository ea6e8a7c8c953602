package person_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"keyturn/check"
	"keyturn/cloud"
	"keyturn/person"
	"keyturn/problem"
)

const (
	cloudApplicationAdministrator = "158c047a-c907-4556-b7ef-446551a6b5f7"
	globalAdministrator           = "62E90394-69F5-4237-9190-012177145E10"
	reportsReader                 = "4a5d8f65-41da-4de4-8968-e035b65339cf"
)

// directory tells what a test says; a nil list may not be read.
type directory struct {
	roles, eligible []string
	err             error
}

func (d directory) MyRoles(context.Context) ([]string, error)         { return d.list(d.roles) }
func (d directory) MyEligibleRoles(context.Context) ([]string, error) { return d.list(d.eligible) }

func (d directory) list(roles []string) ([]string, error) {
	if roles == nil && d.err == nil {
		return nil, problem.NeedsPerson(problem.Denied, "roles", "no", "grant it")
	}
	return roles, d.err
}

func TestWhatAPersonNeeds(t *testing.T) {
	t.Parallel()
	none := []string{}
	for name, c := range map[string]struct {
		directory directory
		scopes    []string
		wids      []string
		owner     bool
		consent   string
		role      string
		fix       string
	}{
		"the smallest role":              {directory{[]string{reportsReader, cloudApplicationAdministrator}, none, nil}, nil, nil, false, "ok", "ok", ""},
		"a global administrator":         {directory{[]string{globalAdministrator}, none, nil}, nil, nil, false, "ok", "ok", ""},
		"no role, yet the owner":         {directory{none, none, nil}, nil, nil, true, "ok", "ok", ""},
		"another role":                   {directory{[]string{reportsReader}, none, nil}, nil, nil, false, "ok", "role.missing", "Cloud Application Administrator"},
		"no role":                        {directory{none, none, nil}, nil, nil, false, "ok", "role.missing", "isn't needed"},
		"one that isn't active":          {directory{none, []string{globalAdministrator}, nil}, nil, nil, false, "ok", "role.eligible", "Activate"},
		"nothing may be read":            {directory{}, nil, nil, false, "ok", "unknown", ""},
		"the token alone tells a role":   {directory{}, nil, []string{cloudApplicationAdministrator}, false, "ok", "ok", ""},
		"the token alone tells no role":  {directory{}, nil, []string{reportsReader}, false, "ok", "role.missing", "sign in again"},
		"az, with whatever the person":   {directory{[]string{globalAdministrator}, none, nil}, []string{"Directory.AccessAsUser.All"}, nil, false, "ok", "ok", ""},
		"an app without consent":         {directory{[]string{globalAdministrator}, none, nil}, []string{"User.Read"}, nil, false, "consent.missing", "ok", ""},
		"neither consent nor any reader": {directory{}, []string{"User.Read"}, nil, true, "consent.missing", "ok", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			self := cloud.Identity{Name: "anna@contoso.onmicrosoft.com", User: true, Roles: c.scopes, Directory: c.wids}
			if c.scopes == nil {
				self.Roles = []string{"User.Read", "Application.ReadWrite.All"}
			}
			checks, err := person.Check(t.Context(), c.directory, self, c.owner)
			if err != nil || len(checks) != 2 {
				t.Fatalf("%+v, %v", checks, err)
			}
			if got := checks[0]; got.ID != "person.consent" || got.Code != c.consent {
				t.Errorf("%+v", got)
			}
			got := checks[1]
			if got.ID != "person.role" || got.Code != c.role || !strings.Contains(got.Fix, c.fix) || got.OK != (c.role == "ok") {
				t.Errorf("%+v", got)
			}
			if len(check.Failed(checks)) > 0 && check.Failed(checks)[0].Fix == "" {
				t.Error("nobody is told what to do")
			}
		})
	}
}

func TestADirectoryThatFailsForAMomentIsNoAnswer(t *testing.T) {
	t.Parallel()
	for _, d := range []directory{
		{err: problem.Later(problem.Unreachable, "graph", 0, errors.New("no answer"))},
	} {
		if _, err := person.Check(t.Context(), d, cloud.Identity{User: true}, false); !problem.Is(err, problem.Unreachable) {
			t.Errorf("%v", err)
		}
	}
}
