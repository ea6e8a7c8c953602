package main

import (
	"fmt"
	"regexp"
	"strings"

	"keyturn/config"
	"keyturn/credential"
	"keyturn/inventory"
)

// draft is what a new configuration is written from.
type draft struct {
	settings config.Config
	app      credential.App
	pack     *inventory.Pack
	report   inventory.Report
}

// sheet gathers the lines of a file.
type sheet struct{ strings.Builder }

func (s *sheet) line(indent int, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	s.WriteString(strings.TrimRight(strings.Repeat(" ", indent)+text, " ") + "\n")
}

// comment writes other people's text too, so that no line break may end it early.
func (s *sheet) comment(indent int, text string) {
	s.line(indent, "# %s", strings.Join(strings.Fields(text), " "))
}

// configurationText renders a commented keyturn.yaml.
func configurationText(d draft) string {
	var s sheet
	s.comment(0, "Written by keyturn init for "+d.app.Name+". Check it with: keyturn config check")
	s.line(0, "tenant: %s", quoted(d.settings.Tenant))
	s.line(0, "cloud: %s", d.settings.Cloud)
	s.line(0, "identity: %s", d.settings.Identity)
	s.network(d.settings.Network)
	s.line(0, "store: keyturn.db               # remembers renewals; never holds a secret")
	s.line(0, "policy:")
	s.line(2, "lifetime: 180d                # of a new secret; the tenant's own policy may cut it")
	s.line(2, "renewBefore: 30d              # so long before its end a secret is due")
	s.line(2, "settle: { successes: 5, over: 60s }")
	s.line(2, "overlap: { minimum: 14d, evidence: preferred }   # without evidence of use the old secret is left to expire")
	s.line(0, "applications:")
	s.application(d)
	return s.String()
}

func (s *sheet) network(n config.Network) {
	if n != (config.Network{}) {
		s.line(0, "network:")
		s.optional(2, "proxy", n.Proxy)
		s.optional(2, "caFile", n.CAFile)
	}
}

func (s *sheet) optional(indent int, name, value string) {
	if value != "" {
		s.line(indent, "%s: %s", name, quoted(value))
	}
}

func (s *sheet) application(d draft) {
	s.line(2, "%s:", appKey(d))
	s.line(4, "clientId: %s   # %s", d.app.ClientID, strings.Join(strings.Fields(d.app.Name), " "))
	s.line(4, "targets:")
	var open []inventory.Finding
	for _, f := range d.report.Findings {
		if f.Confidence == inventory.Candidate {
			open = append(open, f)
			continue
		}
		s.finding(f)
	}
	if len(open) > 0 {
		s.line(0, "")
		s.comment(6, "Candidates: each may hold this secret, and what would tell can't be read. Remove the # in front of those that do;")
		s.comment(6, "put the others below exclude. keyturn plan asks until each is one or the other.")
	}
	for _, f := range open {
		s.candidate(f)
	}
	s.line(4, "# exclude:                    # places found that do not hold this secret, by resource id")
	for _, f := range open {
		s.line(4, "#   - %s", f.Resource)
	}
	for _, note := range d.report.Notes {
		s.comment(4, "Note: "+note)
	}
}

// finding writes a place that is to be renewed, with why.
func (s *sheet) finding(f inventory.Finding) {
	s.about(f)
	for _, text := range f.Block.Lines() {
		s.line(6, "%s", text)
	}
}

// candidate writes a place commented out.
func (s *sheet) candidate(f inventory.Finding) {
	s.about(f)
	for _, text := range f.Block.Lines() {
		s.line(6, "# %s", text)
	}
}

func (s *sheet) about(f inventory.Finding) {
	s.comment(6, f.Title+" ("+string(f.Confidence)+"): "+f.Why)
	if f.Manual != "" {
		s.comment(6, "  "+f.Manual)
	}
	for _, note := range f.Notes {
		s.comment(6, "  "+note)
	}
}

var notInKeys = regexp.MustCompile(`[^a-z0-9]+`)

// appKey is the application's name in the file: the pack's code, else its display name made simple.
func appKey(d draft) string {
	if d.pack != nil {
		return d.pack.Code
	}
	return keyOf(d.app.Name, d.app.ClientID)
}

// keyOf is a display name made simple, fit for a command line.
func keyOf(name, clientID string) string {
	if key := strings.Trim(notInKeys.ReplaceAllString(strings.ToLower(name), "-"), "-"); key != "" {
		return key
	}
	return "app-" + clientID
}

// quoted renders text so that YAML reads it as text.
func quoted(text string) string { return fmt.Sprintf("%q", text) }
