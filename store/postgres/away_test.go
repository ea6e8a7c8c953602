package postgres

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"keyturn/problem"
)

// A serving process begins again when its server was away, whoever's clock ran out.
func TestATimeLimitThatNobodySetMeansThatTheServerIsAway(t *testing.T) {
	t.Parallel()
	r := &reading{place: "postgres://somewhere"}
	late := fmt.Errorf("failed to connect: %w", context.DeadlineExceeded)
	if err := r.unanswered(t.Context(), late); problem.Of(err).Class != problem.Retry || !problem.Is(err, codeServer) {
		t.Errorf("the driver's own limit: %v", err)
	}
	mine, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
	defer cancel()
	<-mine.Done()
	if err := r.unanswered(mine, late); problem.Is(err, codeServer) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the caller's limit: %v", err)
	}
}
