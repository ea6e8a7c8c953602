package main

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v4"

	"keyturn/metric"
	"keyturn/notice"
	"keyturn/renewal"
	"keyturn/store"
)

// crowded is a store that knows one of everything that metrics tell.
type crowded struct{ kept }

type kept = store.Sightings

func (crowded) Sightings(context.Context, store.SightingFilter) (store.SightingPage, error) {
	seen := store.Sighting{App: "app", DueAt: time.Unix(1, 0), Credentials: []store.SeenCredential{{KeyID: "k", InUse: true, End: time.Unix(2, 0)}}}
	return store.SightingPage{Sightings: []store.Sighting{seen}}, nil
}

func (crowded) Census(context.Context, time.Time) ([]store.Group, error) {
	return []store.Group{{State: renewal.Planned, Runs: 1}}, nil
}

func (crowded) Note(context.Context, store.Finding, ...notice.Notice) (bool, error) {
	return false, nil
}
func (crowded) Forget(context.Context, string, ...notice.Notice) error { return nil }
func (crowded) Findings(context.Context) ([]store.Finding, error) {
	return []store.Finding{{Code: "code"}}, nil
}

func (crowded) Take(context.Context, string, time.Duration) (bool, error) { return false, nil }
func (crowded) Finish(context.Context, string, string) error              { return nil }
func (crowded) Duty(context.Context, string) (store.Duty, error)          { return store.Duty{Done: true}, nil }

var _ store.OutboxReader = crowded{}

func (crowded) Outbox(context.Context) (store.Backlog, error) { return store.Backlog{}, nil }
func (crowded) Postings(context.Context, store.PostingFilter) ([]store.Posting, error) {
	return nil, nil
}

func TestDocsMetrics(t *testing.T) {
	t.Parallel()
	traffic := metric.NewTraffic()
	traffic.Request("graph", 429, time.Second, time.Second)
	all, err := metric.New(metric.Options{Store: crowded{}, Traffic: traffic, Now: time.Now, Held: func(context.Context) (time.Duration, error) { return 0, nil }}).Registry().Gather()
	if err != nil {
		t.Fatal(err)
	}
	text := "| Metric | Kind | Labels | |\n|---|---|---|---|\n"
	for _, family := range all {
		if !strings.HasPrefix(family.GetName(), "keyturn_") {
			continue
		}
		var labels []string
		for _, pair := range family.GetMetric()[0].GetLabel() {
			labels = append(labels, "`"+pair.GetName()+"`")
		}
		text += fmt.Sprintf("| `%s` | %s | %s | %s |\n", family.GetName(), strings.ToLower(family.GetType().String()), strings.Join(labels, ", "), inTable(family.GetHelp()))
	}
	isWhatSectionSays(t, docsPage("watching.md"), "metrics", text)
}

func TestDocsAlerts(t *testing.T) {
	t.Parallel()
	var rules struct {
		Groups []struct {
			Rules []struct {
				Alert, For  string
				Labels      struct{ Severity string }
				Annotations struct{ Summary string }
			}
		}
	}
	if err := yaml.Unmarshal([]byte(readDocs(t, "../../deploy/prometheus-rules.yaml")), &rules); err != nil || len(rules.Groups) != 1 {
		t.Fatalf("%d groups: %v", len(rules.Groups), err)
	}
	text := "| Alert | Severity | After | |\n|---|---|---|---|\n"
	for _, rule := range rules.Groups[0].Rules {
		text += fmt.Sprintf("| %s | %s | %s | %s |\n", rule.Alert, rule.Labels.Severity, rule.For, inTable(placeholder.ReplaceAllString(rule.Annotations.Summary, "…")))
	}
	isWhatSectionSays(t, docsPage("watching.md"), "alerts", text)
}

// placeholder is what Prometheus fills in.
var placeholder = regexp.MustCompile(`\{\{[^}]*\}\}`)
