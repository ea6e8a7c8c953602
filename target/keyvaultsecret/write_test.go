package keyvaultsecret_test

import (
	"fmt"
	"maps"
	"testing"
	"time"

	"keyturn/problem"
	"keyturn/secret"
	"keyturn/target"
	"keyturn/target/targettest"
	"keyturn/vault"
)

const (
	oldKey = "aaaaaaaa-0000-0000-0000-000000000001"
	newKey = "bbbbbbbb-0000-0000-0000-000000000002"
)

func parcel(c *targettest.Cloud, tag, keyID, replaces string) target.Parcel {
	return target.Parcel{
		Tag: tag, ClientID: c.ClientID, KeyID: keyID, Replaces: replaces,
		Value: secret.New("value of " + tag), End: time.Date(2027, 5, 1, 12, 0, 0, 0, time.UTC),
	}
}

func write(t *testing.T, c *targettest.Cloud, p target.Parcel) string {
	t.Helper()
	receipt, err := open(t, c.Session, "appSecret").Write(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	return receipt
}

func TestAVersionTellsWhatItHolds(t *testing.T) {
	c := targettest.Start(t)
	p := parcel(c, "abc.1", newKey, oldKey)
	write(t, c, p)
	found := latest(t, c)
	want := map[string]string{
		vault.TagRun: "abc.1", vault.TagKeyID: newKey, vault.TagApp: c.ClientID, vault.TagReplaces: oldKey,
	}
	if !maps.Equal(found.Tags, want) || !found.Expires.Equal(p.End) {
		t.Errorf("tags %v, expires %s", found.Tags, found.Expires)
	}
	standing, err := open(t, c.Session, "appSecret").Look(t.Context())
	if err != nil || standing.Tag != "abc.1" || standing.KeyID != newKey {
		t.Errorf("look: %+v, %v", standing, err)
	}
}

func TestTheSameParcelMakesOneVersion(t *testing.T) {
	c := targettest.Start(t)
	before := len(c.Versions("appSecret"))
	c.Fault("reply-lost", "kv-provassist.vault.azure.net", "PUT", "/secrets/appSecret", 1)
	p := parcel(c, "abc.1", newKey, "")
	if _, err := open(t, c.Session, "appSecret").Write(t.Context(), p); err == nil || !problem.Of(err).Doubtful {
		t.Fatalf("a lost reply isn't doubtful: %v", err)
	}
	first, second := write(t, c, p), write(t, c, p)
	if made := len(c.Versions("appSecret")) - before; made != 1 || first != second {
		t.Errorf("%d versions, receipts %s and %s", made, first, second)
	}
}

func TestOurTagsMakeRoomForForeignOnes(t *testing.T) {
	for name, test := range map[string]struct {
		foreign int
		ours    int
		code    string
	}{
		"with room for all":           {foreign: 11, ours: 4},
		"with room for two":           {foreign: 13, ours: 2},
		"with room for the run alone": {foreign: 14, ours: 1},
		"with no room":                {foreign: 15, code: "tags.full"},
	} {
		t.Run(name, func(t *testing.T) {
			c := targettest.Start(t)
			foreign := map[string]string{}
			for i := range test.foreign {
				foreign[fmt.Sprintf("tag%d", i)] = "kept"
			}
			set(t, c, vault.Draft{Value: secret.New("old"), Tags: foreign})
			_, err := open(t, c.Session, "appSecret").Write(t.Context(), parcel(c, "abc.1", newKey, oldKey))
			if test.code != "" {
				if !problem.Is(err, test.code) || c.Secret("appSecret") != "old" {
					t.Errorf("%v", err)
				}
				return
			}
			found := latest(t, c)
			if err != nil || !maps.Equal(vault.Foreign(found.Tags), foreign) || len(found.Tags) != test.foreign+test.ours || found.Tags[vault.TagRun] != "abc.1" {
				t.Errorf("tags %v: %v", found.Tags, err)
			}
		})
	}
}

func TestANewSecretIsMade(t *testing.T) {
	c := targettest.Start(t)
	made := open(t, c.Session, "brandNew")
	if _, _, err := made.Current(t.Context()); !problem.Is(err, problem.NotFound) {
		t.Errorf("current of nothing: %v", err)
	}
	receipt, err := made.Write(t.Context(), parcel(c, "abc.1", newKey, ""))
	if err != nil || receipt == "" || c.Secret("brandNew") != "value of abc.1" {
		t.Errorf("receipt %q: %v", receipt, err)
	}
}

func TestADisabledLatestVersionIsAPersonsBusiness(t *testing.T) {
	c := targettest.Start(t)
	receipt := write(t, c, parcel(c, "abc.1", newKey, ""))
	if err := vault.New(c.Session).Disable(t.Context(), targettest.Vault, "appSecret", receipt); err != nil {
		t.Fatal(err)
	}
	disabled := open(t, c.Session, "appSecret")
	standing, err := disabled.Look(t.Context())
	if err != nil || !standing.Exists || standing.Receipt != receipt || standing.Note == "" || standing.Withheld == "" {
		t.Errorf("look: %+v, %v", standing, err)
	}
	for what, err := range map[string]error{
		"write":   second(disabled.Write(t.Context(), parcel(c, "abc.2", newKey, ""))),
		"verify":  second(disabled.Verify(t.Context(), parcel(c, "abc.1", newKey, ""), target.Written{Receipt: receipt})),
		"recall":  third(disabled.Recall(t.Context(), "abc.1", "")),
		"current": third(disabled.Current(t.Context())),
	} {
		if found := problem.Of(err); err == nil || found.Code != vault.Disabled || found.Class != problem.Person || found.Fix == "" {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func second[T any](_ T, err error) error        { return err }
func third[T, U any](_ T, _ U, err error) error { return err }

func TestAnOlderVersionIsRecalledAmongMany(t *testing.T) {
	c := targettest.Start(t)
	p := parcel(c, "abc.1", newKey, "")
	receipt := write(t, c, p)
	c.Sim.Advance(2 * time.Second)
	set(t, c, vault.Draft{Value: secret.New("another value"), Tags: map[string]string{vault.TagRun: "abc.1"}}) // a tool copied the tags
	for i := range 60 {                                                                                        // more than two pages
		set(t, c, vault.Draft{Value: secret.New(fmt.Sprintf("other %d", i))})
	}
	value, version, err := open(t, c.Session, "appSecret").Recall(t.Context(), "abc.1", "")
	if err != nil || version != receipt || !value.Equal(p.Value) {
		t.Errorf("version %s, want %s: %v", version, receipt, err)
	}
}

func TestSupersedeDisablesOnlyWhatTheOldKeyHeld(t *testing.T) {
	c := targettest.Start(t)
	original := latest(t, c).ID
	old := write(t, c, parcel(c, "abc.1", oldKey, ""))
	superseding := open(t, c.Session, "appSecret")
	disabled := func() map[string]bool {
		off := map[string]bool{}
		for _, v := range c.Versions("appSecret") {
			if !v.Enabled {
				off[v.Version] = true
			}
		}
		return off
	}
	if err := superseding.Supersede(t.Context(), oldKey); err != nil || len(disabled()) != 0 {
		t.Errorf("the version in use was disabled: %v, %v", disabled(), err)
	}
	write(t, c, parcel(c, "abc.2", newKey, oldKey))
	for range 2 {
		if err := superseding.Supersede(t.Context(), oldKey); err != nil || !maps.Equal(disabled(), map[string]bool{old: true}) {
			t.Errorf("disabled %v, want %s alone (not %s): %v", disabled(), old, original, err)
		}
	}
	set(t, c, vault.Draft{Value: secret.New("a stranger's")})
	if err := superseding.Supersede(t.Context(), newKey); err != nil || len(disabled()) != 1 {
		t.Errorf("a version of ours was disabled although a stranger's is the latest: %v, %v", disabled(), err)
	}
}

func TestASecretTakenAwayAfterOurWriteIsDrift(t *testing.T) {
	c := targettest.Start(t)
	p := parcel(c, "abc.1", newKey, "")
	receipt := write(t, c, p)
	remove(t, c, "appSecret")
	_, err := open(t, c.Session, "appSecret").Verify(t.Context(), p, target.Written{Receipt: receipt})
	if !problem.Is(err, problem.Drift) {
		t.Errorf("%v", err)
	}
}

func TestACertificatesPrivateHalfIsNeverOverwritten(t *testing.T) {
	c := targettest.Start(t)
	before := len(c.Versions("provisionassist-cert"))
	held := open(t, c.Session, "provisionassist-cert")
	if _, err := held.Write(t.Context(), parcel(c, "abc.1", newKey, "")); !problem.Is(err, "secret.certificate") || problem.Of(err).Fix == "" {
		t.Errorf("%v", err)
	}
	if after := len(c.Versions("provisionassist-cert")); before == 0 || after != before {
		t.Errorf("%d versions, before %d", after, before)
	}
	if found := checked(t, c, "provisionassist-cert")["vault.kind"]; found.OK || found.Code != "secret.certificate" {
		t.Errorf("%+v", found)
	}
}
