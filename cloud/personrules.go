package cloud

import (
	"errors"
	"slices"

	"keyturn/problem"
)

// personRule is what a refused sign-in of a person means, by the one table of known issues. way "" is somebody who signed
// in elsewhere, such as with az login.
func personRule(r *Refusal, way problem.Way) (rule, bool) {
	for _, known := range problem.KnownIssues() {
		byNumber := r.AADSTS != 0 && slices.Contains(known.Numbers, r.AADSTS)
		byName := r.AADSTS == 0 && known.OAuth != "" && known.OAuth == r.OAuth
		if (byNumber || byName) && (known.Concerns(way) || (way == "" && known.Concerns(problem.ByBrowser))) {
			told := known.Stops("", "", "")
			return person(known.Code, told.Message, told.Fix), true
		}
	}
	return rule{}, false
}

// classifyPerson is [Classify] for a person's sign-in: the table's words come before those for an app's.
func classifyPerson(err error, subject string, way problem.Way) error {
	refusal := refusalIn(err)
	if refusal == nil {
		return Classify(err, subject)
	}
	if known, ok := personRule(refusal, way); ok {
		return known.problem(refusal, subject)
	}
	return classifyRefusal(refusal, subject)
}

// refusalIn returns what a service answered, or nil.
func refusalIn(err error) *Refusal {
	var found *problem.Error
	var refusal *Refusal
	switch {
	case errors.As(err, &found):
		return nil
	case errors.As(err, &refusal):
		return refusal
	}
	if answer := answerIn(err); answer != nil {
		return readRefusal(answer)
	}
	return nil
}
