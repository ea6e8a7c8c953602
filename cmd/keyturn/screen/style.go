package screen

import (
	"io"

	"golang.org/x/term"
)

// Style says what a stream can show.
type Style struct {
	Live   bool // it is a terminal: lines may be redrawn
	Colour bool
	Width  int // columns; 0 = unknown
}

// screenFile is a file that may be a terminal, whatever is wrapped around it.
type screenFile interface{ Fd() uintptr }

// StyleOf looks at a stream. Colour follows NO_COLOR (https://no-color.org, read 2026-11-22) and TERM=dumb.
func StyleOf(stream io.Writer, environment func(string) string) Style {
	file, ok := stream.(screenFile)
	if !ok || !term.IsTerminal(int(file.Fd())) || environment("TERM") == "dumb" || !understandsEscapes(file) {
		return Style{}
	}
	width, _, err := term.GetSize(int(file.Fd()))
	if err != nil {
		width = 80
	}
	return Style{Live: true, Colour: environment("NO_COLOR") == "", Width: width}
}

// Paint is a colour of text.
type Paint string

const (
	Plain Paint = ""
	Bold  Paint = "1"
	Faint Paint = "2"
	Red   Paint = "31"
	Green Paint = "32"
	Amber Paint = "33"
	Blue  Paint = "36"
)

// Text paints text where the style has colour.
func (s Style) Text(paint Paint, text string) string {
	if !s.Colour || paint == Plain || text == "" {
		return text
	}
	return "\x1b[" + string(paint) + "m" + text + "\x1b[0m"
}

// Mark is the sign in front of a line: a tick or cross where the stream is a terminal, a word otherwise.
func (s Style) Mark(good bool) string {
	switch {
	case s.Live && good:
		return s.Text(Green, "✓")
	case s.Live:
		return s.Text(Red, "✗")
	case good:
		return "ok"
	}
	return "!!"
}
