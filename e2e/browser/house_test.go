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

// build starts both until the test ends. The configuration is the one that the cloud wrote, with the given edits (old,
// new, ...).
func build(t *testing.T, seed string, edits ...string) *house {
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
	h.configure(filepath.Join(written, "keyturn.yaml"), edits)
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

func (h *house) configure(file string, edits []string) {
	h.t.Helper()
	text, err := os.ReadFile(file)
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
	answer, err := http.Post(h.cloud+"/_sim/clock", "application/json", strings.NewReader(fmt.Sprintf(`{"advance":"%dh"}`, 24*days)))
	if err != nil {
		h.t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		h.t.Fatalf("advance: %s", answer.Status)
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
