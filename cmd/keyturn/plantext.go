package main

import (
	"fmt"
	"strings"

	"keyturn/cmd/keyturn/screen"
	"keyturn/config"
	"keyturn/policy"
	"keyturn/stage"
)

func (sh *shell) printPlans(f *format, plans []planned) error {
	if f.chosen == asJSON {
		return sh.printJSON(plans)
	}
	if len(plans) == 0 {
		sh.say("no application: keyturn init writes a configuration")
	}
	for i, one := range plans {
		if i > 0 {
			if err := sh.write("\n"); err != nil {
				return err
			}
		}
		if err := sh.prose(planText(one.made, one.Requests, sh.style()) + remarks(one, sh.style())); err != nil {
			return err
		}
	}
	return nil
}

// planText renders what a renewal would do with at most so many requests.
func planText(p stage.Plan, requests int, style screen.Style) string {
	var text strings.Builder
	line := func(name, format string, args ...any) {
		fmt.Fprintf(&text, "  %s %s\n", style.Text(screen.Faint, fmt.Sprintf("%-10s", name)), screen.Clean(fmt.Sprintf(format, args...)))
	}
	due := style.Text(screen.Green, "not due")
	if p.Due.Due {
		due = style.Text(screen.Amber, "DUE")
	}
	fmt.Fprintf(&text, "%s  %s (%s)\n", style.Text(screen.Bold, p.App), due, screen.Clean(p.Due.Text))
	line("replaces", "%s: %s", orNone(p.Retires), p.Replaced.Text)
	if !p.Order.Reuse {
		line("lifetime", "%s", p.Ending.Text)
	}
	if p.Permit.Code != policy.PermitAlways {
		line("window", "%s", p.Permit.Text)
	}
	line("custodian", "%s", orNone(p.Order.Custodian))
	line("overlap", "%s: %s", config.FormatDuration(p.Keeping.Overlap+p.Keeping.ReportLag), p.Keeping.Text)
	for _, effect := range p.Effects {
		line(fmt.Sprintf("effect %d", effect.Number), "%s: %s, %s", effect.Where, effect.What, effect.When)
	}
	for _, c := range p.Foreign {
		name := "secret " + c.KeyID
		if c.DisplayName != "" {
			name += " (" + c.DisplayName + ")"
		}
		line("untouched", "%s, ends %s", name, day(c.End))
	}
	for _, note := range p.Order.Notes {
		line("note", "%s", note)
	}
	line("requests", "at most %d up to the overlap, when nothing fails", requests)
	return text.String()
}

func orNone(text string) string {
	if text == "" {
		return "none"
	}
	return text
}

// remarks renders what stands beside a plan: preconditions, places not confirmed, and what stops it.
func remarks(one planned, style screen.Style) string {
	var text strings.Builder
	for _, c := range one.Checks {
		if c.OK && !c.Warning {
			continue
		}
		text.WriteString("  " + checkLine(c, style))
	}
	for _, f := range one.Unconfirmed {
		fmt.Fprintf(&text, "  %s %s %s may hold this secret (%s): add it below targets or exclude\n      %s\n",
			style.Text(screen.Amber, "?"), f.Kind, screen.Clean(f.Title), screen.Clean(f.Why), screen.Clean(f.Resource))
	}
	if one.OpenRun != "" {
		fmt.Fprintf(&text, "  a renewal is open already: keyturn show %s\n", one.OpenRun)
	}
	if one.Obstacle != "" {
		fmt.Fprintf(&text, "  %s it can't be done yet: %s\n      next: %s\n", style.Mark(false), screen.Clean(one.Obstacle), screen.Clean(one.Fix))
	}
	return text.String()
}
