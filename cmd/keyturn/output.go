package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"keyturn/cmd/keyturn/screen"
)

// Output formats.
const (
	asTable    = "table"
	asJSON     = "json"
	asCSV      = "csv"
	asMarkdown = "markdown"
)

// format is the -o flag of one command: a word out of those that it knows.
type format struct {
	chosen string
	known  []string
}

// formatFlag adds -o to a command; the first format is the default.
func formatFlag(cmd *cobra.Command, known ...string) *format {
	f := &format{chosen: known[0], known: known}
	cmd.Flags().VarP(f, "output", "o", "output: "+strings.Join(known, ", "))
	_ = cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(known, cobra.ShellCompDirectiveNoFileComp))
	return f
}

func (f *format) String() string { return f.chosen }

// Type is what help shows behind the flag.
func (f *format) Type() string { return "format" }

// Set refuses a format that the command doesn't know.
func (f *format) Set(text string) error {
	if !slices.Contains(f.known, text) {
		return fmt.Errorf("one of %s", strings.Join(f.known, ", "))
	}
	f.chosen = text
	return nil
}

// listing is one list of data in each form.
type listing struct {
	head []string
	rows [][]screen.Cell
	data any    // for JSON
	none string // what a person reads when there are no rows
}

// print writes data to the stream for data.
func (sh *shell) print(f *format, list listing) error {
	switch f.chosen {
	case asJSON:
		return sh.printJSON(list.data)
	case asCSV:
		return sh.printCSV(list)
	}
	if len(list.rows) == 0 && list.none != "" {
		sh.say("%s", list.none)
		return nil
	}
	return screen.Table(sh.out, sh.style(), list.head, list.rows)
}

func (sh *shell) printJSON(data any) error {
	encoder := json.NewEncoder(sh.out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(data); err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	return nil
}

func (sh *shell) printCSV(list listing) error {
	out := csv.NewWriter(sh.out)
	rows := [][]string{list.head}
	for _, row := range list.rows {
		var texts []string
		for _, cell := range row {
			texts = append(texts, harmless(cell.Text))
		}
		rows = append(rows, texts)
	}
	if err := out.WriteAll(rows); err != nil {
		return fmt.Errorf("write CSV: %w", err)
	}
	return nil
}

// harmless keeps a spreadsheet from taking other people's text, such as an app's name, for a formula.
// Source: https://owasp.org/www-community/attacks/CSV_Injection (read 2026-11-22).
func harmless(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}

// prose puts text for people on the stream for data; a terminal folds it at blanks.
func (sh *shell) prose(text string) error { return sh.write(sh.style().Fold(text)) }

// write puts text on the stream for data.
func (sh *shell) write(text string) error {
	if _, err := fmt.Fprint(sh.out, text); err != nil {
		return fmt.Errorf("write output: %w", err)
	}
	return nil
}
