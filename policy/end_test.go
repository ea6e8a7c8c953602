package policy_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"keyturn/policy"
)

func TestEnd(t *testing.T) {
	t.Parallel()
	full := noon.Add(180 * day)
	for name, c := range map[string]struct {
		terms policy.Terms
		want  policy.Code
		at    time.Time
		says  string
	}{
		"no limit":                            {policy.Terms{Readable: true}, policy.EndLifetime, full, "180d from now"},
		"a limit above the lifetime":          {policy.Terms{Readable: true, MaxLifetime: 365 * day}, policy.EndLifetime, full, ""},
		"a limit that is the lifetime":        {policy.Terms{Readable: true, MaxLifetime: 180 * day}, policy.EndLifetime, full.Add(-5 * time.Minute), "180d from now"},
		"a limit hardly above the lifetime":   {policy.Terms{Readable: true, MaxLifetime: 180*day + time.Minute}, policy.EndLifetime, full.Add(-4 * time.Minute), "180d from now"},
		"a limit below it cuts with a margin": {policy.Terms{Readable: true, MaxLifetime: 90 * day, Policy: "Short lives"}, policy.EndCut, noon.Add(90*day - 5*time.Minute), "the policy Short lives allows 90d instead of 180d"},
		"a limit below renewBefore":           {policy.Terms{Readable: true, MaxLifetime: 20 * day}, policy.EndTooShort, noon.Add(20*day - 5*time.Minute), "for the last third of its life"},
		"policies that can't be read":         {policy.Terms{}, policy.EndUnread, full, "unless a policy"},
		"passwords are forbidden":             {policy.Terms{Readable: true, Blocked: true, Policy: "No secrets"}, policy.EndBlocked, time.Time{}, "the policy No secrets allows no new secret"},
	} {
		in := input()
		in.Terms = c.terms
		got := policy.End(in)
		if got.Code != c.want || !got.At.Equal(c.at) || !strings.Contains(got.Text, c.says) {
			t.Errorf("%s: %s at %s (%s), want %s at %s saying %q", name, got.Code, got.At, got.Text, c.want, c.at, c.says)
		}
		if got.Cut != (c.want == policy.EndCut || c.want == policy.EndTooShort) || got.Blocked != c.terms.Blocked {
			t.Errorf("%s: cut=%v blocked=%v", name, got.Cut, got.Blocked)
		}
	}
}

func TestEndIsNeverBeyondLifetimeOrLimitNorInThePast(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := input()
		in.Policy.Lifetime = time.Duration(rapid.Int64Range(int64(time.Hour), int64(800*day)).Draw(t, "lifetime"))
		in.Terms = policy.Terms{Readable: true, MaxLifetime: time.Duration(rapid.Int64Range(0, int64(800*day)).Draw(t, "limit"))}
		got := policy.End(in)
		life := got.At.Sub(in.Now)
		if life > in.Policy.Lifetime || in.Terms.MaxLifetime > 0 && life > in.Terms.MaxLifetime {
			t.Fatalf("lasts %s with lifetime %s and limit %s", life, in.Policy.Lifetime, in.Terms.MaxLifetime)
		}
		if in.Terms.MaxLifetime > time.Minute && life <= 0 {
			t.Fatalf("ends %s before it begins", -life)
		}
	})
}

func TestOverlapOf(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*policy.Input)
		want   policy.Code
		over   time.Duration
		lag    time.Duration
	}{
		"nothing known: the minimum":          {func(*policy.Input) {}, policy.OverlapMinimum, 14 * day, 72 * time.Hour},
		"weekly consumers fit the minimum":    {func(in *policy.Input) { in.Recurrences = []time.Duration{time.Hour, 7 * day} }, policy.OverlapMinimum, 14 * day, 72 * time.Hour},
		"a monthly consumer asks for longer":  {func(in *policy.Input) { in.Recurrences = []time.Duration{31 * day, 7 * day} }, policy.OverlapRecurrence, 62 * day, 72 * time.Hour},
		"a small minimum is raised to tokens": {func(in *policy.Input) { in.Policy.Overlap.Minimum = time.Minute }, policy.OverlapToken, 90 * time.Minute, 72 * time.Hour},
		"time alone is the minimum, said to be short": {func(in *policy.Input) {
			in.Policy.Overlap = policy.Overlap{Minimum: time.Minute, Evidence: "time"}
		}, policy.OverlapShort, time.Minute, 0},
		"time alone with a long minimum": {func(in *policy.Input) { in.Policy.Overlap.Evidence = "time" }, policy.OverlapMinimum, 14 * day, 0},
		"the old one has expired":        {func(in *policy.Input) { in.InUse = "dead" }, policy.OverlapNothing, 0, 0},
		"nothing is retired":             {func(in *policy.Input) { in.Replace = policy.None }, policy.OverlapNothing, 0, 0},
	} {
		in := input(password("live", "abc", 20), password("dead", "xyz", -1))
		in.InUse = "live"
		c.change(&in)
		got := policy.OverlapOf(in)
		if got.Code != c.want || got.Overlap != c.over || got.ReportLag != c.lag || got.Text == "" {
			t.Errorf("%s: %s %s+%s (%s), want %s %s+%s", name, got.Code, got.Overlap, got.ReportLag, got.Text, c.want, c.over, c.lag)
		}
	}
}
