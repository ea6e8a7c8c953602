package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"keyturn/cmd/keyturn/screen"
	"keyturn/config"
	"keyturn/problem"
	"keyturn/store"
)

// Exit codes; design section 7.
const (
	exitDone      = 0
	exitFailed    = 1
	exitAttention = 2  // something is to be done or looked at
	exitUsage     = 64 // the command line can't be meant
	exitDenied    = 77 // a right is missing
)

// verdict is an error that ends the command with a certain code. Its text was shown already, or is err's.
type verdict struct {
	code int
	err  error // nil = there is nothing more to say
}

func (v *verdict) Error() string {
	if v.err == nil {
		return fmt.Sprintf("exit code %d", v.code)
	}
	return v.err.Error()
}

func (v *verdict) Unwrap() error { return v.err }

// usage makes err a mistake on the command line.
func usage(err error) error { return &verdict{code: exitUsage, err: err} }

// attention ends a command that did its work and shows something to be done or looked at.
func attention() error { return &verdict{code: exitAttention} }

// denials are the codes of problems that a right would mend.
var denials = map[string]bool{
	problem.Denied: true, "role.missing": true, "role.eligible": true, "ownership.missing": true, "mfa.required": true, "consent.missing": true,
}

// attentions are the codes of problems after which nothing is broken: somebody comes back, or goes another way.
var attentions = map[string]bool{"signin.needed": true, "acs.disabled": true, "acs.retired": true, "context.unfit": true}

func exitCode(err error) int {
	var ended *verdict
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &ended):
		return ended.code
	case denials[problem.Of(err).Code]:
		return exitDenied
	case attentions[problem.Of(err).Code]:
		return exitAttention
	}
	return exitFailed
}

// show tells a person what happened, to what, and what to do next.
func (sh *shell) show(err error) {
	var ended *verdict
	if err == nil || (errors.As(err, &ended) && ended.err == nil) {
		return
	}
	if sh.inLines() {
		sh.lines(slog.LevelError).Error(sh.sentenceOf(err), "code", problem.Of(err).Code, "fix", sh.fixOf(err))
		return
	}
	style := screen.StyleOf(sh.errs, sh.env)
	sentence := screen.Clean(sh.sentenceOf(err))
	if code := problem.Of(err).Code; problem.IsKnown(code) {
		sentence += style.Text(screen.Faint, " ["+code+"]") // as docs/known-issues.md lists it
	}
	sh.say("%s %s", style.Text(screen.Red, "keyturn:"), sentence)
	var bad *config.Problems
	if errors.As(err, &bad) {
		for _, each := range bad.List {
			sh.say("  %s:%s", bad.File, screen.Clean(each.String()))
		}
	}
	if next := sh.fixOf(err); next != "" {
		sh.say("  %s %s", style.Text(screen.Bold, "next:"), screen.Clean(next))
	}
}

func (sh *shell) sentenceOf(err error) string {
	var bad *config.Problems
	switch {
	case errors.As(err, &bad) && len(bad.List) == 1:
		return "the configuration has a problem"
	case errors.As(err, &bad):
		return fmt.Sprintf("the configuration has %d problems", len(bad.List))
	case errors.Is(err, context.Canceled) && sh.interruptedBefore():
		return "stopped"
	}
	return problem.Sentence(err)
}

// interruptedBefore reports whether somebody asked this command to stop. What was cancelled without that, such as the
// work beside what failed, isn't somebody's wish, and its reason is told.
func (sh *shell) interruptedBefore() bool {
	select {
	case <-sh.stop:
		return true
	default:
		return false
	}
}

// fixOf is what to do next.
func (sh *shell) fixOf(err error) string {
	if fix := problem.Of(err).Fix; fix != "" {
		return fix
	}
	switch {
	case errors.Is(err, config.ErrNoFile):
		return "keyturn init writes one; or name it with --config or " + config.Variable
	case errors.Is(err, store.ErrNotFound):
		return "keyturn runs lists them"
	case errors.Is(err, store.ErrFenced):
		return "that process goes on with it, and keyturn status shows how; nothing is lost"
	case problem.Of(err).Class == problem.Retry && !sh.interruptedBefore():
		return "it may pass by itself: try again in a minute"
	case problem.Of(err).Class != problem.Retry && problem.Of(err).Code != "internal":
		return "when that is mended, run the command again; keyturn doctor checks all that it needs"
	}
	return ""
}
