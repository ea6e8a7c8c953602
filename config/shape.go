package config

import (
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// shape is what a struct's tags say.
type shape struct {
	fields   map[string]reflect.StructField // by yaml name
	choices  map[string][]string            // the values that a field takes; none = any
	required []string                       // in order
}

// shape reads a struct's tags once: a file repeats the same few structs many times.
func (r *reader) shape(kind reflect.Type) shape {
	if known, ok := r.shapes[kind]; ok {
		return known
	}
	found := shape{fields: map[string]reflect.StructField{}, choices: map[string][]string{}}
	for _, field := range reflect.VisibleFields(kind) {
		name, _, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		if name == "" || name == "-" || !field.IsExported() {
			continue
		}
		found.fields[name], found.choices[name] = field, tags(field, "enum")
		if tagged(field, "required") {
			found.required = append(found.required, name)
		}
	}
	slices.Sort(found.required)
	r.shapes[kind] = found
	return found
}

// keysOf returns a map's keys in order.
func keysOf[T any](fields map[string]T) []string {
	names := make([]string, 0, len(fields))
	for name := range fields {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// tags returns the values of name=... in a field's jsonschema tag.
func tags(field reflect.StructField, name string) []string {
	var found []string
	for part := range strings.SplitSeq(field.Tag.Get("jsonschema"), ",") {
		if key, value, ok := strings.Cut(part, "="); ok && key == name {
			found = append(found, value)
		}
	}
	return found
}

// tagged reports whether a field's jsonschema tag holds the bare word.
func tagged(field reflect.StructField, word string) bool {
	return slices.Contains(strings.Split(field.Tag.Get("jsonschema"), ","), word)
}

// kindOf names a node in a person's words.
func kindOf(node *yaml.Node) string {
	switch {
	case node == nil || isNull(node):
		return "nothing"
	case node.Kind == yaml.AliasNode || node.Anchor != "":
		return "an anchor or alias, which isn't understood: write it out"
	case node.Style&yaml.TaggedStyle != 0:
		return "a type tag, which isn't understood"
	case node.Kind == yaml.MappingNode:
		return "keys with values"
	case node.Kind == yaml.SequenceNode:
		return "a list"
	}
	return "a single value"
}

// isPlain reports whether a node is of that kind, without an anchor and a type tag.
func isPlain(node *yaml.Node, kind yaml.Kind) bool {
	return node.Kind == kind && node.Anchor == "" && node.Style&yaml.TaggedStyle == 0
}

func isNull(node *yaml.Node) bool {
	return node.Kind == yaml.ScalarNode && node.ShortTag() == "!!null"
}

// valueAt is what stands at path. A value that isn't written, as after "key:", is told at the place of what holds it.
func valueAt(node *yaml.Node, holder held, path string) held {
	spot := held{node: node, at: node, path: path}
	if isNull(node) && node.Value == "" {
		spot.at = holder.at
	}
	return spot
}

// writtenAt is the text with which a node begins.
func writtenAt(node *yaml.Node) string {
	switch {
	case node.Kind == yaml.MappingNode && node.Style&yaml.FlowStyle != 0:
		return "{"
	case node.Kind == yaml.SequenceNode && node.Style&yaml.FlowStyle != 0:
		return "["
	case node.Kind == yaml.SequenceNode:
		return "-"
	case node.Kind == yaml.MappingNode && len(node.Content) > 0:
		return node.Content[0].Value
	}
	return node.Value
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func parent(path string) string {
	if at := strings.LastIndex(path, "."); at >= 0 {
		return path[:at]
	}
	return ""
}

func within(path string) string {
	if path == "" {
		return ""
	}
	return " in " + path
}
