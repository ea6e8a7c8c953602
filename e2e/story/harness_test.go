//go:build unix

package story_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"keyturn/e2e/builttest"
	"keyturn/e2e/cloudtest"
	"keyturn/store/postgrestest"
)

// binary is the real program, built once for all stories.
var binary *builttest.Built

func TestMain(m *testing.M) {
	switch filepath.Base(os.Args[0]) {
	case "az":
		os.Exit(runAz(os.Args[1:]))
	case "xdg-open":
		os.Exit(runBrowser(os.Args[1:]))
	}
	// Stories mostly wait for a cloud that takes its time, so more of them than cores go side by side.
	flag.Parse()
	if err := flag.Set("test.parallel", "12"); err != nil {
		panic(err)
	}
	os.Exit(builttest.Main(postgrestest.Suite(m), func(dir string) (err error) {
		binary, err = builttest.Keyturn(dir)
		return err
	}))
}

// cloud is one simulated Microsoft cloud, run by the real binary.
type cloud struct {
	*cloudtest.Cloud
	t *testing.T
}

// startCloud runs `keyturn simulate` with the given flags until the test ends.
func startCloud(t *testing.T, flags ...string) *cloud {
	t.Helper()
	return &cloud{cloudtest.Start(t, binary, flags...), t}
}

// truth is what the cloud knows and no client is told.
type truth struct {
	Now     time.Time `json:"now"`
	Tenants []struct {
		ID           string        `json:"id"`
		Applications []application `json:"applications"`
	} `json:"tenants"`
	Vaults []struct {
		Name    string `json:"name"`
		Secrets []struct {
			Name     string    `json:"name"`
			Versions []version `json:"versions"`
		} `json:"secrets"`
	} `json:"vaults"`
	Connections []struct {
		ID         string            `json:"id"`
		Parameters map[string]string `json:"parameters"`
	} `json:"connections"`
	Variables []struct {
		ID        string `json:"id"`
		Encrypted bool   `json:"encrypted"`
		Value     string `json:"value"`
	} `json:"variables"`
	Consumers []struct {
		Name      string `json:"name"`
		Kind      string `json:"kind"`
		Successes int    `json:"successes"`
		Failures  int    `json:"failures"`
		LastError string `json:"lastError"`
	} `json:"consumers"`
}

type version struct {
	Version string            `json:"version"`
	Value   string            `json:"value"`
	Enabled bool              `json:"enabled"`
	Created time.Time         `json:"created"`
	Tags    map[string]string `json:"tags"`
}

type application struct {
	AppID       string     `json:"appId"`
	ObjectID    string     `json:"objectId"`
	DisplayName string     `json:"displayName"`
	Passwords   []password `json:"passwords"`
}

type password struct {
	KeyID       string    `json:"keyId"`
	DisplayName string    `json:"displayName"`
	Value       string    `json:"value"`
	Start       time.Time `json:"start"`
	End         time.Time `json:"end"`
}

// ask sends one request to the simulator's own pages and decodes the answer.
func (c *cloud) ask(method, path string, body, into any) {
	c.t.Helper()
	c.Ask(c.t, method, path, body, into)
}

func (c *cloud) state() (s truth) {
	c.t.Helper()
	c.ask("GET", "/_sim/state", nil, &s)
	return s
}

// log returns every request that the cloud has seen, with its bodies.
func (c *cloud) log() []logged {
	c.t.Helper()
	return cloudtest.Log[logged](c.t, c.Cloud)
}

func (c *cloud) advance(d time.Duration) {
	c.t.Helper()
	c.ask("POST", "/_sim/clock", map[string]string{"advance": d.String()}, nil)
}

func (c *cloud) faults(rules ...map[string]any) {
	c.t.Helper()
	c.ask("POST", "/_sim/faults", rules, nil)
}

func (c *cloud) turn(name string, value any) {
	c.t.Helper()
	c.ask("POST", "/_sim/switch", map[string]any{"name": name, "value": value}, nil)
}

// machine is one computer with Keyturn on it: a folder with its configuration and its store.
type machine struct {
	t     *testing.T
	cloud *cloud
	dir   string
	env   []string // what its environment says in place of the cloud's, NAME=value
}

// newMachine is a computer whose configuration is the one that simulate wrote, with the given edits (old, new, ...).
func newMachine(t *testing.T, c *cloud, edits ...string) *machine {
	t.Helper()
	m := &machine{t: t, cloud: c, dir: t.TempDir()}
	text, err := os.ReadFile(filepath.Join(c.Dir, "keyturn.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(edits); i += 2 {
		if !bytes.Contains(text, []byte(edits[i])) {
			t.Fatalf("keyturn.yaml has no %q:\n%s", edits[i], text)
		}
		text = bytes.ReplaceAll(text, []byte(edits[i]), []byte(edits[i+1]))
	}
	if err := os.WriteFile(filepath.Join(m.dir, "keyturn.yaml"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	return m
}

// edit changes the machine's configuration.
func (m *machine) edit(old, with string) {
	m.t.Helper()
	file := filepath.Join(m.dir, "keyturn.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		m.t.Fatal(err)
	}
	if !bytes.Contains(text, []byte(old)) {
		m.t.Fatalf("keyturn.yaml has no %q:\n%s", old, text)
	}
	if err := os.WriteFile(file, bytes.ReplaceAll(text, []byte(old), []byte(with)), 0o600); err != nil {
		m.t.Fatal(err)
	}
}

// result is what one command left.
type result struct {
	code           int
	stdout, stderr string
}

func (m *machine) command(args ...string) *exec.Cmd {
	cmd := exec.Command(binary.Path(), args...)
	cmd.Dir = m.dir
	cmd.Env = append([]string{"HOME=" + m.dir, "PATH=" + os.Getenv("PATH"), "KEYTURN_LOG_LEVEL=debug"}, append(slices.Clone(m.cloud.Env), m.env...)...)
	return cmd
}

// run runs one command to its end. Everything it printed is kept in the machine's folder, where secrets are looked for.
func (m *machine) run(args ...string) result {
	m.t.Helper()
	cmd := m.command(args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		m.t.Fatal(err)
	}
	m.keep(args, stdout.String(), stderr.String())
	return result{code: cmd.ProcessState.ExitCode(), stdout: stdout.String(), stderr: stderr.String()}
}

func (m *machine) keep(args []string, outputs ...string) {
	m.t.Helper()
	file, err := os.OpenFile(filepath.Join(m.dir, "printed.txt"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		m.t.Fatal(err)
	}
	defer file.Close()
	fmt.Fprintln(file, args)
	for _, text := range outputs {
		fmt.Fprintln(file, text)
	}
}

// want runs a command and fails the test unless it ends with one of the codes.
func (m *machine) want(code int, args ...string) result {
	m.t.Helper()
	r := m.run(args...)
	if r.code != code {
		m.t.Fatalf("keyturn %s: exit %d, want %d\nstdout:\n%s\nstderr:\n%s", strings.Join(args, " "), r.code, code, r.stdout, tail(r.stderr))
	}
	return r
}

func tail(text string) string {
	lines := strings.Split(text, "\n")
	return strings.Join(lines[max(0, len(lines)-60):], "\n")
}
