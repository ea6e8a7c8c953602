package main

import (
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// markdownPages lists every page of the repository.
func markdownPages(t *testing.T) []string {
	t.Helper()
	var pages []string
	err := filepath.WalkDir("../..", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && strings.HasPrefix(entry.Name(), ".") && entry.Name() != "..", entry.IsDir() && (entry.Name() == "testdata" || entry.Name() == "dist" || entry.Name() == "node_modules"):
			return fs.SkipDir
		case strings.HasSuffix(path, ".md"):
			pages = append(pages, path)
		}
		return nil
	})
	if err != nil || len(pages) < 5 {
		t.Fatalf("found %d pages: %v", len(pages), err)
	}
	return pages
}

// codeBlock is what stands between two fences.
type codeBlock struct {
	language, text string
	line           int // of the first fence
}

func codeBlocks(page string) []codeBlock {
	var blocks []codeBlock
	var open *codeBlock
	for i, line := range strings.Split(page, "\n") {
		fence, isFence := strings.CutPrefix(strings.TrimSpace(line), "```")
		switch {
		case isFence && open == nil:
			open = &codeBlock{language: fence, line: i + 1}
		case isFence:
			blocks = append(blocks, *open)
			open = nil
		case open != nil:
			open.text += line + "\n"
		}
	}
	return blocks
}

// withoutCode is a page's text without its code blocks and inline code.
func withoutCode(page string) string {
	for _, block := range codeBlocks(page) {
		page = strings.Replace(page, block.text, "", 1)
	}
	return inlineCode.ReplaceAllString(page, "")
}

var (
	inlineCode = regexp.MustCompile("`[^`\n]+`")
	link       = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading    = regexp.MustCompile(`(?m)^#{1,6} +(.+?) *$`)
	notInSlug  = regexp.MustCompile(`[^a-z0-9 _-]`)
)

// anchors lists the headings of a page as code hosts name them in addresses.
func anchors(page string) map[string]bool {
	found := map[string]bool{}
	for _, match := range heading.FindAllStringSubmatch(page, -1) {
		found[strings.ReplaceAll(notInSlug.ReplaceAllString(strings.ToLower(match[1]), ""), " ", "-")] = true
	}
	return found
}

func TestDocsLinksResolve(t *testing.T) {
	t.Parallel()
	for _, page := range markdownPages(t) {
		text := readDocs(t, page)
		for _, match := range link.FindAllStringSubmatch(withoutCode(text), -1) {
			address, err := url.Parse(match[1])
			if err != nil || address.IsAbs() {
				continue
			}
			to := page
			if address.Path != "" {
				to = filepath.Join(filepath.Dir(page), filepath.FromSlash(address.Path))
			}
			if _, err := os.Stat(to); err != nil {
				t.Errorf("%s links to %s, which isn't there", page, match[1])
				continue
			}
			if address.Fragment != "" && !anchors(readDocs(t, to))[address.Fragment] {
				t.Errorf("%s links to %s, and that page has no such heading", page, match[1])
			}
		}
	}
}

var aCall = regexp.MustCompile(`(?:^|[\s(|&;` + "`" + `"']|\./|\.\\)keyturn(?:\.exe)? +([^` + "`" + `#|&;>)\n]*)`)

var notACommand = regexp.MustCompile(`unknown command "[^a-z]`)

// Every command that a page shows exists, with the flags shown.
func TestDocsCommandsExist(t *testing.T) {
	t.Parallel()
	shown := 0
	for _, page := range markdownPages(t) {
		for _, call := range callsIn(readDocs(t, page)) {
			shown++
			if problem := wrongCall(quietRoot(), strings.Fields(call)); problem != "" {
				t.Errorf("%s shows \"keyturn %s\": %s", page, strings.TrimSpace(call), problem)
			}
		}
	}
	if shown < 50 {
		t.Errorf("the pages show just %d commands; the search for them is broken", shown)
	}
}

// callsIn lists what follows the program's name wherever a page shows code.
func callsIn(page string) []string {
	var code []string
	for _, block := range codeBlocks(page) {
		if block.language != "yaml" && block.language != "text" {
			code = append(code, block.text)
			page = strings.Replace(page, block.text, "", 1)
		}
	}
	code = append(code, inlineCode.FindAllString(page, -1)...)
	var calls []string
	for _, text := range code {
		for _, match := range aCall.FindAllStringSubmatch(text, -1) {
			calls = append(calls, match[1])
		}
	}
	return calls
}

// wrongCall says what isn't right with a command line; "" = nothing.
func wrongCall(root *cobra.Command, words []string) string {
	if dashes := slices.Index(words, "--"); dashes >= 0 {
		words = words[:dashes] // what follows is for another command
	}
	cmd, rest, err := root.Find(words)
	switch {
	case err != nil && notACommand.MatchString(err.Error()):
		return "" // a placeholder such as COMMAND, or a mark
	case err != nil:
		return err.Error()
	}
	cmd.InitDefaultHelpFlag()
	for _, word := range rest {
		name, _, _ := strings.Cut(strings.TrimLeft(word, "-"), "=")
		switch {
		case strings.HasPrefix(word, "--") && name != "" && cmd.Flag(name) == nil:
			return "there is no flag --" + name
		case strings.HasPrefix(word, "-") && len(name) == 1 && len(word) == 2 && cmd.Flags().ShorthandLookup(name) == nil:
			return "there is no flag -" + name
		}
	}
	return ""
}
