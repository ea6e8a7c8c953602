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

// Table writes rows below a heading, each column as wide as its widest cell. On a terminal too narrow for that, columns
// of ids stand below their row instead. Control characters in a cell, which may be other people's text, are shown as
// blanks so that they can't move the cursor.
func Table(out io.Writer, style Style, head []string, rows [][]Cell) error {
	widths := measure(head, rows)
	var below []bool
	if style.Width > 0 && total(widths) > style.Width {
		below = idColumns(len(head), rows)
	}
	var text strings.Builder
	heading := Cells(head...)
	for i := range heading {
		heading[i].Paint = Bold
	}
	line(&text, style, pick(heading, below, false), pick(widths, below, false))
	for _, row := range rows {
		line(&text, style, pick(row, below, false), pick(widths, below, false))
		if ids := pick(row, below, true); len(ids) > 0 {
			text.WriteString("  " + style.Text(Faint, named(pick(head, below, true), ids)) + "\n")
		}
	}
	if _, err := io.WriteString(out, text.String()); err != nil {
		return fmt.Errorf("write table: %w", err)
	}
	return nil
}

// measure cleans the cells and returns how wide each column is.
func measure(head []string, rows [][]Cell) []int {
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
	return widths
}

func total(widths []int) int {
	sum := -2
	for _, width := range widths {
		sum += width + 2
	}
	return sum
}

// idLength is how long the ids of Microsoft's directory are.
const idLength = 36

// idColumns tells which columns hold ids alone.
func idColumns(columns int, rows [][]Cell) []bool {
	found := make([]bool, columns)
	for i := range found {
		found[i] = len(rows) > 0
		for _, row := range rows {
			found[i] = found[i] && len(row[i].Text) == idLength && strings.Count(row[i].Text, "-") == 4
		}
	}
	return found
}

// pick returns what stands in the columns that below tells of, or in the others; nil tells of none.
func pick[T any](row []T, below []bool, of bool) []T {
	var found []T
	for i, cell := range row {
		if (below != nil && below[i]) == of {
			found = append(found, cell)
		}
	}
	return found
}

func named(head []string, ids []Cell) string {
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = strings.ToLower(head[i]) + " " + id.Text
	}
	return strings.Join(texts, "  ")
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
