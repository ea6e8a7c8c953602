package screen

import (
	"strings"
	"unicode/utf8"
)

// Fold breaks lines that are wider than the terminal at blanks, and lets what follows begin below the text of its line
// rather than below its label. Where no terminal is, or where no blank would help, text stays as it is, so that what is
// piped has one line for each thing.
func (s Style) Fold(text string) string {
	if s.Width == 0 {
		return text
	}
	var folded strings.Builder
	for line := range strings.Lines(text) {
		s.foldLine(&folded, line)
	}
	return folded.String()
}

func (s Style) foldLine(out *strings.Builder, line string) {
	indent := hanging(line, s.Width/2)
	for {
		at := breakAt(line, s.Width, indent)
		if at < 0 {
			out.WriteString(line)
			return
		}
		out.WriteString(strings.TrimRight(line[:at], " ") + "\n")
		line = strings.Repeat(" ", indent) + strings.TrimLeft(line[at:], " ")
	}
}

// breakAt is the last blank of line, right of indent, before which everything is shown within width; where a word is wider
// than that, the blank behind it. -1 when the line fits or has none.
func breakAt(line string, width, indent int) int {
	last := -1
	for at, column := range columns(line) {
		blank := line[at] == ' ' && column > indent
		switch {
		case column < width && blank:
			last = at
		case column < width || line[at] == '\n':
		case last >= 0 && !(blank && column == width):
			return last
		case blank:
			return at
		}
	}
	return -1
}

// hanging is the column at which the text of a line begins: behind its last gap of two blanks or more, if that is within
// most columns.
func hanging(line string, most int) int {
	found, blanks := 0, 2
	for at, column := range columns(line) {
		if column > most {
			break
		}
		switch {
		case line[at] == ' ':
			blanks++
		default:
			if blanks >= 2 {
				found = column
			}
			blanks = 0
		}
	}
	return found
}

// columns goes through what is shown of a line: where each character stands, and its column. Colours take none.
func columns(line string) func(yield func(at, column int) bool) {
	return func(yield func(at, column int) bool) {
		column := 0
		for at := 0; at < len(line); {
			if strings.HasPrefix(line[at:], "\x1b[") {
				if end := strings.IndexByte(line[at:], 'm'); end >= 0 {
					at += end + 1
					continue
				}
			}
			if !yield(at, column) {
				return
			}
			_, size := utf8.DecodeRuneInString(line[at:])
			at, column = at+size, column+1
		}
	}
}
