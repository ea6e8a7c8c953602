package inventory_test

import (
	"context"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"keyturn/inventory"
	"keyturn/problem"
)

// addIns is a directory of add-ins, with a report that may be refused.
type addIns struct {
	objects []inventory.AddInObject
	uses    map[string]time.Time
	refused error
}

func (d addIns) AddInObjects(context.Context) iter.Seq2[inventory.AddInObject, error] {
	return func(yield func(inventory.AddInObject, error) bool) {
		for _, o := range d.objects {
			if !yield(o, nil) {
				return
			}
		}
	}
}

func (d addIns) LastUses(context.Context) (map[string]time.Time, error) { return d.uses, d.refused }

var addInNow = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// triple is a whole add-in's secret that ends after so many days.
func triple(days int) []inventory.AddInKey {
	end := addInNow.AddDate(0, 0, days)
	return []inventory.AddInKey{{End: end}, {Symmetric: true, Usage: "Sign", End: end}, {Symmetric: true, Usage: "Verify", End: end}}
}

func tenantWithAddIns() addIns {
	return addIns{
		objects: []inventory.AddInObject{
			{Name: "ordinary app", ClientID: "a", Registered: true, Keys: []inventory.AddInKey{{End: addInNow.AddDate(1, 0, 0)}}},
			{Name: "expired", ClientID: "b", Legacy: true, Keys: triple(-40)},
			{Name: "bare", ClientID: "c", Legacy: true},
			{Name: "works", ClientID: "d", Legacy: true, Keys: triple(300)},
			{Name: "ends soon", ClientID: "e", Registered: true, Keys: append(triple(-10), triple(20)...)},
			{Name: "in use", ClientID: "F", Legacy: true, Keys: triple(-1)},
		},
		uses: map[string]time.Time{"f": addInNow.AddDate(0, 0, -3), "a": addInNow},
	}
}

func TestAddInsComeWorstFirst(t *testing.T) {
	t.Parallel()
	found, note, err := inventory.AddIns(t.Context(), tenantWithAddIns(), addInNow, 30*24*time.Hour)
	if err != nil || note != "" {
		t.Fatalf("%q, %v", note, err)
	}
	var names, states []string
	for _, a := range found {
		names, states = append(names, a.App), append(states, string(a.State))
	}
	if want := []string{"in use", "ends soon", "works", "expired", "bare"}; !slices.Equal(names, want) {
		t.Errorf("order %v, want %v", names, want)
	}
	if want := []string{"expired", "due", "ok", "expired", "no secret"}; !slices.Equal(states, want) {
		t.Errorf("states %v, want %v", states, want)
	}
	soon := found[1]
	if soon.Registered != "app registration" || soon.Passwords != 1 || soon.Signing != 1 || soon.Verifying != 1 || !soon.Expires.Equal(addInNow.AddDate(0, 0, 20)) || soon.Used != "not seen" {
		t.Errorf("%+v", soon)
	}
	if found[0].Used != "seen" || !strings.Contains(found[0].Advice, "keyturn advise F") || found[4].Advice != "left over: remove the principal" {
		t.Errorf("%+v", found)
	}
}

func TestAddInsAreListedWithoutReports(t *testing.T) {
	t.Parallel()
	d := tenantWithAddIns()
	d.uses, d.refused = nil, problem.NeedsPerson(problem.Denied, "the report", "may not read it", "grant it")
	found, note, err := inventory.AddIns(t.Context(), d, addInNow, 30*24*time.Hour)
	if err != nil || len(found) != 5 || !strings.Contains(note, "may not read it") {
		t.Fatalf("%d, %q, %v", len(found), note, err)
	}
	for _, a := range found {
		if a.Used != "unknown" || !a.LastUse.IsZero() {
			t.Errorf("%+v", a)
		}
	}
	d.refused = problem.Later(problem.Throttled, "the report", 0, context.DeadlineExceeded)
	if _, _, err := inventory.AddIns(t.Context(), d, addInNow, time.Hour); !problem.Is(err, problem.Throttled) {
		t.Errorf("a report that fails for a moment: %v", err)
	}
}
