package arm

import (
	"encoding/json"
	"slices"
	"testing"
	"time"
)

func TestConnectionsAreFoundHoweverDeepTheirActionsLie(t *testing.T) {
	t.Parallel()
	const call = `"inputs":{"host":{"connection":{"name":"@parameters('$connections')['keyvault']['connectionId']"}}}`
	var raw rawWorkflow
	err := json.Unmarshal([]byte(`{"id":"/w","name":"w","properties":{"state":"Enabled",
		"parameters":{"$connections":{"value":{"keyvault":{"connectionId":"/subscriptions/S/KV"},"unused":{"connectionId":"/other"}}}},
		"definition":{"triggers":{"r":{"type":"Recurrence","recurrence":{"frequency":"Day","interval":2}}},
		"actions":{"Top":{`+call+`},"Text":{"inputs":"just a text"},
			"Scope":{"type":"Scope","actions":{"In_scope":{`+call+`}}},
			"If":{"type":"If","actions":{"Then":{`+call+`}},"else":{"actions":{"Else":{`+call+`}}}},
			"Switch":{"type":"Switch","cases":{"one":{"actions":{"In_case":{`+call+`}}}},"default":{"actions":{"In_default":{`+call+`}}}},
			"Http":{"inputs":{"uri":"x"}}}}}}`), &raw)
	if err != nil {
		t.Fatal(err)
	}
	w := raw.read()
	actions, refers := w.Uses("subscriptions/s/kv")
	slices.Sort(actions)
	if want := []string{"Else", "In_case", "In_default", "In_scope", "Then", "Top"}; !slices.Equal(actions, want) || !refers {
		t.Errorf("%v", actions)
	}
	if actions, refers := w.Uses("/other"); len(actions) != 0 || !refers {
		t.Errorf("a connection that no action calls: %v, %v", actions, refers)
	}
	if w.Rhythm() != 48*time.Hour || !w.Enabled {
		t.Errorf("%s, %v", w.Rhythm(), w.Enabled)
	}
}

func TestARecurrenceIsReadAsItsLongestWait(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for text, want := range map[string]time.Duration{
		`{}`:                                  0,
		`{"frequency":"Minute","interval":5}`: 5 * time.Minute,
		`{"frequency":"hour"}`:                time.Hour,
		`{"frequency":"Day","interval":1}`:    day,
		`{"frequency":"Week","interval":2}`:   14 * day,
		`{"frequency":"Month","interval":1}`:  31 * day,
		`{"frequency":"Day","interval":1,"schedule":{"weekDays":["Monday"]}}`: 7 * day,
		`{"frequency":"Month","interval":3,"schedule":{"monthDays":[1]}}`:     93 * day,
		`{"frequency":"Hour","interval":"@parameters('x')"}`:                  time.Hour,
		`{"frequency":"Never"}`: 0,
	} {
		var r rawRecurrence
		if err := json.Unmarshal([]byte(text), &r); err != nil {
			t.Fatal(err)
		}
		if got := r.every(); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

func TestRunsEndInFewStates(t *testing.T) {
	t.Parallel()
	for status, want := range map[string]bool{
		"Succeeded": true, "Failed": true, "Cancelled": true, "TimedOut": true, "Aborted": true,
		"Running": false, "Waiting": false, "": false, "Suspended": false,
	} {
		if (Run{Status: status}).Ended() != want {
			t.Errorf("%q", status)
		}
	}
}
