package config

import (
	"reflect"
	"strings"

	"go.yaml.in/yaml/v4"

	"keyturn/problem"
)

// Block is one target or notifier as it stands in the file, kept with its position.
type Block struct {
	Kind string // its code, such as "keyVaultSecret" or "mail"
	Line int    // where the block begins
	file string
	path string
	part kept // what stands there
	at   kept // where it stands
}

// newBlock keeps what stands at spot.
func (r *reader) newBlock(kind string, line int, spot held) Block {
	b := Block{Kind: kind, Line: line, file: r.path, path: spot.path, part: keep(spot.node)}
	if spot.at != spot.node {
		b.at = kept{kind: yaml.ScalarNode, value: writtenAt(spot.at), line: int32(spot.at.Line), column: int32(spot.at.Column)}
	}
	return b
}

func (b Block) spot() held {
	node := b.part.node()
	if b.at.kind == 0 {
		return held{node: node, at: node, path: b.path}
	}
	return held{node: node, at: b.at.node(), path: b.path}
}

// Decode reads the block strictly into a pointer to a struct with yaml tags: text, whole numbers, flags, durations, lists
// and maps of text. Unknown keys and wrong shapes give [*Problems] with all of them. Safe to repeat; into is overwritten
// only by the keys written.
func (b Block) Decode(into any) error { return b.Fetch(nil, into) }

// Fetch is Decode for a block that refers to secrets, which it fetches from the environment and from files. What isn't
// there is a problem at the reference's place. With a nil environment the references' form alone is checked.
func (b Block) Fetch(environment Environment, into any) error {
	value := reflect.ValueOf(into)
	if value.Kind() != reflect.Pointer || value.Elem().Kind() != reflect.Struct {
		panic("config: Block.Decode wants a pointer to a struct")
	}
	read := newReader(b.file, nil)
	read.environment = environment
	read.into(b.spot(), value.Elem())
	if len(read.problems) > 0 {
		return read.report()
	}
	return nil
}

// Beside makes a relative file name of the block one in the folder of the configuration file.
func (b Block) Beside(name string) string { return beside(b.file, name) }

// Fault makes the error of a target or notifier that refuses its block, told at the block's place in the file.
func (b Block) Fault(err error) error {
	read := newReader(b.file, nil)
	read.say(b.spot(), b.Kind+": "+strings.TrimPrefix(err.Error(), b.Kind+": "), problem.Of(err).Fix)
	return read.report()
}
