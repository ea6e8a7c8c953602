//go:build unix

package story_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// newDesk is a machine at which people sign in: the sample's tenant, with nothing that writes to Azure.
func newDesk(t *testing.T, c *cloud) *machine {
	t.Helper()
	m := newMachine(t, c)
	file := filepath.Join(m.dir, "keyturn.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text = regexp.MustCompile(`signIn: \{.*\}`).ReplaceAll(text, []byte("signIn: { clientId: "+signInApp+", password: allowed }"))
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return m
}

// The registrations through which the sample's people sign in.
const (
	signInApp      = "5ca1ab1e-51b1-4e5a-9a3c-000000000001"
	confidential   = "5ca1ab1e-51b1-4e5a-9a3c-000000000002"
	unconsented    = "5ca1ab1e-51b1-4e5a-9a3c-000000000003"
	disabledClient = "5ca1ab1e-51b1-4e5a-9a3c-000000000006"
	nobodysClient  = "5ca1ab1e-51b1-4e5a-9a3c-0000000000ff"
	anotherPasswd  = "n0t-the-Password"
	unknownAccount = "nobody@contoso.onmicrosoft.com"
)

// typing runs a command whose standard input is the password.
func (m *machine) typing(password string, args ...string) result {
	m.t.Helper()
	return m.fed(password+"\r\n", append(args, "--password-fd", "0")...)
}

// fed runs a command with a standard input.
func (m *machine) fed(input string, args ...string) result {
	m.t.Helper()
	cmd := m.command(args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(input), &stdout, &stderr
	err := cmd.Run()
	if _, ended := err.(*exec.ExitError); err != nil && !ended {
		m.t.Fatal(err)
	}
	m.keep(args, stdout.String(), stderr.String())
	return result{code: cmd.ProcessState.ExitCode(), stdout: stdout.String(), stderr: stderr.String()}
}

// inTheWay lists the codes of the checks that failed, with what is to be done, by code.
func inTheWay(t *testing.T, r result) map[string]string {
	t.Helper()
	var told struct {
		OK     bool
		Checks []struct {
			ID, Code, Message, Fix string
			OK, Unknown            bool
		}
	}
	if err := json.Unmarshal([]byte(r.stdout), &told); err != nil {
		t.Fatalf("doctor said %q, %q: %v", r.stdout, tail(r.stderr), err)
	}
	codes := map[string]string{}
	for _, c := range told.Checks {
		if strings.HasPrefix(c.ID, "person") || strings.HasPrefix(c.ID, "signin") {
			if !c.OK && !c.Unknown {
				codes[c.Code] = c.Message + " | " + c.Fix
			}
		}
	}
	return codes
}

// Each thing that may stand in the way of a person's sign-in is told under its code, with what to do, before anything is
// written.
func TestDoctorTellsWhatStandsInThePersonsWay(t *testing.T) {
	t.Parallel()
	c := startCloud(t, "--seed", "helpdesk", "--gentle")
	people := c.people()
	for name, tc := range map[string]struct {
		who, password, login, client, code, says string
	}{
		"nothing":                         {who: "admin"},
		"a smaller role than is asked":    {who: "appadmin"},
		"no role":                         {who: "user", code: "role.missing", says: "Cloud Application Administrator"},
		"a role that isn't active":        {who: "eligible", code: "role.eligible", says: "Privileged Identity Management"},
		"a second factor":                 {who: "mfa", code: "mfa.required", says: "--sign-in browser"},
		"a second factor to be set up":    {who: "unenrolled", code: "mfa.required", says: "sets it up"},
		"a policy":                        {who: "blocked", code: "legacy.blocked", says: `"Administrators only from the office"`},
		"too many wrong passwords":        {who: "locked", code: "account.locked", says: "Wait"},
		"an account that is disabled":     {who: "disabled", code: "account.disabled"},
		"a password that has expired":     {who: "expired", code: "account.expired", says: "myaccount.microsoft.com"},
		"a federated domain":              {who: "federated", code: "login.form", says: "federated@contoso.onmicrosoft.com"},
		"a login without a domain":        {who: "admin", login: "admin", code: "login.form", says: "admin@contoso.onmicrosoft.com"},
		"a guest":                         {who: "guest", code: "login.form", says: ".onmicrosoft.com"},
		"a wrong password":                {who: "admin", password: anotherPasswd, code: "password.wrong"},
		"nobody of that name":             {who: "admin", login: unknownAccount, code: "user.unknown", says: "tenant"},
		"an account of another tenant":    {who: "stranger", code: "tenant.wrong", says: "tenant"},
		"a disabled app":                  {who: "admin", client: disabledClient, code: "client.disabled", says: "Enabled for users to sign in"},
		"no app to sign in through":       {who: "admin", client: nobodysClient, code: "client.missing", says: "keyturn init --sign-in-app"},
		"an app that isn't public":        {who: "admin", client: confidential, code: "client.notPublic", says: "Allow public client flows"},
		"an app that nobody consented to": {who: "admin", client: unconsented, code: "consent.missing", says: "Grant admin consent"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newDesk(t, c)
			person := people[tc.who]
			if person.Login == "" {
				person = people["guest_fabrikam.com#EXT#"]
			}
			if tc.client != "" {
				m.edit(signInApp, tc.client)
			}
			if tc.login != "" {
				person.Login = tc.login
			}
			if tc.password != "" {
				person.Password = tc.password
			}
			r := m.typing(person.Password, "doctor", "-o", "json", "--sign-in", "password", "--username", person.Login)
			got := inTheWay(t, r)
			told, there := got[tc.code]
			switch {
			case tc.code == "" && len(got) > 0, tc.code != "" && (!there || len(got) != 1):
				t.Fatalf("%v, want %q", got, tc.code)
			case !strings.Contains(strings.ToLower(told), strings.ToLower(tc.says)):
				t.Errorf("%s lacks %q", told, tc.says)
			case tc.code != "" && r.code != 2:
				t.Errorf("exit code %d", r.code)
			}
			if strings.Contains(r.stdout+r.stderr, person.Password) {
				t.Error("the password was printed")
			}
		})
	}
}

func TestSwitchesOfTheTenantThatStandInThePersonsWay(t *testing.T) {
	t.Parallel()
	c := startCloud(t, "--seed", "helpdesk", "--gentle")
	admin := c.people()["admin"]
	m := newDesk(t, c)
	c.turn("security-defaults", "on")
	r := m.typing(admin.Password, "doctor", "-o", "json", "--sign-in", "password", "--username", admin.Login)
	if got := inTheWay(t, r); got["security.defaults"] == "" && got["mfa.required"] == "" {
		t.Errorf("security defaults: %v", got)
	}
	c.turn("security-defaults", "")
	c.turn("device-code-blocked", "on")
	cmd := m.command("doctor", "-o", "json", "--sign-in", "device")
	told := m.enterCode(cmd, admin)
	if got := inTheWay(t, told); !strings.Contains(got["signin.blocked"], "--sign-in browser") {
		t.Errorf("device code blocked: %v", got)
	}
	m.edit("password: allowed", "password: refused")
	r = m.typing(admin.Password, "doctor", "-o", "json", "--sign-in", "password", "--username", admin.Login)
	if got := inTheWay(t, r); !strings.Contains(got["password.refused"], "--sign-in browser") || r.code != 2 {
		t.Errorf("the form isn't allowed: %v, exit %d", got, r.code)
	}
}

var aCode = regexp.MustCompile(`(https://\S+)\s+and enter the code\s+([A-Z0-9-]{6,})\n`)

// enterCode runs a command that shows a device code, and enters that as the person.
func (m *machine) enterCode(cmd *exec.Cmd, person visitor) result {
	m.t.Helper()
	return m.shown(cmd, func(address, code string) {
		person.Proxy, person.CAFile, person.UserCode = m.cloud.URL, filepath.Join(m.cloud.Dir, "ca.pem"), code
		if err := person.walk(address); err != nil {
			m.t.Errorf("enter the code: %v", err)
		}
	})
}

// shown runs a command that shows a device code, and does something once it is there.
func (m *machine) shown(cmd *exec.Cmd, enter func(address, code string)) result {
	m.t.Helper()
	var stdout bytes.Buffer
	cmd.Stdout = &stdout
	said, err := cmd.StderrPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		m.t.Fatal(err)
	}
	var stderr []byte
	entered := false
	for buffer := make([]byte, 4096); ; {
		n, err := said.Read(buffer)
		stderr = append(stderr, buffer[:n]...)
		if shown := aCode.FindSubmatch(stderr); shown != nil && !entered {
			entered = true
			enter(string(shown[1]), string(shown[2]))
		}
		if err != nil {
			break
		}
	}
	_ = cmd.Wait() // its exit code is looked at
	if !entered {
		m.t.Fatalf("no code was shown:\n%s", stderr)
	}
	m.keep(cmd.Args, stdout.String(), string(stderr))
	return result{code: cmd.ProcessState.ExitCode(), stdout: stdout.String(), stderr: string(stderr)}
}

func TestAPersonSignsInByBrowserAndByDevice(t *testing.T) {
	t.Parallel()
	needsABrowser(t)
	c := startCloud(t, "--seed", "helpdesk", "--gentle")
	person := c.people()["mfa"]
	for name, tc := range map[string]struct {
		way     string
		decline bool
		code    string
	}{
		"in the browser, with a second factor": {way: "browser"},
		"declined in the browser":              {way: "browser", decline: true, code: "signin.declined"},
		"with a code on another device":        {way: "device"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newDesk(t, c)
			who := person
			who.Decline = tc.decline
			var r result
			if tc.way == "device" {
				r = m.enterCode(m.command("doctor", "-o", "json", "--sign-in", tc.way), who)
			} else {
				m.sit(who)
				r = m.run("doctor", "-o", "json", "--sign-in", tc.way, "--username", who.Login)
			}
			got := inTheWay(t, r)
			if _, there := got[tc.code]; (tc.code == "" && len(got) > 0) || (tc.code != "" && !there) {
				t.Errorf("%v, want %q: %s", got, tc.code, tail(r.stderr))
			}
			assertNoSecretLeft(t, m)
		})
	}
}

// TestADeviceCodeThatIsAskedForTooOften: the cloud tells the program to slow down while the person still looks for a
// browser, and the sign-in goes on.
func TestADeviceCodeThatIsAskedForTooOften(t *testing.T) {
	t.Parallel()
	c := startCloud(t, "--seed", "helpdesk")
	m := newDesk(t, c)
	r := m.shown(m.command("doctor", addIn, "-o", "json", "--sign-in", "device"), func(_, code string) {
		hurried := func(l logged) bool { return strings.Contains(l.ResponseBody, `"slow_down"`) }
		for end := time.Now().Add(time.Minute); !slices.ContainsFunc(c.log(), hurried); time.Sleep(50 * time.Millisecond) {
			if time.Now().After(end) {
				t.Error("the cloud never told the program to slow down")
				break
			}
		}
		c.ask("POST", "/_sim/device", map[string]string{"user": "admin", "userCode": code}, nil)
	})
	if got := inTheWay(t, r); len(got) > 0 || r.code != 0 {
		t.Errorf("exit %d, %v: %s", r.code, got, tail(r.stderr))
	}
	assertNoSecretLeft(t, m)
}

// noIdentity is an environment without any identity that works unattended.
var noIdentity = []string{"AZURE_CLIENT_ID=", "AZURE_CLIENT_SECRET=", "AZURE_TENANT_ID="}

// The whole job of an add-in's administrator: from a person's sign-in to the renewed secret, which waits for the next
// sign-in where nobody else may finish it, and of the sign-in nothing is left anywhere.
func TestAPersonRenewsAnAddIn(t *testing.T) {
	t.Parallel()
	needsABrowser(t)
	for way, who := range map[string]string{"browser": "mfa", "password": "admin"} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			c := startCloud(t, "--seed", "helpdesk", "--gentle")
			m, person := newDesk(t, c), c.people()[who]
			m.edit("over: 60s", "over: 0")
			m.sit(person)
			signed := func(args ...string) result {
				return m.typing(person.Password, append(args, "--sign-in", way, "--username", person.Login)...)
			}
			if way != "password" {
				signed = func(args ...string) result {
					return m.run(append(args, "--sign-in", way, "--username", person.Login)...)
				}
			}
			r := signed("plan", "helpdesk")
			if r.code != 2 || !strings.Contains(r.stdout, "is finished without a person by keyturn-admin, which has every right") {
				t.Fatalf("plan: exit %d\n%s\n%s", r.code, r.stdout, tail(r.stderr))
			}
			m.env = append(m.env, noIdentity...)
			r = signed("plan", "helpdesk")
			if r.code != 2 || !strings.Contains(r.stdout, "needs a person's sign-in again: keyturn resume helpdesk --sign-in "+way) {
				t.Fatalf("plan, nobody else there: exit %d\n%s\n%s", r.code, r.stdout, tail(r.stderr))
			}
			r = signed("renew", "helpdesk", "--yes", "--wait", "0", "-o", "json")
			if r.code != 2 || !strings.Contains(r.stdout, `"outcome":"wait"`) {
				t.Fatalf("renew: exit %d\n%s\n%s", r.code, r.stdout, tail(r.stderr))
			}
			if failed := c.state().failures(); len(failed) > 0 {
				t.Errorf("consumers failed: %v", failed)
			}
			if r = m.run("resume", "helpdesk"); r.code != 2 || !strings.Contains(r.stderr, "sign in again: keyturn resume helpdesk --sign-in browser") {
				t.Errorf("resume without a person: exit %d\n%s", r.code, tail(r.stderr))
			}
			if r = m.run("status", "--offline"); !strings.Contains(r.stdout, "--sign-in") {
				t.Errorf("status says\n%s", r.stdout)
			}
			if r = signed("resume", "helpdesk", "--wait", "0"); r.code != 2 || strings.Contains(r.stderr, "signin.needed") {
				t.Errorf("resume: exit %d\n%s", r.code, tail(r.stderr))
			}
			if r = m.want(0, "audit", "export"); !strings.Contains(r.stdout, person.Login+", signed in by "+way) {
				t.Errorf("the audit log doesn't name person and way:\n%s", r.stdout)
			}
			assertNoSecretLeft(t, m)
			m.assertBrowserSawNone()
		})
	}
}

// assertBrowserSawNone: what a browser is started with can be seen by everybody on the computer.
func (m *machine) assertBrowserSawNone() {
	m.t.Helper()
	for _, pair := range m.env {
		file, ok := strings.CutPrefix(pair, visitorFile+"=")
		if !ok {
			continue
		}
		text, err := os.ReadFile(file + ".args")
		if err != nil {
			return // no browser was needed
		}
		for _, value := range m.cloud.issued() {
			if strings.Contains(string(text), value) {
				m.t.Errorf("an address holds %.3s…", value)
			}
		}
	}
}
