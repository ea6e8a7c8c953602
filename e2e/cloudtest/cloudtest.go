// Package cloudtest runs a simulated Microsoft cloud with the real program, for the tests that drive that program from
// outside, and asks it for the truth. Start at [Start].
package cloudtest

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

	"keyturn/e2e/builttest"
)

// Cloud is one simulated cloud in a process of its own.
type Cloud struct {
	URL string   // of its proxy, at which its truth is asked too
	Dir string   // what it wrote for its users lies there: env and keyturn.yaml
	Env []string // what env exports, NAME=value
	PID int
}

// Start runs `keyturn simulate` with the given flags until the test ends.
func Start(t testing.TB, binary *builttest.Built, flags ...string) *Cloud {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.Command(binary.Path(), append([]string{"simulate", "--listen", "127.0.0.1:0", "--dir", dir}, flags...)...)
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
	return &Cloud{URL: told.Proxy, Dir: dir, Env: exports(t, filepath.Join(dir, "env")), PID: cmd.Process.Pid}
}

// exports reads the environment that the simulator wrote for a shell.
func exports(t testing.TB, file string) []string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var env []string
	for line := range strings.Lines(string(text)) {
		if pair, ok := strings.CutPrefix(strings.TrimSpace(line), "export "); ok {
			name, value, _ := strings.Cut(pair, "=")
			env = append(env, name+"="+strings.Trim(value, `'"`))
		}
	}
	return env
}

// Variable is one of the exports; "" when it isn't there.
func (c *Cloud) Variable(name string) string {
	for _, pair := range c.Env {
		if value, ok := strings.CutPrefix(pair, name+"="); ok {
			return value
		}
	}
	return ""
}

// Ask sends body, unless it is nil, as JSON and decodes the answer into into, unless that is nil. Anything but 200 ends
// the test.
func (c *Cloud) Ask(t testing.TB, method, path string, body, into any) {
	t.Helper()
	var sent io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		sent = bytes.NewReader(text)
	}
	request, err := http.NewRequest(method, c.URL+path, sent)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	said, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %s %s %v", method, path, answer.Status, said, err)
	}
	if into == nil {
		return
	}
	if err := json.Unmarshal(said, into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// Log decodes every request that the cloud has answered, consumers' included, with its body.
func Log[T any](t testing.TB, c *Cloud) []T {
	t.Helper()
	answer, err := http.Get(c.URL + "/_sim/log?bodies=1")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var all []T
	for decoder := json.NewDecoder(answer.Body); ; {
		var one T
		if err := decoder.Decode(&one); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, one)
	}
}
