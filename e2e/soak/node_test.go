//go:build unix

package soak_test

import (
	"bytes"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// node is one machine with `keyturn serve` on it; both of its cables can be cut.
type node struct {
	t        *testing.T
	name     string
	dir      string
	env      []string
	database *relay
	cloud    *relay

	mu  sync.Mutex
	cmd *exec.Cmd // nil while it is down
	log *os.File
}

func newNode(t *testing.T, name string, c *cloud, store *url.URL, edits ...string) *node {
	t.Helper()
	n := &node{t: t, name: name, dir: t.TempDir(), database: newRelay(t, store.Host), cloud: newRelay(t, strings.TrimPrefix(c.URL, "http://"))}
	text, err := os.ReadFile(filepath.Join(c.Dir, "keyturn.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	reached := *store
	reached.Host, reached.User = n.database.address(), url.User(store.User.Username())
	password, _ := store.User.Password()
	edits = append(edits, "store: keyturn.db", "store: "+reached.String(), c.URL, "http://"+n.cloud.address())
	for i := 0; i+1 < len(edits); i += 2 {
		if !bytes.Contains(text, []byte(edits[i])) {
			t.Fatalf("keyturn.yaml has no %q", edits[i])
		}
		text = bytes.ReplaceAll(text, []byte(edits[i]), []byte(edits[i+1]))
	}
	if err := os.WriteFile(filepath.Join(n.dir, "keyturn.yaml"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	n.env = append([]string{"HOME=" + n.dir, "PATH=" + os.Getenv("PATH"), "KEYTURN_LOG_LEVEL=debug", "PGPASSWORD=" + password}, c.Env...)
	n.env = append(n.env, "HTTPS_PROXY=http://"+n.cloud.address())
	if n.log, err = os.Create(filepath.Join(n.dir, "log.txt")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.kill(); _ = n.log.Close() })
	return n
}

// start starts the node, unless it runs.
func (n *node) start() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.cmd != nil {
		return
	}
	cmd := exec.Command(binary.Path(), "serve", "--listen", "none", "--workers", "4")
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = n.dir, n.env, n.log, n.log
	if err := cmd.Start(); err != nil {
		n.t.Error(err)
		return
	}
	n.cmd = cmd
}

// kill ends the node without a warning.
func (n *node) kill() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.cmd == nil {
		return
	}
	_ = n.cmd.Process.Kill()
	_ = n.cmd.Wait()
	n.cmd = nil
}

func (n *node) signal(s syscall.Signal) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.cmd != nil {
		_ = n.cmd.Process.Signal(s)
	}
}

// gone reports whether the node ended by itself, which it never should; it is started again then.
func (n *node) gone() bool {
	n.mu.Lock()
	cmd := n.cmd
	n.mu.Unlock()
	if cmd == nil {
		return false
	}
	var status syscall.WaitStatus
	pid, err := syscall.Wait4(cmd.Process.Pid, &status, syscall.WNOHANG, nil)
	return err == nil && pid == cmd.Process.Pid
}

func (n *node) tail() string {
	text, _ := os.ReadFile(n.log.Name())
	lines := strings.Split(string(text), "\n")
	var kept []string
	for _, line := range lines {
		if !strings.Contains(line, "level=DEBUG") {
			kept = append(kept, line)
		}
	}
	return fmt.Sprintf("%s:\n%s", n.name, strings.Join(kept[max(0, len(kept)-15):], "\n"))
}
