package main

import (
	"bufio"
	"os"
	"strings"

	"golang.org/x/term"

	"keyturn/problem"
	"keyturn/stage"
)

// agree shows a person at a terminal what will be done and asks once. Without a terminal nobody can answer, and whoever
// wrote `keyturn renew` into a script has said yes by it.
func (w *workshop) agree(plan stage.Plan) error {
	if w.r.yes || !w.sh.isPerson() {
		return nil
	}
	w.sh.say("%s", planText(plan, int(w.session.Requests())+plan.Requests, w.sh.style()))
	if !w.sh.ask("Do it?") {
		return refused(plan.App)
	}
	return nil
}

// ask puts a question to the person at the terminal; anything but a clear yes is a no.
func (sh *shell) ask(question string) bool {
	sh.say("%s [y/N]", question)
	answer, err := bufio.NewReader(sh.in).ReadString('\n')
	return err == nil && isYes(answer)
}

// isYes reports whether an answer is a clear yes.
func isYes(answer string) bool {
	answer = strings.ToLower(strings.TrimSpace(answer))
	return answer == "y" || answer == "yes"
}

// refused is what a person's no ends with.
func refused(app string) error {
	return problem.NeedsPerson("refused", app, "nothing was done: you didn't agree", "with --yes the command doesn't ask")
}

// isPerson reports whether somebody can answer a question.
func (sh *shell) isPerson() bool {
	file, ok := sh.in.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}
