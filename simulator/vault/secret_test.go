package vault_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"keyturn/simulator/vault"
	"keyturn/simulator/world"
)

func TestSetAlwaysMakesAVersionAndNamesIgnoreCase(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{Gentle: true})
	first := b.do(t, http.MethodPut, "/secrets/appSecret"+version, `{"value":"<v1>&","contentType":"text/plain","tags":{"a":"b"},"attributes":{"exp":1900000000,"nbf":1700000000}}`)
	second := b.do(t, http.MethodPut, "/SECRETS/appsecret/"+version, `{"value":"v2"}`)
	if first.status != http.StatusOK || second.status != http.StatusOK || first.field("id") == second.field("id") {
		t.Fatalf("set: %s then %s", first.text, second.text)
	}
	if !strings.HasPrefix(second.field("id"), base+"/secrets/appSecret/") {
		t.Errorf("id %s does not keep the first spelling", second.field("id"))
	}
	latest := b.do(t, http.MethodGet, "/secrets/APPSECRET/"+version, "")
	if latest.field("value") != "v2" || latest.field("contentType") != "" || latest.body["tags"] != nil {
		t.Errorf("latest: %s", latest.text)
	}
	old := b.do(t, http.MethodGet, strings.TrimPrefix(first.field("id"), base)+version, "")
	attributes := old.body["attributes"].(map[string]any)
	if old.field("value") != "<v1>&" || old.field("tags", "a") != "b" || attributes["exp"] != 1.9e9 || attributes["nbf"] != 1.7e9 || attributes["enabled"] != true {
		t.Errorf("first version: %s", old.text)
	}
	if attributes["recoveryLevel"] != "Recoverable+Purgeable" || attributes["recoverableDays"] != 90.0 || attributes["created"] == nil || attributes["updated"] == nil {
		t.Errorf("attributes: %v", attributes)
	}
}

func TestPreviousVersionIsToldByNewVersionsOfTheAPIOnly(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{Gentle: true})
	first := b.do(t, http.MethodPut, "/secrets/s"+version, `{"value":"1"}`)
	b.do(t, http.MethodPut, "/secrets/s"+version, `{"value":"2"}`)
	if got := b.do(t, http.MethodGet, "/secrets/s"+version, "").field("previousVersion"); got != "" {
		t.Errorf("7.4 tells %q", got)
	}
	if got := b.do(t, http.MethodGet, "/secrets/s?api-version=2026-04-01", "").field("previousVersion"); got == "" || !strings.HasSuffix(first.field("id"), got) {
		t.Errorf("2026-04-01 tells %q, want the end of %s", got, first.field("id"))
	}
}

func TestUpdateChangesAllButTheValue(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{Gentle: true})
	set := b.do(t, http.MethodPut, "/secrets/s"+version, `{"value":"1","tags":{"keep":"no"},"contentType":"a"}`)
	path := strings.TrimPrefix(set.field("id"), base) + version
	patched := b.do(t, http.MethodPatch, path, `{"tags":{"x":"y"},"attributes":{"exp":1900000000}}`)
	if patched.status != http.StatusOK || patched.field("value") != "" || patched.field("tags", "x") != "y" || patched.field("tags", "keep") != "" || patched.field("contentType") != "a" {
		t.Errorf("patched: %s", patched.text)
	}
	if got := b.do(t, http.MethodGet, path, ""); got.field("value") != "1" {
		t.Errorf("value after the patch: %s", got.text)
	}
	disabled := b.do(t, http.MethodPatch, path, `{"attributes":{"enabled":false}}`)
	if disabled.status != http.StatusOK {
		t.Fatal(disabled.text)
	}
	refused := b.do(t, http.MethodGet, "/secrets/s"+version, "")
	b.want(t, refused, http.StatusForbidden, "Forbidden")
	if refused.inner() != "SecretDisabled" {
		t.Errorf("inner %q", refused.inner())
	}
	if list := b.do(t, http.MethodGet, "/secrets/s/versions"+version, ""); list.status != http.StatusOK {
		t.Errorf("a disabled version can still be listed: %s", list.text)
	}
}

func TestExpiredSecretCanBeRead(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{Gentle: true})
	b.do(t, http.MethodPut, "/secrets/s"+version, `{"value":"1","attributes":{"exp":1000000000}}`)
	if got := b.do(t, http.MethodGet, "/secrets/s"+version, ""); got.field("value") != "1" {
		t.Errorf("got %s", got.text)
	}
}

// walk follows nextLink and returns the ids of all items and the number of pages.
func walk(t *testing.T, b *bench, path string) (ids []string, pages int) {
	t.Helper()
	for path != "" {
		a := b.do(t, http.MethodGet, path, "")
		if a.status != http.StatusOK {
			t.Fatalf("%s: %d %s", path, a.status, a.text)
		}
		for _, item := range a.body["value"].([]any) {
			if _, shown := item.(map[string]any)["value"]; shown {
				t.Fatalf("a listing shows a value: %s", a.text)
			}
			ids = append(ids, item.(map[string]any)["id"].(string))
		}
		next := a.field("nextLink")
		path = strings.TrimPrefix(next, base+":443")
		pages++
	}
	return ids, pages
}

func TestListingsPageAndHaveNoValues(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{Gentle: true})
	if a := b.do(t, http.MethodGet, "/deletedsecrets"+version, ""); a.text != `{"value":[]}` {
		t.Errorf("an empty listing is an empty list: %s", a.text)
	}
	for i := range 60 {
		b.do(t, http.MethodPut, fmt.Sprintf("/secrets/s%02d", i)+version, `{"value":"hidden"}`)
		b.do(t, http.MethodPut, "/secrets/many"+version, `{"value":"hidden"}`)
	}
	if ids, pages := walk(t, b, "/secrets"+version); len(ids) != 61 || pages != 3 {
		t.Errorf("%d secrets on %d pages", len(ids), pages)
	}
	if ids, pages := walk(t, b, "/secrets/many/versions"+version+"&maxresults=7"); len(ids) != 60 || pages != 9 {
		t.Errorf("%d versions on %d pages", len(ids), pages)
	}
}

func TestTheBin(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{Gentle: true})
	b.do(t, http.MethodPut, "/secrets/s"+version, `{"value":"1"}`)
	b.do(t, http.MethodPut, "/secrets/s"+version, `{"value":"2"}`)
	deleted := b.do(t, http.MethodDelete, "/secrets/S"+version, "")
	if deleted.status != http.StatusOK || deleted.field("recoveryId") != base+"/deletedsecrets/s" || deleted.body["scheduledPurgeDate"] == nil || deleted.field("value") != "" {
		t.Fatalf("delete: %s", deleted.text)
	}
	b.want(t, b.do(t, http.MethodGet, "/secrets/s"+version, ""), http.StatusNotFound, "SecretNotFound")
	again := b.do(t, http.MethodPut, "/secrets/s"+version, `{"value":"3"}`)
	b.want(t, again, http.StatusConflict, "Conflict")
	if again.inner() != "ObjectIsDeletedButRecoverable" {
		t.Errorf("inner %q", again.inner())
	}
	if ids, _ := walk(t, b, "/deletedsecrets"+version); len(ids) != 1 {
		t.Errorf("bin: %v", ids)
	}
	if a := b.do(t, http.MethodPost, "/deletedsecrets/s/recover"+version, ""); a.status != http.StatusOK {
		t.Fatalf("recover: %s", a.text)
	}
	if a := b.do(t, http.MethodGet, "/secrets/s"+version, ""); a.field("value") != "2" {
		t.Errorf("recovered: %s", a.text)
	}
	b.do(t, http.MethodDelete, "/secrets/s"+version, "")
	if a := b.do(t, http.MethodDelete, "/deletedsecrets/s"+version, ""); a.status != http.StatusNoContent || a.text != "" {
		t.Errorf("purge: %d %s", a.status, a.text)
	}
	b.want(t, b.do(t, http.MethodGet, "/deletedsecrets/s"+version, ""), http.StatusNotFound, "SecretNotFound")
	if a := b.do(t, http.MethodPut, "/secrets/s"+version, `{"value":"4"}`); a.status != http.StatusOK {
		t.Errorf("the name is free again: %s", a.text)
	}
}

func TestTheBinEmptiesItselfAfterTheRetention(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{Gentle: true})
	b.do(t, http.MethodPut, "/secrets/s"+version, `{"value":"1"}`)
	b.do(t, http.MethodDelete, "/secrets/s"+version, "")
	b.w.Advance(91 * 24 * time.Hour)
	b.token = b.mint(t, b.app, "https://vault.azure.net")
	if a := b.do(t, http.MethodPut, "/secrets/s"+version, `{"value":"2"}`); a.status != http.StatusOK {
		t.Errorf("got %s", a.text)
	}
}

func TestDeletingSettlesInAnUnkindWorld(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{Seed: 7})
	b.do(t, http.MethodPut, "/secrets/s"+version, `{"value":"1"}`)
	b.do(t, http.MethodDelete, "/secrets/s"+version, "")
	b.want(t, b.do(t, http.MethodGet, "/deletedsecrets/s"+version, ""), http.StatusNotFound, "SecretNotFound")
	b.want(t, b.do(t, http.MethodPut, "/secrets/s"+version, `{"value":"2"}`), http.StatusConflict, "Conflict")
	b.w.Advance(10 * time.Second)
	if a := b.do(t, http.MethodGet, "/deletedsecrets/s"+version, ""); a.status != http.StatusOK {
		t.Errorf("after a while: %s", a.text)
	}
}

func TestBackupAndRestore(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{Gentle: true})
	b.do(t, http.MethodPut, "/secrets/s"+version, `{"value":"top-secret-value"}`)
	blob := b.do(t, http.MethodPost, "/secrets/s/backup"+version, "")
	if blob.field("value") == "" || strings.Contains(blob.text, "top-secret-value") {
		t.Fatalf("backup: %s", blob.text)
	}
	b.want(t, b.do(t, http.MethodPost, "/secrets/restore"+version, blob.text), http.StatusConflict, "Conflict")
	b.do(t, http.MethodDelete, "/secrets/s"+version, "")
	b.do(t, http.MethodDelete, "/deletedsecrets/s"+version, "")
	if a := b.do(t, http.MethodPost, "/secrets/restore"+version, blob.text); a.status != http.StatusOK || a.field("value") != "" {
		t.Errorf("restore: %s", a.text)
	}
	if a := b.do(t, http.MethodGet, "/secrets/s"+version, ""); a.field("value") != "top-secret-value" {
		t.Errorf("restored: %s", a.text)
	}
}

func TestPolicySwitch(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		value, body string
		status      int
	}{
		"off lets everything through":                      {"", `{"value":"x"}`, 200},
		"on refuses everything":                            {"on", `{"value":"x","contentType":"a","attributes":{"exp":1900000000}}`, 403},
		"expiry refuses a secret without end":              {"expiry", `{"value":"x"}`, 403},
		"expiry takes one with an end":                     {"expiry", `{"value":"x","attributes":{"exp":1900000000}}`, 200},
		"content-type refuses a secret without a type":     {"content-type", `{"value":"x","contentType":""}`, 403},
		"content-type takes one with a type and no expiry": {"content-type", `{"value":"x","contentType":"a"}`, 200},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, world.Settings{Gentle: true})
			b.w.Lock()
			err := b.w.SetSwitch(vault.PolicySwitch, c.value)
			b.w.Unlock()
			if err != nil {
				t.Fatal(err)
			}
			if a := b.do(t, http.MethodPut, "/secrets/s"+version, c.body); a.status != c.status {
				t.Errorf("got %d %s", a.status, a.text)
			}
		})
	}
}
