package main

import (
	"keyturn/cmd/keyturn/screen"
	"keyturn/policy"
	"keyturn/problem"
	"keyturn/renewal"
)

// lines shows a renewal to a person, on the stream that isn't data.
type lines struct {
	*screen.Progress
	sh    *shell
	style screen.Style
}

// Sum tells how it ended and what comes next.
func (l *lines) Sum(run renewal.Run, told summary) {
	l.Close()
	l.sh.say("")
	switch {
	case run.State == renewal.Done:
		l.sh.say("%s %s is %s.", l.style.Mark(true), run.App, run.Outcome)
	case run.State == renewal.Aborted:
		l.sh.say("%s the renewal of %s was aborted; every secret that a place may hold stays valid.", l.style.Mark(true), run.App)
	case run.Door == renewal.Wait && !run.VerifiedAt.IsZero():
		l.sh.say("%s all places updated; %s.", l.style.Mark(true), keptUntil(run))
		l.sh.say("  because: %s", screen.Clean(run.Reason.Text))
		l.sh.say("  next: %s, from %s on", l.comingBack(run, told), minute(run.WakeAt))
	default:
		l.sh.say("%s %s stands still while %s: %s", l.style.Mark(false), run.App, run.State, screen.Clean(run.Reason.Text))
		l.sh.say("  next: %s", screen.Clean(nextOf(run)))
	}
	l.proofs(run, told)
	for _, finding := range told.Findings {
		l.sh.say("%s %s: %s", l.style.Mark(false), finding.Code, screen.Clean(finding.Message))
		l.sh.say("  next: %s", screen.Clean(finding.Fix))
	}
}

// comingBack is who finishes a run that only waits.
func (l *lines) comingBack(run renewal.Run, told summary) string {
	if told.Served {
		return "nothing to do: the Keyturn that serves this store goes on"
	}
	return goOnWith(run)
}

// goOnWith is the command that goes on with a run.
func goOnWith(run renewal.Run) string {
	return problem.Attended("keyturn resume "+run.App, run.Order.Person)
}

// keptUntil says until when the old secret is kept at the least.
func keptUntil(run renewal.Run) string {
	switch {
	case run.Order.Expired:
		return "the old secret has ended already"
	case run.Order.Linger > 0 && !run.Order.Emergency:
		return "the old secret is kept until " + day(policy.SweptFrom(run))
	}
	return "the old secret is kept until " + day(run.DeliveredAt.Add(run.Order.Overlap+run.Order.ReportLag))
}

func nextOf(run renewal.Run) string {
	if run.Reason.Fix != "" {
		return run.Reason.Fix
	}
	return goOnWith(run)
}

func (l *lines) proofs(run renewal.Run, told summary) {
	for _, t := range told.Targets {
		if t.Rung != renewal.Unproven {
			l.sh.say("  %-60s proof: %s", screen.Clean(t.Target), t.Rung)
		}
	}
	if told.Evidence != "" && told.Evidence != run.Reason.Text { // what is waited for was said above
		l.sh.say("  evidence: %s", screen.Clean(told.Evidence))
	}
}
