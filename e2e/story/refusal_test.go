//go:build unix

package story_test

import (
	"path/filepath"
	"strings"
	"testing"
)

const (
	nobody    = "11111111-2222-4333-8444-555555555555" // the id of nothing
	deadProxy = "http://127.0.0.1:9"                   // a port that nobody listens on
)

// TestARenewalThatCantBe is refused with one message that says what is wrong, with which object, and what to do next,
// before anything is made.
func TestARenewalThatCantBe(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		prepare func(*cloud)
		edits   func(*cloud) []string // of the configuration
		env     []string
		args    []string // beside renew, the app and --yes
		code    int      // else 1
		says    []string // in the message
	}{
		"the tenant's domain doesn't exist": {
			edits: same("contoso.onmicrosoft.com", "nosuch.onmicrosoft.com"),
			says:  []string{"nosuch.onmicrosoft.com", "no such tenant", "check tenant in the configuration"},
		},
		"the tenant's id doesn't exist": {
			edits: same("contoso.onmicrosoft.com", nobody),
			says:  []string{nobody, "no such tenant", "check tenant in the configuration"},
		},
		"the client id doesn't exist": {
			edits: func(c *cloud) []string { return []string{c.state().provisionAssist(c.t).AppID, nobody} },
			says:  []string{nobody, "the tenant has no such app", "check clientId"},
		},
		"the vault doesn't exist": {
			edits: same("vault: kv-provassist", "vault: kv-nosuch"),
			says:  []string{"kv-nosuch", "check the vault's name"},
		},
		"the connection doesn't exist": {
			edits: same("connections/provisionassist-automation", "connections/nosuch"),
			says:  []string{"connection nosuch", "next:"},
		},
		"the proxy is gone": {
			edits: func(c *cloud) []string { return []string{c.URL, deadProxy} },
			says:  []string{"doesn't answer", "HTTPS_PROXY"},
		},
		"the certificate authority isn't trusted": {
			edits: func(c *cloud) []string { return []string{filepath.Join(c.Dir, "ca.pem"), ""} },
			env:   []string{"SSL_CERT_FILE="},
			says:  []string{"login.microsoftonline.com", "isn't signed by an authority", "network.caFile"},
		},
		"Keyturn's own secret is wrong": {
			env:  []string{"AZURE_CLIENT_SECRET=Wrong~secret"},
			says: []string{"the client secret of Keyturn's own identity isn't accepted", "AZURE_CLIENT_SECRET"},
		},
		"Keyturn's own secret has expired": {
			prepare: func(c *cloud) { c.advance(340 * day) },
			says:    []string{"the client secret of Keyturn's own identity has expired", "make a new secret"},
		},
		"Keyturn's own client id is wrong": {
			env:  []string{"AZURE_CLIENT_ID=" + nobody},
			says: []string{"Keyturn's own identity", "AZURE_CLIENT_ID"},
		},
		"there is no identity": {
			edits: same("identity: default", "identity: environment"),
			env:   []string{"AZURE_CLIENT_ID=", "AZURE_CLIENT_SECRET=", "AZURE_TENANT_ID="},
			says:  []string{"AZURE_CLIENT_ID"},
		},
		"Keyturn's own sign-in is blocked": {
			prepare: func(c *cloud) { c.turn("conditional-access", "on") },
			says:    []string{"Conditional Access", "that the policy permits"},
		},
		"Keyturn runs as the app itself": {
			edits: func(c *cloud) []string { return []string{c.state().provisionAssist(c.t).AppID, c.clientID()} },
			says:  []string{"Keyturn runs as this very app", "another identity"},
		},
		"the role in the directory is missing": {
			prepare: missing("graph-role"), code: 77,
			says: []string{"Application.ReadWrite.OwnedBy", "keyturn doctor"},
		},
		"the app isn't owned": {
			prepare: missing("ownership"), code: 77,
			says: []string{"doesn't own the app registration", "az ad app owner add"},
		},
		"the vault may not be read": {
			prepare: missing("vault-get"), code: 77,
			says: []string{"kv-provassist", "access policy", "get"},
		},
		"the vault may not be written": {
			prepare: missing("vault-set"), code: 77,
			says: []string{"kv-provassist", "access polic", "set"},
		},
		"Azure may not be written": {
			prepare: missing("azure"), code: 77,
			says: []string{"provisionassist-kv", "doctor --script"},
		},
		"a lock is in the way": {
			prepare: func(c *cloud) { c.turn("readonly-lock", "on") },
			says:    []string{"provisionassist-kv", "ReadOnly lock", "az lock delete --ids"},
		},
		"the vault's firewall is in the way": {
			prepare: func(c *cloud) { c.turn("vault-firewall", "on") },
			says:    []string{"kv-provassist", "firewall", "203.0.113.7", "Networking"},
		},
		"a policy of the tenant blocks new secrets": {
			prepare: func(c *cloud) { c.turn("password-policy", "blocked") },
			says:    []string{"policy", "Provision Assist"},
		},
		"a connection hides what it has": {
			prepare: func(c *cloud) { c.turn("connection-parameters-hidden", "on") },
			edits:   same("          parameters: { vaultName: kv-provassist }\n", ""),
			says:    []string{"provisionassist-kv", "vaultName"},
		},
		"a connection is somebody's sign-in": {
			edits: same("connections/provisionassist-automation", "connections/provisionassist-o365"),
			says:  []string{"provisionassist-o365", "signed in"},
		},
		"the variable doesn't exist": {
			edits: same("name: appSecret\n", "name: nosuch\n"),
			says:  []string{"nosuch"},
		},
		"the variable isn't encrypted": {
			edits: same("name: appSecret\n", "name: logoUrl\n"),
			says:  []string{"logoUrl", "encrypted"},
		},
		"nothing tells which secret is in use": {
			edits: same("      - keyVaultSecret: { vault: kv-provassist, secret: appSecret }\n", ""),
			says:  []string{"--replace"},
		},
		"the secret to replace doesn't exist": {
			args: []string{"--replace", nobody},
			says: []string{nobody},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cloud := startCloud(t, "--gentle")
			if c.prepare != nil {
				c.prepare(cloud)
			}
			edits := atOnce
			if c.edits != nil {
				edits = append(c.edits(cloud), edits...)
			}
			m := newMachine(t, cloud, edits...)
			m.env = c.env
			before := cloud.state()
			r := m.want(max(c.code, 1), append([]string{"renew", app, "--yes"}, c.args...)...)
			assertOneMessage(t, r, c.says)
			assertNothingMade(t, before, cloud.state())
			assertNoSecretLeft(t, m)
		})
	}
}

// same edits the configuration the same way in every cloud.
func same(edits ...string) func(*cloud) []string {
	return func(*cloud) []string { return edits }
}

// missing takes a right from Keyturn's identity.
func missing(right string) func(*cloud) {
	return func(c *cloud) { c.turn("missing-right", right) }
}

// clientID is the one that Keyturn's identity has in this cloud.
func (c *cloud) clientID() string { return c.variable("AZURE_CLIENT_ID") }

// variable is what the cloud's environment says.
func (c *cloud) variable(name string) string {
	for _, pair := range c.Env {
		if value, ok := strings.CutPrefix(pair, name+"="); ok {
			return value
		}
	}
	c.t.Fatalf("the cloud's environment has no %s", name)
	return ""
}

// assertOneMessage checks that a command failed with one message of two lines, what and what next, and that it says
// all that it must.
func assertOneMessage(t *testing.T, r result, says []string) {
	t.Helper()
	var told []string
	for line := range strings.Lines(r.stderr) {
		if !isLog(line) && !isProgress(line) {
			told = append(told, line)
		}
	}
	if len(told) != 2 || !strings.HasPrefix(told[0], "keyturn: ") || !strings.HasPrefix(told[1], "  next: ") {
		t.Errorf("not one message with what is next:\n%s", strings.Join(told, ""))
	}
	text := strings.Join(told, "")
	for _, part := range says {
		if !strings.Contains(text, part) {
			t.Errorf("it doesn't say %q:\n%s", part, text)
		}
	}
	for _, noise := range []string{"%!", "<nil>", "RESPONSE", "----", "\t", "  next: \n"} {
		if strings.Contains(text, noise) {
			t.Errorf("it says %q:\n%s", noise, text)
		}
	}
}

// isLog tells a line of the log, which people who asked for it get beside the messages.
func isLog(line string) bool { return strings.Contains(line, "level=") }

// isProgress tells a line of progress, which begins with the seconds that went by.
func isProgress(line string) bool {
	first, _, _ := strings.Cut(strings.TrimSpace(line), " ")
	return len(first) > 1 && strings.HasSuffix(first, "s") && strings.Trim(first, "0123456789.ms") == ""
}
