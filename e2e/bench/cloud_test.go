package bench_test

import (
	"bytes"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"keyturn/e2e/cloudtest"
)

// cloud is one gentle simulated Microsoft cloud in a process of its own.
type cloud struct{ *cloudtest.Cloud }

// startCloud runs it until the test ends; each request is answered after latency.
func startCloud(t *testing.T, latency time.Duration, flags ...string) *cloud {
	t.Helper()
	return &cloud{cloudtest.Start(t, binary, append([]string{"--gentle", "--latency", latency.String()}, flags...)...)}
}

// request is one line of the cloud's log.
type request struct {
	Time   time.Time `json:"time"` // when it arrived
	Host   string    `json:"host"`
	Method string    `json:"method"`
	Path   string    `json:"path"`
	Query  string    `json:"query"`
	Status int       `json:"status"`
	Body   string    `json:"requestBody"`
}

// log returns every request that the cloud has answered, consumers' included.
func (c *cloud) log(t *testing.T) []request {
	t.Helper()
	return cloudtest.Log[request](t, c.Cloud)
}

// desk is a folder with the sample's configuration, in which new secrets settle at the first round of sign-ins.
type desk struct {
	cloud *cloud
	dir   string
}

func (c *cloud) desk(t *testing.T) *desk {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(c.Dir, "keyturn.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Replace(text, []byte("over: 60s"), []byte("over: 0s"), 1)
	if bytes.Equal(at, text) {
		t.Fatalf("the sample's configuration has no settling time:\n%s", text)
	}
	d := &desk{cloud: c, dir: t.TempDir()}
	if err := os.WriteFile(filepath.Join(d.dir, "keyturn.yaml"), at, 0o600); err != nil {
		t.Fatal(err)
	}
	return d
}

// keyturn is one command at this desk.
func (d *desk) keyturn(args ...string) *exec.Cmd {
	cmd := exec.Command(binary.Path(), args...)
	cmd.Dir, cmd.Env = d.dir, alone(d.dir, d.cloud.Env...)
	return cmd
}

// renew renews the sample's application up to its overlap. A certificate of the sample ends soon, so the command ends 2.
func (d *desk) renew(t *testing.T) spent {
	t.Helper()
	return spend(t, d.keyturn("renew", "provision-assist", "--yes", "--wait", "0", "-o", "json"), 2)
}

// turn sets a switch.
func (c *cloud) turn(t *testing.T, name, value string) {
	t.Helper()
	c.post(t, "/_sim/switch", map[string]string{"name": name, "value": value})
}

func (c *cloud) post(t *testing.T, path string, body any) {
	t.Helper()
	c.Ask(t, http.MethodPost, path, body, nil)
}

// get reads one of the cloud's own pages.
func (c *cloud) get(t *testing.T, path string, into any) {
	t.Helper()
	c.Ask(t, http.MethodGet, path, nil, into)
}

// reset makes the cloud forget everything but its sample, its log included.
func (c *cloud) reset(t *testing.T) {
	t.Helper()
	c.post(t, "/_sim/reset", nil)
}
