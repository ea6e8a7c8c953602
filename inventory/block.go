package inventory

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
)

// Block is the piece of keyturn.yaml that makes a finding a target.
type Block struct {
	Kind   string
	Fields []Field
}

// Field is one setting; either a text or further fields.
type Field struct {
	Name   string
	Text   string
	Fields []Field
}

// Lines renders the block as YAML, not indented: an entry of a list below "targets:".
func (b Block) Lines() []string {
	lines := []string{"- " + b.Kind + ":"}
	for _, line := range render(b.Fields) {
		lines = append(lines, "    "+line)
	}
	return lines
}

func render(fields []Field) []string {
	var lines []string
	for _, f := range fields {
		if len(f.Fields) == 0 {
			lines = append(lines, scalar(f.Name)+": "+scalar(f.Text))
			continue
		}
		lines = append(lines, scalar(f.Name)+":")
		for _, line := range render(f.Fields) {
			lines = append(lines, "  "+line)
		}
	}
	return lines
}

// plain is text that YAML reads as text without quotes: it begins with a letter or slash and isn't one of the words that
// YAML takes for something else.
var plain = regexp.MustCompile(`^[A-Za-z/][A-Za-z0-9._/@-]*$`)

// scalar quotes a text where YAML could read something else. JSON's quotes are YAML's.
func scalar(text string) string {
	switch strings.ToLower(text) {
	case "true", "false", "yes", "no", "on", "off", "null", "y", "n", "nan", "inf":
	default:
		if plain.MatchString(text) {
			return text
		}
	}
	quoted, err := json.Marshal(text)
	if err != nil {
		panic(err) // texts always marshal
	}
	return string(quoted)
}

// with returns the block with one more field; an empty text adds nothing.
func (b Block) with(name, text string) Block {
	if text == "" {
		return b
	}
	b.Fields = append(b.Fields[:len(b.Fields):len(b.Fields)], Field{Name: name, Text: text})
	return b
}

// below returns the block with further fields under one name; none adds nothing.
func (b Block) below(name string, fields ...Field) Block {
	if len(fields) == 0 {
		return b
	}
	b.Fields = append(b.Fields[:len(b.Fields):len(b.Fields)], Field{Name: name, Fields: fields})
	return b
}

// Text returns a text of the block by the names that lead to it; "" = there is none.
func (b Block) Text(names ...string) string {
	fields := b.Fields
	for n, name := range names {
		at := slices.IndexFunc(fields, func(f Field) bool { return f.Name == name })
		if at < 0 {
			return ""
		}
		if n == len(names)-1 {
			return fields[at].Text
		}
		fields = fields[at].Fields
	}
	return ""
}
