package inventory

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// Pack is what is known of one product: the places that its own templates fill with the secret, and which of them its
// manual names. It is data; a new product is one more value in [Packs].
type Pack struct {
	Code    string // as on the command line
	Product string
	Manual  string   // the manual's name
	Sources []string // what this was read from, and when
	Places  []Known
	Facts   []string // what else its administrator should know
}

// Known is one place that a product has.
type Known struct {
	Kind     string // a target's code
	Name     string // of the connection, or of the secret or variable; a pattern as of path.Match, without letter case
	InManual bool
	Note     string // what to know about it
	Absent   string // what it means when it isn't found; "" = it should be there
	Workflow string // a logic app that proves the place without doing harm; "" = none is known
	Trigger  string // of that logic app
}

// Packs lists the products that this release knows.
func Packs() []Pack { return []Pack{provisionAssist()} }

// FindPack returns the pack with that code.
func FindPack(code string) (Pack, bool) {
	for _, p := range Packs() {
		if strings.EqualFold(p.Code, code) {
			return p, true
		}
	}
	return Pack{}, false
}

// Judge returns report with what the pack knows: each finding says whether the manual names it, known probes are added to
// the blocks, secrets and variables under the product's own names are more than candidates, and places that the manual
// names and that weren't found become notes. report itself isn't changed.
func (p Pack) Judge(report Report) Report {
	judged := report
	judged.Findings = make([]Finding, 0, len(report.Findings))
	judged.Notes = slices.Clone(report.Notes)
	for _, f := range report.Findings {
		judged.Findings = append(judged.Findings, p.judge(f))
	}
	for _, k := range p.Places {
		if !slices.ContainsFunc(report.Findings, k.fits) {
			judged.Notes = append(judged.Notes, p.missing(k))
		}
	}
	judged.Notes = append(judged.Notes, p.Facts...)
	order(judged.Findings)
	return judged
}

func (p Pack) judge(f Finding) Finding {
	at := slices.IndexFunc(p.Places, func(k Known) bool { return k.fits(f) })
	if at < 0 {
		f.Manual = fmt.Sprintf("neither the manual (%s) nor the templates of %s know this place", p.Manual, p.Product)
		return f
	}
	k := p.Places[at]
	if f.Confidence == Candidate && f.Kind != KindConnection {
		f.Confidence, f.Why = Guess, f.Why+"; "+p.Product+" keeps it under this name"
	}
	f.Manual = fmt.Sprintf("the manual (%s) names this place", p.Manual)
	if f.Forgotten = !k.InManual; f.Forgotten {
		f.Manual = fmt.Sprintf("the manual (%s) does NOT mention this place", p.Manual)
	}
	if k.Note != "" {
		f.Notes = append(slices.Clone(f.Notes), k.Note)
	}
	if k.Workflow != "" && slices.ContainsFunc(f.Consumers, func(c Consumer) bool { return strings.EqualFold(c.Name, k.Workflow) }) {
		f.Block = f.Block.below("probe", Field{Name: "workflow", Text: k.Workflow}, Field{Name: "trigger", Text: k.Trigger})
	}
	return f
}

func (p Pack) missing(k Known) string {
	text := fmt.Sprintf("%s %s wasn't found", words[k.Kind], k.Name)
	switch {
	case k.Absent != "":
		return text + ": " + k.Absent
	case k.InManual:
		return text + ", although the manual names it: check that this identity may read it"
	}
	return text + ": check that this identity may read it"
}

// words are the kinds of places in a person's words.
var words = map[string]string{
	KindVault: "Key Vault secret", KindConnection: "API connection", KindVariable: "Automation variable",
}

func (k Known) fits(f Finding) bool {
	ok, err := path.Match(strings.ToLower(k.Name), strings.ToLower(lastOf(f.Resource)))
	return err == nil && ok && k.Kind == f.Kind
}
