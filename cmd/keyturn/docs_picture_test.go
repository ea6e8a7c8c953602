package main

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"html"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"
)

// Colours of the picture, chosen to be read on a dark ground by people who tell red from green badly, too.
const (
	paintPlain = "#c9d1d9"
	paintFaint = "#8b949e"
	paintGood  = "#56d364"
	paintHeed  = "#e3b341"
	paintTyped = "#79c0ff"
	paintBold  = "#f0f6fc"
)

// shot is one line of the picture: the first line of the demo that fits.
type shot struct {
	line  string // a regular expression; "" = an empty line
	paint string
}

// shots are what the picture shows of a demo, which prints about three times as much.
func shots() []shot {
	return []shot{
		{`^\$ keyturn discover provision-assist`, paintTyped},
		{`^  guess +keyVaultSecret`, paintPlain},
		{`^  sure +apiConnection +provisionassist-automation`, paintPlain},
		{`does NOT mention this place`, paintHeed},
		{`^  sure +apiConnection +provisionassist-kv`, paintPlain},
		{`^  guess +automationVariable`, paintPlain},
		{`^  !  certificate`, paintHeed},
		{},
		{`^\$ keyturn renew provision-assist`, paintTyped},
		{` issued  `, paintPlain},
		{` settled  `, paintPlain},
		{` written +Key Vault`, paintPlain},
		{` written +API connection provisionassist-kv`, paintPlain},
		{` written +API connection provisionassist-automation`, paintPlain},
		{` written +Automation`, paintPlain},
		{` verified  `, paintPlain},
		{`^the simulated clock moves 14d`, paintFaint},
		{` proof .*live probe`, paintPlain},
		{`^the simulated clock moves 3d`, paintFaint},
		{` evidence  `, paintPlain},
		{` gate passed`, paintPlain},
		{` done .*the old one was removed`, paintBold},
		{},
		{`^── What was shown`, paintFaint},
		{`ok .*sign-ins of .* 0 failed`, paintGood},
		{`ok 0 secrets on disk`, paintGood},
		{`ok after the expiry`, paintGood},
		{`still to do`, paintHeed},
	}
}

// The picture in README.md shows a real run. Times, ids and dates differ from run to run; nothing else may.
func TestDocsPictureIsOfARealRun(t *testing.T) {
	for _, name := range []string{"AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET"} {
		t.Setenv(name, "") // the demo sets them for its own process, which here is the test's
	}
	var said bytes.Buffer
	sh := newShell(strings.NewReader(""), &said, &said, func(string) string { return "" })
	if code := sh.run(t.Context(), []string{"demo"}); code != exitDone {
		t.Fatalf("the demo ended with %d:\n%s", code, said.String())
	}
	picture := drawn(t, said.String())
	if err := wellFormed(picture); err != nil {
		t.Fatalf("the picture isn't XML: %v", err)
	}
	path := docsPage("demo.svg")
	if sameEachTime(readDocs(t, path)) == sameEachTime(picture) {
		return
	}
	if *updateDocs {
		isWhatDocsSay(t, path, picture)
		return
	}
	t.Errorf("%s shows what the demo doesn't say any more; %s", path, howToRenew)
}

// The width and height of one character and one line, and how many characters a line holds.
const (
	charWidth  = 8
	lineHeight = 19
	columns    = 112
)

// drawn draws the shots of what the demo said.
func drawn(t *testing.T, said string) string {
	t.Helper()
	var rows []string
	for _, s := range shots() {
		if s.line == "" {
			rows = append(rows, "")
			continue
		}
		found := lineLike(said, s.line)
		if found == "" {
			t.Fatalf("the demo says nothing like %q:\n%s", s.line, said)
		}
		for _, part := range folded(found) {
			rows = append(rows, fmt.Sprintf(`fill="%s">%s`, s.paint, html.EscapeString(part)))
		}
	}
	width, height := columns*charWidth+40, len(rows)*lineHeight+64
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-labelledby="t">`+"\n", width, height, width, height)
	b.WriteString("<title id=\"t\">keyturn demo: places found, one renewal, and the proof that no sign-in failed</title>\n")
	fmt.Fprintf(&b, `<rect width="%d" height="%d" rx="8" fill="#0d1117"/>`+"\n", width, height)
	for i, colour := range []string{"#ff7b72", "#e3b341", "#56d364"} {
		fmt.Fprintf(&b, `<circle cx="%d" cy="20" r="6" fill="%s"/>`+"\n", 22+20*i, colour)
	}
	b.WriteString(`<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'Liberation Mono', monospace" font-size="13" xml:space="preserve">` + "\n")
	for i, row := range rows {
		if row != "" {
			fmt.Fprintf(&b, "<text x=\"20\" y=\"%d\" xml:space=\"preserve\" style=\"white-space:pre\" %s</text>\n", 56+i*lineHeight, row)
		}
	}
	b.WriteString("</g>\n</svg>\n")
	return b.String()
}

func lineLike(said, pattern string) string {
	fits := regexp.MustCompile(pattern)
	for line := range strings.SplitSeq(said, "\n") {
		if fits.MatchString(line) {
			return strings.TrimRight(line, " ")
		}
	}
	return ""
}

// folded breaks a line where the picture ends, at a space, and indents what follows as far as the line's text begins.
func folded(line string) []string {
	indent := strings.Repeat(" ", 4+len(line)-len(strings.TrimLeft(line, " ")))
	if timed.MatchString(line) {
		indent = strings.Repeat(" ", len("    0.0s  evidence       "))
	}
	var parts []string
	for len([]rune(line)) > columns {
		runes := []rune(line)
		at := strings.LastIndex(string(runes[:columns]), " ")
		if at <= len(indent) {
			break
		}
		parts = append(parts, line[:at])
		line = indent + line[at+1:]
	}
	return append(parts, line)
}

var (
	timed    = regexp.MustCompile(`^ +[0-9.]+s  `)
	drawnID  = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9A-Z]{16,}`)
	markup   = regexp.MustCompile(`<[^>]*>`)
	drawnDay = regexp.MustCompile(`\b(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\b`)
	figure   = regexp.MustCompile(`[0-9]+(\.[0-9]+)?((ms|[smhd])[0-9]*)*`)
)

// sameEachTime leaves of a picture what every run says alike: the words.
func sameEachTime(picture string) string {
	words := html.UnescapeString(markup.ReplaceAllString(picture, " "))
	for _, differing := range []*regexp.Regexp{drawnID, drawnDay, figure} {
		words = differing.ReplaceAllString(words, "#")
	}
	return strings.Join(strings.Fields(words), " ")
}

func wellFormed(text string) error {
	decoder := xml.NewDecoder(strings.NewReader(text))
	for {
		if _, err := decoder.Token(); err == io.EOF {
			return nil
		} else if err != nil {
			return fmt.Errorf("read XML: %w", err)
		}
	}
}

// A reader of the repository finds the picture where README.md says.
func TestDocsPictureIsShown(t *testing.T) {
	t.Parallel()
	if !strings.Contains(readDocs(t, "../../README.md"), "(docs/demo.svg)") {
		t.Error("README.md doesn't show docs/demo.svg")
	}
	if _, err := os.Stat(docsPage("demo.svg")); err != nil {
		t.Error(err)
	}
}
