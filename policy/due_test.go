package policy_test

import (
	"testing"
	"time"

	"keyturn/credential"
	"keyturn/policy"
)

func TestDue(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		in   policy.Input
		want policy.Code
		due  bool
	}{
		"the password in use has time left":           {with(input(password("a", "aaa", 31)), "a"), policy.DueNot, false},
		"the password in use ends within renewBefore": {with(input(password("a", "aaa", 30)), "a"), policy.DueNow, true},
		"the key id is found in any letter case":      {with(input(password("AB", "aaa", 3)), "ab"), policy.DueNow, true},
		"the password in use has expired":             {with(input(password("a", "aaa", -1)), "a"), policy.DueExpired, true},
		"another one is due, not the one in use":      {with(input(password("a", "aaa", 90), password("b", "bbb", 3)), "a"), policy.DueNot, false},
		"which one is in use isn't known, one is due": {input(password("a", "aaa", 90), password("b", "bbb", 3)), policy.DueUnclear, true},
		"all that work are due":                       {input(password("a", "aaa", 9), password("b", "bbb", 3)), policy.DueNow, true},
		"none that work is due":                       {input(password("a", "aaa", 90), password("b", "bbb", -3)), policy.DueNot, false},
		"one due is neither the first nor the last to end": {func() policy.Input {
			in := input(password("short", "aaa", 10), password("due", "bbb", 20), password("new", "ccc", 400))
			in.App.Credentials[0].Start = noon.Add(-5 * day) // of its 15 days, the last 5 count
			return in
		}(), policy.DueUnclear, true},
		"every password has expired":     {input(password("a", "aaa", -9), password("b", "bbb", -3)), policy.DueExpired, true},
		"no password at all":             {input(), policy.DueNone, false},
		"a certificate isn't a password": {input(credential.Credential{KeyID: "z", Kind: credential.Certificate, End: noon}), policy.DueNone, false},
		"excluded by a person":           {policy.Input{Now: noon, Excluded: "renews itself"}, policy.DueExcluded, false},
		"unreadable":                     {policy.Input{Now: noon, Unreadable: "no right"}, policy.DueUnreadable, false},
		"the last third of a short life": {func() policy.Input {
			in := with(input(password("a", "aaa", 9)), "a")
			in.App.Credentials[0].Start = noon.Add(-20 * day)
			return in
		}(), policy.DueThird, true},
		"two thirds of a short life are left": {func() policy.Input {
			in := with(input(password("a", "aaa", 20)), "a")
			in.App.Credentials[0].Start = noon.Add(-9 * day)
			return in
		}(), policy.DueNot, false},
		"a share of the life, not reached": {share(50, with(input(password("a", "aaa", 101)), "a")), policy.DueNot, false},
		"a share of the life, reached":     {share(50, with(input(password("a", "aaa", 100)), "a")), policy.DueShare, true},
		"a share of a life whose beginning isn't known": {func() policy.Input {
			in := share(50, with(input(password("a", "aaa", 90)), "a")) // the lifetime is 180 days
			in.App.Credentials[0].Start = time.Time{}
			return in
		}(), policy.DueShare, true},
	} {
		got := policy.Due(c.in)
		if got.Code != c.want || got.Due != c.due || got.Text == "" {
			t.Errorf("%s: %s due=%v %q, want %s due=%v", name, got.Code, got.Due, got.Text, c.want, c.due)
		}
	}
}

func TestDueSaysWhen(t *testing.T) {
	t.Parallel()
	got := policy.Due(with(input(password("a", "aaa", 90)), "a"))
	if want := noon.Add(60 * day); !got.At.Equal(want) || !got.End.Equal(noon.Add(90*day)) {
		t.Errorf("due from %s for an end of %s, want %s", got.At, got.End, want.Format(time.RFC3339))
	}
}

func with(in policy.Input, inUse string) policy.Input {
	in.InUse = inUse
	return in
}

// share makes a password due when that share of its life is left.
func share(percent int, in policy.Input) policy.Input {
	in.Policy.RenewBefore = policy.Lead{Share: percent}
	return in
}
