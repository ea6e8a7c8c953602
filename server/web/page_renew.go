package web

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/a-h/templ"

	"keyturn/check"
	"keyturn/policy"
	"keyturn/problem"
	"keyturn/renewal"
	"keyturn/server/access"
	"keyturn/server/board"
	"keyturn/server/command"
	"keyturn/standing"
)

// renewal shows what a renewal would do, before the button that lets it happen.
func (p Pages) renewal(r *http.Request) (frame, templ.Component, error) {
	ask := askOf(r.PathValue("app"), r.URL.Query())
	f := frame{Title: texts.Renew + ": " + ask.App, Here: "/applications"}
	made, err := p.Commands.Plan(r.Context(), ask)
	if err != nil {
		return f, nil, err
	}
	return f, planned(ask, made, p.Room.See(r.Context())), nil
}

// askOf reads what is asked of a renewal, from an address or a form.
func askOf(app string, said url.Values) command.Ask {
	return command.Ask{
		App: app, Replace: said.Get("replace"), Reuse: said.Get("how") == "reuse", Emergency: said.Get("how") == "emergency", Plan: said.Get("plan"),
		AsPerson: said.Get("asPerson") == "yes",
	}
}

// how is what a form or an address says of an ask, beside the application.
func how(ask command.Ask) string {
	switch {
	case ask.Emergency:
		return "emergency"
	case ask.Reuse:
		return "reuse"
	}
	return ""
}

func renewAddress(app, how string) templ.SafeURL {
	query := url.Values{}
	if how != "" {
		query.Set("how", how)
	}
	return withQuery(string(appAddress(app))+"/renew", query)
}

// renewAsPerson shows what a renewal with the person's own rights would do, which may be something else.
func renewAsPerson(app string) templ.SafeURL {
	return withQuery(string(appAddress(app))+"/renew", url.Values{"asPerson": {"yes"}})
}

// begin starts the renewal that was shown, and goes to it.
func (p Pages) begin(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		p.Refuse(w, r, http.StatusBadRequest, problem.NeedsPerson("query.invalid", "the form", "can't be read", "go back and try again"))
		return
	}
	run, _, err := p.Commands.Start(r.Context(), askOf(r.PathValue("app"), r.PostForm))
	p.afterwards(w, r, run, err)
}

// tellRun says a person's word to a run, and goes to it.
func (p Pages) tellRun(word command.Word) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		version, err := strconv.ParseInt(r.PostFormValue("version"), 10, 64)
		if err != nil || version <= 0 {
			p.Refuse(w, r, http.StatusBadRequest, problem.NeedsPerson("version.missing", "the form", "doesn't say which state of the renewal you saw", "go back and try again"))
			return
		}
		if word == command.Abort {
			version = 0 // however it stands: what is under way is stopped first
		}
		run, err := p.Commands.Tell(r.Context(), r.PathValue("run"), version, word, false)
		p.afterwards(w, r, run, err)
	}
}

// afterwards goes to the run that a command was for, or tells why it wasn't heard.
func (p Pages) afterwards(w http.ResponseWriter, r *http.Request, run renewal.Run, err error) {
	if err == nil {
		http.Redirect(w, r, string(runAddress(run.ID)), http.StatusSeeOther)
		return
	}
	status := http.StatusServiceUnavailable
	if found := problem.Of(err); found.Class == problem.Person {
		status = commandStatus(found.Code)
	}
	tell(w, r, status, frame{Title: texts.Failed, Here: "/runs"}, err)
}

// commandStatus is the answer to a command that wasn't heard.
func commandStatus(code string) int {
	switch code {
	case "role.insufficient", "approve.own":
		return http.StatusForbidden
	case problem.NotFound, "app.unknown":
		return http.StatusNotFound
	}
	return http.StatusConflict
}

// words are what the person may say to a run as it stands.
func words(r renewal.Run, person access.Person) []command.Word {
	if r.State.Ended() {
		return nil
	}
	var list []command.Word
	add := func(word command.Word, least access.Role) {
		if person.Role.May(least) {
			list = append(list, word)
		}
	}
	switch {
	case r.Door == renewal.Person && approvable(policy.Code(r.Reason.Code)):
		add(command.Approve, access.Approver)
	case r.Door == renewal.Person || r.Door == renewal.Retry:
		add(command.Resume, access.Operator)
	}
	if r.Reason.Code == problem.Drift {
		add(command.Overwrite, access.Operator)
	}
	add(command.Abort, access.Operator)
	return list
}

// approvable reports whether a person's word is what a run waits for. Removing a secret that is seen in use isn't a matter
// of one button: keyturn approve asks about it.
func approvable(code policy.Code) bool {
	switch code {
	case policy.PermitApproval, policy.GateApproval, policy.GateNoReport, policy.GateReportBehind, policy.GateNewUnused:
		return true
	}
	return false
}

// noted are the checks of a plan that a person should know of although they don't stand in its way, and passed those that
// tell nothing but that all is well.
func noted(all []check.Check) (noted []check.Check) {
	for _, c := range all {
		if c.Warning || c.Unknown {
			noted = append(noted, c)
		}
	}
	return noted
}

func passed(all []check.Check) (passed []check.Check) {
	for _, c := range all {
		if c.OK && !c.Warning {
			passed = append(passed, c)
		}
	}
	return passed
}

// mayRenew reports whether a button to renew belongs to an application.
func mayRenew(d board.Detail, person access.Person) bool {
	return person.Role.May(access.Operator) && d.Standing != standing.Excluded && d.Policy.Lifetime != ""
}

func wordAddress(run string, word command.Word) templ.SafeURL {
	return templ.SafeURL(string(runAddress(run)) + "/" + string(word))
}
