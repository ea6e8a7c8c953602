package storetest

import (
	"cmp"
	"slices"
	"testing"
	"time"

	"keyturn/renewal"
	"keyturn/store"
)

func census(t *testing.T, b Bench) {
	counted := part[store.Census](t, b.Store)
	got, err := counted.Census(t.Context(), noon)
	must(t, err)
	same(t, "an empty store", got, nil)
	end(t, b.Store, begin(t, b.Store, "done"))
	begin(t, b.Store, "driven")
	for app, wakeAt := range map[string]time.Time{"early": noon.Add(time.Hour), "late": noon.Add(2 * time.Hour), "past": noon.Add(-time.Hour)} {
		park(t, b.Store, begin(t, b.Store, app), wakeAt)
	}
	asked := begin(t, b.Store, "asked")
	asked.State, asked.Door, asked.Tries = renewal.Verifying, renewal.Person, 5
	advance(t, b.Store, store.Change{Run: asked, Release: true})
	got, err = counted.Census(t.Context(), noon.Add(90*time.Minute))
	must(t, err)
	slices.SortFunc(got, func(a, b store.Group) int { return cmp.Compare(a.Door, b.Door) })
	same(t, "the groups", got, []store.Group{
		{State: renewal.Planned, Door: renewal.Open, Runs: 1, Late: 90 * time.Minute},
		{State: renewal.Verifying, Door: renewal.Person, Runs: 1, Tries: 5, Late: 90 * time.Minute},
		{State: renewal.Planned, Door: renewal.Wait, Runs: 3, Late: 90 * time.Minute},
	})
	got, err = counted.Census(t.Context(), noon.Add(-time.Hour))
	must(t, err)
	for _, group := range got {
		same(t, "how late anything is by a clock that was set back", group.Late, 0)
	}
}
