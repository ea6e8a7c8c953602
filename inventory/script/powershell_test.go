package script_test

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	"keyturn/check"
	"keyturn/inventory/script"
)

// TestPowerShellScriptsAreASCII: Windows PowerShell reads a file without a mark as its code page, so that a name with an umlaut
// would be another one.
func TestPowerShellScriptsAreASCII(t *testing.T) {
	t.Parallel()
	who := keyturn()
	who.Name = "Schlüssel \u2018 дом"
	for _, name := range []string{"Müller", "ü", "it\u2019s; $(calc) `n O'Neill", "\u201a\u201b'\u2018", "🔑 кд", "plain"} {
		grant := check.Grant{Kind: check.RoleAssignment, Name: "Reader", Scope: group + "/providers/Microsoft.KeyVault/vaults/" + name}
		text, err := script.Render(who, append(everything(), grant), script.PowerShell)
		if err != nil {
			t.Fatal(err)
		}
		if i := strings.IndexFunc(text, func(r rune) bool { return r > 126 }); i >= 0 {
			t.Errorf("%q: not ASCII at %q", name, text[i:min(len(text), i+40)])
		}
		_, argument, found := strings.Cut(text, "-RoleDefinitionName 'Reader' -Scope ")
		if read := readPowerShell(t, argument); !found || read != grant.Scope {
			t.Errorf("%q is read as %q in %.200s", grant.Scope, read, argument)
		}
	}
	app, err := script.SignInApp{Tenant: "müller.example"}.Script(script.PowerShell)
	if err != nil || !strings.Contains(app, "-TenantId ('m' + [char]0x00fc + 'ller.example')") {
		t.Errorf("%v in %s", err, app)
	}
}

// term is a text or a character of a sum, as PowerShell's grammar has them.
var term = regexp.MustCompile(`^(?:'((?:[^']|'')*)'|\[char\]0x([0-9a-f]{4}))( \+ )?`)

// readPowerShell reads the argument at the front of text as PowerShell does.
func readPowerShell(t *testing.T, text string) string {
	t.Helper()
	sum := strings.HasPrefix(text, "(")
	text = strings.TrimPrefix(text, "(")
	var units []uint16
	for {
		found := term.FindStringSubmatch(text)
		if found == nil {
			t.Fatalf("no text or character stands at %.80s", text)
		}
		units = append(units, utf16.Encode([]rune(strings.ReplaceAll(found[1], "''", "'")))...)
		if found[2] != "" {
			unit, err := strconv.ParseUint(found[2], 16, 16)
			if err != nil {
				t.Fatal(err)
			}
			units = append(units, uint16(unit))
		}
		if text = text[len(found[0]):]; found[3] == "" {
			break
		}
	}
	if sum && !strings.HasPrefix(text, ")") {
		t.Fatalf("a sum isn't closed at %.80s", text)
	}
	return string(utf16.Decode(units))
}
