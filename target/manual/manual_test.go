package manual_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"keyturn/check"
	"keyturn/problem"
	"keyturn/secret"
	"keyturn/target"
	"keyturn/target/manual"
	"keyturn/target/targettest"
)

const value = "new8Q~the-new-value-of-this-add-in-in-full"

// somebody answers as told, and keeps what they were shown.
type somebody struct {
	says  bool
	shown []manual.Handover
}

func (s *somebody) Hand(_ context.Context, what manual.Handover) (bool, error) {
	s.shown = append(s.shown, what)
	return s.says, nil
}

func (s *somebody) LetGo(context.Context, string) (bool, error) { return s.says, nil }

func open(t *testing.T, person manual.Person) *manual.Target {
	t.Helper()
	made, err := manual.New(manual.Config{Place: "HelpDesk, Settings, About", Steps: "Paste it.", Form: "base64"}, person)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func parcel() target.Parcel { return target.Parcel{Tag: "run.1", Value: secret.New(value)} }

func TestAPersonIsShownTheValueAndGivesTheirWord(t *testing.T) {
	t.Parallel()
	person := &somebody{says: true}
	made := open(t, person)
	receipt, err := made.Write(t.Context(), parcel())
	if err != nil || receipt == "" || len(person.shown) != 1 || person.shown[0].Value.Reveal() != base64.StdEncoding.EncodeToString([]byte(value)) {
		t.Errorf("%s, %v, shown %d times", receipt, err, len(person.shown))
	}
	if strings.Contains(fmt.Sprintf("%v %+v", person.shown[0], person.shown[0]), value) {
		t.Error("what is handed over prints the value")
	}
	proof, err := made.Verify(t.Context(), parcel(), target.Written{Receipt: receipt})
	if standing, looked := made.Look(t.Context()); err != nil || looked != nil || !standing.Silent || proof.Rung != "acknowledged" {
		t.Errorf("%+v, %+v, %v, %v", proof, standing, err, looked)
	}
	if _, err := made.Release(t.Context(), parcel()); err != nil {
		t.Error(err)
	}
	if failed := check.Failed(made.Check(t.Context())); len(failed) > 0 {
		t.Errorf("%+v", failed)
	}
}

func TestWithoutTheirWordTheRunWaits(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		person manual.Person
		code   string
	}{
		"they aren't done":          {&somebody{}, "manual.waiting"},
		"nobody sits at a terminal": {nil, "manual.terminal"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			made := open(t, c.person)
			_, err := made.Write(t.Context(), parcel())
			if found := problem.Of(err); err == nil || found.Code != c.code || found.Class != problem.Person || found.Fix == "" {
				t.Errorf("%v", err)
			}
			if _, err := made.Release(t.Context(), parcel()); !problem.Is(err, "manual.waiting") {
				t.Errorf("%v", err)
			}
		})
	}
	if failed := check.Failed(open(t, nil).Check(t.Context())); len(failed) != 1 || failed[0].Code != "manual.terminal" {
		t.Errorf("nothing may begin that nobody can finish: %+v", failed)
	}
}

func TestConfigurationsThatCannotBeRightAreRefused(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]manual.Config{"no place": {}, "an unknown form": {Place: "x", Form: "hex"}} {
		if _, err := manual.New(cfg, nil); !problem.Is(err, "manual.setting") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheDescriptorTellsTheConfiguration(t *testing.T) {
	t.Parallel()
	targettest.Describes(t, manual.Descriptor(), manual.Config{})
}
