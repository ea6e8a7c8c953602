package cloud

import (
	"errors"
	"slices"

	"keyturn/problem"
)

// Pages are the pages of one list that were asked for, by their addresses. The zero value is none.
type Pages struct{ asked []string }

var errCircle = errors.New("the list leads back to a page that was read")

// Ask notes that the page at an address is asked for next. One that was already is refused, with a Retry problem about
// subject: a list that leads in a circle would be read for ever.
func (p *Pages) Ask(address, subject string) error {
	if slices.Contains(p.asked, address) {
		return problem.Later(problem.Unreachable, subject, 0, errCircle)
	}
	p.asked = append(p.asked, address)
	return nil
}
