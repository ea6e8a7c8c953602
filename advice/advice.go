// Package advice says how an application could do without its secret: a SharePoint add-in by moving to an Entra app with a
// certificate, an app registration by what its places can use instead. It turns what others have found into steps; it asks
// nobody, and changes nothing.
//
// Start at [ForAddIn] and [ForApp].
package advice

import (
	"fmt"
	"strings"
)

// Advice is what to do about one application's secret.
type Advice struct {
	App      string   `json:"app"`
	ClientID string   `json:"clientId"`
	Kind     string   `json:"kind"`    // "SharePoint add-in" or "app registration"
	Verdict  string   `json:"verdict"` // in one or two sentences
	Facts    []string `json:"facts"`   // what was found
	Steps    []Step   `json:"steps"`
}

// Step is one change, or several that belong together.
type Step struct {
	Title   string   `json:"title"`
	Why     string   `json:"why,omitempty"`
	Place   string   `json:"place,omitempty"` // that it is about, by its resource id
	Changes []string `json:"changes"`         // in order
	Script  string   `json:"script,omitempty"`
	Shell   string   `json:"shell,omitempty"` // language of the script
}

// Kinds of applications.
const (
	KindAddIn = "SharePoint add-in"
	KindApp   = "app registration"
)

// Markdown renders the advice as a page.
func (a Advice) Markdown() string {
	var page strings.Builder
	fmt.Fprintf(&page, "# %s: %s\n\n%s `%s`. %s\n", plain(a.App), a.title(), capital(a.Kind), a.ClientID, a.Verdict)
	if len(a.Facts) > 0 {
		page.WriteString("\n## What was found\n\n")
		for _, fact := range a.Facts {
			fmt.Fprintf(&page, "- %s\n", plain(fact))
		}
	}
	for n, step := range a.Steps {
		fmt.Fprintf(&page, "\n## %d. %s\n", n+1, plain(step.Title))
		page.WriteString(step.markdown())
	}
	return page.String()
}

func (a Advice) title() string {
	if a.Kind == KindAddIn {
		return "from Azure ACS to an Entra app"
	}
	return "does it need its secret?"
}

func (s Step) markdown() string {
	var text strings.Builder
	if s.Why != "" {
		fmt.Fprintf(&text, "\n%s\n", plain(s.Why))
	}
	if s.Place != "" {
		fmt.Fprintf(&text, "\n`%s`\n", strings.ReplaceAll(s.Place, "`", ""))
	}
	if len(s.Changes) > 0 {
		text.WriteString("\n")
	}
	for _, change := range s.Changes {
		fmt.Fprintf(&text, "- %s\n", plain(change))
	}
	if s.Script != "" {
		fmt.Fprintf(&text, "\n```%s\n%s\n```\n", s.Shell, strings.TrimSpace(s.Script))
	}
	return text.String()
}

// plain keeps other people's text, such as an app's name, on its line, and from becoming a tag.
func plain(text string) string {
	return strings.NewReplacer("<", "&lt;").Replace(strings.Join(strings.Fields(text), " "))
}

func capital(text string) string { return strings.ToUpper(text[:1]) + text[1:] }

// count is a number of things.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
