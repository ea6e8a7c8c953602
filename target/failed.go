package target

import (
	"keyturn/check"
	"keyturn/problem"
)

// Failed turns an error met while looking at a precondition into a check: the error's own code, message and fix. What
// was answered too late or not at all stops a renewal as well, since it would meet the same; that may pass by itself.
func Failed(id, subject string, err error, grants ...check.Grant) check.Check {
	found := problem.Of(err)
	if found.Code != problem.Denied {
		grants = nil
	}
	failed := check.Fail(id, subject, found.Code, found.Message, found.Fix, grants...)
	failed.Passing = found.Class == problem.Retry
	return failed
}
