package main

import (
	"fmt"
	"strings"
	"testing"

	"keyturn/cloud"
	"keyturn/simulator"
	"keyturn/simulator/seed"
	"keyturn/simulator/world"
)

func TestDocsClouds(t *testing.T) {
	t.Parallel()
	text := "| `cloud` | Sign-in | Graph | Azure | Key Vault |\n|---|---|---|---|---|\n"
	for _, name := range []string{"public", "usgov", "usgov-dod", "china"} {
		h, err := cloud.Lookup(name)
		if err != nil {
			t.Fatal(err)
		}
		bare := func(address string) string { return "`" + strings.TrimPrefix(address, "https://") + "`" }
		text += fmt.Sprintf("| `%s` | %s | %s | %s | `*.%s` |\n", name, bare(h.Login), bare(h.Graph), bare(h.ARM), h.VaultSuffix)
	}
	if rows := strings.Count(text, "\n") - 2; rows != len(cloud.Clouds()) {
		t.Errorf("the page lists %d clouds of %d", rows, len(cloud.Clouds()))
	}
	isWhatSectionSays(t, docsPage("sign-in.md"), "clouds", text)
}

func TestDocsSimulatorSwitches(t *testing.T) {
	t.Parallel()
	running, err := simulator.Start(t.Context(), simulator.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer running.Close()
	w := running.World()
	w.Lock()
	defer w.Unlock()
	text := "| Switch | What it does |\n|---|---|\n"
	for _, name := range w.SwitchNames() {
		text += fmt.Sprintf("| `%s` | %s |\n", name, inTable(w.SwitchHelp(name)))
	}
	isWhatSectionSays(t, docsPage("simulator.md"), "switches", text)
}

func TestDocsSimulatorFaults(t *testing.T) {
	t.Parallel()
	text := "| `kind` | What happens |\n|---|---|\n"
	for _, kind := range []struct {
		kind    world.FaultKind
		meaning string
	}{
		{world.FaultLatency, "the answer comes `delay` later"},
		{world.FaultErrorBefore, "nothing happens, and the answer is an error (`status`, else 503)"},
		{world.FaultErrorAfter, "it happens, and the answer is an error all the same (`status`, else 503)"},
		{world.FaultReplyLost, "it happens, and the connection is cut before the answer"},
		{world.FaultAnswerCut, "it happens, and the answer breaks off halfway"},
		{world.FaultPage, "nothing happens, and the answer is a web page, as of a guest network (`status`, else 200)"},
		{world.FaultThrottle, "nothing happens; 429 with a Retry-After of `delay`, else 5 s"},
	} {
		if err := (world.Fault{Kind: kind.kind}).Validate(); err != nil {
			t.Error(err)
		}
		text += fmt.Sprintf("| `%s` | %s |\n", kind.kind, kind.meaning)
	}
	isWhatSectionSays(t, docsPage("simulator.md"), "faults", text)
}

// Every sample that can be planted is explained.
func TestDocsSimulatorSamples(t *testing.T) {
	t.Parallel()
	page := readDocs(t, docsPage("simulator.md"))
	for _, name := range seed.Names() {
		if !strings.Contains(page, "| `"+name+"` |") {
			t.Errorf("simulator.md doesn't tell of the sample %s", name)
		}
	}
}
