// Package config reads keyturn.yaml: strictly, with every problem of the file at once, each with its line, column, the
// offending text and, where one is near, the word that was meant.
//
// It knows no target: a target's block is checked against the [target.Descriptor] of its kind and kept with its position,
// and whoever builds the target decodes it strictly by [Block.Decode]. It asks no wire, opens no file but the one named,
// and never holds a secret. Start at [Load].
package config
