package target

import (
	"keyturn/check"
	"keyturn/problem"
)

// Descriptor tells all about a kind of target in one value: command help, configuration schema, doctor and the
// documentation read it, so that there is no second list to keep.
type Descriptor struct {
	Code    string // the key in keyturn.yaml, such as "keyVaultSecret"
	Title   string
	Summary string // one sentence
	Fields  []Field
	Rights  []Right
	Limits  []string          // what it can't do, honestly
	Codes   []problem.Meaning // of the problems that only this kind has
	Checks  []check.Look      // what is looked at beforehand
	Sources []string          // addresses that the protocol was read from
}

// Field is one setting of a target.
type Field struct {
	Name     string
	Help     string // meaning, unit, default
	Example  string
	Required bool
	Kind     FieldKind
}

// FieldKind is the shape of a setting.
type FieldKind string

const (
	Text FieldKind = "string"
	Map  FieldKind = "map" // of text to text
	Flag FieldKind = "bool"
	// Secret is one of Keyturn's own, which the file only refers to: ${env:NAME} or ${file:PATH}.
	Secret FieldKind = "secret"
)

// Right is one permission that the place needs, as its owner would grant it.
type Right struct {
	Action string // such as "Microsoft.Web/connections/write"
	Why    string
}
