//go:build unix

package story_test

import (
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// provisionAssist returns the app registration whose secret the vault's appSecret is, or was.
func (s truth) provisionAssist(t *testing.T) application {
	t.Helper()
	for _, tenant := range s.Tenants {
		for _, app := range tenant.Applications {
			if strings.HasPrefix(app.DisplayName, "Provision Assist") {
				return app
			}
		}
	}
	t.Fatal("the cloud has no app registration of Provision Assist")
	return application{}
}

// places returns the value that every place holds, by a short name.
func (s truth) places(t *testing.T) map[string]string {
	t.Helper()
	held := map[string]string{}
	for _, vault := range s.Vaults {
		for _, secret := range vault.Secrets {
			if strings.EqualFold(secret.Name, "appSecret") {
				latest := slices.MaxFunc(secret.Versions, func(a, b version) int { return a.Created.Compare(b.Created) })
				held["vault"] = latest.Value
			}
		}
	}
	for _, connection := range s.Connections {
		if value := connection.Parameters["token:clientSecret"]; value != "" {
			held[filepath.Base(connection.ID)] = value
		}
	}
	for _, variable := range s.Variables {
		if strings.EqualFold(filepath.Base(variable.ID), "appSecret") {
			var text string
			if err := json.Unmarshal([]byte(variable.Value), &text); err != nil {
				t.Errorf("variable %s holds no JSON text: %v", variable.ID, err)
			}
			held["variable"] = text
		}
	}
	return held
}

// failures returns how often each consumer failed.
func (s truth) failures() map[string]int {
	failed := map[string]int{}
	for _, c := range s.Consumers {
		if c.Failures > 0 {
			failed[c.Name+" ("+c.LastError+")"] = c.Failures
		}
	}
	return failed
}

func (s truth) successes() (total int) {
	for _, c := range s.Consumers {
		total += c.Successes
	}
	return total
}

func byKey(passwords []password) map[string]password {
	found := map[string]password{}
	for _, p := range passwords {
		found[p.KeyID] = p
	}
	return found
}

// expectation is what a renewal must have left, beside what holds always.
type expectation struct {
	oldKept  bool // the old secret may still be there
	failures bool // consumers had failed before, or may have
}

// assertRenewed compares the cloud before and after: one new secret in every place, the old one gone, nothing foreign
// touched, no orphan, and no consumer that ever failed.
func assertRenewed(t *testing.T, before, after truth, want expectation) {
	t.Helper()
	old, now := byKey(before.provisionAssist(t).Passwords), byKey(after.provisionAssist(t).Passwords)
	replaced := before.places(t)["vault"]
	var made []password
	for keyID, p := range now {
		if _, there := old[keyID]; !there {
			made = append(made, p)
		}
	}
	if len(made) != 1 {
		t.Fatalf("%d new secrets on the app, want one: %+v", len(made), made)
	}
	for keyID, p := range old {
		_, there := now[keyID]
		switch {
		case p.Value == replaced && there && !want.oldKept:
			t.Errorf("the old secret %s is still there", keyID)
		case p.Value != replaced && !there:
			t.Errorf("the foreign secret %s (%s) was removed", keyID, p.DisplayName)
		}
	}
	for place, value := range after.places(t) {
		if value != made[0].Value {
			t.Errorf("%s doesn't hold the new secret", place)
		}
	}
	if len(after.places(t)) != len(before.places(t)) {
		t.Errorf("places before: %v, after: %v", slices.Collect(maps.Keys(before.places(t))), slices.Collect(maps.Keys(after.places(t))))
	}
	if failed := after.failures(); len(failed) > 0 && !want.failures {
		t.Errorf("consumers failed: %v", failed)
	}
	if after.successes() <= before.successes() {
		t.Errorf("consumers signed in %d times before and %d times after: nobody was at work", before.successes(), after.successes())
	}
}

// assertNothingMade: a refused renewal leaves the app as it was.
func assertNothingMade(t *testing.T, before, after truth) {
	t.Helper()
	old, now := byKey(before.provisionAssist(t).Passwords), byKey(after.provisionAssist(t).Passwords)
	if !slices.Equal(slices.Sorted(maps.Keys(old)), slices.Sorted(maps.Keys(now))) {
		t.Errorf("secrets before %v, after %v", old, now)
	}
	if !maps.Equal(before.places(t), after.places(t)) {
		t.Error("a place was written")
	}
}

// assertNoSecretLeft searches everything that the machine's folder holds, store and write-ahead log, logs and output,
// for every value that the cloud ever issued.
func assertNoSecretLeft(t *testing.T, m *machine, more ...string) {
	t.Helper()
	values := append(m.cloud.issued(), more...)
	if len(values) == 0 {
		t.Fatal("the cloud issued nothing: the search would find nothing")
	}
	files := 0
	err := filepath.WalkDir(m.dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		files++
		for _, value := range values {
			if strings.Contains(string(text), value) {
				t.Errorf("%s holds the secret %.3s…", name, value)
			}
		}
		return nil
	})
	if err != nil || files < 2 {
		t.Fatalf("searched %d files: %v", files, err)
	}
}

// issued returns every secret value that the cloud ever handed out: those it still knows, and those in its log.
func (c *cloud) issued() []string {
	c.t.Helper()
	values := map[string]bool{}
	state := c.state()
	for _, tenant := range state.Tenants {
		for _, app := range tenant.Applications {
			for _, p := range app.Passwords {
				values[p.Value] = true
			}
		}
	}
	for _, value := range state.places(c.t) {
		values[value] = true
	}
	for _, line := range c.log() {
		var answer struct {
			SecretText string `json:"secretText"`
			Token      string `json:"access_token"`
			Refresh    string `json:"refresh_token"`
			ID         string `json:"id_token"`
			Device     string `json:"device_code"`
		}
		if json.Unmarshal([]byte(line.ResponseBody), &answer) == nil {
			for _, value := range []string{answer.SecretText, answer.Token, answer.Refresh, answer.ID, answer.Device} {
				values[value] = true
			}
		}
	}
	for _, person := range c.people() {
		values[person.Password] = true
	}
	delete(values, "")
	return slices.Collect(maps.Keys(values))
}

// logged is one line of the cloud's log.
type logged struct {
	Time         time.Time `json:"time"`
	Host         string    `json:"host"`
	Method       string    `json:"method"`
	Path         string    `json:"path"`
	Status       int       `json:"status"`
	ResponseBody string    `json:"responseBody"`
}
