package main

import (
	"strings"
	"testing"

	"keyturn/renewal"
)

// What a person agrees to depends on where the renewal stands: a beginning can be undone, a removal can't.
func TestAnApprovalAsksForWhatItAllows(t *testing.T) {
	t.Parallel()
	for state, part := range map[renewal.State]string{
		renewal.Planned: "begin?", renewal.Overlapping: "It can't be brought back", renewal.Retiring: "It can't be brought back",
	} {
		if asked := approval(renewal.Run{App: "app", State: state}); !strings.Contains(asked, part) {
			t.Errorf("%s: asked %q", state, asked)
		}
	}
}
