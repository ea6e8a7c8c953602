package problem_test

import (
	"fmt"
	"testing"

	"keyturn/problem"
)

func TestASentenceNamesItsSubjectOnce(t *testing.T) {
	t.Parallel()
	cause := problem.NeedsPerson(problem.Drift, "vault kv", "somebody changed it", "look")
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"said by the cause alone":    {cause, "vault kv: somebody changed it"},
		"said by a caller too":       {fmt.Errorf("verify vault kv: %w", cause), "verify vault kv: somebody changed it"},
		"another one was said first": {fmt.Errorf("verify vault kv2: %w", cause), "verify vault kv2: vault kv: somebody changed it"},
		"no subject":                 {fmt.Errorf("read: %w", fmt.Errorf("broken")), "read: broken"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := problem.Sentence(c.err); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

func TestNamesComeIntoCommandsOnly(t *testing.T) {
	t.Parallel()
	for fix, want := range map[string]string{
		"keyturn resume APP --overwrite, or keyturn abort RUN": "keyturn resume shop --overwrite, or keyturn abort k1",
		"az lock delete --ids /subscriptions/APP/RUN":          "az lock delete --ids /subscriptions/APP/RUN",
		"keyturn plan APPS": "keyturn plan APPS",
	} {
		if got := problem.Name(fix, "shop", "k1"); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if got := problem.Name("keyturn abort RUN", "shop", ""); got != "keyturn abort RUN" {
		t.Errorf("%q", got)
	}
}
