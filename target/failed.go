package target

import (
	"keyturn/check"
	"keyturn/problem"
)

// Failed turns an error met while looking at a precondition into a check: the error's own code, message and fix. What
// was answered too late or not at all stops a renewal as well, since it would meet the same.
func Failed(id, subject string, err error, grants ...check.Grant) check.Check {
	found := problem.Of(err)
	if found.Code != problem.Denied {
		grants = nil
	}
	return check.Fail(id, subject, found.Code, found.Message, found.Fix, grants...)
}
