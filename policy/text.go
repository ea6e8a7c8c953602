package policy

import (
	"fmt"
	"time"
)

const aDay = 24 * time.Hour

// day writes an instant as people read a due date.
func day(t time.Time) string { return t.UTC().Format("2 Jan 2006 15:04 UTC") }

// span writes a duration in the units of keyturn.yaml, the largest that keep it whole.
func span(d time.Duration) string {
	switch {
	case d >= aDay && d%aDay == 0:
		return fmt.Sprintf("%dd", d/aDay)
	case d >= time.Hour && d%time.Hour == 0:
		return fmt.Sprintf("%dh", d/time.Hour)
	case d >= time.Minute && d%time.Minute == 0:
		return fmt.Sprintf("%dm", d/time.Minute)
	}
	return d.String()
}
