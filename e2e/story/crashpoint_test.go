//go:build unix

package story_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"keyturn/e2e/builttest"
)

// watchable builds the program that tells of its steps, once, when a test first needs it.
var watchable = sync.OnceValues(func() (*builttest.Built, error) {
	dir := filepath.Join(filepath.Dir(binary.Path()), "watchable")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	return builttest.Program(dir, "keyturn/cmd/keyturn", "-tags", "crashpoints")
})

// step is a place between two steps of the program, as house/crashpoint tells of it.
type step struct {
	At     string   `json:"at"` // "before" or "after" it
	Kind   string   `json:"kind"`
	State  string   `json:"state"`
	Told   []string `json:"told"`
	Act    string   `json:"act"`
	As     string   `json:"as"`
	Unsent bool     `json:"unsent"` // a request whose time was over: nothing came of it
}

// tells reports whether the step saves an audit entry that begins so.
func (s step) tells(prefix string) bool {
	for _, told := range s.Told {
		if strings.HasPrefix(told, prefix) {
			return true
		}
	}
	return false
}

// verdict is what becomes of a program that is held at a step.
type verdict byte

const (
	goOn  verdict = 'g'
	alone verdict = 'a' // go on; nothing else passes a step until this one is over
	kill  verdict = 'k' // SIGKILL
	hang  verdict = 'h' // SIGSTOP, and an answer that it finds when it is continued
)

// held is a running program that stops at each of its steps until it is answered.
type held struct {
	m      *machine
	cmd    *exec.Cmd
	steps  *json.Decoder
	answer *os.File
	pipes  []*os.File
	out    printed
	errs   printed
}

// printed is what a program has printed so far.
type printed struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (p *printed) Write(text []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Write(text)
}

func (p *printed) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

// hold starts a command whose steps are watched.
func (m *machine) hold(args ...string) *held {
	m.t.Helper()
	return m.holdWith(func(*exec.Cmd) {}, args...)
}

// holdOnFullDisk is hold, where the store can grow by so many KiB only.
func (m *machine) holdOnFullDisk(kilobytes int, args ...string) *held {
	m.t.Helper()
	return m.holdWith(func(cmd *exec.Cmd) { m.fillDisk(cmd, kilobytes) }, args...)
}

// holdWith is hold; prepare may change the command before it starts.
func (m *machine) holdWith(prepare func(*exec.Cmd), args ...string) *held {
	m.t.Helper()
	program, err := watchable()
	if err != nil {
		m.t.Fatal(err)
	}
	told, tells, err := os.Pipe()
	if err != nil {
		m.t.Fatal(err)
	}
	answers, answer, err := os.Pipe()
	if err != nil {
		m.t.Fatal(err)
	}
	h := &held{m: m, cmd: m.command(args...), steps: json.NewDecoder(told), answer: answer, pipes: []*os.File{told, answer}}
	h.cmd.Path, h.cmd.Args[0] = program.Path(), program.Path()
	h.cmd.Env = append(h.cmd.Env, "KEYTURN_CRASHPOINTS=on")
	h.cmd.ExtraFiles = []*os.File{tells, answers}
	h.cmd.Stdout, h.cmd.Stderr = &h.out, &h.errs
	prepare(h.cmd)
	err = h.cmd.Start()
	_, _ = tells.Close(), answers.Close()
	if err != nil {
		m.t.Fatal(err)
	}
	return h
}

// watch answers at each step what on says, until the program ends or was killed or suspended.
func (h *held) watch(on func(step) verdict) (last verdict) {
	for {
		var s step
		if err := h.steps.Decode(&s); err != nil {
			return goOn // it has ended
		}
		switch said := on(s); said {
		case kill:
			_ = h.cmd.Process.Kill()
			return kill
		case hang:
			h.suspend()
			_, _ = h.answer.Write([]byte{byte(goOn)})
			return hang
		default:
			if _, err := h.answer.Write([]byte{byte(said)}); err != nil {
				return goOn
			}
		}
	}
}

// suspend stops the program, and returns when it is.
func (h *held) suspend() {
	_ = h.cmd.Process.Signal(syscall.SIGSTOP)
	for status := syscall.WaitStatus(0); !status.Stopped() && !status.Exited() && !status.Signaled(); {
		if _, err := syscall.Wait4(h.cmd.Process.Pid, &status, syscall.WUNTRACED, nil); err != nil && !errors.Is(err, syscall.EINTR) {
			return
		}
	}
}

// end waits for the program's end and keeps what it printed.
func (h *held) end() result {
	_ = h.cmd.Wait() // its exit code is kept
	for _, pipe := range h.pipes {
		_ = pipe.Close()
	}
	h.m.keep(h.cmd.Args, h.out.String(), h.errs.String())
	return result{code: h.cmd.ProcessState.ExitCode(), stdout: h.out.String(), stderr: h.errs.String()}
}

// watched runs one command to its end, or until on kills it.
func (m *machine) watched(on func(step) verdict, args ...string) (r result, killed bool) {
	m.t.Helper()
	h := m.hold(args...)
	killed = h.watch(on) == kill
	r = h.end()
	if status, ok := h.cmd.ProcessState.Sys().(syscall.WaitStatus); killed && !(ok && status.Signaled() && status.Signal() == syscall.SIGKILL) {
		m.t.Fatalf("keyturn %v was to be killed, and ended with %v", args, h.cmd.ProcessState)
	}
	return r, killed
}

// TestTheReleaseHasNoCrashPoints: what people run has nothing of what the tests hold it by.
func TestTheReleaseHasNoCrashPoints(t *testing.T) {
	t.Parallel()
	program, err := watchable()
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]bool{binary.Path(): false, program.Path(): true} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := bytes.Contains(bytes.ToUpper(text), []byte("CRASHPOINT")); got != want {
			t.Errorf("%s has crash points: %v, want %v", filepath.Base(path), got, want)
		}
	}
}
