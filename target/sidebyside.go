package target

import (
	"sync"

	"keyturn/check"
)

// SideBySide looks at several preconditions at once, since each look is a request, and returns the checks in the order
// of looks.
func SideBySide(looks ...func() []check.Check) []check.Check {
	found := make([][]check.Check, len(looks))
	var all sync.WaitGroup
	for i, look := range looks {
		all.Go(func() { found[i] = look() })
	}
	all.Wait()
	var checks []check.Check
	for _, some := range found {
		checks = append(checks, some...)
	}
	return checks
}
