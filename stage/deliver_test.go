package stage

import (
	"context"
	"testing"

	"keyturn/problem"
	"keyturn/target"
)

// TestAPersonCarriesASecretLast: one that another place doesn't take may be given up, and what was carried would be lost.
func TestAPersonCarriesASecretLast(t *testing.T) {
	t.Parallel()
	locked := problem.NeedsPerson(problem.Locked, "vault", "locked", "unlock it")
	for name, c := range map[string]struct {
		refuses error
		asked   bool
	}{
		"every other place takes it":    {nil, true},
		"another place doesn't take it": {locked, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			j := fullJob(&fakeApp{})
			hand := &carried{}
			j.Targets = []target.Target{hand, refusing{err: c.refuses}}
			if err := j.deliverOthers(t.Context()); (err == nil) != (c.refuses == nil) {
				t.Error(err)
			}
			if hand.asked != c.asked {
				t.Errorf("a person was asked: %v, want %v", hand.asked, c.asked)
			}
		})
	}
}

// refusing is a place that fails every write with err.
type refusing struct {
	target.Target
	err error
}

func (refusing) Place() target.Place { return target.Place{ID: "locked", Title: "the locked place"} }

func (r refusing) Write(context.Context, target.Parcel) (string, error) { return "r", r.err }

// carried is a place that a person writes.
type carried struct {
	target.Target
	asked bool
}

func (*carried) ByHand() {}

func (*carried) Place() target.Place { return target.Place{ID: "hand", Title: "the hand"} }

func (c *carried) Write(context.Context, target.Parcel) (string, error) {
	c.asked = true
	return "", nil
}
