package config

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// longestText is how much of what is written a problem repeats: enough to find it, not enough to spread what somebody
// pasted by mistake.
const longestText = 60

// largestFile is far beyond any real configuration; a larger file was named by mistake.
const largestFile = 1 << 20

// reader reads one file and collects its problems.
type reader struct {
	path     string
	text     []byte
	top      held // the whole file
	problems []Problem
	fields   map[reflect.Type]map[string]reflect.StructField
}

func newReader(path string, text []byte) *reader {
	return &reader{path: path, text: text, fields: map[reflect.Type]map[string]reflect.StructField{}}
}

// held is a part of the file kept with its position, to be decoded once it is known what it must be.
type held struct {
	node ast.Node
	at   *token.Token
	path string
}

// file decodes the whole file. What can't be understood is left zero, with a problem.
func (r *reader) file() file {
	var written file
	if len(r.text) > largestFile {
		r.problems = append(r.problems, Problem{Line: 1, Column: 1, Message: "the file is larger than 1 MiB"})
		return written
	}
	parsed, err := parser.ParseBytes(r.text, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		r.syntax(err)
		return written
	}
	root := r.document(parsed)
	if root == nil {
		return written
	}
	r.top = held{node: root, at: tokenOf(root, held{})}
	r.into(r.top, valueOf(&written))
	return written
}

// document returns the one document that the file must hold, or nil with a problem.
func (r *reader) document(parsed *ast.File) ast.Node {
	var root ast.Node
	for _, document := range parsed.Docs {
		switch {
		case document.Body == nil:
		case root != nil:
			r.say(held{at: tokenOf(document.Body, held{})}, "a second document begins here", "keep one document in the file")
			return root
		default:
			root = document.Body
		}
	}
	if root == nil || root.Type() == ast.NullType || root.Type() == ast.CommentGroupType {
		r.problems = append(r.problems, Problem{Line: 1, Column: 1, Message: "the file is empty", Hint: "keyturn init writes one"})
		return nil
	}
	return root
}

// syntax reports what the YAML parser couldn't read.
func (r *reader) syntax(err error) {
	var bad *yaml.SyntaxError
	if !errors.As(err, &bad) || bad.Token == nil {
		r.problems = append(r.problems, Problem{Line: 1, Column: 1, Message: "not YAML: " + firstLine(err.Error())})
		return
	}
	r.say(held{at: bad.Token}, "not YAML: "+bad.Message, "")
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

// say adds a problem at spot.
func (r *reader) say(spot held, message, hint string) {
	problem := Problem{Line: 1, Column: 1, Path: spot.path, Message: message, Hint: hint}
	if spot.at != nil && spot.at.Position != nil {
		problem.Line, problem.Column = spot.at.Position.Line, spot.at.Position.Column
		problem.Text = shorten(spot.at.Value)
	}
	r.problems = append(r.problems, problem)
}

func (r *reader) sayf(spot held, hint, format string, args ...any) {
	r.say(spot, fmt.Sprintf(format, args...), hint)
}

func shorten(text string) string {
	runes := []rune(strings.TrimSpace(text))
	if len(runes) > longestText {
		return string(runes[:longestText]) + "..."
	}
	return string(runes)
}

// quote renders what is written for a message.
func quote(text string) string { return fmt.Sprintf("%q", shorten(text)) }
