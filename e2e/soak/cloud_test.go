package soak_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// cloud is the simulated Microsoft cloud, as unkind as it is by default.
type cloud struct {
	t        *testing.T
	url, dir string
	env      []string
}

func startCloud(t *testing.T, flags ...string) *cloud {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.Command(binary.Path(), append([]string{"simulate", "--listen", "127.0.0.1:0", "--dir", dir}, flags...)...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	var told struct{ Proxy string }
	if err := json.NewDecoder(bufio.NewReader(out)).Decode(&told); err != nil {
		t.Fatalf("the simulator said nothing: %v", err)
	}
	c := &cloud{t: t, url: told.Proxy, dir: dir}
	text, err := os.ReadFile(filepath.Join(dir, "env"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if pair, ok := strings.CutPrefix(strings.TrimSpace(line), "export "); ok {
			name, value, _ := strings.Cut(pair, "=")
			c.env = append(c.env, name+"="+strings.Trim(value, "'"))
		}
	}
	return c
}

func (c *cloud) ask(method, path string, body, into any) {
	c.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		c.t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(c.t.Context(), method, c.url+path, bytes.NewReader(text))
	if err != nil {
		c.t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		c.t.Fatal(err)
	}
	defer answer.Body.Close()
	said, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		c.t.Fatalf("%s %s: %s %s %v", method, path, answer.Status, said, err)
	}
	if into == nil {
		return
	}
	if err := json.Unmarshal(said, into); err != nil {
		c.t.Fatalf("%s: %v", path, err)
	}
}

func (c *cloud) advance(d time.Duration) {
	c.t.Helper()
	c.ask(http.MethodPost, "/_sim/clock", map[string]string{"advance": d.String()}, nil)
}

// truth is what the cloud knows.
type truth struct {
	Now     time.Time
	Tenants []struct{ Applications []application }
	Vaults  []struct {
		Secrets []struct {
			Name     string
			Versions []struct{ Value string }
		}
	}
	Connections []struct{ Parameters map[string]string }
	Variables   []struct{ ID, Value string }
	Consumers   []struct {
		Name, ClientID, LastError string
		Successes, Failures       int
	}
}

type application struct {
	AppID, DisplayName string
	Passwords          []password
}

type password struct {
	KeyID, DisplayName, Value string
	End                       time.Time
}

func (p password) ours() bool { return strings.Contains(p.DisplayName, " keyturn ") }

func (c *cloud) truth() (now truth) {
	c.t.Helper()
	c.ask(http.MethodGet, "/_sim/state", nil, &now)
	return now
}
