package story_test

import (
	"encoding/base64"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// terminal is a program at a terminal, with somebody who reads and types.
type terminal struct {
	t      *testing.T
	cmd    *exec.Cmd
	master *os.File
	mu     sync.Mutex
	shown  []byte // all that came to the screen
	more   chan struct{}
}

// atTerminal starts a command whose streams are a terminal's, with its own session, so that Ctrl-C reaches it.
func (m *machine) atTerminal(args ...string) *terminal {
	m.t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		m.t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err != nil {
		m.t.Fatal(err)
	}
	slave, err := os.OpenFile(fmt.Sprint("/dev/pts/", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		m.t.Fatal(err)
	}
	defer slave.Close()
	p := &terminal{t: m.t, cmd: m.command(args...), master: master, more: make(chan struct{}, 1)}
	p.cmd.Env = append(p.cmd.Env, "TERM=xterm", "KEYTURN_LOG_LEVEL=warn")
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = slave, slave, slave
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := p.cmd.Start(); err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(func() { _ = p.cmd.Process.Kill(); _ = master.Close() })
	go p.read()
	return p
}

func (p *terminal) read() {
	buffer := make([]byte, 4096)
	for {
		n, err := p.master.Read(buffer)
		p.mu.Lock()
		p.shown = append(p.shown, buffer[:n]...)
		p.mu.Unlock()
		select {
		case p.more <- struct{}{}:
		default:
		}
		if err != nil {
			return // the program and its terminal are gone
		}
	}
}

// screen is all that was shown so far.
func (p *terminal) screen() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return string(p.shown)
}

// sees waits until a text was shown.
func (p *terminal) sees(text string) {
	p.t.Helper()
	late := time.After(time.Minute)
	for !strings.Contains(p.screen(), text) {
		select {
		case <-p.more:
		case <-late:
			p.t.Fatalf("never saw %q:\n%q", text, p.screen())
		}
	}
}

// hides waits until the terminal shows nothing of what is typed. Nothing tells of that but its settings.
func (p *terminal) hides() {
	p.t.Helper()
	for late := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		settings, err := unix.IoctlGetTermios(int(p.master.Fd()), unix.TCGETS)
		switch {
		case err != nil:
			p.t.Fatal(err)
		case settings.Lflag&unix.ECHO == 0:
			return
		case time.Now().After(late):
			p.t.Fatal("the terminal shows what is typed")
		}
	}
}

func (p *terminal) types(keys string) {
	p.t.Helper()
	if _, err := p.master.WriteString(keys); err != nil {
		p.t.Fatal(err)
	}
}

// leaves waits for the program's end.
func (p *terminal) leaves() int {
	p.t.Helper()
	ended := make(chan error, 1)
	go func() { ended <- p.cmd.Wait() }()
	select {
	case <-ended:
		return p.cmd.ProcessState.ExitCode()
	case <-time.After(time.Minute):
		p.t.Fatalf("the program stays:\n%q", p.screen())
		return -1
	}
}

// What a terminal takes for: show another screen, and come back to the one before.
const (
	anotherScreen = "\x1b[?1049h"
	screenBefore  = "\x1b[2J\x1b[?1049l"
)

// newHandDesk is a machine whose add-in lies at its vendor, where only a person can put a secret.
func newHandDesk(t *testing.T, c *cloud) *machine {
	t.Helper()
	m := newMachine(t, c)
	file := regexp.MustCompile(`(?m)^ +- webConfig:.*$`)
	text, err := os.ReadFile(m.dir + "/keyturn.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text = file.ReplaceAll(text, []byte("      - manual:\n          place: HelpDesk, Settings, About\n          steps: Paste it into Client secret.\n          form: base64"))
	if err := os.WriteFile(m.dir+"/keyturn.yaml", text, 0o600); err != nil {
		t.Fatal(err)
	}
	return m
}

// TestASecretIsHandedToThePersonAtTheTerminal: it is on the screen once, on one that leaves nothing behind, and whatever the
// person does then, it is gone from there and nowhere else.
func TestASecretIsHandedToThePersonAtTheTerminal(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		keys  []string // each after what is said before it
		waits []string
		code  int
		says  string
	}{
		"it is in place": {
			waits: []string{"Press Enter when you have it.", "Is it in place at HelpDesk, Settings, About"}, keys: []string{"\r", "y\r"}, code: 2,
			says: "all places updated",
		},
		"it takes longer": {
			waits: []string{"Press Enter when you have it.", "Is it in place at HelpDesk, Settings, About"}, keys: []string{"\r", "\r"}, code: 2,
			says: "keyturn resume helpdesk --delivered",
		},
		"they go away": {waits: []string{"Press Enter when you have it."}, keys: []string{"\x04"}, code: 2, says: "keyturn resume helpdesk --delivered"},
		"they want out at once": {
			waits: []string{"Press Enter when you have it.", "press Ctrl-C again"}, keys: []string{"\x03", "\x03"}, code: 2, says: "keyturn resume helpdesk",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cloud := startCloud(t, "--seed", "helpdesk", "--gentle")
			m := newHandDesk(t, cloud)
			old := cloud.addIn().Passwords[0]
			p := m.atTerminal("renew", addIn, "--yes", "--wait", "0", "--replace", old.KeyID)
			for n, text := range c.waits {
				p.sees(text)
				p.types(c.keys[n])
			}
			if code := p.leaves(); code != c.code {
				t.Errorf("exit code %d", code)
			}
			p.sees(c.says)
			assertShownOnce(t, p.screen(), cloud, old.KeyID)
			assertNoSecretLeft(t, m)
		})
	}
}

// TestWhatIsTypedUnseenStaysUnseen: a password, and a context token, at a terminal that shows what is typed elsewhere.
func TestWhatIsTypedUnseenStaysUnseen(t *testing.T) {
	t.Parallel()
	cloud := startCloud(t, "--seed", "helpdesk", "--gentle")
	m := newDesk(t, cloud)
	admin := cloud.people()["admin"]
	for name, c := range map[string]struct{ asks, types, says, args string }{
		"a password":      {"Password of " + admin.Login + ": ", admin.Password, "signed in to tenant", "doctor helpdesk --sign-in password --username " + admin.Login},
		"a context token": {"Context token (SPAppToken): ", cloud.launched(), "ACS signs with its ClientSecret", "doctor helpdesk --context-token-fd 0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := m.atTerminal(strings.Fields(c.args)...)
			p.sees(c.asks)
			p.hides()
			p.types(c.types + "\r")
			if code := p.leaves(); code != 0 {
				t.Errorf("exit code %d: %q", code, p.screen())
			}
			p.sees(c.says)
			if strings.Contains(p.screen(), c.types) {
				t.Error("it was shown")
			}
		})
	}
}

// assertShownOnce: the new value, as the place wants it, stands on the other screen alone, which was left.
func assertShownOnce(t *testing.T, screen string, c *cloud, old string) {
	t.Helper()
	before, rest, turned := strings.Cut(screen, anotherScreen)
	other, after, left := strings.Cut(rest, screenBefore)
	if !turned || !left {
		t.Fatalf("turned to another screen: %v, came back: %v\n%q", turned, left, screen)
	}
	held := c.addIn().Passwords
	if len(held) != 2 {
		t.Fatalf("the directory holds %d secrets", len(held))
	}
	for _, p := range held {
		text := base64.StdEncoding.EncodeToString([]byte(p.Value))
		if p.KeyID != old && strings.Count(other, text) != 1 {
			t.Errorf("it was shown %d times", strings.Count(other, text))
		}
		if strings.Contains(before+after, text) || strings.Contains(screen, p.Value) {
			t.Error("a value was shown elsewhere, or in another form")
		}
	}
}
