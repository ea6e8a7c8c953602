package azure

import (
	"net/url"
	"strings"
)

// address is an ARM path taken apart. Letter case is kept for display; comparisons ignore it.
type address struct {
	segments     []string
	subscription string // the id, "" at tenant level
	group        string
	parts        []part   // one for each "providers" segment
	tail         []string // what follows subscription and group when it is no provider
	inGroups     bool     // the path names resourceGroups, with or without one of them
	partStarts   []int    // index in segments of each "providers"
}

// part is what one "providers" segment introduces: a namespace, then types and names in turn.
type part struct {
	namespace    string
	types, names []string
}

// parsePath takes a path or an id apart: doubled and trailing slashes and letter case of the fixed words do not count, escapes are undone
// segment by segment.
func parsePath(path string) address {
	var a address
	for segment := range strings.SplitSeq(path, "/") {
		if segment == "" {
			continue
		}
		if plain, err := url.PathUnescape(segment); err == nil {
			segment = plain
		}
		a.segments = append(a.segments, segment)
	}
	a.readProviders(a.readScope())
	return a
}

// readScope reads subscription and group and returns the index of what follows.
func (a *address) readScope() int {
	next := 0
	if a.is(0, "subscriptions") {
		a.subscription = a.segment(1)
		next = 2
		if a.is(2, "resourcegroups") {
			a.inGroups = true
			a.group = a.segment(3)
			next = 4
		}
	}
	return min(next, len(a.segments))
}

func (a *address) readProviders(next int) {
	if !a.is(next, "providers") {
		a.tail = a.segments[next:]
		return
	}
	for i := next; i < len(a.segments); i++ {
		if a.is(i, "providers") && a.startsPart(i) {
			a.parts = append(a.parts, part{})
			a.partStarts = append(a.partStarts, i)
			continue
		}
		a.parts[len(a.parts)-1].take(a.segments[i])
	}
}

// startsPart tells a "providers" segment that introduces a namespace from a resource of that name.
func (a *address) startsPart(i int) bool {
	if len(a.parts) == 0 {
		return true
	}
	last := a.parts[len(a.parts)-1]
	return len(last.types) == len(last.names)
}

func (p *part) take(segment string) {
	switch {
	case p.namespace == "":
		p.namespace = segment
	case len(p.types) == len(p.names):
		p.types = append(p.types, segment)
	default:
		p.names = append(p.names, segment)
	}
}

func (a *address) segment(i int) string {
	if i < len(a.segments) {
		return a.segments[i]
	}
	return ""
}

func (a *address) is(i int, word string) bool { return strings.EqualFold(a.segment(i), word) }

// last is the part that says what the path is about; zero when it names no provider.
func (a *address) last() part {
	if len(a.parts) == 0 {
		return part{}
	}
	return a.parts[len(a.parts)-1]
}

// instance reports whether the path names one thing, not a collection or an action.
func (a *address) instance() bool {
	p := a.last()
	return len(p.types) > 0 && len(p.types) == len(p.names)
}

// id is the path as an id: one slash before each segment.
func (a *address) id() string { return join(a.segments) }

// parent is the id without its last segment: what an action is done to, or what a collection hangs on together with its type.
func (a *address) parent() string { return join(a.segments[:max(len(a.segments)-1, 0)]) }

// scope is what stands before the last provider: the scope of an extension such as a lock.
func (a *address) scope() string {
	if len(a.partStarts) == 0 {
		return a.id()
	}
	return join(a.segments[:a.partStarts[len(a.partStarts)-1]])
}

// name is the last name in the path.
func (a *address) name() string {
	p := a.last()
	if len(p.names) == 0 {
		return ""
	}
	return p.names[len(p.names)-1]
}

// resourceType is the full type, such as Microsoft.Automation/automationAccounts/variables, in the path's letter case.
func (a *address) resourceType() string {
	p := a.last()
	return strings.Join(append([]string{p.namespace}, p.types...), "/")
}

// pattern is the form in which routes are looked up: lower case, "*" for the last name.
func (a *address) pattern() string {
	var pattern string
	switch {
	case a.aboutProvider():
		pattern = a.providerPattern()
	case len(a.parts) > 0:
		pattern = a.resourceType()
		if a.instance() {
			pattern += "/*"
		}
	case len(a.tail) > 0:
		pattern = strings.Join(append(a.place(), a.tail...), "/")
	default:
		pattern = strings.Join(a.place(), "/")
		if a.group != "" || (a.subscription != "" && !a.inGroups) {
			pattern += "/*"
		}
	}
	return strings.ToLower(pattern)
}

// aboutProvider reports whether the path asks for the providers themselves or registers one.
func (a *address) aboutProvider() bool {
	types := a.last().types
	return len(a.parts) == 1 && a.group == "" && (len(types) == 0 || (len(types) == 1 && strings.EqualFold(types[0], "register")))
}

func (a *address) providerPattern() string {
	pattern := "providers"
	if a.subscription != "" {
		pattern = "subscriptions/providers"
	}
	switch {
	case len(a.last().types) > 0:
		return pattern + "/register"
	case a.last().namespace != "":
		return pattern + "/*"
	}
	return pattern
}

func (a *address) place() []string {
	switch {
	case a.inGroups:
		return []string{"resourcegroups"}
	case a.is(0, "subscriptions"):
		return []string{"subscriptions"}
	}
	return nil
}

func join(segments []string) string {
	if len(segments) == 0 {
		return "/"
	}
	return "/" + strings.Join(segments, "/")
}

func groupID(subscription, group string) string {
	return "/subscriptions/" + subscription + "/resourceGroups/" + group
}
