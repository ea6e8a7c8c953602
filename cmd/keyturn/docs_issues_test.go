package main

import (
	"fmt"
	"strings"
	"testing"

	"keyturn/problem"
)

// docs/known-issues.md tells the one table that sign-ins are explained from.
func TestDocsKnownIssues(t *testing.T) {
	t.Parallel()
	var page strings.Builder
	group := ""
	for _, known := range problem.KnownIssues() {
		if known.Group != group {
			group = known.Group
			fmt.Fprintf(&page, "## %s\n\n", group)
		}
		fmt.Fprintf(&page, "### %s\n\n`%s`%s\n\n%s\n\n**What to do.** %s\n\n", known.Title, known.Code, shownAs(known),
			wrapped(known.Text), wrapped(asCode.ReplaceAllString(known.Fix, "`$0`")))
	}
	isWhatSectionSays(t, docsPage("known-issues.md"), "issues", page.String())
}

// shownAs is how Microsoft's own pages show an issue, and whom it concerns.
func shownAs(known problem.Known) string {
	var text string
	var ways []string
	for _, way := range known.Ways {
		ways = append(ways, "`--sign-in "+string(way)+"`")
	}
	if len(ways) > 0 {
		text += ", with " + strings.Join(ways, " or ")
	}
	var numbers []string
	for _, number := range known.Numbers {
		numbers = append(numbers, fmt.Sprintf("AADSTS%d", number))
	}
	if len(numbers) > 0 {
		text += " · " + strings.Join(numbers, ", ")
	}
	return text
}

// wrapped is a paragraph in lines of a page's width.
func wrapped(text string) string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && len(line)+1+len(word) > 140 {
			lines, line = append(lines, line), ""
		}
		line = strings.TrimSpace(line + " " + word)
	}
	return strings.Join(append(lines, line), "\n")
}

// One issue, one code; each has a title, and what a person does next.
func TestKnownIssuesAreWhole(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, known := range problem.KnownIssues() {
		if seen[known.Code] || known.Title == "" || known.Fix == "" || known.Group == "" {
			t.Errorf("%+v", known)
		}
		seen[known.Code] = true
		for _, way := range []problem.Way{problem.ByBrowser, problem.ByDevice, problem.ByPassword} {
			for _, number := range known.Numbers {
				if known.Concerns(way) && !onlyOne(way, number) {
					t.Errorf("%d means two things to somebody who signs in by %s", number, way)
				}
			}
		}
		stop := known.Stops("app", "", "first this")
		if !strings.HasPrefix(stop.Fix, "first this; ") || strings.HasSuffix(stop.Fix, ".") || strings.HasSuffix(stop.Message, ".") {
			t.Errorf("%q, fix %q", stop.Message, stop.Fix)
		}
	}
}

func onlyOne(way problem.Way, number int) bool {
	count := 0
	for _, known := range problem.KnownIssues() {
		for _, n := range known.Numbers {
			if n == number && known.Concerns(way) {
				count++
			}
		}
	}
	return count == 1
}
