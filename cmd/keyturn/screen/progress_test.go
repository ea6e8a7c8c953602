package screen

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"keyturn/renewal"
)

// story is one renewal as the stages tell it.
func story() []renewal.Event {
	field := func(pairs ...string) map[string]string {
		fields := map[string]string{}
		for i := 0; i+1 < len(pairs); i += 2 {
			fields[pairs[i]] = pairs[i+1]
		}
		return fields
	}
	return []renewal.Event{
		{Kind: "begun", Text: "a renewal of provision-assist"},
		{Kind: "planned", Text: "2 places, old secret 7f0d"},
		{Kind: "issuing", Text: "asking for a new secret"},
		{Kind: "issued", Text: "new secret until 2027-05-21", Fields: field("keyId", "abc")},
		{Kind: "settling", Text: "3 of 5 sign-ins"},
		{Kind: "settled", Text: "the new secret signs in everywhere it was tried"},
		{Kind: "writing", Text: "Key Vault secret", Fields: field("target", "v")},
		{Kind: "written", Text: "Key Vault secret", Fields: field("target", "v")},
		{Kind: "writing", Text: "API connection", Fields: field("target", "c")},
		{Kind: "not written", Text: "throttled", Fields: field("target", "c")},
		{Kind: "verified place", Text: "Key Vault secret", Fields: field("target", "v", "rung", "read back", "probe", "get secret")},
		{Kind: "something new", Text: "\x1b[2Jnews"},
		{Kind: "parked", Text: "the overlap isn't over", Fields: field("door", "wait", "fix", "")},
		{Kind: "parked", Text: "changed", Fields: field("door", "person", "fix", "keyturn resume x")},
	}
}

// clock moves a tenth of a second whenever it is asked.
func clock() func() time.Time {
	at := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	return func() time.Time { at = at.Add(100 * time.Millisecond); return at }
}

func TestProgressInAPipeIsOneLineAnEvent(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	p := NewProgress(&out, Style{}, clock())
	for _, event := range story() {
		p.Tell(event)
	}
	p.Close()
	got := out.String()
	if strings.Contains(got, "\x1b") {
		t.Errorf("escape sequences in a pipe: %q", got)
	}
	for _, want := range []string{
		"planned        2 places, old secret 7f0d", "issued         new secret until 2027-05-21 · Secret ID abc",
		"written        Key Vault secret", "not written    throttled", "proof          Key Vault secret · proof: read back · by get secret",
		"something new   [2Jnews", "parked         the overlap isn't over", "needs you      changed · keyturn resume x",
	} {
		if !strings.Contains(got, want+"\n") {
			t.Errorf("no line %q in\n%s", want, got)
		}
	}
	if strings.Contains(got, "3 of 5") {
		t.Errorf("a passing count stays in a pipe:\n%s", got)
	}
}

func TestProgressOnATerminalLeavesNoWorkBehind(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	p := NewProgress(&out, Style{Live: true, Colour: true, Width: 80}, clock())
	for _, event := range story() {
		p.Tell(event)
	}
	p.Close()
	p.Close()
	if !strings.Contains(out.String(), "3 of 5 sign-ins") || !strings.Contains(out.String(), "\x1b[1A\x1b[J") {
		t.Errorf("the work in hand wasn't drawn and erased: %q", out.String())
	}
	if p.drawn != 0 || len(p.work) != 0 {
		t.Errorf("left on the screen: %d lines, %v", p.drawn, p.work)
	}
}

func TestLinesOfTheLogStayOnATerminalAboveTheWork(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	p := NewProgress(&out, Style{Live: true, Width: 80}, clock())
	p.Tell(story()[0])
	drawn := out.Len()
	if _, err := p.Write([]byte("level=WARN msg=slow\n")); err != nil {
		t.Fatal(err)
	}
	if after := out.String()[drawn:]; !strings.HasPrefix(after, "\x1b[1A\x1b[Jlevel=WARN msg=slow\n") || strings.Count(after, "\n") != 2 {
		t.Errorf("shown %q", after)
	}
	p.Close()
}

func TestTableShowsOthersTextHarmlessly(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	err := Table(&out, Style{}, []string{"APP", "ENDS"}, [][]Cell{Cells("Übung\x1b[31m", "2027"), Cells("b", "2026")})
	want := "APP         ENDS\nÜbung [31m  2027\nb           2026\n"
	if err != nil || out.String() != want {
		t.Errorf("got %v\n%q\nwant\n%q", err, out.String(), want)
	}
}
