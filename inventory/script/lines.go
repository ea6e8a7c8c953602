package script

import "strings"

// lines gathers a script.
type lines struct{ strings.Builder }

func (l *lines) add(some ...string) {
	for _, line := range some {
		l.WriteString(line + "\n")
	}
}

func (l *lines) comment(mark string, some []string) {
	for _, line := range some {
		l.WriteString(strings.TrimRight(mark+" "+line, " ") + "\n")
	}
}

// function writes a bash function; one without a command gets ":" so that it stays valid.
func (l *lines) function(name string, body []string) {
	if len(body) == 0 {
		body = []string{":"}
	}
	l.add(name + "() {")
	for _, line := range body {
		l.add("  " + line)
	}
	l.add("}", "")
}

// title is the comment at the top of every script.
func (a arrangement) title(grant, undo string) []string {
	name := a.who.ObjectID
	if a.who.Name != "" {
		name = a.who.Name + " (object id " + a.who.ObjectID + ")"
	}
	out := []string{
		"The rights that Keyturn is missing, each at the smallest scope that suffices.",
		"For: " + name,
		"Grant: " + grant + "    Take back: " + undo,
		"Run it as somebody who may grant these rights; a right takes some minutes to work.",
	}
	if len(a.withheld) > 0 {
		out = append(out, strings.Join(a.withheld, " and ")+" can't be given to a person; have the directory role Cloud Application Administrator instead.")
	}
	return out
}
