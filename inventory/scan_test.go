package inventory_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"
	"time"

	"keyturn/credential"
	"keyturn/inventory"
)

// tenant is a directory in memory.
type tenant struct {
	apps, principals []credential.App
	fails            error // after the apps
}

func (d tenant) Applications(context.Context) iter.Seq2[credential.App, error] {
	return func(yield func(credential.App, error) bool) {
		for _, app := range d.apps {
			if !yield(app, nil) {
				return
			}
		}
		if d.fails != nil {
			yield(credential.App{}, d.fails)
		}
	}
}

func (d tenant) ServicePrincipals(context.Context) iter.Seq2[credential.App, error] {
	return tenant{apps: d.principals}.Applications(context.Background())
}

func password(keyID string, days int) credential.Credential {
	return credential.Credential{
		KeyID: keyID, Hint: keyID + "hint", Kind: credential.Password, Start: noon.Add(-400 * day), End: noon.Add(time.Duration(days) * day),
	}
}

func TestScanWorstFirst(t *testing.T) {
	t.Parallel()
	future := password("future", 400)
	future.Start = noon.Add(day)
	directory := tenant{
		apps: []credential.App{
			{Name: "Zeta", ClientID: "z", Credentials: []credential.Credential{password("fine", 300), password("old", -200), certificate("AA", 10)}},
			{Name: "alpha", ClientID: "a", Credentials: []credential.Credential{password("dead", -5), certificate("BB", 90)}},
			{Name: "Beta", ClientID: "b", Credentials: []credential.Credential{future, password("due", 3), password("edge", 30)}},
		},
		principals: []credential.App{{Name: "SAML", ClientID: "s", Credentials: []credential.Credential{password("worse", -1)}}},
	}
	var rows []inventory.Row
	for row, err := range inventory.Scan(t.Context(), directory, noon, soon) {
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
	inventory.Sort(rows)
	var got []string
	for _, row := range rows {
		got = append(got, fmt.Sprintf("%s %s %s alone=%v", row.App, row.KeyID, row.State, row.Alone))
	}
	equal(t, "rows", got, []string{
		"SAML worse expired alone=true",
		"alpha dead expired alone=true",
		"Zeta old expired alone=false",
		"Beta due due alone=false",
		"Zeta id-AA due alone=false",
		"Beta edge due alone=false",
		"alpha id-BB ok alone=false",
		"Zeta fine ok alone=false",
		"Beta future not yet valid alone=false",
	})
}

func TestScanEndsWithTheFirstErrorAndStopsWhenToldTo(t *testing.T) {
	t.Parallel()
	broken := errors.New("page 2 is gone")
	directory := tenant{apps: []credential.App{{Credentials: []credential.Credential{password("a", 1), password("b", 2)}}}, fails: broken}
	seen := 0
	var failed error
	for _, err := range inventory.Scan(t.Context(), directory, noon, soon) {
		if err != nil {
			failed = err
			continue
		}
		seen++
	}
	if seen != 2 || !errors.Is(failed, broken) || !strings.Contains(failed.Error(), "list the tenant's credentials") {
		t.Errorf("saw %d rows and %v", seen, failed)
	}
	for row := range inventory.Scan(t.Context(), directory, noon, soon) {
		if row.KeyID != "a" {
			t.Fatalf("went on to %+v after being told to stop", row)
		}
		break
	}
}
