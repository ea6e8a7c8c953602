package config

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // Windows has no time zones of its own
	"unicode/utf16"

	"keyturn/policy"
	"keyturn/renewal"
	"keyturn/target"
)

const connection = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg/providers/Microsoft.Web/connections/provisionassist-kv"

// kinds are two targets like those of the release, so that this room's tests need no higher one.
func kinds() []target.Descriptor {
	return []target.Descriptor{
		{Code: "keyVaultSecret", Title: "Key Vault secret", Fields: []target.Field{
			{Name: "vault", Required: true, Kind: target.Text, Example: "kv-provassist"},
			{Name: "secret", Required: true, Kind: target.Text, Example: "appSecret"},
		}},
		{Code: "apiConnection", Title: "API connection", Fields: []target.Field{
			{Name: "resourceId", Required: true, Kind: target.Text, Example: connection},
			{Name: "parameters", Kind: target.Map},
			{Name: "probe", Kind: target.Map},
			{Name: "force", Kind: target.Flag},
		}},
	}
}

const sample = `# keyturn.yaml
tenant: contoso.onmicrosoft.com
cloud: public
identity: default
signIn: { clientId: 0a0a0a0a-1111-2222-3333-444444444444, password: refused }
network: { proxy: "", caFile: ca.pem }
store: keyturn.db
policy:
  lifetime: 180d
  renewBefore: 30d
  settle: { successes: 5, over: 60s }
  overlap: { minimum: 14d, evidence: preferred }
applications:
  provision-assist:
    clientId: 7F0D7F0D-1111-2222-3333-444444444444
    policy:
      overlap: { minimum: 1d12h }
    targets:
      - keyVaultSecret: { vault: kv-provassist, secret: appSecret }
      - apiConnection:
          resourceId: ` + connection + `
          parameters: { vaultName: kv-provassist }
          probe: { workflow: CheckSiteExists, trigger: manual }
    exclude:
      - /subscriptions/x
serve: { every: 30m }
`

func TestLoadReadsTheSample(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keyturn.yaml")
	if err := os.WriteFile(path, []byte(sample), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := Load(path, kinds())
	if err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join(filepath.Dir(path), "keyturn.db"); got.Store != want {
		t.Errorf("store is %q, want the one beside the file %q", got.Store, want)
	}
	if want := filepath.Join(filepath.Dir(path), "ca.pem"); got.Network.CAFile != want {
		t.Errorf("caFile is %q, want %q", got.Network.CAFile, want)
	}
	if got.Serve.Every != 30*time.Minute {
		t.Errorf("looks every %s", got.Serve.Every)
	}
	app, ok := got.Find("provision-assist")
	if !ok || app.ClientID != "7f0d7f0d-1111-2222-3333-444444444444" || len(app.Targets) != 2 || len(app.Exclude) != 1 {
		t.Fatalf("application read as %+v", app)
	}
	want := policy.Default()
	want.Overlap.Minimum = 36 * time.Hour
	if !reflect.DeepEqual(app.Policy, want) {
		t.Errorf("policy is %+v, want %+v", app.Policy, want)
	}
	if got.Policy.Overlap.Minimum != 14*24*time.Hour {
		t.Errorf("an application's policy changed the file's: %v", got.Policy.Overlap.Minimum)
	}
}

// TestAFileAsWindowsSavesIt: Notepad and PowerShell end lines in their own way, and put a mark before the first one.
func TestAFileAsWindowsSavesIt(t *testing.T) {
	t.Parallel()
	text := strings.ReplaceAll("tenant: t # für uns\nstore: C:\\Keyturn\\keyturn.db\nnetwork: { caFile: 'C:\\temp\\ca.pem' }\n", "\n", "\r\n")
	wide := func(order binary.AppendByteOrder, text string) (out []byte) {
		for _, unit := range utf16.Encode([]rune(text)) {
			out = order.AppendUint16(out, unit)
		}
		return out
	}
	for name, saved := range map[string][]byte{
		"UTF-8":                     []byte(text),
		"UTF-8 with a mark":         []byte("\uFEFF" + text),
		"UTF-16, as PowerShell's >": wide(binary.LittleEndian, "\uFEFF"+text),
		"UTF-16 the other way":      wide(binary.BigEndian, "\uFEFF"+text),
	} {
		got, err := Parse("keyturn.yaml", saved, kinds())
		if err != nil || got.Tenant != "t" || !strings.Contains(got.Store, `C:\Keyturn\keyturn.db`) || !strings.Contains(got.Network.CAFile, `C:\temp\ca.pem`) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestPolicyMergesDefaultsFileAndApplication(t *testing.T) {
	t.Parallel()
	text := "tenant: t\npolicy: { lifetime: 90d, overlap: { evidence: time } }\napplications:\n" +
		"  one:\n    clientId: 7f0d7f0d-1111-2222-3333-444444444444\n    policy: { renewBefore: 10d }\n    targets: [ { keyVaultSecret: { vault: v, secret: s } } ]\n"
	got, err := Parse("keyturn.yaml", []byte(text), kinds())
	if err != nil {
		t.Fatal(err)
	}
	want := policy.Default()
	want.Lifetime, want.RenewBefore, want.Overlap.Evidence = 90*24*time.Hour, policy.Lead{Time: 10 * 24 * time.Hour}, renewal.EvidenceTime
	if !reflect.DeepEqual(got.Applications[0].Policy, want) {
		t.Errorf("policy is %+v, want %+v", got.Applications[0].Policy, want)
	}
}

func TestTimesAndApprovalsOverrideOneByOne(t *testing.T) {
	t.Parallel()
	text := "tenant: t\npolicy:\n  window: { cron: 0 2 * * 1-5, length: 4h, timezone: Europe/Berlin }\n" +
		"  freezes: [ { from: 2026-12-20, to: 2027-01-06, reason: end of year } ]\n  approval: { deliver: true, retire: true }\napplications:\n" +
		"  one:\n    clientId: 7f0d7f0d-1111-2222-3333-444444444444\n    excluded: its pipeline renews it\n" +
		"    policy: { freezes: [], approval: { deliver: false } }\n    targets: [ { keyVaultSecret: { vault: v, secret: s } } ]\n"
	got, err := Parse("keyturn.yaml", []byte(text), kinds())
	if err != nil {
		t.Fatal(err)
	}
	want := policy.Default()
	want.Window = policy.Window{Cron: "0 2 * * 1-5", Length: 4 * time.Hour, Timezone: "Europe/Berlin"}
	want.Approval = policy.Approval{Retire: true}
	if app := got.Applications[0]; !reflect.DeepEqual(app.Policy, want) || app.Excluded != "its pipeline renews it" {
		t.Errorf("application is %+v, want the policy %+v", app, want)
	}
	if len(got.Policy.Freezes) != 1 || got.Policy.Freezes[0].Reason != "end of year" || !got.Policy.Approval.Deliver {
		t.Errorf("the file's policy is %+v", got.Policy)
	}
}

func TestBlockDecodesStrictly(t *testing.T) {
	t.Parallel()
	got, err := Parse("keyturn.yaml", []byte(sample), kinds())
	if err != nil {
		t.Fatal(err)
	}
	var into struct {
		ResourceID string            `yaml:"resourceId"`
		Parameters map[string]string `yaml:"parameters"`
		Probe      struct {
			Workflow string `yaml:"workflow"`
			Trigger  string `yaml:"trigger"`
		} `yaml:"probe"`
	}
	block := got.Applications[0].Targets[1]
	if err := block.Decode(&into); err != nil {
		t.Fatal(err)
	}
	if into.ResourceID != connection || into.Parameters["vaultName"] != "kv-provassist" || into.Probe.Trigger != "manual" {
		t.Errorf("decoded %+v", into)
	}
	var less struct {
		ResourceID string `yaml:"resourceId"`
	}
	var problems *Problems
	if err := block.Decode(&less); !errors.As(err, &problems) || len(problems.List) != 2 {
		t.Fatalf("two keys that the struct lacks gave %v", err)
	}
	if first := problems.List[0]; first.Line != 22 || first.Text != "parameters" {
		t.Errorf("the first problem is %+v", first)
	}
	if err := block.Fault(errors.New("no such thing")); !strings.Contains(err.Error(), "keyturn.yaml:21:11: apiConnection: no such thing") {
		t.Errorf("a fault reads %q", err)
	}
}

func TestEveryProblemIsToldAtOnce(t *testing.T) {
	t.Parallel()
	text := strings.NewReplacer(
		"cloud: public", "clowd: public",
		"lifetime: 180d", "lifetime: 6 months",
		"evidence: preferred", "evidence: maybe\n  audit: { cron: x }",
		"vault: kv-provassist", "vualt: kv-provassist",
		"7F0D7F0D-1111", "7F0D-1111",
	).Replace(strings.Replace(sample, "{ minimum: 14d, evidence: preferred }", "\n    minimum: 14d\n    evidence: preferred", 1))
	_, err := Parse("keyturn.yaml", []byte(text), kinds())
	for _, want := range []string{
		`keyturn.yaml:3:1: unknown key "clowd"; did you mean "cloud"?`,
		`keyturn.yaml:9:13: "6 months" isn't a duration; write it as 45m, 12h or 30d`,
		`keyturn.yaml:14:15: "maybe" isn't a value of "evidence"; one of required, preferred, time`,
		`keyturn.yaml:15:3: "audit": audit exports are not acted upon by this release`,
		`keyturn.yaml:18:15: "7F0D-1111-2222-3333-444444444444" isn't a client id`,
		`keyturn.yaml:22:27: unknown key "vualt" in applications.provision-assist.targets[0].keyVaultSecret; did you mean "vault"?`,
		`keyturn.yaml:22:9: "vault" is missing in keyVaultSecret; add vault: kv-provassist`,
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("missing: %s\nin:\n%v", want, err)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	app := func(targets string) string {
		return "tenant: t\napplications:\n  a:\n    clientId: 7f0d7f0d-1111-2222-3333-444444444444\n    targets:\n" + targets
	}
	vault := "      - keyVaultSecret: { vault: v, secret: s }\n"
	tests := map[string]struct{ text, want string }{
		"an empty file":                       {"", "1:1: the file is empty"},
		"a file of comments":                  {"# nothing\n", "1:1: the file is empty"},
		"text that isn't YAML":                {"tenant: [", "not YAML"},
		"text of an old Windows":              {"tenant: t # f\xfcr uns\n", "1:1: the file isn't text in UTF-8; save it anew"},
		"UTF-16 that doesn't say so":          {"t\x00:\x00 \x00t\x00\n\x00", "1:1: the file isn't text in UTF-8; save it anew"},
		"a path of Windows in double quotes":  {"tenant: t\nstore: \"C:\\Keyturn\\keyturn.db\"\n", `2:11: not YAML: found unknown escape character; in "double quotes" \ begins an escape`},
		"one whose backslashes mean else":     {"tenant: t\nstore: \"C:\\temp\\new.db\"\n", `2:8: a backslash made a control character of what follows it; in "double quotes" \ begins`},
		"a second document":                   {"tenant: t\n---\ntenant: u\n", "3:1: a second document begins here"},
		"a list at the top":                   {"- tenant\n", "expected keys with values here, found a list"},
		"no tenant":                           {"cloud: public\n", `"tenant" is missing; add tenant: ...`},
		"a key written twice":                 {"tenant: t\ntenant: u\n", `2:1: "tenant" is written twice`},
		"a key without a value":               {"tenant:\n", "nothing is written here"},
		"an unknown cloud":                    {"tenant: t\ncloud: moon\n", `2:8: "moon" isn't a value of "cloud"; one of public, usgov, usgov-dod, china`},
		"the password form":                   {"tenant: t\nsignIn: { password: always }\n", `isn't a value of "password"; one of refused, allowed`},
		"a store of another kind":             {"tenant: t\nstore: mysql://db/keyturn\n", `2:8: a store is a file or a PostgreSQL database, not "mysql://..."`},
		"a password in the store's address":   {"tenant: t\nstore: postgres://keyturn:hunter2@db/keyturn\n", "2:8: a password stands in the address"},
		"a password after the store's name":   {"tenant: t\nstore: postgres://db/keyturn?password=hunter2\n", "2:8: a password stands in the address"},
		"audit exports":                       {"tenant: t\naudit: []\n", `2:1: "audit": audit exports are not acted upon by this release`},
		"a reference to a secret":             {"tenant: ${env:TENANT}\n", "1:9: ${env:...} and ${file:...} are read only where a secret of Keyturn's own stands"},
		"an alias":                            {"tenant: &t x\nstore: *t\n", "found an anchor or alias, which isn't understood"},
		"a merge key":                         {"tenant: t\n<<: { store: x }\n", "2:1: this kind of key isn't understood"},
		"a proxy without a host":              {"tenant: t\nnetwork: { proxy: proxy }\n", "isn't the address of a proxy"},
		"a share that isn't one":              {"tenant: t\npolicy: { renewBefore: 100% }\n", `2:24: "100%" isn't a share of a secret's life`},
		"a share in another writing":          {"tenant: t\npolicy: { renewBefore: 1/3 }\n", `2:24: "1/3" isn't a duration`},
		"a share of nothing":                  {"tenant: t\npolicy: { renewBefore: 033% }\n", `2:24: "033%" isn't a share of a secret's life`},
		"a share where a time stands":         {"tenant: t\npolicy: { lifetime: 33% }\n", `2:21: "33%" isn't a duration`},
		"due only at its end":                 {"tenant: t\npolicy: { renewBefore: 0 }\n", "a secret would be due only when it has ended"},
		"a lifetime shorter than renewBefore": {"tenant: t\npolicy: { lifetime: 10d }\n", "a new password would be due at once"},
		"an overlap longer than the life":     {"tenant: t\npolicy: { lifetime: 40d, overlap: { minimum: 40d } }\n", "outlasts the new password"},
		"settling for an hour":                {"tenant: t\npolicy: { settle: { over: 1h } }\n", "settling over 1h takes too long"},
		"looks that never end":                {"tenant: t\nserve: { every: 1s }\n", "2:17: a look at the tenant every 1s can't be used; between 10s and 24h"},
		"a window without a length":           {"tenant: t\npolicy: { window: { cron: 0 2 * * * } }\n", `2:19: "length" is missing in policy.window`},
		"a window that nobody understands":    {"tenant: t\npolicy: { window: { cron: at night, length: 4h } }\n", `cron "at night" can't be understood`},
		"a window that never comes":           {"tenant: t\npolicy: { window: { cron: 0 0 30 2 *, length: 4h } }\n", `cron "0 0 30 2 *" never comes`},
		"a window nowhere":                    {"tenant: t\npolicy: { window: { cron: 0 2 * * *, length: 4h, timezone: Moon/Crater } }\n", `"Moon/Crater" isn't a time zone`},
		"a window of a second":                {"tenant: t\npolicy: { window: { cron: 0 2 * * *, length: 1s } }\n", "length must be between 10m and 31d"},
		"a freeze without an end":             {"tenant: t\npolicy: { freezes: [ { from: 2026-12-20 } ] }\n", `"to" is missing in policy.freezes[0]`},
		"a freeze that ends first":            {"tenant: t\npolicy: { freezes: [ { from: 2026-12-20, to: 2026-12-01 } ] }\n", "it ends on 2026-12-01, before it begins on 2026-12-20"},
		"no sign-in to settle":                {"tenant: t\npolicy: { settle: { successes: 0 } }\n", "2:32: 0 sign-ins can't settle a password"},
		"a number that isn't one":             {"tenant: t\npolicy: { settle: { successes: many } }\n", `"many" isn't a whole number`},
		"a list for a value":                  {"tenant: [t]\n", "expected one value here, found a list"},
		"no targets":                          {app("      []\n"), `"a" has no targets`},
		"an unknown target":                   {app("      - keyVaultSecrets: { vault: v }\n"), `6:9: unknown target "keyVaultSecrets"; did you mean "keyVaultSecret"? this release knows keyVaultSecret, apiConnection`},
		"a target unlike any":                 {app("      - dns: { zone: x }\n"), `unknown target "dns"; this release knows keyVaultSecret, apiConnection`},
		"a target that is a word":             {app("      - keyVaultSecret\n"), "6:9: expected a target here"},
		"settings beside the kind":            {app("      - keyVaultSecret:\n        vault: v\n        secret: s\n"), "a target is one kind with its settings"},
		"the same place twice":                {app(vault + "      - keyVaultSecret: { vault: V, secret: S }\n"), "7:25: the same keyVaultSecret stands in line 6 already"},
		"an id that isn't one":                {app("      - apiConnection: { resourceId: provisionassist-kv }\n"), `"provisionassist-kv" isn't a resource id`},
		"an id of another type": {
			app("      - apiConnection: { resourceId: " + strings.Replace(connection, "Microsoft.Web/connections", "Microsoft.KeyVault/vaults", 1) + " }\n"),
			"is the id of a microsoft.keyvault/vaults, not of a microsoft.web/connections",
		},
		"a flag that isn't one":     {app("      - apiConnection: { resourceId: " + connection + ", force: maybe }\n"), `"maybe" isn't true or false`},
		"a name with a blank":       {"tenant: t\napplications:\n  a b:\n    clientId: x\n", `"a b" isn't a name for an application`},
		"one client id in two apps": {app(vault) + "  b:\n    clientId: 7f0d7f0d-1111-2222-3333-444444444444\n    targets:\n" + vault, `"b" has the same clientId as "a"`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Parse("f", []byte(test.text), kinds())
			var problems *Problems
			if !errors.As(err, &problems) {
				t.Fatalf("got %v, want problems", err)
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("got:\n%v\nwant: %s", err, test.want)
			}
		})
	}
}

// What is missing is told once, though two rules want it.
func TestTargetsThatAreMissingAreToldOnce(t *testing.T) {
	t.Parallel()
	_, err := Parse("f", []byte("tenant: t\napplications:\n  a:\n    clientId: 7f0d7f0d-1111-2222-3333-444444444444\n"), kinds())
	var problems *Problems
	if !errors.As(err, &problems) || strings.Count(err.Error(), "targets") != 2 || !strings.Contains(err.Error(), `"targets" is missing in applications.a; add targets: ...`) {
		t.Errorf("got:\n%v", err)
	}
}

func TestDurations(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"0": 0, "0s": 0, "45m": 45 * time.Minute, "12h": 12 * time.Hour, "30d": 720 * time.Hour, "1d12h": 36 * time.Hour, "60s": time.Minute,
	} {
		if got, err := ParseDuration(text); err != nil || got != want {
			t.Errorf("%s is %v (%v), want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "5", "d", "-1d", "1.5h", "1w", "99999999999999d", "106751d106751d", "1d ", "1 d"} {
		if got, err := ParseDuration(text); err == nil {
			t.Errorf("%q was read as %v", text, got)
		}
	}
}

func TestFind(t *testing.T) {
	none := func(string) string { return "" }
	t.Chdir(t.TempDir())
	if _, err := Find("", none); !errors.Is(err, ErrNoFile) {
		t.Errorf("an empty folder gave %v", err)
	}
	if _, err := Find("gone.yaml", none); err == nil || errors.Is(err, ErrNoFile) || !strings.Contains(err.Error(), "--config") {
		t.Errorf("a file that isn't there gave %v", err)
	}
	for _, name := range []string{File, "other.yaml", "third.yaml"} {
		if err := os.WriteFile(name, []byte(sample), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	variable := func(string) string { return "other.yaml" }
	for want, got := range map[string]func() (string, error){
		File:         func() (string, error) { return Find("", none) },
		"other.yaml": func() (string, error) { return Find("", variable) },
		"third.yaml": func() (string, error) { return Find("third.yaml", variable) },
	} {
		if path, err := got(); err != nil || path != want {
			t.Errorf("found %q (%v), want %q", path, err, want)
		}
	}
}

func TestALeadIsATimeOrAShare(t *testing.T) {
	t.Parallel()
	for written, want := range map[string]policy.Lead{
		"30d": {Time: 30 * 24 * time.Hour}, "33%": {Share: 33}, `"1%"`: {Share: 1}, "90%": {Share: 90}, "36h": {Time: 36 * time.Hour},
	} {
		read, err := Parse("keyturn.yaml", []byte("tenant: t.onmicrosoft.com\npolicy: { renewBefore: "+written+" }\n"), nil)
		if err != nil || read.Policy.RenewBefore != want || read.Policy.RenewBefore.String() != strings.Trim(written, `"`) {
			t.Errorf("%s is %+v: %v", written, read.Policy.RenewBefore, err)
		}
	}
}

// Two keys are called signIn: how people sign in to renew, and how they do at the console.
func TestTheTwoSignInsAreApart(t *testing.T) {
	t.Parallel()
	text := "tenant: t\nsignIn: { clientId: 7f0d7f0d-1111-2222-3333-444444444444, password: allowed }\n"
	read, err := Parse("keyturn.yaml", []byte(text), kinds())
	if err != nil || read.SignIn.ClientID == "" || !read.SignIn.Password {
		t.Fatalf("%+v, %v", read.SignIn, err)
	}
	_, err = Parse("keyturn.yaml", []byte(text+"serve: { signIn: { clientId: console } }\n"), kinds())
	if err == nil || !strings.Contains(err.Error(), "issuer") {
		t.Errorf("%v", err)
	}
}
