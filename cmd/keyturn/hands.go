package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"sync"

	"golang.org/x/term"

	"keyturn/target/manual"
)

// hands is the person at this terminal, to whom a secret can be handed.
type hands struct {
	in   io.Reader
	out  io.Writer
	turn *sync.Mutex
}

// hands returns the person at the terminal; nil where nobody can answer, or where what is shown would go into a file.
func (sh *shell) hands() manual.Person {
	shown, ok := sh.errs.(*os.File)
	if !ok || !term.IsTerminal(int(shown.Fd())) || !sh.isPerson() {
		return nil
	}
	return hands{in: sh.in, out: shown, turn: &sh.handing}
}

// What a terminal takes for: show another screen, and come back. What stands on the other one is in no scrollback.
const (
	otherScreen = "\x1b[?1049h\x1b[H\x1b[2J"
	comeBack    = "\x1b[2J\x1b[?1049l"
)

// Hand shows the value on a screen of its own until the person presses Enter, and asks whether it is in place. Where the
// command is to end at once, the value leaves the screen first.
func (h hands) Hand(ctx context.Context, what manual.Handover) (bool, error) {
	h.turn.Lock()
	defer h.turn.Unlock()
	answers := bufio.NewReader(h.in)
	steps := ""
	if what.Steps != "" {
		steps = what.Steps + "\n\n"
	}
	_, err := fmt.Fprintf(h.out, "%sThe new secret for %s, shown this once:\n\n  %s\n\n%sPress Enter when you have it. ",
		otherScreen, what.Place, what.Value.Reveal(), steps)
	if err != nil {
		return false, fmt.Errorf("show the new secret: %w", err)
	}
	_, there := line(ctx, answers)
	if _, err := io.WriteString(h.out, comeBack); err != nil {
		return false, fmt.Errorf("take the new secret off the screen: %w", err)
	}
	if !there {
		return false, ctx.Err() // nobody answered, so it isn't in place
	}
	return h.says(ctx, answers, "Is it in place at "+what.Place+", beside the old one where the place knows two?"), nil
}

// LetGo asks whether the old value is out of the place.
func (h hands) LetGo(ctx context.Context, place string) (bool, error) {
	h.turn.Lock()
	defer h.turn.Unlock()
	return h.says(ctx, bufio.NewReader(h.in), "The old secret has ended. Is it out of "+place+"?"), nil
}

// says asks once; anything but a clear yes is a no.
func (h hands) says(ctx context.Context, answers *bufio.Reader, question string) bool {
	if _, err := fmt.Fprintf(h.out, "%s [y/N] ", question); err != nil {
		return false
	}
	answer, there := line(ctx, answers)
	return there && isYes(answer)
}

// line waits for what a person types, or for ctx. Nothing can take a read of a terminal back: where ctx ends first, the
// process does too.
func line(ctx context.Context, answers *bufio.Reader) (text string, there bool) {
	typed := make(chan string, 1)
	go func() {
		defer close(typed)
		if text, err := answers.ReadString('\n'); err == nil {
			typed <- text
		}
	}()
	select {
	case text, there = <-typed:
		return text, there
	case <-ctx.Done():
		return "", false
	}
}
