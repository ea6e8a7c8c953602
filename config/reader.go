package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// longestText is how much of what is written a problem repeats: enough to find it, not enough to spread what somebody
// pasted by mistake.
const longestText = 60

// largestFile is far beyond any real configuration; a larger file was named by mistake.
const largestFile = 16 << 20

// reader reads one file and collects its problems.
type reader struct {
	path     string
	text     []byte
	top      held // the whole file
	problems []Problem
	shapes   map[reflect.Type]shape

	environment Environment // nil = secrets aren't fetched
}

func newReader(path string, text []byte) *reader {
	return &reader{path: path, text: text, shapes: map[reflect.Type]shape{}}
}

// held is a part of the file kept with its position, to be decoded once it is known what it must be.
type held struct {
	node *yaml.Node
	at   *yaml.Node // where it stands: the node itself, or the nearest thing that is written
	path string
}

// unquoted is the same place, of which nothing is repeated in a problem.
func (h held) unquoted() held {
	if h.at != nil {
		h.at = &yaml.Node{Line: h.at.Line, Column: h.at.Column}
	}
	return h
}

// file decodes the whole file. What can't be understood is left zero, with a problem.
func (r *reader) file() file {
	var written file
	if len(r.text) > largestFile {
		r.problems = append(r.problems, Problem{Line: 1, Column: 1, Message: "the file is larger than 16 MiB"})
		return written
	}
	root := r.document()
	if root == nil {
		return written
	}
	r.top = held{node: root, at: root}
	r.into(r.top, valueOf(&written))
	return written
}

// document returns the one document that the file must hold, or nil with a problem.
func (r *reader) document() *yaml.Node {
	documents, err := documentsOf(r.text)
	switch {
	case err != nil && !isText(r.text):
		r.problems = append(r.problems, Problem{
			Line: 1, Column: 1, Message: "the file isn't text in UTF-8",
			Hint: "save it anew: in Notepad, Save as, Encoding UTF-8; in PowerShell, -Encoding utf8",
		})
	case err != nil:
		r.syntax(err)
	case len(documents) == 0:
		r.problems = append(r.problems, Problem{Line: 1, Column: 1, Message: "the file is empty", Hint: "keyturn init writes one"})
	case len(documents) > 1:
		r.say(held{at: documents[1]}, "a second document begins here", "keep one document in the file")
		return documents[0]
	default:
		return documents[0]
	}
	return nil
}

// documentsOf returns the documents in which something is written.
func documentsOf(text []byte) ([]*yaml.Node, error) {
	loader, err := yaml.NewLoader(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	var found []*yaml.Node
	for {
		var document yaml.Node
		err := loader.Load(&document)
		if errors.Is(err, io.EOF) {
			return found, nil
		}
		if err != nil {
			return nil, err
		}
		if len(document.Content) > 0 && !isNull(document.Content[0]) {
			found = append(found, document.Content[0])
		}
	}
}

// syntax reports what the YAML parser couldn't read.
func (r *reader) syntax(err error) {
	var bad *yaml.LoadError
	if !errors.As(err, &bad) {
		r.problems = append(r.problems, Problem{Line: 1, Column: 1, Message: "not YAML: " + firstLine(err.Error())})
		return
	}
	hint := "look here and in the line before: a bracket or quote that isn't closed, a colon without a blank after it, uneven indentation"
	switch line := r.line(bad.Mark.Line); {
	case strings.HasPrefix(strings.TrimLeft(line, " "), "\t"):
		hint = "the line begins with a tab, and YAML wants blanks: replace it by as many as the lines beside it have"
	case strings.Contains(line, `\`):
		hint = backslashHint
	}
	r.say(held{at: &yaml.Node{Line: bad.Mark.Line, Column: bad.Mark.Column}}, "not YAML: "+firstLine(bad.Message), hint)
}

// backslashHint is for paths of Windows in double quotes.
const backslashHint = `in "double quotes" \ begins an escape: write a path without quotes, or in 'single' ones`

// line returns the line of the file with that number, from 1 on; "" where there is none.
func (r *reader) line(number int) string {
	for line := range strings.Lines(string(r.text)) {
		if number--; number == 0 {
			return line
		}
	}
	return ""
}

// isText reports whether text is UTF-8, or says at its beginning that it is UTF-16, which YAML allows too.
func isText(text []byte) bool {
	return bytes.HasPrefix(text, []byte{0xFF, 0xFE}) || bytes.HasPrefix(text, []byte{0xFE, 0xFF}) ||
		utf8.Valid(text) && !bytes.Contains(text, []byte{0})
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

// say adds a problem at spot.
func (r *reader) say(spot held, message, hint string) {
	problem := Problem{Line: 1, Column: 1, Path: spot.path, Message: message, Hint: hint}
	if spot.at != nil {
		problem.Line, problem.Column = max(1, spot.at.Line), max(1, spot.at.Column)
		problem.Text = shorten(writtenAt(spot.at))
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
