package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"keyturn/renewal"
	"keyturn/store"
)

const month = 30 * 24 * time.Hour

// seen is what was seen at noon of an application whose secret ends after so long, and is due a month before.
func seen(app string, ends time.Duration) store.Sighting {
	end := noon.Add(ends)
	return store.Sighting{
		App: app, ClientID: "11111111-2222-3333-4444-555555555555", Name: "The App " + app, Seen: noon, Code: "due.not",
		Text: "the secret in use has time left", DueAt: end.Add(-month), Expires: end,
		Credentials: []store.SeenCredential{
			{KeyID: "k1", Kind: "secret", Description: "by hand\x00", Holder: "application", Start: noon.Add(-month), End: end, InUse: true},
			{KeyID: "k2", Kind: "certificate", Holder: "servicePrincipal", Start: noon, End: end, Run: "r"},
		},
		Places: []store.SeenPlace{{ID: "vault", Kind: "keyVaultSecret", Title: "a vault", Rung: renewal.ReadBack, ProvenAt: noon}},
	}
}

func sightings(t *testing.T, b Bench) {
	kept := part[store.Sightings](t, b.Store)
	first := seen("app", 2*month)
	must(t, kept.Sight(t.Context(), []store.Sighting{first, seen("other", month)}, 0))
	page, err := kept.Sightings(t.Context(), store.SightingFilter{Now: noon, App: "app"})
	must(t, err)
	if len(page.Sightings) != 1 {
		t.Fatalf("%d sightings of one application", len(page.Sightings))
	}
	got := page.Sightings[0]
	first.State = store.SightingFine
	got.Credentials[0].Description, first.Credentials[0].Description = "", "" // a store may leave out what it can't keep
	same(t, "a sighting", got, first)

	page, err = kept.Sightings(t.Context(), store.SightingFilter{Now: noon, App: "app", Brief: true})
	must(t, err)
	if brief := page.Sightings[0]; len(brief.Places) != 0 || len(brief.Credentials) != 2 {
		t.Fatalf("in brief: %+v", brief)
	}
	must(t, kept.Retain(t.Context(), []string{"app", "unknown"}))
	must(t, kept.Retain(t.Context(), []string{"app", "unknown"}))
	same(t, "the applications retained", apps(t, kept, store.SightingFilter{Now: noon}), []string{"app"})
	must(t, kept.Retain(t.Context(), nil))
	same(t, "the applications after none is left", apps(t, kept, store.SightingFilter{Now: noon}), nil)
}

func sightingFresh(t *testing.T, b Bench) {
	kept := part[store.Sightings](t, b.Store)
	must(t, kept.Sight(t.Context(), []store.Sighting{seen("app", month)}, time.Hour))
	for _, step := range []struct {
		name   string
		after  time.Duration
		change func(*store.Sighting)
		want   time.Duration // Seen after noon
	}{
		{"the same, a little later", 59 * time.Minute, func(*store.Sighting) {}, 0},
		{"the same, an hour later", time.Hour, func(*store.Sighting) {}, time.Hour},
		{"a credential more", time.Hour + time.Minute, func(s *store.Sighting) { s.Credentials = append(s.Credentials, s.Credentials[0]) }, time.Hour + time.Minute},
		{"the first again, by a clock that was set back", 0, func(*store.Sighting) {}, 0},
		{"another name", time.Minute, func(s *store.Sighting) { s.Name = "Renamed" }, time.Minute},
		{"no longer clear", time.Minute, func(s *store.Sighting) { s.State = store.SightingUnclear }, time.Minute},
		{"without any date", 2 * time.Minute, func(s *store.Sighting) { s.DueAt, s.Expires = time.Time{}, time.Time{} }, 2 * time.Minute},
		{"still without any date", 3 * time.Minute, func(s *store.Sighting) { s.DueAt, s.Expires = time.Time{}, time.Time{} }, 2 * time.Minute},
	} {
		again := seen("app", month)
		again.Seen = noon.Add(step.after)
		step.change(&again)
		must(t, kept.Sight(t.Context(), []store.Sighting{again}, time.Hour))
		page, err := kept.Sightings(t.Context(), store.SightingFilter{Now: noon})
		must(t, err)
		same(t, "when it was seen, after "+step.name, page.Sightings[0].Seen.Sub(noon), step.want)
	}
}

func sightingPages(t *testing.T, b Bench) {
	kept := part[store.Sightings](t, b.Store)
	unclear, nothing := seen("Unclear", month/2), seen("nothing", 0)
	unclear.State = store.SightingUnclear
	nothing.DueAt, nothing.Expires = time.Time{}, time.Time{}
	named := seen("b", 3*month)
	named.Name, named.Seen = "Größte 100%_App", named.Seen.Add(time.Second)
	must(t, kept.Sight(t.Context(), []store.Sighting{seen("d", -month), unclear, seen("a", 4*month), nothing, seen("c", month), named}, 0))
	for name, c := range map[string]struct {
		filter store.SightingFilter
		want   []string
	}{
		"all":                     {store.SightingFilter{}, []string{"Unclear", "a", "b", "c", "d", "nothing"}},
		"what ends first":         {store.SightingFilter{Order: store.SightingByExpiry}, []string{"d", "Unclear", "c", "b", "a", "nothing"}},
		"what was seen last":      {store.SightingFilter{Order: store.SightingBySeen, Limit: 1}, []string{"b"}},
		"what is due first":       {store.SightingFilter{Order: store.SightingByUrgency}, []string{"d", "Unclear", "c", "b", "a", "nothing"}},
		"a page":                  {store.SightingFilter{Order: store.SightingByExpiry, Offset: 1, Limit: 2}, []string{"Unclear", "c"}},
		"past the end":            {store.SightingFilter{Offset: 6}, nil},
		"those that have expired": {store.SightingFilter{State: store.SightingExpired}, []string{"d"}},
		"those that are due":      {store.SightingFilter{State: store.SightingDue}, []string{"c"}},
		"those that are fine":     {store.SightingFilter{State: store.SightingFine}, []string{"a", "b", "nothing"}},
		"those that aren't clear": {store.SightingFilter{State: store.SightingUnclear}, []string{"Unclear"}},
		"a part of a name":        {store.SightingFilter{Search: "LEAR"}, []string{"Unclear"}},
		"signs of a pattern":      {store.SightingFilter{Search: "GRÖẞTE 1%_"}, nil},
		"another alphabet":        {store.SightingFilter{Search: "GRÖ"}, []string{"b"}},
		"a sign that fits itself": {store.SightingFilter{Search: "%_"}, []string{"b"}},
		"a client id":             {store.SightingFilter{Search: "2222-3333", State: store.SightingExpired}, []string{"d"}},
	} {
		c.filter.Now = noon
		same(t, name, apps(t, kept, c.filter), c.want)
	}
	page, err := kept.Sightings(t.Context(), store.SightingFilter{Now: noon.Add(10 * month), Limit: 1, State: store.SightingFine})
	must(t, err)
	same(t, "the counts, much later", fmt.Sprint(page.Counts), fmt.Sprint(map[store.SightingState]int{"expired": 4, "unclear": 1, "fine": 1}))
	same(t, "how many there are", page.Total(""), 6)
	same(t, "how many are fine", page.Total(store.SightingFine), 1)
	aside := seen("d", -month)
	aside.Code = "due.excluded"
	must(t, kept.Sight(t.Context(), []store.Sighting{aside}, 0))
	same(t, "what a person takes care of", apps(t, kept, store.SightingFilter{Now: noon, State: store.SightingExcluded}), []string{"d"})
	same(t, "what has expired beside it", apps(t, kept, store.SightingFilter{Now: noon, State: store.SightingExpired}), nil)
}

// apps are the names on a page.
func apps(t *testing.T, kept store.Sightings, filter store.SightingFilter) (names []string) {
	t.Helper()
	page, err := kept.Sightings(t.Context(), filter)
	must(t, err)
	for one := range slices.Values(page.Sightings) {
		names = append(names, one.App)
	}
	return names
}
