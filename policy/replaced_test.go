package policy_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"keyturn/credential"
	"keyturn/policy"
)

func TestReplaced(t *testing.T) {
	t.Parallel()
	working := policy.Held{Read: true, Hint: "abc", SignsIn: true}
	refused := policy.Held{Read: true, Hint: "abc"}
	two := []credential.Credential{password("one", "abc", 20), password("two", "xyz", 200)}
	twins := []credential.Credential{password("one", "abc", 20), password("two", "abc", 200)}
	for name, c := range map[string]struct {
		has     []credential.Credential
		held    policy.Held
		replace string
		usage   policy.Usage
		want    policy.Code
		keyID   string
	}{
		"one fits and signs in":                       {has: two, held: working, want: policy.ReplacedProven, keyID: "one"},
		"two fit":                                     {has: twins, held: working, want: policy.ReplacedAmbiguous},
		"two fit and our own receipt names one":       {has: twins, held: policy.Held{Read: true, Hint: "abc", SignsIn: true, KeyID: "TWO"}, want: policy.ReplacedProven, keyID: "two"},
		"one that fits has expired, the other works":  {has: []credential.Credential{password("old", "abc", -3), password("new", "abc", 90)}, held: working, want: policy.ReplacedProven, keyID: "new"},
		"one fits and doesn't start yet":              {has: []credential.Credential{{KeyID: "f", Kind: credential.Password, Hint: "abc", Start: noon.Add(day), End: noon.Add(9 * day)}}, held: working, want: policy.ReplacedNone},
		"none fits":                                   {has: []credential.Credential{password("two", "xyz", 20)}, held: working, want: policy.ReplacedNone},
		"one fits, yet the value is refused":          {has: two, held: refused, want: policy.ReplacedUnproven},
		"one fits, refused because it has expired":    {has: []credential.Credential{password("old", "abc", -3)}, held: refused, want: policy.ReplacedExpired, keyID: "old"},
		"an expired and a live one fit, refused":      {has: []credential.Credential{password("old", "abc", -3), password("new", "abc", 90)}, held: refused, want: policy.ReplacedUnproven},
		"the only password, and no value to prove it": {has: two[:1], want: policy.ReplacedNone},
		"a value too short to have a hint":            {has: two, held: policy.Held{Read: true, SignsIn: true}, want: policy.ReplacedNone},
		"no password yet":                             {held: working, want: policy.ReplacedNothing},
		"a person names one":                          {has: twins, held: working, replace: "TWO", want: policy.ReplacedNamed, keyID: "two"},
		"a person names none":                         {has: two, held: working, replace: policy.None, want: policy.ReplacedNothing},
		"a person names a stranger":                   {has: two, held: working, replace: "three", want: policy.ReplacedUnknown},
		"a person names a certificate":                {has: []credential.Credential{{KeyID: "cert", Kind: credential.Certificate, End: noon.Add(day)}}, replace: "cert", want: policy.ReplacedUnknown},
		"consumers use the other one":                 {has: two, held: working, usage: usage("two", noon.Add(-day)), want: policy.ReplacedContradicted},
		"consumers used the other one long ago":       {has: two, held: working, usage: usage("two", noon.Add(-60*day)), want: policy.ReplacedProven, keyID: "one"},
		"both are in use":                             {has: two, held: working, usage: both(usage("two", noon.Add(-day)), usage("one", noon.Add(-2*day))), want: policy.ReplacedProven, keyID: "one"},
	} {
		in := input(c.has...)
		in.Held, in.Replace, in.Usage = c.held, c.replace, c.usage
		got := policy.Replaced(in)
		if got.Code != c.want || got.KeyID != c.keyID {
			t.Errorf("%s: %s %q (%s), want %s %q", name, got.Code, got.KeyID, got.Text, c.want, c.keyID)
		}
		if !got.Decided && (got.Fix == "" || got.KeyID != "") {
			t.Errorf("%s: undecided must say what to do and name nothing: %+v", name, got)
		}
	}
}

func TestReplacedTellsWhyNoValueCouldBeRead(t *testing.T) {
	in := input(password("one", "abc", 20))
	in.Held = policy.Held{Unread: "the vault was busy"}
	if got := policy.Replaced(in); got.Code != policy.ReplacedNone || !strings.Contains(got.Text, "(the vault was busy)") {
		t.Errorf("got %+v", got)
	}
}

func TestReplacedListsEveryPasswordWithItsReason(t *testing.T) {
	t.Parallel()
	in := input(password("one", "abc", 20), password("two", "xyz", 200))
	in.Held = policy.Held{Read: true, Hint: "abc", SignsIn: true}
	in.Usage = usage("one", noon.Add(-day))
	got := policy.Replaced(in)
	if len(got.Candidates) != 2 || !got.Candidates[0].Fits || got.Candidates[1].Fits {
		t.Fatalf("candidates: %+v", got.Candidates)
	}
	for i, want := range []string{"begins like the custodian's value, ends on 12 Dec 2026 12:00 UTC, last used on 21 Nov 2026 12:00 UTC", "begins unlike"} {
		if !strings.HasPrefix(got.Candidates[i].Why, want) {
			t.Errorf("candidate %d: %q, want %q", i, got.Candidates[i].Why, want)
		}
	}
}

// However the directory, the vault, the reports and the person are, what is chosen was named, or proven, or is dead.
func TestReplacedNeverChoosesWithoutProofOrAName(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := input(rapid.SliceOfNDistinct(rapid.Custom(anyCredential), 0, 4, func(c credential.Credential) string { return c.KeyID }).Draw(t, "credentials")...)
		hints := rapid.SampledFrom([]string{"", "abc", "xyz"})
		ids := rapid.SampledFrom([]string{"", "k1", "K2", "k3", policy.None})
		in.Held = policy.Held{Read: rapid.Bool().Draw(t, "read"), Hint: hints.Draw(t, "hint"), SignsIn: rapid.Bool().Draw(t, "signs in"), KeyID: ids.Draw(t, "told")}
		in.Replace = ids.Draw(t, "replace")
		if rapid.Bool().Draw(t, "report") {
			in.Usage = both(usage("k1", anyInstant(t)), usage("k2", anyInstant(t)))
		}
		got := policy.Replaced(in)
		if got.KeyID == "" {
			return
		}
		chosen, ok := in.App.Find(got.KeyID)
		if !ok || chosen.Kind != credential.Password {
			t.Fatalf("chose %q, which isn't a password of the application", got.KeyID)
		}
		named := strings.EqualFold(in.Replace, got.KeyID)
		fit := in.Held.Read && in.Held.Hint != "" && chosen.Hint == in.Held.Hint
		if !named && !(in.Replace == "" && fit && (in.Held.SignsIn || chosen.Expired(noon))) {
			t.Fatalf("chose %+v with %+v and --replace %q", chosen, in.Held, in.Replace)
		}
	})
}

func anyCredential(t *rapid.T) credential.Credential {
	start := anyInstant(t)
	return credential.Credential{
		KeyID: rapid.SampledFrom([]string{"k1", "k2", "k3", "k4"}).Draw(t, "id"),
		Hint:  rapid.SampledFrom([]string{"", "abc", "xyz"}).Draw(t, "hint"),
		Kind:  rapid.SampledFrom([]credential.Kind{credential.Password, credential.Password, credential.Certificate}).Draw(t, "kind"),
		Start: start, End: start.Add(time.Duration(rapid.IntRange(1, 200).Draw(t, "life")) * day),
	}
}

func anyInstant(t *rapid.T) time.Time {
	return noon.Add(time.Duration(rapid.IntRange(-24*200, 24*60).Draw(t, "hours from noon")) * time.Hour)
}

func usage(keyID string, byOthers time.Time) policy.Usage {
	return policy.Usage{Source: "sign-in report", Uses: map[string]policy.Use{keyID: {Last: byOthers, ByOthers: byOthers}}}
}

func both(a, b policy.Usage) policy.Usage {
	for keyID, use := range b.Uses {
		a.Uses[keyID] = use
	}
	return a
}
