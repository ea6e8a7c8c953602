package browser_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// house is a simulated cloud with a Keyturn that serves it.
type house struct {
	t        *testing.T
	cloud    string // the simulated cloud's address
	dir      string // Keyturn's folder
	env      []string
	link     string // signs in at the console, once
	site     string // the console's address
	cloudDir string // what the simulated cloud wrote
}

// simulate starts the cloud alone, until the test ends.
func simulate(t *testing.T, seed string) *house {
	t.Helper()
	written := t.TempDir()
	h := &house{t: t, dir: t.TempDir(), cloudDir: written}
	line := h.start(written, "simulate", "--listen", "127.0.0.1:0", "--dir", written, "--seed", seed, "--gentle")
	var told struct{ Proxy string }
	if err := json.Unmarshal([]byte(line), &told); err != nil {
		t.Fatalf("the simulator's first line %q: %v", line, err)
	}
	h.cloud = told.Proxy
	h.environment(filepath.Join(written, "env"))
	return h
}

// build starts both until the test ends. The configuration is the one that the cloud wrote, with the given edits (old,
// new, ...).
func build(t *testing.T, seed string, edits ...string) *house {
	t.Helper()
	h := simulate(t, seed)
	h.configure(edits...)
	said := h.start(h.dir, "serve", "--listen", "127.0.0.1:0")
	h.link = regexp.MustCompile(`http://\S+`).FindString(said)
	if h.link == "" {
		t.Fatalf("keyturn serve shows no link: %q", said)
	}
	address, err := url.Parse(h.link)
	if err != nil {
		t.Fatal(err)
	}
	h.site = "http://" + address.Host
	return h
}

// start runs the program until the test ends and returns its first line.
func (h *house) start(dir string, args ...string) string {
	h.t.Helper()
	cmd := exec.Command(binary.Path(), args...)
	cmd.Dir, cmd.Env = dir, append([]string{"HOME=" + h.dir, "PATH=" + os.Getenv("PATH")}, h.env...)
	out, in, err := os.Pipe()
	if err != nil {
		h.t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = in, in
	if err := cmd.Start(); err != nil {
		h.t.Fatal(err)
	}
	_ = in.Close()
	reader := bufio.NewReader(out)
	line, err := reader.ReadString('\n')
	if err != nil {
		h.t.Fatalf("keyturn %s said nothing: %v", strings.Join(args, " "), err)
	}
	var rest bytes.Buffer
	go func() { _, _ = io.Copy(&rest, reader) }()
	h.t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		_ = out.Close()
		if h.t.Failed() {
			h.t.Logf("keyturn %s:\n%s", strings.Join(args, " "), rest.String())
		}
	})
	return line
}

func (h *house) environment(file string) {
	h.t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		h.t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if pair, ok := strings.CutPrefix(strings.TrimSpace(line), "export "); ok {
			name, value, _ := strings.Cut(pair, "=")
			h.env = append(h.env, name+"="+strings.Trim(value, "'"))
		}
	}
}

func (h *house) configure(edits ...string) {
	h.t.Helper()
	text, err := os.ReadFile(filepath.Join(h.cloudDir, "keyturn.yaml"))
	if err != nil {
		h.t.Fatal(err)
	}
	for i := 0; i+1 < len(edits); i += 2 {
		if !bytes.Contains(text, []byte(edits[i])) {
			h.t.Fatalf("keyturn.yaml has no %q:\n%s", edits[i], text)
		}
		text = bytes.ReplaceAll(text, []byte(edits[i]), []byte(edits[i+1]))
	}
	if err := os.WriteFile(filepath.Join(h.dir, "keyturn.yaml"), text, 0o600); err != nil {
		h.t.Fatal(err)
	}
}

// advance moves the simulated clock, and with it what Keyturn takes for now at its next look.
func (h *house) advance(days int) {
	h.t.Helper()
	h.lever("/_sim/clock", map[string]string{"advance": fmt.Sprintf("%dh", 24*days)}, nil)
}

// lever moves one of the simulated cloud's levers; into, if not nil, takes the answer.
func (h *house) lever(path string, body map[string]string, into any) {
	h.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		h.t.Fatal(err)
	}
	answer, err := http.Post(h.cloud+path, "application/json", bytes.NewReader(text))
	if err != nil {
		h.t.Fatal(err)
	}
	h.take(answer, path, into)
}

// truth reads what is true in the simulated cloud.
func (h *house) truth(into any) {
	h.t.Helper()
	answer, err := http.Get(h.cloud + "/_sim/state?part=tenants")
	if err != nil {
		h.t.Fatal(err)
	}
	h.take(answer, "state", into)
}

func (h *house) take(answer *http.Response, what string, into any) {
	h.t.Helper()
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err == nil && into != nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil || answer.StatusCode != http.StatusOK {
		h.t.Fatalf("%s: %s %s %v", what, answer.Status, text, err)
	}
}

// passwordOf is what the sample says that a person's password is.
func (h *house) passwordOf(login string) string {
	h.t.Helper()
	text, err := os.ReadFile(filepath.Join(h.cloudDir, "people.txt"))
	if err != nil {
		h.t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); len(fields) == 2 && fields[0] == login {
			return fields[1]
		}
	}
	h.t.Fatalf("nobody is called %s:\n%s", login, text)
	return ""
}
