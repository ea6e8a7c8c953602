package stage

import (
	"context"
	"fmt"

	"keyturn/problem"
	"keyturn/renewal"
)

// recover brings the current attempt's value back into memory after a kill, from the custodian, and proves it by one
// sign-in. have is false when no place can give it back: the attempt is then lost.
func (j *Job) recover(ctx context.Context) (have bool, err error) {
	attempt, ok := j.attempt()
	if !ok {
		return false, nil
	}
	if !j.value.IsZero() && j.valueOf == attempt.N {
		return true, nil
	}
	custodian := j.custodian()
	if custodian == nil {
		return false, nil
	}
	if err := j.recall(ctx, attempt); problem.Is(err, problem.NotFound) {
		return false, nil
	} else if err != nil {
		return false, err
	}
	if err := j.Issuer.SignIn(ctx, j.ClientID, j.value); err != nil && !spreads(j.Run, j.Now(), err) {
		return false, fmt.Errorf("prove the value read back from %s: %w", custodian.Place().Title, err)
	}
	return true, nil
}

// recall reads the value of attempt from the custodian. A value that was there before this run, and is only being
// spread, bears no tag of ours: the custodian must then still show what the plan found.
func (j *Job) recall(ctx context.Context, attempt renewal.Attempt) error {
	custodian := j.custodian()
	if !j.Run.Order.Reuse {
		value, _, err := custodian.Recall(ctx, attempt.Tag(), j.delivery(custodian.Place().ID).Receipt)
		if err != nil {
			return fmt.Errorf("read the value back: %w", err)
		}
		j.value, j.valueOf = value, attempt.N
		return nil
	}
	value, standing, err := custodian.Current(ctx)
	if err != nil {
		return fmt.Errorf("read the value back: %w", err)
	}
	if standing.Receipt != j.delivery(custodian.Place().ID).Receipt {
		return problem.NeedsPerson(problem.Drift, custodian.Place().Title, "holds another value than when this run began",
			"look who wrote it, then: keyturn abort "+j.Run.ID+" and keyturn plan "+j.App)
	}
	j.value, j.valueOf = value, attempt.N
	return nil
}
