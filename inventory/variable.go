package inventory

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"keyturn/arm"
	"keyturn/problem"
)

const variableVersion = "2023-11-01"

// variable is what Azure shows of an Automation variable: of an encrypted one, no value.
// Source: https://learn.microsoft.com/rest/api/automation/variable (2023-11-01, read 2026-11-22).
type variable struct {
	ID         string `json:"id"`
	Name       string `json:"name"`
	Properties struct {
		Encrypted bool   `json:"isEncrypted"`
		Value     string `json:"value"`
	} `json:"properties"`
}

// variables looks through the Automation accounts of the groups that have to do with the application.
func (d *discovery) variables(ctx context.Context) error {
	anchors := d.anchors()
	for _, account := range d.seen.accounts {
		if !slices.Contains(anchors, groupOf(account.ID)) {
			continue
		}
		found, err := d.variablesOf(ctx, account.ID)
		if err != nil {
			if err := d.tolerate(err, "the variables of Automation account "+account.Name); err != nil {
				return err
			}
			continue
		}
		for _, v := range found {
			if v.Properties.Encrypted && secretLike.MatchString(v.Name) {
				d.addVariable(account, v, found)
			}
		}
	}
	return nil
}

// variablesOf lists every page. Only the query of a next page's address is followed, to the same path, so that a list
// can't lead our token elsewhere.
func (d *discovery) variablesOf(ctx context.Context, account string) ([]variable, error) {
	var all []variable
	call := arm.Call{ID: account + "/variables", Version: variableVersion}
	for pages := 0; ; pages++ {
		var page struct {
			Value    []variable `json:"value"`
			NextLink string     `json:"nextLink"`
		}
		call.Into = &page
		if _, err := d.finder.Resources.Do(ctx, call); err != nil {
			return nil, err
		}
		all = append(all, page.Value...)
		next, err := url.Parse(page.NextLink)
		if page.NextLink == "" {
			return all, nil
		}
		if err != nil || pages > 1000 {
			return nil, &problem.Error{Class: problem.Permanent, Code: "paging", Subject: account, Message: "the list of variables doesn't end"}
		}
		call.Query = next.Query()
	}
}

// addVariable: an encrypted value never shows, so that names are all there is to go by. What is written over can't be had
// back; so without another variable that names the application, a person confirms it.
func (d *discovery) addVariable(account arm.Resource, v variable, beside []variable) {
	confidence, why := Candidate, "it is encrypted and named like an app's secret, in an Automation account beside this application's places"
	if slices.ContainsFunc(beside, func(other variable) bool { return names(strings.Trim(other.Properties.Value, `"`), d.query.App) }) {
		confidence, why = Guess, "it is encrypted and named like an app's secret, and another variable of the account names this application"
	}
	d.findings = append(d.findings, Finding{
		Kind: KindVariable, Title: account.Name + "/" + v.Name, Resource: fmt.Sprintf("%s/variables/%s", strings.TrimRight(account.ID, "/"), v.Name),
		Confidence: confidence, Why: why,
		Block: Block{Kind: KindVariable}.with("account", account.ID).with("name", v.Name),
	})
}
