package target

import (
	"context"
	"fmt"

	"keyturn/problem"
)

// LostOld returns what is wrong where a place that consumers read two values from doesn't hold the old one any more, which the
// service still goes by: a Person problem with code "pair.lost". found is the receipt that the place had for the old value; ""
// = it isn't known, and any second value will do. Other places hold one value alone, and pass.
func LostOld(ctx context.Context, t Target, found string) error {
	paired, ok := t.(Paired)
	if !ok {
		return nil
	}
	pair, err := paired.Pair(ctx)
	if err != nil {
		return fmt.Errorf("look for the old value in %s: %w", t.Place().Title, err)
	}
	lost := len(pair) < 2
	if custodian, ok := t.(Custodian); ok && !lost && found != "" {
		_, _, err := custodian.Recall(ctx, "", found)
		if lost = problem.Is(err, problem.NotFound); err != nil && !lost {
			return fmt.Errorf("look for the old value in %s: %w", t.Place().Title, err)
		}
	}
	if !lost {
		return nil
	}
	return problem.NeedsPerson("pair.lost", t.Place().Title, "it doesn't hold the old secret any more, which the service still goes by, so its consumers fail",
		"put it back beside the new one, then: keyturn resume APP; where nobody has its value any more: keyturn renew APP --emergency, and the service goes on to the new one")
}
