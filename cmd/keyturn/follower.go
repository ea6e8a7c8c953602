package main

import (
	"encoding/json"
	"fmt"
	"sync"

	"keyturn/cmd/keyturn/screen"
	"keyturn/renewal"
)

// follower shows the events of a renewal.
type follower interface {
	Tell(renewal.Event)
	// Note shows something that is no event of the run.
	Note(text string)
	Close()
}

// follow is how this call shows a renewal: as lines for a person, or as JSON for a program.
func (sh *shell) follow(f *format) follower {
	var shown follower
	if f.chosen == asJSON {
		shown = &jsonLines{sh: sh}
	} else {
		shown = screen.NewProgress(sh.errs, screen.StyleOf(sh.errs, sh.env), sh.now)
	}
	return sh.parts.watch(shown)
}

// jsonLines writes one event a line.
type jsonLines struct {
	sh *shell
	mu sync.Mutex
}

// Tell writes the event.
func (j *jsonLines) Tell(event renewal.Event) { j.line(event) }

// Note writes the text as an event of its own.
func (j *jsonLines) Note(text string) {
	j.line(struct {
		Event string `json:"event"`
		Text  string `json:"text"`
	}{"note", text})
}

// Close has nothing to give back.
func (j *jsonLines) Close() {}

// line writes one value. A reader that went away is no reason to stop a renewal, so the error ends here.
func (j *jsonLines) line(value any) {
	text, err := json.Marshal(value)
	if err != nil {
		return // events are plain data and always marshal
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	_, _ = fmt.Fprintf(j.sh.out, "%s\n", text)
}
