package screen

import (
	"strings"
	"time"

	"keyturn/renewal"
)

// everything ends all work in hand.
const everything = "*"

// sentence is an event in a person's words.
type sentence struct {
	word, line string // what stays; line "" = nothing stays
	mark       string
	paint      Paint
	fleeting   bool     // it is worth a line on a terminal only
	begins     string   // a task that begins with it
	doing      string   // what that task is called
	ends       []string // tasks that end with it
}

// words says how each kind of event is told. A kind that isn't here is told by its own name and text.
var words = map[string]sentence{
	"planning":       {begins: "plan"},
	"read":           {ends: []string{"plan"}},
	"begun":          {word: "begun", begins: "plan", doing: "planning"},
	"joined":         {word: "joined", ends: []string{everything}},
	"approved":       {word: "approved"},
	"planned":        {word: "planned", ends: []string{"plan"}},
	"room made":      {word: "room made"},
	"issuing":        {word: "", ends: []string{"plan"}, begins: "issue", doing: "issuing: asking Entra for a new secret"},
	"issued":         {word: "issued", ends: []string{"issue"}, begins: "settle", doing: "settling: waiting until it signs in everywhere"},
	"settling":       {word: "", begins: "settle"},
	"settled":        {word: "settled", ends: []string{"settle"}},
	"reused":         {word: "reused", ends: []string{"plan", "issue", "settle"}},
	"delivered":      {word: "delivered"},
	"verified":       {word: "verified"},
	"evidence":       {word: "evidence"},
	"watermark":      {word: "watermark"},
	"gate":           {word: "gate passed"},
	"overwrite":      {word: "overwriting"},
	"removing":       {word: "", begins: "remove", doing: "retiring: removing the old secret"},
	"waiting":        {word: "waiting", ends: []string{everything}, begins: "wait"},
	"verified place": {word: "proof"},
	"writing":        {word: ""},
	"written":        {word: "written"},
	"done":           {word: "done", ends: []string{everything}},
	"aborted":        {word: "aborted", ends: []string{everything}},
}

// troubles are the kinds that say that something went wrong.
var troubles = map[string]string{"not issued": "not issued", "not written": "not written", "retry": "trying again"}

// describe puts an event into words.
func describe(event renewal.Event) sentence {
	if word, bad := troubles[event.Kind]; bad {
		return sentence{word: word, line: event.Text, mark: "!", paint: Amber, ends: []string{"write " + event.Fields["target"]}}
	}
	if event.Kind == "parked" {
		return parked(event)
	}
	said, known := words[event.Kind]
	if !known {
		return sentence{word: event.Kind, line: event.Text, mark: "·", paint: Faint}
	}
	said.mark, said.paint = "✓", Green
	if said.word != "" {
		said.line = detail(event)
	}
	if said.begins != "" && said.doing == "" {
		said.doing = event.Kind + ": " + event.Text
	}
	return forPlace(event, said)
}

// forPlace adds what is particular to one place.
func forPlace(event renewal.Event, said sentence) sentence {
	task := "write " + event.Fields["target"]
	switch event.Kind {
	case "writing":
		said.begins, said.doing = task, "writing: "+event.Text
	case "written":
		said.ends = []string{task}
	case "waiting":
		said.mark, said.paint = "·", Faint
	case "begun":
		said.mark, said.paint = "·", Blue
	}
	return said
}

// detail is an event's text with those of its fields that a person wants to see.
func detail(event renewal.Event) string {
	parts := []string{event.Text}
	switch event.Kind {
	case "issued", "reused", "done":
		if id := event.Fields["keyId"]; id != "" {
			parts = append(parts, "Secret ID "+id)
		}
	case "verified place":
		parts = append(parts, "proof: "+event.Fields["rung"])
		if probe := event.Fields["probe"]; probe != "" {
			parts = append(parts, "by "+probe)
		}
		if note := event.Fields["note"]; note != "" {
			parts = append(parts, note)
		}
	case "waiting":
		if until, err := time.Parse(time.RFC3339, event.Fields["until"]); err == nil {
			parts = append(parts, "until "+until.Format("2006-01-02 15:04 MST"))
		}
	}
	return strings.Join(parts, " · ")
}

// parked says why a run stands still, and what to do.
func parked(event renewal.Event) sentence {
	said := sentence{word: "parked", line: event.Text, mark: "·", paint: Amber, ends: []string{everything}}
	if fix := event.Fields["fix"]; fix != "" {
		said.line += " · " + fix
	}
	if event.Fields["door"] == string(renewal.Person) {
		said.mark, said.paint, said.word = "✗", Red, "needs you"
	}
	return said
}
