package bench_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// cloud is one gentle simulated Microsoft cloud in a process of its own.
type cloud struct {
	pid        int
	proxy, dir string
	env        []string
}

// startCloud runs `keyturn simulate` until the test ends; each request is answered after latency.
func startCloud(t *testing.T, latency time.Duration, flags ...string) *cloud {
	t.Helper()
	dir := t.TempDir()
	args := []string{"simulate", "--listen", "127.0.0.1:0", "--dir", dir, "--gentle", "--latency", latency.String()}
	cmd := exec.Command(binary.Path(), append(args, flags...)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	var told struct{ Proxy string }
	if err := json.NewDecoder(bufio.NewReader(out)).Decode(&told); err != nil {
		t.Fatalf("the simulator said nothing: %v\n%s", err, stderr.String())
	}
	return &cloud{pid: cmd.Process.Pid, proxy: told.Proxy, dir: dir, env: exports(t, filepath.Join(dir, "env"))}
}

// exports reads the environment that the simulator wrote for a shell.
func exports(t *testing.T, file string) []string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var env []string
	for line := range strings.Lines(string(text)) {
		if pair, ok := strings.CutPrefix(strings.TrimSpace(line), "export "); ok {
			name, value, _ := strings.Cut(pair, "=")
			env = append(env, name+"="+strings.Trim(value, "'"))
		}
	}
	return env
}

// variable is one of the exports.
func (c *cloud) variable(name string) string {
	for _, pair := range c.env {
		if value, ok := strings.CutPrefix(pair, name+"="); ok {
			return value
		}
	}
	return ""
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
	answer, err := http.Get(c.proxy + "/_sim/log?bodies=1")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var all []request
	for decoder := json.NewDecoder(answer.Body); ; {
		var one request
		if err := decoder.Decode(&one); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, one)
	}
}

// desk is a folder with the sample's configuration, in which new secrets settle at the first round of sign-ins.
type desk struct {
	cloud *cloud
	dir   string
}

func (c *cloud) desk(t *testing.T) *desk {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(c.dir, "keyturn.yaml"))
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
	cmd.Dir, cmd.Env = d.dir, alone(d.dir, d.cloud.env...)
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
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.Post(c.proxy+path, "application/json", bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s", path, answer.Status)
	}
}

// get reads one of the cloud's own pages.
func (c *cloud) get(t *testing.T, path string, into any) {
	t.Helper()
	answer, err := http.Get(c.proxy + path)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if err := json.NewDecoder(answer.Body).Decode(into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// reset makes the cloud forget everything but its sample, its log included.
func (c *cloud) reset(t *testing.T) {
	t.Helper()
	answer, err := http.Post(c.proxy+"/_sim/reset", "application/json", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("reset: %s", answer.Status)
	}
}
