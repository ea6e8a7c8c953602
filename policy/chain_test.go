package policy_test

import (
	"fmt"
	"slices"
	"testing"
	"time"
	_ "time/tzdata" // Windows has no time zones of its own

	"pgregory.net/rapid"

	"keyturn/credential"
	"keyturn/policy"
	"keyturn/renewal"
)

// anyPolicy is a policy that a configuration may have.
func anyPolicy(t *rapid.T) policy.Policy {
	p := policy.Default()
	p.Lifetime = time.Duration(rapid.IntRange(2, 800).Draw(t, "lifetime")) * day
	if rapid.Bool().Draw(t, "share") {
		p.RenewBefore = policy.Lead{Share: rapid.IntRange(policy.LeastShare, policy.MostShare).Draw(t, "percent")}
	} else {
		p.RenewBefore = policy.Lead{Time: time.Duration(rapid.Int64Range(int64(time.Hour), int64(p.Lifetime-time.Hour)).Draw(t, "before"))}
	}
	p.Overlap.Minimum = time.Duration(rapid.Int64Range(0, int64(p.Lifetime-time.Hour)).Draw(t, "overlap"))
	p.Overlap.Evidence = rapid.SampledFrom([]renewal.EvidenceRule{"required", "preferred", "time"}).Draw(t, "rule")
	p.Approval = policy.Approval{Deliver: rapid.Bool().Draw(t, "approve delivery"), Retire: rapid.Bool().Draw(t, "approve removal")}
	if rapid.Bool().Draw(t, "window") {
		p.Window = anyWindow(t)
	}
	for range rapid.IntRange(0, 3).Draw(t, "freezes") {
		first := noon.AddDate(0, 0, rapid.IntRange(-40, 400).Draw(t, "first day"))
		p.Freezes = append(p.Freezes, policy.Freeze{
			From: first.Format(time.DateOnly), To: first.AddDate(0, 0, rapid.IntRange(0, 90).Draw(t, "days")).Format(time.DateOnly),
		})
	}
	return p
}

func anyWindow(t *rapid.T) policy.Window {
	return policy.Window{
		Cron:     fmt.Sprintf("%d %d * * %d", rapid.IntRange(0, 59).Draw(t, "minute"), rapid.IntRange(0, 23).Draw(t, "hour"), rapid.IntRange(0, 6).Draw(t, "weekday")),
		Length:   time.Duration(rapid.IntRange(10, 3000).Draw(t, "length")) * time.Minute,
		Timezone: rapid.SampledFrom([]string{"", "UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu"}).Draw(t, "zone"),
	}
}

// anyLife is a password that begins before noon and ends after it.
func anyLife(t *rapid.T) credential.Credential {
	c := password("k1", "abc", 0)
	c.Start = noon.Add(-time.Duration(rapid.IntRange(1, 400*24).Draw(t, "age")) * time.Hour)
	c.End = noon.Add(time.Duration(rapid.IntRange(1, 400*24).Draw(t, "rest")) * time.Hour)
	return c
}

func isTold(code policy.Code) bool {
	return slices.ContainsFunc(policy.Codes(), func(m policy.Meaning) bool { return m.Code == code })
}

// Whether the password in use is due changes once in its life, at the time told beforehand, and never back.
func TestWhatIsDueStaysDue(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := with(input(anyLife(t)), "k1")
		in.Policy = anyPolicy(t)
		used := in.App.Credentials[0]
		at := policy.Due(in).At
		if !at.After(used.Start) || !at.Before(used.End) {
			t.Fatalf("due at %s, beyond its life from %s to %s", at, used.Start, used.End)
		}
		for _, now := range []time.Time{used.Start, at.Add(-1), at, used.End.Add(-1), used.End, used.End.Add(day), anyInstant(t)} {
			in.Now = now
			got := policy.Due(in)
			if got.Due == now.Before(at) || !got.At.Equal(at) || (got.Code == policy.DueExpired) == now.Before(used.End) {
				t.Fatalf("at %s: %+v, due from %s, ends %s", now, got, at, used.End)
			}
		}
	})
}

// Every answer of every rule has a listed code and a sentence, and what a person must do has a fix.
func TestEveryDecisionHasItsReason(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := anyGate(t)
		in.Policy = anyPolicy(t)
		in.App = app(rapid.SliceOfNDistinct(rapid.Custom(anyCredential), 0, 4, func(c credential.Credential) string { return c.KeyID }).Draw(t, "credentials")...)
		in.InUse = rapid.SampledFrom([]string{"", "k1", "k2", "gone"}).Draw(t, "in use")
		in.Replace = rapid.SampledFrom([]string{"", "k1", policy.None, "gone"}).Draw(t, "replace")
		in.Held = policy.Held{Read: rapid.Bool().Draw(t, "read"), Hint: "abc", SignsIn: rapid.Bool().Draw(t, "signs in")}
		in.Terms = policy.Terms{Readable: rapid.Bool().Draw(t, "readable"), Blocked: rapid.Bool().Draw(t, "blocked"), MaxLifetime: time.Duration(rapid.IntRange(0, 300).Draw(t, "limit")) * day}
		in.Ends = anyInstant(t)
		gate, replaced := policy.Gate(in), policy.Replaced(in)
		for rule, d := range map[string]policy.Decision{
			"due": policy.Due(in).Decision, "replaced": replaced.Decision, "end": policy.End(in).Decision,
			"overlap": policy.OverlapOf(in).Decision, "permit": policy.Permit(in).Decision, "gate": gate.Decision,
		} {
			if !isTold(d.Code) || d.Text == "" {
				t.Fatalf("%s answers %q %q", rule, d.Code, d.Text)
			}
		}
		if gate.Verdict == policy.Person && gate.Fix == "" || !replaced.Decided && replaced.Fix == "" {
			t.Fatalf("a person isn't told what to do: %+v %+v", gate, replaced)
		}
	})
}

// A password that is looked at every hour, as a daemon does, is renewed before it ends, and neither in a freeze nor
// outside a window unless that is told as overruled.
func TestARenewalBeginsInTimeAndWhenItMay(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := with(input(anyLife(t)), "k1")
		in.Policy = anyPolicy(t)
		in.Ends = in.App.Credentials[0].End
		for in.Now = noon; in.Now.Before(in.Ends); {
			due := policy.Due(in)
			if !due.Due {
				in.Now = due.At // nothing changes before, as another test shows
				continue
			}
			may := policy.Permit(in)
			if may.Allowed {
				checkBeginning(t, in, may)
				return
			}
			in.Now = in.Now.Add(min(time.Hour, may.From.Sub(in.Now)))
		}
		t.Fatalf("it was let expire on %s with %+v", in.Ends, in.Policy)
	})
}

func checkBeginning(t *rapid.T, in policy.Input, may policy.Permission) {
	frozen := slices.ContainsFunc(in.Policy.Freezes, func(f policy.Freeze) bool { return within(f, in.Policy.Window, in.Now) })
	open := in.Policy.Window == (policy.Window{}) || isOpen(t, in.Policy.Window, in.Now)
	if (frozen || !open) != (may.Code == policy.PermitOverruled) {
		t.Fatalf("begins at %s: frozen %v, window open %v, yet %s", in.Now, frozen, open, may.Code)
	}
}

// within is a second reading of a freeze: whether the day in the window's zone is one of its days.
func within(f policy.Freeze, w policy.Window, at time.Time) bool {
	today := at.In(zoneOf(w)).Format(time.DateOnly)
	return f.From <= today && today <= f.To
}

// isOpen is a second reading of a window of one weekday, hour and minute: whether a clock on the wall showed that, or leapt
// over it, less than its length ago.
func isOpen(t fataler, w policy.Window, at time.Time) bool {
	var minute, hour, weekday int
	if _, err := fmt.Sscanf(w.Cron, "%d %d * * %d", &minute, &hour, &weekday); err != nil {
		t.Fatalf("%s: %v", w.Cron, err)
	}
	zone := zoneOf(w)
	for back := at.Truncate(time.Minute); at.Sub(back) < w.Length; back = back.Add(-time.Minute) {
		wall, before := back.In(zone), back.Add(-time.Minute).In(zone)
		wanted, shown := hour*60+minute, wall.Hour()*60+wall.Minute()
		leapt := wall.Day() == before.Day() && before.Hour()*60+before.Minute() < wanted && wanted < shown
		if (shown == wanted || leapt) && int(wall.Weekday()) == weekday {
			return true
		}
	}
	return false
}

type fataler interface {
	Fatalf(format string, args ...any)
}

func zoneOf(w policy.Window) *time.Location {
	zone, err := time.LoadLocation(w.Timezone)
	if err != nil {
		panic(err) // windows of these tests are good
	}
	return zone
}

// Where clocks are changed, a window opens by the clock on the wall all the same: as soon as they have leapt over its time,
// and twice where they show it twice. On Lord Howe Island alone, whose clocks change by half an hour, the
// cron library opens one window too many a year.
func TestWindowsKeepToTheClockOnTheWall(t *testing.T) {
	t.Parallel()
	for zone, changes := range map[string][]string{ // on Sundays, all of them
		"Europe/Berlin": {"2027-03-28", "2027-10-31"}, "America/New_York": {"2027-03-14", "2027-11-07"}, "Asia/Kathmandu": {"2027-03-14"},
	} {
		for hour := range 4 {
			w := policy.Window{Cron: fmt.Sprintf("30 %d * * 0", hour), Length: 90 * time.Minute, Timezone: zone}
			in := held(w)
			for _, date := range changes {
				change, err := time.ParseInLocation(time.DateOnly, date, zoneOf(w))
				if err != nil {
					t.Fatal(err)
				}
				for at := change.Add(-day / 4); at.Before(change.Add(day / 2)); at = at.Add(7 * time.Minute) {
					in.Now = at
					if may, want := policy.Permit(in), isOpen(t, w, at); may.Allowed != want {
						t.Fatalf("%s at %s: allowed %v, want %v", w.Cron, at, may.Allowed, want)
					}
				}
			}
		}
	}
}
