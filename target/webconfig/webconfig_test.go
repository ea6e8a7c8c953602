package webconfig_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"keyturn/check"
	"keyturn/problem"
	"keyturn/secret"
	"keyturn/target"
	"keyturn/target/targettest"
	"keyturn/target/webconfig"
)

const old = "old8Q~what-the-add-in-goes-on-with-until-it-ends"

var parcel = target.Parcel{Tag: "run.1", Value: secret.New("new8Q~the-new-value-of-this-add-in")}

// sample is a web.config as people have them: a mark, CRLF, comments that look like settings, other sections.
const sample = "\uFEFF<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<configuration>\r\n  <configSections/>\r\n  <!-- <add key=\"ClientSecret\" value=\"not this\"/> -->\r\n" +
	"  <appSettings>\r\n    <add key=\"webpages:Version\" value=\"3.0.0.0\" />\r\n    <add key=\"ClientId\" value=\"%s\" />\r\n" +
	"    <add value='%s' key='ClientSecret'/> <!-- renew! -->\r\n    <add key=\"Greeting\" value=\"a &lt;b&gt; &amp; &quot;c&quot;\" />\r\n  </appSettings>\r\n" +
	"  <system.web><compilation debug=\"true\" /></system.web>\r\n</configuration>\r\n"

func base64Of(value string) string { return base64.StdEncoding.EncodeToString([]byte(value)) }

func written(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "web.config")
	if err := os.WriteFile(path, []byte(text), 0o640); err != nil {
		t.Fatal(err)
	}
	return path
}

func whole(t *testing.T) string {
	return written(t, fmt.Sprintf(sample, targettest.Client, base64Of(old)))
}

func open(t *testing.T, path string) *webconfig.Target {
	t.Helper()
	made, err := webconfig.New(webconfig.Config{Path: path}, targettest.Client)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var values = regexp.MustCompile(`value=['"]([A-Za-z0-9+/=]*)['"] key='ClientSecret'|\r\n    <add key='SecondaryClientSecret' value='([A-Za-z0-9+/=]*)'/>`)

// valueIn reads one of the two values by a pattern, which is another way than the target's.
func valueIn(t *testing.T, path string, group int) string {
	t.Helper()
	for _, found := range values.FindAllStringSubmatch(read(t, path), -1) {
		if text, err := base64.StdEncoding.DecodeString(found[group]); err == nil && len(text) > 0 {
			return string(text)
		}
	}
	return ""
}

func TestWebConfigIsATarget(t *testing.T) {
	targettest.ExerciseLocal(t, func(t *testing.T) targettest.Case {
		path := whole(t)
		made := open(t, path)
		return targettest.Case{
			Local: true, Forgets: true,
			Target:    made,
			Powerless: powerless(t, open(t, whole(t))),
			Missing:   open(t, filepath.Join(t.TempDir(), "web.config")),
			Holds:     func() string { return valueIn(t, path, 1) },
			Beside:    func() string { return valueIn(t, path, 2) },
			Rest:      func() any { return values.ReplaceAllString(read(t, path), "") },
			Stranger: func() {
				text := strings.ReplaceAll(read(t, path), base64Of(valueIn(t, path, 1)), base64Of("str8Q~a-stranger-put-this-here-by-hand"))
				if err := os.WriteFile(path, []byte(text), 0o640); err != nil {
					t.Fatal(err)
				}
			},
			Fault: func(kind string) {
				made.Spoil(map[string]error{"the disk is full": syscall.ENOSPC, "the disk fails": syscall.EIO}[kind])
			},
			Faults: map[string]targettest.Trouble{
				"the disk is full": {Class: problem.Person, Code: "webconfig.full"},
				"the disk fails":   {Class: problem.Retry, Code: "webconfig.disk"},
			},
		}
	})
}

func TestTheDescriptorTellsTheConfiguration(t *testing.T) {
	t.Parallel()
	targettest.Describes(t, webconfig.Descriptor(), webconfig.Config{})
}

func TestOnlyTheTwoValuesChange(t *testing.T) {
	t.Parallel()
	path := whole(t)
	before, rights := read(t, path), rightsOf(t, path)
	if _, err := open(t, path).Write(t.Context(), parcel); err != nil {
		t.Fatal(err)
	}
	want := strings.Replace(before, "value='"+base64Of(old)+"' key='ClientSecret'/>",
		"value='"+base64Of("new8Q~the-new-value-of-this-add-in")+"' key='ClientSecret'/>\r\n    <add key='SecondaryClientSecret' value='"+base64Of(old)+"'/>", 1)
	if got := read(t, path); got != want {
		t.Errorf("got\n%q\nwant\n%q", got, want)
	}
	left, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if got := rightsOf(t, path); got != rights {
		t.Errorf("permissions: %s, were %s", got, rights)
	}
}

// TestAnEarlierAttemptNeverPushesOutTheOldValue: what ACS signs with until its end must stay, however often a run tries.
func TestAnEarlierAttemptNeverPushesOutTheOldValue(t *testing.T) {
	t.Parallel()
	path := whole(t)
	made := open(t, path)
	first := target.Parcel{Tag: "run.1", Value: secret.New("one8Q~this-attempt-is-given-up-later")}
	if _, err := made.Write(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	second := target.Parcel{Tag: "run.2", Value: secret.New("two8Q~this-one-is-the-one-that-stays"), Earlier: []string{made.Foretell(first)}}
	if _, err := made.Write(t.Context(), second); err != nil {
		t.Fatal(err)
	}
	if valueIn(t, path, 1) != second.Value.Reveal() || valueIn(t, path, 2) != old {
		t.Errorf("%s", read(t, path))
	}
}

func TestASecretOfTheOldKindStaysAsItIs(t *testing.T) {
	t.Parallel()
	drawn := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{0xF1, 0x02, 0x93, 0xC4}, 8))
	made := open(t, written(t, fmt.Sprintf(sample, targettest.Client, drawn)))
	value, _, err := made.Current(t.Context())
	if err != nil || value.Reveal() != drawn {
		t.Errorf("right value %v: %v", value.Reveal() == drawn, err)
	}
}

func TestASymbolicLinkStaysAndItsFileChanges(t *testing.T) {
	t.Parallel()
	path := whole(t)
	link := filepath.Join(t.TempDir(), "web.config")
	err := os.Symlink(path, link)
	if err == nil {
		_, err = os.Readlink(link) // Wine says that it linked, and didn't
	}
	if err != nil {
		if runtime.GOOS == "windows" {
			t.Skip("only developers and administrators may link here")
		}
		t.Fatal(err)
	}
	if _, err := open(t, link).Write(t.Context(), parcel); err != nil {
		t.Fatal(err)
	}
	info, err := os.Lstat(link)
	if err != nil || info.Mode()&os.ModeSymlink == 0 || valueIn(t, path, 2) != old {
		t.Errorf("%v, %v: %s", info, err, read(t, path))
	}
}

func TestABackupIsKeptOnlyWhereAsked(t *testing.T) {
	t.Parallel()
	path := whole(t)
	before := read(t, path)
	made, err := webconfig.New(webconfig.Config{Path: path, Backup: true}, targettest.Client)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := made.Write(t.Context(), parcel); err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(filepath.Dir(path), "web.before-keyturn.config")
	if got, want := rightsOf(t, copied), rightsOf(t, path); got != want || read(t, copied) != before {
		t.Errorf("it is for %s, the file for %s: %s", got, want, read(t, copied))
	}
}

func TestAFileOfSeveralNamesIsLeftAlone(t *testing.T) {
	t.Parallel()
	path := whole(t)
	if err := os.Link(path, filepath.Join(filepath.Dir(path), "other.config")); err != nil {
		t.Fatal(err)
	}
	if failed := check.Failed(open(t, path).Check(t.Context())); len(failed) != 1 || failed[0].Code != "webconfig.kept" {
		t.Errorf("before anything is made: %+v", failed)
	}
	if _, err := open(t, path).Write(t.Context(), parcel); !problem.Is(err, "webconfig.kept") {
		t.Errorf("%v", err)
	}
}

// TestAFileWithoutANameIsntLost: where the system takes the old file away and doesn't put the new one in its place, that
// one is all there is of the site's settings.
func TestAFileWithoutANameIsntLost(t *testing.T) {
	t.Parallel()
	path := whole(t)
	made := open(t, path)
	made.Unname(errors.New("stopped half-way"))
	_, err := made.Write(t.Context(), parcel)
	left, globErr := filepath.Glob(filepath.Join(filepath.Dir(path), "web.*.keyturn.config"))
	if globErr != nil || len(left) != 1 || valueIn(t, left[0], 2) != old {
		t.Fatalf("left are %v, %v", left, globErr)
	}
	if !problem.Is(err, "webconfig.kept") || !strings.Contains(err.Error(), filepath.Base(left[0])) {
		t.Errorf("%v doesn't say where it is", err)
	}
	if err := os.Rename(left[0], path); err != nil {
		t.Fatal(err)
	}
	if _, err := made.Write(t.Context(), parcel); err != nil || valueIn(t, path, 1) != parcel.Value.Reveal() {
		t.Errorf("back in its place: %v", err)
	}
}

func TestWhatAKilledWriteLeftIsSwept(t *testing.T) {
	t.Parallel()
	path := whole(t)
	left := filepath.Join(filepath.Dir(path), "web.123.keyturn.config")
	if err := os.WriteFile(left, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := open(t, path).Write(t.Context(), parcel); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(left); err == nil {
		t.Error("it is still there")
	}
}

// TestWhatIsInDoubtIsRefused leaves every such file byte for byte as it was.
func TestWhatIsInDoubtIsRefused(t *testing.T) {
	t.Parallel()
	good := fmt.Sprintf(sample, targettest.Client, base64Of(old))
	settings := func(attributes, inside string) string {
		return "<configuration><appSettings" + attributes + ">" + inside + "</appSettings></configuration>"
	}
	id, value := `<add key="ClientId" value="`+targettest.Client+`"/>`, `<add key="ClientSecret" value="`+base64Of(old)+`"/>`
	for name, c := range map[string]struct{ text, code string }{
		"encrypted":                           {settings(` configProtectionProvider="RsaProtectedConfigurationProvider"`, "<EncryptedData/>"), "webconfig.encrypted"},
		"encrypted without saying so":         {settings("", "<EncryptedData/>"), "webconfig.encrypted"},
		"settings from another file":          {settings(` configSource="app.config"`, ""), "webconfig.elsewhere"},
		"settings over these in another file": {settings(` file="more.config"`, id+value), "webconfig.elsewhere"},
		"settings from a builder":             {settings(` configBuilders="Environment"`, id+value), "webconfig.elsewhere"},
		"UTF-16 without a mark":               {strings.Join(strings.Split(good, ""), "\x00") + "\x00", "webconfig.unclear"},
		"a key twice":                         {settings("", id+value+value), "webconfig.unclear"},
		"a key twice in another case":         {settings("", id+value+strings.Replace(value, "ClientSecret", "clientSECRET", 1)), "webconfig.unclear"},
		"appSettings twice":                   {"<configuration><appSettings>" + id + value + "</appSettings><appSettings/></configuration>", "webconfig.unclear"},
		"a setting removed again":             {settings("", id+value+`<remove key="clientsecret"/>`), "webconfig.unclear"},
		"all settings cleared":                {settings("", id+value+`<clear/>`), "webconfig.unclear"},
		"a second place for a location":       {strings.Replace(settings("", id+value), "</configuration>", `<location path="."><appSettings>`+value+`</appSettings></location></configuration>`, 1), "webconfig.unclear"},
		"a DOCTYPE":                           {`<!DOCTYPE configuration [<!ENTITY x "y">]>` + settings("", id+value), "webconfig.unclear"},
		"no value":                            {settings("", id+`<add key="ClientSecret"/>`), "webconfig.unclear"},
		"two roots":                           {settings("", id+value) + settings("", id+value), "webconfig.unclear"},
		"another root":                        {"<settings>" + settings("", id+value) + "</settings>", "webconfig.unclear"},
		"an attribute twice":                  {settings("", id+`<add key="ClientSecret" value="a" value="b"/>`), "webconfig.unclear"},
		"cut off":                             {good[:len(good)-30], "webconfig.unclear"},
		"bytes that are no UTF-8":             {strings.Replace(good, "renew!", "renew\xff", 1), "webconfig.unclear"},
		"an encoding that isn't known":        {`<?xml version="1.0" encoding="ebcdic"?>` + settings("", id+value), "webconfig.unclear"},
		"a mark against the declaration":      {"\uFEFF" + `<?xml version="1.0" encoding="iso-8859-1"?>` + settings("", id+value), "webconfig.unclear"},
		"nothing":                             {"", "webconfig.unclear"},
		"the names of the first years":        {settings("", strings.NewReplacer("ClientId", "HostedAppName", "ClientSecret", "HostedAppSigningKey").Replace(id+value)), "webconfig.settings"},
		"an empty one, and that of old":       {settings("", id+`<add key="ClientSecret" value=""/><add key="HostedAppSigningKey" value="b2xk"/>`), "webconfig.settings"},
		"no secret":                           {settings("", id), "webconfig.settings"},
		"only a commented secret":             {settings("", id+"<!--"+value+"-->"), "webconfig.settings"},
		"another add-in's":                    {strings.Replace(good, targettest.Client, "11111111-2222-3333-4444-555555555555", 1), "webconfig.foreign"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := written(t, c.text)
			made := open(t, path)
			_, err := made.Write(t.Context(), parcel)
			if found := problem.Of(err); err == nil || found.Code != c.code || found.Class != problem.Person || found.Fix == "" {
				t.Errorf("%v: %+v", err, problem.Of(err))
			}
			if read(t, path) != c.text {
				t.Error("the file was changed")
			}
			if failed := check.Failed(made.Check(t.Context())); len(failed) != 1 || failed[0].Code != c.code {
				t.Errorf("checks: %+v", failed)
			}
			if strings.Contains(fmt.Sprintf("%v %+v", err, err), base64Of(old)) {
				t.Error("the error shows the old secret")
			}
		})
	}
}

func TestPathsThatCannotBeRightAreRefused(t *testing.T) {
	t.Parallel()
	if _, err := webconfig.New(webconfig.Config{}, targettest.Client); !problem.Is(err, "config.path") {
		t.Error(err)
	}
	folder := open(t, t.TempDir())
	if _, err := folder.Write(t.Context(), target.Parcel{Tag: "run.1", Value: secret.New("new8Q~x")}); !problem.Is(err, "config.path") {
		t.Error(err)
	}
}
