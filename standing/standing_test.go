package standing_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"keyturn/check"
	"keyturn/config"
	"keyturn/policy"
	"keyturn/renewal"
	"keyturn/standing"
	"keyturn/store"
)

var noon = time.Date(2031, 5, 4, 12, 0, 0, 0, time.UTC)

const day = 24 * time.Hour

// app is one that is renewed thirty days before its secret ends.
func app() config.Application { return config.Application{Name: "a", Policy: policy.Default()} }

// delivered is a renewal that ended yesterday with a secret that ends in so long; edit alters it.
func delivered(end time.Duration, edit func(*renewal.Run)) renewal.Run {
	run := renewal.Run{ID: "r", App: "a", State: renewal.Done, Outcome: renewal.Renewed, DeliveredAt: noon.Add(-day), Order: renewal.Order{End: noon.Add(end)}}
	if edit != nil {
		edit(&run)
	}
	return run
}

// underWay is a renewal that waits until tomorrow in its overlap; edit alters it.
func underWay(end time.Duration, edit func(*renewal.Run)) renewal.Run {
	return delivered(end, func(r *renewal.Run) {
		r.State, r.Outcome, r.Door, r.WakeAt = renewal.Overlapping, "", renewal.Wait, noon.Add(day)
		if edit != nil {
			edit(r)
		}
	})
}

// person lets a renewal wait for one.
func person(r *renewal.Run) {
	r.Door, r.WakeAt, r.Reason = renewal.Person, time.Time{}, renewal.Reason{Code: "drift", Text: "somebody changed it", Fix: "look"}
}

// seen is what a look saw so long ago of a secret that ends in so long.
func seen(ago, end time.Duration) store.Sighting {
	return store.Sighting{App: "a", Seen: noon.Add(-ago), Expires: noon.Add(end), DueAt: noon.Add(end - 30*day)}
}

func TestWhereAnApplicationStands(t *testing.T) {
	t.Parallel()
	found := store.Finding{App: "a", Code: "rights.missing", Text: "a right is missing", Fix: "grant it"}
	bad := []check.Check{check.Warn("x", "y", "z", "it ends", "make one"), check.Fail("x", "y", "lock", "it is locked", "unlock it")}
	for name, c := range map[string]struct {
		facts standing.Facts
		word  standing.Word
		text  string
		fix   string
		next  time.Time
	}{
		"nobody has looked":                       {standing.Facts{}, standing.Unknown, "nobody has looked at it yet", "", time.Time{}},
		"a look couldn't tell":                    {standing.Facts{Seen: store.Sighting{App: "a", State: store.SightingUnclear, Text: "it couldn't be read"}}, standing.Unknown, "it couldn't be read", "", time.Time{}},
		"seen with time left":                     {standing.Facts{Seen: seen(0, 100*day)}, standing.Fine, "nothing is to be done before 2031-07-13", "", noon.Add(70 * day)},
		"seen to be due":                          {standing.Facts{Seen: seen(0, 10*day)}, standing.Due, "the secret is due", "", noon.Add(-20 * day)},
		"seen to have expired":                    {standing.Facts{Seen: seen(0, -day)}, standing.Expired, "the secret has expired", "", noon.Add(-31 * day)},
		"seen, and something is in its way":       {standing.Facts{Seen: seen(0, 100*day), Finding: found}, standing.Person, "a right is missing", "grant it", noon.Add(70 * day)},
		"expired, and something is in its way":    {standing.Facts{Seen: seen(0, -day), Finding: found}, standing.Expired, "a right is missing", "grant it", noon.Add(-31 * day)},
		"renewed, with time left":                 {standing.Facts{Run: delivered(180*day, nil)}, standing.Fine, "nothing is to be done before 2031-10-01", "", noon.Add(150 * day)},
		"renewed, and due again":                  {standing.Facts{Run: delivered(29*day, nil)}, standing.Due, "the secret is due", "", noon.Add(-day)},
		"renewed once, and expired since":         {standing.Facts{Run: delivered(0, nil)}, standing.Expired, "the secret has expired", "", noon.Add(-30 * day)},
		"renewed since it was seen":               {standing.Facts{Run: delivered(180*day, nil), Seen: seen(2*day, 10*day)}, standing.Fine, "nothing is to be done before 2031-10-01", "", noon.Add(150 * day)},
		"changed by somebody since it was":        {standing.Facts{Run: delivered(180*day, nil), Seen: seen(0, 10*day)}, standing.Due, "the secret is due", "", noon.Add(-20 * day)},
		"a check fails":                           {standing.Facts{Run: delivered(180*day, nil), Checks: bad}, standing.Person, "it is locked", "unlock it", noon.Add(150 * day)},
		"a warning alone stops nothing":           {standing.Facts{Run: delivered(180*day, nil), Checks: bad[:1]}, standing.Fine, "nothing is to be done before 2031-10-01", "", noon.Add(150 * day)},
		"in its overlap":                          {standing.Facts{Run: underWay(180*day, nil), Finding: found}, standing.Renewing, "its renewal is overlapping", "", noon.Add(day)},
		"in its overlap, which is said":           {standing.Facts{Run: underWay(180*day, func(r *renewal.Run) { r.Reason.Text = "both are kept" })}, standing.Renewing, "both are kept", "", noon.Add(day)},
		"the overlap is over, and nobody came":    {standing.Facts{Run: underWay(180*day, nil), Undriven: true}, standing.Person, "its next step is due and nobody drives it", "keyturn resume a", noon.Add(day)},
		"a renewal waits for a person":            {standing.Facts{Run: underWay(180*day, person), Undriven: true, Checks: bad}, standing.Person, "somebody changed it", "look", time.Time{}},
		"a renewal waits while the secret ends":   {standing.Facts{Run: underWay(-day, person)}, standing.Expired, "somebody changed it", "look", time.Time{}},
		"a renewal goes on with an expired one":   {standing.Facts{Run: underWay(-day, nil)}, standing.Expired, "the secret has expired", "", noon.Add(day)},
		"left alone":                              {standing.Facts{App: config.Application{Name: "a", Excluded: "by its pipeline"}, Seen: seen(0, 10*day), Finding: found}, standing.Excluded, "by its pipeline", "", time.Time{}},
		"not configured any more":                 {standing.Facts{App: standing.Unconfigured(delivered(-day, nil)), Run: delivered(-day, nil)}, standing.Excluded, "it isn't in keyturn.yaml any more", "", time.Time{}},
		"left alone, and a renewal is still open": {standing.Facts{App: config.Application{Name: "a", Excluded: "by its pipeline"}, Run: underWay(180*day, nil)}, standing.Renewing, "its renewal is overlapping", "", noon.Add(day)},
		"spread again, the value is older than the run": {standing.Facts{Run: delivered(180*day, func(r *renewal.Run) {
			r.Outcome, r.Order.Reuse, r.Order.ReuseEnd = renewal.Added, true, noon.Add(10*day)
		})}, standing.Due, "the secret is due", "", noon.Add(-20 * day)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c.facts.App.Name == "" {
				c.facts.App = app()
			}
			got := c.facts.Judge(noon)
			if got.Word != c.word || got.Text != c.text || got.Fix != c.fix || !got.Next.Equal(c.next) {
				t.Errorf("%s, %q, fix %q, next %v; want %s, %q, %q, %v", got.Word, got.Text, got.Fix, got.Next, c.word, c.text, c.fix, c.next)
			}
		})
	}
}

func TestWordsComeMostUrgentFirst(t *testing.T) {
	t.Parallel()
	for i, word := range standing.Words() {
		if word.Urgency() != i {
			t.Errorf("%s is at %d, and its urgency is %d", word, i, word.Urgency())
		}
		if word.Urgent() != (i < 3) {
			t.Errorf("%s: urgent is %v", word, word.Urgent())
		}
	}
}

func TestNothingButItsDatesMakesAnApplicationStandElsewhereInTime(t *testing.T) {
	t.Parallel()
	chance := rand.New(rand.NewPCG(1, 2))
	days := func() time.Duration { return time.Duration(chance.IntN(80)-20) * day / 2 }
	turned := 0
	for round := range 5000 {
		facts := standing.Facts{App: app(), Run: []renewal.Run{{}, delivered(days(), nil), underWay(days(), nil), underWay(days(), person)}[chance.IntN(4)]}
		facts.Run.WakeAt = noon.Add(days())
		if chance.IntN(2) == 0 {
			facts.Seen = seen(days(), days())
		}
		if chance.IntN(5) == 0 {
			facts.App.Excluded = "theirs"
		}
		from, to := noon.Add(days()), noon.Add(days())
		before, after := facts.Judge(from), facts.Judge(to)
		if before == after {
			continue
		}
		turned++
		if !standing.Turns(before.Expires, before.Next, from, to) {
			t.Fatalf("round %d: at %s %+v, at %s %+v, and no date is between", round, from, before, to, after)
		}
	}
	if turned < 100 {
		t.Fatalf("time changed only %d", turned)
	}
}
