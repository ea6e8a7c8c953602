package config

import "reflect"

// Block is one target or notifier as it stands in the file, kept with its position.
type Block struct {
	Kind string // its code, such as "keyVaultSecret" or "mail"
	Line int    // where the block begins
	file string
	spot held
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
	read.into(b.spot, value.Elem())
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
	read.say(b.spot, b.Kind+": "+err.Error(), "")
	return read.report()
}
