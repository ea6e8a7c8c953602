package consumer

import (
	"net/url"
	"regexp"
)

// The expressions of the workflow language that Provision Assist's definitions are made of.
var (
	connectionAlias = regexp.MustCompile(`^@parameters\('\$connections'\)\['([^']+)'\]\['connectionId'\]$`)
	encodedLiteral  = regexp.MustCompile(`@\{(?:encodeURIComponent\()+'([^']*)'\)+\}`)
	encodedBody     = regexp.MustCompile(`@\{encodeURIComponent\(body\('([^']+)'\)\?\['value'\]\)\}`)
	plainBody       = regexp.MustCompile(`@\{body\('([^']+)'\)\?\['value'\]\}|^@body\('([^']+)'\)\?\['value'\]$`)
	secretPath      = regexp.MustCompile(`^/secrets/([^/]+)/value$`)
	jobsPath        = regexp.MustCompile(`(?i)^(/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.Automation/automationAccounts/[^/]+)/jobs$`)
)

// values are the bodies' "value" of the actions that ran, by the action's name.
type values map[string]string

// fill evaluates the expressions in a text; those it does not know stay as they are.
func (v values) fill(text string) string {
	text = encodedLiteral.ReplaceAllString(text, "$1")
	text = encodedBody.ReplaceAllStringFunc(text, func(found string) string {
		return url.QueryEscape(v[encodedBody.FindStringSubmatch(found)[1]])
	})
	return plainBody.ReplaceAllStringFunc(text, func(found string) string {
		names := plainBody.FindStringSubmatch(found)
		return v[names[1]+names[2]]
	})
}

// text evaluates a value of an action's inputs; what is no text counts as empty.
func (v values) text(value any) string {
	s, _ := value.(string)
	return v.fill(s)
}

// alias reads which entry of $connections an action uses, "" when it uses none.
func (i inputs) alias() string {
	if found := connectionAlias.FindStringSubmatch(i.Host.Connection.Name); found != nil {
		return found[1]
	}
	return ""
}
