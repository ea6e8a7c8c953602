package screen

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Cell is one field of a table.
type Cell struct {
	Text  string
	Paint Paint
}

// Cells makes plain cells.
func Cells(texts ...string) []Cell {
	row := make([]Cell, len(texts))
	for i, text := range texts {
		row[i] = Cell{Text: text}
	}
	return row
}

// Table writes rows below a heading, each column as wide as its widest cell. Control characters in a cell, which may be
// other people's text, are shown as blanks so that they can't move the cursor.
func Table(out io.Writer, style Style, head []string, rows [][]Cell) error {
	widths := make([]int, len(head))
	for i, text := range head {
		widths[i] = utf8.RuneCountInString(text)
	}
	for _, row := range rows {
		for i := range row {
			row[i].Text = Clean(row[i].Text)
			widths[i] = max(widths[i], utf8.RuneCountInString(row[i].Text))
		}
	}
	var text strings.Builder
	heading := Cells(head...)
	for i := range heading {
		heading[i].Paint = Bold
	}
	line(&text, style, heading, widths)
	for _, row := range rows {
		line(&text, style, row, widths)
	}
	if _, err := io.WriteString(out, text.String()); err != nil {
		return fmt.Errorf("write table: %w", err)
	}
	return nil
}

func line(out *strings.Builder, style Style, row []Cell, widths []int) {
	for i, cell := range row {
		out.WriteString(style.Text(cell.Paint, cell.Text))
		if i < len(row)-1 {
			out.WriteString(strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell.Text)+2))
		}
	}
	out.WriteByte('\n')
}

// Clean returns text with every control character as a blank.
func Clean(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || (r >= 0x7f && r < 0xa0) {
			return ' '
		}
		return r
	}, text)
}
