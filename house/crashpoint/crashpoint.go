//go:build crashpoints

// Package crashpoint lets a test hold the program before and after each step of a renewal, and kill it there. It is in
// no release: it exists only in what `go build -tags crashpoints` makes, and only tests build that (decision 15).
//
// Every save of a run and every request that may change something passes [Around]. Before and after it, one line of JSON
// goes to the test, and the program goes on when the test answers with one byte, which it needn't ever do.
package crashpoint

import (
	"bufio"
	"encoding/json"
	"os"
	"sync"
)

// Environment names the variable that says "on" when the test listens: at file descriptor 3, and answers at 4.
const Environment = "KEYTURN_CRASHPOINTS"

// Alone is the answer by which nothing else passes a point before the step has ended; any other lets the program go on.
const Alone = 'a'

// Step is one save or one request.
type Step struct {
	At    string   `json:"at"`              // "before" or "after"
	Kind  string   `json:"kind"`            // "begin", "claim", "save" or "request"
	State string   `json:"state,omitempty"` // of the run once it is saved
	Told  []string `json:"told,omitempty"`  // the audit entries of a save: action, outcome, object
	Act   string   `json:"act,omitempty"`   // of a request: method, host and path
	As    string   `json:"as,omitempty"`    // of a sign-in: the client id

	Unsent bool `json:"unsent,omitempty"` // told after a request: its time was over, so nothing came of it
}

// test is what listens, if anything does.
type test struct {
	mu     sync.Mutex
	lines  *json.Encoder
	answer *bufio.Reader
}

var listener = sync.OnceValue(func() *test {
	if os.Getenv(Environment) != "on" {
		return nil
	}
	return &test{lines: json.NewEncoder(os.NewFile(3, "points")), answer: bufio.NewReader(os.NewFile(4, "answers"))}
})

// Around does one step between the two points at which the program may be held; do may add to what the second one tells.
func Around(step *Step, do func()) {
	t := listener()
	if t == nil {
		do()
		return
	}
	t.mu.Lock()
	alone := t.hold("before", step) == Alone
	if !alone {
		t.mu.Unlock()
	}
	do()
	if !alone {
		t.mu.Lock()
	}
	t.hold("after", step)
	t.mu.Unlock()
}

// hold tells the test where the program is and waits for its answer; when nobody listens any more, it goes on.
func (t *test) hold(at string, step *Step) byte {
	step.At = at
	if t.lines.Encode(step) != nil {
		return 0
	}
	answer, err := t.answer.ReadByte()
	if err != nil {
		return 0
	}
	return answer
}
