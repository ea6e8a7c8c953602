// Package notify is the contract of a notifier: a way by which notices reach people. A notifier carries one notice to
// whoever takes it further and says whether that went well; when to try again, and when to give up, is the engine's word.
// notifytest.Exercise is the suite that each passes.
package notify

import (
	"context"

	"keyturn/notice"
	"keyturn/problem"
)

// Notifier carries notices. It is safe for use by many goroutines.
type Notifier interface {
	// Code is the notifier's key in keyturn.yaml, such as "mail"; the outbox keeps by it who took a notice.
	Code() string
	// Send returns nil once the notice is in the hands of whoever takes it further, such as a mail server. What is sent
	// bears n.ID, so that sending it again does no harm. An error is a problem with a class; neither it nor what is sent
	// holds a secret. It ends with ctx.
	Send(ctx context.Context, n notice.Notice) error
}

// Digester is a notifier that can carry many notices in one message, so that a trouble of many applications doesn't come
// as many messages. It is an optional part of a notifier.
type Digester interface {
	// Digest is Send for all of the notices together.
	Digest(ctx context.Context, notices []notice.Notice) error
}

// Descriptor tells all about a kind of notifier in one value: configuration schema, checks and the documentation read it.
type Descriptor struct {
	Code    string // the key below notify in keyturn.yaml
	Title   string
	Summary string // one sentence
	Fields  []Field
	Limits  []string          // what it can't do, honestly
	Codes   []problem.Meaning // of the problems that only this kind has
	Sources []string          // addresses that the protocol was read from
}

// Field is one setting of a notifier.
type Field struct {
	Name     string
	Help     string // meaning, unit; "..., default X." where there is one
	Example  string
	Required bool
	Kind     FieldKind
	Choices  []string // the values that a text takes; none = any
}

// FieldKind is the shape of a setting.
type FieldKind string

const (
	Text   FieldKind = "string"
	Number FieldKind = "number" // whole
	List   FieldKind = "list"   // of text
	Secret FieldKind = "secret" // a reference to one: ${env:NAME} or ${file:PATH}
)
