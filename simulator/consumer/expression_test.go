package consumer

import (
	"encoding/json"
	"testing"
	"time"
)

func TestExpressionsAreFilled(t *testing.T) {
	t.Parallel()
	held := values{"Get_secret": "a~b&c", "Get-id": "id"}
	for name, c := range map[string]struct{ text, want string }{
		"a literal in a path":               {"/secrets/@{encodeURIComponent('appsecret')}/value", "/secrets/appsecret/value"},
		"a literal encoded twice":           {"/x/@{encodeURIComponent(encodeURIComponent('y'))}", "/x/y"},
		"a body inside a text":              {"client=@{body('Get-id')?['value']}&", "client=id&"},
		"a body that is the whole value":    {"@body('Get_secret')?['value']", "a~b&c"},
		"a body encoded for a form":         {"s=@{encodeURIComponent(body('Get_secret')?['value'])}", "s=a~b%26c"},
		"a body of an action that has none": {"@body('nothing')?['value']", ""},
		"an expression that is not known":   {"@variables('x')", "@variables('x')"},
		"no expression":                     {"plain", "plain"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := held.fill(c.text); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestActionsRunAfterThoseTheyWaitFor(t *testing.T) {
	t.Parallel()
	var d definition
	err := json.Unmarshal([]byte(`{"actions":{
		"a":{"type":"Compose","inputs":"@x","runAfter":{"b":["Succeeded"]}},
		"b":{"type":"Compose","inputs":[1],"runAfter":{"c":["Succeeded"]}},
		"c":{"type":"Compose","runAfter":{}}}}`), &d)
	if err != nil {
		t.Fatal(err)
	}
	order, err := d.order()
	if err != nil || order[0] != "c" || order[1] != "b" || order[2] != "a" {
		t.Errorf("got %v, %v", order, err)
	}
}

func TestActionsThatCannotStartAreAnError(t *testing.T) {
	t.Parallel()
	for name, actions := range map[string]map[string]action{
		"two wait for each other":     {"a": {RunAfter: map[string][]string{"b": {succeeded}}}, "b": {RunAfter: map[string][]string{"a": {succeeded}}}},
		"one waits for a missing one": {"a": {RunAfter: map[string][]string{"z": {succeeded}}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := (definition{Actions: actions}).order(); err == nil {
				t.Error("accepted")
			}
		})
	}
}

func TestRecurrences(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		recurrence recurrence
		want       time.Duration
	}{
		"weekly":                     {recurrence{"Week", 1}, 7 * 24 * time.Hour},
		"every two hours":            {recurrence{"hour", 2}, 2 * time.Hour},
		"no interval means one":      {recurrence{"Day", 0}, 24 * time.Hour},
		"no frequency waits for you": {recurrence{}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := (trigger{Recurrence: c.recurrence}).every(); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}
