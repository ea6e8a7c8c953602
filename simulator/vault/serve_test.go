package vault_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"keyturn/simulator/directory"
	"keyturn/simulator/vault"
	"keyturn/simulator/world"
)

func TestChallengeNamesTheVaultsTenantAndReadsNoBody(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{Gentle: true})
	r := httptest.NewRequest(http.MethodPut, base+"/secrets/x", iotest.ErrReader(http.ErrBodyNotAllowed))
	a := b.send(r)
	b.want(t, a, http.StatusUnauthorized, "Unauthorized")
	want := `Bearer authorization="https://login.microsoftonline.com/` + tenantID + `", resource="https://vault.azure.net"`
	if got := a.header.Get("WWW-Authenticate"); got != want {
		t.Errorf("challenge %q, want %q", got, want)
	}
	if a.header.Get("x-ms-keyvault-region") != "westeurope" || a.header.Get("x-ms-request-id") == "" {
		t.Errorf("headers %v", a.header)
	}
}

func TestTokensThatAVaultRefuses(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{Gentle: true})
	b.w.Lock()
	stranger := b.d.AddApplication(otherID, directory.AppSpec{DisplayName: "stranger"})
	b.w.Unlock()
	foreign, arm := b.mint(t, stranger, "https://vault.azure.net"), b.mint(t, b.app, "https://management.azure.com")
	cases := map[string]struct{ token, text string }{
		"none":                       {"", "AKV10000"},
		"one that is no token":       {"abc", "AKV10001"},
		"one for another service":    {arm, "AKV10022"},
		"one of another tenant":      {foreign, "AKV10032"},
		"one with a bent signature":  {b.token[:len(b.token)-8] + "AAAAAAAA", "AKV10001"},
		"one with a changed payload": {strings.Replace(b.token, ".", ".e", 1), "AKV10001"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := b.doAs(t, c.token, http.MethodGet, "/secrets/x"+version, "")
			b.want(t, a, http.StatusUnauthorized, "Unauthorized")
			if !strings.Contains(a.field("error", "message"), c.text) || a.header.Get("WWW-Authenticate") == "" {
				t.Errorf("message %q, challenge %q", a.text, a.header.Get("WWW-Authenticate"))
			}
		})
	}
}

func TestExpiredTokenIsChallenged(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{Gentle: true})
	b.w.Advance(3 * time.Hour)
	b.want(t, b.do(t, http.MethodGet, "/secrets"+version, ""), http.StatusUnauthorized, "Unauthorized")
}

func TestVersionsOfTheAPI(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{Gentle: true})
	for _, v := range []string{"7.0", "7.1", "7.2", "7.3", "7.4", "7.5", "7.6", "2025-07-01", "2026-04-01"} {
		if a := b.do(t, http.MethodGet, "/secrets?api-version="+v, ""); a.status != http.StatusOK {
			t.Errorf("%s: %d %s", v, a.status, a.text)
		}
	}
	b.want(t, b.do(t, http.MethodGet, "/secrets", ""), http.StatusBadRequest, "BadParameter")
	b.want(t, b.do(t, http.MethodGet, "/secrets?api-version=9.9", ""), http.StatusBadRequest, "BadParameter")
}

func TestRequestsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{Gentle: true})
	b.do(t, http.MethodPut, "/secrets/there"+version, `{"value":"x"}`)
	big := `{"value":"` + strings.Repeat("x", 25<<10+1) + `"}`
	tags := `{"value":"x","tags":{`
	for i := range 16 {
		tags += `"t` + string(rune('a'+i)) + `":"v",`
	}
	tags = strings.TrimSuffix(tags, ",") + "}}"
	cases := map[string]struct {
		method, path, body string
		status             int
		code               string
	}{
		"a body that is no JSON":             {http.MethodPut, "/secrets/x" + version, `{"value":`, 400, "BadParameter"},
		"a body that is an array":            {http.MethodPut, "/secrets/x" + version, `[1]`, 400, "BadParameter"},
		"an empty body":                      {http.MethodPut, "/secrets/x" + version, ``, 400, "BadParameter"},
		"a value that is a number":           {http.MethodPut, "/secrets/x" + version, `{"value":7}`, 400, "BadParameter"},
		"no value":                           {http.MethodPut, "/secrets/x" + version, `{"contentType":"text/plain"}`, 400, "BadParameter"},
		"tags that are no texts":             {http.MethodPut, "/secrets/x" + version, `{"value":"x","tags":{"a":1}}`, 400, "BadParameter"},
		"a value above 25 KB":                {http.MethodPut, "/secrets/x" + version, big, 400, "BadParameter"},
		"a body above the limit":             {http.MethodPut, "/secrets/x" + version, `{"value":"` + strings.Repeat("x", 2<<20) + `"}`, 413, "RequestEntityTooLarge"},
		"sixteen tags":                       {http.MethodPut, "/secrets/x" + version, tags, 400, "BadParameter"},
		"a tag that is too long":             {http.MethodPut, "/secrets/x" + version, `{"value":"x","tags":{"a":"` + strings.Repeat("y", 513) + `"}}`, 400, "BadParameter"},
		"a content type that is too long":    {http.MethodPut, "/secrets/x" + version, `{"value":"x","contentType":"` + strings.Repeat("y", 256) + `"}`, 400, "BadParameter"},
		"an end before the beginning":        {http.MethodPut, "/secrets/x" + version, `{"value":"x","attributes":{"nbf":20,"exp":10}}`, 400, "BadParameter"},
		"a name with an underscore":          {http.MethodPut, "/secrets/a_b" + version, `{"value":"x"}`, 400, "BadParameter"},
		"a name of 128 characters":           {http.MethodGet, "/secrets/" + strings.Repeat("a", 128) + version, ``, 400, "BadParameter"},
		"a verb that secrets do not know":    {http.MethodPost, "/secrets/there" + version, `{}`, 405, "MethodNotAllowed"},
		"a path that no vault has":           {http.MethodGet, "/nothing" + version, ``, 404, "NotFound"},
		"a secret that is not there":         {http.MethodGet, "/secrets/absent" + version, ``, 404, "SecretNotFound"},
		"a version that is not there":        {http.MethodGet, "/secrets/there/0123456789abcdef0123456789abcdef" + version, ``, 404, "SecretNotFound"},
		"more than 25 on a page":             {http.MethodGet, "/secrets" + version + "&maxresults=26", ``, 400, "BadParameter"},
		"a skip token of one's own":          {http.MethodGet, "/secrets" + version + "&$skiptoken=!", ``, 400, "BadParameter"},
		"a backup blob of one's own":         {http.MethodPost, "/secrets/restore" + version, `{"value":"abc"}`, 400, "BadParameter"},
		"a certificate that is not there":    {http.MethodGet, "/certificates/absent" + version, ``, 404, "CertificateNotFound"},
		"a deleted secret that is not there": {http.MethodPost, "/deletedsecrets/there/recover" + version, ``, 404, "SecretNotFound"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b.want(t, b.do(t, c.method, c.path, c.body), c.status, c.code)
		})
	}
}

func TestOtherContentTypeIsRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{Gentle: true})
	r := httptest.NewRequest(http.MethodPut, base+"/secrets/x"+version, strings.NewReader("value=x"))
	r.Header.Set("Authorization", "Bearer "+b.token)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	b.want(t, b.send(r), http.StatusUnsupportedMediaType, "UnsupportedMediaType")
}

func TestHasVault(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{Gentle: true})
	for host, want := range map[string]bool{
		"kv-one.vault.azure.net": true, "KV-ONE.vault.azure.net:443": true, "kv-two.vault.azure.net": false, "kv-one": false, "vault.azure.net": false, "kv-one.vault.azure.cn": false,
	} {
		if got := b.s.HasVault(host); got != want {
			t.Errorf("%s: %v", host, got)
		}
	}
	r := httptest.NewRequest(http.MethodGet, "https://kv-two.vault.azure.net/secrets", nil)
	b.want(t, b.send(r), http.StatusNotFound, "VaultNotFound")
}

func TestFirewall(t *testing.T) {
	t.Parallel()
	b := newBench(t, world.Settings{Gentle: true})
	b.do(t, http.MethodPut, "/secrets/appSecret"+version, `{"value":"v1"}`)
	for value, closed := range map[string]bool{"on": true, "KV-one": true, "kv-two": false, "off": false} {
		b.w.Lock()
		if err := b.w.SetSwitch(vault.FirewallSwitch, value); err != nil {
			t.Fatal(err)
		}
		read, failure := b.s.Read(directory.Identity{Tenant: tenantID, ObjectID: b.app.ServicePrincipal.ObjectID}, "kv-one", "appsecret")
		b.w.Unlock()
		if failure != nil || read != "v1" {
			t.Errorf("%s: a consumer inside the cloud got %q, %v", value, read, failure)
		}
		a := b.do(t, http.MethodGet, "/secrets/appSecret"+version, "")
		if closed && (a.status != http.StatusForbidden || a.inner() != "ForbiddenByFirewall") || !closed && a.status != http.StatusOK {
			t.Errorf("%s: %d %s", value, a.status, a.text)
		}
	}
}

func TestThrottlingInAnUnkindWorldOnly(t *testing.T) {
	t.Parallel()
	for _, settings := range []world.Settings{{Seed: 5}, {Gentle: true}} {
		b := newBench(t, settings)
		b.locked(func() { vault.FillWindow(b.v, b.w.Now()) })
		a := b.do(t, http.MethodGet, "/secrets"+version, "")
		if settings.Gentle {
			b.want(t, a, http.StatusOK, "")
			continue
		}
		b.want(t, a, http.StatusTooManyRequests, "Throttled")
		if a.header.Get("Retry-After") == "" {
			t.Errorf("headers %v", a.header)
		}
		b.w.Advance(10 * time.Second)
		if a := b.do(t, http.MethodGet, "/secrets"+version, ""); a.status != http.StatusOK {
			t.Errorf("in the next window: %s", a.text)
		}
	}
}

// FuzzRequests sends any method, path, query and body with full rights: every answer must be one of HTTP's, and nothing may panic.
func FuzzRequests(f *testing.F) {
	b := newBench(f, world.Settings{Gentle: true})
	for _, path := range []string{"/secrets", "/secrets/x", "/secrets/x/versions", "/secrets/restore", "/deletedsecrets/x/recover", "/certificates/x/policy", "/%zz//"} {
		f.Add(http.MethodPut, path, "maxresults=3", `{"value":"x","tags":{"a":"b"},"attributes":{"exp":1}}`)
		f.Add(http.MethodGet, path, "$skiptoken=MTA", "")
		f.Add(http.MethodDelete, path, "", "")
	}
	f.Fuzz(func(t *testing.T, method, path, query, body string) {
		r := httptest.NewRequest(http.MethodGet, base+"/", strings.NewReader(body))
		r.Method, r.URL.Path, r.URL.RawQuery = method, path, "api-version=7.4&"+query
		r.Header.Set("Authorization", "Bearer "+b.token)
		if a := b.send(r); a.status < 200 || a.status > 599 {
			t.Errorf("%s %q: status %d", method, path, a.status)
		}
	})
}
