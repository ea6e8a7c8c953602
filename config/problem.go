package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one thing wrong in a file.
type Problem struct {
	Line    int    `json:"line"`   // from 1
	Column  int    `json:"column"` // from 1
	Path    string `json:"path"`   // where in the file, such as "policy.overlap.evidence"
	Text    string `json:"text"`   // what is written there
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"` // what was probably meant, or what to write instead
}

// Problems is everything wrong in one file, in the order of its lines. It is what [Load] returns.
type Problems struct {
	File string    `json:"file"`
	List []Problem `json:"problems"`
}

// Error renders one line for each problem: file, line, column, message, hint.
func (p *Problems) Error() string {
	lines := make([]string, 0, len(p.List))
	for _, each := range p.List {
		lines = append(lines, fmt.Sprintf("%s:%s", p.File, each))
	}
	return strings.Join(lines, "\n")
}

// String renders the problem without the file's name.
func (p Problem) String() string {
	text := fmt.Sprintf("%d:%d: %s", p.Line, p.Column, p.Message)
	if p.Hint != "" {
		text += "; " + p.Hint
	}
	return text
}

// report sorts what was found by position and drops what was said twice of the same spot.
func (r *reader) report() *Problems {
	slices.SortStableFunc(r.problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return &Problems{File: r.path, List: slices.Compact(r.problems)}
}
