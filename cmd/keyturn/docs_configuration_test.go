package main

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"keyturn/config"
	"keyturn/notify"
	"keyturn/policy"
	"keyturn/target"
)

// shape is what this test reads of a JSON Schema.
type shape struct {
	Description string           `json:"description"`
	Enum        []string         `json:"enum"`
	Default     string           `json:"default"`
	Type        string           `json:"type"`
	OneOf       []shape          `json:"oneOf"`
	Required    []string         `json:"required"`
	Properties  ordered          `json:"properties"`
	Items       *shape           `json:"items"`
	Additional  *json.RawMessage `json:"additionalProperties"`
}

// ordered are the properties of a schema in the order in which they stand there.
type ordered []property

type property struct {
	name string
	shape
}

func (o *ordered) UnmarshalJSON(text []byte) error {
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	if _, err := decoder.Token(); err != nil {
		return fmt.Errorf("read properties: %w", err)
	}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return fmt.Errorf("read a property's name: %w", err)
		}
		p := property{name: fmt.Sprint(name)}
		if err := decoder.Decode(&p.shape); err != nil {
			return fmt.Errorf("read property %s: %w", p.name, err)
		}
		*o = append(*o, p)
	}
	return nil
}

func TestDocsConfigurationKeys(t *testing.T) {
	t.Parallel()
	text, err := config.Schema(descriptors(), notifiers()...)
	if err != nil {
		t.Fatal(err)
	}
	var root shape
	if err := json.Unmarshal(text, &root); err != nil {
		t.Fatal(err)
	}
	rows := rowsOf(root, "")
	isWhatSectionSays(t, docsPage("configuration.md"), "keys", "| Key | Meaning | Default |\n|---|---|---|\n"+strings.Join(rows, "\n"))
	for key, want := range map[string]string{
		"policy.lifetime": config.FormatDuration(policy.Default().Lifetime), "policy.renewBefore": policy.Default().RenewBefore.String(),
		"policy.settle.successes": fmt.Sprint(policy.Default().Settle.Successes), "policy.overlap.minimum": config.FormatDuration(policy.Default().Overlap.Minimum),
	} {
		if !slices.ContainsFunc(rows, func(row string) bool {
			return strings.HasPrefix(row, "| `"+key+"`") && strings.HasSuffix(row, "| `"+want+"` |")
		}) {
			t.Errorf("no row says that %s is %s by default:\n%s", key, want, strings.Join(rows, "\n"))
		}
	}
}

// rowsOf lists the keys below a shape, one row each, with those below applications under APP.
func rowsOf(s shape, path string) []string {
	var rows []string
	for _, p := range s.Properties {
		name := path + p.name
		rows = append(rows, row("`"+name+"`", p.shape, slices.Contains(s.Required, p.name)))
		if name != "applications.NAME.policy" { // the same keys again
			rows = append(rows, rowsOf(p.below(), name+p.step())...)
		}
	}
	return rows
}

// below is what stands under a key: its own keys, or those of each entry.
func (p property) below() shape {
	switch {
	case p.Items != nil && len(p.Items.OneOf) == 0: // targets have a chapter of their own
		return *p.Items
	case len(p.Properties) > 0 || p.Additional == nil:
		return p.shape
	}
	var each shape
	if json.Unmarshal(*p.Additional, &each) != nil {
		return shape{} // false: no further keys
	}
	return each
}

func (p property) step() string {
	switch {
	case p.Items != nil:
		return "[]."
	case len(p.Properties) > 0:
		return "."
	}
	return ".NAME."
}

var saidDefault = regexp.MustCompile(`, default ([0-9a-z]+)`)

func row(name string, s shape, required bool) string {
	meaning, standard := inTable(s.Description), s.Default
	if said := saidDefault.FindStringSubmatch(meaning); said != nil {
		meaning, standard = strings.Replace(meaning, said[0], "", 1), said[1]
	}
	if len(s.Enum) > 1 {
		meaning += " One of `" + strings.Join(s.Enum, "`, `") + "`."
	}
	switch {
	case required:
		standard = "required"
	case standard != "":
		standard = "`" + standard + "`"
	}
	return fmt.Sprintf("| %s | %s | %s |", name, meaning, standard)
}

func TestDocsConfigurationTargets(t *testing.T) {
	t.Parallel()
	var parts []string
	for _, d := range descriptors() {
		parts = append(parts, placeText(d))
	}
	isWhatSectionSays(t, docsPage("configuration.md"), "targets", strings.Join(parts, "\n\n"))
}

// placeText is all that a descriptor tells about one kind of place.
func placeText(d target.Descriptor) string {
	var b strings.Builder
	fmt.Fprintf(&b, "### %s: `%s`\n\n%s\n\n| Setting | Meaning | Example |\n|---|---|---|\n", d.Title, d.Code, d.Summary)
	for _, f := range d.Fields {
		must := ""
		if f.Required {
			must = " Required."
		}
		fmt.Fprintf(&b, "| `%s` | %s%s | `%s` |\n", f.Name, inTable(f.Help), must, inTable(f.Example))
	}
	b.WriteString("\nRights that Keyturn's identity needs here; `keyturn doctor --script` prints those that are missing:\n\n| Right | Why |\n|---|---|\n")
	for _, r := range d.Rights {
		fmt.Fprintf(&b, "| `%s` | %s |\n", r.Action, inTable(r.Why))
	}
	b.WriteString("\nIts limits:\n\n- " + strings.Join(d.Limits, "\n- ") + "\n\nRead from: ")
	var links []string
	for _, address := range d.Sources {
		links = append(links, "<"+address+">")
	}
	b.WriteString(strings.Join(links, ", ") + "\n")
	return strings.TrimSpace(b.String())
}

func TestDocsConfigurationNotifiers(t *testing.T) {
	t.Parallel()
	var parts []string
	for _, d := range notifiers() {
		parts = append(parts, notifierText(d))
	}
	isWhatSectionSays(t, docsPage("configuration.md"), "notifiers", strings.Join(parts, "\n\n"))
}

// notifierText is all that a descriptor tells about one kind of notifier.
func notifierText(d notify.Descriptor) string {
	var b strings.Builder
	fmt.Fprintf(&b, "### %s: `%s`\n\n%s\n\n| Setting | Meaning | Example |\n|---|---|---|\n", d.Title, d.Code, d.Summary)
	for _, f := range d.Fields {
		help := f.Help
		if len(f.Choices) > 0 {
			help += " One of `" + strings.Join(f.Choices, "`, `") + "`."
		}
		if f.Required {
			help += " Required."
		}
		fmt.Fprintf(&b, "| `%s` | %s | `%s` |\n", f.Name, inTable(help), inTable(f.Example))
	}
	b.WriteString("\nIts limits:\n\n- " + strings.Join(d.Limits, "\n- ") + "\n\nRead from: ")
	var links []string
	for _, address := range d.Sources {
		links = append(links, "<"+address+">")
	}
	b.WriteString(strings.Join(links, ", ") + "\n")
	return strings.TrimSpace(b.String())
}

// Every whole file that the documentation shows is a good one, and together they show every key.
func TestDocsConfigurationsAreGood(t *testing.T) {
	t.Parallel()
	found, all := 0, ""
	for _, page := range markdownPages(t) {
		for _, block := range codeBlocks(readDocs(t, page)) {
			if block.language != "yaml" || !strings.Contains(block.text, "\napplications:") {
				continue
			}
			found, all = found+1, all+block.text
			if _, err := config.Parse(page, []byte(block.text), descriptors(), notifiers()...); err != nil {
				t.Errorf("%s line %d: %v", page, block.line, err)
			}
		}
	}
	if found == 0 {
		t.Error("no page shows a configuration")
	}
	for _, key := range regexp.MustCompile("(?m)^\\| `(?:[A-Za-z.\\[\\]]+\\.)?([a-zA-Z]+)`").FindAllStringSubmatch(readDocs(t, docsPage("configuration.md")), -1) {
		if !regexp.MustCompile(`\b` + key[1] + ": ?").MatchString(all) {
			t.Errorf("no example shows the key %s", key[1])
		}
	}
}
