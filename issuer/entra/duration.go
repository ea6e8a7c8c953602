package entra

import (
	"regexp"
	"strconv"
	"time"
)

var iso8601 = regexp.MustCompile(`^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$`)

const day = 24 * time.Hour

// duration reads a length of time as Graph writes it, such as P90D or P1Y. A year has 365 days and a month 30, so that
// a password is never asked for longer than a policy meant. What can't be read is 0, "no limit known".
func duration(text string) time.Duration {
	parts := iso8601.FindStringSubmatch(text)
	if parts == nil {
		return 0
	}
	var total time.Duration
	for at, unit := range []time.Duration{365 * day, 30 * day, 7 * day, day, time.Hour, time.Minute} {
		if count, err := strconv.Atoi(parts[at+1]); err == nil {
			total += time.Duration(count) * unit
		}
	}
	if seconds, err := strconv.ParseFloat(parts[7], 64); err == nil {
		total += time.Duration(seconds * float64(time.Second))
	}
	return total
}
