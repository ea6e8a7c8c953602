package config

import (
	"reflect"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// fieldsOf returns a struct's fields by their yaml names. A file repeats the same few structs many times.
func (r *reader) fieldsOf(kind reflect.Type) map[string]reflect.StructField {
	if known, ok := r.fields[kind]; ok {
		return known
	}
	fields := map[string]reflect.StructField{}
	for _, field := range reflect.VisibleFields(kind) {
		name, _, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		if name != "" && name != "-" && field.IsExported() {
			fields[name] = field
		}
	}
	r.fields[kind] = fields
	return fields
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
func kindOf(node ast.Node) string {
	switch node.(type) {
	case nil, *ast.NullNode:
		return "nothing"
	case ast.MapNode:
		return "keys with values"
	case *ast.SequenceNode:
		return "a list"
	case *ast.AliasNode, *ast.AnchorNode:
		return "an anchor or alias, which isn't understood: write it out"
	case *ast.TagNode:
		return "a type tag, which isn't understood"
	}
	return "a single value"
}

func tokenOf(node ast.Node, otherwise held) *token.Token {
	if node == nil {
		return otherwise.at
	}
	if mapping, ok := node.(*ast.MappingNode); ok && !mapping.IsFlowStyle && len(mapping.Values) > 0 {
		return mapping.Values[0].Key.GetToken()
	}
	if found := node.GetToken(); found != nil {
		return found
	}
	return otherwise.at
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
