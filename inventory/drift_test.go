package inventory_test

import (
	"context"
	"strings"
	"testing"

	"keyturn/credential"
	"keyturn/inventory"
	"keyturn/renewal"
	"keyturn/store"
	"keyturn/target"
)

const (
	custodian = "keyVaultSecret:kv/appSecret"
	elsewhere = "apiConnection:rg/kv"
)

// memory is a store that delivered password "ours" to two places ten days ago.
func memory() inventory.Memory {
	run := renewal.Run{ID: "r1", State: renewal.Done, Attempt: 2, CreatedAt: noon.Add(-11 * day), DeliveredAt: noon.Add(-10 * day)}
	return inventory.Memory{
		Last: run, Made: []string{"lost", "ours"}, Tags: []string{"r1.1", "r1.2"},
		Chosen: renewal.Attempt{Run: "r1", N: 2, KeyID: "ours", End: noon.Add(170 * day)},
		Deliveries: map[string]renewal.Delivery{
			custodian: {Run: "r1", N: 2, Target: custodian, Receipt: "v7", State: renewal.DeliveryVerified},
			elsewhere: {Run: "r1", N: 2, Target: elsewhere, Receipt: "t1", State: renewal.DeliveryWritten},
		},
	}
}

func untouched() map[string]target.Standing {
	return map[string]target.Standing{
		custodian: {Exists: true, Receipt: "v7", Tag: "r1.2", KeyID: "ours"},
		elsewhere: {Exists: true, Receipt: "t1"},
	}
}

func since(keyID, description string, days int) credential.Credential {
	c := password(keyID, 170)
	c.Start, c.DisplayName = noon.AddDate(0, 0, -days), description
	return c
}

func TestDrift(t *testing.T) {
	t.Parallel()
	ours, older := since("OURS", "", 11), since("older", "by hand", 300)
	for name, c := range map[string]struct {
		has    []credential.Credential
		change func(*inventory.Memory, map[string]target.Standing)
		want   []string
		says   string
	}{
		"nothing changed":                     {has: []credential.Credential{ours, older}},
		"the store remembers nothing":         {has: nil, change: func(m *inventory.Memory, _ map[string]target.Standing) { *m = inventory.Memory{} }},
		"ours is gone, an older one is left":  {has: []credential.Credential{older}, want: []string{inventory.DriftGone}},
		"the installer was run again":         {has: []credential.Credential{since("new", "", 2)}, want: []string{inventory.DriftGone, inventory.DriftNewKey}, says: "as after an installer"},
		"ours is gone because it has expired": {has: []credential.Credential{older}, change: func(m *inventory.Memory, _ map[string]target.Standing) { m.Chosen.End = noon.Add(-day) }},
		"somebody added one":                  {has: []credential.Credential{ours, since("new", "portal", 2)}, want: []string{inventory.DriftNewKey}},
		"an attempt of ours without a key id": {has: []credential.Credential{ours, since("late", "portal keyturn r1.1", 2)}},
		"one bears a mark that isn't ours":    {has: []credential.Credential{ours, since("late", "portal keyturn r9.1", 2)}, want: []string{inventory.DriftNewKey}},
		"a vault version without our tags":    {has: []credential.Credential{ours}, change: standing(custodian, target.Standing{Exists: true, Receipt: "v8"}), want: []string{inventory.DriftUntagged}},
		"a vault version by another store":    {has: []credential.Credential{ours}, change: standing(custodian, target.Standing{Exists: true, Receipt: "v8", Tag: "r9.1"}), want: []string{inventory.DriftForeignTag}},
		"the connection was edited":           {has: []credential.Credential{ours}, change: standing(elsewhere, target.Standing{Exists: true, Receipt: "t2"}), want: []string{inventory.DriftReceipt}},
		"the connection is gone":              {has: []credential.Credential{ours}, change: standing(elsewhere, target.Standing{}), want: []string{inventory.DriftMissing}},
		"the connection couldn't be read":     {has: []credential.Credential{ours}, change: func(_ *inventory.Memory, s map[string]target.Standing) { delete(s, elsewhere) }},
		"a place that we never wrote":         {has: []credential.Credential{ours}, change: standing("apiConnection:rg/other", target.Standing{Exists: true, Receipt: "x"})},
	} {
		m, standings := memory(), untouched()
		if c.change != nil {
			c.change(&m, standings)
		}
		got := inventory.Drift(credential.App{Name: "Provision Assist", Credentials: c.has}, m, standings, noon)
		if strings.Join(codes(got), " ") != strings.Join(c.want, " ") {
			t.Errorf("%s: %+v, want %v", name, got, c.want)
		}
		if c.says != "" && !strings.Contains(got[0].Message, c.says) {
			t.Errorf("%s: %q doesn't say %q", name, got[0].Message, c.says)
		}
	}
}

func standing(id string, s target.Standing) func(*inventory.Memory, map[string]target.Standing) {
	return func(_ *inventory.Memory, all map[string]target.Standing) { all[id] = s }
}

// kept is a store in memory, newest run first.
type kept struct {
	runs      []renewal.Run
	histories map[string]store.History
}

func (k kept) Run(_ context.Context, id string) (renewal.Run, error) {
	for _, r := range k.runs {
		if r.ID == id {
			return r, nil
		}
	}
	return renewal.Run{}, store.ErrNotFound
}

func (k kept) Runs(_ context.Context, f store.Filter) ([]renewal.Run, error) {
	var found []renewal.Run
	for _, r := range k.runs {
		if f.App == "" || r.App == f.App {
			found = append(found, r)
		}
	}
	return found, nil
}

func (k kept) History(_ context.Context, id string) (store.History, error) {
	return k.histories[id], nil
}

func (k kept) Events(context.Context, string, int64) ([]renewal.Event, error) { return nil, nil }

func TestRememberTakesTheNewestRunThatDelivered(t *testing.T) {
	t.Parallel()
	reader := kept{
		runs: []renewal.Run{
			{ID: "r3", App: "other", DeliveredAt: noon},
			{ID: "r2", App: "pa", State: renewal.Issuing},
			{ID: "r1", App: "pa", Attempt: 2, DeliveredAt: noon},
			{ID: "r0", App: "pa", Attempt: 1, DeliveredAt: noon.Add(-day)},
		},
		histories: map[string]store.History{
			"r2": {Attempts: []renewal.Attempt{{Run: "r2", N: 1}}},
			"r1": {
				Attempts:   []renewal.Attempt{{Run: "r1", N: 1, KeyID: "lost"}, {Run: "r1", N: 2, KeyID: "ours"}},
				Deliveries: []renewal.Delivery{{Run: "r1", N: 1, Target: custodian}, {Run: "r1", N: 2, Target: custodian, Receipt: "v7"}},
			},
			"r0": {Attempts: []renewal.Attempt{{Run: "r0", N: 1, KeyID: "first"}}},
		},
	}
	m, err := inventory.Remember(t.Context(), reader, "pa")
	if err != nil {
		t.Fatal(err)
	}
	if m.Last.ID != "r1" || m.Chosen.KeyID != "ours" || m.Deliveries[custodian].Receipt != "v7" {
		t.Errorf("remembers %+v", m)
	}
	equal(t, "made", m.Made, []string{"lost", "ours", "first"})
	equal(t, "tags", m.Tags, []string{"r2.1", "r1.1", "r1.2", "r0.1"})
}
