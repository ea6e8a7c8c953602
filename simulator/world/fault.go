package world

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
)

// FaultKind says what goes wrong with a request.
type FaultKind string

// The kinds of fault.
const (
	FaultLatency     FaultKind = "latency"      // the answer comes later, nothing else
	FaultErrorBefore FaultKind = "error-before" // an error answer, nothing happened
	FaultErrorAfter  FaultKind = "error-after"  // it happened, yet the answer is an error
	FaultReplyLost   FaultKind = "reply-lost"   // it happened, the connection is cut
	FaultAnswerCut   FaultKind = "answer-cut"   // it happened, the answer breaks off halfway
	FaultPage        FaultKind = "page"         // a web page as of a guest network, nothing happened
	FaultThrottle    FaultKind = "throttle"     // 429 with Retry-After, nothing happened
)

// Fault is a rule: requests that fit all of Host (exact), Method (exact) and Path (substring of path and query), each
// "" for any and without regard to letter case, suffer Kind, Count times; 0 means until the rules are cleared.
type Fault struct {
	Host   string    `json:"host,omitempty"`
	Method string    `json:"method,omitempty"`
	Path   string    `json:"path,omitempty"`
	Count  int       `json:"count,omitempty"`
	Kind   FaultKind `json:"kind"`
	// Status is the error's status; 0 means 503, 429 for throttle, or 200 for page.
	Status int `json:"status,omitempty"`
	// Delay is added before the request is served; for throttle it is the Retry-After, in whole seconds, default 5 s.
	Delay Delay `json:"delay,omitzero"`
}

// Delay is a duration that reads from JSON as "1m30s" or as a number of seconds.
type Delay time.Duration

// UnmarshalJSON reads a duration text or a number of seconds; negative ones are refused.
func (d *Delay) UnmarshalJSON(b []byte) error {
	var seconds float64
	if json.Unmarshal(b, &seconds) == nil {
		*d = Delay(seconds * float64(time.Second))
		return d.check()
	}
	var text string
	if err := json.Unmarshal(b, &text); err != nil {
		return errors.New("a duration is a text such as \"2s\" or a number of seconds")
	}
	if text == "" {
		*d = 0
		return nil
	}
	parsed, err := time.ParseDuration(text)
	if err != nil {
		return fmt.Errorf("read duration: %w", err)
	}
	*d = Delay(parsed)
	return d.check()
}

func (d *Delay) check() error {
	if *d < 0 {
		return errors.New("a duration may not be negative")
	}
	return nil
}

// MarshalJSON writes the duration as text.
func (d Delay) MarshalJSON() ([]byte, error) { return json.Marshal(time.Duration(d).String()) }

// Validate returns an error for an unknown kind, a negative count or a status that is no error.
func (f Fault) Validate() error {
	switch f.Kind {
	case FaultLatency, FaultErrorBefore, FaultErrorAfter, FaultReplyLost, FaultAnswerCut, FaultPage, FaultThrottle:
	default:
		return fmt.Errorf("unknown kind of fault %q", f.Kind)
	}
	if f.Count < 0 {
		return fmt.Errorf("count %d is negative", f.Count)
	}
	if f.Status != 0 && (f.Status < 400 || f.Status > 599) {
		return fmt.Errorf("status %d is no error status", f.Status)
	}
	return nil
}

func (f Fault) fits(host, method, target string) bool {
	return (f.Host == "" || strings.EqualFold(f.Host, host)) &&
		(f.Method == "" || strings.EqualFold(f.Method, method)) &&
		strings.Contains(strings.ToLower(target), strings.ToLower(f.Path))
}

// faults are the rules in force, newest first, under their own lock so that they never wait for the world's.
type faults struct {
	mu    sync.Mutex
	rules []Fault
}

// AddFaults puts rules before those in force, or clears all rules when given none. Nothing changes when one of them is
// invalid; its error names the place in the list.
func (w *World) AddFaults(rules []Fault) error {
	for i, r := range rules {
		if err := r.Validate(); err != nil {
			return fmt.Errorf("rule %d: %w", i, err)
		}
	}
	w.faults.mu.Lock()
	defer w.faults.mu.Unlock()
	if len(rules) == 0 {
		w.faults.rules = nil
		return nil
	}
	w.faults.rules = append(append([]Fault{}, rules...), w.faults.rules...)
	return nil
}

// Faults lists the rules in force with what is left of their counts.
func (w *World) Faults() []Fault {
	w.faults.mu.Lock()
	defer w.faults.mu.Unlock()
	return append([]Fault{}, w.faults.rules...)
}

// TakeFault finds the first rule that a request meets and uses up one of its count. target is path and query.
func (w *World) TakeFault(host, method, target string) (Fault, bool) {
	w.faults.mu.Lock()
	defer w.faults.mu.Unlock()
	for i, rule := range w.faults.rules {
		if !rule.fits(host, method, target) {
			continue
		}
		switch rule.Count {
		case 0:
		case 1:
			w.faults.rules = append(w.faults.rules[:i:i], w.faults.rules[i+1:]...)
		default:
			w.faults.rules[i].Count--
		}
		return rule, true
	}
	return Fault{}, false
}
