package config

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"go.yaml.in/yaml/v4"

	"keyturn/policy"
)

var (
	durationType = reflect.TypeFor[time.Duration]()
	leadType     = reflect.TypeFor[policy.Lead]()
	heldType     = reflect.TypeFor[held]()
)

func valueOf(pointer any) reflect.Value { return reflect.ValueOf(pointer).Elem() }

// into decodes what stands at spot into value, and goes on after each problem so that all of them are told.
func (r *reader) into(spot held, value reflect.Value) {
	if value.Type() == heldType {
		value.Set(reflect.ValueOf(spot))
		return
	}
	if spot.node == nil || isNull(spot.node) {
		r.say(spot, "nothing is written here", "give it a value or drop the key")
		return
	}
	switch value.Type() {
	case secretType:
		r.secret(spot, value)
		return
	case leadType:
		r.scalar(spot, value)
		return
	}
	switch value.Kind() {
	case reflect.Pointer:
		r.optional(spot, value)
	case reflect.Struct:
		r.structure(spot, value)
	case reflect.Slice:
		r.list(spot, value)
	case reflect.Map:
		r.words(spot, value)
	default:
		r.scalar(spot, value)
	}
}

// optional decodes what may be left out. What can't be read counts as left out, so that it isn't told twice.
func (r *reader) optional(spot held, value reflect.Value) {
	before := len(r.problems)
	read := reflect.New(value.Type().Elem())
	r.into(spot, read.Elem())
	if len(r.problems) == before {
		value.Set(read)
	}
}

// entry is one key with its value.
type entry struct {
	key   string
	spot  held // of the value
	keyAt held
}

// entries returns the keys of a mapping in their order; a key written twice, or one that isn't text, is a problem.
func (r *reader) entries(spot held) ([]entry, bool) {
	if !isPlain(spot.node, yaml.MappingNode) {
		r.say(spot, "expected keys with values here, found "+kindOf(spot.node), "")
		return nil, false
	}
	var found []entry
	seen := map[string]bool{}
	for i := 0; i+1 < len(spot.node.Content); i += 2 {
		one, ok := r.entry(spot.path, spot.node.Content[i], spot.node.Content[i+1])
		if !ok {
			continue
		}
		if seen[one.key] {
			r.sayf(one.keyAt, "keep one of them", "%s is written twice", quote(one.key))
			continue
		}
		seen[one.key] = true
		found = append(found, one)
	}
	return found, true
}

func (r *reader) entry(path string, key, value *yaml.Node) (entry, bool) {
	at := held{node: key, at: key, path: path}
	if !isPlain(key, yaml.ScalarNode) || isNull(key) || key.ShortTag() == "!!merge" {
		r.say(at, "this kind of key isn't understood", "write each key out")
		return entry{}, false
	}
	at.path = join(path, key.Value)
	return entry{key: key.Value, keyAt: at, spot: valueAt(value, at, at.path)}, true
}

// structure decodes a mapping into a struct by its yaml tags.
func (r *reader) structure(spot held, value reflect.Value) {
	entries, ok := r.entries(spot)
	if !ok {
		return
	}
	shape := r.shape(value.Type())
	written := map[string]bool{}
	for _, each := range entries {
		field, known := shape.fields[each.key]
		if !known {
			r.unknown(each, keysOf(shape.fields))
			continue
		}
		written[each.key] = true
		before := len(r.problems)
		r.into(each.spot, value.FieldByIndex(field.Index))
		if len(r.problems) == before {
			r.allowed(each, shape.choices[each.key], value.FieldByIndex(field.Index))
		}
	}
	for _, name := range shape.required {
		if !written[name] {
			r.sayf(spot, "add "+name+": ...", "%q is missing%s", name, within(spot.path))
		}
	}
}

// unknown reports a key that isn't known, apart from one that a later release will act upon.
func (r *reader) unknown(each entry, known []string) {
	if what, ok := later[each.key]; ok {
		r.sayf(each.keyAt, "drop the key: what it asks for would not happen", "%q: %s are not acted upon by this release", each.key, what)
		return
	}
	r.sayf(each.keyAt, meant(each.key, known), "unknown key %s%s", quote(each.key), within(parent(each.keyAt.path)))
}

// allowed checks a text against the values that its field takes.
func (r *reader) allowed(each entry, choices []string, value reflect.Value) {
	if value.Kind() != reflect.String || len(choices) == 0 || slices.Contains(choices, value.String()) {
		return
	}
	r.sayf(each.spot, "one of "+strings.Join(choices, ", "), "%s isn't a value of %q", quote(value.String()), each.key)
}

func (r *reader) list(spot held, value reflect.Value) {
	if !isPlain(spot.node, yaml.SequenceNode) {
		r.say(spot, "expected a list here, found "+kindOf(spot.node), `begin each entry with "- "`)
		return
	}
	for i, node := range spot.node.Content {
		item := valueAt(node, spot, spot.path+"["+strconv.Itoa(i)+"]")
		one := reflect.New(value.Type().Elem()).Elem()
		r.into(item, one)
		value.Set(reflect.Append(value, one))
	}
}

// words decodes a mapping of text to text.
func (r *reader) words(spot held, value reflect.Value) {
	entries, ok := r.entries(spot)
	if !ok {
		return
	}
	value.Set(reflect.MakeMap(value.Type()))
	for _, each := range entries {
		one := reflect.New(value.Type().Elem()).Elem()
		r.into(each.spot, one)
		value.SetMapIndex(reflect.ValueOf(each.key), one)
	}
}

func (r *reader) scalar(spot held, value reflect.Value) {
	text, ok := r.plainText(spot)
	if !ok {
		return
	}
	switch {
	case value.Type() == durationType:
		r.duration(spot, text, value)
	case value.Type() == leadType:
		r.lead(spot, text, value)
	case value.Kind() == reflect.String:
		value.SetString(text)
	case value.Kind() == reflect.Bool:
		if text != "true" && text != "false" {
			r.sayf(spot, "write true or false", "%s isn't true or false", quote(text))
			return
		}
		value.SetBool(text == "true")
	case value.CanInt():
		number, err := strconv.ParseInt(text, 10, 32)
		if err != nil {
			r.sayf(spot, "", "%s isn't a whole number", quote(text))
			return
		}
		value.SetInt(number)
	default:
		r.say(spot, "this key can't be read into "+value.Type().String(), "")
	}
}

// plainText returns a scalar as it is written. References to secrets, anchors and aliases are problems.
func (r *reader) plainText(spot held) (string, bool) {
	if !isPlain(spot.node, yaml.ScalarNode) {
		r.say(spot, "expected one value here, found "+kindOf(spot.node), "")
		return "", false
	}
	text := spot.node.Value
	if strings.Contains(text, "${") {
		r.say(spot, "${env:...} and ${file:...} are read only where a secret of Keyturn's own stands, and this field holds none", "write the value itself")
		return "", false
	}
	if spot.node.Style&yaml.DoubleQuotedStyle != 0 && strings.ContainsFunc(text, unicode.IsControl) { // "C:\temp"
		r.say(spot, "a backslash made a control character of what follows it", backslashHint)
		return "", false
	}
	if strings.TrimSpace(text) == "" {
		return "", true
	}
	return text, true
}

func (r *reader) duration(spot held, text string, value reflect.Value) {
	length, err := ParseDuration(text)
	if err != nil {
		r.sayf(spot, durationHint, "%s isn't a duration", quote(text))
		return
	}
	value.SetInt(int64(length))
}

// lead reads a time before the end, or a share of the life.
func (r *reader) lead(spot held, text string, value reflect.Value) {
	share, isShare := strings.CutSuffix(text, "%")
	if !isShare {
		var length time.Duration
		r.duration(spot, text, valueOf(&length))
		value.Set(reflect.ValueOf(policy.Lead{Time: length}))
		return
	}
	percent, err := strconv.Atoi(share)
	if err != nil || percent < policy.LeastShare || percent > policy.MostShare || share != strconv.Itoa(percent) {
		r.sayf(spot, fmt.Sprintf("a whole number from %d%% to %d%%, or a time such as 30d", policy.LeastShare, policy.MostShare), "%s isn't a share of a secret's life", quote(text))
		return
	}
	value.Set(reflect.ValueOf(policy.Lead{Share: percent}))
}
