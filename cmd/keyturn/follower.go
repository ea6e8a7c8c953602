package main

import (
	"encoding/json"
	"fmt"
	"sync"

	"keyturn/cmd/keyturn/screen"
	"keyturn/renewal"
)

// follower shows a renewal.
type follower interface {
	Tell(event renewal.Event)
	// Note shows something that is no event of the run.
	Note(text string)
	// Sum shows how the run stands once it is driven no further.
	Sum(run renewal.Run, told summary)
	// Close takes what moves off the screen. Safe to repeat.
	Close()
}

// follow is how this call shows a renewal: as lines for a person, or as JSON for a program.
func (sh *shell) follow(f *format) follower {
	if f.chosen == asJSON {
		return sh.parts.watch(&jsonLines{sh: sh})
	}
	style := screen.StyleOf(sh.errs, sh.env)
	shown := screen.NewProgress(sh.errs, style, sh.now)
	sh.shown.Store(shown)
	return sh.parts.watch(&lines{Progress: shown, sh: sh, style: style})
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

// Sum writes the summary as the last line.
func (j *jsonLines) Sum(_ renewal.Run, told summary) { j.line(told) }

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
