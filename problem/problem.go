// Package problem holds the one error type that decides what happens next.
//
// Whoever speaks on the wire turns a status, a provider's error code or a broken connection into an [Error] with a
// [Class]; everybody above decides by the class and never reads a message to find out. An Error also says to what it
// happened and what to do about it, because each of them may end before a person.
package problem

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// What is said where the system lets this process open no more files, whatever it wanted to open.
const (
	TooManyFiles    = "this process has as many files open as it may"
	FixTooManyFiles = "let it have more: ulimit -n, or LimitNOFILE of the service"
)

// Class says what may help.
type Class string

const (
	// Retry: the same call may succeed later (throttling, network, a fresh grant, replica lag).
	Retry Class = "retry"
	// Permanent: the same call will fail again; the step that made it can't go on as planned.
	Permanent Class = "permanent"
	// Person: somebody has to change something first; Fix says what.
	Person Class = "person"
)

// Codes that several rooms act upon. An adapter may use others; these mean the same everywhere.
const (
	NotFound    = "not.found"        // the object isn't there (or not yet: a replica may lag)
	Denied      = "rights.missing"   // the caller lacks a right
	Unreachable = "network"          // no answer: name, connection, certificate authority
	Between     = "network.between"  // somebody between here and the service refuses, or answers in its place
	Throttled   = "throttled"        // too many requests
	SignIn      = "signin.refused"   // the credential tried isn't accepted
	Locked      = "lock"             // a resource lock forbids writes
	Firewall    = "firewall"         // the place doesn't answer to this network address
	Blocked     = "policy.blocked"   // a policy of the tenant forbids it
	Conflict    = "conflict"         // somebody else is changing the same object
	Full        = "credential.limit" // the app holds as many passwords as it may
	Drift       = "drift"            // a stranger changed what we had written
)

// Error is one thing that went wrong, to one object, with what to do next. It never carries a secret.
type Error struct {
	Class   Class
	Code    string // stable and documented, such as "rights.missing"
	Subject string // the object it happened to, as its owner would name it
	Message string // what happened, in a sentence without a full stop
	Fix     string // what a person does next; required for Person

	After     time.Duration // for Retry: not before; 0 = the caller's own back-off
	Doubtful  bool          // the effect may have happened although the call failed
	RequestID string        // Microsoft's id of the failed request, for a support case
	Err       error         // the cause, for errors.Is and errors.As
}

// Error renders subject, message and request id; the fix is shown apart by whoever faces the person.
func (e *Error) Error() string {
	text := e.Message
	if e.Subject != "" {
		text = e.Subject + ": " + text
	}
	if e.RequestID != "" {
		text += " (request " + e.RequestID + ")"
	}
	return text
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Of returns the [Error] inside err. An error that no wire classified becomes a Permanent one with code "internal",
// so that nothing is retried by accident. Of(nil) is nil.
func Of(err error) *Error {
	if err == nil {
		return nil
	}
	var found *Error
	if errors.As(err, &found) {
		return found
	}
	return &Error{Class: Permanent, Code: "internal", Message: err.Error(), Err: err}
}

// Sentence is the text of err with its subject said once, where a caller has said it already.
func Sentence(err error) string {
	text := err.Error()
	if subject := Of(err).Subject; subject != "" {
		text = strings.ReplaceAll(text, subject+": "+subject+": ", subject+": ")
	}
	return text
}

// command is a command of ours in a fix, up to the name that stands for an application or a run.
var command = regexp.MustCompile(`(keyturn [a-z]+) (APP|RUN)\b`)

// Name puts the names of an application and of its run into the commands of a fix that speak of APP and RUN. Nothing
// but commands is touched: a resource may be called APP. A run without a name is left as it stands.
func Name(fix, app, run string) string {
	return command.ReplaceAllStringFunc(fix, func(text string) string {
		if rest, ok := strings.CutSuffix(text, "APP"); ok && app != "" {
			return rest + app
		}
		if rest, ok := strings.CutSuffix(text, "RUN"); ok && run != "" {
			return rest + run
		}
		return text
	})
}

// going is a command of ours that goes on with a renewal, with the name in it.
var going = regexp.MustCompile(`keyturn (?:resume|abort|approve|renew) [^\s,;:)]+( --sign-in)?`)

// Attended puts the way in which a person signs in into the commands of a fix that go on with a renewal, where it isn't
// said already. way "" changes nothing.
func Attended(fix, way string) string {
	if way == "" {
		return fix
	}
	return going.ReplaceAllStringFunc(fix, func(text string) string {
		if strings.HasSuffix(text, " --sign-in") {
			return text
		}
		return text + " --sign-in " + way
	})
}

// Is reports whether err carries the given code.
func Is(err error, code string) bool { return err != nil && Of(err).Code == code }

// NeedsPerson builds a Person problem.
func NeedsPerson(code, subject, message, fix string) *Error {
	return &Error{Class: Person, Code: code, Subject: subject, Message: message, Fix: fix}
}

// Later builds a Retry problem around cause.
func Later(code, subject string, after time.Duration, cause error) *Error {
	return &Error{Class: Retry, Code: code, Subject: subject, Message: fmt.Sprint(cause), After: after, Err: cause}
}
